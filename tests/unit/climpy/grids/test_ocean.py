"""Copies on ocean grids: halo columns and both kinds of north fold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from climpy.errors import InputRefused
from climpy.grids.ocean import Fold, originals, unique
from climpy.grids.orca import OrcaParameters, generate

SHAPES = st.tuples(st.integers(4, 12), st.integers(3, 10).map(lambda half: 2 * half + 2))
FOLDS = st.sampled_from(list(Fold))


def test_a_small_grid_by_hand_folded_about_f_points():
    expected = [
        [4, 1, 2, 3, 4, 1],
        [10, 7, 8, 9, 10, 7],
        [16, 13, 14, 15, 16, 13],
        [13, 16, 15, 14, 13, 16],
    ]
    assert_array_equal(originals((4, 6), Fold.F_POINT), expected)


def test_a_small_grid_by_hand_folded_about_t_points():
    expected = [
        [4, 1, 2, 3, 4, 1],
        [10, 7, 8, 9, 10, 7],
        [14, 13, 14, 15, 14, 13],
        [8, 7, 10, 9, 8, 7],
    ]
    assert_array_equal(originals((4, 6), Fold.T_POINT), expected)


@settings(deadline=None, max_examples=60)
@given(SHAPES, FOLDS)
def test_an_original_is_no_copy(shape, fold):
    index = originals(shape, fold)
    assert_array_equal(index.ravel()[index], index)
    assert_array_equal(unique(shape, fold).ravel()[index], True)


@settings(deadline=None, max_examples=60)
@given(SHAPES, FOLDS)
def test_halo_columns_repeat_their_originals(shape, fold):
    index = originals(shape, fold)
    assert_array_equal(index[:, -2:], index[:, :2])
    ny, nx = shape
    copies = 2 * ny + nx - 2 + (0 if fold is Fold.F_POINT else nx // 2 - 2)
    assert unique(shape, fold).sum() == ny * nx - copies


def test_the_groups_grid_has_its_unique_cells_in_rows_0_to_147_and_columns_1_to_180():
    cells = unique((149, 182), Fold.F_POINT)
    assert cells[:148, 1:181].all()
    assert cells.sum() == 148 * 180


def test_filling_copies_keeps_the_unique_cells():
    grid = generate(OrcaParameters())
    field = np.arange(149.0 * 182.0).reshape(149, 182)
    filled = grid.fill_copies(field)
    assert_array_equal(filled[grid.unique], field[grid.unique])
    assert_array_equal(filled, grid.fill_copies(filled))
    assert_array_equal(filled[148], filled[147, ::-1])


def test_a_field_of_another_shape_is_refused():
    with pytest.raises(InputRefused, match=r"\(3, 4\), the ocean grid \(149, 182\)"):
        generate(OrcaParameters()).fill_copies(np.zeros((3, 4)))
