"""Lines over a picture: graticule, edges of cells, coastlines, outlines of what is chosen.

A line's pieces are parted by NaN, so that one line glyph draws them all.
"""

from dataclasses import dataclass

import numpy as np

from climpy.arrays import BoolArray, FloatArray, LongArray
from climpy.interactive.field import Field
from climpy.interactive.views.meshes import Mesh
from climpy.interactive.views.projections import Index, Polar, Projection, Window

LineArray = np.ndarray[tuple[int], np.dtype[np.float32]]

MOST_SIDES = 20_000
"""Sides of cells that are drawn at most; more could not be told apart."""


@dataclass(frozen=True, eq=False)
class Lines:
    """Pieces of lines.

    Parameters
    ----------
    x, y : (n,) float32
        Points, NaN between pieces.
    """

    x: LineArray
    y: LineArray


def nothing() -> Lines:
    """No line at all."""
    return _lines(np.empty(0), np.empty(0))


def graticule(projection: Projection, step: float = 30.0) -> Lines:
    """Meridians and parallels at multiples of `step` degrees; none in index space."""
    if not projection.geographic:
        return nothing()
    parallels = np.arange(-90.0 + step, 90.0 - 0.5 * step, step)
    meridians = np.arange(-180.0, 180.0 - 0.5 * step, step)
    if isinstance(projection, Polar):
        sign = 1.0 if projection.side == "north" else -1.0
        parallels = np.append(parallels[sign * parallels > projection.rim], sign * projection.rim)
        upright, level = sign * np.array([90.0, projection.rim]), np.linspace(-180.0, 180.0, 181)
    else:
        left, right, bottom, top = projection.extent
        # not quite to the edge, which is the same meridian as the other one
        upright, level = np.array([bottom, top]), np.array([left, right - 1e-6])
    pieces = [(np.full(level.size, parallel), level) for parallel in parallels]
    pieces += [(upright, np.full(upright.size, meridian)) for meridian in meridians]
    latitudes, longitudes = (
        np.concatenate([np.append(piece[k], np.nan) for piece in pieces]) for k in (0, 1)
    )
    x, y = projection.forward(latitudes, longitudes)
    return _lines(np.where(np.isnan(y), np.nan, x), y)


def rim_labels(projection: Polar, step: float = 30.0) -> list[tuple[float, float, str]]:
    """Where names of meridians stand just beyond the rim of a polar view: x, y, what."""
    meridians = np.arange(-180.0, 180.0 - 0.5 * step, step)
    rim = np.full(meridians.size, projection.rim if projection.side == "north" else -projection.rim)
    x, y = projection.forward(rim, meridians)
    names = [_name(meridian) for meridian in meridians.tolist()]
    return list(zip((1.06 * x).tolist(), (1.06 * y).tolist(), names, strict=True))


def _name(longitude: float) -> str:
    """A longitude as it stands beside a map: 90 W, 0, 30 E, 180."""
    east = (longitude + 180.0) % 360.0 - 180.0
    if east in (0.0, -180.0):
        return f"{abs(east):g}"
    return f"{abs(east):g} {'E' if east > 0.0 else 'W'}"


def cell_edges(
    mesh: Mesh, projection: Projection, window: Window, most: int = MOST_SIDES
) -> Lines | None:
    """The edges of the cells in a window; None if more than `most` sides would be drawn."""
    sides = _all_sides(mesh, projection)
    return _drawn(sides, projection, _within(sides, window), most)


def outline(
    mesh: Mesh, projection: Projection, mask: BoolArray, most: int = MOST_SIDES
) -> Lines | None:
    """The line round the marked cells (ny, nx); None if it has more than `most` sides."""
    return _border(mesh, projection, mask, ~mask, most, closed=True)


def coastline(
    field: Field, mesh: Mesh, projection: Projection, most: int = 20 * MOST_SIDES
) -> Lines | None:
    """The line between the field's own land and ocean; None if it has more than `most` sides.

    Raises
    ------
    InputRefused
        If the values do not tell land from ocean.
    """
    return _border(mesh, projection, field.land, field.ocean, most, closed=False)


Node = tuple[LongArray, LongArray]
"""Row and column of corners."""


@dataclass(frozen=True, eq=False)
class _Sides:
    """Sides of cells: where they begin and end, (n,) each.

    Ends follow beginnings the shorter way, also beyond the edge of a map.
    """

    x0: FloatArray
    y0: FloatArray
    x1: FloatArray
    y1: FloatArray


def _sides(mesh: Mesh, projection: Projection, begin: Node, end: Node) -> _Sides:
    (x0, y0), (x1, y1) = (_corners(mesh, projection, *node) for node in (begin, end))
    turn = projection.turn
    if turn:
        x1 = x0 + (x1 - x0 + 0.5 * turn) % turn - 0.5 * turn
    return _Sides(x0, y0, x1, y1)


def _corners(
    mesh: Mesh, projection: Projection, rows: LongArray, columns: LongArray
) -> tuple[FloatArray, FloatArray]:
    if isinstance(projection, Index):
        return (columns - 0.5).astype(np.float64), (rows - 0.5).astype(np.float64)
    if mesh.latitudes is None or mesh.longitudes is None:
        raise ValueError("a mesh without places has sides in index space only")
    if mesh.regular:
        return projection.forward(mesh.latitudes[rows, 0], mesh.longitudes[0, columns])
    return projection.forward(mesh.latitudes[rows, columns], mesh.longitudes[rows, columns])


def _all_sides(mesh: Mesh, projection: Projection) -> _Sides:
    ny, nx = mesh.shape
    own = np.ones((ny, nx), dtype=np.bool_)
    if not isinstance(projection, Index):
        own = (mesh.drawn >= 0).reshape(ny, nx)
    along, up = np.zeros((ny + 1, nx), dtype=np.bool_), np.zeros((ny, nx + 1), dtype=np.bool_)
    along[:-1] |= own
    along[1:] |= own
    up[:, :-1] |= own
    up[:, 1:] |= own
    (j, i), (column, row) = np.nonzero(along), np.nonzero(up.T)
    begin = np.concatenate([j, row]), np.concatenate([i, column])
    end = np.concatenate([j, row + 1]), np.concatenate([i + 1, column])
    return _sides(mesh, projection, begin, end)


def _within(sides: _Sides, window: Window) -> BoolArray:
    left, right, bottom, top = window
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (np.maximum(sides.x0, sides.x1) >= left)
            & (np.minimum(sides.x0, sides.x1) <= right)
            & (np.maximum(sides.y0, sides.y1) >= bottom)
            & (np.minimum(sides.y0, sides.y1) <= top)
        )


def _border(
    mesh: Mesh,
    projection: Projection,
    here: BoolArray,
    there: BoolArray,
    most: int,
    closed: bool,
) -> Lines | None:
    """Sides of cells in `here` beyond which is one in `there`, or, `closed`, nothing at all."""
    ny, nx = mesh.shape
    if isinstance(projection, Index):
        other = np.pad(there, 1, constant_values=closed)
    else:
        other = np.append(there.ravel(), closed)[mesh.field.frame]
        here = here & (mesh.drawn >= 0).reshape(ny, nx)
    begins, ends = [], []
    # beyond which neighbour, and the corners at both ends of the side, east of it
    for (dj, di), first, last in (
        ((-1, 0), (0, 0), (0, 1)),
        ((1, 0), (1, 0), (1, 1)),
        ((0, -1), (0, 0), (1, 0)),
        ((0, 1), (0, 1), (1, 1)),
    ):
        marked = here & other[1 + dj : 1 + dj + ny, 1 + di : 1 + di + nx]
        # in the order in which one side ends where the next begins
        j, i = np.nonzero(marked) if dj else np.nonzero(marked.T)[::-1]
        begins.append((j + first[0], i + first[1]))
        ends.append((j + last[0], i + last[1]))
    begin, end = ((np.concatenate(rows), np.concatenate(columns)) for rows, columns in
                  (zip(*nodes, strict=True) for nodes in (begins, ends)))  # fmt: skip
    return _drawn(_sides(mesh, projection, begin, end), projection, None, most)


def _drawn(
    sides: _Sides, projection: Projection, which: BoolArray | None, most: int
) -> Lines | None:
    """Draw sides, those across the seam on both sides of it."""
    x0, y0, x1, y1 = sides.x0, sides.y0, sides.x1, sides.y1
    kept = np.isfinite(x0 + y0 + x1 + y1)
    if which is not None:
        kept &= which
    if isinstance(projection, Polar):
        kept &= projection.holds(x0, y0) & projection.holds(x1, y1)
    if np.count_nonzero(kept) > most:
        return None
    x0, y0, x1, y1 = x0[kept], y0[kept], x1[kept], y1[kept]
    if projection.turn:
        x0, y0, x1, y1 = _split(x0, y0, x1, y1, projection)
    return _joined(x0, y0, x1, y1)


def _split(
    x0: FloatArray, y0: FloatArray, x1: FloatArray, y1: FloatArray, projection: Projection
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    left, right = projection.extent.left, projection.extent.right
    on_seam = (np.abs(x0 - left) < 1e-9) & (np.abs(x1 - left) < 1e-9)
    over = (x1 > right + 1e-9) | (x1 < left - 1e-9)
    edge = np.where(x1 > right, right, left)[over]
    middle = y0[over] + (y1[over] - y0[over]) * (edge - x0[over]) / (x1[over] - x0[over])
    opposite = left + right - edge
    beyond = x1[over] + opposite - edge
    ends_x, ends_y = x1.copy(), y1.copy()
    ends_x[over], ends_y[over] = edge, middle
    return (
        np.concatenate([x0, opposite, x0[on_seam] + right - left]),
        np.concatenate([y0, middle, y0[on_seam]]),
        np.concatenate([ends_x, beyond, x1[on_seam] + right - left]),
        np.concatenate([ends_y, y1[over], y1[on_seam]]),
    )


def _joined(x0: FloatArray, y0: FloatArray, x1: FloatArray, y1: FloatArray) -> Lines:
    """One line through all sides, NaN where a side does not begin where the last one ended."""
    if not x0.size:
        return nothing()
    new = np.ones(x0.size, dtype=np.bool_)
    new[1:] = (np.abs(x0[1:] - x1[:-1]) > 1e-9) | (np.abs(y0[1:] - y1[:-1]) > 1e-9)
    # two points and a gap for a side that begins anew, one point for one that goes on
    length = np.where(new, 3, 1)
    last = np.cumsum(length) - 1
    x, y = (np.full(int(last[-1]) + 1, np.nan) for _ in range(2))
    x[last], y[last] = x1, y1
    x[last[new] - 1], y[last[new] - 1] = x0[new], y0[new]
    return _lines(x[1:], y[1:])


def _lines(x: FloatArray, y: FloatArray) -> Lines:
    return Lines(x.astype(np.float32), y.astype(np.float32))
