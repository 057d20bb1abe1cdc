"""The stand-alone editor in a real browser: open a file, change it, lose nothing, take it away."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from climpy.interactive.opening import open_field
from tests.e2e.browsing import PHONE, Window, box_of
from tests.program import climate_sim
from tests.single_page import SinglePage, topo, write_topography

CHANGED = re.compile(r"[1-9]\d* cells\s+changed")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SinglePage]:
    made = SinglePage(tmp_path_factory.mktemp("program") / "kept", {"MAX_UPLOAD_MB": "4"})
    made.start()
    yield made
    assert made.end() == 0, made.log.read_text()
    assert "Traceback" not in made.log.read_text()


@pytest.fixture
def earth(tmp_path: Path) -> Path:
    return write_topography(tmp_path / "early earth.nc")


WindowAt = Callable[..., Window]


@pytest.fixture
def window_at(browser: Browser, tmp_path: Path) -> Iterator[WindowAt]:
    windows: list[Window] = []

    def make(address: str, **options: Any) -> Window:
        windows.append(Window(browser, address, downloads=tmp_path, **options))
        return windows[-1]

    yield make
    problems = [problem for window in windows for problem in window.problems]
    for window in windows:
        window.discard()
    assert not problems, "\n".join(problems)


def open_file(page: Page, path: Path, start: str = "/") -> None:
    page.goto(start)
    page.get_by_label("Choose a file").set_input_files(path)
    expect(page.get_by_role("heading", level=1)).to_have_text(path.name)


def open_editor(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).click()
    expect(page.locator("body.shown")).to_be_attached()
    expect(page.locator(".ed-map-1 canvas").first).to_be_visible()
    expect(counts(page)).to_contain_text("cells changed")


def counts(page: Page) -> Locator:
    return page.locator(".ed-counts")


def lasso(page: Page) -> None:
    """Draw a loop over the middle of the map."""
    page.keyboard.press("l")
    expect(page.locator(".ed-hint")).to_contain_text("Drag round")
    box = box_of(page.locator(".ed-map-1"))
    x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.55 * box["height"]
    page.mouse.move(x - 90, y - 40)
    page.mouse.down()
    for dx, dy in ((80, -50), (95, 30), (0, 50), (-90, 35), (-90, -40)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    expect(counts(page)).not_to_contain_text("0 cells chosen")


def apply(page: Page, value: str) -> None:
    number = page.locator(".ed-number input")
    number.fill(value)
    number.press("Tab")
    page.locator(".ed-apply button").click()


def expect_edits(page: Page, number: int) -> None:
    words = {0: "no edits", 1: "1 edit"}.get(number, f"{number} edits")
    expect(page.locator(".ed-kept")).to_contain_text(words)
    expect(page.locator(".ed-kept")).to_contain_text("All changes are kept")


def download(page: Page, label: str, folder: Path) -> Path:
    page.locator(".ed-downloads").get_by_role("button", name=label).click()
    with page.expect_download() as arriving:
        page.locator(".ed-links").get_by_role("link", name=label).click()
    target = folder / arriving.value.suggested_filename
    arriving.value.save_as(target)
    return target


def test_a_file_is_opened_changed_and_taken_away(
    program: SinglePage, window_at: WindowAt, earth: Path, tmp_path: Path
) -> None:
    window = window_at(program.url)
    page = window.page
    open_file(page, earth)
    open_editor(page, "Viewer")
    lasso(page)
    apply(page, "-4321")
    expect_edits(page, 1)
    expect(counts(page)).to_contain_text(CHANGED)
    page.locator(".ed-map-1").hover()
    page.keyboard.press("Control+z")
    expect_edits(page, 0)
    page.keyboard.press("Control+y")
    expect_edits(page, 1)
    page.reload()
    expect_edits(page, 1)
    expect(counts(page)).to_contain_text(CHANGED)

    got = tmp_path / "got"
    got.mkdir()
    made = download(page, "NetCDF file", got)
    script = download(page, "Python script", got)
    edits = download(page, "Edits (JSON)", got)
    assert made.name == "early earth_edited.nc"
    assert np.count_nonzero(topo(made) == -4321.0) > 10
    by_command, by_script = got / "command.nc", got / "script.nc"
    done = climate_sim("edit", earth, by_command, "--edits", edits, "--var", "topo")
    assert done.returncode == 0, done.stderr
    subprocess.run([sys.executable, script, earth, by_script], check=True, capture_output=True)
    expected = open_field(made, "topo").field.values
    for other in (by_command, by_script):
        assert np.array_equal(open_field(other).field.values, expected), other


def test_a_killed_server_loses_no_edit(tmp_path: Path, window_at: WindowAt, earth: Path) -> None:
    program = SinglePage(tmp_path / "kept")
    program.start()
    try:
        window = window_at(program.url)
        page = window.page
        open_file(page, earth)
        open_editor(page, "Internal oceans")
        lasso(page)
        apply(page, "-500")
        expect_edits(page, 1)
        with window.cut_off():
            program.kill()
            expect(page.get_by_role("alert")).to_have_text(
                "Connection lost; your changes are kept. Reconnecting…"
            )
            program.start()
            expect(page.locator("#lost")).to_be_hidden()
            expect_edits(page, 1)
        page.locator(".ed-undo button").click()
        expect_edits(page, 0)
    finally:
        program.end()


@pytest.mark.parametrize("prefix", ["", "/some/where"])
def test_what_is_no_netcdf_file_is_one_sentence(
    tmp_path: Path, window_at: WindowAt, prefix: str
) -> None:
    program = SinglePage(tmp_path / "kept", {"MAX_UPLOAD_MB": "1", "URL_PREFIX": prefix})
    program.start()
    try:
        window = window_at(program.url)
        page = window.page
        words = tmp_path / "words.nc"
        words.write_text("no file of data")
        page.goto(f"{prefix}/")
        with window.expecting(422):
            page.get_by_label("Choose a file").set_input_files(words)
            expect(page.get_by_role("alert")).to_have_text("words.nc is not a NetCDF file.")
        words.write_bytes(bytes(2**20 + 1))
        page.get_by_label("Choose a file").set_input_files(words)
        expect(page.get_by_role("alert")).to_contain_text("at most 1 MiB")
        assert list(program.folder.iterdir()) == []
        open_file(page, write_topography(tmp_path / "small.nc"), f"{prefix}/")
        open_editor(page, "Viewer")
        page.get_by_role("link", name="All fields of the file").click()
        page.get_by_role("button", name="Close and forget this file").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Open a NetCDF file")
        assert list(program.folder.iterdir()) == []
        with window.expecting(404):
            page.go_back()
            expect(page.get_by_role("heading", level=1)).to_have_text("No such file")
    finally:
        program.end()


def test_a_phone_opens_a_file_too(program: SinglePage, window_at: WindowAt, earth: Path) -> None:
    page = window_at(program.url, screen=PHONE).page
    open_file(page, earth)
    open_editor(page, "Viewer")


def test_without_scripts_the_page_says_what_it_needs(
    program: SinglePage, window_at: WindowAt
) -> None:
    page = window_at(program.url, javascript=False).page
    page.goto("/")
    expect(page.get_by_text("The editor needs JavaScript.")).to_be_visible()
