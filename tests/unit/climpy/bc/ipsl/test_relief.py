"""Relief at a sixth of a degree: interpolation, date line, poles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import relief
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.grids.remapping import regrid
from tests.ocean_grids import reference_field

GRID = RegularGrid.of_shape(180, 360)


def test_the_reference_is_met_away_from_its_empty_edges() -> None:
    heights = reference_field("fix3_topo.nc", "topo")
    # The reference's own latitudes are off by up to 0.0003 degrees.
    places = RegularGrid(
        reference_field("topo_high_res.nc", "latitude")[::-1].copy(),
        reference_field("topo_high_res.nc", "longitude"),
    )
    ours = np.maximum(regrid(heights, GRID, places, "bilinear"), 0.0)[::-1]
    theirs = reference_field("topo_high_res.nc", "RELIEF")
    inside = np.s_[3:-3, 3:-3]
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-9)
    field = relief.relief(heights, GRID)[::-1]
    assert np.abs(field[inside] - theirs[inside]).max() < 1.0
    theirs[inside] = 1.0
    assert np.count_nonzero(theirs == 0.0) == 19_404


def test_a_constant_planet_has_no_seam_and_no_hole() -> None:
    np.testing.assert_allclose(relief.relief(np.full((180, 360), 7.25), GRID), 7.25, rtol=1e-14)


def test_ocean_is_0_and_land_keeps_its_range() -> None:
    heights = np.random.default_rng(1).uniform(-5000.0, 3000.0, (180, 360))
    field = relief.relief(heights, GRID)
    assert field.min() == 0.0
    assert field.max() <= heights.max()


def test_a_slope_across_the_date_line_is_a_slope() -> None:
    heights = np.broadcast_to(1000.0 + 500.0 * np.sin(np.deg2rad(GRID.longitudes)), (180, 360))
    field = relief.relief(np.ascontiguousarray(heights), GRID)
    steps = np.abs(np.diff(field, axis=1, append=field[:, :1]))
    assert steps.max() < 500.0 * np.deg2rad(1.0 / 6.0) * 1.01


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 35), st.integers(0, 2**16))
def test_shifting_the_planet_shifts_the_relief(columns: int, seed: int) -> None:
    heights = np.random.default_rng(seed).uniform(-1000.0, 1000.0, (18, 36))
    grid = RegularGrid.of_shape(18, 36)
    field = relief.relief(heights, grid)
    shifted = relief.relief(np.roll(heights, columns, axis=1), grid)
    np.testing.assert_allclose(shifted, np.roll(field, 60 * columns, axis=1), atol=1e-8)


def test_the_file_runs_from_the_north() -> None:
    heights = np.broadcast_to(np.linspace(1.0, 2.0, 180)[:, None], (180, 360))
    content = relief.to_file(relief.relief(np.ascontiguousarray(heights), GRID))
    assert content.variables["latitude"].values[0] == pytest.approx(90.0 - 0.5 / 6.0)
    assert content.variables["longitude"].values[0] == pytest.approx(-180.0 + 0.5 / 6.0)
    assert content.variables["RELIEF"].values[0, 0] > content.variables["RELIEF"].values[-1, 0]


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputRefused, match="the topography grid 180 x 360"):
        relief.relief(np.zeros((18, 36)), GRID)
    with pytest.raises(InputRefused, match="the relief grid 1080 x 2160"):
        relief.to_file(np.zeros((18, 36)))
