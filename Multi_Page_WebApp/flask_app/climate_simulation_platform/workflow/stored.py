"""A data file's workflow read from the database, and what a rule changed written back."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.db import Connection, Database, files, revisions, steps, tasks
from climate_simulation_platform.errors import NotThere
from climate_simulation_platform.records import DataFile
from climate_simulation_platform.workflow.change import Changed, Moment
from climate_simulation_platform.workflow.model import Workflow, workflow_of
from climate_simulation_platform.workflow.states import view

GONE = "This topography does not exist any more."


@dataclass(frozen=True)
class Stored:
    """One data file in a transaction.

    Parameters
    ----------
    moment : Moment
        When the transaction happens, for the rules.
    """

    connection: Connection
    file: DataFile
    workflow: Workflow
    moment: Moment

    @property
    def now(self) -> datetime:
        """When the transaction happens."""
        return self.moment.now

    def keep(self, changed: Changed) -> None:
        """Write what a rule changed: steps with their status, tasks, when it was."""
        tasks.supersede(self.connection, changed.superseded, now=self.now)
        for task in changed.new_tasks:
            tasks.insert(self.connection, replace(task, data_file_id=self.file.id))
        self.keep_steps(changed.workflow)
        files.touch(self.connection, self.file.id, now=self.now)

    def keep_steps(self, workflow: Workflow) -> None:
        """Write those steps whose record or status is another one than before."""
        shown = {name: (step.status, step.why) for name, step in view(workflow).items()}
        before = steps.shown(self.connection, self.file.id)
        changed = [
            record
            for step, record in workflow.steps.items()
            if record != self.workflow.steps[step] or shown[step] != before.get(step)
        ]
        steps.save(self.connection, self.file.id, changed, shown, before.keys())

    def keep_states(self) -> None:
        """Write the statuses anew, after tasks were queued or taken."""
        self.keep_steps(load(self.connection, self.file, self.workflow.workers))


@contextmanager
def changing(database: Database, data_file_id: int, *, deleted: bool = False) -> Iterator[Stored]:
    """One write transaction on a data file.

    Raises
    ------
    NotThere
        If there is no such file, or it was deleted and `deleted` is not said.
    """
    with database.writing() as connection:
        yield stored(connection, database, data_file_id, deleted=deleted)


def stored(
    connection: Connection, database: Database, data_file_id: int, *, deleted: bool = False
) -> Stored:
    """The data file, in a transaction that is under way.

    Raises
    ------
    NotThere
        If there is no such file, or it was deleted and `deleted` is not said.
    """
    file = files.get(connection, data_file_id, deleted=deleted)
    if file is None:
        raise NotThere(GONE)
    return Stored(connection, file, load(connection, file, database.workers), this_moment())


def this_moment() -> Moment:
    """Now, with numbers for new tasks."""
    return Moment(datetime.now(UTC), lambda: str(uuid.uuid4()))


def load(connection: Connection, file: DataFile, workers: frozenset[Worker]) -> Workflow:
    """The workflow of a data file."""
    return workflow_of(
        steps.load(connection, file.id).values(),
        revisions.known(connection, file.id),
        tasks.live(connection, file.id).values(),
        file.coordinates,
        workers,
    )
