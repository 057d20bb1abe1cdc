"""What the special editors share: their widgets, and overlays of what was found."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.models import Column, InlineStyleSheet, LayoutDOM
from bokeh.models.widgets.markups import Div

from climpy.arrays import BoolArray
from climpy.interactive.editors.widgets import Widgets, css
from climpy.interactive.editors.workbench import Workbench

PROBLEM, WANTED, RULE, PICKED = "#d1495b", "#2a9d8f", "#e9a03b", "#ffd60a"


class FindingWidgets(Widgets):
    """Makes the widgets of a tab with findings."""

    def __init__(self) -> None:
        super().__init__()
        own = (Path(__file__).parent / "findings.css").read_text(encoding="utf-8")
        self.style = InlineStyleSheet(css=css() + own)

    def _dress(self, handle: str, classes: Sequence[str] = ()) -> dict[str, Any]:
        return {**super()._dress(handle, classes), "margin": 0}

    def told(self, handle: str, *, summary: bool = False) -> Div:
        """A place for sentences; a summary is read aloud when it changes."""
        note = self.note("", handle, live=summary)
        note.css_classes = [handle, "ed-summary" if summary else "ed-told"]
        note.sizing_mode = "stretch_width"
        return note

    def part(self, *children: LayoutDOM, handle: str) -> Column:
        """Widgets that come and go together."""
        return self.column(*children, handle=handle, classes=("ed-part",))


def paragraphs(sentences: Sequence[str]) -> str:
    """Sentences as HTML."""
    return "".join(f"<p>{html.escape(sentence)}</p>" for sentence in sentences)


def judged(good: bool, sentence: str, *more: str) -> str:
    """A paragraph of HTML that begins with a sign for good or bad."""
    sign, name = ("✓", "ed-good-sign") if good else ("✗", "ed-bad-sign")
    said = "<br>".join(html.escape(part) for part in (sentence, *more) if part)
    return f'<p><span class="{name}" aria-hidden="true">{sign}</span> {said}</p>'


def show(visible: bool, *parts: Any) -> None:
    """Show or hide widgets."""
    for part in parts:
        if part.visible is not visible:
            part.visible = visible


class Overlays:
    """Marks cells on a workbench's maps.

    Parameters
    ----------
    workbench : Workbench
        Where.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._shown: dict[str, BoolArray] = {}
        workbench.listen("sheet", self._shown.clear)

    def show(self, name: str, mask: BoolArray | None, colour: str) -> None:
        """Mark cells under a name; None, or no cell, takes the marks away."""
        wanted = mask if mask is not None and mask.any() else None
        before = self._shown.get(name)
        if wanted is None:
            if before is not None:
                del self._shown[name]
                self._workbench.overlay(name, None)
        elif before is None or not np.array_equal(before, wanted):
            self._shown[name] = wanted
            self._workbench.overlay(name, wanted, colour)
