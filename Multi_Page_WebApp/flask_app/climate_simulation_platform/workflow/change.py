"""A change of one data file's records under way: what is wanted, superseded, handed out. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from climate_simulation_platform.constants import (
    ORDER,
    STEPS,
    FileType,
    Runs,
    dependants,
    direct_dependants,
    writers,
)
from climate_simulation_platform.labels import STEP_TITLES, the_file
from climate_simulation_platform.records import (
    REPEAT,
    Cause,
    Result,
    Task,
    TaskState,
)
from climate_simulation_platform.workflow.model import (
    Workflow,
    busy_prerequisites,
    files_read,
    has_engine,
    inputs_of,
    is_replay,
    missing_inputs,
    repeatable,
)


@dataclass(frozen=True)
class Moment:
    """What the rules take from outside: the time, and new task numbers."""

    now: datetime
    new_id: Callable[[], str]


@dataclass(frozen=True)
class Changed:
    """What a rule did.

    Parameters
    ----------
    workflow : Workflow
        The records afterwards.
    new_tasks : tuple of Task
        To be handed to workers.
    superseded : tuple of str
        Tasks whose results no longer count.
    counted : bool
        Whether a result that was reported counts.
    """

    workflow: Workflow
    new_tasks: tuple[Task, ...] = ()
    superseded: tuple[str, ...] = ()
    counted: bool = True


@dataclass
class Change:
    """A change under way."""

    workflow: Workflow
    moment: Moment
    root_task_id: str | None = None
    new_tasks: list[Task] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)

    def want(self, step: str, cause: Cause) -> None:
        """Ask for a step; what somebody asked for stays theirs."""
        self.supersede(step)
        if self.workflow.steps[step].wanted is not Cause.USER:
            self.workflow = self.workflow.changed(step, wanted=cause)

    def supersede(self, step: str) -> None:
        """Let the step's live task no longer count."""
        task_id = self.workflow.steps[step].task_id
        if task_id is not None:
            self.superseded.append(task_id)
            self._forget(task_id)
            self.workflow = self.workflow.changed(step, task_id=None)

    def _forget(self, task_id: str) -> None:
        tasks = {name: task for name, task in self.workflow.tasks.items() if name != task_id}
        self.workflow = replace(self.workflow, tasks=tasks)

    def end_task(self, task: Task, result: Result, sentence: str = "") -> None:
        """Record how a task ended."""
        self._forget(task.id)
        self.workflow = self.workflow.changed(
            task.step, task_id=None, result=result, sentence=sentence
        )

    def hand_out(self) -> Changed:
        """Give every wanted step whose inputs are settled to a worker."""
        for step in ORDER:
            if self.workflow.steps[step].wanted and not busy_prerequisites(self.workflow, step):
                self._hand_out(step)
        return Changed(self.workflow, tuple(self.new_tasks), tuple(self.superseded))

    def _hand_out(self, step: str) -> None:
        record = self.workflow.steps[step]
        cause, parameters = record.wanted, record.parameters or {}
        if is_replay(step, cause):
            repeated = repeatable(self.workflow, step)
            if repeated is None:
                self.workflow = self.workflow.changed(step, wanted=None)
                return
            cause, parameters = Cause.DEPENDENCY, {REPEAT: repeated}
        missing = missing_inputs(self.workflow, step)
        if missing:
            self.workflow = self.workflow.changed(
                step, wanted=None, result=Result.FAILED, sentence=needs(step, missing)
            )
            return
        task_id = self.moment.new_id()
        follows = cause is Cause.DEPENDENCY and self.root_task_id
        task = Task(
            id=task_id,
            data_file_id=0,
            step=step,
            parameters=parameters,
            cause=cause or Cause.USER,
            asked_by=record.asked_by,
            root_task_id=self.root_task_id or task_id if follows else task_id,
            input_revisions=inputs_of(self.workflow, step),
            created=self.moment.now,
            state=TaskState.QUEUED,
        )
        self.workflow = self.workflow.changed(step, wanted=None, task_id=task_id)
        self.workflow = replace(self.workflow, tasks={**self.workflow.tasks, task_id: task})
        self.new_tasks.append(task)

    def give_up_waiting(self, step: str, why: str) -> None:
        """What somebody asked for behind a step that did not succeed is not run.

        What follows by itself from a change that came before goes on with the newest inputs,
        unless the step should have made them of a newer upload.
        """
        for later in dependants(step):
            self._withdraw_outrun(later)
            if self.workflow.steps[later].wanted is Cause.USER:
                sentence = f"Not run, because {STEP_TITLES[step]} {why}."
                self.workflow = self.workflow.changed(
                    later, wanted=None, result=Result.FAILED, sentence=sentence
                )
            elif self._lacks_what_it_makes(step, later):
                self.workflow = self.workflow.changed(later, wanted=None)

    def go_on_without(self, step: str) -> None:
        """What waits for a person's step goes on with the input as it is now."""
        for later in dependants(step):
            self._withdraw_outrun(later)

    def _withdraw_outrun(self, step: str) -> None:
        """A task on inputs that are no longer the newest is wanted anew."""
        task = self.workflow.task_of(step)
        if task is not None and task.input_revisions != inputs_of(self.workflow, step):
            self.want(step, task.cause)

    def _lacks_what_it_makes(self, step: str, later: str) -> bool:
        """Whether a step that changes a file has not yet changed what a later one would read."""
        definition = STEPS[step]
        own = set(definition.reads) & set(definition.writes)
        newest = inputs_of(self.workflow, later)
        before = inputs_of(self.workflow, step)
        asked = self.workflow.steps[step].parameters is not None
        return asked and any(newest[kind] == before.get(kind) for kind in own & set(newest))

    def follow(self, step: str, written: set[FileType]) -> None:
        """After new revisions, ask for the steps that read them and can run by themselves."""
        for later in direct_dependants(step):
            self.renew(later, written)

    def renew(self, step: str, written: set[FileType]) -> None:
        """Ask for a step that reads what was written, if it can run without being asked."""
        record = self.workflow.steps[step]
        if not written & set(files_read(step, record.parameters)):
            return
        task = self.workflow.task_of(step)
        if task is not None and task.input_revisions != inputs_of(self.workflow, step):
            self.want(step, task.cause)
        elif task is None and runs_by_itself(self.workflow, step):
            self.want(step, Cause.DEPENDENCY)


def runs_by_itself(workflow: Workflow, step: str) -> bool:
    """Whether a step may run now without being asked."""
    kind = STEPS[step].runs
    asked_before = workflow.steps[step].parameters is not None
    may = kind is Runs.BY_ITSELF or (kind is Runs.WITH_LAST_PARAMETERS and asked_before)
    may = may or repeatable(workflow, step) is not None
    return may and has_engine(workflow, step) and not missing_inputs(workflow, step)


def needs(step: str, missing: tuple[FileType, ...]) -> str:
    """What to do first."""
    files = " and ".join(the_file(kind) for kind in missing)
    first = {name for kind in missing for name in writers(kind) if name != step}
    first |= {n for kind in missing for n in ORDER if kind in STEPS[n].makes and n != step}
    makers = [STEP_TITLES[name] for name in ORDER if name in first]
    advice = f"run {makers[0]} first" if makers else "upload it first"
    return f"{STEP_TITLES[step]} needs {files}, which {_is(missing)} not there yet; {advice}."


def _is(missing: tuple[FileType, ...]) -> str:
    return "is" if len(missing) == 1 else "are"
