"""Files in order: what killed processes left, what no record names, what was deleted long ago."""

import logging
from datetime import UTC, datetime

from climate_simulation_platform import library
from climate_simulation_platform.db import Database, revisions, tasks
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import Storage, token_of

log = logging.getLogger(__name__)

ADOPTING_SECONDS = 300.0
"""A file without a record that is younger may be about to get one; no transaction lasts so long."""


def put_files_in_order(services: Services, *, alone: bool = False) -> None:
    """Clear what is left of killed processes and of topographies that were deleted long ago.

    Parameters
    ----------
    alone : bool
        No other process of the platform is there, so that nothing is just being begun.
    """
    services.storage.clear_unfinished(alone=alone)
    for path in lost_files(services.database, services.storage, alone=alone):
        log.warning("%s belongs to no record and is removed", path)
        services.storage.remove(path)
    library.purge(services, datetime.now(UTC))


def lost_files(database: Database, storage: Storage, *, alone: bool = False) -> tuple[str, ...]:
    """Files that no record names and that none will name.

    Files are listed before records are read: what gets its record meanwhile is known. A file of a
    task that has ended gets none any more, whatever its age.
    """
    found = storage.orphans(())
    if not found:
        return ()
    old = set(found) if alone else set(storage.orphans((), minimum_age_seconds=ADOPTING_SECONDS))
    with database.reading() as connection:
        known = revisions.every_path(connection)
        unknown = [path for path in found if path not in known]
        live = tasks.live_among(connection, [token_of(path) for path in unknown])
        ended = tasks.among(connection, [token_of(path) for path in unknown]) - live
    return tuple(path for path in unknown if path in old or token_of(path) in ended)
