"""The cells of a field's grid: what no edit changes of them."""

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray, LongArray
from climpy.errors import InputRefused
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import OceanGrid
from climpy.grids.regular import RegularGrid
from climpy.grids.t_points import grid_of_t_points
from climpy.interactive import limits
from climpy.interactive.cells import nearest_cell
from climpy.interactive.field import Field
from climpy.interactive.selections import Box, Cells, Selection, Shape

_MOST_BY_PLACE, _MOST_BY_PLACE_ON_OCEAN_GRID = 1500, 25
"""Cells that an edit names by place; on an ocean grid each takes milliseconds to find again."""

_MOST = 200_000


class Ground:
    """Places and areas of the cells of a field that covers the globe.

    Parameters
    ----------
    field : Field
        On a regular global grid or an ocean grid; of its values nothing is used.

    Raises
    ------
    InputRefused
        If the field covers no globe, or it is not known where its cells lie.
    """

    def __init__(self, field: Field) -> None:
        self.grid = _grid(field)
        self.shape = field.shape
        self._field = field
        self._found: dict[tuple[float, float], int] = {}

    @cached_property
    def latitudes(self) -> FloatArray:
        """Of all cells, (ny * nx,) [degrees]."""
        return self._whole(self._field.latitudes)

    @cached_property
    def longitudes(self) -> FloatArray:
        """Of all cells, (ny * nx,) [degrees]."""
        return self._whole(self._field.longitudes)

    def _whole(self, part: FloatArray | None) -> FloatArray:
        return np.broadcast_to(np.asarray(part), self.shape).ravel()

    @cached_property
    def points(self) -> FloatArray:
        """Cell centres on the unit sphere, (ny * nx, 3)."""
        return unit_vectors(self.latitudes, self.longitudes)

    @cached_property
    def unique(self) -> BoolArray:
        """True where a cell is no copy of another one, (ny * nx,)."""
        return np.asarray(self._field.nodes == np.arange(self._field.nodes.size))

    @cached_property
    def areas_km2(self) -> FloatArray:
        """Of all cells, (ny * nx,); 0 for copies."""
        if isinstance(self.grid, OceanGrid):
            return np.asarray((self.grid.e1t * self.grid.e2t * 1e-6).ravel() * self.unique)
        widths = self.grid.cell_widths_m() * self.grid.cell_height_m() * 1e-6
        return np.repeat(widths, self.shape[1])

    def place(self, cell: int) -> tuple[float, float]:
        """Latitude and longitude of a cell [degrees]."""
        return float(self.latitudes[cell]), float(self.longitudes[cell])

    def cell_at(self, place: tuple[float, float]) -> int:
        """Flat index of the cell nearest to a place; no copy. Remembered."""
        if place not in self._found:
            self._found[place] = nearest_cell(self._field, *place)
        return self._found[place]

    def middle(self, cells: LongArray) -> int:
        """The one of the cells that is nearest to their centre of mass."""
        points = self.points[cells]
        centre = (points * self.areas_km2[cells][:, None]).sum(axis=0)
        return int(cells[np.argmax(np.round(points @ centre, 9))])

    def selection(self, cells: LongArray, *filters: Shape) -> Selection:
        """The selection of single cells where all the filters agree.

        By place, if the cells are few and found again by it, else by row and column.

        Raises
        ------
        InputRefused
            If there are more than one edit can name.
        """
        if cells.size > _MOST:
            raise InputRefused(
                f"{cells.size:,} cells are more than one edit can name; do the largest part by "
                "itself first."
            )
        shapes: list[Shape] = [*self._by_place(cells)] or [
            self._by_index(cells[first : first + limits.MOST_POINTS])
            for first in range(0, cells.size, limits.MOST_POINTS)
        ]
        chosen = Selection.of(shapes[0])
        for shape in shapes[1:]:
            chosen = chosen.then("add", shape)
        for shape in filters:
            chosen = chosen.then("intersect", shape)
        return chosen

    def _by_place(self, cells: LongArray) -> Iterable[Cells]:
        regular = isinstance(self.grid, RegularGrid)
        if cells.size <= (_MOST_BY_PLACE if regular else _MOST_BY_PLACE_ON_OCEAN_GRID):
            shape = Cells(tuple(self.place(cell) for cell in cells.tolist()))
            if [self.cell_at(place) for place in shape.points] == cells.tolist():
                yield shape

    def _by_index(self, cells: LongArray) -> Cells:
        rows, columns = np.divmod(cells.astype(np.float64), self.shape[1])
        return Cells(tuple(zip(rows.tolist(), columns.tolist(), strict=True)), "index")

    def around(self, cells: AnyArray) -> Box:
        """The box that just holds all of the cells, over the seam where that is narrower."""
        latitudes, longitudes = self.latitudes[cells], np.unique(self.longitudes[cells] % 360.0)
        gaps = np.diff(longitudes, append=longitudes[0] + 360.0)
        widest = int(np.argmax(gaps))
        west = float(longitudes[(widest + 1) % longitudes.size])
        width = 360.0 - float(gaps[widest])
        south, north = float(latitudes.min()) - _MARGIN, float(latitudes.max()) + _MARGIN
        return Box(
            max(south, -90.0),
            min(north, 90.0),
            west - _MARGIN,
            west + min(width + _MARGIN, 360.0),
        )


_MARGIN = 0.001
"""Degrees by which a box reaches over the outermost centres."""


def _grid(field: Field) -> RegularGrid | OceanGrid:
    latitudes, longitudes = field.latitudes, field.longitudes
    if latitudes is None or longitudes is None:
        raise InputRefused("It is not known where the cells of this field lie.")
    if field.originals is not None:
        return grid_of_t_points(longitudes, latitudes)
    if latitudes.shape[1] != 1 or longitudes.shape[0] != 1 or not field.periodic:
        raise InputRefused("Only fields that cover the globe can be checked.")
    return RegularGrid(latitudes[:, 0], longitudes[0])
