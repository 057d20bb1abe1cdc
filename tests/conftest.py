"""What all kinds of tests share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import postgresql
from tests.e2e.browsing import PATIENCE_MS, chromium_path, launch


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser, started once; each test opens a window of its own."""
    chromium_path()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgresql.Cluster]:
    """A PostgreSQL server, started once."""
    with postgresql.running() as started:
        yield started


@pytest.fixture
def on_postgresql(cluster: postgresql.Cluster) -> Iterator[postgresql.Cluster]:
    """Have the databases of the test on PostgreSQL."""
    with postgresql.in_use(cluster):
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def on_every_database(request: pytest.FixtureRequest) -> None:
    """Run the test twice: with databases in SQLite files, and on PostgreSQL."""
    if request.param == "postgresql":
        request.getfixturevalue("on_postgresql")
