"""What is restored equals what was there; what is damaged is refused and changes nothing."""

import hashlib
import io
import json
import random
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database, dump
from climate_simulation_platform.errors import NoSpace, PlatformError
from climate_simulation_platform.integrity import check
from climate_simulation_platform.safekeeping import (
    Archive,
    BackupRefused,
    Manifest,
    Restored,
    back_up,
    restore,
    restoring,
)
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.workflow import transactions
from tests.furnished import Installed, copied, furnish, of_the_first_version
from tests.platform_records import add_user


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """One that no test changes."""
    return furnish(tmp_path_factory.mktemp("original") / "instance")


@pytest.fixture(scope="module")
def backup(original: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(original, tmp_path_factory.mktemp("backup"))


@pytest.fixture
def installed(original: Installed, tmp_path: Path) -> Installed:
    shutil.copytree(original.storage.root, tmp_path / "instance")
    return Installed(tmp_path / "instance")


def made(installed: Installed, folder: Path, **options: Any) -> Path:
    folder.mkdir(exist_ok=True)
    return back_up(installed.database, installed.storage, folder, **options)[0]


def put_back(installed: Installed, backup: Path, **options: Any) -> Restored:
    with Archive.opened(backup) as archive:
        return restore(installed.database, installed.storage, archive, **options)


def manifest_of(backup: Path) -> Manifest:
    with Archive.opened(backup) as archive:
        return archive.manifest


def some_file(installed: Installed, kind: FileType = FileType.BATHY) -> Path:
    return sorted(installed.storage.files.glob(f"*/{kind}.*"))[0]


def rewrite(path: Path, content: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(content)


@contextmanager
def unchanged(installed: Installed) -> Iterator[None]:
    """All rows, sessions too, and all files stay what they are, and nothing is left."""
    before = installed.rows(), installed.files()
    yield
    assert (installed.rows(), installed.files()) == before
    assert installed.left() == []


def test_all_rows_and_all_bytes_come_back(
    original: Installed, backup: Path, tmp_path: Path
) -> None:
    empty = Installed(tmp_path / "new")
    done = put_back(empty, backup)
    assert copied(empty.rows()) == copied(original.rows())
    assert empty.files() == original.files()
    assert done.files == len(original.files())
    assert empty.left() == original.left() == []
    assert check(empty.database, empty.storage).well
    assert all(path.stat().st_mode & 0o222 == 0 for path in empty.storage.files.glob("*/*"))


def test_where_nothing_is_yet_an_installation_is_made(backup: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "new"
    folder.mkdir(parents=True)
    database = Database(f"sqlite:///{folder / 'platform.db'}")
    with Archive.opened(backup) as archive:
        restore(database, Storage(folder, least_free_bytes=0), archive)
    database.check()
    assert (folder / "platform.db").stat().st_mode & 0o777 == 0o600


def test_a_backup_says_what_it_holds(original: Installed, backup: Path) -> None:
    manifest = manifest_of(backup)
    rows = copied(original.rows())
    assert manifest.counts == {name: len(content) for name, content in rows.items()}
    for path, content in original.files().items():
        expected = (hashlib.sha256(content).hexdigest(), len(content))
        assert manifest.members[f"files/{path}"] == expected
    assert Manifest.read(manifest.written()) == manifest
    assert backup.stat().st_mode & 0o777 == 0o600


def test_an_ordinary_tar_reads_it(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        assert "manifest.json" in tar.getnames()


def test_what_was_there_is_replaced_only_if_said(installed: Installed, backup: Path) -> None:
    late = installed.topography(add_user(installed.database, "late"), "Miocene")
    before = installed.files()
    with unchanged(installed), pytest.raises(BackupRefused, match="2 users, 3 topographies"):
        put_back(installed, backup)
    done = put_back(installed, backup, replace=True)
    assert [row["username"] for row in installed.rows()["user"]] == ["ada"]
    assert installed.files() == {
        path: content for path, content in before.items() if not path.startswith(f"{late.id}/")
    }
    assert done.removed == 1
    assert installed.rows()["sessions"] == []


def test_what_was_deleted_comes_back(
    installed: Installed, original: Installed, backup: Path
) -> None:
    with installed.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM data_files")
    for path in installed.files():
        installed.storage.remove(path)
    put_back(installed, backup, replace=True)
    assert installed.files() == original.files()
    assert copied(installed.rows()) == copied(original.rows())


def test_files_that_are_there_are_not_written_again(installed: Installed, backup: Path) -> None:
    before = {path: path.stat().st_ino for path in installed.storage.files.glob("*/*")}
    put_back(installed, backup, replace=True)
    assert {path: path.stat().st_ino for path in installed.storage.files.glob("*/*")} == before


def test_a_damaged_file_is_repaired_under_another_name(
    installed: Installed, original: Installed, backup: Path
) -> None:
    rewrite(some_file(installed), b"damaged")
    put_back(installed, backup, replace=True)
    assert check(installed.database, installed.storage).well
    assert sorted(installed.files().values()) == sorted(original.files().values())


def test_a_task_that_runs_waits_again_and_its_worker_writes_for_nothing(
    installed: Installed, tmp_path: Path
) -> None:
    task = installed.take()
    backup = made(installed, tmp_path / "backup")
    done = put_back(installed, backup, replace=True)
    assert done.put_back == (task.id,)
    [row] = [row for row in installed.rows()["tasks"] if row["id"] == task.id]
    assert (row["state"], row["worker"], row["sent"]) == ("queued", "", None)
    view = transactions.workflow_view(installed.database, task.data_file_id)
    assert view[task.step].status == "queued"
    late = transactions.finish_task(installed.database, task, installed.write(task))
    assert not late.counted
    for path in late.unused:
        installed.storage.remove(path)
    installed.work()
    assert check(installed.database, installed.storage).well


def test_what_waits_is_handed_to_the_queue_anew(installed: Installed, tmp_path: Path) -> None:
    with installed.database.writing() as connection:
        connection.exec_driver_sql("UPDATE tasks SET sent = created")
    put_back(installed, made(installed, tmp_path / "backup"), replace=True)
    sent = {row["state"]: row["sent"] for row in installed.rows()["tasks"]}
    assert sent["queued"] is None
    assert sent["done"] is not None


def test_a_worker_at_work_cannot_replace_a_restored_file(
    installed: Installed, tmp_path: Path
) -> None:
    """A task that is done in the backup runs once more, since an older backup was put back."""
    older = made(installed, tmp_path / "older")
    done = installed.work()
    newer = made(installed, tmp_path / "newer")
    put_back(installed, older, replace=True)
    again = installed.take()
    assert again.id == done.id
    put_back(installed, newer, replace=True)
    installed.write(again, "written late")
    report = check(installed.database, installed.storage)
    assert {finding.kind for finding in report.findings} <= {"file without row"}


def test_what_tidies_up_meanwhile_takes_nothing(
    original: Installed, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Installed(tmp_path / "new")
    exchange = restoring._exchange

    def tidied_up(*arguments: Any, **options: Any) -> frozenset[str]:
        for path in empty.files():
            empty.storage.remove(path)
        return exchange(*arguments, **options)

    monkeypatch.setattr(restoring, "_exchange", tidied_up)
    put_back(empty, backup)
    assert empty.files() == original.files()


@pytest.mark.parametrize("at", ["place", "_exchange", "_put_tasks_back", "_staged"])
def test_a_restore_that_fails_changes_nothing(
    installed: Installed, backup: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    installed.topography(add_user(installed.database, "late"), "Miocene")

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(Storage if at == "place" else restoring, at, fail)
    with unchanged(installed), pytest.raises(RuntimeError, match="power cut"):
        put_back(installed, backup, replace=True)


def test_a_transaction_that_fails_at_its_end_changes_nothing(
    installed: Installed, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(dump, "_go_on_after", fail)
    with unchanged(installed), pytest.raises(RuntimeError, match="power cut"):
        put_back(installed, backup, replace=True)


def test_no_flipped_byte_goes_unnoticed(original: Installed, backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    dice = random.Random(4)
    refused = 0
    for place in (dice.randrange(len(content)) for _ in range(40)):
        flipped = bytearray(content)
        flipped[place] ^= 1 << dice.randrange(8)
        (tmp_path / "flipped.tar").write_bytes(flipped)
        folder = tmp_path / str(place)
        empty = Installed(folder)
        try:
            put_back(empty, tmp_path / "flipped.tar")
        except PlatformError:
            refused += 1
            assert not any(copied(empty.rows()).values())
            assert empty.files() == {}
        else:  # it was filling between members
            assert copied(empty.rows()) == copied(original.rows())
            assert empty.files() == original.files()
        assert empty.left() == []
    assert refused > 10


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4, 0.7])
def test_what_was_cut_off_is_refused(
    installed: Installed, backup: Path, tmp_path: Path, share: float
) -> None:
    content = backup.read_bytes()
    (tmp_path / "cut.tar").write_bytes(content[: int(share * len(content))])
    with unchanged(installed), pytest.raises(BackupRefused, match="no whole backup"):
        put_back(installed, tmp_path / "cut.tar", replace=True)


def test_another_file_is_refused(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "earth.nc").write_bytes(b"CDF\x02" * 1000)
    for name in ("earth.nc", "none.tar", "."):
        with pytest.raises(BackupRefused):
            put_back(installed, tmp_path / name)


Change = Callable[[dict[str, bytes], dict[str, Any]], None]


def rebuilt(backup: Path, target: Path, change: Change) -> Path:
    """A backup whose members and manifest somebody changed, with checksums that are right."""
    with tarfile.open(backup) as tar:
        parts = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
    manifest = json.loads(parts.pop("manifest.json"))
    del parts["manifest.json.sha256"]
    change(parts, manifest)
    manifest["members"] = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in parts.items()
    }
    text = json.dumps(manifest).encode()
    parts["manifest.json"] = text
    total = f"{hashlib.sha256(text).hexdigest()}  manifest.json\n"
    parts["manifest.json.sha256"] = total.encode()
    with tarfile.open(target, "w") as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return target


def of_a_newer_layout(_parts: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["format"] = 2


def of_newer_tables(_parts: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["schema"] = "9999"


def of_strange_tables(_parts: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["schema"] = "head"


def without_a_table(parts: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    del parts["tables/steps.jsonl"]


def with_another_table(parts: dict[str, bytes], manifest: dict[str, Any]) -> None:
    parts["tables/strange.jsonl"] = b""
    manifest["counts"]["strange"] = 0


def without_a_file(parts: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    del parts[next(name for name in parts if name.startswith("files/"))]


def without_rows(parts: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    parts["tables/tasks.jsonl"] = b""


def with_other_bytes(parts: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    parts[next(name for name in parts if name.startswith("files/"))] = b"other"


def with_a_number_as_manifest(_parts: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["counts"] = 7


def with_a_path_outside(parts: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    rows = parts["tables/revisions.jsonl"].splitlines()
    first = {**json.loads(rows[0]), "path": "../../evil.nc"}
    parts["tables/revisions.jsonl"] = b"\n".join([json.dumps(first).encode(), *rows[1:]])


@pytest.mark.parametrize(
    "change",
    [
        of_a_newer_layout,
        of_newer_tables,
        of_strange_tables,
        without_a_table,
        with_another_table,
        without_a_file,
        without_rows,
        with_other_bytes,
        with_a_number_as_manifest,
        with_a_path_outside,
    ],
)
def test_what_contradicts_itself_is_refused(
    installed: Installed, backup: Path, tmp_path: Path, change: Change
) -> None:
    changed = rebuilt(backup, tmp_path / "changed.tar", change)
    with unchanged(installed), pytest.raises(BackupRefused) as refusal:
        put_back(installed, changed, replace=True)
    if "newer" in change.__name__:
        assert "install that version" in str(refusal.value)


def entry(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made


@pytest.mark.parametrize(
    "hostile",
    [
        entry("/etc/passwd"),
        entry("../evil.nc"),
        entry("files/../../evil.nc"),
        entry("files/1/../../../evil.nc"),
        entry("files/1/.hidden"),
        entry("files/1/raw.a.nc", tarfile.SYMTYPE, "/etc/passwd"),
        entry("files/1/raw.a.nc", tarfile.LNKTYPE, "manifest.json"),
        entry("files/1/raw.a.nc", tarfile.FIFOTYPE),
        entry("files/1/raw.a.nc", tarfile.CHRTYPE),
        entry("files/1", tarfile.DIRTYPE),
        entry("manifest.json"),
    ],
    ids=lambda hostile: f"{hostile.name}-{hostile.type.decode()}",
)
def test_hostile_members_are_refused(
    installed: Installed, backup: Path, tmp_path: Path, hostile: tarfile.TarInfo
) -> None:
    changed = tmp_path / "hostile.tar"
    shutil.copy(backup, changed)
    with tarfile.open(changed, "a") as tar:
        tar.addfile(hostile)
    with unchanged(installed), pytest.raises(BackupRefused, match="no whole backup"):
        put_back(installed, changed, replace=True)


def test_an_older_backup_is_brought_up_to_date(backup: Path, tmp_path: Path) -> None:
    def of_older_tables(parts: dict[str, bytes], manifest: dict[str, Any]) -> None:
        text = {name: parts.pop(f"tables/{name}.jsonl").splitlines() for name in manifest["counts"]}
        older = of_the_first_version(text)
        for name, lines in older.items():
            parts[f"tables/{name}.jsonl"] = b"\n".join(lines)
        manifest["counts"] = {name: manifest["counts"][name] for name in older}
        manifest["schema"] = "0001"

    empty = Installed(tmp_path / "new")
    put_back(empty, rebuilt(backup, tmp_path / "older.tar", of_older_tables))
    assert check(empty.database, empty.storage).well
    assert empty.rows()["tasks"]


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_what_is_unsound_is_copied_only_if_said(
    installed: Installed, tmp_path: Path, damage: str
) -> None:
    file = some_file(installed)
    path = f"{file.parent.name}/{file.name}"
    if damage == "missing":
        file.unlink()
    else:
        rewrite(file, b"damaged")
    with pytest.raises(BackupRefused, match=f"files/{path} of the instance is {damage}"):
        made(installed, tmp_path / "refused")
    backup = made(installed, tmp_path / "backup", incomplete=True)
    manifest = manifest_of(backup)
    assert (manifest.missing, manifest.damaged) == (
        ((path,), ()) if damage == "missing" else ((), (path,))
    )
    empty = Installed(tmp_path / "new")
    put_back(empty, backup)
    assert empty.files() == installed.files()
    assert copied(empty.rows()) == copied(installed.rows())


def purging(installed: Installed, monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """Have a topography purged between the look at rows and the one at files."""
    purged: list[str] = []
    named = [installed.topography(add_user(installed.database, f"u{n}")).id for n in range(times)]
    still_there = Storage.path

    def path(storage: Storage, relative: str) -> Path:
        number = int(relative.split("/")[0])
        if number in named and len(purged) < times:
            purged.append(relative)
            named.remove(number)
            with installed.database.writing() as connection:
                connection.exec_driver_sql("DELETE FROM data_files WHERE id = ?", (number,))
            storage.remove(relative)
        return still_there(storage, relative)

    monkeypatch.setattr(Storage, "path", path)
    return purged


def test_a_file_that_was_purged_meanwhile_is_not_missed(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    purged = purging(installed, monkeypatch, 2)
    backup = made(installed, tmp_path / "backup")
    assert len(purged) == 2
    empty = Installed(tmp_path / "new")
    put_back(empty, backup)
    assert copied(empty.rows()) == copied(installed.rows())
    assert empty.files() == installed.files()


def test_who_removes_files_all_the_time_is_told_so(
    installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def rows(*arguments: Any) -> Any:
        file = installed.topography(add_user(installed.database, f"u{len(taken)}"))
        taken.append(file)
        found = original_rows(*arguments)
        with installed.database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM data_files WHERE id = ?", (file.id,))
        shutil.rmtree(installed.storage.files / str(file.id))
        return found

    from climate_simulation_platform.safekeeping import making

    original_rows = making._rows
    monkeypatch.setattr(making, "_rows", rows)
    with pytest.raises(BackupRefused, match="3 times"):
        made(installed, tmp_path / "backup")
    assert len(taken) == 3


def test_too_little_room_is_known_before_anything_is_written(backup: Path, tmp_path: Path) -> None:
    empty = Installed(tmp_path / "new")
    full = Storage(empty.storage.root, least_free_bytes=2**62)
    with Archive.opened(backup) as archive, unchanged(empty), pytest.raises(NoSpace):
        restore(empty.database, full, archive)


def test_how_far_it_is_grows_to_all(installed: Installed, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup = made(installed, tmp_path / "backup", progress=lambda *now: told.append(now))
    put_back(installed, backup, replace=True, progress=lambda *now: told.append(now))
    total = sum(map(len, installed.files().values()))
    assert {whole for _, whole in told} == {total}
    assert [done for done, _ in told].count(total) == 2
