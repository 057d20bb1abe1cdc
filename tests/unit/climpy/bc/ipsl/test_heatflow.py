"""Heat flow: the flux of a depth, rough ground, copies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import heatflow
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from tests.ocean_grids import cylindrical_grid, depth_of, real_grid, reference_field


def test_the_reference_is_met_where_it_is_not_void() -> None:
    depth, ocean = reference_field("bathy.nc", "Bathymetry"), real_grid()
    ours = heatflow.heatflow(depth, ocean)
    theirs = reference_field("heatflow.nc", "heatflow")[0]
    known = ocean.unique & ~((theirs == 0.0) & (depth > 0.0))
    np.testing.assert_allclose(ours[known], theirs[known], atol=1e-9)
    void = ocean.unique & ~known
    assert np.count_nonzero(void & (depth == 2500.0)) == 6
    rough = heatflow.mixed_difference(depth, ocean) > 500.0
    deep = depth >= 5651.0
    assert np.all(rough[void] | deep[void] | (depth[void] == 2500.0))
    assert ours[void].min() >= 48.0 - 10.0


def test_flux_of_known_depths() -> None:
    depth = np.array([0.0, 10.0, 2500.0, 2600.0, 2965.0, 3330.0, 5000.0])
    flux = heatflow.flux_of_depth(depth)
    old = -np.log((5651.0 - 5000.0) / 2473.0) / 0.0278
    expected = [0.0, 48.0, 48.0, 400.0, 400.0, 490.0 / 2.0, 490.0 / np.sqrt(old)]
    np.testing.assert_allclose(flux, expected, rtol=1e-12)


def test_gdh1_is_the_plate_model() -> None:
    depth = np.array([3330.0, 5000.0, 5500.0])
    age = heatflow.age_of_depth(depth)
    expected = [510.0 / 2.0, 510.0 / np.sqrt(age[1]), 48.0 + 96.0 * np.exp(-0.0278 * age[2])]
    assert age[1] < 55.0 < age[2]
    np.testing.assert_allclose(heatflow.flux_of_depth(depth, "gdh1"), expected, rtol=1e-12)


@settings(deadline=None, max_examples=50)
@given(st.floats(2500.001, 5650.0), st.floats(0.0, 3000.0), st.sampled_from(["reference", "gdh1"]))
def test_flux_falls_with_depth_within_its_bounds(depth: float, more: float, method: str) -> None:
    pair = heatflow.flux_of_depth(np.array([depth, min(depth + more, 5650.999)]), method)
    assert 20.0 < pair[1] <= 400.0
    # The two laws of age leave a step of a thousandth where they meet at 20 Ma.
    assert pair[1] <= pair[0] * 1.002


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**16), st.sampled_from(list(Fold)), st.sampled_from(["reference", "gdh1"]))
def test_bounds_land_and_copies(seed: int, fold: Fold, method: str) -> None:
    ocean = cylindrical_grid(ny=21, columns=40, fold=fold)
    rng = np.random.default_rng(seed)
    depth = np.where(rng.random(ocean.shape) < 0.3, 0.0, rng.uniform(1.0, 6500.0, ocean.shape))
    depth = ocean.fill_copies(depth)
    flux = heatflow.heatflow(depth, ocean, method=method)
    assert np.all(flux[depth == 0.0] == 0.0)
    assert np.all((flux[depth > 0.0] > 15.0) & (flux[depth > 0.0] <= 400.0))
    np.testing.assert_array_equal(flux, flux.ravel()[ocean.originals])


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 39), st.integers(0, 2**16))
def test_turning_the_unique_columns_turns_the_heat_flow(columns: int, seed: int) -> None:
    ocean = cylindrical_grid(ny=21, columns=40)
    rng = np.random.default_rng(seed)
    unique = np.where(rng.random((20, 40)) < 0.3, 0.0, rng.uniform(1.0, 6500.0, (20, 40)))
    # The fold mirrors columns, so the row beside it is left smooth.
    unique[-3:] = 4000.0

    def flux(drawn: np.ndarray) -> np.ndarray:
        depth = np.zeros(ocean.shape)
        depth[:-1, 1:-1] = drawn
        return heatflow.heatflow(depth, ocean)[:-1, 1:-1]

    np.testing.assert_allclose(
        flux(np.roll(unique, columns, axis=1)), np.roll(flux(unique), columns, axis=1), rtol=1e-12
    )


def smooth_sea() -> tuple[np.ndarray, object]:
    depth, ocean = depth_of(["." * 12] * 9)
    return np.where(depth > 0.0, 4000.0, 0.0), ocean


@pytest.mark.parametrize("place", [(4, 6), (4, 1), (4, 12), (8, 3)])
def test_a_hole_deeper_than_old_crust_takes_its_neighbours_median(place: tuple[int, int]) -> None:
    depth, ocean = smooth_sea()
    depth[place] = 6000.0
    depth = ocean.fill_copies(depth)
    flux = heatflow.heatflow(depth, ocean)
    np.testing.assert_allclose(flux, heatflow.flux_of_depth(np.array(4000.0)), rtol=1e-12)


def test_the_second_pass_reaches_one_cell_further_and_the_rest_is_48() -> None:
    depth, ocean = smooth_sea()
    depth[2:7, 3:8] = 6000.0
    flux = heatflow.heatflow(ocean.fill_copies(depth), ocean)
    around = heatflow.flux_of_depth(np.array(4000.0))
    assert flux[4, 5] == 48.0
    assert flux[3, 4] == pytest.approx(around)
    assert flux[2, 3] == pytest.approx(around)


def test_a_lone_void_cell_among_land_is_48() -> None:
    depth, ocean = depth_of(["####", "#.##", "####", "####"])
    flux = heatflow.heatflow(np.where(depth > 0.0, 6000.0, 0.0), ocean)
    assert flux[depth > 0.0].tolist() == [48.0]


def test_land_does_not_enter_the_median() -> None:
    depth, ocean = depth_of(["########", "##..####", "########", "########"])
    depth = np.where(depth > 0.0, 2000.0, 0.0)
    depth[2, 3] = 6000.0
    assert heatflow.heatflow(depth, ocean)[2, 3] == 48.0
    depth[2, 4] = 3330.0
    assert heatflow.flux_of_depth(depth)[2, 4] == pytest.approx(245.0)


def test_refusals() -> None:
    depth, ocean = smooth_sea()
    with pytest.raises(InputRefused, match="'reference' or 'gdh1', not 'parsons'"):
        heatflow.heatflow(depth, ocean, method="parsons")  # type: ignore[arg-type]
    with pytest.raises(InputRefused, match="the ocean grid 10 x 14"):
        heatflow.heatflow(depth[:-1], ocean)
