"""The web server in front of the platform, with the configuration of its image, on free ports."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.reference import ROOT
from tests.waiting import wait_for

HOST = "127.0.0.1"
NGINX = ROOT / "nginx"
SETTINGS_SCRIPT = NGINX / "docker-entrypoint.d" / "19-platform.envsh"
OUTPUT = "NGINX_ENVSUBST_OUTPUT_DIR"
PROGRAM = {"Accept": "application/json"}
"""What a program asks for, as against somebody at a browser."""

BURST = 60
"""Sign-ins from one address that may come at once."""

PORTS = ("HTTP_PORT", "HTTPS_PORT", "MONITOR_PORT")

_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def program(name: str) -> str:
    """Path of a program of this machine; without it the test is skipped, in CI it fails."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


def image_settings() -> dict[str, str]:
    """Variables with their values in the image, as its Dockerfile says."""
    text = (NGINX / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    said = re.search(r"^ENV (.*)$", text, flags=re.MULTILINE)
    assert said
    return dict(pair.split("=", 1) for pair in said[1].split())


def checked_settings(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script that the image sources before it renders; writes the environment it makes."""
    return subprocess.run(
        ["sh", "-e", "-c", f". '{SETTINGS_SCRIPT}'; env"],
        env={"PATH": _PATH, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def render(template: str, environment: Mapping[str, str], accepted: str) -> str:
    """Fill in the variables that exist, as the image's entry point does with envsubst."""
    known = {name: value for name, value in environment.items() if re.search(accepted, name)}
    names = "|".join(map(re.escape, known))
    return re.sub(rf"\$(?:\{{({names})\}}|({names})\b)", lambda m: known[m[1] or m[2]], template)


class SettingsWrong(Exception):
    """The settings script did not let the server start; its sentence."""


@dataclass
class Nginx:
    """A server of its own in a folder.

    Parameters
    ----------
    folder : Path
        Where its files go.
    environment : mapping
        Settings that differ from those of the image.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def port(self) -> int:
        """Port for visitors, without TLS."""
        return self.ports["HTTP_PORT"]

    @property
    def configuration(self) -> Path:
        """The file that it is started with."""
        return self.folder / "etc" / "nginx.conf"

    def write(self) -> None:
        """Render the configuration, as the image does at its start."""
        made = self.folder / "made"
        made.mkdir(parents=True, exist_ok=True)
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        settings = {
            **image_settings(),
            OUTPUT: str(made),
            "ERRORS": str(NGINX / "errors"),
            "SHARED": str(NGINX),
            "ACCESS_LOG": str(self.folder / "access.log"),
            "TLS_CERTIFICATE": str(self.folder / "certificate.pem"),
            "TLS_KEY": str(self.folder / "key.pem"),
            **{name: str(port) for name, port in self.ports.items()},
            **self.environment,
        }
        outcome = checked_settings(settings)
        if outcome.returncode:
            raise SettingsWrong(outcome.stderr)
        known = dict(line.split("=", 1) for line in outcome.stdout.splitlines() if "=" in line)
        for template in (NGINX / "templates").rglob("*.template"):
            target = made / template.relative_to(NGINX / "templates").with_suffix("")
            target.parent.mkdir(parents=True, exist_ok=True)
            accepted = settings["NGINX_ENVSUBST_FILTER"]
            target.write_text(render(template.read_text("utf-8"), known, accepted), "utf-8")
        self._write_frame(made)

    def _write_frame(self, made: Path) -> None:
        frame = (NGINX / "nginx.conf").read_text("utf-8").replace("/tmp/nginx", str(made))
        self.configuration.parent.mkdir(exist_ok=True)
        self.configuration.write_text(frame, "utf-8")
        types = "types { text/html html; application/json json; }\n"
        (self.configuration.parent / "mime.types").write_text(types, "utf-8")

    def command(self, *options: str) -> list[str]:
        """How it is called; a superuser's must not give its processes another user's rights."""
        told = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
        known = ["-c", str(self.configuration), "-p", str(self.folder), "-e", "stderr", "-g", told]
        return [program("nginx"), *known, *options]

    def check(self) -> subprocess.CompletedProcess[str]:
        """What `--check` does in the image."""
        self.write()
        return subprocess.run(self.command("-t"), capture_output=True, text=True, timeout=60)

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.write()
        with (self.folder / "error.log").open("ab") as log:
            self.process = subprocess.Popen(self.command(), stderr=log, stdout=log)
        wait_for(self._answers, "an answer of nginx")

    def end(self) -> int:
        """End it as the container's stop signal does; gives the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        return self.process.wait(60)

    def ask(self, method: str, path: str, **asked: Any) -> "Answer":
        """Ask for something as a visitor without TLS."""
        return ask(self.port, method, path, **asked)

    def errors(self) -> str:
        """What it wrote into its error log."""
        return (self.folder / "error.log").read_text("utf-8")

    def logged(self, path: str) -> dict[str, str]:
        """The line of the access log about a path, once it is there."""

        def found() -> dict[str, str] | None:
            lines = (self.folder / "access.log").read_text("utf-8").splitlines()
            entries: list[dict[str, str]] = [json.loads(line) for line in lines]
            return next((entry for entry in entries if entry["path"] == path), None)

        entry = wait_for(found, f"a line about {path}")
        assert entry is not None
        return entry

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.errors()
        try:
            return ask(self.ports["MONITOR_PORT"], "GET", "/health").status == 200
        except OSError:
            return False


@contextmanager
def nginx(folder: Path, **environment: str) -> Iterator[Nginx]:
    """A server that runs as long as it is used."""
    server = Nginx(folder, environment)
    folder.mkdir(parents=True, exist_ok=True)
    server.start()
    try:
        yield server
    finally:
        assert server.end() == 0
    assert "exited on signal" not in server.errors(), server.errors()


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on."""
    held = [socket.create_server((HOST, 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


@dataclass(frozen=True)
class Answer:
    """An answer with all its headers."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Values of a header, one for each time that it is there."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def __getitem__(self, name: str) -> str:
        """The value of a header that must be there once."""
        (value,) = self.all(name)
        return value

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own; no redirect is followed, nothing is unpacked."""
    if tls:
        link: http.client.HTTPConnection = http.client.HTTPSConnection(
            HOST, port, timeout=60, context=tls
        )
    else:
        link = http.client.HTTPConnection(HOST, port, timeout=60)
    with closing(link):
        link.request(method, path, body, dict(headers or {}))
        answer = link.getresponse()
        return Answer(answer.status, tuple(answer.getheaders()), answer.read())
