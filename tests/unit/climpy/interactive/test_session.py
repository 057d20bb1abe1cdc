"""Undo and redo without limit, bit for bit; saved, restored, repeated elsewhere."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.interactive import (
    Add,
    Box,
    Cells,
    Edit,
    EditList,
    Event,
    Field,
    Polygon,
    Scale,
    Selection,
    Session,
    SetTo,
    Smooth,
    Surface,
    fill_basin,
    limits,
    open_passage,
    replay,
)
from climpy.interactive.field import cell_centres
from climpy.interactive.opening import open_field
from tests.reference import reference
from tests.unit.climpy.interactive import fields_to_edit as made

EVERYWHERE = Box(-90, 90, -180, 180)


def bits(values: np.ndarray) -> bytes:
    return values.tobytes()


def edit(operation: object, *shapes: object) -> Edit:
    return Edit(Selection.of(*(shapes or (EVERYWHERE,))), operation)


def done(session: Session, wanted: list[Edit]) -> list[bytes]:
    """The values after each edit that could be done, the beginning first."""
    states = [bits(session.values)]
    for one in wanted:
        try:
            session.apply(one)
        except InputRefused:
            assert bits(session.values) == states[-1]
            continue
        states.append(bits(session.values))
    return states


@settings(deadline=None, max_examples=120)
@given(
    st.data(),
    st.sampled_from(list(made.FIELDS)),
    st.integers(0, 99),
    st.sampled_from([0, 4000, 10**6]),
)
def test_any_edits_undone_give_back_the_array_and_redone_the_same_again(
    data: st.DataObject, kind: str, seed: int, memory: int
) -> None:
    field = made.FIELDS[kind](seed)
    shapes = st.one_of(made.geographic_shapes, made.index_shapes)
    wanted = data.draw(st.lists(made.edits(field.kind, shapes), max_size=6))
    session = Session(field, memory)
    states = done(session, wanted)
    for state in states[-2::-1]:
        assert session.undo()
        assert bits(session.values) == state
    assert session.undo() is None
    assert session.cells_changed == 0
    for state in states[1:]:
        assert session.redo()
        assert bits(session.values) == state
    assert session.redo() is None
    assert bits(field.values) == states[0]


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(list(made.FIELDS)), st.integers(0, 5))
def test_what_was_saved_is_restored_with_what_was_undone(
    data: st.DataObject, kind: str, back: int
) -> None:
    field = made.FIELDS[kind](4)
    shapes = st.one_of(made.geographic_shapes, made.index_shapes)
    session = Session(field)
    states = done(session, data.draw(st.lists(made.edits(field.kind, shapes), max_size=5)))
    for _ in range(back):
        session.undo()
    restored = Session.from_json(session.to_json().encode(), made.FIELDS[kind](4))
    assert bits(restored.values) == bits(session.values)
    assert (restored.done, restored.undone) == (session.done, session.undone)
    assert restored.to_json() == session.to_json()
    while restored.redo():
        pass
    assert bits(restored.values) == states[-1]


def test_a_new_edit_ends_what_could_be_done_again() -> None:
    session = Session(made.regular())
    session.apply(edit(Add(1)))
    session.undo()
    session.apply(edit(Add(2)))
    assert session.undone == ()
    assert session.done == (edit(Add(2)),)


def test_a_refused_edit_changes_nothing_and_ends_nothing() -> None:
    session = Session(made.basins())
    with pytest.raises(InputRefused):
        session.apply(edit(Add(1)))
    heights = Session(made.regular())
    heights.apply(edit(Add(1)))
    heights.undo()
    with pytest.raises(InputRefused):
        heights.apply(edit(SetTo(1), Cells(((99, 0),), "index")))
    assert heights.undone == (edit(Add(1)),)


@pytest.mark.parametrize("memory", [0, 30_000, 100_000, 10**7])
def test_many_edits_stay_within_their_memory_and_can_all_be_undone(memory: int) -> None:
    field = made.regular(nx=60, ny=40)
    session, states = Session(field, memory), [bits(field.values)]
    numbers = np.random.default_rng(1)

    def within_memory() -> None:
        held = [kept.size for kept in session._changes if kept is not None]
        assert sum(held) <= memory or len(held) == 1
        assert sum(copy.nbytes for copy in session._copies.values()) <= memory

    for number in range(40):
        session.apply(edit(Smooth(1) if number % 2 else Add(number)))
        states.append(bits(session.values))
        within_memory()
    for back in (5, 17, 40):
        for _ in range(back):
            session.undo()
            assert bits(session.values) == states[len(session.done)]
            within_memory()
        for _ in range(int(numbers.integers(back + 1))):
            session.redo()
            assert bits(session.values) == states[len(session.done)]
            within_memory()
        del states[len(session.done) + 1 :]
        session.apply(edit(Scale(90)))
        states.append(bits(session.values))
    assert sum(1 for _ in iter(session.undo, None)) == len(states) - 1
    assert bits(session.values) == bits(field.values)


def test_undoing_far_back_does_not_begin_at_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    field = made.regular(nx=60, ny=40)
    session = Session(field, memory=100_000)
    for _ in range(60):
        session.apply(edit(Add(1)))
    worked_out = []
    change = Edit.change
    monkeypatch.setattr(Edit, "change", lambda *of: worked_out.append(1) or change(*of))
    assert sum(1 for _ in iter(session.undo, None)) == 60
    assert 0 < len(worked_out) < 240


def test_more_than_could_be_read_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LONGEST_TEXT", 14_000)
    session = Session(made.regular())
    lasso = edit(Add(1), Polygon(tuple((n / 9, n / 7) for n in range(80))))
    size = len(lasso.to_json()) + 1
    for _ in range(4_000 // size):
        session.apply(lasso)
    with pytest.raises(InputRefused, match="begin anew"):
        session.apply(lasso)
    assert len(session.done) > 1
    restored = Session.from_json(session.to_json(), made.regular())
    assert restored.done == session.done
    session.undo()
    session.apply(lasso)
    with pytest.raises(InputRefused, match="no shape"):
        Edit(Selection(), Add(1))


def test_observers_are_told_which_rectangle_changed() -> None:
    session, told = Session(made.regular()), []
    leave = session.observe(told.append)
    session.apply(edit(SetTo(5), Cells(((3, 4), (6, 2)), "index")))
    session.undo()
    session.redo()
    leave()
    session.undo()
    assert [event.what for event in told] == ["applied", "undone", "redone"]
    for event in told:
        assert isinstance(event, Event)
        assert event.change.rectangle == (slice(3, 7), slice(2, 5))
    nothing = session.apply(edit(Add(0)))
    assert nothing.rectangle == (slice(0, 0), slice(0, 0))


def test_the_coastline_moves_where_land_becomes_ocean() -> None:
    session = Session(made.regular())
    session.apply(edit(Add(100), Surface("land")))
    session.apply(edit(Scale(50), Surface("ocean")))
    session.apply(edit(Smooth(3)))
    assert not session.moves_coastline
    assert session.cells_changed
    session.apply(edit(SetTo(-1), Cells(((3, 4),), "index")))
    flooded = made.regular().values[3, 4] > 0
    assert session.moves_coastline == flooded
    session.apply(edit(Scale(-100)))
    assert session.moves_coastline
    assert not Session(made.basins()).moves_coastline


def test_a_copy_is_counted_once() -> None:
    session = Session(made.drawn_ocean(["......"] * 4))
    change = session.apply(edit(SetTo(0), Cells(((3, 1),), "index")))
    assert (change.chosen, change.changed, change.cells.size) == (1, 1, 4)
    assert session.cells_changed == session.cells_across_coast == 1


def test_a_session_is_not_restored_on_other_values() -> None:
    session = Session(made.regular(1))
    session.apply(edit(Add(1)))
    with pytest.raises(InputRefused, match="other values"):
        Session.from_json(session.to_json(), made.regular(2))
    changed = session.to_json().replace('"amount":1.0', '"amount":2.0')
    with pytest.raises(InputRefused, match="give other values here"):
        Session.from_json(changed, made.regular(1))
    with pytest.raises(InputRefused, match="not saved by a session"):
        Session.from_json(session.edits.to_json(), made.regular(1))
    with pytest.raises(InputRefused, match="kind topography"):
        Session.from_json(session.to_json(), made.ocean())


def test_a_saved_session_is_also_a_list_of_the_edits_in_force() -> None:
    session = Session(made.regular())
    for number in range(3):
        session.apply(edit(Add(number + 1)))
    session.undo()
    assert EditList.from_json(session.to_json()) == session.edits
    assert len(session.edits.edits) == 2


def test_edits_in_degrees_are_repeated_on_another_grid() -> None:
    session = Session(made.drawn(["########", "#.####.#", "########", "........"]))
    place = float(session.field.latitudes[2, 0]), float(session.field.longitudes[0, 1])
    session.apply(fill_basin(*place, description="fill the western sea"))
    session.apply(edit(Add(10), Polygon(((-80, 0), (-80, 90), (-10, 45)))))
    finer = Field(
        session._base.repeat(3, axis=0).repeat(3, axis=1), "topography", *cell_centres(12, 24, -180)
    )
    again, report = replay(session, finer)
    assert [(part.number, part.title) for part in report] == [
        (1, "fill the western sea"),
        (2, "add"),
    ]
    assert (report[0].chosen, report[0].changed, report[0].across_coast) == (9, 9, 9)
    assert (again.values[6:9, 3:6] == 500.0).all()
    assert report[1].changed > 0
    while again.undo():
        pass
    assert bits(again.values) == bits(finer.values)


def test_edits_that_count_cells_are_repeated_on_the_same_grid_only() -> None:
    session = Session(made.regular(1))
    session.apply(edit(Add(1)))
    session.apply(edit(Add(1), Box(0, 3, 0, 3, "index")))
    _, report = replay(session, made.regular(2))
    assert [part.changed for part in report] == [192, 16]
    for other in (made.regular(1, west=0.0), made.regular(1, ny=6)):
        with pytest.raises(InputRefused, match="Edit 2 counts rows and columns of another grid"):
            replay(session, other)
    without = EditList("topography", session.done)
    with pytest.raises(InputRefused, match="does not say on which grid"):
        replay(without, made.regular(1))


def test_a_refusal_on_another_field_names_the_edit() -> None:
    holes = made.regular()
    holes.values[:, 3] = holes.values[:, 9] = np.nan
    start, end = (0.0, -170.0), (0.0, 0.0)
    edits = EditList(
        "topography", (edit(Add(1)), open_passage(start, end, depth=5, description="strait"))
    )
    with pytest.raises(InputRefused, match=r"^Edit 2 \(strait\): There is no way"):
        replay(edits, holes)
    with pytest.raises(InputRefused, match="kind topography"):
        replay(edits, made.ocean())


def test_a_place_that_became_land_is_left_alone() -> None:
    field = made.drawn(["....", "####"])
    _, report = replay(EditList("topography", (fill_basin(-45.0, 0.0),)), field)
    assert (report[0].chosen, report[0].changed) == (0, 0)


@pytest.mark.parametrize(
    "parts",
    [
        ("topographies", "palaeo_60Ma_1deg.nc"),
        ("topographies", "palaeo_halfdeg.nc"),
        ("bathymetries", "palaeo_60Ma_orca2.nc"),
        ("bathymetries", "palaeo_38Ma_orca2.nc"),
    ],
)
def test_real_files_come_back_bit_for_bit(parts: tuple[str, str]) -> None:
    field = open_field(reference(*parts)).field
    session = Session(field)
    wanted = [
        edit(Smooth(2), Polygon(((50, 150), (70, 230), (30, 260), (-10, 190)))),
        edit(Scale(80), Surface("ocean")),
        edit(Add(25), Box(-40, 40, 170, -170), Surface("ocean")),
        open_passage((0, 10), (30, 60), depth=400, width=2),
        edit(Smooth(1, keep_coast=False), Polygon(((70, 0), (70, 90), (70, 180), (70, 270)))),
    ]
    states = done(session, wanted)
    assert len(set(states)) == 6
    again = Session.from_json(session.to_json(), field)
    for state in states[-2::-1]:
        session.undo()
        assert bits(session.values) == state
    for _, state in itertools.zip_longest(wanted, states[1:]):
        session.redo()
        assert bits(session.values) == state
    assert bits(again.values) == states[-1]
