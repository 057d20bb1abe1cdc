"""Basins: proposals, connectivity, what may be written."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import sub_basins
from climpy.bc.ipsl.sub_basins import Basin
from climpy.errors import InputRefused, StepRefused
from climpy.grids.ocean import Fold
from tests.ocean_grids import cylindrical_grid, depth_of, real_grid, reference_field


@settings(deadline=None, max_examples=12)
@given(
    st.integers(0, 2**16),
    st.sampled_from(list(Fold)),
    st.sampled_from(["thirds", "connected"]),
    st.floats(0.0, 0.7),
)
def test_every_ocean_cell_has_one_basin_and_copies_agree(
    seed: int, fold: Fold, method: str, land: float
) -> None:
    ocean = cylindrical_grid(fold=fold)
    depth = np.where(np.random.default_rng(seed).random(ocean.shape) < land, 0.0, 4000.0)
    depth = ocean.fill_copies(depth)
    basins = sub_basins.propose(depth, ocean, method=method)
    np.testing.assert_array_equal(basins > 0, depth > 0.0)
    np.testing.assert_array_equal(basins, basins.ravel()[ocean.originals])
    masks = [
        v.values
        for n, v in sub_basins.to_file(basins, depth, ocean).variables.items()
        if "msk" in n
    ]
    np.testing.assert_array_equal(np.sum(masks, axis=0), (depth > 0.0).astype(int))


def test_thirds_are_those_of_the_reference_but_for_the_copies() -> None:
    depth, ocean = reference_field("bathy.nc", "Bathymetry"), real_grid()
    content = sub_basins.to_file(sub_basins.propose(depth, ocean), depth, ocean)
    for name in ("atlmsk", "pacmsk", "indmsk"):
        ours, theirs = content.variables[name].values, reference_field("sub_basins.nc", name)
        np.testing.assert_array_equal(ours[ocean.unique], theirs[ocean.unique])


def test_thirds_run_from_pacific_over_atlantic_to_indian() -> None:
    depth, ocean = depth_of(["." * 12] * 4)
    basins = sub_basins.propose(depth, ocean)
    assert basins[1, 1:-1].tolist() == [2] * 4 + [1] * 4 + [3] * 4


def three_oceans() -> tuple[np.ndarray, object]:
    """Continents at 90 W, 0 and 90 E, 20 degrees wide; the widest ocean is round 180."""
    row = ["."] * 36
    for middle in (9, 18, 27):
        row[middle - 1] = row[middle] = "#"
    return depth_of(["." * 36, *["".join(row)] * 12, "." * 36])


def test_the_widest_ocean_is_the_pacific_and_names_run_eastward() -> None:
    depth, ocean = three_oceans()
    basins = sub_basins.propose(depth, ocean, method="connected")
    middle = basins[7, 1:-1]
    assert set(middle[:8]) == set(middle[28:]) == {Basin.PACIFIC}
    assert set(middle[10:17]) == {Basin.ATLANTIC}
    assert set(middle[19:26]) == {Basin.INDIAN}


def test_a_gulf_belongs_to_the_ocean_that_it_opens_into() -> None:
    depth, ocean = three_oceans()
    # The eastern half of the continent at 0 becomes water that opens to the west only.
    depth[7, 18:20] = 4000.0
    depth = ocean.fill_copies(depth)
    wet = np.ascontiguousarray(depth > 0.0)
    basins = np.where(wet, np.int8(Basin.INDIAN), np.int8(0))
    basins[:, :19] = np.where(wet[:, :19], Basin.ATLANTIC, 0)
    depth[7, 20] = 0.0
    joined = sub_basins.propose(depth, ocean, method="connected")
    assert joined[7, 18] == joined[7, 19] == Basin.ATLANTIC


def test_an_enclosed_sea_keeps_the_basin_of_its_longitudes() -> None:
    depth, ocean = three_oceans()
    depth[5:10, 21:26] = 0.0
    depth[7, 23] = 3000.0
    basins = sub_basins.propose(ocean.fill_copies(depth), ocean, method="connected")
    assert basins[7, 23] == Basin.INDIAN


def test_a_painting_with_bare_ocean_is_refused_with_their_number() -> None:
    depth, ocean = depth_of(["....", ".##.", "...."])
    basins = sub_basins.propose(depth, ocean)
    basins[1, 1] = basins[2, 1] = 0
    with pytest.raises(StepRefused, match="2 ocean cells belong to no basin"):
        sub_basins.to_file(basins, depth, ocean)


def test_copies_in_a_painting_are_taken_from_their_originals() -> None:
    depth, ocean = depth_of(["......"] * 3)
    basins = sub_basins.propose(depth, ocean)
    painted = basins.copy()
    painted[~ocean.unique] = 0
    content = sub_basins.to_file(painted, depth, ocean)
    np.testing.assert_array_equal(content.variables["atlmsk"].values, basins == Basin.ATLANTIC)


def test_paint_on_land_is_ignored_and_strange_paint_refused() -> None:
    depth, ocean = depth_of(["....", ".##.", "...."])
    content = sub_basins.to_file(np.ones(ocean.shape, np.int8), depth, ocean)
    np.testing.assert_array_equal(content.variables["atlmsk"].values, depth > 0.0)
    with pytest.raises(InputRefused, match="painted 4; paint 1"):
        sub_basins.to_file(np.full(ocean.shape, 4), depth, ocean)
    with pytest.raises(InputRefused, match="not 'halves'"):
        sub_basins.propose(depth, ocean, method="halves")  # type: ignore[arg-type]
