"""Failed attempts to sign in, to slow down who guesses."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from climate_simulation_platform.db import tables

LONGEST = 64
"""Characters kept of a name or an address: whatever somebody sends has to fit."""


def record(connection: Connection, account: str, address: str, *, now: datetime) -> None:
    """Remember a failed attempt."""
    values = {"account": _kept(account), "address": _kept(address), "at": now}
    connection.execute(insert(tables.attempts).values(values))


def count(
    connection: Connection,
    *,
    since: datetime,
    account: str | None = None,
    address: str | None = None,
) -> int:
    """How many there were on an account, from an address, or both."""
    query = select(func.count()).select_from(tables.attempts)
    return connection.scalar(query.where(_those(since, account, address))) or 0


def oldest(
    connection: Connection,
    *,
    since: datetime,
    account: str | None = None,
    address: str | None = None,
) -> datetime | None:
    """When the first of them was."""
    query = select(tables.attempts.c.at).order_by(tables.attempts.c.at).limit(1)
    return connection.scalar(query.where(_those(since, account, address)))


def clear(connection: Connection, account: str) -> None:
    """Forget those on an account: its owner has signed in."""
    table = tables.attempts
    connection.execute(delete(table).where(table.c.account == _kept(account)))


def purge(connection: Connection, *, before: datetime) -> int:
    """Remove old ones; how many."""
    return connection.execute(delete(tables.attempts).where(tables.attempts.c.at < before)).rowcount


def _those(since: datetime, account: str | None, address: str | None) -> ColumnElement[bool]:
    table = tables.attempts
    conditions: list[ColumnElement[bool]] = [table.c.at >= since]
    if account is not None:
        conditions.append(table.c.account == _kept(account))
    if address is not None:
        conditions.append(table.c.address == _kept(address))
    return and_(*conditions)


def _kept(text: str) -> str:
    return text.casefold()[:LONGEST]
