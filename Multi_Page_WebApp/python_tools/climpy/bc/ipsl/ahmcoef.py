"""Where the ocean model's tropical viscosity stays high: beside western coasts."""

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.bc.ipsl.coordinates import ocean_coordinates, require_shape
from climpy.grids.ocean import OceanGrid
from climpy.io import Attributes, ModelFile, Variable

BESIDE_THE_COAST = (100.0, 96.0, 69.0, 31.0, 4.0, 0.0)
"""Coefficient of the first, second ... ocean cell east of a western coast [percent]."""

SOUTHERN_LIMIT, NORTHERN_LIMIT = -19.6, 15.8
"""Latitudes that bound the tropics, to a tenth of a degree; the southern row belongs to them, the
northern does not: rows 55..92 of the 182 x 149 grid."""


def ahmcoef(depth: FloatArray, ocean: OceanGrid) -> FloatArray:
    """Coefficient of each cell, (ny, nx) float64 0..100 [percent]; copies equal originals.

    100 outside the tropics and on land; in the tropics 0, but for the six ocean cells east of
    a western coast, where it falls from 100 to 0. The coast is sought westward along the row,
    round the globe.

    Parameters
    ----------
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where the depth is.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid.
    """
    require_shape(depth, ocean.shape, "ocean")
    latitudes = np.round(ocean.gphit, 1)
    tropical = (latitudes >= SOUTHERN_LIMIT) & (latitudes < NORTHERN_LIMIT)
    rows = np.flatnonzero(tropical.any(axis=1))
    coefficient = np.full(ocean.shape, 100.0)
    distance = _cells_from_western_coast(depth[rows, 1:-1] > 0.0)
    # Entry 0 is land, the last one all ocean further from the coast.
    by_distance = np.array([100.0, *BESIDE_THE_COAST, 0.0])
    coefficient[rows, 1:-1] = by_distance[np.minimum(distance, by_distance.size - 1)]
    return ocean.fill_copies(np.where(tropical, coefficient, 100.0))


def _cells_from_western_coast(wet: BoolArray) -> AnyArray:
    """Count the cells from the nearest land to the west (1 beside it, 0 on it), cyclic.

    More than the length of the row where it holds no land.
    """
    nx = wet.shape[1]
    twice = np.concatenate([wet, wet], axis=1)
    column = np.arange(2 * nx)
    last_land = np.maximum.accumulate(np.where(twice, -nx, column), axis=1)
    return np.asarray((column - last_land)[:, nx:])


def to_file(coefficient: FloatArray, ocean: OceanGrid) -> ModelFile:
    """Describe the file `ahmcoef`: icof(y, x), 0..100."""
    require_shape(coefficient, ocean.shape, "ocean")
    attributes: Attributes = {
        "long_name": "Coefficient of the lateral eddy viscosity",
        "units": "%",
        "valid_min": 0.0,
        "valid_max": 100.0,
        "coordinates": "nav_lat nav_lon",
    }
    return ModelFile(
        {"icof": Variable(("y", "x"), coefficient, attributes), **ocean_coordinates(ocean)}
    )
