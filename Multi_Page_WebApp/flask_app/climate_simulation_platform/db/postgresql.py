"""What PostgreSQL needs to keep the same promises as a file of SQLite."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, Engine

from climate_simulation_platform.errors import DatabaseUnusable

DRIVER = "postgresql+psycopg"

STUCK_SECONDS = 60
"""A statement that lasts longer has no chance; a write transaction in which nothing happens for so
long is that of a machine that is gone."""

KEPT_CONNECTIONS = 5
MORE_CONNECTIONS = 5
"""Those that one process may open besides, while many threads ask at once."""

# What PostgreSQL would allow side by side, our rules must not: they read much and write what
# follows from it. Who waits for the lock has read nothing yet, and under READ COMMITTED each
# statement after it sees all that was committed before. Sent as one text, it is one journey.
_WRITE = (
    "BEGIN ISOLATION LEVEL READ COMMITTED;"
    f" SET LOCAL idle_in_transaction_session_timeout = '{STUCK_SECONDS}s';"
    " SELECT pg_advisory_xact_lock(43829)"
)
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

NOT_UNICODE = (
    "The database is not kept in UTF-8; make another one with ENCODING 'UTF8' TEMPLATE template0."
)


def with_driver(url: URL) -> URL:
    """The address, with our driver where it names none."""
    return url.set(drivername=DRIVER) if url.drivername == "postgresql" else url


def options(url: URL, patience: float) -> dict[str, Any]:
    """How connections are opened and kept; what the address itself says comes first.

    To open one takes 5 to 10 ms, so a few are kept; each is asked whether it still lives before it
    is used, since the server may have been started anew.
    """
    return {
        "pool_size": KEPT_CONNECTIONS,
        "max_overflow": MORE_CONNECTIONS,
        "pool_timeout": patience,
        "pool_use_lifo": True,
        "pool_pre_ping": True,
        "use_native_hstore": False,
        "connect_args": _of_connection(url, patience),
    }


def prepare(engine: Engine) -> None:
    """Leave transactions to us, as with SQLite."""
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


def be_patient(connection: Connection) -> None:
    """Let a migration take its time."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def check(connection: Connection) -> None:
    """Make sure that the database takes every character.

    Raises
    ------
    DatabaseUnusable
        If it does not.
    """
    if connection.exec_driver_sql("SHOW server_encoding").scalar() != "UTF8":
        raise DatabaseUnusable(NOT_UNICODE)


def _of_connection(url: URL, patience: float) -> dict[str, Any]:
    lock_ms = max(1, round(1000 * patience))
    ours = f"-c lock_timeout={lock_ms} -c statement_timeout={STUCK_SECONDS}s"
    defaults = {
        "connect_timeout": max(2, round(patience)),
        "fallback_application_name": "climate-simulation-platform",
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 1000 * STUCK_SECONDS,
    }
    said = {name: value for name, value in defaults.items() if name not in url.query}
    return said | {"options": f"{ours} {url.query.get('options', '')}".strip()}


def _prepare(connection: Any, _record: Any) -> None:
    connection.autocommit = True


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    # without parameters, or the server would take only one statement at a time
    connection.exec_driver_sql(
        _WRITE if writes else _READ, execution_options={"no_parameters": True}
    )
