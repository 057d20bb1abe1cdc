"""Bathymetry: which topography cell a T point takes, area means, copies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import bathymetry
from climpy.errors import InputRefused, StepRefused
from climpy.grids.ocean import Fold
from climpy.grids.regular import RegularGrid
from tests.ocean_grids import cylindrical_grid, real_grid, reference_field

GRID = RegularGrid.of_shape(180, 360)


def planet(seed: int, shape: tuple[int, int] = (180, 360)) -> np.ndarray:
    heights = np.random.default_rng(seed).uniform(-6000.0, 4000.0, shape)
    heights[shape[0] // 2, :5] = 0.0
    return heights


def test_every_cell_of_the_reference_is_met_ties_included() -> None:
    depth = bathymetry.bathymetry(reference_field("fix3_topo.nc", "topo"), GRID, real_grid())
    np.testing.assert_array_equal(depth, reference_field("bathy.nc", "Bathymetry"))


def test_a_point_on_a_border_takes_the_western_and_the_southern_cell() -> None:
    heights = np.arange(8.0).reshape(2, 4) - 100.0
    grid = RegularGrid.of_shape(2, 4)
    rows, columns = bathymetry.containing_cells(
        grid, np.array([0.0, 0.0, 45.0, -90.0, 90.0]), np.array([0.0, -180.0, 90.0, 180.0, 45.0])
    )
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        (0, 1),
        (0, 3),
        (1, 2),
        (0, 3),
        (1, 2),
    ]
    assert heights[rows, columns].tolist() == [-99.0, -97.0, -94.0, -97.0, -94.0]


def test_a_point_a_rounding_error_from_the_border_still_lies_on_it() -> None:
    lat, lon = np.full(3, 0.5), np.array([-1e-9, 0.0, 1e-9])
    _, columns = bathymetry.containing_cells(GRID, lat, lon)
    assert columns.tolist() == [179, 179, 179]


def test_longitudes_of_any_range_are_understood() -> None:
    lon = np.array([-190.5, 169.5, 529.5])
    _, columns = bathymetry.containing_cells(GRID, np.full(3, 0.5), lon)
    assert len(set(columns.tolist())) == 1


def test_land_is_0_and_sea_level_10_m() -> None:
    heights = np.where(planet(1) > 0.0, 0.0, 1.0)
    depth = bathymetry.bathymetry(heights, GRID, cylindrical_grid())
    assert set(np.unique(depth).tolist()) == {0.0, 10.0}


@pytest.mark.parametrize("fold", list(Fold))
@pytest.mark.parametrize("method", ["nearest", "mean"])
def test_copies_equal_their_originals(fold: Fold, method: str) -> None:
    ocean = cylindrical_grid(fold=fold)
    depth = bathymetry.bathymetry(planet(2), GRID, ocean, method=method)
    np.testing.assert_array_equal(depth, depth.ravel()[ocean.originals])
    assert depth.min() == 0.0


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 59), st.integers(0, 2**16))
def test_shifting_the_planet_shifts_the_bathymetry(columns: int, seed: int) -> None:
    ocean = cylindrical_grid()
    heights = planet(seed, (90, 180))
    grid = RegularGrid.of_shape(90, 180)
    depth = bathymetry.bathymetry(heights, grid, ocean)
    shifted = bathymetry.bathymetry(np.roll(heights, 3 * columns, axis=1), grid, ocean)
    np.testing.assert_array_equal(shifted[:-1, 1:-1], np.roll(depth[:-1, 1:-1], columns, axis=1))


def test_the_start_of_the_longitudes_does_not_matter() -> None:
    heights, ocean = planet(3), cylindrical_grid()
    eastward = RegularGrid.of_shape(180, 360, west=0.0)
    for method in ("nearest", "mean"):
        np.testing.assert_allclose(
            bathymetry.bathymetry(np.roll(heights, 180, axis=1), eastward, ocean, method=method),
            bathymetry.bathymetry(heights, GRID, ocean, method=method),
            rtol=1e-12,
        )


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**16))
def test_statistics_are_in_order(seed: int) -> None:
    ocean = cylindrical_grid()
    under = bathymetry.statistics_under_cells(planet(seed), GRID, ocean)
    assert np.all(under.minimum <= under.mean)
    assert np.all(under.mean <= under.maximum)
    assert under.land_percent.min() >= 0.0
    assert under.land_percent.max() <= 100.0 + 1e-9
    assert np.all(under.ocean_mean <= 0.0)
    np.testing.assert_array_equal(under.mean, under.mean.ravel()[ocean.originals])


def test_statistics_of_a_constant_field_are_the_constant() -> None:
    under = bathymetry.statistics_under_cells(np.full((180, 360), -123.0), GRID, cylindrical_grid())
    np.testing.assert_allclose(under.mean, -123.0, rtol=1e-12)
    np.testing.assert_array_equal(under.minimum, -123.0)
    np.testing.assert_array_equal(under.land_percent, 0.0)


def test_statistics_count_the_cells_that_lie_within() -> None:
    ocean = cylindrical_grid(ny=15, columns=36)
    heights = planet(4, (90, 180))
    under = bathymetry.statistics_under_cells(heights, RegularGrid.of_shape(90, 180), ocean)
    # Cells of 10 degrees over topography of 2: row 7 spans 5 S..5 N, column 19 0..10 E.
    within = heights[43:47, 90:95]
    assert under.minimum[7, 19] <= within.min()
    assert under.maximum[7, 19] >= within.max()
    fine = bathymetry.statistics_under_cells(
        np.repeat(np.repeat(heights, 5, 0), 5, 1), RegularGrid.of_shape(450, 900), ocean
    )
    # Rows 42 and 47 lie half within.
    rows = (
        np.array([0.5, 1, 1, 1, 1, 0.5])[:, None]
        * np.cos(np.deg2rad([-4.5, -3, -1, 1, 3, 4.5]))[:, None]
    )
    share = np.average(heights[42:48, 90:95] > 0.0, weights=np.broadcast_to(rows, (6, 5)))
    assert under.land_percent[7, 19] == pytest.approx(100.0 * share, abs=3.0)
    assert fine.land_percent[7, 19] == pytest.approx(100.0 * share, abs=0.5)


def test_a_cell_without_enough_ocean_is_land() -> None:
    ocean = cylindrical_grid(ny=15, columns=36)
    heights = np.full((180, 360), 100.0)
    heights[:, ::4] = -400.0
    all_land = {"minimum_ocean_fraction": 0.5, "method": "mean"}
    with pytest.raises(StepRefused, match="all land"):
        bathymetry.bathymetry(heights, GRID, ocean, **all_land)
    depth = bathymetry.bathymetry(heights, GRID, ocean, method="mean", minimum_ocean_fraction=0.1)
    np.testing.assert_allclose(depth, 400.0, rtol=1e-9)


def test_the_mean_on_the_real_grid_conserves_the_ocean() -> None:
    ocean, heights = real_grid(), reference_field("fix3_topo.nc", "topo")
    under = bathymetry.statistics_under_cells(heights, GRID, ocean)
    area = np.where(ocean.unique, ocean.e1t * ocean.e2t, 0.0)
    rows = GRID.latitudes > -78.0
    weights = np.broadcast_to(np.cos(np.deg2rad(GRID.latitudes))[rows, None], (168, 360))
    expected = np.average(heights[rows], weights=weights)
    assert np.average(under.mean, weights=area) == pytest.approx(expected, rel=2e-3)
    share = np.average(heights[rows] > 0.0, weights=weights)
    assert np.average(under.land_percent, weights=area) / 100.0 == pytest.approx(share, abs=2e-3)


def test_refusals_say_what_is_wrong() -> None:
    ocean = cylindrical_grid()
    with pytest.raises(StepRefused, match="all land"):
        bathymetry.bathymetry(np.ones((180, 360)), GRID, ocean)
    with pytest.raises(InputRefused, match="90 x 180 cells, the topography grid 180 x 360"):
        bathymetry.bathymetry(np.ones((90, 180)), GRID, ocean)
    with pytest.raises(InputRefused, match="'nearest' or 'mean', not 'median'"):
        bathymetry.bathymetry(planet(5), GRID, ocean, method="median")  # type: ignore[arg-type]
    with pytest.raises(InputRefused, match=r"not 1\.5"):
        bathymetry.bathymetry(planet(5), GRID, ocean, method="mean", minimum_ocean_fraction=1.5)
