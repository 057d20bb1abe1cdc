"""What all kinds of tests share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

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
