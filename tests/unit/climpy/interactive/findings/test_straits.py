"""Narrow straits: found once each, widened, closed, intended."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import checks
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.interactive import Field, Session
from climpy.interactive.findings import Ground, close, straits, widenings
from climpy.interactive.opening import open_field
from tests.ocean_grids import reference_field
from tests.reference import reference
from tests.unit.climpy.interactive import fields_to_edit as made

CHANNEL = ["............", "....####....", "............", "....####....", *["............"] * 2]
"""A channel of four cells that runs west to east."""


def found_in(field: Field, intended=()):
    return straits(field, Ground(field), intended)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(list(Fold)), st.integers(0, 999))
def test_their_cells_are_the_diffusive_passages_each_once(fold: Fold, seed: int) -> None:
    field = made.ocean(seed, fold)
    ground = Ground(field)
    found = straits(field, ground)
    passages = checks.diffusive_passages(field.values, ground.grid)
    assert np.array_equal(found.numbers > 0, passages)
    assert sum(strait.cells for strait in found.found) == np.count_nonzero(
        passages & ground.unique.reshape(field.shape)
    )
    lengths = [strait.cells for strait in found.found]
    assert lengths == sorted(lengths, reverse=True)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(list(Fold)), st.integers(0, 999))
def test_a_widening_does_what_it_says(fold: Fold, seed: int) -> None:
    field = made.ocean(seed, fold)
    ground = Ground(field)
    found = straits(field, ground)
    for strait in found.found[:3]:
        ways = widenings(field, ground, found.numbers, strait, 77.0)
        assert [way.left for way in ways] == sorted(way.left for way in ways)
        for way in ways:
            session = Session(field)
            change = session.apply(way.edit)
            assert change.changed == way.opened > 0
            assert set(change.new.tolist()) == {77.0}
            after = straits(session.field, ground)
            assert sum(other.cells for other in after.found) == way.left
            assert not after.numbers[found.numbers == strait.number].any()


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(list(Fold)), st.integers(0, 999))
def test_closing_makes_land_of_a_strait_and_of_nothing_else(fold: Fold, seed: int) -> None:
    field = made.ocean(seed, fold)
    ground = Ground(field)
    found = straits(field, ground)
    for strait in found.found[:3]:
        session = Session(field)
        change = session.apply(close(field, ground, found.numbers, strait))
        closed = found.numbers == strait.number
        assert np.array_equal(session.values != field.values, closed)
        assert not session.values[closed].any()
        assert change.changed == strait.cells


def test_a_channel_is_one_strait_and_can_be_widened_on_both_sides() -> None:
    field = made.drawn_ocean(CHANNEL)
    field.values[3, 6] = 40.0
    ground = Ground(field)
    found = straits(field, ground)
    (strait,) = found.found
    assert (strait.cells, strait.along, strait.shallowest_m, strait.deepest_m) == (4, "i", 40, 1000)
    assert found.sentence == "1 strait with 4 diffusive passages, none intended."
    ways = widenings(field, ground, found.numbers, strait)
    assert {(way.side, way.opened, way.left) for way in ways} == {
        ("northern", 4, 0),
        ("southern", 4, 0),
        ("both", 8, 0),
    }
    assert ways[-1].side == "both"
    assert ways[0].edit.change(field).new.tolist() == [40.0] * 4


def test_a_strait_over_the_seam_is_one() -> None:
    field = made.drawn_ocean(["............", "##........##", "............", "##........##"])
    (strait,) = found_in(field).found
    assert strait.cells == 4
    assert abs(strait.place[1]) > 140.0


def test_straits_that_meet_across_the_fold_are_one() -> None:
    field = made.drawn_ocean(["##.##.##", "##.##.##", "########", "########"])
    found = found_in(field)
    (strait,) = found.found
    assert (strait.cells, strait.along) == (2, "j")
    assert np.count_nonzero(found.numbers) == 4


def test_at_the_southern_edge_a_strait_cannot_be_widened_to_the_south() -> None:
    field = made.drawn_ocean(["........", "...##...", "........"])
    ground = Ground(field)
    found = straits(field, ground)
    (strait,) = found.found
    assert [way.side for way in widenings(field, ground, found.numbers, strait)] == ["northern"]


def test_an_intended_strait_is_no_problem_and_its_mark_goes_with_it() -> None:
    field = made.drawn_ocean(CHANNEL)
    ground = Ground(field)
    place = found_in(field).found[0].place
    found = straits(field, ground, [place])
    assert found.problems == ()
    assert found.mask(intended=True).any()
    assert not found.mask(intended=False).any()
    session = Session(field)
    session.apply(close(field, ground, found.numbers, found.found[0]))
    after = straits(session.field, ground, [place])
    assert (after.found, after.gone) == ((), (place,))


def test_a_planet_without_straits() -> None:
    found = found_in(made.drawn_ocean(["........"] * 4))
    assert found.sentence == "No diffusive passages."


def test_regular_grids_are_refused() -> None:
    with pytest.raises(InputRefused, match="ocean grids only"):
        found_in(made.regular())


def test_the_reference_counts_each_of_its_passages_twice() -> None:
    field = open_field(reference("reference", "routing_60Ma", "bathy.nc")).field
    theirs = reference_field("passage_problems_orca.nc", "v") == 2.0
    ground = Ground(field)
    found = straits(field, ground)
    unique = ground.unique.reshape(field.shape)
    assert np.array_equal((found.numbers > 0) & unique, theirs & unique)
    assert sum(strait.cells for strait in found.found) == 10
