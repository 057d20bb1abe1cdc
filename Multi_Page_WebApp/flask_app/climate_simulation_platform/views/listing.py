"""The list of topographies in words: how far each is, how old, when it changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from climate_simulation_platform.db.files import FilesPage, ListedFile, Order
from climate_simulation_platform.labels import STEP_TITLES
from climate_simulation_platform.records import Coordinates, Status

PER_PAGE = 50

ORDER_TITLES = {
    Order.CHANGED: "Newest change",
    Order.NAME: "Name",
    Order.AGE: "Age",
    Order.SIZE: "Size on disk",
}

_TOLD = (
    (Status.FAILED, "{} failed"),
    (Status.RUNNING, "{} running"),
    (Status.QUEUED, "{} queued"),
    (Status.NEEDS_YOU, "{} {needs} you"),
    (Status.REVIEW, "{} to review"),
    (Status.OUT_OF_DATE, "{} out of date"),
    (Status.UP_TO_DATE, "{} up to date"),
)
"""What is told of the steps, the most pressing first."""

_COORDINATES = {
    Coordinates.TO_SET: "Coordinates to set",
    Coordinates.TO_CONFIRM: "Coordinates to confirm",
}


@dataclass(frozen=True)
class Wanted:
    """Which part of the list is asked for.

    Parameters
    ----------
    number : int
        Page, from 1.
    deleted : bool
        The deleted ones instead.
    """

    search: str = ""
    order: Order = Order.CHANGED
    number: int = 1
    deleted: bool = False

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Wanted":
        """Read it from an address; what makes no sense is left out."""
        sort, page = asked.get("sort", ""), asked.get("page", "")
        return cls(
            search=asked.get("q", "").replace("\0", "").strip()[:200],
            order=Order(sort) if sort in set(Order) else Order.CHANGED,
            number=min(max(1, int(page)), 10**6) if page.isascii() and page.isdigit() else 1,
            deleted=asked.get("deleted") == "yes",
        )

    @property
    def offset(self) -> int:
        """How many come before."""
        return PER_PAGE * (self.number - 1)

    def address(self, number: int = 1) -> dict[str, Any]:
        """Parts of the address of a page of the same list; what is usual is left out."""
        parts: dict[str, Any] = {}
        if self.search:
            parts["q"] = self.search
        if self.order is not Order.CHANGED:
            parts["sort"] = self.order.value
        if number > 1:
            parts["page"] = number
        if self.deleted:
            parts["deleted"] = "yes"
        return parts


def pages(found: FilesPage) -> int:
    """How many pages there are, at least one."""
    return max(1, -(-found.total // PER_PAGE))


def span(found: FilesPage, wanted: Wanted) -> str:
    """Which of how many are shown, such as "51 to 100 of 500"."""
    if found.total <= PER_PAGE:
        return f"{found.total} {'topography' if found.total == 1 else 'topographies'}"
    return f"{wanted.offset + 1} to {wanted.offset + len(found.files)} of {found.total}"


def at_a_glance(listed: ListedFile) -> str:
    """How far the workflow is, in a few words: what presses most, and what stands beside it."""
    coordinates = _COORDINATES.get(listed.file.coordinates)
    if coordinates:
        return coordinates
    numbers = Counter(listed.statuses.values())
    told = [
        words.format(numbers[status], needs="needs" if numbers[status] == 1 else "need")
        for status, words in _TOLD
        if numbers[status]
    ]
    return ", ".join(told[:2]) or "Nothing run yet"


def every_step(statuses: Mapping[str, Status]) -> str:
    """The state of each step, for those who hear the page."""
    return "; ".join(f"{STEP_TITLES[step]}: {status}" for step, status in statuses.items())


def age_words(age_ma: float | None) -> str:
    """An age with its unit."""
    return "" if age_ma is None else f"{age_ma:.10g} Ma"


def relative(when: datetime, now: datetime) -> str:
    """How long ago something was, in words; the day itself after some weeks."""
    passed = now - when
    minutes = int(passed / timedelta(minutes=1))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return _ago(minutes, "minute")
    if minutes < 24 * 60:
        return _ago(minutes // 60, "hour")
    days = minutes // (24 * 60)
    if days == 1:
        return "yesterday"
    return _ago(days, "day") if days < 28 else f"{when.day} {when:%B %Y}"


def _ago(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'} ago"
