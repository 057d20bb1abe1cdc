"""One data file as the rules see it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from climate_simulation_platform.constants import (
    ORDER,
    STEPS,
    FileType,
    Worker,
    computed_by,
    editor_of,
    prerequisites,
)
from climate_simulation_platform.records import (
    Cause,
    Coordinates,
    Inputs,
    Parameters,
    StepRecord,
    Task,
)

UPLOADED = "uploaded"
"""Value of a step's parameter `coordinates` that makes it read an uploaded ocean grid."""


@dataclass(frozen=True)
class Known:
    """One revision, without its bytes.

    Parameters
    ----------
    step : str or None
        What wrote it; None for an upload.
    moves_coastline : bool
        False where a person changed heights on land only.
    edited : int or None
        Revision that holds the edits which it was made with: itself where a person saved it, an
        earlier one where a worker repeated what that holds; None where it was computed or uploaded.
    """

    file_type: FileType
    revision: int
    step: str | None
    moves_coastline: bool = True
    edited: int | None = None


@dataclass(frozen=True)
class Workflow:
    """The steps, revisions and live tasks of one data file.

    Parameters
    ----------
    steps : mapping of step to StepRecord
        Every step of the graph; `workflow_of` fills in those nobody has touched.
    revisions : tuple of Known
        All of them.
    coordinates : Coordinates
        Nothing runs before they are confirmed.
    workers : frozenset of Worker
        Who is at work in this installation.
    tasks : mapping of task id to Task
        Those queued or running.
    """

    steps: Mapping[str, StepRecord]
    revisions: tuple[Known, ...] = ()
    coordinates: Coordinates = Coordinates.CONFIRMED
    workers: frozenset[Worker] = frozenset({Worker.PYTHON})
    tasks: Mapping[str, Task] = field(default_factory=dict)

    def changed(self, step: str, **values: Any) -> "Workflow":
        """The same with one step's record changed."""
        record = replace(self.steps[step], **values)
        return replace(self, steps={**self.steps, step: record})

    def task_of(self, step: str) -> Task | None:
        """The live task of a step."""
        task_id = self.steps[step].task_id
        return self.tasks.get(task_id) if task_id else None


def workflow_of(
    records: Iterable[StepRecord],
    revisions: Iterable[Known],
    tasks: Iterable[Task],
    coordinates: Coordinates,
    workers: frozenset[Worker],
) -> Workflow:
    """Put together what was read of one data file."""
    known = {record.step: record for record in records}
    return Workflow(
        steps={step: known.get(step, StepRecord(step)) for step in ORDER},
        revisions=tuple(revisions),
        coordinates=coordinates,
        workers=workers,
        tasks={task.id: task for task in tasks},
    )


def inputs_of(workflow: Workflow, step: str) -> Inputs:
    """Revision that a step would read now of each file that there is.

    The newest one that was uploaded or written by an earlier step; what the step itself wrote
    does not count, so that a regridding always begins from the upload. Of a file that an earlier
    step makes or takes, the one that it used: all products are on one ocean grid.
    """
    found: dict[FileType, int] = {}
    earlier = _earlier(step)
    for known in workflow.revisions:
        if known.file_type in files_read(step, workflow.steps[step].parameters) and (
            known.step is None or known.step in earlier
        ):
            found[known.file_type] = max(known.revision, found.get(known.file_type, 0))
    used = revisions_used(workflow, earlier)
    return {kind: used.get(kind, newest) for kind, newest in found.items()}


def revisions_used(workflow: Workflow, steps: Iterable[str] = ORDER) -> Inputs:
    """Revision of each file that a step makes or takes which its last result is made with.

    A newer one that was uploaded, and not asked for, belongs to no result yet.
    """
    used: dict[FileType, int] = {}
    for step in steps:
        record = workflow.steps[step]
        for kind in STEPS[step].makes if record.done_at is not None else ():
            own = [k.revision for k in workflow.revisions if (k.file_type, k.step) == (kind, step)]
            number = record.inputs.get(kind) or max(own, default=0)
            if number:
                used[kind] = number
    return used


def edit_inputs_of(workflow: Workflow, file_type: FileType) -> Inputs:
    """Revision that an editor of a file would open now of each file that it needs.

    Of the file itself the newest one, which may be an earlier edit: a person goes on where they
    left, unless an upload or a step before has made a newer one.
    """
    step = editor_of(file_type)
    if step is None:
        return {}
    own = [k.revision for k in workflow.revisions if k.file_type is file_type]
    needed = inputs_of(workflow, step) if STEPS[step].by_person else {}
    return {**needed, **({file_type: max(own)} if own else {})}


def repeatable(workflow: Workflow, step: str) -> int | None:
    """Revision whose edits a worker would repeat; None if that is not wanted, or there is none.

    What a worker proposed anew since has taken the place of earlier edits.
    """
    if not (workflow.steps[step].replay and can_replay(workflow, step)):
        return None
    own = [k for k in workflow.revisions if (k.file_type, k.step) == (STEPS[step].edits, step)]
    newest = max(own, key=lambda known: known.revision, default=None)
    return None if newest is None else newest.edited


def can_replay(workflow: Workflow, step: str) -> bool:
    """Whether a worker of this installation can repeat a person's edits."""
    return STEPS[step].by_person and has_worker(workflow, step)


def is_replay(step: str, cause: Cause | None) -> bool:
    """Whether a person's step that is wanted for a reason means to repeat edits.

    Nobody but a person asks for a proposal.
    """
    definition = STEPS[step]
    return definition.by_person and (cause is Cause.DEPENDENCY or not definition.proposes)


def repeating(workflow: Workflow, step: str) -> bool:
    """Whether a step waits or runs to repeat a person's edits."""
    record, task = workflow.steps[step], workflow.task_of(step)
    return record.busy and is_replay(step, record.wanted if task is None else task.cause)


def missing_inputs(workflow: Workflow, step: str) -> tuple[FileType, ...]:
    """Files that a step needs and that do not exist."""
    found = inputs_of(workflow, step)
    wanted = files_read(step, workflow.steps[step].parameters)
    return tuple(file_type for file_type in wanted if file_type not in found)


def files_read(step: str, parameters: Parameters | None) -> tuple[FileType, ...]:
    """Files that a step reads with these parameters, without those that it makes itself."""
    definition = STEPS[step]
    if (parameters or {}).get("coordinates") == UPLOADED:
        return definition.reads
    return tuple(kind for kind in definition.reads if kind not in definition.makes)


def busy_prerequisites(workflow: Workflow, step: str) -> tuple[str, ...]:
    """Steps that wait or run and whose results the step depends on."""
    return tuple(name for name in prerequisites(step) if workflow.steps[name].busy)


def has_worker(workflow: Workflow, step: str) -> bool:
    """Whether somebody in this installation can compute the step, with some engine."""
    computing = set(STEPS[step].workers) - {Worker.PANEL}
    return bool(computing & workflow.workers)


def has_engine(workflow: Workflow, step: str) -> bool:
    """Whether somebody in this installation can compute the step with its last parameters."""
    return computed_by(step, workflow.steps[step].parameters or {}) in workflow.workers


def _earlier(step: str) -> tuple[str, ...]:
    return ORDER[: ORDER.index(step)]
