"""What a database says when it cannot, in a sentence for people."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from climate_simulation_platform.errors import Busy, DatabaseUnusable, NoSpace, PlatformError

BUSY = "The database is busy with other work; nothing was changed, try again in a moment."
NO_SPACE = "The disk of the platform is full; nothing was changed, tell whoever looks after it."
DAMAGED = "The database is damaged; tell whoever looks after the platform to restore a copy."
FOREIGN = "The file that should be the database is another kind of file."
CANNOT_OPEN = "The database cannot be opened; its folder or file is missing or not permitted."
READ_ONLY = "The database cannot be written; its folder or file is read-only."
FAULTY_DISK = "The disk of the platform could not be read; tell whoever looks after it."

_PRIMARY = {
    sqlite3.SQLITE_BUSY: Busy(BUSY),
    sqlite3.SQLITE_LOCKED: Busy(BUSY),
    sqlite3.SQLITE_FULL: NoSpace(NO_SPACE),
    sqlite3.SQLITE_NOTADB: DatabaseUnusable(FOREIGN),
    sqlite3.SQLITE_CORRUPT: DatabaseUnusable(DAMAGED),
    sqlite3.SQLITE_CANTOPEN: DatabaseUnusable(CANNOT_OPEN),
    sqlite3.SQLITE_PERM: DatabaseUnusable(CANNOT_OPEN),
    sqlite3.SQLITE_READONLY: DatabaseUnusable(READ_ONLY),
    sqlite3.SQLITE_IOERR: DatabaseUnusable(FAULTY_DISK),
}

# A limit on file sizes or a quota shows as a failed write, not as a full disk.
_EXTENDED = {
    sqlite3.SQLITE_IOERR_WRITE: NoSpace(NO_SPACE),
    sqlite3.SQLITE_IOERR_FSYNC: NoSpace(NO_SPACE),
}

_POSTGRESQL = {
    "55P03": Busy(BUSY),
    "40001": Busy(BUSY),
    "40P01": Busy(BUSY),
    "53100": NoSpace(NO_SPACE),
    "53300": Busy(BUSY),
}


@contextmanager
def in_sentences() -> Iterator[None]:
    """Turn what the database refuses into our errors; faults of ours stay what they are."""
    try:
        yield
    except (DBAPIError, sqlite3.DatabaseError) as trouble:
        known = next(filter(None, map(_known, _causes(trouble))), None)
        if known is None:
            raise
        raise type(known)(str(known)) from trouble


def _causes(trouble: BaseException) -> Iterator[BaseException]:
    """The exception and those before it.

    SQLite undoes a transaction itself when the disk is full; what is tried after that fails for
    another reason.
    """
    current: BaseException | None = trouble
    while current is not None:
        yield getattr(current, "orig", None) or current
        current = current.__context__


def _known(trouble: BaseException) -> PlatformError | None:
    code = getattr(trouble, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _EXTENDED.get(code) or _PRIMARY.get(code & 0xFF)
    return _POSTGRESQL.get(str(getattr(trouble, "sqlstate", "")))
