"""What holds for SQLite alone: its one file, the disk under it, the settings of a connection."""

import logging
import os
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from climate_simulation_platform.db import Database, users
from climate_simulation_platform.db.engine import file_system, warn_of_shared_file_system
from climate_simulation_platform.errors import Busy, DatabaseUnusable, NoSpace
from tests.platform_records import add_user, add_users_until_full, open_database, user_names


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'nowhere' / 'platform.db'}")
    assert list(tmp_path.iterdir()) == []


def test_folder_and_file_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    (folder := tmp_path / "instance").mkdir(mode=0o700)
    open_database(folder)
    assert (folder / "platform.db").stat().st_mode & 0o777 == 0o600


def test_settings_that_sqlite_forgets_with_each_connection(tmp_path: Path) -> None:
    with open_database(tmp_path).reading() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 10_000


def test_a_read_transaction_sees_one_moment(tmp_path: Path) -> None:
    database = open_database(tmp_path, patience=0.05)
    with database.reading() as connection:
        assert users.count(connection) == 0
        with pytest.raises(Busy), database.writing() as other:  # its commit has to wait for us
            users.add(other, "ada", "kept", now=datetime.now(UTC))
        assert users.count(connection) == 0


LIMITED = """
import resource, signal, sys
from climate_simulation_platform.db import Database
from tests.platform_records import add_users_until_full
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    add_users_until_full(Database(sys.argv[1]))
except Exception as trouble:
    sys.exit(f"{type(trouble).__name__}: {trouble}")
"""


def test_no_room_for_a_larger_file_is_a_sentence(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    url = f"sqlite:///{tmp_path / 'platform.db'}"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, url], capture_output=True, text=True, check=False
    )
    assert done.stderr.startswith("NoSpace: The disk of the platform is full"), done.stderr
    assert user_names(database) == []
    assert add_user(database).id == 1


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False, capture_output=True
    ).returncode  # fmt: skip
    if not mounted:
        pytest.skip("no small disk can be made here")
    with ExitStack() as stack:
        stack.callback(subprocess.run, ["umount", disk], check=True)
        database = open_database(disk)
        with pytest.raises(NoSpace):
            add_users_until_full(database)
        assert user_names(database) == []
        assert add_user(database).id == 1


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"CDF\x01" + bytes(4000)])
def test_another_kind_of_file_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "platform.db").write_bytes(content)
    with pytest.raises(DatabaseUnusable, match="another kind of file"):
        open_database(tmp_path)
    assert (tmp_path / "platform.db").read_bytes() == content


def test_a_damaged_database_is_a_sentence(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.writing() as connection:
        users.add(connection, "ada", "x" * 100_000, now=datetime.now(UTC))
    file = tmp_path / "platform.db"
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(DatabaseUnusable, match="damaged"):
        user_names(database)


def test_a_check_tells_of_a_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path / 'platform.db'}").check()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_where_nothing_can_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "instance").write_text("a file")
    with pytest.raises(DatabaseUnusable, match="cannot be made or opened"):
        open_database(tmp_path / "instance")


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs", "virtiofs"])
def test_shared_file_systems_are_warned_of(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/home {tmp_path} {kind} rw 0 0\n")
    assert file_system(tmp_path, mounts) == kind
    monkeypatch.setattr(
        "climate_simulation_platform.db.engine.file_system",
        lambda folder: file_system(folder, mounts),
    )
    with caplog.at_level(logging.WARNING):
        warn_of_shared_file_system(tmp_path)
    assert f"({kind})" in caplog.text


def test_a_mount_point_is_told_from_one_whose_name_only_begins_alike(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("disk / ext4 rw 0 0\nserver /data nfs rw 0 0\n")
    assert file_system(Path("/database"), mounts) == "ext4"
    assert file_system(Path("/data/instance"), mounts) == "nfs"
    assert file_system(Path("/data"), tmp_path / "nothing") == ""
