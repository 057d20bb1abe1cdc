"""Where the poles of an ocean grid may lie: distances from the sea, and the candidates by rank."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Patch

from climpy.arrays import FloatArray
from climpy.grids.pole_pairs import PolePair, place_name
from climpy.grids.poles import PoleChoice
from climpy.grids.regular import RegularGrid
from climpy.pictures import palettes
from climpy.pictures.sheets import save, sheet, write_line

RIM = 30.0
"""Latitude of the picture's edge [degrees north]."""

SIZE_INCHES = (14.0, 8.4)
DOTS_PER_INCH = 110
PIXELS = 620


def pole_map(
    choice: PoleChoice,
    chosen: PolePair,
    topography: tuple[FloatArray, RegularGrid],
    path: Path,
    title: str,
) -> None:
    """Draw how far every pair of opposite places lies from the sea, and the best of them.

    Parameters
    ----------
    choice : PoleChoice
        What the pole finder gave.
    chosen : PolePair
        The pair that was taken.
    topography : (heights, grid)
        Heights (ny, nx) [m] and their grid.
    path : Path
        The PNG file to write; it appears whole or not at all.
    title : str
        What stands above.

    Raises
    ------
    OutputRefused
        If the file cannot be written.
    """
    figure = sheet(SIZE_INCHES, DOTS_PER_INCH)
    write_line(figure, title, (0.03, 0.955), 15, heading=True)
    greatest = max(100.0, 100.0 * np.ceil(float(choice.margin_km.max()) / 100.0))
    norm = Normalize(0.0, greatest)
    axes = figure.add_axes((0.02, 0.03, 0.53, 0.89))
    _draw_from_above(axes, choice, *topography, norm)
    _mark(axes, choice, chosen)
    bar_axes = figure.add_axes((0.60, 0.875, 0.37, 0.018))
    _draw_bar(figure, bar_axes, norm)
    _write_ranks(figure, choice, chosen)
    save(figure, path)


def _project(longitudes: FloatArray, latitudes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Place points in an equidistant picture of radius 1 about the north pole, 0 E below."""
    radius = (90.0 - latitudes) / (90.0 - RIM)
    return radius * np.sin(np.deg2rad(longitudes)), -radius * np.cos(np.deg2rad(longitudes))


def _pixels() -> tuple[FloatArray, FloatArray]:
    """Longitudes and latitudes of the picture's pixels; latitude NaN outside the rim."""
    axis = (np.arange(PIXELS) + 0.5) / PIXELS * 2.0 - 1.0
    x, y = np.meshgrid(axis, axis)
    radius = np.hypot(x, y)
    latitudes = np.where(radius <= 1.0, 90.0 - radius * (90.0 - RIM), np.nan)
    return np.rad2deg(np.arctan2(x, -y)), latitudes


def _draw_from_above(
    axes: Axes, choice: PoleChoice, heights: FloatArray, grid: RegularGrid, norm: Normalize
) -> None:
    longitudes, latitudes = _pixels()
    inside = np.isfinite(latitudes)
    row = np.clip(((np.nan_to_num(latitudes) + 90.0) / grid.dlat).astype(int), 0, grid.shape[0] - 1)
    column = np.floor((longitudes - grid.west) / grid.dlon).astype(int) % grid.shape[1]
    land = heights[row, column] > 0.0
    ground = np.where(inside, land + 1.0, np.nan)
    extent = (-1.0, 1.0, -1.0, 1.0)
    colours = palettes.classes(("#e4eef5", palettes.LAND), "#ffffff00")
    axes.imshow(ground, origin="lower", extent=extent, cmap=colours, vmin=1, vmax=2)
    margin = np.where(inside & land, _margin_at(choice, longitudes, latitudes), np.nan)
    axes.imshow(
        np.where(margin > 0.0, margin, np.nan), origin="lower", extent=extent, norm=norm,
        cmap=palettes.ramp("viridis", "#ffffff00"), interpolation="nearest",
    )  # fmt: skip
    axes.contour(
        land.astype(float), [0.5], extent=extent, colors=palettes.INK, linewidths=0.6,
        origin="lower", corner_mask=False,
    ).set_clip_path(_circle(axes))  # fmt: skip
    _draw_graticule(axes)


def _circle(axes: Axes) -> Patch:
    return axes.add_patch(Circle((0.0, 0.0), 1.0, fill=False, ec=palettes.QUIET_INK, lw=0.8))


def _margin_at(choice: PoleChoice, longitudes: FloatArray, latitudes: FloatArray) -> FloatArray:
    """Margin of the nearest pair that was tried, NaN off its latitudes."""
    tried = choice.latitudes
    step = float(tried[1] - tried[0])
    row = np.rint((np.nan_to_num(latitudes) - tried[0]) / step).astype(int)
    half = choice.longitudes.size
    column = np.rint((longitudes % 180.0) / (180.0 / half)).astype(int) % half
    known = (row >= 0) & (row < tried.size)
    return np.where(known, choice.margin_km[np.clip(row, 0, tried.size - 1), column], np.nan)


def _draw_graticule(axes: Axes) -> None:
    turn = np.linspace(-180.0, 180.0, 181)
    for latitude in (45.0, 60.0, 75.0):
        x, y = _project(turn, np.full(turn.shape, latitude))
        axes.plot(x, y, color=palettes.QUIET_INK, lw=0.5, ls=(0, (4, 4)))
        axes.text(
            0.0, float(y[90]) + 0.01, f"{latitude:.0f} N", fontsize=7.5,
            color=palettes.INK, ha="center", va="bottom",
        )  # fmt: skip
    for longitude in range(-150, 181, 30):
        turned = np.deg2rad(longitude)
        hemisphere = "" if longitude % 180 == 0 else " W" if longitude < 0 else " E"
        axes.text(
            1.06 * np.sin(turned), -1.045 * np.cos(turned), f"{abs(longitude)}{hemisphere}",
            fontsize=8, color=palettes.QUIET_INK, ha="center", va="center",
        )  # fmt: skip
    axes.set_xlim(-1.13, 1.13)
    axes.set_ylim(-1.1, 1.1)
    axes.set_aspect("equal")
    axes.set_axis_off()


def _mark(axes: Axes, choice: PoleChoice, chosen: PolePair) -> None:
    """Number the candidates at both poles, and join the poles of the chosen pair."""
    x, y = _ends(chosen)
    axes.plot(x, y, color=palettes.MARK, lw=1.0, ls=(0, (6, 4)))
    axes.plot(x, y, "o", ms=19, mfc="none", mec=palettes.MARK, mew=2.2)
    for rank, pair in enumerate(choice.candidates, start=1):
        for place_x, place_y in zip(*_ends(pair), strict=True):
            axes.text(
                place_x, place_y, str(rank), fontsize=10, weight="bold", color=palettes.INK,
                ha="center", va="center",
                bbox={"boxstyle": "circle,pad=0.22", "fc": "white", "ec": palettes.INK, "lw": 0.8},
            )  # fmt: skip


def _ends(pair: PolePair) -> tuple[FloatArray, FloatArray]:
    latitudes, longitudes = np.array(pair.places).T
    return _project(longitudes, latitudes)


def _draw_bar(figure: Figure, bar_axes: Axes, norm: Normalize) -> None:
    bar = figure.colorbar(
        ScalarMappable(norm, palettes.ramp("viridis")), cax=bar_axes, orientation="horizontal"
    )
    bar.outline.set_linewidth(0.4)
    bar_axes.set_title(
        "Distance from the sea of the worse of the two opposite poles [km]",
        fontsize=9.5, loc="left", color=palettes.INK, pad=5,
    )  # fmt: skip
    bar_axes.tick_params(labelsize=8, length=2.5, width=0.4)


def _write_ranks(figure: Figure, choice: PoleChoice, chosen: PolePair) -> None:
    """Write the candidates as a table."""
    columns = (0.60, 0.63, 0.765, 0.875, 0.97)
    heads = ("", "Poles", "From the sea [km]", "Shortest wet\nside [km]", "Judgement")
    line, top = 0.072, 0.765
    for x, head in zip(columns, heads, strict=True):
        figure.text(
            x, top, head, fontsize=9, color=palettes.QUIET_INK, va="bottom", linespacing=1.25,
            ha="left" if x < 0.7 else "right" if x > 0.96 else "center",
        )  # fmt: skip
    for rank, pair in enumerate(choice.candidates, start=1):
        y = top + 0.012 - line * rank
        taken = pair == chosen
        first, second = (place_name(*place) for place in pair.places)
        cells = (
            str(rank),
            f"{first}\n{second}",
            f"{pair.margins_km[0]:.0f}\n{pair.margins_km[1]:.0f}",
            f"{pair.shortest_wet_side_km:.1f}",
            pair.quality,
        )
        for x, cell in zip(columns, cells, strict=True):
            figure.text(
                x, y, cell, fontsize=10, va="center", linespacing=1.35,
                color=palettes.MARK if taken else palettes.INK,
                weight="bold" if taken else "normal",
                ha="left" if x < 0.7 else "right" if x > 0.96 else "center",
            )  # fmt: skip
    figure.text(
        columns[0], 0.06, "\n".join(_notes(choice, chosen)), fontsize=9, va="bottom",
        color=palettes.QUIET_INK, linespacing=1.5,
    )  # fmt: skip


def _notes(choice: PoleChoice, chosen: PolePair) -> list[str]:
    low, high = choice.latitudes[[0, -1]]
    notes = [
        f"Coloured: pairs of opposite places on land between {low:.0f} and {high:.0f} N.",
        "Numbers: the best places at least 10 degrees apart.",
    ]
    if chosen not in choice.candidates:
        first, second = (place_name(*place) for place in chosen.places)
        notes.append(f"Red: the chosen poles {first}, {second}: {chosen.quality}.")
    else:
        notes.append("Red: the chosen poles.")
    return notes
