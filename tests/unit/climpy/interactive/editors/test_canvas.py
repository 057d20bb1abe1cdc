"""What the maps of an editor show, and what is made of what is drawn on them; without a browser."""

from typing import Any

import numpy as np
import pytest
from bokeh import events
from bokeh.models import ColumnDataSource

from climpy.interactive import Add, Box, Edit, Field, Selection, SetTo
from climpy.interactive.editors.canvas import Canvas, thinned
from climpy.interactive.editors.look import Look
from climpy.interactive.editors.scenes import VIEWS, Scene, scene_of
from climpy.interactive.editors.viewer import Screen
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.selections import Basin, Brush, Cells, Polygon, ValueRange, Way
from tests.desk_in_memory import DeskInMemory, waves
from tests.unit.climpy.interactive import fields_to_edit as made

FIELDS = {"heights": waves, "depths": made.ocean, "codes": made.basins, "holes": made.with_holes}


def screen_of(make: Any = waves, **sheet: object) -> Screen:
    desk = DeskInMemory(make, **sheet)
    return Screen(Workbench(desk, desk.open()))


def images(canvas: Canvas) -> dict[str, np.ndarray]:
    """What the figure shows, each layer with one number for each pixel."""
    shape = canvas._raster.cells.shape
    layers = {"data": canvas._data, "marks": canvas._marks, "chosen": canvas._chosen}
    return {
        name: np.broadcast_to(layer.source.data["image"][0], shape)
        for name, layer in layers.items()
    }


def drawn_anew(canvas: Canvas) -> dict[str, np.ndarray]:
    other = Canvas(canvas.workbench, canvas.scene, canvas.look)
    return images(other)


def geometry(kind: str, **numbers: Any) -> Any:
    return events.SelectionGeometry(None, {"type": kind, **numbers}, final=True)


class TestViews:
    @pytest.mark.parametrize("name", FIELDS)
    @pytest.mark.parametrize("view", VIEWS)
    def test_every_view_agrees_after_each_edit(self, name: str, view: str) -> None:
        screen = screen_of(FIELDS[name])
        screen._view(view)
        screen._beside("index")
        bench = screen.workbench
        rng = np.random.default_rng(3)
        for _ in range(6):
            south, west = rng.uniform(-80, 60), rng.uniform(-180, 180)
            bench.choose(Box(south, south + 25, west, west + 60), rng.choice(["replace", "add"]))
            if bench.field.kind == "codes":
                screen.doing._set_code(str(rng.integers(0, 4)))
            else:
                bench.operation = SetTo(float(rng.integers(-900, 900)))
            bench.apply()
            if rng.random() < 0.4:
                bench.undo()
            for canvas in screen.canvases:
                for layer, image in drawn_anew(canvas).items():
                    assert np.array_equal(images(canvas)[layer], image, equal_nan=True), layer

    def test_a_whole_map_is_one_pixel_a_cell(self) -> None:
        screen = screen_of()
        shown = images(screen.canvases[0])["data"]
        assert np.array_equal(shown, screen.workbench.values.astype(np.float32))

    def test_only_the_changed_rectangle_is_sent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        screen = screen_of()
        bench, canvas = screen.workbench, screen.canvases[0]
        sent: list[int] = []
        patch = ColumnDataSource.patch

        def seen(source: ColumnDataSource, what: dict[str, Any]) -> None:
            sent.append(what["image"][0][1].size)
            patch(source, what)

        monkeypatch.setattr(ColumnDataSource, "patch", seen)
        box = Box(0.0, 20.0, 0.0, 30.0)
        bench.do(Edit(Selection.of(box), Add(1.0)))
        assert sent == [np.count_nonzero(box.cells(bench.field))]
        bench.do(Edit(Selection.of(ValueRange()), Add(1.0)))
        assert len(sent) == 1
        assert np.array_equal(images(canvas)["data"], bench.values.astype(np.float32))

    def test_the_seam_may_lie_anywhere(self) -> None:
        screen = screen_of()
        screen._move_seam(45.0)
        shown = images(screen.canvases[0])["data"]
        assert np.array_equal(shown, np.roll(screen.workbench.values, -30, axis=1))
        assert screen.canvases[0].window.left == 45.0

    def test_a_field_without_places_is_shown_by_rows_and_columns(self) -> None:
        def placeless() -> Field:
            return Field(made.regular().values, "topography")

        screen = screen_of(placeless)
        assert np.array_equal(
            images(screen.canvases[0])["data"], screen.workbench.values.astype(np.float32)
        )
        assert not screen.viewing._view.visible

    def test_a_place_is_led_to(self) -> None:
        screen = screen_of()
        screen.workbench.zoom_to(40.0, -30.0, 10.0)
        left, right, bottom, top = screen.canvases[0].window
        assert left <= -35.0 < -25.0 <= right
        assert (left + right, bottom + top) == pytest.approx((-60.0, 80.0))
        screen._view("south")
        screen.workbench.zoom_to(40.0, -30.0)
        assert "not on this map" in screen.workbench.message.sentence

    def test_both_axes_have_the_same_scale_whatever_the_size(self) -> None:
        canvas = screen_of().canvases[0]
        canvas._resized("inner_width", 700)
        canvas._resized("inner_height", 500)
        left, right, bottom, top = canvas.window
        assert (right - left) / 700 == pytest.approx((top - bottom) / 500)
        assert (left, right) == pytest.approx((-180.0, 180.0))

    def test_what_the_user_zoomed_to_stays_when_the_size_changes(self) -> None:
        canvas = screen_of().canvases[0]
        canvas._resized("inner_width", 600)
        canvas._resized("inner_height", 300)
        canvas._x.update(start=0.0, end=20.0)
        canvas._y.update(start=0.0, end=10.0)
        canvas._resized("inner_height", 320)
        left, right, bottom, top = canvas.window
        assert (left, right) == pytest.approx((-0.0, 20.0), abs=1.0)
        assert bottom <= 0.0 < 10.0 <= top

    def test_overlays_and_symbols_come_and_go(self) -> None:
        screen = screen_of(poles=((50.0, -120.0),))
        bench, canvas = screen.workbench, screen.canvases[0]
        assert canvas._symbols.data["x"] == [-120.0]
        mask = Box(0.0, 20.0, 0.0, 30.0).cells(bench.field)
        bench.overlay("seas", mask, "#112233")
        code = list(canvas._marks.mapper.palette).index("#112233cc") + 1
        assert np.array_equal(images(canvas)["marks"] == code, mask)
        bench.overlay("seas", None)
        assert not images(canvas)["marks"].any()
        bench.points("ends", [(10.0, 20.0)], labels=["A"])
        assert canvas._symbols.data["label"] == ["", "A"]

    def test_the_coast_is_drawn_anew_when_it_moves(self) -> None:
        screen = screen_of()
        line = screen.canvases[0]._lines["coast"]
        before = len(line.data["x"])
        bench = screen.workbench
        bench.do(Edit(Selection.of(Box(-5.0, 5.0, 0.0, 10.0)), SetTo(500.0)))
        changed = len(line.data["x"])
        assert changed != before
        bench.undo()
        assert len(line.data["x"]) == before
        screen.look.coast = False
        screen._redraw_lines()
        assert len(line.data["x"]) == 0


class TestDrawing:
    @pytest.fixture
    def canvas(self) -> Canvas:
        return screen_of().canvases[0]

    def test_a_box(self, canvas: Canvas) -> None:
        canvas._outlined(geometry("rect", x0=-20.0, x1=30.0, y0=10.0, y1=40.0))
        assert canvas.workbench.drawn == Selection.of(Box(10.0, 40.0, -20.0, 30.0))

    def test_a_lasso(self, canvas: Canvas) -> None:
        canvas._outlined(geometry("poly", x=[0.0, 40.0, 40.0], y=[0.0, 0.0, 30.0]))
        ((_, shape),) = canvas.workbench.drawn.parts
        assert isinstance(shape, Polygon)
        canvas._outlined(geometry("poly", x=[0.0], y=[0.0]))
        assert canvas.workbench.drawn.parts == (("replace", shape),)

    def test_keys_held_down_say_how_it_is_put_together(self, canvas: Canvas) -> None:
        canvas._outlined(geometry("rect", x0=-20.0, x1=30.0, y0=10.0, y1=40.0))
        for keys, mode in (
            ({"shift": True}, "add"),
            ({"ctrl": True}, "subtract"),
            ({"shift": True, "ctrl": True}, "intersect"),
        ):
            canvas._begun(events.PanStart(None, modifiers=keys))
            canvas._outlined(geometry("rect", x0=0.0, x1=10.0, y0=10.0, y1=20.0))
            assert canvas.workbench.drawn.parts[-1][0] == mode
        canvas._outlined(geometry("rect", x0=0.0, x1=10.0, y0=10.0, y1=20.0))
        assert len(canvas.workbench.drawn.parts) == 1

    def test_a_brush_leaves_no_line_behind(self, canvas: Canvas) -> None:
        canvas.workbench.set_tool("brush")
        canvas._stroke.data = {"xs": [[0.0, 5.0, 10.0]], "ys": [[0.0, 0.0, 5.0]]}
        ((_, shape),) = canvas.workbench.drawn.parts
        assert isinstance(shape, Brush)
        assert shape.points[0] == (0.0, 0.0)
        assert not canvas._stroke.data["xs"]

    def test_a_click_chooses_a_cell_or_a_basin(self, canvas: Canvas) -> None:
        bench = canvas.workbench
        bench.set_tool("cells")
        canvas._tapped(events.Tap(None, x=-176.0, y=3.0))
        assert bench.drawn == Selection.of(Cells(((3.75, -176.25),)))
        bench.set_tool("basin")
        canvas._tapped(events.Tap(None, x=-176.0, y=3.0))
        ((_, basin),) = bench.drawn.parts
        assert isinstance(basin, Basin)
        land = bool(bench.field.land[12, 0])
        assert basin.of == ("land" if land else "ocean")

    def test_a_passage_has_two_ends(self, canvas: Canvas) -> None:
        bench = canvas.workbench
        bench.set_tool("passage")
        bench.passage_width = 2
        canvas._tapped(events.Tap(None, x=-100.0, y=3.0))
        assert "other end" in bench.message.sentence
        canvas._tapped(events.Tap(None, x=-60.0, y=3.0))
        clicked = bench.drawn
        ((_, way),) = clicked.parts
        assert isinstance(way, Way)
        assert way.width == 2
        canvas._stroke.data = {"xs": [[-100.0, -70.0, -60.0]], "ys": [[3.0, 9.0, 3.0]]}
        assert bench.drawn == clicked

    def test_who_asked_for_a_place_gets_the_click(self, canvas: Canvas) -> None:
        places: list[tuple[float, float]] = []
        canvas.workbench.set_tool("cells")
        canvas.workbench.ask_place("Where?", places.append)
        canvas._tapped(events.Tap(None, x=10.0, y=20.0))
        assert places == [(20.0, 10.0)]
        assert not canvas.workbench.chosen.any()

    def test_what_misses_the_map_is_told(self, canvas: Canvas) -> None:
        canvas._outlined(geometry("rect", x0=0.0, x1=10.0, y0=95.0, y1=120.0))
        assert "draw on the map" in canvas.workbench.message.sentence
        assert not canvas.workbench.drawn.parts

    def test_in_index_space_rows_and_columns_are_meant(self) -> None:
        screen = screen_of(made.ocean)
        screen._view("index")
        canvas = screen.canvases[0]
        canvas._outlined(geometry("rect", x0=2.0, x1=5.0, y0=3.0, y1=7.0))
        assert canvas.workbench.drawn == Selection.of(Box(3.0, 7.0, 2.0, 5.0, "index"))


class TestReading:
    def test_the_cell_under_the_pointer_is_told(self) -> None:
        screen = screen_of()
        canvas = screen.canvases[0]
        canvas._pointed(events.MouseMove(None, x=-176.0, y=3.0))
        assert screen._status.text.startswith("row 12, column 0 · ")
        screen.workbench.do(Edit(Selection.of(Box(0.0, 7.0, -180.0, -170.0)), SetTo(77.0)))
        assert "77 m" in screen._status.text
        canvas._left(events.MouseLeave(None))
        assert screen._status.text == ""


def test_a_line_is_thinned_but_keeps_its_ends() -> None:
    x, y = np.linspace(0.0, 10.0, 101), np.zeros(101)
    thin = thinned(x, y, 1.0)[0]
    assert thin[0] == 0.0
    assert thin[-1] == 10.0
    assert (np.diff(thin)[:-1] >= 1.0).all()
    assert thinned(x[:1], y[:1], 1.0)[0].tolist() == [0.0]


def test_axes_are_labelled_in_round_degrees_or_cells() -> None:
    desk = DeskInMemory()
    sheet = desk.open().sheet
    scene: Scene = scene_of(sheet, sheet.field, "map")
    assert list(scene.ticks("x", -180.0, 180.0, 5).values()) == [
        "180°", "90°W", "0°", "90°E", "180°",
    ]  # fmt: skip
    assert list(scene.ticks("y", -1.0, 1.0, 4).values()) == ["1°S", "0.5°S", "0°", "0.5°N", "1°N"]
    assert scene_of(sheet, sheet.field, "north").ticks("x", -1.0, 1.0, 4) == {}
    index = scene_of(sheet, sheet.field, "index")
    assert list(index.ticks("x", -0.5, 47.5, 3).values()) == ["0", "20", "40"]


@pytest.mark.parametrize(("name", "make"), FIELDS.items())
def test_land_and_ocean_alone_can_be_shown(name: str, make: Any) -> None:
    field, look = make(), Look()
    look.begin(field)
    look.mask = True
    look.dress(field)
    shown = look.shown(field).reshape(field.shape)
    assert np.array_equal(shown == 0.0, field.ocean)
    assert np.array_equal(shown == 1.0, field.land)
    assert np.isnan(shown).any() == (name == "holes")


def test_sea_level_parts_the_colours_of_a_topography() -> None:
    look, field = Look(), waves()
    look.begin(field)
    mapper = look.mapper
    width = (mapper.high - mapper.low) / len(mapper.palette)
    step = int((0.0 - mapper.low) / width - 1e-6)
    look.palette = "batlow"
    sea, land = mapper.palette[step], mapper.palette[step + 1]
    assert sea != land
    assert (mapper.low, look.limits[0]) == (look.limits[0], mapper.low)


def test_limits_by_hand_may_hide_values_which_can_be_shown() -> None:
    look, field = Look(), waves()
    look.begin(field)
    look.low, look.high, look.beyond = -100.0, 100.0, True
    look.fit(field)
    assert look.limits == (-100.0, 100.0)
    assert look.mapper.low_color is not None
    look.low = look.high = None
    look.symmetric = True
    look.fit(field)
    assert look.limits[0] == -look.limits[1]
