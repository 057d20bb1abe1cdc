import html
import os
import random
import re
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database, files, revisions
from climate_simulation_platform.records import Coordinates, DataFile
from climate_simulation_platform.views.current import keep_services
from climpy.topography import examine
from tests import netcdf_corpus
from tests.uploading import bytes_of, left_over, multipart, number_of, upload
from tests.web import Page, Visitor, make_app, services_of, signed_in, user_of

MUTANTS = int(os.environ.get("MUTATED_UPLOADS", "60"))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    made = make_app(tmp_path_factory.mktemp("uploads"))
    yield made
    services_of(made).sandbox.close()


@pytest.fixture(scope="module")
def visitor(app: Flask) -> Visitor:
    return signed_in(app)


@pytest.fixture(autouse=True)
def nothing_is_left_behind(app: Flask) -> Iterator[None]:
    yield
    assert left_over(app) == []


def file_of(app: Flask, number: int) -> DataFile:
    with services_of(app).database.reading() as connection:
        found = files.get(connection, number)
    assert found is not None
    return found


def count(app: Flask, name: str = "wegener") -> int:
    with services_of(app).database.reading() as connection:
        return files.page(connection, user_of(app, name).id).total


def words(answer: TestResponse) -> str:
    return html.unescape(answer.text)


@pytest.mark.parametrize("name", [*netcdf_corpus.GOOD, *netcdf_corpus.HOLED])
def test_a_good_file_is_understood_and_shown_on_a_map(
    app: Flask, visitor: Visitor, tmp_path: Path, name: str
) -> None:
    writer = {**netcdf_corpus.GOOD, **netcdf_corpus.HOLED}[name]
    content = bytes_of(writer, tmp_path)
    number = number_of(upload(visitor, content, f"{name}.nc"))
    data_file = file_of(app, number)
    assert data_file.about.name == name
    assert data_file.coordinates is Coordinates.TO_CONFIRM
    assert (data_file.understanding["rows"], data_file.understanding["columns"]) == (36, 72)
    page = visitor.get(f"/{number}/set_coords")
    assert "This is right: confirm" in words(page)
    pictures = [image["src"] for _, image, _ in Page(page.text).all("img")]
    assert visitor.get(pictures[0]).data.startswith(b"\x89PNG")
    with services_of(app).database.reading() as connection:
        revision = revisions.get(connection, number, FileType.RAW, 1)
        assert revision is not None
        assert revisions.thumbnail(connection, revision.id).startswith(b"\x89PNG")
        assert revisions.header(connection, revision.id)["variables"]
    stored = services_of(app).storage.path(revision.path)
    assert stored.read_bytes() == content
    assert stored.parent.name == str(number)


@pytest.mark.parametrize("name", netcdf_corpus.BAD)
def test_a_bad_file_is_refused_in_one_sentence_unless_a_person_can_help(
    app: Flask, visitor: Visitor, tmp_path: Path, name: str
) -> None:
    writer, fragment = netcdf_corpus.BAD[name]
    fragment = fragment.split("; name the one")[0]
    path = tmp_path / "known.nc"
    writer(path)
    before, helps = count(app), examine(path).choose
    said = {"name": "Éocène", "reference": "A. Wegener", "age": "40 Ma", "hypothesis": "Open\nsea"}
    answer = upload(visitor, path.read_bytes(), f"{name}.nc", **said)
    if helps:
        _is_kept_to_be_set(app, visitor, number_of(answer), fragment)
        return
    assert answer.status_code == 400
    assert fragment in words(answer)
    assert all(text in words(answer) for text in said.values())
    assert "upload.nc" not in answer.text
    assert count(app) == before


def _is_kept_to_be_set(app: Flask, visitor: Visitor, number: int, fragment: str) -> None:
    assert file_of(app, number).coordinates is Coordinates.TO_SET
    page = words(visitor.get(f"/{number}/set_coords"))
    assert fragment in page
    assert "Choose below" in page
    assert "--" not in page.split("<main")[1].split("</main>")[0]
    refused = visitor.send(f"/{number}/set_coords", action="confirm")
    assert refused.status_code == 400
    assert "Set the coordinates first" in words(refused)


def test_a_person_can_help_with_some_of_the_bad_files(tmp_path: Path) -> None:
    for name in ("several times", "several fields", "no coordinates", "feet"):
        path = tmp_path / f"{name}.nc"
        netcdf_corpus.BAD[name][0](path)
        assert examine(path).choose, name


def test_the_right_choices_are_tried_then_saved(
    app: Flask, visitor: Visitor, tmp_path: Path
) -> None:
    content = bytes_of(netcdf_corpus.BAD["several times"][0], tmp_path)
    number = number_of(upload(visitor, content))
    tried = visitor.get(f"/{number}/set_coords?show=yes&index.time=1")
    assert tried.status_code == 200
    assert "not saved yet" in tried.text
    assert "data:image/png;base64," in tried.text
    assert file_of(app, number).coordinates is Coordinates.TO_SET
    saved = visitor.send(f"/{number}/set_coords", **{"index.time": "1", "action": "save"})
    assert saved.location == f"/{number}/steps"
    data_file = file_of(app, number)
    assert data_file.coordinates is Coordinates.CONFIRMED
    assert data_file.understanding["choices"] == {"indices": {"time": 1}}
    with services_of(app).database.reading() as connection:
        newest = revisions.get(connection, number, FileType.RAW)
    assert newest is not None
    assert newest.revision == 2
    assert newest.description == "Coordinates set: indices time 1."
    again = visitor.get(f"/{number}/set_coords")
    chosen = [option for _, option, _ in Page(again.text).all("option") if "selected" in option]
    assert {"value": "1", "selected": ""} in chosen or 'value="1"' in again.text


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"variable": "nothing"}, "nothing"),
        ({"first_longitude": "west"}, "“west” is not degrees east"),
        ({"first_longitude": "1e6"}, "between -360 and 360"),
        ({"units": "parsec"}, "units must be one of"),
        ({"index.depth": "3"}, "depth"),
        ({"latitude": "topo"}, "topo"),
    ],
)
def test_impossible_choices_are_refused_and_kept_in_the_form(
    app: Flask, visitor: Visitor, tmp_path: Path, choices: dict[str, str], sentence: str
) -> None:
    number = number_of(upload(visitor, bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)))
    saved = visitor.send(f"/{number}/set_coords", action="save", **choices)
    tried = visitor.get(f"/{number}/set_coords", query_string={"show": "yes", **choices})
    for answer in (saved, tried):
        assert answer.status_code in (200, 400)
        assert sentence in words(answer)
        assert "Save these coordinates" not in answer.text
    assert saved.status_code == 400
    if "first_longitude" in choices:
        assert f'value="{choices["first_longitude"]}"' in saved.text
    assert file_of(app, number).coordinates is Coordinates.TO_CONFIRM


def test_confirming_twice_is_the_same_as_once(app: Flask, visitor: Visitor, tmp_path: Path) -> None:
    number = number_of(upload(visitor, bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)))
    for _ in range(2):
        answer = visitor.send(f"/{number}/set_coords", action="confirm")
        assert answer.location == f"/{number}/steps"
    with services_of(app).database.reading() as connection:
        assert len(revisions.of_file(connection, number)) == 1


@pytest.mark.parametrize(
    ("name", "kept", "original"),
    [
        ("late eocene.nc", "late eocene", "late eocene.nc"),
        ("éocène à 40 Ma.nc", "éocène à 40 Ma", "éocène à 40 Ma.nc"),
        ("../../../etc/passwd", "passwd", "passwd"),
        ("🌍 planet.nc", "🌍 planet", "🌍 planet.nc"),
        ("bell\x07 and tab\t.nc", "bell and tab .nc", "bell and tab .nc"),
        ("<script>alert(1)</script>.nc", "script>", "script>.nc"),
        ("%s {{ 7*7 }} '; drop.nc", "%s {{ 7*7 }} '; drop", "%s {{ 7*7 }} '; drop.nc"),
    ],
)
def test_odd_names_are_shown_and_never_used_on_disk(
    app: Flask, visitor: Visitor, tmp_path: Path, name: str, kept: str, original: str
) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    number = number_of(upload(visitor, content, name))
    data_file = file_of(app, number)
    assert (data_file.about.name.replace(" .nc", ".nc"), data_file.original_name) == (
        kept.replace(" .nc", ".nc").removesuffix(".nc"),
        original,
    )
    assert html.escape(data_file.about.name, quote=False) in visitor.get("/").text.replace(
        "&#39;", "'"
    )
    with services_of(app).database.reading() as connection:
        (revision,) = revisions.of_file(connection, number)
    assert re.fullmatch(rf"{number}/raw\.[0-9a-f]{{32}}\.nc", revision.path)


def test_the_same_name_twice_is_no_error(visitor: Visitor, tmp_path: Path, app: Flask) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    first, second = (number_of(upload(visitor, content, "same.nc")) for _ in range(2))
    assert first != second
    assert file_of(app, first).about.name == file_of(app, second).about.name


def test_a_name_of_300_characters(app: Flask, visitor: Visitor, tmp_path: Path) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    number = number_of(upload(visitor, content, "n" * 300 + ".nc"))
    assert len(file_of(app, number).about.name) == 120
    refused = upload(visitor, content, "n.nc", name="n" * 300)
    assert refused.status_code == 400
    assert "A name has at most 120 characters; this has 300." in refused.text


def test_a_program_gets_json(visitor: Visitor, tmp_path: Path) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    headers = {"Accept": "application/json", "X-CSRFToken": visitor.csrf_token()}
    body, kind = multipart({"age": "old"}, ("x.nc", content))
    answer = visitor.post("/upload", data=body, content_type=kind, headers=headers)
    assert answer.status_code == 400
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"age"}


@pytest.mark.parametrize(
    "fields",
    [
        {"file": "no file but text"},
        {"file": ("", "")},
        {"other": "x"},
        {"name": ["one", "two"]},
    ],
)
def test_a_tampered_form_is_refused(
    app: Flask, visitor: Visitor, fields: dict[str, object]
) -> None:
    before = count(app)
    parts = {"csrf_token": visitor.csrf_token()}
    parts |= {name: value for name, value in fields.items() if not isinstance(value, tuple)}
    answer = visitor.post("/upload", data=parts, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "Choose a NetCDF file." in answer.text
    assert count(app) == before


def test_two_files_in_one_form_are_refused(visitor: Visitor, tmp_path: Path) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    words_sent = {"csrf_token": visitor.csrf_token()}
    body, kind = multipart(words_sent, ("a.nc", content), ("b.nc", content))
    answer = visitor.post("/upload", data=body, content_type=kind)
    assert answer.status_code == 400
    assert "more than one file" in answer.text


def test_without_a_token_nothing_is_kept(app: Flask, visitor: Visitor, tmp_path: Path) -> None:
    before = count(app)
    body, kind = multipart({}, ("a.nc", bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)))
    answer = visitor.post("/upload", data=body, content_type=kind)
    assert answer.status_code == 400
    assert "open for too long" in answer.text
    assert count(app) == before


def test_a_long_body_that_is_no_upload_is_not_held_in_memory(visitor: Visitor) -> None:
    token = visitor.csrf_token()
    answer = visitor.post("/upload", data={"csrf_token": token, "name": "x" * 2**21})
    assert answer.status_code == 413


def test_a_stranger_is_sent_to_sign_in(app: Flask, tmp_path: Path) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    answer = upload(app.test_client(), content)  # type: ignore[arg-type]
    assert answer.status_code == 303
    assert "/auth/login" in (answer.location or "")


@pytest.mark.parametrize("page", ["set_coords", "set_coords/map", "rename", "send"])
def test_somebody_elses_topography_is_not_there(
    app: Flask, visitor: Visitor, tmp_path: Path, page: str
) -> None:
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    number = number_of(upload(visitor, content))
    other = signed_in(app, "teixeira")
    assert other.get(f"/{number}/{page}").status_code == 404
    if page != "set_coords/map":
        assert other.send(f"/{number}/{page}", action="confirm").status_code == 404


def test_too_large_a_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    app = make_app(tmp_path / "small", MAX_UPLOAD_MB="1")
    visitor = signed_in(app)
    answer = upload(visitor, b"CDF\x01" + b"x" * 2**21)
    assert answer.status_code == 413
    assert "larger than the 1.0 MB that are accepted" in words(answer)
    assert left_over(app) == []
    assert count(app) == 0


def test_a_full_quota_is_told(tmp_path: Path) -> None:
    app = make_app(tmp_path / "quota", USER_QUOTA_MB="1")
    visitor = signed_in(app)
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    number_of(upload(visitor, content))
    answer = upload(visitor, b"CDF\x01" + b"x" * 2**20)
    assert answer.status_code == 507
    assert "room that is left" in words(answer)
    assert left_over(app) == []
    services_of(app).sandbox.close()


def test_a_disk_that_fills_up_while_the_file_comes_in(app: Flask, visitor: Visitor) -> None:
    before, limits = count(app), resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    words_sent = {"csrf_token": visitor.csrf_token()}
    body, kind = multipart(words_sent, ("full.nc", b"CDF\x01" + b"x" * 2**22))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    try:
        answer = visitor.post("/upload", data=body, content_type=kind)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert answer.status_code == 507
    assert "The disk of the platform is full" in words(answer)
    assert count(app) == before


def test_a_locked_database_gives_its_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    app = make_app(tmp_path / "locked")
    visitor = signed_in(app)
    content = bytes_of(netcdf_corpus.GOOD["classic"], tmp_path)
    services = services_of(app)
    impatient = Database(services.database.url, patience=0.2)
    keep_services(app, replace(services, database=impatient))
    words_sent = {"csrf_token": visitor.csrf_token(), "name": "Éocène"}
    body, kind = multipart(words_sent, ("a.nc", content))
    path = services.settings.instance / "platform.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = visitor.post("/upload", data=body, content_type=kind)
        other.execute("ROLLBACK")
    assert answer.status_code == 503
    assert "Éocène" in words(answer)
    assert count(app) == 0
    assert left_over(app) == []
    services_of(app).sandbox.close()


def test_mutated_files_are_taken_or_refused_and_leave_nothing(
    app: Flask, visitor: Visitor, tmp_path: Path
) -> None:
    """Set MUTATED_UPLOADS for more of them."""
    originals = [
        bytes_of(netcdf_corpus.GOOD[name], tmp_path)
        for name in ("classic", "64-bit offset", "CDF-5", "NetCDF-4", "compressed", "packed")
    ]
    answers: dict[int, int] = {}
    for seed in range(MUTANTS):
        chance = random.Random(seed)
        content = bytearray(chance.choice(originals))
        for _ in range(chance.choice((1, 3, 30))):
            reach = len(content) if chance.random() < 0.3 else min(len(content), 2000)
            content[chance.randrange(reach)] = chance.randrange(256)
        if chance.random() < 0.2:
            del content[chance.randrange(len(content)) :]
        answer = upload(visitor, bytes(content), f"mutant {seed}.nc")
        answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
        assert answer.status_code in (303, 400), f"seed {seed}: {answer.status_code}"
        assert "Incident" not in answer.text
        if answer.status_code == 303:
            assert visitor.get(answer.location or "").status_code == 200
    assert sum(answers.values()) == MUTANTS
    assert left_over(app) == []
