"""A file whose field is to be edited: opened, and laid out again with edited values."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl import regrid
from climpy.bc.ipsl.sub_basins import MASK_NAMES
from climpy.errors import InputRefused
from climpy.grids.t_points import grid_of_t_points
from climpy.interactive.field import Field, of_topography, on_ocean_grid
from climpy.interactive.stored import ocean_plane, plane_of_codes, variable_of
from climpy.io import ModelFile, Variable, open_dataset, read
from climpy.steps.loading import OWN_TOPOGRAPHY, is_own
from climpy.topography import Source, Topography, open_source
from climpy.topography.source import read_whole

BATHYMETRY = "Bathymetry"
_COORDINATES = (("nav_lat", "nav_lon"), ("navlat", "navlon"))
_DECODED = ("scale_factor", "add_offset", "_Unsigned")
_OF_OLD_VALUES = ("valid_min", "valid_max", "valid_range", "actual_range")


@dataclass(frozen=True, eq=False)
class Placement:
    """How a script reads the field: arguments of functions of `climpy.interactive.stored`.

    Parameters
    ----------
    names : mapping of str to str
        Names of the variables in the file.
    topography : mapping, optional
        Of `topography_plane`, and `grid`: rows, columns and western edge.
    """

    names: Mapping[str, str]
    topography: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Opened:
    """A file's field, and what is needed to write it again.

    Parameters
    ----------
    path : Path
        The file.
    file_type : {"raw", "bathy", "sub_basins", "field"}
        What provenance calls it.
    field : Field
        To be edited.
    content : callable
        From edited values to the content of a file, and sentences about what it does not hold.
    placement : Placement
        How a script finds the same.
    warnings : tuple of str
        What the user should look at.
    """

    path: Path
    file_type: str
    field: Field
    content: Callable[[FloatArray], tuple[ModelFile, list[str]]]
    placement: Placement
    warnings: tuple[str, ...] = ()


def open_field(path: Path, variable: str | None = None) -> Opened:
    """Open the field of a file: a topography, or a field on an ocean grid.

    On an ocean grid that is the field that is named, else the basins (atlmsk, pacmsk, indmsk) or
    the bathymetry. Missing depths are land.

    Parameters
    ----------
    path : Path
        Any NetCDF file.
    variable : str, optional
        Which field, if the file holds several.

    Raises
    ------
    InputRefused
        If the file holds nothing that can be edited; the sentence says why.
    """
    with open_dataset(path) as dataset, _whole(path):
        names = set(dataset.variables)
        coordinates = next((pair for pair in _COORDINATES if set(pair) <= names), None)
        if coordinates is not None:
            if variable is None and set(MASK_NAMES.values()) <= names:
                return _basins(path, dataset, coordinates)
            if variable is not None or BATHYMETRY in names:
                opened = _ocean_field(path, dataset, coordinates, variable or BATHYMETRY)
                if opened is not None:
                    return opened
    return _topography(path, variable)


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Turn the library's troubles with the values of a file into a sentence."""
    try:
        yield
    except (OSError, RuntimeError, IndexError) as trouble:
        raise InputRefused(
            f"{path.name} is damaged or cut off and cannot be read; copy it again."
        ) from trouble


def _topography(path: Path, variable: str | None) -> Opened:
    name = variable or (OWN_TOPOGRAPHY if is_own(path) else None)
    with open_source(path, name) as source:
        topography = Topography(read_whole(source), source.layout.grid)
        understanding = source.understanding()
        placement = _placement(source)

    def content(values: FloatArray) -> tuple[ModelFile, list[str]]:
        own_cells = regrid.Target(limits="data")
        read_again = regrid.regrid_file(path, own_cells, "nearest", understanding.variable)
        edited = Topography(values, topography.grid)
        missing = [note for note in read_again.notes if "not carried" in note]
        return regrid.to_file(edited, read_again.carried), missing

    return Opened(
        path, "raw", of_topography(topography), content, placement, understanding.warnings
    )


def _placement(source: Source) -> Placement:
    of, layout = source.field, source.layout
    places: list[int | None] = [of.places.get(axis, 0) for axis in range(of.variable.ndim)]
    places[of.latitude_axis] = places[of.longitude_axis] = None
    rows, columns, values = source.scan.filling()
    return Placement(
        {"topography": of.name},
        {
            "encoding": source.encoding,
            "index": tuple(places),
            "transposed": of.longitude_axis < of.latitude_axis,
            "north_up": layout.north_up,
            "columns": layout.columns,
            "filled": (tuple(rows.tolist()), tuple(columns.tolist()), tuple(values.tolist())),
            "rows_at_poles": layout.nodes,
            "grid": (*layout.grid.shape, layout.grid.west),
        },
    )


def _ocean_field(
    path: Path, dataset: netCDF4.Dataset, coordinates: tuple[str, str], name: str
) -> Opened | None:
    """A field at T points; None if the coordinates are not those of an ocean grid."""
    latitudes, longitudes = _coordinates(path, dataset, coordinates)
    try:
        ocean = grid_of_t_points(longitudes, latitudes)
    except InputRefused:
        if name == BATHYMETRY:
            raise
        return None
    if name in coordinates:
        raise InputRefused(f"{name} says where the cells lie; it cannot be edited.")
    values = ocean_plane(variable_of(dataset, name))
    kind = "other"
    if name == BATHYMETRY:
        kind, values = "bathymetry", np.where(np.isnan(values), 0.0, values)
    placed = dict(zip(("latitude", "longitude"), coordinates, strict=True))
    return Opened(
        path,
        "bathy" if name == BATHYMETRY else "field",
        on_ocean_grid(values, ocean, kind),
        lambda edited: _rewritten(path, {name: edited}),
        Placement({"field": name, **placed}),
    )


def _basins(path: Path, dataset: netCDF4.Dataset, coordinates: tuple[str, str]) -> Opened:
    latitudes, longitudes = _coordinates(path, dataset, coordinates)
    masks = {
        int(basin): ocean_plane(variable_of(dataset, name)) for basin, name in MASK_NAMES.items()
    }
    codes = plane_of_codes(masks)
    ocean = grid_of_t_points(longitudes, latitudes)

    def content(edited: FloatArray) -> tuple[ModelFile, list[str]]:
        strange = sorted(set(np.unique(edited).tolist()) - {0.0, *map(float, MASK_NAMES)})
        if strange:
            raise InputRefused(
                f"A cell is painted {strange[0]:g}; paint 1 (Atlantic), 2 (Pacific) or 3 (Indian)."
            )
        painted = {name: (edited == basin).astype(np.int32) for basin, name in MASK_NAMES.items()}
        return _rewritten(path, painted)

    placed = dict(zip(("latitude", "longitude"), coordinates, strict=True))
    return Opened(
        path,
        "sub_basins",
        on_ocean_grid(codes, ocean, "codes", sea=codes > 0.0),
        content,
        Placement({**{name: name for name in MASK_NAMES.values()}, **placed}),
    )


def _coordinates(
    path: Path, dataset: netCDF4.Dataset, names: tuple[str, str]
) -> tuple[FloatArray, FloatArray]:
    latitudes, longitudes = (ocean_plane(variable_of(dataset, name)) for name in names)
    for name, values in zip(names, (latitudes, longitudes), strict=True):
        if not np.isfinite(values).all():
            raise InputRefused(f"{path.name}: {name} has cells without a value.")
    return latitudes, longitudes


def _rewritten(path: Path, edited: Mapping[str, AnyArray]) -> tuple[ModelFile, list[str]]:
    """All that a file holds, with other values in some variables, and what has to be left out."""
    before = read(path)
    variables, notes = {}, []
    for name, variable in before.variables.items():
        values, said = variable.values, _classic_attributes(variable.attributes)
        if name in edited:
            values = edited[name].reshape(values.shape)
            said = {k: v for k, v in said.items() if k not in _OF_OLD_VALUES}
        stored = _classic(values)
        if stored is None:
            notes.append(f"{name} is not carried: NetCDF-3 has no such type.")
            continue
        holes = stored.dtype.kind == "f" and (variable.real or bool(np.isnan(stored).any()))
        variables[name] = Variable(variable.dims, stored, said, real=holes)
    return ModelFile(variables, _classic_attributes(before.attributes), before.unlimited), notes


def _classic(values: AnyArray) -> AnyArray | None:
    """Values in a type that NetCDF-3 has; None if there is none."""
    if values.dtype.kind in "fS" or values.dtype in (np.int8, np.int16, np.int32):
        return values
    if values.dtype.kind not in "iu":
        return None
    fits = values.size == 0 or (int(values.min()) >= -(2**31) and int(values.max()) < 2**31)
    return values.astype(np.int32 if fits else np.float64)


def _classic_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Texts and numbers; values that were decoded are packed no longer."""
    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        if name in _DECODED:
            continue
        if isinstance(value, str):
            kept[name] = value
        elif np.asarray(value).dtype.kind in "iuf" and np.asarray(value).size:
            stored = _classic(np.asarray(value))
            kept[name] = stored if stored is None or stored.ndim else stored[()]
    return kept
