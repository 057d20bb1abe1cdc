"""The editors in a real browser: how soon what was done is seen, and what an open page costs."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, expect, sync_playwright

from climate_simulation_platform import library
from climate_simulation_platform.constants import FileType
from climate_simulation_platform.records import DataFile
from tests.e2e.browsing import PATIENCE_MS, Screen, Window, launch
from tests.e2e.editing import Editor
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving
from tests.program import PROGRAM
from tests.waiting import wait_for


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


EXPLANATION = f"""`climate-sim serve` on this machine and Chromium without a window and without a
graphics card, 1440 x 900. Clocks are the page's own: from the event with which the mouse button is
released, over the map or the button, until the next frame after the pixels of the map have changed
within what was chosen. By then the server has kept the edit in the database. The lasso holds a
hundredth of the planet; Apply sets a value; the bytes are those that the server sends for it. First
paint is from asking for the address, with the way from the pages to the editors and an empty cache,
until cells are seen. Median of 20. Memory is the growth of the editors' process by pages at
one degree, after ten others were opened and closed, and what is left of it some minutes later.

Measured on {datetime.now(UTC):%d %B %Y}; {os.cpu_count()} processors ({_processor()}), of which
{os.getloadavg()[0]:.1f} were wanted on average in the minute before."""

REPEATS = 20
SCREEN = Screen("desktop", 1440, 900)
USER = "wegener"
ROUND = ((-24.0, -150.0), (-10.0, -150.0), (-8.0, -125.0), (-26.0, -122.0))
"""Corners of the lasso, in the open ocean of the made-up Earth."""

MIDDLE = (-17.0, -136.0)
MANY = (10, 30)
"""Pages that are open at the same time."""

SESSION_SECONDS = 210.0
"""After so long nothing of a page that was closed is left."""


_PIXELS = """
  const view = Bokeh.index.query_one((one) => one.model.css_classes?.includes("ed-map-1"));
  const layer = view?.canvas_view?.primary;
"""

_WATCH = (
    """([lat, lon]) => {"""
    + _PIXELS
    + """
  const { x_scale, y_scale } = view.frame;
  const ratio = layer.canvas.width / layer.canvas.clientWidth;
  const place = [x_scale.compute(lon), y_scale.compute(lat)].map((at) => Math.round(at * ratio));
  const seen = () => layer.ctx.getImageData(place[0] - 4, place[1] - 4, 8, 8).data.join();
  window.seenAfter = new Promise((tell) => {
    addEventListener("pointerup", (event) => {
      const before = seen();
      const look = () => {
        if (seen() === before) requestAnimationFrame(look);
        else requestAnimationFrame(() => tell(performance.now() - event.timeStamp));
      };
      requestAnimationFrame(look);
    }, { capture: true, once: true });
  });
}"""
)
"""Measure from the next release of the mouse button until the map has changed at a place [ms]."""

_FIRST = (
    """(() => {
  const look = () => {
    if (!window.Bokeh?.index) return requestAnimationFrame(look);
"""
    + _PIXELS
    + """
    if (!layer || !layer.canvas.width) return requestAnimationFrame(look);
    const { width, height } = layer.canvas;
    const { data } = layer.ctx.getImageData(width >> 2, height >> 2, width >> 1, height >> 1);
    const colours = new Set(new Uint32Array(data.buffer));
    if (colours.size < 12) return requestAnimationFrame(look);
    requestAnimationFrame(() => (window.firstSeen = performance.now()));
  };
  requestAnimationFrame(look);
})()"""
)
"""Note when cells are seen for the first time, after the navigation began [ms]."""


def measure() -> list[dict[str, Any]]:
    """Rows for three grids, for the first paint and for memory."""
    with tempfile.TemporaryDirectory() as folder, _platform(Path(folder)) as (serving, rooms):
        user = rooms.user(USER)
        degree = rooms.finished(user, "One degree")
        fine = _fine(rooms, Path(folder))
        with sync_playwright() as playwright:
            expect.set_options(timeout=PATIENCE_MS)
            browser = launch(playwright)
            memory = _memory(browser, serving, degree)
            rows = [
                *_actions(browser, serving, degree, FileType.RAW, "180 x 360"),
                *_actions(browser, serving, degree, FileType.BATHY, "149 x 182, curvilinear"),
                *_actions(browser, serving, fine, FileType.RAW, "720 x 1440"),
                _first_paint(browser, serving, degree),
            ]
            browser.close()
        return [*rows, *memory]


@contextmanager
def _platform(folder: Path) -> Iterator[tuple[Serving, Furnishing]]:
    settings = {"LEAST_FREE_MB": "1", "MOST_EDITORS": "200"}
    serving = Serving(folder / "instance", settings)
    serving.start()
    rooms = Furnishing(serving)
    try:
        yield serving, rooms
    finally:
        rooms.close()
        serving.end()


def _fine(rooms: Furnishing, folder: Path) -> DataFile:
    """The made-up Earth in quarters of a degree."""
    path = folder / "fine.nc"
    subprocess.run([PROGRAM, "demo-topography", path, "--resolution", "0.25"], check=True)
    user = rooms.user(USER)
    made = rooms.take_in(user, "A quarter of a degree", path)
    return library.confirm_coordinates(rooms.services, made, user)


def _open(browser: Browser, serving: Serving) -> Person:
    window = Window(browser, serving.url, screen=SCREEN, beside=(serving.editors_url,))
    somebody = Person(window, USER, PASSWORD)
    somebody.sign_in()
    return somebody


def _address(data_file: DataFile, file_type: FileType) -> str:
    return f"/{data_file.id}/edit/viewer?file_type={file_type}"


def _actions(
    browser: Browser, serving: Serving, data_file: DataFile, file_type: FileType, grid: str
) -> list[dict[str, Any]]:
    """Lasso, Apply and undo on a grid."""
    somebody = _open(browser, serving)
    received: list[int] = []
    somebody.page.on("websocket", lambda socket: _listen(socket, received))
    somebody.page.goto(_address(data_file, file_type))
    editor = Editor(somebody.page).is_ready()
    editor.take("Lasso")
    editor.choose_operation("Set to a value", 10.0)
    times: dict[str, list[float]] = {"lasso": [], "apply": [], "undo": []}
    sizes = []
    for turn in range(-2, REPEATS):
        told = {"lasso": _seen(editor, lambda: _draw(editor))}
        received.clear()
        told["apply"] = _seen(editor, editor.button("ed-apply").click)
        editor.settled()
        sizes.append(sum(received))
        told["undo"] = _seen(editor, editor.button("ed-undo").click)
        editor.settled()
        editor.page.keyboard.press("Escape")
        expect(editor.part("ed-chosen")).to_have_text("0 cells")
        if turn >= 0:
            for name, seconds in told.items():
                times[name].append(seconds)
    somebody.window.discard()
    return [
        _row(f"{grid}: lasso released → chosen cells seen", times["lasso"]),
        {**_row(f"{grid}: Apply → seen", times["apply"]), "bytes": statistics.median(sizes)},
        _row(f"{grid}: Undo → seen", times["undo"]),
    ]


def _listen(socket: Any, received: list[int]) -> None:
    socket.on("framereceived", lambda payload: received.append(len(payload)))


def _draw(editor: Editor) -> None:
    editor.drag([*ROUND, ROUND[0]])


def _seen(editor: Editor, act: Callable[[], object]) -> float:
    """Do something; until it is seen [s]."""
    editor.page.evaluate(_WATCH, list(MIDDLE))
    act()
    return float(editor.page.evaluate("() => window.seenAfter")) / 1e3


def _row(name: str, seconds: list[float]) -> dict[str, Any]:
    p95 = statistics.quantiles(seconds, n=20, method="inclusive")[-1]
    return {"name": name, "ours": statistics.median(seconds), "p95": p95}


def _first_paint(browser: Browser, serving: Serving, data_file: DataFile) -> dict[str, Any]:
    times = []
    for turn in range(-2, REPEATS):
        somebody = _open(browser, serving)
        somebody.window.context.add_init_script(_FIRST)
        somebody.page.goto(_address(data_file, FileType.RAW))
        somebody.page.wait_for_function("() => window.firstSeen !== undefined")
        if turn >= 0:
            times.append(float(somebody.page.evaluate("() => window.firstSeen")) / 1e3)
        somebody.window.discard()
    return _row("180 x 360: first paint", times)


def _memory(browser: Browser, serving: Serving, data_file: DataFile) -> list[dict[str, Any]]:
    """Growth of the editors' process by pages that are open [MB]."""
    editors = _editors(serving)

    def more(somebody: Person, pages: int) -> None:
        for _ in range(pages):
            page = somebody.window.context.new_page()
            page.goto(_address(data_file, FileType.RAW))
            Editor(page).is_ready()

    warming = _open(browser, serving)
    more(warming, MANY[0])
    warming.window.discard()
    time.sleep(SESSION_SECONDS)
    before, open_now, rows = _settled_mb(editors), 0, []
    somebody = _open(browser, serving)
    for many in MANY:
        more(somebody, many - open_now)
        open_now = many
        each = (_settled_mb(editors) - before) / many
        rows.append({"name": f"a page, of {many} that are open", "memory": each})
    somebody.window.discard()
    time.sleep(SESSION_SECONDS)
    left = max(_settled_mb(editors) - before, 0.0)
    rows.append({"name": f"left after these {max(MANY)} were closed", "memory": left})
    return rows


def _editors(serving: Serving) -> psutil.Process:
    for process in serving.processes():
        if any("embedded.editors" in part for part in process.cmdline()):
            return process
    raise RuntimeError("There is no process of editors.")


def _settled_mb(process: psutil.Process) -> float:
    """Resident memory once it stands still [MB]."""
    last = [0.0]

    def still() -> bool:
        before, last[0] = last[0], process.memory_info().rss / 1e6
        time.sleep(0.5)
        return abs(last[0] - before) < 1.0

    wait_for(still, "memory stands still", 60.0)
    return last[0]
