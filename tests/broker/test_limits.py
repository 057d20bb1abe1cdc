"""Steps that go wrong in every way: the step fails with its reason, the worker serves the next."""

from pathlib import Path

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import tasks
from climate_simulation_platform.records import DataFile, Status, TaskState
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_nothing_half_done,
    assert_sound,
    odd_topography,
    revisions_of,
    runs,
    tasks_of,
    wait_for_status,
)
from tests.broker.odd_steps import LAST_WORDS, LEFT, NO_OCEAN
from tests.broker.odd_worker import AS_IT_IS
from tests.deployment import Deployment
from tests.rabbitmq import RabbitMQ
from tests.waiting import is_gone, wait_for

LONGEST_HOURS = 0.001
"""3.6 seconds, which a step of these tests needs only if it never ends."""


@pytest.fixture(scope="module")
def installation(broker: RabbitMQ, deploy_once: DeploymentMaker) -> Deployment:
    """A dispatcher and one worker, which serves all tests of this module."""
    made = deploy_once(broker, TASK_HOURS=str(LONGEST_HOURS))
    made.migrate()
    made.start("dispatcher")
    made.start("odd worker")
    return made


def log_of(deployment: Deployment, data_file: DataFile) -> str:
    (task,) = tasks_of(deployment, data_file)
    with deployment.database.reading() as connection:
        return tasks.log(connection, task.id)


def assert_served_next(deployment: Deployment) -> None:
    """The same worker, which is alive, does another task at once."""
    (worker,) = deployment.of_kind("odd worker")
    other = odd_topography(deployment, "the next one")
    ask(deployment, other, "regrid")
    wait_for_status(deployment, other, "regrid", Status.UP_TO_DATE)
    assert worker.healthy()
    assert deployment.dead_letters() == []


@pytest.mark.parametrize(
    ("odd", "sentence"),
    [
        ("never ends", "The work was stopped because it did not end within 3.6 seconds."),
        ("crashes", "its process crashed (SIGSEGV)"),
        ("leaves", "its process crashed (exit code 7)"),
        ("says nothing", "its process crashed (exit code 0)"),
    ],
)
def test_a_step_whose_process_fails(installation: Deployment, odd: str, sentence: str) -> None:
    """Row: job longer than our limit; Fortran non-zero, segfault, no output; disk full."""
    topography = odd_topography(installation)
    ask(installation, topography, "regrid", odd)
    view = wait_for_status(installation, topography, "regrid", Status.FAILED)
    assert sentence in view.why
    assert LAST_WORDS in log_of(installation, topography)
    assert [is_gone(pid) for _, _, pid in runs(installation, topography)] == [True]
    assert revisions_of(installation, topography) == [1]
    assert_served_next(installation)
    assert_sound(installation, [topography])


def test_a_program_that_a_step_started_ends_with_it(installation: Deployment) -> None:
    """Row: job longer than our limit: the whole process group is killed."""
    topography = odd_topography(installation)
    ask(installation, topography, "regrid", "never ends")
    wait_for(lambda: len(runs(installation, topography)) == 1, "the step's begin")
    wait_for_status(installation, topography, "regrid", Status.FAILED)
    program = int((installation.folder / LEFT).read_text())
    wait_for(lambda: is_gone(program), "the end of the step's program")
    assert_nothing_half_done(installation)


def test_a_full_disk_is_tried_three_times_then_told(installation: Deployment) -> None:
    """Row: disk full."""
    topography = odd_topography(installation)
    ask(installation, topography, "regrid", "fills the disk")
    view = wait_for_status(installation, topography, "regrid", Status.FAILED)
    assert view.why == "The disk is full; the result could not be written."
    assert len(runs(installation, topography)) == 3
    (task,) = tasks_of(installation, topography)
    assert (task.state, task.attempts) == (TaskState.FAILED, 3)
    assert_served_next(installation)
    assert_sound(installation, [topography])


def test_bad_input_fails_at_once_with_a_sentence(installation: Deployment) -> None:
    """Row: bad input."""
    topography = odd_topography(installation)
    ask(installation, topography, "regrid", "refuses")
    assert wait_for_status(installation, topography, "regrid", Status.FAILED).why == NO_OCEAN
    assert len(runs(installation, topography)) == 1
    assert_served_next(installation)
    assert_sound(installation, [topography])


def test_real_steps_refuse_bad_input_and_damaged_files(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    """Row: bad input, given to steps as they are."""
    real = deploy(broker)
    real.migrate()
    real.start("dispatcher")
    worker = real.start("odd worker", **{AS_IT_IS: "yes"})
    topography = real.rooms.topography(real.rooms.user("ada"))
    real.rooms.request(topography, "regrid", {"dlat": 7.3, "dlon": 1.0})
    assert "7.3" in wait_for_status(real, topography, "regrid", Status.FAILED).why
    damaged = real.rooms.topography(real.rooms.user("ada"), "damaged")
    damage(real.services.storage.path(real.rooms.revision(damaged.id, FileType.RAW).path))
    real.rooms.request(damaged, "regrid", {})
    assert wait_for_status(real, damaged, "regrid", Status.FAILED).why.endswith(".")
    real.rooms.request(topography, "regrid", {"dlat": 3.0, "dlon": 3.0})
    wait_for_status(real, topography, "regrid", Status.UP_TO_DATE)
    assert worker.healthy()
    assert [task.attempts for task in tasks_of(real)] == [1, 1, 1]


def damage(path: Path) -> None:
    """Cut a file off in its middle."""
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
