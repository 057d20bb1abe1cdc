"""Where icebergs melt in the set of the engine `mosaix`: three totals, each over a band."""

import numpy as np

from climpy.arrays import BoolArray, FloatArray, LongArray
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.links import Links
from climpy.errors import StepRefused

NORTH, SOUTH = 40.0, -50.0
"""Latitudes between the bands [degrees]; both belong to the polar ones."""

_NAMES = (
    f"north of {NORTH:g} degrees",
    f"between {SOUTH:g} and {NORTH:g} degrees of latitude",
    f"south of {SOUTH:g} degrees",
)


def band_of(latitudes: FloatArray) -> LongArray:
    """Number of the band at each latitude, from 0 in the north."""
    return np.where(latitudes >= NORTH, 0, np.where(latitudes > SOUTH, 1, 2)).astype(np.int64)


def senders(shape: tuple[int, int]) -> LongArray:
    """Cells of the atmosphere that hold the totals, from the north: first, middle and last."""
    size = shape[0] * shape[1]
    return np.array([0, size // 2 - 1, size - 1])


def icebergs(on: Planet, without: BoolArray | None = None) -> Links:
    """From ice of a band [kg/s] to water per area of ocean [kg/s/m2].

    Parameters
    ----------
    without : (ny, nx) bool, optional
        Ocean cells that get none.

    Raises
    ------
    StepRefused
        If a band has no ocean; the sentence names it.
    """
    open_sea = on.sea if without is None else on.sea & ~without
    target = np.flatnonzero(open_sea)
    band = band_of(on.ocean.gphit.reshape(-1)[target])
    area = np.bincount(band, on.ocean_area.reshape(-1)[target], 3)
    if (area == 0.0).any():
        raise StepRefused(
            f"There is no ocean {_NAMES[int(np.argmax(area == 0.0))]}; the ice of these latitudes "
            "has nowhere to melt. Look at the bathymetry and the basins."
        )
    return Links.of(
        senders(on.atmosphere.shape)[band],
        target,
        1.0 / area[band],
        on.atmosphere.shape,
        on.ocean.shape,
    )
