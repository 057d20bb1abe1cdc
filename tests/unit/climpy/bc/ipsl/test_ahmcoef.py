"""Viscosity coefficient: western coasts, tropics, halo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import ahmcoef
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from tests.ocean_grids import cylindrical_grid, real_grid, reference_field

ROW = 10  # of a grid of 21 rows: the equator


def tropical_row(drawing: str, turn: int = 0) -> list[float]:
    """Coefficients of the unique cells of an equatorial row, `.` ocean and `#` land."""
    ocean = cylindrical_grid(ny=21, columns=len(drawing))
    depth = np.zeros(ocean.shape)
    depth[ROW, 1:-1] = np.roll([1000.0 * (c == ".") for c in drawing], turn)
    coefficient = ahmcoef.ahmcoef(ocean.fill_copies(depth), ocean)
    return np.roll(coefficient[ROW, 1:-1], -turn).tolist()


def test_the_six_cells_east_of_a_coast() -> None:
    assert tropical_row("##..........") == [100, 100, 100, 96, 69, 31, 4, 0, 0, 0, 0, 0]


def test_the_nearest_coast_counts_across_narrow_land() -> None:
    assert tropical_row("#...#...") == [100, 100, 96, 69, 100, 100, 96, 69]


def test_the_coast_is_found_round_the_globe() -> None:
    assert tropical_row("..........##") == [100, 96, 69, 31, 4, 0, 0, 0, 0, 0, 100, 100]


def test_a_row_without_land_is_0() -> None:
    assert tropical_row("........") == [0.0] * 8


@settings(deadline=None, max_examples=30)
@given(st.text("#.", min_size=6, max_size=24).filter(lambda t: len(t) % 2 == 0), st.integers(0, 23))
def test_the_choice_of_the_halo_does_not_matter(drawing: str, turn: int) -> None:
    assert tropical_row(drawing, turn) == tropical_row(drawing)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**16), st.sampled_from(list(Fold)))
def test_range_land_tropics_and_copies(seed: int, fold: Fold) -> None:
    ocean = cylindrical_grid(fold=fold)
    depth = np.where(np.random.default_rng(seed).random(ocean.shape) < 0.2, 0.0, 4000.0)
    depth = ocean.fill_copies(depth)
    coefficient = ahmcoef.ahmcoef(depth, ocean)
    assert set(np.unique(coefficient).tolist()) <= {100.0, 96.0, 69.0, 31.0, 4.0, 0.0}
    assert np.all(coefficient[depth == 0.0] == 100.0)
    assert np.all(coefficient[(ocean.gphit < -20.0) | (ocean.gphit > 16.0)] == 100.0)
    np.testing.assert_array_equal(coefficient, coefficient.ravel()[ocean.originals])


def test_the_tropics_are_rows_55_to_92_of_the_real_grid() -> None:
    ocean = real_grid()
    coefficient = ahmcoef.ahmcoef(np.full(ocean.shape, 4000.0), ocean)
    rows = np.flatnonzero((coefficient == 0.0).all(axis=1))
    assert rows.tolist() == list(range(55, 93))


def test_the_reference_is_met_but_for_its_two_faults() -> None:
    depth, ocean = reference_field("bathy.nc", "Bathymetry"), real_grid()
    differ = ahmcoef.ahmcoef(depth, ocean) != reference_field("ahmcoef.nc", "icof")
    rows, columns = np.nonzero(differ)
    assert rows.size == 31
    wet = depth > 0.0
    for j, i in zip(rows, columns, strict=True):
        # Either within six cells of the seam, or of a coast behind which there is ocean again
        # within six cells: the old count went on over narrow land.
        seam = min(i, 181 - i) <= 6
        west = [wet[j, (i - k - 1) % 180 + 1] for k in range(1, 7)]
        narrow = any(one and not other for one, other in zip(west[1:], west, strict=False))
        assert seam or narrow


def test_a_wrong_shape_is_refused() -> None:
    with pytest.raises(InputRefused, match="the ocean grid 31 x 62"):
        ahmcoef.ahmcoef(np.zeros((3, 4)), cylindrical_grid())
