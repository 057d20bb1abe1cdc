"""How much there is in an installation."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from climate_simulation_platform.db import tables


@dataclass(frozen=True)
class Figures:
    """How much there is; `bytes` is that of all revisions."""

    users: int
    topographies: int
    revisions: int
    bytes: int


def count(connection: Connection) -> Figures:
    """Count what is there."""
    files = tables.data_files.c
    sizes = select(func.count(), func.coalesce(func.sum(tables.revisions.c.size), 0))
    revisions, size = connection.execute(sizes).one()
    kept = select(func.count()).select_from(tables.data_files).where(files.deleted.is_(None))
    return Figures(
        users=connection.scalar(select(func.count()).select_from(tables.user)) or 0,
        topographies=connection.scalar(kept) or 0,
        revisions=revisions,
        bytes=int(size),
    )
