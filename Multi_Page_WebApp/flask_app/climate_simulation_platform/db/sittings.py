"""Who has an editor open."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update
from sqlalchemy import insert as insert_into

from climate_simulation_platform.db import tables
from climate_simulation_platform.records import Sitting

_S = tables.sittings.c


def seen(connection: Connection, data_file_id: int, sitting: Sitting) -> None:
    """Remember a sign of life, the first one too."""
    query = update(tables.sittings).where(_S.id == sitting.id, _S.data_file_id == data_file_id)
    if connection.execute(query.values(seen=sitting.seen)).rowcount:
        return
    values = {
        "id": sitting.id,
        "data_file_id": data_file_id,
        "editor": sitting.editor,
        "username": sitting.username,
        "begun": sitting.begun,
        "seen": sitting.seen,
    }
    connection.execute(insert_into(tables.sittings).values(values))


def others(
    connection: Connection, data_file_id: int, sitting: str, *, since: datetime
) -> tuple[Sitting, ...]:
    """Other windows of a data file that gave a sign of life since then, the first one first."""
    query = select(tables.sittings).where(
        _S.data_file_id == data_file_id, _S.id != sitting, _S.seen >= since
    )
    rows = connection.execute(query.order_by(_S.begun, _S.id))
    return tuple(Sitting(row.id, row.editor, row.username, row.begun, row.seen) for row in rows)


def leave(connection: Connection, sitting: str) -> None:
    """Forget a window."""
    connection.execute(delete(tables.sittings).where(_S.id == sitting))


def purge(connection: Connection, *, before: datetime) -> None:
    """Forget windows that gave no sign of life since then."""
    connection.execute(delete(tables.sittings).where(_S.seen < before))
