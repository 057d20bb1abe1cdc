"""What the special editors list, mark, and do at a click; without a browser."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from climpy.interactive import Box, Edit, Field, Paint, Selection, Session, SetTo
from climpy.interactive.desk import (
    EDITORS,
    Download,
    Heading,
    Highlight,
    Marks,
    Offers,
    OnDesk,
    Plane,
    Saved,
    Sheet,
)
from climpy.interactive.editors.basins import BasinsPage
from climpy.interactive.editors.findings_layers import FindingWidgets
from climpy.interactive.editors.internal_oceans import SeasPage
from climpy.interactive.editors.passages import StraitsPage
from climpy.interactive.editors.special import EXTENSIONS, add_what_fits, editor_for
from climpy.interactive.editors.tables import FIRST
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.findings import connected_part
from climpy.interactive.views.palettes import BASIN_COLOURS
from tests.unit.climpy.interactive import fields_to_edit as made

LAKES = [
    "............",
    "..####......",
    "..#.######..",
    "..####.##...",
    "#..######..#",
    "............",
]
STRAITS = ["............", "....####....", "............", "....####....", *["............"] * 2]


class DeskInMemory:
    """Keeps what it is given."""

    heading, offers = Heading("A planet"), Offers(downloads=(Download("edits", "Edits"),))

    def __init__(self, on_desk: OnDesk) -> None:
        self.on_desk = on_desk
        self.kept: list[tuple[str, Marks]] = []

    def planes(self) -> Sequence[Plane]:
        return [Plane(self.on_desk.sheet.variable, self.on_desk.sheet.title)]

    def open(self, _variable: str | None = None, _index: tuple[int, ...] = ()) -> OnDesk:
        return self.on_desk

    def keep(self, session: Session, marks: Marks) -> None:
        self.kept.append((session.to_json(), marks))

    def save(self, _session: Session, _marks: Marks, _description: str) -> Saved:
        return Saved("Saved.")

    def decide(self, _way: str) -> OnDesk:
        return self.on_desk

    def download(self, name: str, _session: Session) -> str:
        return name

    def others(self) -> Sequence[str]:
        return ()

    def leave(self) -> None:
        pass


def bench_of(field: Field, marks: Marks | None = None, **sheet: object) -> Workbench:
    on_desk = OnDesk(
        Sheet(field, "topo", "Topography", "m", **sheet), Session(field), marks or Marks()
    )
    return Workbench(DeskInMemory(on_desk), on_desk)


def seas_page(field: Field, marks: Marks | None = None, **sheet: object) -> SeasPage:
    bench = bench_of(field, marks, **sheet)
    page = SeasPage(bench, FindingWidgets())
    bench.begin()
    return page


def straits_page(field: Field, marks: Marks | None = None, **sheet: object) -> StraitsPage:
    bench = bench_of(field, marks, **sheet)
    page = StraitsPage(bench, FindingWidgets())
    bench.begin()
    return page


def basins_page(field: Field) -> BasinsPage:
    bench = bench_of(field)
    page = BasinsPage(bench, FindingWidgets())
    bench.begin()
    return page


def pick(page: SeasPage | StraitsPage | BasinsPage, row: int) -> None:
    """Click a row of the list."""
    page._table._source.selected.indices = [row]


def overlays(page: SeasPage | StraitsPage | BasinsPage) -> dict[str, int]:
    return {name: int(one.mask.sum()) for name, one in page.workbench.overlays.items()}


class TestSeas:
    def test_they_are_listed_and_marked(self) -> None:
        page = seas_page(made.drawn(LAKES))
        assert "2 enclosed seas, none kept." in page._summary.text
        assert page._table._source.data["Cells"] == [1, 1]
        assert overlays(page)["Enclosed seas"] == 2

    def test_a_picked_sea_is_shown_and_filled(self) -> None:
        page = seas_page(made.drawn(LAKES))
        shown = []
        page.workbench.listen("place", lambda *where: shown.append(where))
        pick(page, 0)
        place = page.picked.place
        assert shown[0][:2] == place
        assert overlays(page)["Picked sea"] == 1
        page.fill_picked()
        assert page.workbench.session.done[0].title.startswith("Fill the sea at")
        assert "1 enclosed sea, none kept." in page._summary.text
        assert "The coastline has moved: 1 cell." in page._summary.text
        assert page.picked is None
        assert "Picked sea" not in overlays(page)
        page.workbench.undo()
        assert page.picked.place == place

    def test_filling_to_the_mean_takes_the_shore(self) -> None:
        page = seas_page(made.drawn(LAKES))
        page._to.active = 1
        page.fill_rest()
        assert not page.found.found
        assert (page.workbench.values == 500.0).sum() == made.drawn(LAKES).land.sum() + 2
        assert page._fill_all.disabled

    def test_a_height_that_is_typed_is_taken(self) -> None:
        page = seas_page(made.drawn(LAKES))
        page._height_of.value = 77.0
        pick(page, 1)
        page.fill_picked()
        assert (page.workbench.values == 77.0).sum() == 1

    def test_a_filling_below_sea_level_is_warned_of(self) -> None:
        page = seas_page(made.drawn(LAKES))
        page._height_of.value = -5.0
        pick(page, 0)
        page.fill_picked()
        assert "stays sea" in page.workbench.message.sentence
        assert len(page.found.found) == 2

    def test_connecting_joins_a_sea_with_the_ocean(self) -> None:
        page = seas_page(made.drawn(LAKES))
        pick(page, 0)
        page._width.value = 1
        page.connect_picked()
        assert len(page.found.found) == 1
        assert page.workbench.session.done[0].operation.depth == 200.0

    def test_a_kept_sea_is_no_problem_and_is_left_when_the_rest_is_filled(self) -> None:
        page = seas_page(made.drawn(LAKES))
        pick(page, 1)
        page.keep_or_not()
        assert len(page.workbench.marks.kept_seas) == 1
        assert page.workbench.desk.kept[-1][1] == page.workbench.marks
        assert page._table._source.data["Kept"] == ["", "yes"]
        assert overlays(page)["Kept seas"] == 1
        page._filter.active = True
        assert page._table._source.data["No."] == [1]
        page._filter.active = False
        page.fill_rest()
        assert [sea.kept for sea in page.found.found] == [True]
        page.keep_or_not()
        assert page.workbench.marks.kept_seas == ()

    def test_marks_of_seas_that_are_gone_are_told_and_forgotten(self) -> None:
        page = seas_page(made.drawn(LAKES), Marks(kept_seas=((75.0, 15.0),)))
        assert "1 mark lies in no enclosed sea" in page._gone.text
        page.forget_gone()
        assert page.workbench.marks == Marks()
        assert not page._gone.visible

    def test_the_rules_of_the_poles_are_repaired_at_a_click(self) -> None:
        page = seas_page(made.regular(1, ny=90, nx=12))
        assert [rule.kept for rule in page.rules] == [False, False]
        assert page._repairs["south"].visible
        assert overlays(page)["Poles"] > 0
        page.repair("south")
        page.repair("north")
        assert all(rule.kept for rule in page.rules)
        assert not page._repairs["south"].visible
        assert "Poles" not in overlays(page)

    def test_a_long_list_shows_the_largest_and_more_on_demand(self) -> None:
        heights = np.full((40, 80), 100.0)
        heights[1::2, ::2] = -10.0
        heights[0] = -10.0
        field = replace(made.regular(ny=40, nx=80), values=heights)
        page = seas_page(field)
        many = len(page.found.found)
        assert many > 500
        assert len(page._table._source.data["No."]) == FIRST
        page._table._show_more()
        assert len(page._table._source.data["No."]) == 300
        assert "300 of" in page._table._told.text
        assert page._table._foot.visible

    def test_what_is_not_editable_can_be_looked_at(self) -> None:
        page = seas_page(made.drawn(LAKES), editable=False)
        pick(page, 0)
        assert page.picked is not None
        assert not page._repairing.visible
        assert not page._keep.visible

    def test_a_field_that_cannot_be_checked_says_why(self) -> None:
        page = seas_page(replace(made.drawn(LAKES), periodic=False))
        assert "cover the globe" in page._summary.text
        assert not page._list.visible

    def test_it_works_on_ocean_grids(self) -> None:
        page = seas_page(made.ocean(4))
        assert page.found.found
        assert not page._poles_part.visible
        before = len(page.found.found)
        pick(page, 0)
        page.fill_picked()
        assert len(page.found.found) == before - 1


class TestStraits:
    def test_they_are_listed_marked_and_widened(self) -> None:
        page = straits_page(made.drawn_ocean(STRAITS))
        assert "1 strait with 4 diffusive passages" in page._summary.text
        pick(page, 0)
        assert [button.visible for button in page._offers] == [True, True, True]
        assert {page._offers[0].label, page._offers[1].label} == {
            "On the northern side",
            "On the southern side",
        }
        page._depth.value = 321.0
        page.widen(0)
        assert "No diffusive passages" in page._summary.text
        assert (page.workbench.values == 321.0).sum() == 4

    def test_closing_and_undoing(self) -> None:
        page = straits_page(made.drawn_ocean(STRAITS))
        pick(page, 0)
        page.close_picked()
        assert page.picked is None
        assert overlays(page) == {}
        page.workbench.undo()
        assert page.picked is not None
        assert overlays(page) == {"Narrow straits": 4, "Picked strait": 4}

    def test_an_intended_strait_is_no_problem(self) -> None:
        page = straits_page(made.drawn_ocean(STRAITS))
        pick(page, 0)
        page.intend_or_not()
        assert page._table._source.data["Wanted"] == ["yes"]
        assert overlays(page)["Intended straits"] == 4
        assert page._intend.label == "It is not intended"
        page._filter.active = True
        assert page._table._source.data["No."] == []
        page.intend_or_not()
        assert page.workbench.marks == Marks()

    def test_marks_without_a_strait_are_told_and_forgotten(self) -> None:
        page = straits_page(made.drawn_ocean(STRAITS), Marks(intended_passages=((60.0, 0.0),)))
        assert "1 mark lies in no narrow strait" in page._gone.text
        page.forget_gone()
        assert page.workbench.marks == Marks()

    def test_singular_points_are_drawn_and_judged(self) -> None:
        field = made.drawn_ocean(["....####", "....####", "....####", "........"])
        page = straits_page(field, poles=((40.0, -100.0), (40.0, 100.0)))
        assert page.workbench.symbols["Singular points in the sea"].places == ((40.0, -100.0),)
        assert page.workbench.symbols["Singular points on land"].places == ((40.0, 100.0),)
        assert "must lie on land" in page._points_told.text
        page.workbench.do(Edit(Selection.of(Box(-90, 90, -180, 180)), SetTo(0)))
        assert "Singular points in the sea" not in page.workbench.symbols

    def test_a_regular_grid_says_why_not(self) -> None:
        assert "ocean grids only" in straits_page(made.drawn(LAKES))._summary.text


class TestBasins:
    def test_sizes_stand_in_the_legend(self) -> None:
        page = basins_page(made.basins(2))
        for name in ("1 Atlantic", "2 Pacific", "3 Indian"):
            assert name in page._legend.text
        assert BASIN_COLOURS[0] in page._legend.text

    def test_the_chosen_cells_are_painted_and_land_stays(self) -> None:
        field = made.basins(2)
        page = basins_page(field)
        page.workbench.choose(Box(-90, 90, -180, 180))
        page.paint(2)
        assert (page.workbench.values[field.ocean] == 2).all()
        assert (page.workbench.values[~field.ocean] == 0).all()

    def test_a_whole_part_is_painted_where_it_is_clicked(self) -> None:
        page = basins_page(made.basins(2))
        ground, field = page._ground, page.workbench.field
        place = page.found.parts[0].place
        part = connected_part(field, ground, place)
        other = 1 + int(field.values[part][0]) % 3
        page.paint_whole(other)
        assert page.workbench.pointed(place)
        assert (page.workbench.values[part] == other).all()
        land = np.flatnonzero(~field.ocean.ravel() & ground.unique)[0]
        page.paint_whole(1)
        page.workbench.pointed(ground.place(int(land)))
        assert "land" in page.workbench.message.sentence

    def test_a_part_that_lies_apart_is_given_away(self) -> None:
        page = basins_page(made.basins(2))
        pick(page, 0)
        part = page.picked
        assert page._give[part.code].disabled
        page.give(1 + part.code % 3)
        assert page.workbench.session.done[-1].operation == Paint(1 + part.code % 3)

    @pytest.mark.parametrize("method", [0, 1])
    def test_a_proposal_is_painted_once(self, method: int) -> None:
        page = basins_page(made.basins(2))
        page._set_method(["thirds", "connected"][method])
        page.propose()
        done = len(page.workbench.session.done)
        assert 0 < done <= 3
        assert page.found.bare == 0
        page.propose()
        assert len(page.workbench.session.done) == done
        assert "already" in page.workbench.message.sentence

    def test_what_changed_since_is_shown_as_long_as_it_is_wanted(self) -> None:
        field = made.basins(2)
        now_land = Highlight("4 cells became land.", np.eye(*field.shape, dtype=bool))
        bench = bench_of(field, highlights=(now_land,))
        page = BasinsPage(bench, FindingWidgets())
        bench.begin()
        assert "4 cells became land." in page._changed.text
        assert overlays(page)[now_land.sentence] == 12
        page._see.active = False
        assert now_land.sentence not in overlays(page)
        bench.choose(Box(-90, 90, -180, 180))
        page.paint(1)
        assert now_land.sentence not in overlays(page)

    def test_a_topography_says_why_not(self) -> None:
        assert "ocean of a bathymetry" in basins_page(made.drawn(LAKES))._summary.text


class TestEditors:
    def test_each_has_its_tabs(self) -> None:
        assert tuple(EXTENSIONS) == EDITORS
        fields = {
            "internal_oceans": (made.drawn(LAKES), ["Seas"]),
            "passage_problems": (made.drawn_ocean(STRAITS), ["Straits", "Seas"]),
            "subbasins": (made.basins(2), ["Basins"]),
            "viewer": (replace(made.drawn(LAKES), kind="other"), []),
        }
        for name, (field, tabs) in fields.items():
            assert editor_for(field) == name
            bench = bench_of(field)
            add_what_fits(bench)
            bench.begin()
            assert [title for title, _ in bench.tabs] == tabs

    def test_another_sheet_is_looked_at_anew(self) -> None:
        page = seas_page(made.drawn(LAKES))
        pick(page, 0)
        other = made.drawn(["......", "......", "######", "......", "#####."])
        sheet = Sheet(other, "other", "Other")
        page.workbench.lay(OnDesk(sheet, Session(other)))
        assert page.picked is None
        assert "1 enclosed sea" in page._summary.text
        assert overlays(page)["Enclosed seas"] == page.found.found[0].cells
