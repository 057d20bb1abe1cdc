"""`climate-sim serve` as somebody starts and ends it."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.records import Status, TaskState
from tests.e2e.furnishing import Furnishing
from tests.e2e.serving import HOST, Serving
from tests.nginx_server import ask
from tests.program import climate_sim, refused
from tests.waiting import is_gone, wait_for


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    made = Serving(tmp_path / "instance", {"LEAST_FREE_MB": "1", "PYTHON_WORKERS": "1"})
    yield made
    if made.process is not None:
        made.process.kill()
        made.process.wait()


def serve(instance: Path, port: int = 0) -> str:
    """The sentence with which the platform does not start."""
    return refused(climate_sim("serve", "--instance", instance, "--port", port, timeout=60))


def test_it_tells_its_address_serves_and_leaves_nothing_behind(serving: Serving) -> None:
    serving.start()
    assert f"Climate Simulation Platform: {serving.url}\n" in serving.tail()
    assert f"The editors are served on port {serving.panel_port}.\n" in serving.tail()
    assert f"Everything is kept in {serving.instance}." in serving.tail()
    with psutil.Process(serving.processes()[0].pid).oneshot():
        assert len(serving.processes()) >= 6
    assert serving.end(to_all=True) == 0
    assert "Traceback" not in serving.tail()


def test_the_secret_key_is_made_once_and_private(serving: Serving) -> None:
    serving.start()
    serving.end(signal.SIGTERM)
    key = serving.instance / "secret_key"
    made = key.read_text()
    assert len(made) >= 32
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    serving.start()
    serving.end(signal.SIGHUP)
    assert key.read_text() == made
    assert made not in serving.tail()


def test_a_second_start_is_refused_and_does_no_harm(serving: Serving) -> None:
    serving.start()
    assert serving.process is not None
    assert f"already running in {serving.instance} (process {serving.process.pid})" in serve(
        serving.instance
    )
    assert f"Port {serving.port} of {HOST} cannot be used" in serve(
        serving.instance.with_name("other"), serving.port
    )
    assert serving.end() == 0


def test_what_cannot_be_an_instance_is_refused(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("something")
    assert "is a file" in serve(occupied)
    assert "is a file" in serve(occupied / "below")
    assert "cannot be written" in serve(Path("/proc/instance"))


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    done = climate_sim("serve", "--instance", tmp_path / "i", "--host", "192.0.2.1", "--port", 0)
    assert "192.0.2.1" in refused(done)
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert str(port) in serve(tmp_path / "i", port)


def test_a_port_of_the_editors_that_is_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        environment = {**os.environ, "PANEL_PORT": port, "INSTANCE": str(tmp_path / "i")}
        sentence = refused(climate_sim("serve", "--port", 0, env=environment))
        assert f"Port {port} of {HOST} cannot be used" in sentence
        assert sentence.endswith("choose another one with PANEL_PORT.")


def test_a_malformed_setting_is_named(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHON_WORKERS": "many", "INSTANCE": str(tmp_path / "i")}
    assert "PYTHON_WORKERS" in refused(climate_sim("serve", env=environment))


def test_editors_that_are_killed_are_there_again(serving: Serving) -> None:
    serving.start()
    first = editors_of(serving)
    assert "was not made by the platform" in answer_of(serving, "edit?ticket=forged", 404)
    first.kill()
    wait_for(lambda: is_gone(first.pid), "its end")
    answer_of(serving, "health", 200)
    assert editors_of(serving).pid != first.pid
    assert serving.end() == 0
    assert "Traceback" not in serving.tail()


def editors_of(serving: Serving) -> psutil.Process:
    """The process of the editors."""
    module = "climate_simulation_platform.embedded.editors"
    (found,) = [each for each in serving.processes() if module in each.cmdline()]
    return found


def answer_of(serving: Serving, path: str, status: int) -> str:
    """What the editors answer, once they do."""
    answer = ask(serving.panel_port, "GET", f"/panel/{path}")
    assert answer.status == status, answer.text
    return answer.text


def test_all_processes_end_when_the_supervisor_is_killed(serving: Serving) -> None:
    serving.start()
    family = serving.processes()
    assert serving.process is not None
    serving.process.kill()
    serving.process.wait()
    for process in family:
        wait_for(lambda pid=process.pid: is_gone(pid), "the end", patience=15)  # type: ignore[misc]
    serving.start()
    assert serving.end() == 0


def test_a_task_under_way_is_finished_or_taken_up_again(serving: Serving) -> None:
    serving.start()
    furnishing = Furnishing(serving)
    try:
        file = furnishing.topography(furnishing.user("ada"))
        furnishing.request(file, "regrid", {})
        furnishing.request(file, "routing", {})
        wait_for(lambda: furnishing.statuses(file)["routing"] is Status.RUNNING, "it runs")
        assert serving.end(signal.SIGTERM) == 0
        with furnishing.database.reading() as connection:
            counts = tasks.counts(connection)
        assert counts[TaskState.RUNNING] == counts[TaskState.FAILED] == 0
        serving.start()
        furnishing.wait(file, "routing", "heatflow", "ahmcoef")
        with furnishing.database.reading() as connection:
            assert len(revisions.of_file(connection, file.id, FileType.BATHY)) == 1
        assert serving.end() == 0
    finally:
        furnishing.close()
