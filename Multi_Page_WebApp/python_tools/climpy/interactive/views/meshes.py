"""Where the cells of a field lie: their corners, and which of them are copies."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from climpy.arrays import FloatArray, IntArray
from climpy.fields.corners import (
    corners_between,
    degrees,
    north_fold,
    on_sphere,
    repeated_columns,
)
from climpy.grids.ocean import Fold
from climpy.interactive.field import Field

_DIGITS = 9
"""Decimals of a degree: corners that cells share are equal to the bit."""

Places = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, eq=False)
class Mesh:
    """The corners of a field's cells.

    Parameters
    ----------
    field : Field
        Which cells are copies; its values play no part.
    latitudes, longitudes : (ny + 1, 1) and (1, nx + 1), or both (ny + 1, nx + 1), or None
        Edges of a regular grid, longitudes increasing or decreasing by at most 360 in all;
        corners of others, NaN where unknown; None where it is not known where cells lie [degrees].
    """

    field: Field
    latitudes: FloatArray | None = None
    longitudes: FloatArray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells (ny, nx)."""
        return self.field.shape

    @property
    def nodes(self) -> IntArray:
        """Flat index of the cell that each cell is a copy of, its own if none, (ny * nx,)."""
        return self.field.nodes

    @property
    def placed(self) -> bool:
        """True if it is known where the cells lie."""
        return self.latitudes is not None

    @property
    def regular(self) -> bool:
        """True if the edges of cells are meridians and parallels."""
        return self.latitudes is not None and self.latitudes.shape[1] == 1

    @property
    def northward(self) -> bool:
        """True where rows go from south to north, or nobody knows; else index space is flipped."""
        if self.latitudes is None:
            return True
        return bool(np.nansum(np.diff(self.latitudes, axis=0)) >= 0.0)

    @cached_property
    def drawn(self) -> IntArray:
        """Flat index of each cell that is no copy, -1 for copies, (ny * nx,)."""
        here = np.arange(self.nodes.size, dtype=np.int32)
        return np.where(self.nodes == here, here, np.int32(-1))

    @property
    def edges(self) -> Places:
        """Latitudes (ny + 1,) and longitudes (nx + 1,) of a regular grid's edges.

        Raises
        ------
        ValueError
            If it is none.
        """
        if self.latitudes is None or self.longitudes is None or not self.regular:
            raise ValueError("only a regular mesh has edges along meridians and parallels")
        return self.latitudes[:, 0], self.longitudes[0]

    @cached_property
    def corners(self) -> Places:
        """Latitudes and longitudes of corners, each (ny + 1, nx + 1).

        Raises
        ------
        ValueError
            If it is not known where the cells lie.
        """
        if self.latitudes is None or self.longitudes is None:
            raise ValueError("a mesh without places has no corners in degrees")
        if not self.regular:
            return self.latitudes, self.longitudes
        latitudes, longitudes = np.broadcast_arrays(self.latitudes, self.longitudes)
        return np.array(latitudes, order="C"), np.array(longitudes, order="C")


def mesh_of(field: Field, corners: Places | None = None) -> Mesh:
    """The mesh of a field's grid.

    Parameters
    ----------
    field : Field
        On any grid; where its cells lie may be unknown.
    corners : (latitudes, longitudes), optional
        Of the cells, (ny + 1, nx + 1), where the file has its own; otherwise they are taken to lie
        halfway between the centres.
    """
    if corners is not None:
        latitudes, longitudes = (np.round(part, _DIGITS) for part in corners)
        edges = _lines_of(latitudes, longitudes)
        return Mesh(field, *(_cut(*edges) if edges else (latitudes, longitudes)))
    if field.latitudes is None or field.longitudes is None:
        return Mesh(field)
    latitudes, longitudes = field.latitudes, field.longitudes
    centres = _lines_of(latitudes, longitudes)
    if centres is not None and (centres[0].size, centres[1].size) == field.shape:
        return Mesh(field, *_edges(*centres))
    if min(field.shape) == 1:
        return Mesh(field)
    whole = (np.broadcast_to(part, field.shape) for part in (latitudes, longitudes))
    return Mesh(field, *_curvilinear(field, *whole))


def _lines_of(latitudes: FloatArray, longitudes: FloatArray) -> Places | None:
    """Latitudes (n, 1) and unbroken longitudes (1, m) of points on straight lines, or None."""
    rows, columns = latitudes[:, :1], longitudes[:1]
    if not (np.isfinite(latitudes).all() and np.isfinite(longitudes).all()):
        return None
    if np.abs(latitudes - rows).max() > 1e-6 or np.abs(_short(longitudes - columns)).max() > 1e-6:
        return None
    steps = _short(np.diff(columns, axis=1))
    unbroken = columns[:, :1] + np.concatenate([np.zeros((1, 1)), np.cumsum(steps, axis=1)], axis=1)
    if _monotone(np.diff(rows[:, 0])) and _monotone(steps[0]) and abs(steps.sum()) <= 360.0 + 1e-6:
        return rows, unbroken
    return None


def _short(turns: FloatArray) -> FloatArray:
    return np.asarray((turns + 180.0) % 360.0 - 180.0)


def _monotone(steps: FloatArray) -> bool:
    return bool((steps > 0.0).all() or (steps < 0.0).all())


def _edges(latitudes: FloatArray, longitudes: FloatArray) -> Places:
    """Edges halfway between centres; the outermost as far beyond them as the next within."""
    return _cut(_between(latitudes[:, 0])[:, None], _between(longitudes[0])[None, :])


def _between(centres: FloatArray) -> FloatArray:
    if centres.size == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    inner = 0.5 * (centres[1:] + centres[:-1])
    first, last = 1.5 * centres[0] - 0.5 * centres[1], 1.5 * centres[-1] - 0.5 * centres[-2]
    return np.concatenate([[first], inner, [last]])


def _cut(latitudes: FloatArray, longitudes: FloatArray) -> Places:
    """Nothing beyond the poles, nothing more than once round the globe."""
    west = longitudes[0, 0]
    east = np.clip(longitudes - west, -360.0, 360.0)
    whole = np.abs(np.abs(east) - 360.0) < 1e-6
    east = np.where(whole, np.copysign(360.0, east), east)
    return (
        np.clip(np.round(latitudes, _DIGITS), -90.0, 90.0),
        np.round(west, _DIGITS) + np.round(east, _DIGITS),
    )


def _curvilinear(field: Field, latitudes: FloatArray, longitudes: FloatArray) -> Places:
    points = on_sphere(latitudes, longitudes)
    if field.originals is not None:
        repeated: int | None = 2
        fold = Fold(field.fold) if field.fold else None
    else:
        repeated = repeated_columns(points)
        fold = north_fold(points, repeated)
    north, east = degrees(corners_between(points, repeated, fold))
    return np.round(north, _DIGITS), np.round(east, _DIGITS)
