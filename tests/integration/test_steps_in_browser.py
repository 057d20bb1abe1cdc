"""The pages of the steps in a real browser: live, at the keyboard, on a phone, for everybody."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from climate_simulation_platform.constants import ORDER
from climate_simulation_platform.db import Database
from climate_simulation_platform.records import Coordinates, DataFile
from climate_simulation_platform.workflow import transactions
from tests.e2e.browsing import DESKTOP, PHONE, SCREENS, THEMES, Screen, Window
from tests.web import PASSWORD, make_app, services_of, user_of
from tests.workflow_states import all_done, ask, done, take, topography


@dataclass(frozen=True)
class Site:
    """A served application."""

    url: str
    app: Flask

    @property
    def database(self) -> Database:
        return services_of(self.app).database

    def topography(self, coordinates: Coordinates = Coordinates.CONFIRMED) -> DataFile:
        user = user_of(self.app, "wegener")
        return topography(self.database, user, "Eocene", coordinates)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    app = make_app(tmp_path_factory.mktemp("steps"))
    user_of(app, "wegener")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.port}", app)
    server.shutdown()
    thread.join()
    server.server_close()
    services_of(app).sandbox.close()


@pytest.fixture
def earth(site: Site) -> Iterator[DataFile]:
    made = site.topography()
    yield made
    transactions.delete_file(site.database, made.id)


def enter(browser: Browser, site: Site, address: str, **options: object) -> Window:
    window = Window(browser, site.url, **options)  # type: ignore[arg-type]
    window.page.goto(f"/auth/login?next={address}")
    window.page.get_by_label("User name").fill("wegener")
    window.page.get_by_label("Password").fill(PASSWORD)
    window.page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(window.page.get_by_role("navigation", name="Breadcrumb")).to_be_visible()
    window.page.wait_for_load_state()  # styles are there too
    return window


def entry(page: Page, step: str) -> Locator:
    return page.locator(f"#step-{step}")


def test_states_change_on_the_page_and_focus_and_scroll_stay(
    browser: Browser, site: Site, earth: DataFile
) -> None:
    window = enter(browser, site, f"/{earth.id}/steps")
    page = window.page
    node = page.locator("#wide-heatflow")
    node.focus()
    page.evaluate("() => { window.kept = document.querySelector('#wide-heatflow'); }")
    page.mouse.wheel(0, 200)
    ask(site.database, earth, "regrid", {"dlat": 1.0, "dlon": 1.0})
    expect(entry(page, "regrid").get_by_text("Queued", exact=True)).to_be_visible()
    expect(page.locator("#said")).to_contain_text("Regrid: queued")
    task = take(site.database)
    transactions.report_progress(site.database, task, 0.6, "Reading the topography")
    expect(entry(page, "regrid").get_by_text("Reading the topography")).to_be_visible()
    expect(page.locator("#wide-regrid")).to_contain_text("60 %")
    done(site.database, task)
    expect(entry(page, "regrid").get_by_text("Up to date", exact=True)).to_be_visible()
    expect(page.locator("#wide-regrid-raw")).to_contain_text("2")
    expect(node).to_be_focused()
    assert page.evaluate("() => window.kept === document.querySelector('#wide-heatflow')")
    assert page.evaluate("() => scrollY") > 0
    window.close()


def test_a_hidden_page_asks_nothing(browser: Browser, site: Site, earth: DataFile) -> None:
    window = enter(browser, site, f"/{earth.id}/steps")
    page, asked = window.page, list[str]()
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request("**/steps/state"):
        pass
    hidden = "value => Object.defineProperty(document, 'hidden', {value, configurable: true})"
    page.evaluate(hidden, True)
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_load_state("networkidle")
    asked.clear()
    page.clock.install()
    page.clock.run_for(60_000)
    assert asked == []
    page.evaluate(hidden, False)
    with page.expect_request("**/steps/state"):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    window.discard()


def test_a_lost_connection_is_told_softly(browser: Browser, site: Site, earth: DataFile) -> None:
    ask(site.database, earth, "regrid", {})
    window = enter(browser, site, f"/{earth.id}/steps")
    lost = window.page.get_by_text("The connection is lost")
    with window.cut_off():
        window.page.route("**/steps/state", lambda route: route.abort())
        expect(lost).to_be_visible()
        window.page.unroute("**/steps/state")
        expect(lost).to_be_hidden()
    window.close()


def test_the_size_of_the_grid_is_told_while_one_types(
    browser: Browser, site: Site, earth: DataFile
) -> None:
    window = enter(browser, site, f"/{earth.id}/regrid")
    size = window.page.locator("#grid-size")
    expect(size).to_have_text("180 rows and 360 columns.")
    window.page.get_by_label("Step in latitude").fill("0.25")
    expect(size).to_have_text("720 rows and 360 columns.")
    window.page.get_by_label("Step in longitude").fill("0.7")
    expect(size).to_have_text("0.7 does not divide 360 into whole cells.")
    window.close()


def test_bands_are_edited_and_their_sums_told(
    browser: Browser, site: Site, earth: DataFile
) -> None:
    for step in ("regrid", "routing"):
        ask(site.database, earth, step)
        all_done(site.database)
    window = enter(browser, site, f"/{earth.id}/pft")
    page = window.page
    rows = page.locator("#bands-rows tr")
    expect(rows).to_have_count(5)
    first = page.get_by_label("Tropical broad-leaved evergreen trees, band 1, percent")
    first.fill("70")
    expect(rows.first.locator("[data-sum]")).to_have_text("95 % 5 % missing")
    bars = page.locator("#bars rect").count()
    first.fill("75")
    page.get_by_role("button", name="Add a band").click()
    expect(rows).to_have_count(6)
    expect(page.get_by_label("Northern limit of band 4")).to_have_value("65")
    expect(page.get_by_label("Northern limit of band 4")).to_be_focused()
    assert page.locator("#bars rect").count() > bars
    page.get_by_role("button", name="Remove band 6").click()
    expect(page.get_by_label("Northern limit of band 5")).to_have_value("90")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(entry(page, "pft").get_by_text("Queued", exact=True)).to_be_visible()
    expect(entry(page, "pft")).to_contain_text("5 latitude bands")
    window.close()


def test_places_of_closed_basins_are_added_and_removed(
    browser: Browser, site: Site, earth: DataFile
) -> None:
    window = enter(browser, site, f"/{earth.id}/routing", screen=PHONE)
    page = window.page
    expect(page.locator("#places")).to_be_hidden()
    page.get_by_label("Keep those named here").check()
    page.get_by_role("button", name="Add a place").click()
    expect(page.locator("#places li")).to_have_count(2)
    page.locator("#closed_latitude-2").fill("42")
    page.locator("#closed_longitude-2").fill("50.5")
    page.get_by_role("button", name="Remove place 1").click()
    expect(page.locator("#closed_latitude-1")).to_have_value("42")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(entry(page, "routing")).to_contain_text("Enclosed seas: 1 kept")
    window.close()


def in_many_states(site: Site) -> DataFile:
    earth, database = site.topography(), site.database
    for step in ("regrid", "routing"):
        ask(database, earth, step)
        all_done(database)
    transactions.mark_reviewed(database, earth.id, "internal_oceans", user="wegener")
    ask(database, earth, "pft")
    transactions.fail_task(database, take(database), "A band does not sum to 100 %.")
    ask(database, earth, "regrid", {"dlat": 2.0})
    done(database, take(database))
    task = take(database)
    transactions.report_progress(database, task, 0.42, "Filling depressions")
    return earth


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
@pytest.mark.parametrize("theme", THEMES)
def test_everybody_can_use_the_pages(
    browser: Browser, site: Site, screen: Screen, theme: str
) -> None:
    busy, waiting = in_many_states(site), site.topography(Coordinates.TO_CONFIRM)
    addresses = [f"/{waiting.id}/steps", f"/{busy.id}/steps"]
    addresses += [f"/{busy.id}/{step}" for step in ORDER]
    window = enter(browser, site, addresses[0], screen=screen, theme=theme)
    for address in addresses:
        window.page.goto(address)
        found = Axe().run(window.page).response
        assert found["violations"] == [], address
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert window.page.evaluate(beyond) == 0, f"{address} is wider than the screen"
        weight = (
            "performance.getEntries().reduce((sum, one) => sum + (one.encodedBodySize ?? 0), 0)"
        )
        assert window.page.evaluate(weight) < 300_000, address
    window.close()
    for made in (busy, waiting):
        transactions.delete_file(site.database, made.id)


WORDS_OUTSIDE = """() => {
  const parts = [...document.querySelectorAll(".graph .node, .graph .chip")];
  return parts.filter((part) => {
    const box = part.querySelector("rect").getBoundingClientRect();
    return [...part.querySelectorAll("text")].some((text) => {
      const { left, right, bottom } = text.getBoundingClientRect();
      return right > box.right + 0.5 || left < box.left || bottom > box.bottom + 1;
    });
  }).map((part) => part.textContent);
}"""


def test_words_of_the_picture_stay_within_their_boxes(browser: Browser, site: Site) -> None:
    busy = in_many_states(site)
    for screen in (DESKTOP, PHONE):
        window = enter(browser, site, f"/{busy.id}/steps", screen=screen)
        assert window.page.evaluate(WORDS_OUTSIDE) == []
        window.close()
    transactions.delete_file(site.database, busy.id)
