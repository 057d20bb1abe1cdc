"""The coordinates that the model's files carry, and the order of their rows and columns."""

import numpy as np

from climpy.arrays import AnyArray
from climpy.errors import InputRefused
from climpy.grids.ocean import OceanGrid
from climpy.grids.regular import RegularGrid
from climpy.io import Attributes, Variable


def require_shape(field: AnyArray, shape: tuple[int, int], grid: str) -> None:
    """Refuse a field that does not have the shape of its grid.

    Raises
    ------
    InputRefused
        Naming both shapes.
    """
    if field.shape != shape:
        raise InputRefused(
            f"The field has {' x '.join(map(str, field.shape))} cells, "
            f"the {grid} grid {shape[0]} x {shape[1]}."
        )


def north_up(field: AnyArray, grid: RegularGrid) -> AnyArray:
    """Field (..., ny, nx) with rows from north to south and columns from 180 W eastward."""
    return np.ascontiguousarray(field[..., ::-1, :][..., _from_180_west(grid)])


def regular_coordinates(grid: RegularGrid) -> dict[str, Variable]:
    """`nav_lon` and `nav_lat` (y, x) of a regular grid in the order of `north_up`."""
    lon, lat = np.meshgrid(_wrapped(grid)[_from_180_west(grid)], grid.latitudes[::-1])
    return {
        "nav_lon": _coordinate(lon, "degrees_east", "Longitude", 180.0),
        "nav_lat": _coordinate(lat, "degrees_north", "Latitude", 90.0),
    }


def ocean_coordinates(grid: OceanGrid) -> dict[str, Variable]:
    """`nav_lon` and `nav_lat` (y, x) of the T points of the ocean grid."""
    return {
        "nav_lon": _coordinate(grid.glamt, "degrees_east", "Longitude", 180.0),
        "nav_lat": _coordinate(grid.gphit, "degrees_north", "Latitude", 90.0),
    }


def _coordinate(values: AnyArray, units: str, name: str, limit: float) -> Variable:
    attributes: Attributes = {
        "standard_name": name.lower(),
        "long_name": name,
        "units": units,
        "valid_min": -limit,
        "valid_max": limit,
    }
    return Variable(("y", "x"), np.ascontiguousarray(values), attributes, real=False)


def _wrapped(grid: RegularGrid) -> AnyArray:
    """Longitudes in -180..180 [degrees]; 180 E becomes 180 W."""
    # Rounded, so that a centre one rounding error west of 180 W does not jump to the far end.
    return np.round((grid.longitudes + 180.0) % 360.0, 9) % 360.0 - 180.0


def _from_180_west(grid: RegularGrid) -> AnyArray:
    return np.argsort(_wrapped(grid), kind="stable")
