"""The viewer in a real browser, with its desk in memory: mouse, keys, views, what is told."""

import itertools
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import Screen, Window
from tests.e2e.editing import Editor
from tests.reference import ROOT
from tests.waiting import wait_for

WINDOWS = (Screen("large", 1440, 900), Screen("middle", 1024, 700), Screen("small", 800, 600))
ROUND = ((20.0, -100.0), (20.0, -40.0), (60.0, -40.0), (60.0, -100.0))

_numbers = itertools.count()

Opener = Callable[..., Editor]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("editors")
    told, log = folder / "port", folder / "log"
    command = (sys.executable, "-m", "tests.e2e.editors_in_memory", str(told))
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: told.exists() and told.read_text(), "the server listens")
        yield f"http://127.0.0.1:{told.read_text()}"
        written = log.read_text()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    assert "Traceback" not in written, written


@pytest.fixture
def opened(browser: Browser, server: str) -> Iterator[Opener]:
    windows: list[Window] = []

    def make(kind: str = "heights", **options: object) -> Editor:
        windows.append(Window(browser, server, **options))  # type: ignore[arg-type]
        name = "abcdefghijklmnopqrstuvwxyz"[next(_numbers) % 26] + "_" * (next(_numbers) // 26)
        windows[-1].page.goto(f"/panel/{kind}/{name}")
        return Editor(windows[-1].page).is_ready()

    yield make
    problems = [problem for window in windows for problem in window.problems]
    for window in windows:
        window.discard()
    assert not problems, "\n".join(problems)


def press(page: Page, keys: str) -> None:
    page.keyboard.press(keys)


def in_force(editor: Editor, label: str) -> None:
    expect(editor.part("ed-history-list").locator(".bk-active")).to_have_text(label)


def test_lasso_apply_undo_redo_and_reload(opened: Opener) -> None:
    editor = opened()
    chosen = editor.lasso(ROUND)
    assert chosen > 20
    editor.choose_operation("Add an amount", 50)
    assert editor.apply() == chosen
    in_force(editor, "1. Add +50 m · lasso")
    editor.undo()
    assert editor.changed() == 0
    editor.redo()
    assert editor.changed() == chosen
    editor.page.reload()
    editor.is_ready()
    assert editor.edits() == 1
    assert editor.changed() == chosen


def test_keys_do_what_buttons_do(opened: Opener) -> None:
    editor = opened()
    editor.box(0, 30, 0, 60)
    editor.apply()
    press(editor.page, "Control+z")
    editor.sees_edits(0)
    press(editor.page, "Control+y")
    editor.sees_edits(1)
    press(editor.page, "Control+z")
    editor.sees_edits(0)
    press(editor.page, "Control+Shift+Z")
    editor.sees_edits(1)
    for key, hint in (("l", "Drag round"), ("r", "Drag over"), ("p", "move"), ("b", "rectangle")):
        press(editor.page, key)
        expect(editor.part("ed-hint")).to_contain_text(hint)
    press(editor.page, "Escape")
    expect(editor.part("ed-chosen")).to_have_text("0 cells")


def test_letters_typed_into_a_field_are_letters(opened: Opener) -> None:
    editor = opened()
    editor.button("ed-save").click()
    field = editor.part("ed-description").locator("input")
    field.click()
    editor.page.keyboard.type("blr")
    expect(field).to_have_value("blr")
    expect(editor.part("ed-hint")).to_contain_text("move")
    editor.button("ed-save-not").click()
    expect(editor.part("ed-description")).to_be_hidden()


def test_brush_cells_basin_and_passage(opened: Opener) -> None:
    editor = opened()
    editor.take("Brush")
    editor.drag([(0, -60), (0, 0)])
    expect(editor.part("ed-chosen")).not_to_have_text("0 cells")
    editor.settled()
    stroke = editor.count("ed-chosen")
    editor.page.keyboard.down("Shift")
    editor.drag([(40, -60), (40, 0)])
    editor.page.keyboard.up("Shift")
    editor.settled()
    assert editor.count("ed-chosen") > stroke
    editor.take("Cells")
    editor.drag([(0, 90)])
    expect(editor.part("ed-chosen")).to_have_text("1 cell")
    editor.take("Basin")
    editor.drag([(0, 60)])
    expect(editor.part("ed-chosen")).not_to_have_text("1 cell")
    editor.take("Passage")
    editor.drag([(0, 85)])
    expect(editor.part("ed-message")).to_contain_text("other end")
    editor.drag([(0, 110)])
    editor.settled()
    assert 2 <= editor.count("ed-chosen") <= 8


def test_what_is_under_the_pointer_is_told(opened: Opener) -> None:
    editor = opened()
    ((x, y),) = editor._on_screen([(3.0, 4.0)])
    editor.page.mouse.move(x, y)
    expect(editor.part("ed-status")).to_contain_text("row 12, column 24")
    expect(editor.part("ed-status")).to_contain_text(" m ")
    editor.page.mouse.move(5, 5)
    expect(editor.part("ed-status")).not_to_contain_text("row")


def test_views_side_by_side_show_the_same_edit(opened: Opener) -> None:
    editor = opened("depths")
    page = editor.page
    editor.part("ed-second").locator("select").select_option(label="Rows, columns")
    expect(page.locator(".ed-map-2")).to_be_visible()
    chosen = editor.box(-20, 20, -40, 40)
    editor.choose_operation("Set to a value", 1234)
    assert 0 < editor.apply() <= chosen
    shown = page.evaluate(
        """() => ["ed-map-1", "ed-map-2"].map((handle) => {
          const view = Bokeh.index.query_one((one) => one.model.css_classes?.includes(handle));
          const [image] = view.model.renderers[0].data_source.data.image;
          return Array.from(image).filter((value) => value === 1234).length > 0;
        })"""
    )
    assert shown == [True, True]
    for view in ("North", "South", "Rows, columns", "Map"):
        editor.part("ed-view").get_by_role("button", name=view, exact=True).click()
        expect(editor.part("ed-view").locator(".bk-active")).to_have_text(view)
    editor.undo()
    assert editor.changed() == 0


def test_another_variable_is_only_looked_at(opened: Opener) -> None:
    editor = opened()
    editor.part("ed-variable").locator("select").select_option(label="temperature (t2m)")
    expect(editor.part("ed-kept")).to_have_text("Only to look at")
    expect(editor.part("ed-left")).to_be_hidden()
    expect(editor.part("ed-save")).to_be_hidden()
    editor.part("ed-axis-0").locator("select").select_option(label="2. February")
    expect(editor.part("ed-axis-0").locator("select")).to_have_value("2. February")


def test_saving_tells_what_became_of_it(opened: Opener) -> None:
    editor = opened()
    editor.ask_to_save("Raised the plateau")
    expect(editor.part("ed-message")).to_contain_text("Saved with 0 edits.")
    expect(editor.part("ed-message").get_by_role("link")).to_have_text("To the workflow")


def test_a_question_before_the_editor(opened: Opener) -> None:
    editor = opened()
    page = editor.page
    page.goto(f"{page.url}?stolen=1")
    expect(page.locator(".ed-choice-sentence")).to_contain_text("Somebody else")
    page.locator(".ed-way-take_over button").click()
    editor.is_ready()
    editor.box(0, 30, 0, 60)
    editor.apply()


def test_an_edit_that_was_overtaken_asks_how_to_go_on(opened: Opener) -> None:
    editor = opened()
    editor.box(0, 30, 0, 60)
    other = editor.page.context.new_page()
    other.goto(f"{editor.page.url}?stolen=1")
    expect(other.locator(".ed-choice-sentence")).to_be_visible()
    other.close()
    editor.button("ed-apply").click()
    expect(editor.part("ed-choice-sentence")).to_contain_text("Somebody else")
    editor.decide("take_over")
    editor.sees_edits(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", WINDOWS, ids=lambda screen: screen.name)
def test_everything_fits_into_the_window(opened: Opener, screen: Screen, theme: str) -> None:
    editor = opened(screen=screen, theme=theme)
    page = editor.page
    assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
    assert page.evaluate("document.documentElement.scrollHeight") <= screen.height
    for handle, least in (("ed-map-1", 180), ("ed-histogram", 40), ("ed-side", 100)):
        box = page.locator(f".{handle}").first.bounding_box()
        assert box is not None
        assert box["height"] >= least, handle
        assert box["x"] + box["width"] <= screen.width + 1, handle
        assert box["y"] + box["height"] <= screen.height + 1, handle
    editor.part("ed-apply").scroll_into_view_if_needed()
    expect(editor.button("ed-apply")).to_be_in_viewport()
