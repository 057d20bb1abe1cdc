"""How a field lies in its file: which way up, from which longitude on, which rows and columns."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.errors import ChoiceNeeded, InputRefused
from climpy.grids.regular import RegularGrid
from climpy.topography.encoding import read_stored
from climpy.topography.finding import Coordinate, Field, check_size

RIGHT_SHARE = 0.9
"""Share of the coordinates that are right where only a few are wrong."""

_STRAY = 0.02
"""Share of a step by which a coordinate may stray from the regular one: single precision does."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the rows and columns of a field lie.

    Parameters
    ----------
    grid : RegularGrid
        The cells, once the rows are turned south-up.
    north_up : bool
        True if the first row in the file is the northernmost.
    nodes : bool
        True if the first and last rows stand on the poles; the file then has one row more than
        the grid.
    cyclic : bool
        True if the last column in the file repeats the first and is dropped.
    """

    grid: RegularGrid
    north_up: bool
    nodes: bool
    cyclic: bool

    @property
    def rows(self) -> int:
        """Rows that are read from the file."""
        return self.grid.shape[0] + self.nodes

    @property
    def columns(self) -> int:
        """Columns that are read from the file."""
        return self.grid.shape[1]

    @property
    def row_latitudes(self) -> FloatArray:
        """Latitudes of the rows that are read, from south to north [degrees]."""
        if self.nodes:
            return np.linspace(-90.0, 90.0, self.rows)
        return self.grid.latitudes


def layout_of(field: Field) -> Layout:
    """Give the layout of a field on a regular global grid.

    Raises
    ------
    InputRefused
        If the coordinates are missing in places, unsorted, duplicated, irregular or regional.
    """
    latitudes, longitudes = _axes(field)
    with _told_by_a_person(latitudes, 180.0, "north_up"):
        ny, north_up, nodes = _rows(latitudes)
    with _told_by_a_person(longitudes, 360.0, "first_longitude"):
        west, nx, cyclic = _columns(longitudes)
    return Layout(RegularGrid.of_shape(ny, nx, west), north_up, nodes, cyclic)


@contextmanager
def _told_by_a_person(values: FloatArray, span: float, choice: str) -> Iterator[None]:
    """Make a refusal one that a person can settle, where all but a few steps are right."""
    try:
        yield
    except InputRefused as refusal:
        if nearly_regular(values, span):
            raise ChoiceNeeded(str(refusal), choice) from refusal
        raise


def nearly_regular(values: FloatArray, span: float) -> bool:
    """Whether coordinates are equal steps over a span [degrees] but for a few of them.

    Longitudes from east to west are not: taken as they stand they would mirror the planet.
    """
    if values.size < 4:
        return False
    known = np.isfinite(values)
    if span == 360.0:
        return _mostly_in_step(values[known], np.flatnonzero(known), span / values.size)
    expected = [np.linspace(-90.0, 90.0, values.size), _cell_centres(values.size)]
    strays = [
        np.abs(values - sign * e)[known] / (e[1] - e[0]) for e in expected for sign in (1, -1)
    ]
    return any(stray.size == 0 or (stray < 0.1).mean() >= RIGHT_SHARE for stray in strays)


def _mostly_in_step(values: FloatArray, places: AnyArray, step: float) -> bool:
    """Whether most longitudes follow one another in equal steps."""
    starts = np.sort((values - step * places) % 360.0)
    if not starts.size:
        return True
    usual = starts[starts.size // 2]
    near = np.abs((starts - usual + 180.0) % 360.0 - 180.0) < 0.1 * step
    return bool(near.mean() >= RIGHT_SHARE)


def _cell_centres(count: int) -> FloatArray:
    return np.asarray(-90.0 + 180.0 * (np.arange(count) + 0.5) / count, dtype=np.float64)


def _axes(field: Field) -> tuple[FloatArray, FloatArray]:
    for coordinate in (field.latitude, field.longitude):
        check_size(coordinate)
    latitudes, longitudes = _values(field.latitude), _values(field.longitude)
    if latitudes.ndim == 2:
        latitudes, longitudes = _separated(latitudes, longitudes, field)
    for name, values in (("latitude", latitudes), ("longitude", longitudes)):
        if not np.isfinite(values).all():
            choice = "north_up" if name == "latitude" else "first_longitude"
            with _told_by_a_person(values, 180.0 if name == "latitude" else 360.0, choice):
                raise InputRefused(f"The {name}s have gaps: some of them are no numbers.")
        if values.size < 4:
            raise InputRefused(f"There are only {values.size} {name}s; at least 4 are needed.")
    return latitudes, longitudes


def _values(coordinate: Coordinate) -> FloatArray:
    values = read_stored(coordinate, (Ellipsis,))
    attributes = {n: getattr(coordinate, n, None) for n in ("scale_factor", "add_offset")}
    return np.asarray(
        values.astype(np.float64) * (attributes["scale_factor"] or 1.0)
        + (attributes["add_offset"] or 0.0)
    )


def _separated(
    latitudes: FloatArray, longitudes: FloatArray, field: Field
) -> tuple[FloatArray, FloatArray]:
    """Reduce coordinates of two dimensions to one each, where they belong to a regular grid."""
    if field.latitude_axis > field.longitude_axis:
        latitudes, longitudes = latitudes.T, longitudes.T
    tolerance = _STRAY * 180.0 / latitudes.shape[0]
    turns = np.abs((longitudes - longitudes[longitudes.shape[0] // 2] + 180.0) % 360.0 - 180.0)
    strays = np.abs(latitudes - latitudes[:, :1])
    if not (np.nanmax(strays) <= tolerance and np.nanmax(turns) <= tolerance):
        raise InputRefused(
            f"The grid is curvilinear: {field.latitude.name} and {field.longitude.name} change "
            "along both dimensions; put the field on regular longitudes and latitudes first."
        )
    return latitudes[:, 0].copy(), longitudes[longitudes.shape[0] // 2].copy()


def _rows(latitudes: FloatArray) -> tuple[int, bool, bool]:
    """Give the number of cells from pole to pole, north-up or not, rows at the poles or not."""
    north_up = bool(latitudes[0] > latitudes[-1])
    rising = latitudes[::-1] if north_up else latitudes
    steps = np.diff(rising)
    if (steps == 0.0).any():
        twice = rising[int(np.argmin(steps))]
        raise InputRefused(f"The latitudes are duplicated: {twice:g} occurs more than once.")
    if (steps < 0.0).any():
        raise InputRefused("The latitudes are not sorted.")
    step = _regular_step(rising, "latitude")
    south, north = float(rising[0]), float(rising[-1])
    if max(abs(south + 90.0), abs(north - 90.0)) <= 0.1 * step:
        return latitudes.size - 1, north_up, True
    gap = max(abs(south - 0.5 * step + 90.0), abs(north + 0.5 * step - 90.0))
    if gap > 0.1 * step:
        kind = "irregular (a Gaussian grid?)" if gap < 0.5 * step else "not global"
        raise InputRefused(
            f"The grid is {kind}: its rows reach from {south - step / 2:g} to "
            f"{north + step / 2:g} degrees north in steps of {step:g}; "
            f"equal steps from -90 to 90 are needed{_other_angle(south, north, 0.5)}."
        )
    return latitudes.size, north_up, False


def _other_angle(first: float, last: float, turns: float) -> str:
    """Guess in what else than degrees from the equator angles were meant."""
    if abs(last - first - 2.0 * np.pi * turns) < 0.7 * turns:
        return " (these look like radians: multiply them by 180 / pi)"
    if turns == 0.5 and first >= 0.0 and abs(last - first - 180.0) < 20.0:
        return " (these look like distances from a pole: subtract them from 90)"
    return ""


def _columns(longitudes: FloatArray) -> tuple[float, int, bool]:
    """Give the western edge, the number of columns, and whether the last repeats the first."""
    unwrapped = _unwrapped(longitudes)
    step = _regular_step(unwrapped, "longitude")
    around = 360.0 / step
    count = unwrapped.size
    cyclic = abs(count - 1 - around) < 0.1
    if not cyclic and abs(count - around) >= 0.1:
        first, last = unwrapped[0] - step / 2, unwrapped[-1] + step / 2
        raise InputRefused(
            f"The grid is not global: its columns reach from {first:g} to {last:g} degrees east "
            f"in steps of {step:g}; one full turn of 360 degrees is needed"
            f"{_other_angle(float(unwrapped[0]), float(unwrapped[-1]), 1.0)}."
        )
    return _western_edge(unwrapped, count - cyclic), count - int(cyclic), cyclic


def _unwrapped(longitudes: FloatArray) -> FloatArray:
    """Make longitudes that pass the date line once increase throughout."""
    drops = np.flatnonzero(np.diff(longitudes) < 0.0)
    unwrapped = longitudes.copy()
    if drops.size == 1:
        unwrapped[drops[0] + 1 :] += 360.0
    _refuse_duplicates(longitudes)
    if (np.diff(unwrapped) <= 0.0).any() or unwrapped[-1] - unwrapped[0] > 360.0 + 1e-3:
        where = int(drops[-1]) if drops.size else int(np.argmax(np.diff(longitudes)))
        raise InputRefused(
            "The longitudes are not sorted from west to east round the globe once: "
            f"{longitudes[where + 1]:g} follows {longitudes[where]:g}."
        )
    return unwrapped


def _refuse_duplicates(longitudes: FloatArray) -> None:
    """Refuse longitudes that occur twice, other than a last one that repeats the first."""
    size = longitudes.size
    cyclic = abs(longitudes[-1] - longitudes[0] - 360.0) < 1e-3
    turned = np.sort((longitudes[: size - int(cyclic)] + 1e-6) % 360.0)
    twice = np.flatnonzero(np.diff(turned) < 1e-3 * 360.0 / size)
    if twice.size:
        raise InputRefused(
            f"The longitudes are duplicated: {turned[twice[0]] - 1e-6:g} degrees east "
            "occurs more than once."
        )


def _regular_step(values: FloatArray, name: str) -> float:
    """Give the step of increasing coordinates, which must be the same everywhere."""
    step = float(values[-1] - values[0]) / (values.size - 1)
    strays = np.abs(values - values[0] - step * np.arange(values.size))
    steps = np.diff(values)
    if strays.max() > _STRAY * step or np.abs(steps - step).max() > 2.0 * _STRAY * step:
        raise InputRefused(
            f"The grid is irregular: the {name} steps range from {steps.min():.6g} to "
            f"{steps.max():.6g} degrees; equal steps are needed."
        )
    return step


def _western_edge(longitudes: FloatArray, nx: int) -> float:
    """Give the western edge, freed from rounding and brought to -180 or more, at most 360 east."""
    step = 360.0 / nx
    edge = float(np.mean(longitudes[:nx] - step * (np.arange(nx) + 0.5)))
    halves = round(edge / (0.5 * step))
    if abs(edge - halves * 0.5 * step) < 1e-2 * step:
        edge = round(halves * 0.5 * step, 10)
    while edge < -180.0 - 0.75 * step:
        edge += 360.0
    while edge + 360.0 > 360.0 + 0.75 * step:
        edge -= 360.0
    return edge
