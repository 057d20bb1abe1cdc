"""An ocean grid of which a file tells the T points only, as the model's input files do."""

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import OCEAN_RADIUS_M, Fold, OceanGrid, originals

_SAME_DEGREES = 0.01
"""Angle under which two points are the same; files may hold float32, and grids are not exact."""


def grid_of_t_points(longitudes: FloatArray, latitudes: FloatArray) -> OceanGrid:
    """Make an ocean grid from its T points; what they do not tell is NaN.

    The cell sides e1t, e2t are the mean distances to the two neighbours; the fold is the one that
    makes the copies of the last row agree with their originals.

    Parameters
    ----------
    longitudes, latitudes : (ny, nx) float64
        T points with halo [degrees].

    Raises
    ------
    InputRefused
        If the points do not repeat themselves at the seam and the north fold as NEMO's do.
    """
    points = unit_vectors(latitudes, longitudes)
    fold = fold_of(points)
    east = _angle(points, np.roll(points, -1, axis=1))
    # across the seam the neighbour of the last column is the third one
    east[:, -1] = east[:, 1]
    north = _angle(points[:-1], points[1:])
    e1 = 0.5 * (east + np.roll(east, 1, axis=1))
    e1[:, 0] = e1[:, -2]
    e2 = 0.5 * (np.vstack([north[:1], north]) + np.vstack([north, north[-1:]]))
    unknown = np.full(longitudes.shape, np.nan)
    return OceanGrid(
        glamt=longitudes,
        gphit=latitudes,
        e1t=e1 * OCEAN_RADIUS_M,
        e2t=e2 * OCEAN_RADIUS_M,
        fold=fold,
        **dict.fromkeys(_UNKNOWN, unknown),
    )


_UNKNOWN = (
    "glamu", "gphiu", "glamv", "gphiv", "glamf", "gphif",
    "e1u", "e2u", "e1v", "e2v", "e1f", "e2f",
)  # fmt: skip


def fold_of(points: FloatArray) -> Fold:
    """The fold under which every copy lies where its original does.

    Parameters
    ----------
    points : (ny, nx, 3) float64
        T points with halo, on the unit sphere.

    Raises
    ------
    InputRefused
        If there is none.
    """
    shape = points.shape[0], points.shape[1]
    if min(shape) < 4:
        raise InputRefused(f"An ocean grid of {shape[0]} x {shape[1]} cells is too small.")
    for fold in Fold:
        there = points.reshape(-1, 3)[originals(shape, fold)]
        if float(_angle(points, there).max()) < np.deg2rad(_SAME_DEGREES):
            return fold
    raise InputRefused(
        "The points of the ocean grid do not repeat themselves at the seam and the north fold "
        "(two columns and the last row, as on NEMO's ORCA grids)."
    )


def _angle(one: FloatArray, other: FloatArray) -> FloatArray:
    """Angle between unit vectors [radians], well-conditioned for small ones."""
    chord = np.linalg.norm(one - other, axis=-1)
    return np.asarray(2.0 * np.arcsin(np.minimum(0.5 * chord, 1.0)))
