"""Records for tests of the platform: a database, a user, topographies, files that were made."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from climate_simulation_platform.constants import STEPS, FileType, Worker
from climate_simulation_platform.db import Database, files, users
from climate_simulation_platform.records import About, Coordinates, DataFile, MadeFile, Task, User
from climate_simulation_platform.workflow import transactions
from tests.postgresql import address

PNG = b"\x89PNG"


def open_database(folder: Path, **options: Any) -> Database:
    """A database with its tables for a folder of the test."""
    database = Database(address(folder, migrated=True), **options)
    database.migrate()
    return database


def all_workers() -> frozenset[Worker]:
    return frozenset({Worker.PYTHON, Worker.MOSAIC})


def add_user(database: Database, username: str = "ada") -> User:
    with database.writing() as connection:
        return users.add(connection, username, "kept", now=datetime.now(UTC))


def user_names(database: Database) -> list[str]:
    with database.reading() as connection:
        return [user.username for user in users.every(connection)]


def add_users_until_full(database: Database) -> None:
    """Write 10 MB that cannot be compressed in one transaction."""
    with database.writing() as connection:
        for number in range(100):
            users.add(connection, f"user{number}", token_urlsafe(75_000), now=datetime.now(UTC))


def checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def made_file(
    file_type: FileType, path: str, values: str = "", size: int = 1000, **more: Any
) -> MadeFile:
    """A file with some values, which only its checksum tells."""
    return MadeFile(
        file_type=file_type,
        path=path,
        sha256=checksum(path),
        values_sha256=checksum(values or path),
        size=size,
        header={"dimensions": {"lat": 180, "lon": 360}, "title": "Éocène"},
        thumbnail=PNG,
        versions={"climpy": "0.1.0"},
        **more,
    )


def new_file(
    name: str = "Eocene", coordinates: Coordinates = Coordinates.TO_CONFIRM
) -> files.NewFile:
    about = About(name, "Author et al. (2020)", 55.0, "open gateway")
    return files.NewFile(about, f"{name}.nc", coordinates, {"variable": "topo"})


def add_file(database: Database, user: User, name: str = "Eocene", **options: Any) -> DataFile:
    """A topography whose coordinates were confirmed."""
    raw = made_file(FileType.RAW, f"{name}/raw.nc")
    file = transactions.create_file(database, user, new_file(name), raw, **options)
    return transactions.confirm_coordinates(database, file.id, user=user.username)


def made_by(task: Task, values: Mapping[FileType, str] | None = None) -> list[MadeFile]:
    """The files that a worker would make of a task."""
    return [
        made_file(kind, f"{task.data_file_id}/{kind}.{task.id}.nc", (values or {}).get(kind, ""))
        for kind in (*STEPS[task.step].writes, *STEPS[task.step].makes)
    ]


def work_off(database: Database, worker: str = "worker") -> list[Task]:
    """Do everything that waits; the tasks in the order in which they were done."""
    done = []
    while (task := transactions.claim_task(database, worker, list(STEPS))) is not None:
        assert transactions.finish_task(database, task, made_by(task)).counted
        done.append(task)
    return done
