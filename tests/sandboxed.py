"""Functions that misbehave in every way; tests have them called in the sandbox."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.errors import Conflict
from climate_simulation_platform.records import MadeFile
from climpy.errors import InputRefused


def nothing() -> None:
    return None


def plain_values(count: int) -> dict[str, Any]:
    return {
        "array": np.arange(count, dtype=np.float32).reshape(2, -1),
        "number": np.float64(1.5),
        "nested": [(1, b"bytes", None), {Path("/a/b")}],
        "record": MadeFile(FileType.RAW, "1/raw.a.nc", "00", "11", 3, {"variables": []}),
    }


def a_function() -> Callable[..., Any]:
    return os.system


def environment() -> dict[str, str]:
    return dict(os.environ)


def temporary_file() -> str:
    with tempfile.NamedTemporaryFile(delete=False) as made:
        return made.name


def temporary_file_and_death(progress: Callable[[str], None]) -> None:
    progress(temporary_file())
    os.kill(os.getpid(), signal.SIGKILL)


def process() -> tuple[int, int]:
    return os.getpid(), os.getppid()


def eats_memory() -> None:
    kept = []
    while True:
        kept.append(np.ones(4_000_000))


def loops() -> None:
    while True:
        pass


def waits_for_ever(beginning: Path) -> None:
    beginning.write_text(f"{os.getpid()} {os.getppid()}")
    time.sleep(3600)


def reads_a_null_pointer() -> None:
    print("last words", file=sys.stderr, flush=True)  # noqa: T201
    ctypes.string_at(0)


def kills_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leaves() -> None:
    os._exit(7)


def leaves_a_process_behind(pid_file: Path) -> None:
    left = subprocess.Popen(["/bin/sleep", "3600"])
    pid_file.write_text(str(left.pid))


def refuses() -> None:
    raise InputRefused("There is no ocean.")


def conflicts() -> None:
    raise Conflict("Somebody was faster.")


def divides_by_zero() -> float:
    return 1 / int("0")


def meets_a_full_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def writes_too_much(path: Path) -> None:
    with path.open("wb") as stream:
        for _ in range(64):
            stream.write(b"\0" * 2**20)


def opens_many_files() -> list[int]:
    return [os.open(os.devnull, os.O_RDONLY) for _ in range(10_000)]


def tells_progress(progress: Callable[[float, str], None]) -> str:
    for share in (0.0, 0.5, 1.0):
        progress(share, "at work")
    return "done"


def tells_progress_for_ever(progress: Callable[[int], None]) -> None:
    while True:
        progress(os.getpid())


def speaks_out_of_turn() -> None:
    """Send what is no frame, as one would who took the process over."""
    import gc
    import socket

    for found in gc.get_objects():
        if isinstance(found, socket.socket) and found.fileno() >= 0:
            found.sendall(b"\xff" * 64)
    time.sleep(3600)
