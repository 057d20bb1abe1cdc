"""What the library YAC finds on planets made in code and on real ones, for tests of weights."""

import importlib.util
import os
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from climpy.bc.ipsl.weights import modern
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.modern import Modern
from climpy.bc.ipsl.weights.yac_requests import FoundLinks
from climpy.grids import nemo
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import Fold
from climpy.grids.orca import OrcaParameters, generate
from climpy.io import read
from climpy.steps.mosaix import find_links
from tests.coupling import continents
from tests.ocean_grids import cylindrical_grid
from tests.reference import reference


def require_yac() -> None:
    """Skip the test where YAC is not installed, but not in CI."""
    if importlib.util.find_spec("yac") is None:
        if os.environ.get("CI"):
            pytest.fail("the library YAC is not installed")
        pytest.skip("the library YAC is not installed")


@cache
def made_up(
    pole_longitude: float = 106.0,
    pole_latitude: float = 60.0,
    atmosphere: LmdzGrid = LmdzGrid(),  # noqa: B008  it is frozen
    refinement: int = 1,
) -> Planet:
    """A planet made in code, on a grid with these poles."""
    ocean = generate(OrcaParameters(pole_longitude, pole_latitude, refinement))
    return modern.planet(continents(ocean), ocean, atmosphere)


@cache
def folded_about_t() -> Planet:
    """A planet made in code, on a grid that is folded about T points."""
    ocean = cylindrical_grid(61, 120, Fold.T_POINT)
    return modern.planet(continents(ocean), ocean, LmdzGrid())


@cache
def real(bathymetry: str = "palaeo_38Ma_orca2.nc") -> Planet:
    """A real bathymetry on its grid; the test is skipped where it is absent."""
    ocean = nemo.read(reference("grids", "paleorca2_coordinates.nc"))
    depth = read(reference("bathymetries", bathymetry)).variables["Bathymetry"].values.squeeze()
    return modern.planet(np.nan_to_num(depth), ocean, LmdzGrid())


@cache
def found_on(on: Planet) -> FoundLinks:
    """What YAC finds."""
    require_yac()
    with tempfile.TemporaryDirectory() as folder:
        return find_links(on, Path(folder), quiet)


@cache
def weights_of(on: Planet) -> Modern:
    """All remappings of a planet."""
    return modern.modern_weights(found_on(on), on)


def quiet(_share: float, _what: str) -> None:
    """Tell nobody."""
