"""What the pages of the steps show of one data file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from flask import request

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Runs
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.labels import (
    EDITOR_LINES,
    FILE_TITLES,
    REPLAY_HINT,
    REPLAY_TITLE,
    SOURCES,
    STATUS_WORDS,
    STEP_LINES,
    STEP_TITLES,
    WORKER_TITLES,
    listed,
    the_file,
)
from climate_simulation_platform.pages import graph, words
from climate_simulation_platform.pages.forms import FORMS
from climate_simulation_platform.pages.graph import Picture
from climate_simulation_platform.records import (
    REPEAT,
    Coordinates,
    DataFile,
    Revision,
    Status,
    Task,
)
from climate_simulation_platform.views.current import now, services
from climate_simulation_platform.views.desks import Desks, desks_of
from climate_simulation_platform.workflow.states import StepView
from climate_simulation_platform.workflow.transactions import workflow_view


@dataclass(frozen=True)
class Board:
    """The steps of a data file at a moment.

    Parameters
    ----------
    newest : mapping of FileType to Revision
        Newest revision of each file that there is.
    log_tails : mapping of str to str
        Last lines of what a failed step wrote, by step.
    desks : Desks
        Who is at which editor, and what was not saved yet.
    """

    data_file: DataFile
    views: Mapping[str, StepView]
    newest: Mapping[FileType, Revision]
    now: datetime
    log_tails: Mapping[str, str]
    desks: Desks

    order = ORDER
    steps = STEPS
    forms = FORMS
    titles = STEP_TITLES
    lines = STEP_LINES
    editor_lines = EDITOR_LINES
    replay_title, replay_hint = REPLAY_TITLE, REPLAY_HINT
    file_titles = FILE_TITLES
    status_words = STATUS_WORDS
    sources = SOURCES

    @cached_property
    def wide(self) -> Picture:
        """The picture for wide screens."""
        return graph.wide(self.views, self.numbers)

    @cached_property
    def narrow(self) -> Picture:
        """The picture for narrow screens."""
        return graph.narrow(self.views, self.numbers)

    @property
    def numbers(self) -> dict[FileType, int]:
        """Number of the newest revision of each file."""
        return {file_type: revision.revision for file_type, revision in self.newest.items()}

    @property
    def confirmed(self) -> bool:
        """Whether steps can run."""
        return self.data_file.coordinates is Coordinates.CONFIRMED

    @property
    def at_work(self) -> bool:
        """Whether something waits or runs."""
        return words.at_work(self.views)

    @property
    def summary(self) -> str:
        """Where the workflow stands."""
        return words.summary(self.views)

    @property
    def next_step(self) -> str | None:
        """What goes on with a person only."""
        return words.next_step(self.views)

    def says(self, view: StepView) -> str:
        """State of a step in a few words."""
        return graph.progress_words(view)

    def parameters(self, view: StepView) -> str:
        """Parameters of a step in words."""
        return words.in_words(view.step, view.parameters)

    def elapsed(self, since: datetime) -> str:
        """Time since a moment."""
        return words.elapsed(since, self.now)

    def worker_name(self, task: Task) -> str:
        """Which worker does a task."""
        return words.worker_name(task.worker)

    def consequences(self, step: str) -> tuple[str, ...]:
        """What happens to later steps once this one is done."""
        return words.consequences(step, self.views)

    def named(self, steps: tuple[str, ...]) -> str:
        """Titles of steps in a row."""
        return listed([STEP_TITLES[step] for step in steps])

    def opens(self, step: str) -> str:
        """What the editor of a step opens; empty where there is none, or nothing to open yet."""
        file_type = self.steps[step].edits
        if file_type is None or self.views[step].missing or not self.confirmed:
            return ""
        if file_type in self.newest:
            return f"{the_file(file_type)}, revision {self.newest[file_type].revision}"
        return f"a first proposal for {the_file(self.steps[step].reads[0])}"

    def repeated(self, step: str) -> Revision | None:
        """The revision in which edits were repeated by themselves, where it is the newest."""
        found = self.newest.get(self.steps[step].edits or FileType.RAW)
        made_so = found is not None and found.step == step and REPEAT in found.parameters
        return found if made_so else None

    def workers(self, step: str) -> str:
        """Who can do a step."""
        return " or ".join(WORKER_TITLES[worker] for worker in STEPS[step].workers)

    def verb(self, view: StepView) -> str:
        """What the link to a step's form says."""
        if self.steps[view.step].by_person:
            return "Look"
        if view.step not in self.forms or not view.available:
            return "Read more"
        if STEPS[view.step].runs is Runs.BY_ITSELF:
            tried = view.done_at is not None or view.status is Status.FAILED
            return "Run again" if tried else "Read more"
        return "Set up" if view.parameters is None and view.done_at is None else "Change or run"


def board_of(data_file: DataFile) -> Board:
    """Read what the pages show."""
    database = services().database
    views = workflow_view(database, data_file.id)
    with database.reading() as connection:
        newest = revisions.newest(connection, data_file.id)
        failed = [step for step, view in views.items() if view.status is Status.FAILED]
        logs = {step: tasks.last_log(connection, data_file.id, step) for step in failed}
        desks = desks_of(connection, data_file.id)
    tails = {step: words.log_tail(log) for step, log in logs.items()}
    return Board(data_file, views, newest, now(), tails, desks)


def version_sent() -> int:
    """Version of the step that the form was made from.

    Raises
    ------
    RequestRefused
        If the form does not tell it.
    """
    sent = request.form.get("version", "")
    if not (sent.isascii() and sent.isdecimal() and len(sent) < 10):
        raise RequestRefused("The form is not whole; load its page again.")
    return int(sent)
