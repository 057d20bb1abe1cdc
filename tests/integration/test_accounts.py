"""Accounts as people and as attackers use them, with a real database."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from werkzeug.test import TestResponse

from climate_simulation_platform.auth import throttle
from climate_simulation_platform.auth.accounts import add_first_user, change_password, sign_in
from climate_simulation_platform.db import attempts, sessions, users
from climate_simulation_platform.errors import SettingsRefused
from climate_simulation_platform.names import FieldsRefused
from tests.web import PASSWORD, Page, Visitor, make_app, services_of, signed_in, user_of, visit

NEW = "granite over the mantle"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return make_app(tmp_path)


def enter(visitor: Visitor, name: str | bytes, password: str, **more: str) -> int:
    return visitor.send("/auth/login", username=name, password=password, **more).status_code


def is_inside(visitor: Visitor) -> bool:
    return visitor.get("/auth/password").status_code == 200


def cookie(visitor: Visitor) -> str:
    found = visitor.get_cookie("session")
    assert found is not None
    return found.value


def test_somebody_registers_leaves_and_comes_back(app: Flask) -> None:
    visitor = visit(app)
    form = {"username": " Wegener ", "password": PASSWORD, "again": PASSWORD}
    assert visitor.send("/auth/register", **form).headers["Location"] == "/"
    assert is_inside(visitor)
    assert "Wegener" in Page(visitor.get("/auth/password").text).texts("summary")[0]
    assert visitor.send("/auth/logout").status_code == 303
    assert not is_inside(visitor)
    assert enter(visitor, "WEGENER", PASSWORD) == 303
    assert is_inside(visitor)


def test_a_name_is_taken_in_whatever_case(app: Flask) -> None:
    user_of(app, "Wegener")
    for name in ("wegener", "WEGENER", "Ｗegener"):
        answer = visit(app).send("/auth/register", username=name, password=NEW, again=NEW)
        assert answer.status_code == 400
        assert "This user name is taken." in answer.text


def test_a_refused_form_keeps_the_name_and_no_password(app: Flask) -> None:
    form = {"username": "köppen", "password": "password", "again": "password"}
    answer = visit(app).send("/auth/register", **form)
    assert answer.status_code == 400
    inputs = {fields.get("name"): fields for _, fields, _ in Page(answer.text).all("input")}
    assert inputs["username"]["value"] == "köppen"
    assert "value" not in inputs["password"]
    assert "password-error" in inputs["password"]["aria-describedby"]
    different = visit(app).send("/auth/register", username="köppen", password=NEW, again=NEW + "x")
    assert "differ" in different.text


def test_two_who_want_one_name_at_once(app: Flask) -> None:
    answers: list[int] = []
    visitors = [visit(app) for _ in range(6)]
    tokens = [visitor.csrf_token() for visitor in visitors]

    def register(visitor: Visitor, token: str) -> None:
        form = {"username": "suess", "password": NEW, "again": NEW, "csrf_token": token}
        answers.append(visitor.post("/auth/register", data=form).status_code)

    threads = [
        threading.Thread(target=register, args=pair) for pair in zip(visitors, tokens, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] + 5 * [400]


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(app: Flask) -> None:
    user_of(app, "wegener")
    wrong = visit(app).send("/auth/login", username="wegener", password=NEW)
    unknown = visit(app).send("/auth/login", username="wegenex", password=NEW)
    assert wrong.status_code == unknown.status_code == 400

    def alike(page: str) -> list[str]:
        return [text for tag in ("h1", "p", "strong", "li") for text in Page(page).texts(tag)]

    assert alike(wrong.text) == alike(unknown.text)


def test_a_password_is_verified_for_unknown_names_too(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time tells who has an account unless the same work is done; the work is counted here."""
    user_of(app, "wegener")
    looked_at: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str, password: str) -> bool:
        looked_at.append(kept)
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in ("wegener", "nobody", ""):
        enter(visit(app), name, NEW)
    assert len(looked_at) == 3
    assert len({kept.rsplit("$", 2)[0] for kept in looked_at}) == 1


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 5000, "' or 1=1 --", b"\xed\xa0\x80"])
def test_absurd_names_are_wrong_names(app: Flask, name: str | bytes) -> None:
    assert enter(visit(app), name, NEW) == 400
    assert enter(visit(app), "wegener", "x" * 100_000) == 400


def test_who_guesses_has_to_wait_and_is_told_how_long(app: Flask) -> None:
    user_of(app, "wegener")
    guesser = visit(app)
    for _ in range(throttle.PER_ACCOUNT.attempts):
        assert enter(guesser, "wegener", "wrong guess") == 400
    refused = guesser.send("/auth/login", username="Wegener", password=PASSWORD)
    assert refused.status_code == 429
    assert "Wait 15 minutes" in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert enter(visit(app), "suess", PASSWORD) == 400, "other accounts are not held back"


def test_other_ways_of_writing_a_name_give_no_more_guesses(app: Flask) -> None:
    user_of(app, "wegener")
    ways = ("wegener", "WEGENER", "Ｗegener", "wｅgener", " wegener ", "wege\x07ner")
    for number in range(throttle.PER_ACCOUNT.attempts):
        assert enter(visit(app), ways[number % len(ways)], "wrong guess") == 400
    for way in ways:
        assert enter(visit(app), way, PASSWORD) == 429


def test_the_wait_ends(app: Flask) -> None:
    user_of(app, "wegener")
    database, start = services_of(app).database, datetime.now(UTC)
    for _ in range(throttle.PER_ACCOUNT.attempts):
        assert sign_in(database, "wegener", "wrong guess", "192.0.2.1", now=start) is None
    with pytest.raises(throttle.TooManyAttempts) as refusal:
        sign_in(database, "wegener", PASSWORD, "192.0.2.1", now=start + timedelta(minutes=5))
    assert refusal.value.wait == throttle.PER_ACCOUNT.within - timedelta(minutes=5)
    later = start + throttle.PER_ACCOUNT.within + timedelta(seconds=1)
    assert sign_in(database, "wegener", PASSWORD, "192.0.2.1", now=later)


def test_who_tries_many_names_from_one_address_has_to_wait(app: Flask) -> None:
    database, now = services_of(app).database, datetime.now(UTC)
    with database.writing() as connection:
        for number in range(throttle.PER_ADDRESS.attempts):
            attempts.record(connection, f"name{number}", "192.0.2.1", now=now)
    with pytest.raises(throttle.TooManyAttempts):
        throttle.count_sign_in(database, "another", "192.0.2.1", now=now)
    throttle.count_sign_in(database, "another", "192.0.2.2", now=now)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_subscriber_is_one_source(address: str, source: str) -> None:
    assert throttle.source_of(address) == source


def test_a_hundred_guesses_at_once_do_not_slip_by(app: Flask) -> None:
    database, now = services_of(app).database, datetime.now(UTC)
    counted: list[bool] = []

    def guess() -> None:
        try:
            throttle.count_sign_in(database, "wegener", "192.0.2.1", now=now)
        except throttle.TooManyAttempts:
            counted.append(False)
        else:
            counted.append(True)

    threads = [threading.Thread(target=guess) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counted) == 30
    assert sum(counted) == throttle.PER_ACCOUNT.attempts


def test_signing_in_forgives_earlier_mistakes(app: Flask) -> None:
    user_of(app, "wegener")
    for _ in range(3):
        for _ in range(throttle.PER_ACCOUNT.attempts - 1):
            sign_in_wrongly(app)
        assert enter(visit(app), "wegener", PASSWORD) == 303


def sign_in_wrongly(app: Flask) -> None:
    now = datetime.now(UTC)
    assert sign_in(services_of(app).database, "wegener", "wrong", "192.0.2.1", now=now) is None


def test_registering_is_held_back_per_address(app: Flask) -> None:
    database, now = services_of(app).database, datetime.now(UTC)
    for _ in range(throttle.REGISTRATIONS_PER_ADDRESS.attempts):
        throttle.count_registration(database, "127.0.0.1", now=now)
    answer = visit(app).send("/auth/register", username="suess", password=NEW, again=NEW)
    assert answer.status_code == 429
    assert "Wait" in answer.text
    user_of(app, "wegener")
    assert enter(visit(app), "wegener", PASSWORD) == 303, "those who have an account get in"


def test_a_session_ends_on_the_server(app: Flask) -> None:
    visitor = signed_in(app)
    stolen = cookie(visitor)
    visitor.send("/auth/logout")
    thief = visit(app)
    thief.set_cookie("session", stolen)
    assert not is_inside(thief)


def test_a_new_password_ends_all_other_sessions(app: Flask) -> None:
    here, elsewhere, before = signed_in(app), signed_in(app), visit(app)
    before.set_cookie("session", cookie(here))
    form = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert here.send("/auth/password", **form).status_code == 303
    assert is_inside(here)
    assert not is_inside(elsewhere)
    assert not is_inside(before), "the cookie of before is worthless"
    assert enter(visit(app), "wegener", PASSWORD) == 400
    assert enter(visit(app), "wegener", NEW) == 303


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"old": "wrong one", "new": NEW, "again": NEW}, "not your present password"),
        ({"old": PASSWORD, "new": NEW, "again": "else"}, "differ"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "at least 8"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "same as the old one"),
        ({"old": PASSWORD, "new": "x wegener x", "again": "x wegener x"}, "user name"),
        ({}, "not your present password"),
    ],
)
def test_a_password_is_not_changed_by_mistake(
    app: Flask, form: dict[str, str], sentence: str
) -> None:
    here, elsewhere = signed_in(app), signed_in(app)
    answer = here.send("/auth/password", **form)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert is_inside(elsewhere)
    assert enter(visit(app), "wegener", PASSWORD) == 303


def test_old_passwords_cannot_be_guessed_at_the_change_page(app: Flask) -> None:
    visitor = signed_in(app)
    form = {"old": "wrong one", "new": NEW, "again": NEW}
    for _ in range(throttle.PER_ACCOUNT.attempts):
        assert visitor.send("/auth/password", **form).status_code == 400
    assert visitor.send("/auth/password", **{**form, "old": PASSWORD}).status_code == 429


def test_a_hash_with_older_parameters_is_renewed_at_the_next_sign_in(app: Flask) -> None:
    user, database = user_of(app, "wegener"), services_of(app).database
    with database.writing() as connection:
        users.set_password_hash(connection, user.id, PasswordHasher(1, 1024, 1).hash(PASSWORD))
    assert enter(visit(app), "wegener", PASSWORD) == 303
    with database.reading() as connection:
        kept = users.password_hash(connection, user.id)
    assert kept
    assert "m=19456,t=3" in kept
    assert enter(visit(app), "wegener", PASSWORD) == 303


def test_a_session_cannot_be_fixed_beforehand(app: Flask) -> None:
    user_of(app, "wegener")
    victim = visit(app)
    victim.get("/auth/login")
    planted, token = cookie(victim), victim.csrf_token()
    assert enter(victim, "wegener", PASSWORD) == 303
    assert cookie(victim) != planted
    assert victim.csrf_token() != token
    attacker = visit(app)
    attacker.set_cookie("session", planted)
    assert not is_inside(attacker)


def test_signing_in_as_somebody_else_ends_the_first_session(app: Flask) -> None:
    user_of(app, "suess")
    visitor = signed_in(app)
    first = cookie(visitor)
    assert visitor.get("/auth/login").status_code == 303, "who is inside is sent on"
    visitor.send("/auth/logout")
    enter(visitor, "suess", PASSWORD)
    old = visit(app)
    old.set_cookie("session", first)
    assert not is_inside(old)


@pytest.mark.parametrize("token", ["", "1", "made up", "x" * 10_000])
def test_a_token_that_was_never_given_opens_nothing(app: Flask, token: str) -> None:
    user_of(app, "wegener")
    visitor = visit(app)
    with visitor.session_transaction() as content:
        content["_user_id"] = token
    assert not is_inside(visitor)


def test_a_cookie_signed_with_another_key_opens_nothing(app: Flask, tmp_path: Path) -> None:
    signed_in(app)
    other = make_app(tmp_path, SECRET_KEY="another key altogether, long enough")
    forger = signed_in(other)
    forged = visit(app)
    forged.set_cookie("session", cookie(forger))
    assert not is_inside(forged)


@pytest.mark.parametrize(
    ("age", "inside"),
    [(timedelta(hours=71), True), (timedelta(hours=73), False), (timedelta(days=31), False)],
)
def test_a_session_that_is_not_used_ends(app: Flask, age: timedelta, inside: bool) -> None:
    user, database = user_of(app, "wegener"), services_of(app).database
    with database.writing() as connection:
        token = sessions.create(connection, user.id, now=datetime.now(UTC) - age)
    visitor = visit(app)
    with visitor.session_transaction() as content:
        content["_user_id"] = token
    assert is_inside(visitor) is inside


def test_a_session_ends_after_its_longest_time_however_it_is_used(app: Flask) -> None:
    settings, database = services_of(app).settings, services_of(app).database
    user, start = user_of(app, "wegener"), datetime.now(UTC)
    limits = {"idle": settings.session_idle, "longest": settings.session_longest}
    with database.writing() as connection:
        token = sessions.create(connection, user.id, now=start)
    day, used = timedelta(days=1), start
    while used + day < start + settings.session_longest:
        used += day
        assert sessions.user_of(database, token, now=used, **limits)
    assert not sessions.user_of(database, token, now=used + day, **limits)


def test_the_database_keeps_no_token(app: Flask, tmp_path: Path) -> None:
    visitor = signed_in(app)
    with visitor.session_transaction() as content:
        token = content["_user_id"]
    assert len(token) >= 40
    assert token.encode() not in (tmp_path / "platform.db").read_bytes()


def test_the_cookie_is_for_servers_only(app: Flask, tmp_path: Path) -> None:
    answer = visit(app).get("/auth/login")
    flags = answer.headers["Set-Cookie"]
    assert "HttpOnly" in flags
    assert "SameSite=Lax" in flags
    assert "Secure" not in flags
    public = make_app(tmp_path / "public", SECURE_COOKIES="yes")
    assert "Secure" in visit(public).get("/auth/login").headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("target", "sent_to"),
    [
        ("/auth/password", "/"),
        ("/12/steps?tab=1", "/12/steps?tab=1"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example/", "/"),
        ("/ /evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        ("/12/steps?next=https://evil.example", "/"),
    ],
)
def test_after_signing_in_one_stays_here(app: Flask, target: str, sent_to: str) -> None:
    user_of(app, "wegener")
    form = {"username": "wegener", "password": PASSWORD, "next": target}
    assert visit(app).send("/auth/login", **form).headers["Location"] == sent_to


def hidden_target(login: TestResponse) -> str:
    fields = [inputs for _, inputs, _ in Page(login.text).all("input")]
    return next(field["value"] for field in fields if field.get("name") == "next")


def test_the_page_one_wanted_comes_after_signing_in(app: Flask) -> None:
    login = visit(app).get("/12/steps?tab=a%20b", follow_redirects=True)
    assert hidden_target(login) == "/12/steps?tab=a%20b"


@pytest.mark.parametrize(
    ("sender", "target"),
    [
        ("http://localhost/auth/password", "/auth/password"),
        ("http://localhost/12/routing?a=1", "/12/routing"),
        ("https://evil.example/12/routing", "/"),
        ("", "/"),
    ],
)
def test_who_sends_a_form_after_the_session_ended_comes_back_to_it(
    app: Flask, sender: str, target: str
) -> None:
    visitor = visit(app)
    headers = {"Referer": sender}
    login = visitor.post("/12/routing", data={"a": "b"}, headers=headers, follow_redirects=True)
    assert "nothing was changed" in login.text
    assert hidden_target(login) == (target if not target.startswith("/auth/") else "/")


def test_where_users_add_users_nobody_else_does(tmp_path: Path) -> None:
    app = make_app(tmp_path, AUTH="logged_in", CSP_USERNAME="first", CSP_PASSWORD=PASSWORD)
    services, now = services_of(app), datetime.now(UTC)
    assert add_first_user(services.database, services.settings, now=now)
    assert add_first_user(services.database, services.settings, now=now) is None
    stranger = visit(app)
    assert "/auth/register" not in stranger.get("/auth/login").text
    assert stranger.get("/auth/register").headers["Location"].startswith("/auth/login")
    form = {"username": "suess", "password": NEW, "again": NEW}
    assert stranger.send("/auth/register", **form).status_code == 303
    assert enter(visit(app), "suess", NEW) == 400, "nothing came of it"

    first = signed_in(app, "first")
    assert "Add a user" in first.get("/auth/register").text
    added = first.send("/auth/register", **form)
    assert "suess can sign in now." in first.get(added.headers["Location"]).text
    assert "first" in Page(first.get("/auth/password").text).texts("summary")[0]
    assert enter(visit(app), "suess", NEW) == 303


def test_the_first_user_needs_a_good_password_too(tmp_path: Path) -> None:
    app = make_app(tmp_path, AUTH="logged_in", CSP_USERNAME="first", CSP_PASSWORD="password")
    services = services_of(app)
    with pytest.raises(SettingsRefused, match="CSP_PASSWORD"):
        add_first_user(services.database, services.settings, now=datetime.now(UTC))


def test_of_two_changes_of_a_password_at_once_one_counts(app: Flask) -> None:
    database = services_of(app).database
    user = user_of(app, "wegener")
    began = threading.Barrier(2)
    changed: list[str] = []

    def change(new: str) -> None:
        began.wait()
        with suppress(FieldsRefused):
            change_password(database, user, PASSWORD, new, now=datetime.now(UTC))
            changed.append(new)

    both = [threading.Thread(target=change, args=(f"{NEW} {k}",)) for k in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    (valid,) = changed
    assert enter(visit(app), "wegener", valid) == 303
