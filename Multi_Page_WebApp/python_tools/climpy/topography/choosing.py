"""The topography of a file about which a person has said something."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.errors import ChoiceNeeded, InputRefused
from climpy.topography.choices import Choices
from climpy.topography.encoding import read_stored
from climpy.topography.finding import (
    Coordinate,
    Field,
    FileVariable,
    check_size,
    fields_of,
    find_topography,
    is_numeric,
    locate,
    long_axes,
)
from climpy.topography.layout import RIGHT_SHARE

_FITTING_STEPS = 0.1
"""Steps within which coordinates in the file agree with what a person says of them."""

_Named: TypeAlias = "tuple[FileVariable | None, int | None]"
"""A coordinate variable that a person named, if it is one, and its axis, if it has only one."""


@dataclass(frozen=True, eq=False)
class AssumedCoordinate:
    """Latitudes or longitudes that a person told; see `Coordinate`."""

    name: str
    values: FloatArray

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimension along which it changes."""
        return (self.name,)

    @property
    def shape(self) -> tuple[int, ...]:
        """Its length."""
        return (self.values.size,)

    def ncattrs(self) -> list[str]:
        """It has no attributes."""
        return []

    def getncattr(self, name: str) -> Any:
        """It has none."""
        raise AttributeError(name)

    def __getitem__(self, index: Any) -> Any:
        """Its values [degrees]."""
        return self.values[index]


def chosen_field(dataset: netCDF4.Dataset, choices: Choices) -> Field:
    """Find the topography as a person describes it.

    Raises
    ------
    InputRefused
        If something that was said does not fit the file, or not enough was said.
    """
    if not choices.about_layout:
        return find_topography(dataset, choices.variable)
    variable = _variable(dataset, choices)
    check_size(variable)
    places = _places(variable, choices.indices or {})
    axes = [axis for axis in long_axes(variable) if axis not in places]
    if len(axes) != 2:
        raise ChoiceNeeded(
            f"The variable {variable.name} has {len(axes)} dimensions that are longer than 1 "
            f"({_lengths(variable, axes)}); choose one place along each that is no latitude and "
            "no longitude.",
            "indices",
        )
    pair = _coordinates(dataset, variable, axes, choices)
    return Field(variable, *pair, places)


def _variable(dataset: netCDF4.Dataset, choices: Choices) -> FileVariable:
    name = choices.variable
    if name is None:
        flat = fields_of(dataset)
        deep = [v for v in dataset.variables.values() if is_numeric(v) and len(long_axes(v)) > 2]
        candidates = deep if choices.indices and len(deep) == 1 else flat or deep
        if len(candidates) == 1:
            return candidates[0]
        return find_topography(dataset).variable
    if name not in dataset.variables:
        raise InputRefused(f"The file has no variable {name!r}.")
    variable = dataset.variables[name]
    if not is_numeric(variable):
        raise InputRefused(f"The variable {name} is not numeric.")
    if len(long_axes(variable)) < 2:
        raise InputRefused(f"The variable {name} is no field of two dimensions.")
    return variable


def _places(variable: FileVariable, indices: Mapping[str, int]) -> dict[int, int]:
    """Place along each axis that was named."""
    places = {}
    for name, place in indices.items():
        if name not in variable.dimensions:
            raise InputRefused(
                f"The variable {variable.name} has no dimension {name!r}; it has "
                f"{', '.join(variable.dimensions)}."
            )
        axis = variable.dimensions.index(name)
        length = int(variable.shape[axis])
        if not 0 <= place < length:
            raise InputRefused(
                f"The dimension {name} is counted from 0 to {length - 1}, so there is no {place}."
            )
        places[axis] = place
    return places


def _coordinates(
    dataset: netCDF4.Dataset, variable: FileVariable, axes: list[int], choices: Choices
) -> tuple[Coordinate, Coordinate, int, int]:
    """Latitude, longitude and their axes, from what was said and else from the file."""
    named = [_named(dataset, variable, axes, n) for n in (choices.latitude, choices.longitude)]
    found = locate(dataset, variable, axes) if None in named else None
    row, column = _axes(variable, axes, named, found)
    stored: list[Any] = [said[0] if said else None for said in named]
    if found is not None:
        both = (found.latitude, found.longitude)
        stored = [s if said else f for s, said, f in zip(stored, named, both, strict=True)]
    latitude, longitude = stored
    if choices.north_up is not None or latitude is None:
        latitude = _assumed_latitude(variable, row, column, choices.north_up, latitude)
    if choices.first_longitude is not None or longitude is None:
        longitude = _assumed_longitude(variable, row, column, choices.first_longitude, longitude)
    if len(latitude.shape) != len(longitude.shape):
        raise InputRefused(
            f"{latitude.name} and {longitude.name} do not have the same number of dimensions; "
            "choose two that belong together."
        )
    return latitude, longitude, row, column


def _named(
    dataset: netCDF4.Dataset, variable: FileVariable, axes: list[int], name: str | None
) -> "_Named | None":
    """Look up what was named."""
    if name is None:
        return None
    dims = [variable.dimensions[axis] for axis in axes]
    found = dataset.variables.get(name)
    if found is not None and is_numeric(found):
        if found.ndim == 1 and found.dimensions[0] in dims:
            return found, axes[dims.index(found.dimensions[0])]
        if found.ndim == 2 and set(found.dimensions) == set(dims):
            return found, None
    if name in dims:
        return None, axes[dims.index(name)]
    if found is None:
        raise InputRefused(f"The file has no variable and no dimension {name!r}.")
    raise InputRefused(
        f"{name} cannot say where the cells of {variable.name} lie: it must be numbers along "
        f"{' or '.join(dims)}, or along both."
    )


def _axes(
    variable: FileVariable,
    axes: list[int],
    named: "list[_Named | None]",
    found: Field | None,
) -> tuple[int, int]:
    """Axes of latitude and longitude: as named, as found, else the longer one is the longitude."""
    first, second = axes
    latitude, longitude = (said[1] if said else None for said in named)
    if latitude is not None or longitude is not None:
        if latitude == longitude:
            raise InputRefused("Latitude and longitude cannot be the same dimension.")
        row = latitude if latitude is not None else first + second - (longitude or 0)
        return row, first + second - row
    if found is not None:
        return found.latitude_axis, found.longitude_axis
    lengths = [int(variable.shape[axis]) for axis in axes]
    if lengths[0] == lengths[1]:
        raise ChoiceNeeded(
            f"Both dimensions of {variable.name} have {lengths[0]} cells; say which one is the "
            "latitude.",
            "latitude",
        )
    return (first, second) if lengths[0] < lengths[1] else (second, first)


def _assumed_latitude(
    variable: FileVariable, row: int, column: int, north_up: bool | None, stored: Any
) -> AssumedCoordinate:
    """Equal steps from pole to pole; rows on the poles where there is one row more."""
    name, count = str(variable.dimensions[row]), int(variable.shape[row])
    if north_up is None:
        raise ChoiceNeeded(
            f"The dimension {name} of {variable.name} has no latitudes; say whether its first row "
            "is the northernmost.",
            "north_up",
        )
    cells = count - 1 if _on_poles(variable, row, column) else count
    step = 180.0 / cells
    first = -90.0 + (0.5 * step if cells == count else 0.0)
    values: FloatArray = first + step * np.arange(count, dtype=np.float64)
    values = values[::-1].copy() if north_up else values
    _require_fit(stored, values, step, f"north_up {str(north_up).lower()}", axis=0)
    return AssumedCoordinate(name, values)


def _assumed_longitude(
    variable: FileVariable, row: int, column: int, first: float | None, stored: Any
) -> AssumedCoordinate:
    """Equal steps round the globe; where rows stand on poles, an odd column repeats the first."""
    name, count = str(variable.dimensions[column]), int(variable.shape[column])
    if first is None:
        raise ChoiceNeeded(
            f"The dimension {name} of {variable.name} has no longitudes; say where its first "
            "column begins.",
            "first_longitude",
        )
    repeats = _on_poles(variable, row, column) and count % 2 == 1
    step = 360.0 / (count - 1 if repeats else count)
    centre = first + (0.0 if repeats else 0.5 * step)
    values: FloatArray = centre + step * np.arange(count, dtype=np.float64)
    _require_fit(stored, values, step, f"first_longitude {first:g}", axis=1)
    return AssumedCoordinate(name, values)


def _on_poles(variable: FileVariable, row: int, column: int) -> bool:
    """Whether the shape is that of rows on the poles and between: 181 x 360 or 181 x 361."""
    return int(variable.shape[row]) == int(variable.shape[column]) // 2 + 1


def _require_fit(
    stored: "FileVariable | None", values: FloatArray, step: float, said: str, axis: int
) -> None:
    """Refuse what contradicts the coordinates in the file, few of which may be wrong.

    A person may turn the rows round or turn the globe, but cannot make a globe of a region.
    """
    if stored is None:
        return
    check_size(stored)
    there = read_stored(stored, (Ellipsis,)).astype(np.float64)
    known = np.isfinite(there) & (np.abs(there) <= 720.0)
    if not known.any() or np.ptp(there[known]) == 0.0:
        return
    turned = values[::-1] if axis == 0 else values + _turn(there, values, known)
    right = max(_agreeing(there, way, known, step, axis) for way in (values, turned))
    if right < RIGHT_SHARE * known.sum():
        raise InputRefused(
            f"{said} does not fit {stored.name}: only {right} of its {int(known.sum())} numbers "
            "agree, so the field would come to lie at wrong places."
        )


def _turn(there: FloatArray, values: FloatArray, known: AnyArray) -> float:
    """How far the globe is turned by most columns, [degrees]; 0 where there is no telling."""
    if there.shape != values.shape:
        return 0.0
    apart = (there - values)[known]
    middle = float(apart[apart.size // 2])
    return middle + float(np.median((apart - middle + 180.0) % 360.0 - 180.0))


def _agreeing(
    there: FloatArray, values: FloatArray, known: AnyArray, step: float, axis: int
) -> int:
    """How many of the coordinates in a file are what they are said to be."""
    along_rows = there.ndim == 2 and there.shape[axis] == values.size
    here = values[:, None] if along_rows else values
    apart = np.abs((there - here + 180.0) % 360.0 - 180.0)
    return int(np.count_nonzero(apart[known] <= _FITTING_STEPS * step))


def _lengths(variable: FileVariable, axes: list[int]) -> str:
    return ", ".join(f"{variable.dimensions[a]} {variable.shape[a]}" for a in axes)
