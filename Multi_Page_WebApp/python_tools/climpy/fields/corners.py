"""Corners of the cells of a curvilinear grid, from points on the sphere.

Points are unit vectors, so that neither the date line nor a pole is a special place.
"""

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import Fold
from climpy.grids.t_points import fold_of

_SAME = 1e-4
"""Chord under which two points are the same place: 0.006 degrees."""

_NEIGHBOURS = 1.6
"""Distances of usual neighbours across which the last column still touches the first."""


def repeated_columns(points: FloatArray) -> int | None:
    """Tell how many of the last columns repeat the first ones: 0, 1 or 2; None if none touches.

    Parameters
    ----------
    points : (ny, nx, 3) float64
        Cell centres.
    """
    nx = points.shape[1]
    for repeated in (2, 1):
        if nx > 2 * repeated + 1 and _same(points[:, nx - repeated :], points[:, :repeated]):
            return repeated
    steps = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    gap = np.linalg.norm(points[:, -1] - points[:, 0], axis=-1)
    with np.errstate(invalid="ignore"):
        touching = gap <= _NEIGHBOURS * np.max(steps, axis=1)
    return 0 if touching.mean() > 0.5 else None


def _same(some: FloatArray, others: FloatArray) -> bool:
    known = np.isfinite(some[..., 0]) & np.isfinite(others[..., 0])
    apart = np.linalg.norm(some - others, axis=-1)[known]
    return bool(apart.size and apart.max() < _SAME)


def north_fold(points: FloatArray, repeated: int | None) -> Fold | None:
    """The point that the northern edge is folded about; None if it is not folded.

    Parameters
    ----------
    points : (ny, nx, 3) float64
        Cell centres.
    repeated : int or None
        Columns that are repeated; a folded grid has two.
    """
    if repeated != 2 or points.shape[1] % 2:
        return None
    try:
        return fold_of(points)
    except InputRefused:
        return None


def corners_between(points: FloatArray, repeated: int | None, fold: Fold | None) -> FloatArray:
    """Corners of cells halfway between their centres, (ny + 1, nx + 1, 3), NaN where unknown.

    A corner is the mean of the centres around it that are known, beyond an open edge by
    continuing the great circles; beyond the fold the cells are mirror images.

    Parameters
    ----------
    points : (ny, nx, 3) float64
        Cell centres, NaN where unknown.
    repeated : int or None
        Columns that are repeated; None if the columns do not go round.
    fold : Fold or None
        The point that the northern edge is folded about.
    """
    framed = _framed_columns(points, repeated)
    framed = np.concatenate(
        [_beyond(framed[:1], framed[1:2]), framed, _beyond(framed[-1:], framed[-2:-1])]
    )
    around = np.stack([framed[:-1, :-1], framed[:-1, 1:], framed[1:, :-1], framed[1:, 1:]])
    known = np.isfinite(around[..., :1])
    corners = _normalised(np.where(known, around, 0.0).sum(axis=0))
    return corners if fold is None else _mirrored(corners, fold)


def corners_of_f_points(points: FloatArray) -> FloatArray:
    """Corners of the T cells of a NEMO grid from its F points (ny, nx, 3), each north-east of T."""
    ny, nx = points.shape[:2]
    corners = np.empty((ny + 1, nx + 1, 3))
    corners[1:, 1:] = points
    corners[1:, 0] = points[:, nx - 3]
    corners[0] = _beyond(corners[1], corners[2])
    return corners


def degrees(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes (-180..180) of unit vectors [degrees]."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.rad2deg(np.arctan2(z, np.hypot(x, y))), np.rad2deg(np.arctan2(y, x))


def on_sphere(latitudes: FloatArray, longitudes: FloatArray) -> FloatArray:
    """Unit vectors (ny, nx, 3), NaN where one of the angles [degrees] is not known."""
    points = unit_vectors(latitudes, longitudes)
    points[~np.isfinite(points).all(axis=-1)] = np.nan
    return points


def _framed_columns(points: FloatArray, repeated: int | None) -> FloatArray:
    """Put one column on each side."""
    if repeated is None:
        left = _beyond(points[:, :1], points[:, 1:2])
        right = _beyond(points[:, -1:], points[:, -2:-1])
    else:
        period = points.shape[1] - repeated
        left, right = points[:, period - 1 : period], points[:, repeated : repeated + 1]
    return np.concatenate([left, points, right], axis=1)


def _beyond(last: FloatArray, before: FloatArray) -> FloatArray:
    """Points that continue the great circles from `before` through `last` as far again."""
    return np.asarray(2.0 * (last * before).sum(axis=-1, keepdims=True) * last - before)


def _normalised(points: FloatArray) -> FloatArray:
    length = np.linalg.norm(points, axis=-1, keepdims=True)
    return np.where(length > 1e-9, points / np.maximum(length, 1e-9), np.nan)


def _mirrored(corners: FloatArray, fold: Fold) -> FloatArray:
    """Give the cells of the last row the corners of the cells that they are copies of."""
    ny, nx = corners.shape[0] - 1, corners.shape[1] - 1
    here = np.arange(nx + 1)
    if fold is Fold.F_POINT:
        row, there = ny - 2, nx - here
    else:
        row, there = ny - 3, nx - here + 1
    period = nx - 2
    corners[ny] = corners[row, np.where(there > nx, there - period, there)]
    return corners
