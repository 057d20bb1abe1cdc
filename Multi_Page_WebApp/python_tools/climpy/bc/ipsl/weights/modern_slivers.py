"""Ocean cells so thin that cutting leaves nothing of them: some of those beside a mesh pole."""

import numpy as np
from scipy.spatial import cKDTree

from climpy.arrays import FloatArray, LongArray
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.links import Links
from climpy.errors import StepRefused
from climpy.grids.nemo import unit_vectors

LARGEST = 1e-8
"""Area up to which a cell may get lost [steradians]: less than a square kilometre."""


def completed(links: Links, source: CoupledGrid, target: CoupledGrid) -> Links:
    """The same with a link for each cell that counts: lost ones take the nearest source cell.

    Raises
    ------
    StepRefused
        If one is too large to get lost; the sentence names it.
    """
    linked = np.bincount(links.target, minlength=target.masked.size) > 0
    lost = np.flatnonzero(~linked & ~target.masked.reshape(-1))
    if not lost.size:
        return links
    large = lost[vector_areas(target, lost) > LARGEST]
    if large.size:
        j, i = divmod(int(large[0]), target.shape[1])
        raise StepRefused(
            f"{large.size} ocean cells of the grid {target.name} got nothing from the atmosphere, "
            f"the first in row {j}, column {i}. Look at the coordinates there."
        )
    gives = np.flatnonzero(~source.masked)
    _, nearest = cKDTree(_places(source, gives)).query(_places(target, lost))
    return Links.of(
        np.concatenate([links.source, gives[nearest]]),
        np.concatenate([links.target, lost]),
        np.concatenate([links.weight, np.ones(lost.size)]),
        links.source_shape,
        links.target_shape,
    )


def vector_areas(grid: CoupledGrid, cells: LongArray) -> FloatArray:
    """Areas of some cells as if flat [steradians], (n,); infinite without corners."""
    if grid.corners is None:
        return np.full(cells.size, np.inf)
    latitudes, longitudes = (values.reshape(len(values), -1)[:, cells] for values in grid.corners)
    points = unit_vectors(latitudes, longitudes)
    twice = np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0)
    return np.asarray(0.5 * np.linalg.norm(twice, axis=-1))


def _places(grid: CoupledGrid, cells: LongArray) -> FloatArray:
    return unit_vectors(grid.latitudes.reshape(-1)[cells], grid.longitudes.reshape(-1)[cells])
