"""The versions of every file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, literal, select
from sqlalchemy import insert as insert_into

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import tables
from climate_simulation_platform.records import REPEAT, Inputs, MadeFile, Parameters, Revision
from climate_simulation_platform.workflow.model import Known

_R = tables.revisions.c

OWN = ("id", "data_file_id")
"""Columns that a copy has of its own."""


@dataclass(frozen=True)
class Origin:
    """What a revision comes from.

    Parameters
    ----------
    created_by : str
        User name.
    step : str or None
        What wrote it; None for an upload.
    """

    created_by: str
    step: str | None = None
    task_id: str | None = None
    parameters: Parameters = field(default_factory=dict)
    input_revisions: Inputs = field(default_factory=dict)


def insert(
    connection: Connection, data_file_id: int, made: MadeFile, origin: Origin, *, now: datetime
) -> Revision:
    """Keep a file that was made as the next revision of its type, with what pages show of it."""
    of_type = (_R.data_file_id == data_file_id, _R.file_type == made.file_type.value)
    last = connection.scalar(select(func.max(_R.revision)).where(*of_type))
    values = {
        "data_file_id": data_file_id,
        "file_type": made.file_type.value,
        "revision": (last or 0) + 1,
        "path": made.path,
        "created": now,
        "created_by": origin.created_by,
        "step": origin.step,
        "task_id": origin.task_id,
        "parameters": dict(origin.parameters),
        "input_revisions": {kind.value: n for kind, n in origin.input_revisions.items()},
        "sha256": made.sha256,
        "values_sha256": made.values_sha256,
        "size": made.size,
        "versions": dict(made.versions),
        "description": made.description,
        "moves_coastline": made.moves_coastline,
    }
    row = connection.execute(insert_into(tables.revisions).values(values).returning(_R.id)).one()
    connection.execute(
        insert_into(tables.revision_details).values(
            revision_id=row.id, header=dict(made.header), thumbnail=made.thumbnail
        )
    )
    return _one(connection, select(tables.revisions).where(_R.id == row.id))


def of_file(
    connection: Connection, data_file_id: int, file_type: FileType | None = None
) -> tuple[Revision, ...]:
    """All of a data file or of one of its types, newest first."""
    query = select(tables.revisions).where(_R.data_file_id == data_file_id)
    if file_type is not None:
        query = query.where(_R.file_type == file_type.value)
    return tuple(_revision(row) for row in connection.execute(query.order_by(_R.id.desc())))


def newest(connection: Connection, data_file_id: int) -> Mapping[FileType, Revision]:
    """The newest of every type that there is."""
    found: dict[FileType, Revision] = {}
    for revision in of_file(connection, data_file_id):
        found.setdefault(revision.file_type, revision)
    return found


def get(
    connection: Connection, data_file_id: int, file_type: FileType, revision: int | None = None
) -> Revision | None:
    """One revision, the newest unless a number is given."""
    query = select(tables.revisions).where(
        _R.data_file_id == data_file_id, _R.file_type == file_type.value
    )
    if revision is not None:
        query = query.where(_R.revision == revision)
    row = connection.execute(query.order_by(_R.revision.desc()).limit(1)).one_or_none()
    return None if row is None else _revision(row)


def by_id(connection: Connection, revision_id: int) -> Revision | None:
    """The revision of that number among all."""
    row = connection.execute(select(tables.revisions).where(_R.id == revision_id)).one_or_none()
    return None if row is None else _revision(row)


def values_of(
    connection: Connection, data_file_id: int, file_type: FileType
) -> tuple[tuple[str | None, str], ...]:
    """Writer and checksum of the values of each revision of a type, newest first."""
    query = (
        select(_R.step, _R.values_sha256)
        .where(_R.data_file_id == data_file_id, _R.file_type == file_type.value)
        .order_by(_R.revision.desc())
    )
    return tuple((row.step, row.values_sha256) for row in connection.execute(query))


def known(connection: Connection, data_file_id: int) -> tuple[Known, ...]:
    """All of a data file as the rules see them."""
    by_person = _R.step.is_not(None) & _R.task_id.is_(None)
    edited = case((by_person, _R.revision), else_=_R.parameters[REPEAT].as_integer())
    query = select(_R.file_type, _R.revision, _R.step, _R.moves_coastline, edited)
    rows = connection.execute(query.where(_R.data_file_id == data_file_id).order_by(_R.id))
    return tuple(Known(FileType(kind), *values) for kind, *values in rows)


def of_task(connection: Connection, task_id: str) -> tuple[Revision, ...]:
    """What a task wrote."""
    query = select(tables.revisions).where(_R.task_id == task_id).order_by(_R.id)
    return tuple(_revision(row) for row in connection.execute(query))


def copy(connection: Connection, data_file_id: int, copy_id: int) -> None:
    """Give a data file the revisions of another; both share the files on the disk."""
    names = [column.name for column in tables.revisions.c if column.name not in OWN]
    columns = [tables.revisions.c[name] for name in names]
    originals = select(literal(copy_id), *columns).where(_R.data_file_id == data_file_id)
    connection.execute(
        insert_into(tables.revisions).from_select(
            ["data_file_id", *names], originals.order_by(_R.id)
        )
    )
    theirs, details = tables.revisions.alias(), tables.revision_details.c
    same = (
        theirs.c.data_file_id == copy_id,
        theirs.c.file_type == _R.file_type,
        theirs.c.revision == _R.revision,
    )
    query = (
        select(theirs.c.id, details.header, details.thumbnail)
        .join_from(tables.revisions, tables.revision_details)
        .join(theirs, and_(*same))
        .where(_R.data_file_id == data_file_id)
    )
    connection.execute(
        insert_into(tables.revision_details).from_select(
            ["revision_id", "header", "thumbnail"], query
        )
    )


def header(connection: Connection, revision_id: int) -> Mapping[str, Any]:
    """Dimensions, variables and attributes; empty if there is no such revision."""
    details = tables.revision_details.c
    found = connection.scalar(select(details.header).where(details.revision_id == revision_id))
    return found or {}


def thumbnail(connection: Connection, revision_id: int) -> bytes:
    """A small PNG; empty if there is none."""
    details = tables.revision_details.c
    found = connection.scalar(select(details.thumbnail).where(details.revision_id == revision_id))
    return found or b""


def size_of_user(connection: Connection, user_id: int) -> int:
    """Room that a user's files take on the disk [bytes]; a shared file counts once."""
    own = (
        select(_R.path, func.max(_R.size).label("size"))
        .join_from(tables.revisions, tables.data_files)
        .where(tables.data_files.c.user_id == user_id)
        .group_by(_R.path)
        .subquery()
    )
    return int(connection.scalar(select(func.sum(own.c.size))) or 0)


def path_in_use(connection: Connection, path: str) -> bool:
    """Whether any revision is kept at that path."""
    return connection.scalar(select(_R.id).where(_R.path == path).limit(1)) is not None


def every_path(connection: Connection) -> frozenset[str]:
    """Paths of all revisions."""
    return frozenset(connection.scalars(select(_R.path).distinct()))


def _one(connection: Connection, query: Select[Any]) -> Revision:
    return _revision(connection.execute(query).one())


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        id=row.id,
        data_file_id=row.data_file_id,
        file_type=FileType(row.file_type),
        revision=row.revision,
        path=row.path,
        created=row.created,
        created_by=row.created_by,
        step=row.step,
        task_id=row.task_id,
        parameters=row.parameters,
        input_revisions={FileType(kind): n for kind, n in row.input_revisions.items()},
        sha256=row.sha256,
        size=row.size,
        versions=row.versions,
        description=row.description,
        moves_coastline=row.moves_coastline,
    )
