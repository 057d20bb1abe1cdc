"""Rough planets of any resolution: fractal heights, a third of them land."""

import numpy as np

from climpy.arrays import FloatArray
from climpy.grids.regular import RegularGrid


def rough_planet(ny: int) -> tuple[FloatArray, RegularGrid]:
    """Heights (ny, 2 ny) [m], periodic in longitude, rough down to the size of a cell."""
    random = np.random.default_rng(0)
    nx = 2 * ny
    heights = np.zeros((ny, nx))
    waves, amplitude = 4, 1.0
    while waves <= ny:
        knots = random.standard_normal((waves + 1, 2 * waves + 1))
        knots[:, -1] = knots[:, 0]
        rows = _between(knots, np.linspace(0, waves, ny))
        heights += amplitude * _between(rows.T, np.arange(nx) * (2 * waves / nx)).T
        waves, amplitude = 2 * waves, amplitude / 2
    heights = 1500.0 * (heights - np.quantile(heights[:: max(1, ny // 500)], 0.65))
    return np.clip(heights, -8000.0, 8000.0), RegularGrid.of_shape(ny, nx)


def _between(knots: FloatArray, places: FloatArray) -> FloatArray:
    """Interpolate rows linearly at fractional places."""
    lower = np.minimum(places.astype(int), knots.shape[0] - 2)
    share = (places - lower)[:, None]
    return np.asarray(knots[lower] * (1.0 - share) + knots[lower + 1] * share)
