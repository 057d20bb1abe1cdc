"""Controls of the left column: how cells are chosen, and what is done to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bokeh.models import Column, LayoutDOM
from bokeh.models.widgets.buttons import Button
from bokeh.models.widgets.inputs import Checkbox, NumericInput

from climpy.errors import ClimpyError
from climpy.interactive.editors import wording
from climpy.interactive.editors.widgets import Widgets
from climpy.interactive.editors.workbench import TOOLS, Workbench
from climpy.interactive.operations import (
    Add,
    Dig,
    Fill,
    FillDepressions,
    Operation,
    Paint,
    Scale,
    SetTo,
    Smooth,
)
from climpy.interactive.selections import ValueRange

_TOOL_NAMES = {
    "pan": "Move",
    "box": "Box",
    "lasso": "Lasso",
    "brush": "Brush",
    "cells": "Cells",
    "basin": "Basin",
    "passage": "Passage",
}
_HINTS = {
    "pan": "Drag to move the map, turn the wheel to zoom. P",
    "box": "Drag a rectangle; Shift adds, Ctrl takes away. B",
    "lasso": "Drag round what you mean; Shift adds, Ctrl takes away. L",
    "brush": "Drag over what you mean; Shift adds, Ctrl takes away. R",
    "cells": "Click single cells; Shift adds, Ctrl takes away.",
    "basin": "Click a sea, or land: all that is connected with it is chosen.",
    "passage": "Click both ends, or drag from one to the other.",
}
_MODE_NAMES = {"replace": "New", "add": "Add", "subtract": "Remove", "intersect": "Overlap"}
_FILTER_NAMES = {"everything": "All cells", "land": "Land", "ocean": "Ocean"}


class ChoosingControls:
    """Tools, modes, filter; numbers of the tools; the range of values."""

    def __init__(self, widgets: Widgets, workbench: Workbench) -> None:
        self._bench, bench = workbench, workbench
        self._tools = widgets.choice(
            {name: _TOOL_NAMES[name] for name in TOOLS}, bench.tool, "ed-tools", bench.set_tool,
            label="What the pointer does", classes=("ed-tiles",),
        )  # fmt: skip
        self._hint = widgets.note(handle="ed-hint", live=True)
        self._mode = widgets.choice(
            _MODE_NAMES, bench.mode, "ed-mode", bench.set_mode, label="How selections go together"
        )
        self._filter = widgets.choice(
            _FILTER_NAMES, bench.filter, "ed-filter", bench.set_filter, label="Which cells count"
        )
        self._radius = widgets.number(
            bench.brush_radius, "ed-brush-radius", self._set_radius,
            label="Brush radius [degrees, or cells]", low=0.05, high=60.0,
        )  # fmt: skip
        self._width = widgets.number(
            bench.passage_width, "ed-passage-width", self._set_width,
            label="Width of the passage [cells]", whole=True, low=1, high=50,
        )  # fmt: skip
        self._low = widgets.number(None, "ed-low", label="From")
        self._high = widgets.number(None, "ed-high", label="To")
        self._range = widgets.row(
            self._low, self._high,
            widgets.button("Choose", "ed-choose-range", self._choose_range,
                           hint="Choose all cells with values in this range"),
            handle="ed-range",
        )  # fmt: skip
        every = widgets.button(
            "All",
            "ed-all",
            lambda: bench.choose(ValueRange()),
            hint="Choose all cells with a value",
        )
        clear = widgets.button("Nothing", "ed-clear", bench.clear, hint="Choose nothing. Esc")
        ends = widgets.row(every, clear, handle="ed-ends")
        self.root: Column = widgets.group(
            "Choose cells", self._tools, self._hint, self._radius, self._width, self._mode,
            self._filter, self._range, ends, handle="ed-choosing",
        )  # fmt: skip
        bench.listen("choosing", self._follow)
        bench.listen("sheet", self._follow)
        self._follow()

    def _set_radius(self, value: float | None) -> None:
        if value is not None and value > 0.0:
            self._bench.brush_radius = float(value)
            self._bench.set_tool(self._bench.tool)

    def _set_width(self, value: float | None) -> None:
        if value is not None:
            self._bench.passage_width = int(value)

    def set_range(self, low: float, high: float) -> None:
        """Show a range of values and choose the cells within."""
        self._low.value, self._high.value = low, high
        self._choose_range()

    def _choose_range(self) -> None:
        low, high = self._low.value, self._high.value
        if low is None and high is None:
            self._bench.say("Type a value, or drag over the histogram.", "care")
            return
        try:
            self._bench.choose(ValueRange(low, high))
        except ClimpyError as refusal:
            self._bench.say(str(refusal), "bad")

    def _follow(self) -> None:
        bench = self._bench
        for group, names, chosen in (
            (self._tools, TOOLS, bench.tool),
            (self._mode, tuple(_MODE_NAMES), bench.mode),
            (self._filter, tuple(_FILTER_NAMES), bench.filter),
        ):
            group.active = names.index(chosen)
        self._hint.text = _HINTS[bench.tool]
        self._radius.visible = bench.tool == "brush"
        self._width.visible = bench.tool == "passage"
        self._filter.visible = bench.tells_ocean
        self.root.visible = bench.editable


@dataclass(frozen=True)
class Doing:
    """An operation that is offered.

    Parameters
    ----------
    label : str
        What it is called; "{units}" is where the units go.
    make : callable
        From a number to the operation.
    number : float or None
        To begin with; None if it takes no number.
    kinds : tuple of str
        Fields that it makes sense for.
    whole : bool
        Whether the number is whole.
    """

    label: str
    make: Callable[[float], Operation]
    number: float | None
    kinds: tuple[str, ...] = ("topography", "bathymetry")
    whole: bool = False
    ask: str = "Value"
    keeps_coast: bool = field(default=False)


_QUANTITIES = ("topography", "bathymetry", "other")
DOINGS: Mapping[str, Doing] = {
    "set": Doing("Set to a value", SetTo, 0.0, _QUANTITIES, ask="Value{units}"),
    "add": Doing("Add an amount", Add, 100.0, _QUANTITIES, ask="Amount{units}"),
    "scale": Doing("Scale to a percentage", Scale, 110.0, _QUANTITIES, ask="Percent"),
    "fill": Doing("Fill up to a height", Fill, 10.0, ask="Height [m above sea level]"),
    "mean": Doing("Fill to the neighbours' mean", lambda _number: Fill(None), None),
    "depressions": Doing(
        "Fill depressions of the land", lambda _number: FillDepressions(), None, ("topography",)
    ),
    "dig": Doing("Dig, open a passage", Dig, 200.0, ask="Depth [m below sea level]"),
    "smooth": Doing(
        "Smooth", lambda number: Smooth(int(number)), 1, _QUANTITIES, whole=True, ask="Passes"
    ),
    "paint": Doing("Paint", lambda number: Paint(int(number)), 1, ("codes",), whole=True),
}
"""What can be done, by name."""

_CODES = (("1", "1 Atlantic"), ("2", "2 Pacific"), ("3", "3 Indian"), ("0", "0 none"))


class DoingControls:
    """The operation, Apply, Undo and Redo."""

    def __init__(self, widgets: Widgets, workbench: Workbench) -> None:
        self._bench = workbench
        self._numbers: dict[str, float] = {
            name: doing.number for name, doing in DOINGS.items() if doing.number is not None
        }
        self._name = ""
        self._which = widgets.select([("", "")], "", "ed-operation", self._pick, label="What to do")
        self._number: NumericInput = widgets.number(
            0.0, "ed-number", self._set_number, label="Value"
        )
        self._code = widgets.select(_CODES, "1", "ed-code", self._set_code, label="Basin")
        self._coast: Checkbox = widgets.check(
            "Keep the coast where it is", True, "ed-keep-coast", lambda _on: self._set()
        )
        self._at_once: Checkbox = widgets.check(
            "Apply as I draw", False, "ed-at-once", self._set_at_once
        )
        self._apply: Button = widgets.button(
            "Apply", "ed-apply", workbench.apply, tone="main", hint="Change the chosen cells"
        )
        self._undo: Button = widgets.button("Undo", "ed-undo", workbench.undo, hint="Ctrl+Z")
        self._redo: Button = widgets.button("Redo", "ed-redo", workbench.redo, hint="Ctrl+Y")
        self._counts = widgets.note(handle="ed-counts", live=True)
        children: tuple[LayoutDOM, ...] = (
            self._which, self._number, self._code, self._coast, self._at_once, self._apply,
            widgets.row(self._undo, self._redo, handle="ed-undoing"), self._counts,
        )  # fmt: skip
        self.root: Column = widgets.group("Change them", *children, handle="ed-doing")
        workbench.listen("sheet", self._offer)
        workbench.listen("history", self._follow)
        workbench.listen("busy", self._follow)
        workbench.listen("counts", self._count)
        self._offer()
        self._follow()
        self._count()

    def _offer(self) -> None:
        kind = self._bench.field.kind
        offered = [(name, doing.label) for name, doing in DOINGS.items() if kind in doing.kinds]
        self.root.visible = self._bench.editable
        self._which.update(options=offered)
        names = [name for name, _ in offered]
        name = self._name if self._name in names else names[0]
        self._which.value = name
        self._which.visible = len(offered) > 1
        self._pick(name)
        self._follow()

    def _pick(self, name: str) -> None:
        doing = DOINGS[name]
        self._name = name
        paints, number = name == "paint", doing.number is not None
        units = f" [{self._bench.sheet.units}]" if self._bench.sheet.units else ""
        self._number.visible = number and not paints
        self._code.visible = paints
        self._coast.visible = name == "smooth" and self._bench.tells_ocean
        if number and not paints:
            self._number.update(title=doing.ask.format(units=units), value=self._numbers[name])
        self._set()

    def _set_number(self, value: float | None) -> None:
        if value is not None:
            self._numbers[self._name] = float(value)
        self._set()

    def _set_code(self, code: str) -> None:
        self._numbers["paint"] = int(code)
        self._set()

    def _set_at_once(self, on: bool) -> None:
        self._bench.at_once = on

    def _set(self) -> None:
        doing, number = DOINGS[self._name], self._numbers.get(self._name, 0.0)
        self._bench.operation = None
        try:
            if self._name == "smooth":
                keep = bool(self._coast.active) and self._bench.tells_ocean
                self._bench.operation = Smooth(int(number), keep)
            else:
                self._bench.operation = doing.make(number)
        except ClimpyError as refusal:
            self._bench.say(str(refusal), "bad")

    def _follow(self) -> None:
        bench = self._bench
        self._undo.disabled = bool(bench.busy) or not bench.can_undo
        self._redo.disabled = bool(bench.busy) or not bench.can_redo
        self._apply.disabled = bool(bench.busy)

    def _count(self) -> None:
        counts = self._bench.counts
        told = [
            f"<b class='ed-chosen'>{wording.cells(counts.chosen)}</b> chosen",
            f"<b class='ed-changed'>{wording.cells(counts.changed)}</b> changed so far",
        ]
        if self._bench.tells_ocean and self._bench.field.kind != "codes":
            told.append(f"<b class='ed-across'>{wording.cells(counts.across_coast)}</b> "
                        "between land and ocean")  # fmt: skip
        self._counts.text = "<br>".join(told)
