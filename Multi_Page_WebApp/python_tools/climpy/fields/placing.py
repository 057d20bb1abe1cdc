"""Where the cells of a field lie on the globe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.fields import corners as sphere
from climpy.fields.packing import packed
from climpy.fields.planes import Plane, open_plane
from climpy.fields.windows import decoded
from climpy.topography.encoding import read_stored
from climpy.topography.finding import BACKWARD_UNITS, FileVariable, text

_MOST_CELLS = 2**24
"""Cells of a curvilinear grid whose corners are computed."""

_STRAY = 0.02
"""Share of a step by which coordinates of two dimensions may stray from a regular grid."""

_SMALLEST = 3
"""Rows and columns of a curvilinear grid below which it has no inside."""


@dataclass(frozen=True, eq=False)
class Geometry:
    """Where rows and columns of a field lie, in the order of `Field.values`.

    Parameters
    ----------
    kind : {"rectilinear", "curvilinear", "index"}
        "index" where the file does not say where its cells lie.
    shape : (int, int)
        Rows and columns.
    transposed : bool
        True if the file has the columns first; `Field.values` has them second.
    arrays : mapping of name to array
        Rectilinear: `latitudes`, `longitudes` of the centres, `latitude_edges`,
        `longitude_edges`, one more; longitudes run on without a jump. Curvilinear: `latitudes`,
        `longitudes` of the centres and, one row and column more, `corner_latitudes`,
        `corner_longitudes`, within -180..180. All in degrees.
    south_up : bool or None
        True if the first row is the southernmost; None where rows are not along latitudes.
    periodic_columns : int or None
        0 if the first column follows the last, 1 or 2 if so many repeat the first ones, None if
        the columns do not go round the globe.
    fold : {"F", "T", ""}
        The point that the northern edge of an ocean grid is folded about.
    """

    kind: str
    shape: tuple[int, int]
    transposed: bool = False
    arrays: Mapping[str, AnyArray] = field(default_factory=dict)
    south_up: bool | None = None
    periodic_columns: int | None = None
    fold: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give all but the arrays, ready for JSON."""
        return {
            "kind": self.kind,
            "shape": list(self.shape),
            "transposed": self.transposed,
            "south_up": self.south_up,
            "periodic_columns": self.periodic_columns,
            "fold": self.fold,
        }

    def to_bytes(self) -> bytes:
        """Give all as bytes for a browser; see `packed`."""
        return packed(self.as_dict(), self.arrays)


def geometry(path: Path, variable: str) -> Geometry:
    """Say where the cells of a variable lie.

    Parameters
    ----------
    path : Path
        Any NetCDF file.
    variable : str
        One that the header calls drawable.

    Raises
    ------
    InputRefused
        If the file or the variable cannot be read.
    """
    with open_plane(path, variable) as (dataset, plane):
        return geometry_of(dataset, plane)


def geometry_of(dataset: netCDF4.Dataset, plane: Plane) -> Geometry:
    """Say where the cells of a plane of an open file lie.

    Raises
    ------
    InputRefused
        If the coordinates cannot be read.
    """
    nowhere = Geometry("index", plane.shape, plane.transposed)
    if plane.latitude is None or plane.longitude is None:
        return nowhere
    if plane.latitude.ndim == 1:
        flat = (_angles(plane.latitude), _angles(plane.longitude))
        return _rectilinear(plane, *flat) or nowhere
    if plane.shape[0] * plane.shape[1] > _MOST_CELLS:
        return nowhere
    latitudes, longitudes = _angles(plane.latitude), _angles(plane.longitude)
    separated = _separated(latitudes, longitudes)
    if separated is not None:
        return _rectilinear(plane, *separated) or nowhere
    if not _are_angles(latitudes, longitudes) or min(plane.shape) < _SMALLEST:
        return nowhere
    return _curvilinear(dataset, plane, latitudes, longitudes)


def _angles(coordinate: FileVariable) -> FloatArray:
    """Degrees north or east of a coordinate, NaN where there is none."""
    values = decoded(coordinate, read_stored(coordinate, (Ellipsis,)))
    return -values if text(coordinate, "units") in BACKWARD_UNITS else values


def _are_angles(latitudes: FloatArray, longitudes: FloatArray) -> bool:
    """Whether some are known, and these can be degrees."""
    known = np.isfinite(latitudes) & np.isfinite(longitudes)
    return bool(
        known.any()
        and np.abs(latitudes[known]).max() <= 90.5
        and np.abs(longitudes[known]).max() <= 720.0
    )


def _separated(
    latitudes: FloatArray, longitudes: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Reduce coordinates of two dimensions to one each, where they belong to a regular grid."""
    ny, nx = latitudes.shape
    middle = longitudes[ny // 2]
    strays = np.abs(latitudes - latitudes[:, :1]).max()
    turns = np.abs((longitudes - middle + 180.0) % 360.0 - 180.0).max()
    regular = strays <= _STRAY * 180.0 / ny and turns <= _STRAY * 360.0 / nx
    return (latitudes[:, 0].copy(), middle.copy()) if regular else None


def _rectilinear(plane: Plane, latitudes: FloatArray, longitudes: FloatArray) -> Geometry | None:
    """Rows along latitudes, columns along longitudes; None if they are not in order."""
    known = np.isfinite(latitudes).all() and np.isfinite(longitudes).all()
    if not known or np.abs(latitudes).max() > 90.5 or np.abs(longitudes).max() > 720.0:
        return None
    longitudes = np.unwrap(longitudes, period=360.0)
    if not (_in_order(latitudes) and _in_order(longitudes)):
        return None
    latitude_edges = np.clip(_edges(latitudes), -90.0, 90.0)
    arrays = {
        "latitudes": latitudes,
        "longitudes": longitudes,
        "latitude_edges": latitude_edges,
        "longitude_edges": _edges(longitudes),
    }
    return Geometry(
        "rectilinear",
        plane.shape,
        plane.transposed,
        {name: values.astype(np.float32) for name, values in arrays.items()},
        south_up=bool(latitudes[-1] > latitudes[0]),
        periodic_columns=_round_the_globe(longitudes),
    )


def _in_order(values: FloatArray) -> bool:
    steps = np.diff(values)
    return bool((steps > 0.0).all() or (steps < 0.0).all())


def _edges(centres: FloatArray) -> FloatArray:
    """Halfway between centres, and as far beyond the outermost."""
    between = 0.5 * (centres[1:] + centres[:-1])
    first, last = 2.0 * centres[0] - between[0], 2.0 * centres[-1] - between[-1]
    return np.concatenate([[first], between, [last]])


def _round_the_globe(longitudes: FloatArray) -> int | None:
    """0 if the first column follows the last, 1 if the last repeats the first, else None."""
    span = abs(float(longitudes[-1] - longitudes[0]))
    step = span / (longitudes.size - 1)
    for repeated in (0, 1):
        if abs(span + (1 - repeated) * step - 360.0) < 0.1 * step:
            return repeated
    return None


def _curvilinear(
    dataset: netCDF4.Dataset, plane: Plane, latitudes: FloatArray, longitudes: FloatArray
) -> Geometry:
    points = sphere.on_sphere(latitudes, longitudes)
    repeated = sphere.repeated_columns(points)
    fold = sphere.north_fold(points, repeated)
    corners = _stored_corners(dataset, plane, repeated)
    if corners is None:
        corners = sphere.corners_between(points, repeated, fold)
    arrays = dict(zip(("latitudes", "longitudes"), sphere.degrees(points), strict=True))
    corner_names = ("corner_latitudes", "corner_longitudes")
    arrays |= dict(zip(corner_names, sphere.degrees(corners), strict=True))
    return Geometry(
        "curvilinear",
        plane.shape,
        plane.transposed,
        {name: values.astype(np.float32) for name, values in arrays.items()},
        periodic_columns=repeated,
        fold=fold.value if fold else "",
    )


def _stored_corners(
    dataset: netCDF4.Dataset, plane: Plane, repeated: int | None
) -> FloatArray | None:
    """The corners that a coordinates file of NEMO holds for its T cells, its F points."""
    names = ("gphif", "glamf")
    on_t_points = plane.latitude is not None and plane.latitude.name in ("gphit", "nav_lat")
    if not on_t_points or repeated != 2 or any(n not in dataset.variables for n in names):
        return None
    latitude, longitude = (dataset.variables[name] for name in names)
    dims = {plane.variable.dimensions[axis] for axis in (plane.row_axis, plane.column_axis)}
    if latitude.shape != plane.shape or longitude.shape != plane.shape:
        return None
    if set(latitude.dimensions) != dims:
        return None
    points = sphere.on_sphere(_angles(latitude), _angles(longitude))
    return sphere.corners_of_f_points(points) if np.isfinite(points).all() else None
