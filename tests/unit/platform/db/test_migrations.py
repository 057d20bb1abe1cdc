"""Every script up and down on a database that holds something; the result is what the code says."""

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database, attempts, schema, sessions, steps
from climate_simulation_platform.db.tables import metadata
from climate_simulation_platform.records import Kept, Place
from climate_simulation_platform.workflow import drafting, transactions
from tests.platform_records import add_file, add_user, made_file, open_database, work_off
from tests.postgresql import address

pytestmark = pytest.mark.usefixtures("on_every_database")

SCRIPTS = list(reversed(list(ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions())))


def populated(folder: Path) -> Database:
    """A database with rows in every table."""
    database = open_database(folder)
    user = add_user(database)
    file = add_file(database, user)
    transactions.request_step(database, file.id, "regrid", {"rows": 180}, user="ada")
    transactions.request_step(database, file.id, "routing", {}, user="ada")
    work_off(database)
    coords = made_file(FileType.COORDS, "coords.nc")
    transactions.add_upload(database, file.id, coords, user="ada")
    transactions.request_step(database, file.id, "pft", {}, user="ada")
    place = Place("internal_oceans", FileType.RAW, "topo")
    kept = Kept({FileType.RAW: 1}, "{}", "a" * 64, "b" * 64, more=("{}",), done=1)
    drafting.keep(database, file.id, place, kept, expected=0, user=user)
    drafting.sit(database, file.id, "window", "internal_oceans", user)
    with database.writing() as connection:
        sessions.create(connection, user.id, now=datetime.now(UTC))
        attempts.record(connection, "ada", "::1", now=datetime.now(UTC))
    return database


def content(database: Database) -> dict[str, list[Any]]:
    with database.reading() as connection:
        present = MigrationContext.configure(connection)
        assert present.connection is not None
        rows = {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in metadata.sorted_tables
        }
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    return rows


def test_tables_are_those_of_the_code(tmp_path: Path) -> None:
    with open_database(tmp_path).reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []


def test_every_table_is_populated(tmp_path: Path) -> None:
    assert all(content(populated(tmp_path)).values())


def test_to_be_migrated_again_changes_nothing(tmp_path: Path) -> None:
    database = populated(tmp_path)
    before = content(database)
    database.migrate()
    assert content(database) == before


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.revision)
def test_a_script_goes_down_and_up_on_populated_tables(tmp_path: Path, script: Any) -> None:
    database = populated(tmp_path)
    with database.writing() as connection:
        schema.downgrade(connection, script.down_revision or "base")
        assert schema.version(connection) == script.down_revision
    with database.writing() as connection:
        schema.upgrade(connection)
        assert schema.version(connection) == SCRIPTS[-1].revision
    database.check()
    content(database)


def test_edits_of_an_older_version_are_not_repeated_by_themselves(tmp_path: Path) -> None:
    database = populated(tmp_path)
    with database.writing() as connection:
        schema.downgrade(connection, "0002")
    database.migrate()
    with database.reading() as connection:
        assert not any(record.replay for record in steps.load(connection, 1).values())


def downgrade_and_break(database: Database) -> None:
    with database.writing() as connection:
        schema.downgrade(connection, "base")
        raise RuntimeError("power cut")


def test_a_script_that_fails_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    database = populated(tmp_path)
    before = content(database)
    with pytest.raises(RuntimeError, match="power cut"):
        downgrade_and_break(database)
    assert content(database) == before


def migrate(url: str, start: Any) -> None:
    start.wait()
    Database(url).migrate()


def test_processes_that_start_at_once_do_not_hinder_each_other(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    url, start = address(tmp_path), fork.Barrier(4)
    processes = [fork.Process(target=migrate, args=(url, start)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    Database(url).check()
