"""Routing agrees with the method that the group has published with."""

import numpy as np
import pytest

from climpy import io
from climpy._kernels import padded
from climpy.bc.ipsl import routing
from climpy.grids.regular import RegularGrid
from tests.reference import reference

GRID = RegularGrid.of_shape(180, 360)


def field(folder: str, file: str, name: str) -> np.ndarray:
    return np.asarray(io.read(reference(*folder.split("/"), file)).variables[name].values)


def expected(name: str) -> np.ndarray:
    return field("reference/routing_60Ma", "routing.nc", name)[::-1]


@pytest.fixture(scope="module")
def topography():
    return field("topographies", "palaeo_60Ma_1deg.nc", "topo")


@pytest.fixture(scope="module")
def rivers(topography):
    return routing.route(topography, GRID)


@pytest.fixture(scope="module")
def rivers_of_old_heights():
    """What our flow makes of the heights that the old method ended with."""
    heights = field("reference/routing_60Ma", "fix3_topo.nc", "topo")
    _, kind = padded.levels_and_kinds(np.ascontiguousarray(heights), 1000.0)
    height = np.pad(np.pad(heights, ((0, 0), (1, 1)), mode="wrap"), ((1, 1), (0, 0))).ravel()
    routing._close_rim(height, *GRID.shape)
    direction, raised = routing._directions(height, kind, GRID, routing.DEFAULTS)
    return routing._rivers(height, kind, direction, GRID, (0, raised))


def test_heights_agree_but_for_flats_in_the_first_row(rivers):
    differs = rivers.topo != expected("topo")
    assert set(np.nonzero(differs)[0]) == {0}
    assert differs.sum() == 7
    assert np.abs(rivers.topo - expected("topo")).max() < 0.01


def test_directions_agree_everywhere(rivers):
    np.testing.assert_array_equal(rivers.land, ~np.isnan(expected("trip")))
    old = field("reference/routing_60Ma", "trip_raw.nc", "trip_raw")
    inner = rivers.land & (rivers.trip < 9)
    np.testing.assert_array_equal(rivers.trip[inner], old[inner])
    np.testing.assert_array_equal(rivers.trip[rivers.land], expected("trip")[rivers.land])


@pytest.mark.parametrize(
    ("name", "largest"),
    [("trip", 0.0), ("disto", 1e-9), ("hdiff", 0.0), ("topoind", 1e-9), ("riverl", 1e-8)],
)
def test_fed_with_the_old_heights_every_land_cell_agrees(rivers_of_old_heights, name, largest):
    land = rivers_of_old_heights.land
    ours = getattr(rivers_of_old_heights, name).astype(float)
    np.testing.assert_allclose(ours[land], expected(name)[land], rtol=0, atol=largest)


def test_fed_with_the_old_heights_the_basins_are_the_same(rivers_of_old_heights):
    land = rivers_of_old_heights.land
    ours, old = rivers_of_old_heights.basins[land], expected("basins")[land]
    pairs = set(zip(ours, old, strict=True))
    assert len(pairs) == ours.max() == old.max() == 3468
    # numbers differ only among basins of the same area
    area = (GRID.cell_widths_m() * GRID.cell_height_m())[:, None] * np.ones(GRID.shape)
    sizes = np.bincount(ours, weights=area[land])
    old_sizes = np.bincount(old.astype(int), weights=area[land])
    np.testing.assert_allclose(sizes, old_sizes, rtol=1e-12)


def test_river_length_is_missing_on_the_ocean(rivers):
    assert np.isnan(rivers.riverl[~rivers.land]).all()
    assert not np.isnan(expected("riverl")[~rivers.land]).any()
