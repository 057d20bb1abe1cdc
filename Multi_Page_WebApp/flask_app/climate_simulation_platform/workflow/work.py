"""What workers do, each as one transaction: take a task, report, finish, fail."""

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from climate_simulation_platform.constants import ORDER, STEPS
from climate_simulation_platform.db import Connection, Database, files, revisions, tasks
from climate_simulation_platform.db.revisions import Origin
from climate_simulation_platform.errors import Busy, NoSpace, NotThere
from climate_simulation_platform.labels import STEP_TITLES
from climate_simulation_platform.records import (
    Cause,
    MadeFile,
    Parameters,
    Revision,
    Task,
    TaskState,
)
from climate_simulation_platform.workflow import rules
from climate_simulation_platform.workflow.change import Changed
from climate_simulation_platform.workflow.stored import Stored, changing, stored

MOST_ATTEMPTS = 3
"""How often passing trouble is tried, and how many workers may end with one task."""

REPORT_EVERY = timedelta(seconds=0.5)
"""How often progress within one phase is written."""


@dataclass(frozen=True)
class Finished:
    """What became of a result.

    Parameters
    ----------
    counted : bool
        Whether it counts.
    unused : tuple of str
        Paths of files that no revision uses, to be removed.
    """

    counted: bool
    unused: tuple[str, ...] = ()
    revisions: tuple[Revision, ...] = ()


def claim_task(
    database: Database, worker: str, steps: Collection[str], *, now: datetime | None = None
) -> Task | None:
    """Take the oldest task of some steps, if one waits and its time has come.

    An idle worker only reads.
    """
    now = now or datetime.now(UTC)
    with database.reading() as connection:
        if tasks.next_queued(connection, steps, now=now) is None:
            return None
    with database.writing() as connection:
        while (task := tasks.next_queued(connection, steps, now=now)) is not None:
            entry = stored(connection, database, task.data_file_id, deleted=True)
            if entry.file.deleted is None and handed_out(entry, task):
                return put_in_hand(entry, task, worker)
            tasks.supersede(connection, [task.id], now=now)
    return None


def report_progress(database: Database, task: Task, share: float, phase: str) -> bool:
    """Tell how far a task is; False if its result no longer counts and it should stop.

    It is written at most twice a second, or when the phase changes; never at the cost of the task.
    """
    now = datetime.now(UTC)
    with contextlib.suppress(Busy, NoSpace):
        with database.reading() as connection:
            known = tasks.get(connection, task.id)
            reported = tasks.reported(connection, task.id)
        if known is None or reported is None or not runs(known, task):
            return False
        if phase == known.phase and timedelta() <= now - reported < REPORT_EVERY:
            return True
        with database.writing() as connection:
            share = min(max(share, 0.0), 1.0)
            tasks.progress(connection, task.id, share=share, phase=phase, now=now)
    return True


def finish_task(
    database: Database,
    task: Task,
    made: Sequence[MadeFile],
    *,
    parameters: Parameters | None = None,
    sentence: str = "",
) -> Finished:
    """A worker has made the files of a task.

    They become revisions and what follows is asked for, all or nothing; a second report of the
    same task changes nothing.

    Parameters
    ----------
    parameters : mapping, optional
        Those that were used, with defaults; they are kept with the revisions.
    sentence : str
        What the user should know of the run.
    """
    paths = [file.path for file in made]
    with database.writing() as connection:
        known = tasks.get(connection, task.id)
        if known is None or not runs(known, task):
            return _again(connection, known, paths)
        entry = stored(connection, database, known.data_file_id, deleted=True)
        if not rules.is_current(entry.workflow, known):
            entry.keep(rules.finish(entry.workflow, known, {}, entry.moment))
            tasks.supersede(connection, [known.id], now=entry.now)
            return Finished(counted=False, unused=_unused(connection, paths))
        used = known.parameters if parameters is None else parameters
        new = _insert_new(entry, replace(known, parameters=used), made)
        _end(entry, known, TaskState.DONE, sentence, progress=1.0)
        written = {revision.file_type: revision.revision for revision in new}
        entry.keep(rules.finish(entry.workflow, known, written, entry.moment))
        return Finished(counted=True, unused=_unused(connection, paths), revisions=tuple(new))


def fail_task(database: Database, task: Task, sentence: str, *, log: str = "") -> bool:
    """A worker could not do a task; False if that no longer matters."""
    with database.writing() as connection:
        known = tasks.get(connection, task.id)
        if known is None or not runs(known, task):
            return False
        entry = stored(connection, database, known.data_file_id, deleted=True)
        _fail(entry, known, sentence, log)
        return True


def retry_task(database: Database, task: Task, sentence: str, *, delay_seconds: float) -> bool:
    """Passing trouble: try again after a while; False if that was the last attempt."""
    with database.writing() as connection:
        known = tasks.get(connection, task.id)
        if known is None or not runs(known, task):
            return False
        entry = stored(connection, database, known.data_file_id, deleted=True)
        if known.attempts >= MOST_ATTEMPTS:
            _fail(entry, known, sentence)
            return False
        later = entry.now + timedelta(seconds=delay_seconds)
        _put_back(entry, known, sentence=sentence, not_before=later)
        return True


def release_tasks(database: Database, worker: str, *, died: bool = True) -> tuple[str, ...]:
    """Put the tasks of a worker that is no more back into the queue; their numbers.

    That is no failed attempt, but the third worker that dies with a task is the last.

    Parameters
    ----------
    died : bool
        False where the worker was told to end.
    """
    released = []
    with database.writing() as connection:
        for task in tasks.running_of(connection, worker):
            entry = stored(connection, database, task.data_file_id, deleted=True)
            if release(entry, task, died=died):
                released.append(task.id)
    return tuple(released)


def release_others(database: Database, alive: Collection[str]) -> tuple[str, ...]:
    """Put the tasks of every worker that is not alive back into the queue; their numbers."""
    with database.reading() as connection:
        gone = sorted(tasks.workers_at_work(connection) - set(alive))
    return tuple(task_id for worker in gone for task_id in release_tasks(database, worker))


def reconcile(database: Database) -> int:
    """Set right what no transaction of ours should have left behind; how much there was.

    Steps that wait for a task that is no more are sent again, tasks that no step waits for and
    those of deleted data files no longer count.
    """
    with database.reading() as connection:
        busy = files.busy(connection)
    return sum(_reconcile(database, data_file_id) for data_file_id in busy)


def _reconcile(database: Database, data_file_id: int) -> int:
    """Look first, which keeps nobody from writing; mostly all is right."""
    try:
        with database.reading() as connection:
            if _is_right(stored(connection, database, data_file_id, deleted=True)):
                return 0
        with changing(database, data_file_id, deleted=True) as entry:
            return _set_right(entry)
    except NotThere:
        return 0


def _is_right(entry: Stored) -> bool:
    return not _stray(entry) and _resumed(entry).workflow == entry.workflow


def _set_right(entry: Stored) -> int:
    stray, changed = _stray(entry), _resumed(entry)
    tasks.supersede(entry.connection, stray, now=entry.now)
    if changed.workflow != entry.workflow:
        entry.keep(changed)
    return len(stray) + len(changed.new_tasks) + len(changed.superseded)


def _stray(entry: Stored) -> list[str]:
    """Live tasks that no step waits for."""
    return [task.id for task in entry.workflow.tasks.values() if not handed_out(entry, task)]


def _resumed(entry: Stored) -> Changed:
    if entry.file.deleted is not None:
        return rules.pause(entry.workflow, entry.moment)
    return rules.resume(entry.workflow, entry.moment, _causes_of_lost(entry))


def _causes_of_lost(entry: Stored) -> dict[str, Cause]:
    given = {step: entry.workflow.steps[step].task_id for step in ORDER}
    lost = {step: number for step, number in given.items() if number not in entry.workflow.tasks}
    found = {step: tasks.get(entry.connection, number) for step, number in lost.items() if number}
    return {step: task.cause for step, task in found.items() if task is not None}


def runs(known: Task, task: Task) -> bool:
    """Whether the task is still run by who reports on it, and for the same time."""
    taken = (task.worker, task.started)
    return known.state is TaskState.RUNNING and (known.worker, known.started) == taken


def handed_out(entry: Stored, task: Task) -> bool:
    """Whether the step still waits for that task."""
    return entry.workflow.steps[task.step].task_id == task.id


def put_in_hand(entry: Stored, task: Task, worker: str) -> Task:
    """Give a queued task to a worker."""
    taken = replace(
        task,
        state=TaskState.RUNNING,
        worker=worker,
        attempts=task.attempts + 1,
        started=entry.now,
        progress=0.0,
        phase="",
    )
    tasks.change(
        entry.connection,
        task.id,
        state=taken.state.value,
        worker=worker,
        attempts=taken.attempts,
        started=entry.now,
        reported=entry.now,
        progress=taken.progress,
        phase=taken.phase,
    )
    at_work = {**entry.workflow.tasks, taken.id: taken}
    entry.keep_steps(replace(entry.workflow, tasks=at_work))
    return taken


def _insert_new(entry: Stored, task: Task, made: Sequence[MadeFile]) -> list[Revision]:
    origin = Origin(task.asked_by, task.step, task.id, task.parameters, task.input_revisions)
    makes = STEPS[task.step].makes
    new = []
    for file in sorted(made, key=lambda file: file.file_type not in makes):
        if _left_as_it_is(entry, task, file):
            continue
        known = origin if file.file_type in makes else _with_made(entry, origin)
        new.append(revisions.insert(entry.connection, entry.file.id, file, known, now=entry.now))
    return new


def _with_made(entry: Stored, origin: Origin) -> Origin:
    """The origin of a file that was made with files which its step makes, or kept from before."""
    inputs = dict(origin.input_revisions)
    for kind in STEPS[origin.step or ""].makes:
        of_kind = revisions.of_file(entry.connection, entry.file.id, kind)
        own = [revision.revision for revision in of_kind if revision.step == origin.step]
        if kind not in inputs and own:
            inputs[kind] = max(own)
    return replace(origin, input_revisions=inputs)


def _left_as_it_is(entry: Stored, task: Task, file: MadeFile) -> bool:
    """Whether a step that ran by itself has made again what it made last time.

    What a later step made of that stays too; but where an earlier step or an upload has replaced
    it since, it has to be the newest again.
    """
    if task.cause is not Cause.DEPENDENCY:
        return False
    later = ORDER[ORDER.index(task.step) + 1 :]
    for writer, values in revisions.values_of(entry.connection, entry.file.id, file.file_type):
        if writer == task.step:
            return values == file.values_sha256
        if writer not in later:
            return False
    return False


def _again(connection: Connection, known: Task | None, paths: Sequence[str]) -> Finished:
    """The answer to a report on a task that does not run: it may be the second one."""
    done = known is not None and known.state is TaskState.DONE
    written = revisions.of_task(connection, known.id) if known is not None and done else ()
    return Finished(counted=done, unused=_unused(connection, paths), revisions=written)


def _unused(connection: Connection, paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(path for path in paths if not revisions.path_in_use(connection, path))


def _end(entry: Stored, task: Task, state: TaskState, sentence: str, **values: float | str) -> None:
    tasks.change(
        entry.connection, task.id, state=state.value, sentence=sentence, ended=entry.now, **values
    )


def _fail(entry: Stored, task: Task, sentence: str, log: str = "") -> None:
    _end(entry, task, TaskState.FAILED, sentence, log=log)
    entry.keep(rules.fail(entry.workflow, task, sentence, entry.moment))


def release(entry: Stored, task: Task, *, died: bool) -> bool:
    """Put a task back into the queue; False if too many workers have ended with it."""
    deaths = tasks.deaths(entry.connection, task.id) + died
    tasks.change(entry.connection, task.id, deaths=deaths)
    if deaths >= MOST_ATTEMPTS:
        doing = task.phase or STEP_TITLES[task.step]
        _fail(entry, task, f"The worker ended {deaths} times while it was at: {doing}.")
        return False
    _put_back(entry, task, attempts=task.attempts - 1)
    return True


def _put_back(entry: Stored, task: Task, **values: float | str | datetime) -> None:
    queued = {"state": TaskState.QUEUED.value, "worker": "", "progress": 0.0, "sent": None}
    tasks.change(entry.connection, task.id, **queued, **values)
    entry.keep_states()
