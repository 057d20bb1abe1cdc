"""Regular grids: centres, steps, refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from climpy.errors import InputRefused
from climpy.grids.regular import LAND_RADIUS_M, RegularGrid


def test_the_one_degree_grid():
    grid = RegularGrid.of_steps(1.0, 1.0)
    assert grid.shape == (180, 360)
    assert_allclose(grid.latitudes[[0, -1]], [-89.5, 89.5])
    assert_allclose(grid.longitudes[[0, -1]], [-179.5, 179.5])
    assert grid.cell_height_m() == pytest.approx(np.pi * LAND_RADIUS_M / 180.0)
    assert grid.cell_widths_m()[90] == pytest.approx(
        np.cos(np.deg2rad(0.5)) * np.deg2rad(1.0) * LAND_RADIUS_M
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 400), st.integers(4, 800), st.floats(-360.0, 360.0))
def test_cells_cover_the_globe_once(ny, nx, west):
    grid = RegularGrid.of_shape(ny, nx, west)
    assert grid.shape == (ny, nx)
    assert_allclose(grid.west, west, atol=1e-9)
    assert_allclose(np.diff(grid.latitudes), grid.dlat, rtol=1e-9)
    assert_allclose(np.diff(grid.longitudes), grid.dlon, rtol=1e-9)
    assert_allclose(grid.latitudes, -grid.latitudes[::-1], atol=1e-9)
    assert_allclose(grid.longitudes[-1] + 0.5 * grid.dlon, west + 360.0, atol=1e-9)


@pytest.mark.parametrize("steps", [(0.7, 1.0), (1.0, 0.7), (0.0, 1.0), (-1.0, 1.0), (1.0, np.nan)])
def test_steps_that_do_not_divide_the_globe_are_refused(steps):
    with pytest.raises(InputRefused, match="does not divide"):
        RegularGrid.of_steps(*steps)


@pytest.mark.parametrize("shape", [(1, 360), (180, 3)])
def test_a_grid_too_small_is_refused(shape):
    with pytest.raises(InputRefused, match="at least 2 rows and 4 columns"):
        RegularGrid.of_shape(*shape)


@pytest.mark.parametrize("step", [1.0, 0.5, 0.1, 1.0 / 3.0, 1.0 / 60.0])
def test_steps_that_divide_the_globe_are_taken(step):
    assert RegularGrid.of_steps(step, step).shape == (round(180 / step), round(360 / step))
