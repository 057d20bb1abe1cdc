"""The header of a NetCDF file, for a page rather than a terminal."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.fields.planes import Plane, plane_of
from climpy.io import open_dataset
from climpy.topography.annotations import as_text, labels_of, plain_attributes
from climpy.topography.finding import FileVariable, coordinate_names, role_of

MOST_VARIABLES = 1000
"""Variables that are told of."""


def header(path: Path) -> dict[str, Any]:
    """Say what a file holds, ready for JSON; no field is read.

    Parameters
    ----------
    path : Path
        Any NetCDF file.

    Returns
    -------
    dict
        `format`, `dimensions` (name, length, unlimited), `variables` (name, type, dims, shape,
        attributes, units, long_name, drawable, and in `choose` the further dimensions of which
        one place is drawn, with labels), `attributes`, `first` (the variable to draw first, None
        if there is none), `groups`, and in `left_out` how many variables are not told of.

    Raises
    ------
    InputRefused
        If the file cannot be opened.
    """
    with open_dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        told = list(dataset.variables.values())[:MOST_VARIABLES]
        planes = {variable.name: plane_of(dataset, variable) for variable in told}
        return {
            "format": str(dataset.data_model),
            "dimensions": [
                {"name": name, "length": len(dim), "unlimited": bool(dim.isunlimited())}
                for name, dim in dataset.dimensions.items()
            ],
            "variables": [_variable(dataset, v, planes[v.name]) for v in told],
            "attributes": plain_attributes(dataset),
            "first": _first(dataset, told, planes),
            "groups": list(dataset.groups),
            "left_out": len(dataset.variables) - len(told),
        }


def first_to_draw(dataset: netCDF4.Dataset) -> str | None:
    """Name of the variable that tells most about an open file; None if there is none."""
    told = list(dataset.variables.values())[:MOST_VARIABLES]
    return _first(dataset, told, {v.name: plane_of(dataset, v) for v in told})


def _first(
    dataset: netCDF4.Dataset, told: Iterable[FileVariable], planes: dict[str, Plane | None]
) -> str | None:
    """The first field that is no coordinate, one with a place on the globe rather than without."""
    skipped = coordinate_names(dataset)
    fields = [planes[v.name] for v in told]
    drawable = [p for p in fields if p is not None and p.variable.name not in skipped]
    placed = [p for p in drawable if p.latitude is not None] or drawable
    placed = placed or [p for p in fields if p is not None]
    return str(placed[0].variable.name) if placed else None


def _variable(
    dataset: netCDF4.Dataset, variable: FileVariable, plane: Plane | None
) -> dict[str, Any]:
    attributes = plain_attributes(variable)
    return {
        "name": variable.name,
        "type": _type_name(variable),
        "dims": list(variable.dimensions),
        "shape": [int(length) for length in variable.shape],
        "attributes": attributes,
        "units": as_text(attributes.get("units", "")),
        "long_name": as_text(attributes.get("long_name", attributes.get("title", ""))),
        "drawable": plane is not None,
        "coordinate": bool(role_of(variable)),
        "choose": _choices(dataset, plane) if plane is not None else [],
    }


def _type_name(variable: FileVariable) -> str:
    datatype: object = variable.datatype
    if isinstance(datatype, np.dtype):
        return "char" if datatype.kind == "S" else datatype.name
    if datatype is str:
        return "text"
    return f"{type(datatype).__name__.removesuffix('Type').lower()} {getattr(datatype, 'name', '')}"


def _choices(dataset: netCDF4.Dataset, plane: Plane) -> list[dict[str, Any]]:
    """The dimensions of which one place is drawn."""
    dims, shape = plane.variable.dimensions, plane.variable.shape
    return [
        {"dim": dims[axis], "length": int(shape[axis]), **labels_of(dataset, dims[axis])}
        for axis in plane.other_axes
        if shape[axis] > 1
    ]
