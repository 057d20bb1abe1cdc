"""Steps in a browser where something is in the way: another tab, a slow worker, no network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from climate_simulation_platform.records import DataFile, Status
from tests.e2e.browsing import PHONE, SCREENS, Screen, Window
from tests.e2e.conftest import PersonMaker, WindowMaker
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving, workers_held


def test_two_tabs_do_not_overwrite_one_another(
    person: PersonMaker, furnishing: Furnishing, finished_earth: DataFile
) -> None:
    somebody = person()
    earth = furnishing.copy(finished_earth, furnishing.user(somebody.name), "Priabonian")
    somebody.go_to_steps(earth.id)
    somebody.open_step("Regrid")
    other = Person(somebody.window.new_tab(), somebody.name, PASSWORD)
    other.go_to_steps(earth.id)
    other.open_step("Regrid")
    other.page.get_by_label("Nearest").check()
    other.run(again=True)
    other.sees_state("Regrid", "Up to date")
    somebody.page.get_by_label("Conservative").check()
    with somebody.window.expecting(409):
        somebody.press("Run again")
        somebody.sees("Somebody else was faster")
    expect(somebody.page.get_by_label("Conservative")).to_be_checked()
    somebody.run(again=True)
    somebody.sees_state("Regrid", "Up to date")
    expect(somebody.step("Regrid")).to_contain_text("conservative")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_a_step_that_waits_can_be_cancelled(
    person: PersonMaker,
    furnishing: Furnishing,
    finished_earth: DataFile,
    platform: Serving,
    screen: Screen,
) -> None:
    somebody = person(screen=screen)
    earth = furnishing.copy(finished_earth, furnishing.user(somebody.name), "Rupelian")
    with workers_held(platform):
        somebody.go_to_steps(earth.id)
        somebody.open_step("Vegetation")
        somebody.run(again=True)
        expect(somebody.page.get_by_role("button", name="Cancel Vegetation")).to_be_visible()
        somebody.press("Cancel Vegetation")
        somebody.sees("Vegetation was cancelled; its earlier result stays.")
    somebody.sees_state("Vegetation", "Up to date")
    assert furnishing.statuses(earth)["pft"] is Status.UP_TO_DATE


def test_a_form_that_cannot_be_says_so_at_its_fields(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person(screen=PHONE)
    earth = furnishing.copy(fresh_earth, furnishing.user(somebody.name), "Chattian")
    somebody.go_to_steps(earth.id)
    somebody.open_step("Regrid")
    step = somebody.page.get_by_label("Step in latitude")
    step.fill("0.7")
    expect(somebody.page.get_by_text("0.7 does not divide 180")).to_be_visible()
    with somebody.window.expecting(400):
        somebody.press("Run")
        expect(somebody.page.get_by_role("alert")).to_be_focused()
    expect(step).to_have_value("0.7")
    expect(step).to_have_attribute("aria-invalid", "true")


def test_a_step_says_what_it_waits_for(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    earth = furnishing.copy(fresh_earth, furnishing.user(somebody.name), "Aquitanian")
    somebody.go_to_steps(earth.id)
    expect(somebody.step("Vegetation")).to_contain_text("Needs the river routing first.")
    somebody.open_step("Vegetation")
    with somebody.window.expecting(400):
        somebody.press("Run")
        expect(somebody.page.get_by_role("alert")).to_contain_text("river routing")


def test_with_the_keyboard_alone(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    furnishing.copy(fresh_earth, furnishing.user(somebody.name), "Langhian")
    somebody.window.context.clear_cookies()
    keys = somebody.page.keyboard
    somebody.page.goto("/auth/login")
    expect(somebody.page.get_by_label("User name")).to_be_focused()
    keys.type(somebody.name)
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Enter")
    somebody.sees_heading("Your topographies")
    _tab_to(somebody, "link", "Langhian")
    keys.press("Enter")
    somebody.sees_heading("Langhian")
    _tab_to(somebody, "link", "Regrid")
    keys.press("Enter")
    somebody.sees_heading("Regrid")
    _tab_to(somebody, "radio", "Bilinear")
    keys.press("ArrowDown")
    expect(somebody.page.get_by_label("Nearest")).to_be_checked()
    _tab_to(somebody, "button", "Run")
    keys.press("Enter")
    somebody.sees_state("Regrid", "Up to date")
    expect(somebody.step("Regrid")).to_contain_text("nearest")


def _tab_to(somebody: Person, role: str, name: str, most: int = 60) -> None:
    """Press Tab until something of that role and name has the focus, and can be seen to have it."""
    wanted = somebody.page.get_by_role(role, name=name).and_(somebody.page.locator(":focus"))  # type: ignore[arg-type]
    for _ in range(most):
        somebody.page.keyboard.press("Tab")
        if wanted.count():
            shown = wanted.evaluate(
                "(element) => { const style = getComputedStyle(element);"
                " return style.outlineStyle !== 'none' || style.boxShadow !== 'none'"
                " || element.querySelector('rect') !== null; }"
            )
            assert shown, f"the focus on {name} is not to be seen"
            return
    raise AssertionError(f"{role} {name} is not reached with {most} tabs")


def test_without_javascript(open_window: WindowMaker, furnishing: Furnishing, demo: Path) -> None:
    somebody = Person(open_window(javascript=False), "without.script", PASSWORD)
    somebody.register()
    somebody.sees("Welcome, without.script.")
    somebody.upload(demo, name="Serravallian")
    somebody.confirm_coordinates()
    number = somebody.number_of_file()
    somebody.open_step("Regrid")
    somebody.page.get_by_label("Nearest").check()
    somebody.run()
    furnishing.wait(furnishing.numbered(number), "regrid")
    somebody.go_to_steps(number)
    somebody.sees_state("Regrid", "Up to date")
    somebody.open_asset("Regrid", "Topography")
    path = somebody.saves("Download")
    assert path.read_bytes()[:3] == b"CDF"


def test_a_lost_connection_is_told_and_comes_back(browser: Browser, tmp_path: Path) -> None:
    serving = Serving(tmp_path / "instance")
    serving.start()
    furnishing = Furnishing(serving)
    window = Window(browser, serving.url)
    try:
        user = furnishing.user("wegener")
        earth = furnishing.topography(user, "Tortonian")
        somebody = Person(window, user.username, PASSWORD)
        somebody.sign_in()
        somebody.go_to_steps(earth.id)
        lost = somebody.page.get_by_text("The connection is lost")
        expect(lost).to_be_hidden()
        with window.cut_off():
            assert serving.end() == 0
            expect(lost).to_be_visible()
            serving.start()
            expect(lost).to_be_hidden(timeout=60_000)
        furnishing.request(earth, "regrid", {})
        somebody.sees_state("Regrid", "Up to date")
    finally:
        furnishing.close()
        window.discard()
        if serving.process is not None:
            assert serving.end() == 0
    assert not window.problems
