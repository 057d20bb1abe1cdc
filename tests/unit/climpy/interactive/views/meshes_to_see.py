"""Small grids of every kind, made in code."""

import functools

import numpy as np

from climpy.grids.ocean import Fold
from climpy.grids.orca import OrcaParameters, generate
from climpy.grids.t_points import grid_of_t_points
from climpy.interactive import Field, on_ocean_grid
from climpy.interactive.field import cell_centres


def regular(ny: int = 12, nx: int = 18, west: float = -180.0) -> Field:
    """Heights that all differ."""
    values = np.arange(ny * nx, dtype=np.float64).reshape(ny, nx) - 100.5
    return Field(values, "topography", *cell_centres(ny, nx, west))


def turned(ny: int = 18, nx: int = 36) -> Field:
    """A grid of equal steps about an axis that leans by 40 degrees; it covers the globe."""
    latitudes, longitudes = cell_centres(ny, nx, -180.0)
    phi, lam = np.deg2rad(latitudes), np.deg2rad(longitudes + 3.0)
    x, y = np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam)
    z = np.broadcast_to(np.sin(phi), x.shape)
    lean = np.deg2rad(40.0)
    x, z = x * np.cos(lean) - z * np.sin(lean), x * np.sin(lean) + z * np.cos(lean)
    values = np.arange(ny * nx, dtype=np.float64).reshape(ny, nx) - 100.5
    return Field(values, "topography", np.rad2deg(np.arcsin(z)), np.rad2deg(np.arctan2(y, x)))


@functools.cache
def ocean(fold: Fold = Fold.F_POINT) -> Field:
    """Depths on the two-degree grid, every seventh cell land."""
    grid = generate(OrcaParameters())
    if fold is Fold.T_POINT:
        # the F points are the T points of a grid that is folded about one of these
        longitudes, latitudes = (
            np.roll(part[:, :-2], 1, axis=1) for part in (grid.glamf, grid.gphif)
        )
        halo = [np.concatenate([part, part[:, :2]], axis=1) for part in (longitudes, latitudes)]
        grid = grid_of_t_points(*halo)
        assert grid.fold is fold
    depths = np.where(np.arange(grid.glamt.size) % 7 == 0, 0.0, 1000.0).reshape(grid.shape)
    return on_ocean_grid(grid.fill_copies(depths), grid, "bathymetry")
