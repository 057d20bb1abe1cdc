"""The one door to the database: connections, transactions, the schema."""

import logging
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.db import faults, json_text, postgresql, schema
from climate_simulation_platform.errors import DatabaseUnusable, SettingsRefused
from climate_simulation_platform.settings import Settings

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 10.0
"""How long a connection waits for another one's transaction."""

SHARED_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "fuse")
"""Their locks do not hold what SQLite needs."""


class Database:
    """Connections to one database.

    SQLite is opened for each transaction and closed after it (0.2 ms); of PostgreSQL each process
    keeps a few connections, which end with this object. Nothing is shared among threads or with a
    process that was forked between transactions. (SQLite in a child that was forked within one
    waits for its parent's lock in vain, until `Busy`.)

    Parameters
    ----------
    url : str
        `sqlite:///…` or `postgresql://…`.
    workers : frozenset of Worker
        Who is at work in this installation.
    patience : float
        How long to wait for a lock [seconds].
    """

    def __init__(
        self,
        url: str,
        *,
        workers: frozenset[Worker] = frozenset({Worker.PYTHON}),
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.url = _parsed(url)
        self.workers = workers
        self._patience = patience
        self._engines = {os.getpid(): _opened(self.url, patience)}
        weakref.finalize(self, _close, self._engines)

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """The database that the settings name; connects to nothing yet."""
        return cls(settings.database_url, workers=settings.workers)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: all that is read is of one moment.

        With SQLite, writers wait for its end.
        """
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one write transaction at a time: kept at the end, undone by any exception.

        Raises
        ------
        Busy
            If another one lasts longer than our patience.
        NoSpace
            If the disk is full.
        OutcomeUnknown
            If the connection to a server was lost at the end.
        """
        with self._transaction(writes=True) as connection:
            yield connection

    def migrate(self) -> None:
        """Make the tables, or bring them to this version.

        Raises
        ------
        DatabaseUnusable
            If it is damaged, another program's, or of a newer version.
        """
        if self.file is not None:
            _make_private(self.file)
            warn_of_shared_file_system(self.file.parent)
        with self.writing() as connection:
            if self._on_server:
                postgresql.check(connection)
                postgresql.be_patient(connection)
            schema.upgrade(connection)

    def check(self, *, newer_is_fine: bool = False) -> None:
        """Make sure that the database can be read and has the tables of this version.

        Parameters
        ----------
        newer_is_fine : bool
            Those of a newer version will do, as for a service that runs while the next version of
            the platform is brought in: what one version adds, the one before it can ignore.

        Raises
        ------
        DatabaseUnusable
            If it has not.
        """
        if self.file is not None and not self.file.exists():
            raise DatabaseUnusable(faults.CANNOT_OPEN)
        with self.reading() as connection:
            if self._on_server:
                postgresql.check(connection)
            schema.check(connection, newer_is_fine=newer_is_fine)

    @property
    def _on_server(self) -> bool:
        return self.url.get_backend_name() == "postgresql"

    @property
    def file(self) -> Path | None:
        """Where it lies; None where it is no file."""
        if self.url.get_backend_name() != "sqlite" or self.url.database is None:
            return None
        return Path(self.url.database)

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with faults.in_sentences(), self._engine.connect() as connection:
            prepared = connection.execution_options(writes=writes)
            with prepared.begin():
                yield prepared

    @property
    def _engine(self) -> Engine:
        """The connections of this process; those of a parent would be used by both at once."""
        found = self._engines.get(os.getpid())
        if found is None:
            found = self._engines.setdefault(os.getpid(), _opened(self.url, self._patience))
        return found


def _close(engines: dict[int, Engine]) -> None:
    """Close what this process keeps open; the parent's connections are not ours to close."""
    own = engines.pop(os.getpid(), None)
    if own is not None:
        own.dispose()


def _parsed(url: str) -> URL:
    try:
        return postgresql.with_driver(make_url(url))
    except ArgumentError as trouble:
        raise SettingsRefused("DATABASE_URL is not the address of a database.") from trouble


def _opened(url: URL, patience: float) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    try:
        engine = create_engine(
            url,
            json_serializer=json_text.written,
            json_deserializer=json_text.read,
            **(_sqlite_options(patience) if sqlite else postgresql.options(url, patience)),
        )
    except ModuleNotFoundError as trouble:
        raise SettingsRefused(
            f"DATABASE_URL needs the Python package {trouble.name}, which is not installed."
        ) from trouble
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        postgresql.prepare(engine)
    return engine


def _sqlite_options(patience: float) -> dict[str, Any]:
    return {"poolclass": NullPool, "connect_args": {"timeout": patience}}


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Leave transactions to us, and set what SQLite forgets with each connection."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _make_private(file: Path) -> None:
    """Make the file, readable by its owner alone, before SQLite would make it for everybody."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as trouble:
        raise DatabaseUnusable(f"{file} cannot be made or opened: {trouble.strerror}.") from trouble


def warn_of_shared_file_system(folder: Path) -> None:
    """Log a warning where a folder lies on a file system whose locks SQLite cannot trust."""
    kind = file_system(folder)
    if kind.split(".")[0] in SHARED_FILE_SYSTEMS:
        log.warning(
            "%s lies on a shared file system (%s), where SQLite can lose data if several machines "
            "write; put the instance on a local disk, or set DATABASE_URL to PostgreSQL.",
            folder,
            kind,
        )


def file_system(folder: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Kind of file system on which a folder lies; empty where it is not known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place, found, longest = folder.resolve(), "", -1
    for line in lines:
        _device, point, kind, *_rest = line.split(" ")
        mounted = Path(point.replace("\\040", " "))
        if place.is_relative_to(mounted) and len(mounted.parts) >= longest:
            found, longest = kind, len(mounted.parts)
    return found
