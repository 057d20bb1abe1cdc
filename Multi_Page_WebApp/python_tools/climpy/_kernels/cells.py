"""What a fine regular field holds under the quadrilateral cells of another grid."""

import numpy as np
from numba import njit

from climpy.arrays import FloatArray, IntArray


@njit(
    "float64[:, ::1](float64[:, :, ::1], int32[:, ::1], float64[:, ::1], float64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def under_quadrilaterals(
    corners: FloatArray, samples: IntArray, heights: FloatArray, west: float
) -> FloatArray:
    """Sample a regular field at a lattice of points inside each quadrilateral.

    Parameters
    ----------
    corners : (n, 4, 3) float64
        Unit vectors of the corners, in the order round the cell.
    samples : (n, 2) int32
        Number of points along the first side and along the second.
    heights : (ny, nx) float64
        Global regular field, rows from south to north.
    west : float
        Longitude of the field's western edge [degrees].

    Returns
    -------
    (n, 5) float64
        Minimum, area mean, maximum, share of the area with heights above 0, and area mean of the
        heights that are not above 0 (0 where there are none).

    Notes
    -----
    The points are the midpoints of a division of the bilinear patch that the corners span in
    space, each weighted with the area of its part (the length of the normal vector).
    """
    ny, nx = heights.shape
    result = np.zeros((corners.shape[0], 5))
    for n in range(corners.shape[0]):
        ax, ay, az = corners[n, 0]
        bx, by, bz = corners[n, 1]
        cx, cy, cz = corners[n, 2]
        dx, dy, dz = corners[n, 3]
        low, high = np.inf, -np.inf
        total = land = wet = mean = 0.0
        for row in range(samples[n, 1]):
            v = (row + 0.5) / samples[n, 1]
            # A line across the cell, from its western side to its eastern one.
            west_x, west_y, west_z = ax + v * (dx - ax), ay + v * (dy - ay), az + v * (dz - az)
            along_x = bx + v * (cx - bx) - west_x
            along_y = by + v * (cy - by) - west_y
            along_z = bz + v * (cz - bz) - west_z
            for column in range(samples[n, 0]):
                u = (column + 0.5) / samples[n, 0]
                x, y, z = west_x + u * along_x, west_y + u * along_y, west_z + u * along_z
                up_x = (1.0 - u) * (dx - ax) + u * (cx - bx)
                up_y = (1.0 - u) * (dy - ay) + u * (cy - by)
                up_z = (1.0 - u) * (dz - az) + u * (cz - bz)
                normal_x = along_y * up_z - along_z * up_y
                normal_y = along_z * up_x - along_x * up_z
                normal_z = along_x * up_y - along_y * up_x
                weight = np.sqrt(normal_x**2 + normal_y**2 + normal_z**2)
                lat = np.rad2deg(np.arctan2(z, np.sqrt(x * x + y * y)))
                lon = np.rad2deg(np.arctan2(y, x))
                j = min(max(int(np.floor((lat + 90.0) * ny / 180.0)), 0), ny - 1)
                i = int(np.floor((lon - west) * nx / 360.0)) % nx
                height = heights[j, i]
                low, high = min(low, height), max(high, height)
                total += weight
                mean += weight * height
                if height > 0.0:
                    land += weight
                else:
                    wet += weight * height
        water = total - land
        result[n, 0], result[n, 2] = low, high
        # Kept within its bounds, which rounding could leave where all heights are equal.
        result[n, 1], result[n, 3] = min(max(mean / total, low), high), land / total
        result[n, 4] = wet / water if water > 1e-12 * total else 0.0
    return result
