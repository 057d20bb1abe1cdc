"""The queue: tasks wait, run and end here."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    update,
)
from sqlalchemy import insert as insert_into

from climate_simulation_platform.constants import ORDER, FileType, prerequisites
from climate_simulation_platform.db import tables
from climate_simulation_platform.records import Cause, Parameters, Task, TaskState

LONGEST_PAUSE = timedelta(minutes=5)
"""No task waits longer for its next attempt."""

LIVE = (TaskState.QUEUED, TaskState.RUNNING)
ENDED = (TaskState.DONE, TaskState.FAILED)
"""States of which somebody is told."""

_T = tables.tasks.c
_S = tables.steps.c

_at_work = or_(_S.wanted.is_not(None), _S.task_id.is_not(None))


def insert(connection: Connection, task: Task) -> None:
    """Queue a task."""
    connection.execute(
        insert_into(tables.tasks).values(
            id=task.id,
            data_file_id=task.data_file_id,
            step=task.step,
            parameters=dict(task.parameters),
            cause=task.cause.value,
            asked_by=task.asked_by,
            root_task_id=task.root_task_id,
            input_revisions={kind.value: n for kind, n in task.input_revisions.items()},
            created=task.created,
            state=task.state.value,
            attempts=task.attempts,
            worker=task.worker,
            started=task.started,
            ended=task.ended,
            progress=task.progress,
            phase=task.phase,
            sentence=task.sentence,
            not_before=task.created,
            reported=task.created,
            deaths=0,
            log="",
        )
    )


def get(connection: Connection, task_id: str) -> Task | None:
    """The task of that number."""
    row = connection.execute(select(tables.tasks).where(_T.id == task_id)).one_or_none()
    return None if row is None else _task(row)


def live(connection: Connection, data_file_id: int) -> dict[str, Task]:
    """Those of a data file that are queued or running, by number."""
    query = select(tables.tasks).where(_T.data_file_id == data_file_id, _T.state.in_(LIVE))
    return {row.id: _task(row) for row in connection.execute(query.order_by(_T.number))}


def last_parameters(connection: Connection, data_file_id: int, step: str) -> Parameters | None:
    """Those of the last run of a step, whatever became of it."""
    of_step = (_T.data_file_id == data_file_id, _T.step == step)
    query = select(_T.parameters).where(*of_step).order_by(_T.number.desc()).limit(1)
    return connection.scalar(query)


def running_of(connection: Connection, worker: str) -> tuple[Task, ...]:
    """Those that a worker has taken."""
    query = select(tables.tasks).where(_T.worker == worker, _T.state == TaskState.RUNNING)
    return tuple(_task(row) for row in connection.execute(query.order_by(_T.number)))


def workers_at_work(
    connection: Connection, *, taken_before: datetime | None = None
) -> frozenset[str]:
    """Workers that have taken a task, or that took one before a moment and still have it."""
    query = select(_T.worker).where(_T.state == TaskState.RUNNING).distinct()
    if taken_before is not None:
        query = query.where(_T.started < taken_before)
    return frozenset(connection.scalars(query))


def next_queued(connection: Connection, steps: Collection[str], *, now: datetime) -> Task | None:
    """The oldest task of some steps whose time has come and before which nothing is at work.

    What it depends on may have been asked for anew after the task was queued: then it stays until
    that has ended, lest it should run on inputs that are about to change.
    """
    row = connection.execute(_ready(steps, now).limit(1)).one_or_none()
    return None if row is None else _task(row)


def is_due(connection: Connection, task_id: str, *, now: datetime) -> bool:
    """Whether the time of a task's next attempt has come."""
    query = select(_T.id).where(_T.id == task_id, _is_due(now))
    return connection.scalar(query) is not None


def unsent(connection: Connection, *, now: datetime, most: int) -> tuple[Task, ...]:
    """The oldest of those that could run now and were not handed to the message queue."""
    query = _ready(ORDER, now).where(_T.sent.is_(None)).limit(most)
    return tuple(_task(row) for row in connection.execute(query))


def mark_sent(connection: Connection, task_ids: Collection[str], *, now: datetime) -> None:
    """Those that wait were handed to the message queue."""
    query = update(tables.tasks).where(_T.id.in_(task_ids), _T.state == TaskState.QUEUED)
    connection.execute(query.values(sent=now))


def forget_sent(connection: Connection, task_ids: Collection[str]) -> int:
    """Those that wait are to be handed to the message queue anew; how many."""
    query = update(tables.tasks).where(_T.id.in_(task_ids), _T.state == TaskState.QUEUED)
    return connection.execute(query.values(sent=None)).rowcount


def in_queue(connection: Connection, *, before: datetime) -> tuple[Task, ...]:
    """Those that were handed to the message queue before and were not taken."""
    waits = (_T.state == TaskState.QUEUED, _T.sent.is_not(None), _T.sent < before)
    query = select(tables.tasks).where(*waits).order_by(_T.number)
    return tuple(_task(row) for row in connection.execute(query))


def among(connection: Connection, names: Collection[str]) -> frozenset[str]:
    """Those of some names that are numbers of tasks."""
    return frozenset(connection.scalars(select(_T.id).where(_T.id.in_(names))))


def live_among(connection: Connection, names: Collection[str]) -> frozenset[str]:
    """Those of some names that are numbers of tasks which wait or run."""
    query = select(_T.id).where(_T.id.in_(names), _T.state.in_(LIVE))
    return frozenset(connection.scalars(query))


def untold(connection: Connection, *, before: datetime, most: int) -> tuple[Task, ...]:
    """Those that ended before and of whose end nobody was told."""
    ended = (_T.state.in_(ENDED), _T.told.is_(None), _T.ended < before)
    query = select(tables.tasks).where(*ended).order_by(_T.number).limit(most)
    return tuple(_task(row) for row in connection.execute(query))


def mark_told(connection: Connection, task_ids: Collection[str], *, now: datetime) -> None:
    """It was told of those that ended."""
    query = update(tables.tasks).where(_T.id.in_(task_ids), _T.told.is_(None))
    connection.execute(query.values(told=now))


def signs_of_life(connection: Connection) -> dict[str, datetime]:
    """When the workers last gave one, by the number of the task that they are at."""
    query = select(_T.id, _T.reported).where(_T.state == TaskState.RUNNING)
    return {row.id: row.reported for row in connection.execute(query)}


def change(connection: Connection, task_id: str, **values: Any) -> None:
    """Set columns of a task."""
    connection.execute(update(tables.tasks).where(_T.id == task_id).values(**values))


def supersede(connection: Connection, task_ids: Collection[str], *, now: datetime) -> None:
    """Those that are live no longer count."""
    if task_ids:
        query = update(tables.tasks).where(_T.id.in_(task_ids), _T.state.in_(LIVE))
        connection.execute(query.values(state=TaskState.SUPERSEDED.value, ended=now))


def reported(connection: Connection, task_id: str) -> datetime | None:
    """When its progress was last written."""
    return connection.scalar(select(_T.reported).where(_T.id == task_id))


def progress(
    connection: Connection, task_id: str, *, share: float, phase: str, now: datetime
) -> None:
    """Write how far a running task is."""
    query = update(tables.tasks).where(_T.id == task_id, _T.state == TaskState.RUNNING)
    connection.execute(query.values(progress=share, phase=phase, reported=now))


def deaths(connection: Connection, task_id: str) -> int:
    """How many workers have ended with it."""
    return connection.scalar(select(_T.deaths).where(_T.id == task_id)) or 0


def log(connection: Connection, task_id: str) -> str:
    """What the run left for who looks for the fault."""
    return connection.scalar(select(_T.log).where(_T.id == task_id)) or ""


def last_log(connection: Connection, data_file_id: int, step: str) -> str:
    """The same of the last run of a step."""
    of_step = (_T.data_file_id == data_file_id, _T.step == step)
    query = select(_T.log).where(*of_step).order_by(_T.number.desc()).limit(1)
    return connection.scalar(query) or ""


def counts(connection: Connection) -> Mapping[TaskState, int]:
    """How many tasks are in each state."""
    rows = connection.execute(select(_T.state, func.count()).group_by(_T.state))
    found = {TaskState(state): number for state, number in rows}
    return {state: found.get(state, 0) for state in TaskState}


def oldest_queued(connection: Connection) -> datetime | None:
    """Since when the oldest of those that wait does so."""
    query = select(_T.created).where(_T.state == TaskState.QUEUED).order_by(_T.number).limit(1)
    return connection.scalars(query).one_or_none()


def purge(connection: Connection, *, before: datetime) -> int:
    """Remove those that ended before; how many."""
    over = (_T.state.not_in(LIVE), _T.ended < before)
    return connection.execute(delete(tables.tasks).where(*over)).rowcount


def _ready(steps: Collection[str], now: datetime) -> Select[Any]:
    """Tasks of some steps whose time has come and before which nothing is at work, oldest first."""
    return (
        select(tables.tasks)
        .where(_T.state == TaskState.QUEUED, _T.step.in_(steps), _is_due(now))
        .where(
            ~exists().where(
                _S.data_file_id == _T.data_file_id, _at_work, _comes_before(tuple(steps))
            )
        )
        .order_by(_T.number)
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Whether the time of a task has come; a clock that was set back holds none up."""
    first_try = _T.not_before == _T.created
    return or_(first_try, _T.not_before <= now, _T.not_before > now + LONGEST_PAUSE)


@cache
def _comes_before(steps: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a step is one that the task's step depends on."""
    pairs = [and_(_T.step == step, _S.step.in_(prerequisites(step))) for step in steps]
    return or_(false(), *pairs)


def _task(row: Row[Any]) -> Task:
    return Task(
        id=row.id,
        data_file_id=row.data_file_id,
        step=row.step,
        parameters=row.parameters,
        cause=Cause(row.cause),
        asked_by=row.asked_by,
        root_task_id=row.root_task_id,
        input_revisions={FileType(kind): n for kind, n in row.input_revisions.items()},
        created=row.created,
        state=TaskState(row.state),
        attempts=row.attempts,
        worker=row.worker,
        started=row.started,
        ended=row.ended,
        progress=row.progress,
        phase=row.phase,
        sentence=row.sentence,
    )
