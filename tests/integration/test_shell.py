"""What all pages share: headers, errors, addresses behind proxies, questions before deleting."""

import gzip
import json
import logging
import re
from pathlib import Path

import pytest
from flask import Flask, Response, abort, request
from werkzeug.test import TestResponse

from climate_simulation_platform import errors
from climate_simulation_platform.sandbox import ChildDied
from climate_simulation_platform.views.confirmation import is_confirmed, question_page
from climate_simulation_platform.views.errors import STATUS_OF, status_of
from climate_simulation_platform.views.security import before_reading
from climpy.errors import InputRefused
from tests.web import Page, Visitor, make_app, services_of, signed_in, visit

JSON = {"Accept": "application/json"}


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_app(tmp_path)


def every_kind(base: type[Exception]) -> list[type[Exception]]:
    return [base, *(kind for child in base.__subclasses__() for kind in every_kind(child))]


def policy_of(page: TestResponse) -> str:
    return page.headers["Content-Security-Policy"]


def test_a_page_allows_only_what_is_its_own(app: Flask) -> None:
    one, two = visit(app).get("/auth/login"), visit(app).get("/auth/login")
    policy = policy_of(one)
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["form-action"] == "'self'"
    assert "unsafe" not in policy
    nonces = [re.findall(r"nonce-([\w-]+)", rule) for rule in (policy, policy_of(two))]
    assert nonces[0]
    assert not set(nonces[0]) & set(nonces[1])
    assert one.headers["X-Content-Type-Options"] == "nosniff"
    assert one.headers["Referrer-Policy"] == "same-origin"
    assert one.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in one.headers["Permissions-Policy"]
    assert one.headers["Cache-Control"] == "no-store"


def test_a_page_with_its_assets_is_small(app: Flask) -> None:
    visitor = signed_in(app)
    page = visitor.get("/auth/password")
    total = len(page.data)
    for tag, attributes, _ in Page(page.text).all("script", "link"):
        total += len(visitor.get(attributes["src" if tag == "script" else "href"]).data)
    assert total < 60_000
    assert len(gzip.compress(page.data)) < 5_000


@pytest.mark.parametrize("address", ["/nothing", "/1/nothing", "/static/0/none.css", "/auth/"])
def test_what_is_not_there_is_said_kindly(app: Flask, address: str) -> None:
    page = visit(app).get(address)
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert visit(app).get(address, headers=JSON).get_json()["status"] == 404


def test_a_wrong_method_says_which_are_right(app: Flask) -> None:
    answer = visit(app).get("/auth/logout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "kind", [*every_kind(errors.PlatformError), InputRefused], ids=lambda kind: kind.__name__
)
def test_each_kind_of_refusal_becomes_its_sentence(app: Flask, kind: type[Exception]) -> None:
    error = kind.__new__(kind)
    error.args = ("The topography <b> has no ocean.",)
    if str(error) != error.args[0]:
        pytest.skip("makes its own sentence")

    def view() -> str:
        raise error

    app.add_url_rule("/refused", "status_refused", view)
    visitor = signed_in(app)
    page, answer = visitor.get("/refused"), visitor.get("/refused", headers=JSON)
    assert page.status_code == answer.status_code == status_of(error)
    assert "The topography &lt;b&gt; has no ocean." in page.text
    assert answer.get_json()["sentence"] == "The topography <b> has no ocean."
    assert ("Retry-After" in page.headers) is (page.status_code == 503)


def test_kinds_have_the_status_that_programs_expect() -> None:
    expected = {
        errors.RequestRefused: 400, errors.NotThere: 404, errors.Conflict: 409, errors.Busy: 503,
        errors.DatabaseUnusable: 503, errors.NoSpace: 507, ChildDied: 503,
    }  # fmt: skip
    assert {kind: STATUS_OF[kind] for kind in expected} == expected


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 413, 429, 500, 503])
def test_each_status_has_its_words(app: Flask, status: int) -> None:
    def view() -> str:
        abort(status)

    app.add_url_rule("/aborted", "aborted", view)
    visitor = signed_in(app)
    page = visitor.get("/aborted")
    assert page.status_code == status
    assert Page(page.text).texts("h1")[0]
    assert visitor.get("/aborted", headers=JSON).get_json()["sentence"]


def test_a_bug_shows_a_number_that_the_log_knows(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def view() -> str:
        raise KeyError("the secret of the house")

    app.add_url_rule("/broken", "broken", view)
    visitor = signed_in(app)
    with caplog.at_level(logging.ERROR):
        page = visitor.get("/broken")
        answer = visitor.get("/broken", headers=JSON)
    assert page.status_code == answer.status_code == 500
    for text in (page.text, answer.text):
        assert "secret" not in text
        assert "Traceback" not in text
    shown = Page(page.text).texts("code")[0]
    assert shown != answer.get_json()["incident"]
    for incident in (shown, answer.get_json()["incident"]):
        assert any(incident in record.getMessage() and record.exc_info for record in caplog.records)


def test_a_body_that_is_too_large_is_not_read(app: Flask) -> None:
    visitor = signed_in(app)
    answer = visitor.post("/auth/password", data={"old": "x" * 2_000_000})
    assert answer.status_code == 413


def test_a_view_may_refuse_before_the_body_is_read(app: Flask) -> None:
    seen: list[str] = []

    def check() -> None:
        seen.append("check")
        if request.content_length and request.content_length > 100:
            raise errors.NoSpace("The disk is full.")

    @before_reading(check)
    def view() -> Response:
        seen.append("view")
        return Response("taken", mimetype="text/plain")

    app.add_url_rule("/take", "take", view, methods=["POST"])

    class Untouchable:
        def read(self, *_: int) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    def send(visitor: Visitor, length: int, token: str) -> TestResponse:
        body = {
            "wsgi.input": Untouchable(),
            "CONTENT_LENGTH": str(length),
            "CONTENT_TYPE": "multipart/form-data; boundary=b",
        }
        return visitor.post("/take", headers={"X-CSRFToken": token}, environ_overrides=body)

    assert send(visit(app), 5000, "").status_code == 303
    assert seen == []
    visitor = signed_in(app)
    token = visitor.csrf_token()
    assert send(visitor, 5000, token).status_code == 507
    assert seen == ["check"]
    assert send(visitor, 50, token).text == "taken"
    assert send(visitor, 50, "made up").status_code == 400


def test_the_question_before_deleting_comes_as_a_page_too(app: Flask) -> None:
    def view(name: str) -> str | Response:
        if not is_confirmed():
            return question_page(f"Delete {name}?", yes="Delete", back="/", details="For good.")
        return Response(f"deleted {name}, {request.form['why']}", mimetype="text/plain")

    app.add_url_rule("/remove/<name>", "remove", view, methods=["POST"])
    visitor = signed_in(app)
    page = Page(visitor.send("/remove/eocene", why="too “old”").text)
    assert page.texts("h1") == ["Delete eocene?"]
    form = {
        fields["name"]: fields["value"]
        for tag, fields, _ in page.all("input", "button")
        if fields.get("name")
    }
    assert visitor.post("/remove/eocene", data=form).text == "deleted eocene, too “old”"


def test_addresses_follow_the_prefix_of_a_trusted_proxy(tmp_path: Path) -> None:
    app = make_app(tmp_path, TRUSTED_PROXIES="1")
    headers = {
        "X-Forwarded-Prefix": "/csp",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "192.0.2.9",
    }
    page = visit(app).get("/auth/login", headers=headers)
    assert 'href="/csp/static/' in page.text
    assert 'action="/csp/auth/login"' in page.text
    assert "max-age" in page.headers["Strict-Transport-Security"]
    sent_on = visit(app).get("/auth/password?a=1", headers=headers).headers["Location"]
    assert sent_on == "/csp/auth/login?next=/csp/auth/password?a%3D1"


def test_headers_of_strangers_are_not_believed(app: Flask) -> None:
    headers = {"X-Forwarded-Prefix": "/csp", "X-Forwarded-Proto": "https"}
    page = visit(app).get("/auth/login", headers=headers)
    assert "/csp" not in page.text
    assert "Strict-Transport-Security" not in page.headers


def test_status_tells_whether_the_database_answers(app: Flask, tmp_path: Path) -> None:
    answer = visit(app).get("/status")
    assert answer.status_code == 200
    assert answer.get_json()["database"] == "reachable"
    assert answer.get_json()["version"]
    assert "Set-Cookie" not in answer.headers
    (tmp_path / "platform.db").write_bytes(b"no database at all" * 100)
    sick = visit(app).get("/status")
    assert sick.status_code == 503
    assert sick.get_json()["database"] == "unreachable"
    assert str(tmp_path) not in json.dumps(sick.get_json())


def test_a_page_without_a_database_says_so(app: Flask, tmp_path: Path) -> None:
    visitor = signed_in(app)
    (tmp_path / "platform.db").write_bytes(b"no database at all" * 100)
    page = visitor.get("/auth/password")
    assert page.status_code == 503
    assert Page(page.text).texts("h1") == ["Not at the moment"]
    assert "Try again" in Page(page.text).texts("a")
    assert "Sign in" not in page.text.split("<main")[1]


def test_names_of_people_are_text_not_markup(app: Flask) -> None:
    page = visit(app).send("/auth/login", username='"><script>alert(1)</script>', password="x")
    assert "<script>alert" not in page.text


def test_an_application_needs_its_key(tmp_path: Path) -> None:
    import dataclasses

    from climate_simulation_platform.app import create_app

    services = services_of(make_app(tmp_path))
    unlocked = dataclasses.replace(services.settings, secret_key=None)
    with pytest.raises(ValueError, match="secret key"):
        create_app(dataclasses.replace(services, settings=unlocked))
