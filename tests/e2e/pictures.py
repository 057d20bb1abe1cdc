"""Take the pictures of every page and state for docs/img: python -m tests.e2e.pictures [NAME …].

`editors` stands for all of the editors. Everything in them is made up: the Earth, the people, the
topographies.
"""

import io
import re
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

import climate_simulation_platform
from tests.e2e.browsing import DESKTOP, PATIENCE_MS, SCREENS, Screen, Window, launch
from tests.e2e.editor_states import EDITOR_STATES, EditorState, Workroom, make_workroom
from tests.e2e.editor_states import SCREENS as EDITOR_SCREENS
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving
from tests.e2e.states import STATES, House, State, furnish
from tests.reference import ROOT

FOLDER = ROOT / "docs" / "img"

DARK = frozenset({"files", "steps", "steps-to-review", "asset-bathymetry", "step-vegetation"})
"""States that are shown in dark colours too."""

COLOURS = (48, 32, 16)
"""How many colours besides those of the pages, while the picture is too large."""

COLOURS_OF_EDITORS = 100
"""Frequent ones, and as many rare ones: marks of a few cells are to be told from the map."""

EDITORS = "editors"

TOKENS = Path(climate_simulation_platform.__file__).parent / "static" / "tokens.css"
MOST_BYTES = 120_000
TALLEST = {"desktop": 1200, "phone": 1250}
"""Lines of a picture of a whole page; what is below is cut [pixels]."""


def take_pictures(folder: Path, names: frozenset[str] = frozenset()) -> list[Path]:
    """Picture every state, or those of these names, on each screen."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        serving = Serving(Path(place) / "instance")
        serving.start()
        expect.set_options(timeout=PATIENCE_MS)
        browser = launch(playwright)
        furnishing = Furnishing(serving)
        try:
            return [
                *_of_pages(serving, furnishing, Path(place), browser, folder, names),
                *_of_editors(serving, furnishing, Path(place), browser, folder, names),
            ]
        finally:
            browser.close()
            furnishing.close()
            serving.end()


def _of_pages(
    serving: Serving,
    furnishing: Furnishing,
    place: Path,
    browser: Browser,
    folder: Path,
    names: frozenset[str],
) -> list[Path]:
    wanted = [state for state in STATES if not names or state.name in names]
    if not wanted:
        return []
    house = furnish(serving, furnishing, place)
    return [
        taken
        for state in wanted
        for screen in SCREENS
        for taken in _pictures_of(state, screen, house, browser, folder)
    ]


def _of_editors(
    serving: Serving,
    furnishing: Furnishing,
    place: Path,
    browser: Browser,
    folder: Path,
    names: frozenset[str],
) -> list[Path]:
    every = not names or EDITORS in names
    wanted = [state for state in EDITOR_STATES if every or state.name in names]
    if not wanted:
        return []
    room = make_workroom(serving, furnishing, place)
    try:
        return [
            picture_of_editor(state, screen, theme, room, browser, folder)
            for state in wanted
            for screen in EDITOR_SCREENS
            for theme in (("light", "dark") if state.dark and screen.width > 1280 else ("light",))
        ]
    finally:
        room.single.end()


def picture_of_editor(
    state: EditorState, screen: Screen, theme: str, room: Workroom, browser: Browser, folder: Path
) -> Path:
    """Picture an editor."""
    window = Window(browser, room.serving.url, screen=screen, theme=theme)
    try:
        somebody = Person(window, room.user, PASSWORD)
        somebody.sign_in()
        state.visit(room, somebody)
        window.page.wait_for_timeout(400)
        shot = window.page.screenshot(animations="disabled")
    finally:
        window.discard()
        room.held.close()
    about = [word for word in (screen.name, theme) if word not in (EDITORS, "light")]
    path = folder / f"{'-'.join([state.name, *about])}.png"
    path.write_bytes(smaller_map(shot))
    return path


def _pictures_of(
    state: State, screen: Screen, house: House, browser: Browser, folder: Path
) -> list[Path]:
    themes = ("light", "dark") if state.name in DARK and screen is DESKTOP else ("light",)
    return [_picture(state, screen, theme, house, browser, folder) for theme in themes]


def _picture(
    state: State, screen: Screen, theme: str, house: House, browser: Browser, folder: Path
) -> Path:
    window = Window(browser, house.serving.url, screen=screen, theme=theme)
    try:
        come_to(state, house, window)
        shot = window.page.screenshot(full_page=state.whole_page, animations="disabled")
    finally:
        house.held.close()
        window.discard()
    about = [word for word in (screen.name, theme) if word not in (DESKTOP.name, "light")]
    path = folder / f"{'-'.join([state.name, *about])}.png"
    path.write_bytes(small(shot, TALLEST[screen.name]))
    return path


def come_to(state: State, house: House, window: Window) -> None:
    """Bring a window to a state."""
    somebody = Person(window, getattr(house, state.who) if state.who else "", PASSWORD)
    if state.who:
        somebody.sign_in()
    with window.expecting(*state.statuses):
        state.visit(house, somebody)
        window.page.wait_for_load_state("networkidle")


def smaller_map(shot: bytes) -> bytes:
    """The picture of an editor with fewer colours, rare ones kept."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    ways = (Image.Quantize.MEDIANCUT, Image.Quantize.MAXCOVERAGE)
    palette = _palette(image, COLOURS_OF_EDITORS, ways)
    reduced = image.quantize(palette=palette, dither=Image.Dither.NONE)
    target = io.BytesIO()
    reduced.save(target, "PNG", optimize=True)
    return target.getvalue()


def small(shot: bytes, tallest: int) -> bytes:
    """The picture with few colours, those of the pages among them, until it is small enough."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, tallest)))
    for colours in COLOURS:
        target = io.BytesIO()
        reduced = image.quantize(palette=_palette(image, colours), dither=Image.Dither.NONE)
        reduced.save(target, "PNG", optimize=True)
        if target.tell() <= MOST_BYTES:
            break
    return target.getvalue()


def _palette(
    image: Image.Image,
    colours: int,
    ways: tuple[Image.Quantize, ...] = (Image.Quantize.MEDIANCUT,),
) -> Image.Image:
    """The colours of the pages, and so many more that the picture has, found in each way."""
    told = re.findall(r"#([0-9a-f]{6})\b", TOKENS.read_text(encoding="utf-8"))
    wanted = [value for colour in sorted(set(told)) for value in bytes.fromhex(colour)]
    for way in ways:
        more = image.quantize(colours, method=way).getpalette() or []
        wanted += more[: 3 * colours]
    palette = Image.new("P", (1, 1))
    palette.putpalette(wanted + wanted[:3] * (256 - len(wanted) // 3))
    return palette


if __name__ == "__main__":
    for made in take_pictures(FOLDER, frozenset(sys.argv[1:])):
        sys.stdout.write(f"{made.relative_to(ROOT)} {made.stat().st_size}\n")
