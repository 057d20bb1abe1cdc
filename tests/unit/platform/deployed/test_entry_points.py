"""The containers' entry points: `--check`, and what they say when something is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment import MODULES
from tests.reference import ROOT

SERVICES = {kind: MODULES[kind] for kind in ("web", "dispatcher", "worker", "migrate")}


def run(module: str, folder: Path, *options: str, **environment: str) -> tuple[int, str]:
    """Exit code of a service and what it told."""
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_check_needs_no_setting_and_leaves_nothing(service: str, tmp_path: Path) -> None:
    code, told = run(SERVICES[service], tmp_path, "--check")
    assert (code, told) == (0, "")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_check_finds_a_setting_that_is_malformed(service: str, tmp_path: Path) -> None:
    code, told = run(SERVICES[service], tmp_path, "--check", BROKER_PORT="door")
    assert code == 2
    assert "BROKER_PORT must be a whole number from 1 to 65535." in told
    assert "Traceback" not in told


@pytest.mark.parametrize("service", ["web", "dispatcher", "worker"])
def test_a_service_without_broker_ends_with_a_sentence(service: str, tmp_path: Path) -> None:
    code, told = run(SERVICES[service], tmp_path, SECRET_KEY="k" * 32, INSTANCE=str(tmp_path))
    assert code == 2
    assert told.strip().endswith("BROKER_HOST must be set.")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_there_is_no_other_option(service: str, tmp_path: Path) -> None:
    code, told = run(SERVICES[service], tmp_path, "--chekc")
    assert code == 2
    assert "There is no option --chekc; there is --check." in told


def test_pages_need_a_secret_key(tmp_path: Path) -> None:
    code, told = run(SERVICES["web"], tmp_path, BROKER_HOST="nowhere.invalid")
    assert code == 2
    assert "SECRET_KEY" in told


def test_an_instance_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = tmp_path / "instance"
    file.touch()
    code, told = run(SERVICES["migrate"], tmp_path, INSTANCE=str(file))
    assert code == 2
    assert f"{file} is a file, not a folder for the instance." in told
