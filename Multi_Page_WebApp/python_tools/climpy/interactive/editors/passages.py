"""The editor of narrow straits on an ocean grid: widened, closed, or marked as intended."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from bokeh.models import Column

from climpy.errors import ClimpyError, InputRefused
from climpy.interactive.editors.findings_layers import (
    PICKED,
    PROBLEM,
    WANTED,
    FindingWidgets,
    Overlays,
    judged,
    paragraphs,
    show,
)
from climpy.interactive.editors.internal_oceans import SeasPage
from climpy.interactive.editors.tables import FindingsTable
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.edits import Edit
from climpy.interactive.findings import (
    Ground,
    SingularPoint,
    Strait,
    Straits,
    Widening,
    close,
    singular_points,
    straits,
    widenings,
)
from climpy.interactive.findings.words import at, counted, metres, roughly

NARROW, INTENDED, PICKED_STRAIT = "Narrow straits", "Intended straits", "Picked strait"
POINTS_ON_LAND, POINTS_IN_SEA = "Singular points on land", "Singular points in the sea"
_COLUMNS = (
    ("No.", "whole", 28),
    ("Cells", "whole", 38),
    ("Place", "text", 72),
    ("m deep", "whole", 50),
    ("Wanted", "text", 56),
)
_OFFERED = 3


def add_straits(workbench: Workbench) -> None:
    """Add to a workbench what is wanted for narrow straits and seas on an ocean grid."""
    workbench.add_tab("Straits", StraitsPage(workbench, FindingWidgets()).root)
    workbench.add_tab("Seas", SeasPage(workbench, FindingWidgets()).root)


class StraitsPage:
    """What is found of narrow straits and singular points, and what can be done about it.

    Parameters
    ----------
    workbench : Workbench
        With a bathymetry on an ocean grid.
    widgets : FindingWidgets
        Of the page.
    """

    def __init__(self, workbench: Workbench, widgets: FindingWidgets) -> None:
        self.workbench, self._widgets = workbench, widgets
        self._overlays = Overlays(workbench)
        self._ground: Ground | None = None
        self.found = Straits((), np.zeros(workbench.field.shape, dtype=np.int32), ())
        self.points: tuple[SingularPoint, ...] = ()
        self.ways: tuple[Widening, ...] = ()
        self._place: tuple[float, float] | None = None
        self._only_problems = False
        self.root = self._build()
        workbench.listen("sheet", self._forget)
        workbench.on_change(self.work_out)

    # Widgets

    def _build(self) -> Column:
        make = self._widgets
        self._summary = make.told("straits-summary", summary=True)
        self._filter = make.check(
            "Only straits not intended", False, "straits-filter", self._set_filter
        )
        self._table = FindingsTable(
            make, _COLUMNS, "straits-table", label="Narrow straits", on_pick=self._pick
        )
        self._about = make.told("strait-about")
        self._list = make.part(self._filter, self._table.root, self._about, handle="straits-list")
        self._gone = make.told("straits-gone")
        self._forget_marks = make.button(
            "Forget these marks", "straits-forget", self.forget_gone, tone="quiet"
        )
        self._points_told = make.told("singular-points")
        self._points_part = make.group(
            "Singular points of the grid", self._points_told, handle="straits-points"
        )
        self._one = self._build_one()
        show(False, self._list, self._one, self._gone, self._forget_marks, self._points_part)
        return make.column(
            self._summary, self._list, self._one, self._gone, self._forget_marks,
            self._points_part, handle="straits", classes=("ed-findings",),
        )  # fmt: skip

    def _build_one(self) -> Column:
        make = self._widgets
        self._close = make.button("Close it", "strait-close", self.close_picked)
        self._intend = make.button("It is intended", "strait-intend", self.intend_or_not)
        buttons = make.row(self._intend, self._close, handle="strait-buttons")
        self._depth = make.number(
            None, "strait-depth", lambda _: self._offer(), label="Depth of the opening [m]", low=0.0
        )
        self._offers = [
            make.button("", f"widen-{number}", partial(self.widen, number))
            for number in range(_OFFERED)
        ]
        self._offers_told = [make.told(f"widen-about-{number}") for number in range(_OFFERED)]
        ways = [
            widget for pair in zip(self._offers, self._offers_told, strict=True) for widget in pair
        ]
        widen = make.group("Widen it", self._depth, *ways, handle="strait-widen")
        return make.part(buttons, widen, handle="strait-one")

    # Finding

    def _forget(self) -> None:
        self._ground, self._place = None, None

    def work_out(self) -> None:
        """Find all anew and show it."""
        bench = self.workbench
        try:
            self._ground = self._ground or Ground(bench.field)
            self.found = straits(bench.field, self._ground, bench.marks.intended_passages)
            self.points = singular_points(bench.field, self._ground, bench.sheet.poles)
        except InputRefused as refusal:
            self._summary.text = paragraphs([str(refusal)])
            show(False, self._list, self._one, self._gone, self._forget_marks, self._points_part)
            return
        self._show()

    @property
    def picked(self) -> Strait | None:
        """The strait that was picked, as long as it is one."""
        if self._place is None or self._ground is None:
            return None
        number = int(self.found.numbers.ravel()[self._ground.cell_at(self._place)])
        return self.found.found[number - 1] if number else None

    def _show(self) -> None:
        self._summary.text = paragraphs([self.found.sentence])
        listed = self.found.problems if self._only_problems else self.found.found
        rows = [
            (
                strait.number,
                strait.cells,
                roughly(strait.place),
                strait.shallowest_m,
                "yes" if strait.intended else "",
            )
            for strait in listed
        ]
        picked = self.picked
        self._table.show([one.number for one in listed], rows, picked.number if picked else None)
        show(bool(self.found.found), self._list)
        gone = len(self.found.gone)
        show(gone > 0 and self.workbench.editable, self._gone, self._forget_marks)
        if gone:
            marks = "1 mark lies" if gone == 1 else f"{gone} marks lie"
            self._gone.text = paragraphs([f"{marks} in no narrow strait any longer."])
        self._show_picked()
        self._show_points()
        self._overlays.show(NARROW, self.found.mask(intended=False), PROBLEM)
        self._overlays.show(INTENDED, self.found.mask(intended=True), WANTED)
        self._mark_picked()

    def _show_picked(self) -> None:
        strait = self.picked
        show(strait is not None and self.workbench.editable, self._one)
        if strait is None:
            self._about.text = paragraphs(["Click a strait in the list to see it on the map."])
            return
        self._intend.label = "It is not intended" if strait.intended else "It is intended"
        depths = metres(round(strait.shallowest_m))
        if round(strait.deepest_m) > round(strait.shallowest_m):
            depths = f"{round(strait.shallowest_m):,} to {metres(round(strait.deepest_m))}"
        told = (
            f"Strait {strait.number} at {at(strait.place)}: {counted(strait.cells, 'cell')}, "
            f"{depths} deep{', intended' if strait.intended else ''}."
        )
        self._about.text = paragraphs([told, "Water can only diffuse through it."])
        self._offer()

    def _offer(self) -> None:
        """Work out the ways to widen the picked strait; milliseconds on the group's grid."""
        strait, ground = self.picked, self._ground
        if strait is None or ground is None:
            return
        depth = None if self._depth.value is None else float(self._depth.value)
        self._depth.placeholder = f"{strait.shallowest_m:.0f} as the strait"
        self.ways = widenings(self.workbench.field, ground, self.found.numbers, strait, depth)
        now = sum(one.cells for one in self.found.found)
        for number, (button, told) in enumerate(zip(self._offers, self._offers_told, strict=True)):
            way = self.ways[number] if number < len(self.ways) else None
            show(way is not None, button, told)
            if way is None:
                continue
            where = "on both sides" if way.side == "both" else f"on the {way.side} side"
            button.label = f"{where[0].upper()}{where[1:]}"
            text = f"{counted(way.opened, 'cell')} opened"
            if way.left > now - strait.cells:
                text += f"; {counted(way.left - now + strait.cells, 'other narrow cell')} then"
            told.text = paragraphs([f"{text}."])

    def _show_points(self) -> None:
        show(bool(self.points), self._points_part)
        self._points_told.text = "".join(
            judged(point.on_land, point.sentence) for point in self.points
        )
        if "Singular points" in self.workbench.symbols:  # of which it is not said where they lie
            self.workbench.points("Singular points", ())
        for name, on_land, colour in (
            (POINTS_ON_LAND, True, WANTED),
            (POINTS_IN_SEA, False, PROBLEM),
        ):
            places = [point.place for point in self.points if point.on_land is on_land]
            shown = self.workbench.symbols.get(name)
            if tuple(places) != (() if shown is None else shown.places):
                self.workbench.points(name, places, colour=colour, symbol="star")

    def _mark_picked(self) -> None:
        strait = self.picked
        mask = None if strait is None else self.found.numbers == strait.number
        self._overlays.show(PICKED_STRAIT, mask, PICKED)

    # What is clicked

    def _set_filter(self, active: bool) -> None:
        self._only_problems = active
        self._show()

    def _pick(self, number: int | None) -> None:
        self._place = None if number is None else self.found.found[number - 1].place
        strait = self.picked
        if strait is not None:
            self.workbench.zoom_to(*strait.place, 14.0)
        self._show_picked()
        self._mark_picked()

    def widen(self, number: int) -> None:
        """Go one of the ways that are offered."""
        if number < len(self.ways):
            self.workbench.do(self.ways[number].edit)

    def close_picked(self) -> None:
        """Make land of the picked strait."""
        strait, ground, field = self.picked, self._ground, self.workbench.field
        if strait is not None and ground is not None:
            self._do(lambda: close(field, ground, self.found.numbers, strait))

    def _do(self, edit: Callable[[], Edit]) -> None:
        try:
            made = edit()
        except ClimpyError as refusal:
            self.workbench.say(str(refusal), "bad")
            return
        self.workbench.do(made)

    def intend_or_not(self) -> None:
        """Mark the picked strait as intended, or no longer."""
        strait, ground, marks = self.picked, self._ground, self.workbench.marks
        if strait is None or ground is None:
            return
        numbers = self.found.numbers.ravel()
        others = tuple(
            place
            for place in marks.intended_passages
            if numbers[ground.cell_at(place)] != strait.number
        )
        intended = others if strait.intended else (*others, strait.place)
        self.workbench.mark(replace(marks, intended_passages=intended))

    def forget_gone(self) -> None:
        """Drop the marks that lie in no narrow strait."""
        marks, gone = self.workbench.marks, set(self.found.gone)
        left = tuple(place for place in marks.intended_passages if place not in gone)
        self.workbench.mark(replace(marks, intended_passages=left))
