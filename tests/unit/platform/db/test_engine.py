"""Transactions, migrations and refusals, which are the same on every database."""

import multiprocessing
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from climate_simulation_platform.db import Database, users
from climate_simulation_platform.errors import (
    Busy,
    DatabaseUnusable,
    RequestRefused,
    SettingsRefused,
)
from tests.platform_records import add_user, open_database, user_names
from tests.postgresql import address

pytestmark = pytest.mark.usefixtures("on_every_database")

FORK = multiprocessing.get_context("fork")


def add_and_break(database: Database) -> None:
    with database.writing() as connection:
        users.add(connection, "ada", "kept", now=datetime.now(UTC))
        raise RuntimeError("power cut")


def test_an_exception_undoes_the_transaction(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with pytest.raises(RuntimeError):
        add_and_break(database)
    assert user_names(database) == []


def test_a_lock_longer_than_our_patience_is_a_sentence(tmp_path: Path) -> None:
    database = open_database(tmp_path, patience=0.05)
    with (
        database.writing(),
        pytest.raises(Busy, match=r"^The database is busy .*\.$"),
        database.writing(),
    ):
        raise AssertionError("two writers at once")
    assert add_user(database).username == "ada"


def test_a_writer_waits_for_the_other(tmp_path: Path) -> None:
    database, began = open_database(tmp_path), threading.Event()

    def later() -> None:
        began.set()
        add_user(database, "bob")

    with database.writing() as connection:
        other = threading.Thread(target=later)
        other.start()
        assert began.wait(10)
        users.add(connection, "ada", "kept", now=datetime.now(UTC))
    other.join()
    assert user_names(database) == ["ada", "bob"]


def test_a_database_goes_with_a_fork(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    add_user(database)
    child = FORK.Process(target=add_user, args=(database, "bob"))
    child.start()
    add_user(database, "carl")
    child.join()
    assert child.exitcode == 0
    assert user_names(database) == ["ada", "bob", "carl"]


def test_a_check_passes_on_a_good_database(tmp_path: Path) -> None:
    open_database(tmp_path).check()


@pytest.mark.parametrize("url", ["nonsense", "://", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsRefused, match="DATABASE_URL"):
        Database(url)


def test_tables_of_another_program_are_left_alone(tmp_path: Path) -> None:
    with Database(address(tmp_path)).writing() as connection:
        connection.exec_driver_sql("CREATE TABLE songs (title TEXT)")
    with pytest.raises(DatabaseUnusable, match="another program"):
        Database(address(tmp_path)).migrate()


def test_a_database_without_tables_is_told_from_a_good_one(tmp_path: Path) -> None:
    database = Database(address(tmp_path))
    with database.writing():
        pass  # makes a file that is empty
    with pytest.raises(DatabaseUnusable, match="older version"):
        database.check(newer_is_fine=True)


def test_text_may_hold_what_postgresql_does_not_take(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.writing() as connection:
        user = users.add(connection, "a\0b", "kept", now=datetime.now(UTC))
        assert users.by_name(connection, "a\0b") == user
    assert user_names(database) == ["a\N{SYMBOL FOR NULL}b"]


def test_a_name_of_signs_that_stand_for_phrases_is_refused(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with pytest.raises(RequestRefused, match="too long"):
        add_user(database, "\ufdfa" * 60)
