"""Topographies in a browser: brought, described, copied, sent, deleted."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from climate_simulation_platform.records import DataFile
from tests.e2e.browsing import PHONE, SCREENS, Screen
from tests.e2e.conftest import PersonMaker
from tests.e2e.furnishing import Furnishing
from tests.netcdf_corpus import BAD


def test_an_upload_that_cannot_be_used_says_why_and_keeps_the_words(
    person: PersonMaker, tmp_path: Path
) -> None:
    somebody = person()
    path = tmp_path / "notes.nc"
    path.write_text("These are notes, not heights.\n")
    with somebody.window.expecting(400):
        somebody.upload(path, name="Eocene", reference="Tharp and Heezen", age="40")
        alert = somebody.page.get_by_role("alert")
        expect(alert).to_contain_text("notes.nc")
        expect(alert).to_be_focused()
    page = somebody.page
    expect(somebody.field("Name")).to_have_value("Eocene")
    expect(page.get_by_label("Author or reference")).to_have_value("Tharp and Heezen")
    expect(page.get_by_label("Age")).to_have_value("40")
    somebody.go_to_files()
    somebody.sees("No topographies yet")


def test_an_age_that_is_none_is_told_at_its_field(person: PersonMaker, demo: Path) -> None:
    somebody = person(screen=PHONE)
    with somebody.window.expecting(400):
        somebody.upload(demo, age="before the flood")
        age = somebody.page.get_by_label("Age")
        expect(age).to_have_attribute("aria-invalid", "true")
        expect(age).to_have_value("before the flood")
    age.fill("56.5")
    somebody.press("Upload")
    somebody.sees_heading("Is this your planet?")


def test_coordinates_that_the_file_does_not_tell_are_set(
    person: PersonMaker, tmp_path: Path
) -> None:
    somebody = person()
    path = tmp_path / "bare.nc"
    write, _ = BAD["no coordinates"]
    write(path)
    somebody.upload(path, name="Bare")
    somebody.sees_heading("Set the coordinates")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_topography_is_renamed_and_described(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile, screen: Screen
) -> None:
    somebody = person(screen=screen)
    furnishing.copy(fresh_earth, furnishing.user(somebody.name), "Paleocene")
    somebody.go_to_files()
    somebody.follow("Rename or describe", somebody.open_menu_of("Paleocene"))
    somebody.page.get_by_role("textbox", name=re.compile("^Name")).fill(
        "Late Paleocene, Tethys open"
    )
    somebody.page.get_by_label("Age").fill("57")
    somebody.press("Save")
    somebody.sees("“Late Paleocene, Tethys open” is changed.")
    expect(somebody.in_list("Late Paleocene, Tethys open")).to_contain_text("57 Ma")


def test_a_copy_goes_its_own_way(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    furnishing.copy(fresh_earth, furnishing.user(somebody.name), "Danian")
    somebody.go_to_files()
    somebody.press("Duplicate", somebody.open_menu_of("Danian"))
    somebody.sees("is a copy that goes its own way")
    assert somebody.names_of_files() == ["Danian (copy)", "Danian"]


def test_a_topography_is_sent_to_a_colleague_and_to_nobody_else(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    sender, receiver, stranger = person(), person(screen=PHONE), person()
    original = furnishing.copy(fresh_earth, furnishing.user(sender.name), "Selandian")
    sender.go_to_files()
    sender.follow("Send to another user", sender.open_menu_of("Selandian"))
    with sender.window.expecting(400):
        sender.page.get_by_label("User name").fill("nobody.at.all")
        sender.press("Send")
        sender.sees("There is no user “nobody.at.all”.")
    sender.page.get_by_label("User name").fill(receiver.name)
    sender.press("Send")
    sender.sees(f"{receiver.name} has a copy of “Selandian” now.")
    receiver.go_to_files()
    expect(receiver.in_list("Selandian")).to_contain_text(f"from {sender.name}")
    assert receiver.names_of_files() == ["Selandian"]
    for other in (receiver, stranger):
        with other.window.expecting(404):
            answer = other.page.goto(f"/{original.id}/steps")
            assert answer is not None
            assert answer.status == 404
    stranger.go_to_files()
    stranger.sees("No topographies yet")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_deleting_can_be_undone(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile, screen: Screen
) -> None:
    somebody = person(screen=screen)
    furnishing.copy(fresh_earth, furnishing.user(somebody.name), "Thanetian")
    somebody.go_to_files()
    somebody.press("Delete", somebody.open_menu_of("Thanetian"))
    somebody.sees("“Thanetian” is deleted.")
    assert somebody.names_of_files() == []
    somebody.press("Undo deleting Thanetian")
    somebody.sees("“Thanetian” is back.")
    assert somebody.names_of_files() == ["Thanetian"]


def test_search_finds_as_one_types(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    user = furnishing.user(somebody.name)
    for name in ("Ypresian", "Lutetian", "Bartonian"):
        furnishing.copy(fresh_earth, user, name)
    somebody.go_to_files()
    box = somebody.page.get_by_role("searchbox")
    box.press_sequentially("lute")
    expect(somebody.in_list("Ypresian")).to_have_count(0)
    assert somebody.names_of_files() == ["Lutetian"]
    box.fill("no such age")
    somebody.sees("Nothing found")
    box.fill("")
    expect(somebody.in_list("Bartonian")).to_be_visible()
    assert re.search(r"/$", somebody.page.url)
