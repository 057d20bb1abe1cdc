"""A made-up Earth and one whole run of it, which the tests only read."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.program import climate_sim


@pytest.fixture(scope="session")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("earth") / "new folder" / "earth.nc"
    done = climate_sim("demo-topography", path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="session")
def whole_run(
    earth: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    out = tmp_path_factory.mktemp("run") / "out"
    done = climate_sim("run", earth, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    return out, done


@pytest.fixture(scope="session")
def out(whole_run: tuple[Path, Any]) -> Path:
    return whole_run[0]
