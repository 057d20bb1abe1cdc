"""Directions of flow, basins and distances on a padded grid (codes 1..8 = N NE E SE S SW W NW)."""

import numpy as np
from numba import njit

from climpy._kernels.padded import LAND, OCEAN, SINK, home, offsets
from climpy.arrays import ByteArray, CodeArray, FloatArray, IntArray, LongArray

END = 9
"""Code of a cell in which water ends (a sink)."""


@njit(
    "Tuple((uint8[::1], int32[::1]))"
    "(float64[::1], uint8[::1], boolean, int64, int64, float64[::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def directions(
    height: FloatArray,
    kind: ByteArray,
    per_distance: bool,
    ny: int,
    nx: int,
    dx_over_dy: FloatArray,
) -> tuple[ByteArray, IntArray]:
    """Code of the neighbour with the greatest drop, the lowest code at ties.

    Parameters
    ----------
    height : (size,) float64
        Padded heights, rim filled, higher beyond the poles.
    kind : (size,) uint8
        Padded kinds of cells.
    per_distance : bool
        Divide the drop by the distance.
    dx_over_dy : (ny,) float64
        Width of the cells of each row by their height.

    Returns
    -------
    direction : (size,) uint8
        Padded codes: 1..8 on land, 9 in sinks, 0 on the ocean and the rim.
    pits : (n,) int32
        Padded indices of land cells with only higher neighbours. The first and the last row are
        none: they flow away from the poles whatever their neighbours.
    """
    step = offsets(nx)
    width = nx + 2
    pits = np.empty(height.size, dtype=np.int32)
    count = 0
    direction = np.zeros(height.size, dtype=np.uint8)
    weight = np.ones(9, dtype=np.float64)
    for j in range(1, ny + 1):
        if per_distance:
            ratio = dx_over_dy[j - 1]
            weight[3] = weight[7] = 1.0 / ratio
            weight[2] = weight[4] = weight[6] = weight[8] = 1.0 / np.hypot(1.0, ratio)
        for p in range(j * width + 1, j * width + nx + 1):
            if kind[p] == SINK:
                direction[p] = END
            if kind[p] != LAND:
                continue
            if j == 1:
                direction[p] = 1
                continue
            if j == ny:
                direction[p] = 5
                continue
            here = height[p]
            greatest = -np.inf
            code = 0
            for k in range(1, 9):
                drop = (here - height[p + step[k]]) * weight[k]
                if drop > greatest:
                    greatest = drop
                    code = k
            direction[p] = code
            if greatest < 0.0:
                pits[count] = p
                count += 1
    return direction, pits[:count].copy()


@njit(
    "Tuple((int32[::1], float64[::1], int32[::1], boolean))"
    "(uint8[::1], uint8[::1], float64[::1], float64, int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def basins_and_distances(
    kind: ByteArray, direction: ByteArray, dx: FloatArray, dy: float, ny: int, nx: int
) -> tuple[IntArray, FloatArray, IntArray, bool]:
    """Basin of each land cell and length of its way to the end of the flow.

    Parameters
    ----------
    kind, direction : (size,) uint8
        Padded kinds and codes.
    dx : (ny,) float64
        Width of the cells of each row.
    dy : float
        Height of a cell, in the same unit.

    Returns
    -------
    basin : (size,) int32
        Padded basin numbers from 1, in the order in which they were met; 0 on the ocean.
    distance : (size,) float64
        Padded lengths: dy for N and S, dx at the cell's latitude for E and W, the hypotenuse
        otherwise, dy in a sink; NaN on the ocean.
    outlet : (n + 1,) int32
        Padded index of the last land cell of each basin.
    looping : bool
        Whether some way never ends; the result is then incomplete.
    """
    step = offsets(nx)
    width = nx + 2
    sides = np.empty((ny, 10), dtype=np.float64)
    for j in range(ny):
        sides[j, :] = np.hypot(dx[j], dy)
        sides[j, 1] = sides[j, 5] = sides[j, END] = dy
        sides[j, 3] = sides[j, 7] = dx[j]
    basin = np.zeros(kind.size, dtype=np.int32)
    distance = np.full(kind.size, np.nan)
    outlet = np.empty(kind.size, dtype=np.int32)
    outlet[0] = 0
    way = np.empty(kind.size, dtype=np.int32)
    count = 0
    for j in range(1, ny + 1):
        for start in range(j * width + 1, j * width + nx + 1):
            if kind[start] == OCEAN or basin[start] > 0:
                continue
            length = 0
            p = start
            while kind[p] != OCEAN and basin[p] == 0:
                basin[p] = -1
                way[length] = p
                length += 1
                if kind[p] == SINK:
                    break
                p = home(p + step[direction[p]], kind, nx)
            if kind[p] == LAND and basin[p] < 0:
                return basin, distance, outlet[:1].copy(), True
            if basin[p] > 0:
                number, total = basin[p], distance[p]
            else:
                count += 1
                outlet[count] = way[length - 1]
                number, total = count, 0.0
            for n in range(length - 1, -1, -1):
                p = way[n]
                total += sides[p // width - 1, direction[p]]
                basin[p] = number
                distance[p] = total
    return basin, distance, outlet[: count + 1].copy(), False


@njit(
    "int64[::1](int32[::1], int64, int64[::1], int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def basin_areas(basin: IntArray, count: int, row_area: LongArray, ny: int, nx: int) -> LongArray:
    """Sum the whole-number areas of the rows' cells over each basin, (count + 1,) int64."""
    width = nx + 2
    area = np.zeros(count + 1, dtype=np.int64)
    for j in range(1, ny + 1):
        for p in range(j * width + 1, j * width + nx + 1):
            area[basin[p]] += row_area[j - 1]
    area[0] = 0
    return area


@njit(
    "int8[::1](uint8[::1], int32[::1], int64, int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def outlets_by_ocean(kind: ByteArray, outlet: IntArray, reach: int, ny: int, nx: int) -> CodeArray:
    """1 for each outlet with ocean at most `reach` rows and columns away, 2 for a sink, else 0."""
    width = nx + 2
    found = np.zeros(outlet.size, dtype=np.int8)
    for n in range(1, outlet.size):
        p = outlet[n]
        if kind[p] == SINK:
            found[n] = 2
            continue
        j, i = p // width, p % width - 1
        for row in range(max(1, j - reach), min(ny, j + reach) + 1):
            for di in range(-reach, reach + 1):
                if kind[row * width + 1 + (i + di) % nx] == OCEAN:
                    found[n] = 1
    return found


@njit(
    "Tuple((int8[:,::1], float64[:,::1], float64[:,::1], float64[:,::1]))"
    "(float64[::1], uint8[::1], uint8[::1], float64[::1], float64, int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def along_rivers(
    height: FloatArray,
    kind: ByteArray,
    direction: ByteArray,
    distance: FloatArray,
    least_drop: float,
    ny: int,
    nx: int,
) -> tuple[CodeArray, FloatArray, FloatArray, FloatArray]:
    """Length, drop and topographic index of the river from each land cell to the next.

    Parameters
    ----------
    height, distance : (size,) float64
        Padded heights [m] and ways to the end of the flow [km].
    kind, direction : (size,) uint8
        Padded kinds and codes.
    least_drop : float
        Lower bound of the drop [m].

    Returns
    -------
    code : (ny, nx) int8
        Direction, 0 where the next cell is the ocean or there is none.
    length : (ny, nx) float64
        Way to the next cell [m]; NaN on the ocean.
    drop : (ny, nx) float64
        Fall to the next cell, from an outlet to sea level [m]; 0 on the ocean.
    index : (ny, nx) float64
        sqrt(length^3 / (1e6 drop)), with the length in metres; NaN on the ocean.
    """
    step = offsets(nx)
    width = nx + 2
    code = np.zeros((ny, nx), dtype=np.int8)
    length = np.empty((ny, nx), dtype=np.float64)
    drop = np.empty((ny, nx), dtype=np.float64)
    index = np.empty((ny, nx), dtype=np.float64)
    for j in range(ny):
        for i in range(nx):
            p = (j + 1) * width + 1 + i
            if kind[p] == OCEAN:
                length[j, i] = np.nan
                drop[j, i] = 0.0
                index[j, i] = np.nan
                continue
            following, fall = 0.0, height[p]
            if kind[p] == LAND:
                q = home(p + step[direction[p]], kind, nx)
                if kind[q] != OCEAN:
                    following, fall = distance[q], height[p] - height[q]
                    code[j, i] = direction[p]
            length[j, i] = (distance[p] - following) * 1000.0
            drop[j, i] = max(fall, least_drop)
            index[j, i] = np.sqrt(length[j, i] ** 3 / (drop[j, i] * 1e6))
    return code, length, drop, index


@njit("void(int32[::1], int32[::1])", cache=True, nogil=True, error_model="numpy")
def renumber(basin: IntArray, rank: IntArray) -> None:
    """Replace each basin number by its rank, in place."""
    for p in range(basin.size):
        basin[p] = rank[basin[p]]
