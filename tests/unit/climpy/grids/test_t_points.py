"""An ocean grid from T points alone: fold, copies, cell sides."""

import numpy as np
import pytest

from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.grids.orca import OrcaParameters, generate
from climpy.grids.t_points import grid_of_t_points
from tests.ocean_grids import cylindrical_grid


@pytest.mark.parametrize("fold", Fold)
def test_the_fold_is_found(fold: Fold) -> None:
    grid = cylindrical_grid(fold=fold)
    assert grid_of_t_points(grid.glamt, grid.gphit).fold is fold


def test_single_precision_and_other_longitudes_do_not_matter() -> None:
    grid = generate(OrcaParameters())
    found = grid_of_t_points(
        np.float64(np.float32(grid.glamt % 360.0)), np.float64(np.float32(grid.gphit))
    )
    assert found.fold is grid.fold


def test_cell_sides_are_near_those_of_the_generator() -> None:
    grid = generate(OrcaParameters())
    found = grid_of_t_points(grid.glamt, grid.gphit)
    south = np.s_[1:100, :]
    assert np.abs(found.e1t / grid.e1t - 1.0)[south].max() < 0.01
    assert np.abs(found.e2t / grid.e2t - 1.0)[south].max() < 0.02


def test_points_without_halo_are_refused() -> None:
    longitudes, latitudes = np.meshgrid(np.arange(0.0, 360.0, 10.0), np.arange(-80.0, 85.0, 10.0))
    with pytest.raises(InputRefused, match="do not repeat themselves"):
        grid_of_t_points(longitudes, latitudes)


def test_a_tiny_grid_is_refused() -> None:
    with pytest.raises(InputRefused, match="too small"):
        grid_of_t_points(np.zeros((2, 3)), np.zeros((2, 3)))
