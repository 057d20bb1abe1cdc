"""Files as the methods want them: topographies, grids, depths."""

from pathlib import Path
from typing import Any

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.grids.ocean import OceanGrid
from climpy.grids.t_points import grid_of_t_points
from climpy.io import open_dataset, read
from climpy.topography import Topography, Understanding, open_topography

OWN_TOPOGRAPHY = "topo"
"""Name of the topography in files that our own steps wrote."""


def load_topography(path: Path, variable: str | None = None) -> tuple[Topography, Understanding]:
    """Read a topography; in a file of our own its name is known.

    Raises
    ------
    InputRefused
        If the file cannot be used.
    """
    return open_topography(path, variable or (OWN_TOPOGRAPHY if is_own(path) else None))


def is_own(path: Path) -> bool:
    """Whether a step of ours wrote the file and called the topography `topo`."""
    with open_dataset(path) as dataset:
        return "step" in dataset.ncattrs() and OWN_TOPOGRAPHY in dataset.variables


def load_bathymetry(path: Path) -> tuple[FloatArray, OceanGrid]:
    """Read depths (ny, nx) [m] and the T points that they stand on.

    Raises
    ------
    InputRefused
        If the file is no bathymetry.
    """
    variables = read(path).variables
    for name in ("Bathymetry", "nav_lon", "nav_lat"):
        if name not in variables:
            raise InputRefused(f"{path.name} is no bathymetry: it has no variable {name}.")
    depth, longitudes, latitudes = (
        _plane(variables[name].values, f"{path.name}: {name}")
        for name in ("Bathymetry", "nav_lon", "nav_lat")
    )
    if not depth.shape == longitudes.shape == latitudes.shape:
        raise InputRefused(
            f"{path.name}: the depths are {depth.shape}, their coordinates {longitudes.shape} "
            f"and {latitudes.shape}."
        )
    return np.nan_to_num(depth, nan=0.0), grid_of_t_points(longitudes, latitudes)


def _plane(values: Any, where: str) -> FloatArray:
    """A field of two dimensions; others must have the length 1."""
    long_enough = [length for length in values.shape if length > 1]
    if len(long_enough) != 2 or values.dtype.kind not in "iuf":
        raise InputRefused(f"{where} is no field of two dimensions.")
    return np.ascontiguousarray(values, dtype=np.float64).reshape(long_enough)
