"""What holds for PostgreSQL alone: its server comes and goes, refuses, and serves many at once."""

import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Connection, Database, files, revisions, users
from climate_simulation_platform.db.postgresql import KEPT_CONNECTIONS, MORE_CONNECTIONS
from climate_simulation_platform.errors import (
    Busy,
    DatabaseUnusable,
    NoSpace,
    OutcomeUnknown,
    PlatformError,
    SettingsRefused,
)
from tests.platform_records import (
    add_file,
    add_user,
    add_users_until_full,
    made_file,
    open_database,
    user_names,
)
from tests.postgresql import Cluster, address
from tests.waiting import wait_for

FORK = multiprocessing.get_context("fork")
PASSWORD = "basalt"


@pytest.fixture(autouse=True)
def _on_postgresql(on_postgresql: Cluster) -> None:
    del on_postgresql


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def name(tmp_path: Path) -> str:
    """Name of the test's database on the server."""
    return address(tmp_path).rsplit("/", 1)[1]


@pytest.fixture
def role(cluster: Cluster) -> Iterator[str]:
    """Somebody with a password who owns nothing."""
    cluster.do(f"CREATE ROLE somebody LOGIN PASSWORD '{PASSWORD}'")
    yield "somebody"
    cluster.do("DROP ROLE somebody")


def setting(connection: Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"SHOW {name}").scalar()


def server_process(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def count_connections(database: Database, cluster: Cluster) -> int:
    with Database(cluster.address("postgres")).reading() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        return int(connection.exec_driver_sql(query, (database.url.database,)).scalar_one())


# transactions


def waits_for_its_turn(cluster: Cluster) -> bool:
    with Database(cluster.address("postgres")).reading() as connection:
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(connection.exec_driver_sql(query).scalar())


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("level", ["read committed", "repeatable read", "serializable"])
def test_who_waited_for_its_turn_sees_what_the_other_wrote(
    tmp_path: Path, cluster: Cluster, name: str, level: str
) -> None:
    cluster.do(f"ALTER DATABASE {name} SET default_transaction_isolation = '{level}'")
    seen: list[int] = []

    def second() -> None:
        with Database(address(tmp_path)).writing() as connection:
            seen.append(users.count(connection))

    other = threading.Thread(target=second)
    with Database(address(tmp_path)).writing() as connection:
        other.start()
        wait_for(lambda: waits_for_its_turn(cluster), "the second one waits")
        users.add(connection, "ada", "kept", now=datetime.now(UTC))
    other.join()
    assert seen == [1]


def test_a_read_transaction_sees_one_moment_and_holds_nobody_up(database: Database) -> None:
    with database.reading() as connection:
        assert users.count(connection) == 0
        add_user(database)
        assert users.count(connection) == 0
    assert user_names(database) == ["ada"]


def test_a_read_transaction_writes_nothing(database: Database) -> None:
    with pytest.raises(DatabaseUnusable, match="reads only"), database.reading() as connection:
        users.add(connection, "ada", "kept", now=datetime.now(UTC))
    assert user_names(database) == []


def test_nothing_waits_for_ever(tmp_path: Path) -> None:
    database = open_database(tmp_path, patience=7)
    with database.writing() as connection:
        assert setting(connection, "lock_timeout") == "7s"
        assert setting(connection, "statement_timeout") == "1min"
        assert setting(connection, "idle_in_transaction_session_timeout") == "1min"
    with database.reading() as connection:
        assert setting(connection, "lock_timeout") == "7s"
        assert setting(connection, "idle_in_transaction_session_timeout") == "0"


def test_what_the_address_says_comes_first(tmp_path: Path) -> None:
    database = Database(
        f"{address(tmp_path)}?application_name=mine&options=-c%20statement_timeout%3D20"
    )
    with database.reading() as connection:
        assert setting(connection, "application_name") == "mine"
        assert setting(connection, "lock_timeout") == "10s"
        with pytest.raises(Busy, match="too long"), database.reading() as other:
            other.exec_driver_sql("SELECT pg_sleep(60)")


def test_a_machine_that_is_gone_holds_nobody_up(database: Database, cluster: Cluster) -> None:
    with pytest.raises(Busy, match="connection to the database was lost"):
        forget_a_transaction(database, cluster)
    assert add_user(database).username == "ada"


def forget_a_transaction(database: Database, cluster: Cluster) -> None:
    with database.writing() as connection:
        users.add(connection, "bob", "kept", now=datetime.now(UTC))
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 10")
        wait_for(lambda: count_connections(database, cluster) == 0, "the server gives up")
        users.count(connection)


# connections


def test_connections_are_kept_and_end_with_the_database(tmp_path: Path, cluster: Cluster) -> None:
    database = open_database(tmp_path)
    with database.reading() as first:
        process = server_process(first)
    with database.writing() as second:
        assert server_process(second) == process
    assert count_connections(database, cluster) == 1
    other = Database(address(tmp_path))
    del database, first, second
    wait_for(lambda: count_connections(other, cluster) == 0, "the connection is closed")


def test_who_finds_no_connection_free_is_told(tmp_path: Path) -> None:
    database = open_database(tmp_path, patience=0.05)
    with ExitStack() as stack:
        for _ in range(KEPT_CONNECTIONS + MORE_CONNECTIONS):
            stack.enter_context(database.reading())
        with pytest.raises(Busy, match="busy"), database.reading():
            raise AssertionError("more connections than allowed")
    assert user_names(database) == []


def tell_server_process(database: Database, told: Any) -> None:
    with database.reading() as connection:
        told.put(server_process(connection))


def test_a_fork_has_connections_of_its_own(database: Database) -> None:
    with database.reading() as connection:
        ours = server_process(connection)
    told = FORK.Queue()
    child = FORK.Process(target=tell_server_process, args=(database, told))
    child.start()
    assert told.get(timeout=60) != ours
    child.join()
    assert child.exitcode == 0
    with database.reading() as connection:
        assert server_process(connection) == ours


ENDS = """
import os, sys
from climate_simulation_platform.db import Database, users
database = Database(sys.argv[1])
with database.reading() as connection:
    ours = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
if os.fork() == 0:
    with database.reading() as connection:
        users.count(connection)
    sys.exit()  # as a process of the web server does
assert os.wait()[1] == 0
with database.reading() as connection:
    assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() == ours
"""


@pytest.mark.usefixtures("database")
def test_a_fork_that_ends_leaves_its_parent_s_connections_alone(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDS, address(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# a server that comes and goes


def test_a_server_may_be_started_anew_between_transactions(
    database: Database, cluster: Cluster
) -> None:
    add_user(database)
    cluster.stop()
    cluster.start()
    assert user_names(database) == ["ada"]
    add_user(database, "bob")


def test_a_server_that_is_away_is_a_sentence(
    database: Database, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    add_user(database)
    cluster.stop()
    try:
        with pytest.raises(Busy, match=r"^The server of the database cannot be reached .*\.$"):
            add_user(database, "bob")
        with pytest.raises(Busy):
            database.check()
        assert caplog.text.count("Connection refused") == 1
    finally:
        cluster.start()
    assert user_names(database) == ["ada"]


def test_a_machine_that_nobody_knows_is_a_sentence() -> None:
    with pytest.raises(Busy, match="cannot be reached"):
        Database("postgresql://somebody@nowhere.invalid/platform").check()


def cut(connection: Connection, cluster: Cluster) -> None:
    cluster.do(f"SELECT pg_terminate_backend({server_process(connection)}, 60000)")


def read_after_the_cut(connection: Connection, cluster: Cluster) -> None:
    cut(connection, cluster)
    users.count(connection)


def write_before_the_cut(connection: Connection, cluster: Cluster) -> None:
    users.add(connection, "ada", "kept", now=datetime.now(UTC))
    cut(connection, cluster)


@pytest.mark.parametrize("begin", [Database.reading, Database.writing])
def test_a_connection_that_is_cut_is_a_sentence(
    database: Database, cluster: Cluster, begin: Callable[[Database], Any]
) -> None:
    with pytest.raises(Busy, match="was lost; nothing was changed"), begin(database) as connection:
        read_after_the_cut(connection, cluster)
    assert add_user(database).username == "ada"


def test_of_a_connection_that_is_cut_at_the_end_nobody_knows_whether_it_was_in_time(
    database: Database, cluster: Cluster
) -> None:
    with pytest.raises(OutcomeUnknown, match="look whether"), database.writing() as connection:
        write_before_the_cut(connection, cluster)
    assert user_names(database) == []


# refusals


def test_a_wrong_password_is_a_sentence(
    name: str, cluster: Cluster, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for password in (":wrong", ""):
            with pytest.raises(DatabaseUnusable, match="refuses the user or the password"):
                Database(cluster.address(name, f"{role}{password}")).check()
    assert "wrong" not in caplog.text


def test_a_user_that_does_not_exist_is_a_sentence(name: str, cluster: Cluster) -> None:
    with pytest.raises(DatabaseUnusable, match="refuses the user or the password"):
        Database(cluster.address(name, "nobody:nothing")).check()


def test_a_database_that_does_not_exist_is_a_sentence(cluster: Cluster) -> None:
    for act in (Database.check, Database.migrate):
        with pytest.raises(DatabaseUnusable, match="does not exist on its server"):
            act(Database(cluster.address("nothing")))


def test_who_may_not_make_tables_is_told(name: str, cluster: Cluster, role: str) -> None:
    cluster.do("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database=name)
    with pytest.raises(DatabaseUnusable, match="may not do this"):
        Database(cluster.address(name, f"{role}:{PASSWORD}")).migrate()


def test_an_owner_with_a_password_needs_no_more(name: str, cluster: Cluster, role: str) -> None:
    cluster.do(f"ALTER DATABASE {name} OWNER TO {role}")
    database = Database(cluster.address(name, f"{role}:{PASSWORD}"))
    database.migrate()
    assert add_user(database).username == "ada"
    del database
    cluster.drop(name)


def test_a_password_may_stand_in_a_file(
    tmp_path: Path, name: str, cluster: Cluster, role: str
) -> None:
    file = tmp_path / "passwords"
    file.write_text(f"*:*:*:{role}:{PASSWORD}\n")
    file.chmod(0o600)
    with Database(f"{cluster.address(name, role)}?passfile={file}").reading() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar() == role


def test_connections_that_are_all_taken_are_a_sentence(
    name: str, cluster: Cluster, role: str
) -> None:
    cluster.do(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    with pytest.raises(Busy, match="lets nobody in"):
        Database(cluster.address(name, f"{role}:{PASSWORD}")).check()


def test_a_server_that_takes_reads_only_is_a_sentence(
    tmp_path: Path, database: Database, cluster: Cluster, name: str
) -> None:
    add_user(database)
    cluster.do(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    database = Database(address(tmp_path))
    database.check()
    assert user_names(database) == ["ada"]
    with pytest.raises(DatabaseUnusable, match="takes reads only"):
        add_user(database, "bob")


def test_a_database_in_another_encoding_is_refused(cluster: Cluster) -> None:
    name = cluster.create(options="ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        for act in (Database.check, Database.migrate):
            with pytest.raises(DatabaseUnusable, match="UTF-8"):
                act(Database(cluster.address(name)))
    finally:
        cluster.drop(name)


def test_a_full_disk_is_a_sentence(cluster: Cluster) -> None:
    disk = cluster.folder / "disk"
    disk.mkdir()
    mounted = os.geteuid() == 0 and not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m,mode=777", "tmpfs", disk],
        check=False,
        capture_output=True,
    ).returncode  # fmt: skip
    if not mounted:
        pytest.skip("no small disk can be made here")
    with ExitStack() as stack:
        stack.callback(subprocess.run, ["umount", disk], check=True)
        stack.enter_context(cluster.tablespace("small", disk / "data"))
        name = cluster.create(options="TABLESPACE small")
        stack.callback(cluster.drop, name)
        database = Database(cluster.address(name))
        database.migrate()
        with pytest.raises(NoSpace, match="disk of the platform is full"):
            add_users_until_full(database)
        assert user_names(database) == []
        assert add_user(database).username == "ada"


def test_a_driver_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SettingsRefused, match="package psycopg, which is not installed"):
        Database("postgresql://localhost/platform")


# what differs in values


def test_sizes_are_whole_numbers(database: Database) -> None:
    user = add_user(database)
    file = add_file(database, user)
    large = made_file(FileType.COORDS, "large.nc", size=2**40)
    with database.writing() as connection:
        revisions.insert(connection, file.id, large, revisions.Origin("ada"), now=datetime.now(UTC))
        (listed,) = files.page(connection, user.id).files
        assert type(listed.size) is int
        assert listed.size == revisions.size_of_user(connection, user.id) == 2**40 + 1000


def test_times_are_those_that_were_kept_in_whatever_zone_the_server_is(
    tmp_path: Path, database: Database, cluster: Cluster, name: str
) -> None:
    user = add_user(database)
    cluster.do(f"ALTER DATABASE {name} SET timezone = 'Asia/Kathmandu'")
    with Database(address(tmp_path)).reading() as connection:
        assert setting(connection, "timezone") == "Asia/Kathmandu"
        found = users.by_id(connection, user.id)
    assert found == user
    assert found.created.tzinfo is UTC


def test_no_fault_is_a_fault_of_ours(database: Database) -> None:
    """What nobody foresaw stays what it is."""
    with (
        pytest.raises(Exception, match="does not exist") as found,
        database.reading() as connection,
    ):
        connection.exec_driver_sql("SELECT nothing")
    assert not isinstance(found.value, PlatformError)
