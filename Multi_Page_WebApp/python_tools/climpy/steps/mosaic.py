"""The engine `mosaic`: the program that finds which ocean cells cover each atmosphere cell."""

from pathlib import Path

from climpy.bc.ipsl.weights import polygons, shares
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.shares import RADIANS_PER_DEGREE, Shares
from climpy.errors import OutputRefused
from climpy.steps.defining import Tell
from climpy.steps.engines import processors, program, run_program

PROGRAM = "mosaic"
PACKAGES = "gfortran and cmake"

SECONDS = 1800.0
"""Longest time of the program; it takes one or two seconds for the usual grids."""


def find_shares(
    on: Planet,
    folder: Path,
    tell: Tell,
    *,
    executable: Path | None = None,
    seconds: float = SECONDS,
    radians_per_degree: float = RADIANS_PER_DEGREE,
) -> Shares:
    """Run the program on both grids.

    Parameters
    ----------
    folder : Path
        For its files; empty again afterwards.
    executable : Path, optional
        Another program than the installed one.

    Raises
    ------
    StepRefused
        If the program is not there, fails, takes too long, or writes nothing that makes sense.
    OutputRefused
        If the folder cannot be written.
    """
    command = executable or program(PROGRAM, PACKAGES)
    atmosphere = polygons.of_lmdz(on.atmosphere)
    ocean = polygons.of_ocean(on.ocean, on.cells)
    asked, answer = folder / "cells", folder / "shares"
    try:
        asked.write_bytes(
            shares.cells_as_bytes(atmosphere, ocean, radians_per_degree=radians_per_degree)
        )
        run_program(
            [command, asked, answer],
            name="The program mosaic",
            folder=folder,
            seconds=seconds,
            environment={"OMP_NUM_THREADS": str(processors())},
            progress=tell,
        )
        return shares.read_shares(answer, atmosphere, ocean)
    except OSError as trouble:
        raise OutputRefused(f"{folder} cannot be written: {trouble.strerror}.") from trouble
    finally:
        for file in (asked, answer):
            file.unlink(missing_ok=True)
