"""Values of a window of a field, thinned while they are read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from climpy.arrays import AnyArray, FloatArray
from climpy.errors import InputRefused
from climpy.fields.packing import packed
from climpy.fields.planes import Plane, open_plane
from climpy.topography.encoding import Encoding, read_stored
from climpy.topography.finding import FileVariable, check_size

SinglePrecision = NDArray[np.float32]

MOST_CELLS = 2**25
"""Cells of a window that are given at once."""

_CELLS_AT_ONCE = 2**21
_WORTH_SKIPPING = 4
"""Stride from which on rows are read one by one, where the file stores them one by one."""


@dataclass(frozen=True, eq=False)
class Field:
    """A window of a variable, rows and columns in the order of the file.

    Parameters
    ----------
    variable : str
        Name of the variable.
    values : (n, m) float32
        Values with scale and offset applied, NaN where there is none; rows along the latitude
        (or y), columns along the longitude (or x).
    rows, columns : (first, end)
        The window in the whole field.
    every : int
        Each so many rows and columns are given.
    shape : (int, int)
        Rows and columns of the whole field.
    units, long_name : str
        As the file says; empty if it does not.
    """

    variable: str
    values: SinglePrecision
    rows: tuple[int, int]
    columns: tuple[int, int]
    every: int
    shape: tuple[int, int]
    units: str
    long_name: str

    @property
    def missing(self) -> int:
        """Number of given cells without a value."""
        return int(np.count_nonzero(np.isnan(self.values)))

    @property
    def least(self) -> float | None:
        """Least given value; None if there is none."""
        return float(np.nanmin(self.values)) if self.missing < self.values.size else None

    @property
    def greatest(self) -> float | None:
        """Greatest given value; None if there is none."""
        return float(np.nanmax(self.values)) if self.missing < self.values.size else None

    def as_dict(self) -> dict[str, Any]:
        """Give all but the values, ready for JSON."""
        return {
            "variable": self.variable,
            "rows": list(self.rows),
            "columns": list(self.columns),
            "every": self.every,
            "shape": list(self.shape),
            "least": self.least,
            "greatest": self.greatest,
            "missing": self.missing,
            "units": self.units,
            "long_name": self.long_name,
        }

    def to_bytes(self) -> bytes:
        """Give all as bytes for a browser; see `packed`."""
        return packed(self.as_dict(), {"values": self.values})


def fitting_stride(shape: tuple[int, int], most_cells: int) -> int:
    """Give the least stride that leaves at most so many cells of a field."""
    rows, columns = shape
    every = max(1, int(sqrt(rows * columns / max(most_cells, 1))))
    while ceil(rows / every) * ceil(columns / every) > max(most_cells, 1):
        every += 1
    return every


def field(
    path: Path,
    variable: str,
    indices: Mapping[str, int] | None = None,
    rows: tuple[int, int] | None = None,
    columns: tuple[int, int] | None = None,
    every: int = 1,
) -> Field:
    """Read a window of a variable.

    Parameters
    ----------
    path : Path
        Any NetCDF file.
    variable : str
        One that the header calls drawable.
    indices : mapping of dimension to int, optional
        Which time, level, plant ... to take, counted from 0; 0 where nothing is said.
    rows, columns : (first, end), optional
        The window, end excluded; everything if not given.
    every : int
        Give each so many rows and columns.

    Raises
    ------
    InputRefused
        If the file or the variable cannot be read, or the window lies outside or is too large.
    """
    with open_plane(path, variable) as (_, plane):
        asked = (
            _range(rows, plane.shape[0], "rows"),
            _range(columns, plane.shape[1], "columns"),
        )
        if every < 1:
            raise InputRefused(f"Every 1, 2 or more cells can be given, not every {every}.")
        window = Window(plane, plane.index(indices or {}))
        values = window.read(*asked, every)
        units, long_name = (_text(plane.variable, name) for name in ("units", "long_name"))
        return Field(variable, values, *asked, every, plane.shape, units, long_name)


def _range(asked: tuple[int, int] | None, length: int, name: str) -> tuple[int, int]:
    first, end = asked or (0, length)
    if not 0 <= first < end <= length:
        raise InputRefused(f"There are {length} {name}; {first} to {end} lies outside.")
    return first, end


def _text(variable: FileVariable, name: str) -> str:
    value = variable.getncattr(name) if name in variable.ncattrs() else ""
    return value if isinstance(value, str) else str(value)


@dataclass(frozen=True, eq=False)
class Window:
    """Reads parts of a plane.

    Parameters
    ----------
    plane : Plane
        The variable and its axes.
    index : list
        Places along the other axes.
    """

    plane: Plane
    index: list[int | slice]

    def read(self, rows: tuple[int, int], columns: tuple[int, int], every: int) -> SinglePrecision:
        """Give each so many values of some rows and columns, float32.

        Raises
        ------
        InputRefused
            If there are too many, or the file is damaged.
        """
        check_size(self.plane.variable)
        shape = tuple(ceil((end - first) / every) for first, end in (rows, columns))
        if shape[0] * shape[1] > MOST_CELLS:
            raise InputRefused(
                f"{self.plane.variable.name} has {shape[0]} x {shape[1]} cells there, too many to "
                "give at once; ask for a part or for fewer of them."
            )
        transposed = self.plane.transposed
        values = np.empty(shape[::-1] if transposed else shape, np.float32)
        slow, fast = (columns, rows) if transposed else (rows, columns)
        for tile in self._tiles(slow, fast, every):
            (there, taken), (across, taken_across) = (
                _thinned(part, begin, every)
                for part, (begin, _) in zip(tile, (slow, fast), strict=True)
            )
            if there.start < there.stop and across.start < across.stop:
                with np.errstate(over="ignore"):
                    values[there, across] = self._decoded(*tile)[taken, taken_across]
        values[~np.isfinite(values)] = np.nan
        return np.ascontiguousarray(values.T) if transposed else values

    def rows(self, first: int, end: int) -> FloatArray:
        """Give whole rows, float64 with NaN where there is no value.

        Raises
        ------
        InputRefused
            If the file is damaged.
        """
        rows, columns = slice(first, end), slice(0, self.plane.shape[1])
        if self.plane.transposed:
            return self._decoded(columns, rows).T
        return self._decoded(rows, columns)

    def _tiles(
        self, slow: tuple[int, int], fast: tuple[int, int], every: int
    ) -> Iterator[tuple[slice, slice]]:
        """Rectangles of the file that cover what is asked, whole chunks where it has chunks."""
        chunks: Any = self.plane.variable.chunking()  # None for classic files
        if chunks in (None, "contiguous"):
            if every >= _WORTH_SKIPPING:
                yield from ((slice(k, k + 1), slice(*fast)) for k in range(*slow, every))
                return
            rows, columns = max(1, _CELLS_AT_ONCE // (fast[1] - fast[0])), fast[1]
        else:
            rows, columns = (int(chunks[axis]) for axis in self._axes)
            columns *= max(1, _CELLS_AT_ONCE // (rows * columns))
            rows *= max(1, _CELLS_AT_ONCE // (rows * min(columns, fast[1])))
        yield from ((a, b) for a in _cut(slow, rows) for b in _cut(fast, columns))

    @property
    def _axes(self) -> tuple[int, int]:
        """The two axes of the plane in the order of the file."""
        both = (self.plane.row_axis, self.plane.column_axis)
        return both[::-1] if self.plane.transposed else both

    def _decoded(self, slow: slice, fast: slice) -> FloatArray:
        index = list(self.index)
        for axis, part in zip(self._axes, (slow, fast), strict=True):
            index[axis] = part
        return decoded(self.plane.variable, read_stored(self.plane.variable, tuple(index)))


def _cut(span: tuple[int, int], size: int) -> Iterator[slice]:
    """Cut a span at the multiples of a size."""
    first, end = span
    while first < end:
        stop = min((first // size + 1) * size, end)
        yield slice(first, stop)
        first = stop


def _thinned(part: slice, begin: int, every: int) -> tuple[slice, slice]:
    """Where each so many places of a part go in the result, and which ones of the part they are."""
    first, end = (ceil((place - begin) / every) for place in (part.start, part.stop))
    return slice(first, end), slice(first * every + begin - part.start, None, every)


def decoded(variable: FileVariable, stored: AnyArray) -> FloatArray:
    """Give the values of stored numbers, NaN where there is none or it is infinite."""
    values = Encoding.of(variable).decode(stored)
    values[~np.isfinite(values)] = np.nan
    return values
