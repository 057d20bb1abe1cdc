"""Every address of the application, whoever adds it: who may see it, what a change takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from climate_simulation_platform.app import create_app
from climate_simulation_platform.constants import ORDER, FileType
from climate_simulation_platform.db import Database
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.tickets import EDITORS
from climate_simulation_platform.views.ownership import FILE_ID
from tests.web import Visitor, file_of, make_app, signed_in, user_of, visit

WITHOUT_SIGN_IN = {"static", "status", "metrics", "panel_gate", "auth.login", "auth.register"}
UNKNOWN_FILE = 987_654


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return make_app(tmp_path_factory.mktemp("routes"))


@pytest.fixture(scope="module")
def stranger(app: Flask) -> Visitor:
    return signed_in(app, "stranger")


@pytest.fixture(scope="module")
def others_file(app: Flask) -> int:
    return file_of(app, user_of(app, "owner")).id


def requests_of(
    app: Flask, data_file_id: int, *, only: str = ""
) -> Iterator[tuple[Rule, str, str]]:
    """Each rule with an address and each of its methods; `only`: rules with that variable."""
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if only and only not in rule.arguments:
            continue
        known = {
            FILE_ID: data_file_id,
            "step": ORDER[0],
            "file_type": FileType.RAW,
            "editor": EDITORS[0],
        }
        values = {name: known.get(name, "1") for name in rule.arguments}
        for method in sorted(rule.methods or ()):
            yield rule, method, urls.build(rule.endpoint, values, method=method)


def test_there_is_no_way_in_but_the_known_ones(app: Flask, others_file: int) -> None:
    for rule, method, address in requests_of(app, others_file):
        if rule.endpoint in WITHOUT_SIGN_IN:
            continue
        answer = visit(app).open(address, method=method)
        assert answer.status_code == 303, (method, address)
        assert answer.headers["Location"].startswith("/auth/login"), (method, address)


def test_programs_that_are_not_signed_in_are_told_so(app: Flask, others_file: int) -> None:
    for rule, method, address in requests_of(app, others_file):
        if rule.endpoint in WITHOUT_SIGN_IN or method == "HEAD":
            continue
        answer = visit(app).open(address, method=method, headers={"Accept": "application/json"})
        assert answer.status_code == 401, (method, address)
        assert answer.get_json()["sentence"]


@pytest.mark.parametrize("whose", ["other", "unknown"])
def test_what_is_not_yours_is_not_there(
    app: Flask, stranger: Visitor, others_file: int, whose: str
) -> None:
    number = others_file if whose == "other" else UNKNOWN_FILE
    headers = {"X-CSRFToken": stranger.csrf_token()}
    for _, method, address in requests_of(app, number, only=FILE_ID):
        answer = stranger.open(address, method=method, headers=headers)
        assert answer.status_code == 404, (method, address, answer.status_code)


def test_what_is_not_yours_looks_like_what_is_not_there(
    app: Flask, stranger: Visitor, others_file: int
) -> None:
    json = {"Accept": "application/json"}
    pairs = zip(
        requests_of(app, others_file, only=FILE_ID),
        requests_of(app, UNKNOWN_FILE, only=FILE_ID),
        strict=True,
    )
    for (_, method, other), (_, _, unknown) in pairs:
        seen = stranger.open(other, method=method, headers=json)
        expected = stranger.open(unknown, method=method, headers=json)
        assert seen.data == expected.data, (method, other)


def test_every_number_in_an_address_is_that_of_a_data_file(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        numbers = {name for name, kind in rule._converters.items() if kind.regex == r"\d+"}
        assert numbers <= {FILE_ID}, rule


def test_absurd_numbers_are_not_there(stranger: Visitor, app: Flask) -> None:
    for _, method, address in requests_of(app, 10**40, only=FILE_ID):
        if method == "GET":
            assert stranger.get(address).status_code == 404, address


def test_nothing_changes_without_a_token(app: Flask, stranger: Visitor) -> None:
    own = file_of(app, user_of(app, "stranger"), "Own").id
    for _, method, address in requests_of(app, own):
        if method in ("GET", "HEAD", "OPTIONS"):
            continue
        for headers in ({}, {"X-CSRFToken": "made up"}):
            answer = stranger.open(address, method=method, headers=headers)
            assert answer.status_code == 400, (method, address)
            assert "Nothing was changed" in answer.text, (method, address)
        crossing = {"X-CSRFToken": stranger.csrf_token(), "Sec-Fetch-Site": "cross-site"}
        assert stranger.open(address, method=method, headers=crossing).status_code == 400


def test_reading_never_changes(app: Flask) -> None:
    words = ("delete", "send", "duplicate", "rename", "restore", "cancel", "logout")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[-1] in words:
            assert "POST" in (rule.methods or ())
            changes = rule.endpoint.split(".")[-1] in ("delete", "duplicate", "logout", "cancel")
            assert not changes or "GET" not in (rule.methods or ()), rule


def test_building_the_application_touches_nothing(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {"INSTANCE": str(tmp_path / "none"), "SECRET_KEY": "s" * 32}, embedded=True
    )
    database, storage = Database.of(settings), Storage(settings.instance)
    create_app(Services(settings, database, storage, Sandbox()))
    assert not any(tmp_path.iterdir())
