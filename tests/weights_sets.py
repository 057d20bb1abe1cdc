"""Archives of coupling weights on small grids, made without an engine."""

import json
from pathlib import Path

import numpy as np

from climpy.bc.ipsl.weights import oasis
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.oasis import Purpose
from climpy.steps.archives import Archive, write_archive

AIR = (5, 8)
"""Rows from north to south, and columns, of the atmosphere."""

SEA = (4, 8)
"""Rows from south to north, and columns, of the ocean."""

FOLDER = "CPL/IPSLCM5A2/PALEORCA2.testxLMD87"


def small_set(
    path: Path,
    scratch: Path,
    *,
    engine: str = "mosaic",
    less: float = 0.0,
    south_first: bool = False,
) -> Path:
    """An archive of a planet whose first columns are land.

    Parameters
    ----------
    less : float
        Taken off the ocean fraction of one cell.
    south_first : bool
        The rows of the atmosphere begin in the south.
    """
    scratch.mkdir()
    air, fraction = atmosphere(less)
    if south_first:
        air, fraction = _turned(air), fraction[::-1]
    ocean = _ocean()
    files = {
        "grids": oasis.grids_file((air, ocean)),
        "masks": oasis.masks_file((air, ocean)),
        "areas": oasis.areas_file((air, ocean)),
    }
    for purpose, links in links_of(fraction, ocean, air).items():
        ends = (ocean, air) if purpose is Purpose.MEAN else (air, ocean)
        shares = (np.ones(SEA), fraction) if purpose is Purpose.MEAN else (fraction, np.ones(SEA))
        attributes = {oasis.PURPOSE: purpose.value}
        files[f"rmp_{purpose.value}"] = oasis.remapping_file(links, *ends, attributes, shares)
    report = {"engine": engine, "links": {"rivers": 15}, "sea_points": 24}
    content = {f"{FOLDER}/{name}.nc": file for name, file in files.items()}
    archive = Archive({**content, "report.json": json.dumps(report)})
    write_archive(path, archive, {"history": "made for a test"}, scratch)
    return path


def atmosphere(less: float = 0.0) -> tuple[CoupledGrid, np.ndarray]:
    """The grid, and the ocean fraction of its cells."""
    latitudes, longitudes = np.meshgrid(
        90.0 - 45.0 * np.arange(AIR[0]), -180.0 + 45.0 * np.arange(AIR[1]), indexing="ij"
    )
    fraction = np.ones(AIR)
    fraction[:, :2] = 0.0
    fraction[:, 2] = 0.5
    fraction[2, 5] -= less
    area = np.full(AIR, 2.0)
    return CoupledGrid("tlmd", latitudes, longitudes, fraction <= 0.0, area), fraction


def links_of(fraction: np.ndarray, ocean: CoupledGrid, air: CoupledGrid) -> dict[Purpose, Links]:
    """Links between cells of one column; rivers of land end in the third one."""
    flat = np.arange(fraction.size).reshape(AIR)
    columns = flat % AIR[1]
    rows = np.abs(air.latitudes[..., None] - ocean.latitudes[:, 0]).argmin(axis=-1)
    below = rows * SEA[1] + columns
    wet, dry = fraction > 0.0, fraction < 1.0
    ends = rows * SEA[1] + 2
    one = np.ones(fraction.size)
    return {
        Purpose.MEAN: Links.of(below[wet], flat[wet], one[: wet.sum()], SEA, AIR),
        Purpose.FLUX: Links.of(flat[wet], below[wet], one[: wet.sum()], AIR, SEA),
        Purpose.RIVERS: Links.of(flat[dry], ends[dry], one[: dry.sum()] / 3.0, AIR, SEA),
    }


def _ocean() -> CoupledGrid:
    latitudes, longitudes = np.meshgrid(
        -67.5 + 45.0 * np.arange(SEA[0]), -180.0 + 45.0 * np.arange(SEA[1]), indexing="ij"
    )
    return CoupledGrid("torc", latitudes, longitudes, longitudes < -90.0, np.full(SEA, 3.0))


def _turned(grid: CoupledGrid) -> CoupledGrid:
    rows = slice(None, None, -1)
    return CoupledGrid(
        grid.name, grid.latitudes[rows], grid.longitudes[rows], grid.masked[rows], grid.area[rows]
    )
