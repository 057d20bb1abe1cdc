"""Every finding of a check is provoked, and a well installation has none."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database, revisions
from climate_simulation_platform.integrity import Kind, Report, check
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.upkeep.files import ADOPTING_SECONDS
from tests.furnished import Installed, furnish


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "instance"
    furnish(folder)
    return folder


@pytest.fixture
def installed(original: Path, tmp_path: Path) -> Installed:
    shutil.copytree(original, tmp_path / "instance")
    return Installed(tmp_path / "instance")


def found(report: Report) -> set[tuple[Kind, str]]:
    return {(finding.kind, finding.about) for finding in report.findings}


def look(installed: Installed, **options: bool) -> Report:
    return check(installed.database, installed.storage, **options)


def some_file(installed: Installed) -> Path:
    return sorted(installed.storage.files.glob("*/bathy.*"))[0]


def rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


def execute(installed: Installed, statement: str) -> None:
    with installed.database.writing() as connection:
        connection.exec_driver_sql(statement)


def test_a_well_installation_has_no_findings(installed: Installed) -> None:
    report = look(installed)
    assert report.well
    assert report.files == 9
    assert report.size == sum(map(len, installed.files().values()))
    assert report.checksums
    assert installed.left() == []


def test_a_missing_file(installed: Installed) -> None:
    file = some_file(installed)
    file.unlink()
    assert found(look(installed)) == {(Kind.MISSING, f"{file.parent.name}/{file.name}")}


def test_another_size(installed: Installed) -> None:
    file = some_file(installed)
    rewrite(file, b"short")
    assert found(look(installed, quick=True)) == {(Kind.SIZE, f"{file.parent.name}/{file.name}")}


def test_other_bytes(installed: Installed) -> None:
    file = some_file(installed)
    content = file.read_bytes()
    rewrite(file, b"!" + content[1:])
    assert look(installed, quick=True).well
    assert found(look(installed)) == {(Kind.CHECKSUM, f"{file.parent.name}/{file.name}")}


def test_a_file_that_cannot_be_read(installed: Installed) -> None:
    file = some_file(installed)
    path = f"{file.parent.name}/{file.name}"
    size = file.stat().st_size
    file.unlink()
    file.mkdir()
    execute(installed, f"UPDATE revisions SET size = {file.stat().st_size} WHERE size = {size}")
    assert (Kind.UNREADABLE, path) in found(look(installed))


def test_a_file_of_a_task_that_has_ended_is_lost_at_once(installed: Installed) -> None:
    task = installed.take()
    lost = [file.path for file in installed.write(task)]
    assert look(installed).well  # it may be about to be recorded
    execute(installed, f"UPDATE tasks SET state = 'failed' WHERE id = '{task.id}'")
    assert {(Kind.ORPHAN, path) for path in lost} <= found(look(installed))


def test_any_other_file_is_lost_when_it_is_old(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = installed.stored(1, FileType.RAW, "an upload").path
    assert look(installed).well
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + ADOPTING_SECONDS + 1)
    assert found(look(installed)) == {(Kind.ORPHAN, path)}


@pytest.mark.parametrize(
    "name",
    [
        "files/1/.attempt.0123abcd.part",
        "incoming/.upload.0123abcd.part",
        "incoming/.staging.0123abcd.part",
    ],
)
def test_what_a_killed_process_left(installed: Installed, name: str) -> None:
    folder = installed.storage.root / name
    folder.mkdir()
    assert look(installed).well  # somebody may just have begun
    before = time.time() - 60
    os.utime(folder, (before, before))
    expected = set() if "staging" in name else {(Kind.UNFINISHED, name)}
    assert found(look(installed)) == expected  # what a copy needs is cleared by the next one


def test_what_somebody_is_at_is_not_left(installed: Installed) -> None:
    with installed.storage.attempt(1) as folder:
        before = time.time() - 60
        os.utime(folder, (before, before))
        assert look(installed).well


def test_numbers_with_a_gap(installed: Installed) -> None:
    execute(
        installed,
        "UPDATE revisions SET revision = 3 WHERE data_file_id = 1 AND file_type = 'bathy'",
    )
    report = look(installed)
    assert found(report) == {(Kind.NUMBERS, "bathy of topography 1")}
    assert "numbered 3 instead" in report.findings[0].sentence


@pytest.mark.parametrize("change", ["DELETE FROM tasks", "UPDATE tasks SET state = 'failed'"])
def test_a_step_whose_task_is_no_more(installed: Installed, change: str) -> None:
    execute(installed, f"{change} WHERE data_file_id = 1 AND state = 'queued'")
    assert found(look(installed)) == {(Kind.WAITING, "pft of topography 1")}


def test_too_little_room(installed: Installed) -> None:
    full = Storage(installed.storage.root, least_free_bytes=2**62)
    report = check(installed.database, full)
    assert found(report) == {(Kind.SPACE, str(full.root))}
    assert report.free == 0


def test_rows_that_refer_to_nothing(installed: Installed) -> None:
    with closing(sqlite3.connect(installed.storage.root / "platform.db")) as another_program:
        another_program.execute("DELETE FROM user")
        another_program.commit()
    report = look(installed)
    assert {kind for kind, _ in found(report)} == {Kind.DATABASE}
    assert "refers to no user" in report.findings[0].sentence
    assert report.counts == {}


def test_a_damaged_database_file(installed: Installed) -> None:
    file = installed.storage.root / "platform.db"
    with file.open("r+b") as stream:
        size = file.stat().st_size
        page = next(place for place in range(4096 * 8, size, 4096) if _is_leaf(stream, place))
        stream.seek(page + 3)
        stream.write(b"\xff\xff")
    report = look(installed)
    assert {kind for kind, _ in found(report)} == {Kind.DATABASE}


def _is_leaf(stream: BinaryIO, place: int) -> bool:
    stream.seek(place)
    return bool(stream.read(1) == b"\x0a")


def purge(installed: Installed) -> None:
    with installed.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM data_files")
    for path in installed.files():
        installed.storage.remove(path)


def finish(installed: Installed) -> None:
    installed.work()


@pytest.mark.parametrize("happening", [purge, finish])
def test_what_happens_meanwhile_is_no_finding(
    installed: Installed,
    monkeypatch: pytest.MonkeyPatch,
    happening: Callable[[Installed], None],
) -> None:
    """Between the look at rows and the one at files."""
    happened = []

    def sums(storage: Storage, path: str) -> tuple[str, int]:
        if not happened:
            happened.append(happening(installed))
        return original_sums(storage, path)

    original_sums = Storage.sums
    monkeypatch.setattr(Storage, "sums", sums)
    assert look(installed).well
    assert happened


def test_nobody_waits_while_files_are_read(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = Database(str(installed.database.url), patience=0.0)
    original_sums = Storage.sums

    def sums(storage: Storage, path: str) -> tuple[str, int]:
        with hasty.writing() as connection:
            assert revisions.every_path(connection)
        return original_sums(storage, path)

    monkeypatch.setattr(Storage, "sums", sums)
    assert look(installed).well


def test_the_report_as_json(installed: Installed) -> None:
    some_file(installed).unlink()
    told = look(installed).as_dict()
    assert not told["well"]
    assert told["findings"][0]["kind"] == "row without file"
    assert told["rows"]["user"] == 1
