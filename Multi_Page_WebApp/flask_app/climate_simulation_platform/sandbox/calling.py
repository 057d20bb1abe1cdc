"""Calling a function in a process of its own, from any thread."""

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from climate_simulation_platform.errors import Busy, NoSpace
from climate_simulation_platform.sandbox import outcome, values, wire
from climate_simulation_platform.sandbox.outcome import ChildFailed, Reason
from climate_simulation_platform.sandbox.wire import Kind, Limits

T = TypeVar("T")

LONGEST_RESULT_BYTES = 512 * 2**20
LONGEST_LOG_BYTES = 8_000

KEPT_ENVIRONMENT = ("LANG", "LC_ALL", "TMPDIR", "MPLCONFIGDIR", "NUMBA_CACHE_DIR")
"""What children see of our environment; secrets are not among it."""

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""A process that forks must have no other threads."""

_KEEP_FREED = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
}
"""Memory of an array that is gone serves the next one, instead of going back to the system, which
would hand it out anew page by page; larger arrays do go back."""

_LOOK_SECONDS = 0.2
_START_SECONDS = 120.0
_END_SECONDS = 5.0

_LONGEST_QUEUE_SECONDS = 20.0

_TRIES = 2
"""A call that never began, because the server was killed, is made again."""


class Sandbox:
    """Runs functions in processes that are limited and live for one call.

    Parameters
    ----------
    memory_bytes, cpu_seconds, wall_seconds
        Limits of a call that names no others, see `Limits`.
    at_once : int, optional
        How many calls run at a time; others wait for their turn. Unlimited if not given.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = 2 * 2**30,
        cpu_seconds: float = 120.0,
        wall_seconds: float = 300.0,
        at_once: int | None = None,
    ) -> None:
        self._turns = threading.BoundedSemaphore(at_once) if at_once else None
        self._limits = Limits(memory_bytes, cpu_seconds, wall_seconds)
        self._lock = threading.Lock()
        self._server: _ServerProcess | None = None

    def run(
        self,
        function: Callable[..., T],
        *arguments: Any,
        progress: Callable[..., None] | None = None,
        while_waiting: Callable[[], None] | None = None,
        queued: bool = True,
        **limits: float,
    ) -> T:
        """Call a function in a process of its own; give what it gives.

        Parameters
        ----------
        function : callable
            A function of a module.
        arguments
            Plain values, arrays, paths, records of ours, functions of modules.
        progress : callable, optional
            If given, the function is called with the keyword `progress`; what it tells there
            arrives here.
        while_waiting : callable, optional
            Called some times a second. What this or `progress` raises ends the child and leaves
            this call.
        queued : bool
            False for what is short and reads no file: it waits for no turn.
        limits
            Other limits for this call, see `Limits`.

        Raises
        ------
        ClimpyError, PlatformError
            As the function raised it.
        NoSpace
            If the disk was full.
        ChildDied
            If it crashed, or needed more than it may have.
        ChildFailed
            If the function has a fault.
        Busy
            If its turn did not come.
        """
        chosen = replace(self._limits, **limits)  # type: ignore[arg-type]
        call = values.encoded((function, arguments))
        for _ in range(_TRIES):
            with self._turn(queued), _Call(chosen, progress, while_waiting) as running:
                request = (chosen, progress is not None, str(running.scratch), call)
                self._submit(running, _module_of(function))
                running.send(values.encoded(request))
                running.wait()
                if running.started:
                    value: T = running.value()
                    return value
        raise outcome.lost()

    def warm(self) -> None:
        """Begin to start the server, so that the first call need not wait for it."""
        with self._lock:
            self._running_server()

    def close(self) -> None:
        """End the server and all that runs."""
        with self._lock:
            if self._server is not None:
                self._server.end()
                self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _turn(self, queued: bool) -> Iterator[None]:
        """Wait until there are not too many calls, whose memory adds up."""
        if self._turns is None or not queued:
            yield
            return
        if not self._turns.acquire(timeout=_LONGEST_QUEUE_SECONDS):
            raise Busy("The server is looking into other files; try again in a moment.")
        with contextlib.ExitStack() as held:
            held.callback(self._turns.release)
            yield

    def _submit(self, call: "_Call", module: str) -> None:
        """Hand a call to the server; one that was killed is started anew."""
        call.watch.sendall(module.encode() or b"-")
        with self._lock:
            for _ in range(2):
                try:
                    self._running_server().take(call)
                    break
                except OSError:
                    if self._server is not None:
                        self._server.end()
                    self._server = None
        call.let_go()

    def _running_server(self) -> "_ServerProcess":
        if self._server is not None and not self._server.alive():
            self._server.end()
            self._server = None
        if self._server is None:
            self._server = _ServerProcess()
        return self._server


class _ServerProcess:
    """The server and the socket on which it takes calls."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        ours, theirs = socket.socketpair()
        places = json.dumps([str(Path(place).absolute()) for place in sys.path])
        with theirs:
            kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
            self._process = subprocess.Popen(  # noqa: S603  our own module
                [sys.executable, "-m", "climate_simulation_platform.sandbox.server", places],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**kept, **_ONE_THREAD, **_KEEP_FREED},
                cwd="/",
                start_new_session=True,
            )
        self._control = ours

    def alive(self) -> bool:
        """Whether it can take calls of this process."""
        return self._owner == os.getpid() and self._process.poll() is None

    def take(self, call: "_Call") -> None:
        """Hand over a call."""
        socket.send_fds(self._control, [b"C"], call.descriptors())

    def end(self) -> None:
        """Have it end, and all its children."""
        self._control.close()
        if self._owner != os.getpid():
            return
        self._process.terminate()  # it may still be loading, deaf to the closed socket
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass
class _Call:
    """One call, from the side that waits for it."""

    limits: Limits
    progress: Callable[..., None] | None
    while_waiting: Callable[[], None] | None
    started: bool = False
    _pid: int = 0
    _exit_code: int | None = None
    _answer: tuple[Kind, bytes] | None = None
    _verdict: Reason | None = None
    _told: bytes = b""
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> Self:
        self.scratch = Path(tempfile.mkdtemp(prefix="call-"))
        self._open.callback(shutil.rmtree, self.scratch, ignore_errors=True)
        self.channel, self._their_channel = socket.socketpair()
        self.watch, self._their_watch = socket.socketpair()
        self._log: IO[bytes] = tempfile.TemporaryFile()
        self._selector = selectors.DefaultSelector()
        for opened in (
            self.channel, self._their_channel, self.watch, self._their_watch, self._log,
            self._selector,
        ):  # fmt: skip
            self._open.callback(opened.close)
        self._frames = wire.Frames(LONGEST_RESULT_BYTES)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        with self._open:
            if self._exit_code is None and not self._answered:
                self._kill()

    def descriptors(self) -> list[int]:
        """What the server gets."""
        return [self._their_channel.fileno(), self._their_watch.fileno(), self._log.fileno()]

    def let_go(self) -> None:
        """Close the server's ends, so that its death is seen."""
        self._their_channel.close()
        self._their_watch.close()

    def send(self, request: bytes) -> None:
        """Tell the child what to do."""
        self.channel.settimeout(_START_SECONDS)
        with contextlib.suppress(OSError):  # it is dead; waiting for it tells how
            wire.send(self.channel, Kind.REQUEST, request)

    @property
    def _answered(self) -> bool:
        """Whether the child has nothing more to do; the server sees to its end."""
        return self._answer is not None and self._verdict is None

    def wait(self) -> None:
        """Wait until the child has answered or ended, or end it when its time is over."""
        for end in (self.channel, self.watch):
            self._selector.register(end, selectors.EVENT_READ)
        deadline = time.monotonic() + _START_SECONDS
        while self._waits():
            began = self.started
            for key, _ in self._selector.select(min(_LOOK_SECONDS, deadline - time.monotonic())):
                if key.fileobj is self.watch:
                    self._look()
                elif self.channel in self._selector.get_map():  # not heard out just before
                    self._listen()
            if self.started and not began:
                deadline = time.monotonic() + self.limits.wall_seconds
            if self._exit_code is None and time.monotonic() >= deadline:
                self._verdict = Reason.TIME if self.started else Reason.LOST
                self._kill()
                return
            if self.while_waiting is not None:
                self.while_waiting()

    def _waits(self) -> bool:
        here = self.watch in self._selector.get_map()
        return here and self._exit_code is None and not self._answered

    def value(self) -> Any:
        """What the call gave; raises what it raised."""
        log = self._tail()
        if self._verdict is Reason.TIME:
            raise outcome.out_of_time(self.limits.wall_seconds, log)
        if self._verdict is Reason.CRASHED:
            raise outcome.died(0, self.limits, log)
        if self._answer is None:
            code = -signal.SIGKILL if self._exit_code is None else self._exit_code
            raise outcome.died(code, self.limits, log)
        return _opened(self._answer, self.limits, log)

    def _listen(self) -> None:
        """Take what the child says."""
        try:
            piece = self.channel.recv(1 << 20)
        except OSError:
            piece = b""
        if not piece:
            self._selector.unregister(self.channel)
            return
        try:
            for kind, payload in self._frames.add(piece):
                if kind is not Kind.PROGRESS:
                    self._answer, self.started = (kind, payload), True
                elif self.progress is not None:
                    self.progress(*values.plain(payload))
        except ValueError:
            self._verdict = Reason.CRASHED  # whatever speaks there is not our child any more
            self._kill()

    def _look(self) -> None:
        """Take what the server says of the child."""
        try:
            piece = self.watch.recv(1024)
        except OSError:
            piece = b""
        if not piece:  # the server is dead
            self._selector.unregister(self.watch)
            self._kill_group()
            return
        self._told += piece
        *lines, self._told = self._told.split(b"\n")
        for line in lines:
            what, number = line.split()
            if what == b"started":
                self.started, self._pid = True, int(number)
            else:
                self._hear_out()
                self._exit_code = int(number)

    def _hear_out(self) -> None:
        """Take the last words of a child that has ended."""
        while self.channel in self._selector.get_map():
            self._listen()

    def _kill(self) -> None:
        """Have the child killed and wait until it is gone."""
        with contextlib.suppress(OSError):
            self.watch.shutdown(socket.SHUT_WR)
        self.watch.settimeout(_END_SECONDS)
        with contextlib.suppress(OSError):
            while self.watch.recv(1024):
                pass
            return
        self._kill_group()

    def _kill_group(self) -> None:
        if self._pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)

    def _tail(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        start = max(0, size - LONGEST_LOG_BYTES)
        return os.pread(self._log.fileno(), LONGEST_LOG_BYTES, start).decode(errors="replace")


def _opened(answer: tuple[Kind, bytes], limits: Limits, log: str) -> Any:
    """The value in an answer; raises the error in it."""
    kind, payload = answer
    if kind is Kind.NO_MEMORY:
        raise outcome.out_of_memory(limits, log)
    if kind is Kind.NO_SPACE:
        raise NoSpace("The disk is full; the result could not be written.")
    try:
        value = values.plain(payload)
        if kind is Kind.RESULT:
            return value
        if kind is Kind.REFUSED:
            raise wire.error_of_ours(*value) or ChildFailed(str(value), log)
        name, lines = value
    except (values.NotPlain, TypeError) as trouble:
        raise ChildFailed(f"The result cannot be sent: {trouble}", log) from trouble
    raise ChildFailed(f"A fault of the program ({name}).", f"{log}{lines}")


def _module_of(function: Any) -> str:
    """Name of the module in which a function stands."""
    while hasattr(function, "func"):
        function = function.func
    return str(getattr(function, "__module__", ""))
