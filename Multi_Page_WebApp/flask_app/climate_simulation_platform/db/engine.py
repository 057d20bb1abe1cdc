"""The one door to the database: connections, transactions, the schema."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.db import faults, json_text, schema
from climate_simulation_platform.errors import DatabaseUnusable, SettingsRefused
from climate_simulation_platform.settings import Settings

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 10.0
"""How long a connection waits for another one's transaction."""

SHARED_FILE_SYSTEMS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "fuse")
"""Their locks do not hold what SQLite needs."""


class Database:
    """Connections to one database.

    A connection is opened for each transaction and closed after it (0.2 ms with SQLite): nothing
    is shared among threads or kept over a fork between transactions. (SQLite in a child that was
    forked within one waits for its parent's lock in vain, until `Busy`.)

    Parameters
    ----------
    url : str
        `sqlite:///…` or `postgresql+…://…`.
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
        self._engine = _engine(self.url, patience)

    @classmethod
    def of(cls, settings: Settings) -> "Database":
        """The database that the settings name; connects to nothing yet."""
        return cls(settings.database_url, workers=settings.workers)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: all that is read is of one moment. Writers wait for its end."""
        with self._transaction("BEGIN") as connection:
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
        """
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def migrate(self) -> None:
        """Make the tables, or bring them to this version.

        Raises
        ------
        DatabaseUnusable
            If the file is damaged, another program's, or of a newer version.
        """
        if self._file is not None:
            _make_private(self._file)
            warn_of_shared_file_system(self._file.parent)
        with self.writing() as connection:
            schema.upgrade(connection)

    def check(self) -> None:
        """Make sure that the database can be read and has the tables of this version.

        Raises
        ------
        DatabaseUnusable
            If it has not.
        """
        if self._file is not None and not self._file.exists():
            raise DatabaseUnusable(faults.CANNOT_OPEN)
        with self.reading() as connection:
            schema.check(connection)

    @property
    def _file(self) -> Path | None:
        if self.url.get_backend_name() != "sqlite" or self.url.database is None:
            return None
        return Path(self.url.database)

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        with faults.in_sentences(), self._engine.connect() as connection:
            prepared = connection.execution_options(begin=begin)
            with prepared.begin():
                yield prepared


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError as trouble:
        raise SettingsRefused("DATABASE_URL is not the address of a database.") from trouble


def _engine(url: URL, patience: float) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"connect_args": {"timeout": patience}} if sqlite else {}
    try:
        engine = create_engine(
            url,
            poolclass=NullPool,
            json_serializer=json_text.written,
            json_deserializer=json_text.read,
            **options,
        )
    except ModuleNotFoundError as trouble:
        raise SettingsRefused(
            f"DATABASE_URL needs the Python package {trouble.name}, which is not installed."
        ) from trouble
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_elsewhere)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Leave transactions to us, and set what SQLite forgets with each connection."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))


def _begin_elsewhere(connection: Connection) -> None:
    """Writers elsewhere take turns as well: the rules read much and write what follows from it."""
    if connection.get_execution_options().get("begin") == "BEGIN IMMEDIATE":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(43829)")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


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
