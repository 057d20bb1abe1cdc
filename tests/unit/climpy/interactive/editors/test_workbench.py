"""Commands of an editor, and who is told of them; without a browser."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from climpy.errors import InputRefused
from climpy.interactive import Add, Box, Cells, Edit, EditList, Selection, Session, SetTo
from climpy.interactive.desk import Marks
from climpy.interactive.editors.turns import sentence_of
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.selections import ValueRange
from tests.desk_in_memory import CONFLICT, DeskInMemory
from tests.unit.climpy.interactive import fields_to_edit as made

NORTH = Box(30.0, 60.0, -20.0, 40.0)
SOUTH = Box(-60.0, -30.0, -20.0, 40.0)


class Queue:
    """Turns that are taken when a test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []
        self.away_waiting: list[tuple[Any, ...]] = []

    def later(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def after(self, _seconds: float, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def every(self, _seconds: float, _work: Callable[[], None]) -> None:
        pass

    def away(self, *what: Any) -> None:
        self.away_waiting.append(what)

    def run(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()

    def come_back(self) -> None:
        work, done, failed = self.away_waiting.pop(0)
        try:
            result = work()
        except Exception as trouble:  # noqa: BLE001 - handed over
            failed(trouble)
        else:
            done(result)


@pytest.fixture
def desk() -> DeskInMemory:
    return DeskInMemory()


@pytest.fixture
def bench(desk: DeskInMemory) -> Workbench:
    return Workbench(desk, desk.open())


def chosen_and_raised(bench: Workbench) -> None:
    bench.choose(NORTH)
    bench.apply(Add(100.0))


class TestEditing:
    def test_what_is_applied_changes_the_chosen_cells_only(self, bench: Workbench) -> None:
        before = bench.values.copy()
        chosen_and_raised(bench)
        assert np.array_equal(bench.values - before, np.where(bench.chosen, 100.0, 0.0))
        assert bench.counts.changed == bench.counts.chosen == np.count_nonzero(bench.chosen)

    def test_an_edit_is_kept_before_it_is_shown(self, bench: Workbench, desk: DeskInMemory) -> None:
        kept_when_shown: list[str] = []
        bench.listen("values", lambda _cells: kept_when_shown.append(desk.kept))
        chosen_and_raised(bench)
        bench.undo()
        bench.redo()
        assert len(set(kept_when_shown)) == 2
        assert kept_when_shown[0] == kept_when_shown[2] == desk.kept

    def test_diagnostics_come_after_what_is_shown_once_for_several_edits(
        self, desk: DeskInMemory
    ) -> None:
        queue, told = Queue(), []
        bench = Workbench(desk, desk.open(), queue)
        bench.listen("values", lambda _cells: told.append("shown"))
        bench.on_change(lambda: told.append("worked out"))
        bench.do(Edit(Selection.of(NORTH), Add(1.0)))
        bench.do(Edit(Selection.of(SOUTH), Add(1.0)))
        assert told == ["shown", "shown"]
        queue.run()
        assert told == ["shown", "shown", "worked out"]

    def test_undo_and_redo_give_back_every_bit_and_say_which_cells(self, bench: Workbench) -> None:
        before = bench.values.copy()
        cells: list[np.ndarray] = []
        bench.listen("values", cells.append)
        chosen_and_raised(bench)
        after = bench.values.copy()
        bench.undo()
        assert np.array_equal(bench.values, before)
        bench.redo()
        assert np.array_equal(bench.values, after)
        assert all(np.array_equal(part, np.flatnonzero(bench.chosen)) for part in cells)

    def test_going_far_back_is_told_once_with_all_cells(self, bench: Workbench) -> None:
        before = bench.values.copy()
        for shape in (NORTH, SOUTH):
            bench.do(Edit(Selection.of(shape), Add(7.0)))
        told: list[np.ndarray] = []
        bench.listen("values", told.append)
        bench.go_to(0)
        assert np.array_equal(bench.values, before)
        both = NORTH.cells(bench.field) | SOUTH.cells(bench.field)
        assert [part.tolist() for part in told] == [np.flatnonzero(both).tolist()]
        bench.go_to(99)
        assert not bench.session.done

    def test_what_makes_no_sense_is_refused_in_a_sentence(self) -> None:
        desk = DeskInMemory(made.basins)
        bench = Workbench(desk, desk.open())
        bench.choose(NORTH)
        before = bench.values.copy()
        assert bench.apply(SetTo(3.0)) is None
        assert "painted" in bench.message.sentence
        assert bench.message.tone == "bad"
        assert np.array_equal(bench.values, before)
        assert desk.kept == ""

    @pytest.mark.parametrize("operation", [Add(1.0), None])
    def test_nothing_is_done_without_cells_or_an_operation(
        self, bench: Workbench, operation: Add | None
    ) -> None:
        if operation is None:
            bench.choose(NORTH)
        assert bench.apply(operation) is None
        assert bench.message.tone == "care"

    def test_a_sheet_to_look_at_is_not_changed(self, desk: DeskInMemory) -> None:
        bench = Workbench(desk, desk.open("t2m", (1,)))
        before = bench.values.copy()
        bench.do(Edit(Selection.of(NORTH), Add(1.0)))
        bench.mark(Marks(((0.0, 0.0),)))
        assert np.array_equal(bench.values, before)
        assert bench.marks == Marks()
        assert desk.kept == ""

    def test_edits_from_elsewhere_are_repeated_until_one_is_refused(self, bench: Workbench) -> None:
        edits = EditList("topography", (Edit(Selection.of(NORTH), Add(5.0)),))
        before = bench.values.copy()
        bench.replay(edits.to_json())
        assert np.array_equal(bench.values != before, NORTH.cells(bench.field))
        bench.replay(EditList("bathymetry", ()).to_json())
        assert "bathymetry" in bench.message.sentence
        bench.replay("no edits")
        assert bench.message.tone == "bad"
        assert len(bench.session.done) == 1


class TestKeeping:
    def test_what_could_not_be_kept_is_told_and_tried_again(
        self, bench: Workbench, desk: DeskInMemory
    ) -> None:
        desk.trouble = InputRefused("The disk is full.")
        chosen_and_raised(bench)
        assert bench.trouble == "The disk is full."
        assert desk.kept == ""
        desk.trouble = None
        bench.look_around()
        assert bench.trouble == ""
        assert len(Session.from_json(desk.kept, made_again(desk)).done) == 1

    def test_a_conflict_stops_editing_until_it_is_decided(
        self, bench: Workbench, desk: DeskInMemory
    ) -> None:
        chosen_and_raised(bench)
        desk.stolen()
        bench.undo()
        assert bench.choice == CONFLICT
        bench.redo()
        assert not bench.session.done
        bench.decide("no such way")
        assert bench.choice == CONFLICT
        bench.decide("take_over")
        assert bench.choice is None
        assert not bench.session.done
        assert bench.do(Edit(Selection.of(NORTH), Add(1.0))) is not None

    def test_errors_of_the_program_are_not_shown_to_people(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert sentence_of(InputRefused("Too deep.")) == "Too deep."
        told = sentence_of(ZeroDivisionError("division by zero"))
        assert "zero" not in told
        assert "division by zero" in caplog.text

    def test_marks_are_kept(self, bench: Workbench, desk: DeskInMemory) -> None:
        told: list[str] = []
        bench.listen("marks", lambda: told.append("marks"))
        bench.mark(Marks(kept_seas=((40.0, 50.0),)))
        assert desk.marks.kept_seas == ((40.0, 50.0),)
        assert told == ["marks"]


def made_again(desk: DeskInMemory) -> Any:
    kept, desk.kept = desk.kept, ""
    field = desk.open().session.field
    desk.kept = kept
    return field


class TestSaving:
    def test_nothing_is_changed_while_it_is_saved(self, desk: DeskInMemory) -> None:
        queue = Queue()
        bench = Workbench(desk, desk.open(), queue)
        bench.save("Raised the plateau")
        assert bench.busy
        assert bench.do(Edit(Selection.of(NORTH), Add(1.0))) is None
        bench.save("again")
        queue.come_back()
        assert not bench.busy
        assert desk.saved == ["Raised the plateau"]
        assert bench.message.sentence == "Saved with 0 edits."
        assert [link.address for link in bench.message.links] == ["/steps"]

    def test_a_failure_is_told_and_editing_goes_on(self, desk: DeskInMemory) -> None:
        bench = Workbench(desk, desk.open())
        desk.trouble = InputRefused("The disk is full.")
        bench.save()
        assert (bench.message.sentence, bench.message.tone) == ("The disk is full.", "bad")
        assert not bench.busy

    def test_an_outdated_revision_is_a_choice(self, bench: Workbench, desk: DeskInMemory) -> None:
        desk.stolen()
        bench.save()
        assert bench.choice == CONFLICT
        assert desk.saved == []

    def test_downloads_give_an_address(self, bench: Workbench) -> None:
        found: list[str] = []
        bench.download("edits", found.append)
        assert found == ["handouts/edits"]

    def test_others_are_told_of_once(self, bench: Workbench, desk: DeskInMemory) -> None:
        told: list[tuple[str, ...]] = []
        bench.listen("others", lambda: told.append(bench.others))
        desk.told = ("Ann has this file open.",)
        bench.look_around()
        bench.look_around()
        assert told == [("Ann has this file open.",)]


class TestChoosing:
    def test_modes_put_shapes_together(self, bench: Workbench) -> None:
        whole = NORTH.cells(bench.field)
        east = Box(30.0, 60.0, 0.0, 40.0)
        bench.choose(NORTH)
        bench.choose(east, "subtract")
        assert np.array_equal(bench.chosen, whole & ~east.cells(bench.field))
        bench.set_mode("add")
        bench.choose(SOUTH)
        bench.choose(NORTH, "intersect")
        assert np.array_equal(bench.chosen, whole & ~east.cells(bench.field))

    def test_a_filter_holds_for_the_whole_selection(self, bench: Workbench) -> None:
        bench.choose(NORTH)
        bench.set_filter("ocean")
        assert np.array_equal(bench.chosen, NORTH.cells(bench.field) & bench.field.ocean)
        bench.set_filter("everything")
        assert np.array_equal(bench.chosen, NORTH.cells(bench.field))

    def test_a_selection_by_value_follows_the_values(self, bench: Workbench) -> None:
        bench.choose(ValueRange(1000.0, None))
        assert bench.chosen.any()
        bench.apply(SetTo(0.0))
        assert not bench.chosen.any()
        bench.undo()
        assert np.array_equal(bench.chosen, bench.values >= 1000.0)

    def test_cells_clicked_one_by_one_are_one_shape(self, bench: Workbench) -> None:
        bench.set_mode("add")
        for row in range(24):
            for column in range(6):
                bench.choose(Cells(((float(row), float(column)),), "index"))
        assert len(bench.drawn.parts) == 1
        assert np.count_nonzero(bench.chosen) == 144

    def test_a_shape_that_cannot_be_told_leaves_the_selection(self, bench: Workbench) -> None:
        bench.choose(NORTH)
        bench.choose(Cells(((999.0, 0.0),), "index"))
        assert bench.message.tone == "bad"
        assert bench.drawn == Selection.of(NORTH)
        assert np.array_equal(bench.chosen, NORTH.cells(bench.field))

    def test_what_is_drawn_can_be_applied_at_once(self, bench: Workbench) -> None:
        bench.at_once, bench.operation = True, Add(3.0)
        before = bench.values.copy()
        bench.choose(NORTH)
        assert np.array_equal(bench.values != before, NORTH.cells(bench.field))
        assert not bench.chosen.any()

    def test_escape_first_leaves_a_question_then_the_selection(self, bench: Workbench) -> None:
        places: list[tuple[float, float]] = []
        bench.choose(NORTH)
        bench.ask_place("Where to?", places.append)
        bench.escape()
        assert not bench.pointed((1.0, 2.0))
        assert bench.chosen.any()
        bench.escape()
        assert not bench.chosen.any()
        bench.ask_place("Where to?", places.append)
        assert bench.pointed((1.0, 2.0))
        assert places == [(1.0, 2.0)]

    def test_observers_learn_which_cells_came_and_went(self, bench: Workbench) -> None:
        told: list[int] = []
        bench.listen("selection", lambda cells: told.append(cells.size))
        bench.choose(NORTH)
        bench.clear()
        count = int(np.count_nonzero(NORTH.cells(bench.field)))
        assert told == [count, count]


def test_another_variable_begins_with_nothing_chosen(bench: Workbench, desk: DeskInMemory) -> None:
    chosen_and_raised(bench)
    bench.overlay("seas", bench.chosen)
    bench.points("ends", [(0.0, 0.0)])
    bench.open("t2m", (1,))
    assert (bench.sheet.variable, bench.sheet.index) == ("t2m", (1,))
    assert not bench.chosen.any()
    assert not bench.overlays
    assert not bench.symbols
    bench.open("topo")
    assert len(bench.session.done) == 1
    assert bench.session.to_json() == desk.kept
