"""Which variable of a file is the topography, and which are its coordinates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import netCDF4
import numpy as np

from climpy.errors import ChoiceNeeded, InputRefused

LATITUDE_NAMES = ("latitude", "lat", "nav_lat", "navlat", "lats", "ylat", "y")
LONGITUDE_NAMES = ("longitude", "lon", "nav_lon", "navlon", "lons", "long", "xlon", "x")
_LATITUDE_UNITS = ("degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn")
_LONGITUDE_UNITS = ("degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese")
_HEIGHT_STANDARD_NAMES = (
    "surface_altitude",
    "bedrock_altitude",
    "height_above_mean_sea_level",
    "height_above_geopotential_datum",
    "height_above_reference_ellipsoid",
    "altitude",
    "ground_level_altitude",
)
_LENGTH_UNITS = ("m", "km", "cm", "mm", "dm", "ft", "feet", "foot", "fathom", "fathoms", "miles")
BACKWARD_UNITS = (
    *("degrees_west", "degree_west", "degrees_w", "degree_w"),
    *("degrees_south", "degree_south", "degrees_s", "degree_s"),
)
FileVariable: TypeAlias = "netCDF4.Variable[Any]"
"""A variable of an open file, of any type."""


class Coordinate(Protocol):
    """What says where rows or columns lie: a variable of the file, or what a person said."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Dimensions along which it changes."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Their lengths."""

    def ncattrs(self) -> list[str]:
        """Names of its attributes."""

    def getncattr(self, name: str) -> Any:
        """One of them."""

    def __getitem__(self, index: Any) -> Any:
        """Its values."""


_MOST_CELLS = 2**30
_LONGEST_AXIS = 2**20


@dataclass(frozen=True, eq=False)
class Field:
    """A variable on longitudes and latitudes.

    Parameters
    ----------
    variable : FileVariable
        The field itself.
    latitude, longitude : Coordinate
        Its coordinates, of one dimension or of two.
    latitude_axis, longitude_axis : int
        Their axes in the field.
    places : mapping of axis to int
        Place along other axes; 0 where nothing is said.
    """

    variable: FileVariable
    latitude: Coordinate
    longitude: Coordinate
    latitude_axis: int
    longitude_axis: int
    places: Mapping[int, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the field in the file."""
        return str(self.variable.name)


def text(variable: Coordinate, attribute: str) -> str:
    """Give a text attribute in lower case, empty if there is none."""
    if attribute not in variable.ncattrs():
        return ""
    return str(variable.getncattr(attribute)).strip().lower()


def find_topography(dataset: netCDF4.Dataset, name: str | None = None) -> Field:
    """Find the topography in a file: by name if one is given, else the only one that there is.

    Raises
    ------
    InputRefused
        If there is no such variable, none or more than one that may be it, or no coordinates.
    """
    chosen = _named(dataset, name) if name else _only(dataset)
    field = locate(dataset, chosen)
    if field is None:
        dims = ", ".join(chosen.dimensions)
        raise ChoiceNeeded(
            f"The variable {chosen.name} ({dims}) has no latitudes and longitudes that can be "
            "recognised; give it coordinate variables with units degrees_north and degrees_east.",
            *("latitude", "longitude", "north_up", "first_longitude"),
        )
    return field


def other_fields(dataset: netCDF4.Dataset, topography: Field) -> list[Field]:
    """Find the other fields that stand on the same latitudes and longitudes as the topography."""
    others = [v for v in fields_of(dataset) if v.name != topography.name]
    found = [locate(dataset, variable) for variable in others]
    return [
        f
        for f in found
        if f is not None
        and (f.latitude.name, f.longitude.name)
        == (topography.latitude.name, topography.longitude.name)
        and f.variable.shape[f.latitude_axis] == topography.variable.shape[topography.latitude_axis]
        and f.variable.shape[f.longitude_axis]
        == topography.variable.shape[topography.longitude_axis]
    ]


def coordinate_names(dataset: netCDF4.Dataset) -> set[str]:
    """Give the names of all variables that say where cells are: coordinates and their bounds."""
    names = {v.name for v in dataset.variables.values() if role_of(v)}
    names |= {n for n in dataset.variables if n in dataset.dimensions}
    bounds = {
        str(v.getncattr(a))
        for v in dataset.variables.values()
        for a in ("bounds", "climatology", "grid_mapping")
        if a in v.ncattrs()
    }
    return names | {name for name in bounds if name in dataset.variables}


def is_numeric(variable: FileVariable) -> bool:
    """Tell whether the values are plain numbers, not text nor a type made by the user."""
    datatype: object = variable.datatype
    return isinstance(datatype, np.dtype) and datatype.kind in "iuf"


def long_axes(variable: FileVariable) -> list[int]:
    """Axes of a variable that are longer than 1."""
    return [axis for axis, length in enumerate(variable.shape) if length > 1]


def fields_of(dataset: netCDF4.Dataset) -> list[FileVariable]:
    """Numeric variables of two dimensions that are no coordinates."""
    skipped = coordinate_names(dataset)
    return [
        v
        for n, v in dataset.variables.items()
        if n not in skipped and is_numeric(v) and len(long_axes(v)) == 2
    ]


def _named(dataset: netCDF4.Dataset, name: str) -> FileVariable:
    if name not in dataset.variables:
        fields = _names(fields_of(dataset)) or "none"
        raise InputRefused(
            f"The file has no variable {name!r}; its fields of two dimensions are: {fields}."
        )
    variable = dataset.variables[name]
    if not is_numeric(variable):
        raise InputRefused(f"The variable {name} is not numeric.")
    if len(long_axes(variable)) != 2:
        sentence = (
            f"The variable {name} ({_dims(variable)}) is no field of two dimensions; "
            "every dimension but latitude and longitude must have the length 1."
        )
        if len(long_axes(variable)) > 2:
            raise ChoiceNeeded(sentence, "indices")
        raise InputRefused(sentence)
    return variable


def _only(dataset: netCDF4.Dataset) -> FileVariable:
    fields = fields_of(dataset)
    if not fields:
        sentence = f"The file has no numeric field of two dimensions{_hint(dataset)}."
        if any(is_numeric(v) and len(long_axes(v)) > 2 for v in dataset.variables.values()):
            raise ChoiceNeeded(sentence, "variable", "indices")
        raise InputRefused(sentence)
    candidates = [v for v in fields if locate(dataset, v) is not None] or fields
    if len(candidates) > 1:
        candidates = [v for v in candidates if _may_be_heights(v)] or candidates
    declared = [v for v in candidates if text(v, "standard_name") in _HEIGHT_STANDARD_NAMES]
    if len(declared) == 1:
        return declared[0]
    if len(candidates) > 1:
        raise ChoiceNeeded(
            f"The file has several fields that may be the topography: {_names(candidates)}; "
            "name the one to take with topo_var (--topo-var).",
            "variable",
        )
    return candidates[0]


def _hint(dataset: netCDF4.Dataset) -> str:
    """Say where a field may be that was not found."""
    deeper = [v for v in dataset.variables.values() if len(long_axes(v)) > 2]
    if deeper:
        return (
            f"; {deeper[0].name} has the dimensions {_dims(deeper[0])}, of which every one but "
            "latitude and longitude must have the length 1"
        )
    if dataset.groups:
        groups = ", ".join(dataset.groups)
        return f" at its top level; it has groups ({groups}), which are not searched"
    return ""


def _names(variables: Iterable[FileVariable]) -> str:
    return ", ".join(v.name for v in variables)


def _dims(variable: Coordinate) -> str:
    return ", ".join(f"{d} {n}" for d, n in zip(variable.dimensions, variable.shape, strict=True))


def _may_be_heights(variable: FileVariable) -> bool:
    """Tell whether the units are a length or absent."""
    units = text(variable, "units")
    return not units or units in _LENGTH_UNITS or "met" in units.split()[0]


def role_of(variable: FileVariable) -> str:
    """Say what a variable declares itself to be by its attributes: latitude, longitude or ""."""
    for role, units in (("latitude", _LATITUDE_UNITS), ("longitude", _LONGITUDE_UNITS)):
        if text(variable, "standard_name") == role or text(variable, "units") in units:
            return role
    if len(variable.dimensions) == 2 and is_numeric(variable):
        if variable.name.lower() in ("nav_lat", "navlat", "latitude", "lat"):
            return "latitude"
        if variable.name.lower() in ("nav_lon", "navlon", "longitude", "lon"):
            return "longitude"
    if len(variable.dimensions) == 1 and variable.name in variable.dimensions:
        return {"y": "latitude", "x": "longitude"}.get(text(variable, "axis"), "")
    return ""


def locate(
    dataset: netCDF4.Dataset, variable: FileVariable, axes: list[int] | None = None
) -> Field | None:
    """Find the coordinates of a variable: by attributes, then names, then shape; None if in vain.

    Parameters
    ----------
    dataset : netCDF4.Dataset
        The open file.
    variable : FileVariable
        The field.
    axes : list of two int, optional
        Its axes on the globe; those longer than 1 if not given.

    Raises
    ------
    InputRefused
        If the variable has more cells than can be handled, or its coordinates count backward.
    """
    axes = long_axes(variable) if axes is None else axes
    check_size(variable)
    for pair in (_by_attributes, _by_names, by_shape):
        found = pair(dataset, variable, axes)
        if found:
            latitude, longitude = found
            _refuse_backward(found)
            latitude_axis = _axis_of(variable, latitude, axes)
            longitude_axis = next(a for a in axes if a != latitude_axis)
            return Field(variable, latitude, longitude, latitude_axis, longitude_axis)
    return None


def _refuse_backward(coordinates: "_Pair") -> None:
    """Refuse degrees west and degrees south, which would mirror the planet."""
    for coordinate in coordinates:
        units = text(coordinate, "units")
        if units in BACKWARD_UNITS:
            raise InputRefused(
                f"The units of {coordinate.name} are {units!r}; degrees north and degrees east "
                "are needed: change the sign of its values and reverse its order."
            )


def check_size(variable: Coordinate) -> None:
    """Refuse a variable that is too large to be meant.

    Raises
    ------
    InputRefused
        If it has more than 2^30 cells.
    """
    cells = 1
    for length in variable.shape:
        cells *= int(length)
    if cells > _MOST_CELLS or max(variable.shape, default=0) > _LONGEST_AXIS:
        raise InputRefused(
            f"The variable {variable.name} ({_dims(variable)}) has {cells:.3g} cells; "
            f"at most {_MOST_CELLS:.3g} are read, which is a step of half a minute."
        )


_Pair = tuple[FileVariable, FileVariable]


def _by_attributes(
    dataset: netCDF4.Dataset, variable: FileVariable, axes: list[int]
) -> _Pair | None:
    near = _near(dataset, variable, axes)
    latitudes = [v for v in near if role_of(v) == "latitude"]
    longitudes = [v for v in near if role_of(v) == "longitude"]
    return matching(latitudes, longitudes)


def _by_names(dataset: netCDF4.Dataset, variable: FileVariable, axes: list[int]) -> _Pair | None:
    near = _near(dataset, variable, axes)
    latitudes = [v for v in near if v.name.lower() in LATITUDE_NAMES]
    longitudes = [v for v in near if v.name.lower() in LONGITUDE_NAMES]
    return matching(latitudes, longitudes)


def by_shape(dataset: netCDF4.Dataset, variable: FileVariable, axes: list[int]) -> _Pair | None:
    """Coordinate variables named like the dimensions: the longitude is the one that goes round."""
    names = [variable.dimensions[axis] for axis in axes]
    if names[0] == names[1] or any(name not in dataset.variables for name in names):
        return None
    pair = [dataset.variables[name] for name in names]
    if any(v.dimensions != (n,) or not is_numeric(v) for v, n in zip(pair, names, strict=True)):
        return None
    spans = [abs(float(v[-1]) - float(v[0])) for v in pair]
    largest = [max(abs(float(v[0])), abs(float(v[-1]))) for v in pair]
    for row, column in ((0, 1), (1, 0)):
        if largest[row] <= 90.0 and spans[row] > 150.0 and 300.0 < spans[column] <= 361.0:
            return pair[row], pair[column]
    return None


def _near(dataset: netCDF4.Dataset, variable: FileVariable, axes: list[int]) -> list[FileVariable]:
    """Numeric variables that stand on one or both of the axes, those named like an axis first."""
    dims = {variable.dimensions[axis] for axis in axes}
    near = [
        v
        for v in dataset.variables.values()
        if v.name != variable.name and is_numeric(v) and v.dimensions and set(v.dimensions) <= dims
    ]
    return sorted(near, key=lambda v: (v.name not in dims, len(v.dimensions)))


def matching(latitudes: list[FileVariable], longitudes: list[FileVariable]) -> _Pair | None:
    """Give the first pair that covers both axes."""
    for latitude in latitudes:
        for longitude in longitudes:
            together = (*latitude.dimensions, *longitude.dimensions)
            flat = len(latitude.dimensions) == len(longitude.dimensions) == 1
            if (flat and len(set(together)) == 2) or (
                len(latitude.dimensions) == 2 and latitude.dimensions == longitude.dimensions
            ):
                return latitude, longitude
    return None


def _axis_of(variable: FileVariable, latitude: FileVariable, axes: list[int]) -> int:
    """Give the axis of the variable along which the latitude changes."""
    if len(latitude.dimensions) == 1:
        return int(variable.dimensions.index(latitude.dimensions[0]))
    check_size(latitude)
    first = abs(float(latitude[-1, 0]) - float(latitude[0, 0]))
    second = abs(float(latitude[0, -1]) - float(latitude[0, 0]))
    along = latitude.dimensions[0] if first >= second else latitude.dimensions[1]
    return next(a for a in axes if variable.dimensions[a] == along)
