"""Tasks that come over the message queue: what is done with a delivery, and what is sent again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from climate_simulation_platform.db import Database, tasks
from climate_simulation_platform.errors import Busy
from climate_simulation_platform.records import DataFile, Status, Task, TaskState
from climate_simulation_platform.workflow import delivered, transactions
from climate_simulation_platform.workflow.delivered import Verdict, take_task
from tests.platform_records import add_file, add_user, made_by, open_database

pytestmark = pytest.mark.usefixtures("on_every_database")

NOW = timedelta(0)
LEASE = timedelta(seconds=15)
NOBODY = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def file(database: Database) -> DataFile:
    return add_file(database, add_user(database))


def asked(database: Database, file: DataFile, step: str = "regrid") -> Task:
    """Ask for a step; its task, which waits."""
    view = transactions.request_step(database, file.id, step, {}, user="ada")
    assert view.task is not None
    return view.task


def taken(database: Database, file: DataFile, step: str = "regrid", worker: str = "one") -> Task:
    found = take_task(database, asked(database, file, step).id, worker)
    assert found.verdict is Verdict.TAKEN
    assert found.task is not None
    return found.task


def done(database: Database, file: DataFile, step: str = "regrid") -> Task:
    task = taken(database, file, step)
    assert transactions.finish_task(database, task, made_by(task)).counted
    return task


def now_of(database: Database, task: Task) -> Task:
    with database.reading() as connection:
        known = tasks.get(connection, task.id)
    assert known is not None
    return known


def last_sign(database: Database, task: Task) -> datetime:
    return delivered.signs_of_life(database)[task.id]


def ids(found: tuple[Task, ...]) -> list[str]:
    return [task.id for task in found]


def test_a_task_that_waits_is_taken(database: Database, file: DataFile) -> None:
    task = taken(database, file)
    assert (task.state, task.worker, task.attempts) == (TaskState.RUNNING, "one", 1)
    view = transactions.workflow_view(database, file.id)["regrid"]
    assert view.status is Status.RUNNING


def test_a_message_that_comes_twice_is_taken_once(database: Database, file: DataFile) -> None:
    task = taken(database, file)
    again = take_task(database, task.id, "two")
    assert (again.verdict, now_of(database, task).worker) == (Verdict.AT_WORK, "one")


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_task_that_has_ended_is_told_of_once_more(
    database: Database, file: DataFile, succeeds: bool
) -> None:
    task = taken(database, file)
    if succeeds:
        transactions.finish_task(database, task, made_by(task))
    else:
        transactions.fail_task(database, task, "There is no ocean.")
    again = take_task(database, task.id, "two")
    assert again.verdict is Verdict.ENDED
    assert again.task is not None
    assert again.task.state is (TaskState.DONE if succeeds else TaskState.FAILED)


def test_a_task_that_nobody_knows(database: Database) -> None:
    assert take_task(database, NOBODY, "one").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("how", ["cancelled", "asked for anew", "deleted"])
def test_a_task_that_no_longer_counts_is_void(database: Database, file: DataFile, how: str) -> None:
    task = asked(database, file)
    if how == "cancelled":
        transactions.cancel_step(database, file.id, "regrid", user="ada")
    elif how == "asked for anew":
        asked(database, file)
    else:
        transactions.delete_file(database, file.id)
    assert take_task(database, task.id, "one").verdict is Verdict.VOID
    assert now_of(database, task).state is TaskState.SUPERSEDED


def test_a_task_whose_step_forgot_it_is_void(database: Database, file: DataFile) -> None:
    """No transaction of ours leaves one; where there is one, it is superseded, not run."""
    task = asked(database, file)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE steps SET task_id = NULL WHERE step = 'regrid'")
    assert take_task(database, task.id, "one").verdict is Verdict.VOID
    assert now_of(database, task).state is TaskState.SUPERSEDED


def test_a_task_waits_for_a_step_before_it_that_was_asked_for_anew(
    database: Database, file: DataFile
) -> None:
    """The message comes too early; the task is sent anew once its time has come."""
    done(database, file)
    routing = asked(database, file, "routing")
    delivered.note(database, sent=[routing.id])
    regrid = asked(database, file)
    assert take_task(database, routing.id, "one").verdict is Verdict.NOT_NOW
    assert ids(delivered.to_send(database, most=10)) == [regrid.id]
    task = take_task(database, regrid.id, "one").task
    assert task is not None
    transactions.finish_task(database, task, made_by(task))
    (newest,) = delivered.to_send(database, most=10)
    assert newest.step == "routing"
    assert take_task(database, newest.id, "one").verdict is Verdict.TAKEN


def test_a_task_that_is_tried_again_is_not_taken_before_its_time(
    database: Database, file: DataFile
) -> None:
    task = taken(database, file)
    assert transactions.retry_task(database, task, "The disk is full.", delay_seconds=60)
    assert take_task(database, task.id, "two").verdict is Verdict.NOT_NOW
    assert delivered.to_send(database, most=10) == ()
    later = datetime.now(UTC) + timedelta(seconds=61)
    assert take_task(database, task.id, "two", now=later).verdict is Verdict.TAKEN


def test_what_can_run_is_sent_once(database: Database, file: DataFile) -> None:
    task = asked(database, file)
    assert ids(delivered.to_send(database, most=10)) == [task.id]
    delivered.note(database, sent=[task.id])
    assert delivered.to_send(database, most=10) == ()


def test_the_oldest_are_sent_first(database: Database, file: DataFile) -> None:
    others = [add_file(database, add_user(database, f"user{n}"), f"file {n}") for n in range(3)]
    expected = [asked(database, each).id for each in (file, *others)]
    assert ids(delivered.to_send(database, most=2)) == expected[:2]
    assert ids(delivered.to_send(database, most=10)) == expected


def test_a_task_that_goes_back_is_sent_again(database: Database, file: DataFile) -> None:
    task = taken(database, file)
    delivered.note(database, sent=[task.id])
    transactions.release_tasks(database, "one", died=False)
    assert ids(delivered.to_send(database, most=10)) == [task.id]


def test_what_was_sent_is_remembered_only_of_what_still_waits(
    database: Database, file: DataFile
) -> None:
    """A worker may take a task, and give it back, before the dispatcher has noted that it sent."""
    task = taken(database, file)
    delivered.note(database, sent=[task.id])
    transactions.release_tasks(database, "one")
    assert ids(delivered.to_send(database, most=10)) == [task.id]


def test_a_worker_that_gives_signs_of_life_keeps_its_task(
    database: Database, file: DataFile
) -> None:
    task = taken(database, file)
    first = last_sign(database, task)
    assert delivered.sign_of_life(database, task)
    assert last_sign(database, task) > first
    assert not delivered.release_silent(database, task.id, first)
    assert now_of(database, task).state is TaskState.RUNNING


def test_progress_is_a_sign_of_life(database: Database, file: DataFile) -> None:
    task = taken(database, file)
    first = last_sign(database, task)
    assert transactions.report_progress(database, task, 0.5, "half")
    assert last_sign(database, task) > first


def test_the_task_of_a_silent_worker_goes_to_another(database: Database, file: DataFile) -> None:
    task = taken(database, file)
    assert delivered.release_silent(database, task.id, last_sign(database, task))
    assert not delivered.sign_of_life(database, task)
    second = take_task(database, task.id, "two").task
    assert second is not None
    assert not transactions.finish_task(database, task, made_by(task)).counted
    assert transactions.finish_task(database, second, made_by(second)).counted


@pytest.mark.parametrize("what", ["ended", "given back", "unknown"])
def test_only_what_runs_is_taken_from_its_worker(
    database: Database, file: DataFile, what: str
) -> None:
    task = taken(database, file)
    sign = last_sign(database, task)
    if what == "ended":
        transactions.fail_task(database, task, "There is no ocean.")
    elif what == "given back":
        transactions.release_tasks(database, "one", died=False)
    number = NOBODY if what == "unknown" else task.id
    before = now_of(database, task)
    assert not delivered.release_silent(database, number, sign)
    assert now_of(database, task) == before


def test_signs_are_those_of_what_runs(database: Database, file: DataFile) -> None:
    other = add_file(database, add_user(database, "bob"), "other")
    asked(database, other)
    assert delivered.signs_of_life(database) == {}
    task = taken(database, file)
    assert set(delivered.signs_of_life(database)) == {task.id}


def test_the_third_silent_worker_is_the_last(database: Database, file: DataFile) -> None:
    task = asked(database, file)
    for worker, back in (("one", True), ("two", True), ("three", False)):
        assert take_task(database, task.id, worker).verdict is Verdict.TAKEN
        assert delivered.release_silent(database, task.id, last_sign(database, task)) is back
    assert now_of(database, task).state is TaskState.FAILED
    view = transactions.workflow_view(database, file.id)["regrid"]
    assert view.why.startswith("The worker ended 3 times")


def test_a_sign_of_life_is_left_out_where_the_database_is_occupied(
    database: Database, file: DataFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = taken(database, file)

    def occupied(_: Database) -> object:
        raise Busy("The database is busy.")

    monkeypatch.setattr(Database, "writing", occupied)
    assert delivered.sign_of_life(database, task)


@pytest.mark.parametrize("how", ["cancelled", "deleted", "forgotten"])
def test_a_sign_of_life_tells_whether_the_result_still_counts(
    database: Database, file: DataFile, how: str
) -> None:
    task = taken(database, file)
    if how == "cancelled":
        transactions.cancel_step(database, file.id, "regrid", user="ada")
    elif how == "deleted":
        transactions.delete_file(database, file.id)
    else:
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM tasks")
    assert not delivered.sign_of_life(database, task)


def test_an_end_of_which_nobody_heard_is_told_later(database: Database, file: DataFile) -> None:
    task = done(database, file)
    assert delivered.to_tell(database, older_than=LEASE, most=10) == ()
    assert ids(delivered.to_tell(database, older_than=NOW, most=10)) == [task.id]
    delivered.note(database, told=[task.id])
    assert delivered.to_tell(database, older_than=NOW, most=10) == ()


def test_nobody_is_told_of_what_was_superseded(database: Database, file: DataFile) -> None:
    asked(database, file)
    transactions.cancel_step(database, file.id, "regrid", user="ada")
    assert delivered.to_tell(database, older_than=NOW, most=10) == ()


def test_what_the_queue_lost_is_sent_again(database: Database, file: DataFile) -> None:
    task = asked(database, file)
    delivered.note(database, sent=[task.id])
    assert delivered.long_sent(database, older_than=LEASE) == ()
    assert ids(delivered.long_sent(database, older_than=NOW)) == [task.id]
    assert delivered.send_again(database, [task.id, NOBODY]) == 1
    assert ids(delivered.to_send(database, most=10)) == [task.id]


def test_what_a_worker_took_was_not_lost(database: Database, file: DataFile) -> None:
    task = asked(database, file)
    delivered.note(database, sent=[task.id])
    take_task(database, task.id, "one")
    assert delivered.long_sent(database, older_than=NOW) == ()
    assert delivered.send_again(database, [task.id]) == 0


def test_nothing_to_note_is_no_transaction(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "writing", None)
    delivered.note(database)
