"""Questions that tell whether all rows are as they have to be."""

from collections.abc import Iterator

from sqlalchemy import Connection, exists, func, select

from climate_simulation_platform.db import tables
from climate_simulation_platform.db.dump import is_sqlite

_R = tables.revisions.c


def live_tasks(connection: Connection) -> frozenset[str]:
    """Numbers of the tasks that wait or run."""
    return frozenset(connection.scalars(select(tables.tasks.c.id).where(tables.LIVE)))


def broken_rules(connection: Connection) -> tuple[str, ...]:
    """What SQLite finds wrong with its own file and with references between rows.

    Another database sees to that itself.
    """
    if not is_sqlite(connection):
        return ()
    damage = connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars().all()
    if damage != ["ok"]:
        return tuple(str(fault) for fault in damage)
    strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return tuple(f"row {row} of {table} refers to no {parent}" for table, row, parent, _ in strays)


def gaps(connection: Connection) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Data file, file type and numbers of those revisions that are not numbered from 1 on."""
    kind = (_R.data_file_id, _R.file_type)
    counted = func.count() != func.max(_R.revision)
    query = select(*kind).group_by(*kind).having(counted | (func.min(_R.revision) != 1))
    for data_file_id, file_type in connection.execute(query.order_by(*kind)).all():
        numbers = select(_R.revision).where(
            _R.data_file_id == data_file_id, _R.file_type == file_type
        )
        yield data_file_id, file_type, tuple(connection.scalars(numbers.order_by(_R.revision)))


def waiting_in_vain(connection: Connection) -> tuple[tuple[int, str, str], ...]:
    """Data file, step and task of those steps that wait for a task that is no more."""
    steps, tasks = tables.steps.c, tables.tasks.c
    lives = exists().where(tasks.id == steps.task_id, tables.LIVE)
    query = select(steps.data_file_id, steps.step, steps.task_id)
    query = query.where(steps.task_id.is_not(None), ~lives)
    rows = connection.execute(query.order_by(steps.data_file_id, steps.step))
    return tuple((row.data_file_id, row.step, row.task_id) for row in rows)
