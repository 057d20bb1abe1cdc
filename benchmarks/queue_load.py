"""Pages under fifty people while somebody sends a large file."""

import itertools
import os
import random
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.deployed import deployed
from benchmarks.platform import large_form, large_form_bytes, write_large
from tests.deployment import Deployment, Process
from tests.e2e.furnishing import PASSWORD
from tests.nginx_server import HOST, nginx
from tests.rabbitmq import RabbitMQ
from tests.visiting import NoAnswer, Visitor

PEOPLE, FILES = 50, 20
THINKING_SECONDS = 1.0
CALM_SECONDS = 20.0
LOOK_SECONDS = 0.02

EXPLANATION = f"""{PEOPLE} people, each signed in and with {FILES} topographies that have every
file, look by turns at their list and at the steps of a topography, and think
{THINKING_SECONDS:g} s on average before each page; {{through}}. First they are alone, then somebody
sends a file of 1 GiB as fast as this machine takes it. The memory is the growth of all web
processes together, from the highest before the upload to the highest during it."""


def explanation() -> str:
    """What the rows are."""
    through = "through nginx" if _has_nginx() else "without nginx, which is not installed"
    return EXPLANATION.format(through=through)


def measure(folder: Path, broker: RabbitMQ) -> list[dict[str, Any]]:
    """Rows for both pages, alone and during an upload, and for the upload."""
    large = folder / "large.nc"
    write_large(large)
    with deployed(folder, broker, "load", TRUSTED_PROXIES="1") as deployment:
        for kind in ("dispatcher", "worker"):
            deployment.start(kind)
        web = deployment.start("web")
        crowd = _crowd(deployment, web)
        with _in_front(folder / "nginx", web) as port, crowd.at_work(port):
            return _rows(crowd, web, large)


def _rows(crowd: "Crowd", web: Process, large: Path) -> list[dict[str, Any]]:
    time.sleep(CALM_SECONDS / 2)
    crowd.forget()
    with _memory(web) as before:
        time.sleep(CALM_SECONDS)
    rows = crowd.rows("alone")
    crowd.forget()
    began = time.perf_counter()
    with _memory(web) as during:
        _send(crowd.visitors[0], large)
    seconds = time.perf_counter() - began
    rows += crowd.rows("during the upload")
    growth = (max(during) - max(before)) / 1e6
    return [*rows, {"name": "the upload of 1 GiB", "ours": seconds, "memory": growth}]


@dataclass
class Crowd:
    """People who look at pages until they are told to stop.

    Parameters
    ----------
    numbers : list of int
        A topography of each.
    """

    visitors: list[Visitor]
    numbers: list[int]
    times: dict[str, list[float]] = field(default_factory=dict)
    errors: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self.times, self.errors = {"list": [], "steps": []}, 0

    def rows(self, when: str) -> list[dict[str, Any]]:
        """What was seen since."""
        with self._lock:
            times, errors = self.times, self.errors
        return [
            {
                "name": f"{page} page of {PEOPLE} people, {when}",
                "ours": statistics.median(times[page]),
                "p95": statistics.quantiles(times[page], n=20)[-1],
                "times": len(times[page]),
                "errors": errors,
            }
            for page in times
        ]

    @contextmanager
    def at_work(self, port: int) -> Iterator[None]:
        """Let all look at the pages of a port."""
        self.forget()
        threads = []
        for visitor, number in zip(self.visitors, self.numbers, strict=True):
            visitor.port = port
            threads.append(threading.Thread(target=self._look, args=(visitor, number)))
            threads[-1].start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _look(self, visitor: Visitor, number: int) -> None:
        dice = random.Random(number)  # noqa: S311  no secret
        pages = itertools.cycle([("list", "/"), ("steps", f"/{number}/steps")])
        while not self._over.wait(dice.uniform(0.0, 2.0 * THINKING_SECONDS)):
            self._get(visitor, *next(pages))

    def _get(self, visitor: Visitor, page: str, path: str) -> None:
        began = time.perf_counter()
        try:
            good = visitor.get(path).status == 200
        except NoAnswer:
            good = False
        with self._lock:
            self.times[page].append(time.perf_counter() - began)
            self.errors += not good


def _crowd(deployment: Deployment, web: Process) -> Crowd:
    """People with topographies that have every file, signed in."""
    rooms = deployment.rooms
    full = rooms.finished(rooms.user("ada"))
    visitors, numbers = [], []
    for number in range(PEOPLE):
        user = rooms.user(f"person{number}")
        copies = [rooms.copy(full, user, f"Earth {n}") for n in range(FILES)]
        visitors.append(Visitor(web.port, user.username, PASSWORD))
        visitors[-1].sign_in()
        numbers.append(copies[0].id)
    return Crowd(visitors, numbers)


def _send(visitor: Visitor, large: Path) -> None:
    """Upload the large file as a script of the page does."""
    headers = {
        "Content-Type": "multipart/form-data; boundary=large",
        "Content-Length": str(large_form_bytes(large)),
        "X-CSRFToken": visitor.csrf_token,
    }
    answer = visitor.ask("POST", "/upload", large_form(large), headers)
    if answer.status != 303:
        raise RuntimeError(f"The upload was answered with {answer.status}.")


@contextmanager
def _memory(web: Process) -> Iterator[list[int]]:
    """Resident memory of all web processes together, seen many times [bytes]."""
    first = psutil.Process(web.pid)
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            family = [first, *first.children()]
            seen.append(sum(process.memory_info().rss for process in family))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()


@contextmanager
def _in_front(folder: Path, web: Process) -> Iterator[int]:
    """Port of nginx in front of the pages, or theirs where it is not installed."""
    if not _has_nginx():
        yield web.port
        return
    with nginx(folder, FLASK_APP=f"{HOST}:{web.port}") as server:
        yield server.port


def _has_nginx() -> bool:
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
    return shutil.which("nginx", path=path) is not None
