"""The process from which the children of calls are forked, with all modules loaded already.

It has one thread, no secrets in its environment, and ends with the process that started it.
Run as `python -m climate_simulation_platform.sandbox.server PATHS` with its control socket as
input, where PATHS is the JSON list of places that modules are looked for in.
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from climate_simulation_platform.sandbox import child

PRELOADED = (
    "climpy.steps",
    "climpy.fields",
    "climpy.pictures.thumbnails",
    "PIL.PngImagePlugin",
    "scipy.spatial",
)
"""What every child finds loaded; modules of functions that are called are added as they come."""

STARTED, ENDED = "started", "ended"


class Server:
    """Forks a child for each call and tells how it ended.

    Parameters
    ----------
    control : socket
        Each byte on it brings three descriptors of a call: the channel over which the child is
        talked to, the one on which its start and end are told, and its log.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._watches: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, None)
        self._wakeup, self._alarm = socket.socketpair()
        self._selector.register(self._wakeup, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Serve until the other side of the control socket is gone; then end all children."""
        for end in (self._wakeup, self._alarm):
            end.setblocking(False)
        signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # from now on the closed socket tells it
        try:
            while self._serve_ready():
                pass
        finally:
            signal.set_wakeup_fd(-1)  # children that end from now on wake nobody
            for pid in self._watches:
                _kill_group(pid)

    def _serve_ready(self) -> bool:
        """Do what is due; False once the caller is gone."""
        for key, _ in self._selector.select():
            if key.fileobj is self._control:
                if not self._begin():
                    return False
            elif key.fileobj is self._wakeup:
                self._bury()
            elif key.data in self._watches:  # not buried just before
                _kill_group(key.data)  # whoever called has its answer, gave up, or is dead
                self._selector.unregister(key.fileobj)
        return True

    def _begin(self) -> bool:
        """Fork the child of the next call; False if there will be none."""
        try:
            mark, descriptors, _, _ = socket.recv_fds(self._control, 1, 3)
        except OSError:
            return False
        if not mark:
            return False
        channel, watch, log = descriptors
        with socket.socket(fileno=watch) as telling:
            module = telling.recv(1024).decode()
            _load(module)
            pid = os.fork()
            if pid == 0:
                self._become_child(channel, telling, log)
            with contextlib.suppress(OSError):  # it may have ended already
                os.setpgid(pid, pid)
            self._watches[pid] = telling.dup()
        for descriptor in (channel, log):
            os.close(descriptor)
        self._selector.register(self._watches[pid], selectors.EVENT_READ, pid)
        _tell(self._watches[pid], STARTED, pid)
        return True

    def _become_child(self, channel: int, watch: socket.socket, log: int) -> NoReturn:
        """Let go of all that is the server's, and do the call."""
        try:
            os.setpgid(0, 0)
            signal.set_wakeup_fd(-1)
            self._selector.close()
            server = os.getppid()
            for other in (
                self._control, self._wakeup, self._alarm, watch, *self._watches.values()
            ):  # fmt: skip
                other.close()
            child.serve(socket.socket(fileno=channel), log, server)
        finally:
            os._exit(1)

    def _bury(self) -> None:
        """Tell of the children that have ended, and end what they started."""
        with contextlib.suppress(BlockingIOError):
            while self._wakeup.recv(4096):
                pass
        for pid, status in _ended():
            _kill_group(pid)
            watch = self._watches.pop(pid, None)
            if watch is None:
                continue
            with contextlib.suppress(KeyError):
                self._selector.unregister(watch)
            _tell(watch, ENDED, os.waitstatus_to_exitcode(status))
            watch.close()


def _ended() -> Iterator[tuple[int, int]]:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


def _tell(watch: socket.socket, what: str, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody waits for it any more
        watch.sendall(f"{what} {number}\n".encode())


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Nothing: that the signal came wakes the loop."""


def _load(module: str) -> None:
    """Load a module, so that its next child need not; a failure shows in the child."""
    if module and module not in sys.modules and module != "__main__":
        with contextlib.suppress(Exception):
            importlib.import_module(module)
            gc.freeze()


def main() -> None:
    """Serve the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller ends us when it ends
    control = socket.socket(fileno=os.dup(0))
    sys.path[:] = json.loads(sys.argv[1])
    for module in PRELOADED:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # children shall not copy what they only look at
    Server(control).run()


if __name__ == "__main__":
    main()
