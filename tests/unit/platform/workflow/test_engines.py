"""A step with two engines: who may be asked, and which one runs again."""

from pathlib import Path

import pytest

from climate_simulation_platform.constants import FileType, Worker
from climate_simulation_platform.db import Database
from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.records import Cause, DataFile, Status, Task
from climate_simulation_platform.workflow import transactions
from tests.platform_records import add_user, open_database
from tests.workflow_states import done, topography

WEIGHTS = "calculate_weights"
COMPUTED = ("regrid", "routing", "heatflow", "ahmcoef", "subbasins", WEIGHTS)


def add_file(database: Database) -> DataFile:
    return topography(database, add_user(database))


def ask(database: Database, file: DataFile, step: str, **parameters: str) -> None:
    transactions.request_step(database, file.id, step, parameters, user="ada")


def work_off(database: Database) -> list[Task]:
    found = []
    while task := transactions.claim_task(database, "worker", COMPUTED):
        done(database, task)
        found.append(task)
    return found


def prepared(database: Database) -> DataFile:
    """A topography with bathymetry, ocean grid and basins."""
    file = add_file(database)
    for step in ("regrid", "routing", "subbasins"):
        ask(database, file, step)
        work_off(database)
    return file


def status_of(database: Database, file: DataFile) -> Status:
    return transactions.workflow_view(database, file.id)[WEIGHTS].status


def opened(folder: Path, *workers: Worker) -> Database:
    return open_database(folder, workers=frozenset({Worker.PYTHON, *workers}))


@pytest.mark.parametrize("engine", ["mosaic", "mosaix"])
def test_a_change_before_it_runs_the_engine_used_last(tmp_path: Path, engine: str) -> None:
    database = opened(tmp_path, Worker.MOSAIC, Worker.MOSAIX)
    file = prepared(database)
    other = {"mosaic": "mosaix", "mosaix": "mosaic"}[engine]
    for name in (other, engine):
        ask(database, file, WEIGHTS, engine=name, simulation="lutetian")
        work_off(database)
    ask(database, file, "routing")
    again = [task for task in work_off(database) if task.step == WEIGHTS]
    assert [(task.parameters, task.cause) for task in again] == [
        ({"engine": engine, "simulation": "lutetian"}, Cause.DEPENDENCY)
    ]
    assert status_of(database, file) is Status.UP_TO_DATE


def test_an_engine_that_nobody_runs_is_refused_in_a_sentence(tmp_path: Path) -> None:
    database = opened(tmp_path, Worker.MOSAIX)
    file = prepared(database)
    with pytest.raises(RequestRefused, match="engine mosaic is not installed here; choose mosaix"):
        ask(database, file, WEIGHTS, engine="mosaic")
    assert work_off(database) == []
    ask(database, file, WEIGHTS, engine="mosaix")
    assert [task.step for task in work_off(database)] == [WEIGHTS]


def test_without_any_engine_nothing_can_be_asked_for(tmp_path: Path) -> None:
    database = opened(tmp_path)
    file = prepared(database)
    with pytest.raises(RequestRefused, match="has no worker in this installation"):
        ask(database, file, WEIGHTS, engine="mosaic")


def test_it_waits_out_of_date_where_its_engine_has_gone(tmp_path: Path) -> None:
    before = opened(tmp_path, Worker.MOSAIC)
    file = prepared(before)
    ask(before, file, WEIGHTS, engine="mosaic")
    work_off(before)
    now = opened(tmp_path, Worker.MOSAIX)
    ask(now, file, "routing")
    assert WEIGHTS not in [task.step for task in work_off(now)]
    assert status_of(now, file) is Status.OUT_OF_DATE


def test_an_archive_is_edited_by_nobody(tmp_path: Path) -> None:
    database = opened(tmp_path)
    file = add_file(database)
    with pytest.raises(RequestRefused, match="cannot be edited"):
        transactions.editable(database, file.id, FileType.WEIGHTS)
