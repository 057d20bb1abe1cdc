"""The platform as somebody starts it: one command, its line, its end."""

import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from tests.program import PROGRAM
from tests.waiting import is_gone, wait_for

HOST = "127.0.0.1"
START_SECONDS = 60.0
END_SECONDS = 30.0

_ADDRESSES = re.compile(rf"http://{re.escape(HOST)}:(\d+)\n.*served on port (\d+)")


@dataclass
class Serving:
    """An installation of its own in a folder, started and ended at will.

    Parameters
    ----------
    instance : Path
        Folder of its database and files.
    environment : mapping
        Settings by variable.
    port, panel_port : int
        Of pages and editors: 0 before the first start, which takes free ones; later starts take
        the same.
    """

    instance: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    panel_port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the first page."""
        return f"http://{HOST}:{self.port}"

    @property
    def editors_url(self) -> str:
        """Address of the editors."""
        return f"http://{HOST}:{self.panel_port}"

    @property
    def log(self) -> Path:
        """What it wrote, of all its starts."""
        return self.instance.with_name(f"{self.instance.name}.log")

    def start(self) -> None:
        """Start it and wait until it has told its address and answers."""
        self.log.touch()
        told_before = self.log.stat().st_size
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--port", str(self.port), "--instance", str(self.instance)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**surroundings(), "PANEL_PORT": str(self.panel_port), **self.environment},
                start_new_session=True,
            )
        wait_for(lambda: self._told(told_before), "the line with the address", START_SECONDS)
        wait_for(self._answers, "an answer", START_SECONDS)

    def end(self, sent: signal.Signals = signal.SIGINT, *, to_all: bool = False) -> int:
        """End it as Ctrl-C does and wait for every process of it; gives the exit code.

        Parameters
        ----------
        to_all : bool
            As a terminal does, which tells each process of the group.
        """
        assert self.process is not None
        family = self.processes()
        if to_all:
            os.killpg(self.process.pid, sent)
        else:
            self.process.send_signal(sent)
        code = self.process.wait(END_SECONDS)
        left = [each for each in family if not _gone_soon(each)]
        self.process = None
        for each in left:
            each.kill()
        assert not left, f"left behind: {left}\n{self.tail()}"
        return code

    def processes(self) -> list[psutil.Process]:
        """Every process of it, the one that was started first."""
        assert self.process is not None
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def tail(self, characters: int = 4000) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-characters:]

    def _told(self, told_before: int) -> bool:
        assert self.process is not None
        text = self.log.read_bytes()[told_before:].decode(errors="replace")
        ended = self.process.poll()
        assert ended is None, f"ended with {ended} at its start:\n{text}"
        found = _ADDRESSES.search(text)
        if found:
            self.port, self.panel_port = map(int, found.groups())
        return found is not None

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/status", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


@contextmanager
def workers_held(serving: Serving) -> Iterator[None]:
    """Stop the workers where they are, as a machine does that is busy with something else.

    Not while one of them reads or changes the database, which would hold up everybody.
    """
    workers = [each for each in serving.processes() if _is_worker(each)]
    assert workers

    def tell(sent: signal.Signals) -> None:
        for each in workers:
            each.send_signal(sent)

    def held() -> bool:
        tell(signal.SIGSTOP)
        free = _is_free(serving.instance / "platform.db")
        if not free:
            tell(signal.SIGCONT)
        return free

    wait_for(held, "workers that hold nothing")
    try:
        yield
    finally:
        tell(signal.SIGCONT)


def _is_free(database: Path) -> bool:
    """Whether nobody reads or changes the database."""
    with closing(sqlite3.connect(database, timeout=0.5)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        connection.rollback()
        return True


def _is_worker(process: psutil.Process) -> bool:
    return any(part.endswith("embedded.worker") for part in process.cmdline())


def surroundings() -> dict[str, str]:
    """The environment of the tests without what would change settings."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "NUMBA_CACHE_DIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _gone_soon(process: psutil.Process) -> bool:
    """Whether a process has ended, or does within a few seconds."""
    deadline = time.monotonic() + 5.0
    while not is_gone(process.pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
