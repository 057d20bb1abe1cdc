"""Colour and texture of the soil: one kind of each on all land."""

import numpy as np

from climpy.arrays import FloatArray
from climpy.bc.ipsl.coordinates import north_up, regular_coordinates, require_shape
from climpy.grids.regular import RegularGrid
from climpy.io import ModelFile, Variable

SOIL_COLOR = 4.0
"""Class of the Henderson-Sellers and Wilson colours given to all land."""

SOIL_TEXTURE = 3.0
"""Class of the Zobler textures given to all land."""


def soils(heights: FloatArray, grid: RegularGrid) -> tuple[FloatArray, FloatArray]:
    """Soil colour (4) and soil texture (3) on land, 0 on ocean, each (ny, nx) float64.

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
    land = heights > 0.0
    return np.where(land, SOIL_COLOR, 0.0), np.where(land, SOIL_TEXTURE, 0.0)


def to_file(color: FloatArray, texture: FloatArray, grid: RegularGrid) -> ModelFile:
    """Describe the file `soils`: soilcolor and soiltext (y, x), rows from the north."""
    described = {
        "soilcolor": (color, "Soil color types from the Henderson-Sellers and Wilson dataset"),
        "soiltext": (texture, "Soil texture from Zobler 86"),
    }
    variables = regular_coordinates(grid)
    for name, (field, long_name) in described.items():
        attributes = {
            "axis": "YX",
            "units": "index",
            "long_name": long_name,
            "associate": "nav_lat nav_lon",
            "coordinates": "nav_lat nav_lon",
        }
        variables[name] = Variable(("y", "x"), north_up(field, grid), attributes)
    return ModelFile(variables)
