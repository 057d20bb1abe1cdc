"""From the routing to the weights of the coupler in a browser, and the report on them."""

import re
import tarfile

import pytest
from playwright.sync_api import Browser, expect

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.records import DataFile
from tests.coupling import mosaic_program
from tests.e2e.browsing import PHONE, SCREENS, Screen, Window
from tests.e2e.conftest import PersonMaker
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.looking import faults_in_dark, faults_of
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving

TITLE = "Coupling weights"


@pytest.fixture(scope="module")
def weighed(furnishing: Furnishing, finished_earth: DataFile) -> DataFile:
    """A topography with a set of weights."""
    mosaic_program()
    made = furnishing.copy(finished_earth, furnishing.user("euler"), "Weighed Earth")
    furnishing.request(made, "calculate_weights", {"engine": "mosaic"})
    furnishing.wait(made, "calculate_weights")
    return made


def test_from_the_routing_to_the_weights(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    mosaic_program()
    somebody = person()
    earth = furnishing.copy(fresh_earth, furnishing.user(somebody.name), "Ypresian")
    somebody.go_to_steps(earth.id)
    for title, button in (("Regrid", "Run"), ("Routing", "Run")):
        somebody.open_step(title)
        somebody.press(button)
        somebody.sees_state(title, "Up to date")
    somebody.open_step(TITLE)
    somebody.sees("Something is to be made first")
    somebody.follow("Sub basins", somebody.page.locator("#step-form"))
    somebody.sees_heading("Sub basins")
    somebody.press("Make the proposal")
    somebody.sees_state("Sub basins", "Up to date")
    somebody.open_step(TITLE)
    somebody.page.get_by_label("mosaic", exact=True).check()
    expect(somebody.field("Spread a river along the coast")).to_be_visible()
    somebody.field("Name of the simulation").fill("the Ypresian")
    with somebody.window.expecting(400):
        somebody.press("Run")
        somebody.sees("1 to 40 letters, digits, points, hyphens or underscores")
    somebody.field("Name of the simulation").fill("ypresian")
    somebody.page.get_by_label("Indian Ocean").check()
    somebody.run()
    somebody.sees_state(TITLE, "Up to date")
    somebody.follow("Report", somebody.step(TITLE))
    somebody.sees_heading(f"{TITLE}: report")
    for name in ("ocean fraction", "a line to the ocean cell"):
        picture = somebody.page.get_by_role("img", name=re.compile(name))
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("naturalWidth", 1152)
    expect(somebody.page.get_by_text(re.compile(r"^(\d+) of \1 passed$"))).to_be_visible()
    archive = somebody.saves("Download")
    assert archive.name == "Ypresian_weights_r1.tar.gz"
    with tarfile.open(archive) as packed:
        names = packed.getnames()
    assert "ATM/START/PALEORCA2.ypresianxLMD9695/o2a.nc" in names
    assert furnishing.revision(earth.id, FileType.WEIGHTS).parameters["no_ice_in"] == ["indian"]
    somebody.follow("The file and its revisions")
    somebody.sees_heading(TITLE)
    one = somebody.page.get_by_role("link", name=re.compile(r"^Download .*masks\.nc$"))
    with somebody.page.expect_download() as coming:
        one.click()
    assert coming.value.suggested_filename == "masks.nc"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_nothing_is_wrong_with_the_pages_of_weights(
    screen: Screen, browser: Browser, platform: Serving, weighed: DataFile
) -> None:
    somebody = Person(Window(browser, platform.url, screen=screen), "euler", PASSWORD)
    somebody.sign_in()
    faults: list[str] = []
    for page in (
        "calculate_weights",
        "weights/report",
        "weights/view",
        "weights/revision_comparison",
    ):
        somebody.page.goto(f"/{weighed.id}/{page}")
        somebody.page.wait_for_load_state("networkidle")
        found = [*faults_of(somebody.window), *faults_in_dark(somebody.window)]
        faults += [f"{page}: {fault}" for fault in [*found, *somebody.window.problems]]
    somebody.window.discard()
    assert not faults, "\n".join(faults)


def test_the_report_needs_no_script(browser: Browser, platform: Serving, weighed: DataFile) -> None:
    window = Window(browser, platform.url, screen=PHONE, javascript=False)
    somebody = Person(window, "euler", PASSWORD)
    somebody.sign_in()
    window.page.goto(f"/{weighed.id}/weights/report")
    somebody.sees_heading(f"{TITLE}: report")
    picture = window.page.get_by_role("img", name=re.compile("ocean fraction"))
    expect(picture).to_have_js_property("naturalWidth", 1152)
    window.page.get_by_text(re.compile("calvin")).click()
    somebody.sees("ice is spread unevenly over a band")
    assert not window.problems
    window.discard()
