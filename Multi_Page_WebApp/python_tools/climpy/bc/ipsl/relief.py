"""The relief of the land at a sixth of a degree, for the model's gravity waves."""

import numpy as np

from climpy.arrays import FloatArray
from climpy.bc.ipsl.coordinates import require_shape
from climpy.grids.regular import RegularGrid
from climpy.grids.remapping import regrid
from climpy.io import ModelFile, Variable

SHAPE = (1080, 2160)
"""Rows and columns of the relief."""


def relief(heights: FloatArray, grid: RegularGrid) -> FloatArray:
    """Heights of the land at a sixth of a degree, ocean 0, (1080, 2160) float64 [m].

    Bilinear between cell centres, periodic, towards the mean of the last row at a pole, then cut
    off at sea level; rows from south to north, columns from 180 W.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of their grid.
    """
    require_shape(heights, grid.shape, "topography")
    field = regrid(heights, grid, RegularGrid.of_shape(*SHAPE), "bilinear")
    return np.maximum(field, 0.0)


def to_file(field: FloatArray) -> ModelFile:
    """Describe the file `topo_high_res`: RELIEF(latitude, longitude) [m], rows from the north."""
    grid = RegularGrid.of_shape(*SHAPE)
    require_shape(field, SHAPE, "relief")
    return ModelFile(
        {
            "RELIEF": Variable(
                ("latitude", "longitude"),
                np.ascontiguousarray(field[::-1]),
                {"long_name": "relief", "units": "m"},
            ),
            "latitude": _axis("latitude", grid.latitudes[::-1], "degrees_north", "Y"),
            "longitude": _axis("longitude", grid.longitudes, "degrees_east", "X"),
        }
    )


def _axis(name: str, values: FloatArray, units: str, axis: str) -> Variable:
    attributes = {"standard_name": name, "long_name": name, "units": units, "axis": axis}
    return Variable((name,), np.ascontiguousarray(values), attributes, real=False)
