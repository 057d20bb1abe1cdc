"""climate-sim as a process of its own, and what a refusal must look like."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from climate_simulation_platform import cli

PROGRAM = Path(sys.executable).with_name("climate-sim")


def climate_sim(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False, **options
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a refusal."""
    assert done.returncode == cli.BAD_INPUT, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("climate-sim: ")
    assert "Traceback" not in lines[0]
    return lines[0]
