"""What an operator gets wrong: each stops the start with a sentence that says what to do."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import stack_in
from tests.compose.docker import Stack

pytestmark = pytest.mark.usefixtures("images")


@pytest.fixture
def new_stack(tmp_path: Path) -> Iterator[Stack]:
    with stack_in(tmp_path) as made:
        made.make_secrets()
        yield made


@pytest.mark.parametrize("name", ["secret_key", "broker_password", "first_password"])
def test_a_missing_secret_stops_the_start(new_stack: Stack, name: str) -> None:
    (new_stack.secrets / name).unlink()
    done = new_stack.compose_tried("up", "--detach")
    assert done.returncode != 0
    assert str(new_stack.secrets / name) in done.stderr
    assert not [each for each in new_stack.containers() if each.state["Running"]]


def test_an_empty_password_of_the_broker_stops_it(new_stack: Stack) -> None:
    (new_stack.secrets / "broker_password").write_text("")
    done = new_stack.compose_tried("run", "--rm", "--no-deps", "message_broker")
    assert done.returncode == 2
    assert "The first line of /run/secrets/broker_password is empty" in done.stdout + done.stderr


def test_secrets_that_exist_are_kept(new_stack: Stack) -> None:
    before = {path.name: path.read_bytes() for path in new_stack.secrets.iterdir()}
    new_stack.make_secrets()
    assert {path.name: path.read_bytes() for path in new_stack.secrets.iterdir()} == before
    assert new_stack.secrets.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written_stops_the_start(new_stack: Stack) -> None:
    new_stack.instance.mkdir(mode=0o755)
    new_stack.settings["INSTANCE_DIR"] = str(new_stack.instance)
    if os.getuid() != 0:
        new_stack.settings["CSP_UID"] = str(os.getuid() + 1)
    done = new_stack.compose_tried("up", "--detach")
    assert done.returncode != 0
    assert "migrate" in done.stderr
    said = new_stack.logs("migrate")
    assert "The instance folder /instance cannot be written by user" in said
    assert "Traceback" not in said
    assert not [each for each in new_stack.containers() if each.state["Running"]]


def test_a_volume_of_docker_can_be_written_as_it_is(new_stack: Stack) -> None:
    new_stack.settings |= {"CSP_USERNAME": "geologist"}
    new_stack.compose("run", "--rm", "migrate")
    made = new_stack.compose(
        "run", "--rm", "--entrypoint", "climate-sim", "migrate", "user", "list"
    )
    assert "geologist" in made
