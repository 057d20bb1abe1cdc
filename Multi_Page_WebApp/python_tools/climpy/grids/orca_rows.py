"""The zonal part of the ocean grid: latitudes of its rows south of the polar cap."""

import numpy as np

from climpy.arrays import FloatArray

COLUMN_STEP = np.deg2rad(2.0)
"""Distance of neighbouring columns of the two-degree grid [radians]."""

MERCATOR_EQUATOR = 65.0
EQUATOR = 75.0
RIM = 95.0
"""Rows of the two-degree grid: of the equator that Mercator's rows aim at, of the equator that the
refined tropics lead to, and of the circle where the polar cap begins."""

# latitudes of the rows 0..20 steps from the equator [degrees]
_TROPICS = np.array([
    0.0, 0.499978, 0.999895, 1.500056, 2.0015, 2.506379, 3.018387, 3.543299, 4.089736, 4.670342,
    5.303616, 6.016612, 6.848019, 7.848055, 9.06455, 10.509401, 12.148084, 13.934023, 15.80972,
    17.712442, 19.605793,
])  # fmt: skip


def row_latitudes(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Latitudes of rows of the two-degree grid and their growth from row to row.

    South of row 55 the rows are those of an isotropic Mercator grid; rows 55 to 95 lie about the
    equator, closer together there, on a cubic spline through the reference's rows that joins
    Mercator's with the same slope at both ends.

    Parameters
    ----------
    rows : (n,) float64
        Rows, fractions allowed, at most 95.

    Returns
    -------
    latitudes, slopes : (n,) float64
        [radians north], [radians per row]
    """
    mercator = np.arcsin(np.tanh(COLUMN_STEP * (rows - MERCATOR_EQUATOR)))
    steps = rows - EQUATOR
    tropics, tropics_slopes = _tropics(np.clip(steps, EQUATOR - RIM, RIM - EQUATOR))
    south = steps < EQUATOR - RIM
    return (
        np.where(south, mercator, tropics),
        np.where(south, COLUMN_STEP * np.cos(mercator), tropics_slopes),
    )


def _tropics(steps: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Latitudes and slopes [radians] of rows by their steps from the equator, within 20."""
    half = np.deg2rad(_TROPICS)
    nodes = np.concatenate([-half[:0:-1], half])
    slopes = _spline_slopes(nodes, COLUMN_STEP * float(np.cos(half[-1])))
    place = np.clip(np.floor(steps).astype(np.int64) + half.size - 1, 0, nodes.size - 2)
    part = steps - (place - half.size + 1)
    rise = nodes[place + 1] - nodes[place]
    bend = slopes[place] + slopes[place + 1] - 2.0 * rise
    start = slopes[place]
    values = nodes[place] + part * (start + part * (rise - start + (part - 1.0) * bend))
    growth = start + part * 2.0 * (rise - start) + part * (3.0 * part - 2.0) * bend
    return values, growth


def _spline_slopes(values: FloatArray, end_slope: float) -> FloatArray:
    """Slopes at its equidistant nodes of the cubic spline with a given slope at both ends.

    Solved by elimination row by row: a library's solver may round otherwise in another process.
    """
    slopes = np.empty(values.size)
    slopes[1:-1] = 3.0 * (values[2:] - values[:-2])
    slopes[[0, -1]] = end_slope
    above = np.zeros(values.size)
    for row in range(1, values.size - 1):
        above[row] = 1.0 / (4.0 - above[row - 1])
        slopes[row] = (slopes[row] - slopes[row - 1]) * above[row]
    for row in range(values.size - 2, 0, -1):
        slopes[row] -= above[row] * slopes[row + 1]
    return slopes
