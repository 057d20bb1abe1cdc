"""What people do with accounts: register, sign in, change the password, leave."""

from datetime import datetime

from climate_simulation_platform.auth import throttle
from climate_simulation_platform.auth.names import name_complaint, same_account, tidy_name
from climate_simulation_platform.auth.passwords import (
    hashed,
    is_outdated,
    matches,
    password_complaint,
)
from climate_simulation_platform.db import Database, sessions, users
from climate_simulation_platform.errors import SettingsRefused
from climate_simulation_platform.names import FieldsRefused
from climate_simulation_platform.records import User
from climate_simulation_platform.settings import Settings


def add_user(database: Database, username: str, password: str, *, now: datetime) -> User:
    """A new account.

    Raises
    ------
    FieldsRefused
        With sentences for `username` and `password`.
    """
    name = tidy_name(username)
    _refuse_if_any(username=name_complaint(name), password=password_complaint(password, name))
    with database.reading() as connection:
        if users.by_name(connection, name):
            raise _taken()
    kept = hashed(password)
    with database.writing() as connection:
        if users.by_name(connection, name):
            raise _taken()
        return users.add(connection, name, kept, now=now)


def add_first_user(database: Database, settings: Settings, *, now: datetime) -> User | None:
    """The user that the settings name, if they name one and there is no such user yet.

    Raises
    ------
    SettingsRefused
        If the name or the password is none that a person could have registered with.
    """
    if not settings.first_username:
        return None
    with database.reading() as connection:
        if users.by_name(connection, tidy_name(settings.first_username)):
            return None
    try:
        return add_user(database, settings.first_username, settings.first_password, now=now)
    except FieldsRefused as refusal:
        if refusal.sentences == {"username": TAKEN}:
            return None
        field, sentence = next(iter(refusal.sentences.items()))
        raise SettingsRefused(f"CSP_{field.upper()}: {sentence}") from refusal


def sign_in(
    database: Database, username: str, password: str, address: str, *, now: datetime
) -> tuple[User, str] | None:
    """The user and the token of a new session; None for a wrong name or a wrong password.

    Raises
    ------
    TooManyAttempts
        If the account or the address has to wait.
    """
    name = "".join(sign for sign in tidy_name(username) if sign.isprintable())
    account = same_account(name)
    throttle.count_sign_in(database, account, address, now=now)
    with database.reading() as connection:
        user = users.by_name(connection, name)
        kept = users.password_hash(connection, user.id) if user else None
    if not matches(password, kept) or user is None or kept is None:
        return None
    renewed = hashed(password) if is_outdated(kept) else None
    throttle.forgive(database, account)
    with database.writing() as connection:
        if users.password_hash(connection, user.id) != kept:
            return None
        if renewed:
            users.set_password_hash(connection, user.id, renewed)
        return user, sessions.create(connection, user.id, now=now)


def change_password(database: Database, user: User, old: str, new: str, *, now: datetime) -> str:
    """Set a new password and end every session of the user; gives the token of a new one.

    Raises
    ------
    FieldsRefused
        With sentences for `old` and `new`.
    TooManyAttempts
        If the old password was wrong too often.
    """
    account = same_account(user.username)
    throttle.count_sign_in(database, account, f"change of password by {user.id}", now=now)
    with database.reading() as connection:
        kept = users.password_hash(connection, user.id)
    if not matches(old, kept):
        raise _not_present()
    throttle.forgive(database, account)
    _refuse_if_any(new=password_complaint(new, user.username) or _same(old, new))
    replacement = hashed(new)
    with database.writing() as connection:
        if users.password_hash(connection, user.id) != kept:  # changed meanwhile, elsewhere
            raise _not_present()
        users.set_password_hash(connection, user.id, replacement)
        sessions.end_all(connection, user.id)
        return sessions.create(connection, user.id, now=now)


def open_session(database: Database, user: User, *, now: datetime) -> str:
    """Token of a new session of somebody who has just made an account."""
    with database.writing() as connection:
        return sessions.create(connection, user.id, now=now)


def sign_out(database: Database, token: str) -> None:
    """End a session on the server."""
    with database.writing() as connection:
        sessions.end(connection, token)


TAKEN = "This user name is taken."


def _taken() -> FieldsRefused:
    return FieldsRefused({"username": TAKEN})


def _not_present() -> FieldsRefused:
    return FieldsRefused({"old": "This is not your present password."})


def _same(old: str, new: str) -> str:
    return "The new password is the same as the old one." if old == new else ""


def _refuse_if_any(**complaints: str) -> None:
    sentences = {field: sentence for field, sentence in complaints.items() if sentence}
    if sentences:
        raise FieldsRefused(sentences)
