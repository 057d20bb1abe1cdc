"""The page of an editor: its controls, its questions, what they do; without a browser."""

import base64
from typing import Any

import numpy as np
import panel as pn
import pytest
from bokeh.document import Document
from bokeh.events import ButtonClick

from climpy.interactive import Add, Box, Edit, EditList, Selection
from climpy.interactive.desk import Highlight, OnDesk, Undecided
from climpy.interactive.editors import wording
from climpy.interactive.editors.controls import DOINGS
from climpy.interactive.editors.viewer import Screen, page, prepared
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.operations import Dig, Fill, Paint, Smooth
from climpy.interactive.selections import ValueRange
from tests.desk_in_memory import CONFLICT, DeskInMemory, waves
from tests.unit.climpy.interactive import fields_to_edit as made

NORTH = Edit(Selection.of(Box(30.0, 60.0, -20.0, 40.0)), Add(100.0))


@pytest.fixture
def desk() -> DeskInMemory:
    return DeskInMemory()


@pytest.fixture
def screen(desk: DeskInMemory) -> Screen:
    return Screen(Workbench(desk, desk.open()))


def offered(make: Any) -> list[str]:
    desk = DeskInMemory(make)
    return [name for name, _ in Screen(Workbench(desk, desk.open())).doing._which.options]


class TestDoing:
    def test_what_is_offered_makes_sense_for_the_field(self) -> None:
        assert offered(waves) == [name for name in DOINGS if name != "paint"]
        assert offered(made.basins) == ["paint"]
        assert "depressions" not in offered(made.ocean)

    def test_each_operation_takes_its_own_number(self, screen: Screen) -> None:
        doing, bench = screen.doing, screen.workbench
        doing._pick("dig")
        doing._set_number(350.0)
        assert bench.operation == Dig(350.0)
        doing._pick("mean")
        assert bench.operation == Fill(None)
        assert not doing._number.visible
        doing._pick("smooth")
        doing._set_number(3)
        doing._coast.active = False
        assert bench.operation == Smooth(3, False)
        doing._pick("dig")
        assert bench.operation == Dig(350.0)

    def test_a_number_that_cannot_be_is_told(self, screen: Screen) -> None:
        screen.doing._pick("dig")
        screen.doing._set_number(-5.0)
        assert "depth" in screen.workbench.message.sentence
        assert screen.workbench.operation is None

    def test_buttons_say_what_can_be_done(self, screen: Screen) -> None:
        doing, bench = screen.doing, screen.workbench
        assert doing._undo.disabled
        bench.do(NORTH)
        assert not doing._undo.disabled
        assert doing._redo.disabled
        bench.undo()
        assert doing._undo.disabled
        assert not doing._redo.disabled

    def test_counts_are_told(self, screen: Screen) -> None:
        screen.workbench.do(NORTH)
        count = screen.workbench.counts.changed
        assert f"{count} cells</b> changed" in screen.doing._counts.text

    def test_basins_are_painted(self) -> None:
        desk = DeskInMemory(made.basins)
        screen = Screen(Workbench(desk, desk.open()))
        screen.doing._set_code("2")
        assert screen.workbench.operation == Paint(2)


class TestChoosing:
    def test_keys_take_tools_and_go_back(self, screen: Screen) -> None:
        bench = screen.workbench
        bench.do(NORTH)
        for key, tool in (("box:1", "box"), ("lasso:2", "lasso"), ("brush:3", "brush")):
            screen.keyboard.value = key
            assert bench.tool == tool
            assert screen.canvases[0].figure.toolbar.active_drag is screen.canvases[0]._tools[tool]
        screen.keyboard.value = "undo:4"
        assert not bench.session.done
        screen.keyboard.value = "redo:5"
        assert bench.session.done
        bench.choose(Box(0.0, 20.0, 0.0, 20.0))
        screen.keyboard.value = "escape:6"
        assert not bench.chosen.any()
        screen.keyboard.value = "nothing:7"
        assert bench.tool == "brush"

    def test_a_range_of_the_histogram_is_chosen(self, screen: Screen) -> None:
        screen.histogram._on_range(-500.0, 250.0)
        assert screen.workbench.drawn == Selection.of(ValueRange(-500.0, 250.0))
        assert (screen.choosing._low.value, screen.choosing._high.value) == (-500.0, 250.0)

    def test_bars_follow_the_values(self, screen: Screen) -> None:
        before = np.array(screen.histogram._bars.data["top"])
        screen.workbench.do(NORTH)
        assert not np.array_equal(before, screen.histogram._bars.data["top"])


class TestHistory:
    def test_all_edits_are_listed_and_lead_there(self, screen: Screen) -> None:
        bench, listed = screen.workbench, screen.history._list
        bench.do(NORTH)
        bench.do(NORTH)
        assert listed.labels == ["As it was opened", "1. Add +100 m · box", "2. Add +100 m · box"]
        assert listed.active == 2
        listed.active = 0
        assert not bench.session.done
        assert len(listed.labels) == 3
        listed.active = 1
        assert len(bench.session.done) == 1

    def test_of_many_the_last_ones_are_listed(
        self, screen: Screen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("climpy.interactive.editors.controls_desk.MOST_SHOWN", 3)
        for _ in range(5):
            screen.workbench.do(NORTH)
        assert screen.history._list.labels[0] == "After 2 edits"
        screen.history._list.active = 0
        assert len(screen.workbench.session.done) == 2

    def test_edits_from_a_file_are_repeated(self, screen: Screen) -> None:
        text = EditList("topography", (NORTH,)).to_json().encode()
        screen.history._replay(base64.b64encode(text).decode())
        assert len(screen.workbench.session.done) == 1
        screen.history._replay("%%%")
        assert screen.workbench.message.tone == "bad"

    def test_a_download_is_a_link(self, screen: Screen) -> None:
        screen.history._get("edits")
        assert 'href="handouts/edits"' in screen.history._links.text


class TestPage:
    def test_texts_of_others_are_no_markup(self) -> None:
        desk = DeskInMemory(notes=("<script>1</script>",))
        desk.told = ("<b>Ann</b> has this file open.",)
        bench = Workbench(desk, desk.open())
        screen = Screen(bench)
        header = screen.parts[0]
        bench.look_around()
        bench.say("<i>no</i>")
        texts = [model.text for part in (*screen.parts[:3], screen._notes) for model in divs(part)]
        assert not any(tag in text for text in texts for tag in ("<script>", "<b>Ann", "<i>"))
        assert any("&lt;b&gt;Ann" in model.text for model in divs(header))

    def test_highlights_are_shown_first(self) -> None:
        mask = Box(0.0, 20.0, 0.0, 30.0).cells(waves())
        desk = DeskInMemory(highlights=(Highlight("4 cells are land now.", mask),))
        screen = Screen(Workbench(desk, desk.open()))
        assert screen.workbench.message.sentence == "4 cells are land now."
        assert np.array_equal(screen.workbench.overlays["4 cells are land now."].mask, mask)

    def test_a_sheet_to_look_at_has_no_tools(self, screen: Screen) -> None:
        left = screen.parts[1]
        assert left.visible
        screen.workbench.open("t2m", (1,))
        assert not left.visible
        assert screen.look.palette == "batlow"
        screen.workbench.open("topo")
        assert left.visible

    def test_saving_asks_for_a_description(self, screen: Screen, desk: DeskInMemory) -> None:
        header = screen.parts[0]
        panel = next(model for model in header.references() if "ed-save-panel" in classes(model))
        assert not panel.visible
        click(header, "ed-save")
        assert panel.visible
        field = next(model for model in header.references() if "ed-description" in classes(model))
        field.value = "  Raised the plateau "
        click(header, "ed-save-now")
        assert desk.saved == ["Raised the plateau"]
        assert not panel.visible

    def test_what_is_extended_is_shown_before_history(self, desk: DeskInMemory) -> None:
        def extend(bench: Workbench) -> None:
            bench.add_tab("Seas", pn.pane.HTML("none"))

        root = page(desk, prepared(desk), extend=extend)
        assert root[3]._names == ["Seas", "History", "Look", "Notes"]

    def test_a_question_comes_before_everything(self, desk: DeskInMemory) -> None:
        desk.stolen()
        ready = prepared(desk)
        assert ready == CONFLICT
        root = page(desk, ready)
        assert len(root) == 1
        click(root[0].object, "ed-way-take_over")
        assert len(root) == 4

    def test_a_question_may_lead_to_another(
        self, desk: DeskInMemory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def again(_way: str) -> OnDesk:
            raise Undecided(CONFLICT)

        monkeypatch.setattr(desk, "decide", again)
        root = page(desk, CONFLICT)
        click(root[0].object, "ed-way-mine")
        assert len(root) == 1

    def test_the_keyboard_is_found_in_the_document(self, desk: DeskInMemory) -> None:
        document = Document()
        page(desk, prepared(desk)).server_doc(document)
        assert document.get_model_by_name("keyboard") is not None

    def test_the_desk_is_left_when_the_session_ends(self, desk: DeskInMemory) -> None:
        session = SessionThatEnds()
        page(desk, prepared(desk), session)  # type: ignore[arg-type]
        assert desk.left == 0
        session.end()
        assert desk.left == 1


class SessionThatEnds:
    """As much of a document as a page's life needs."""

    def __init__(self) -> None:
        self.at_end: list[Any] = []

    def on_session_destroyed(self, callback: Any) -> None:
        self.at_end.append(callback)

    def add_next_tick_callback(self, callback: Any) -> None:
        callback()

    def add_timeout_callback(self, callback: Any, _milliseconds: int) -> None:
        callback()

    def add_periodic_callback(self, _callback: Any, _milliseconds: int) -> None:
        pass

    def end(self) -> None:
        for callback in self.at_end:
            callback(None)


def divs(part: Any) -> list[Any]:
    models = part.references() if hasattr(part, "references") else []
    return [model for model in models if type(model).__name__ == "Div"]


def classes(model: Any) -> list[str]:
    return list(getattr(model, "css_classes", []))


def click(part: Any, handle: str) -> None:
    button = next(model for model in part.references() if handle in classes(model))
    button._trigger_event(ButtonClick(button))


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        (Add(-50.0), "Add −50 m"),
        (Fill(None), "Fill to the neighbours' mean"),
        (Fill(20.0), "Fill to 20 m"),
        (Smooth(2), "Smooth, 2 passes"),
        (Paint(2), "Paint 2 Pacific"),
    ],
)
def test_edits_are_told_in_a_few_words(operation: Any, told: str) -> None:
    assert wording.operation(operation, "m") == told
    assert wording.edit(Edit(NORTH.selection, operation, "Mine"), "m") == "Mine"
