"""Hidden folders: gone at the end, kept while somebody is at work, cleared when he was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from climpy import unfinished
from climpy.unfinished import new_folder, unfinished_folders

HOLDER = """
import sys, time
from pathlib import Path
from climpy.unfinished import new_folder
with new_folder(Path(sys.argv[1]), "step") as folder:
    (folder / "half.nc").write_text("half")
    print(folder, flush=True)
    time.sleep(60)
"""


def hold(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, folder], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def age(folder: Path) -> None:
    past = time.time() - 10.0 * unfinished.NEW_SECONDS
    os.utime(folder, (past, past))


def test_it_is_gone_at_the_end_and_after_a_failure(tmp_path: Path) -> None:
    with new_folder(tmp_path, "step") as folder:
        assert unfinished_folders(tmp_path, "step") == [folder]
    with pytest.raises(ValueError, match="bad"), new_folder(tmp_path, "step"):
        raise ValueError("bad")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path: Path) -> None:
    process, left = hold(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (left / "half.nc").exists()
    age(left)
    with new_folder(tmp_path, "step"):
        assert not left.exists()


def test_the_folder_of_a_process_at_work_and_of_another_purpose_stay(tmp_path: Path) -> None:
    process, held = hold(tmp_path)
    try:
        age(held)
        other = tmp_path / ".results.0123abcd.part"
        other.mkdir()
        age(other)
        with new_folder(tmp_path, "step"):
            assert held.exists()
            assert other.exists()
    finally:
        process.kill()
        process.communicate()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), new_folder(tmp_path / "nowhere", "step"):
        pass
