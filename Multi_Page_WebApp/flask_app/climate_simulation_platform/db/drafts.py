"""Edits that were kept and not saved, one row each, so that only what is new is written."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, literal, select, update
from sqlalchemy import insert as insert_into

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import tables
from climate_simulation_platform.records import Draft, Kept, Place

_D = tables.drafts.c
_E = tables.draft_edits.c


class LastChange(NamedTuple):
    """Version of a draft, and who made it when."""

    version: int
    changed_by: str
    changed: datetime


def get(connection: Connection, data_file_id: int, place: Place) -> Draft | None:
    """The draft of a place."""
    row = connection.execute(select(tables.drafts).where(*_at(data_file_id, place))).one_or_none()
    if row is None:
        return None
    texts = select(_E.text).where(_E.draft_id == row.id).order_by(_E.number)
    return _draft(row, tuple(connection.scalars(texts)))


def heads(connection: Connection, data_file_id: int) -> tuple[Draft, ...]:
    """All drafts of a data file without the edits themselves, the newest first."""
    query = select(tables.drafts).where(_D.data_file_id == data_file_id)
    rows = connection.execute(query.order_by(_D.changed.desc(), _D.id.desc()))
    return tuple(_draft(row, ()) for row in rows)


def keep(
    connection: Connection,
    data_file_id: int,
    place: Place,
    kept: Kept,
    *,
    user: str,
    now: datetime,
) -> int:
    """Write what is new in a draft; its new version."""
    values = _values(kept) | {"changed_by": user, "changed": now}
    query = (
        update(tables.drafts)
        .where(*_at(data_file_id, place))
        .values(**values, version=_D.version + 1)
        .returning(_D.id, _D.version)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        new = {**_key(data_file_id, place), **values, "version": 1}
        query_new = insert_into(tables.drafts).values(new).returning(_D.id, _D.version)
        row = connection.execute(query_new).one()
    _keep_edits(connection, row.id, kept)
    return int(row.version)


def last_change(connection: Connection, data_file_id: int, place: Place) -> LastChange | None:
    """Version of a draft, and who made it when."""
    query = select(_D.version, _D.changed_by, _D.changed).where(*_at(data_file_id, place))
    row = connection.execute(query).one_or_none()
    return None if row is None else LastChange(*row)


def drop(connection: Connection, data_file_id: int, place: Place) -> None:
    """Forget a draft."""
    connection.execute(delete(tables.drafts).where(*_at(data_file_id, place)))


def copy(connection: Connection, data_file_id: int, copy_id: int) -> None:
    """Give a data file the drafts of another."""
    names = [column.name for column in _D if column.name not in ("id", "data_file_id")]
    columns = [_D[name] for name in names]
    originals = select(literal(copy_id), *columns).where(_D.data_file_id == data_file_id)
    connection.execute(
        insert_into(tables.drafts).from_select(["data_file_id", *names], originals.order_by(_D.id))
    )
    theirs = tables.drafts.alias()
    same = [theirs.c[name] == _D[name] for name in ("editor", "file_type", "variable", "level")]
    edits = (
        select(theirs.c.id, _E.number, _E.text)
        .join_from(tables.drafts, tables.draft_edits)
        .join(theirs, theirs.c.data_file_id == copy_id)
        .where(_D.data_file_id == data_file_id, *same)
    )
    connection.execute(
        insert_into(tables.draft_edits).from_select(["draft_id", "number", "text"], edits)
    )


def _draft(row: Row[Any], texts: tuple[str, ...]) -> Draft:
    place = Place(row.editor, FileType(row.file_type), row.variable, tuple(json.loads(row.level)))
    return Draft(
        place=place,
        inputs={FileType(kind): number for kind, number in row.inputs.items()},
        head=row.head,
        base_sha256=row.base_sha256,
        values_sha256=row.values_sha256,
        texts=texts,
        done=row.done,
        marks=row.marks,
        version=row.version,
        changed_by=row.changed_by,
        changed=row.changed,
    )


def _keep_edits(connection: Connection, number: int, kept: Kept) -> None:
    gone = (_E.draft_id == number, _E.number >= kept.stay)
    connection.execute(delete(tables.draft_edits).where(*gone))
    last = connection.scalar(select(func.max(_E.number)).where(_E.draft_id == number))
    if (-1 if last is None else last) + 1 != kept.stay:
        raise ValueError(f"There are no {kept.stay} edits that could stay.")
    rows = [
        {"draft_id": number, "number": place, "text": text}
        for place, text in enumerate(kept.more, start=kept.stay)
    ]
    if rows:
        connection.execute(insert_into(tables.draft_edits), rows)


def _at(data_file_id: int, place: Place) -> list[ColumnElement[bool]]:
    return [_D[name] == value for name, value in _key(data_file_id, place).items()]


def _key(data_file_id: int, place: Place) -> dict[str, Any]:
    return {
        "data_file_id": data_file_id,
        "editor": place.editor,
        "file_type": place.file_type.value,
        "variable": place.variable,
        "level": json.dumps(list(place.level)),
    }


def _values(kept: Kept) -> dict[str, Any]:
    return {
        "inputs": {kind.value: number for kind, number in kept.inputs.items()},
        "head": kept.head,
        "base_sha256": kept.base_sha256,
        "values_sha256": kept.values_sha256,
        "done": kept.done,
        "marks": dict(kept.marks),
    }
