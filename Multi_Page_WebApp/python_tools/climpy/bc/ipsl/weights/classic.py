"""The classic set of IPSL-CM5A2, from the shares that the program `mosaic` finds.

Ocean cells are wet where the depth is at least 1 m and which the coupler does not leave out; each
row of the atmosphere on a pole is one cell.
"""

from dataclasses import dataclass

import numpy as np

from climpy.arrays import BoolArray, FloatArray, LongArray
from climpy.bc.ipsl.coordinates import require_shape
from climpy.bc.ipsl.weights.links import Links, summed
from climpy.bc.ipsl.weights.shares import LEAST_SHARE, Shares
from climpy.errors import StepRefused
from climpy.grids.duplicates import duplicates
from climpy.grids.lmdz import LMDZ_RADIUS_M, LmdzGrid
from climpy.grids.ocean import OceanGrid

SHALLOWEST_M = 1.0
"""An ocean cell is at least so deep."""


@dataclass(frozen=True, eq=False)
class Planet:
    """Both grids with the ocean on one of them.

    Parameters
    ----------
    sea : (ny, nx) bool
        Ocean cells that count, each once.
    ocean_area : (ny, nx) float64
        e1t e2t [m2].
    atmosphere_area : (rows, columns) float64
        [m2]; each pole divided among the columns.
    """

    ocean: OceanGrid
    atmosphere: LmdzGrid
    sea: BoolArray
    ocean_area: FloatArray
    atmosphere_area: FloatArray

    @property
    def cells(self) -> LongArray:
        """Flat indices of the ocean cells that count."""
        return np.flatnonzero(self.sea)


def planet(depth: FloatArray, ocean: OceanGrid, atmosphere: LmdzGrid) -> Planet:
    """Put a bathymetry onto its grid.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid.
    StepRefused
        If there is no ocean.
    """
    require_shape(depth, ocean.shape, "ocean")
    sea = (depth >= SHALLOWEST_M) & ~duplicates(ocean.shape, ocean.fold, "T")
    if not sea.any():
        raise StepRefused("The bathymetry has no ocean; there is nothing to couple.")
    return Planet(ocean, atmosphere, sea, ocean.e1t * ocean.e2t, areas(atmosphere))


def areas(grid: LmdzGrid) -> FloatArray:
    """Areas of the atmosphere cells [m2] by the mid-point rule, exact for the caps of the poles."""
    nx = grid.columns
    steps = np.deg2rad(360.0 / nx) * np.deg2rad(180.0 / grid.intervals)
    area = LMDZ_RADIUS_M**2 * steps * np.cos(np.deg2rad(grid.latitudes))
    area[[0, -1]] = grid.areas_m2[[0, -1], 0]
    return np.repeat(area[:, None], nx, axis=1)


def ocean_fraction(shares: Shares, grid: LmdzGrid) -> FloatArray:
    """Share of each atmosphere cell that is ocean, (rows, columns), north first."""
    fraction = summed(shares.atmosphere, shares.share, grid.shape[0] * grid.shape[1])
    fraction = fraction.reshape(grid.shape)
    fraction[[0, -1]] = fraction[[0, -1], :1]
    return fraction


def ocean_to_atmosphere(shares: Shares, on: Planet) -> Links:
    """Mean over the ocean of each atmosphere cell; the same in all columns of a pole."""
    ny, nx = on.atmosphere.shape
    fraction = ocean_fraction(shares, on.atmosphere).reshape(-1)
    weight = shares.share / fraction[shares.atmosphere]
    one = Links.of(shares.ocean, shares.atmosphere, weight, on.ocean.shape, (ny, nx))
    originals = np.arange(ny * nx).reshape(ny, nx)
    originals[[0, -1]] = originals[[0, -1], :1]
    return one.copied_to(originals)


def fluxes_to_ocean(shares: Shares, on: Planet) -> Links:
    """What leaves the ocean's share of each atmosphere cell arrives, per area of ocean.

    The pole's first column stands for the whole cap. Copies of ocean cells get what their
    originals get.
    """
    area = on.atmosphere_area.copy()
    area[[0, -1]] *= on.atmosphere.columns
    weight = shares.share * area.reshape(-1)[shares.atmosphere]
    weight /= on.ocean_area.reshape(-1)[shares.ocean]
    one = Links.of(shares.atmosphere, shares.ocean, weight, on.atmosphere.shape, on.ocean.shape)
    return one.copied_to(on.ocean.originals)


def is_coast(fraction: FloatArray) -> BoolArray:
    """Atmosphere cells that are partly ocean."""
    return (fraction >= LEAST_SHARE) & (fraction <= 1.0 - LEAST_SHARE)
