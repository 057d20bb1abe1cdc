"""A request that could not be handed on: the step is as it was before."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from climate_simulation_platform.constants import ORDER
from climate_simulation_platform.db import Database, steps, tasks
from climate_simulation_platform.errors import QueueUnavailable
from climate_simulation_platform.records import DataFile, Status, StepRecord, Task, TaskState
from climate_simulation_platform.workflow import transactions
from tests.platform_records import add_file, add_user, made_by, open_database, work_off

pytestmark = pytest.mark.usefixtures("on_every_database")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def file(database: Database) -> DataFile:
    return add_file(database, add_user(database))


def refused(_task: Task) -> None:
    raise QueueUnavailable("The message queue is unavailable.")


def ask(database: Database, file: DataFile, step: str = "regrid", **more: Any) -> None:
    transactions.request_step(database, file.id, step, {"n": 1}, user="ada", **more)


def ask_in_vain(database: Database, file: DataFile, step: str = "regrid") -> None:
    with pytest.raises(QueueUnavailable):
        transactions.request_step(database, file.id, step, {"n": 2}, user="bob", hand_on=refused)


def record(database: Database, file: DataFile, step: str = "regrid") -> StepRecord:
    with database.reading() as connection:
        return steps.load(connection, file.id)[step]


def live(database: Database, file: DataFile) -> list[Task]:
    with database.reading() as connection:
        return [*tasks.live(connection, file.id).values()]


def status(database: Database, file: DataFile, step: str = "regrid") -> Status:
    return transactions.workflow_view(database, file.id)[step].status


def test_a_step_that_never_ran_is_not_left_queued(database: Database, file: DataFile) -> None:
    before = record(database, file)
    ask_in_vain(database, file)
    after = record(database, file)
    assert replace(after, version=before.version) == before
    assert live(database, file) == []
    assert status(database, file) is Status.NEEDS_YOU


def test_it_can_be_asked_for_again(database: Database, file: DataFile) -> None:
    ask_in_vain(database, file)
    ask(database, file)
    assert [task.step for task in work_off(database)] == ["regrid"]
    assert status(database, file) is Status.UP_TO_DATE


def test_a_form_from_before_is_refused_after_it(database: Database, file: DataFile) -> None:
    """The version counts on, so that two people cannot both think that theirs holds."""
    version = record(database, file).version
    ask_in_vain(database, file)
    assert record(database, file).version > version


def test_a_result_and_its_parameters_stay(database: Database, file: DataFile) -> None:
    ask(database, file)
    work_off(database)
    before = record(database, file)
    ask_in_vain(database, file)
    after = record(database, file)
    assert replace(after, version=before.version) == before
    assert (after.parameters, after.asked_by) == ({"n": 1}, "ada")
    assert status(database, file) is Status.UP_TO_DATE


@pytest.mark.parametrize("at_work", [False, True])
def test_what_was_under_way_is_wanted_anew(
    database: Database, file: DataFile, at_work: bool
) -> None:
    ask(database, file)
    if at_work:
        assert transactions.claim_task(database, "worker", ORDER) is not None
    ask_in_vain(database, file)
    (task,) = live(database, file)
    assert (task.state, task.parameters, task.asked_by) == (TaskState.QUEUED, {"n": 1}, "ada")
    assert len(work_off(database)) == 1


def test_what_waits_for_it_goes_on_waiting(database: Database, file: DataFile) -> None:
    ask(database, file)
    ask(database, file, "routing")
    ask_in_vain(database, file)
    assert status(database, file, "routing") is Status.QUEUED
    assert [task.step for task in work_off(database)][:2] == ["regrid", "routing"]


def test_a_step_that_waits_for_another_needs_no_message(database: Database, file: DataFile) -> None:
    ask(database, file)
    ask(database, file, "routing", hand_on=refused)
    assert status(database, file, "routing") is Status.QUEUED


def came_through(database: Database, what: str) -> Any:
    """The task is taken, or even done, before it is known that the message was refused."""

    def hand_on(_task: Task) -> None:
        task = transactions.claim_task(database, "worker", ORDER)
        assert task is not None
        if what == "done":
            transactions.finish_task(database, task, made_by(task))
        raise QueueUnavailable("The message queue is unavailable.")

    return hand_on


def test_what_somebody_asked_for_meanwhile_stays(database: Database, file: DataFile) -> None:
    def hand_on(_task: Task) -> None:
        transactions.request_step(database, file.id, "regrid", {"n": 3}, user="eve")
        raise QueueUnavailable("The message queue is unavailable.")

    with pytest.raises(QueueUnavailable):
        ask(database, file, hand_on=hand_on)
    (task,) = live(database, file)
    assert (task.parameters, task.asked_by) == ({"n": 3}, "eve")


@pytest.mark.parametrize("what", ["taken", "done"])
def test_what_came_through_after_all_stays(database: Database, file: DataFile, what: str) -> None:
    with contextlib.suppress(QueueUnavailable):  # whether it is told makes no difference here
        ask(database, file, hand_on=came_through(database, what))
    expected = Status.RUNNING if what == "taken" else Status.UP_TO_DATE
    assert status(database, file) is expected
    assert record(database, file).parameters == {"n": 1}
