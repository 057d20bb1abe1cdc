"""Enclosed seas: found at seam, poles and fold, kept, filled, connected."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import checks
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.grids.regular import RegularGrid
from climpy.interactive import Field, Session
from climpy.interactive.findings import (
    Ground,
    coastline_sentence,
    connect,
    fill,
    fill_all,
    seas,
)
from climpy.interactive.opening import open_field
from tests.reference import reference
from tests.unit.climpy.interactive import fields_to_edit as made

PLANETS = {
    "regular": made.regular,
    "west 0": lambda seed: made.regular(seed, west=0.0),
    "fold F": made.ocean,
    "fold T": lambda seed: made.ocean(seed, Fold.T_POINT),
}
SEAM = ["............", "###.....####", ".##.....##..", "###.....####", "............"]
"""A sea of three cells over the seam."""


def found_in(field: Field, kept=()):
    return seas(field, Ground(field), kept)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(list(PLANETS)), st.integers(0, 999))
def test_filling_a_sea_makes_land_of_it_and_of_nothing_else(name: str, seed: int) -> None:
    field = PLANETS[name](seed)
    ground = Ground(field)
    found = seas(field, ground)
    for sea in found.found[:5]:
        for height in (None, 5.0):
            values = field.values.copy()
            fill(ground, found.numbers, sea, height).change(field).apply(values)
            after = replace(field, values=values)
            assert np.array_equal(field.ocean & ~after.ocean, found.numbers == sea.number)
            assert np.array_equal(after.values != field.values, found.numbers == sea.number)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(list(PLANETS)), st.integers(0, 999))
def test_connecting_a_sea_leaves_one_less(name: str, seed: int) -> None:
    field = PLANETS[name](seed)
    ground = Ground(field)
    found = seas(field, ground)
    for sea in found.found[:5]:
        session = Session(field)
        change = session.apply(connect(field, ground, found.numbers, sea, depth=50, width=1))
        assert change.changed
        after = seas(session.field, ground)
        assert len(after.found) < len(found.found)
        assert after.numbers.ravel()[ground.cell_at(sea.place)] == 0


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(list(PLANETS)), st.integers(0, 999))
def test_filling_all_leaves_those_that_are_kept(name: str, seed: int) -> None:
    field = PLANETS[name](seed)
    ground = Ground(field)
    kept = tuple(sea.place for sea in seas(field, ground).found[::2])
    found = seas(field, ground, kept)
    assert [sea.kept for sea in found.found] == [n % 2 == 0 for n in range(len(found.found))]
    if not found.unwanted:
        with pytest.raises(InputRefused, match="no enclosed sea that is not kept"):
            fill_all(field, ground, found, None)
        return
    session = Session(field)
    session.apply(fill_all(field, ground, found, None))
    after = seas(session.field, ground, kept)
    assert {sea.place for sea in after.found} == set(kept)
    assert not after.unwanted
    assert not after.gone
    session.undo()
    assert np.array_equal(session.values, field.values)


def test_they_are_those_of_the_checks() -> None:
    field = made.regular(3)
    ours = found_in(field)
    theirs = checks.internal_oceans(
        field.values, RegularGrid(field.latitudes[:, 0], field.longitudes[0])
    )
    assert np.array_equal(ours.numbers, theirs.numbers)
    for one, other in zip(ours.found, theirs.seas, strict=True):
        assert (one.number, one.cells, one.area_km2) == (other.number, other.cells, other.area_km2)
        assert one.place == (other.latitude, other.longitude)


def test_a_sea_over_the_seam_is_one_and_its_box_goes_over_the_seam() -> None:
    field = made.drawn(SEAM)
    ground = Ground(field)
    found = seas(field, ground)
    (sea,) = found.found
    assert sea.cells == 3
    assert found.sentence == "1 enclosed sea, none kept."
    box = fill(ground, found.numbers, sea, 1.0).selection.parts[1][1]
    assert (box.east - box.west) % 360.0 < 100.0


def test_seas_at_both_poles() -> None:
    field = made.drawn(["......", "######", "......", "......", "######", "#..###"])
    found = found_in(field)
    assert [sea.cells for sea in found.found] == [6, 2]
    assert [sea.place[0] for sea in found.found] == [75.0, -75.0]


def test_a_sea_across_the_fold_is_one_and_copies_count_once() -> None:
    # about an F point column c of the northern row touches column 7 - c of the same row
    field = made.drawn_ocean(["#.####.#", "########", "........", "........"])
    found = found_in(field)
    (sea,) = found.found
    assert sea.cells == 2
    assert np.count_nonzero(found.numbers) == 4
    assert fill(Ground(field), found.numbers, sea, None).change(field).changed == 2


def test_depths_are_the_deepest_and_the_mean_by_area() -> None:
    field = made.drawn(["......", "####..", "#.##..", "#.##..", "####..", "......"])
    field.values[3, 1], field.values[2, 1] = -300.0, -100.0
    ground = Ground(field)
    (sea,) = seas(field, ground).found
    north, middle = np.cos(np.deg2rad([15.0, -15.0]))
    assert sea.deepest_m == 300.0
    assert sea.mean_depth_m == pytest.approx((300 * north + 100 * middle) / (north + middle))


def test_a_mark_means_the_sea_of_the_nearest_cell_and_is_gone_with_it() -> None:
    field = made.drawn(SEAM)
    near = (1.0, 181.0)
    found = found_in(field, [near, (80.0, 0.0)])
    assert [sea.kept for sea in found.found] == [True]
    assert found.gone == ((80.0, 0.0),)
    assert found.mask(kept=True).sum() == 3
    assert not found.mask(kept=False).any()
    assert found.sentence == "1 enclosed sea, 1 kept."
    session = Session(field)
    ground = Ground(field)
    session.apply(fill(ground, found.numbers, found.found[0], 1.0))
    after = seas(session.field, ground, [near])
    assert (after.found, after.gone) == ((), (near,))


def test_a_filling_replayed_where_the_sea_has_joined_the_ocean_stays_near_by() -> None:
    field = made.drawn(SEAM)
    found = found_in(field)
    edit = fill(Ground(field), found.numbers, found.found[0], 1.0)
    joined = made.drawn([SEAM[0], SEAM[1], ".##.........", *SEAM[3:]])
    assert edit.change(joined).changed <= 4


def test_more_cells_than_one_edit_can_name_are_refused() -> None:
    field = made.regular(0, ny=400, nx=800)
    field.values[:] = -10.0
    field.values[180] = 10.0
    ground = Ground(field)
    with pytest.raises(InputRefused, match="more than one edit can name"):
        ground.selection(np.arange(250_000))
    many = np.arange(120_000)
    assert np.array_equal(np.flatnonzero(ground.selection(many).mask(field)), many)


def test_the_coastline_is_told() -> None:
    field = made.drawn(SEAM)
    session = Session(field)
    assert "nothing has changed" in coastline_sentence(session, field.values)
    ground = Ground(field)
    found = seas(field, ground)
    session.apply(fill(ground, found.numbers, found.found[0], 1.0))
    assert "has moved: 3 cells" in coastline_sentence(session, field.values)
    session.undo()
    session.values[field.land] += 10.0
    assert "heights on land have changed" in coastline_sentence(session, field.values)
    session.values[field.ocean] -= 10.0
    assert "depths have changed" in coastline_sentence(session, field.values)


def test_a_field_that_covers_no_globe_is_refused() -> None:
    field = made.drawn(SEAM)
    for changed in ({"latitudes": None}, {"periodic": False}):
        with pytest.raises(InputRefused):
            Ground(replace(field, **changed))


def test_real_bathymetries_have_the_seas_of_the_checks() -> None:
    for name, cells in (("palaeo_60Ma_orca2.nc", [2, 1, 2]), ("palaeo_38Ma_orca2.nc", [1])):
        field = open_field(reference("bathymetries", name)).field
        assert [sea.cells for sea in found_in(field).found] == cells
