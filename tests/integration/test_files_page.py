import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from climate_simulation_platform import library
from climate_simulation_platform.constants import ORDER, FileType
from climate_simulation_platform.db import files, revisions
from climate_simulation_platform.db.files import Order
from climate_simulation_platform.records import About, Coordinates, DataFile, Status
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.views.current import keep_services
from tests import netcdf_corpus
from tests.uploading import bytes_of, left_over, number_of, upload
from tests.web import Page, Visitor, file_of, make_app, services_of, signed_in, user_of

MOST_QUERIES = 4


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as shared:
        yield shared


@pytest.fixture
def app(tmp_path: Path, sandbox: Sandbox) -> Iterator[Flask]:
    made = make_app(tmp_path / "instance")
    keep_services(made, replace(services_of(made), sandbox=sandbox))
    yield made
    assert left_over(made) == []


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return signed_in(app)


@pytest.fixture
def number(visitor: Visitor, tmp_path: Path) -> int:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    words = {"name": "Eocene", "reference": "Wegener", "age": "40", "hypothesis": "Open Tethys"}
    return number_of(upload(visitor, content, "eocene.nc", **words))


def names(visitor: Visitor, address: str = "/") -> list[str]:
    """Names in the list, in its order."""
    page = Page(visitor.get(address).text)
    return [text for text in page.texts("h2") if text]


def described(app: Flask, name: str, age: float | None = None, hypothesis: str = "") -> DataFile:
    """A topography without files."""
    user = user_of(app, "wegener")
    now = datetime.now(UTC)
    new = files.NewFile(
        About(name, age_ma=age, hypothesis=hypothesis), "a.nc", Coordinates.CONFIRMED, {}
    )
    with services_of(app).database.writing() as connection:
        return files.insert(connection, user.id, new, now=now)


def test_an_empty_list_says_what_to_do_and_the_made_up_earth_is_one_click_away(
    visitor: Visitor,
) -> None:
    page = visitor.get("/")
    assert "No topographies yet" in page.text
    assert "Try it with a made-up Earth" in page.text
    number = number_of(visitor.send("/upload/demo"))
    shown = visitor.get(f"/{number}/set_coords")
    assert "180 rows from south to north, 360 columns" in shown.text
    assert names(visitor) == ["A made-up Earth"]


def test_a_row_tells_all_at_a_glance(visitor: Visitor, number: int) -> None:
    page = visitor.get("/").text
    for told in ("Eocene", "40 Ma", "Wegener", "Open Tethys", "just now", "Coordinates to confirm"):
        assert told in page
    marks = [a["aria-label"] for _, a, _ in Page(page).all("svg") if a.get("role") == "img"]
    assert marks[0].count(";") == len(ORDER) - 1
    (picture,) = [image["src"] for _, image, _ in Page(page).all("img")]
    assert visitor.get(picture).data.startswith(b"\x89PNG")
    visitor.send(f"/{number}/set_coords", action="confirm")
    assert f'href="/{number}/steps"' in visitor.get("/").text


def test_every_word_that_is_searched_must_occur(app: Flask, visitor: Visitor) -> None:
    for name in ("Eocene open", "Eocene closed", "Éocène 100%_"):
        described(app, name, hypothesis="Tethys" if name.endswith("open") else "")
    assert names(visitor, "/?q=eocene") == ["Eocene closed", "Eocene open"]
    assert names(visitor, "/?q=OPEN+eocene") == ["Eocene open"]
    assert names(visitor, "/?q=tethys") == ["Eocene open"]
    assert names(visitor, "/?q=100%25_") == ["Éocène 100%_"]
    assert names(visitor, "/?q=éocÈne") == ["Éocène 100%_"]
    nothing = visitor.get("/?q=%3Cscript%3E")
    assert "Nothing found" in nothing.text
    assert "<script>" not in nothing.text.split("<main")[1]


def test_the_list_is_sorted_as_asked(app: Flask, visitor: Visitor) -> None:
    for name, age in (("b", 5.0), ("C", None), ("a", 60.0)):
        described(app, name, age)
    assert names(visitor) == ["a 60 Ma", "C", "b 5 Ma"]
    assert names(visitor, "/?sort=name") == ["a 60 Ma", "b 5 Ma", "C"]
    assert names(visitor, "/?sort=age") == ["b 5 Ma", "a 60 Ma", "C"]
    for order in Order:
        assert len(names(visitor, f"/?sort={order}")) == 3


def test_long_lists_come_in_pages(app: Flask, visitor: Visitor) -> None:
    for place in range(120):
        described(app, f"{place:03d}")
    assert names(visitor)[0] == "119"
    assert len(names(visitor)) == 50
    assert names(visitor, "/?page=3")[-1] == "000"
    assert len(names(visitor, "/?page=3")) == 20
    beyond = visitor.get("/?page=9&sort=name")
    assert beyond.location == "/?sort=name&page=3"
    assert "Page 1 of 3" in visitor.get("/").text


def test_the_list_takes_few_queries_however_long_it_is(app: Flask, visitor: Visitor) -> None:
    for place in range(60):
        described(app, f"{place}")
    visitor.get("/")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            asked.append(statement)

    engine = services_of(app).database._engine
    event.listen(engine, "before_cursor_execute", note)
    visitor.get("/")
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) <= MOST_QUERIES, asked


def test_the_list_is_found_by_an_index(app: Flask) -> None:
    statement = (
        "EXPLAIN QUERY PLAN SELECT * FROM data_files WHERE user_id = 1 AND deleted IS NULL "
        "ORDER BY changed DESC, id DESC LIMIT 50"
    )
    with sqlite3.connect(services_of(app).settings.instance / "platform.db") as connection:
        plan = " ".join(row[3] for row in connection.execute(statement))
    connection.close()
    assert "USING INDEX" in plan
    assert "SCAN" not in plan


def test_renaming_keeps_what_was_typed(visitor: Visitor, number: int) -> None:
    page = visitor.get(f"/{number}/rename").text
    for said in ("Eocene", "Wegener", "40", "Open Tethys"):
        assert said in page
    said = {"name": "Late Eocene", "reference": "", "age": "38,5", "hypothesis": ""}
    assert visitor.send(f"/{number}/rename", **said).location == "/"
    assert names(visitor) == ["Late Eocene 38.5 Ma"]
    refused = visitor.send(f"/{number}/rename", **{**said, "name": " ", "age": "old"})
    assert refused.status_code == 400
    assert "Give it a name." in refused.text
    assert 'value="old"' in refused.text
    assert names(visitor) == ["Late Eocene 38.5 Ma"]


def test_a_copy_has_everything_and_goes_its_own_way(
    app: Flask, visitor: Visitor, number: int
) -> None:
    visitor.send(f"/{number}/set_coords", action="confirm")
    visitor.send(f"/{number}/duplicate")
    assert names(visitor) == ["Eocene (copy) 40 Ma", "Eocene 40 Ma"]
    services = services_of(app)
    with services.database.reading() as connection:
        (copy, _) = files.page(connection, user_of(app, "wegener").id).files
        theirs = revisions.of_file(connection, copy.file.id)
        ours = revisions.of_file(connection, number)
        assert revisions.header(connection, theirs[0].id) == revisions.header(
            connection, ours[0].id
        )
    assert [(r.revision, r.sha256) for r in theirs] == [(r.revision, r.sha256) for r in ours]
    assert copy.file.coordinates is Coordinates.CONFIRMED
    assert copy.statuses["regrid"] is Status.NEEDS_YOU
    visitor.send(f"/{number}/delete")
    library.purge(services, datetime.now(UTC) + timedelta(days=31))
    assert services.storage.path(theirs[0].path).is_file()
    page = visitor.get(f"/{copy.file.id}/set_coords/map")
    assert page.data.startswith(b"\x89PNG")


def test_a_copy_is_sent_to_somebody_else(app: Flask, visitor: Visitor, number: int) -> None:
    other = signed_in(app, "Teixeira")
    answer = visitor.send(f"/{number}/send", recipient=" teixeira ")
    assert answer.location == "/"
    assert "Teixeira has a copy of “Eocene” now." in visitor.get("/").text
    assert names(other) == ["Eocene 40 Ma"]
    assert "from wegener" in other.get("/").text
    assert names(visitor) == ["Eocene 40 Ma"]
    assert other.get(f"/{number}/set_coords").status_code == 404


@pytest.mark.parametrize(
    ("recipient", "sentence"),
    [
        ("nobody", "There is no user “nobody”."),
        ("", "Say to whom."),
        ("WEGENER", "That is you"),
        ("' OR 1=1 --", "There is no user “&#39; OR 1=1 --”."),
    ],
)
def test_sending_elsewhere_is_refused(
    visitor: Visitor, number: int, recipient: str, sentence: str
) -> None:
    answer = visitor.send(f"/{number}/send", recipient=recipient)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_recipient_without_room_gets_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    app = make_app(tmp_path / "small", USER_QUOTA_MB="1")
    keep_services(app, replace(services_of(app), sandbox=sandbox))
    visitor, other = signed_in(app), signed_in(app, "teixeira")
    large = netcdf_corpus.Layout(
        heights=netcdf_corpus.HEIGHTS.repeat(5, 0).repeat(5, 1),
        latitudes=-90.0 + (netcdf_corpus.np.arange(180) + 0.5),
        longitudes=-180.0 + (netcdf_corpus.np.arange(360) + 0.5),
    )
    content = bytes_of(large, tmp_path)
    number = number_of(upload(visitor, content))
    number_of(upload(other, content))
    assert 2**20 / 3 < len(content) < 2**20
    answers = [visitor.send(f"/{number}/send", recipient="teixeira") for _ in range(2)]
    assert answers[-1].status_code == 507
    assert "teixeira has no room left for it." in answers[-1].text


def test_deleting_can_be_undone_and_twice_is_harmless(visitor: Visitor, number: int) -> None:
    token = visitor.csrf_token("/")
    for status in (303, 404):
        answer = visitor.post(f"/{number}/delete", data={"csrf_token": token})
        assert answer.status_code == status
    page = visitor.get("/")
    assert "“Eocene” is deleted." in page.text
    assert f'action="/{number}/restore"' in page.text
    assert "is deleted" not in visitor.get("/").text
    assert visitor.get(f"/{number}/set_coords").status_code == 404
    assert names(visitor, "/?deleted=yes") == ["Eocene 40 Ma"]
    for _ in range(2):
        assert visitor.send(f"/{number}/restore").status_code == 303
    assert names(visitor) == ["Eocene 40 Ma"]
    assert "Nothing is deleted" in visitor.get("/?deleted=yes").text


def test_what_was_deleted_long_ago_is_forgotten(app: Flask, visitor: Visitor, number: int) -> None:
    services = services_of(app)
    with services.database.reading() as connection:
        found = revisions.get(connection, number, FileType.RAW)
    assert found is not None
    visitor.send(f"/{number}/delete")
    assert library.purge(services, datetime.now(UTC) + timedelta(days=29)) == 0
    assert services.storage.path(found.path).is_file()
    assert library.purge(services, datetime.now(UTC) + timedelta(days=31)) == 1
    assert not services.storage.path(found.path).exists()
    assert visitor.send(f"/{number}/restore").status_code == 404


@pytest.mark.parametrize("action", ["rename", "send", "duplicate", "delete", "restore"])
def test_what_changes_something_is_for_the_owner_and_by_post_with_a_token(
    app: Flask, visitor: Visitor, number: int, action: str
) -> None:
    other = signed_in(app, "teixeira")
    fields = {"name": "taken", "recipient": "teixeira"}
    assert other.send(f"/{number}/{action}", **fields).status_code == 404
    assert visitor.post(f"/{number}/{action}", data=fields).status_code == 400
    if action not in ("rename", "send"):
        assert visitor.get(f"/{number}/{action}").status_code == 405
    assert names(visitor) == ["Eocene 40 Ma"]
    assert "No topographies yet" in other.get("/").text


def test_markup_in_words_is_shown_as_it_was_typed(app: Flask, visitor: Visitor) -> None:
    data_file = described(app, '<b>bold</b> & "quoted"', hypothesis="<img src=x onerror=1>")
    page = visitor.get("/").text
    assert "<b>bold" not in page
    assert "<img src=x" not in page
    visitor.send(f"/{data_file.id}/delete")
    assert "<b>bold" not in visitor.get("/").text


def test_a_file_without_pictures_is_listed_too(app: Flask, visitor: Visitor) -> None:
    file_of(app, user_of(app, "wegener"), "bare")
    assert names(visitor) == ["bare"]
