"""Workers that are told to end, databases that are occupied, and files that are deleted."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.records import Status, TaskState
from climate_simulation_platform.workflow import transactions
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_sound,
    close_gate,
    odd_topography,
    open_gate,
    revisions_of,
    runs,
    tasks_of,
    view_of,
    wait_for_run,
    wait_for_status,
    wait_until_quiet,
)
from tests.broker.odd_worker import PATIENCE
from tests.deployment import QUICK, Deployment
from tests.rabbitmq import RabbitMQ
from tests.waiting import is_gone, wait_for

SOON_SECONDS = 0.3
"""How long services wait for an occupied database in these tests."""


@pytest.fixture(scope="module")
def installation(broker: RabbitMQ, deploy_once: DeploymentMaker) -> Deployment:
    made = deploy_once(broker)
    made.migrate()
    made.start("hasty dispatcher")
    return made


@pytest.fixture(autouse=True)
def no_worker_before_or_after(installation: Deployment) -> Iterator[None]:
    close_gate(installation)
    yield
    for worker in installation.of_kind("odd worker"):
        worker.kill()


def test_a_worker_that_is_told_to_end_finishes_a_short_step(installation: Deployment) -> None:
    """Row: SIGTERM in a short task: finished within the grace, exit 0."""
    topography = odd_topography(installation)
    worker = installation.start("odd worker", WORKER_GRACE_SECONDS="30")
    ask(installation, topography, "regrid", "is held")
    wait_for_run(installation, topography, "regrid")
    worker.popen.terminate()
    open_gate(installation)
    assert worker.popen.wait(40) == 0
    assert view_of(installation, topography, "regrid").status is Status.UP_TO_DATE
    (task,) = tasks_of(installation, topography)
    assert (task.state, task.attempts) == (TaskState.DONE, 1)
    assert_sound(installation, [topography])


def test_a_worker_that_is_told_to_end_gives_a_long_step_back(installation: Deployment) -> None:
    """Row: SIGTERM in a long task: requeued within the grace, exit 0, done by another."""
    topography = odd_topography(installation)
    worker = installation.start("odd worker", WORKER_GRACE_SECONDS="0.5")
    ask(installation, topography, "regrid", "is held")
    child = wait_for_run(installation, topography, "regrid")
    began = time.monotonic()
    assert worker.end() == 0
    assert time.monotonic() - began < float(QUICK["WORKER_GRACE_SECONDS"]) + 10.0
    assert is_gone(child)
    (task,) = tasks_of(installation, topography)
    assert (task.state, task.attempts) == (TaskState.QUEUED, 0)
    assert "Its end could not be told" not in worker.tail()
    installation.start("odd worker")
    open_gate(installation)
    wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
    assert len(runs(installation, topography)) == 2
    assert revisions_of(installation, topography, FileType.RAW) == [1, 2]
    assert_sound(installation, [topography])


def test_every_idle_service_ends_with_exit_code_0(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    """Row: SIGTERM: the dispatcher and the pages too."""
    deployment = deploy(broker, WEB_PROCESSES="1")
    deployment.start_all(web=True)
    assert {process.kind: process.end() for process in deployment.processes} == {
        "dispatcher": 0,
        "worker": 0,
        "web": 0,
    }


def test_a_topography_is_deleted_while_its_step_runs(installation: Deployment) -> None:
    """Row: file deleted while running: superseded, the step's process ends, no orphan."""
    topography, other = odd_topography(installation), odd_topography(installation, "other")
    worker = installation.start("odd worker")
    ask(installation, topography, "regrid", "is held")
    child = wait_for_run(installation, topography, "regrid")
    transactions.delete_file(installation.database, topography.id)
    wait_for(lambda: is_gone(child), "the end of the step")
    ask(installation, other, "regrid")
    wait_for_status(installation, other, "regrid", Status.UP_TO_DATE)
    assert [task.state for task in tasks_of(installation, topography)] == [TaskState.SUPERSEDED]
    assert revisions_of(installation, topography) == [1]
    assert worker.healthy()
    assert_sound(installation, [topography, other])


def test_a_topography_is_deleted_while_its_step_waits(installation: Deployment) -> None:
    """Row: file deleted while queued: superseded; once it is restored the step is done."""
    topography, other = odd_topography(installation), odd_topography(installation, "other")
    ask(installation, topography, "regrid")
    wait_for(lambda: is_sent(installation), "it is in the queue")
    transactions.delete_file(installation.database, topography.id)
    installation.start("odd worker")
    ask(installation, other, "regrid")
    wait_for_status(installation, other, "regrid", Status.UP_TO_DATE)
    assert runs(installation, topography) == []
    assert [task.state for task in tasks_of(installation, topography)] == [TaskState.SUPERSEDED]
    transactions.restore_file(installation.database, topography.id)
    wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
    assert len(runs(installation, topography)) == 1
    assert_sound(installation, [topography, other])


def is_sent(deployment: Deployment) -> bool:
    with deployment.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT count(*) FROM tasks WHERE state = 'queued' AND sent IS NULL"
        )
        return rows.scalar_one() == 0


@contextmanager
def occupied(deployment: Deployment) -> Iterator[None]:
    """Occupy the database, as a transaction does that lasts too long."""
    file = deployment.services.settings.instance / "platform.db"
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_the_database_is_occupied_while_a_task_is_to_be_taken(installation: Deployment) -> None:
    """Row: database locked longer than the timeout: the delivery stays with the worker."""
    topography = odd_topography(installation)
    worker = installation.start("odd worker", **{PATIENCE: str(SOON_SECONDS)})
    with occupied(installation):
        wait_for(lambda: worker.ask("/health")[0] == 503, "the worker says so")
    ask(installation, topography, "regrid")
    wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
    assert worker.healthy()
    assert_sound(installation, [topography])


def test_the_database_is_occupied_while_a_result_is_to_be_kept(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    """Row: database locked longer than the timeout: bounded retry, then requeue."""
    deployment = deploy(broker, WORKER_LEASE_SECONDS="60")
    deployment.migrate()
    deployment.start("dispatcher")
    worker = deployment.start("odd worker", **{PATIENCE: str(SOON_SECONDS)})
    topography = odd_topography(deployment)
    ask(deployment, topography, "regrid", "is held")
    child = wait_for_run(deployment, topography, "regrid")
    with occupied(deployment):
        open_gate(deployment)
        wait_for(lambda: is_gone(child), "the end of the step")
        wait_for(lambda: "The database is busy" in worker.tail(), "it cannot be kept")
        status, told = worker.ask("/health")
        assert (status, json.loads(told)["busy"]) == (503, True)
    wait_for_status(deployment, topography, "regrid", Status.UP_TO_DATE)
    (task,) = tasks_of(deployment, topography)
    assert (task.state, task.attempts) == (TaskState.DONE, 2)
    assert len(runs(deployment, topography)) == 2
    assert revisions_of(deployment, topography, FileType.RAW) == [1, 2]
    wait_until_quiet(deployment)
    assert_sound(deployment, [topography])


def test_the_database_stays_occupied_until_the_worker_is_told_to_end(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    """Rows: database locked longer than the timeout; SIGTERM: exit 0, done by another."""
    deployment = deploy(broker)
    deployment.migrate()
    deployment.start("dispatcher")
    worker = deployment.start("odd worker", **{PATIENCE: str(SOON_SECONDS)})
    topography = odd_topography(deployment)
    ask(deployment, topography, "regrid", "is held")
    wait_for_run(deployment, topography, "regrid")
    with occupied(deployment):
        open_gate(deployment)
        wait_for(lambda: "The database is busy" in worker.tail(), "it cannot be kept")
        assert worker.end() == 0
    deployment.start("odd worker")
    wait_for_status(deployment, topography, "regrid", Status.UP_TO_DATE)
    assert len(runs(deployment, topography)) == 2
    wait_until_quiet(deployment)
    assert_sound(deployment, [topography])
