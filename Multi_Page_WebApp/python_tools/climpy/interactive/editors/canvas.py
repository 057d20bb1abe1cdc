"""The map of an editor: a figure with images of cells, drawn on with the mouse.

Nothing of an edit is computed here: a `Canvas` shows what a workbench holds, and tells it what was
drawn.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh import events
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    FixedTicker,
    FreehandDrawTool,
    LassoSelectTool,
    PanTool,
    Range1d,
    WheelZoomTool,
)
from bokeh.models.annotations.geometry import BoxAnnotation, PolyAnnotation
from bokeh.plotting import figure

from climpy.arrays import AnyArray
from climpy.errors import ClimpyError
from climpy.interactive.editors.layers import Layer, coded
from climpy.interactive.editors.look import LAND, Look
from climpy.interactive.editors.scenes import Scene
from climpy.interactive.editors.workbench import Place, Points, Workbench
from climpy.interactive.selections import Basin, Brush, Cells, Shape, Way
from climpy.interactive.views import lines
from climpy.interactive.views.lines import Lines
from climpy.interactive.views.projections import Window

CHOSEN, RIM = "#ff7f0e66", "#d94801e6"
NO_VALUE = "#8d99a3"
_SMALLEST_CELL_PX = 9.0
_SETTLED_SECONDS = 0.12
_CELLS_AT_LEAST = 4.0
_MODES = {(True, False): "add", (False, True): "subtract", (True, True): "intersect"}


class Canvas:
    """A map.

    Parameters
    ----------
    workbench : Workbench
        What is shown and drawn on.
    scene : Scene
        How places lie on the map.
    look : Look
        Colours, and what is shown besides.
    handle : str
        Class of its element.
    """

    def __init__(
        self, workbench: Workbench, scene: Scene, look: Look, handle: str = "ed-map"
    ) -> None:
        self.workbench, self.look = workbench, look
        self.hovered: Callable[[int, Place | None], None] = lambda _cell, _place: None
        self._x, self._y = Range1d(start=0.0, end=1.0), Range1d(start=0.0, end=1.0)
        self.figure = _figure(handle, self._x, self._y)
        self._size = 900.0, 560.0
        self._fitted = Window(0.0, 1.0, 0.0, 1.0)
        self._pointer: tuple[float, float] | None = None
        self._to_read = self._to_settle = False
        self._mode: str | None = None
        self._start: Place | None = None
        self._tools = _tools(self.figure)
        self._data = Layer(self.figure, np.float32, look.mapper, np.nan)
        self._marks = Layer(self.figure, np.uint8, coded([NO_VALUE]), 0)
        self._chosen = Layer(self.figure, np.uint8, coded([CHOSEN, RIM]), 0)
        self._lines = {name: _line(self.figure, name) for name in ("grid", "graticule", "coast")}
        self._coast_of: AnyArray | None = None
        self._symbols = _symbols(self.figure)
        self._stroke, self._stroke_line = _stroke(self.figure, self._tools["brush"])
        self._listen()
        self.show(scene)

    # Looking

    def show(self, scene: Scene) -> None:
        """Show all anew in a scene."""
        self.scene = scene
        self._window: Window = scene.extent
        self._fit()
        self._raster = scene.raster(self.window, self._pixels)
        self.repaint()

    def repaint(self) -> None:
        """Show all of it anew: another field, other colours."""
        bench = self.workbench
        self._data.lay(self.look.shown(bench.field), self._raster)
        self._lay_marks()
        self._chosen.lay(self._rimmed(), self._raster)
        self.choose_tool()
        self.draw_lines()
        self.draw_symbols()

    @property
    def window(self) -> Window:
        """What the figure shows: left, right, lower and upper edge."""
        x: Any = self._x
        y: Any = self._y
        low, high = sorted((float(y.start), float(y.end)))
        return Window(float(x.start), float(x.end), low, high)

    @property
    def _pixels(self) -> tuple[int, int]:
        return int(self._size[0]), int(self._size[1])

    def _fit(self) -> None:
        """Show the wanted window whole, equally long both ways."""
        x0, x1, y0, y1 = self._window
        width, height = self._size
        unit = max((x1 - x0) / width, (y1 - y0) / height)
        x, y = 0.5 * (x0 + x1), 0.5 * (y0 + y1)
        dx, dy = 0.5 * unit * width, 0.5 * unit * height
        self._limit_zoom(height / width)
        if self._window == self.scene.extent and self.scene.has_axes:  # labels beside the map
            x, y = x0 + dx, y0 + dy
        self._x.update(start=x - dx, end=x + dx)
        low, high = (y + dy, y - dy) if self.scene.flipped else (y - dy, y + dy)
        self._y.update(start=low, end=high)
        self._fitted = self.window
        self._ticks()

    def _limit_zoom(self, tall: float) -> None:
        """No closer than a few cells, no farther than a few globes."""
        left, right, _, _ = self.scene.extent
        nearest = _CELLS_AT_LEAST * (right - left) / self.scene.mesh.shape[1]
        farthest = 4.0 * (right - left)
        self._x.update(min_interval=nearest, max_interval=farthest)
        self._y.update(min_interval=nearest * tall, max_interval=farthest * tall)

    def whole(self) -> None:
        """Show all of the map."""
        self._window = self.scene.extent
        self._fit()
        self._settle()

    def zoom_to(self, latitude: float, longitude: float, degrees: float) -> None:
        """Show a place and what lies around it."""
        window = self.scene.around(latitude, longitude, degrees)
        if window is None:
            self.workbench.say("That place is not on this map; choose another view.", "care")
            return
        self._window = window
        self._fit()
        self._settle()

    def _resized(self, attribute: str, length: object) -> None:
        """The window changed; width and height are told one by one."""
        width, height = self._size
        if isinstance(length, int | float) and length > 0:
            self._follow()
            size = (length, height) if attribute == "inner_width" else (width, length)
            self._size = float(size[0]), float(size[1])
            self._fit()
            self._settle_soon()

    def _moved(self, _event: Any) -> None:
        self._follow()
        self._settle_soon()

    def _follow(self) -> None:
        """Take over where the user moved or zoomed to."""
        if not np.allclose(self.window, self._fitted, rtol=1e-9):
            self._window = self._fitted = self.window

    def _settle_soon(self) -> None:
        """Paint what a moved window shows once it stands still; not in the way of edits."""
        if not self._to_settle:
            self._to_settle = True
            self.workbench.turns.after(_SETTLED_SECONDS, self._settle)

    def _settle(self) -> None:
        self._to_settle = False
        self._ticks()
        if not self._raster.whole:
            self._raster = self.scene.raster(self.window, self._pixels)
            for layer in (self._data, self._marks, self._chosen):
                layer.move(self._raster)
        self._draw_grid()
        self._widen_stroke()

    # Edits

    def values_changed(self, cells: AnyArray) -> None:
        """Paint cells that have other values."""
        self._data.change(cells, self.look.shown(self.workbench.field, cells))
        self._marks.replace(self._marked()[0])
        if self._pointer is not None:
            self._read_soon()

    def selection_changed(self) -> None:
        """Paint what is chosen."""
        self._chosen.replace(self._rimmed())

    def _rimmed(self) -> AnyArray:
        """1 for what is chosen, 2 along its rim, (ny, nx)."""
        chosen = self.workbench.chosen
        inner = chosen.copy()
        inner[1:] &= chosen[:-1]
        inner[:-1] &= chosen[1:]
        inner &= np.roll(chosen, 1, axis=1) & np.roll(chosen, -1, axis=1)
        return 2 * chosen.astype(np.uint8) - inner

    def _lay_marks(self) -> None:
        codes, colours = self._marked()
        self._marks.mapper.update(palette=colours, high=len(colours) + 0.5)
        self._marks.lay(codes, self._raster)

    def marks_changed(self) -> None:
        """Paint overlays and symbols that came or went."""
        codes, colours = self._marked()
        if colours != list(self._marks.mapper.palette):
            self._marks.mapper.update(palette=colours, high=len(colours) + 0.5)
        self._marks.replace(codes)
        self.draw_symbols()

    def _marked(self) -> tuple[AnyArray, list[str]]:
        bench = self.workbench
        codes = np.isnan(bench.values).astype(np.uint8)
        colours = [NO_VALUE, LAND]
        if self.look.land_is_blank(bench.field):
            codes[bench.field.land] = 2
        for overlay in bench.overlays.values():
            colours.append(f"{overlay.colour}cc" if len(overlay.colour) == 7 else overlay.colour)
            codes[overlay.mask] = len(colours)
        return codes, colours

    # Lines and symbols

    def draw_lines(self) -> None:
        """Draw coastline, graticule and cell borders, as far as they are wanted."""
        self._coast_of = None
        self.draw_coast()
        self._draw_graticule()
        self._draw_grid()

    def draw_coast(self) -> None:
        """Draw the field's own coastline where it has moved."""
        bench = self.workbench
        wanted = self.look.coast and bench.tells_ocean
        ocean = bench.field.ocean.astype(np.int8) if wanted else np.zeros(1, dtype=np.int8)
        if self._coast_of is not None and np.array_equal(ocean, self._coast_of):
            return
        self._coast_of = ocean
        scene = self.scene
        drawn = lines.coastline(bench.field, scene.mesh, scene.projection) if wanted else None
        _set_line(self._lines["coast"], drawn)

    def _draw_graticule(self) -> None:
        wanted = self.look.graticule
        _set_line(
            self._lines["graticule"], lines.graticule(self.scene.projection) if wanted else None
        )

    def _draw_grid(self) -> None:
        drawn = None
        if self.look.grid and self._cell_px >= _SMALLEST_CELL_PX:
            drawn = lines.cell_edges(self.scene.mesh, self.scene.projection, self.window)
        _set_line(self._lines["grid"], drawn)

    @property
    def _cell_px(self) -> float:
        """About how many pixels wide a cell is drawn."""
        seen, all_of_it = self.window, self.scene.extent
        share = (seen.right - seen.left) * (seen.top - seen.bottom)
        share /= (all_of_it.right - all_of_it.left) * (all_of_it.top - all_of_it.bottom)
        ny, nx = self.scene.mesh.shape
        return math.sqrt(self._size[0] * self._size[1] / (share * ny * nx))

    def draw_symbols(self) -> None:
        """Draw all symbols."""
        columns: dict[str, list[Any]] = {"x": [], "y": [], "label": [], "colour": [], "symbol": []}
        for entry in self.workbench.symbols.values():
            self._add_symbols(entry, columns)
        self._symbols.data = columns

    def _add_symbols(self, entry: Points, columns: dict[str, list[Any]]) -> None:
        for number, (latitude, longitude) in enumerate(entry.places):
            where = self.scene.point(latitude, longitude)
            if where is None:
                continue
            label = entry.labels[number] if number < len(entry.labels) else ""
            found = (*where, label, entry.colour, entry.symbol)
            for name, value in zip(columns, found, strict=True):
                columns[name].append(value)

    def _ticks(self) -> None:
        x0, x1, y0, y1 = self.window
        width, height = self._size
        for axis, name, low, high, most in (
            (self.figure.xaxis[0], "x", x0, x1, width / 55.0),
            (self.figure.yaxis[0], "y", y0, y1, height / 30.0),
        ):
            ticks = self.scene.ticks(name, low, high, max(int(most), 2))
            axis.visible = self.scene.has_axes
            places = list(ticks)
            if not isinstance(axis.ticker, FixedTicker) or list(axis.ticker.ticks) != places:
                axis.update(ticker=FixedTicker(ticks=places), major_label_overrides=dict(ticks))

    # Drawing

    def choose_tool(self) -> None:
        """Let the mouse do what the present tool does."""
        tool = self._tools.get(self.workbench.tool)
        if self.figure.toolbar.active_drag is not tool:
            self.figure.toolbar.active_drag = tool
        self._start = None
        self._widen_stroke()

    def _widen_stroke(self) -> None:
        width = 3.0
        if self.workbench.tool == "brush":
            x0, x1, _, _ = self.window
            across = 2.0 * self.workbench.brush_radius * self.scene.units_per_step
            width = max(width, across * self._size[0] / (x1 - x0))
        self._stroke_line.line_width = width

    def _listen(self) -> None:
        plot = self.figure
        plot.on_event(events.SelectionGeometry, self._outlined)
        plot.on_event(events.PanStart, self._begun)
        plot.on_event(events.Tap, self._tapped)
        plot.on_event(events.DoubleTap, self._tapped)  # the second of two quick clicks
        plot.on_event(events.MouseMove, self._pointed)
        plot.on_event(events.MouseLeave, self._left)
        plot.on_event(events.RangesUpdate, self._moved)
        plot.on_change("inner_width", lambda attr, _old, new: self._resized(attr, new))
        plot.on_change("inner_height", lambda attr, _old, new: self._resized(attr, new))
        self._stroke.on_change("data", lambda _attr, _old, new: self._stroked(new))

    def _begun(self, event: Any) -> None:
        """Shift adds, Ctrl takes away, both together intersect, whatever the mode is."""
        held: dict[str, bool] = event.modifiers or {}
        self._mode = _MODES.get((bool(held.get("shift")), bool(held.get("ctrl"))))

    def _outlined(self, event: Any) -> None:
        if not event.final:
            return
        drawn: dict[str, Any] = event.geometry or {}
        if drawn["type"] == "rect":
            x0, x1, y0, y1 = (float(drawn[name]) for name in ("x0", "x1", "y0", "y1"))
            self._choose(lambda: self.scene.box(min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)))
        elif drawn["type"] == "poly":
            xs, ys = (list(map(float, _listed(drawn[name]))) for name in ("x", "y"))
            if len(xs) > 2:
                self._choose(lambda: self.scene.polygon(xs, ys))

    def _stroked(self, data: Any) -> None:
        xs, ys = list(data.get("xs", ())), list(data.get("ys", ()))
        if not xs:
            return
        self._stroke.data = {"xs": [], "ys": []}
        x, y = (np.asarray(_listed(part[-1]), dtype=np.float64) for part in (xs, ys))
        if self.workbench.tool == "passage":
            self._passage((float(x[0]), float(y[0])), (float(x[-1]), float(y[-1])))
            return
        radius = self.workbench.brush_radius
        self._choose(lambda: self.scene.brush(*thinned(x, y, 0.2 * radius), radius))

    def _tapped(self, event: Any) -> None:
        bench = self.workbench
        x, y = float(event.x), float(event.y)
        cell = self._raster.cell_at(x, y)
        place = self.scene.place(x, y, cell)
        if cell < 0:
            return
        self._begun(event)
        if place is not None and bench.pointed(place):
            return
        if bench.tool == "cells":
            self._choose(lambda: self._single(cell))
        elif bench.tool == "brush":
            here = np.array([x]), np.array([y])
            self._choose(lambda: self.scene.brush(*here, bench.brush_radius))
        elif bench.tool == "basin":
            self._choose(lambda: self._basin(cell))
        elif bench.tool == "passage" and self._start is None:
            self._start = x, y
            bench.say("Click the other end of the passage.")
        elif bench.tool == "passage" and self._start is not None:
            start, self._start = self._start, None
            bench.say("")
            self._passage(start, (x, y))

    def _single(self, cell: int) -> Shape:
        point, space = self.scene.named(cell)
        return Cells((point,), space)

    def _basin(self, cell: int) -> Shape:
        point, space = self.scene.named(cell)
        ocean = bool(self.workbench.field.ocean.ravel()[cell])
        return Basin(point, "ocean" if ocean else "land", space)

    def _passage(self, start: Place, end: Place) -> None:
        cells = self._raster.cell_at(*start), self._raster.cell_at(*end)
        if min(cells) < 0:
            self.workbench.say("A passage begins and ends on the map.", "care")
            return
        (one, space), (other, _) = (self.scene.named(cell) for cell in cells)
        self._choose(lambda: Way(one, other, self.workbench.passage_width, space))

    def _choose(self, shape: Callable[[], Shape]) -> None:
        mode, self._mode = self._mode, None
        try:
            drawn = shape()
        except ClimpyError as refusal:
            self.workbench.say(str(refusal), "bad")
            return
        bench = self.workbench
        bench.choose(drawn, mode)
        if isinstance(drawn, Brush) and not bench.chosen.any() and not bench.at_once:
            bench.say("The brush met no cell's centre; make it wider.", "care")

    # Reading

    def _pointed(self, event: Any) -> None:
        self._pointer = float(event.x), float(event.y)
        self._read_soon()

    def _left(self, _event: Any) -> None:
        self._pointer = None
        self._read_soon()

    def _read_soon(self) -> None:
        """Read where the pointer is once all that came at a time is taken in."""
        if not self._to_read:
            self._to_read = True
            self.workbench.turns.later(self._read)

    def _read(self) -> None:
        self._to_read = False
        if self._pointer is None:
            self.hovered(-1, None)
            return
        x, y = self._pointer
        cell = self._raster.cell_at(x, y)
        self.hovered(cell, self.scene.place(x, y, cell))


def thinned(x: AnyArray, y: AnyArray, step: float) -> tuple[AnyArray, AnyArray]:
    """The points of a line of which none follows the one before closer than a step; both ends."""
    kept = [0]
    for number in range(1, x.size):
        last = kept[-1]
        if math.hypot(x[number] - x[last], y[number] - y[last]) >= step:
            kept.append(number)
    if kept[-1] != x.size - 1:
        kept.append(x.size - 1)
    return x[kept], y[kept]


def _listed(values: Any) -> Sequence[float]:
    return values.tolist() if hasattr(values, "tolist") else list(values)


def _figure(handle: str, x: Range1d, y: Range1d) -> figure:
    plot = figure(
        sizing_mode="stretch_both", toolbar_location=None, tools="", min_border=4,
        min_border_left=46, min_border_bottom=24,
        x_range=x, y_range=y, lod_threshold=None,
        background_fill_color=None, border_fill_color=None, outline_line_color=None,
        css_classes=[handle], min_width=120, min_height=120,
    )  # fmt: skip
    plot.grid.visible = False
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.update(
            axis_line_color=None, minor_tick_line_color=None, major_label_text_font_size="11px",
            major_tick_in=0, major_tick_out=4, major_label_standoff=3,
        )  # fmt: skip
    return plot


def _tools(plot: figure) -> dict[str, Any]:
    rim: dict[str, Any] = {
        "fill_color": "#ff7f0e",
        "fill_alpha": 0.15,
        "line_color": "#d94801",
        "line_width": 1.5,
    }
    tools = {
        "pan": PanTool(),
        "box": BoxSelectTool(continuous=False, overlay=BoxAnnotation(visible=False, **rim)),
        "lasso": LassoSelectTool(continuous=False, overlay=PolyAnnotation(visible=False, **rim)),
        "brush": FreehandDrawTool(num_objects=1),
    }
    wheel = WheelZoomTool(zoom_on_axis=False)
    plot.add_tools(*tools.values(), wheel)
    plot.toolbar.active_scroll = wheel
    plot.toolbar.active_tap = None
    return {**tools, "passage": tools["brush"], "cells": tools["pan"], "basin": tools["pan"]}


def _line(plot: figure, name: str) -> ColumnDataSource:
    source = ColumnDataSource({"x": [], "y": []})
    styles: dict[str, dict[str, Any]] = {
        "grid": {"line_color": "#5b6b76", "line_alpha": 0.55, "line_width": 0.6},
        "graticule": {"line_color": "#33434e", "line_alpha": 0.35, "line_width": 0.7},
        "coast": {"line_color": "#101418", "line_alpha": 0.9, "line_width": 1.1},
    }
    plot.line("x", "y", source=source, **styles[name])
    return source


def _set_line(source: ColumnDataSource, drawn: Lines | None) -> None:
    if drawn is not None:
        source.data = {"x": drawn.x, "y": drawn.y}
    elif len(source.data["x"]):
        source.data = {"x": [], "y": []}


def _symbols(plot: figure) -> ColumnDataSource:
    source = ColumnDataSource({"x": [], "y": [], "label": [], "colour": [], "symbol": []})
    plot.scatter(
        x="x", y="y", marker="symbol", size=10, fill_color="colour", line_color="#ffffff",
        line_width=1.4, source=source, level="overlay",
    )  # fmt: skip
    plot.text(
        x="x", y="y", text="label", x_offset=8, y_offset=-4, source=source, level="overlay",
        text_font_size="12px", text_font_style="bold", text_color="#101418",
        text_outline_color="#ffffff",
    )  # fmt: skip
    return source


def _stroke(plot: figure, tool: FreehandDrawTool) -> tuple[ColumnDataSource, Any]:
    source = ColumnDataSource({"xs": [], "ys": []})
    renderer: Any = plot.multi_line(
        "xs", "ys", source=source, line_color="#ff7f0e", line_alpha=0.45, line_cap="round",
        line_join="round", level="overlay",
    )  # fmt: skip
    tool.renderers = [renderer]
    return source, renderer.glyph
