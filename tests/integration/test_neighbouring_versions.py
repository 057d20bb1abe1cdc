"""A running service goes on while the next version of the platform is brought in.

The migrations of a version only add; what it no longer needs is dropped by the version after it.
"""

from pathlib import Path

import pytest

from climate_simulation_platform.constants import ORDER
from climate_simulation_platform.db import Database, schema
from climate_simulation_platform.errors import DatabaseUnusable
from climate_simulation_platform.records import Status
from climate_simulation_platform.workflow import transactions
from tests.platform_records import add_file, add_user, made_by, open_database, user_names, work_off
from tests.postgresql import address
from tests.web import make_app, services_of, visit

pytestmark = pytest.mark.usefixtures("on_every_database")


def bring_in_the_next_version(database: Database) -> None:
    """What the migrations of a version that we do not know may do."""
    with database.writing() as connection:
        for statement in (
            "ALTER TABLE tasks ADD COLUMN mood TEXT",
            "ALTER TABLE data_files ADD COLUMN colour TEXT DEFAULT 'blue'",
            "CREATE TABLE moods (id INTEGER PRIMARY KEY)",
            "CREATE INDEX ix_tasks_mood ON tasks (mood)",
            "UPDATE alembic_version SET version_num = '9999'",
        ):
            connection.exec_driver_sql(statement)


def test_tasks_are_asked_for_taken_and_done(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    user = add_user(database)
    files = [add_file(database, user, f"file {number}") for number in range(8)]
    for file in files[:6]:  # often enough that a server remembers the statements
        transactions.request_step(database, file.id, "routing", {}, user="ada")
        work_off(database)
    transactions.request_step(database, files[6].id, "routing", {}, user="ada")
    begun = transactions.claim_task(database, "worker", ORDER)
    assert begun is not None
    bring_in_the_next_version(Database(address(tmp_path)))
    assert transactions.finish_task(database, begun, made_by(begun)).counted
    transactions.request_step(database, files[7].id, "routing", {}, user="ada")
    assert {task.step for task in work_off(database)} == {"routing", "heatflow", "ahmcoef"}
    for file in files:
        view = transactions.workflow_view(database, file.id)
        assert view["heatflow"].status is Status.UP_TO_DATE
    assert transactions.reconcile(database) == 0
    add_file(database, user, "another")


def test_who_runs_finds_it_well_and_who_starts_is_refused(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    bring_in_the_next_version(Database(address(tmp_path)))
    database.check(newer_is_fine=True)
    for act in (database.check, database.migrate):
        with pytest.raises(DatabaseUnusable, match="newer version"):
            act()
    assert user_names(database) == []


def test_an_older_one_will_not_do(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    with database.writing() as connection:
        schema.downgrade(connection, "-1")
    with pytest.raises(DatabaseUnusable, match="older version"):
        database.check(newer_is_fine=True)


def test_the_pages_stay_well(tmp_path: Path) -> None:
    app = make_app(tmp_path, DATABASE_URL=address(tmp_path))
    bring_in_the_next_version(services_of(app).database)
    answer = visit(app).get("/status")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "well")
    assert visit(app).get("/auth/login").status_code == 200
