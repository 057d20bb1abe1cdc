"""ORCA-like ocean grids whose two mesh poles may lie anywhere between 45 and 75 degrees north."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.errors import InputRefused
from climpy.grids import orca_plane, orca_rows
from climpy.grids.ocean import OCEAN_RADIUS_M, Fold, OceanGrid

LOWEST_POLE, HIGHEST_POLE = 45.0, 75.0
"""Latitudes between which the mesh poles may lie [degrees north]."""

SHORTEST_SIDE_M = 30.0
"""Shortest cell side that is given out [m].

Beside the mesh poles i-lines meet; NEMO divides by the sides, on land too.
"""

Degrees = TypeVar("Degrees", float, FloatArray)

_LARGEST_REFINEMENT = 8
_SOUTH_EDGE_ROW = -0.5


@dataclass(frozen=True)
class OrcaParameters:
    """Which grid to make.

    Parameters
    ----------
    pole_longitude : float
        Longitude of one mesh pole [degrees east]; the other lies opposite.
    pole_latitude : float
        Latitude of both mesh poles [degrees north], 45 to 75.
    refinement : int
        Cells along a side of a cell of the two-degree grid: 1 gives 149 x 182 points, 2 a
        one-degree grid of 297 x 362.

    Raises
    ------
    InputRefused
        If a value is out of its range.
    """

    pole_longitude: float = 106.0
    pole_latitude: float = 60.0
    refinement: int = 1

    def __post_init__(self) -> None:
        if not LOWEST_POLE <= self.pole_latitude <= HIGHEST_POLE:
            raise InputRefused(
                f"The poles of the ocean grid must lie between {LOWEST_POLE:g} and "
                f"{HIGHEST_POLE:g} degrees north, not at {self.pole_latitude:g}."
            )
        if not -360.0 <= self.pole_longitude <= 360.0:
            raise InputRefused(
                "The longitude of a pole of the ocean grid must lie between -360 and 360 degrees, "
                f"not at {self.pole_longitude:g}."
            )
        if not 1 <= self.refinement <= _LARGEST_REFINEMENT:
            raise InputRefused(
                f"The ocean grid can be refined 1 to {_LARGEST_REFINEMENT} times, "
                f"not {self.refinement}."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (ny, nx), halo included."""
        return 148 * self.refinement + 1, 180 * self.refinement + 2

    @property
    def poles(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Latitude and longitude [degrees north, degrees east] of both mesh poles."""
        first = _turned(self.pole_longitude)
        return (self.pole_latitude, first), (self.pole_latitude, _turned(first + 180.0))


def generate(parameters: OrcaParameters) -> OceanGrid:
    """Make the grid: T, U, V and F points and cell sides, with halo and north fold.

    All points lie on one lattice of twice the rows and columns: southern rows are circles of
    latitude, those of the polar cap ellipses in the stereographic plane, and columns meridians
    continued by lines that cross the ellipses at right angles. Cell sides are the lattice's metric
    (length per index) at each point, at least 30 m. A quarter of the lattice is computed, the rest
    mirrored, so that copies are exact.

    References
    ----------
    Madec and Imbard 1996, doi:10.1007/BF00211684; Murray 1996, doi:10.1006/jcph.1996.0136.
    """
    quarter = _lattice_quarter(parameters)
    kinds = {kind: _points(quarter, parameters, *offsets) for kind, offsets in _OFFSETS.items()}
    arrays = {
        f"{name}{kind}": array
        for kind, points in kinds.items()
        for name, array in zip(("glam", "gphi", "e1", "e2"), points, strict=True)
    }
    return OceanGrid(**arrays, fold=Fold.F_POINT)


# whether a kind of point lies half a cell north, half a cell east of the T point
_OFFSETS = {"t": (0, 0), "u": (0, 1), "v": (1, 0), "f": (1, 1)}


@dataclass(frozen=True, eq=False)
class _Quarter:
    """A quarter of the lattice of half rows and half columns, (rows, angles) each.

    Angles [radians] are longitudes east of the first mesh pole, 0 to a quarter turn; sides [m]
    are per whole row and column. The first row is the southern edge, the last the fold.
    """

    angle: FloatArray
    latitude: FloatArray
    along_i: FloatArray
    along_j: FloatArray


def _lattice_quarter(parameters: OrcaParameters) -> _Quarter:
    """Compute the lattice for the angles 0 to 90 degrees east of the first mesh pole."""
    fine = parameters.refinement
    rows = _SOUTH_EDGE_ROW + np.arange(round(2 * fine * (orca_rows.RIM - _SOUTH_EDGE_ROW))) / (
        2.0 * fine
    )
    south = _zonal(rows, fine)
    north = _cap(parameters)
    return _Quarter(
        angle=np.concatenate([south.angle, north.angle]),
        latitude=np.concatenate([south.latitude, north.latitude]),
        along_i=np.concatenate([south.along_i, north.along_i]),
        along_j=np.concatenate([south.along_j, north.along_j]),
    )


def _zonal(rows: FloatArray, fine: int) -> _Quarter:
    """Compute the part of the lattice whose rows are circles of latitude."""
    latitude, slope = orca_rows.row_latitudes(rows)
    shape = (rows.size, 90 * fine + 1)
    along_i = OCEAN_RADIUS_M * orca_rows.COLUMN_STEP * np.cos(latitude)
    return _Quarter(
        angle=np.broadcast_to(np.linspace(0.0, 0.5 * np.pi, shape[1]), shape),
        latitude=np.broadcast_to(latitude[:, None], shape),
        along_i=np.broadcast_to(along_i[:, None] / fine, shape),
        along_j=np.broadcast_to(OCEAN_RADIUS_M * slope[:, None] / fine, shape),
    )


def _cap(parameters: OrcaParameters) -> _Quarter:
    """Compute the polar cap of the lattice."""
    fine = parameters.refinement
    axes = orca_plane.HalfAxes.of_pole(parameters.pole_latitude, fine)
    lines = orca_plane.cap_lines(axes, round(2 * fine * orca_plane.CAP_ROWS), 90 * fine)
    return _Quarter(
        angle=np.arctan2(lines.y, lines.x),
        latitude=0.5 * np.pi - 2.0 * np.arctan(np.hypot(lines.x, lines.y)),
        along_i=OCEAN_RADIUS_M * orca_rows.COLUMN_STEP * lines.along_i / fine,
        along_j=OCEAN_RADIUS_M * lines.along_j / (fine * orca_plane.CAP_ROWS),
    )


def _points(
    quarter: _Quarter, parameters: OrcaParameters, half_row: int, half_column: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Longitudes, latitudes [degrees] and sides [m] of one kind of points, (ny, nx) each."""
    ny, nx = parameters.shape
    j, i = np.meshgrid(np.arange(ny), np.arange(nx), indexing="ij")
    # the row beyond the fold is the mirror image of the one as far on this side of it
    beyond = j == ny - 1
    j = np.where(beyond, ny - 2 - half_row, j)
    i = np.where(beyond, nx - 1 - half_column - i, i)
    row = 2 * j + 1 + half_row
    column, sign, opposite = _mirrored(2 * i - 1 + half_column, 90 * parameters.refinement)
    angle = quarter.angle[row, column]
    angle = sign * np.where(opposite, np.pi - angle, angle)
    longitude = _turned(np.rad2deg(angle) + parameters.pole_longitude)
    along_i, along_j = (
        np.maximum(sides[row, column], SHORTEST_SIDE_M)
        for sides in (quarter.along_i, quarter.along_j)
    )
    return longitude, np.rad2deg(quarter.latitude[row, column]), along_i, along_j


def _mirrored(column: AnyArray, quarter: int) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Columns of the lattice by those of its first quarter.

    Returns
    -------
    column, sign, opposite : arrays
        The column of the first quarter, -1 west of the first mesh pole, else 1, and whether the
        point lies on the second mesh pole's side.
    """
    column = column % (4 * quarter)
    west = column > 2 * quarter
    column = np.where(west, 4 * quarter - column, column)
    opposite = column > quarter
    return np.where(opposite, 2 * quarter - column, column), np.where(west, -1.0, 1.0), opposite


def _turned(longitude: Degrees) -> Degrees:
    """Bring longitudes [degrees] into -180..180."""
    return (longitude + 180.0) % 360.0 - 180.0
