"""Give flats a slope towards their exits.

After Barnes et al. 2014, doi:10.1016/j.cageo.2013.01.009.
"""

import numpy as np
from numba import njit

from climpy._kernels.padded import LAND, home, offsets
from climpy.arrays import ByteArray, FloatArray, IntArray, LongArray


@njit("int32[:,::1](int32[:,::1], uint8[:,::1])", cache=True, nogil=True, error_model="numpy")
def exits(level: IntArray, kind: ByteArray) -> IntArray:
    """Mark the exits of flats: land with a lower neighbour and one of its own height.

    A kernel of its own, because the compiler makes vector code of it only so.

    Parameters
    ----------
    level : (ny + 2, nx + 2) int32
        Padded, filled heights, rim filled.
    kind : (ny + 2, nx + 2) uint8
        Padded kinds of cells.

    Returns
    -------
    (ny + 2, nx + 2) int32
        1 at exits, 0 elsewhere.
    """
    rows, columns = level.shape
    front = np.zeros((rows, columns), dtype=np.int32)
    for j in range(1, rows - 1):
        for i in range(1, columns - 1):
            here = level[j, i]
            south, north = level[j - 1, i], level[j + 1, i]
            southwest, southeast = level[j - 1, i - 1], level[j - 1, i + 1]
            northwest, northeast = level[j + 1, i - 1], level[j + 1, i + 1]
            west, east = level[j, i - 1], level[j, i + 1]
            lowest = min(
                min(min(south, north), min(southwest, southeast)),
                min(min(northwest, northeast), min(west, east)),
            )
            equal = (
                (south == here)
                | (north == here)
                | (southwest == here)
                | (southeast == here)
                | (northwest == here)
                | (northeast == here)
                | (west == here)
                | (east == here)
            )
            front[j, i] = (lowest < here) & equal & (kind[j, i] == LAND)
    return front


@njit(
    "int64(int32[::1], uint8[::1], int32[::1], int64[::1], int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def number_fronts(
    level: IntArray, kind: ByteArray, front: IntArray, exits: LongArray, nx: int
) -> int:
    """Number the cells of each flat by their distance in steps from its exits.

    Exits are 1, and each breadth-first front over neighbours of the same height is one more.

    Parameters
    ----------
    level : (size,) int32
        Padded, filled heights, rim filled.
    kind : (size,) uint8
        Padded kinds of cells.
    front : (size,) int32
        Padded front numbers, 1 at the exits; changed in place.
    exits : (n,) int64
        Padded indices of the exits.

    Returns
    -------
    int
        The largest front, 1 if there is none.
    """
    step = offsets(nx)
    queue = np.empty(level.size, dtype=np.int32)
    queue[: exits.size] = exits
    head, tail = 0, exits.size
    largest = 1
    while head < tail:
        p = queue[head]
        head += 1
        for k in range(1, 9):
            q = home(p + step[k], kind, nx)
            if kind[q] == LAND and front[q] == 0 and level[q] == level[p]:
                front[q] = front[p] + 1
                largest = front[q]
                queue[tail] = q
                tail += 1
    return largest


@njit(
    "float64[::1](int32[::1], int32[::1], int64, float64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def sloping_heights(
    level: IntArray, front: IntArray, largest: int, units_per_metre: float
) -> FloatArray:
    """Heights [m] of a padded grid in which each flat cell is raised by front / (100 largest)."""
    height = np.empty(level.size, dtype=np.float64)
    for p in range(level.size):
        height[p] = level[p] / units_per_metre
        if front[p] > 0:
            height[p] += front[p] / (100.0 * largest)
    return height
