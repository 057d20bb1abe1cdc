from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from climate_simulation_platform.db import Database, attempts, sessions, users
from climate_simulation_platform.db.tables import sessions as sessions_table
from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.records import User
from tests.platform_records import add_user, open_database

pytestmark = pytest.mark.usefixtures("on_every_database")

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
IDLE, LONGEST = timedelta(hours=72), timedelta(days=30)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path, patience=0.05)


@pytest.fixture
def ada(database: Database) -> User:
    return add_user(database, "Ada")


def begin(database: Database, user: User, now: datetime = NOW) -> str:
    with database.writing() as connection:
        return sessions.create(connection, user.id, now=now)


def whose(database: Database, token: str, now: datetime = NOW) -> User | None:
    return sessions.user_of(database, token, now=now, idle=IDLE, longest=LONGEST)


def test_users_are_found_in_whatever_case(database: Database, ada: User) -> None:
    with database.reading() as connection:
        assert users.by_name(connection, "aDA") == ada
        assert users.by_id(connection, ada.id) == ada
        assert users.by_name(connection, "adam") is None
        assert users.by_id(connection, 99) is None
        assert users.every(connection) == (ada,)


@pytest.mark.parametrize("name", ["ada", "ADA", "\uff21da"])
def test_a_name_is_given_once(database: Database, ada: User, name: str) -> None:
    with pytest.raises(RequestRefused, match="is taken"):
        add_user(database, name)
    with database.reading() as connection:
        assert users.count(connection) == 1
        assert users.every(connection) == (ada,)


def test_numbers_of_users_are_not_given_again(database: Database, ada: User) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql('DELETE FROM "user"')
    assert add_user(database, "bob").id > ada.id


def test_passwords_are_replaced(database: Database, ada: User) -> None:
    with database.writing() as connection:
        users.set_password_hash(connection, ada.id, "another")
    with database.reading() as connection:
        assert users.password_hash(connection, ada.id) == "another"
        assert users.password_hash(connection, 99) is None


def test_times_come_back_in_utc_whatever_zone_they_had(database: Database) -> None:
    summer = timezone(timedelta(hours=2))
    with database.writing() as connection:
        user = users.add(connection, "bob", "kept", now=datetime(2026, 7, 1, 12, tzinfo=summer))
    assert user.created == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert user.created.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_a_fault(database: Database) -> None:
    with pytest.raises(Exception, match="without a time zone"), database.writing() as connection:
        users.add(connection, "bob", "kept", now=datetime(2026, 7, 1))


def test_the_token_itself_is_not_kept(database: Database, ada: User) -> None:
    token = begin(database, ada)
    with database.reading() as connection:
        (row,) = connection.execute(sessions_table.select())
    assert token not in row
    assert whose(database, token) == ada


@pytest.mark.parametrize("token", ["", "nonsense", "é\ud800", "x" * 10_000])
def test_another_token_is_nobody_s(database: Database, ada: User, token: str) -> None:
    begin(database, ada)
    assert whose(database, token) is None


def test_a_session_ends_when_unused_or_too_old(database: Database, ada: User) -> None:
    token = begin(database, ada)
    assert whose(database, token, NOW + IDLE) is None
    for days in range(2, 30, 2):
        assert whose(database, token, NOW + timedelta(days=days)) == ada
    assert whose(database, token, NOW + LONGEST) is None


def test_use_is_written_at_most_once_a_minute_and_never_hinders(
    database: Database, ada: User
) -> None:
    token = begin(database, ada)
    with database.writing():  # who writes would have to wait
        assert whose(database, token, NOW + timedelta(seconds=59)) == ada
        assert whose(database, token, NOW + timedelta(hours=1)) == ada
    with database.reading() as connection:
        assert (
            connection.scalar(sessions_table.select().with_only_columns(sessions_table.c.seen))
            == NOW
        )
    assert whose(database, token, NOW + timedelta(hours=1)) == ada
    with database.reading() as connection:
        seen = connection.scalar(sessions_table.select().with_only_columns(sessions_table.c.seen))
    assert seen == NOW + timedelta(hours=1)


def test_sessions_end_one_by_one_or_all_the_others(database: Database, ada: User) -> None:
    bob = add_user(database, "bob")
    mine, here, there, theirs = (begin(database, user) for user in (ada, ada, ada, bob))
    with database.writing() as connection:
        sessions.end(connection, there)
    assert whose(database, there) is None
    with database.writing() as connection:
        assert sessions.end_all(connection, ada.id, but=mine) == 1
    assert [whose(database, token) for token in (mine, here, theirs)] == [ada, None, bob]


def test_sessions_that_are_over_are_removed(database: Database, ada: User) -> None:
    old, fresh = begin(database, ada, NOW - LONGEST), begin(database, ada)
    with database.writing() as connection:
        assert sessions.purge(connection, now=NOW, idle=IDLE, longest=LONGEST) == 1
    assert [whose(database, token) for token in (old, fresh)] == [None, ada]


def test_attempts_are_counted_per_account_and_address(database: Database) -> None:
    minutes = [NOW + timedelta(minutes=m) for m in range(4)]
    with database.writing() as connection:
        for account, address, at in zip(
            ("Ada", "ada", "bob", "ada"), ("::1", "::2", "::1", "::1"), minutes, strict=True
        ):
            attempts.record(connection, account, address, now=at)
        assert attempts.count(connection, since=NOW, account="ADA") == 3
        assert attempts.count(connection, since=NOW, address="::1") == 3
        assert attempts.count(connection, since=NOW, account="ada", address="::1") == 2
        assert attempts.count(connection, since=minutes[1], account="ada") == 2
        assert attempts.oldest(connection, since=minutes[1], account="ada") == minutes[1]
        attempts.clear(connection, "ada")
        assert attempts.count(connection, since=NOW, account="ada") == 0
        assert attempts.oldest(connection, since=NOW, account="ada") is None
        assert attempts.purge(connection, before=minutes[3]) == 1


def test_whatever_somebody_sends_as_a_name_can_be_counted(database: Database) -> None:
    with database.writing() as connection:
        attempts.record(connection, "x" * 100_000, "::1", now=NOW)
        assert attempts.count(connection, since=NOW, account="x" * 100_000) == 1
