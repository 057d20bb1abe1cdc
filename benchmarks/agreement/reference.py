"""Where the reference results lie, and what is read of them."""

from pathlib import Path

import numpy as np

from climpy import io
from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.regrid import Target, regrid_file
from climpy.topography import Topography

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data"

WHOLE_CHAIN = "own heights"
OLD_HEIGHTS = "reference heights"
OLD_DEPTHS = "reference depths"


def present() -> bool:
    """Tell whether this machine has the reference data."""
    return (DATA / "reference" / "routing_60Ma").is_dir()


def field(file: str, variable: str, folder: str = "reference/routing_60Ma") -> AnyArray:
    """Values of a variable as they lie in the file, NaN where there is none."""
    return np.asarray(io.read(DATA / folder / file).variables[variable].values)


def old_heights() -> FloatArray:
    """Heights that the old routing ended with, rows from south to north [m]."""
    return np.ascontiguousarray(field("fix3_topo.nc", "topo"), dtype=np.float64)


def old_depths() -> FloatArray:
    """Depths of the old method on the ocean grid [m]."""
    return np.ascontiguousarray(field("bathy.nc", "Bathymetry"), dtype=np.float64)


def topography() -> Topography:
    """Give the 60 Ma topography, opened and regridded to one degree as a user's file is."""
    path = DATA / "topographies" / "palaeo_60Ma_1deg.nc"
    return regrid_file(path, Target(1.0, 1.0), "bilinear").topography
