"""A PostgreSQL server of the tests' own, and a database of it for each folder of a test."""

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest

from climate_simulation_platform.db import Database
from tests.waiting import wait_for

DEBIAN = Path("/usr/lib/postgresql")

FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=32MB",
    "max_connections=60",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "lc_messages=C",
)

# Its input ends with the test run, however that ends.
AS_LONG_AS_WE_LIVE = '"$@" & read -r _; kill -INT $!; wait $!'

OWNER = "tests"

# Databases of tests have no password, which saves 5 ms for each connection; roles do.
ACCESS = f"""
host all {OWNER} 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
"""


def programs() -> Path:
    """Folder of the server's programs; without them the test is skipped, in CI it fails."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    for folder in reversed(folders):
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    if os.environ.get("CI") == "true":
        pytest.fail("PostgreSQL is missing (Debian: postgresql)")
    pytest.skip("PostgreSQL is not installed (Debian: postgresql)")


def _somebody() -> dict[str, Any]:
    """Whom the server runs as: it refuses root."""
    if os.geteuid():
        return {}
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


class Cluster:
    """A server with its data in a temporary folder.

    Parameters
    ----------
    folder : Path
        An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = programs()
        self._somebody = _somebody()
        self._process: subprocess.Popen[bytes] | None = None
        if self._somebody:
            shutil.chown(folder, self._somebody["user"])
        self._run(
            "initdb", f"--username={OWNER}", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"
        )
        (self._data / "pg_hba.conf").write_text(ACCESS)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *options: str) -> None:
        command = [self._programs / program, "-D", self._data, *options]
        done = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, **self._somebody
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = [word for setting in FAST for word in ("-c", setting)]
        server = [self._programs / "postgres", "-D", self._data, "-p", str(self.port), *settings]
        log = self.folder / "log"
        with log.open("ab") as written:
            self._process = subprocess.Popen(
                ["sh", "-c", AS_LONG_AS_WE_LIVE, "sh", *server],
                cwd="/",
                stdin=subprocess.PIPE,
                stdout=written,
                stderr=written,
                start_new_session=True,
                **self._somebody,
            )
        try:
            wait_for(self._answers, "PostgreSQL answers")
        except AssertionError as trouble:
            raise AssertionError(log.read_text()) from trouble

    def stop(self) -> None:
        """End it at once, with every connection to it."""
        if self._process is not None:
            self._process.communicate(timeout=60)
            self._process = None

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def address(self, database: str, user: str = OWNER) -> str:
        """URL of a database."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def do(self, *statements: str, database: str = "postgres") -> None:
        """What an administrator does."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def create(self, *, template: str = "template0", options: str = "") -> str:
        """Name of a new database."""
        name = f"of_a_test_{uuid.uuid4().hex}"
        self.do(f"CREATE DATABASE {name} TEMPLATE {template} {options}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        self.do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    @contextmanager
    def tablespace(self, name: str, folder: Path) -> Iterator[None]:
        """Let databases lie in another folder."""
        folder.mkdir()
        if self._somebody:
            shutil.chown(folder, self._somebody["user"])
        self.do(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
        yield
        self.do(f"DROP TABLESPACE {name}")

    @cached_property
    def migrated(self) -> str:
        """Name of a database with our tables, from which others are made."""
        name = self.create()
        database = Database(self.address(name))
        database.migrate()
        del database  # nobody may be connected to a template
        return name


@contextmanager
def running() -> Iterator[Cluster]:
    """A server, until the end."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        cluster = Cluster(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder)


_cluster: Cluster | None = None
_names: dict[Path, str] = {}


@contextmanager
def in_use(cluster: Cluster) -> Iterator[None]:
    """Have the databases of the test on that server instead of in SQLite files."""
    global _cluster
    _cluster = cluster
    try:
        yield
    finally:
        _cluster = None
        for folder in tuple(_names):
            cluster.drop(_names.pop(folder))


def address(folder: Path, *, migrated: bool = False) -> str:
    """URL of the database that belongs to a folder of the test, always the same one.

    Parameters
    ----------
    migrated : bool
        Where one has to be made on a server, make it with our tables in it.
    """
    if _cluster is None:
        return f"sqlite:///{folder / 'platform.db'}"
    if folder not in _names:
        _names[folder] = _cluster.create(template=_cluster.migrated if migrated else "template0")
    return _cluster.address(_names[folder])


def forget(folder: Path) -> None:
    """Remove the database of a folder before the test ends."""
    if _cluster is not None and folder in _names:
        _cluster.drop(_names.pop(folder))
