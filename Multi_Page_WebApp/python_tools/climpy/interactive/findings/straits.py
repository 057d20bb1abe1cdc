"""Straits so narrow that water can only diffuse through them: found, widened, closed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from climpy.arrays import BoolArray, IntArray, LongArray
from climpy.bc.ipsl import checks
from climpy.errors import InputRefused
from climpy.grids.ocean import OceanGrid
from climpy.interactive.cells import beside, originals_in, with_copies
from climpy.interactive.edits import Edit
from climpy.interactive.field import Field
from climpy.interactive.findings.ground import Ground
from climpy.interactive.findings.words import at, counted, metres
from climpy.interactive.operations import Dig, Fill
from climpy.interactive.selections import Surface
from climpy.interactive.shapes import marked

Place = tuple[float, float]

_NORTH, _SOUTH, _WEST, _EAST = range(4)
_COMPASS = (
    "eastern", "north-eastern", "northern", "north-western",
    "western", "south-western", "southern", "south-eastern",
)  # fmt: skip


@dataclass(frozen=True)
class Strait:
    """Diffusive passages that touch one another.

    Parameters
    ----------
    number : int
        From 1, the longest first.
    cells : int
        Copies not counted.
    place : (float, float)
        Latitude and longitude of its middle cell [degrees].
    shallowest_m, deepest_m : float
        Depths.
    along : {"i", "j", "i and j"}
        Along rows, columns, or both.
    intended : bool
        Whether it is wanted as it is.
    """

    number: int
    cells: int
    place: Place
    shallowest_m: float
    deepest_m: float
    along: str
    intended: bool


@dataclass(frozen=True, eq=False)
class Straits:
    """The narrow passages of a bathymetry.

    Parameters
    ----------
    found : tuple of Strait
        The longest first.
    numbers : (ny, nx) int32
        Number of the strait at each cell; 0 elsewhere.
    gone : tuple of (float, float)
        Marks that lie in no strait any longer.
    """

    found: tuple[Strait, ...]
    numbers: IntArray
    gone: tuple[Place, ...]

    @property
    def problems(self) -> tuple[Strait, ...]:
        """Those that are not intended."""
        return tuple(strait for strait in self.found if not strait.intended)

    def mask(self, *, intended: bool) -> BoolArray:
        """Cells of the straits that are intended, or are not, (ny, nx)."""
        chosen = np.array([False, *(strait.intended is intended for strait in self.found)])
        return np.asarray(chosen[self.numbers])

    @property
    def sentence(self) -> str:
        """How many there are, how many of them are intended."""
        if not self.found:
            return "No diffusive passages."
        cells = sum(strait.cells for strait in self.found)
        intended = len(self.found) - len(self.problems)
        return (
            f"{counted(len(self.found), 'strait')} with {counted(cells, 'diffusive passage')}, "
            f"{intended or 'none'} intended."
        )


@dataclass(frozen=True)
class Widening:
    """A way to make a strait at least two cells wide.

    Parameters
    ----------
    side : str
        Where it is opened, such as `northern` or `both`.
    opened : int
        Cells that become ocean.
    left : int
        Diffusive passages that the field has then.
    edit : Edit
        What does it.
    """

    side: str
    opened: int
    left: int
    edit: Edit


def straits(field: Field, ground: Ground, intended: Iterable[Place] = ()) -> Straits:
    """Find the diffusive passages of a bathymetry on an ocean grid, in straits.

    Passages belong to one strait where they share a side or a corner, round the globe and across
    the north fold.

    Parameters
    ----------
    field : Field
        A bathymetry on an ocean grid.
    ground : Ground
        Its grid.
    intended : iterable of (latitude, longitude)
        A cell of each strait that is wanted as it is; the nearest cell is meant.
    """
    cells = originals_in(field, _passages(field, ground))
    parts = _parts(field, cells)
    by_length = np.argsort(-np.bincount(parts), kind="stable") if cells.size else parts
    numbers = np.zeros(field.values.size, dtype=np.int32)
    for number, part in enumerate(by_length.tolist(), 1):
        numbers[cells[parts == part]] = number
    marks = {place: int(numbers[ground.cell_at(place)]) for place in intended}
    wanted = set(marks.values())
    along_i = _along_i(field, cells)
    found = [
        _strait(field, ground, number, cells[parts == part], along_i[parts == part], wanted)
        for number, part in enumerate(by_length.tolist(), 1)
    ]
    return Straits(
        tuple(found),
        numbers[field.nodes].reshape(field.shape),
        tuple(place for place, number in marks.items() if not number),
    )


def _passages(field: Field, ground: Ground) -> BoolArray:
    if not isinstance(ground.grid, OceanGrid):
        raise InputRefused("Passages are looked for on ocean grids only.")
    return checks.diffusive_passages(field.ocean.astype(np.float64), ground.grid)


def _parts(field: Field, cells: LongArray) -> IntArray:
    """Number of the part of each cell from 0, (n,); parts touch by sides or corners."""
    if not cells.size:
        return np.zeros(0, dtype=np.int32)
    place = np.full(field.values.size, -1)
    place[cells] = np.arange(cells.size)
    j, i = np.divmod(cells, field.shape[1])
    pairs = []
    for dj, di in product((-1, 0, 1), (-1, 0, 1)):
        there = field.frame[j + 1 + dj, i + 1 + di]
        near = np.where(there >= 0, place[there], -1)
        pairs.append(np.stack([np.flatnonzero(near >= 0), near[near >= 0]]))
    one, other = np.concatenate(pairs, axis=1)
    joined = coo_array((np.ones(one.size), (one, other)), shape=(cells.size, cells.size))
    return np.asarray(connected_components(joined, directed=False)[1])


def _along_i(field: Field, cells: LongArray) -> BoolArray:
    """True where water comes and goes along the row."""
    around = beside(field, cells)
    wet = field.ocean.ravel()
    return np.asarray((around[_WEST] >= 0) & wet[around[_WEST]])


def _strait(
    field: Field,
    ground: Ground,
    number: int,
    cells: LongArray,
    along_i: BoolArray,
    intended: set[int],
) -> Strait:
    depths = field.values.ravel()[cells]
    along = "i" if along_i.all() else "i and j" if along_i.any() else "j"
    return Strait(
        number,
        int(cells.size),
        ground.place(ground.middle(cells)),
        float(depths.min()),
        float(depths.max()),
        along,
        number in intended,
    )


def widenings(
    field: Field, ground: Ground, numbers: IntArray, strait: Strait, depth: float | None = None
) -> tuple[Widening, ...]:
    """Ways to make a strait at least two cells wide, the one that leaves least trouble first.

    On one side or the other, or on both; of ways that leave equally many diffusive passages the
    one that opens fewer cells.

    Parameters
    ----------
    field, ground : Field and Ground
        A bathymetry on an ocean grid.
    numbers : (ny, nx) int32
        Of the straits.
    strait : Strait
        Which one.
    depth : float, optional
        Of the opened cells [m]; else that of the strait's shallowest cell.
    """
    cells = originals_in(field, numbers == strait.number)
    along_i = _along_i(field, cells)
    level = strait.shallowest_m if depth is None else depth
    ways = []
    for sides in _choices(along_i):
        opened = _opened(field, cells, along_i, sides)
        if opened is not None:
            both = len(sides) > bool(along_i.any()) + bool(not along_i.all())
            side = "both" if both else _side(ground, cells, opened)
            ways.append(_widening(field, ground, strait, opened, side, level))
    return tuple(sorted(ways, key=lambda way: (way.left, way.opened)))


def _choices(along_i: BoolArray) -> Iterable[tuple[int, ...]]:
    """Sides of the grid that can be opened: one of each pair, and both."""
    across = (_NORTH, _SOUTH) if along_i.any() else (-1,)
    beside_it = (_EAST, _WEST) if not along_i.all() else (-1,)
    for pair in (*product(across, beside_it), (*across, *beside_it)):
        yield tuple(side for side in pair if side >= 0)


def _side(ground: Ground, cells: LongArray, opened: LongArray) -> str:
    """Where on the globe the opened cells lie from the strait; the grid's north is not always."""
    middle = ground.middle(cells)
    step = ground.points[opened].mean(axis=0) - ground.points[cells].mean(axis=0)
    phi, lam = np.deg2rad(ground.place(middle))
    east = float(step @ [-np.sin(lam), np.cos(lam), 0.0])
    north = float(step @ [-np.sin(phi) * np.cos(lam), -np.sin(phi) * np.sin(lam), np.cos(phi)])
    return _COMPASS[round(np.arctan2(north, east) / (0.25 * np.pi)) % 8]


def _opened(
    field: Field, cells: LongArray, along_i: BoolArray, sides: tuple[int, ...]
) -> LongArray | None:
    """Land beside the cells on these sides; None if the grid ends there."""
    around = beside(field, cells)
    wanted = np.zeros(around.shape, dtype=np.bool_)
    for side in sides:
        wanted[side] = along_i if side in (_NORTH, _SOUTH) else ~along_i
    there = around[wanted]
    if (there < 0).any():
        return None
    return np.unique(there[~field.ocean.ravel()[there]]).astype(np.int64)


def _widening(
    field: Field, ground: Ground, strait: Strait, opened: LongArray, side: str, depth: float
) -> Widening:
    wet = field.ocean | with_copies(field, marked(field, opened))
    after = replace(field, values=wet.astype(np.float64))
    left = originals_in(field, _passages(after, ground)).size
    where = "on both sides" if side == "both" else f"on its {side} side"
    return Widening(
        side,
        int(opened.size),
        int(left),
        Edit(
            ground.selection(opened, Surface("land")),
            Dig(depth),
            f"Widen the strait at {at(strait.place)} {where}: {counted(opened.size, 'cell')}, "
            f"{metres(depth)} deep",
        ),
    )


def close(field: Field, ground: Ground, numbers: IntArray, strait: Strait) -> Edit:
    """Make land of a strait."""
    cells = originals_in(field, numbers == strait.number)
    return Edit(
        ground.selection(cells, Surface("ocean")),
        Fill(0.0),
        f"Close the strait at {at(strait.place)}: {counted(strait.cells, 'cell')} become land",
    )
