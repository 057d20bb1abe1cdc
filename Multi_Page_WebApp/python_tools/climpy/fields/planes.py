"""Which two dimensions of a variable lie on the globe, and which variables say where."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import netCDF4

from climpy.errors import InputRefused
from climpy.io import open_dataset
from climpy.topography.finding import (
    LATITUDE_NAMES,
    LONGITUDE_NAMES,
    FileVariable,
    by_shape,
    is_numeric,
    matching,
    role_of,
)

_NEMO_QUANTITIES = ("e1", "e2", "glam", "gphi")
_Pair = tuple[FileVariable, FileVariable]


@dataclass(frozen=True, eq=False)
class Plane:
    """The two dimensions of a variable that are drawn.

    Parameters
    ----------
    variable : FileVariable
        The variable.
    row_axis, column_axis : int
        Its axes along latitudes (or y) and along longitudes (or x).
    latitude, longitude : FileVariable or None
        Coordinates of one dimension each, or both of two; None where there are none.
    """

    variable: FileVariable
    row_axis: int
    column_axis: int
    latitude: "FileVariable | None" = None
    longitude: "FileVariable | None" = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and columns."""
        lengths = self.variable.shape
        return int(lengths[self.row_axis]), int(lengths[self.column_axis])

    @property
    def transposed(self) -> bool:
        """True if the columns come before the rows in the file."""
        return self.column_axis < self.row_axis

    @property
    def other_axes(self) -> tuple[int, ...]:
        """Axes along which one place is chosen."""
        drawn = (self.row_axis, self.column_axis)
        return tuple(axis for axis in range(self.variable.ndim) if axis not in drawn)

    def index(self, indices: Mapping[str, int]) -> list[int | slice]:
        """Give an index into the variable, 0 along what is not named, for rows and columns too.

        Raises
        ------
        InputRefused
            If a dimension is not there, or is shorter.
        """
        dims = self.variable.dimensions
        index: list[int | slice] = [0] * len(dims)
        for name, place in indices.items():
            axes = [axis for axis in self.other_axes if dims[axis] == name]
            if not axes:
                others = ", ".join(dims[axis] for axis in self.other_axes) or "none"
                raise InputRefused(
                    f"The variable {self.variable.name} has no dimension {name!r} to choose from; "
                    f"it has {others}."
                )
            length = int(self.variable.shape[axes[0]])
            if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < length:
                raise InputRefused(
                    f"{name} of {self.variable.name} is counted from 0 to {length - 1}, "
                    f"so there is no {place!r}."
                )
            index[axes[0]] = place
        return index


def plane_of(dataset: netCDF4.Dataset, variable: FileVariable) -> Plane | None:
    """Give the plane of a variable; None if it has none: text, a single row, too few dimensions."""
    long = [axis for axis, length in enumerate(variable.shape) if length > 1]
    if not is_numeric(variable) or len(long) < 2 or 0 in variable.shape:
        return None
    if len(set(variable.dimensions)) < variable.ndim:
        return Plane(variable, long[-2], long[-1])
    for pair in (_declared, _of_nemo, _by_roles, _by_names):
        found = pair(dataset, variable)
        if found is not None:
            return _placed(variable, found)
    found = by_shape(dataset, variable, long[-2:])
    return _placed(variable, found) if found else Plane(variable, long[-2], long[-1])


def _placed(variable: FileVariable, pair: _Pair) -> Plane:
    """The plane that a pair of coordinates spans."""
    latitude, longitude = pair
    flat = len(latitude.dimensions) == 1
    row = latitude.dimensions[0]
    column = longitude.dimensions[0] if flat else latitude.dimensions[1]
    axes = (variable.dimensions.index(row), variable.dimensions.index(column))
    return Plane(variable, *axes, latitude, longitude)


def _declared(dataset: netCDF4.Dataset, variable: FileVariable) -> _Pair | None:
    """Coordinates that the attribute `coordinates` names."""
    if "coordinates" not in variable.ncattrs():
        return None
    names = str(variable.getncattr("coordinates")).split()
    named = [dataset.variables[name] for name in names if name in dataset.variables]
    near = _near(named, variable)
    return _pair_by(near, role_of) or _pair_by(near, _role_by_name)


def _of_nemo(dataset: netCDF4.Dataset, variable: FileVariable) -> _Pair | None:
    """NEMO's points: e1u stands at glamu and gphiu."""
    if not variable.name.startswith(_NEMO_QUANTITIES):
        return None
    names = (f"gphi{variable.name[-1]}", f"glam{variable.name[-1]}")
    near = _near([dataset.variables[name] for name in names if name in dataset.variables], variable)
    return matching(near[:1], near[1:])


def _by_roles(dataset: netCDF4.Dataset, variable: FileVariable) -> _Pair | None:
    return _pair_by(_near(list(dataset.variables.values()), variable), role_of)


def _by_names(dataset: netCDF4.Dataset, variable: FileVariable) -> _Pair | None:
    return _pair_by(_near(list(dataset.variables.values()), variable), _role_by_name)


def _role_by_name(variable: FileVariable) -> str:
    name = variable.name.lower()
    if name in LATITUDE_NAMES:
        return "latitude"
    return "longitude" if name in LONGITUDE_NAMES else ""


def _pair_by(near: list[FileVariable], role: Callable[[FileVariable], str]) -> _Pair | None:
    roles = {variable.name: role(variable) for variable in near}
    return matching(
        [v for v in near if roles[v.name] == "latitude"],
        [v for v in near if roles[v.name] == "longitude"],
    )


def _near(variables: list[FileVariable], variable: FileVariable) -> list[FileVariable]:
    """Numeric variables along one or two long dimensions of a variable, those of one first."""
    lengths = dict(zip(variable.dimensions, variable.shape, strict=True))
    near = [
        v
        for v in variables
        if is_numeric(v)
        and 1 <= v.ndim <= 2
        and len(set(v.dimensions)) == v.ndim
        and all(lengths.get(dim, 0) > 1 for dim in v.dimensions)
    ]
    return sorted(near, key=lambda v: (v.ndim, v.name not in lengths))


@contextlib.contextmanager
def open_plane(path: Path, name: str) -> Iterator[tuple[netCDF4.Dataset, Plane]]:
    """Open a file and find the plane of one of its variables; values are left as stored.

    Raises
    ------
    InputRefused
        If the file cannot be opened, or the variable is not there or cannot be drawn.
    """
    with open_dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        if name not in dataset.variables:
            raise InputRefused(f"{path.name} has no variable {name!r}.")
        plane = plane_of(dataset, dataset.variables[name])
        if plane is None:
            raise InputRefused(f"The variable {name} of {path.name} is no field to draw.")
        yield dataset, plane
