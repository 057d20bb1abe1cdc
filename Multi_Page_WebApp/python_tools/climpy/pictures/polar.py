"""The ocean grid seen from above the north pole: its lines, its folds, its mesh poles."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from climpy.arrays import AnyArray, FloatArray
from climpy.io import ModelFile
from climpy.pictures import palettes
from climpy.pictures.nearest import Raster, on_raster

SOUTHERN_LIMIT = 15.0
"""Latitude of the picture's rim [degrees north]."""


def draw_polar_grid(
    figure: Figure,
    box: tuple[float, float, float, float],
    coords: ModelFile,
    bathy: ModelFile,
    raster: Raster,
) -> None:
    """Draw every fourth line of an ocean grid over its land, and mark its mesh poles.

    Parameters
    ----------
    figure, box
        Where to draw (left, bottom, width, height as shares of the figure).
    coords, bathy : ModelFile
        The grid and its bathymetry.
    raster : Raster
        Looks up the cells of that grid.
    """
    left, bottom, _, height = box
    in_inches = figure.get_size_inches()
    side = 0.9 * height * in_inches[1] / in_inches[0]
    axes = figure.add_axes((left, bottom + 0.015 * height, side, 0.9 * height))
    depth = bathy.variables["Bathymetry"].values
    draw_polar_land(axes, raster, np.where(depth > 0.0, np.nan, 1.0))
    longitudes, latitudes = (_plane(coords.variables[name].values) for name in ("glamf", "gphif"))
    x, y = project(longitudes, latitudes)
    axes.add_collection(_lines(x, y, latitudes, every=4))
    poles = mesh_poles(coords)
    marks_x, marks_y = project(*(np.array(values) for values in zip(*poles, strict=True)))
    axes.plot(marks_x, marks_y, "o", ms=7, mfc="none", mec=palettes.MARK, mew=1.8)
    ny, nx = depth.shape
    words = [
        f"Ocean grid, {ny} x {nx}",
        "",
        "every 4th line,",
        f"north of {SOUTHERN_LIMIT:.0f} N",
        "",
    ]
    words += ["Mesh poles on", *(_place(*pole) for pole in poles)]
    figure.text(
        left + side + 0.006, bottom + 0.9 * height, "\n".join(words),
        fontsize=9.5, color=palettes.INK, va="top", linespacing=1.5,
    )  # fmt: skip


def project(longitudes: FloatArray, latitudes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Place points in an equidistant polar picture of radius 1, 0 E at the bottom."""
    radius = (90.0 - latitudes) / (90.0 - SOUTHERN_LIMIT)
    return radius * np.sin(np.deg2rad(longitudes)), -radius * np.cos(np.deg2rad(longitudes))


def draw_polar_land(axes: Axes, raster: Raster, land: FloatArray, points: int = 300) -> None:
    """Draw land (1, elsewhere NaN, on the ocean grid) and the round frame."""
    axis = (np.arange(points) + 0.5) / points * 2.0 - 1.0
    x, y = np.meshgrid(axis, axis)
    radius = np.hypot(x, y)
    latitudes = 90.0 - radius * (90.0 - SOUTHERN_LIMIT)
    cells = raster.cells(np.rad2deg(np.arctan2(x, -y)), latitudes)
    field = np.where(radius <= 1.0, on_raster(land, cells), np.nan)
    colours = palettes.classes((palettes.LAND,), "#ffffff00")
    axes.imshow(field, origin="lower", extent=(-1, 1, -1, 1), cmap=colours, interpolation="nearest")
    angle = np.linspace(0.0, 2.0 * np.pi, 181)
    axes.plot(np.sin(angle), np.cos(angle), color=palettes.QUIET_INK, lw=0.8)
    for longitude, name in ((0, "0"), (90, "90 E"), (180, "180"), (-90, "90 W")):
        turn = np.deg2rad(longitude)
        axes.text(
            1.07 * np.sin(turn), -1.07 * np.cos(turn), name,
            fontsize=6.5, color=palettes.QUIET_INK, ha="center", va="center",
            rotation=longitude if abs(longitude) == 90 else 0,
        )  # fmt: skip
    axes.set_xlim(-1.12, 1.12)
    axes.set_ylim(-1.12, 1.12)
    axes.set_axis_off()


def _lines(x: FloatArray, y: FloatArray, latitudes: FloatArray, every: int) -> LineCollection:
    """Lines of the grid along both directions, cut at the picture's rim."""
    inside = np.where(latitudes >= SOUTHERN_LIMIT, 1.0, np.nan)
    nodes = np.stack([x * inside, y * inside], axis=-1)
    segments = [*nodes[::every], *np.swapaxes(nodes, 0, 1)[1:-1:every]]
    return LineCollection(segments, colors="#1d4e79", linewidths=0.45)


def mesh_poles(coords: ModelFile) -> list[tuple[float, float]]:
    """Longitude and latitude of the two corners where the last i-lines meet [degrees]."""
    longitudes, latitudes, e1, e2 = (
        _plane(coords.variables[name].values) for name in ("glamf", "gphif", "e1t", "e2t")
    )
    row = latitudes.shape[0] - 2
    size = (e1 * e2)[row, 1:-1]
    first = int(np.argmin(size))
    away = np.arange(size.size) - first
    half = size.size / 2
    apart = np.abs((away + half) % size.size - half) > 0.25 * size.size
    second = int(np.argmin(np.where(apart, size, np.inf)))
    return [
        (float(longitudes[row, 1 + column]), float(latitudes[row, 1 + column]))
        for column in (first, second)
    ]


def _plane(values: AnyArray) -> FloatArray:
    """The two horizontal dimensions of a field that may have more, of length 1."""
    return np.asarray(values, dtype=np.float64).reshape(values.shape[-2:])


def _place(longitude: float, latitude: float) -> str:
    east = (longitude + 180.0) % 360.0 - 180.0
    return f"{abs(latitude):.1f} {'N' if latitude >= 0 else 'S'} " + (
        f"{abs(east):.1f} {'E' if east >= 0 else 'W'}"
    )
