import os
import time
from pathlib import Path

import pytest

from climpy.errors import InputRefused, OutputRefused
from single_page_webapp.folders import Folder, Folders

HOUR = 3600.0


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "kept", 24 * HOUR, 0)


def opened(folders: Folders, content: bytes = b"netcdf") -> Folder:
    arriving = folders.begin()
    arriving.write(content)
    arriving.close()
    return arriving.accept({"name": "earth.nc"})


def test_a_file_is_found_by_its_token_and_by_nothing_else(folders: Folders) -> None:
    folder = opened(folders)
    found = folders.find(folder.token)
    assert found is not None
    assert found.file.read_bytes() == b"netcdf"
    assert found.name == "earth.nc"
    for token in ("", "..", ".", f"../{folder.token}", folder.token[:-1], "A" * 43):
        assert folders.find(token) is None


def test_tokens_differ_and_are_long(folders: Folders) -> None:
    tokens = {opened(folders).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) == 43 for token in tokens)


def test_only_the_owner_may_look_into_the_folder(folders: Folders) -> None:
    opened(folders)
    assert folders.root.stat().st_mode & 0o077 == 0
    folders.root.chmod(0o755)
    Folders(folders.root, 1.0, 0)
    assert folders.root.stat().st_mode & 0o077 == 0


def test_a_link_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(InputRefused, match="set FOLDER"):
        Folders(tmp_path / "link", 1.0, 0)


def test_what_is_kept_replaces_what_was_kept_and_nothing_else(folders: Folders) -> None:
    folder = opened(folders)
    assert folder.read("topo") is None
    folder.keep("topo", b"1")
    folder.keep("age", b"2")
    folder.keep("topo", b"3")
    assert (folder.read("topo"), folder.read("age")) == (b"3", b"2")
    assert len(list(folder.path.glob("kept-*"))) == 2


def test_edits_of_a_closed_file_are_refused(folders: Folders) -> None:
    folder = opened(folders)
    folders.forget(folder)
    assert folders.find(folder.token) is None
    assert list(folders.root.iterdir()) == []
    with pytest.raises(OutputRefused, match="open it again"):
        folder.keep("topo", b"1")


def test_a_file_that_came_in_half_is_forgotten(folders: Folders) -> None:
    arriving = folders.begin()
    arriving.write(b"net")
    arriving.discard()
    assert list(folders.root.iterdir()) == []


def test_what_was_not_used_for_long_is_removed(folders: Folders) -> None:
    old, used, open_still = opened(folders), opened(folders), opened(folders)
    half = folders.begin()
    half.close()
    now = time.time() + 25 * HOUR
    os.utime(used.path, (now, now))
    folders.sweep(lambda token: token == open_still.token, now)
    assert folders.find(old.token) is None
    assert folders.find(used.token) is not None
    assert folders.find(open_still.token) is not None
    assert not half.file.exists()


def test_room_is_what_the_disk_has_beyond_what_is_left_free(tmp_path: Path) -> None:
    assert Folders(tmp_path / "a", HOUR, 0).room() > 0
    assert Folders(tmp_path / "b", HOUR, 2**62).room() == 0
