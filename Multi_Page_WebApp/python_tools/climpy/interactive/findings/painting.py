"""What a painting of basins looks like: sizes, ocean without a basin, specks."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from climpy._kernels.components import components
from climpy.arrays import BoolArray, CodeArray, FloatArray, IntArray, LongArray
from climpy.bc.ipsl.sub_basins import Basin
from climpy.interactive.cells import joined_cells, originals_in, with_copies
from climpy.interactive.edits import Edit
from climpy.interactive.field import Field
from climpy.interactive.findings.ground import Ground
from climpy.interactive.findings.words import at, counted
from climpy.interactive.operations import Paint
from climpy.interactive.selections import Surface
from climpy.interactive.shapes import marked

NAMES = {0: "no basin", **{int(basin): basin.name.capitalize() for basin in Basin}}
"""Codes to what a person calls them."""


@dataclass(frozen=True)
class Size:
    """Cells and area of a basin; code 0 is ocean without one."""

    code: int
    cells: int
    area_km2: float


@dataclass(frozen=True)
class Part:
    """A connected part of a basin away from its main part, or of ocean without a basin.

    Parameters
    ----------
    number : int
        From 1; ocean without a basin first, then the largest first.
    code : int
        Of the basin.
    cells : int
        Copies not counted.
    place : (float, float)
        Latitude and longitude of its middle cell [degrees].
    area_km2 : float
        Its size.
    beside : int
        The basin that it shares most cell sides with; 0 if none.
    """

    number: int
    code: int
    cells: int
    place: tuple[float, float]
    area_km2: float
    beside: int


@dataclass(frozen=True, eq=False)
class Painting:
    """How the ocean is divided.

    Parameters
    ----------
    sizes : tuple of Size
        Of the basins in their order, and of ocean without one.
    parts : tuple of Part
        What lies apart.
    numbers : (ny, nx) int32
        Number of the part at each cell; 0 elsewhere.
    """

    sizes: tuple[Size, ...]
    parts: tuple[Part, ...]
    numbers: IntArray

    @property
    def bare(self) -> int:
        """Ocean cells without a basin."""
        return sum(size.cells for size in self.sizes if size.code == 0)

    @property
    def specks(self) -> tuple[Part, ...]:
        """Parts of basins away from their main part."""
        return tuple(part for part in self.parts if part.code)

    def mask(self, *, painted: bool) -> BoolArray:
        """Cells of specks, or of ocean without a basin, (ny, nx)."""
        chosen = np.array([False, *((part.code > 0) is painted for part in self.parts)])
        return np.asarray(chosen[self.numbers])

    @property
    def sentence(self) -> str:
        """Whether all is painted, and what lies apart."""
        bare = (
            f"{counted(self.bare, 'ocean cell')} without a basin"
            if self.bare
            else "Every ocean cell has a basin"
        )
        if not self.specks:
            return f"{bare}; each basin is in one piece."
        return f"{bare}; {counted(len(self.specks), 'part')} away from the rest of its basin."


def painting(field: Field, ground: Ground) -> Painting:
    """Count the basins of painted codes and find what lies apart.

    Parameters
    ----------
    field : Field
        Codes on an ocean grid, with its `sea`.
    ground : Ground
        Its grid.
    """
    sea, nodes = field.ocean, field.nodes.reshape(field.shape)
    codes = np.where(sea, field.values, 0.0).astype(np.int8)
    labels = components(np.where(sea, codes + np.int8(1), np.int8(0)).astype(np.int8), nodes)
    flat, unique = labels.ravel(), ground.unique
    cells = np.bincount(flat[unique])
    area = np.asarray(
        np.bincount(flat, weights=ground.areas_km2, minlength=cells.size), dtype=np.float64
    )
    code = np.zeros(cells.size, dtype=np.int64)
    code[flat] = codes.ravel()
    main = {int(basin): _largest(area, code, basin) for basin in Basin}
    apart = [label for label in range(1, cells.size) if label != main.get(int(code[label]))]
    apart.sort(key=lambda label: (code[label] > 0, -round(float(area[label]), 3), label))
    border = _borders(labels, code)
    number_of = np.zeros(cells.size, dtype=np.int32)
    number_of[apart] = np.arange(1, len(apart) + 1)
    numbers = np.asarray(number_of[labels])
    places = _middles(ground, numbers, len(apart))
    return Painting(
        tuple(_sizes(code, cells, area)),
        tuple(
            Part(
                number,
                int(code[label]),
                int(cells[label]),
                places[number - 1],
                float(area[label]),
                int(np.argmax(border[label])),
            )
            for number, label in enumerate(apart, 1)
        ),
        numbers,
    )


def _largest(area: FloatArray, code: LongArray, basin: int) -> int:
    """Label of the largest part of a basin; 0 if it has none."""
    parts = np.flatnonzero(code == basin)
    return int(parts[np.argmax(np.round(area[parts], 3))]) if parts.size else 0


def _sizes(code: LongArray, cells: LongArray, area: FloatArray) -> Iterable[Size]:
    for basin in (*Basin, 0):
        parts = np.flatnonzero(code == basin)
        parts = parts[parts > 0]
        yield Size(int(basin), int(cells[parts].sum()), float(area[parts].sum()))


def _borders(labels: IntArray, code: LongArray) -> LongArray:
    """Count the cell sides that each part shares with each basin, (parts, 4); none with code 0."""
    border = np.zeros((code.size, 4), dtype=np.int64)
    for one, other in ((labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])):
        touching = (one != other) & (one > 0) & (other > 0)
        for here, there in ((one[touching], other[touching]), (other[touching], one[touching])):
            np.add.at(border, (here, code[there]), 1)
    border[:, 0] = 0
    return border


def _middles(ground: Ground, numbers: IntArray, parts: int) -> list[tuple[float, float]]:
    """The middle cell's place of each part."""
    inside = np.flatnonzero((numbers.ravel() > 0) & ground.unique)
    by_part = inside[np.argsort(numbers.ravel()[inside], kind="stable")]
    starts = np.searchsorted(numbers.ravel()[by_part], np.arange(1, parts + 2))
    pairs = itertools.pairwise(starts.tolist())
    return [ground.place(ground.middle(by_part[first:last])) for first, last in pairs]


def repaint(field: Field, ground: Ground, cells: BoolArray, code: int, what: str) -> Edit:
    """Paint cells (ny, nx) with a basin.

    Parameters
    ----------
    field, ground : Field and Ground
        Where.
    cells : (ny, nx) bool
        Which.
    code : int
        The basin.
    what : str
        What they are, for the description.
    """
    chosen = originals_in(field, cells)
    return Edit(
        ground.selection(chosen, Surface("ocean")),
        Paint(code),
        f"{what} ({counted(chosen.size, 'cell')}): {NAMES[code]}",
    )


def repaint_part(field: Field, ground: Ground, found: Painting, part: Part, code: int) -> Edit:
    """Paint a part that lies apart with a basin."""
    return repaint(field, ground, found.numbers == part.number, code, f"Part at {at(part.place)}")


def connected_part(field: Field, ground: Ground, place: tuple[float, float]) -> BoolArray:
    """The connected ocean cells that have the code of the one at a place, (ny, nx); none on land.

    Parameters
    ----------
    field, ground : Field and Ground
        Codes on an ocean grid.
    place : (float, float)
        Latitude and longitude [degrees].
    """
    cell = ground.cell_at(place)
    sea = field.ocean.ravel()
    if not sea[cell]:
        return np.zeros(field.shape, dtype=np.bool_)
    free = sea & (field.values.ravel() == field.values.ravel()[cell])
    return with_copies(field, marked(field, joined_cells(field, free, cell)))


def proposal(field: Field, ground: Ground, codes: CodeArray, method: str) -> tuple[Edit, ...]:
    """The edits that bring a painting to proposed codes: one for each basin that gains cells."""
    edits = []
    for basin in Basin:
        gained = field.ocean & (codes == basin) & (field.values != basin)
        if gained.any():
            what = f"Proposal by {method}"
            edits.append(repaint(field, ground, gained, int(basin), what))
    return tuple(edits)
