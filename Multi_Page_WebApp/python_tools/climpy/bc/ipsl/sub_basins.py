"""The three oceans of the model: Atlantic, Pacific and Indian."""

from enum import IntEnum
from itertools import combinations
from typing import Literal

import numpy as np

from climpy._kernels.components import components
from climpy.arrays import AnyArray, BoolArray, CodeArray, FloatArray, IntArray
from climpy.bc.ipsl.coordinates import require_shape
from climpy.errors import InputRefused, StepRefused
from climpy.grids.ocean import OceanGrid
from climpy.io import ModelFile, Variable


class Basin(IntEnum):
    """Numbers of the basins in a painting; 0 is land."""

    ATLANTIC = 1
    PACIFIC = 2
    INDIAN = 3


MASK_NAMES = {Basin.ATLANTIC: "atlmsk", Basin.PACIFIC: "pacmsk", Basin.INDIAN: "indmsk"}
"""Name of each basin's mask in the file."""

_EASTWARD = (Basin.PACIFIC, Basin.ATLANTIC, Basin.INDIAN)
"""Order in which the basins follow one another from west to east."""

_BIN_DEGREES = 5
# At least 70 degrees between divides: else a narrow continent such as India before its collision
# would count as the eastern shore of an ocean.
_LEAST_WIDTH_BINS = 14
_SOUTH, _NORTH = -60.0, 40.0


def propose(
    depth: FloatArray, ocean: OceanGrid, *, method: Literal["thirds", "connected"] = "thirds"
) -> CodeArray:
    """Propose a basin for each ocean cell, (ny, nx) int8; land 0, copies equal originals.

    Parameters
    ----------
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where the depth is.
    method : {"thirds", "connected"}
        Thirds of the columns, or sectors between the three meridians that cross most land,
        after which a part that is cut off from its basin goes to the one it opens into.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid or the method is unknown.
    """
    require_shape(depth, ocean.shape, "ocean")
    wet = ocean.fill_copies(depth) > 0.0
    if method == "thirds":
        unique_columns = ocean.shape[1] - 2
        sector = np.clip((np.arange(unique_columns + 2) - 1) * 3 // unique_columns, 0, 2)
        return _painted(np.broadcast_to(sector, ocean.shape), wet, ocean)
    if method == "connected":
        return _joined_to_neighbours(_painted(_sectors(wet, ocean), wet, ocean), ocean)
    raise InputRefused(f"The method must be 'thirds' or 'connected', not {method!r}.")


def _painted(sector: AnyArray, wet: BoolArray, ocean: OceanGrid) -> CodeArray:
    basin = np.array(_EASTWARD, dtype=np.int8)[sector]
    return np.asarray(ocean.fill_copies(basin) * wet, dtype=np.int8)


def _sectors(wet: BoolArray, ocean: OceanGrid) -> IntArray:
    """Place of each cell's sector in `_EASTWARD`, (ny, nx); the widest ocean is the Pacific."""
    bins = 360 // _BIN_DEGREES
    bin_of_cell = np.floor((ocean.glamt % 360.0) / _BIN_DEGREES).astype(np.int32) % bins
    area = np.where(ocean.unique, ocean.e1t * ocean.e2t, 0.0)
    edges = _divides(wet, bin_of_cell, area, ocean)
    # The bin of a divide is split no further: it belongs to the sector that begins there.
    sector = (np.searchsorted(edges, bin_of_cell, side="right") - 1) % 3
    ocean_area = np.bincount(sector[wet], weights=area[wet], minlength=3)
    return np.asarray((sector - int(np.argmax(ocean_area))) % 3, dtype=np.int32)


def _divides(wet: BoolArray, bin_of_cell: IntArray, area: FloatArray, ocean: OceanGrid) -> AnyArray:
    """Bins of longitude (3,) that cross most land between 60 S and 40 N, 70 degrees apart."""
    bins = 360 // _BIN_DEGREES
    between = (ocean.gphit > _SOUTH) & (ocean.gphit < _NORTH)
    weight = np.where(between, area, 0.0).ravel()
    everywhere = np.bincount(bin_of_cell.ravel(), weights=weight, minlength=bins)
    land = np.bincount(bin_of_cell.ravel(), weights=weight * ~wet.ravel(), minlength=bins)
    share = land / np.maximum(everywhere, 1.0)
    smooth = (np.roll(share, 1) + 2.0 * share + np.roll(share, -1)) / 4.0
    triples = np.array(list(combinations(range(bins), 3)))
    gaps = np.diff(triples, axis=1, append=triples[:, :1] + bins)
    triples = triples[gaps.min(axis=1) >= _LEAST_WIDTH_BINS]
    return np.asarray(triples[np.argmax(np.round(smooth[triples].sum(axis=1), 9))])


def _joined_to_neighbours(basins: CodeArray, ocean: OceanGrid) -> CodeArray:
    """Give each part that is cut off from its basin's largest part to the basin it borders most.

    A sea without an outlet to another basin keeps the basin of its longitudes.
    """
    nodes = ocean.originals.astype(np.int32)
    for _ in range(3):
        labels = components(basins, nodes)
        size = np.bincount(labels[ocean.unique])
        basin_of = np.zeros(size.size, np.int8)
        basin_of[labels.ravel()] = basins.ravel()
        basin_of[0] = 0
        border = _borders(labels, basin_of)
        for basin in Basin:
            parts = np.flatnonzero(basin_of == basin)
            if parts.size:
                border[parts[np.argmax(size[parts])]] = 0
        changed = np.where(border.any(axis=1), np.argmax(border, axis=1), basin_of)
        if np.array_equal(changed, basin_of):
            break
        basins = changed.astype(np.int8)[labels]
    return basins


def _borders(labels: IntArray, basin_of: CodeArray) -> IntArray:
    """Count the cell sides that each part shares with each basin, (parts, 4)."""
    border = np.zeros((basin_of.size, 4), np.int32)
    sides = (
        (labels[:, :-1], labels[:, 1:]),
        (labels[:-1], labels[1:]),
    )
    for one, other in sides:
        touching = (one != other) & (one > 0) & (other > 0)
        np.add.at(border, (one[touching], basin_of[other[touching]]), 1)
        np.add.at(border, (other[touching], basin_of[one[touching]]), 1)
    return border


def to_file(basins: AnyArray, depth: FloatArray, ocean: OceanGrid) -> ModelFile:
    """Describe the file `sub_basins`: atlmsk, pacmsk, indmsk (y, x) int 0/1.

    Parameters
    ----------
    basins : (ny, nx) integers
        1 Atlantic, 2 Pacific, 3 Indian; what stands on land is ignored.
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where both are.

    Raises
    ------
    InputRefused
        If a shape is not that of the grid or a number is no basin's.
    StepRefused
        If ocean cells belong to no basin; the sentence counts them.
    """
    require_shape(basins, ocean.shape, "ocean")
    require_shape(depth, ocean.shape, "ocean")
    strange = sorted(set(np.unique(basins).tolist()) - {0, *Basin})
    if strange:
        raise InputRefused(
            f"A cell is painted {strange[0]:g}; paint 1 (Atlantic), 2 (Pacific) or 3 (Indian)."
        )
    wet = ocean.fill_copies(depth) > 0.0
    filled = ocean.fill_copies(basins)
    bare = int(np.count_nonzero(wet & ocean.unique & (filled == 0)))
    if bare:
        raise StepRefused(
            f"{bare} ocean {'cell belongs' if bare == 1 else 'cells belong'} to no basin; "
            "paint every ocean cell 1 (Atlantic), 2 (Pacific) or 3 (Indian)."
        )
    masks = {
        name: Variable(("y", "x"), ((filled == basin) & wet).astype(np.int32), _mask(basin), False)
        for basin, name in MASK_NAMES.items()
    }
    coordinates = {
        "navlat": _coordinate(ocean.gphit, "degrees_north", "Latitude"),
        "navlon": _coordinate(ocean.glamt, "degrees_east", "Longitude"),
    }
    return ModelFile({**coordinates, **masks})


def _mask(basin: Basin) -> dict[str, str | int]:
    return {
        "long_name": f"{basin.name.capitalize()} mask",
        "units": "1",
        "valid_min": 0,
        "valid_max": 1,
        "coordinates": "navlat navlon",
    }


def _coordinate(values: FloatArray, units: str, name: str) -> Variable:
    attributes = {"standard_name": name.lower(), "long_name": name, "units": units}
    return Variable(("y", "x"), values, attributes, real=False)
