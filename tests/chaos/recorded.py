"""What the records say of tasks, read without the platform's own queries."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database


@dataclass(frozen=True)
class Run:
    """A task as it is recorded."""

    id: str
    data_file_id: int
    step: str
    state: str
    cause: str
    parameters: Mapping[str, object]
    inputs: Mapping[FileType, int]
    ended: str
    told: bool
    deaths: int
    attempts: int


_COLUMNS = (
    "id, data_file_id, step, state, cause, parameters, input_revisions, ended, told, deaths, "
    "attempts"
)


def every_run(database: Database) -> list[Run]:
    """All tasks, in the order in which they were asked for."""
    with database.reading() as connection:
        rows = connection.exec_driver_sql(f"select {_COLUMNS} from tasks order by number").all()
    return [_run(*row) for row in rows]


def routings_done(database: Database, number: int) -> int:
    """How many routings of a topography were done."""
    query = "select count(*) from tasks where data_file_id = ? and step = ? and state = ?"
    with database.reading() as connection:
        row = connection.exec_driver_sql(query, (number, "routing", "done")).one()
    return int(row[0])


def untold(database: Database) -> int:
    """Ends that nobody was told of, and tasks that wait or run."""
    states = Counter(run.state for run in every_run(database) if not run.told)
    return sum(states.values()) - states["superseded"]


def values_of_newest(database: Database, number: int) -> dict[FileType, str]:
    """Checksum of the values of the newest file of each type."""
    query = (
        "select file_type, values_sha256 from revisions where data_file_id = ? order by revision"
    )
    with database.reading() as connection:
        rows = connection.exec_driver_sql(query, (number,)).all()
    return {FileType(kind): values for kind, values in rows}


def _run(*row: object) -> Run:
    number, file, step, state, cause, parameters, inputs, ended, told, deaths, attempts = row
    return Run(
        id=str(number),
        data_file_id=int(str(file)),
        step=str(step),
        state=str(state),
        cause=str(cause),
        parameters=json.loads(str(parameters)),
        inputs={FileType(kind): n for kind, n in json.loads(str(inputs)).items()},
        ended=str(ended),
        told=told is not None,
        deaths=int(str(deaths)),
        attempts=int(str(attempts)),
    )
