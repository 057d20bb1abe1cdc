"""Depth of the ocean model's cells, from the heights of a regular topography."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from climpy._kernels.cells import under_quadrilaterals
from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.coordinates import ocean_coordinates, require_shape
from climpy.errors import InputRefused, StepRefused
from climpy.grids.ocean import OceanGrid
from climpy.grids.regular import RegularGrid
from climpy.io import Attributes, ModelFile, Variable

DEPTH_AT_SEA_LEVEL_M = 10.0
"""Depth given to ocean whose height is exactly 0 [m]; 0 would be land."""

_TIE = 1e-6
"""Share of a cell within which a point counts as lying on the border between two cells."""

_MOST_SAMPLES = 128


@dataclass(frozen=True, eq=False)
class CellStatistics:
    """What the topography holds under each ocean cell, each (ny, nx) float64.

    Parameters
    ----------
    minimum, mean, maximum : (ny, nx) float64
        Heights [m], land above 0; the mean is weighted with area.
    land_percent : (ny, nx) float64
        Share of the cell's area that is land, 0..100.
    ocean_mean : (ny, nx) float64
        Area mean of the heights of the cell's ocean part [m]; 0 where it has none.
    """

    minimum: FloatArray
    mean: FloatArray
    maximum: FloatArray
    land_percent: FloatArray
    ocean_mean: FloatArray


def bathymetry(
    heights: FloatArray,
    grid: RegularGrid,
    ocean: OceanGrid,
    *,
    method: Literal["nearest", "mean"] = "nearest",
    minimum_ocean_fraction: float = 0.5,
) -> FloatArray:
    """Depth of each ocean cell, (ny, nx) float64 [m], ocean > 0, land 0; copies equal originals.

    Parameters
    ----------
    heights : (nlat, nlon) float64
        Heights [m], land > 0, rows from south to north; normally those of the routing.
    grid : RegularGrid
        Where the heights are.
    ocean : OceanGrid
        Where the depths are wanted.
    method : {"nearest", "mean"}
        Height of the topography cell that holds the T point (on a border the western, the
        southern), or the mean of the ocean part of the cell.
    minimum_ocean_fraction : float
        With `mean`, the least share of its area that must be ocean for a cell to be ocean.

    Raises
    ------
    InputRefused
        If the shapes disagree, the method is unknown or the fraction is not within 0..1.
    StepRefused
        If no cell is ocean.
    """
    require_shape(heights, grid.shape, "topography")
    if not 0.0 < minimum_ocean_fraction <= 1.0:
        raise InputRefused(
            "The minimum ocean fraction must lie above 0 and not above 1, "
            f"not {minimum_ocean_fraction:g}."
        )
    if method == "nearest":
        height = heights[containing_cells(grid, ocean.gphit, ocean.glamt)]
    elif method == "mean":
        height = _mean_of_ocean(heights, grid, ocean, minimum_ocean_fraction)
    else:
        raise InputRefused(f"The method must be 'nearest' or 'mean', not {method!r}.")
    depth = np.where(height > 0.0, 0.0, np.where(height == 0.0, DEPTH_AT_SEA_LEVEL_M, -height))
    if not depth.any():
        raise StepRefused("No cell of the ocean grid lies on ocean: the topography is all land.")
    return ocean.fill_copies(depth)


def containing_cells(
    grid: RegularGrid, latitudes: FloatArray, longitudes: FloatArray
) -> tuple[AnyArray, AnyArray]:
    """Row and column of the cells that hold points [degrees]; on a border the south-western."""
    ny, nx = grid.shape
    row = np.ceil((latitudes + 90.0) / grid.dlat - _TIE).astype(np.intp) - 1
    column = np.ceil((longitudes - grid.west) / grid.dlon - _TIE).astype(np.intp) - 1
    return np.clip(row, 0, ny - 1), column % nx


def _mean_of_ocean(
    heights: FloatArray, grid: RegularGrid, ocean: OceanGrid, fraction: float
) -> FloatArray:
    under = statistics_under_cells(heights, grid, ocean)
    # The share is a sum of weights: a cell that is half ocean must not fail by a rounding error.
    wet = 1.0 - under.land_percent / 100.0 >= fraction - 1e-9
    return np.where(wet, under.ocean_mean, 1.0)


def statistics_under_cells(
    heights: FloatArray, grid: RegularGrid, ocean: OceanGrid
) -> CellStatistics:
    """Minimum, mean and maximum height and land share of the topography under each ocean cell.

    A cell is the quadrilateral of its four F points. It is sampled on a lattice of points at
    most half a topography cell apart (at least 4 x 4, at most 128 x 128), weighted with area.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of their grid.
    """
    require_shape(heights, grid.shape, "topography")
    unique = np.flatnonzero(ocean.unique)
    corners = _corners(ocean).reshape(-1, 4, 3)[unique]
    samples = _samples(corners, grid)
    found = under_quadrilaterals(corners, samples, np.ascontiguousarray(heights), grid.west)
    position = np.zeros(ocean.glamt.size, np.intp)
    position[unique] = np.arange(unique.size)
    fields = found[position[ocean.originals]]
    return CellStatistics(
        minimum=fields[..., 0],
        mean=fields[..., 1],
        maximum=fields[..., 2],
        land_percent=100.0 * fields[..., 3],
        ocean_mean=fields[..., 4],
    )


def _corners(ocean: OceanGrid) -> FloatArray:
    """Corners of each cell as unit vectors, south-west, -east, north-east, -west (ny, nx, 4, 3).

    The southern corners of row 0, which the file does not hold, mirror the northern ones about
    the line through the T points.
    """
    f = _unit_vectors(ocean.gphif, ocean.glamf)
    t = _unit_vectors(ocean.gphit[:1], ocean.glamt[:1])
    edge = _unit_vectors(ocean.gphiv[:1], ocean.glamv[:1])
    below = f[:1] - 2.0 * (edge - t)
    below /= np.linalg.norm(below, axis=-1, keepdims=True)
    north, south = f, np.concatenate([below, f[:-1]])
    # Column 0 is a copy, its western corners are never used.
    return np.ascontiguousarray(
        np.stack([np.roll(south, 1, 1), south, north, np.roll(north, 1, 1)], axis=2)
    )


def _unit_vectors(lat: FloatArray, lon: FloatArray) -> FloatArray:
    phi, lam = np.deg2rad(lat), np.deg2rad(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def _samples(corners: FloatArray, grid: RegularGrid) -> AnyArray:
    """Points along the two sides of each cell that reach every topography cell, (n, 2) int32."""
    across = np.linalg.norm(corners[:, 1] - corners[:, 0], axis=-1)
    across = np.maximum(across, np.linalg.norm(corners[:, 2] - corners[:, 3], axis=-1))
    along = np.linalg.norm(corners[:, 3] - corners[:, 0], axis=-1)
    along = np.maximum(along, np.linalg.norm(corners[:, 2] - corners[:, 1], axis=-1))
    polar_distance = np.hypot(corners[..., 0], corners[..., 1]).max(axis=1)
    step = np.deg2rad(np.minimum(grid.dlat, np.maximum(polar_distance, 0.1) * grid.dlon))
    wanted = np.ceil(2.0 * np.stack([across, along], axis=-1) / step[:, None])
    return np.asarray(np.clip(wanted, 4, _MOST_SAMPLES), dtype=np.int32)


def to_file(depth: FloatArray, ocean: OceanGrid) -> ModelFile:
    """Describe the file `bathy`: Bathymetry(y, x) [m] and its coordinates."""
    require_shape(depth, ocean.shape, "ocean")
    attributes: Attributes = {
        "long_name": "Bathymetry",
        "units": "m",
        "valid_min": 0.0,
        "coordinates": "nav_lat nav_lon",
    }
    return ModelFile(
        {"Bathymetry": Variable(("y", "x"), depth, attributes), **ocean_coordinates(ocean)}
    )


def statistics_to_file(under: CellStatistics, ocean: OceanGrid) -> ModelFile:
    """Describe the file of what lies under the ocean cells: heights [m] and land [%], (y, x)."""
    require_shape(under.mean, ocean.shape, "ocean")
    fields = {
        "minimum_height": (under.minimum, "lowest height of the topography in the cell", "minimum"),
        "mean_height": (under.mean, "mean height of the topography in the cell", "mean"),
        "maximum_height": (
            under.maximum,
            "highest height of the topography in the cell",
            "maximum",
        ),
    }
    variables = {
        name: _under_cells(values, f"{long_name}, negative in the ocean", "m", f"area: {method}")
        for name, (values, long_name, method) in fields.items()
    }
    land = "share of the area of the cell where the topography is above 0"
    variables["land_percent"] = _under_cells(under.land_percent, land, "%", "area: mean")
    return ModelFile(
        {**variables, **ocean_coordinates(ocean)},
        {"title": "What the topography has under each cell of the ocean grid"},
    )


def _under_cells(values: FloatArray, long_name: str, units: str, methods: str) -> Variable:
    attributes: Attributes = {
        "long_name": long_name,
        "units": units,
        "cell_methods": methods,
        "coordinates": "nav_lat nav_lon",
    }
    return Variable(("y", "x"), values, attributes)
