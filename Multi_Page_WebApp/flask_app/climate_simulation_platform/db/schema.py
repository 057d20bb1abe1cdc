"""The tables' version: made, upgraded, checked."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from climate_simulation_platform.errors import DatabaseUnusable

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"

FOREIGN = "The database holds tables of another program; name an empty one in DATABASE_URL."
NEWER = "The database was made by a newer version of the platform; install that version."
OLDER = (
    "The database was made by an older version of the platform; `climate-sim serve` upgrades it."
)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables to a version, in the transaction of the connection."""
    _refuse_foreign(connection)
    _refuse_newer(connection)
    command.upgrade(_configuration(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    """Bring the tables back to an older version."""
    command.downgrade(_configuration(connection), to)


def check(connection: Connection) -> None:
    """Make sure that the tables are of this version.

    Raises
    ------
    DatabaseUnusable
        If they are not.
    """
    _refuse_foreign(connection)
    _refuse_newer(connection)
    if version(connection) != _scripts().get_current_head():
        raise DatabaseUnusable(OLDER)


def version(connection: Connection) -> str | None:
    """Version of the tables; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def _configuration(connection: Connection) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    return configuration


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _refuse_foreign(connection: Connection) -> None:
    tables = set(inspect(connection).get_table_names())
    if tables and not {VERSION_TABLE, "data_files"} <= tables and tables != {VERSION_TABLE}:
        raise DatabaseUnusable(FOREIGN)


def _refuse_newer(connection: Connection) -> None:
    current = version(connection)
    known = {script.revision for script in _scripts().walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseUnusable(NEWER)
