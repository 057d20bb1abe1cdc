"""The database: users, sessions, data files, revisions, steps, tasks.

Every function takes a connection of `Database.reading` or `Database.writing` and gives records;
nothing else of the platform imports SQLAlchemy.
"""

from sqlalchemy import Connection

from climate_simulation_platform.db import (
    attempts,
    drafts,
    figures,
    files,
    revisions,
    sessions,
    sittings,
    steps,
    tasks,
    users,
)
from climate_simulation_platform.db.changes import Changes
from climate_simulation_platform.db.engine import Database

__all__ = [
    "Changes",
    "Connection",
    "Database",
    "attempts",
    "drafts",
    "figures",
    "files",
    "revisions",
    "sessions",
    "sittings",
    "steps",
    "tasks",
    "users",
]
