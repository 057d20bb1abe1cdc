"""All rows at once: of one moment, as lines of text that every database takes, and back."""

import base64
import binascii
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from alembic.util import CommandError
from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError, NoSuchTableError, StatementError

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.db import faults, postgresql, schema, tables
from climate_simulation_platform.db.engine import PATIENCE_SECONDS, Database
from climate_simulation_platform.errors import Busy, DatabaseUnusable, PlatformError

T = TypeVar("T")

LEFT_OUT = frozenset({"sessions", "sittings", "attempts"})
"""Tables of what must not outlive a copy: who is signed in, has an editor open, tried to."""

FEW = 200
"""Rows that are in memory at a time."""

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_KEPT = tuple(table for table in tables.metadata.sorted_tables if table.name not in LEFT_OUT)

TABLES = tuple(table.name for table in _KEPT)
"""Those that are copied, each after the ones that its rows refer to."""

_R = tables.revisions.c


class NotRows(PlatformError):
    """Text that cannot be rows of the platform's tables."""


class NamedFile(NamedTuple):
    """A stored file that revisions name, with its checksum and size in bytes."""

    path: str
    sha256: str
    size: int


@contextmanager
def of_one_moment(database: Database, folder: Path) -> Iterator[Connection]:
    """Give a connection whose rows are of one moment, to be read at leisure.

    Writers do not wait for it: of a SQLite database a copy is read, which takes as long as its
    file takes to be copied.

    Parameters
    ----------
    folder : Path
        Where the copy can lie until the end.

    Raises
    ------
    DatabaseUnusable
        If it cannot be read or its tables are of another version.
    """
    file = database.file
    if file is not None:
        copy = folder / "rows.db"
        _copy_sqlite(file, copy)
        database = Database(f"sqlite:///{copy}")
    with database.reading() as connection:
        schema.check(connection)
        yield connection


def version(connection: Connection) -> str:
    """Version of the tables."""
    return schema.version(connection) or ""


def lines(connection: Connection, name: str) -> Iterator[bytes]:
    """The rows of a table, each as one line of JSON, in the order of its key."""
    table = tables.metadata.tables[name]
    for row in _rows(connection, table):
        values = {column: _portable(value) for column, value in row.items()}
        yield json.dumps(values, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has that is copied."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in _KEPT
    }


def named_files(connection: Connection) -> Iterator[NamedFile]:
    """Every stored file that revisions name, by path; twice if they disagree about it."""
    query = select(_R.path, _R.sha256, _R.size).distinct().order_by(_R.path, _R.sha256)
    for row in connection.execute(query, execution_options={"yield_per": FEW}):
        yield NamedFile(*row)


def rename_file(connection: Connection, path: str, new: str) -> None:
    """Have all revisions at a path name another one."""
    connection.execute(update(tables.revisions).where(_R.path == path).values(path=new))


def empty_database(file: Path, at: str, workers: frozenset[Worker]) -> Database:
    """Make a database of its own in a file, with the tables of a version.

    Raises
    ------
    DatabaseUnusable
        If this program does not know that version, because it is a newer one.
    """
    database = Database(f"sqlite:///{file}", workers=workers)
    with database.writing() as connection:
        try:
            schema.upgrade(connection, at)
        except CommandError as unknown:
            raise DatabaseUnusable(schema.NEWER) from unknown
    return database


def upgrade(database: Database) -> None:
    """Bring the tables to the version of this program."""
    with database.writing() as connection:
        schema.upgrade(connection)


def read_in(connection: Connection, name: str, text: Iterable[bytes]) -> int:
    """Insert the lines of a table, whose version may be an older one; how many.

    Raises
    ------
    NotRows
        If a line is no row of that table, or the rows contradict each other.
    """
    table = _table_as_it_is(connection, name)
    number = 0
    for few in _few(text):
        rows = [_row(table, line, number + place) for place, line in enumerate(few, start=1)]
        number += len(rows)
        try:
            connection.execute(insert(table), rows)
        except (IntegrityError, DataError, StatementError) as trouble:
            raise NotRows(f"The rows of {name} contradict each other or lack something.") from (
                trouble
            )
    return number


def replace_all(
    connection: Connection, source: Connection, next_numbers: Mapping[str, int] | None = None
) -> None:
    """Have all tables hold what another database holds; nobody is signed in any more.

    Parameters
    ----------
    next_numbers : mapping of str to int, optional
        The last number that was given in each table, see `last_numbers`; none is given twice.
    """
    for table in reversed(tables.metadata.sorted_tables):
        connection.execute(delete(table))
    for table in _KEPT:
        for few in _few(_rows(source, table)):
            connection.execute(insert(table), list(few))
    for table in _numbered():
        _go_on_after(connection, table, (next_numbers or {}).get(table.name, 0))


@contextmanager
def replacing(database: Database) -> Iterator[Connection]:
    """Give the one write transaction in which all rows are exchanged.

    There are tables of this version in it; where there was no database it is made.

    Raises
    ------
    DatabaseUnusable
        If what is there is damaged, another program's, or of a newer version.
    """
    file = database.file
    if file is not None and not file.exists():
        database.migrate()
    with _damage_in_the_way(), database.writing() as connection:
        if not is_sqlite(connection):
            postgresql.check(connection)
            postgresql.be_patient(connection)
        schema.upgrade(connection)
        yield connection


def last_numbers(connection: Connection) -> dict[str, int]:
    """The last number that was given to a row of each table, whether or not it is still there."""
    return {table.name: _last_number(connection, table) for table in _numbered()}


def holdings(database: Database) -> dict[str, int]:
    """How many users and topographies there are; none where there are no tables yet.

    Raises
    ------
    DatabaseUnusable
        If it cannot be read, or is another program's.
    """
    nothing = {"users": 0, "topographies": 0}
    file = database.file
    if file is not None and not file.exists():
        return nothing
    with _damage_in_the_way(), database.reading() as connection:
        if set(inspect(connection).get_table_names()) <= {schema.VERSION_TABLE}:
            return nothing
        try:
            schema.check(connection)
        except DatabaseUnusable as refusal:
            if str(refusal) != schema.OLDER:  # that holds something as well
                raise
        return held(connection)


def held(connection: Connection) -> dict[str, int]:
    """How many users and topographies there are."""
    return {
        name: connection.scalar(select(func.count()).select_from(table)) or 0
        for name, table in (("users", tables.user), ("topographies", tables.data_files))
    }


@contextmanager
def _damage_in_the_way() -> Iterator[None]:
    """Say what to do with a damaged database that is to be replaced."""
    try:
        yield
    except DatabaseUnusable as refusal:
        if str(refusal) not in (faults.DAMAGED, faults.FOREIGN):
            raise
        raise DatabaseUnusable(
            f"{str(refusal).split(';')[0].removesuffix('.')}; move its file away and do this again."
        ) from refusal


def _few(items: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """Some items at a time."""
    left = iter(items)
    while few := tuple(islice(left, FEW)):
        yield few


def is_sqlite(connection: Connection) -> bool:
    """Whether it is the file database."""
    return connection.dialect.name == "sqlite"


def _copy_sqlite(file: Path, copy: Path) -> None:
    """Copy the file of a database in one go, between two changes of others."""

    def refuse_to_wait_longer(status: int, _remaining: int, _total: int) -> None:
        if status in _BUSY:
            raise Busy(faults.BUSY)

    if not file.exists():
        raise DatabaseUnusable(faults.CANNOT_OPEN)
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with (
        faults.in_sentences(),
        closing(sqlite3.connect(file, timeout=PATIENCE_SECONDS)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target, progress=refuse_to_wait_longer)


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """The rows of a table in the order of its key; few are in memory at a time."""
    query = select(table).order_by(*table.primary_key)
    for row in connection.execute(query, execution_options={"yield_per": FEW}).mappings():
        yield {str(name): value for name, value in row.items()}


def _portable(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case _:
            return value


def _table_as_it_is(connection: Connection, name: str) -> Table:
    """A table with the columns that it has, which may be those of an older version."""
    try:
        table = Table(name, MetaData(), autoload_with=connection)
    except NoSuchTableError as trouble:
        raise NotRows(f"There is no table {name}.") from trouble
    for column in table.columns:
        if isinstance(column.type, JSON):
            column.type.none_as_null = bool(column.nullable)
    return table


def _row(table: Table, line: bytes, number: int) -> dict[str, Any]:
    refusal = NotRows(f"Line {number} of {table.name} is no row of that table.")
    try:
        values = json.loads(line)
        if not isinstance(values, dict) or set(values) != set(table.columns.keys()):
            raise refusal
        return {name: _as_stored(table.columns[name].type, value) for name, value in values.items()}
    except (ValueError, TypeError, binascii.Error) as trouble:
        raise refusal from trouble


def _as_stored(kind: Any, value: Any) -> Any:
    if value is None or isinstance(kind, JSON):
        return value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(value, dict | list):
        raise TypeError("no single value")
    return value


def _numbered() -> tuple[Table, ...]:
    """Tables that number their rows by themselves."""
    return tuple(table for table in _KEPT if table.autoincrement_column is not None)


def _sequence(connection: Connection, table: Table) -> str:
    column = table.autoincrement_column
    quoted = connection.dialect.identifier_preparer.format_table(table)
    name = "" if column is None else column.name
    return str(connection.scalar(select(func.pg_get_serial_sequence(quoted, name))))


def _last_number(connection: Connection, table: Table) -> int:
    if not is_sqlite(connection):
        query = f"SELECT last_value FROM {_sequence(connection, table)}"  # noqa: S608  its own name
        return int(connection.exec_driver_sql(query).scalar_one())
    found = connection.exec_driver_sql(
        "SELECT seq FROM sqlite_sequence WHERE name = ?", (table.name,)
    ).scalar()
    return max(int(found or 0), _highest(connection, table))


def _highest(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.max(table.autoincrement_column))) or 0


def _go_on_after(connection: Connection, table: Table, last: int) -> None:
    """Have the next row numbered after all that were ever given, here or where they come from."""
    reached = max(last, _last_number(connection, table), _highest(connection, table))
    if not is_sqlite(connection):
        connection.execute(select(func.setval(_sequence(connection, table), max(reached, 1))))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        run: Callable[..., Any] = connection.exec_driver_sql
        run("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, reached))
