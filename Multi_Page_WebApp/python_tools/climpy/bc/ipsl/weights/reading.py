"""A set of weights as its files have it, whichever engine made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from climpy.arrays import FloatArray, LongArray
from climpy.bc.ipsl.weights.oasis import PURPOSE, Purpose, Remapping, read_remapping
from climpy.errors import InputRefused


@dataclass(frozen=True, eq=False)
class OceanFraction:
    """Where the atmosphere has ocean below.

    Parameters
    ----------
    latitudes, longitudes : (rows,), (columns,) float64
        Centres of its cells [degrees], north row first.
    share : (rows, columns) float64
        0 land, 1 ocean.
    """

    latitudes: FloatArray
    longitudes: FloatArray
    share: FloatArray


@dataclass(frozen=True, eq=False)
class Rivers:
    """Where most of the water of each atmosphere cell goes.

    Parameters
    ----------
    source, target : (n,) int64
        Places of the cells in their grids; in that of the atmosphere the north row is first.
    source_places, target_places : (n, 2) float64
        Their latitudes and longitudes [degrees].
    """

    source: LongArray
    target: LongArray
    source_places: FloatArray
    target_places: FloatArray


def remappings(folder: Path) -> Mapping[Purpose, Remapping]:
    """The first remapping of each purpose.

    Raises
    ------
    InputRefused
        If one cannot be read.
    """
    found: dict[Purpose, Remapping] = {}
    for path in sorted(folder.rglob("rmp_*.nc")):
        remapping = read_remapping(path)
        found.setdefault(Purpose(str(remapping.attributes.get(PURPOSE, Purpose.MEAN))), remapping)
    return found


def ocean_fraction(known: Mapping[Purpose, Remapping]) -> OceanFraction:
    """Share of ocean of each atmosphere cell.

    Raises
    ------
    InputRefused
        If the set has no mean over the ocean.
    """
    remapping = _of(known, Purpose.MEAN)
    shape = remapping.links.target_shape
    latitudes, longitudes, share = (
        np.asarray(remapping.values[f"dst_grid_{name}"], dtype=np.float64).reshape(shape)
        for name in ("center_lat", "center_lon", "frac")
    )
    if latitudes[0, 0] < latitudes[-1, 0]:
        latitudes, share = latitudes[::-1], share[::-1]
    return OceanFraction(latitudes[:, 0], longitudes[shape[0] // 2], share)


def rivers(known: Mapping[Purpose, Remapping]) -> Rivers:
    """The largest link of each cell that sends water.

    Raises
    ------
    InputRefused
        If the set has no rivers.
    """
    remapping = _of(known, Purpose.RIVERS)
    links, values = remapping.links, remapping.values
    amount = links.weight * values["dst_grid_area"][links.target]
    order = np.lexsort((links.target, -amount, links.source))
    _, first = np.unique(links.source[order], return_index=True)
    chosen = order[first]
    source, target = links.source[chosen], links.target[chosen]
    latitudes = values["src_grid_center_lat"]
    rows, columns = links.source_shape
    row, column = np.divmod(source, columns)
    if latitudes[0] < latitudes[-1]:
        row = rows - 1 - row
    return Rivers(
        row * columns + column,
        target,
        _places(values, "src", source),
        _places(values, "dst", target),
    )


def _of(known: Mapping[Purpose, Remapping], purpose: Purpose) -> Remapping:
    if purpose not in known:
        raise InputRefused(f"The set has no remapping for the purpose {purpose}.")
    return known[purpose]


def _places(values: Mapping[str, FloatArray], side: str, cells: LongArray) -> FloatArray:
    return np.stack([values[f"{side}_grid_center_{axis}"][cells] for axis in ("lat", "lon")], -1)
