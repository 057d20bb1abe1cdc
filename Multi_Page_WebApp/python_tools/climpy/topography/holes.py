"""Which cell with a value is nearest to a cell without one, on the sphere.

The nearest cell with a value always touches the hole's edge: a step along the parallel towards the
hole, or along the meridian where both have the same longitude, leads to a cell that is nearer still
and therefore is a hole. So the cells around holes suffice, never the whole field is needed.

A place is a cell's number, row x columns + column.
"""

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray

PositionArray = np.ndarray[tuple[int], np.dtype[np.int64]]

_QUERIES = 2**16
_TIE = 1e-6


def nearest_known(
    holes: PositionArray, known: AnyArray, latitudes: FloatArray, columns: int
) -> PositionArray:
    """Give for each hole the index in `known` of the nearest place that has a value.

    Among equally near places the southernmost counts, then the westernmost.

    Parameters
    ----------
    holes : (n,) int64
        Places without a value, increasing.
    known : (m,) int
        Places with a value, increasing; all that touch a hole, and maybe more.
    latitudes : (ny,) float64
        Latitudes of the rows [degrees].
    columns : int
        Number of columns; they go round.
    """
    nearest = np.full(holes.size, -1, np.int64)
    narrow = _narrow_rows(latitudes, columns)[holes // columns]
    for side in (1, -1):  # the western neighbour, looked up last, wins
        index, found = _look_up(known, _beside(holes, side, columns))
        nearest[narrow & found] = index[narrow & found]
    rest = np.flatnonzero(nearest < 0)
    if rest.size:
        rim = _rim(holes, known, latitudes.size, columns)
        places = known[rim].astype(np.int64)
        for part in np.array_split(rest, -(-rest.size // _QUERIES)):
            nearest[part] = rim[_search(holes[part], places, latitudes, columns)]
    return nearest


def _look_up(known: AnyArray, places: PositionArray) -> tuple[PositionArray, BoolArray]:
    """Give where in `known` places stand, and whether they do."""
    index = np.minimum(np.searchsorted(known, places), known.size - 1)
    return index, known[index] == places


def _rim(holes: PositionArray, known: AnyArray, rows: int, columns: int) -> PositionArray:
    """Give where in `known` the places stand that have a hole on one of their four sides."""
    last = (rows - 1) * columns
    touching = np.zeros(known.size, bool)
    for side in (
        holes[holes >= columns] - columns,
        holes[holes < last] + columns,
        _beside(holes, -1, columns),
        _beside(holes, 1, columns),
    ):
        index, found = _look_up(known, side)
        touching[index[found]] = True
    return np.flatnonzero(touching)


def _narrow_rows(latitudes: FloatArray, columns: int) -> BoolArray:
    """Rows where the next cell east or west is nearer than every cell of another row."""
    height = np.min(np.diff(latitudes))
    narrow: BoolArray = 360.0 / columns * np.cos(np.deg2rad(latitudes)) < height * (1.0 - _TIE)
    return narrow


def _beside(places: PositionArray, side: int, columns: int) -> PositionArray:
    column = places % columns
    neighbours: PositionArray = places - column + (column + side) % columns
    return neighbours


def _search(
    holes: PositionArray, places: PositionArray, latitudes: FloatArray, columns: int
) -> PositionArray:
    """Search the places nearest to holes by their distance through the sphere."""
    from scipy.spatial import cKDTree  # slow to import, and holes are rare

    tree = cKDTree(_points(places, latitudes, columns))
    count = min(5, places.size)
    distance, found = tree.query(_points(holes, latitudes, columns), k=[*range(1, count + 1)])
    row, column = np.divmod(places[found], columns)
    east = (column - (holes % columns)[:, None] + columns // 2) % columns
    order = row * columns + east
    order[distance > distance[:, :1] * (1.0 + _TIE)] = np.iinfo(np.int64).max
    best: PositionArray = found[np.arange(holes.size), order.argmin(axis=1)]
    return best


def _points(places: PositionArray, latitudes: FloatArray, columns: int) -> FloatArray:
    """Places as points on the unit sphere, (n, 3)."""
    rows, column = np.divmod(places, columns)
    latitude = np.deg2rad(latitudes[rows])
    longitude = 2.0 * np.pi * column / columns
    across = np.cos(latitude)
    return np.stack(
        [across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=1
    )
