"""Windows of a real browser that complain about what no page of ours may do."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    WebError,
)

PATIENCE_MS = 30_000

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

_LOADING = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")


@dataclass(frozen=True)
class Screen:
    """A screen that somebody sits before, or holds."""

    name: str
    width: int
    height: int
    touch: bool = False


DESKTOP = Screen("desktop", 1280, 800)
PHONE = Screen("phone", 390, 844, touch=True)
SCREENS = (DESKTOP, PHONE)
THEMES = ("light", "dark")


def chromium_path() -> str:
    """The browser of this machine; without one the test is skipped, in CI it fails."""
    named = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    found = shutil.which(named)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"there is no browser at {named}; CHROMIUM names another one")
        pytest.skip(f"there is no browser at {named}; CHROMIUM names another one")
    return found


def launch(playwright: Playwright) -> Browser:
    """Start the browser without a window."""
    return playwright.chromium.launch(
        executable_path=chromium_path(), headless=True, args=list(ARGUMENTS)
    )


class Window:
    """One person's browser: cookies of its own, a page, and a list of what went wrong.

    Parameters
    ----------
    beside : sequence of str
        Other addresses of the same installation, such as that of its editors.
    """

    def __init__(
        self,
        browser: Browser,
        address: str,
        *,
        screen: Screen = DESKTOP,
        theme: str = "light",
        javascript: bool = True,
        downloads: Path | None = None,
        beside: Sequence[str] = (),
    ) -> None:
        self.address = address
        self._ours = {address, *beside}
        self.screen = screen
        self.downloads = downloads
        self.problems: list[str] = []
        self._expected: set[int] = set()
        self._may_fail = False
        self.context: BrowserContext = browser.new_context(
            base_url=address,
            viewport={"width": screen.width, "height": screen.height},
            has_touch=screen.touch,
            is_mobile=screen.touch,
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",
            java_script_enabled=javascript,
            accept_downloads=True,
            locale="en-GB",
            timezone_id="UTC",
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.set_default_navigation_timeout(PATIENCE_MS)
        self.context.on("request", self._requested)
        self.context.on("response", self._answered)
        self.context.on("console", self._written)
        self.context.on("weberror", self._thrown)
        self.page: Page = self.context.new_page()

    def new_tab(self) -> "Tab":
        """A second tab of the same browser."""
        return Tab(self)

    @contextmanager
    def expecting(self, *statuses: int) -> Iterator[None]:
        """Let answers of these statuses pass; they are what the test is about."""
        before = set(self._expected)
        self._expected.update(statuses)
        try:
            yield
        finally:
            self.settle()
            self._expected = before

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Let requests fail that reach no server."""
        self._may_fail = True
        try:
            yield
        finally:
            self.settle()
            self._may_fail = False

    def settle(self) -> None:
        """Hear what the browser has to tell so far."""
        for page in self.context.pages:
            page.wait_for_load_state()
            page.evaluate("() => 0")

    def close(self) -> None:
        """Close it and demand that nothing went wrong."""
        self.context.close()
        assert not self.problems, "\n".join(self.problems)

    def discard(self) -> None:
        """Close it without a word, after a test that failed for another reason."""
        self.context.close()

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        own = f"{parts.scheme}://{parts.netloc}"
        if own not in self._ours and parts.scheme not in ("data", "blob", "about"):
            self.problems.append(f"asks another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 and response.status not in self._expected:
            self.problems.append(f"{response.status} of {response.url}")

    def _written(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning", "assert"):
            return
        loading = _LOADING.match(message.text)
        if loading and int(loading.group(1)) in self._expected:
            return
        if self._may_fail and "net::ERR_" in message.text:
            return
        self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _thrown(self, error: WebError) -> None:
        self.problems.append(f"script: {error.error}")


class Tab(Window):
    """Another page in the browser of a window; its complaints are the window's."""

    def __init__(self, window: Window) -> None:
        self.__dict__.update(window.__dict__)
        self.page = window.context.new_page()


def box_of(found: Any) -> dict[str, float]:
    """Where an element is on the screen [pixels]."""
    box = found.bounding_box()
    assert box is not None, f"{found} is not to be seen"
    return dict(box)
