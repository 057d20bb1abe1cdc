"""The histogram below the map: its bars have the map's colours, and a range can be chosen on it."""

from collections.abc import Callable
from typing import Any

from bokeh import events
from bokeh.models import BasicTicker, BoxSelectTool, ColumnDataSource, FixedTicker, Range1d
from bokeh.models.annotations.geometry import BoxAnnotation
from bokeh.plotting import figure

from climpy.interactive.editors.look import Look
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.views.histograms import histogram


class HistogramFigure:
    """Counts of values.

    Parameters
    ----------
    workbench : Workbench
        Whose field is counted.
    look : Look
        Colours of the bars.
    on_range : callable
        Given the lowest and highest value of a range that was dragged.
    """

    def __init__(
        self, workbench: Workbench, look: Look, on_range: Callable[[float, float], None]
    ) -> None:
        self._bench, self._look, self._on_range = workbench, look, on_range
        self.figure = figure(
            sizing_mode="stretch_both", min_height=40, toolbar_location=None, tools="",
            x_range=Range1d(start=0.0, end=1.0), y_range=Range1d(start=0.0, end=1.0),
            min_border=0, min_border_right=12,
            background_fill_color=None, border_fill_color=None, outline_line_color=None,
            css_classes=["ed-histogram"], output_backend="canvas",
        )  # fmt: skip
        self.figure.grid.visible = False
        self.figure.yaxis.visible = False
        axis = self.figure.xaxis[0]
        axis.update(axis_line_color=None, minor_tick_line_color=None, major_tick_in=0)
        self._bars = ColumnDataSource({"left": [], "right": [], "middle": [], "top": []})
        self.figure.quad(
            left="left", right="right", bottom=0.0, top="top", source=self._bars, line_color=None,
            fill_color={"field": "middle", "transform": look.mapper},
        )  # fmt: skip
        select = BoxSelectTool(
            dimensions="width", continuous=False,
            overlay=BoxAnnotation(visible=False, fill_color="#ff7f0e", fill_alpha=0.25,
                                  line_color="#d94801"),
        )  # fmt: skip
        self.figure.add_tools(select)
        self.figure.toolbar.active_drag = select if workbench.editable else None
        self.figure.on_event(events.SelectionGeometry, self._dragged)

    def draw(self) -> None:
        """Count anew."""
        bench = self._bench
        of = "ocean" if self._look.land_is_blank(bench.field) else "all"
        counted = histogram(bench.field, of=of)
        left, right = counted.edges[:-1], counted.edges[1:]
        top = counted.counts / max(float(counted.counts.max(initial=0.0)), 1.0)
        middle = 0.5 * (left + right)
        self._tick(middle.tolist() if bench.field.kind == "codes" else None)
        if self._look.mask:
            middle = (middle > 0.0) == (bench.field.kind == "topography")
        columns = {"left": left, "right": right, "middle": middle.astype(float), "top": top**0.5}
        self._bars.data = columns
        self.figure.x_range.update(start=float(left[0]), end=float(right[-1]))
        self.figure.y_range.update(start=0.0, end=1.05)

    def _tick(self, codes: list[float] | None) -> None:
        """Label codes, or round numbers."""
        axis = self.figure.xaxis[0]
        shown = list(axis.ticker.ticks) if isinstance(axis.ticker, FixedTicker) else None
        if shown != codes:
            axis.ticker = BasicTicker() if codes is None else FixedTicker(ticks=codes)

    def _dragged(self, event: Any) -> None:
        drawn: dict[str, Any] = event.geometry or {}
        if event.final and drawn.get("type") == "rect":
            low, high = sorted((float(drawn["x0"]), float(drawn["x1"])))
            self._on_range(round_to(low, high - low), round_to(high, high - low))


def round_to(value: float, width: float) -> float:
    """A value to a hundredth of a width that matters."""
    return float(f"{value:.{4 if width < 0.1 * abs(value) else 3}g}")
