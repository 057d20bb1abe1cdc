"""The process of one call: limits itself, does the work, sends the result and ends."""

import contextlib
import ctypes
import errno
import faulthandler
import os
import resource
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from climate_simulation_platform.sandbox.values import OURS, encoded, trusted
from climate_simulation_platform.sandbox.wire import Kind, Limits, receive, send

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SET_PARENT_DEATH_SIGNAL = 1
_SECONDS_TO_DIE = 2


def serve(channel: socket.socket, log: int, server: int) -> NoReturn:
    """Do the one call that comes over a channel; never returns.

    Parameters
    ----------
    log : int
        Where standard output and error go.
    server : int
        Process id of the parent; the child ends with it.
    """
    code = 1
    try:
        _end_with(server)
        _redirect(log)
        _, request = receive(channel)
        limits, wants_progress, scratch, call = trusted(request)
        _limit(limits)
        _keep_scratch_in(scratch)
        kind, payload = _outcome(channel, call, wants_progress=wants_progress)
        send(channel, kind, payload)
        code = 0
    except (EOFError, OSError):
        pass  # nobody waits for the result
    except BaseException:  # noqa: BLE001  nothing may reach the server's own loop
        traceback.print_exc()
    finally:
        os._exit(code)


def _outcome(channel: socket.socket, call: bytes, *, wants_progress: bool) -> tuple[Kind, bytes]:
    """Do the work; give what to answer."""
    try:
        function, arguments = trusted(call)
        options: dict[str, Callable[..., None]] = {}
        if wants_progress:
            options["progress"] = lambda *values: send(channel, Kind.PROGRESS, encoded(values))
        return Kind.RESULT, encoded(function(*arguments, **options))
    except MemoryError:
        return Kind.NO_MEMORY, b""
    except OSError as trouble:
        if trouble.errno == errno.ENOMEM:
            return Kind.NO_MEMORY, b""
        return (Kind.NO_SPACE, b"") if trouble.errno in _DISK_FULL else _fault(trouble)
    except Exception as trouble:  # noqa: BLE001  told to the caller, whatever it is
        return _of_ours(trouble) or _fault(trouble)


def _of_ours(trouble: Exception) -> tuple[Kind, bytes] | None:
    for kind in type(trouble).__mro__:  # a private kind of error goes as its public parent
        if kind.__module__.split(".")[0] in OURS and kind.__module__.endswith(".errors"):
            return Kind.REFUSED, encoded((kind.__module__, kind.__qualname__, str(trouble)))
    return None


def _fault(trouble: Exception) -> tuple[Kind, bytes]:
    lines = "".join(traceback.format_exception(trouble))
    return Kind.FAULT, encoded((type(trouble).__name__, lines))


def _redirect(log: int) -> None:
    """No input; all output into the log, also that of a crash."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for output in (1, 2):
        os.dup2(log, output)
    for handle in (nothing, log):
        os.close(handle)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(name, signal.SIG_DFL)
    faulthandler.enable(2)


def _end_with(server: int) -> None:
    """Have the system kill this process when its parent ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)


def _keep_scratch_in(folder: str) -> None:
    """Put temporary files where the caller removes them, however this process ends."""
    tempfile.tempdir = os.environ["TMPDIR"] = folder


def _limit(limits: Limits) -> None:
    cpu = max(1, round(limits.cpu_seconds))
    wanted = {
        resource.RLIMIT_AS: (limits.memory_bytes + _loaded_bytes(),) * 2,
        resource.RLIMIT_CPU: (cpu, cpu + _SECONDS_TO_DIE),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_NOFILE: (limits.open_files,) * 2,
        resource.RLIMIT_FSIZE: (limits.file_bytes,) * 2,
    }
    for what, (soft, hard) in wanted.items():
        most = resource.getrlimit(what)[1]
        if most != resource.RLIM_INFINITY:
            soft, hard = min(soft, most), min(hard, most)
        with contextlib.suppress(OSError, ValueError):  # not every system knows every limit
            resource.setrlimit(what, (soft, hard))


def _loaded_bytes() -> int:
    """Address space in use; what the server has loaded does not count as the call's."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
