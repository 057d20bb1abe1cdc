"""Rows as lines of text and back, whatever the version of the tables."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.db import Database, dump, schema, users
from climate_simulation_platform.db.tables import metadata
from climate_simulation_platform.errors import DatabaseUnusable
from tests.furnished import Installed, copied, furnish, of_the_first_version
from tests.platform_records import add_user, open_database

NOBODY: frozenset[Worker] = frozenset()


def texts(database: Database, folder: Path) -> dict[str, list[bytes]]:
    with dump.of_one_moment(database, folder) as connection:
        return {name: list(dump.lines(connection, name)) for name in dump.TABLES}


def loaded(text: dict[str, list[bytes]], folder: Path, at: str = "head") -> Database:
    made = dump.empty_database(folder / "loaded.db", at, NOBODY)
    with made.writing() as connection:
        for name, lines in text.items():
            assert dump.read_in(connection, name, lines) == len(lines)
    dump.upgrade(made)
    return made


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return furnish(tmp_path / "instance")


@pytest.fixture
def staging(tmp_path: Path) -> Path:
    made = tmp_path / "staging"
    made.mkdir()
    return made


def test_every_table_is_copied_or_left_out_on_purpose() -> None:
    assert set(dump.TABLES) | dump.LEFT_OUT == set(metadata.tables)


def test_lines_are_plain_json_and_give_the_same_rows(installed: Installed, staging: Path) -> None:
    text = texts(installed.database, staging)
    assert all(json.loads(line) for lines in text.values() for line in lines)
    target = Installed(staging / "target")
    with loaded(text, staging).reading() as source, dump.replacing(target.database) as connection:
        dump.replace_all(connection, source)
    assert copied(target.rows()) == copied(installed.rows())


def test_null_and_no_parameters_stay_what_they_are(installed: Installed, staging: Path) -> None:
    with installed.database.writing() as connection:
        connection.exec_driver_sql("UPDATE steps SET parameters = NULL WHERE step = 'pft'")
    again = loaded(texts(installed.database, staging), staging)
    with again.reading() as connection:
        query = "SELECT count(*) FROM steps WHERE parameters IS NULL"
        assert connection.exec_driver_sql(query).scalar() == 1 + _never_asked(installed)


def _never_asked(installed: Installed) -> int:
    rows = installed.rows()["steps"]
    return sum(row["parameters"] is None for row in rows) - 1


def test_nobody_stays_signed_in(installed: Installed, staging: Path) -> None:
    rows = loaded(texts(installed.database, staging), staging)
    with rows.reading() as source, dump.replacing(installed.database) as connection:
        dump.replace_all(connection, source)
    assert installed.rows()["sessions"] == installed.rows()["attempts"] == []


def test_no_number_is_given_twice(installed: Installed, staging: Path) -> None:
    rows = loaded(texts(installed.database, staging), staging)
    target = Installed(staging / "target")
    with rows.reading() as source, dump.replacing(target.database) as connection:
        dump.replace_all(connection, source, {"user": 41})
    assert add_user(target.database, "bob").id == 42
    with target.database.reading() as connection:
        assert dump.last_numbers(connection)["user"] == 42


def test_numbers_that_were_given_here_are_not_given_again(
    installed: Installed, staging: Path
) -> None:
    rows = loaded(texts(installed.database, staging), staging)
    for name in ("bob", "eve"):
        newest = add_user(installed.database, name)
    with rows.reading() as source, dump.replacing(installed.database) as connection:
        dump.replace_all(connection, source)
    assert add_user(installed.database, "sun").id == newest.id + 1


def test_rows_of_an_older_version_are_brought_up_to_date(
    installed: Installed, staging: Path
) -> None:
    text = of_the_first_version(texts(installed.database, staging))
    with loaded(text, staging, "0001").reading() as connection:
        schema.check(connection)
        assert dump.counts(connection)["tasks"] == len(text["tasks"])
        assert dump.counts(connection)["drafts"] == 0


def test_a_version_that_is_not_known_is_a_newer_one(staging: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="newer version"):
        dump.empty_database(staging / "new.db", "9999", NOBODY)


def without_a_column(row: dict[str, Any]) -> None:
    del row["username"]


def with_another_column(row: dict[str, Any]) -> None:
    row["age"] = 7


def with_no_time(row: dict[str, Any]) -> None:
    row["created"] = "yesterday"


def with_a_list(row: dict[str, Any]) -> None:
    row["username"] = ["ada"]


@pytest.mark.parametrize(
    "damage", [without_a_column, with_another_column, with_no_time, with_a_list]
)
def test_what_is_no_row_is_told(
    installed: Installed, staging: Path, damage: Callable[[dict[str, Any]], None]
) -> None:
    text = texts(installed.database, staging)
    row = json.loads(text["user"][0])
    damage(row)
    text["user"] = [json.dumps(row).encode()]
    with pytest.raises(dump.NotRows, match="Line 1 of user"):
        loaded(text, staging)


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"\xff"])
def test_what_is_no_json_is_told(staging: Path, line: bytes) -> None:
    with pytest.raises(dump.NotRows, match="Line 1 of user"):
        loaded({"user": [line]}, staging)


def test_rows_that_refer_to_nothing_are_told(installed: Installed, staging: Path) -> None:
    text = texts(installed.database, staging)
    text["user"] = []
    with pytest.raises(dump.NotRows, match="data_files"):
        loaded(text, staging)


def test_writers_need_not_wait_for_who_reads_a_copy(installed: Installed, staging: Path) -> None:
    database = Database(str(installed.database.url), patience=0.0)
    with dump.of_one_moment(database, staging) as connection:
        before = dump.counts(connection)["user"]
        add_user(database, "bob")
        assert dump.counts(connection)["user"] == before


def test_holdings_make_no_database(tmp_path: Path) -> None:
    assert not any(dump.holdings(Database(f"sqlite:///{tmp_path / 'none.db'}")).values())
    assert list(tmp_path.iterdir()) == []
    assert not any(dump.holdings(open_database(tmp_path)).values())
    add_user(open_database(tmp_path))
    assert dump.holdings(open_database(tmp_path)) == {"users": 1, "topographies": 0}


def test_a_damaged_database_in_the_way_is_to_be_moved(tmp_path: Path) -> None:
    (tmp_path / "platform.db").write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseUnusable, match="move its file away"):
        dump.holdings(Database(f"sqlite:///{tmp_path / 'platform.db'}"))


def test_an_older_database_is_upgraded_when_it_is_replaced(
    installed: Installed, staging: Path
) -> None:
    rows = loaded(texts(installed.database, staging), staging)
    with installed.database.writing() as connection:
        schema.downgrade(connection, "0001")
    assert dump.holdings(installed.database)["users"] == 1
    with rows.reading() as source, dump.replacing(installed.database) as connection:
        dump.replace_all(connection, source)
    installed.database.check()
    with installed.database.reading() as connection:
        assert [user.username for user in users.every(connection)] == ["ada"]
