"""Records in order: steps without their task, and what is too old to be kept."""

import logging
from datetime import UTC, datetime, timedelta

from climate_simulation_platform.db import Database, attempts, sessions, sittings, tasks
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.workflow.transactions import reconcile

log = logging.getLogger(__name__)

KEEP_ENDED_TASKS = timedelta(days=90)
KEEP_ATTEMPTS = timedelta(days=1)
KEEP_SITTINGS = timedelta(days=1)


def put_records_in_order(database: Database, settings: Settings) -> None:
    """Set right what no transaction should have left behind, and forget what is old."""
    if found := reconcile(database):
        log.warning("%d steps or tasks were set right", found)
    now = datetime.now(UTC)
    with database.writing() as connection:
        tasks.purge(connection, before=now - KEEP_ENDED_TASKS)
        attempts.purge(connection, before=now - KEEP_ATTEMPTS)
        sittings.purge(connection, before=now - KEEP_SITTINGS)
        sessions.purge(
            connection, now=now, idle=settings.session_idle, longest=settings.session_longest
        )
