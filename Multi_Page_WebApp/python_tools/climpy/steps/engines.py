"""Programs that remap: run with a time limit, watched, and their failures told in a sentence."""

import ctypes
import math
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from climpy.errors import StepRefused
from climpy.steps.defining import Tell

_PROGRESS = re.compile(rb"^progress ([01](?:\.\d+)?)\s*$")

_LOOK_SECONDS = 0.5
_LAST_WORDS = 4_000
_SET_PARENT_DEATH_SIGNAL = 1
_LIBRARY = ctypes.CDLL(None)

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""Microseconds of the processors, and in how many, that a container may have."""


def processors() -> int:
    """How many processors a program may keep busy: those of the container, where there is one."""
    try:
        here = len(os.sched_getaffinity(0))
    except AttributeError:  # not every system tells
        here = os.cpu_count() or 1
    try:
        allowed, period = QUOTA.read_text(encoding="ascii").split()
        return max(1, min(here, math.ceil(int(allowed) / int(period))))
    except (OSError, ValueError, ZeroDivisionError):
        return here


def program(name: str, package: str) -> Path:
    """Where a program is: beside the Python that runs, or on the search path.

    Raises
    ------
    StepRefused
        If it is not installed; the sentence says what to install.
    """
    beside = Path(sys.executable).parent / name
    if os.access(beside, os.X_OK):
        return beside
    found = shutil.which(name)
    if found is None:
        raise StepRefused(
            f"The program {name} is not installed here; install {package} and set the platform up "
            "again (make setup)."
        )
    return Path(found)


def run_program(
    command: Sequence[str | Path],
    *,
    name: str,
    folder: Path,
    seconds: float,
    environment: Mapping[str, str] | None = None,
    progress: Tell,
    last_words: Callable[[str], str] | None = None,
) -> None:
    """Run a program until it ends well.

    Parameters
    ----------
    command : sequence
        Program and arguments.
    name : str
        What sentences call it.
    folder : Path
        Where it works.
    seconds : float
        How long it may take.
    environment : mapping, optional
        Variables besides our own.
    progress : callable
        Told the share that is done, by its lines `progress 0.25`.
    last_words : callable, optional
        Picks from all that it said at the end why it failed; the last line if not given.

    Raises
    ------
    StepRefused
        If it ends with an error, is killed, or takes too long; with its own last words.
    """
    deadline = time.monotonic() + seconds
    words = folder / "words"
    with words.open("w+b") as told:
        process = subprocess.Popen(  # noqa: S603  our own programs
            [os.fspath(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
        try:
            in_time = _watch(process, deadline, name, progress)
        finally:
            _end(process)
        told.seek(max(0, told.tell() - _LAST_WORDS))
        last = told.read().decode(errors="replace")
    words.unlink()
    if not in_time:
        raise StepRefused(f"{name} was not done after {seconds:.0f} seconds and was ended.")
    if process.returncode:
        raise StepRefused(f"{name} {_how(process.returncode)}{_said(last, last_words)}.")


def _end_with_parent() -> None:
    """Have the system kill the program when the process that runs it ends, however it ends."""
    _LIBRARY.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def _watch(process: "subprocess.Popen[bytes]", deadline: float, name: str, tell: Tell) -> bool:
    """Read what it says until it ends; False if it takes too long."""
    output = process.stdout
    if output is None:
        return True
    pending = b""
    os.set_blocking(output.fileno(), False)
    with output, selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not selector.select(min(_LOOK_SECONDS, deadline - time.monotonic())):
                continue
            chunk = os.read(output.fileno(), 65536)
            if not chunk:
                return _ends_by(process, deadline)
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                share = _PROGRESS.match(line)
                if share:
                    tell(min(float(share[1]), 1.0), f"{name} at work")
            pending = pending[-1000:]
    return False


def _ends_by(process: "subprocess.Popen[bytes]", deadline: float) -> bool:
    try:
        process.wait(max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End it and all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    except PermissionError:
        process.kill()
    process.wait()


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by the signal {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by the signal {-code}"


def _said(words: str, pick: Callable[[str], str] | None) -> str:
    said = (pick or _last_line)(words)
    return f": {said.rstrip('.')[:300]}" if said else " without a word"


def _last_line(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if lines else ""
