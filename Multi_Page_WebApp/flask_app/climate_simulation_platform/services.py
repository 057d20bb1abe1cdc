"""What the pages work with, put together once per process by its entry point."""

from dataclasses import dataclass
from typing import Protocol

from climate_simulation_platform.db import Database
from climate_simulation_platform.records import Task
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage


class TaskQueue(Protocol):
    """How tasks that were recorded get to the workers, where these do not look for themselves."""

    def require(self) -> None:
        """Make sure that a task could be handed on now.

        Raises
        ------
        QueueUnavailable
            If not.
        """

    def hand_on(self, task: Task) -> None:
        """Tell of a task that somebody asked for.

        Raises
        ------
        QueueUnavailable
            If nobody can be told.
        """

    def end(self) -> None:
        """Close what is open."""


@dataclass(frozen=True)
class Services:
    """Settings, records, files, and a place to run code on files of strangers.

    Parameters
    ----------
    queue : TaskQueue or None
        None where workers look for tasks in the database.
    """

    settings: Settings
    database: Database
    storage: Storage
    sandbox: Sandbox
    queue: TaskQueue | None = None
