"""Data files: each one topography and all that is made from it."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, cast, func, or_, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy import insert as insert_into

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import steps, tables, tasks
from climate_simulation_platform.records import About, Coordinates, DataFile, Status

_F = tables.data_files.c
_R = tables.revisions.c

LIVE = (Status.QUEUED, Status.RUNNING)


class Order(StrEnum):
    """How a list can be sorted."""

    CHANGED = "changed"
    """The newest change first."""

    NAME = "name"
    AGE = "age"
    """The youngest first, those without an age last."""

    SIZE = "size"
    """The largest first."""


@dataclass(frozen=True)
class ListedFile:
    """A data file as the list shows it.

    Parameters
    ----------
    statuses : mapping
        Status of every step, in the order in which they run.
    newest_raw : int or None
        Number among all revisions of the newest topography, for its picture.
    size : int
        What all its revisions take on the disk [bytes].
    """

    file: DataFile
    statuses: Mapping[str, Status]
    newest_raw: int | None
    size: int = 0

    @property
    def live(self) -> bool:
        """Whether any step waits or runs."""
        at_work = any(status in LIVE for status in self.statuses.values())
        return at_work and self.file.deleted is None


@dataclass(frozen=True)
class FilesPage:
    """Part of a user's data files.

    Parameters
    ----------
    total : int
        How many there are in all.
    """

    total: int
    files: tuple[ListedFile, ...]


@dataclass(frozen=True)
class NewFile:
    """A data file that has no number yet.

    Parameters
    ----------
    original_name : str
        As the user's machine called it.
    understanding : mapping
        What was understood of it, ready for JSON.
    """

    about: About
    original_name: str
    coordinates: Coordinates
    understanding: Mapping[str, Any]
    sent_by: str | None = None


def insert(connection: Connection, user_id: int, new: NewFile, *, now: datetime) -> DataFile:
    """Keep a new data file."""
    values = {
        "user_id": user_id,
        **_about(new.about, new.original_name),
        "original_name": new.original_name,
        "coordinates": new.coordinates.value,
        "understanding": dict(new.understanding),
        "sent_by": new.sent_by,
        "created": now,
        "changed": now,
    }
    query = insert_into(tables.data_files).values(values).returning(_F.id)
    number = connection.execute(query).scalar_one()
    return _file(connection.execute(select(tables.data_files).where(_F.id == number)).one())


def get(connection: Connection, data_file_id: int, *, deleted: bool = False) -> DataFile | None:
    """The data file of that number; one that was deleted only if asked for."""
    return _found(connection, deleted, _F.id == data_file_id)


def owned(
    connection: Connection, data_file_id: int, user_id: int, *, deleted: bool = False
) -> DataFile | None:
    """The same, if it belongs to the user; None for another's, as for one that is not there."""
    return _found(connection, deleted, _F.id == data_file_id, _F.user_id == user_id)


def page(
    connection: Connection,
    user_id: int,
    *,
    search: str = "",
    deleted: bool = False,
    order: Order = Order.CHANGED,
    offset: int = 0,
    limit: int = 50,
) -> FilesPage:
    """A user's data files; every word that is searched must occur.

    What was understood of them, which can be long, is left out.
    """
    conditions = [
        _F.user_id == user_id,
        _F.deleted.is_not(None) if deleted else _F.deleted.is_(None),
    ]
    conditions += [_F.searched.contains(word, autoescape=True) for word in _folded(search).split()]
    total = connection.scalar(
        select(func.count()).select_from(tables.data_files).where(*conditions)
    )
    raw = (
        select(func.max(_R.id))
        .where(_R.data_file_id == _F.id, _R.file_type == FileType.RAW.value)
        .scalar_subquery()
    )
    size = (
        select(cast(func.coalesce(func.sum(_R.size), 0), BigInteger))
        .where(_R.data_file_id == _F.id)
        .scalar_subquery()
        .label("size")
    )
    sorting = {
        Order.CHANGED: (),
        Order.NAME: (func.lower(_F.name),),
        Order.AGE: (_F.age_ma.is_(None), _F.age_ma),
        Order.SIZE: (size.desc(),),
    }
    shown_columns = [column for column in _F if column is not _F.understanding]
    query = select(*shown_columns, raw.label("newest_raw"), size).where(*conditions)
    query = query.order_by(*sorting[order], _F.changed.desc(), _F.id.desc())
    rows = connection.execute(query.offset(offset).limit(limit)).all()
    shown = steps.statuses(connection, [row.id for row in rows])
    listed = tuple(
        ListedFile(_file(row, {}), shown[row.id], row.newest_raw, row.size) for row in rows
    )
    return FilesPage(total or 0, listed)


def busy(connection: Connection) -> tuple[int, ...]:
    """Data files, deleted ones as well, in which a step waits or runs or a task is live."""
    steps_at_work = select(tables.steps.c.data_file_id).where(
        or_(tables.steps.c.wanted.is_not(None), tables.steps.c.task_id.is_not(None))
    )
    live_tasks = select(tables.tasks.c.data_file_id).where(tables.tasks.c.state.in_(tasks.LIVE))
    return tuple(sorted(connection.scalars(steps_at_work.union(live_tasks))))


def set_about(connection: Connection, data_file_id: int, about: About, *, now: datetime) -> None:
    """Keep what is said of a data file."""
    original = connection.scalar(select(_F.original_name).where(_F.id == data_file_id)) or ""
    _change(connection, data_file_id, **_about(about, original), changed=now)


def set_understanding(
    connection: Connection,
    data_file_id: int,
    coordinates: Coordinates,
    understanding: Mapping[str, Any],
    *,
    now: datetime,
) -> None:
    """Keep what is known of the coordinates."""
    _change(
        connection,
        data_file_id,
        coordinates=coordinates.value,
        understanding=dict(understanding),
        changed=now,
    )


def touch(connection: Connection, data_file_id: int, *, now: datetime) -> None:
    """Remember a change."""
    _change(connection, data_file_id, changed=now)


def give(
    connection: Connection, data_file_id: int, user_id: int, *, sent_by: str, now: datetime
) -> None:
    """Make somebody else the owner."""
    _change(connection, data_file_id, user_id=user_id, sent_by=sent_by, changed=now)


def delete(connection: Connection, data_file_id: int, *, now: datetime) -> None:
    """Take it from the lists; it can be restored until it is purged."""
    _change(connection, data_file_id, deleted=now)


def restore(connection: Connection, data_file_id: int, *, now: datetime) -> None:
    """Put it back into the lists."""
    _change(connection, data_file_id, deleted=None, changed=now)


def purge(connection: Connection, *, before: datetime) -> tuple[str, ...]:
    """Forget data files that were deleted before; the paths that nobody uses any more."""
    old = select(_F.id).where(_F.deleted < before)
    query = select(_R.path).where(_R.data_file_id.in_(old)).distinct()
    paths = set(connection.scalars(query))
    connection.execute(delete_from(tables.data_files).where(_F.deleted < before))
    used = set(connection.scalars(select(_R.path).distinct())) if paths else set()
    return tuple(sorted(paths - used))


def _found(
    connection: Connection, deleted: bool, *conditions: ColumnElement[bool]
) -> DataFile | None:
    query = select(tables.data_files).where(*conditions)
    if not deleted:
        query = query.where(_F.deleted.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else _file(row)


def _change(connection: Connection, data_file_id: int, **values: Any) -> None:
    query = update(tables.data_files).where(_F.id == data_file_id)
    connection.execute(query.values(**values))


def _about(about: About, original_name: str) -> dict[str, Any]:
    said = (about.name, original_name, about.reference, about.hypothesis)
    return {
        "name": about.name,
        "reference": about.reference,
        "age_ma": about.age_ma,
        "hypothesis": about.hypothesis,
        "searched": _folded("\n".join(said)),
    }


def _folded(text: str) -> str:
    """Text without case; accents are kept, however they were typed."""
    return unicodedata.normalize("NFKC", text).casefold()


def _file(row: Row[*tuple[Any, ...]], understanding: Mapping[str, Any] | None = None) -> DataFile:
    return DataFile(
        id=row.id,
        user_id=row.user_id,
        about=About(row.name, row.reference, row.age_ma, row.hypothesis),
        original_name=row.original_name,
        coordinates=Coordinates(row.coordinates),
        understanding=row.understanding if understanding is None else understanding,
        created=row.created,
        changed=row.changed,
        sent_by=row.sent_by,
        deleted=row.deleted,
    )
