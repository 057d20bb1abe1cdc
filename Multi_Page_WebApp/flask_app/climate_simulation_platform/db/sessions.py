"""Who is signed in: kept here, so that a session ends on the server."""

import contextlib
import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from climate_simulation_platform.db import tables
from climate_simulation_platform.db.engine import Database
from climate_simulation_platform.errors import Busy, NoSpace
from climate_simulation_platform.records import User

TOUCH_EVERY = timedelta(minutes=1)
"""How precisely it is known when a session was last used."""


def create(connection: Connection, user_id: int, *, now: datetime) -> str:
    """Begin a session; the token is given once, only its checksum is kept."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(tables.sessions).values(
            token_sha256=_sum(token), user_id=user_id, created=now, seen=now
        )
    )
    return token


def user_of(
    database: Database, token: str, *, now: datetime, idle: timedelta, longest: timedelta
) -> User | None:
    """Whose session it is; None if it ended, was unused for `idle` or is older than `longest`."""
    table = tables.sessions
    query = (
        select(tables.user.c.id, tables.user.c.username, tables.user.c.created, table.c.seen)
        .join_from(table, tables.user)
        .where(table.c.token_sha256 == _sum(token))
        .where(table.c.seen > now - idle, table.c.created > now - longest)
    )
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if now - row.seen >= TOUCH_EVERY:
        _touch(database, token, now)
    return User(row.id, row.username, row.created)


def end(connection: Connection, token: str) -> None:
    """End one session."""
    table = tables.sessions
    connection.execute(delete(table).where(table.c.token_sha256 == _sum(token)))


def end_all(connection: Connection, user_id: int, *, but: str | None = None) -> int:
    """End the sessions of a user, but for one; how many ended."""
    table = tables.sessions
    query = delete(table).where(table.c.user_id == user_id)
    if but is not None:
        query = query.where(table.c.token_sha256 != _sum(but))
    return connection.execute(query).rowcount


def purge(connection: Connection, *, now: datetime, idle: timedelta, longest: timedelta) -> int:
    """Remove the sessions that are over; how many."""
    table = tables.sessions
    over = or_(table.c.seen <= now - idle, table.c.created <= now - longest)
    return connection.execute(delete(table).where(over)).rowcount


def _touch(database: Database, token: str, now: datetime) -> None:
    """Remember the use; a page is shown all the same when that cannot be written now."""
    table = tables.sessions
    with contextlib.suppress(Busy, NoSpace), database.writing() as connection:
        connection.execute(
            update(table).where(table.c.token_sha256 == _sum(token)).values(seen=now)
        )


def _sum(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
