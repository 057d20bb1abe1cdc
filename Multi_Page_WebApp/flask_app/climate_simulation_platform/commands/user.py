"""`user`: accounts, from the machine on which the platform runs."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from climate_simulation_platform.commands.console import Console, reporting
from climate_simulation_platform.commands.installation import installation, of_instance
from climate_simulation_platform.errors import RequestRefused

if TYPE_CHECKING:  # the database is opened by commands that need it, not by `--help`
    pass

Command = TypeVar("Command", bound=Any)

LONGEST_FILE = 4096
"""Bytes read of a password file, so that a wrong one is refused quickly."""


def _with_password(command: Command) -> Command:
    option = click.option(
        "--password-file",
        type=click.File("rb"),
        help="Take the password from the first line of a file, `-`: of standard input.",
    )
    return option(command)


@click.group(
    short_help="Add and list users, set passwords.",
    epilog="""\b
Examples:
  climate-sim user add ada
  climate-sim user add ada --password-file ada.txt
  climate-sim user list

Reads and writes the database of the instance.""",
)
def user() -> None:
    """Look after the accounts of the platform on this machine."""


@user.command(
    short_help="Make an account.",
    epilog="""\b
Example:
  climate-sim user add ada --password-file -

The password is asked for twice, without being shown.""",
)
@click.argument("name")
@_with_password
@of_instance
@reporting
def add(console: Console, name: str, password_file: Any, instance: Path | None) -> None:
    """Make an account called NAME; the database is made if there is none yet."""
    from climate_simulation_platform.auth.accounts import add_user

    database = installation(instance).database
    database.migrate()
    added = add_user(database, name, _password(password_file), now=datetime.now(UTC))
    console.result({"id": added.id, "username": added.username}, [f"Added {added.username}."])


@user.command(
    "list",
    short_help="List the accounts.",
    epilog="""\b
Example:
  climate-sim user list --json""",
)
@of_instance
@reporting
def list_users(console: Console, instance: Path | None) -> None:
    """List the accounts by name."""
    from climate_simulation_platform.db import users

    database = installation(instance).database
    database.check()
    with database.reading() as connection:
        known = users.every(connection)
    console.result(
        {"users": [{"username": u.username, "created": u.created.isoformat()} for u in known]},
        [f"{u.created:%Y-%m-%d}  {u.username}" for u in known] or ["There are no users yet."],
    )


@user.command(
    short_help="Set a password anew.",
    epilog="""\b
Example:
  climate-sim user password ada

Who is signed in under that name is signed out everywhere.""",
)
@click.argument("name")
@_with_password
@of_instance
@reporting
def password(console: Console, name: str, password_file: Any, instance: Path | None) -> None:
    """Give the account NAME another password."""
    from climate_simulation_platform.auth.passwords import hashed, password_complaint
    from climate_simulation_platform.db import sessions, users

    database = installation(instance).database
    database.check()
    with database.reading() as connection:
        known = users.by_name(connection, name)
    if known is None:
        raise RequestRefused(f"There is no user called {name}; `climate-sim user list` names all.")
    chosen = _password(password_file)
    complaint = password_complaint(chosen, known.username)
    if complaint:
        raise RequestRefused(complaint)
    kept = hashed(chosen)
    with database.writing() as connection:
        users.set_password_hash(connection, known.id, kept)
        ended = sessions.end_all(connection, known.id)
    console.result(
        {"username": known.username, "sessions_ended": ended},
        [f"Changed the password of {known.username}."],
    )


def _password(file: Any) -> str:
    """What a file says on its first line, or what somebody types twice.

    Raises
    ------
    RequestRefused
        If there is neither a file nor somebody to ask, or the file holds no text.
    """
    if file is None:
        if not sys.stdin.isatty():
            raise RequestRefused("Nobody is there to type a password; give --password-file.")
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    try:
        lines = file.read(LONGEST_FILE).decode("utf-8").splitlines()
    except UnicodeDecodeError as binary:
        raise RequestRefused("The password file is not text.") from binary
    if not lines or not lines[0]:
        raise RequestRefused("The first line of the password file is empty.")
    return str(lines[0])
