"""What the supervisor sets right: tasks of the dead, files without a record, what is too old."""

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from climate_simulation_platform import library
from climate_simulation_platform.db import attempts, revisions, sessions, tasks
from climate_simulation_platform.services import Services
from climate_simulation_platform.workflow.transactions import (
    reconcile,
    release_others,
    release_tasks,
)

log = logging.getLogger(__name__)

ADOPTING_SECONDS = 3600.0
"""A file without a record that is younger may be about to get one."""

HANGING_AFTER = timedelta(minutes=5)
"""How long after the end of its time a task counts as hanging."""

KEEP_ENDED_TASKS = timedelta(days=90)
KEEP_ATTEMPTS = timedelta(days=1)


class Upkeep:
    """Keeps records and files of one instance in order."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._settings = services.settings
        self._database = services.database
        self._storage = services.storage

    def begin(self) -> None:
        """Set right what the last run left; no other process is there yet."""
        self._storage.prepare()
        self._storage.clear_unfinished(alone=True)
        self._remove_orphans(0.0)
        release_others(self._database, ())
        self._put_in_order()

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
        self._storage.clear_unfinished()
        self._remove_orphans(ADOPTING_SECONDS)
        self._put_in_order()

    def _put_in_order(self) -> None:
        if found := reconcile(self._database):
            log.warning("%d steps or tasks were set right", found)
        now = datetime.now(UTC)
        settings = self._settings
        with self._database.writing() as connection:
            tasks.purge(connection, before=now - KEEP_ENDED_TASKS)
            attempts.purge(connection, before=now - KEEP_ATTEMPTS)
            sessions.purge(
                connection, now=now, idle=settings.session_idle, longest=settings.session_longest
            )
        library.purge(self._services, now)

    def _remove_orphans(self, minimum_age_seconds: float) -> None:
        """Remove files that no record names.

        Files are listed before records are read: what gets its record meanwhile is known.
        """
        found = self._storage.orphans((), minimum_age_seconds=minimum_age_seconds)
        if not found:
            return
        with self._database.reading() as connection:
            known = revisions.every_path(connection)
        for path in found:
            if path not in known:
                log.warning("%s belongs to no record and is removed", path)
                self._storage.remove(path)
