"""From one regular grid to another: nearest, bilinear, or as area means.

All three methods are separable: ``A_lat @ heights @ A_lon.T`` with two sparse matrices, one along
the meridians and one along the parallels.

References
----------
Jones, P. W. (1999). First- and second-order conservative remapping schemes for grids in spherical
coordinates. Monthly Weather Review 127, 2204-2210.
doi:10.1175/1520-0493(1999)127<2204:FASOCR>2.0.CO;2
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid

METHODS = ("nearest", "bilinear", "conservative")

_SAME = 1e-9
"""Share of a step within which two positions are the same."""

_ROUNDING_DEGREES = 1e-11
"""Edges as near as this are the same but for rounding."""

PositionArray = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Operator:
    """A separable regridding, heights -> A_lat @ heights @ A_lon.T.

    Parameters
    ----------
    along_meridians : (target rows, source rows) sparse matrix
        Weights of the rows.
    along_parallels : (target columns, source columns) sparse matrix
        Weights of the columns.
    poles : (target rows, 2) float64
        Weights of the south and north pole's own value, which is the mean of the nearest row.
    """

    along_meridians: Any
    along_parallels: Any
    poles: FloatArray

    def apply(self, field: FloatArray) -> FloatArray:
        """Regrid a field of (source rows, source columns)."""
        return self.finish(np.asarray(self.along_meridians @ field), field[[0, -1]])

    def finish(self, rows: FloatArray, outermost: FloatArray) -> FloatArray:
        """Complete a field whose rows are those of the target, given its two outermost rows.

        Parameters
        ----------
        rows : (target rows, source columns) float64
            The field after the weights along the meridians.
        outermost : (2, source columns) float64
            First and last row of the source.
        """
        means = np.array([_mean(row) for row in outermost])
        regridded = np.asarray((self.along_parallels @ rows.T).T)
        return np.ascontiguousarray(regridded + (self.poles @ means)[:, None])


def _mean(row: FloatArray) -> float:
    """Mean of a row, exact where all its values are equal."""
    return float(row[0] + np.mean(row - row[0]))


def regrid(
    heights: FloatArray, source: RegularGrid, target: RegularGrid, method: str
) -> FloatArray:
    """Give the heights on the target grid; unchanged, bit for bit, where the grids coincide.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights on the source grid [m], rows from south to north.
    source, target : RegularGrid
        The two grids.
    method : {"nearest", "bilinear", "conservative"}
        Value of the nearest cell (the southern, then the western one at a tie); bilinear between
        cell centres, towards the mean of the last row at a pole; or the mean over the cell's area.

    Raises
    ------
    InputRefused
        If the method is unknown.
    """
    check_method(method)
    turn = columns_to_turn(source, target)
    if turn is not None:
        return np.roll(heights, -turn, axis=1)
    return operator(source, target, method).apply(heights)


def columns_to_turn(source: RegularGrid, target: RegularGrid) -> int | None:
    """Give the source column that is the target's first if the grids share their cells."""
    if source.shape != target.shape:
        return None
    offset = (target.west - source.west) / source.dlon
    if abs(offset - round(offset)) > 1e-6:
        return None
    return round(offset) % source.shape[1]


def operator(source: RegularGrid, target: RegularGrid, method: str) -> Operator:
    """Give the weights of a method between two grids.

    Raises
    ------
    InputRefused
        If the method is unknown.
    """
    check_method(method)
    (source_ny, source_nx), (ny, nx) = source.shape, target.shape
    poles = np.zeros((ny, 2))
    if method == "conservative":
        meridians = _overlaps(_sines, _edges(-90.0, 180.0, source_ny), _edges(-90.0, 180.0, ny))
        return Operator(meridians, _periodic_overlaps(source, target), poles)
    rows = (target.latitudes + 90.0) / source.dlat - 0.5
    columns = (target.longitudes - source.longitudes[0]) / source.dlon
    if method == "nearest":
        near_rows = np.clip(_nearest(rows), 0, source_ny - 1)
        meridians = _matrix(near_rows, np.ones(ny), source_ny)
        return Operator(
            meridians, _matrix(_nearest(columns) % source_nx, np.ones(nx), source_nx), poles
        )
    below, share = _between(rows)
    meridians, poles = _with_poles(below, share, source_ny)
    west, share = _between(columns)
    parallels = _matrix(west % source_nx, 1.0 - share, source_nx) + _matrix(
        (west + 1) % source_nx, share, source_nx
    )
    return Operator(meridians, parallels, poles)


def check_method(method: str) -> None:
    """Refuse an unknown method.

    Raises
    ------
    InputRefused
        If it is none of `METHODS`.
    """
    if method not in METHODS:
        raise InputRefused(f"The method must be one of {', '.join(METHODS)}, not {method!r}.")


def _nearest(positions: FloatArray) -> PositionArray:
    """Give the nearest index, the lower one at a tie."""
    return np.ceil(positions - 0.5 - _SAME).astype(np.int64)


def _between(
    positions: FloatArray,
) -> tuple[PositionArray, FloatArray]:
    """Give the index below each position and how far, 0 to 1, it is on the way to the next."""
    below = np.floor(positions + _SAME)
    share = positions - below
    share[np.abs(share) < _SAME] = 0.0
    return below.astype(np.int64), share


def _matrix(columns: PositionArray, weights: FloatArray, size: int) -> Any:
    """Matrix with one weight in each row."""
    from scipy import sparse  # where grids coincide it is never needed

    rows = np.arange(columns.size)
    return sparse.csr_matrix((weights, (rows, columns)), shape=(columns.size, size))


def _with_poles(below: PositionArray, share: FloatArray, ny: int) -> tuple[Any, FloatArray]:
    """Weights between rows of centres; beyond the last row, between it and the pole.

    The pole is half a step from the last row, so the way to it is twice as short.
    """
    south, north = below < 0, (below >= ny - 1) & (share > 0.0)
    lower, upper = np.where(south, 0.0, 1.0 - share), np.where(north, 0.0, share)
    poles = np.zeros((below.size, 2))
    poles[south, 0] = 2.0 * (1.0 - share[south])
    upper[south] = 1.0 - poles[south, 0]
    poles[north, 1] = 2.0 * share[north]
    lower[north] = 1.0 - poles[north, 1]
    weights = _matrix(np.clip(below, 0, ny - 1), lower, ny)
    return weights + _matrix(np.clip(below + 1, 0, ny - 1), upper, ny), poles


def _edges(first: float, span: float, cells: int) -> FloatArray:
    return first + span * np.arange(cells + 1) / cells


def _sines(degrees: FloatArray) -> FloatArray:
    return np.sin(np.deg2rad(degrees))


def _as_is(degrees: FloatArray) -> FloatArray:
    return degrees


def _overlaps(
    measure: Callable[[FloatArray], FloatArray], source: FloatArray, target: FloatArray
) -> Any:
    """Share of each target interval that lies in each source interval, (target, source).

    Parameters
    ----------
    measure : callable
        What an interval's length is measured in: the sine of latitudes, or longitudes.
    source, target : float64
        Edges [degrees], increasing; the target lies within the source.
    """
    from scipy import sparse  # where grids coincide it is never needed

    nearest = source[np.clip(np.searchsorted(source, target), 0, source.size - 1)]
    before = source[np.clip(np.searchsorted(source, target) - 1, 0, source.size - 1)]
    for edge in (nearest, before):
        target = np.where(np.abs(edge - target) < _ROUNDING_DEGREES, edge, target)
    all_edges = np.union1d(source, target)
    all_edges = all_edges[(all_edges >= target[0]) & (all_edges <= target[-1])]
    middles = 0.5 * (all_edges[1:] + all_edges[:-1])
    to = np.searchsorted(target, middles) - 1
    out_of = np.searchsorted(source, middles) - 1
    shares = np.diff(measure(all_edges)) / np.diff(measure(target))[to]
    return sparse.csr_matrix((shares, (to, out_of)), shape=(target.size - 1, source.size - 1))


def _periodic_overlaps(source: RegularGrid, target: RegularGrid) -> Any:
    """Give the same along a parallel: two turns of the source, folded back."""
    from scipy import sparse  # where grids coincide it is never needed

    nx = source.shape[1]
    offset = (target.west - source.west) % 360.0
    twice = _edges(0.0, 720.0, 2 * nx)
    unrolled = _overlaps(_as_is, twice, offset + _edges(0.0, 360.0, target.shape[1])).tocoo()
    return sparse.csr_matrix(
        (unrolled.data, (unrolled.row, unrolled.col % nx)), shape=(target.shape[1], nx)
    )
