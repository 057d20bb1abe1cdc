"""Any variable of any NetCDF file as a plane to be edited, and written back into its own file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.fields import planes as finding
from climpy.fields.heading import MOST_VARIABLES, first_to_draw
from climpy.fields.placing import Geometry, geometry_of
from climpy.grids.ocean import originals
from climpy.grids.t_points import grid_of_t_points
from climpy.interactive import desk
from climpy.interactive.field import Field, checked
from climpy.interactive.opened import Corners, Opened, Placement, mesh_poles
from climpy.interactive.patching import Patch
from climpy.interactive.stored import (
    degrees,
    plane_values,
    regular_places,
    seam_originals,
)
from climpy.io import open_dataset
from climpy.steps.loading import OWN_TOPOGRAPHY
from climpy.topography.annotations import as_text, labels_of, plain_attributes
from climpy.topography.encoding import Encoding, read_stored, unit_of
from climpy.topography.finding import (
    BACKWARD_UNITS,
    FileVariable,
    check_size,
    coordinate_names,
    find_topography,
    text,
)

BATHYMETRY = "Bathymetry"
"""Name of the depths in the model's files."""

MOST_CELLS = 2**25
"""Cells of a plane that is edited."""

_OF_GRIDS = tuple(
    f"{quantity}{point}" for quantity in ("glam", "gphi", "e1", "e2") for point in "tuvf"
)
_HEIGHTS = ("surface_altitude", "bedrock_altitude", "height_above_mean_sea_level")


def planes(path: Path) -> tuple[desk.Plane, ...]:
    """What a file holds that can be opened: the plane to begin with, others, coordinates.

    Parameters
    ----------
    path : Path
        Any NetCDF file.

    Raises
    ------
    InputRefused
        If the file cannot be opened.
    """
    with open_dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        first, fixed = first_to_draw(dataset), _places_of(dataset)
        told = list(dataset.variables.values())[:MOST_VARIABLES]
        found = [finding.plane_of(dataset, variable) for variable in told]
        drawable = sorted(
            (plane for plane in found if plane is not None),
            key=lambda plane: (plane.variable.name != first, plane.variable.name in fixed),
        )
        return tuple(_described(dataset, plane, fixed) for plane in drawable)


def _described(dataset: netCDF4.Dataset, plane: finding.Plane, fixed: set[str]) -> desk.Plane:
    variable = plane.variable
    axes = tuple(_axis(dataset, variable, axis) for axis in _chosen_axes(plane))
    title, _ = _said(variable)
    return desk.Plane(variable.name, title or variable.name, axes, variable.name not in fixed)


def _axis(
    dataset: netCDF4.Dataset, variable: FileVariable, axis: int
) -> tuple[str, tuple[str, ...]]:
    """Name of an axis and what its places are called, with units; numbers from 0 if nothing."""
    name, length = variable.dimensions[axis], int(variable.shape[axis])
    said = labels_of(dataset, name)
    labels, units = said["labels"], said["units"]
    if labels is None:
        return name, tuple(map(str, range(length)))
    if " since " in units:
        return f"{name} ({units})", tuple(labels)
    plain = units in ("", "-", "1")
    return name, tuple(labels if plain else (f"{label} {units}" for label in labels))


def _chosen_axes(plane: finding.Plane) -> list[int]:
    return [axis for axis in plane.other_axes if plane.variable.shape[axis] > 1]


def _said(variable: FileVariable) -> tuple[str, str]:
    """Long name and units."""
    attributes = plain_attributes(variable)
    title = attributes.get("long_name", attributes.get("title", ""))
    return as_text(title), as_text(attributes.get("units", ""))


def _places_of(dataset: netCDF4.Dataset) -> set[str]:
    """Names of the variables that say where cells lie."""
    return coordinate_names(dataset) | {name for name in dataset.variables if name in _OF_GRIDS}


def open_plane(path: Path, variable: str | None = None, index: tuple[int, ...] = ()) -> Opened:
    """Open a plane of a file as it stands there; edited, it is written into a copy of the file.

    Cells without a value stay without one; in a bathymetry they are land. Rows run from south to
    north and columns from west to east, whatever their order in the file, and a last column that
    repeats the first is left out; in the file the order stays. On a curvilinear grid with NEMO's
    halo cells and their copies are edited together.

    Parameters
    ----------
    path : Path
        Any NetCDF file.
    variable : str, optional
        Which one; the one to begin with if not given.
    index : tuple of int
        Place along each further axis that is longer than 1, from 0; the first places if empty.

    Raises
    ------
    InputRefused
        If there is no such plane, or it is too large; the sentence says why.
    """
    with open_dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        try:
            return _opened(path, dataset, variable, index)
        except (OSError, RuntimeError, IndexError) as trouble:
            raise InputRefused(
                f"{path.name} is damaged or cut off and cannot be read; copy it again."
            ) from trouble


def _opened(
    path: Path, dataset: netCDF4.Dataset, name: str | None, index: tuple[int, ...]
) -> Opened:
    name = name or first_to_draw(dataset)
    if name is None:
        raise InputRefused(f"{path.name} holds no field of two dimensions.")
    if name not in dataset.variables:
        raise InputRefused(f"{path.name} has no variable {name!r}.")
    plane = finding.plane_of(dataset, dataset.variables[name])
    if plane is None:
        raise InputRefused(f"The variable {name} of {path.name} is no field of two dimensions.")
    _refuse_large(plane)
    index = _checked_index(plane, index)
    layout = _layout(dataset, plane, index)
    stored = read_stored(plane.variable, layout.place)
    values = plane_values(stored, **layout.reading)
    grid = _grid(plane, layout)
    kind = _kind(dataset, plane, values, layout)
    missing = int(np.count_nonzero(np.isnan(values)))
    if kind == "bathymetry":
        values[np.isnan(values)] = 0.0
    title, units = _said(plane.variable)
    field = checked(Field(values, kind, **grid.arguments))
    editable = name not in _places_of(dataset)
    notes = (*layout.notes, *grid.notes, *_notes(plane, kind, missing, units))
    return Opened(
        path,
        "field",
        field,
        Patch(path, name, layout.place, layout.reading, values.copy()).write,
        Placement(
            grid.names | {"field": name},
            plane={**layout.reading, "place": layout.place, "places": grid.places},
        ),
        variable=name,
        index=index,
        title=title,
        units=units,
        corners=grid.corners,
        poles=grid.poles,
        notes=notes,
        editable=editable,
    )


def _refuse_large(plane: finding.Plane) -> None:
    check_size(plane.variable)
    ny, nx = plane.shape
    if ny * nx > MOST_CELLS:
        raise InputRefused(
            f"{plane.variable.name} has {ny} x {nx} cells; at most {MOST_CELLS:,} can be edited: "
            "put it on a coarser grid, or cut a part out."
        )


def _checked_index(plane: finding.Plane, index: tuple[int, ...]) -> tuple[int, ...]:
    """A place for each further axis; the first places where none is said."""
    variable, axes = plane.variable, _chosen_axes(plane)
    index = tuple(index) or (0,) * len(axes)
    if len(index) != len(axes):
        names = ", ".join(variable.dimensions[axis] for axis in axes) or "none"
        raise InputRefused(
            f"{variable.name} has {len(axes)} further axes ({names}); "
            f"{len(index)} places were given."
        )
    for axis, place in zip(axes, index, strict=True):
        length = int(variable.shape[axis])
        if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < length:
            raise InputRefused(
                f"{variable.dimensions[axis]} of {variable.name} is counted from 0 to "
                f"{length - 1}, so there is no {place!r}."
            )
    return index


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the plane lies in its variable, and how.

    Parameters
    ----------
    geometry : Geometry
        Where its cells lie.
    place : tuple of int and slice
        Index of the plane in the variable.
    reading : dict
        Arguments of `plane_values`.
    notes : tuple of str
        What the user may want to know.
    """

    geometry: Geometry
    place: tuple[int | slice, ...]
    reading: dict[str, Any]
    notes: tuple[str, ...]


def _layout(dataset: netCDF4.Dataset, plane: finding.Plane, index: tuple[int, ...]) -> _Layout:
    geometry = geometry_of(dataset, plane)
    places: list[int | slice] = [0] * plane.variable.ndim
    for axis, place in zip(_chosen_axes(plane), index, strict=True):
        places[axis] = place
    places[plane.row_axis] = places[plane.column_axis] = slice(None)
    regular, notes = geometry.kind == "rectilinear", []
    north_up = regular and not geometry.south_up
    backward = False
    if regular:
        longitudes = geometry.arrays["longitude_edges"]
        backward = bool(longitudes[-1] < longitudes[0])
        notes.append(f"Rows run from {'north to south' if north_up else 'south to north'}.")
        west, east = sorted((float(longitudes[0]), float(longitudes[-1])))
        notes.append(f"Longitudes from {west:g} to {east:g} degrees.")
    columns = plane.shape[1]
    if geometry.periodic_columns == 1:
        columns -= 1
        notes.append("The last column repeats the first; it follows by itself.")
    reading = {
        "encoding": Encoding.of(plane.variable),
        "turned": (plane.transposed, north_up, backward),
        "columns": columns,
    }
    return _Layout(geometry, tuple(places), reading, tuple(notes))


@dataclass(frozen=True, eq=False)
class _Grid:
    """Where the cells lie.

    Parameters
    ----------
    arguments : dict
        Of `Field`, besides values and kind.
    names : dict
        Of the coordinates, if they are used.
    places : dict
        Arguments of `degrees` for each.
    corners, poles, notes
        See `Opened`.
    """

    arguments: dict[str, Any]
    names: dict[str, str]
    places: dict[str, dict[str, Any]]
    corners: Corners | None = None
    poles: tuple[tuple[float, float], ...] = ()
    notes: tuple[str, ...] = ()


def _grid(plane: finding.Plane, layout: _Layout) -> _Grid:
    kind, turned, columns = (
        layout.geometry.kind, layout.reading["turned"], layout.reading["columns"],
    )  # fmt: skip
    if kind == "index" or plane.latitude is None or plane.longitude is None:
        return _nowhere(
            "The file does not say where the cells lie: they have rows and columns only."
        )
    pair = {"latitude": plane.latitude, "longitude": plane.longitude}
    names = {called: str(coordinate.name) for called, coordinate in pair.items()}
    places: dict[str, dict[str, Any]] = {
        called: {
            "encoding": Encoding.of(coordinate),
            "backward": text(coordinate, "units") in BACKWARD_UNITS,
        }
        for called, coordinate in pair.items()
    }
    both = [degrees(pair[called], **places[called]) for called in pair]
    periodic = layout.geometry.periodic_columns is not None
    if kind == "rectilinear":
        latitudes, longitudes = regular_places(both[0], both[1], turned, columns)
        said = {"latitudes": latitudes, "longitudes": longitudes, "periodic": periodic}
        return _Grid(said, names, places)
    latitudes, longitudes = (part[:, :columns].copy() for part in both)
    if not (np.isfinite(latitudes).all() and np.isfinite(longitudes).all()):
        return _nowhere("Some cells have no coordinates: all have rows and columns only.")
    said = {"latitudes": latitudes, "longitudes": longitudes, "periodic": periodic}
    return _curvilinear(layout.geometry, said, names, places)


def _nowhere(note: str) -> _Grid:
    return _Grid({"periodic": False}, {}, {}, notes=(note,))


def _curvilinear(
    geometry: Geometry,
    said: dict[str, Any],
    names: dict[str, str],
    places: dict[str, dict[str, Any]],
) -> _Grid:
    latitudes, longitudes = said["latitudes"], said["longitudes"]
    ny, nx = latitudes.shape
    corners: Corners = tuple(  # type: ignore[assignment]
        geometry.arrays[name][:, : nx + 1].astype(np.float64)
        for name in ("corner_latitudes", "corner_longitudes")
    )
    note = "A curvilinear grid."
    if geometry.periodic_columns == 2:
        try:
            fold = grid_of_t_points(longitudes, latitudes).fold
            said |= {"originals": originals((ny, nx), fold), "fold": fold.value}
            note = f"A curvilinear grid with NEMO's halo, folded about {fold.value} points."
        except InputRefused:
            said["originals"] = seam_originals((ny, nx))
            note = "A curvilinear grid whose last two columns repeat the first two."
    poles = mesh_poles(corners, latitudes, longitudes, said.get("fold", ""))
    return _Grid(said, names, places, corners, poles, (note,))


def _kind(
    dataset: netCDF4.Dataset, plane: finding.Plane, values: FloatArray, layout: _Layout
) -> str:
    """What the numbers mean: depths, heights, or any quantity."""
    known = values[np.isfinite(values)]
    if not known.size:
        return "other"
    if plane.variable.name == BATHYMETRY and known.min() >= 0.0:
        return "bathymetry"
    on_land_and_sea = known.min() <= 0.0 < known.max()
    regular = layout.geometry.kind == "rectilinear"
    if on_land_and_sea and regular and _holds_heights(dataset, plane.variable):
        return "topography"
    return "other"


def _holds_heights(dataset: netCDF4.Dataset, variable: FileVariable) -> bool:
    """Whether a variable is the topography of its file, in metres."""
    try:
        _, warning = unit_of(variable)
        named = (
            variable.name == OWN_TOPOGRAPHY
            or text(variable, "standard_name") in _HEIGHTS
            or find_topography(dataset).name == variable.name
        )
    except InputRefused:
        return False
    return named and not warning


def _notes(plane: finding.Plane, kind: str, missing: int, units: str) -> Iterator[str]:
    if kind == "topography":
        yield "Heights in metres: land above 0, ocean at 0 and below."
    elif kind == "bathymetry":
        yield "Depths in metres: ocean above 0, land 0."
    elif not units:
        yield "No units are given."
    if missing:
        cells = "1 cell has" if missing == 1 else f"{missing} cells have"
        land = " and count as land" if kind == "bathymetry" else ""
        yield f"{cells} no value{land}."
    encoding = Encoding.of(plane.variable)
    if encoding.dtype.kind in "iu":
        step = abs(encoding.scale)
        what = "whole numbers" if step == 1.0 else f"steps of {step:g}"
        yield f"The file holds {what}; values are rounded to them when it is saved."
