from datetime import UTC, datetime, timedelta

import pytest

from climate_simulation_platform.constants import ORDER
from climate_simulation_platform.db.files import FilesPage, ListedFile, Order
from climate_simulation_platform.records import About, Coordinates, DataFile, Status
from climate_simulation_platform.views import listing
from climate_simulation_platform.views.listing import Wanted

NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)


def listed(*statuses: Status, coordinates: Coordinates = Coordinates.CONFIRMED) -> ListedFile:
    file = DataFile(1, 1, About("Eocene"), "eocene.nc", coordinates, {}, NOW, NOW)
    every = (*statuses, *[Status.NEVER] * len(ORDER))
    return ListedFile(file, dict(zip(ORDER, every, strict=False)), None)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(hours=24), "yesterday"),
        (timedelta(days=27), "27 days ago"),
        (timedelta(days=28), "19 April 2026"),
    ],
)
def test_moments_are_told_by_how_long_ago_they_were(passed: timedelta, words: str) -> None:
    assert listing.relative(NOW - passed, NOW) == words


def test_what_presses_most_is_told_first() -> None:
    assert listing.at_a_glance(listed()) == "Nothing run yet"
    assert listing.at_a_glance(listed(Status.UP_TO_DATE)) == "1 up to date"
    needy = (Status.UP_TO_DATE, Status.NEEDS_YOU, Status.NEEDS_YOU)
    assert listing.at_a_glance(listed(*needy)) == "2 need you, 1 up to date"
    repeated = (Status.UP_TO_DATE, Status.REVIEW)
    assert listing.at_a_glance(listed(*repeated)) == "1 to review, 1 up to date"
    failed = (Status.NEEDS_YOU, Status.FAILED, Status.RUNNING)
    assert listing.at_a_glance(listed(*failed)) == "1 failed, 1 running"


def test_coordinates_come_before_all_else() -> None:
    to_set = listed(Status.NEVER, coordinates=Coordinates.TO_SET)
    assert listing.at_a_glance(to_set) == "Coordinates to set"


def test_every_step_is_told_to_those_who_hear_the_page() -> None:
    told = listing.every_step(listed(Status.FAILED).statuses)
    assert told.startswith("Regrid: failed; Internal oceans: never run")
    assert told.count(";") == len(ORDER) - 1


@pytest.mark.parametrize(
    "asked",
    [
        {"page": "-1", "sort": "by colour", "deleted": "perhaps"},
        {"page": "0"},
        {"page": "²"},
        {"page": "one"},
        {},
    ],
)
def test_nonsense_in_an_address_is_left_out(asked: dict[str, str]) -> None:
    assert Wanted.of(asked) == Wanted()
    assert Wanted.of(asked).address() == {}


def test_an_address_leads_to_the_same_list() -> None:
    wanted = Wanted("a b", Order.AGE, 3, deleted=True)
    assert Wanted.of({name: str(value) for name, value in wanted.address(3).items()}) == wanted


def test_the_part_of_the_list_is_told() -> None:
    files = (listed(),) * 50
    assert listing.span(FilesPage(1, files[:1]), Wanted()) == "1 topography"
    assert listing.span(FilesPage(500, files), Wanted(number=2)) == "51 to 100 of 500"
    assert listing.pages(FilesPage(500, files)) == 10
    assert listing.pages(FilesPage(0, ())) == 1
