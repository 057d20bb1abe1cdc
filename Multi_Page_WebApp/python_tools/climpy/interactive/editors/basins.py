"""The editor of sub basins: Atlantic, Pacific and Indian painted on the ocean."""

import html
from collections.abc import Callable
from functools import partial

import numpy as np
from bokeh.models import Column, LayoutDOM
from bokeh.models.widgets.buttons import Button
from bokeh.models.widgets.markups import Div

from climpy.bc.ipsl.sub_basins import Basin, propose
from climpy.errors import ClimpyError, InputRefused
from climpy.grids.ocean import OceanGrid
from climpy.interactive.basins import Method
from climpy.interactive.editors.findings_layers import (
    FindingWidgets,
    Overlays,
    paragraphs,
    show,
)
from climpy.interactive.editors.tables import FindingsTable
from climpy.interactive.editors.workbench import Place, Workbench
from climpy.interactive.edits import Edit
from climpy.interactive.findings import (
    Ground,
    Painting,
    Part,
    connected_part,
    painting,
    proposal,
    repaint,
    repaint_part,
)
from climpy.interactive.findings.painting import NAMES
from climpy.interactive.findings.words import at, counted, roughly
from climpy.interactive.operations import Paint
from climpy.interactive.views.palettes import BASIN_COLOURS

_BARE_COLOUR, _PICKED_COLOUR = "#b5179e", "#6bff4d"
_CHANGED_COLOURS = ("#2b303499", "#ffffff99", "#b5179e")
"""Of what the sheet wants looked at: now land, now ocean, without a basin."""

BARE, PICKED_PART = "Without a basin", "Picked part"
_METHODS = {"thirds": "Thirds", "connected": "By continents"}
_COLUMNS = (
    ("No.", "whole", 26),
    ("Basin", "text", 52),
    ("Cells", "whole", 38),
    ("Place", "text", 72),
    ("Beside", "text", 52),
)


def add_basins(workbench: Workbench) -> None:
    """Add to a workbench what is wanted for painting basins."""
    workbench.add_tab("Basins", BasinsPage(workbench, FindingWidgets()).root)


class BasinsPage:
    """How the ocean is divided, and what can be done about it.

    Parameters
    ----------
    workbench : Workbench
        With codes on an ocean grid.
    widgets : FindingWidgets
        Of the page.
    """

    def __init__(self, workbench: Workbench, widgets: FindingWidgets) -> None:
        self.workbench, self._widgets = workbench, widgets
        self._overlays = Overlays(workbench)
        self._ground: Ground | None = None
        self.found = Painting((), (), np.zeros(workbench.field.shape, dtype=np.int32))
        self._place: Place | None = None
        self._seen = False
        self._method: Method = "connected"
        self.root = self._build()
        workbench.listen("sheet", self._forget)
        workbench.on_change(self.work_out)

    # Widgets

    def _build(self) -> Column:
        make = self._widgets
        self._summary = make.told("basins-summary", summary=True)
        self._legend = make.told("basins-legend")
        self._changed = make.told("basins-changed")
        self._see = make.check("Show these cells", True, "basins-see", self._see_changed)
        self._changed_part = make.part(self._changed, self._see, handle="basins-since")
        self._paint_part = self._build_painting()
        self._table = FindingsTable(
            make, _COLUMNS, "parts-table", label="Parts that lie apart", on_pick=self._pick
        )
        self._list = make.group(
            "Parts that lie apart", self._table.root, self._build_one(), handle="parts-list"
        )
        self._proposal_part = self._build_proposal()
        show(False, self._changed_part, self._paint_part, self._list, self._proposal_part)
        return make.column(
            self._summary, self._legend, self._changed_part, self._paint_part, self._list,
            self._proposal_part,
            handle="basins", classes=("ed-findings",),
        )  # fmt: skip

    def _build_painting(self) -> LayoutDOM:
        make = self._widgets
        chosen = [self._button(code, "paint", partial(self.paint, code)) for code in Basin]
        whole = [self._button(code, "whole", partial(self.paint_whole, code)) for code in Basin]
        return make.group(
            "Paint",
            self._line("Chosen cells; land stays land.", "paint-about"),
            make.row(*chosen, handle="paint-chosen"),
            self._line("A whole connected part: choose the basin, click the part.", "whole-about"),
            make.row(*whole, handle="paint-whole"),
            handle="basins-paint",
        )

    def _line(self, sentence: str, handle: str) -> Div:
        line = self._widgets.told(handle)
        line.text = paragraphs([sentence])
        return line

    def _button(self, code: int, handle: str, on_click: Callable[[], object]) -> Button:
        return self._widgets.button(NAMES[int(code)], f"{handle}-{int(code)}", on_click)

    def _build_one(self) -> LayoutDOM:
        make = self._widgets
        self._about = make.told("part-about")
        self._give = {
            int(code): self._button(code, "give", partial(self.give, code)) for code in Basin
        }
        self._give_row = make.row(*self._give.values(), handle="part-buttons")
        return make.column(self._about, self._give_row, handle="part-one")

    def _build_proposal(self) -> LayoutDOM:
        make = self._widgets
        method = make.choice(
            _METHODS, self._method, "proposal-method", self._set_method, label="How it is made"
        )
        button = make.button(
            "Paint it",
            "proposal-paint",
            self.propose,
            hint="One edit for each basin; Undo takes them back",
        )
        return make.group("A fresh proposal", method, button, handle="basins-proposal")

    # Finding

    def _forget(self) -> None:
        self._ground, self._place, self._seen = None, None, False

    def work_out(self) -> None:
        """Find all anew and show it."""
        bench = self.workbench
        try:
            if bench.field.kind != "codes" or bench.field.sea is None:
                raise InputRefused("Basins are painted on the ocean of a bathymetry.")
            self._ground = self._ground or Ground(bench.field)
            self.found = painting(bench.field, self._ground)
        except InputRefused as refusal:
            self._summary.text = paragraphs([str(refusal)])
            show(False, self._legend, self._paint_part, self._list, self._proposal_part)
            return
        self._show()
        if not self._seen:
            self._seen = True
            self._show_changed()

    def _show_changed(self) -> None:
        """Say what the sheet wants looked at, in colours that differ from the basins'."""
        highlights = self.workbench.sheet.highlights
        show(bool(highlights), self._changed_part)
        self._changed.text = "".join(
            f'<p><span class="ed-key" style="background:{colour}"></span>'
            f"{html.escape(highlight.sentence)}</p>"
            for highlight, colour in zip(highlights, _CHANGED_COLOURS, strict=False)
        )
        self._see_changed(bool(self._see.active))

    def _see_changed(self, wanted: bool) -> None:
        pairs = zip(self.workbench.sheet.highlights, _CHANGED_COLOURS, strict=False)
        for highlight, colour in pairs:
            cells = highlight.cells if wanted else None
            self.workbench.overlay(highlight.sentence, cells, colour)

    @property
    def picked(self) -> Part | None:
        """The part that was picked, as long as it is one."""
        if self._place is None or self._ground is None:
            return None
        number = int(self.found.numbers.ravel()[self._ground.cell_at(self._place)])
        return self.found.parts[number - 1] if number else None

    def _show(self) -> None:
        self._summary.text = paragraphs([self.found.sentence])
        self._legend.text = self._legend_text()
        rows = [
            (
                part.number,
                NAMES[part.code],
                part.cells,
                roughly(part.place),
                NAMES[part.beside] if part.beside else "",
            )
            for part in self.found.parts
        ]
        picked = self.picked
        numbers = [part.number for part in self.found.parts]
        self._table.show(numbers, rows, picked.number if picked else None)
        show(True, self._legend)
        show(bool(self.found.parts), self._list)
        show(self.workbench.editable, self._paint_part, self._proposal_part)
        self._show_picked()
        self._overlays.show(BARE, self.found.mask(painted=False), _BARE_COLOUR)
        self._mark_picked()

    def _legend_text(self) -> str:
        rows = []
        for size in self.found.sizes:
            if size.code == 0 and not size.cells:
                continue
            colour = BASIN_COLOURS[size.code - 1] if size.code else _BARE_COLOUR
            name = f"{size.code} {NAMES[size.code]}" if size.code else "Without a basin"
            rows.append(
                f'<tr><td><span class="ed-key" style="background:{colour}"></span>'
                f"{name}</td><td>{size.cells:,}</td>"
                f"<td>{size.area_km2 / 1e6:,.1f}</td></tr>"
            )
        head = "<tr><th>Basin</th><th>Cells</th><th>10⁶ km²</th></tr>"
        return f'<table class="ed-legend">{head}{"".join(rows)}</table>'

    def _show_picked(self) -> None:
        part = self.picked
        show(part is not None and self.workbench.editable, self._give_row)
        if part is None:
            self._about.text = paragraphs(["Click a part in the list to see it on the map."])
            return
        beside = f", beside the {NAMES[part.beside]}" if part.beside else ""
        told = (
            f"Part {part.number} at {at(part.place)}: {NAMES[part.code]}, "
            f"{counted(part.cells, 'cell')}{beside}. Give it to:"
        )
        self._about.text = paragraphs([told])
        for code, button in self._give.items():
            button.disabled = code == part.code

    def _mark_picked(self) -> None:
        part = self.picked
        mask = None if part is None else self.found.numbers == part.number
        self._overlays.show(PICKED_PART, mask, _PICKED_COLOUR)

    # What is clicked

    def _set_method(self, name: str) -> None:
        self._method = "thirds" if name == "thirds" else "connected"

    def _pick(self, number: int | None) -> None:
        self._place = None if number is None else self.found.parts[number - 1].place
        part = self.picked
        if part is not None:
            self.workbench.zoom_to(*part.place, 25.0)
        self._show_picked()
        self._mark_picked()

    def paint(self, code: int) -> None:
        """Paint the chosen cells."""
        self.workbench.apply(Paint(int(code)))

    def paint_whole(self, code: int) -> None:
        """Paint the connected part that is clicked next."""
        name = NAMES[int(code)]

        def clicked(place: Place) -> None:
            ground, field = self._ground, self.workbench.field
            if ground is None:
                return
            part = connected_part(field, ground, place)
            if not part.any():
                self.workbench.say("That is land; click a part of the ocean.", "care")
                return
            what = f"Whole part at {at(place)}"
            self._do(lambda: (repaint(field, ground, part, int(code), what),))

        self.workbench.ask_place(
            f"Click the part of the ocean that becomes {name}; Esc to leave it.", clicked
        )

    def give(self, code: int) -> None:
        """Paint the picked part."""
        part, ground, field = self.picked, self._ground, self.workbench.field
        if part is not None and ground is not None:
            self._do(lambda: (repaint_part(field, ground, self.found, part, int(code)),))

    def propose(self) -> None:
        """Paint a fresh proposal."""
        ground, field = self._ground, self.workbench.field
        if ground is None or not isinstance(ground.grid, OceanGrid):
            return
        grid, depth = ground.grid, field.ocean.astype(np.float64)

        def edits() -> tuple[Edit, ...]:
            codes = propose(depth, grid, method=self._method)
            return proposal(field, ground, codes, self._method)

        if self._do(edits) == 0:
            self.workbench.say("The basins are painted like that already.", "care")

    def _do(self, edits: Callable[[], tuple[Edit, ...]]) -> int:
        try:
            made = edits()
        except ClimpyError as refusal:
            self.workbench.say(str(refusal), "bad")
            return -1
        for edit in made:
            self.workbench.do(edit)
        return len(made)
