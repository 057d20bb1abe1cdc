"""Which results are out of date, and why."""

from dataclasses import dataclass

from climate_simulation_platform.constants import (
    STEPS,
    FileType,
    direct_prerequisites,
)
from climate_simulation_platform.records import Result
from climate_simulation_platform.workflow.model import Workflow, inputs_of


@dataclass(frozen=True)
class Stale:
    """Why a result is out of date.

    Parameters
    ----------
    file_type : FileType or None
        The input that has a newer revision; None where a step before is itself out of date.
    step : str or None
        What wrote the newer revision (None for an upload), or the step that is out of date.
    """

    file_type: FileType | None
    step: str | None


def stale(workflow: Workflow, step: str) -> Stale | None:
    """Why the last result of a step is out of date; None if it is not, or there is none."""
    record = workflow.steps[step]
    if record.done_at is None:
        return None
    newest = inputs_of(workflow, step)
    for file_type, revision in newest.items():
        if record.inputs.get(file_type) != revision:
            return Stale(file_type, _writer(workflow, file_type, revision))
    for earlier in direct_prerequisites(step):
        if not STEPS[earlier].by_person and set(STEPS[step].reads) & _may_change(workflow, earlier):
            return Stale(None, earlier)
    return None


def reviews_pending(workflow: Workflow, step: str) -> tuple[str, ...]:
    """Steps before this one that wait for a person to look again; they hold nothing back."""
    return tuple(
        earlier
        for earlier in direct_prerequisites(step)
        if STEPS[earlier].by_person
        and (
            stale(workflow, earlier) is not None
            or workflow.steps[earlier].result is Result.REPLAYED
        )
    )


def _may_change(workflow: Workflow, step: str) -> set[FileType]:
    """Files that will change once an out-of-date step runs again; none if it is up to date."""
    reason = stale(workflow, step)
    if reason is None:
        return set()
    writes = {*STEPS[step].writes, *STEPS[step].makes}
    if reason.file_type is not None and not _coastline_moved(workflow, step):
        writes -= {FileType.BATHY, FileType.COORDS}
    return writes


def _coastline_moved(workflow: Workflow, step: str) -> bool:
    """Whether any input revision since the last run moved the coastline."""
    used, newest = workflow.steps[step].inputs, inputs_of(workflow, step)
    return any(
        known.moves_coastline
        for known in workflow.revisions
        if used.get(known.file_type, 0) < known.revision <= newest.get(known.file_type, 0)
    )


def _writer(workflow: Workflow, file_type: FileType, revision: int) -> str | None:
    return next(
        known.step
        for known in workflow.revisions
        if (known.file_type, known.revision) == (file_type, revision)
    )
