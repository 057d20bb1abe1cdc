"""Which points of a NEMO grid are repeated, at T, U, V and F points."""

import numpy as np

from climpy.arrays import BoolArray
from climpy.grids.ocean import Fold


def duplicates(shape: tuple[int, int], fold: Fold, point: str) -> BoolArray:
    """Points that the coupler must not count: the halo, and what the north fold repeats, (ny, nx).

    The first and last row and column always; about an F point (jperio 6) the eastern half of the
    row before the last at V and F points; about a T point (jperio 4) that half at T and U points,
    and the whole row at V points.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns, halo included.
    fold : Fold
        The point that the northern edge is folded about.
    point : {"T", "U", "V", "F"}
        Where the points lie in the cells.
    """
    ny, nx = shape
    half = nx // 2
    repeated = np.zeros(shape, dtype=bool)
    repeated[[0, -1]] = True
    repeated[:, [0, -1]] = True
    first = {
        (Fold.F_POINT, "V"): half,
        (Fold.F_POINT, "F"): half + 1,
        (Fold.T_POINT, "T"): half + 1,
        (Fold.T_POINT, "U"): half,
        (Fold.T_POINT, "V"): 0,
    }.get((fold, point))
    if first is not None:
        repeated[ny - 2, first:] = True
    return repeated
