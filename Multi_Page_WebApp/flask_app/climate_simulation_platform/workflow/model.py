"""One data file as the rules see it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from climate_simulation_platform.constants import (
    ORDER,
    STEPS,
    FileType,
    Worker,
    prerequisites,
)
from climate_simulation_platform.records import (
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
    """

    file_type: FileType
    revision: int
    step: str | None
    moves_coastline: bool = True


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
    """Whether somebody in this installation can compute the step."""
    computing = set(STEPS[step].workers) - {Worker.PANEL}
    return bool(computing & workflow.workers)


def _earlier(step: str) -> tuple[str, ...]:
    return ORDER[: ORDER.index(step)]
