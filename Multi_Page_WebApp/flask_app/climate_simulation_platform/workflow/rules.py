"""What requests, results and failures do to the records of one data file. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from climate_simulation_platform.constants import (
    ORDER,
    STEPS,
    FileType,
    readers,
    writers,
)
from climate_simulation_platform.errors import Conflict, RequestRefused
from climate_simulation_platform.labels import STEP_TITLES
from climate_simulation_platform.records import (
    Cause,
    Coordinates,
    Parameters,
    Result,
    StepRecord,
    Task,
    TaskState,
)
from climate_simulation_platform.workflow.change import Change, Changed, Moment, needs
from climate_simulation_platform.workflow.model import (
    Known,
    Workflow,
    busy_prerequisites,
    has_worker,
    inputs_of,
    missing_inputs,
)


def request(
    workflow: Workflow,
    step: str,
    parameters: Parameters,
    moment: Moment,
    *,
    user: str,
    version: int | None = None,
) -> Changed:
    """Somebody asks for a step.

    It waits as long as a step that it depends on is at work; a run of its own that is under way
    no longer counts.

    Raises
    ------
    RequestRefused
        If it cannot run: no worker, coordinates not confirmed, inputs missing.
    Conflict
        If somebody else asked since the form was made (`version`).
    """
    record = workflow.steps[step]
    _refuse_outdated(workflow, step, version)
    asked = workflow.changed(
        step, parameters=dict(parameters), asked_by=user, version=record.version + 1
    )
    refuse_impossible(asked, step)
    change = Change(asked, moment)
    change.want(step, Cause.USER)
    return change.hand_out()


def refuse_impossible(workflow: Workflow, step: str) -> None:
    """Refuse a step that cannot run with the parameters in its record.

    Raises
    ------
    RequestRefused
        Saying what to do first.
    """
    if workflow.coordinates is not Coordinates.CONFIRMED:
        raise RequestRefused("Confirm the coordinates of the topography first.")
    if not has_worker(workflow, step):
        person = STEPS[step].by_person
        lacks = "is done by a person" if person else "has no worker in this installation"
        raise RequestRefused(f"{STEP_TITLES[step]} {lacks}.")
    coming = {
        kind
        for earlier in busy_prerequisites(workflow, step)
        for kind in (*STEPS[earlier].writes, *STEPS[earlier].makes)
    }
    missing = tuple(kind for kind in missing_inputs(workflow, step) if kind not in coming)
    if missing:
        raise RequestRefused(needs(step, missing))


def finish(
    workflow: Workflow, task: Task, written: Mapping[FileType, int], moment: Moment
) -> Changed:
    """A worker has done a task and its files have got their revisions.

    Nothing counts if the task was superseded; where its inputs are no longer the newest, the step
    is wanted again.
    """
    if workflow.steps[task.step].task_id != task.id:
        return Changed(workflow, counted=False)
    if not is_current(workflow, task):
        outrun = Change(workflow, moment, task.root_task_id)
        outrun.want(task.step, task.cause)
        return replace(outrun.hand_out(), counted=False)
    new = tuple(Known(kind, number, task.step) for kind, number in written.items())
    change = Change(workflow, moment, task.root_task_id)
    change.end_task(task, Result.DONE)
    change.workflow = replace(
        change.workflow.changed(task.step, inputs=dict(task.input_revisions), done_at=moment.now),
        revisions=(*workflow.revisions, *new),
    )
    change.follow(task.step, set(written))
    return change.hand_out()


def fail(workflow: Workflow, task: Task, sentence: str, moment: Moment) -> Changed:
    """A worker could not do a task; the earlier result and what depends on it stay."""
    if workflow.steps[task.step].task_id != task.id:
        return Changed(workflow, counted=False)
    change = Change(workflow, moment, task.root_task_id)
    change.end_task(task, Result.FAILED, sentence)
    change.give_up_waiting(task.step, "failed")
    return change.hand_out()


def cancel(
    workflow: Workflow, step: str, moment: Moment, *, user: str, before: Parameters | None = None
) -> Changed:
    """Somebody no longer wants a step that waits or runs; its earlier result stays.

    Parameters
    ----------
    before : mapping or None
        Parameters of that result, which hold again; what was given for a run that was cancelled
        never runs by itself.

    Raises
    ------
    RequestRefused
        If it neither waits nor runs.
    """
    record = workflow.steps[step]
    if not record.busy:
        raise RequestRefused(f"{STEP_TITLES[step]} is neither queued nor running.")
    hold = record.parameters if record.result is Result.FAILED else before
    parameters = None if record.parameters is None else hold
    change = Change(workflow, moment)
    change.supersede(step)
    change.workflow = change.workflow.changed(
        step, wanted=None, asked_by=user, version=record.version + 1, parameters=parameters
    )
    change.give_up_waiting(step, "was cancelled")
    return change.hand_out()


def withdraw(workflow: Workflow, step: str, before: StepRecord, moment: Moment) -> Changed:
    """What was just asked for could not be handed on: the step is as it was before.

    A run that was under way then is wanted anew. Nothing changes if somebody asked since, or if
    the request came through after all.

    Parameters
    ----------
    before : StepRecord
        The step before it was asked for.
    """
    record, task = workflow.steps[step], workflow.task_of(step)
    at_work = task is not None and task.state is TaskState.RUNNING
    if record.version != before.version + 1 or not record.busy or at_work:
        return Changed(workflow)
    change = Change(workflow, moment)
    change.supersede(step)
    restored = replace(before, version=record.version + 1, task_id=None)
    steps = {**change.workflow.steps, step: restored}
    change.workflow = replace(change.workflow, steps=steps)
    if before.busy:
        change.want(step, before.wanted or Cause.USER)
    return change.hand_out()


def revise(workflow: Workflow, new: Known, moment: Moment) -> Changed:
    """A file was uploaded, or a person saved an edit.

    A new topography is regridded as before where that was asked once; else what reads it runs.
    """
    known = replace(workflow, revisions=(*workflow.revisions, new))
    change = Change(known, moment)
    again = known.steps["regrid"].parameters is not None
    if new.step is None and new.file_type in STEPS["regrid"].reads and again:
        change.want("regrid", Cause.DEPENDENCY)
    elif new.step is None:
        for step in readers(new.file_type):
            read = inputs_of(known, step).get(new.file_type) == new.revision
            if read and step not in writers(new.file_type):
                change.renew(step, {new.file_type})
    else:
        change.follow(new.step, {new.file_type})
    return change.hand_out()


def reviewed(
    workflow: Workflow, step: str, moment: Moment, *, user: str, version: int | None = None
) -> Changed:
    """A person looked at what a step reads and found nothing to change.

    Raises
    ------
    RequestRefused
        If nobody decides this step by eye, or there is nothing to look at.
    Conflict
        If somebody else did so since the page was made (`version`).
    """
    record = workflow.steps[step]
    if not STEPS[step].by_person:
        raise RequestRefused(f"{STEP_TITLES[step]} is computed; there is nothing to review.")
    _refuse_outdated(workflow, step, version)
    own = set(STEPS[step].writes) - set(STEPS[step].reads)
    missing = (*missing_inputs(workflow, step), *(own - {k.file_type for k in workflow.revisions}))
    if missing:
        raise RequestRefused(needs(step, missing))
    change = Change(workflow, moment)
    change.supersede(step)
    change.workflow = change.workflow.changed(
        step,
        wanted=None,
        version=record.version + 1,
        asked_by=user,
        result=Result.DONE,
        sentence="",
        inputs=inputs_of(workflow, step),
        done_at=moment.now,
    )
    return change.hand_out()


def pause(workflow: Workflow, moment: Moment) -> Changed:
    """No worker goes on: the data file was deleted, but may be restored; see `resume`."""
    change = Change(workflow, moment)
    for step in ORDER:
        task = workflow.task_of(step)
        if task is not None:
            change.want(step, task.cause)
    return Changed(change.workflow, (), tuple(change.superseded))


def resume(
    workflow: Workflow, moment: Moment, causes: Mapping[str, Cause] | None = None
) -> Changed:
    """Hand out what is wanted and what was handed out in a task that is no more.

    Parameters
    ----------
    causes : mapping of step to Cause, optional
        Why the lost tasks ran, where that is known.
    """
    change = Change(workflow, moment)
    for step in ORDER:
        if workflow.steps[step].task_id is not None and workflow.task_of(step) is None:
            change.workflow = change.workflow.changed(step, task_id=None)
            change.want(step, (causes or {}).get(step, Cause.USER))
    return change.hand_out()


def is_current(workflow: Workflow, task: Task) -> bool:
    """Whether a task's result would count: not superseded, and made from the newest inputs."""
    return workflow.steps[task.step].task_id == task.id and dict(task.input_revisions) == dict(
        inputs_of(workflow, task.step)
    )


def _refuse_outdated(workflow: Workflow, step: str, version: int | None) -> None:
    record = workflow.steps[step]
    if version is not None and version != record.version:
        raise Conflict(
            f"{STEP_TITLES[step]} was changed by {record.asked_by} since this page was opened; "
            "look at its parameters and send yours again if they are still right."
        )
