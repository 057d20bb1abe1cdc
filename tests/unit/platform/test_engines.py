"""Which engines are found, and that the platform looks for what the science runs."""

import ctypes.util
import sys
from pathlib import Path

import pytest

from climate_simulation_platform import engines
from climate_simulation_platform.constants import STEPS, Worker
from climate_simulation_platform.embedded.worker import computed_here
from climpy.steps import mosaic

ENGINES = frozenset({Worker.MOSAIC, Worker.MOSAIX})


@pytest.fixture
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a Python with nothing beside it."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    monkeypatch.setattr(engines, "PACKAGE", "no_such_package_at_all")
    return tmp_path


@pytest.mark.usefixtures("nothing")
def test_nothing_is_found_where_nothing_is() -> None:
    assert engines.installed() == frozenset()


@pytest.mark.parametrize("place", ["", "elsewhere"])
def test_the_program_is_found_beside_python_and_on_the_path(nothing: Path, place: str) -> None:
    program = nothing / place / engines.PROGRAM
    program.parent.mkdir(exist_ok=True)
    program.touch(mode=0o644)
    assert engines.installed() == frozenset()
    program.chmod(0o755)
    assert engines.installed() == {Worker.MOSAIC}


@pytest.mark.usefixtures("nothing")
def test_the_package_is_found_where_mpi_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PACKAGE", "json")
    monkeypatch.setattr(ctypes.util, "find_library", {"mpi": "libmpi.so.40"}.get)
    assert engines.installed() == {Worker.MOSAIX}
    monkeypatch.setattr(ctypes.util, "find_library", {}.get)
    assert engines.installed() == frozenset()


def test_it_looks_for_what_the_step_runs() -> None:
    assert mosaic.PROGRAM == engines.PROGRAM
    assert set(engines.HOW_TO_INSTALL) == ENGINES == set(STEPS["calculate_weights"].workers)


def test_a_worker_of_serve_does_what_is_installed() -> None:
    without = computed_here(frozenset({Worker.PYTHON, Worker.PANEL}))
    assert "calculate_weights" not in without
    assert computed_here(frozenset({Worker.PYTHON, Worker.MOSAIX})) == (
        *without, "calculate_weights",
    )  # fmt: skip
