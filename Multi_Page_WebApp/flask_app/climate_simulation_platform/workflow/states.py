"""The state of each step as pages show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from climate_simulation_platform.constants import (
    ORDER,
    STEPS,
    FileType,
    Runs,
    direct_prerequisites,
)
from climate_simulation_platform.labels import FILE_TITLES, STEP_TITLES, listed, the_file
from climate_simulation_platform.records import (
    Coordinates,
    Parameters,
    Result,
    Status,
    StepRecord,
    Task,
    TaskState,
)
from climate_simulation_platform.workflow.model import (
    Workflow,
    busy_prerequisites,
    can_replay,
    has_worker,
    missing_inputs,
    repeatable,
)
from climate_simulation_platform.workflow.staleness import Stale, reviews_pending, stale


@dataclass(frozen=True)
class StepView:
    """One step as its page shows it.

    Parameters
    ----------
    why : str
        One sentence: why it is out of date, failed, waits, or cannot run; else empty.
    missing : tuple of FileType
        Inputs that do not exist.
    waits_for : tuple of str
        Steps at work before this one.
    review_pending : tuple of str
        Steps before this one that wait for a person's eye.
    available : bool
        Whether a worker or a person of this installation can do it.
    task : Task or None
        The live task.
    replay : bool
        Whether a person's edits are repeated by themselves when the input changes.
    can_replay : bool
        Whether that can be chosen.
    repeats : bool
        Whether it was chosen and there are edits that would be repeated.
    """

    step: str
    status: Status
    why: str
    missing: tuple[FileType, ...]
    waits_for: tuple[str, ...]
    review_pending: tuple[str, ...]
    available: bool
    parameters: Parameters | None
    version: int
    asked_by: str
    done_at: datetime | None
    task: Task | None
    replay: bool = False
    can_replay: bool = False
    repeats: bool = False


def view(workflow: Workflow) -> Mapping[str, StepView]:
    """Every step, in the order in which they run."""
    return {step: _view(workflow, step) for step in ORDER}


def _view(workflow: Workflow, step: str) -> StepView:
    record = workflow.steps[step]
    status = status_of(workflow, step)
    return StepView(
        step=step,
        status=status,
        why=_why(workflow, step, status),
        missing=missing_inputs(workflow, step),
        waits_for=busy_prerequisites(workflow, step) if status is Status.QUEUED else (),
        review_pending=reviews_pending(workflow, step),
        available=has_worker(workflow, step) or STEPS[step].by_person,
        parameters=record.parameters,
        version=record.version,
        asked_by=record.asked_by,
        done_at=record.done_at,
        task=workflow.task_of(step),
        replay=record.replay,
        can_replay=can_replay(workflow, step),
        repeats=repeatable(workflow, step) is not None,
    )


def status_of(workflow: Workflow, step: str) -> Status:
    """State of a step."""
    record = workflow.steps[step]
    if record.busy:
        task = workflow.task_of(step)
        running = task is not None and task.state is TaskState.RUNNING
        return Status.RUNNING if running else Status.QUEUED
    if record.result is Result.FAILED:
        return Status.FAILED
    if record.result in (Result.DONE, Result.REPLAYED):
        if stale(workflow, step) is None:
            return Status.UP_TO_DATE if record.result is Result.DONE else Status.REVIEW
        return Status.NEEDS_YOU if STEPS[step].by_person else Status.OUT_OF_DATE
    return Status.NEEDS_YOU if _needs_person(workflow, step) else Status.NEVER


def _needs_person(workflow: Workflow, step: str) -> bool:
    """Whether a step that never ran could, if only somebody gave its parameters or looked."""
    definition = STEPS[step]
    able = has_worker(workflow, step) or definition.by_person
    return (
        able
        and workflow.coordinates is Coordinates.CONFIRMED
        and definition.runs is not Runs.BY_ITSELF
        and not missing_inputs(workflow, step)
        and all(
            workflow.steps[earlier].result is Result.DONE and not workflow.steps[earlier].busy
            for earlier in direct_prerequisites(step)
            if not STEPS[earlier].by_person
        )
    )


def _why(workflow: Workflow, step: str, status: Status) -> str:
    record = workflow.steps[step]
    if status is Status.FAILED:
        return record.sentence
    if status is Status.QUEUED:
        names = [STEP_TITLES[name] for name in busy_prerequisites(workflow, step)]
        task = workflow.task_of(step)
        if task is not None and task.sentence and not names:
            return f"Will be tried again soon: {task.sentence}"
        return f"Waits for {listed(names)}." if names else ""
    reason = stale(workflow, step)
    if reason is not None and status in (Status.OUT_OF_DATE, Status.NEEDS_YOU):
        return _because(reason)
    if status is Status.REVIEW:
        return "The edits were repeated on the newest input; look whether they still fit."
    if status is Status.NEVER:
        return _obstacle(workflow, step, record)
    return ""


def _obstacle(workflow: Workflow, step: str, record: StepRecord) -> str:
    if workflow.coordinates is not Coordinates.CONFIRMED:
        return "Waits until the coordinates of the topography are confirmed."
    if not (has_worker(workflow, step) or STEPS[step].by_person):
        return "Has no worker in this installation."
    missing = [the_file(kind) for kind in missing_inputs(workflow, record.step)]
    return f"Needs {listed(missing)} first." if missing else ""


def _because(reason: Stale) -> str:
    if reason.file_type is None:
        return f"{STEP_TITLES[reason.step or '']} is out of date."
    title = FILE_TITLES[reason.file_type]
    if reason.step is None:
        return f"{title} was uploaded anew."
    return f"{title} was changed by {STEP_TITLES[reason.step]}."
