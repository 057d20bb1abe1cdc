"""Both grids as YAC takes them: only cells that count, corners each once."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from climpy.arrays import BoolArray, FloatArray, LongArray
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.yac_requests import Mesh, Regular
from climpy.errors import InputRefused
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.nemo import unit_vectors

_SAME_PLACE = 1e-9
"""Chord within which corners are one [radii]."""


def of_lmdz(grid: LmdzGrid) -> Regular:
    """All cells of the atmosphere, row after row from the north, wedges at the poles."""
    return Regular(grid.longitude_edges[:-1], grid.latitude_edges)


def of_ocean(grid: CoupledGrid) -> Mesh:
    """Cells of the ocean that are not masked.

    Corners at one place become one, so that neighbours share their edges, across the seam and the
    north fold too.

    Parameters
    ----------
    grid : CoupledGrid
        With corners.

    Raises
    ------
    InputRefused
        If a cell has no area, or corners that are nowhere; the sentence names the first.
    """
    if grid.corners is None:
        raise InputRefused(f"The cells of the grid {grid.name} have no corners.")
    addresses = np.flatnonzero(~grid.masked)
    latitudes, longitudes = (
        values.reshape(len(values), -1).T[addresses] for values in grid.corners
    )
    nowhere = np.asarray(~np.isfinite(latitudes + longitudes).all(axis=1))
    if nowhere.any():
        raise InputRefused(
            f"The cell in {_where(grid, addresses, nowhere)} has a corner without coordinates."
        )
    first, places = _merged(unit_vectors(latitudes.reshape(-1), longitudes.reshape(-1)))
    vertices = places.reshape(latitudes.shape)
    differs = vertices != np.roll(vertices, 1, axis=1)
    corners = np.count_nonzero(differs, axis=1)
    if (corners < 3).any():
        raise InputRefused(
            f"The cell in {_where(grid, addresses, corners < 3)} has no area: its corners fall "
            "together. Look at the coordinates."
        )
    return Mesh(
        corners.astype(np.int32),
        vertices[differs].astype(np.int32),
        longitudes.reshape(-1)[first],
        latitudes.reshape(-1)[first],
        addresses,
        grid.masked.size,
    )


def _where(grid: CoupledGrid, addresses: LongArray, wrong: BoolArray) -> str:
    """The first cell that is wrong."""
    j, i = divmod(int(addresses[int(np.argmax(wrong))]), grid.shape[1])
    return f"row {j}, column {i} of the grid {grid.name}"


def _merged(points: FloatArray) -> tuple[LongArray, LongArray]:
    """Which points stand for all, and for each point which of these it is."""
    number = len(points)
    pairs = cKDTree(points).query_pairs(_SAME_PLACE, output_type="ndarray")
    near = coo_array((np.ones(len(pairs), dtype=bool), pairs.T), shape=(number, number))
    _, places = connected_components(near, directed=False)
    _, first = np.unique(places, return_index=True)
    return first.astype(np.int64), places.astype(np.int64)
