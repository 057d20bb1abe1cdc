"""Images of this tree, a stack of containers, and what was measured of them.

Run by `make test-compose`; the other tests do not begin it.
"""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.compose import page
from tests.compose.docker import Stack, build_images, require_docker


@dataclass
class Measured:
    """What took how long [seconds], in the order in which it was done."""

    builds: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, what: str) -> Iterator[None]:
        """Measure what is done meanwhile."""
        begun = time.monotonic()
        yield
        self.seconds[what] = time.monotonic() - begun


@pytest.fixture(scope="session")
def measured(request: pytest.FixtureRequest) -> Iterator[Measured]:
    """A place for what is measured; CONTAINERS_PAGE names a page to write if all went well."""
    made = Measured()
    yield made
    target = os.environ.get("CONTAINERS_PAGE")
    if target and not request.session.testsfailed:
        Path(target).write_text(page.text(made.builds, made.seconds), encoding="utf-8")


@pytest.fixture(scope="session")
def images(measured: Measured) -> None:
    """Every image, built."""
    require_docker()
    measured.builds = build_images()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An installation that nobody has started yet; it needs the images."""
    with stack_in(tmp_path_factory.mktemp("stack")) as made:
        made.make_secrets()
        made.make_instance()
        yield made


@contextmanager
def stack_in(folder: Path) -> Iterator[Stack]:
    """A stack with a name of its own, of which nothing stays."""
    made = Stack(f"csp-test-{secrets.token_hex(4)}", folder)
    try:
        yield made
    finally:
        made.down()
