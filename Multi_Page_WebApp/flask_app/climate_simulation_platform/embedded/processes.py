"""Processes that the supervisor keeps alive."""

import logging
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

SHORT_LIFE_SECONDS = 10.0
"""A process that ends sooner is not started again at once."""

LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True)
class Surroundings:
    """What all processes of one installation share.

    Parameters
    ----------
    lifeline : int
        Read end of a pipe that the supervisor holds.
    inherited : tuple of int
        Descriptors that they keep: the lock of the instance, the listening socket.
    """

    environment: Mapping[str, str]
    lifeline: int
    inherited: tuple[int, ...]
    verbose: bool


@dataclass
class Kept:
    """One process, started again whenever it ends.

    Parameters
    ----------
    role : str
        What it is called in the log.
    module : str
        What it runs.
    arguments : sequence of str
        Given after the name, if it has one.
    named : bool
        Whether each new process gets a name of its own as its first argument.
    """

    role: str
    module: str
    surroundings: Surroundings
    arguments: Sequence[str] = ()
    named: bool = False
    name: str = ""
    deaths: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _began: float = 0.0
    _due: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Start it."""
        self.name = f"{self.role}.{secrets.token_hex(4)}"
        arguments = [self.name, *self.arguments] if self.named else [*self.arguments]
        if self.surroundings.verbose:
            arguments.append("--verbose")
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-m", self.module, *arguments],
            stdin=self.surroundings.lifeline,
            stdout=subprocess.DEVNULL,
            env=dict(self.surroundings.environment),
            pass_fds=self.surroundings.inherited,
            start_new_session=True,  # Ctrl-C is for the supervisor, which then tells it to end
        )
        self._began = time.monotonic()
        log.info("%s started as process %d", self.role, self._process.pid)

    def start_if_due(self) -> None:
        """Start it if it is not there and its pause is over."""
        if self._process is None and time.monotonic() >= self._due:
            self.start()

    def has_died(self) -> bool:
        """Whether it has ended since this was last asked; it is then due to be started again."""
        if self._process is None or self._process.poll() is None:
            return False
        lived = time.monotonic() - self._began
        self.deaths = self.deaths + 1 if lived < SHORT_LIFE_SECONDS else 1
        pause = 0.0 if self.deaths == 1 else 0.25 * 2.0**self.deaths
        self._due = time.monotonic() + min(pause, LONGEST_PAUSE_SECONDS)
        log.warning("%s ended (%s); it is started again", self.role, _how(self._process.returncode))
        self._process = None
        return True

    def is_running(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def tell_to_end(self) -> None:
        """Ask it to end."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """End it and what it started."""
        if self._process is None:
            return
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                self._process.kill()
        self._process.wait()


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
