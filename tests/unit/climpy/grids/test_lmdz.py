"""LMDZ grids: rows on the poles, edges half-way, areas of the sphere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from climpy.errors import InputRefused
from climpy.grids.lmdz import LMDZ_RADIUS_M, LmdzGrid


def test_the_grid_of_cm5a2():
    grid = LmdzGrid()
    assert grid.name == "LMD9695"
    assert grid.shape == (96, 96)
    assert_allclose(grid.longitudes[[0, 1, -1]], [-180.0, -176.25, 176.25])
    assert_allclose(grid.latitudes[[0, 1, -1]], [90.0, 90.0 - 180.0 / 95.0, -90.0])
    assert_allclose(grid.longitude_edges[[0, -1]], [-181.875, 178.125])
    assert_allclose(grid.latitude_edges[[0, 1, -2, -1]], [90.0, 90 - 90 / 95, 90 / 95 - 90, -90.0])


def test_a_finer_grid():
    assert LmdzGrid(144, 142).shape == (143, 144)


@settings(deadline=None, max_examples=30)
@given(st.integers(4, 300), st.integers(3, 300))
def test_areas_sum_to_the_sphere_and_mirror_about_the_equator(columns, intervals):
    grid = LmdzGrid(columns, intervals)
    areas = grid.areas_m2
    assert areas.shape == grid.shape
    assert areas.min() > 0.0
    assert areas.sum() == pytest.approx(4.0 * np.pi * LMDZ_RADIUS_M**2, rel=1e-12)
    assert_allclose(areas, areas[::-1], rtol=1e-9)
    assert_array_equal(areas, np.broadcast_to(areas[:, :1], areas.shape))


@settings(deadline=None, max_examples=30)
@given(st.integers(4, 300), st.integers(3, 300))
def test_centres_lie_between_their_edges(columns, intervals):
    grid = LmdzGrid(columns, intervals)
    assert np.all(np.diff(grid.latitude_edges) < 0.0)
    assert np.all(grid.latitudes <= grid.latitude_edges[:-1])
    assert np.all(grid.latitudes >= grid.latitude_edges[1:])
    middles = 0.5 * (grid.longitude_edges[1:] + grid.longitude_edges[:-1])
    assert_allclose(grid.longitudes, middles, atol=1e-12)


@pytest.mark.parametrize(("columns", "intervals"), [(3, 95), (96, 2)])
def test_a_grid_too_small_is_refused(columns, intervals):
    with pytest.raises(InputRefused, match=f"not {columns} and {intervals}"):
        LmdzGrid(columns, intervals)
