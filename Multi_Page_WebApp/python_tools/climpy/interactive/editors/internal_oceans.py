"""The editor of enclosed seas: listed, filled, connected, kept; the rules of the poles."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from bokeh.models import Column, LayoutDOM

from climpy.arrays import FloatArray
from climpy.errors import ClimpyError, InputRefused
from climpy.interactive.editors.findings_layers import (
    PICKED,
    PROBLEM,
    RULE,
    WANTED,
    FindingWidgets,
    Overlays,
    judged,
    paragraphs,
    show,
)
from climpy.interactive.editors.tables import FindingsTable
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.edits import Edit
from climpy.interactive.findings import (
    EnclosedSea,
    Ground,
    PoleRule,
    Seas,
    coastline_sentence,
    connect,
    fill,
    fill_all,
    pole_rules,
    seas,
)
from climpy.interactive.findings.words import at, counted, metres, roughly

SEAS, KEPT, POLES, PICKED_SEA = "Enclosed seas", "Kept seas", "Poles", "Picked sea"
_COLUMNS = (
    ("No.", "whole", 28),
    ("Cells", "whole", 46),
    ("Place", "text", 74),
    ("m deep", "whole", 54),
    ("Kept", "text", 38),
)


def add_seas(workbench: Workbench) -> None:
    """Add to a workbench what is wanted for enclosed seas and the rules of the poles."""
    workbench.add_tab("Seas", SeasPage(workbench, FindingWidgets()).root)


class SeasPage:
    """What is found of enclosed seas and poles, and what can be done about it.

    Parameters
    ----------
    workbench : Workbench
        With a topography or bathymetry.
    widgets : FindingWidgets
        Of the page.
    """

    def __init__(self, workbench: Workbench, widgets: FindingWidgets) -> None:
        self.workbench, self._widgets = workbench, widgets
        self._overlays = Overlays(workbench)
        self._ground: Ground | None = None
        self.found = Seas((), np.zeros(workbench.field.shape, dtype=np.int32), ())
        self.rules: tuple[PoleRule, ...] = ()
        self._place: tuple[float, float] | None = None
        self._only_problems = False
        self._height: float | None = 1.0
        self.root = self._build()
        workbench.listen("sheet", self._forget)
        workbench.on_change(self.work_out)

    # Widgets

    def _build(self) -> Column:
        make = self._widgets
        self._summary = make.told("seas-summary", summary=True)
        self._filter = make.check("Only seas not kept", False, "seas-filter", self._set_filter)
        self._table = FindingsTable(
            make, _COLUMNS, "seas-table", label="Enclosed seas", on_pick=self._pick
        )
        self._about = make.told("sea-about")
        self._keep = make.button("Keep", "sea-keep", self.keep_or_not)
        self._list = make.part(
            self._filter, self._table.root, self._about, self._keep, handle="seas-list"
        )
        self._gone = make.told("seas-gone")
        self._forget_marks = make.button(
            "Forget these marks", "seas-forget", self.forget_gone, tone="quiet"
        )
        self._repairing = make.part(self._build_fill(), self._build_connect(), handle="seas-repair")
        self._poles_part = self._build_poles()
        show(False, self._list, self._gone, self._forget_marks, self._repairing, self._poles_part)
        return make.column(
            self._summary, self._list, self._gone, self._forget_marks, self._repairing,
            self._poles_part, handle="seas", classes=("ed-findings",),
        )  # fmt: skip

    def _build_fill(self) -> LayoutDOM:
        make = self._widgets
        self._to = make.choice(
            {"height": "To a height", "mean": "Mean of shore"},
            "height",
            "fill-to",
            self._set_fill,
            label="How high seas are filled",
        )
        self._height_of = make.number(1.0, "fill-height", self._set_height, label="Height [m]")
        self._fill = make.button("Fill it", "sea-fill", self.fill_picked)
        self._fill_all = make.button("Fill all", "seas-fill-all", self.fill_rest)
        buttons = make.row(self._fill, self._fill_all, handle="fill-buttons")
        return make.group("Fill", self._to, self._height_of, buttons, handle="seas-fill")

    def _build_connect(self) -> LayoutDOM:
        make = self._widgets
        self._depth = make.number(200.0, "sea-depth", label="Depth [m]", low=0.0)
        self._width = make.number(2, "sea-width", label="Width [cells]", whole=True, low=1, high=50)
        self._connect = make.button("Connect it", "sea-connect", self.connect_picked)
        numbers = make.row(self._depth, self._width, handle="sea-passage")
        return make.group("Dig to the ocean", numbers, self._connect, handle="seas-connect")

    def _build_poles(self) -> Column:
        make = self._widgets
        self._rule_notes = {name: make.told(f"pole-{name}") for name in ("south", "north")}
        self._repairs = {
            "south": make.button("Repair", "repair-south", lambda: self.repair("south")),
            "north": make.button("Repair", "repair-north", lambda: self.repair("north")),
        }
        rows = [
            make.part(self._rule_notes[name], self._repairs[name], handle=f"rule-{name}")
            for name in ("south", "north")
        ]
        return make.group("Rules of the poles", *rows, handle="seas-poles")

    # Finding

    def _forget(self) -> None:
        self._ground, self._place = None, None

    def work_out(self) -> None:
        """Find all anew and show it."""
        bench = self.workbench
        try:
            self._ground = self._ground or Ground(bench.field)
            self.found = seas(bench.field, self._ground, bench.marks.kept_seas)
            self.rules = pole_rules(bench.field, self._ground)
        except InputRefused as refusal:
            self._summary.text = paragraphs([str(refusal)])
            show(False, self._list, self._repairing, self._poles_part)
            return
        self._show()

    @property
    def picked(self) -> EnclosedSea | None:
        """The sea that was picked, as long as it is one."""
        if self._place is None or self._ground is None:
            return None
        number = int(self.found.numbers.ravel()[self._ground.cell_at(self._place)])
        return self.found.found[number - 1] if number else None

    def _show(self) -> None:
        sentences = [self.found.sentence]
        if self.workbench.field.kind == "topography":
            sentences.append(coastline_sentence(self.workbench.session, self._before()))
        self._summary.text = paragraphs(sentences)
        listed = self.found.unwanted if self._only_problems else self.found.found
        rows = [
            (sea.number, sea.cells, roughly(sea.place), sea.deepest_m, "yes" if sea.kept else "")
            for sea in listed
        ]
        picked = self.picked
        self._table.show([sea.number for sea in listed], rows, picked.number if picked else None)
        show(bool(self.found.found), self._list)
        show(bool(self.found.found) and self.workbench.editable, self._repairing)
        self._show_picked()
        self._show_rest()
        self._show_rules()
        self._overlays.show(SEAS, self.found.mask(kept=False), PROBLEM)
        self._overlays.show(KEPT, self.found.mask(kept=True), WANTED)
        broken = [rule.cells for rule in self.rules if not rule.kept]
        self._overlays.show(POLES, np.any(broken, axis=0) if broken else None, RULE)
        self._mark_picked()

    def _before(self) -> FloatArray:
        return self.workbench.sheet.field.values

    def _show_picked(self) -> None:
        sea = self.picked
        for button in (self._fill, self._connect):
            button.disabled = sea is None
        show(sea is not None and self.workbench.editable, self._keep)
        if sea is None:
            self._about.text = paragraphs(["Click a sea in the list to see it on the map."])
            return
        self._keep.label = "Do not keep this sea" if sea.kept else "Keep this sea"
        told = (
            f"Sea {sea.number} at {at(sea.place)}: {counted(sea.cells, 'cell')}, "
            f"{sea.area_km2:,.0f} km², mean depth {metres(round(sea.mean_depth_m))}"
            f"{', kept' if sea.kept else ''}."
        )
        self._about.text = paragraphs([told])

    def _show_rest(self) -> None:
        unwanted, gone = len(self.found.unwanted), len(self.found.gone)
        self._fill_all.disabled = not unwanted
        self._fill_all.label = f"Fill all {unwanted:,} not kept" if unwanted else "All are kept"
        show(gone > 0 and self.workbench.editable, self._gone, self._forget_marks)
        if gone:
            marks = "1 mark lies" if gone == 1 else f"{gone} marks lie"
            self._gone.text = paragraphs([f"{marks} in no enclosed sea any longer."])

    def _show_rules(self) -> None:
        show(bool(self.rules), self._poles_part)
        for rule in self.rules:
            self._rule_notes[rule.name].text = judged(
                rule.kept, rule.rule, "" if rule.kept else rule.sentence
            )
            show(not rule.kept and self.workbench.editable, self._repairs[rule.name])

    def _mark_picked(self) -> None:
        sea = self.picked
        mask = None if sea is None else self.found.numbers == sea.number
        self._overlays.show(PICKED_SEA, mask, PICKED)

    # What is clicked

    def _set_filter(self, active: bool) -> None:
        self._only_problems = active
        self._show()

    def _set_fill(self, name: str) -> None:
        show(name == "height", self._height_of)
        self._height = self._height_of.value if name == "height" else None

    def _set_height(self, height: float | None) -> None:
        self._height = 1.0 if height is None else float(height)

    def _pick(self, number: int | None) -> None:
        self._place = None if number is None else self.found.found[number - 1].place
        sea = self.picked
        if sea is not None and self._ground is not None:
            box = self._ground.around(np.flatnonzero(self.found.numbers.ravel() == sea.number))
            tall, wide = box.north - box.south, (box.east - box.west) % 360.0
            self.workbench.zoom_to(*sea.place, min(max(1.5 * tall, 0.75 * wide, 8.0), 60.0))
        self._show_picked()
        self._mark_picked()

    def fill_picked(self) -> None:
        """Fill the picked sea."""
        sea, ground = self.picked, self._ground
        if sea is not None and ground is not None:
            self._do(lambda: fill(ground, self.found.numbers, sea, self._height))
            self._warn_of_low_ground()

    def connect_picked(self) -> None:
        """Dig the shortest way from the picked sea to the ocean."""
        sea, ground, field = self.picked, self._ground, self.workbench.field
        depth, width = float(self._depth.value or 0.0), int(self._width.value or 1)
        if sea is not None and ground is not None:
            self._do(
                lambda: connect(field, ground, self.found.numbers, sea, depth=depth, width=width)
            )

    def fill_rest(self) -> None:
        """Fill all seas that are not kept."""
        ground, field = self._ground, self.workbench.field
        if ground is not None:
            self._do(lambda: fill_all(field, ground, self.found, self._height))
            self._warn_of_low_ground()

    def _warn_of_low_ground(self) -> None:
        lowest = 0.0 if self.workbench.field.kind == "bathymetry" else 0.001
        if self._height is not None and self._height < lowest:
            self.workbench.say("What is filled no higher than sea level stays sea.", "care")

    def repair(self, name: str) -> None:
        """Make the cells at a pole what its rule wants."""
        for rule in self.rules:
            if rule.name == name and rule.repair is not None:
                self.workbench.do(rule.repair)
                return

    def _do(self, edit: Callable[[], Edit]) -> None:
        try:
            made = edit()
        except ClimpyError as refusal:
            self.workbench.say(str(refusal), "bad")
            return
        self.workbench.do(made)

    def keep_or_not(self) -> None:
        """Mark the picked sea as wanted, or no longer."""
        sea, ground, marks = self.picked, self._ground, self.workbench.marks
        if sea is None or ground is None:
            return
        numbers = self.found.numbers.ravel()
        others = tuple(
            place for place in marks.kept_seas if numbers[ground.cell_at(place)] != sea.number
        )
        kept = others if sea.kept else (*others, sea.place)
        self.workbench.mark(replace(marks, kept_seas=kept))

    def forget_gone(self) -> None:
        """Drop the marks that lie in no enclosed sea."""
        marks, gone = self.workbench.marks, set(self.found.gone)
        left = tuple(place for place in marks.kept_seas if place not in gone)
        self.workbench.mark(replace(marks, kept_seas=left))
