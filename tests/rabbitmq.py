"""A RabbitMQ of the tests: Debian's server, on ports and under a name of its own."""

import base64
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from climate_simulation_platform.settings import Broker
from tests.waiting import is_gone, wait_for

HOST = "127.0.0.1"
USER, PASSWORD = "platform", "lava below the ice"
VIRTUAL_HOST = "climate"
"""The one that a new broker has."""

HEARTBEAT_SECONDS = 2
START_SECONDS = 90.0


def server_folder() -> Path:
    """Where the server's programs are; without them the test is skipped, or fails in CI."""
    places = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))
    if not places:
        if os.environ.get("CI"):
            pytest.fail("Debian's rabbitmq-server is not installed.")
        pytest.skip("Debian's rabbitmq-server is not installed (make test-integration).")
    return places[-1]


@dataclass
class RabbitMQ:
    """A broker that can be ended, killed, wiped and started again; its ports stay."""

    folder: Path
    heartbeat_seconds: int = HEARTBEAT_SECONDS
    port: int = field(default_factory=lambda: _free_port())
    _management_port: int = field(default_factory=lambda: _free_port())
    _distribution_port: int = field(default_factory=lambda: _free_port())
    _epmd_port: int = field(default_factory=lambda: _free_port())
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        programs = server_folder()
        self._configure()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [programs / "rabbitmq-server"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,
            )
        wait_for(self._ready, f"a broker\n{self.tail()}", START_SECONDS)

    def end(self) -> None:
        """End it in order."""
        self._stop(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9 of all its processes."""
        self._stop(signal.SIGKILL)

    def wipe(self) -> None:
        """Lose everything it kept, as a container that is recreated without its volume."""
        shutil.rmtree(self.folder / "data")

    def restart(self) -> None:
        """End it and start it again."""
        self.end()
        self.start()

    def close(self) -> None:
        """Leave nothing running."""
        if self._process is not None:
            self.kill()
        for process in psutil.process_iter(["name"]):
            with contextlib.suppress(psutil.Error):
                ours = process.info["name"] == "epmd"
                if ours and process.environ().get("ERL_EPMD_PORT") == str(self._epmd_port):
                    process.kill()

    def tail(self, characters: int = 3000) -> str:
        """The end of what it wrote."""
        log = self.folder / "server.log"
        return log.read_text(errors="replace")[-characters:] if log.exists() else ""

    # its owner's tools

    def new_virtual_host(self) -> str:
        """A virtual host of a test's own."""
        name = f"test-{secrets.token_hex(4)}"
        self.ask("PUT", f"/api/vhosts/{name}")
        self.ask(
            "PUT",
            f"/api/permissions/{name}/{USER}",
            {"configure": ".*", "write": ".*", "read": ".*"},
        )
        return name

    def address(self, virtual_host: str, password: str = PASSWORD) -> Broker:
        """How services get there."""
        return Broker(HOST, self.port, virtual_host, USER, password, self.heartbeat_seconds)

    def environment(self, virtual_host: str, password: str = PASSWORD) -> dict[str, str]:
        """The same as settings."""
        return {
            "BROKER_HOST": HOST,
            "BROKER_PORT": str(self.port),
            "BROKER_VHOST": virtual_host,
            "BROKER_USER": USER,
            "BROKER_PASSWORD": password,
            "BROKER_HEARTBEAT_SECONDS": str(self.heartbeat_seconds),
        }

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask its management plugin."""
        token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"http://{HOST}:{self._management_port}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def take_messages(self, virtual_host: str, queue: str, most: int = 1000) -> list[Any]:
        """Take messages out of a queue, with their headers."""
        wanted = {"count": most, "ackmode": "ack_requeue_false", "encoding": "auto"}
        found = self.ask("POST", f"/api/queues/{virtual_host}/{quote(queue)}/get", wanted)
        return list(found)

    def depth(self, virtual_host: str, queue: str) -> int:
        """How many messages wait in a queue, taken by nobody."""
        return len(self.take_and_return(virtual_host, queue))

    def take_and_return(self, virtual_host: str, queue: str, most: int = 1000) -> list[Any]:
        """Look at messages of a queue."""
        wanted = {"count": most, "ackmode": "ack_requeue_true", "encoding": "auto"}
        return list(self.ask("POST", f"/api/queues/{virtual_host}/{quote(queue)}/get", wanted))

    def delete_queue(self, virtual_host: str, queue: str) -> None:
        """Remove a queue from below its consumers."""
        self.ask("DELETE", f"/api/queues/{virtual_host}/{quote(queue)}")

    def delete_binding(self, virtual_host: str, exchange: str, queue: str, key: str) -> None:
        """Let an exchange forget a queue."""
        place = f"/api/bindings/{virtual_host}/e/{exchange}/q/{quote(queue)}/{quote(key)}"
        self.ask("DELETE", place)

    def connections(self, virtual_host: str) -> list[str]:
        """What the connections call themselves."""
        found = self.ask("GET", f"/api/vhosts/{virtual_host}/connections")
        return [one.get("client_properties", {}).get("connection_name", "") for one in found]

    def control(self, *arguments: str) -> None:
        """What only its own command can do."""
        subprocess.run(
            [server_folder() / "rabbitmqctl", *arguments],
            env=self._environment(), check=True, capture_output=True, timeout=60,
        )  # fmt: skip

    def memory_alarm(self, *, on: bool) -> None:
        """Take no messages for want of memory, or take them again."""
        self.control("set_vm_memory_high_watermark", "0.0000001" if on else "0.8")

    def disk_alarm(self, *, on: bool) -> None:
        """Take no messages for want of disk, or take them again."""
        self.control("set_disk_free_limit", "100000GB" if on else "1MB")

    def _configure(self) -> None:
        for name in ("data", "logs", "home"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        settings = {
            "listeners.tcp.default": f"{HOST}:{self.port}",
            "management.tcp.ip": HOST,
            "management.tcp.port": self._management_port,
            "default_user": USER,
            "default_pass": PASSWORD,
            "default_vhost": VIRTUAL_HOST,
            "disk_free_limit.absolute": "1MB",
            "vm_memory_high_watermark.relative": 0.8,
            "collect_statistics_interval": 1000,
        }
        lines = [f"{name} = {value}" for name, value in settings.items() if name[-7:] != "default"]
        lines.append(f"listeners.tcp.1 = {HOST}:{self.port}")
        (self.folder / "rabbitmq.conf").write_text("\n".join(lines) + "\n")
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management].\n")

    def _environment(self) -> dict[str, str]:
        own = {
            "HOME": str(self.folder / "home"),
            "RABBITMQ_NODENAME": f"climate{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": HOST,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
        }
        return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **own}

    def _ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the broker ended\n{self.tail()}"
        try:
            self.ask("GET", "/api/overview")
            with socket.create_connection((HOST, self.port), timeout=1):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def _stop(self, sent: signal.Signals) -> None:
        assert self._process is not None
        family = psutil.Process(self._process.pid).children(recursive=True)
        server = [each for each in family if "beam" in each.name()]
        for each in server:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(sent)
        if sent is signal.SIGKILL or not server:
            self._process.kill()
        self._process.wait(60)
        for each in server:
            wait_for(lambda pid=each.pid: is_gone(pid), "the broker's end")  # type: ignore[misc]
        self._process = None


def running_broker(folder: Path) -> Iterator[RabbitMQ]:
    """A broker that is there for some tests."""
    server_folder()
    broker = RabbitMQ(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
