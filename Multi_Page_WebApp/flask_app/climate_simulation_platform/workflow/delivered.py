"""Tasks that come over the message queue: taken, sent and told of, each as one transaction.

The rows of the tasks are the truth and their own outbox. A message only says which row to look at;
one that comes late, twice or never changes nothing.
"""

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from climate_simulation_platform.db import Database, steps, tasks
from climate_simulation_platform.errors import Busy, NoSpace
from climate_simulation_platform.records import Task, TaskState
from climate_simulation_platform.workflow.model import busy_prerequisites
from climate_simulation_platform.workflow.stored import stored
from climate_simulation_platform.workflow.work import handed_out, put_in_hand, release, runs


class Verdict(StrEnum):
    """What a worker does with a task that was delivered."""

    TAKEN = "taken"
    """Do it."""

    ENDED = "ended"
    """It was done or failed before; tell of that once more."""

    AT_WORK = "at work"
    """Another worker has it, or had it and is about to be found missing."""

    NOT_NOW = "not now"
    """Something before it is at work again; it is sent anew after that."""

    VOID = "void"
    """It was replaced or cancelled, or its topography was deleted."""

    UNKNOWN = "unknown"
    """There is no such task."""


@dataclass(frozen=True)
class Delivered:
    """A task that was delivered, and what to do with it."""

    verdict: Verdict
    task: Task | None = None


def take_task(
    database: Database, task_id: str, worker: str, *, now: datetime | None = None
) -> Delivered:
    """Look at the task that a message names, and take it if its time has come."""
    with database.writing() as connection:
        task = tasks.get(connection, task_id)
        if task is None:
            return Delivered(Verdict.UNKNOWN)
        if task.state is not TaskState.QUEUED:
            return Delivered(_OF_STATE[task.state], task)
        entry = stored(connection, database, task.data_file_id, deleted=True)
        if entry.file.deleted is not None or not handed_out(entry, task):
            tasks.supersede(connection, [task.id], now=entry.now)
            return Delivered(Verdict.VOID, task)
        held_up = busy_prerequisites(entry.workflow, task.step)
        if held_up or not tasks.is_due(connection, task.id, now=now or entry.now):
            tasks.change(connection, task.id, sent=None)
            return Delivered(Verdict.NOT_NOW, task)
        return Delivered(Verdict.TAKEN, put_in_hand(entry, task, worker))


_OF_STATE = {
    TaskState.RUNNING: Verdict.AT_WORK,
    TaskState.DONE: Verdict.ENDED,
    TaskState.FAILED: Verdict.ENDED,
    TaskState.SUPERSEDED: Verdict.VOID,
}


def sign_of_life(database: Database, task: Task) -> bool:
    """Say that the worker is still at a task; False if its result no longer counts.

    Where the database is occupied nothing is said, and the task goes on.
    """
    with contextlib.suppress(Busy, NoSpace), database.writing() as connection:
        known = tasks.get(connection, task.id)
        if known is None or not runs(known, task):
            return False
        tasks.change(connection, task.id, reported=datetime.now(UTC))
    return True


def signs_of_life(database: Database) -> Mapping[str, datetime]:
    """When workers last gave one, by the number of the task that they are at."""
    with database.reading() as connection:
        return tasks.signs_of_life(connection)


def release_silent(database: Database, task_id: str, last_sign: datetime) -> bool:
    """Put back a task whose worker gave no sign of life since; False if it did, or has ended."""
    with database.writing() as connection:
        task = tasks.get(connection, task_id)
        if task is None or task.state is not TaskState.RUNNING:
            return False
        if tasks.reported(connection, task_id) != last_sign:
            return False
        entry = stored(connection, database, task.data_file_id, deleted=True)
        return release(entry, task, died=True)


def to_send(database: Database, *, most: int) -> tuple[Task, ...]:
    """The oldest tasks that could run now and are not in the queue."""
    with database.reading() as connection:
        return tasks.unsent(connection, now=datetime.now(UTC), most=most)


def needing_somebody(
    database: Database, data_file_ids: Collection[int]
) -> Mapping[int, frozenset[str]]:
    """Steps of some data files that wait for a person."""
    with database.reading() as connection:
        return steps.needing_somebody(connection, data_file_ids)


def to_tell(database: Database, *, older_than: timedelta, most: int) -> tuple[Task, ...]:
    """Tasks that ended some time ago without a word to anybody: their worker was killed then."""
    before = datetime.now(UTC) - older_than
    with database.reading() as connection:
        return tasks.untold(connection, before=before, most=most)


def note(database: Database, *, sent: Collection[str] = (), told: Collection[str] = ()) -> None:
    """Remember which tasks are in the queue, and of which it was told that they ended."""
    if not sent and not told:
        return
    now = datetime.now(UTC)
    with database.writing() as connection:
        if sent:
            tasks.mark_sent(connection, sent, now=now)
        if told:
            tasks.mark_told(connection, told, now=now)


def long_sent(database: Database, *, older_than: timedelta) -> tuple[Task, ...]:
    """Tasks that should be in the queue since a while."""
    with database.reading() as connection:
        return tasks.in_queue(connection, before=datetime.now(UTC) - older_than)


def send_again(database: Database, task_ids: Collection[str]) -> int:
    """Have those sent anew which the queue has lost; how many."""
    with database.writing() as connection:
        return tasks.forget_sent(connection, task_ids)
