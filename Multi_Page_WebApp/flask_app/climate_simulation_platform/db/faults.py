"""What a database says when it cannot, in a sentence for people."""

import logging
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree

from climate_simulation_platform.errors import (
    Busy,
    DatabaseUnusable,
    NoSpace,
    OutcomeUnknown,
    PlatformError,
)

log = logging.getLogger(__name__)

BUSY = "The database is busy with other work; nothing was changed, try again in a moment."
NO_SPACE = "The disk of the platform is full; nothing was changed, tell whoever looks after it."
DAMAGED = "The database is damaged; tell whoever looks after the platform to restore a copy."
FOREIGN = "The file that should be the database is another kind of file."
CANNOT_OPEN = "The database cannot be opened; its folder or file is missing or not permitted."
READ_ONLY = "The database cannot be written; its folder or file is read-only."
FAULTY_DISK = "The disk of the platform could not be read; tell whoever looks after it."
TOO_LONG = "The database took too long; nothing was changed, try again in a moment."
LOST = "The connection to the database was lost; nothing was changed, try again in a moment."
LOST_AT_THE_END = (
    "The connection to the database was lost while the change was being kept; look whether it was "
    "made before you try it again."
)
UNREACHABLE = (
    "The server of the database cannot be reached or lets nobody in; nothing was changed, try "
    "again in a moment."
)
NOT_LET_IN = "The server of the database refuses the user or the password in DATABASE_URL."
NO_DATABASE = "The database in DATABASE_URL does not exist on its server; make it first."
NOT_PERMITTED = (
    "The user in DATABASE_URL may not do this in the database; make it the database's owner."
)
TAKES_READS_ONLY = "The database cannot be written; its server takes reads only."

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
    "25006": DatabaseUnusable(TAKES_READS_ONLY),
    "25P03": Busy(LOST),
    "40001": Busy(BUSY),
    "40P01": Busy(BUSY),
    "42501": DatabaseUnusable(NOT_PERMITTED),
    "53100": NoSpace(NO_SPACE),
    "53200": Busy(BUSY),
    "53300": Busy(BUSY),
    "55P03": Busy(BUSY),
    "57014": Busy(TOO_LONG),
    "57P01": Busy(LOST),
    "57P02": Busy(LOST),
    "57P03": Busy(UNREACHABLE),
    "57P05": Busy(LOST),
    "58030": DatabaseUnusable(FAULTY_DISK),
    "XX001": DatabaseUnusable(DAMAGED),
    "XX002": DatabaseUnusable(DAMAGED),
}

# Who is not let in gets no code, only the server's words, and these in its language; where they
# are not understood, trying again is the better guess.
_NOT_LET_IN = {
    r"password authentication failed": DatabaseUnusable(NOT_LET_IN),
    r"no password supplied": DatabaseUnusable(NOT_LET_IN),
    r"no pg_hba\.conf entry": DatabaseUnusable(NOT_LET_IN),
    r'role ".*" does not exist': DatabaseUnusable(NOT_LET_IN),
    r"permission denied for database": DatabaseUnusable(NOT_LET_IN),
    r'database ".*" does not exist': DatabaseUnusable(NO_DATABASE),
}


@contextmanager
def in_sentences() -> Iterator[None]:
    """Turn what the database refuses into our errors; faults of ours stay what they are."""
    try:
        yield
    except NoneFree as trouble:
        raise Busy(BUSY) from trouble
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
        yield current
        current = current.__context__


def _known(trouble: BaseException) -> PlatformError | None:
    original = getattr(trouble, "orig", None) or trouble
    code = getattr(original, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _EXTENDED.get(code) or _PRIMARY.get(code & 0xFF)
    if isinstance(trouble, DBAPIError) and trouble.connection_invalidated:
        return OutcomeUnknown(LOST_AT_THE_END) if trouble.statement is None else Busy(LOST)
    state = getattr(original, "sqlstate", None)
    if state in _POSTGRESQL:
        return _POSTGRESQL[state]
    if isinstance(trouble, OperationalError) and hasattr(original, "sqlstate") and state is None:
        return _not_connected(str(original))
    return None


def _not_connected(said: str) -> PlatformError:
    """What it means that no connection to a server could be made."""
    _log(" ".join(said.split()))
    known = (error for words, error in _NOT_LET_IN.items() if re.search(words, said))
    return next(known, Busy(UNREACHABLE))


def _log(said: str) -> None:
    """Log the server's own words, once a minute however often they are heard."""
    now = time.monotonic()
    if now >= _next_time.get(said, now):
        _next_time[said] = now + 60
        log.warning("PostgreSQL: %s", said)


_next_time: dict[str, float] = {}
"""When words are to be logged again."""
