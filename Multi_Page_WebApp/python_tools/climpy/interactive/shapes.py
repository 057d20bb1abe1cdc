"""Which cells lie in a box, a polygon, under a brush ...: masks (ny, nx) of a field.

numpy only: the source becomes part of the scripts that `climpy.interactive.script` writes. Places
are (latitude, longitude) [degrees], or (row, column) counted from 0 in index space. Longitudes
count modulo 360, rounded to a billionth of a degree: where a grid begins changes nothing.
"""

import itertools
import math
from collections.abc import Sequence

import numpy as np

from climpy.arrays import BoolArray, FloatArray
from climpy.errors import InputRefused
from climpy.interactive.cells import (
    Vector,
    cell_at,
    crossed,
    joined_cells,
    on_sphere,
    shortest_way,
    widened,
    with_copies,
)
from climpy.interactive.field import Field

Point = tuple[float, float]


def box(
    field: Field, *, south: float, north: float, west: float, east: float, space: str
) -> BoolArray:
    """Cells whose centres lie in a box, its border included.

    Parameters
    ----------
    field : Field
        Where.
    south, north : float
        Latitudes, or rows.
    west, east : float
        Longitudes or columns; from `west` eastward to `east`, also across the seam. 360 degrees
        or more apart they stand for all longitudes.
    space : {"geographic", "index"}
        Degrees, or rows and columns.
    """
    if space == "geographic":
        _, latitudes, longitudes = field.lines
        tall = (latitudes >= south) & (latitudes <= north)
        width = 360.0 if east - west >= 360.0 else round((east - west) % 360.0, 9)
        wide = np.round(longitudes - west, 9) % 360.0 <= width
        return field.from_lines(tall[:, None] & wide)
    rows, columns = np.arange(field.shape[0])[:, None], np.arange(field.shape[1])[None, :]
    wide = (columns >= west) & (columns <= east)
    if west > east and field.turn:
        wide = (columns >= west) | (columns <= east)
    return np.asarray((rows >= south) & (rows <= north) & wide)


def polygon(field: Field, *, points: Sequence[Point], space: str, sides: str) -> BoolArray:
    """Cells whose centres a polygon encloses, by the even-odd rule.

    Parameters
    ----------
    field : Field
        Where.
    points : sequence of (float, float)
        Corners; the last is joined to the first.
    space : {"geographic", "index"}
        Degrees, or rows and columns.
    sides : {"shorter", "straight"}
        In degrees: each side goes the shorter way round the globe, and a polygon that goes round a
        pole encloses the one of the hemisphere in which its corners lie on average. Or sides are
        straight on a map on which longitudes stand as they are given.
    """
    corners = [(float(y), float(x)) for y, x in points]
    if space == "index":
        rows = np.arange(field.shape[0], dtype=np.float64)
        columns = np.arange(field.shape[1], dtype=np.float64)[None, :]
        return enclosed(rows, columns, corners)
    if sides == "shorter":
        corners = unrolled(corners)
    _, latitudes, longitudes = field.lines
    west = min(x for _, x in corners)
    width = max(x for _, x in corners) - west
    corners = [(y, round(x - west, 9)) for y, x in corners]
    east = np.round(longitudes - west, 9) % 360.0
    inside = enclosed(latitudes, east, corners)
    for turn in range(1, int(width // 360.0) + 1):
        inside ^= enclosed(latitudes, east + 360.0 * turn, corners)
    return field.from_lines(inside)


def unrolled(corners: list[Point]) -> list[Point]:
    """The corners with longitudes that follow one another by less than half a turn.

    A polygon round a pole is led up to the pole's latitude and back, which encloses the pole.
    """
    out = [corners[0]]
    for y, x in [*corners[1:], corners[0]]:
        step = round((x - out[-1][1] + 180.0) % 360.0 - 180.0, 9)
        out.append((y, out[-1][1] + step))
    around = out[-1][1] - out[0][1]
    if abs(around) > 540.0:
        raise InputRefused("The polygon goes round the globe more than once.")
    if abs(around) < 180.0:
        return out[:-1]
    pole = 91.0 if sum(y for y, _ in corners) >= 0.0 else -91.0  # beyond a cell on the pole
    return [*out, (pole, out[-1][1]), (pole, out[0][1])]


def enclosed(y: FloatArray, x: FloatArray, corners: Sequence[Point]) -> BoolArray:
    """Points within a polygon by the even-odd rule, side by side over the lines that it crosses.

    Parameters
    ----------
    y : (n,) float64
        Of the lines of points, increasing.
    x : (1, m) or (n, m) float64
        Of the points in each line.
    corners : sequence of (float, float)
        y and x of the corners.
    """
    inside = np.zeros((y.size, x.shape[1]), dtype=np.bool_)
    for one, other in zip(corners, [*corners[1:], corners[0]], strict=True):
        (low, x_low), (high, x_high) = sorted([one, other])
        first, last = np.searchsorted(y, [low, high])
        if first == last:
            continue
        crossing = x_low + (y[first:last] - low) * ((x_high - x_low) / (high - low))
        points = x if x.shape[0] == 1 else x[first:last]
        inside[first:last] ^= points < crossing[:, None]
    return inside


def brush(field: Field, *, points: Sequence[Point], radius: float, space: str) -> BoolArray:
    """Cells whose centres lie within a distance of a line.

    Parameters
    ----------
    field : Field
        Where.
    points : sequence of (float, float)
        Of the line, one or more.
    radius : float
        Distance in degrees of a great circle, or in cells.
    space : {"geographic", "index"}
        Degrees, or rows and columns. The line goes the shorter way round.
    """
    pairs = list(itertools.pairwise(points)) or [(points[0], points[0])]
    if space == "index":
        return brush_on_cells(field, pairs, radius)
    _, latitudes, longitudes = field.lines
    chosen = np.zeros((latitudes.size, longitudes.shape[1]), dtype=np.bool_)
    phi, lam = np.deg2rad(latitudes)[:, None], np.deg2rad(longitudes)
    up, level, cosine, sine = np.sin(phi), np.cos(phi), np.cos(lam), np.sin(lam)
    for one, other in pairs:
        a, b = (on_sphere(*place) for place in (one, other))
        # an arc bulges poleward by less than half its length
        margin = radius + 0.5 * math.degrees(2.0 * math.asin(min(0.5 * math.dist(a, b), 1.0)))
        least, most = min(one[0], other[0]) - margin - 1e-6, max(one[0], other[0]) + margin + 1e-6
        band = slice(*np.searchsorted(latitudes, [least, most]))
        east = band if lam.shape[0] > 1 else slice(None)

        def along(v: Vector, band: slice = band, east: slice = east) -> FloatArray:
            across = cosine[east] * v[0] + sine[east] * v[1]
            return np.round(level[band] * across + up[band] * v[2], 12)

        near = round(math.cos(math.radians(radius)), 12)
        chosen[band] |= (along(a) >= near) | (along(b) >= near)
        normal = crossed(a, b)
        size = math.hypot(*normal)
        if size > 1e-12:
            normal = (normal[0] / size, normal[1] / size, normal[2] / size)
            between = (along(crossed(normal, a)) >= 0.0) & (along(crossed(b, normal)) >= 0.0)
            reach = round(math.sin(math.radians(radius)), 12)
            chosen[band] |= between & (np.abs(along(normal)) <= reach)
    return field.from_lines(chosen)


def brush_on_cells(field: Field, pairs: Sequence[tuple[Point, Point]], radius: float) -> BoolArray:
    """Cells within a distance, in cells, of pieces of a line; also across the seam and the fold."""
    ny, nx = field.shape
    rows, columns = np.arange(ny)[:, None], np.arange(nx)[None, :]
    images = [(rows, columns)]
    if field.fold:
        mirror = (2 * ny - 3, nx - 1) if field.fold == "F" else (2 * ny - 4, nx)
        images.append((mirror[0] - rows, mirror[1] - columns))
    chosen = np.zeros((ny, nx), dtype=np.bool_)
    for (j0, i0), (j1, i1) in pairs:
        di, dj = i1 - i0, j1 - j0
        if field.turn:
            di = (di + 0.5 * field.turn) % field.turn - 0.5 * field.turn
        middle = i0 + 0.5 * di
        for j, i in images:
            band = np.flatnonzero(
                (j[:, 0] >= min(j0, j1) - radius) & (j[:, 0] <= max(j0, j1) + radius)
            )
            if not band.size:
                continue
            north, east = j[band] - j0, i - middle
            if field.turn:
                east = (east + 0.5 * field.turn) % field.turn - 0.5 * field.turn
            east = east + 0.5 * di
            share = np.clip((north * dj + east * di) / ((dj * dj + di * di) or 1.0), 0.0, 1.0)
            squared = (north - share * dj) ** 2 + (east - share * di) ** 2
            chosen[band] |= squared <= radius * radius + 1e-9
    return chosen


def cells(field: Field, *, points: Sequence[Point], space: str) -> BoolArray:
    """Single cells: those with the nearest centres, or those of given rows and columns."""
    return marked(field, np.array([cell_at(field, point, space) for point in points]))


def marked(field: Field, chosen: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> BoolArray:
    """The mask (ny, nx) of cells given by their flat indices."""
    mask = np.zeros(field.values.size, dtype=np.bool_)
    mask[chosen] = True
    return mask.reshape(field.values.shape)


def value_range(field: Field, *, low: float | None, high: float | None) -> BoolArray:
    """Cells with a value from `low` to `high`, both included; None for no limit."""
    chosen = np.isfinite(field.values)
    if low is not None:
        chosen &= field.values >= low
    if high is not None:
        chosen &= field.values <= high
    return chosen


def surface(field: Field, *, of: str) -> BoolArray:
    """All land, or all ocean."""
    return field.ocean if of == "ocean" else field.land


def basin(field: Field, *, point: Point, of: str, space: str) -> BoolArray:
    """The cells of land or ocean that are connected with the one at a place, by sides.

    Round the globe and across the north fold. None if the cell there is not what `of` says: on
    another planet the place may have become land, and nobody meant the continent.
    """
    start = cell_at(field, point, space)
    free = surface(field, of=of).ravel().copy()
    if not free[start]:
        return np.zeros(field.values.shape, dtype=np.bool_)
    return marked(field, joined_cells(field, free, start))


def way(field: Field, *, start: Point, end: Point, width: int, space: str) -> BoolArray:
    """The cells of the shortest way between two places, `width` cells wide, joined by sides."""
    ends = cell_at(field, start, space), cell_at(field, end, space)
    return marked(field, widened(field, np.array(shortest_way(field, *ends)), width))


def combined(field: Field, chosen: BoolArray, mode: str, more: BoolArray) -> BoolArray:
    """What is chosen after cells were put in its place, added, subtracted or intersected.

    A cell and its copies belong together.
    """
    more = with_copies(field, more)
    if mode == "replace":
        return more
    if mode == "add":
        return chosen | more
    return chosen & more if mode == "intersect" else chosen & ~more
