"""How often somebody may try before they have to wait."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from climate_simulation_platform.db import Connection, Database, attempts
from climate_simulation_platform.errors import RequestRefused


@dataclass(frozen=True)
class Limit:
    """So many attempts within a time."""

    attempts: int
    within: timedelta


PER_ACCOUNT = Limit(10, timedelta(minutes=15))
PER_ADDRESS = Limit(60, timedelta(minutes=15))
"""A whole institute may come from one address."""

REGISTRATIONS_PER_ADDRESS = Limit(20, timedelta(hours=1))

SUBSCRIBER_BITS = 64
"""Prefix of the smallest IPv6 network that is given to somebody."""

LONGEST_WITHIN = max(
    limit.within for limit in (PER_ACCOUNT, PER_ADDRESS, REGISTRATIONS_PER_ADDRESS)
)


class TooManyAttempts(RequestRefused):
    """Somebody tried too often; `wait` says how long they have to wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("There were too many attempts in a short time.")
        self.wait = wait


def count_sign_in(database: Database, account: str, address: str, *, now: datetime) -> None:
    """Count an attempt to sign in before it is looked at, so that a hundred at once do not slip by.

    Raises
    ------
    TooManyAttempts
        If the account or the address has used up its attempts; this one is then not counted.
    """
    source = source_of(address)
    with database.writing() as connection:
        _demand(connection, PER_ACCOUNT, now=now, account=account)
        _demand(connection, PER_ADDRESS, now=now, address=source)
        attempts.record(connection, account, source, now=now)
        attempts.purge(connection, before=now - LONGEST_WITHIN)


def source_of(address: str) -> str:
    """What an address is counted by: itself, or the IPv6 network that one subscriber owns."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ip_network((found, SUBSCRIBER_BITS), strict=False))
    return str(found)


def count_registration(database: Database, address: str, *, now: datetime) -> None:
    """Count an attempt to register; raises TooManyAttempts as `count_sign_in` does."""
    source = f"registration from {source_of(address)}"
    with database.writing() as connection:
        _demand(connection, REGISTRATIONS_PER_ADDRESS, now=now, address=source)
        attempts.record(connection, "", source, now=now)
        attempts.purge(connection, before=now - LONGEST_WITHIN)


def forgive(database: Database, account: str) -> None:
    """Forget the attempts of an account whose owner has signed in."""
    with database.writing() as connection:
        attempts.clear(connection, account)


def _demand(
    connection: Connection,
    limit: Limit,
    *,
    now: datetime,
    account: str | None = None,
    address: str | None = None,
) -> None:
    since = now - limit.within
    if attempts.count(connection, since=since, account=account, address=address) < limit.attempts:
        return
    oldest = attempts.oldest(connection, since=since, account=account, address=address)
    raise TooManyAttempts((oldest or now) + limit.within - now)
