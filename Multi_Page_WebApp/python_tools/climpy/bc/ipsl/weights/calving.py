"""Where icebergs melt: each row of the atmosphere spreads over a band of the ocean."""

import numpy as np

from climpy.arrays import BoolArray
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.links import Links
from climpy.errors import StepRefused

BANDS = ((-90.0, -55.0), (-55.0, 40.0), (40.0, 90.0))
"""Latitudes of the bands, south and north [degrees]; the northern limit belongs to them."""


def icebergs(on: Planet, without: BoolArray | None = None) -> Links:
    """From ice per area of a row [kg/s/m2] to water per area of ocean [kg/s/m2].

    One source per row, at its first column; the weight is the area of the row over that of the
    ocean in its band. Copies of ocean cells get what their originals get, and do not count as area.

    Parameters
    ----------
    without : (ny, nx) bool, optional
        Ocean cells that get none.

    Raises
    ------
    StepRefused
        If a band has no ocean; the sentence names it.
    """
    rows = on.atmosphere.latitudes
    row_area = on.atmosphere_area.sum(axis=1)
    open_sea = on.sea if without is None else on.sea & ~without
    source, target, weight = [], [], []
    for south, north in BANDS:
        inside = np.flatnonzero(open_sea & (on.ocean.gphit > south) & (on.ocean.gphit <= north))
        if not inside.size:
            raise StepRefused(
                f"There is no ocean between {south:g} and {north:g} degrees of latitude; the ice "
                "of these latitudes has nowhere to melt. Look at the bathymetry and the basins."
            )
        area = float(on.ocean_area.reshape(-1)[inside].sum())
        first = south if south > -90.0 else -np.inf  # the row at 90 S too
        senders = np.flatnonzero((rows > first) & (rows <= north))
        source.append(np.repeat(senders * on.atmosphere.columns, inside.size))
        target.append(np.tile(inside, senders.size))
        weight.append(np.repeat(row_area[senders] / area, inside.size))
    links = Links.of(
        np.concatenate(source),
        np.concatenate(target),
        np.concatenate(weight),
        on.atmosphere.shape,
        on.ocean.shape,
    )
    return links.copied_to(on.ocean.originals)
