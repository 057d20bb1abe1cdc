"""Data files whose steps are in every state, made by the platform's own transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from climate_simulation_platform.constants import STEPS, FileType, Worker, steps_of
from climate_simulation_platform.db import Database, files, revisions
from climate_simulation_platform.db.revisions import Origin
from climate_simulation_platform.records import (
    About,
    Coordinates,
    DataFile,
    MadeFile,
    Revision,
    SavedEdit,
    Task,
    User,
)
from climate_simulation_platform.workflow import transactions

WORKER = "worker-1"


def made(file_type: FileType, name: str, **more: Any) -> MadeFile:
    """A file without bytes."""
    header: dict[str, Any] = {"variables": [], "dimensions": [], "attributes": {}, "first": None}
    return MadeFile(file_type, f"0/{file_type}.{name}.nc", name, name, 1, header, **more)


def topography(
    database: Database,
    user: User,
    name: str = "Eocene 40 Ma",
    coordinates: Coordinates = Coordinates.CONFIRMED,
    variables: Sequence[str] = (),
) -> DataFile:
    """A data file with its upload, which has these fields."""
    now = datetime.now(UTC)
    with database.writing() as connection:
        new = files.NewFile(About(name), "eocene.nc", coordinates, {"variable": "topo"})
        data_file = files.insert(connection, user.id, new, now=now)
        fields = [{"name": v, "dims": ["lat", "lon"], "drawable": True} for v in variables]
        raw = replace(
            made(FileType.RAW, f"upload{data_file.id}"),
            header={"variables": fields, "first": next(iter(variables), None)},
        )
        revisions.insert(connection, data_file.id, raw, Origin(user.username), now=now)
    return data_file


def ask(
    database: Database, data_file: DataFile, step: str, parameters: Mapping[str, Any] | None = None
) -> None:
    """Ask for a step as a page does."""
    transactions.request_step(database, data_file.id, step, parameters or {}, user="wegener")


def take(database: Database) -> Task:
    """Take the next task as a worker does."""
    task = transactions.claim_task(database, WORKER, steps_of(Worker.PYTHON))
    assert task is not None
    return task


def done(database: Database, task: Task) -> None:
    """End a task with new files."""
    kinds = (*STEPS[task.step].makes, *STEPS[task.step].writes)
    finished = transactions.finish_task(
        database, task, [made(kind, f"{task.id}-{kind}") for kind in kinds]
    )
    assert finished.counted


def all_done(database: Database) -> None:
    """Do all that waits."""
    while task := transactions.claim_task(database, WORKER, steps_of(Worker.PYTHON)):
        done(database, task)


def edited(database: Database, data_file: DataFile, user: User, step: str) -> Revision:
    """Save an edit of what a person's step makes, as its editor does."""
    file_type = STEPS[step].edits
    assert file_type is not None
    now = transactions.editable(database, data_file.id, file_type).inputs
    inputs = {kind: revision.revision for kind, revision in now.items()}
    file = made(file_type, f"edit{data_file.id}-{inputs}", description="Opened the strait")
    edit = SavedEdit(inputs, {"edits": 2})
    return transactions.save_edit(database, data_file.id, file, edit, user=user)[0]


def repeat_edits(
    database: Database, data_file: DataFile, step: str, *, wanted: bool = True
) -> None:
    """Choose that edits repeat by themselves, or that they do not."""
    transactions.choose_replay(database, data_file.id, step, wanted, user="wegener")
