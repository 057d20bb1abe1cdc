"""What a map on a page needs of a stored file; these functions run in the sandbox.

All give bytes in the layout of `climpy.fields.packed`, so that a page's server never handles what
came out of somebody's file. They import climpy when called: the server of the pages does not.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_BYTES = 2**27
"""Largest geometry that is given."""

CELLS_AT_ONCE = 2**22
"""Cells that are held while the statistics of a field are counted."""

Range = tuple[int, int]


@dataclass(frozen=True)
class Asked:
    """Which values a map asks for.

    Parameters
    ----------
    indices : mapping of dimension to int
        Which time, level, plant ...
    rows, columns : (first, end) or None
        The window, None for everything.
    every : int
        Each so many rows and columns.
    """

    variable: str
    indices: Mapping[str, int] = field(default_factory=dict)
    rows: Range | None = None
    columns: Range | None = None
    every: int = 1


def field_values(path: Path, asked: Asked) -> bytes:
    """Give the values of a window.

    Raises
    ------
    InputRefused
        If they cannot be read.
    """
    from climpy import fields

    return fields.field(
        path, asked.variable, asked.indices, asked.rows, asked.columns, asked.every
    ).to_bytes()


def field_statistics(path: Path, asked: Asked) -> bytes:
    """Count the whole field, thinned or not: least, mean, greatest, cells with and without value.

    Raises
    ------
    InputRefused
        If it cannot be read.
    """
    import numpy as np

    from climpy import fields

    rows, columns = fields.field(path, asked.variable, asked.indices, every=2**30).shape
    least, greatest, total, cells = np.inf, -np.inf, 0.0, 0
    at_once = max(1, CELLS_AT_ONCE // columns)
    for first in range(0, rows, at_once):
        band = (first, min(rows, first + at_once))
        part = fields.field(path, asked.variable, asked.indices, rows=band).values
        known = part[np.isfinite(part)]
        cells += known.size
        total += float(known.sum(dtype=np.float64))
        least = min(least, float(known.min(initial=np.inf)))
        greatest = max(greatest, float(known.max(initial=-np.inf)))
    statistics = {
        "least": least if cells else None,
        "mean": total / cells if cells else None,
        "greatest": greatest if cells else None,
        "cells": cells,
        "missing": rows * columns - cells,
    }
    return fields.packed({"statistics": statistics}, {})


def cell_geometry(path: Path, variable: str) -> bytes:
    """Say where the cells of a variable lie; by index alone where that would be too much to send.

    Raises
    ------
    InputRefused
        If the coordinates cannot be read.
    """
    from climpy import fields

    found = fields.geometry(path, variable)
    size = sum(array.size for array in found.arrays.values())
    if 4 * size > MOST_BYTES:
        found = fields.Geometry("index", found.shape, found.transposed)
    return found.to_bytes()


def difference_values(first: Path, second: Path, names: tuple[str, str], asked: Asked) -> bytes:
    """Give the second field minus the first, with statistics of all cells.

    Raises
    ------
    InputRefused
        If the two cannot be compared.
    """
    from climpy import fields

    change = fields.difference(
        first, second, asked.variable, asked.indices, names=names, every=asked.every
    )
    rows, columns = fields.field(first, asked.variable, asked.indices, every=2**30).shape
    meta = {
        **change.as_dict(),
        "long_name": f"{asked.variable}, {names[1]} minus {names[0]}",
        "shape": [rows, columns],
        "rows": [0, rows],
        "columns": [0, columns],
    }
    return fields.packed(meta, {"values": change.values})


def statistics_in(content: bytes) -> dict[str, Any]:
    """Read the statistics that such bytes carry; standard library only."""
    (length,) = struct.unpack_from("<I", content)
    found: dict[str, Any] = json.loads(content[4 : 4 + length])["statistics"]
    return found
