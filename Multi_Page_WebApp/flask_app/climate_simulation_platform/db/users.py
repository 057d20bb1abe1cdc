"""Accounts."""

import unicodedata
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from climate_simulation_platform.db import tables
from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.records import User

_MOST_LOOKED_AT = 1000
"""Characters; no name has as many, and the time to fold them grows with their square."""

_LONGEST_FOLDED = 255
"""Characters; some scripts have single ones that stand for a whole phrase."""

_COLUMNS = (tables.user.c.id, tables.user.c.username, tables.user.c.created)


def add(connection: Connection, username: str, password_hash: str, *, now: datetime) -> User:
    """Make an account.

    Raises
    ------
    RequestRefused
        If the name is taken, in whatever case, or too long when all of it is written out.
    """
    folded = _folded(username)
    if len(folded) > _LONGEST_FOLDED:
        raise RequestRefused("The user name is too long; choose a shorter one.")
    values = {
        "username": username,
        "username_folded": folded,
        "password_hash": password_hash,
        "created": now,
    }
    if by_name(connection, username) is not None:
        raise RequestRefused(f"The user name {username} is taken; choose another one.")
    connection.execute(insert(tables.user).values(values))
    user = by_name(connection, username)
    if user is None:
        raise LookupError(f"user {username} vanished while it was made")
    return user


def by_name(connection: Connection, username: str) -> User | None:
    """The user of that name, in whatever case."""
    query = select(*_COLUMNS).where(tables.user.c.username_folded == _folded(username))
    return _user(connection.execute(query).one_or_none())


def by_id(connection: Connection, user_id: int) -> User | None:
    """The user of that number."""
    query = select(*_COLUMNS).where(tables.user.c.id == user_id)
    return _user(connection.execute(query).one_or_none())


def password_hash(connection: Connection, user_id: int) -> str | None:
    """What was made from the password; None if there is no such user."""
    query = select(tables.user.c.password_hash).where(tables.user.c.id == user_id)
    return connection.scalar(query)


def set_password_hash(connection: Connection, user_id: int, password_hash: str) -> None:
    """Replace the password."""
    query = update(tables.user).where(tables.user.c.id == user_id)
    connection.execute(query.values(password_hash=password_hash))


def every(connection: Connection) -> tuple[User, ...]:
    """All users by name."""
    rows = connection.execute(select(*_COLUMNS).order_by(tables.user.c.username_folded))
    return tuple(User(row.id, row.username, row.created) for row in rows)


def count(connection: Connection) -> int:
    """How many there are."""
    return connection.scalar(select(func.count()).select_from(tables.user)) or 0


def _user(row: Row[*tuple[Any, ...]] | None) -> User | None:
    return None if row is None else User(row.id, row.username, row.created)


def _folded(username: str) -> str:
    """What two names that differ in case have in common."""
    return unicodedata.normalize("NFKC", username[:_MOST_LOOKED_AT]).casefold()
