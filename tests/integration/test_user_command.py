"""`climate-sim user`, as a process on a real database."""

import json
import os
import pty
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from climate_simulation_platform.auth.accounts import sign_in
from climate_simulation_platform.db import Database, users
from tests.program import PROGRAM, climate_sim, refused

PASSWORD, OTHER = "seven bright basins", "nine quiet gyres"


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


def run(*arguments: str, instance: Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return climate_sim("user", *arguments, "--instance", instance, input=typed)


def can_sign_in(instance: Path, name: str, password: str) -> bool:
    database = Database(f"sqlite:///{instance / 'platform.db'}")
    return sign_in(database, name, password, "::1", now=datetime.now(UTC)) is not None


def test_an_account_is_made_listed_and_used(instance: Path, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\nmore\n")
    file = str(tmp_path / "password")
    added = run("add", "Ada", "--password-file", file, "--json", instance=instance)
    assert json.loads(added.stdout) == {"id": 1, "username": "Ada"}
    listed = json.loads(run("list", "--json", instance=instance).stdout)
    assert [user["username"] for user in listed["users"]] == ["Ada"]
    assert can_sign_in(instance, "ada", PASSWORD)


def test_the_setting_names_the_instance(instance: Path) -> None:
    environ = {**os.environ, "INSTANCE": str(instance)}
    arguments = ("user", "add", "ada", "--password-file", "-")
    assert climate_sim(*arguments, input=PASSWORD, env=environ).returncode == 0
    assert (instance / "platform.db").exists()


def test_a_new_password_signs_out_everywhere(instance: Path) -> None:
    run("add", "ada", "--password-file", "-", instance=instance, typed=PASSWORD)
    assert can_sign_in(instance, "ada", PASSWORD)
    done = run("password", "ADA", "--password-file", "-", "--json", instance=instance, typed=OTHER)
    assert json.loads(done.stdout) == {"username": "ada", "sessions_ended": 1}
    assert not can_sign_in(instance, "ada", PASSWORD)
    assert can_sign_in(instance, "ada", OTHER)


@pytest.mark.parametrize(
    ("arguments", "typed", "sentence"),
    [
        (("add", "ada", "--password-file", "-"), PASSWORD, "is taken"),
        (("add", "bob", "--password-file", "-"), "short", "at least 8"),
        (("add", "bob", "--password-file", "-"), "", "first line of the password file is empty"),
        (("add", "b b", "--password-file", "-"), PASSWORD, "user name"),
        (("add", "bob"), PASSWORD, "--password-file"),
        (("add", "bob", "--password-file", "/nowhere"), "", "/nowhere"),
        (("password", "bob", "--password-file", "-"), PASSWORD, "no user called bob"),
        (("password", "ada", "--password-file", "-"), "short", "at least 8"),
    ],
)
def test_refusals_are_sentences(
    instance: Path, arguments: tuple[str, ...], typed: str, sentence: str
) -> None:
    run("add", "ada", "--password-file", "-", instance=instance, typed=PASSWORD)
    assert sentence in refused(run(*arguments, instance=instance, typed=typed))
    with Database(f"sqlite:///{instance / 'platform.db'}").reading() as connection:
        assert [user.username for user in users.every(connection)] == ["ada"]


@pytest.mark.parametrize("command", [("list",), ("password", "ada")])
def test_only_add_makes_a_database(instance: Path, command: tuple[str, ...]) -> None:
    assert "cannot be opened" in refused(run(*command, instance=instance))
    assert not instance.exists()


def test_a_malformed_setting_is_a_sentence(instance: Path) -> None:
    environ = {**os.environ, "DATABASE_URL": "mysql://db"}
    done = climate_sim("user", "list", "--instance", instance, env=environ)
    assert "DATABASE_URL must begin with" in refused(done)


def type_passwords(instance: Path, *typed: str) -> tuple[int, str]:
    """Answer the questions on a terminal; exit code, and all that the terminal showed."""
    command = [PROGRAM, "user", "add", "ada", "--instance", instance]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], [str(part) for part in command])
    shown = b""
    answers = list(typed)
    while True:
        try:
            shown += os.read(terminal, 1024)
        except OSError:  # the other end has gone
            break
        if answers and shown.endswith((b"Password: ", b"confirmation: ")):
            os.write(terminal, answers.pop(0).encode() + b"\n")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_the_password_is_asked_for_twice_and_not_shown(instance: Path) -> None:
    code, shown = type_passwords(instance, PASSWORD, PASSWORD)
    assert code == 0, shown
    assert PASSWORD not in shown
    assert can_sign_in(instance, "ada", PASSWORD)


def test_a_mistyped_password_is_asked_for_again(instance: Path) -> None:
    code, shown = type_passwords(instance, PASSWORD, OTHER, OTHER, OTHER)
    assert code == 0, shown
    assert can_sign_in(instance, "ada", OTHER)
