"""Give flats a slope towards their exits.

After Barnes et al. 2014, doi:10.1016/j.cageo.2013.01.009.
"""

import numpy as np
from numba import njit

from climpy._kernels.padded import LAND, home, offsets
from climpy.arrays import ByteArray, FloatArray, IntArray


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
    "void(int32[::1], uint8[::1], int32[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def number_fronts(level: IntArray, kind: ByteArray, front: IntArray, ny: int, nx: int) -> None:
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
    """
    step = offsets(nx)
    width = nx + 2
    queue = np.empty(level.size, dtype=np.int32)
    head = tail = 0
    for j in range(1, ny + 1):
        for p in range(j * width + 1, j * width + nx + 1):
            if front[p]:
                queue[tail] = p
                tail += 1
    while head < tail:
        p = queue[head]
        head += 1
        for k in range(1, 9):
            q = home(p + step[k], kind, nx)
            if kind[q] == LAND and front[q] == 0 and level[q] == level[p]:
                front[q] = front[p] + 1
                queue[tail] = q
                tail += 1


@njit("float64[::1](int32[::1], int32[::1], float64)", cache=True, nogil=True, error_model="numpy")
def sloping_heights(level: IntArray, front: IntArray, units_per_metre: float) -> FloatArray:
    """Heights [m] of a padded grid in which each flat cell is raised by front / (100 largest)."""
    largest = 1
    for p in range(front.size):
        largest = max(largest, front[p])
    height = np.empty(level.size, dtype=np.float64)
    for p in range(level.size):
        height[p] = level[p] / units_per_metre
        if front[p] > 0:
            height[p] += front[p] / (100.0 * largest)
    return height
