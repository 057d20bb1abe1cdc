"""Plant functional types of the land model on its map of half a degree."""

from collections.abc import Mapping

import numpy as np

from climpy.arrays import BoolArray, FloatArray
from climpy.bc.ipsl.coordinates import require_shape
from climpy.bc.ipsl.vegetation_table import CLASSES, DEFAULT_TABLE, VegetationTable
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.grids.remapping import regrid
from climpy.io import Attributes, ModelFile, Variable

__all__ = [
    "CLASSES",
    "DEFAULT_TABLE",
    "SHAPE",
    "TABLE_ATTRIBUTE",
    "VegetationTable",
    "land_mask",
    "saved_table",
    "to_file",
    "vegetation",
]

SHAPE = (360, 720)
"""Rows and columns of the vegetation map."""

TABLE_ATTRIBUTE = "vegetation_table"
"""Global attribute of the file that holds the table it was made from, as JSON."""


def vegetation(
    heights: FloatArray, grid: RegularGrid, table: VegetationTable = DEFAULT_TABLE
) -> FloatArray:
    """Share of each vegetation class in the land cells, (13, 360, 720) float64 [1].

    Rows from south to north, columns from 180 W; the shares of a land cell sum to 1, ocean is
    NaN. Land is where the heights, interpolated to half a degree, are above 0.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.
    table : VegetationTable
        Percentages by latitude.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of their grid.
    """
    target = RegularGrid.of_shape(*SHAPE)
    band = np.searchsorted(np.array(table.bounds), np.abs(target.latitudes))
    shares = np.array(table.percentages).T / 100.0
    by_latitude = shares[:, band, np.newaxis]
    return np.where(land_mask(heights, grid), by_latitude, np.nan)


def land_mask(heights: FloatArray, grid: RegularGrid) -> BoolArray:
    """Mark where the heights, interpolated to half a degree, are land; bool (360, 720)."""
    require_shape(heights, grid.shape, "topography")
    return regrid(heights, grid, RegularGrid.of_shape(*SHAPE), "bilinear") > 0.0


def saved_table(attributes: Mapping[str, object]) -> VegetationTable | None:
    """Table that a file was made from, out of its global attributes; None if it holds none.

    Raises
    ------
    InputRefused
        If the attribute has been changed into something that is no table.
    """
    text = attributes.get(TABLE_ATTRIBUTE)
    return None if text is None else VegetationTable.from_json(str(text))


def to_file(shares: FloatArray, source: VegetationTable | Mapping[str, str]) -> ModelFile:
    """Describe the file `pft`: maxvegetfrac(time_counter, veget, lat, lon), rows from the north.

    Parameters
    ----------
    shares : (13, 360, 720) float64
        Share of each class [1], rows from south to north, NaN on ocean.
    source : VegetationTable or mapping
        The table that the map was made from, which is kept in the global attribute
        `vegetation_table`, or global attributes that tell what else it was made from.

    Raises
    ------
    InputRefused
        If the shares have another shape.
    """
    if shares.shape != (len(CLASSES), *SHAPE):
        raise InputRefused(f"The shares are {shares.shape}, not {(len(CLASSES), *SHAPE)}.")
    if isinstance(source, VegetationTable):
        source = {TABLE_ATTRIBUTE: source.to_json()}
    attributes: Attributes = {
        "long_name": "Vegetation types",
        "units": "1",
        "valid_min": 0.0,
        "valid_max": 1.0,
    }
    filed = np.ascontiguousarray(shares[np.newaxis, :, ::-1])
    grid = RegularGrid.of_shape(*SHAPE)
    return ModelFile(
        {
            "lat": _axis("lat", grid.latitudes[::-1], "Latitude", 90.0),
            "lon": _axis("lon", grid.longitudes, "Longitude", 180.0),
            "time_counter": _time(),
            "veget": _veget(),
            "maxvegetfrac": Variable(("time_counter", "veget", "lat", "lon"), filed, attributes),
        },
        attributes=dict(source),
    )


def _axis(name: str, values: FloatArray, long_name: str, limit: float) -> Variable:
    attributes: dict[str, str | float] = {
        "standard_name": long_name.lower(),
        "long_name": long_name,
        "units": "degrees_north" if name == "lat" else "degrees_east",
        "axis": "Y" if name == "lat" else "X",
        "valid_min": -limit,
        "valid_max": limit,
    }
    if name == "lon":
        attributes |= {"modulo": 360.0, "topology": "circular"}
    return Variable((name,), np.ascontiguousarray(values), attributes, real=False)


def _time() -> Variable:
    attributes = {"units": "years since 0-1-1", "calendar": "gregorian", "axis": "T"}
    return Variable(("time_counter",), np.ones(1), attributes, real=False)


def _veget() -> Variable:
    attributes: dict[str, str | int] = {
        "long_name": "Vegetation Classes",
        "units": "-",
        "valid_min": 1,
        "valid_max": len(CLASSES),
        "classes": ", ".join(f"{k} {name}" for k, name in enumerate(CLASSES, start=1)),
    }
    return Variable(("veget",), np.arange(1, 14, dtype=np.int32), attributes, real=False)
