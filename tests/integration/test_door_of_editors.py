"""Who is let in to the editors of the platform, and what others are told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.editing.services import services_for_editors
from climate_simulation_platform.editing.serving import server_of
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.tickets import Ticket, signed
from climate_simulation_platform.workflow import transactions
from tests.desks import Rooms
from tests.e2e.furnishing import Furnishing
from tests.editor_server import Answer, Running, running

KEY = "s" * 32


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    folder = tmp_path_factory.mktemp("instance")
    environment = {"INSTANCE": str(folder), "SECRET_KEY": KEY, "LEAST_FREE_MB": "0"}
    services = services_for_editors(Settings.from_env(environment, embedded=True))
    services.storage.prepare()
    services.database.migrate()
    furnishing = Furnishing(services)
    user = furnishing.user("ada")
    yield Rooms(services, user, furnishing.topography(user, "Lutetian"))
    furnishing.close()


@pytest.fixture(scope="module")
def editors(rooms: Rooms) -> Iterator[Running]:
    with running(lambda: server_of(rooms.services)) as made:
        yield made


def opened(editors: Running, ticket: Ticket | str) -> Answer:
    text = ticket if isinstance(ticket, str) else signed(KEY, ticket)
    return editors.ask(f"/panel/edit?{urlencode({'ticket': text})}")


def test_somebody_with_a_ticket_gets_the_page(rooms: Rooms, editors: Running) -> None:
    answer = opened(editors, rooms.ticket("internal_oceans", FileType.RAW))
    assert answer.status == 200
    assert "<title>Lutetian, Topography, revision 1" in answer.text
    assert "unsafe-eval" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("ticket", ["", "1.abc.def", "x" * 5000])
def test_what_is_no_ticket_opens_nothing(editors: Running, ticket: str) -> None:
    answer = opened(editors, ticket)
    assert answer.status == 404
    assert "was not made by the platform" in answer.text


def test_a_ticket_that_was_changed_opens_nothing(rooms: Rooms, editors: Running) -> None:
    good = signed(KEY, rooms.ticket("viewer", FileType.RAW))
    other = signed("t" * 32, rooms.ticket("viewer", FileType.RAW))
    assert opened(editors, good.replace("1.", "1.a", 1)).status == 404
    assert opened(editors, other).status == 404


def test_an_old_ticket_is_exchanged_by_the_pages(rooms: Rooms, editors: Running) -> None:
    old = replace(
        rooms.ticket("viewer", FileType.RAW, 1), issued=datetime.now(UTC) - timedelta(minutes=5)
    )
    answer = opened(editors, old)
    assert answer.status == 303
    address = f"http://127.0.0.1/{rooms.file.id}/edit/viewer?"
    assert answer.headers["location"].startswith(address)
    assert "file_type=raw" in answer.headers["location"]
    assert "revision=1" in answer.headers["location"]


def test_a_ticket_does_not_outlive_ownership(rooms: Rooms, editors: Running) -> None:
    ticket = rooms.ticket("internal_oceans", FileType.RAW)
    stranger = Furnishing(rooms.services).user("eve")
    assert opened(editors, replace(ticket, user_id=stranger.id)).status == 404
    assert opened(editors, replace(ticket, user_id=4711)).status == 404
    transactions.delete_file(rooms.services.database, rooms.file.id)
    answer = opened(editors, ticket)
    assert (answer.status, "does not exist any more" in answer.text) == (404, True)
    transactions.restore_file(rooms.services.database, rooms.file.id)


def test_what_cannot_be_edited_yet_is_said(rooms: Rooms, editors: Running) -> None:
    answer = opened(editors, rooms.ticket("passage_problems", FileType.BATHY))
    assert answer.status == 404
    assert "Bathymetry is not there yet." in answer.text


def test_editors_do_not_take_more_than_they_may(rooms: Rooms) -> None:
    services = replace(rooms.services, settings=replace(rooms.services.settings, most_editors=1))
    with running(lambda: server_of(services)) as editors:
        assert opened(editors, rooms.ticket("viewer", FileType.RAW)).status == 200
        answer = opened(editors, rooms.ticket("viewer", FileType.RAW))
        assert answer.status == 503
        assert "Too many editors are open" in answer.text
