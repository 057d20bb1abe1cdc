"""Edited values put into a copy of their file, in which all else stays bit for bit."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import InputRefused
from climpy.interactive.stored import turned_plane
from climpy.io import Attributes, whole_file
from climpy.topography.encoding import Encoding, read_stored

_KEPT = ("Conventions", "source", "title")
"""Global attributes of a file that stay as they are."""

_MORE_BYTES = 2**20
"""For what else a file grows by when it is edited."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A plane of a file, to be written with other values.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        The variable.
    place : tuple of int and slice
        Index of the plane in the variable.
    reading : mapping
        Arguments of `climpy.interactive.stored.plane_values`.
    before : (ny, nx) float64
        The values as they were read.
    """

    path: Path
    name: str
    place: tuple[int | slice, ...]
    reading: Mapping[str, Any]
    before: FloatArray

    def write(self, values: FloatArray, target: Path, attributes: Attributes) -> list[str]:
        """Write a copy of the file with the values that differ; whole or not at all.

        Parameters
        ----------
        values : (ny, nx) float64
            The edited plane.
        target : Path
            Replaced if it exists.
        attributes : mapping
            Global attributes besides the file's own.

        Returns
        -------
        list of str
            A sentence if values were rounded.

        Raises
        ------
        InputRefused
            If the file cannot hold a value.
        OutputRefused
            If the target cannot be written.
        """
        differ = self.before.view(np.int64) != values.view(np.int64)
        differ &= ~(np.isnan(self.before) & np.isnan(values))
        numbers, notes = stored_numbers(self.reading["encoding"], self.name, values[differ])
        with whole_file(target) as temporary:
            shutil.copyfile(self.path, temporary)
            said = sum(map(len, map(str, attributes.values())))
            _require_room(temporary, values.nbytes + 4 * said)
            with netCDF4.Dataset(temporary, "r+") as dataset:
                dataset.set_auto_maskandscale(False)
                if numbers.size:
                    self._put(dataset.variables[self.name], differ, numbers)
                there = set(dataset.ncattrs()) & set(_KEPT)
                dataset.setncatts({k: v for k, v in attributes.items() if k not in there})
        return notes

    def _put(self, variable: "netCDF4.Variable[Any]", differ: BoolArray, numbers: AnyArray) -> None:
        """Put numbers into the cells of the plane that differ, as it lies in the file."""
        stored = np.array(read_stored(variable, self.place))
        plane = turned_plane(stored, self.reading["turned"])
        columns = self.reading["columns"]
        plane[:, :columns][differ] = numbers.view(stored.dtype.newbyteorder("="))
        if columns < plane.shape[1]:
            plane[differ[:, 0], columns] = plane[differ[:, 0], 0]
        variable[self.place] = stored
        if "actual_range" in variable.ncattrs():
            variable.delncattr("actual_range")


def _require_room(path: Path, more: int) -> None:
    """Make sure that a file can grow: on a full disk the library loses the reason, or crashes."""
    size = path.stat().st_size
    with path.open("r+b") as stream:
        os.posix_fallocate(stream.fileno(), size, more + _MORE_BYTES)
        stream.truncate(size)


def stored_numbers(encoding: Encoding, name: str, values: FloatArray) -> tuple[AnyArray, list[str]]:
    """Values as the numbers of a file's type, and a sentence if they had to be rounded.

    Parameters
    ----------
    encoding : Encoding
        How the variable's numbers become values.
    name : str
        What the sentences call it.
    values : (n,) float64
        None of them missing.

    Raises
    ------
    InputRefused
        If the type or the file's own range of valid values does not hold a value, or a number
        stands for "no value".
    """
    dtype = encoding.dtype.newbyteorder("=")
    exact = values
    if (encoding.scale, encoding.offset) != (1.0, 0.0):
        exact = (values - encoding.offset) / encoding.scale
    with np.errstate(over="ignore"):
        rounded = np.rint(exact) if dtype.kind in "iu" else exact.astype(dtype).astype(np.float64)
    lowest, highest = _limits(encoding)
    outside = ~((rounded >= lowest) & (rounded <= highest))
    if outside.any():
        wrong = values[outside][0]
        ends = sorted(end * encoding.scale + encoding.offset for end in (lowest, highest))
        raise InputRefused(
            f"{name} can hold values from {ends[0]:g} to {ends[1]:g} in this file, not {wrong:g}."
        )
    fills = np.array(encoding.fills, dtype=dtype).astype(np.float64)
    if np.isin(rounded, fills).any():
        raise InputRefused(f"A number of {name} would stand for a cell without a value.")
    strayed = int(np.count_nonzero(np.abs(rounded - exact) > 1e-9 * np.maximum(np.abs(exact), 1.0)))
    notes = []
    if dtype.kind in "iu" and strayed:
        cells = "1 cell was" if strayed == 1 else f"{strayed} cells were"
        notes.append(f"{cells} rounded to numbers that {name} can hold ({dtype.name}).")
    return rounded.astype(dtype), notes


def _limits(encoding: Encoding) -> tuple[float, float]:
    """Least and greatest number that the type holds and the file calls valid."""
    info: Any = np.iinfo if encoding.dtype.kind in "iu" else np.finfo
    limits = info(encoding.dtype.newbyteorder("=").name)
    lowest, highest = float(limits.min), float(limits.max)
    if encoding.lowest is not None:
        lowest = max(lowest, encoding.lowest)
    if encoding.highest is not None:
        highest = min(highest, encoding.highest)
    return lowest, highest
