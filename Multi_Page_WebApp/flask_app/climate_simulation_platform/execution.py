"""A task from its inputs to its revisions: computed in a process of its own, recorded at once."""

import logging
import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from climate_simulation_platform.computing import Computed, KeptGrid, Product, Work, compute
from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.errors import Busy, NoSpace, OutcomeUnknown, RequestRefused
from climate_simulation_platform.labels import listed, the_file
from climate_simulation_platform.records import MadeFile, Task
from climate_simulation_platform.sandbox import ChildDied, ChildFailed, Reason
from climate_simulation_platform.services import Services
from climate_simulation_platform.workflow.delivered import sign_of_life
from climate_simulation_platform.workflow.transactions import (
    fail_task,
    finish_task,
    release_tasks,
    report_progress,
    retry_task,
)
from climate_simulation_platform.workflow.work import runs
from climpy.errors import ClimpyError, OutputRefused

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_SECONDS = (2.0, 20.0)
"""How long passing trouble is given to pass, by attempt; the last holds for further ones."""

INSISTING_SECONDS = 1.0
"""Pause before an occupied database is asked again."""

ENOUGH_SPACE_BYTES = 64 * 2**20
"""Room on the disk that a step finds before it begins."""

_MOST_LOG = 8_000


class Outcome(StrEnum):
    """What became of a task."""

    DONE = "done"
    FAILED = "failed"
    RETRIED = "retried"
    SUPERSEDED = "superseded"
    RELEASED = "released"


class _Superseded(Exception):
    """The result would not count any more."""


class _Interrupted(Exception):
    """The worker is to end."""


@dataclass(frozen=True)
class Performer:
    """Does tasks for one worker.

    Parameters
    ----------
    interrupted : callable
        Whether the worker is to end; the task then goes back to the queue.
    lease : timedelta or None
        The worker gives a sign of life so often that no two are further apart; None: whoever
        started the worker sees itself whether it lives.
    tell : callable
        Told how far a task is, besides what is recorded.
    """

    services: Services
    interrupted: Callable[[], bool] = lambda: False
    lease: timedelta | None = None
    tell: Callable[[Task, float, str], None] = lambda _task, _share, _phase: None

    def perform(self, task: Task) -> Outcome:
        """Do a task that was claimed, and record what came of it."""
        began = time.monotonic()
        try:
            outcome = self._perform(task)
        except _Superseded:
            outcome = Outcome.SUPERSEDED
        except _Interrupted:
            release_tasks(self.services.database, task.worker, died=False)
            outcome = Outcome.RELEASED
        except Exception as trouble:  # noqa: BLE001  every fault ends the task, none the worker
            outcome = self._record_trouble(task, trouble)
        log.info("%s in %.2f s", outcome, time.monotonic() - began)
        return outcome

    def _perform(self, task: Task) -> Outcome:
        storage = self.services.storage
        storage.require_space(ENOUGH_SPACE_BYTES)
        with storage.attempt(task.data_file_id) as folder:
            computed = self._compute(task, folder)
            _demand_all(task, computed)
            made: list[MadeFile] = []
            try:
                made.extend(self._adopt(task, product) for product in computed.products)
                finished = finish_task(
                    self.services.database,
                    task,
                    made,
                    parameters=computed.parameters,
                    sentence=" ".join(computed.sentences),
                )
            except OutcomeUnknown:
                raise  # the rows may be there; files without rows are cleared later
            except Exception:
                self._remove_unused([file.path for file in made])
                raise
        for path in finished.unused:
            storage.remove(path)
        return Outcome.DONE if finished.counted else Outcome.SUPERSEDED

    def _compute(self, task: Task, folder: Path) -> Computed:
        """Do the step in a process of its own, as long as its result counts."""
        settings = self.services.settings
        seconds = settings.task_wall.total_seconds()
        (folder / "made").mkdir()
        return self.services.sandbox.run(
            compute,
            self._work(task, folder),
            progress=_Report(self, task),
            while_waiting=_Watch(self, task),
            memory_bytes=settings.task_memory_bytes,
            cpu_seconds=seconds,
            wall_seconds=seconds,
        )

    def _work(self, task: Task, folder: Path) -> Work:
        """What is to be done, with the inputs under names that can stand in a sentence."""
        with self.services.database.reading() as connection:
            known = revisions.of_file(connection, task.data_file_id)
        paths = {(revision.file_type, revision.revision): revision.path for revision in known}

        def linked(file_type: FileType, number: int) -> Path:
            if (file_type, number) not in paths:
                raise RequestRefused(
                    f"Revision {number} of {the_file(file_type)} does not exist any more."
                )
            link = folder / f"{file_type.value}_revision_{number}{file_type.ending}"
            link.symlink_to(self.services.storage.path(paths[file_type, number]))
            return link

        inputs = {kind: linked(kind, number) for kind, number in task.input_revisions.items()}
        edited, number = STEPS[task.step].edits, task.repeats
        repeated = None if edited is None or number is None else linked(edited, number)
        grids = [
            revision
            for revision in known
            if revision.file_type in STEPS[task.step].makes and revision.step == task.step
        ]
        newest = max(grids, key=lambda revision: revision.revision, default=None)
        kept = None
        if newest is not None:
            path = self.services.storage.path(newest.path)
            kept = KeptGrid(path, newest.revision, newest.parameters)
        return Work(task.step, inputs, task.parameters, folder / "made", kept, repeated)

    def _adopt(self, task: Task, product: Product) -> MadeFile:
        stored = self.services.storage.adopt(
            product.path, task.data_file_id, product.file_type, task.id
        )
        return MadeFile(
            file_type=product.file_type,
            path=stored.path,
            sha256=stored.sha256,
            size=stored.size,
            values_sha256=product.description.values_sha256,
            header=product.description.header,
            thumbnail=product.description.thumbnail,
            versions=product.description.versions,
            description=product.note,
            moves_coastline=product.moves_coastline,
        )

    def _remove_unused(self, paths: list[str]) -> None:
        with self.services.database.reading() as connection:
            unused = [path for path in paths if not revisions.path_in_use(connection, path)]
        for path in unused:
            self.services.storage.remove(path)

    def _record_trouble(self, task: Task, trouble: Exception) -> Outcome:
        """Fail the task or have it tried again, depending on what went wrong."""
        verdict = judged(task, trouble)
        if verdict.fault:
            log.error("%s\n%s", verdict.sentence, verdict.log)
        else:
            log.info("%s", verdict.sentence)
        database = self.services.database
        if verdict.passing:
            delay = RETRY_SECONDS[min(task.attempts, len(RETRY_SECONDS)) - 1]
            again = self._insist(
                lambda: retry_task(database, task, verdict.sentence, delay_seconds=delay)
            )
            return Outcome.RETRIED if again else Outcome.FAILED
        counted = self._insist(
            lambda: fail_task(database, task, verdict.sentence, log=verdict.log[-_MOST_LOG:])
        )
        return Outcome.FAILED if counted else Outcome.SUPERSEDED

    def _insist(self, transaction: Callable[[], T]) -> T:
        """Record something even if the database is occupied or the disk full for a while."""
        while True:
            try:
                return transaction()
            except (Busy, NoSpace):
                if self.interrupted():
                    raise
                time.sleep(INSISTING_SECONDS)


def _demand_all(task: Task, computed: Computed) -> None:
    """Refuse a result from which a file is missing."""
    made = {product.file_type for product in computed.products}
    missing = [the_file(kind) for kind in STEPS[task.step].writes if kind not in made]
    if missing:
        raise RequestRefused(f"The step ended without having made {listed(missing)}.")


class _Report:
    """Takes what a step tells of its progress; what comes too soon after the last is left out.

    Nobody could read it, and the records are written for each that is kept.
    """

    LEAST_SECONDS = 0.25

    def __init__(self, performer: Performer, task: Task) -> None:
        self._performer = performer
        self._task = task
        self._due = 0.0

    def __call__(self, share: float, phase: str) -> None:
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + self.LEAST_SECONDS
        if not report_progress(self._performer.services.database, self._task, share, phase):
            raise _Superseded
        self._performer.tell(self._task, share, phase)


class _Watch:
    """Looks now and then whether a task is still wanted, and says that its worker lives."""

    EVERY_SECONDS = 1.0
    SIGNS_IN_A_LEASE = 5

    def __init__(self, performer: Performer, task: Task) -> None:
        self._performer = performer
        self._task = task
        self._due = time.monotonic() + self.EVERY_SECONDS
        lease = performer.lease
        self._pause = lease.total_seconds() / self.SIGNS_IN_A_LEASE if lease else math.inf
        self._sign_due = time.monotonic() + self._pause

    def __call__(self) -> None:
        if self._performer.interrupted():
            raise _Interrupted
        now = time.monotonic()
        if now >= self._sign_due:
            self._sign_due = now + self._pause
            if not sign_of_life(self._performer.services.database, self._task):
                raise _Superseded
        elif now >= self._due:
            self._due = now + self.EVERY_SECONDS
            if not is_wanted(self._performer.services, self._task):
                raise _Superseded


def is_wanted(services: Services, task: Task) -> bool:
    """Whether a task is still run by the worker that took it; True where nobody can tell."""
    try:
        with services.database.reading() as connection:
            known = tasks.get(connection, task.id)
    except Busy:
        return True
    return known is not None and runs(known, task)


@dataclass(frozen=True)
class Verdict:
    """What trouble means for a task.

    Parameters
    ----------
    passing : bool
        The same task may succeed later.
    fault : bool
        It is a fault of ours.
    log : str
        For who looks for the fault.
    """

    sentence: str
    passing: bool = False
    fault: bool = False
    log: str = ""


def judged(task: Task, trouble: Exception) -> Verdict:
    """Tell what trouble means for a task."""
    match trouble:
        case Busy() | NoSpace() | OutputRefused():
            return Verdict(str(trouble), passing=True)
        case ClimpyError() | RequestRefused():
            return Verdict(str(trouble))
        case ChildDied(reason=Reason.LOST):
            return Verdict(str(trouble), passing=True, log=trouble.log)
        case ChildDied():
            return Verdict(str(trouble), log=trouble.log)
        case ChildFailed():
            found = trouble.log
        case _:
            found = "".join(traceback.format_exception(trouble))
    sentence = f"Internal error; please report it with the number {task.id}."
    return Verdict(sentence, fault=True, log=found)
