"""The services as they are deployed, as processes on this machine, around a real broker."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from climate_simulation_platform.db import Database
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage
from tests.e2e.furnishing import Furnishing
from tests.e2e.serving import surroundings
from tests.rabbitmq import HOST, RabbitMQ
from tests.waiting import is_gone, wait_for

ROOT = Path(__file__).parents[1]

MODULES = {
    "web": "climate_simulation_platform.deployed.web",
    "dispatcher": "message_dispatcher.receive",
    "worker": "python_worker.receive",
    "mosaic worker": "mosaic_worker.receive",
    "mosaix worker": "mosaix_worker.receive",
    "migrate": "climate_simulation_platform.deployed.migrate",
    "editors": "panel_app.serve",
    "odd worker": "tests.broker.odd_worker",
    "hasty dispatcher": "tests.broker.hasty_dispatcher",
}

IMPORTABLE = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "Multi_Page_WebApp")])}
"""Where the services are that are not installed."""

START_SECONDS = 60.0
END_SECONDS = 40.0

QUICK = {"WORKER_LEASE_SECONDS": "3", "WORKER_GRACE_SECONDS": "3", "LEAST_FREE_MB": "1"}
"""Settings that let the dead be missed soon."""


@dataclass
class Process:
    """A service that runs.

    Parameters
    ----------
    port : int
        Where it says how it is.
    editors_port : int
        Where it serves editors, if it does.
    """

    kind: str
    popen: subprocess.Popen[bytes]
    log: Path
    port: int
    editors_port: int = 0

    @property
    def pid(self) -> int:
        """Number of its first process."""
        return self.popen.pid

    def kill(self) -> None:
        """kill -9 of all its processes, as of a container."""
        _kill_family(self.popen.pid)
        self.popen.wait(END_SECONDS)

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to end; its exit code."""
        self.popen.send_signal(sent)
        return self.popen.wait(END_SECONDS)

    def running(self) -> bool:
        """Whether it is there."""
        return self.popen.poll() is None

    def ask(self, path: str) -> tuple[int, bytes]:
        """Status and body of a page of it."""
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=10) as answer:
                return int(answer.status), answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()

    def healthy(self) -> bool:
        """Whether it says that it is well."""
        assert self.running(), f"{self.kind} ended\n{self.tail()}"
        try:
            return self.ask("/status" if self.kind == "web" else "/health")[0] == 200
        except OSError:
            return False

    def tail(self, characters: int = 4000) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-characters:]


@dataclass
class Deployment:
    """An installation in a folder; services are started and killed at will."""

    folder: Path
    broker: RabbitMQ
    more: Mapping[str, str] = field(default_factory=lambda: dict(QUICK))
    virtual_host: str = ""
    processes: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.virtual_host = self.virtual_host or self.broker.new_virtual_host()
        self.secret = secrets.token_hex(32)
        self.sandbox = Sandbox()
        settings = self.settings()
        storage = Storage(settings.instance, least_free_bytes=settings.least_free_bytes)
        self.services = Services(settings, Database.of(settings), storage, self.sandbox)
        self.rooms = Furnishing(self.services)

    @property
    def database(self) -> Database:
        """That of the installation."""
        return self.services.database

    @property
    def environment(self) -> dict[str, str]:
        """Settings of all services."""
        return {
            "INSTANCE": str(self.folder / "instance"),
            "SECRET_KEY": self.secret,
            "WORKERS": "python",
            "SECURE_COOKIES": "no",
            **self.broker.environment(self.virtual_host),
            **self.more,
        }

    def settings(self) -> Settings:
        """The same, read."""
        return Settings.from_env(self.environment, embedded=False)

    def migrate(self) -> None:
        """Make the tables."""
        process = self.spawn("migrate")
        assert process.popen.wait(START_SECONDS) == 0, process.tail()
        self.processes.remove(process)

    def start(self, kind: str, **more: str) -> Process:
        """Start a service and wait until it is well."""
        process = self.spawn(kind, **more)
        wait_for(process.healthy, f"{kind}\n{process.tail()}", START_SECONDS)
        return process

    def start_all(self, *, workers: int = 1, web: bool = False) -> None:
        """Start what an installation needs."""
        self.migrate()
        kinds = ["dispatcher", *["worker"] * workers, *(["web"] if web else [])]
        spawned = [self.spawn(kind) for kind in kinds]
        for process in spawned:
            wait_for(process.healthy, f"{process.kind}\n{process.tail()}", START_SECONDS)

    def spawn(self, kind: str, *options: str, **more: str) -> Process:
        """Start a service."""
        port = _free_port()
        log = self.folder / f"{kind}-{secrets.token_hex(2)}.log"
        editors_port = _free_port() if kind == "editors" else 0
        ports = {"MONITOR_PORT": str(port), "PORT": str(editors_port or port)}
        environment = {**surroundings(), **IMPORTABLE, **self.environment, **ports, **more}
        with log.open("ab") as output:
            popen = subprocess.Popen(
                [sys.executable, "-m", MODULES[kind], *options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self.processes.append(Process(kind, popen, log, port, editors_port))
        return self.processes[-1]

    def of_kind(self, kind: str) -> list[Process]:
        """Services of a kind that run."""
        return [each for each in self.processes if each.kind == kind and each.running()]

    def close(self) -> None:
        """Leave nothing running."""
        for process in self.processes:
            if process.running():
                process.kill()
        self.sandbox.close()

    def logs(self) -> str:
        """What all services wrote, for who looks for a fault."""
        return "\n".join(f"--- {each.kind} {each.pid}\n{each.tail()}" for each in self.processes)

    def dead_letters(self) -> list[Any]:
        """Messages that nobody could use; they are taken."""
        return self.broker.take_messages(self.virtual_host, "preprocessing_dead_letter_queue")


def _kill_family(pid: int) -> None:
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for process in family[1:]:
        wait_for(lambda found=process: is_gone(found.pid), "its end")  # type: ignore[misc]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
