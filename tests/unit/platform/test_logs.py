"""What services tell: as text, or one JSON object a line, with the task that it is about."""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from climate_simulation_platform import logs
from climate_simulation_platform.records import Cause, Task
from climate_simulation_platform.settings import LogFormat

TASK = Task(
    "0f8fad5b-d9cb-469f-a165-70867728950e", 7, "routing", {}, Cause.USER, "ada",
    "0f8fad5b-d9cb-469f-a165-70867728950e", {}, datetime(2026, 1, 2, tzinfo=UTC),
)  # fmt: skip

log = logging.getLogger(f"{logs.OURS}.tests")


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    root, names = logging.getLogger(), (logs.OURS, "message_dispatcher", "pika")
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told(capsys)]


def as_json(**options: Any) -> None:
    logs.configure("python_worker", verbose=True, log_format=LogFormat.JSON, **options)


def test_a_record_is_one_object_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    as_json()
    log.info("Done in %.2f s,\nsaid “%s”", 1.5, "Éocène")
    (found,) = objects(capsys)
    when = datetime.fromisoformat(found.pop("time"))
    assert abs((datetime.now(UTC) - when).total_seconds()) < 3600
    assert when.tzinfo is not None
    assert found == {
        "level": "INFO",
        "service": "python_worker",
        "logger": log.name,
        "message": "Done in 1.50 s,\nsaid “Éocène”",
    }


def test_a_record_about_a_task_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    as_json()
    with logs.about(TASK):
        log.info("within")
    log.info("after")
    within, after = objects(capsys)
    about = {"task_id": TASK.id, "data_file_id": 7, "step": "routing"}
    assert about.items() <= within.items()
    assert not about.keys() & after.keys()


def test_a_fault_carries_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    as_json()
    try:
        raise ZeroDivisionError("by hand")
    except ZeroDivisionError:
        log.exception("A fault.")
    (found,) = objects(capsys)
    assert found["level"] == "ERROR"
    assert found["exception"].startswith("Traceback")
    assert found["exception"].endswith("ZeroDivisionError: by hand")


def test_what_is_no_text_is_told_nevertheless(capsys: pytest.CaptureFixture[str]) -> None:
    as_json()
    log.warning("%s", {"half": "\ud800", "path": object})
    (line,) = told(capsys)
    assert json.loads(line)["message"].startswith("{'half'")


def test_text_names_service_and_task(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web", verbose=True)
    with logs.about(TASK):
        log.info("within")
    log.info("after")
    within, after = told(capsys)
    assert within.endswith(f"INFO service=web task={TASK.id} data_file=7 step=routing within")
    assert after.endswith("INFO service=web after")


def test_of_other_packages_only_warnings_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Of pika nothing: what it says of a broker is told by us, in sentences."""
    as_json(package="message_dispatcher")
    for name in (logs.OURS, "message_dispatcher.receive", "pika", "sqlalchemy.engine"):
        logging.getLogger(name).info("information")
        logging.getLogger(name).warning("warning")
    found = [(each["logger"], each["message"]) for each in objects(capsys)]
    assert found == [
        (logs.OURS, "information"),
        (logs.OURS, "warning"),
        ("message_dispatcher.receive", "information"),
        ("message_dispatcher.receive", "warning"),
        ("sqlalchemy.engine", "warning"),
    ]


def test_a_quiet_process_tells_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("web", verbose=False)
    log.info("information")
    log.warning("warning")
    assert [line.split()[-1] for line in told(capsys)] == ["warning"]
