"""Workers that were lost, that hang, and that lose their database for a while."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from climate_simulation_platform.constants import Worker, steps_of
from climate_simulation_platform.db import tasks
from climate_simulation_platform.embedded.upkeep import HANGING_AFTER, Upkeep
from climate_simulation_platform.embedded.worker import WorkerLoop
from climate_simulation_platform.records import DataFile, Status, Task, TaskState
from climate_simulation_platform.services import Services
from climate_simulation_platform.workflow import transactions
from tests.platform_records import add_file, add_user
from tests.waiting import wait_for
from tests.web import make_services


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = make_services(tmp_path / "instance", LEAST_FREE_MB="1")
    yield made
    made.sandbox.close()


@pytest.fixture
def file(services: Services) -> DataFile:
    return add_file(services.database, add_user(services.database))


def ask(services: Services, file: DataFile) -> None:
    transactions.request_step(services.database, file.id, "regrid", {}, user="ada")


def taken(services: Services, file: DataFile, worker: str, *, ago: timedelta) -> Task:
    """A task that a worker took some time ago."""
    ask(services, file)
    task = transactions.claim_task(services.database, worker, steps_of(Worker.PYTHON))
    assert task is not None
    with services.database.writing() as connection:
        tasks.change(connection, task.id, started=datetime.now(UTC) - ago)
    return task


def state(services: Services, task: Task) -> TaskState:
    with services.database.reading() as connection:
        known = tasks.get(connection, task.id)
    assert known is not None
    return known.state


def test_the_task_of_a_worker_whose_end_was_missed_is_taken_up_again(
    services: Services, file: DataFile
) -> None:
    task = taken(services, file, "python-1.dead", ago=timedelta(seconds=20))
    Upkeep(services).now_and_then(["python-1.dead"])
    assert state(services, task) is TaskState.RUNNING
    Upkeep(services).now_and_then(["python-1.new"])
    assert state(services, task) is TaskState.QUEUED


def test_a_worker_hangs_whose_task_should_have_ended_long_ago(
    services: Services, file: DataFile
) -> None:
    wall = services.settings.task_wall
    taken(services, file, "python-1.slow", ago=wall)
    assert Upkeep(services).hanging() == frozenset()
    hasty = replace(services, settings=replace(services.settings, task_wall=-HANGING_AFTER))
    assert Upkeep(hasty).hanging() == {"python-1.slow"}


def test_a_worker_outlives_its_database(
    services: Services, file: DataFile, caplog: pytest.LogCaptureFixture
) -> None:
    instance = services.settings.instance
    away = instance.with_name("away")
    ask(services, file)
    instance.rename(away)
    with working(services):
        wait_for(lambda: "cannot be opened" in caplog.text, "what it tells of that")
        away.rename(instance)
        wait_for(lambda: status(services, file) is Status.FAILED, "its task to be taken")
    assert caplog.text.count("cannot be opened") == 1


def status(services: Services, file: DataFile) -> Status:
    return transactions.workflow_view(services.database, file.id)["regrid"].status


@contextmanager
def working(services: Services) -> Iterator[None]:
    loop = WorkerLoop("python-1.test", services)
    worker = threading.Thread(target=loop.run)
    worker.start()
    try:
        yield
    finally:
        loop.end()
        worker.join()
