"""Fill depressions by pit basins and the spanning graph of their passes.

Every cell runs down to a pit or to an outlet; neighbouring pit basins are joined by the lowest
pass between them; the level at which a basin spills on its way to an outlet is its greatest pass
in the minimum spanning tree. Heights are those of a priority flood (Barnes et al. 2014,
doi:10.1016/j.cageo.2013.04.024), found in near-linear time (Cordonnier et al. 2019,
doi:10.5194/esurf-7-549-2019).
"""

import numpy as np
from numba import njit

from climpy._kernels.padded import LAND, home, offsets
from climpy.arrays import ByteArray, IntArray, LongArray

NOWHERE = -(2**31)
"""Mark of a cell that has not been led anywhere yet."""

RECENT = 8192
"""How many passes between basins the scan remembers; neighbours in space are near in time."""


@njit(
    "int32[::1](int32[::1], uint8[::1], int64, int64)", cache=True, nogil=True, error_model="numpy"
)
def _receivers(level: IntArray, kind: ByteArray, ny: int, nx: int) -> IntArray:
    """Where each cell runs to, as -(index of its lowest lower neighbour) - 1.

    0 where it is an outlet (ocean or sink), NOWHERE where no neighbour is lower.
    """
    step = offsets(nx)
    width = nx + 2
    label = np.zeros(level.size, dtype=np.int32)
    for j in range(1, ny + 1):
        for p in range(j * width + 1, j * width + nx + 1):
            if kind[p] != LAND:
                continue
            lowest = level[p]
            code = 0
            for k in range(1, 9):
                value = level[p + step[k]]
                if value < lowest:
                    lowest = value
                    code = k
            label[p] = NOWHERE if code == 0 else -home(p + step[code], kind, nx) - 1
    return label


@njit(
    "void(int32[::1], uint8[::1], int32[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _drain_flats(level: IntArray, kind: ByteArray, label: IntArray, ny: int, nx: int) -> None:
    """Let each flat that has an exit run to it: breadth first from the exits."""
    step = offsets(nx)
    width = nx + 2
    queue = np.empty(level.size, dtype=np.int32)
    head = tail = 0
    for j in range(1, ny + 1):
        for p in range(j * width + 1, j * width + nx + 1):
            if label[p] != NOWHERE:
                continue
            for k in range(1, 9):
                q = home(p + step[k], kind, nx)
                if level[q] == level[p] and label[q] != NOWHERE:
                    label[p] = -q - 1
                    break
            if label[p] != NOWHERE:
                queue[tail] = p
                tail += 1
    while head < tail:
        p = queue[head]
        head += 1
        for k in range(1, 9):
            q = home(p + step[k], kind, nx)
            if label[q] == NOWHERE and level[q] == level[p]:
                label[q] = -p - 1
                queue[tail] = q
                tail += 1


@njit(
    "void(int64, int64, int32[::1], uint8[::1], int32[::1], int32[::1], int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _label_pit(
    pit: int,
    found: int,
    level: IntArray,
    kind: ByteArray,
    label: IntArray,
    stack: IntArray,
    nx: int,
) -> None:
    """Label the flat bottom of a pit (8-connected cells of one height)."""
    step = offsets(nx)
    label[pit] = found
    stack[0] = pit
    top = 1
    while top > 0:
        top -= 1
        p = stack[top]
        for k in range(1, 9):
            q = home(p + step[k], kind, nx)
            if label[q] == NOWHERE and level[q] == level[p]:
                label[q] = found
                stack[top] = q
                top += 1


@njit(
    "Tuple((int32[::1], int64))(int32[::1], uint8[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def pit_basins(level: IntArray, kind: ByteArray, ny: int, nx: int) -> tuple[IntArray, int]:
    """Label the pit basin of each cell; 0 is all that runs to an outlet.

    Parameters
    ----------
    level : (size,) int32
        Padded heights, rim filled, beyond the poles higher than any cell.
    kind : (size,) uint8
        Padded kinds of cells.

    Returns
    -------
    label : (size,) int32
        Padded labels 0..n, rim not filled.
    count : int
        The number n of pit basins.
    """
    label = _receivers(level, kind, ny, nx)
    _drain_flats(level, kind, label, ny, nx)
    stack = np.empty(level.size, dtype=np.int32)
    count = 0
    width = nx + 2
    for j in range(1, ny + 1):
        for start in range(j * width + 1, j * width + nx + 1):
            if label[start] >= 0:
                continue
            p = start
            while label[p] < 0 and label[p] != NOWHERE:
                p = -label[p] - 1
            if label[p] == NOWHERE:
                count += 1
                _label_pit(p, count, level, kind, label, stack, nx)
            found = label[p]
            p = start
            while label[p] < 0:
                following = -label[p] - 1
                label[p] = found
                p = following
    return label, count


@njit("uint8[:,::1](int32[:,::1])", cache=True, nogil=True, error_model="numpy")
def _borders(label: IntArray) -> ByteArray:
    """Mark the inner cells whose label differs from one to the east or north (vector code)."""
    rows, columns = label.shape
    border = np.zeros((rows, columns), dtype=np.uint8)
    for j in range(1, rows - 1):
        for i in range(1, columns - 1):
            here = label[j, i]
            border[j, i] = (
                (label[j, i + 1] != here)
                | (label[j + 1, i - 1] != here)
                | (label[j + 1, i] != here)
                | (label[j + 1, i + 1] != here)
            )
    return border


@njit(
    "int32[:,::1](int32[::1], int32[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def passes(level: IntArray, label: IntArray, ny: int, nx: int) -> IntArray:
    """List the passes between pit basins, (n, 3): two labels and the height of the pass.

    Both arrays are padded with the rim columns filled. A pair may be listed more than once; its
    lowest pass always is.
    """
    width = nx + 2
    forward = np.array([1, width - 1, width, width + 1], dtype=np.int64)
    recent = np.full(RECENT, -1, dtype=np.int64)
    count = 0
    border = _borders(label.reshape(ny + 2, width)).ravel()
    found = np.empty((4 * border.sum(), 3), dtype=np.int32)
    for j in range(1, ny + 1):
        neighbours = 4 if j < ny else 1
        for p in range(j * width + 1, j * width + nx + 1):
            if not border[p]:
                continue
            one = label[p]
            for k in range(neighbours):
                q = p + forward[k]
                other = label[q]
                if one == other:
                    continue
                height = max(level[p], level[q])
                low, high = min(one, other), max(one, other)
                slot = (low * 31 + high * 17) % RECENT
                known = recent[slot]
                if known >= 0 and found[known, 0] == low and found[known, 1] == high:
                    if height < found[known, 2]:
                        found[known, 2] = height
                    continue
                found[count, 0] = low
                found[count, 1] = high
                found[count, 2] = height
                recent[slot] = count
                count += 1
    return found[:count].copy()


@njit("int64(int32[::1], int64)", cache=True, nogil=True, error_model="numpy")
def _root(parent: IntArray, label: int) -> int:
    while parent[label] != label:
        parent[label] = parent[parent[label]]
        label = parent[label]
    return label


@njit("int32[::1](int32[:,::1], int64[::1], int64)", cache=True, nogil=True, error_model="numpy")
def spill_levels(found: IntArray, order: LongArray, count: int) -> IntArray:
    """Level at which each pit basin spills on its way to an outlet.

    Parameters
    ----------
    found : (n, 3) int32
        Passes between basins.
    order : (n,) int64
        Indices that sort them by height.
    count : int
        Number of pit basins; label 0 is what runs to an outlet.

    Returns
    -------
    (count + 1,) int32
        The greatest pass on the best way from each basin to an outlet; the lowest possible
        number for label 0 and for a basin that has no way out.
    """
    parent = np.arange(count + 1).astype(np.int32)
    following = np.arange(count + 1).astype(np.int32)
    drained = np.zeros(count + 1, dtype=np.bool_)
    drained[0] = True
    spill = np.full(count + 1, np.iinfo(np.int32).min, dtype=np.int32)
    for index in order:
        a = _root(parent, found[index, 0])
        b = _root(parent, found[index, 1])
        if a == b:
            continue
        if drained[a] != drained[b]:
            dry = b if drained[a] else a
            member = dry
            while True:
                spill[member] = found[index, 2]
                member = following[member]
                if member == dry:
                    break
            drained[a] = drained[b] = True
        following[a], following[b] = following[b], following[a]
        parent[max(a, b)] = min(a, b)
    return spill


@njit(
    "int64(int32[::1], int32[::1], int32[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def raise_to_spill(level: IntArray, label: IntArray, spill: IntArray, ny: int, nx: int) -> int:
    """Raise every cell to the level at which its basin spills; give how many were raised."""
    width = nx + 2
    raised = 0
    for j in range(1, ny + 1):
        for p in range(j * width + 1, j * width + nx + 1):
            if label[p] > 0 and level[p] < spill[label[p]]:
                level[p] = spill[label[p]]
                raised += 1
    return raised
