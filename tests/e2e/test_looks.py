"""Every page and state, on both screens, light and dark: for eyes, fingers, screen readers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from climate_simulation_platform.records import DataFile
from tests.e2e.browsing import SCREENS, Screen, Window
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.looking import faults_in_dark, faults_of
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving
from tests.e2e.states import STATES, House, State, furnish

Seats = Callable[[str, Screen], Person]


@pytest.fixture(scope="session")
def house(
    platform: Serving,
    furnishing: Furnishing,
    finished_earth: DataFile,
    tmp_path_factory: pytest.TempPathFactory,
) -> House:
    return furnish(platform, furnishing, tmp_path_factory.mktemp("house"), finished_earth)


@pytest.fixture(scope="module")
def seats(browser: Browser, platform: Serving) -> Iterator[Seats]:
    """Give somebody at a window, the same one each time."""
    taken: dict[tuple[str, Screen], Person] = {}

    def seat(name: str, screen: Screen) -> Person:
        if (name, screen) not in taken:
            somebody = Person(Window(browser, platform.url, screen=screen), name, PASSWORD)
            if name:
                somebody.sign_in()
            taken[name, screen] = somebody
        return taken[name, screen]

    yield seat
    for somebody in taken.values():
        somebody.window.discard()


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_nothing_is_wrong_with_a_page(state: State, house: House, seats: Seats) -> None:
    faults: list[str] = []
    for screen in SCREENS:
        somebody = seats(getattr(house, state.who) if state.who else "", screen)
        window = somebody.window
        with window.expecting(*state.statuses):
            state.visit(house, somebody)
        found = [*faults_of(window), *faults_in_dark(window), *window.problems]
        faults.extend(f"{screen.name}: {fault}" for fault in found)
        window.problems.clear()
        house.held.close()
    assert not faults, "\n".join(faults)
