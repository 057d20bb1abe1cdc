"""A backup put back: looked through first, then files placed, then all rows exchanged at once."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from climate_simulation_platform.db import Database, dump, revisions, soundness, tasks
from climate_simulation_platform.errors import DatabaseUnusable
from climate_simulation_platform.safekeeping.archive import Archive, damaged
from climate_simulation_platform.safekeeping.manifest import (
    BackupRefused,
    Manifest,
    Member,
    Progress,
    newer_backup,
    untold,
)
from climate_simulation_platform.storage import Storage, another_name, token_of
from climate_simulation_platform.workflow.transactions import release_tasks

_READ_ONLY = 0o444


@dataclass(frozen=True)
class Restored:
    """What came of it.

    Parameters
    ----------
    files : int
        How many files the records name now.
    put_back : tuple of str
        Tasks that ran when the backup was made and wait again.
    removed : int
        How many files were removed that only the replaced records named.
    """

    files: int
    put_back: tuple[str, ...]
    removed: int


@dataclass
class Staged:
    """Files of a backup, whole and on the disk, that have no place yet.

    Parameters
    ----------
    places : dict
        Where each lies now, by the path that it is to have.
    renamed : dict
        Paths that they have in the backup and that are taken, with the ones instead.
    """

    places: dict[str, Path] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)


def restore(
    database: Database,
    storage: Storage,
    archive: Archive,
    *,
    replace: bool = False,
    progress: Progress = untold,
) -> Restored:
    """Have an installation hold what a backup holds, and nothing else.

    Until the transaction at the end the installation is as it was, whatever happens. No file that
    is there is changed: one of the same name and other bytes stays, and the backup's gets another
    name.

    Parameters
    ----------
    replace : bool
        Whether users and topographies that are there may be replaced.

    Raises
    ------
    BackupRefused
        If the backup is damaged or of a newer version, or the database not empty and `replace`
        not said.
    NoSpace
        If it does not fit onto the disk.
    DatabaseUnusable
        If the database that is there is damaged, another program's, or of a newer version.
    """
    if not replace:
        refuse_occupied(dump.holdings(database))
    with storage.staging() as folder:
        rows = _rows(archive, database, folder)
        storage.require_space(_to_write(storage, archive.manifest))
        staged = _staged(archive, storage, folder, _live_tasks(database), progress)
        _refuse_mismatch(rows, archive)
        put_back = _put_tasks_back(rows)
        with rows.writing() as connection:
            for path, new in staged.renamed.items():
                dump.rename_file(connection, path, new)
            named = {file.path for file in dump.named_files(connection)}
        places = {path: place for path, place in staged.places.items() if path in named}
        storage.place(places)
        before = _exchange(database, rows, archive.manifest, replace=replace)
        storage.place(places)  # whatever tidies up may have taken files without rows for left-overs
        unused = before - named
        for path in unused:
            storage.remove(path)
    return Restored(len(named), put_back, len(unused))


def refuse_occupied(held: Mapping[str, int]) -> None:
    """Refuse a database that holds something.

    Raises
    ------
    BackupRefused
        Saying what, and how to go on.
    """
    if any(held.values()):
        raise BackupRefused(
            f"The database is not empty ({counted(held)}); allow to replace all of it with --force."
        )


def counted(held: Mapping[str, int]) -> str:
    """Users and topographies as words."""
    users, topographies = held["users"], held["topographies"]
    return (
        f"{users} {'user' if users == 1 else 'users'}, "
        f"{topographies} {'topography' if topographies == 1 else 'topographies'}"
    )


def _rows(archive: Archive, database: Database, folder: Path) -> Database:
    """The rows of a backup in a database of their own, brought to the version of this program."""
    manifest = archive.manifest
    expected = {f"tables/{name}.jsonl" for name in manifest.counts}
    if {name for name in manifest.members if name.startswith("tables/")} != expected:
        raise damaged(archive.path, "tables are missing")
    try:
        rows = dump.empty_database(folder / "rows.db", manifest.schema, database.workers)
    except DatabaseUnusable as newer:
        raise newer_backup(manifest.platform) from newer
    try:
        with rows.writing() as connection:
            for name, count in manifest.counts.items():
                text = archive.lines(f"tables/{name}.jsonl")
                if dump.read_in(connection, name, text) != count:
                    raise damaged(archive.path, f"rows of {name} are missing")
    except dump.NotRows as trouble:
        raise damaged(archive.path, str(trouble).removesuffix(".")) from trouble
    dump.upgrade(rows)
    with rows.reading() as connection:
        for fault in soundness.broken_rules(connection):
            raise damaged(archive.path, fault)
    return rows


def _to_write(storage: Storage, manifest: Manifest) -> int:
    """What the files of a backup need on the disk that are not there [bytes]."""
    return sum(
        member.size
        for name, member in manifest.members.items()
        if name.startswith("files/") and not storage.path(_path(name)).exists()
    )


def _staged(
    archive: Archive,
    storage: Storage,
    folder: Path,
    live: frozenset[str],
    progress: Progress,
) -> Staged:
    """Look through all files of a backup and bring onto the disk those that are not there."""
    staged = Staged()
    names = [name for name in archive.manifest.members if name.startswith("files/")]
    total = sum(archive.manifest.members[name].size for name in names)
    done = 0
    for number, name in enumerate(names):
        progress(done, total)
        path, place = _path(name), folder / f"{number}.nc"
        there = storage.path(path)
        same = _holds(storage, path, archive.manifest.members[name])
        if same:
            archive.look_through(name)
            with suppress(OSError):  # no links here, or just removed
                os.link(there, place)
        if not place.exists():
            _write(archive, name, place)
        if token_of(path) in live or (there.exists() and not same):
            staged.renamed[path] = path = another_name(path)
        staged.places[path] = place
        done += archive.manifest.members[name].size
    progress(total, total)
    return staged


def _path(name: str) -> str:
    return name.removeprefix("files/")


def _holds(storage: Storage, path: str, member: Member) -> bool:
    """Whether the very bytes of a backup's file are at its path already."""
    try:
        if storage.path(path).stat().st_size != member.size:
            return False
        return storage.sums(path) == member
    except OSError:
        return False


def _write(archive: Archive, name: str, place: Path) -> None:
    with place.open("wb") as stream:
        for piece in archive.pieces(name):
            stream.write(piece)
        stream.flush()
        os.fchmod(stream.fileno(), _READ_ONLY)
        os.fsync(stream.fileno())


def _refuse_mismatch(rows: Database, archive: Archive) -> None:
    """Refuse a backup whose rows name files that it does not hold."""
    manifest = archive.manifest
    with rows.reading() as connection:
        for file in dump.named_files(connection):
            member = manifest.members.get(f"files/{file.path}")
            if member is None:
                if file.path not in manifest.missing:
                    raise damaged(archive.path, f"files/{file.path} is missing")
            elif member != (file.sha256, file.size) and file.path not in manifest.damaged:
                raise damaged(archive.path, f"files/{file.path} is not the one that its row means")


def _put_tasks_back(rows: Database) -> tuple[str, ...]:
    """Have tasks that ran wait again, and all that wait be handed to the workers anew."""
    with rows.reading() as connection:
        workers = tasks.workers_at_work(connection)
    put_back = [
        task_id for worker in sorted(workers) for task_id in release_tasks(rows, worker, died=False)
    ]
    with rows.writing() as connection:
        tasks.forget_sent(connection, soundness.live_tasks(connection))
    return tuple(put_back)


def _live_tasks(database: Database) -> frozenset[str]:
    """Tasks that may be about to write files in the installation as it is."""
    if not any(dump.holdings(database).values()):
        return frozenset()
    with database.reading() as connection:
        return soundness.live_tasks(connection)


def _exchange(
    database: Database, rows: Database, manifest: Manifest, *, replace: bool
) -> frozenset[str]:
    """Exchange all rows in one transaction; the paths that the old ones named."""
    with rows.reading() as source, dump.replacing(database) as connection:
        if not replace:
            refuse_occupied(dump.held(connection))
        before = revisions.every_path(connection)
        dump.replace_all(connection, source, manifest.last_numbers)
    return before
