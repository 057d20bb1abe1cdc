"""A backup of an installation at work: rows of one moment, and the files that they name."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from climate_simulation_platform.db import Database, dump, revisions
from climate_simulation_platform.db.dump import NamedFile
from climate_simulation_platform.safekeeping.archive import NewArchive
from climate_simulation_platform.safekeeping.manifest import (
    BackupRefused,
    Manifest,
    Member,
    Progress,
    untold,
)
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.version import VERSION

MOST_TIMES = 3
"""How often the rows are taken anew because files were removed meanwhile."""


@dataclass(frozen=True)
class Rows:
    """All rows of one moment.

    Parameters
    ----------
    texts : mapping of str to Path
        The rows of each table, in a file.
    """

    schema: str
    taken: datetime
    counts: Mapping[str, int]
    last_numbers: Mapping[str, int]
    files: tuple[NamedFile, ...]
    texts: Mapping[str, Path]

    @property
    def size(self) -> int:
        """Of all files [bytes]."""
        return sum({file.path: file.size for file in self.files}.values())


def back_up(
    database: Database,
    storage: Storage,
    folder: Path,
    *,
    incomplete: bool = False,
    progress: Progress = untold,
) -> tuple[Path, Manifest]:
    """Write a backup into an empty folder; the file, and what it holds.

    Rows are of one moment. A file never changes and is read after the rows that name it; where one
    was removed meanwhile, with the topography that it belonged to, the rows are taken anew.

    Parameters
    ----------
    incomplete : bool
        Go on where files are missing or damaged, and say so in the manifest.

    Raises
    ------
    BackupRefused
        If files are missing or damaged, or were removed time and again.
    """
    with NewArchive(folder / "backup.tar") as archive:
        copying = _Copying(storage, archive, progress, incomplete=incomplete)
        for _ in range(MOST_TIMES):
            rows = _rows(database, storage, folder)
            missing = copying.copy(rows)
            gone = missing - _still_named(database, missing)
            if not gone:
                break
        else:
            raise BackupRefused(
                f"Files were removed while they were copied, {MOST_TIMES} times over; try again "
                "when nobody tidies up."
            )
        if missing and not incomplete:
            raise _unsound(min(missing), "is missing")
        for name, text in rows.texts.items():
            with text.open("rb") as stream:
                archive.add(f"tables/{name}.jsonl", stream, *_size_and_time(stream))
        manifest = Manifest(
            platform=VERSION,
            schema=rows.schema,
            created=rows.taken,
            counts=rows.counts,
            last_numbers=rows.last_numbers,
            members=dict(archive.members),
            missing=tuple(sorted(missing)),
            damaged=tuple(sorted(copying.damaged_of(rows))),
        )
        archive.finish(manifest)
    return folder / "backup.tar", manifest


class _Copying:
    """Copies the files that rows name, each once, however often the rows are taken."""

    def __init__(
        self, storage: Storage, archive: NewArchive, progress: Progress, *, incomplete: bool
    ) -> None:
        self._storage = storage
        self._archive = archive
        self._progress = progress
        self._incomplete = incomplete
        self._copied: dict[str, Member] = {}

    def copy(self, rows: Rows) -> set[str]:
        """Copy those that were not copied yet; the ones that are not there."""
        missing = set()
        done = sum(member.size for member in self._copied.values())
        for file in rows.files:
            self._progress(min(done, rows.size), rows.size)
            if file.path not in self._copied:
                try:
                    done += self._add(file.path).size
                except FileNotFoundError:
                    missing.add(file.path)
                    continue
            if not self._incomplete and self._is_damaged(file):
                raise _unsound(file.path, "is damaged")
        self._progress(rows.size, rows.size)
        return missing

    def damaged_of(self, rows: Rows) -> set[str]:
        """Those whose bytes are not the ones that rows say."""
        return {file.path for file in rows.files if self._is_damaged(file)}

    def _is_damaged(self, file: NamedFile) -> bool:
        copied = self._copied.get(file.path)
        return copied is not None and copied != (file.sha256, file.size)

    def _add(self, path: str) -> Member:
        try:
            with self._storage.path(path).open("rb") as stream:
                member = self._archive.add(f"files/{path}", stream, *_size_and_time(stream))
        except FileNotFoundError:
            raise
        except PermissionError as trouble:
            raise _unsound(path, "must not be read by this user") from trouble
        self._copied[path] = member
        return member


def _rows(database: Database, storage: Storage, folder: Path) -> Rows:
    """Take all rows, those of each table into a file of the folder."""
    texts = {name: folder / f"{name}.jsonl" for name in dump.TABLES}
    with storage.staging() as staging, dump.of_one_moment(database, staging) as connection:
        taken = datetime.now(UTC)
        for name, text in texts.items():
            with text.open("wb") as stream:
                stream.writelines(dump.lines(connection, name))
        return Rows(
            schema=dump.version(connection),
            taken=taken,
            counts=dump.counts(connection),
            last_numbers=dump.last_numbers(connection),
            files=tuple(dump.named_files(connection)),
            texts=texts,
        )


def _still_named(database: Database, paths: Iterable[str]) -> set[str]:
    with database.reading() as connection:
        return {path for path in paths if revisions.path_in_use(connection, path)}


def _size_and_time(stream: BinaryIO) -> tuple[int, float]:
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime


def _unsound(path: str, what: str) -> BackupRefused:
    return BackupRefused(
        f"The file files/{path} of the instance {what}; `climate-sim check` tells of all such "
        "files, --incomplete makes a backup nevertheless."
    )
