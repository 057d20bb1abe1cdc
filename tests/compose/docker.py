"""Docker as an operator has it: images of this tree, a stack of containers of its own."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.container_images import dockerfiles
from tests.e2e.serving import surroundings
from tests.reference import ROOT
from tests.waiting import wait_for

REGISTRY = "tests.invalid"
COMPOSE_FILE = ROOT / "docker-compose.yaml"
OUR_USER = 10001
WELL_SECONDS = 180.0

EMPTY_LAYER = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
"""What an instruction leaves that changes no file."""

BASE_IMAGES_SCRIPT = ROOT.parent / "shared" / "tools" / "make-base-images.sh"
"""Makes images of that name where no registry answers; the variable of that name tells another."""


def docker(*arguments: object, **options: Any) -> str:
    """What docker answers; it must succeed."""
    done = docker_tried(*arguments, **options)
    assert done.returncode == 0, f"docker {arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def docker_tried(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """The same, whatever comes of it."""
    command = ["docker", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def require_docker() -> None:
    """Docker and Compose; where they are missing the tests are skipped, in CI they fail."""
    if (missing := _missing()) and os.geteuid() == 0 and _script().exists():
        _run_script("--compose-v2")  # brings an engine too
        missing = _missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


def _missing() -> str:
    """What is missing; empty if nothing is."""
    if shutil.which("docker") is None:
        return "there is no docker"
    if docker_tried("version").returncode != 0:
        return "no docker daemon answers"
    if docker_tried("compose", "version").returncode != 0:
        return "docker has no plugin compose"
    return ""


# images


def tag() -> str:
    """Tag of the images under test; TAG names images that are there already."""
    return os.environ.get("TAG") or "tested"


def image(name: str) -> str:
    """An image of ours, as the compose file calls it."""
    return f"{REGISTRY}/{name}:{tag()}"


def build_images() -> dict[str, float]:
    """Build every image, but for those that are there by the tag; seconds of each build."""
    _make_base_images()
    seconds = {}
    for name, dockerfile in dockerfiles().items():
        built = f"{name}:{tag()}"
        ready = f"{os.environ['REGISTRY']}/{name}:{tag()}" if "REGISTRY" in os.environ else built
        begun = time.monotonic()
        if os.environ.get("TAG") is None or not _exists(ready):
            docker("build", "--file", dockerfile, "--tag", ready, ".", cwd=ROOT)
            seconds[name] = time.monotonic() - begun
        docker("tag", ready, image(name))
    return seconds


def _make_base_images() -> None:
    if _script().exists() and not all(map(_exists, base_images())):
        _run_script()


def _script() -> Path:
    return Path(os.environ.get("BASE_IMAGES_SCRIPT") or BASE_IMAGES_SCRIPT)


def _run_script(*options: str) -> None:
    kinds: dict[str, list[str]] = {}
    for each in base_images():
        kinds.setdefault(each.split(":")[0], []).append(each)
    tags = {f"{kind.upper()}_TAGS": " ".join(names) for kind, names in kinds.items()}
    made = subprocess.run(
        [_script(), *options, *sorted({"debian", *kinds})],
        env={**tags, **os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr


def base_images() -> list[str]:
    """Images of others that ours and the stack begin with."""
    found = set()
    for dockerfile in dockerfiles().values():
        text = (ROOT / dockerfile).read_text(encoding="utf-8")
        stages = set(re.findall(r"(?mi)^FROM \S+ AS (\S+)", text))
        defaults = dict(re.findall(r"(?m)^ARG (\w+)=(\S+)", text))
        for base in re.findall(r"(?m)^FROM (\S+)", text):
            found.add(defaults[base[2:-1]] if base.startswith("${") else base)
        found -= stages
    found.add(broker_image())
    return sorted(found)


def broker_image() -> str:
    """The broker's image of the compose file."""
    told = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]["message_broker"]
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", told["image"])


def _exists(name: str) -> bool:
    return docker_tried("image", "inspect", name).returncode == 0


def layers(name: str) -> dict[str, int]:
    """Size of each layer of an image, by its digest [bytes]."""
    told = docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", name)
    digests = [digest for digest in json.loads(told) if digest != EMPTY_LAYER]
    history = docker("history", "--human=false", "--format", "{{.Size}}", name).splitlines()
    sizes = [int(size) for size in reversed(history) if int(size)]
    return dict(zip(digests, sizes, strict=True))


# a stack


@dataclass(frozen=True)
class Container:
    """A container of a stack, as docker describes it."""

    told: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.told["Id"])

    @property
    def service(self) -> str:
        return str(self.told["Config"]["Labels"]["com.docker.compose.service"])

    @property
    def hostname(self) -> str:
        return str(self.told["Config"]["Hostname"])

    @property
    def state(self) -> Mapping[str, Any]:
        return dict(self.told["State"])

    @property
    def restarts(self) -> int:
        return int(self.told["RestartCount"])

    def well(self) -> bool:
        """Whether it does what it is for."""
        if self.service == "migrate":
            return bool(self.state["Status"] == "exited" and self.state["ExitCode"] == 0)
        return bool(
            self.state["Status"] == "running" and self.state["Health"]["Status"] == "healthy"
        )

    def runs(self, *command: object, user: str = "") -> str:
        """What a command says inside it."""
        return docker("exec", *(["--user", user] if user else []), self.id, *command)


@dataclass
class Stack:
    """The platform in containers, from the compose file as it is."""

    project: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.port = _free_port()
        self.secrets = self.folder / "secrets"
        self.instance = self.folder / "instance"

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the operator says."""
        passed = ("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "XDG_CONFIG_HOME")
        return {
            **surroundings(),
            **{name: os.environ[name] for name in passed if name in os.environ},
            "REGISTRY": REGISTRY,
            "TAG": tag(),
            "PORT": f"127.0.0.1:{self.port}",
            "SECRETS_DIR": str(self.secrets),
            **self.settings,
        }

    def make_secrets(self) -> None:
        """As `make secrets`."""
        subprocess.run(
            [ROOT / "deploy" / "make-secrets.sh", self.secrets], check=True, capture_output=True
        )

    def make_instance(self) -> None:
        """A folder of the server for all data, which belongs to the user of the containers."""
        self.instance.mkdir(mode=0o700)
        if os.getuid() == 0:
            os.chown(self.instance, OUR_USER, OUR_USER)
        else:
            self.settings |= {"CSP_UID": str(os.getuid()), "CSP_GID": str(os.getgid())}
        self.settings["INSTANCE_DIR"] = str(self.instance)

    def compose(self, *arguments: object) -> str:
        """What `docker compose` answers; it must succeed."""
        done = self.compose_tried(*arguments)
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}\n{self.logs()}"
        return done.stdout.strip()

    def compose_tried(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """The same, whatever comes of it."""
        where = ("--ansi", "never", "--file", COMPOSE_FILE, "--project-name", self.project)
        return docker_tried("compose", *where, *arguments, env=self.environment, cwd=ROOT)

    def up(self, workers: int) -> None:
        """Start what is not there, and wait until all is well."""
        self.compose("up", "--detach", "--scale", f"python_worker={workers}")
        self.wait_well()

    def wait_well(self) -> None:
        """Wait until every container is well."""
        wait_for(
            lambda: all(each.well() for each in self.containers()),
            f"all well\n{self.logs()}",
            WELL_SECONDS,
        )

    def containers(self, service: str = "") -> list[Container]:
        """Those that run or have run, or those of one service."""
        found = self.compose("ps", "--all", "--quiet", *([service] if service else [])).split()
        return [Container(told) for told in json.loads(docker("inspect", *found))] if found else []

    def logs(self, *services: str) -> str:
        """What the containers said last."""
        return self.compose_tried("logs", "--no-color", "--tail", "40", *services).stdout

    def left(self) -> dict[str, str]:
        """What there is of the stack."""
        of_ours = f"label=com.docker.compose.project={self.project}"
        return {
            "containers": docker("ps", "--all", "--quiet", "--filter", of_ours),
            "networks": docker("network", "ls", "--quiet", "--filter", of_ours),
            "volumes": docker("volume", "ls", "--quiet", "--filter", of_ours),
        }

    @contextmanager
    def slow_workers(self, kind: str = "python_worker", share: float = 0.05) -> Iterator[None]:
        """Give the workers of a kind so little of a processor that a step takes its time."""
        workers = [each.id for each in self.containers(kind)]
        docker("update", "--cpus", share, *workers)
        try:
            yield
        finally:
            docker("update", "--cpus", 1, *workers)

    def down(self) -> None:
        """Remove it with all its data."""
        self.compose_tried("down", "--volumes", "--remove-orphans", "--timeout", "5")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
