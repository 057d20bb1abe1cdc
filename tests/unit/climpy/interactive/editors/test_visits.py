"""Whether a page is open: it is on its way for a while, then connected, then gone."""

import pytest

from climpy.interactive.editors.serving import visits
from climpy.interactive.editors.serving.visits import Asked, Handouts, Visit


def visit_with(connections: list[int]) -> Visit:
    visit = Visit(Asked(), "./", Handouts())
    visit.count_with(lambda: connections[0])
    return visit


def test_a_page_on_its_way_counts_as_open() -> None:
    assert visit_with([0]).connected


def test_a_page_that_was_left_is_closed() -> None:
    connections = [1]
    visit = visit_with(connections)
    assert visit.connected
    connections[0] = 0
    assert not visit.connected


def test_a_page_that_nobody_saw_connected_is_closed_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visit = visit_with([0])
    monkeypatch.setattr(visits, "OPENING_SECONDS", 0.0)
    assert not visit.connected
