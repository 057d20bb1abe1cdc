"""From the pages to the editors: a ticket for the owner, a sentence where nothing can be edited."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from climate_simulation_platform.constants import STEPS, FileType, Worker, steps_of
from climate_simulation_platform.db import Database
from climate_simulation_platform.records import Coordinates, DataFile
from climate_simulation_platform.tickets import EDITORS, Ticket, read
from tests.web import Page, Visitor, make_app, services_of, signed_in, user_of, visit
from tests.workflow_states import all_done, ask, topography

STEPS_OF_PERSONS = steps_of(Worker.PANEL)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    application = make_app(tmp_path_factory.mktemp("instance"), PANEL_PORT="43999")
    yield application
    services_of(application).sandbox.close()


@pytest.fixture(scope="module")
def visitor(app: Flask) -> Visitor:
    return signed_in(app)


@pytest.fixture
def database(app: Flask) -> Database:
    return services_of(app).database


@pytest.fixture
def data_file(app: Flask, database: Database) -> DataFile:
    return topography(database, user_of(app, "wegener"), variables=("topo", "ice"))


def ticket_in(app: Flask, address: str) -> Ticket:
    key = str(app.config["SECRET_KEY"])
    (text,) = parse_qs(urlsplit(address).query)["ticket"]
    return read(key, text, now=datetime.now(UTC))


def finish(database: Database, data_file: DataFile) -> None:
    ask(database, data_file, "routing", {"coordinates": "generated"})
    all_done(database)


def test_the_owner_is_sent_on_with_a_ticket(
    app: Flask, visitor: Visitor, data_file: DataFile
) -> None:
    answer = visitor.get(f"/{data_file.id}/edit/internal_oceans")
    assert answer.status_code == 303
    assert (answer.location or "").startswith("http://localhost:43999/panel/edit?ticket=")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    ticket = ticket_in(app, answer.location or "")
    assert ticket == Ticket(
        user_id=user_of(app, "wegener").id,
        username="wegener",
        data_file_id=data_file.id,
        editor="internal_oceans",
        file_type=FileType.RAW,
        revision=None,
        variable="",
        home=f"http://localhost/{data_file.id}/internal_oceans",
        issued=ticket.issued,
    )


def test_the_editor_of_each_step_opens_the_file_that_the_step_makes(
    app: Flask, visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish(database, data_file)
    for step in STEPS_OF_PERSONS:
        answer = visitor.get(f"/{data_file.id}/edit/{step}")
        ticket = ticket_in(app, answer.location or "")
        assert (ticket.editor, ticket.file_type) == (step, STEPS[step].edits)


def test_the_viewer_opens_any_file_and_an_old_revision(
    app: Flask, visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish(database, data_file)
    address = f"/{data_file.id}/edit/viewer?file_type=soils&variable=soil%20%C3%A9&revision=1"
    ticket = ticket_in(app, visitor.get(address).location or "")
    assert (ticket.editor, ticket.file_type) == ("viewer", FileType.SOILS)
    assert (ticket.variable, ticket.revision) == ("soil é", 1)
    assert ticket.home == f"http://localhost/{data_file.id}/soils/view?revision=1"


def test_an_old_ticket_knows_how_to_get_a_new_one(
    app: Flask, visitor: Visitor, data_file: DataFile
) -> None:
    for query in ("internal_oceans", "viewer?file_type=raw&variable=topo&revision=1"):
        first = ticket_in(app, visitor.get(f"/{data_file.id}/edit/{query}").location or "")
        again = ticket_in(app, visitor.get(first.again).location or "")
        assert again.issued >= first.issued
        assert (again.editor, again.file_type) == (first.editor, first.file_type)
        assert (again.variable, again.revision) == (first.variable, first.revision)
        assert again.home == first.home


@pytest.mark.parametrize(
    ("editor", "sentence"),
    [
        ("passage_problems", "run Routing first"),
        ("subbasins", "run Routing first"),
        ("viewer?file_type=bathy", "no bathymetry here"),
        ("viewer?file_type=raw&revision=7", "no revision 7 of topography"),
        ("viewer", "Say which file"),
        ("viewer?file_type=moon", "Say which file"),
        (f"viewer?file_type=raw&variable={'x' * 300}", "so long a name"),
        ("viewer?file_type=raw&revision=one", "whole number"),
    ],
)
def test_what_cannot_be_opened_is_told_in_a_sentence(
    visitor: Visitor, data_file: DataFile, editor: str, sentence: str
) -> None:
    answer = visitor.get(f"/{data_file.id}/edit/{editor}")
    assert answer.status_code in (400, 404)
    assert sentence in answer.text
    assert answer.location is None


def test_nothing_is_edited_before_the_coordinates_are_confirmed(
    app: Flask, visitor: Visitor, database: Database
) -> None:
    waiting = topography(database, user_of(app, "wegener"), "New", Coordinates.TO_CONFIRM)
    for editor in EDITORS:
        answer = visitor.get(f"/{waiting.id}/edit/{editor}?file_type=raw")
        assert answer.status_code == 400
        assert "Confirm the coordinates" in answer.text
    page = visitor.get(f"/{waiting.id}/internal_oceans").text
    assert "before the coordinates of the topography are confirmed" in page
    assert "Open the editor" not in page


def test_only_the_owner_gets_a_ticket(app: Flask, data_file: DataFile) -> None:
    stranger = signed_in(app, "suess")
    for editor in EDITORS:
        address = f"/{data_file.id}/edit/{editor}?file_type=raw"
        assert stranger.get(address).status_code == 404
        assert "/auth/login" in (visit(app).get(address).location or "")


def test_there_is_no_other_editor(visitor: Visitor, data_file: DataFile) -> None:
    for name in ("regrid", "editor", "..%2fviewer"):
        assert visitor.get(f"/{data_file.id}/edit/{name}").status_code == 404


def test_no_ticket_is_logged(
    visitor: Visitor, data_file: DataFile, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = visitor.get(f"/{data_file.id}/edit/internal_oceans").location or ""
    (text,) = parse_qs(urlsplit(address).query)["ticket"]
    assert text not in caplog.text


def test_behind_a_proxy_the_editors_are_below_the_pages(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    behind = make_app(tmp_path_factory.mktemp("behind"), TRUSTED_PROXIES="1")
    headers = {
        "X-Forwarded-Host": "climate.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/csp",
    }
    own = topography(services_of(behind).database, user_of(behind, "wegener"))
    address = f"/{own.id}/edit/internal_oceans"
    answer = signed_in(behind).get(address, headers=headers)
    target = urlsplit(answer.location or "")
    assert (target.scheme, target.netloc, target.path) == (
        "https",
        "climate.example",
        "/csp/panel/edit",
    )
    assert ticket_in(behind, answer.location or "").home == (
        f"https://climate.example/csp/{own.id}/internal_oceans"
    )


def links_of(visitor: Visitor, address: str) -> dict[str, str]:
    page = Page(visitor.get(address).text)
    return {text: attributes["href"] for _, attributes, text in page.all("a")}


def test_pages_lead_to_the_editors(
    visitor: Visitor, database: Database, data_file: DataFile
) -> None:
    finish(database, data_file)
    for step in STEPS_OF_PERSONS:
        links = links_of(visitor, f"/{data_file.id}/{step}")
        assert links["Open the editor"] == f"/{data_file.id}/edit/{step}"
    steps = visitor.get(f"/{data_file.id}/steps").text
    assert steps.count("Open the editor</a>") == len(STEPS_OF_PERSONS)
