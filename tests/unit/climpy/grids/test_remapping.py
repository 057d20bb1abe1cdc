"""Laws of regridding, and cases made by hand at the date line and the poles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.grids.remapping import METHODS, columns_to_turn, operator, regrid

QUICK = settings(deadline=None, max_examples=40)


@st.composite
def grids(draw: st.DrawFn, west: st.SearchStrategy[float] | None = None) -> RegularGrid:
    """Small grids with any western edge."""
    ny, nx = draw(st.integers(2, 24)), draw(st.integers(4, 40))
    return RegularGrid.of_shape(ny, nx, draw(west or st.floats(-180.0, 180.0)))


def fields(grid: RegularGrid, seed: int) -> FloatArray:
    return np.random.default_rng(seed).uniform(-6000.0, 4000.0, grid.shape)


def areas(grid: RegularGrid) -> FloatArray:
    """Share of the globe of each row's cells, (ny, 1)."""
    ny, nx = grid.shape
    edges = np.deg2rad(-90.0 + 180.0 * np.arange(ny + 1) / ny)
    return (np.diff(np.sin(edges)) / (2.0 * nx))[:, None]


SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize("method", METHODS)
@QUICK
@given(source=grids(), target=grids(), height=st.floats(-11000.0, 9000.0))
def test_a_constant_stays(
    method: str, source: RegularGrid, target: RegularGrid, height: float
) -> None:
    heights = regrid(np.full(source.shape, height), source, target, method)
    assert heights.shape == target.shape
    np.testing.assert_allclose(heights, height, rtol=1e-13, atol=0.0)


@pytest.mark.parametrize("method", METHODS)
@QUICK
@given(source=grids(), seed=SEEDS, turn=st.integers(0, 39), around=st.integers(-1, 1))
def test_the_same_cells_keep_their_heights_bit_for_bit(
    method: str, source: RegularGrid, seed: int, turn: int, around: int
) -> None:
    heights = fields(source, seed)
    west = source.west + turn * source.dlon + 360.0 * around
    target = RegularGrid.of_shape(*source.shape, west)
    np.testing.assert_array_equal(
        regrid(heights, source, target, method), np.roll(heights, -turn, axis=1)
    )


@pytest.mark.parametrize("method", METHODS)
@QUICK
@given(source=grids(), target=grids(), seed=SEEDS, turn=st.integers(0, 39))
def test_it_does_not_matter_where_the_columns_begin(
    method: str, source: RegularGrid, target: RegularGrid, seed: int, turn: int
) -> None:
    heights = fields(source, seed)
    begun = RegularGrid.of_shape(*source.shape, source.west + turn * source.dlon)
    np.testing.assert_allclose(
        regrid(np.roll(heights, -turn, axis=1), begun, target, method),
        regrid(heights, source, target, method),
        atol=1e-7,
    )


@pytest.mark.parametrize("method", METHODS)
@QUICK
@given(source=grids(), target=grids(), seed=SEEDS)
def test_it_does_not_matter_by_how_many_turns_longitudes_differ(
    method: str, source: RegularGrid, target: RegularGrid, seed: int
) -> None:
    heights = fields(source, seed)
    turned = RegularGrid.of_shape(*target.shape, target.west + 360.0)
    np.testing.assert_allclose(
        regrid(heights, source, turned, method),
        regrid(heights, source, target, method),
        atol=1e-7,
    )


@pytest.mark.parametrize("method", METHODS)
@QUICK
@given(source=grids(), target=grids(), seed=SEEDS)
def test_no_height_beyond_those_of_the_data(
    method: str, source: RegularGrid, target: RegularGrid, seed: int
) -> None:
    heights = fields(source, seed)
    regridded = regrid(heights, source, target, method)
    assert regridded.min() >= heights.min() - 1e-8
    assert regridded.max() <= heights.max() + 1e-8


@QUICK
@given(source=grids(), target=grids(), seed=SEEDS)
def test_conservative_keeps_the_total(source: RegularGrid, target: RegularGrid, seed: int) -> None:
    heights = fields(source, seed)
    before = float((heights * areas(source)).sum())
    after = float((regrid(heights, source, target, "conservative") * areas(target)).sum())
    assert abs(after - before) <= 1e-12 * float((np.abs(heights) * areas(source)).sum())


def test_conservative_keeps_the_total_of_a_fine_grid() -> None:
    source, target = RegularGrid.of_shape(1080, 2160), RegularGrid.of_shape(95, 96, -1.875)
    heights = fields(source, 1)
    before = float((heights * areas(source)).sum())
    after = float((regrid(heights, source, target, "conservative") * areas(target)).sum())
    assert abs(after - before) <= 1e-12 * abs(before)


@QUICK
@given(source=grids(), target=grids(), slope=st.floats(-50.0, 50.0))
def test_bilinear_keeps_what_is_linear_in_latitude(
    source: RegularGrid, target: RegularGrid, slope: float
) -> None:
    heights = np.repeat(slope * source.latitudes[:, None], source.shape[1], axis=1)
    inside = np.abs(target.latitudes) <= 90.0 - source.dlat / 2
    expected = np.repeat(slope * target.latitudes[inside, None], target.shape[1], axis=1)
    np.testing.assert_allclose(
        regrid(heights, source, target, "bilinear")[inside], expected, atol=1e-8
    )


def test_bilinear_goes_on_across_the_date_line() -> None:
    source = RegularGrid.of_shape(2, 4)  # centres at -135, -45, 45, 135
    target = RegularGrid.of_shape(2, 8)  # centres at -157.5 ... 157.5
    heights = np.array([[0.0, 100.0, 200.0, 400.0]] * 2)
    regridded = regrid(heights, source, target, "bilinear")
    np.testing.assert_allclose(regridded[0], [100, 25, 75, 125, 175, 250, 350, 300])


def test_bilinear_goes_towards_the_mean_of_the_last_row_at_a_pole() -> None:
    source = RegularGrid.of_shape(2, 4)  # rows at -45 and 45
    target = RegularGrid.of_shape(8, 4)  # rows at -78.75 ... 78.75
    heights = np.array([[0.0, 400.0, 0.0, 400.0], [800.0, 0.0, 0.0, 0.0]])
    regridded = regrid(heights, source, target, "bilinear")
    np.testing.assert_allclose(regridded[0], 0.75 * 200.0 + 0.25 * heights[0])
    np.testing.assert_allclose(regridded[-1], 0.75 * 200.0 + 0.25 * heights[1])
    np.testing.assert_allclose(regridded[4], 0.375 * heights[0] + 0.625 * heights[1])


def test_nearest_takes_the_southern_and_western_cell_at_a_tie() -> None:
    source, target = RegularGrid.of_shape(4, 8), RegularGrid.of_shape(2, 4)
    heights = np.arange(32.0).reshape(4, 8)
    np.testing.assert_array_equal(regrid(heights, source, target, "nearest"), heights[::2, ::2])


def test_nearest_takes_the_western_cell_at_a_tie_on_the_seam_too() -> None:
    source = RegularGrid.of_shape(2, 4)  # centres at -135 ... 135
    target = RegularGrid.of_shape(2, 4, -225.0)  # centres at -180 ... 90
    heights = np.array([[1.0, 2.0, 3.0, 4.0]] * 2)
    np.testing.assert_array_equal(regrid(heights, source, target, "nearest")[0], [4, 1, 2, 3])


@QUICK
@given(source=grids(), target=grids(), seed=SEEDS)
def test_nearest_invents_no_height(source: RegularGrid, target: RegularGrid, seed: int) -> None:
    heights = fields(source, seed)
    assert np.isin(regrid(heights, source, target, "nearest"), heights).all()


def test_area_means_by_hand_across_the_date_line() -> None:
    source = RegularGrid.of_shape(2, 8)
    target = RegularGrid.of_shape(2, 4, -225.0)  # the first cell reaches from 135 to -135
    heights = np.array([[10.0, 0, 0, 0, 0, 0, 0, 30.0]] * 2)
    np.testing.assert_allclose(regrid(heights, source, target, "conservative")[0], [20, 0, 0, 0])


def test_area_means_weigh_rows_by_their_area() -> None:
    source, target = RegularGrid.of_shape(6, 4), RegularGrid.of_shape(2, 4)
    heights = np.zeros((6, 4))
    heights[0] = 1.0
    regridded = regrid(heights, source, target, "conservative")
    np.testing.assert_allclose(regridded[0], 1.0 - np.sin(np.deg2rad(60.0)), rtol=1e-14)
    assert not regridded[1].any()


def test_slivers_of_rounding_make_no_links() -> None:
    source, target = RegularGrid.of_shape(1080, 2160, -180.0), RegularGrid.of_shape(180, 360, 180.0)
    weights = operator(source, target, "conservative")
    assert weights.along_meridians.nnz == 1080
    assert weights.along_parallels.nnz == 2160


def test_grids_that_share_their_cells_are_known() -> None:
    grid = RegularGrid.of_shape(180, 360)
    assert columns_to_turn(grid, RegularGrid.of_shape(180, 360, 0.0)) == 180
    assert columns_to_turn(grid, RegularGrid.of_shape(180, 360, -180.5)) is None
    assert columns_to_turn(grid, RegularGrid.of_shape(90, 360)) is None


def test_an_unknown_method_is_refused() -> None:
    grid = RegularGrid.of_shape(4, 8)
    with pytest.raises(InputRefused, match="nearest, bilinear, conservative, not 'cubic'"):
        regrid(np.zeros(grid.shape), grid, grid, "cubic")
