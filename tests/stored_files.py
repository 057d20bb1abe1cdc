"""Files of a real run as revisions of a data file, for tests of the pages that show them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile
from typing import Any

from climate_simulation_platform.constants import FileType, writers
from climate_simulation_platform.db import revisions
from climate_simulation_platform.examining import describe
from climate_simulation_platform.records import DataFile, Inputs, MadeFile, Revision
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import new_token


def keep(
    services: Services,
    data_file: DataFile,
    file_type: FileType,
    path: Path,
    *,
    step: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    inputs: Inputs | None = None,
    edited: bool = False,
) -> Revision:
    """Take a file in as the next revision of its type, the way a step or an editor does."""
    description = describe(path, file_type.value)
    with services.storage.incoming() as incoming:
        copyfile(path, incoming)
        stored = services.storage.adopt(incoming, data_file.id, file_type, new_token())
    made = MadeFile(
        file_type=file_type,
        path=stored.path,
        sha256=stored.sha256,
        size=stored.size,
        values_sha256=description.values_sha256,
        header=description.header,
        thumbnail=description.thumbnail,
        versions=description.versions,
    )
    task_id = new_token() if step and not edited else None
    origin = revisions.Origin("wegener", step, task_id, parameters or {}, inputs or {})
    with services.database.writing() as connection:
        return revisions.insert(connection, data_file.id, made, origin, now=datetime.now(UTC))


def keep_run(services: Services, data_file: DataFile, folder: Path) -> dict[FileType, Revision]:
    """Take in all files that `climate-sim run` wrote."""
    names = {FileType.RAW: "regrid.nc"}
    kept = {}
    for file_type in FileType:
        path = folder / names.get(file_type, f"{file_type}.nc")
        if path.exists():
            step = next(iter(writers(file_type)), "routing")
            kept[file_type] = keep(services, data_file, file_type, path, step=step)
    return kept
