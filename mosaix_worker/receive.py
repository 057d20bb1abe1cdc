"""The process of a worker of the engine mosaix. Run as `python -m mosaix_worker.receive`."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.deployed import worker
from climate_simulation_platform.errors import ServiceUnusable
from climpy.steps.mosaix import environment


def require_library() -> None:
    """Make sure that YAC and the MPI that it needs can be loaded, in a process of their own.

    Raises
    ------
    ServiceUnusable
        If not; the sentence says what to install.
    """
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(
            [sys.executable, "-P", "-c", "import yac.core"],
            env={**os.environ, **environment(Path(folder))},
            capture_output=True,
            text=True,
            check=False,
        )
    if tried.returncode:
        last = tried.stderr.strip().splitlines()[-1:] or [f"code {tried.returncode}"]
        raise ServiceUnusable(
            "The library YAC cannot be loaded here; install libopenmpi3 and the Python package yac "
            f"({last[0][:300]})."
        )


def main() -> None:
    """Be such a process."""
    worker.run(Worker.MOSAIX, require=require_library)


if __name__ == "__main__":
    main()
