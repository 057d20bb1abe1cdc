"""Both grids as YAC takes them: only cells that count, corners each once."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from climpy.arrays import FloatArray, LongArray
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
        If a cell has no area; the sentence names the first.
    """
    if grid.corners is None:
        raise InputRefused(f"The cells of the grid {grid.name} have no corners.")
    addresses = np.flatnonzero(~grid.masked)
    latitudes, longitudes = (
        values.reshape(len(values), -1).T[addresses] for values in grid.corners
    )
    first, places = _merged(unit_vectors(latitudes.reshape(-1), longitudes.reshape(-1)))
    vertices = places.reshape(latitudes.shape)
    differs = vertices != np.roll(vertices, 1, axis=1)
    corners = np.count_nonzero(differs, axis=1)
    if (corners < 3).any():
        j, i = divmod(int(addresses[np.argmax(corners < 3)]), grid.shape[1])
        raise InputRefused(
            f"The cell in row {j}, column {i} of the grid {grid.name} has no area: its corners "
            "fall together. Look at the coordinates."
        )
    return Mesh(
        corners.astype(np.int32),
        vertices[differs].astype(np.int32),
        longitudes.reshape(-1)[first],
        latitudes.reshape(-1)[first],
        addresses,
        grid.masked.size,
    )


def _merged(points: FloatArray) -> tuple[LongArray, LongArray]:
    """Which points stand for all, and for each point which of these it is."""
    number = len(points)
    pairs = cKDTree(points).query_pairs(_SAME_PLACE, output_type="ndarray")
    near = coo_array((np.ones(len(pairs), dtype=bool), pairs.T), shape=(number, number))
    _, places = connected_components(near, directed=False)
    _, first = np.unique(places, return_index=True)
    return first.astype(np.int64), places.astype(np.int64)
