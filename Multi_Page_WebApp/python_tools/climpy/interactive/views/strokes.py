"""What is drawn on a projection, as shapes of a selection."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import InputRefused
from climpy.interactive import limits
from climpy.interactive.selections import Box, Brush, Polygon, Shape
from climpy.interactive.views.projections import LonLat, Polar, Projection, Window

_OFF_THE_MAP = "Nothing of the map was enclosed; draw on the map."

_TOLERANCE = 5e-4
"""Radii of the planet by which a side may bend on a polar view: 0.03 degrees."""

_PIECES = 40
"""Pieces of a line as long as a polar view's radius, before they are cut further."""

_ASIDE = np.array([1.3e-7, 0.7e-7])
"""By which a polygon on a polar view is moved, so that no corner lies on the pole itself."""

_LONGEST_STEP = 2.0
"""Degrees of longitude or latitude after which a brush follows the map, not a great circle."""

Numbers = Sequence[float] | FloatArray


def box(projection: Projection, x0: float, x1: float, y0: float, y1: float) -> Shape:
    """The shape of a rectangle drawn on a projection; on a polar view it is a polygon.

    Parameters
    ----------
    projection : Projection
        What it was drawn on.
    x0, x1, y0, y1 : float
        Any two opposite corners. On a map a rectangle that reaches over the seam goes on at the
        other edge.

    Raises
    ------
    InputRefused
        If it holds nothing of the picture.
    """
    (x0, x1), (y0, y1) = sorted((x0, x1)), sorted((y0, y1))
    if isinstance(projection, Polar):
        return lasso(projection, [x0, x1, x1, x0], [y0, y0, y1, y1])
    left, right, bottom, top = projection.extent
    if y1 < bottom or y0 > top:
        raise InputRefused(_OFF_THE_MAP)
    y0, y1 = max(y0, bottom), min(y1, top)
    if isinstance(projection, LonLat):
        if x1 - x0 >= projection.turn:
            x0, x1 = left, right
        return Box(y0, y1, x0, x1)
    if x1 < left or x0 > right:
        raise InputRefused(_OFF_THE_MAP)
    return Box(y0, y1, max(x0, left), min(x1, right), "index")


def lasso(projection: Projection, x: Numbers, y: Numbers) -> Polygon:
    """The polygon of a line drawn on a projection, its end joined to its beginning.

    Parameters
    ----------
    projection : Projection
        What it was drawn on.
    x, y : (n,) float
        The line. What lies beyond the poles or a polar view's rim is cut off. On a map a line that
        crosses the seam goes on at the other edge.

    Raises
    ------
    InputRefused
        If it encloses nothing of the picture.
    """
    points = _line(x, y)
    if isinstance(projection, Polar):
        return Polygon(_on_polar_view(projection, points))
    if not isinstance(projection, LonLat):
        return Polygon(_places(points), "index")
    left, right, bottom, top = projection.extent
    wide = np.ptp(points[:, 0]) > projection.turn
    # rounded to a millionth, both edges together must not be wider than the globe
    most = Window(left, right - 1e-5, bottom, top) if wide else Window(-np.inf, np.inf, bottom, top)
    return Polygon(_places(_clipped(points, most)), sides="straight")


def brush(projection: Projection, x: Numbers, y: Numbers, radius: float) -> Brush:
    """What a brush covers.

    Parameters
    ----------
    projection : Projection
        What it was drawn on.
    x, y : (n,) float
        Its way; what lies beyond the poles or a polar view's rim is left out.
    radius : float
        Of the brush, in degrees of a great circle or, in index space, in cells.

    Raises
    ------
    InputRefused
        If it touches nothing of the picture.
    """
    points = _line(x, y)
    if isinstance(projection, Polar):
        points = _divided(points, projection.radius / _PIECES)
        points = np.column_stack(projection.inverse(points[:, 0], points[:, 1])[::-1])
    elif isinstance(projection, LonLat):
        points = _divided(points, _LONGEST_STEP)
        points = points[np.abs(points[:, 1]) <= 90.0]
    points = points[np.isfinite(points).all(axis=1)]
    if not points.size:
        raise InputRefused(_OFF_THE_MAP)
    thin = -(-points.shape[0] // limits.MOST_PLACES)
    space = "geographic" if projection.geographic else "index"
    return Brush(_places(points[::thin]), radius, space)


def _line(x: Numbers, y: Numbers) -> FloatArray:
    """Points (n, 2) of a drawn line, without those that stand still or are none."""
    points = np.column_stack([np.asarray(x, np.float64), np.asarray(y, np.float64)])
    points = points[np.isfinite(points).all(axis=1)]
    if not points.size:
        raise InputRefused(_OFF_THE_MAP)
    moved = np.ones(points.shape[0], dtype=np.bool_)
    moved[1:] = np.any(points[1:] != points[:-1], axis=1)
    return points[moved]


def _places(points: AnyArray) -> limits.Points:
    """Points (n, 2) of x and y as places: y before x."""
    if points.shape[0] == 0:
        raise InputRefused(_OFF_THE_MAP)
    return tuple((float(y), float(x)) for x, y in points.tolist())


def _clipped(points: FloatArray, most: Window) -> FloatArray:
    """A polygon cut at the sides of a rectangle.

    References
    ----------
    Sutherland and Hodgman 1974 (doi:10.1145/360767.360802).
    """
    corners = points.tolist()
    for axis, limit, sign in ((0, most.left, 1.0), (0, most.right, -1.0),
                              (1, most.bottom, 1.0), (1, most.top, -1.0)):  # fmt: skip
        kept: list[list[float]] = []
        for a, b in pairwise([*corners[-1:], *corners]):
            inside = sign * (b[axis] - limit) >= 0.0
            if inside != (sign * (a[axis] - limit) >= 0.0):
                share = (limit - a[axis]) / (b[axis] - a[axis])
                crossing = [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])]
                crossing[axis] = limit
                kept.append(crossing)
            if inside:
                kept.append(b)
        corners = kept
    return np.array(corners).reshape(-1, 2)


def _divided(points: FloatArray, longest: float) -> FloatArray:
    """A line with points so close that x and y change by no more than `longest` from one on."""
    if points.shape[0] < 2:
        return points
    steps = np.diff(points, axis=0)
    pieces = np.maximum(np.ceil(np.abs(steps).max(axis=1) / longest), 1.0).astype(np.int64)
    piece = np.repeat(np.arange(pieces.size), pieces)
    share = (np.arange(piece.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[piece]
    return np.concatenate([points[piece] + share[:, None] * steps[piece], points[-1:]])


def _on_polar_view(projection: Polar, points: FloatArray) -> limits.Points:
    """A polygon's corners so close that sides straight in degrees are straight on the view too.

    Beyond the rim it follows the rim, which goes round what it enclosed as the line did.
    """
    if points.shape[0] < 3:
        raise InputRefused(_OFF_THE_MAP)
    ring = _divided(np.concatenate([points, points[:1]]), projection.radius / _PIECES) + _ASIDE
    if (_far(ring) >= projection.radius).all() and not _around(ring):
        raise InputRefused(_OFF_THE_MAP)
    ring = _cut_at_rim(ring, projection.radius)
    far = _far(ring) / projection.radius
    outside = far > 1.0 - 1e-9
    ring[outside] /= far[outside, None]
    for _ in range(8):
        bent = _bent(projection, ring, outside)
        if not bent.any():
            break
        at = np.flatnonzero(bent) + 1
        ring, outside = (
            np.insert(ring, at, 0.5 * (ring[at - 1] + ring[at]), axis=0),
            np.insert(outside, at, False),
        )
    latitudes, longitudes = projection.inverse(ring[:-1, 0], ring[:-1, 1])
    return _places(np.column_stack([longitudes, latitudes]))


def _far(ring: FloatArray) -> FloatArray:
    return np.hypot(ring[:, 0], ring[:, 1])


def _cut_at_rim(ring: FloatArray, radius: float) -> FloatArray:
    """A line with a point wherever it crosses the rim."""
    outside = _far(ring) > radius
    at = np.flatnonzero(outside[1:] != outside[:-1])
    start, step = ring[at], ring[at + 1] - ring[at]
    squared, along = (step * step).sum(axis=1), (start * step).sum(axis=1)
    root = np.sqrt(along**2 - squared * ((start * start).sum(axis=1) - radius**2))
    share = (np.where(outside[at], -root, root) - along) / squared
    return np.insert(ring, at + 1, start + share[:, None] * step, axis=0)


def _around(ring: FloatArray) -> bool:
    """True if a line that ends where it begins goes round the middle of the view."""
    angles = np.arctan2(ring[:, 0], ring[:, 1])
    turns = (np.diff(angles) + np.pi) % (2.0 * np.pi) - np.pi
    return bool(abs(turns.sum()) > np.pi)


def _bent(projection: Polar, ring: FloatArray, outside: BoolArray) -> BoolArray:
    """True for sides whose middle in degrees is not their middle on the view."""
    latitudes, longitudes = projection.inverse(ring[:, 0], ring[:, 1])
    east = (np.diff(longitudes) + 180.0) % 360.0 - 180.0
    middle = projection.forward(
        0.5 * (latitudes[1:] + latitudes[:-1]), longitudes[:-1] + 0.5 * east
    )
    apart = np.hypot(
        middle[0] - 0.5 * (ring[1:, 0] + ring[:-1, 0]),
        middle[1] - 0.5 * (ring[1:, 1] + ring[:-1, 1]),
    )
    return np.asarray((apart > _TOLERANCE) & ~(outside[1:] & outside[:-1]))
