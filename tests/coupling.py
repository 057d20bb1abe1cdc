"""Grids, bathymetries and the program mosaic, for tests of coupling weights."""

import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from climpy.bc.ipsl.weights.classic import Planet, planet
from climpy.bc.ipsl.weights.shares import Shares
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import OceanGrid
from climpy.grids.orca import OrcaParameters, generate
from climpy.io import read
from climpy.steps.mosaic import find_shares
from tests.reference import reference

OLD_RADIANS = 3.14159265 / 180.0
"""What the chain that made the reference took for a degree."""


def mosaic_program() -> Path:
    """The program of `make setup`; the test is skipped where there is no Fortran compiler."""
    program = Path(sys.executable).parent / "mosaic"
    if not program.exists():
        if os.environ.get("CI"):
            pytest.fail("the program mosaic was not built")
        pytest.skip("the program mosaic is not built")
    return program


@cache
def ocean_grid(pole_longitude: float = 106.0, pole_latitude: float = 60.0) -> OceanGrid:
    """A two-degree ocean grid."""
    return generate(OrcaParameters(pole_longitude, pole_latitude))


def continents(ocean: OceanGrid) -> np.ndarray:
    """Depths [m] of a made-up planet: land about the grid's poles, a continent, an island."""
    lat, lon = np.deg2rad(ocean.gphit), np.deg2rad(ocean.glamt)
    shore = np.sin(3.0 * lon) * np.cos(2.0 * lat) + 0.4 * np.cos(5.0 * lon + 1.0)
    depth = np.where((shore > 0.6) | (ocean.gphit < -72.0), 0.0, 3000.0)
    small = (ocean.e1t * ocean.e2t) < 1e9
    depth[small] = 0.0
    return ocean.fill_copies(depth)


def made_up(
    pole_longitude: float = 106.0, pole_latitude: float = 60.0, atmosphere: LmdzGrid | None = None
) -> tuple[np.ndarray, Planet]:
    """Depths and grids of a made-up planet."""
    ocean = ocean_grid(pole_longitude, pole_latitude)
    depth = continents(ocean)
    return depth, planet(depth, ocean, atmosphere or LmdzGrid())


def reference_planet(file: str = "palaeo_60Ma_orca2.nc") -> tuple[np.ndarray, Planet]:
    """A real bathymetry, that of the reference or another; skipped where it is absent."""
    from climpy.grids import nemo

    ocean = nemo.read(reference("grids", "paleorca2_coordinates.nc"))
    depth = read(reference("bathymetries", file)).variables["Bathymetry"].values.squeeze()
    depth = np.nan_to_num(depth)
    return depth, planet(depth, ocean, LmdzGrid())


def shares_of(on: Planet, folder: Path, radians_per_degree: float | None = None) -> Shares:
    """What the program finds."""
    more = {} if radians_per_degree is None else {"radians_per_degree": radians_per_degree}
    return find_shares(on, folder, _quiet, executable=mosaic_program(), **more)


def _quiet(_share: float, _what: str) -> None:
    """Tell nobody."""
