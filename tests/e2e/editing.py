"""An editor as somebody uses it: mouse, keys, and what stands beside the map.

Handles are the classes that the editors give their elements; places are in degrees.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

Point = tuple[float, float]

OPENING_MS = 60_000
SAVING_MS = 90_000
SETTLING_MS = 150

HINTS = {
    "Move": "move the map",
    "Box": "Drag a rectangle",
    "Lasso": "Drag round",
    "Brush": "Drag over",
    "Cells": "single cells",
    "Basin": "Click a sea",
    "Passage": "both ends",
}
"""What is told of each tool."""

_ON_SCREEN = """([handle, points]) => {
  const view = Bokeh.index.query_one((one) => one.model.css_classes?.includes(handle));
  const box = view.canvas_view.el.getBoundingClientRect();
  const { x_scale, y_scale } = view.frame;
  return points.map(([lat, lon]) => [box.x + x_scale.compute(lon), box.y + y_scale.compute(lat)]);
}"""
"""Where places are on the screen, in a view of longitudes and latitudes."""

_NUMBER = re.compile(r"[\d\u2009]+")


class Editor:
    """An editor that a page shows.

    Parameters
    ----------
    map_handle : str
        Class of the map that is drawn on.
    """

    def __init__(self, page: Page, map_handle: str = "ed-map-1") -> None:
        self.page = page
        self.map_handle = map_handle

    def is_ready(self) -> "Editor":
        """Wait until it can be used."""
        expect(self.page.locator(f".{self.map_handle}")).to_be_visible(timeout=OPENING_MS)
        expect(self.page.locator("#loading")).to_be_hidden(timeout=OPENING_MS)
        expect(self.part("ed-kept")).to_have_text(re.compile(r"\S"), timeout=OPENING_MS)
        return self

    def part(self, handle: str) -> Locator:
        """What has that class."""
        return self.page.locator(f".{handle}").first

    def told(self, handle: str) -> str:
        """What a piece of text says."""
        return self.part(handle).locator(".bk-clearfix").inner_text().strip()

    def button(self, handle: str) -> Locator:
        """The button of that class."""
        return self.part(handle).locator("button")

    # drawing

    def take(self, tool: str) -> None:
        """Take a tool, by what its button says, and wait until the map knows."""
        self.part("ed-tools").get_by_role("button", name=tool, exact=True).click()
        expect(self.part("ed-hint")).to_contain_text(HINTS[tool])

    def drag(self, points: Sequence[Point]) -> None:
        """Press the mouse at the first place, go to all others, let go at the last."""
        self.page.bring_to_front()
        first, *rest = self._on_screen(points)
        mouse = self.page.mouse
        mouse.move(*first)
        mouse.down()
        for x, y in rest:
            mouse.move(x, y, steps=6)
        mouse.up()

    def lasso(self, points: Sequence[Point]) -> int:
        """Draw round cells; how many are chosen then."""
        self.take("Lasso")
        before = self.count("ed-chosen")
        self.drag([*points, points[0]])
        self._other_than("ed-chosen", before)
        return self.count("ed-chosen")

    def box(self, south: float, north: float, west: float, east: float) -> int:
        """Draw a rectangle; how many cells are chosen then."""
        self.take("Box")
        before = self.count("ed-chosen")
        self.drag([(south, west), (north, east)])
        self._other_than("ed-chosen", before)
        return self.count("ed-chosen")

    def _on_screen(self, points: Sequence[Point]) -> list[tuple[float, float]]:
        listed = [list(point) for point in points]
        found = self.page.evaluate(_ON_SCREEN, [self.map_handle, listed])
        return [(float(x), float(y)) for x, y in found]

    # doing

    def choose_operation(self, name: str, number: float | None = None) -> None:
        """What is to be done to the chosen cells, as the list calls it, and its number."""
        self.part("ed-operation").locator("select").select_option(label=name)
        if number is not None:
            self._type(self.part("ed-number").locator("input"), f"{number:g}")

    def _type(self, field: Locator, text: str) -> None:
        """Type a number; the server may just be putting the usual one of the operation there."""
        for _ in range(5):
            field.fill(text)
            field.press("Enter")
            self.page.wait_for_timeout(SETTLING_MS)
            if field.input_value() == text:
                return
        expect(field).to_have_value(text)

    def apply(self) -> int:
        """Do it; how many cells are changed then."""
        before = self.edits()
        self.button("ed-apply").click()
        self.sees_edits(before + 1)
        return self.changed()

    def undo(self) -> None:
        """Take the last edit back."""
        before = self.edits()
        self.button("ed-undo").click()
        self.sees_edits(before - 1)

    def redo(self) -> None:
        """Do it again."""
        before = self.edits()
        self.button("ed-redo").click()
        self.sees_edits(before + 1)

    def save(self, description: str) -> str:
        """Save as a revision; what the editor says of it."""
        self.ask_to_save(description)
        message = self.part("ed-message")
        expect(message).to_contain_text("Saved as revision", timeout=SAVING_MS)
        return self.told("ed-message")

    def ask_to_save(self, description: str) -> None:
        """Describe what was done, and have it saved."""
        self.button("ed-save").click()
        self.part("ed-description").locator("input").fill(description)
        self.part("ed-description").locator("input").press("Tab")
        self.button("ed-save-now").click()

    def decide(self, way: str) -> None:
        """Go one of the ways that are offered, by its name."""
        self.button(f"ed-way-{way}").click()
        expect(self.part("ed-choice")).to_be_hidden(timeout=OPENING_MS)

    def download(self, name: str, folder: Path) -> Path:
        """Have a file made and fetch it."""
        self.tab("History")
        button = self.button(f"ed-download-{name}")
        button.click()
        link = self.part("ed-links").get_by_role("link", name=button.inner_text(), exact=True)
        expect(link).to_be_visible(timeout=SAVING_MS)
        with self.page.expect_download() as waiting:
            link.click()
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    def tab(self, title: str) -> None:
        """Look at another tab of the right side."""
        self.part("ed-side").get_by_text(title, exact=True).first.click()

    def go_back(self) -> None:
        """Follow the link to the pages."""
        self.part("ed-title").get_by_role("link").click()

    # seeing

    def count(self, handle: str) -> int:
        """A number of cells that is told."""
        found = _NUMBER.search(self.part(handle).inner_text())
        assert found is not None
        return int(found.group().replace("\u2009", ""))

    def changed(self) -> int:
        """Cells that have another value than in the beginning, once they were counted."""
        self.settled()
        return self.count("ed-changed")

    def edits(self) -> int:
        """Edits in force."""
        told = re.search(r"(no|\d+) edits?$", self.told("ed-kept"))
        assert told is not None, self.told("ed-kept")
        return 0 if told.group(1) == "no" else int(told.group(1))

    def sees_edits(self, number: int) -> None:
        """Wait until so many edits are in force, and kept."""
        counted = "1 edit" if number == 1 else f"{number or 'no'} edits"
        expect(self.part("ed-kept")).to_have_text(re.compile(rf"kept.* {counted}$", re.IGNORECASE))
        self.settled()

    def settled(self) -> None:
        """Wait until nothing that is told changes any more."""
        told = ""
        for _ in range(100):
            now = self.told("ed-counts")
            if now == told:
                return
            told = now
            self.page.wait_for_timeout(150)
        raise AssertionError("the counts never come to rest")

    def _other_than(self, handle: str, count: int) -> None:
        """Wait until a number of cells is another one."""
        old = re.compile(rf"^{count:,}".replace(",", "\u2009") + r" cells?$")
        expect(self.part(handle)).not_to_have_text(old)
