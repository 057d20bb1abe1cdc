"""What the supervisor sets right: tasks of the dead, files without a record, what is too old."""

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from climate_simulation_platform.db import tasks
from climate_simulation_platform.services import Services
from climate_simulation_platform.upkeep.files import put_files_in_order
from climate_simulation_platform.upkeep.records import put_records_in_order
from climate_simulation_platform.workflow.transactions import release_others, release_tasks

log = logging.getLogger(__name__)

HANGING_AFTER = timedelta(minutes=5)
"""How long after the end of its time a task counts as hanging."""


class Upkeep:
    """Keeps records and files of one instance in order."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._settings = services.settings
        self._database = services.database

    def begin(self) -> None:
        """Set right what the last run left; no other process is there yet."""
        self._services.storage.prepare()
        release_others(self._database, ())
        put_records_in_order(self._database, self._settings)
        put_files_in_order(self._services, alone=True)

    def after_death(self, worker: str) -> None:
        """Put the tasks of a worker that has died back into the queue."""
        for task_id in release_tasks(self._database, worker):
            log.warning("task %s is taken up again", task_id)

    def after_end(self, worker: str) -> None:
        """Put the tasks of a worker that was made to end back into the queue."""
        release_tasks(self._database, worker, died=False)

    def hanging(self) -> frozenset[str]:
        """Workers whose task should have ended long ago: they no longer look at the clock."""
        last = datetime.now(UTC) - self._settings.task_wall - HANGING_AFTER
        with self._database.reading() as connection:
            return tasks.workers_at_work(connection, taken_before=last)

    def now_and_then(self, alive: Collection[str]) -> None:
        """Clear what accumulates while the platform runs.

        Parameters
        ----------
        alive : collection of str
            Workers that are there; the end of another one may have been missed while the database
            was occupied.
        """
        for task_id in release_others(self._database, alive):
            log.warning("task %s is taken up again", task_id)
        put_records_in_order(self._database, self._settings)
        put_files_in_order(self._services)
