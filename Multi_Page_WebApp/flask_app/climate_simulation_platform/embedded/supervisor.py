"""The first process of an embedded installation: starts all others and keeps them alive."""

import contextlib
import http.client
import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import FrameType

from climate_simulation_platform.auth.accounts import add_first_user
from climate_simulation_platform.db import Database
from climate_simulation_platform.embedded.instance import lock_instance, read_settings
from climate_simulation_platform.embedded.processes import Kept, Surroundings
from climate_simulation_platform.embedded.upkeep import Upkeep
from climate_simulation_platform.errors import PlatformError, SettingsRefused
from climate_simulation_platform.instance import make_instance
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage

log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
"""How long the processes may take to end."""

UPKEEP_SECONDS = 60.0
AFTER_DEATH_SECONDS = 5.0
"""When to clear what a dead process left; until then it may look as if it was just being begun."""

MOST_EARLY_DEATHS = 3
"""How often the pages may end before they were ever served."""

_LOOK_SECONDS = 0.5
_ASK_SECONDS = 0.05
_BACKLOG = 256

_SILENT_SECONDS = 60.0
"""How long a visitor may leave what was sent untouched."""

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Address:
    """Where the pages are served."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """What to type into a browser on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


@dataclass(frozen=True)
class Listeners:
    """Descriptors of the listening sockets."""

    pages: int
    editors: int


def serve(
    environ: Mapping[str, str], *, verbose: bool, announce: Callable[[str, Settings], None]
) -> None:
    """Run the platform until somebody ends it.

    Parameters
    ----------
    environ : mapping
        The environment, with the settings.
    announce : callable
        Told the address once the pages answer.

    Raises
    ------
    PlatformError
        If it cannot start; the sentence says why.
    """
    with contextlib.ExitStack() as held:
        settings = Settings.from_env(environ, embedded=True)
        make_instance(settings.instance)
        lock = lock_instance(settings.instance)
        held.callback(os.close, lock)
        settings = read_settings(environ)
        pages = held.enter_context(listen(settings.host, settings.port))
        editors = held.enter_context(listen(settings.host, settings.panel_port, "PANEL_PORT"))
        settings = replace(
            settings, port=pages.getsockname()[1], panel_port=editors.getsockname()[1]
        )
        upkeep = _prepare(settings)
        lifeline, ours = os.pipe()
        held.callback(os.close, ours)
        held.callback(os.close, lifeline)
        surroundings = Surroundings(
            environment={
                **environ,
                "INSTANCE": str(settings.instance),
                "PANEL_PORT": str(settings.panel_port),
            },
            lifeline=lifeline,
            inherited=(lock, pages.fileno(), editors.fileno()),
            verbose=verbose,
        )
        listeners = Listeners(pages.fileno(), editors.fileno())
        supervisor = Supervisor(settings, surroundings, listeners, upkeep)
        supervisor.run(lambda url: announce(url, settings))


def listen(host: str, port: int, set_by: str = "--port") -> socket.socket:
    """Open a port.

    Parameters
    ----------
    set_by : str
        How another one is chosen.

    Raises
    ------
    SettingsRefused
        If it is in use, or the address is not one of this machine.
    """
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as trouble:
        raise SettingsRefused(f"HOST is no address of this machine: {host}.") from trouble
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _give_up_on_the_silent(listener)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as trouble:
        listener.close()
        raise SettingsRefused(
            f"Port {port} of {host} cannot be used ({trouble.strerror}); stop what uses it, or "
            f"choose another one with {set_by}."
        ) from trouble
    return listener


def _give_up_on_the_silent(listener: socket.socket) -> None:
    """Have the system end connections whose other side is gone or takes nothing any more."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        silent = round(1000 * _SILENT_SECONDS)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, silent)


def _prepare(settings: Settings) -> Upkeep:
    """Bring database and files into order before anything runs."""
    database = Database.of(settings)
    storage = Storage(settings.instance, least_free_bytes=settings.least_free_bytes)
    database.migrate()
    add_first_user(database, settings, now=datetime.now(UTC))
    upkeep = Upkeep(Services(settings, database, storage, Sandbox()))
    upkeep.begin()
    return upkeep


class Supervisor:
    """Starts the processes, starts them again when they die, ends them all."""

    def __init__(
        self, settings: Settings, surroundings: Surroundings, listeners: Listeners, upkeep: Upkeep
    ) -> None:
        self._address = Address(settings.host, settings.port)
        self._upkeep = upkeep
        package = "climate_simulation_platform.embedded"
        self._web = Kept("web", f"{package}.web", surroundings, (str(listeners.pages),))
        self._editors = Kept(
            "editors", f"{package}.editors", surroundings, (str(listeners.editors),)
        )
        self._workers = [
            Kept(f"python-{number}", f"{package}.worker", surroundings, named=True)
            for number in range(1, settings.python_workers + 1)
        ]
        self._stopping = 0
        self._upkeep_due = time.monotonic() + UPKEEP_SECONDS
        self._announced = False

    def run(self, announce: Callable[[str], None]) -> None:
        """Keep the platform running until a signal ends it.

        Raises
        ------
        PlatformError
            If the pages cannot be started.
        """
        with self._awake_at_signals() as wait:
            try:
                for process in self._all():
                    process.start()
                while not self._stopping:
                    self._bury_and_replace()
                    if not self._announced and self._answers():
                        self._announced = True
                        announce(self._address.url)
                    self._look_after()
                    wait(_LOOK_SECONDS if self._announced else _ASK_SECONDS)
            finally:
                self._end(wait)

    def _all(self) -> tuple[Kept, ...]:
        return (self._web, self._editors, *self._workers)

    def _bury_and_replace(self) -> None:
        for process in self._all():
            if process.has_died():
                soon = time.monotonic() + AFTER_DEATH_SECONDS
                self._upkeep_due = min(self._upkeep_due, soon)
                if process.named:
                    with _trouble_told():
                        self._upkeep.after_death(process.name)
            process.start_if_due()
        if not self._announced and self._web.deaths >= MOST_EARLY_DEATHS:
            raise PlatformError("The pages could not be started; the reason is told above.")

    def _look_after(self) -> None:
        if time.monotonic() >= self._upkeep_due:
            self._upkeep_due = time.monotonic() + UPKEEP_SECONDS
            with _trouble_told():
                self._kill_hanging()
                alive = [worker.name for worker in self._workers if worker.is_running()]
                self._upkeep.now_and_then(alive)

    def _kill_hanging(self) -> None:
        """End workers that no longer do anything; they are started again."""
        hanging = self._upkeep.hanging()
        for worker in self._workers:
            if worker.name in hanging:
                log.warning("%s hangs", worker.role)
                worker.kill()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(
            self._address.url.removeprefix("http://").rsplit(":", 1)[0].strip("[]"),
            self._address.port,
            timeout=1.0,
        )
        try:
            connection.request("GET", "/status")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _end(self, wait: Callable[[float], None]) -> None:
        """End all processes: asked first, then made; asked a second time, at once."""
        for process in self._all():
            process.tell_to_end()
        deadline = time.monotonic() + GRACE_SECONDS
        asked = self._stopping
        while any(process.is_running() for process in self._all()):
            if time.monotonic() > deadline or self._stopping > max(asked, 1):
                break
            wait(_ASK_SECONDS)
        for process in self._all():
            process.kill()
        for worker in self._workers:
            with _trouble_told():
                self._upkeep.after_end(worker.name)

    @contextlib.contextmanager
    def _awake_at_signals(self) -> Iterator[Callable[[float], None]]:
        """Give a way to wait that ends when a process dies or somebody ends the platform."""
        alarm, wakeup = socket.socketpair()
        with alarm, wakeup, selectors.DefaultSelector() as selector:
            for end in (alarm, wakeup):
                end.setblocking(False)
            selector.register(alarm, selectors.EVENT_READ)
            before = {name: signal.getsignal(name) for name in (*_STOPPING, signal.SIGCHLD)}
            old_wakeup = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
            for name in _STOPPING:
                signal.signal(name, self._stop)
            signal.signal(signal.SIGCHLD, _note)

            def wait(seconds: float) -> None:
                if selector.select(seconds):
                    with contextlib.suppress(BlockingIOError):
                        alarm.recv(4096)

            try:
                yield wait
            finally:
                signal.set_wakeup_fd(old_wakeup)
                for name, handler in before.items():
                    signal.signal(name, handler)

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping += 1


def _note(_signal: int, _frame: FrameType | None) -> None:
    """Nothing: that the signal came ends the wait."""


@contextlib.contextmanager
def _trouble_told() -> Iterator[None]:
    """Upkeep that fails now is done the next time."""
    try:
        yield
    except (PlatformError, OSError) as trouble:
        log.warning("%s", trouble)
