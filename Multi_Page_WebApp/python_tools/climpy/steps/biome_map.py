"""A user's map of BIOME4 biomes: found in its file and read as it is, never interpolated."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.megabiomes import BiomeMap, megabiome_numbers
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.io import open_dataset
from climpy.topography.finding import Field, coordinate_names, find_topography, locate
from climpy.topography.layout import Layout, layout_of
from climpy.topography.source import FieldReader

_ROUNDING = 1e-5
"""How far a packed whole number may lie from it once its scale was applied."""


def load_megabiomes(path: Path, variable: str | None = None) -> tuple[BiomeMap, dict[str, Any]]:
    """Read a global map of BIOME4 biomes, grouped into megabiomes, and say what was understood.

    Coordinates, orientation, first longitude and values that stand for none are found as in a
    topography. Where the rows stand on the poles and between, each counts for the half cells on
    both sides of it.

    Parameters
    ----------
    path : Path
        A classic, 64-bit, CDF-5 or NetCDF-4 file.
    variable : str, optional
        Name of the biomes, if they are not the only field.

    Raises
    ------
    InputRefused
        If the file cannot be used; the sentence says why.
    """
    with open_dataset(path) as dataset, _naming(path):
        dataset.set_auto_maskandscale(False)
        field = find_topography(dataset, variable or _only(dataset))
        layout = layout_of(field)
        numbers, name = _read(field, layout), field.name
    grid = layout.grid
    facts = {
        "file": path.name,
        "variable": name,
        "rows": layout.rows,
        "columns": layout.columns,
        "orientation": "north-up" if layout.north_up else "south-up",
        "longitude_range": [grid.west, grid.west + 360.0],
        "cells_without_biome": int((numbers == 0).sum()),
    }
    if layout.nodes:
        numbers = np.repeat(numbers, 2, axis=0)[1:-1]
        grid = RegularGrid.of_shape(2 * grid.shape[0], grid.shape[1], grid.west)
    return BiomeMap(numbers, grid), facts


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name before a refusal: the user has given a topography as well."""
    try:
        yield
    except InputRefused as refusal:
        raise InputRefused(f"{path.name}: {refusal}") from refusal


def _only(dataset: netCDF4.Dataset) -> str | None:
    """Name of the only field of two dimensions; None if there is none.

    Raises
    ------
    InputRefused
        If there are several.
    """
    skipped = coordinate_names(dataset)
    fields = [v for n, v in dataset.variables.items() if n not in skipped and _is_plane(v)]
    fields = [v for v in fields if locate(dataset, v) is not None] or fields
    if len(fields) > 1:
        raise InputRefused(
            f"There are several fields that may be the biomes: {', '.join(v.name for v in fields)};"
            " name the one to take with biome_var (--biome-var)."
        )
    return fields[0].name if fields else None


def _is_plane(variable: "netCDF4.Variable[Any]") -> bool:
    """Whether a variable holds numbers along two dimensions."""
    datatype: object = variable.datatype
    numeric = isinstance(datatype, np.dtype) and datatype.kind in "iuf"
    return numeric and sum(length > 1 for length in variable.shape) == 2


def _read(field: Field, layout: Layout) -> AnyArray:
    """Megabiome of each cell, (rows, columns) int8; 0 where there is none."""
    reader = FieldReader(field, layout, fill=False)
    numbers = np.zeros((layout.rows, layout.columns), np.int8)
    for block in reader.blocks():
        codes = _whole(block.values, field.name)
        numbers[block.rows, block.columns] = megabiome_numbers(codes)
    return numbers


def _whole(values: FloatArray, name: str) -> FloatArray:
    """Free whole numbers from the rounding of packed ones; refuse others."""
    codes = np.rint(values)
    broken = values[np.abs(values - codes) > _ROUNDING]
    if broken.size:
        raise InputRefused(
            f"The variable {name} is no map of biomes: it holds {broken[0]:g}, and biomes are "
            "whole numbers from 1 to 28."
        )
    return codes
