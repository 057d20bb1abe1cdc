"""Brings the database to this version, before any service starts.

Run as `python -m climate_simulation_platform.deployed.migrate`.
"""

import logging
import threading
from datetime import UTC, datetime

from climate_simulation_platform.auth.accounts import add_first_user
from climate_simulation_platform.db import Database
from climate_simulation_platform.deployed import entry
from climate_simulation_platform.instance import make_instance
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage

log = logging.getLogger(__spec__.name)


def migrate(settings: Settings, _told: threading.Event) -> None:
    """Make the instance's folders, the tables and the first user, or bring them up to date."""
    make_instance(settings.instance)
    Storage(settings.instance).prepare()
    database = Database.of(settings)
    database.migrate()
    add_first_user(database, settings, now=datetime.now(UTC))
    log.info("The database is of this version.")


def check(settings: Settings) -> None:
    """Connect to nothing."""
    Database.of(settings)


def main() -> None:
    """Be the container that migrates."""
    entry.run("migrate", migrate, check)


if __name__ == "__main__":
    main()
