"""The containers from their start to their end, with somebody at a browser and faults in between.

The tests of this module are one story and run in this order.
"""

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from climate_simulation_platform.constants import FileType
from tests.compose.conftest import Measured
from tests.compose.docker import Container, Stack, docker, docker_tried
from tests.e2e.browsing import Window
from tests.e2e.editing import Editor
from tests.e2e.furnishing import PASSWORD
from tests.e2e.navigators import Person
from tests.e2e.serving import surroundings
from tests.e2e.test_workflow import assert_same
from tests.integration.test_weights_agreement import assert_same as assert_same_set
from tests.program import climate_sim
from tests.reference import DATA
from tests.waiting import wait_for

WORKERS = 3
ENGINES = ("mosaic", "mosaix")
OURS = {
    "flask_app",
    "panel_app",
    "message_dispatcher",
    "python_worker",
    "mosaic_worker",
    "mosaix_worker",
}
SERVICES = {"nginx", "message_broker", *OURS}
TASK_SECONDS = 120.0
ROUND = ((-25.0, -150.0), (-10.0, -150.0), (-10.0, -120.0), (-28.0, -118.0))
"""Corners of what is chosen on the map."""

pytestmark = pytest.mark.usefixtures("images")


@pytest.fixture(scope="module")
def topography(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real topography of half a degree where there is one, else a made-up one."""
    real = DATA / "topographies" / "palaeo_halfdeg.nc"
    if real.exists():
        return real
    path = tmp_path_factory.mktemp("topography") / "half a degree.nc"
    assert climate_sim("demo-topography", path, "--resolution", "0.5").returncode == 0
    return path


@pytest.fixture(scope="module")
def of_command_line(topography: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `climate-sim run` makes of the same file."""
    folder = tmp_path_factory.mktemp("command_line") / "out"
    done = climate_sim("run", topography, "--out", folder, env=surroundings())
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def somebody(browser: Browser, stack: Stack, tmp_path: Path) -> Iterator[Person]:
    """A person at a window before the pages of the stack."""
    window = Window(browser, stack.url, downloads=tmp_path)
    yield Person(window, "marie", PASSWORD)
    window.discard()
    assert not window.problems, "\n".join(window.problems)


def test_everything_starts_and_is_well(stack: Stack, measured: Measured) -> None:
    with measured.time(f"`docker compose up -d --scale python_worker={WORKERS}` until all is well"):
        stack.up(WORKERS)
    assert {each.service for each in stack.containers()} == SERVICES | {"migrate"}
    assert len(stack.containers("python_worker")) == WORKERS


def test_nginx_alone_can_be_reached(stack: Stack) -> None:
    published = {
        (each.service, inside, address["HostIp"], address["HostPort"])
        for each in stack.containers()
        for inside, addresses in each.told["NetworkSettings"]["Ports"].items()
        for address in addresses or ()
    }
    assert published == {("nginx", "8080/tcp", "127.0.0.1", str(stack.port))}


def test_the_inner_networks_lead_nowhere(stack: Stack) -> None:
    for each in running(stack):
        networks = set(each.told["NetworkSettings"]["Networks"])
        inner = {f"{stack.project}_front", f"{stack.project}_back"}
        outside = {f"{stack.project}_outside"} if each.service == "nginx" else set()
        assert networks <= inner | outside, each.service
        assert networks >= outside
    for name in ("front", "back"):
        form = "{{.Internal}}"
        assert docker("network", "inspect", "-f", form, f"{stack.project}_{name}") == "true"


def test_no_process_is_root_or_may_become_it(stack: Stack) -> None:
    for each in running(stack):
        users = docker("top", each.id, "-eo", "pid,uid").splitlines()[1:]
        assert users, each.service
        assert not [line for line in users if line.split()[1] == "0"], each.service
        rights = each.runs("cat", "/proc/1/status")
        assert "CapEff:\t0000000000000000" in rights, each.service
        assert "CapBnd:\t0000000000000000" in rights, each.service
        assert "NoNewPrivs:\t1" in rights, each.service


def test_what_an_image_holds_cannot_be_changed(stack: Stack) -> None:
    for each in running(stack):
        assert each.told["HostConfig"]["ReadonlyRootfs"], each.service
        tried = docker_tried("exec", "--user", "0", each.id, "touch", "/usr/changed")
        assert "Read-only file system" in tried.stderr, each.service


def test_no_secret_stands_in_a_description(stack: Stack) -> None:
    secrets = {path.read_text().strip() for path in stack.secrets.iterdir()} - {"*"}
    assert len(secrets) == 3
    for each in stack.containers():
        assert not [one for one in secrets if one in str(each.told)], each.service


def test_from_upload_to_download(
    stack: Stack,
    somebody: Person,
    topography: Path,
    of_command_line: Path,
    measured: Measured,
    tmp_path: Path,
) -> None:
    with measured.time("register, upload, confirm"):
        somebody.register()
        somebody.upload(topography, name="Lutetian", reference="Made for a test", age="45")
        somebody.confirm_coordinates()
        somebody.sees_heading("Lutetian")
    with measured.time("Regrid, until it is seen"):
        asks_for(somebody, "Regrid")
    with measured.time("Routing and what follows, slowed down, the broker recreated meanwhile"):
        the_broker_is_recreated_in_mid_step(stack, somebody)
    with measured.time("Vegetation, slowed down, its worker killed meanwhile"):
        a_worker_is_killed_in_mid_step(stack, somebody)
    with measured.time("Sub basins, until it is seen"):
        somebody.open_step("Sub basins")
        somebody.press("Make the proposal")
        somebody.sees_state("Sub basins", "Up to date")
    with measured.time("Download all"):
        archive = somebody.saves("Download all")
    the_files_are_those_of_the_command_line(archive, of_command_line, tmp_path)
    each_file_was_made_once(stack)


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_are_those_of_the_command_line(
    engine: str,
    stack: Stack,
    somebody: Person,
    of_command_line: Path,
    measured: Measured,
    tmp_path: Path,
) -> None:
    somebody.sign_in()
    somebody.open_file("Lutetian")
    somebody.open_step("Coupling weights")
    somebody.page.get_by_role("radio", name=engine, exact=True).check()
    with measured.time(f"Coupling weights, engine {engine}, until it is seen"):
        somebody.run(again=engine != ENGINES[0])
        sees_weights(stack, somebody, ENGINES.index(engine) + 1)
    inputs = [of_command_line / f"{name}.nc" for name in ("bathy", "coords", "sub_basins")]
    done = climate_sim("weights", *inputs, "--engine", engine, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert_same_set(newest_weights(stack), tmp_path / "weights.tar.gz", tmp_path)


def test_weights_whose_worker_is_killed(stack: Stack, somebody: Person, measured: Measured) -> None:
    """The engine ends with it; the worker is started again and does the step."""
    somebody.sign_in()
    somebody.open_file("Lutetian")
    before = newest_weights(stack)
    worker = stack.containers("mosaix_worker")[0]
    with measured.time("Coupling weights, slowed down, their worker killed meanwhile"):
        with stack.slow_workers("mosaix_worker"):
            somebody.open_step("Coupling weights")
            somebody.run(again=True)
            who_is_at(stack, "calculate_weights")
            docker_tried("exec", worker.id, "sh", "-c", "kill -9 -1")
            wait_for(lambda: same(stack, worker).restarts == 1, "its restart")
        wait_for(lambda: not at_work(stack), "the end of the step", TASK_SECONDS)
    somebody.sees_state("Coupling weights", "Up to date")
    assert newest_weights(stack) != before
    assert "call-" not in docker("exec", worker.id, "ls", "/tmp"), "a temporary folder stays"
    stack.wait_well()


def test_an_edit_through_nginx_that_outlives_its_server(
    stack: Stack, somebody: Person, measured: Measured
) -> None:
    somebody.sign_in()
    somebody.open_file("Lutetian")
    number = somebody.number_of_file()
    before = newest(stack)
    with measured.time("an editor, from its link until it can be used"):
        somebody.open_step("Internal oceans")
        somebody.follow("Open the editor")
        editor = Editor(somebody.page).is_ready()
    chosen = editor.lasso(ROUND)
    assert chosen > 100
    editor.choose_operation("Set to a value", 300.0)
    with measured.time("apply an edit"):
        assert editor.apply() == chosen
    with measured.time("the editors are killed, until the edit is there again"):
        the_editors_are_killed(stack, somebody)
        editor.is_ready().sees_edits(1)
    assert editor.changed() == chosen
    with measured.time("save the edit"):
        said = editor.save("A plateau")
    assert f"Saved as revision {before['raw'] + 1} of the topography." in said
    assert "The coastline moved" in said
    with measured.time("what depends on the edit, until it is seen"):
        somebody.go_to_steps(number)
        for title in ("Routing", "Vegetation", "Heat flow", "Viscosity"):
            somebody.sees_state(title, "Up to date")
    after = newest(stack)
    assert {kind for kind in after if after[kind] != before[kind]} >= {"raw", "bathy", "heatflow"}


def test_editors_are_for_those_who_are_signed_in(stack: Stack, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(f"{stack.url}/panel/edit?ticket=1.abc.def")
    assert "/auth/login" in page.url
    answer = page.request.get(f"{stack.url}/panel/health", headers={"Accept": "application/json"})
    assert answer.status == 401
    page.close()


def test_a_worker_that_dies_is_started_again(stack: Stack, measured: Measured) -> None:
    worker = stack.containers("python_worker")[0]
    with measured.time("a worker dies, until all is well again"):
        docker_tried("exec", worker.id, "sh", "-c", "kill -9 -1")
        wait_for(lambda: same(stack, worker).restarts == 1, "its restart")
        stack.wait_well()


def test_a_second_start_changes_nothing(stack: Stack) -> None:
    before = {each.id for each in stack.containers()}
    stack.up(WORKERS)
    assert {each.id for each in stack.containers()} == before


def test_each_service_ends_by_itself_when_told(stack: Stack, measured: Measured) -> None:
    with measured.time("`docker compose stop`"):
        stack.compose("stop")
    codes = {each.service: each.state["ExitCode"] for each in stack.containers()}
    assert codes == dict.fromkeys(SERVICES | {"migrate"}, 0), stack.logs()


def test_nothing_is_told_as_a_fault(stack: Stack) -> None:
    said = [docker_tried("logs", c.id).stderr for c in stack.containers() if c.service in OURS]
    told = [json.loads(line) for line in "".join(said).splitlines()]
    assert {record["service"] for record in told} <= OURS
    assert any("task_id" in record for record in told)
    faults = [record for record in told if record["level"] == "ERROR"]
    assert not faults


def test_the_records_are_there_after_the_next_start(stack: Stack, somebody: Person) -> None:
    stack.up(1)
    somebody.sign_in()
    assert somebody.names_of_files() == ["Lutetian"]


def test_nothing_is_left(stack: Stack) -> None:
    stack.compose("down", "--volumes")
    assert stack.left() == {"containers": "", "networks": "", "volumes": ""}


def running(stack: Stack) -> list[Container]:
    found = [each for each in stack.containers() if each.service != "migrate"]
    assert {each.service for each in found} == SERVICES
    return found


def same(stack: Stack, container: Container) -> Container:
    return next(each for each in stack.containers() if each.id == container.id)


def asks_for(somebody: Person, title: str) -> None:
    somebody.open_step(title)
    somebody.run()
    somebody.sees_state(title, "Up to date")


def the_broker_is_recreated_in_mid_step(stack: Stack, somebody: Person) -> None:
    before = stack.containers("message_broker")[0]
    with stack.slow_workers():
        somebody.open_step("Routing")
        somebody.run()
        who_is_at(stack, "routing")
        stack.compose("up", "--detach", "--force-recreate", "message_broker")
        assert who_is_at(stack, "routing"), "it is still at the step"
    assert stack.containers("message_broker")[0].id != before.id
    for title in ("Routing", "Heat flow", "Viscosity"):
        somebody.sees_state(title, "Up to date")
    stack.wait_well()


def a_worker_is_killed_in_mid_step(stack: Stack, somebody: Person) -> None:
    with stack.slow_workers():
        somebody.open_step("Vegetation")
        somebody.run()
        docker("kill", who_is_at(stack, "pft").id)
    somebody.sees_state("Vegetation", "Up to date")
    stack.up(WORKERS)


def who_is_at(stack: Stack, step: str) -> Container:
    """The worker that is at a step, once one is."""
    query = "SELECT worker FROM tasks WHERE step = ? AND state = 'running'"
    ((name,),) = wait_for(lambda: rows(stack, query, step), f"a worker at {step}", TASK_SECONDS)
    return next(c for c in stack.containers() if name.startswith(c.hostname))


def rows(stack: Stack, query: str, *values: str) -> list[tuple[Any, ...]]:
    database = f"file:{stack.instance / 'platform.db'}?mode=ro"
    with closing(sqlite3.connect(database, uri=True, timeout=30)) as connection:
        return connection.execute(query, values).fetchall()


def sees_weights(stack: Stack, somebody: Person, revision: int) -> None:
    """Wait until that revision is there, and the page says so."""
    wait_for(lambda: newest(stack).get("weights") == revision, "the weights", TASK_SECONDS)
    somebody.sees_state("Coupling weights", "Up to date")


def newest_weights(stack: Stack) -> Path:
    query = "SELECT path FROM revisions WHERE file_type = 'weights' ORDER BY revision DESC LIMIT 1"
    ((path,),) = rows(stack, query)
    return stack.instance / "files" / str(path)


def at_work(stack: Stack) -> bool:
    """Whether a step waits or runs."""
    return bool(rows(stack, "SELECT 1 FROM tasks WHERE state IN ('queued', 'running')"))


def newest(stack: Stack) -> dict[str, int]:
    """Newest revision of each file."""
    return dict(rows(stack, "SELECT file_type, max(revision) FROM revisions GROUP BY file_type"))


def the_editors_are_killed(stack: Stack, somebody: Person) -> None:
    """As by the system when memory is short; the page loads itself anew."""
    editors = stack.containers("panel_app")[0]
    with somebody.window.cut_off(), somebody.window.expecting(502, 504):
        docker_tried("exec", editors.id, "sh", "-c", "kill -9 -1")
        wait_for(lambda: same(stack, editors).restarts == 1, "its restart")
        expect(somebody.page.locator("#lost")).to_be_visible()
        expect(somebody.page.locator("#lost")).to_be_hidden(timeout=120_000)


def the_files_are_those_of_the_command_line(archive: Path, expected: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        opened.extractall(folder / "all")
    found = {path.name: path for path in (folder / "all").rglob("*.nc")}
    assert len(found) == len(FileType) - 1
    for path in sorted(expected.glob("*.nc")):
        assert_same(found[path.name], path)


def each_file_was_made_once(stack: Stack) -> None:
    told: dict[str, int] = dict(
        rows(stack, "SELECT file_type, count(*) FROM revisions GROUP BY file_type")
    )
    assert told.pop("raw") == 2, "the upload and what Regrid made of it"
    assert set(told.values()) == {1}, told
    files = {path.name for path in (stack.instance / "files").rglob("*") if path.is_file()}
    known = {Path(path).name for (path,) in rows(stack, "SELECT path FROM revisions")}
    assert files == known
