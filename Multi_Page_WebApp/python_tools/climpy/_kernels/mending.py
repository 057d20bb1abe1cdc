"""Mend what raising flats may spoil: cells closed in by the centimetre that a flat may gain."""

import numpy as np
from numba import njit

from climpy._kernels.padded import LAND, OCEAN, POLE, SINK, home, offsets
from climpy.arrays import BoolArray, ByteArray, FloatArray, IntArray, LongArray


@njit(
    "boolean(int64, float64[::1], int64[::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
    inline="always",
)
def _is_pit(p: int, height: FloatArray, step: LongArray) -> bool:
    lowest = np.inf
    for k in range(1, 9):
        lowest = min(lowest, height[p + step[k]])
    return bool(lowest > height[p])


@njit(
    "void(int64, float64, float64[::1], int64, int64)", cache=True, nogil=True, error_model="numpy"
)
def _set(p: int, value: float, height: FloatArray, width: int, nx: int) -> None:
    height[p] = value
    column = p % width
    if column == 1:
        height[p + nx] = value
    elif column == nx:
        height[p - nx] = value


@njit(
    "int64(float64[::1], uint8[::1], int32[::1], int64, int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def raise_pits(
    height: FloatArray, kind: ByteArray, pits: IntArray, ny: int, nx: int, most: int
) -> int:
    """Raise each land cell whose eight neighbours are all higher by their mean difference.

    All pits of a pass are raised at once, so that the result does not depend on the order of the
    cells; passes go on where something changed, until no pit is left or `most` passes were made.

    Parameters
    ----------
    height : (size,) float64
        Padded heights, rim filled; changed in place, rim included.
    kind : (size,) uint8
        Padded kinds of cells.
    pits : (n,) int32
        Padded indices of the pits.
    most : int
        Bound on the number of passes.

    Returns
    -------
    int
        How often a cell was raised.
    """
    step = offsets(nx)
    width = nx + 2
    raised = 0
    passes = 0
    while pits.size > 0 and passes < most:
        passes += 1
        raised += pits.size
        added = np.empty(pits.size, dtype=np.float64)
        for n in range(pits.size):
            p = pits[n]
            total = 0.0
            for k in range(1, 9):
                total += abs(height[p + step[k]] - height[p])
            added[n] = total / 8.0
        for n in range(pits.size):
            _set(pits[n], height[pits[n]] + added[n], height, width, nx)
        following = np.empty(9 * pits.size, dtype=np.int32)
        found = 0
        for n in range(pits.size):
            for k in range(9):
                q = home(pits[n] + step[k], kind, nx)
                inner = 2 * width <= q < ny * width
                if inner and kind[q] == LAND and _is_pit(q, height, step):
                    following[found] = q
                    found += 1
        pits = np.unique(following[:found])
    return raised


@njit(
    "boolean[::1](uint8[::1], uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _drained(kind: ByteArray, direction: ByteArray, ny: int, nx: int) -> BoolArray:
    """Tell for each cell whether its way reaches the ocean or a sink."""
    step = offsets(nx)
    width = nx + 2
    state = np.zeros(kind.size, dtype=np.uint8)  # 0 unknown, 1 on this way, 2 drains, 3 does not
    for j in range(1, ny + 1):
        for start in range(j * width + 1, j * width + nx + 1):
            p = start
            while state[p] == 0 and kind[p] == LAND:
                state[p] = 1
                p = home(p + step[direction[p]], kind, nx)
            if kind[p] == OCEAN or kind[p] == SINK:
                state[p] = 2
            end = 2 if state[p] == 2 else 3
            p = start
            while state[p] == 1:
                state[p] = end
                p = home(p + step[direction[p]], kind, nx)
    drained = np.zeros(kind.size, dtype=np.bool_)
    for p in range(kind.size):
        drained[p] = state[p] == 2
    return drained


@njit(
    "int64(float64[::1], uint8[::1], uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def lead_out(height: FloatArray, kind: ByteArray, direction: ByteArray, ny: int, nx: int) -> int:
    """Lead the cells whose way ends in a loop to a neighbour whose way does not.

    Loops are left where raising a flat (by at most a centimetre) closed in cells that lie less
    than that above it. Cells beside one that drains are led first, to the greatest drop; then
    their neighbours, layer by layer, so that the result does not depend on the order of cells.

    Returns
    -------
    int
        How many cells were led another way.
    """
    drained = _drained(kind, direction, ny, nx)
    step = offsets(nx)
    width = nx + 2
    waiting = np.empty(height.size, dtype=np.int32)
    count = 0
    for j in range(1, ny + 1):
        for p in range(j * width + 1, j * width + nx + 1):
            if not drained[p]:
                waiting[count] = p
                count += 1
    led = 0
    while count > 0:
        ready = np.zeros(count, dtype=np.uint8)
        for n in range(count):
            p = waiting[n]
            greatest = -np.inf
            for k in range(1, 9):
                q = home(p + step[k], kind, nx)
                drop = height[p] - height[q]
                if kind[q] != POLE and drained[q] and drop > greatest:
                    greatest = drop
                    ready[n] = k
        left = 0
        for n in range(count):
            p = waiting[n]
            if ready[n] > 0:
                drained[p] = True
                led += direction[p] != ready[n]
                direction[p] = ready[n]
            else:
                waiting[left] = p
                left += 1
        if left == count:
            break
        count = left
    return led
