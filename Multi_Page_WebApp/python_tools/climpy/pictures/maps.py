"""One map: a field on the globe with a title, a colour bar and quiet axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, Colormap, Normalize
from matplotlib.figure import Figure

from climpy.arrays import FloatArray
from climpy.pictures import palettes

GLOBE = (-180.0, 180.0, -90.0, 90.0)
"""West, east, south, north of every map [degrees]."""

MOST_COLUMNS = 720
"""Columns of a field beyond which a map, 450 pixels wide, would show no more."""


@dataclass(frozen=True, eq=False)
class Map:
    """A field to draw, south row first, columns from 180 W to 180 E.

    Parameters
    ----------
    title : str
        What it shows, with the unit.
    field : (ny, nx)
        Values, NaN where there is none.
    colours : Colormap
        How to draw them.
    limits : (low, high)
        Values of the first and last colour.
    labels : sequence of str
        Names of the classes `low`, `low` + 1 ...; empty for a field of numbers.
    """

    title: str
    field: FloatArray
    colours: Colormap
    limits: tuple[float, float]
    labels: Sequence[str] = ()

    @property
    def norm(self) -> Normalize:
        """How values become colours."""
        low, high = self.limits
        if self.labels:
            return BoundaryNorm(np.arange(low - 0.5, high + 1.0), self.colours.N)
        return Normalize(low, high)

    @property
    def extend(self) -> str:
        """Whether values lie beyond the limits: "neither", "min", "max" or "both"."""
        low, high = self.limits
        tolerance = 1e-9 * (abs(low) + abs(high))
        under = bool(np.nanmin(self.field, initial=low) < low - tolerance)
        over = bool(np.nanmax(self.field, initial=high) > high + tolerance)
        return {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[under, over]


def limits_of(field: FloatArray, low: float = 0.0, share: float = 99.5) -> tuple[float, float]:
    """From `low` to a round number that `share` percent of the values stay under."""
    values = field[np.isfinite(field)]
    high = float(np.percentile(values, share)) if values.size else low + 1.0
    step = 10.0 ** np.floor(np.log10(max(high - low, 1e-9))) / 2.0
    return low, low + max(step * np.ceil((high - low) / step), step)


def thinned(field: FloatArray) -> FloatArray:
    """Leave out rows and columns that a map of this size cannot show."""
    every = max(1, field.shape[1] // MOST_COLUMNS)
    return field[every // 2 :: every, every // 2 :: every]


def draw(figure: Figure, box: tuple[float, float, float, float], shown: Map) -> Axes:
    """Draw a map into a box (left, bottom, width, height as shares of the figure)."""
    left, bottom, width, height = box
    axes = figure.add_axes((left, bottom + 0.19 * height, width, 0.72 * height))
    image = axes.imshow(
        thinned(shown.field),
        origin="lower",
        extent=GLOBE,
        cmap=shown.colours,
        norm=shown.norm,
        interpolation="nearest",
        aspect="auto",
    )
    axes.set_title(shown.title, fontsize=9.5, color=palettes.INK, loc="left", pad=4)
    quiet_axes(axes)
    bar_axes = figure.add_axes((left, bottom + 0.085 * height, width, 0.03 * height))
    ticks = None
    if shown.labels:
        ticks = list(np.arange(len(shown.labels)) + shown.limits[0])
    bar = figure.colorbar(
        image,
        cax=bar_axes,
        orientation="horizontal",
        ticks=ticks,
        extend="neither" if shown.labels else shown.extend,
    )
    bar.outline.set_linewidth(0.4)
    bar_axes.tick_params(labelsize=7, length=2, width=0.4, pad=1.5, colors=palettes.INK)
    if shown.labels:
        bar_axes.minorticks_off()
        bar_axes.tick_params(length=0)
        bar_axes.set_xticklabels(shown.labels)
    return axes


def quiet_axes(axes: Axes) -> None:
    """Longitudes and latitudes that do not shout."""
    axes.set_xlim(GLOBE[:2])
    axes.set_ylim(GLOBE[2:])
    axes.set_xticks(
        [-180, -120, -60, 0, 60, 120, 180],
        ["180", "120 W", "60 W", "0", "60 E", "120 E", "180"],
    )
    axes.set_yticks([-90, -60, -30, 0, 30, 60, 90], ["90 S", "60", "30", "0", "30", "60", "90 N"])
    axes.tick_params(labelsize=6.5, length=2, width=0.4, pad=1.5, colors=palettes.QUIET_INK)
    for spine in axes.spines.values():
        spine.set_linewidth(0.5)
        spine.set_color(palettes.QUIET_INK)
