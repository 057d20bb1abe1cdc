"""Grids with a rim of one cell, so that every cell has eight neighbours in memory.

A padded array of a grid of ny rows and nx columns is one-dimensional, (ny + 2) rows of nx + 2
cells: the rim columns repeat the other end of the row, the rim rows lie beyond the poles. The
neighbours of cell p are numbered by the flow codes 1..8 = N NE E SE S SW W NW, rows from south to
north.

Queues of cells are allocated for the whole grid: memory that is never touched costs nothing, and
an array that is exchanged for a longer one within a loop makes numba count references there.
"""

import numpy as np
from numba import njit

from climpy.arrays import ByteArray, FloatArray, IntArray, LongArray

LAND, OCEAN, SINK, WEST_RIM, EAST_RIM, POLE = 0, 1, 2, 3, 4, 5
"""Kinds of cells; a sink is a land cell in which water ends."""


@njit("int64[::1](int64)", cache=True, nogil=True, error_model="numpy")
def offsets(nx: int) -> LongArray:
    """Steps in a padded array by flow code 1..8 (entry 0: none)."""
    width = nx + 2
    return np.array(
        [0, width, width + 1, 1, 1 - width, -width, -width - 1, -1, width - 1], dtype=np.int64
    )


@njit(
    "int64(int64, uint8[::1], int64)", cache=True, nogil=True, error_model="numpy", inline="always"
)
def home(p: int, kind: ByteArray, nx: int) -> int:
    """Give the cell that a rim cell repeats; other cells are their own."""
    if kind[p] == WEST_RIM:
        return p + nx
    if kind[p] == EAST_RIM:
        return p - nx
    return p


@njit("void(int32[::1], int64, int64)", cache=True, nogil=True, error_model="numpy")
def repeat_columns_int(values: IntArray, ny: int, nx: int) -> None:
    """Fill the rim columns of a padded array from the other end of each row."""
    width = nx + 2
    for j in range(1, ny + 1):
        values[j * width] = values[j * width + nx]
        values[j * width + nx + 1] = values[j * width + 1]


@njit("void(float64[::1], int64, int64)", cache=True, nogil=True, error_model="numpy")
def repeat_columns_float(values: FloatArray, ny: int, nx: int) -> None:
    """Fill the rim columns of a padded array from the other end of each row."""
    width = nx + 2
    for j in range(1, ny + 1):
        values[j * width] = values[j * width + nx]
        values[j * width + nx + 1] = values[j * width + 1]


@njit(
    "Tuple((int32[::1], uint8[::1]))(float64[:,::1], float64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def levels_and_kinds(heights: FloatArray, units_per_metre: float) -> tuple[IntArray, ByteArray]:
    """Round heights to whole units and pad them.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m].
    units_per_metre : float
        1000 keeps three decimals.

    Returns
    -------
    level : (size,) int32
        Padded heights [units], rim filled, greatest number beyond the poles.
    kind : (size,) uint8
        Padded kinds; inside, LAND above level 0 and OCEAN elsewhere.
    """
    ny, nx = heights.shape
    width = nx + 2
    level = np.full((ny + 2) * width, np.iinfo(np.int32).max, dtype=np.int32)
    kind = np.full((ny + 2) * width, POLE, dtype=np.uint8)
    for j in range(ny):
        p = (j + 1) * width
        kind[p] = WEST_RIM
        kind[p + nx + 1] = EAST_RIM
        for i in range(nx):
            value = np.int32(np.rint(heights[j, i] * units_per_metre))
            level[p + 1 + i] = value
            kind[p + 1 + i] = LAND if value > 0 else OCEAN
    repeat_columns_int(level, ny, nx)
    return level, kind


@njit(
    "void(int32[::1], uint8[::1], int64, int64, int64)", cache=True, nogil=True, error_model="numpy"
)
def raise_row(level: IntArray, kind: ByteArray, row: int, next_row: int, nx: int) -> None:
    """Raise the land of a padded row to its own or the next row's level, plus a metre (1000)."""
    width = nx + 2
    for i in range(1, nx + 1):
        p, q = row * width + i, next_row * width + i
        if kind[p] == LAND:
            level[p] = max(level[p], level[q]) + 1000
    level[row * width] = level[row * width + nx]
    level[row * width + nx + 1] = level[row * width + 1]
