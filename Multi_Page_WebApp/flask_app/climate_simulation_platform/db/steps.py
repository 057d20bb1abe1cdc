"""What is remembered of each step."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy import insert as insert_into

from climate_simulation_platform.constants import ORDER, FileType
from climate_simulation_platform.db import tables
from climate_simulation_platform.records import Cause, Result, Status, StepRecord

_S = tables.steps.c

OF_PERSONS = (Status.NEEDS_YOU.value, Status.REVIEW.value)
"""States in which a step waits for a person."""


def load(connection: Connection, data_file_id: int) -> dict[str, StepRecord]:
    """Every step of a data file, in the order in which they run."""
    rows = connection.execute(select(tables.steps).where(_S.data_file_id == data_file_id))
    known = {row.step: _record(row) for row in rows}
    return {step: known.get(step, StepRecord(step)) for step in ORDER}


def save(
    connection: Connection,
    data_file_id: int,
    records: Iterable[StepRecord],
    shown: Mapping[str, tuple[Status, str]],
    known: Collection[str],
) -> None:
    """Keep steps, with the status and the reason that pages show.

    Parameters
    ----------
    known : collection of str
        Those that were kept before.
    """
    for record in records:
        status, why = shown[record.step]
        values = {**_values(record), "status": status.value, "why": why}
        if record.step in known:
            place = (_S.data_file_id == data_file_id, _S.step == record.step)
            connection.execute(update(tables.steps).where(*place).values(values))
        else:
            values |= {"data_file_id": data_file_id, "step": record.step}
            connection.execute(insert_into(tables.steps).values(values))


def shown(connection: Connection, data_file_id: int) -> dict[str, tuple[Status, str]]:
    """Status and reason as they were last kept."""
    query = select(_S.step, _S.status, _S.why).where(_S.data_file_id == data_file_id)
    return {row.step: (Status(row.status), row.why) for row in connection.execute(query)}


def statuses(
    connection: Connection, data_file_ids: Collection[int]
) -> Mapping[int, Mapping[str, Status]]:
    """Status of every step of some data files."""
    found = {number: dict.fromkeys(ORDER, Status.NEVER) for number in data_file_ids}
    query = select(_S.data_file_id, _S.step, _S.status).where(_S.data_file_id.in_(data_file_ids))
    for row in connection.execute(query):
        if row.step in found[row.data_file_id]:
            found[row.data_file_id][row.step] = Status(row.status)
    return found


def needing_somebody(
    connection: Connection, data_file_ids: Collection[int]
) -> Mapping[int, frozenset[str]]:
    """Steps of some data files that wait for a person; those of deleted ones do not."""
    query = (
        select(_S.data_file_id, _S.step)
        .join_from(tables.steps, tables.data_files)
        .where(_S.data_file_id.in_(data_file_ids), _S.status.in_(OF_PERSONS))
        .where(tables.data_files.c.deleted.is_(None))
    )
    found: dict[int, frozenset[str]] = {}
    for number, step in connection.execute(query):
        found[number] = found.get(number, frozenset()) | {step}
    return found


def _values(record: StepRecord) -> dict[str, Any]:
    return {
        "version": record.version,
        "parameters": None if record.parameters is None else dict(record.parameters),
        "asked_by": record.asked_by,
        "wanted": None if record.wanted is None else record.wanted.value,
        "task_id": record.task_id,
        "result": record.result.value,
        "sentence": record.sentence,
        "inputs": {kind.value: number for kind, number in record.inputs.items()},
        "done_at": record.done_at,
        "replay": record.replay,
    }


def _record(row: Row[Any]) -> StepRecord:
    return StepRecord(
        step=row.step,
        version=row.version,
        parameters=row.parameters,
        asked_by=row.asked_by,
        wanted=None if row.wanted is None else Cause(row.wanted),
        task_id=row.task_id,
        result=Result(row.result),
        sentence=row.sentence,
        inputs={FileType(kind): number for kind, number in row.inputs.items()},
        done_at=row.done_at,
        replay=row.replay,
    )
