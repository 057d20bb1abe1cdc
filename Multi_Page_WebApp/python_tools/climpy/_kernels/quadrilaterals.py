"""Quadrilateral cells painted on a raster: each pixel gets the cell that holds its centre."""

import numpy as np
from numba import njit

from climpy.arrays import FloatArray, IntArray

_GRAIN = 1e9
"""Corners are rounded to a billionth, so that those that cells share are equal to the bit."""

_POLE = 90.0 - 1e-6


@njit(
    "int64(float64[::1], float64[::1], float64, float64[:, ::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _ring(x: FloatArray, y: FloatArray, turn: float, ring: FloatArray) -> int:
    """Lay the four corners of a cell out on a map that repeats itself; gives their number.

    Each side goes the shorter way round. A corner on a pole, whose longitude says nothing, becomes
    the two ends of a stretch of the map's edge; so does a pole within the cell.
    """
    first = -1
    for k in range(4):
        if abs(y[k]) < _POLE:
            first = k
            break
    if first < 0:
        return 0
    here, count, pole = x[first], 1, 0.0
    ring[0, 0], ring[1, 0] = here, y[first]
    for step in range(1, 5):
        k = (first + step) % 4
        if abs(y[k]) >= _POLE:
            pole = y[k]
            continue
        there = here + (x[k] - here) - turn * np.rint((x[k] - here) / turn)
        if pole != 0.0:
            ring[0, count], ring[1, count] = here, pole
            ring[0, count + 1], ring[1, count + 1] = there, pole
            count, pole = count + 2, 0.0
        if step < 4:
            ring[0, count], ring[1, count] = there, y[k]
            count += 1
        here = there
    if abs(here - x[first]) > 0.5 * turn:
        pole = 90.0 if y[0] + y[1] + y[2] + y[3] >= 0.0 else -90.0
        for east, north in ((here, y[first]), (here, pole), (x[first], pole)):
            ring[0, count], ring[1, count] = east, north
            count += 1
    return count


@njit(
    "void(float64[:, ::1], int64, int32, int32[:, ::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _fill(ring: FloatArray, count: int, cell: int, picture: IntArray) -> None:
    """Paint the pixels whose centres lie in a polygon (pixel units), by the even-odd rule.

    A side belongs to the cell on its right; its crossing with a line of centres is worked out in
    one direction whichever cell it is a side of, so that no pixel is left out between two cells.
    """
    height, width = picture.shape
    crossings = np.empty(16)
    low, high = ring[1, :count].min(), ring[1, :count].max()
    for row in range(max(int(np.ceil(low - 0.5)), 0), min(int(np.ceil(high - 0.5)), height)):
        centre, found = row + 0.5, 0
        for k in range(count):
            a, b = k, (k + 1) % count
            if (ring[1, a] <= centre) == (ring[1, b] <= centre):
                continue
            if ring[1, a] > ring[1, b]:
                a, b = b, a
            slope = (ring[0, b] - ring[0, a]) / (ring[1, b] - ring[1, a])
            crossing = ring[0, a] + (centre - ring[1, a]) * slope
            place = found
            while place > 0 and crossings[place - 1] > crossing:
                crossings[place] = crossings[place - 1]
                place -= 1
            crossings[place] = crossing
            found += 1
        for k in range(0, found, 2):
            begin = int(np.ceil(min(max(crossings[k] - 0.5, 0.0), float(width))))
            end = int(np.ceil(min(max(crossings[k + 1] - 0.5, 0.0), float(width))))
            for column in range(begin, end):
                picture[row, column] = cell


@njit(
    "void(float64[:, ::1], float64[:, ::1], int32[:, ::1], float64, float64[::1], int32[:, ::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def paint(
    x: FloatArray,
    y: FloatArray,
    cells: IntArray,
    turn: float,
    frame: FloatArray,
    picture: IntArray,
) -> None:
    """Paint cells on a picture.

    Parameters
    ----------
    x, y : (ny + 1, nx + 1) float64
        Corners; cells with one that is NaN are left out.
    cells : (ny, nx) int32
        What is painted for each cell; those below 0 are left out.
    turn : float
        Width after which x repeats itself, 0 if it does not. Then y is a latitude in degrees.
    frame : (4,) float64
        x and y of the picture's lower left corner, width and height of a pixel.
    picture : (height, width) int32
        Changed; the lowest row first.
    """
    ny, nx = cells.shape
    height, width = picture.shape
    left, bottom, dx, dy = frame
    right, top = left + width * dx, bottom + height * dy
    four = np.empty((2, 4))
    ring, shifted = np.empty((2, 16)), np.empty((2, 16))
    for j in range(ny):
        for i in range(nx):
            if cells[j, i] < 0:
                continue
            for k, (row, column) in enumerate(((j, i), (j, i + 1), (j + 1, i + 1), (j + 1, i))):
                four[0, k], four[1, k] = x[row, column], y[row, column]
            if not np.isfinite(four.sum()):
                continue
            if turn > 0.0:
                count = _ring(four[0], four[1], turn, ring)
                if count == 0:
                    continue
            else:
                count = 4
                ring[:, :4] = four
            if ring[1, :count].max() < bottom or ring[1, :count].min() > top:
                continue
            least, most = ring[0, :count].min(), ring[0, :count].max()
            if turn > 0.0:
                begin = int(np.ceil((left - most) / turn))
                end = int(np.floor((right - least) / turn))
            else:
                begin, end = 0, 0 if most >= left and least <= right else -1
            for number in range(begin, end + 1):
                for k in range(count):
                    east = np.rint((ring[0, k] + number * turn) * _GRAIN) / _GRAIN
                    north = np.rint(ring[1, k] * _GRAIN) / _GRAIN
                    shifted[0, k], shifted[1, k] = (east - left) / dx, (north - bottom) / dy
                _fill(shifted, count, cells[j, i], picture)
