"""A table of findings: rows that are picked, the first of them shown, the rest on demand."""

from collections.abc import Callable, Sequence
from typing import Any

from bokeh.models import Column, ColumnDataSource, InlineStyleSheet
from bokeh.models.widgets.markups import Div
from bokeh.models.widgets.tables import (
    CellFormatter,
    DataTable,
    NumberFormatter,
    StringFormatter,
    TableColumn,
)

from climpy.interactive.editors.widgets import Widgets

FIRST, MORE = 50, 250
_ROW_PX, _MOST_ROWS = 24, 8

_STYLE = """
.slick-header, .slick-header-columns, .slick-header-column.ui-state-default {
  background: var(--ground, #f4f6f7) !important; color: var(--ink-soft, #4a5a64); border: 0;
}
.slick-header-column.ui-state-default { font-weight: 600; font-size: 12px; padding: 3px; }
.slick-viewport, .grid-canvas { background: var(--surface, #fff); }
.slick-row { background: var(--surface, #fff); color: var(--ink, #16212a); cursor: pointer; }
.slick-row.odd { background: var(--surface, #fff); }
.slick-row:hover .slick-cell { background: var(--ground, #eef2f4); }
.slick-cell { border: 0; border-bottom: 1px solid var(--line, #dde3e7); padding: 3px;
  font-size: 12px; line-height: 16px; font-variant-numeric: tabular-nums; }
.slick-cell.selected { background: var(--ocean-wash, #d7e8f3) !important; color: inherit; }
.slick-cell.active { border: 0; border-bottom: 1px solid var(--line, #dde3e7); }
"""


class FindingsTable:
    """Rows of findings of which one can be picked.

    Parameters
    ----------
    widgets : Widgets
        Of the page.
    columns : sequence of (str, str, int)
        Heading, kind ("text", "whole" or "metres") and width [px] of each.
    handle : str
        Class of its element.
    label : str
        What it is, for those who do not see it.
    on_pick : callable
        Told the key of the picked row, or None.
    """

    def __init__(
        self,
        widgets: Widgets,
        columns: Sequence[tuple[str, str, int]],
        handle: str,
        *,
        label: str,
        on_pick: Callable[[int | None], None],
    ) -> None:
        self._on_pick = on_pick
        self._names = [name for name, _, _ in columns]
        self._keys: list[int] = []
        self._rows: list[tuple[Any, ...]] = []
        self._most = FIRST
        self._quiet = False
        self._source = ColumnDataSource({name: [] for name in self._names})
        self._source.selected.on_change("indices", self._picked)
        self._table = DataTable(
            source=self._source,
            columns=[_column(*column) for column in columns],
            index_position=None,
            reorderable=False,
            autosize_mode="none",
            row_height=_ROW_PX,
            height=_height(0),
            sizing_mode="stretch_width",
            css_classes=[handle],
            stylesheets=[InlineStyleSheet(css=_STYLE)],
            html_attributes={"aria-label": label},
            margin=0,
        )
        self._told: Div = widgets.note("", f"{handle}-shown")
        self._more = widgets.button("Show more", f"{handle}-more", self._show_more, tone="quiet")
        self._foot = widgets.row(self._told, self._more, handle=f"{handle}-foot")
        self._foot.visible = False
        self.root: Column = widgets.column(
            self._table, self._foot, handle=f"{handle}-rows", classes=("ed-part",)
        )  # fmt: skip

    def show(
        self, keys: Sequence[int], rows: Sequence[tuple[Any, ...]], picked: int | None
    ) -> None:
        """Show other rows, each with a key; the picked one stays picked."""
        self._keys, self._rows = list(keys), list(rows)
        self._lay(picked)

    def _lay(self, picked: int | None) -> None:
        if picked in self._keys:
            self._most = max(self._most, self._keys.index(picked) + 1)
        shown = self._rows[: self._most]
        columns = zip(*shown, strict=True) if shown else ([] for _ in self._names)
        data = {name: list(column) for name, column in zip(self._names, columns, strict=True)}
        self._quiet = True
        if data != dict(self._source.data):
            self._source.data = data
        self._table.height = _height(len(shown))
        self._quiet = False
        self._select(picked)
        left = len(self._rows) - len(shown)
        self._told.text = f"{len(shown):,} of {len(self._rows):,} shown"
        self._foot.visible = left > 0

    def _select(self, key: int | None) -> None:
        at = [self._keys.index(key)] if key in self._keys[: self._most] else []
        if list(self._source.selected.indices) != at:
            self._quiet = True
            self._source.selected.indices = at
            self._quiet = False

    def _picked(self, _attr: str, _old: Any, new: list[int]) -> None:
        if not self._quiet:
            self._on_pick(self._keys[new[-1]] if new and new[-1] < len(self._keys) else None)

    def _show_more(self) -> None:
        picked = self._source.selected.indices
        self._most += MORE
        self._lay(self._keys[picked[0]] if picked else None)


def _height(rows: int) -> int:
    return _ROW_PX * (1 + min(max(rows, 1), _MOST_ROWS)) + 8


def _column(name: str, kind: str, width: int) -> TableColumn:
    formatter: CellFormatter = StringFormatter()
    if kind != "text":
        formatter = NumberFormatter(format="0,0", text_align="right")
    return TableColumn(field=name, title=name, formatter=formatter, width=width)
