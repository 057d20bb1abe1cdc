"""The difference of a field in two files."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.errors import InputRefused
from climpy.fields.corners import on_sphere
from climpy.fields.packing import packed
from climpy.fields.placing import Geometry, geometry_of
from climpy.fields.planes import Plane, open_plane
from climpy.fields.windows import MOST_CELLS, SinglePrecision, Window
from climpy.topography.finding import check_size, text

_CELLS_AT_ONCE = 2**20
_SAME_SHARE = 0.02
"""Share of a step within which two coordinates are the same."""

_SAME_CHORD = 2e-4
"""Distance on the unit sphere within which two ocean cells are the same: a hundredth degree."""


@dataclass(frozen=True, eq=False)
class Difference:
    """The second field minus the first, rows and columns in the order of the first file.

    Parameters
    ----------
    variable : str
        Name of the variable.
    values : (n, m) float32
        Differences, NaN where one of the two has no value.
    statistics : mapping
        Over all cells that have a value in both: `cells_compared`, `cells_that_differ`, `least`,
        `mean`, `greatest`, `root_mean_square` (None if there is no such cell); and
        `cells_only_in_first`, `cells_only_in_second`.
    every : int
        Each so many rows and columns are given; the statistics are of all cells.
    units : str
        As the files say; empty if they do not.
    """

    variable: str
    values: SinglePrecision
    statistics: Mapping[str, int | float | None]
    every: int
    units: str

    def as_dict(self) -> dict[str, Any]:
        """Give all but the values, ready for JSON."""
        return {
            "variable": self.variable,
            "statistics": dict(self.statistics),
            "every": self.every,
            "units": self.units,
        }

    def to_bytes(self) -> bytes:
        """Give all as bytes for a browser; see `packed`."""
        return packed(self.as_dict(), {"values": self.values})


def difference(
    path_a: Path,
    path_b: Path,
    variable: str,
    indices: Mapping[str, int] | None = None,
    *,
    names: tuple[str, str] = ("the first file", "the second file"),
    every: int = 1,
) -> Difference:
    """Compare a variable of two files cell by cell.

    Regular grids that differ in orientation or first longitude only are brought in line.

    Parameters
    ----------
    path_a, path_b : Path
        Any NetCDF files.
    variable : str
        One that both have and that can be drawn.
    indices : mapping of dimension to int, optional
        Which time, level, plant ... to take, counted from 0; 0 where nothing is said.
    names : (str, str)
        What a sentence calls the files.
    every : int
        Give each so many rows and columns of the differences.

    Raises
    ------
    InputRefused
        If a file cannot be read, or the two do not stand on the same cells in the same unit.
    """
    with ExitStack() as stack:
        (dataset_a, plane_a), (dataset_b, plane_b) = (
            stack.enter_context(open_plane(path, variable)) for path in (path_a, path_b)
        )
        alignment = _alignment(
            (plane_a, geometry_of(dataset_a, plane_a)),
            (plane_b, geometry_of(dataset_b, plane_b)),
            names,
        )
        check_size(plane_a.variable)
        windows = [Window(p, p.index(indices or {})) for p in (plane_a, plane_b)]
        units = _common_units(plane_a, plane_b, names)
        return _compared(variable, windows[0], windows[1], alignment, max(every, 1), units)


@dataclass(frozen=True)
class _Alignment:
    """How to read the second field in the order of the first: rows turned, columns shifted."""

    flipped: bool = False
    shift: int = 0


def _alignment(
    first: tuple[Plane, Geometry], second: tuple[Plane, Geometry], names: tuple[str, str]
) -> _Alignment:
    (plane_a, a), (_, b) = first, second
    name = plane_a.variable.name
    if a.shape != b.shape:
        raise InputRefused(
            f"{_sentence(names[0])} has {a.shape[0]} x {a.shape[1]} cells of {name}, {names[1]} "
            f"{b.shape[0]} x {b.shape[1]}: they can only be compared on the same grid."
        )
    found = None
    if a.kind == b.kind == "rectilinear":
        found = _of_rectilinear(a, b)
    elif a.kind == b.kind == "curvilinear":
        found = _Alignment() if _same_places(a, b) else None
    elif a.kind == b.kind:
        found = _Alignment()
    if found is None:
        raise InputRefused(
            f"The cells of {name} lie at other places in {names[1]} than in {names[0]}: "
            "they can only be compared on the same grid."
        )
    return found


def _sentence(name: str) -> str:
    return name[:1].upper() + name[1:]


def _of_rectilinear(a: Geometry, b: Geometry) -> _Alignment | None:
    flipped = a.south_up != b.south_up
    latitudes = b.arrays["latitudes"][:: -1 if flipped else 1]
    step = float(np.abs(np.diff(a.arrays["latitudes"])).min())
    if np.abs(latitudes - a.arrays["latitudes"]).max() > _SAME_SHARE * step + 1e-4:
        return None
    here, there = (g.arrays["longitudes"].astype(np.float64) for g in (a, b))
    shift = int(np.argmin(np.abs(_turned(there - here[0]))))
    if shift and not a.periodic_columns == b.periodic_columns == 0:
        return None
    step = float(np.abs(np.diff(here)).min())
    apart = np.abs(_turned(np.roll(there, -shift) - here)).max()
    return _Alignment(flipped, shift) if apart <= _SAME_SHARE * step + 1e-4 else None


def _turned(angles: FloatArray) -> FloatArray:
    return (angles + 180.0) % 360.0 - 180.0


def _same_places(a: Geometry, b: Geometry) -> bool:
    points = [
        on_sphere(*(g.arrays[n].astype(np.float64) for n in ("latitudes", "longitudes")))
        for g in (a, b)
    ]
    known = np.isfinite(points[0][..., 0])
    if (known != np.isfinite(points[1][..., 0])).any():
        return False
    apart = np.linalg.norm(points[0] - points[1], axis=-1)[known]
    return bool(apart.max(initial=0.0) < _SAME_CHORD)


def _common_units(a: Plane, b: Plane, names: tuple[str, str]) -> str:
    here, there = (text(plane.variable, "units") for plane in (a, b))
    if here and there and here != there:
        raise InputRefused(
            f"{a.variable.name} is in {here!r} in {names[0]} and in {there!r} in {names[1]}: "
            "they can only be compared in the same unit."
        )
    units = a.variable.getncattr("units") if here else there
    return str(units)


def _compared(
    variable: str, a: Window, b: Window, alignment: _Alignment, every: int, units: str
) -> Difference:
    """Read both block by block, count, and keep what is to be shown."""
    rows, columns = a.plane.shape
    if -(-rows // every) * -(-columns // every) > MOST_CELLS:
        raise InputRefused(f"{variable} has too many cells to give at once; ask for fewer of them.")
    counts, kept = _Counts(), []
    at_once = max(1, _CELLS_AT_ONCE // columns)
    for first in range(0, rows, at_once):
        end = min(first + at_once, rows)
        here = a.rows(first, end)
        there = b.rows(rows - end, rows - first)[::-1] if alignment.flipped else b.rows(first, end)
        if alignment.shift:
            there = np.roll(there, -alignment.shift, axis=1)
        change = counts.take(here, there)
        kept.append(change[-first % every :: every, ::every].astype(np.float32))
    return Difference(variable, np.concatenate(kept), counts.statistics(), every, units)


@dataclass
class _Counts:
    """What the statistics are made of."""

    compared: int = 0
    differ: int = 0
    only: list[int] = field(default_factory=lambda: [0, 0])
    least: float = np.inf
    greatest: float = -np.inf
    total: float = 0.0
    squares: float = 0.0

    def take(self, here: AnyArray, there: AnyArray) -> FloatArray:
        """Count some rows of both, and give their difference."""
        change = np.asarray(there - here, np.float64)
        finite = np.isfinite(change)
        both = change.ravel()
        if not finite.all():
            both = change[finite]
            self.only[0] += int(np.count_nonzero(np.isfinite(here) & ~np.isfinite(there)))
            self.only[1] += int(np.count_nonzero(np.isfinite(there) & ~np.isfinite(here)))
        self.compared += both.size
        self.differ += int(np.count_nonzero(both))
        self.least = min(self.least, float(both.min(initial=np.inf)))
        self.greatest = max(self.greatest, float(both.max(initial=-np.inf)))
        self.total += float(both.sum())
        self.squares += float(both @ both)
        return change

    def statistics(self) -> dict[str, int | float | None]:
        """Sum up."""
        cells = self.compared
        return {
            "cells_compared": cells,
            "cells_that_differ": self.differ,
            "cells_only_in_first": self.only[0],
            "cells_only_in_second": self.only[1],
            "least": self.least if cells else None,
            "mean": self.total / cells if cells else None,
            "greatest": self.greatest if cells else None,
            "root_mean_square": float(np.sqrt(self.squares / cells)) if cells else None,
        }
