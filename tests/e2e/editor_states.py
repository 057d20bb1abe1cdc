"""Every editor in the states that the user guide shows: `python -m tests.e2e.pictures editors`."""

import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import expect

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.records import DataFile
from climpy.interactive import Box, Edit, Fill, Selection
from tests.e2e.browsing import Screen, box_of
from tests.e2e.editing import SAVING_MS, Editor
from tests.e2e.furnishing import Furnishing
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving
from tests.single_page import SinglePage

SCREENS = (Screen("editors", 1440, 900), Screen("small", 1024, 700))

OCEAN = ((-25.0, -150.0), (-10.0, -152.0), (-8.0, -130.0), (-14.0, -116.0), (-28.0, -120.0))
"""Corners of what is chosen, in the open ocean of the made-up Earth."""

STANDS_STILL = """() => {
  const view = Bokeh.index.query_one((one) => one.model.css_classes?.includes("ed-map-1"));
  const { x_range, renderers } = view.model;
  return Math.abs(renderers[0].data_source.data.x[0] - x_range.start) < 1e-6;
}"""
"""Whether cells are painted for what the map shows."""

GULF = Edit(Selection.of(Box(20.0, 28.0, -20.0, -6.0)), Fill(20.0), "Close the gulf")


@dataclass
class Workroom:
    """Somebody's topographies in a running installation, and the stand-alone editor beside it.

    Parameters
    ----------
    earth : DataFile
        With everything made from it.
    held : ExitStack
        What a state holds back; closed once it was pictured.
    """

    serving: Serving
    furnishing: Furnishing
    single: SinglePage
    earth: DataFile
    user: str = "ada"
    held: ExitStack = field(default_factory=ExitStack)

    def copy(self) -> DataFile:
        """The same for one state, which nobody else has open."""
        return self.furnishing.copy(self.earth, self.furnishing.user(self.user), "Middle Eocene")

    def topography(self) -> Path:
        """A file to open in the stand-alone editor."""
        path = self.single.folder.with_name("middle_eocene.nc")
        shutil.copyfile(self.furnishing.path(self.earth.id, FileType.RAW), path)
        return path


def make_workroom(serving: Serving, furnishing: Furnishing, folder: Path) -> Workroom:
    """Everything that the states need."""
    earth = furnishing.finished(furnishing.user("ada"), "Middle Eocene")
    single = SinglePage(folder / "single")
    single.start()
    return Workroom(serving, furnishing, single, earth)


Visit = Callable[[Workroom, Person], None]


@dataclass(frozen=True)
class EditorState:
    """An editor as somebody sees it.

    Parameters
    ----------
    visit : callable
        Brings a person there.
    dark : bool
        Whether it is shown in dark colours too.
    """

    name: str
    visit: Visit
    dark: bool = False


EDITOR_STATES: list[EditorState] = []


def state(name: str, *, dark: bool = False) -> Callable[[Visit], Visit]:
    """Add a state to the list."""

    def add(visit: Visit) -> Visit:
        EDITOR_STATES.append(EditorState(f"editors-{name}", visit, dark))
        return visit

    return add


def open_editor(somebody: Person, earth: DataFile, editor: str) -> Editor:
    """An editor by its place."""
    somebody.page.goto(f"/{earth.id}/edit/{editor}")
    made = Editor(somebody.page).is_ready()
    made.settled()
    return made


def viewer_of(somebody: Person, earth: DataFile, file_type: FileType) -> Editor:
    """The viewer of a file."""
    return open_editor(somebody, earth, f"viewer?file_type={file_type}")


def look_from(editor: Editor, view: str) -> None:
    """Another view."""
    editor.part("ed-view").get_by_role("button", name=view, exact=True).click()
    expect(editor.part("ed-view").locator(".bk-active")).to_have_text(view)
    editor.page.wait_for_timeout(600)


def look_beside(editor: Editor, view: str) -> None:
    """A second view beside the first."""
    editor.part("ed-second").locator("select").select_option(label=view)
    expect(editor.page.locator(".ed-map-2")).to_be_visible()
    editor.page.wait_for_timeout(3000)


def choose(editor: Editor, operation: str, number: float) -> None:
    """An operation, and then its number."""
    editor.choose_operation(operation)
    editor.page.wait_for_timeout(700)
    editor.choose_operation(operation, number)
    editor.settled()


def pick(editor: Editor, table: str, row: int) -> None:
    """Click a row of a list, and wait for the map to follow."""
    editor.part(table).locator(".slick-row").nth(row).locator(".slick-cell").nth(2).click()
    editor.page.wait_for_timeout(1200)
    editor.settled()


def press(editor: Editor, handle: str) -> None:
    """Press a button that makes an edit."""
    before = editor.edits()
    editor.button(handle).click()
    editor.sees_edits(before + 1)


# The viewer


@state("viewer", dark=True)
def _viewer(room: Workroom, somebody: Person) -> None:
    viewer_of(somebody, room.copy(), FileType.RAW)


@state("viewer-lasso")
def _lasso(room: Workroom, somebody: Person) -> None:
    editor = viewer_of(somebody, room.copy(), FileType.RAW)
    editor.lasso(OCEAN)
    choose(editor, "Add an amount", -1500.0)
    editor.settled()


@state("viewer-edited")
def _edited(room: Workroom, somebody: Person) -> None:
    editor = viewer_of(somebody, room.copy(), FileType.RAW)
    editor.lasso(OCEAN)
    choose(editor, "Add an amount", -1500.0)
    editor.apply()
    editor.box(30.0, 48.0, -110.0, -92.0)
    choose(editor, "Scale to a percentage", 60.0)
    editor.apply()
    choose(editor, "Smooth", 2)
    editor.apply()
    editor.undo()
    editor.tab("History")


@state("viewer-beside")
def _beside(room: Workroom, somebody: Person) -> None:
    editor = viewer_of(somebody, room.copy(), FileType.BATHY)
    look_beside(editor, "Rows, columns")
    editor.lasso(OCEAN)


@state("viewer-polar")
def _polar(room: Workroom, somebody: Person) -> None:
    editor = viewer_of(somebody, room.copy(), FileType.BATHY)
    look_from(editor, "North")
    look_beside(editor, "South")


@state("viewer-close")
def _close(room: Workroom, somebody: Person) -> None:
    editor = viewer_of(somebody, room.copy(), FileType.BATHY)
    box = box_of(editor.page.locator(".ed-map-1"))
    x, y = box["x"] + 0.53 * box["width"], box["y"] + 0.42 * box["height"]
    editor.page.mouse.move(x, y)
    for _ in range(5):
        editor.page.mouse.wheel(0, -240)
        editor.page.wait_for_timeout(150)
    editor.page.wait_for_timeout(500)
    editor.page.wait_for_function(STANDS_STILL)
    editor.page.mouse.move(x + 20, y + 12)
    expect(editor.part("ed-status")).to_contain_text("row")


@state("viewer-look")
def _look(room: Workroom, somebody: Person) -> None:
    editor = viewer_of(somebody, room.copy(), FileType.RAW)
    editor.tab("Look")
    for handle, number in (("ed-lowest", "-5000"), ("ed-highest", "5000"), ("ed-steps", "10")):
        editor.part(handle).locator("input").fill(number)
        editor.part(handle).locator("input").press("Enter")
    editor.part("ed-beyond").locator("input").check()
    editor.page.wait_for_timeout(1000)


@state("viewer-levels")
def _levels(room: Workroom, somebody: Person) -> None:
    editor = viewer_of(somebody, room.copy(), FileType.PFT)
    editor.part("ed-axis-0").locator("select").select_option(index=1)
    editor.page.wait_for_timeout(2500)


# Internal oceans


@state("seas", dark=True)
def _seas(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "internal_oceans")
    expect(editor.part("seas-summary")).to_contain_text("enclosed seas")


@state("seas-picked")
def _sea_picked(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "internal_oceans")
    pick(editor, "seas-table", 1)


@state("seas-edited")
def _sea_filled(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "internal_oceans")
    press(editor, "repair-south")
    press(editor, "repair-north")
    pick(editor, "seas-table", 1)
    editor.button("sea-keep").click()
    expect(editor.button("sea-keep")).to_have_text("Do not keep this sea")
    pick(editor, "seas-table", 0)
    press(editor, "sea-connect")
    editor.button("ed-whole").click()
    editor.page.wait_for_timeout(1000)


@state("seas-none")
def _no_seas(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "internal_oceans")
    press(editor, "seas-fill-all")
    press(editor, "repair-south")
    press(editor, "repair-north")


@state("save")
def _saving(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "internal_oceans")
    press(editor, "seas-fill-all")
    editor.button("ed-save").click()
    editor.part("ed-description").locator("input").fill("Enclosed seas filled")


@state("saved")
def _saved(room: Workroom, somebody: Person) -> None:
    earth = room.copy()
    editor = open_editor(somebody, earth, "internal_oceans")
    press(editor, "seas-fill-all")
    editor.save("Enclosed seas filled")
    room.held.callback(room.furnishing.wait, earth, "routing", "pft", "heatflow", "ahmcoef")


@state("outdated", dark=True)
def _outdated(room: Workroom, somebody: Person) -> None:
    earth = room.copy()
    editor = open_editor(somebody, earth, "internal_oceans")
    press(editor, "seas-fill-all")
    room.furnishing.request(earth, "regrid", {})
    room.furnishing.wait(earth, "regrid", "routing", "pft", "heatflow", "ahmcoef")
    editor.ask_to_save("Enclosed seas filled")
    expect(editor.part("ed-choice-sentence")).to_be_visible(timeout=SAVING_MS)


@state("two-windows")
def _two_windows(room: Workroom, somebody: Person) -> None:
    earth = room.copy()
    other = Person(somebody.window.new_tab(), somebody.name, somebody.password)
    open_editor(other, earth, "internal_oceans")
    editor = open_editor(somebody, earth, "internal_oceans")
    somebody.page.bring_to_front()
    expect(editor.part("ed-others")).to_contain_text("another window", timeout=SAVING_MS)


@state("refused")
def _refused(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "internal_oceans")
    editor.lasso(OCEAN)
    choose(editor, "Dig, open a passage", 30_000.0)
    expect(editor.part("ed-message")).to_have_text(re.compile(r"\S"))


# Passage problems


@state("straits", dark=True)
def _straits(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "passage_problems")
    expect(editor.part("straits-summary")).to_contain_text("straits")


@state("straits-picked")
def _strait_picked(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "passage_problems")
    pick(editor, "straits-table", 1)


@state("straits-edited")
def _strait_widened(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "passage_problems")
    pick(editor, "straits-table", 2)
    editor.button("strait-intend").click()
    expect(editor.button("strait-intend")).to_have_text("It is not intended")
    pick(editor, "straits-table", 1)
    press(editor, "widen-0")


# Sub basins


@state("basins", dark=True)
def _basins(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "subbasins")
    expect(editor.part("basins-summary")).to_have_text(re.compile(r"\S"))


@state("basins-painted")
def _painted(room: Workroom, somebody: Person) -> None:
    editor = open_editor(somebody, room.copy(), "subbasins")
    editor.lasso(OCEAN)
    press(editor, "paint-1")
    editor.page.wait_for_timeout(1500)


@state("basins-coast-moved")
def _coast_moved(room: Workroom, somebody: Person) -> None:
    earth = room.copy()
    room.furnishing.save_edits(earth, "passage_problems", GULF, description="Gulf closed")
    open_editor(somebody, earth, "subbasins")


# The stand-alone editor


@state("single-start")
def _single_start(room: Workroom, somebody: Person) -> None:
    somebody.page.goto(f"{room.single.url}/")


def _opened(room: Workroom, somebody: Person) -> None:
    somebody.page.goto(f"{room.single.url}/")
    path = room.topography()
    somebody.page.get_by_label("Choose a file").set_input_files(path)
    expect(somebody.page.get_by_role("heading", level=1)).to_have_text(path.name)


@state("single-file")
def _single_file(room: Workroom, somebody: Person) -> None:
    _opened(room, somebody)


@state("single-edited")
def _single_edited(room: Workroom, somebody: Person) -> None:
    _opened(room, somebody)
    somebody.page.get_by_role("link", name="Viewer").click()
    editor = Editor(somebody.page).is_ready()
    editor.lasso(OCEAN)
    choose(editor, "Add an amount", -1500.0)
    editor.apply()
    editor.tab("History")
    editor.button("ed-download-netcdf").click()
    expect(editor.part("ed-links").get_by_role("link")).to_be_visible(timeout=SAVING_MS)
