"""Enclosed seas: where they are, which are wanted, how they are filled or connected."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from climpy.arrays import BoolArray, IntArray, LongArray
from climpy.bc.ipsl import checks
from climpy.errors import InputRefused
from climpy.grids.ocean import OceanGrid
from climpy.interactive.cells import beside, originals_in
from climpy.interactive.edits import Edit, open_passage
from climpy.interactive.field import Field
from climpy.interactive.findings.ground import Ground
from climpy.interactive.findings.words import at, counted, metres
from climpy.interactive.operations import Fill
from climpy.interactive.selections import Basin, Selection, Surface

Place = tuple[float, float]


@dataclass(frozen=True)
class EnclosedSea:
    """A sea that is cut off from the ocean.

    Parameters
    ----------
    number : int
        From 1 by decreasing area.
    cells : int
        Copies not counted.
    place : (float, float)
        Latitude and longitude of its middle cell [degrees].
    area_km2, deepest_m, mean_depth_m : float
        Size, greatest and mean depth; the mean is weighted by area.
    kept : bool
        Whether it is wanted.
    """

    number: int
    cells: int
    place: Place
    area_km2: float
    deepest_m: float
    mean_depth_m: float
    kept: bool


@dataclass(frozen=True, eq=False)
class Seas:
    """The enclosed seas of a field.

    Parameters
    ----------
    found : tuple of EnclosedSea
        By decreasing area.
    numbers : (ny, nx) int32
        Number of the sea at each cell; 0 elsewhere.
    gone : tuple of (float, float)
        Marks that lie in no enclosed sea any longer.
    """

    found: tuple[EnclosedSea, ...]
    numbers: IntArray
    gone: tuple[Place, ...]

    @property
    def unwanted(self) -> tuple[EnclosedSea, ...]:
        """Those that are not kept."""
        return tuple(sea for sea in self.found if not sea.kept)

    def mask(self, *, kept: bool) -> BoolArray:
        """Cells of the seas that are kept, or are not, (ny, nx)."""
        chosen = np.array([False, *(sea.kept is kept for sea in self.found)])
        return np.asarray(chosen[self.numbers])

    @property
    def sentence(self) -> str:
        """How many there are, how many of them are kept."""
        if not self.found:
            return "No enclosed seas."
        kept = len(self.found) - len(self.unwanted)
        return f"{counted(len(self.found), 'enclosed sea')}, {kept or 'none'} kept."


def seas(field: Field, ground: Ground, kept: Iterable[Place] = ()) -> Seas:
    """Find the seas that are cut off from the largest ocean.

    Parameters
    ----------
    field : Field
        A topography or bathymetry, regular and global or on an ocean grid.
    ground : Ground
        Its grid.
    kept : iterable of (latitude, longitude)
        A cell of each sea that is wanted; the sea that holds the nearest cell is meant.
    """
    wet = field.ocean
    if isinstance(ground.grid, OceanGrid):
        found = checks.internal_oceans_on_ocean_grid(wet.astype(np.float64), ground.grid)
    else:
        found = checks.internal_oceans(np.where(wet, -1.0, 1.0), ground.grid)
    marks = {place: int(found.numbers.ravel()[ground.cell_at(place)]) for place in kept}
    wanted = set(marks.values()) - {0}
    deepest, mean = _depths(field, ground, found)
    return Seas(
        tuple(
            EnclosedSea(
                sea.number,
                sea.cells,
                (sea.latitude, sea.longitude),
                sea.area_km2,
                deepest[sea.number],
                mean[sea.number],
                sea.number in wanted,
            )
            for sea in found.seas
        ),
        found.numbers,
        tuple(place for place, number in marks.items() if not number),
    )


def _depths(
    field: Field, ground: Ground, found: checks.InternalOceans
) -> tuple[list[float], list[float]]:
    """Greatest and mean depth of each sea [m], the first entry for none."""
    number = len(found.seas) + 1
    inside = np.flatnonzero(found.numbers)
    sea = found.numbers.ravel()[inside]
    depth = np.abs(field.values.ravel()[inside])
    area = ground.areas_km2[inside]
    deepest = np.zeros(number)
    np.maximum.at(deepest, sea, depth)
    volume = np.bincount(sea, weights=depth * area, minlength=number)
    whole = np.bincount(sea, weights=area, minlength=number)
    return deepest.tolist(), (volume / np.maximum(whole, 1e-30)).tolist()


def cells_of(numbers: IntArray, number: int) -> LongArray:
    """Flat indices of what has a number, copies included."""
    return np.asarray(np.flatnonzero(numbers.ravel() == number))


def fill(ground: Ground, numbers: IntArray, sea: EnclosedSea, height: float | None) -> Edit:
    """Fill a sea to a height [m], or to the mean of its shore.

    On another planet only what lies near by is filled, whatever the sea has become.
    """
    around = ground.around(cells_of(numbers, sea.number))
    return Edit(
        Selection.of(Basin(sea.place), around),
        Fill(height),
        f"Fill the sea at {at(sea.place)} ({counted(sea.cells, 'cell')}) {_up_to(height)}",
    )


def fill_all(field: Field, ground: Ground, found: Seas, height: float | None) -> Edit:
    """Fill all seas that are not kept, each to a height [m] or to the mean of its own shore.

    Raises
    ------
    InputRefused
        If there are none.
    """
    if not found.unwanted:
        raise InputRefused("There is no enclosed sea that is not kept.")
    cells = originals_in(field, found.mask(kept=False))
    seas_, cells_ = counted(len(found.unwanted), "enclosed sea"), counted(cells.size, "cell")
    return Edit(
        ground.selection(cells, Surface("ocean")),
        Fill(height),
        f"Fill {seas_} ({cells_}) {_up_to(height)}",
    )


def _up_to(height: float | None) -> str:
    return "to the mean of the shore" if height is None else f"to {metres(height)}"


def connect(
    field: Field, ground: Ground, numbers: IntArray, sea: EnclosedSea, *, depth: float, width: int
) -> Edit:
    """Dig the shortest way from a sea to the ocean.

    Parameters
    ----------
    field, ground : Field and Ground
        Where.
    numbers : (ny, nx) int32
        Of the seas.
    sea : EnclosedSea
        Which one.
    depth : float
        Of the way [m].
    width : int
        In cells.
    """
    start, end = _nearest(field, ground, numbers, sea.number)
    return open_passage(
        ground.place(start),
        ground.place(end),
        depth=depth,
        width=width,
        description=f"Connect the sea at {at(sea.place)} with the ocean, {metres(depth)} deep",
    )


def _nearest(field: Field, ground: Ground, numbers: IntArray, number: int) -> tuple[int, int]:
    """The cell of a sea and the cell of the ocean that are nearest to one another."""
    flat = numbers.ravel()
    wet = field.ocean.ravel()
    ocean = np.flatnonzero(wet & (flat == 0) & ground.unique)
    around = beside(field, ocean)
    # what is beyond the edges counts as land
    coast = ocean[((around < 0) | ~wet[around]).any(axis=0)]
    inside = cells_of(numbers, number)
    inside = inside[ground.unique[inside]]
    distance, nearest = cKDTree(ground.points[coast]).query(ground.points[inside])
    best = int(np.argmin(np.round(distance, 9)))
    return int(inside[best]), int(coast[nearest[best]])
