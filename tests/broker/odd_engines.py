"""The step of coupling weights with another program in place of its engine.

A script beside the instance is run instead, as long as there is one.
"""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from climate_simulation_platform import computing
from climate_simulation_platform.computing import Computed, Report, Work
from climpy.steps import mosaic, mosaix

SCRIPT = "engine.sh"
SECONDS = 5.0
"""Longest time of the script."""


def compute(work: Work, progress: Report) -> Computed:
    """Do the step as it is, but for the program."""
    script = work.folder.parents[4] / SCRIPT
    if script.exists():
        for engine in (mosaic, mosaix):
            engine.run_program = functools.partial(  # type: ignore[attr-defined]
                _another,
                engine.run_program,
                script,  # type: ignore[attr-defined]
            )
    return computing.compute(work, progress)


def _another(
    run: Callable[..., None], script: Path, command: Sequence[str | Path], **how: Any
) -> None:
    run(["/bin/sh", script, *command[-2:]], **{**how, "seconds": SECONDS})
