"""An ocean grid seen on a picture's own grid of points; loads no drawing library."""

import numpy as np

from climpy.arrays import AnyArray, FloatArray


class Raster:
    """A picture's own grid of points, and for each the nearest cell of an ocean grid.

    The cells of an orthogonal mesh are the neighbourhoods of their centres, so that looking up
    the nearest centre draws the mesh as it is, without a smear where it meets itself.

    Parameters
    ----------
    longitudes, latitudes : (ny, nx)
        Cell centres of the ocean grid [degrees].
    """

    def __init__(self, longitudes: FloatArray, latitudes: FloatArray) -> None:
        from scipy.spatial import cKDTree

        self._tree = cKDTree(_sphere(longitudes, latitudes).reshape(-1, 3))
        height = np.diff(latitudes[:2], axis=0).mean()
        self._southern_edge = float(latitudes[0].min() - 0.5 * height)

    def cells(self, longitudes: FloatArray, latitudes: FloatArray) -> AnyArray:
        """Flat index of the cell nearest to each point, -1 south of the grid."""
        nearest = self._tree.query(_sphere(longitudes, latitudes))[1]
        return np.where(latitudes < self._southern_edge, -1, nearest)

    def globe(self, step: float = 0.75) -> AnyArray:
        """Cells for a map of the globe with points every `step` degrees, south row first."""
        latitudes = np.arange(-90.0 + 0.5 * step, 90.0, step)
        longitudes = np.arange(-180.0 + 0.5 * step, 180.0, step)
        return self.cells(*np.meshgrid(longitudes, latitudes))


def _sphere(longitudes: FloatArray, latitudes: FloatArray) -> FloatArray:
    lam, phi = np.deg2rad(longitudes), np.deg2rad(latitudes)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def on_raster(field: FloatArray, cells: AnyArray) -> FloatArray:
    """Values of an ocean field at the cells of a raster, NaN where there is none."""
    return np.where(cells < 0, np.nan, field.ravel()[cells])
