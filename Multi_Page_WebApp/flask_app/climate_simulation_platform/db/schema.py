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
    "The database was made by an older version of the platform; `climate-sim serve`, or the "
    "container `migrate`, upgrades it."
)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the tables to a version, in the transaction of the connection."""
    _refuse_foreign(connection)
    if _is_newer(connection):
        raise DatabaseUnusable(NEWER)
    command.upgrade(_configuration(connection), to)


def downgrade(connection: Connection, to: str) -> None:
    """Bring the tables back to an older version."""
    command.downgrade(_configuration(connection), to)


def check(connection: Connection, *, newer_is_fine: bool = False) -> None:
    """Make sure that the tables are of this version, or of a newer one where that will do.

    Raises
    ------
    DatabaseUnusable
        If they are not.
    """
    _refuse_foreign(connection)
    if _is_newer(connection):
        if newer_is_fine:
            return
        raise DatabaseUnusable(NEWER)
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


def _is_newer(connection: Connection) -> bool:
    """Whether a version that this one does not know has made the tables."""
    current = version(connection)
    known = {script.revision for script in _scripts().walk_revisions()}
    return current is not None and current not in known
