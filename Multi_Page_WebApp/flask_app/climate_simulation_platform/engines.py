"""Which engines of coupling weights are installed beside the Python that runs."""

import ctypes.util
import importlib.util
import os
import shutil
import sys
from pathlib import Path

from climate_simulation_platform.constants import Worker

PROGRAM, PACKAGE, LIBRARY = "mosaic", "yac", "mpi"
"""What the engines `mosaic` and `mosaix` are: a program of ours, a Python package and its MPI."""

HOW_TO_INSTALL = {
    Worker.MOSAIC: "install gfortran and cmake and set the platform up again (make setup)",
    Worker.MOSAIX: "install libopenmpi3 and the Python package yac",
}
"""What to do for an engine that is not there."""


def installed() -> frozenset[Worker]:
    """Engines that run here."""
    beside = Path(sys.executable).parent / PROGRAM
    there = {
        Worker.MOSAIC: os.access(beside, os.X_OK) or shutil.which(PROGRAM) is not None,
        Worker.MOSAIX: importlib.util.find_spec(PACKAGE) is not None
        and ctypes.util.find_library(LIBRARY) is not None,
    }
    return frozenset(worker for worker, found in there.items() if found)
