"""The two files through which the program `mosaic` is asked and answers."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from climpy.arrays import FloatArray, LongArray
from climpy.bc.ipsl.weights.polygons import Polygons
from climpy.errors import StepRefused

MARK = b"MOSAIC 1"

LEAST_SHARE = 1e-10
"""Shares of a cell that are no larger are dropped."""

RADIANS_PER_DEGREE = float(np.pi / 180.0)


@dataclass(frozen=True, eq=False)
class Shares:
    """Which share of an atmosphere cell an ocean cell covers.

    Parameters
    ----------
    atmosphere, ocean : (n,) int64
        Flat indices in their grids; each pole of the atmosphere at its first column.
    share : (n,) float64
        Area in common over the area of the atmosphere cell.
    """

    atmosphere: LongArray
    ocean: LongArray
    share: FloatArray


def cells_as_bytes(
    atmosphere: Polygons,
    ocean: Polygons,
    *,
    least_share: float = LEAST_SHARE,
    radians_per_degree: float = RADIANS_PER_DEGREE,
) -> bytes:
    """What the program reads: the polygons of both grids."""
    head = MARK + struct.pack("=dd", least_share, radians_per_degree)
    return b"".join([head, *_parts(atmosphere), *_parts(ocean)])


def _parts(cells: Polygons) -> list[bytes]:
    number, most = cells.latitudes.shape
    arrays = (
        cells.latitudes,
        cells.longitudes,
        cells.centre_latitudes,
        cells.centre_longitudes,
    )
    return [
        struct.pack("=ii", number, most),
        cells.corners.astype(np.int32).tobytes(),
        *(np.ascontiguousarray(values, dtype=np.float64).tobytes() for values in arrays),
    ]


def read_shares(path: Path, atmosphere: Polygons, ocean: Polygons) -> Shares:
    """What the program answered.

    Raises
    ------
    StepRefused
        If the file is not there, cut off, or not about these cells.
    """
    try:
        content = path.read_bytes()
    except OSError as trouble:
        raise StepRefused("The program mosaic wrote no shares.") from trouble
    number = atmosphere.corners.size
    head = len(MARK) + 8
    if len(content) < head or not content.startswith(MARK):
        raise StepRefused("The program mosaic did not write shares of cells.")
    cells, links = struct.unpack("=ii", content[len(MARK) : head])
    if cells != number or links < 0 or len(content) != head + 4 * number + 12 * links:
        raise StepRefused("The shares that the program mosaic wrote are cut off or damaged.")
    per_cell = np.frombuffer(content, np.int32, number, head)
    there = np.frombuffer(content, np.int32, links, head + 4 * number)
    share = np.frombuffer(content, np.float64, links, head + 4 * (number + links))
    whole = bool((per_cell >= 0).all()) and int(per_cell.sum()) == links
    if not whole or (links and not 1 <= there.min() <= there.max() <= ocean.corners.size):
        raise StepRefused("The shares that the program mosaic wrote are not about these cells.")
    if not np.isfinite(share).all() or (links and share.min() < 0.0):
        raise StepRefused("The shares that the program mosaic wrote are no shares.")
    return Shares(
        np.repeat(atmosphere.addresses, per_cell), ocean.addresses[there - 1], share.copy()
    )
