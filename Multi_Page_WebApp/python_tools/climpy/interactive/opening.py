"""A file whose field is to be edited: opened, and laid out again with edited values."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl import regrid
from climpy.bc.ipsl.sub_basins import MASK_NAMES
from climpy.errors import InputRefused
from climpy.fields.placing import geometry_of
from climpy.fields.planes import plane_of
from climpy.grids.ocean import OceanGrid
from climpy.grids.t_points import grid_of_t_points
from climpy.interactive.field import of_topography, on_ocean_grid
from climpy.interactive.opened import Corners, Opened, Placement, mesh_poles, sheet_of, writing
from climpy.interactive.planes import BATHYMETRY, open_plane, planes
from climpy.interactive.stored import ocean_plane, plane_of_codes, variable_of
from climpy.io import ModelFile, Variable, open_dataset, read
from climpy.steps.loading import OWN_TOPOGRAPHY, is_own
from climpy.topography import Source, Topography, Understanding, open_source
from climpy.topography.finding import text
from climpy.topography.source import read_whole

__all__ = [
    "BATHYMETRY",
    "Opened",
    "corners_and_poles",
    "open_field",
    "open_plane",
    "planes",
    "sheet_of",
]

_COORDINATES = (("nav_lat", "nav_lon"), ("navlat", "navlon"))
_DECODED = ("scale_factor", "add_offset", "_Unsigned")
_LIMITS = ("valid_min", "valid_max", "valid_range")


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
            name = variable or BATHYMETRY
            if name in names and _on_ocean_grid(path, dataset, coordinates, name):
                if name == BATHYMETRY:
                    return _bathymetry(path, dataset, coordinates)
                opened = open_plane(path, name)
                opened.require_editable()
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
        path,
        "raw",
        of_topography(topography),
        writing(content),
        placement,
        understanding.warnings,
        variable=understanding.variable,
        title="Topography",
        units="m",
        notes=tuple(_found(understanding)),
    )


def _found(understanding: Understanding) -> Iterator[str]:
    """What was understood of a topography, in sentences."""
    north_up = understanding.orientation == "north-up"
    yield f"Rows run from {'north to south' if north_up else 'south to north'} in the file."
    west, east = understanding.longitude_range
    yield f"Longitudes from {west:g} to {east:g} degrees."
    if understanding.units_assumed:
        yield "No units are given; metres are assumed."
    if understanding.holes:
        cells = "1 cell had" if understanding.holes == 1 else f"{understanding.holes} cells had"
        yield f"{cells} no value and took that of cells around."
    if understanding.rows_at_poles:
        yield "Rows stand on the poles; cells lie between them."


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


def _on_ocean_grid(
    path: Path, dataset: netCDF4.Dataset, coordinates: tuple[str, str], name: str
) -> bool:
    """Whether coordinates are those of an ocean grid; those of a bathymetry must be."""
    latitudes, longitudes = _coordinates(path, dataset, coordinates)
    try:
        grid_of_t_points(longitudes, latitudes)
    except InputRefused:
        if name == BATHYMETRY:
            raise
        return False
    return True


def _bathymetry(path: Path, dataset: netCDF4.Dataset, coordinates: tuple[str, str]) -> Opened:
    latitudes, longitudes = _coordinates(path, dataset, coordinates)
    ocean = grid_of_t_points(longitudes, latitudes)
    values = ocean_plane(variable_of(dataset, BATHYMETRY))
    missing = np.isnan(values)
    corners, poles = corners_and_poles(dataset, ocean)
    placed = dict(zip(("latitude", "longitude"), coordinates, strict=True))
    return Opened(
        path,
        "bathy",
        on_ocean_grid(np.where(missing, 0.0, values), ocean, "bathymetry"),
        writing(lambda edited: _rewritten(path, {BATHYMETRY: edited})),
        Placement({"field": BATHYMETRY, **placed}),
        variable=BATHYMETRY,
        title="Bathymetry",
        units=text(variable_of(dataset, BATHYMETRY), "units") or "m",
        corners=corners,
        poles=poles,
        notes=(
            f"An ocean grid with NEMO's halo, folded about {ocean.fold.value} points.",
            *(["Cells without a depth are land."] if missing.any() else []),
        ),
    )


def corners_and_poles(
    dataset: netCDF4.Dataset, ocean: OceanGrid, name: str = BATHYMETRY
) -> tuple[Corners | None, tuple[tuple[float, float], ...]]:
    """Corners of the cells of a field on an ocean grid, and the singular points of the grid.

    The file neither masks nor scales from then on.
    """
    dataset.set_auto_maskandscale(False)
    plane = plane_of(dataset, variable_of(dataset, name))
    found = None if plane is None else geometry_of(dataset, plane)
    if found is None or found.kind != "curvilinear":
        return None, ()
    latitudes, longitudes = (
        found.arrays[part].astype(np.float64) for part in ("corner_latitudes", "corner_longitudes")
    )
    corners = latitudes, longitudes
    return corners, mesh_poles(corners, ocean.gphit, ocean.glamt, ocean.fold.value)


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
    corners, poles = corners_and_poles(dataset, ocean, next(iter(MASK_NAMES.values())))
    return Opened(
        path,
        "sub_basins",
        on_ocean_grid(codes, ocean, "codes", sea=codes > 0.0),
        writing(content),
        Placement({**{name: name for name in MASK_NAMES.values()}, **placed}),
        variable="sub_basins",
        title="Ocean basins",
        corners=corners,
        poles=poles,
        notes=(f"An ocean grid with NEMO's halo, folded about {ocean.fold.value} points.",),
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
            said = _still_true(said, values, packed=bool({*_DECODED} & {*variable.attributes}))
        stored = _classic(values)
        if stored is None:
            notes.append(f"{name} is not carried: NetCDF-3 has no such type.")
            continue
        holes = stored.dtype.kind == "f" and (variable.real or bool(np.isnan(stored).any()))
        variables[name] = Variable(variable.dims, stored, said, real=holes)
    return ModelFile(variables, _classic_attributes(before.attributes), before.unlimited), notes


def _still_true(said: Mapping[str, Any], values: AnyArray, *, packed: bool) -> dict[str, Any]:
    """Attributes without limits that edited values exceed, or that were those of packed numbers."""
    lowest, highest = float(np.nanmin(values)), float(np.nanmax(values))
    kept = {name: value for name, value in said.items() if name not in (*_LIMITS, "actual_range")}
    for name in _LIMITS if not packed else ():
        ends = np.ravel(np.asarray(said.get(name, ())))
        low = name == "valid_max" or (ends.size and ends.dtype.kind != "U" and ends[0] <= lowest)
        high = name == "valid_min" or (ends.size and ends.dtype.kind != "U" and highest <= ends[-1])
        if name in said and low and high:
            kept[name] = said[name]
    return kept


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
