"""The process of a worker of the engine mosaic. Run as `python -m mosaic_worker.receive`."""

import subprocess

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.deployed import worker
from climate_simulation_platform.errors import ServiceUnusable
from climpy.errors import StepRefused
from climpy.steps.engines import program
from climpy.steps.mosaic import PACKAGES, PROGRAM

USAGE = "Usage: mosaic CELLS SHARES"
"""What the program says where it is given nothing to do."""


def require_program() -> None:
    """Make sure that the program is there and runs.

    Raises
    ------
    ServiceUnusable
        If not; the sentence says what to install.
    """
    try:
        called = [program(PROGRAM, PACKAGES)]
        said = subprocess.run(called, capture_output=True, text=True, check=False).stderr  # noqa: S603
    except (StepRefused, OSError) as missing:
        raise ServiceUnusable(str(missing)) from missing
    if said.strip() != USAGE:
        raise ServiceUnusable(f"The program mosaic does not run here: {said.strip()[-300:]}")


def main() -> None:
    """Be such a process."""
    worker.run(Worker.MOSAIC, require=require_program)


if __name__ == "__main__":
    main()
