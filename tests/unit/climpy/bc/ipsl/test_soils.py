"""Soils: one kind on all land."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import soils
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from tests.ocean_grids import reference_field, regular_heights


def test_the_reference_is_met() -> None:
    heights, grid = reference_field("fix3_topo.nc", "topo"), RegularGrid.of_shape(180, 360)
    written = soils.to_file(*soils.soils(heights, grid), grid).variables
    for name in ("soilcolor", "soiltext", "nav_lon", "nav_lat"):
        np.testing.assert_array_equal(written[name].values, reference_field("soils.nc", name))


def test_land_and_ocean() -> None:
    heights, grid = regular_heights(["#...", "..##"])
    heights[0, 0] = 0.0
    color, texture = soils.soils(heights, grid)
    assert color.tolist() == [[0.0, 0.0, 4.0, 4.0], [4.0, 0.0, 0.0, 0.0]]
    assert texture.tolist() == [[0.0, 0.0, 3.0, 3.0], [3.0, 0.0, 0.0, 0.0]]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 35), st.integers(0, 2**16))
def test_the_file_does_not_depend_on_where_the_longitudes_start(turn: int, seed: int) -> None:
    heights = np.random.default_rng(seed).normal(size=(18, 36))
    grid = RegularGrid.of_shape(18, 36)
    turned = RegularGrid.of_shape(18, 36, west=-180.0 + 10.0 * turn)
    one = soils.to_file(*soils.soils(heights, grid), grid).variables
    other = soils.to_file(*soils.soils(np.roll(heights, -turn, axis=1), turned), turned).variables
    for name in one:
        np.testing.assert_allclose(other[name].values, one[name].values, atol=1e-9)


def test_a_wrong_shape_is_refused() -> None:
    with pytest.raises(InputRefused, match="3 x 4 cells, the topography grid 2 x 4"):
        soils.soils(np.zeros((3, 4)), RegularGrid.of_shape(2, 4))
