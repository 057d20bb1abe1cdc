"""A platform that runs, a browser, people with accounts."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from climate_simulation_platform.records import DataFile
from tests.e2e.browsing import Window
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving
from tests.program import climate_sim
from tests.reference import DATA

WindowMaker = Callable[..., Window]
PersonMaker = Callable[..., Person]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    serving = Serving(tmp_path_factory.mktemp("platform") / "instance")
    serving.start()
    yield serving
    if serving.process is not None:
        assert serving.end() == 0, serving.tail()
    assert "Traceback" not in serving.log.read_text(), serving.tail()


@pytest.fixture(scope="session")
def furnishing(platform: Serving) -> Iterator[Furnishing]:
    made = Furnishing(platform)
    yield made
    made.close()


@pytest.fixture(scope="session")
def fresh_earth(furnishing: Furnishing) -> DataFile:
    """A topography of which nothing is made yet; tests take copies."""
    return furnishing.topography(furnishing.user("librarian"), "Fresh Earth")


@pytest.fixture(scope="session")
def finished_earth(furnishing: Furnishing) -> DataFile:
    """A topography with everything made from it; tests take copies."""
    return furnishing.finished(furnishing.user("librarian"), "Finished Earth")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up Earth, a file to upload."""
    path = tmp_path_factory.mktemp("demo") / "made-up earth.nc"
    assert climate_sim("demo-topography", path).returncode == 0
    return path


@pytest.fixture(scope="session")
def topography(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real topography of half a degree where there is one, else a made-up one."""
    real = DATA / "topographies" / "palaeo_halfdeg.nc"
    if real.exists():
        return real
    path = tmp_path_factory.mktemp("topography") / "half a degree.nc"
    assert climate_sim("demo-topography", path, "--resolution", "0.5").returncode == 0
    return path


@pytest.fixture
def open_window(
    browser: Browser, platform: Serving, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[WindowMaker]:
    windows: list[Window] = []

    def make(address: str = platform.url, **options: Any) -> Window:
        beside = (platform.editors_url,)
        windows.append(Window(browser, address, downloads=tmp_path, beside=beside, **options))
        return windows[-1]

    yield make
    failed = getattr(request.node, "failed", False)
    for window in windows:
        if failed:
            window.discard()
    problems = [problem for window in windows for problem in window.problems]
    for window in windows:
        window.discard()
    assert not problems or failed, "\n".join(problems)


_numbers = itertools.count(1)


@pytest.fixture
def person(open_window: WindowMaker, furnishing: Furnishing) -> PersonMaker:
    """Give somebody new, with an account, signed in at a window of their own."""

    def make(name: str = "", *, window: Window | None = None, **options: Any) -> Person:
        user = furnishing.user(name or f"geologist{next(_numbers)}")
        somebody = Person(window or open_window(**options), user.username, PASSWORD)
        somebody.sign_in()
        return somebody

    return make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Remember that a test failed: its windows then keep quiet."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
