"""What requests, results and failures do to the records of one data file. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from climate_simulation_platform.constants import (
    ORDER,
    STEPS,
    FileType,
    computed_by,
    readers,
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
    can_replay,
    has_engine,
    has_worker,
    inputs_of,
    missing_inputs,
    repeatable,
    repeating,
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
    definition = STEPS[step]
    if not (definition.computed and has_worker(workflow, step)):
        person = definition.by_person
        lacks = "is done by a person" if person else "has no worker in this installation"
        raise RequestRefused(f"{STEP_TITLES[step]} {lacks}.")
    if not has_engine(workflow, step):
        raise RequestRefused(_engine_missing(workflow, step))
    coming = {
        kind
        for earlier in busy_prerequisites(workflow, step)
        for kind in (*STEPS[earlier].writes, *STEPS[earlier].makes)
    }
    missing = tuple(kind for kind in missing_inputs(workflow, step) if kind not in coming)
    if missing:
        raise RequestRefused(needs(step, missing))


def _engine_missing(workflow: Workflow, step: str) -> str:
    """Which engine nobody runs here, and which ones could be asked for."""
    asked = computed_by(step, workflow.steps[step].parameters or {})
    others = [worker.value for worker in STEPS[step].workers if worker in workflow.workers]
    return (
        f"{STEP_TITLES[step]}: the engine {asked} is not installed here; "
        f"choose {' or '.join(others)}."
    )


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
    change.end_task(task, Result.DONE if task.repeats is None else Result.REPLAYED)
    change.workflow = replace(
        change.workflow.changed(task.step, inputs=dict(task.input_revisions), done_at=moment.now),
        revisions=(*workflow.revisions, *new),
    )
    change.follow(task.step, set(written))
    return change.hand_out()


def fail(workflow: Workflow, task: Task, sentence: str, moment: Moment) -> Changed:
    """A worker could not do a task; the earlier result and what depends on it stay.

    Where a person's edits could not be repeated, what waits goes on with the input as it is.
    """
    if workflow.steps[task.step].task_id != task.id:
        return Changed(workflow, counted=False)
    change = Change(workflow, moment, task.root_task_id)
    change.end_task(task, Result.FAILED, sentence)
    if task.repeats is None:
        change.give_up_waiting(task.step, "failed")
    else:
        change.go_on_without(task.step)
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
    replay = repeating(workflow, step)
    hold = record.parameters if replay or record.result is Result.FAILED else before
    parameters = None if record.parameters is None else hold
    change = Change(workflow, moment)
    change.supersede(step)
    change.workflow = change.workflow.changed(
        step, wanted=None, asked_by=user, version=record.version + 1, parameters=parameters
    )
    if replay:
        change.go_on_without(step)
    else:
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
    """A file was uploaded.

    A new topography is regridded as before where that was asked once; else what reads it runs.
    """
    known = replace(workflow, revisions=(*workflow.revisions, new))
    change = Change(known, moment)
    again = known.steps["regrid"].parameters is not None
    if new.file_type in STEPS["regrid"].reads and again:
        change.want("regrid", Cause.DEPENDENCY)
    else:
        for step in readers(new.file_type):
            if inputs_of(known, step).get(new.file_type) == new.revision:
                change.renew(step, {new.file_type})
    return change.hand_out()


def saved(workflow: Workflow, step: str, new: Known, moment: Moment, *, user: str) -> Changed:
    """A person saved an edited file as a revision of a step; what reads it runs again.

    A step that a person does is done with it, and a run of it that is under way no longer counts.
    The record of a step that is computed stays as it is: its next run takes the edit's place.
    """
    change = Change(workflow, moment)
    if STEPS[step].by_person:
        _decide(change, step, user)
    change.workflow = replace(change.workflow, revisions=(*workflow.revisions, new))
    change.follow(step, {new.file_type})
    return change.hand_out()


def choose_replay(
    workflow: Workflow,
    step: str,
    wanted: bool,
    moment: Moment,
    *,
    user: str,
    version: int | None = None,
) -> Changed:
    """Somebody chooses whether edits are repeated by themselves when the input changes.

    Where it has changed already they are repeated now; where it is no longer wanted a run that is
    under way does not count.

    Raises
    ------
    RequestRefused
        If there is nobody who could.
    Conflict
        If somebody else changed the step since the page was made (`version`).
    """
    record = workflow.steps[step]
    if not STEPS[step].by_person:
        raise RequestRefused(f"{STEP_TITLES[step]} is computed; there are no edits to repeat.")
    if wanted and not can_replay(workflow, step):
        raise RequestRefused("No worker of this installation can repeat edits.")
    _refuse_outdated(workflow, step, version)
    chosen = workflow.changed(step, replay=wanted, version=record.version + 1, asked_by=user)
    change = Change(chosen, moment)
    outdated = record.done_at is not None and record.inputs != inputs_of(workflow, step)
    if not wanted and repeating(workflow, step):
        change.supersede(step)
        change.workflow = change.workflow.changed(step, wanted=None)
        change.go_on_without(step)
    elif wanted and outdated and not record.busy and repeatable(chosen, step) is not None:
        change.want(step, Cause.DEPENDENCY)
    return change.hand_out()


def reviewed(
    workflow: Workflow, step: str, moment: Moment, *, user: str, version: int | None = None
) -> Changed:
    """A person looked at what a step reads and found nothing to change.

    Raises
    ------
    RequestRefused
        If nobody decides this step by eye, there is nothing to look at, or edits are just being
        repeated.
    Conflict
        If somebody else did so since the page was made (`version`).
    """
    if not STEPS[step].by_person:
        raise RequestRefused(f"{STEP_TITLES[step]} is computed; there is nothing to review.")
    _refuse_outdated(workflow, step, version)
    if repeating(workflow, step):
        raise RequestRefused("The edits are just being repeated; look once that is done.")
    own = set(STEPS[step].writes) - set(STEPS[step].reads)
    missing = (*missing_inputs(workflow, step), *(own - {k.file_type for k in workflow.revisions}))
    if missing:
        raise RequestRefused(needs(step, missing))
    change = Change(workflow, moment)
    _decide(change, step, user)
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


def _decide(change: Change, step: str, user: str) -> None:
    """Record that a person has done a step with what it reads now."""
    change.supersede(step)
    change.workflow = change.workflow.changed(
        step,
        wanted=None,
        version=change.workflow.steps[step].version + 1,
        asked_by=user,
        result=Result.DONE,
        sentence="",
        inputs=inputs_of(change.workflow, step),
        done_at=change.moment.now,
    )


def _refuse_outdated(workflow: Workflow, step: str, version: int | None) -> None:
    record = workflow.steps[step]
    if version is not None and version != record.version:
        raise Conflict(
            f"{STEP_TITLES[step]} was changed by {record.asked_by} since this page was opened; "
            "look at its parameters and send yours again if they are still right."
        )
