"""The platform in the browser: pages, a task, a large upload, each with a real installation."""

import http.client
import re
import statistics
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climate_simulation_platform.records import DataFile
from climpy.fields import header
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.serving import HOST, Serving

EXPLANATION = """`climate-sim serve` on this machine, asked over loopback by one browser that is
signed in; somebody has 500 topographies, the one that is looked at has every file. Wall time,
median of 60; the bytes are those of the page with its styles and scripts, not compressed. A look
at a file happens in a limited child process, an empty one of which is measured too. The upload is
a form with a NetCDF-3 file of 8192 x 16384 cells in double precision; its memory is the growth of
all web processes together."""

FILES = 500
REPEATS = 60
ROWS, COLUMNS = 8192, 16384
PART_BYTES = 1 << 20
USER = "wegener"


def measure() -> list[dict[str, Any]]:
    """Rows for pages, for a task and for an upload."""
    with tempfile.TemporaryDirectory() as folder, _installation(Path(folder)) as (serving, rooms):
        full = _furnish(rooms)
        browser = Browser(serving.port)
        browser.sign_in()
        return [
            *_pages(browser, full.id),
            {"name": "empty look (child process)", "ours": _median(lambda: _look(rooms))},
            {"name": "regrid at one degree, from asking to done", "ours": _task(rooms)},
            _upload(serving, browser, Path(folder)),
        ]


@contextmanager
def _installation(folder: Path) -> Iterator[tuple[Serving, Furnishing]]:
    serving = Serving(folder / "instance", {"LEAST_FREE_MB": "1"})
    serving.start()
    rooms = Furnishing(serving)
    try:
        yield serving, rooms
    finally:
        rooms.close()
        serving.end()


def _furnish(rooms: Furnishing) -> DataFile:
    """Give the user 500 topographies, all with every file."""
    user = rooms.user(USER)
    full = rooms.finished(user)
    for number in range(FILES - 1):
        rooms.copy(full, user, f"Copy {number}")
    return full


class Browser:
    """Asks for pages over one connection after the other."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._cookie = ""

    def get(self, path: str) -> str:
        """A page's text."""
        return self._ask("GET", path).decode(errors="replace")

    def post(self, path: str, body: Any, kind: str, **headers: str) -> bytes:
        """Send a form."""
        return self._ask("POST", path, body, {"Content-Type": kind, **headers})

    def sign_in(self) -> None:
        """Sign the user in."""
        fields = {"csrf_token": self.token("/auth/login"), "username": USER, "password": PASSWORD}
        form = urllib.parse.urlencode(fields)
        self.post("/auth/login", form, "application/x-www-form-urlencoded")

    def token(self, path: str) -> str:
        """What a form of that page carries."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get(path))
        if found is None:
            raise RuntimeError(f"{path} has no token.")
        return found.group(1)

    def _ask(self, method: str, path: str, body: Any = None, headers: Any = None) -> bytes:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=120)
        try:
            connection.request(
                method, path, body, {"Cookie": self._cookie, "Accept": "*/*", **(headers or {})}
            )
            answer = connection.getresponse()
            content = answer.read()
            if answer.status >= 400:
                raise RuntimeError(f"{method} {path}: {answer.status}")
            self._keep(answer)
        finally:
            connection.close()
        return content

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        kept = dict(part.split("=", 1) for part in self._cookie.split("; ") if part)
        for told in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = told.split(";")[0].partition("=")
            kept[name] = value
        self._cookie = "; ".join(f"{name}={value}" for name, value in kept.items())


def _pages(browser: Browser, number: int) -> Iterator[dict[str, Any]]:
    pages = {
        f"list of {FILES} topographies": "/",
        "the same, searched": "/?q=copy+123",
        "steps": f"/{number}/steps",
        "state of the steps (asked for again and again)": f"/{number}/steps/state",
        "form of the vegetation": f"/{number}/pft",
        "map page of the bathymetry": f"/{number}/bathy/view",
    }
    for name, path in pages.items():
        text = browser.get(path)
        yield {
            "name": name,
            "ours": _median(lambda path=path: browser.get(path)),
            "bytes": len(text.encode()) + _assets_bytes(browser, text, path),
        }


def _assets_bytes(browser: Browser, text: str, page: str) -> int:
    """Size of styles and scripts of a page, with what the scripts import."""
    waiting = [
        urllib.parse.urljoin(page, found)
        for found in re.findall(r'<(?:script|link)[^>]+(?:src|href)="([^"]+\.(?:js|css))"', text)
    ]
    seen: dict[str, int] = {}
    while waiting:
        path = waiting.pop()
        if path not in seen:
            content = browser.get(path)
            seen[path] = len(content.encode())
            imports = re.findall(r'from\s+"(\.[^"]+)"', content)
            waiting += [urllib.parse.urljoin(path, found) for found in imports]
    return sum(seen.values())


def _look(rooms: Furnishing) -> None:
    rooms.sandbox.run(len, ())


def _task(rooms: Furnishing) -> float:
    """Median wall time of a step, from asking to done [s]."""
    user = rooms.user(USER)
    times = []
    for _ in range(7):
        data_file = rooms.topography(user)
        start = time.perf_counter()
        rooms.request(data_file, "regrid", {})
        rooms.wait(data_file, "regrid")
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _upload(serving: Serving, browser: Browser, folder: Path) -> dict[str, Any]:
    path = folder / "large.nc"
    write_large(path)
    web = [p for p in serving.processes() if any("embedded.web" in part for part in p.cmdline())]
    before = sum(process.memory_info().rss for process in web)
    most = [before]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            most[0] = max(most[0], sum(process.memory_info().rss for process in web))

    watching = threading.Thread(target=watch)
    watching.start()
    start = time.perf_counter()
    browser.post(
        "/upload",
        large_form(path),
        "multipart/form-data; boundary=large",
        **{"X-CSRFToken": browser.token("/upload"), "Content-Length": str(large_form_bytes(path))},
    )
    seconds = time.perf_counter() - start
    done.set()
    watching.join()
    size = path.stat().st_size
    return {
        "name": f"upload of {size / 2**30:.1f} GiB, checked",
        "ours": seconds,
        "memory": (most[0] - before) / 1e6,
    }


def write_large(path: Path) -> None:
    """A topography of 1 GiB."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as dataset:
        for name, count, first in (("lat", ROWS, -90.0), ("lon", COLUMNS, -180.0)):
            dataset.createDimension(name, count)
            step = -2.0 * first / count
            variable = dataset.createVariable(name, "f8", (name,))
            variable.units = "degrees_north" if name == "lat" else "degrees_east"
            variable[:] = first + step * (np.arange(count) + 0.5)
        heights = dataset.createVariable("topo", "f8", ("lat", "lon"))
        heights.units = "m"
        waves = 3000.0 * np.sin(np.linspace(0.0, 12.0, COLUMNS)) - 500.0
        for row in range(0, ROWS, 512):
            heights[row : row + 512] = waves + np.arange(row, row + 512)[:, None] * 0.05
    if not header(path)["variables"]:
        raise RuntimeError("The large file was not written.")


_HEAD = (
    b'--large\r\nContent-Disposition: form-data; name="name"\r\n\r\nLarge\r\n'
    b'--large\r\nContent-Disposition: form-data; name="file"; filename="large.nc"\r\n'
    b"Content-Type: application/x-netcdf\r\n\r\n"
)
_END = b"\r\n--large--\r\n"


def large_form_bytes(path: Path) -> int:
    """Length of the form with a file."""
    return len(_HEAD) + path.stat().st_size + len(_END)


def large_form(path: Path) -> Iterator[bytes]:
    """The form with a file, piece by piece; its border is `large`."""
    yield _HEAD
    with path.open("rb") as stream:
        while part := stream.read(PART_BYTES):
            yield part
    yield _END


def _median(work: Callable[[], Any]) -> float:
    """Median wall time of some calls, after three that warm up [s]."""
    for _ in range(3):
        work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)
