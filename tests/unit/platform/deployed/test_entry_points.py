"""The containers' entry points: `--check`, and what they say when something is missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from climate_simulation_platform.errors import ServiceUnusable
from climpy.steps.engines import program
from mosaic_worker import receive as mosaic
from mosaix_worker import receive as mosaix
from tests.coupling import mosaic_program
from tests.deployment import IMPORTABLE, MODULES
from tests.yac import require_yac

SERVICES = {kind: MODULES[kind] for kind in ("web", "editors", "dispatcher", "worker", "migrate")}


def run(module: str, folder: Path, *options: str, **environment: str) -> tuple[int, str]:
    """Exit code of a service and what it told."""
    done = subprocess.run(
        [sys.executable, "-m", module, *options],
        cwd=folder,
        env={**IMPORTABLE, **environment},
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


@pytest.mark.parametrize("service", ["web", "editors"])
def test_pages_and_editors_need_a_secret_key(service: str, tmp_path: Path) -> None:
    code, told = run(SERVICES[service], tmp_path, BROKER_HOST="nowhere.invalid")
    assert code == 2
    assert "SECRET_KEY" in told


@pytest.mark.parametrize("kind", ["mosaic worker", "mosaix worker"])
def test_a_worker_of_weights_checks_that_its_engine_runs(kind: str, tmp_path: Path) -> None:
    require_yac() if kind.startswith("mosaix") else mosaic_program()
    assert run(MODULES[kind], tmp_path, "--check") == (0, "")
    assert [*tmp_path.iterdir()] == []


def test_a_program_that_does_not_run_ends_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "mosaic"
    broken.write_text("#!/bin/sh\necho 'libgfortran.so.5: cannot open' >&2\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setattr(mosaic, "program", lambda *_: broken)
    with pytest.raises(ServiceUnusable, match=r"does not run here: libgfortran\.so\.5"):
        mosaic.require_program()
    monkeypatch.setattr(mosaic, "program", lambda *_: program("surely-not-there", "gfortran"))
    with pytest.raises(ServiceUnusable, match="install gfortran"):
        mosaic.require_program()


def test_a_library_that_cannot_be_loaded_ends_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'ImportError: libmpi.so.40: cannot open' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(ServiceUnusable, match=r"install libopenmpi3 .* \(ImportError: libmpi"):
        mosaix.require_library()


def test_editors_do_not_begin_before_the_migrations(tmp_path: Path) -> None:
    code, told = run(SERVICES["editors"], tmp_path, SECRET_KEY="k" * 32, INSTANCE=str(tmp_path))
    assert code == 2
    assert "Traceback" not in told
    assert len(told.splitlines()) == 1


def test_an_instance_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    file = tmp_path / "instance"
    file.touch()
    code, told = run(SERVICES["migrate"], tmp_path, INSTANCE=str(file))
    assert code == 2
    assert f"{file} is a file, not a folder for the instance." in told
