"""Files taken in whole or not at all."""

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.errors import NoSpace
from climate_simulation_platform.storage import (
    NotStored,
    Storage,
    another_name,
    full_disk_refused,
    new_token,
    token_of,
)

CONTENT = b"CDF\x02 and so on"


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    made = Storage(tmp_path / "instance")
    made.prepare()
    return made


def stored(storage: Storage, content: bytes = CONTENT, token: str = "t1") -> str:
    with storage.incoming() as path:
        path.write_bytes(content)
        return storage.adopt(path, 7, FileType.RAW, token).path


def everything(storage: Storage) -> list[str]:
    return sorted(
        str(path.relative_to(storage.root)) for path in storage.root.rglob("*") if not path.is_dir()
    )


def test_an_adopted_file_is_whole_known_and_read_only(storage: Storage) -> None:
    with storage.incoming() as path:
        path.write_bytes(CONTENT)
        there = storage.adopt(path, 7, FileType.RAW, "t1")
    assert there == ("7/raw.t1.nc", hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    final = storage.path(there.path)
    assert final.read_bytes() == CONTENT
    assert final.stat().st_mode & 0o777 == 0o444
    assert everything(storage) == ["files/7/raw.t1.nc"]
    assert list(storage.incoming_folder.iterdir()) == []


def test_a_checksum_that_is_known_is_believed(storage: Storage) -> None:
    with storage.incoming() as path:
        path.write_bytes(CONTENT)
        assert storage.adopt(path, 7, FileType.RAW, "t1", sha256="ab").sha256 == "ab"


def test_what_is_not_adopted_is_gone(storage: Storage) -> None:
    def cut_off() -> None:
        with storage.incoming() as path:
            path.write_bytes(CONTENT)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        cut_off()
    with storage.attempt(3) as folder:
        (folder / "half.nc").write_bytes(CONTENT)
    assert everything(storage) == []


def test_a_second_attempt_replaces_its_own_leftover_only(storage: Storage) -> None:
    other = stored(storage, b"other", "t2")
    assert stored(storage, b"first") == stored(storage, b"second")
    assert storage.path("7/raw.t1.nc").read_bytes() == b"second"
    assert storage.path(other).read_bytes() == b"other"


@pytest.mark.parametrize(
    "path",
    [
        "", "/etc/passwd", "../platform.db", "7/../../secret_key", "7", "7/", "7/a/b",
        "./7/a.nc/..", "7/..", "7/.hidden", "7\\raw.nc", "7/raw\0.nc", "abc/raw.nc",
        "-1/raw.nc", "\u0667/raw.nc",
    ],
)  # fmt: skip
def test_no_path_leaves_the_folder_of_files(storage: Storage, path: str) -> None:
    with pytest.raises(NotStored):
        storage.path(path)
    with pytest.raises(NotStored):
        storage.remove(path)


def test_removing_what_is_gone_is_fine(storage: Storage) -> None:
    path = stored(storage)
    storage.remove(path)
    storage.remove(path)
    assert everything(storage) == []
    stored(storage)
    storage.remove_folder(7)
    storage.remove_folder(7)
    assert everything(storage) == []


def test_a_copy_shares_the_bytes_and_outlives_the_original(storage: Storage) -> None:
    path = stored(storage)
    copied = storage.copy(path, 8)
    assert copied == storage.copy(path, 8) == "8/raw.t1.nc"
    assert storage.path(copied).samefile(storage.path(path))
    storage.remove(path)
    assert storage.path(copied).read_bytes() == CONTENT


def test_a_copy_where_links_do_not_work(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    path = stored(storage)
    monkeypatch.setattr(os, "link", refuse)
    copied = storage.path(storage.copy(path, 8))
    assert copied.read_bytes() == CONTENT
    assert not copied.samefile(storage.path(path))
    assert copied.stat().st_mode & 0o777 == 0o444
    assert everything(storage) == ["files/7/raw.t1.nc", "files/8/raw.t1.nc"]


def test_orphans_are_what_no_record_names(storage: Storage) -> None:
    known, unknown = stored(storage, token="t1"), stored(storage, token="t2")
    with storage.attempt(7) as folder:
        (folder / "working.nc").write_bytes(CONTENT)
        assert storage.orphans([known]) == (unknown,)
    assert storage.orphans([known, unknown]) == ()
    assert storage.orphans([known], minimum_age_seconds=3600) == ()


KILLED = """
import os, pathlib, signal, sys
from climate_simulation_platform.storage import Storage
storage = Storage(pathlib.Path(sys.argv[1]))
with storage.incoming() as upload, storage.attempt(5) as folder:
    upload.write_bytes(b"half")
    (folder / "half.nc").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_killed_processes_left_is_cleared_and_what_is_in_use_stays(storage: Storage) -> None:
    with storage.incoming() as upload, storage.attempt(5) as folder:
        upload.write_bytes(CONTENT)
        (folder / "working.nc").write_bytes(CONTENT)
        in_use = everything(storage)
        subprocess.run([sys.executable, "-c", KILLED, storage.root], check=False)
        assert len(everything(storage)) == 4
        storage.clear_unfinished()
        assert len(everything(storage)) == 4  # it may be just beginning
        storage.clear_unfinished(alone=True)
        assert everything(storage) == in_use


def test_a_full_disk_is_told_before(tmp_path: Path) -> None:
    storage = Storage(tmp_path, least_free_bytes=0)
    storage.require_space(1)
    with pytest.raises(NoSpace, match=r"1e\+03 TB|needed"):
        storage.require_space(10**15)
    assert Storage(tmp_path, least_free_bytes=10**18).free_bytes() == 0


def test_a_full_disk_met_on_the_way_is_told() -> None:
    with pytest.raises(NoSpace), full_disk_refused():
        Path("/dev/full").write_bytes(CONTENT)
    with pytest.raises(PermissionError), full_disk_refused():
        raise PermissionError(errno.EACCES, "Permission denied")


def test_tokens_differ() -> None:
    assert len({new_token() for _ in range(100)}) == 100


def test_nothing_is_touched_before_it_is_used(tmp_path: Path) -> None:
    Storage(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_nobody_else_on_the_machine_reads_what_users_bring(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        storage = Storage(tmp_path / "instance")
        storage.prepare()
        unprepared = Storage(tmp_path / "another")
        stored(unprepared)
    finally:
        os.umask(before)
    for made in (storage, unprepared):
        for folder in (made.files, made.incoming_folder):
            assert folder.stat().st_mode & 0o077 == 0


def test_an_archive_keeps_its_ending(storage: Storage) -> None:
    with storage.incoming() as path:
        path.write_bytes(CONTENT)
        there = storage.adopt(path, 7, FileType.WEIGHTS, "t1").path
    assert there == "7/weights.t1.tar.gz"
    assert token_of(there) == "t1"
    renamed = another_name(there)
    assert renamed != there
    assert renamed.startswith("7/weights.")
    assert renamed.endswith(".tar.gz")
    assert token_of(renamed) == renamed.split(".")[1]
    assert token_of("7/raw.t1.nc") == "t1"
    assert token_of("7/raw.nc") == ""
