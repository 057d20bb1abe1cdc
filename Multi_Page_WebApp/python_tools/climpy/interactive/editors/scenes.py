"""A field on a map: where its cells are drawn, and what is drawn there with the mouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from climpy.arrays import AnyArray
from climpy.interactive.desk import Sheet
from climpy.interactive.field import Field
from climpy.interactive.selections import Brush, Shape
from climpy.interactive.views import strokes
from climpy.interactive.views.meshes import Mesh, mesh_of
from climpy.interactive.views.projections import Index, LonLat, Polar, Projection, Window
from climpy.interactive.views.rasters import Raster, raster

VIEWS = {"map": "Map", "north": "North", "south": "South", "index": "Rows, columns"}
"""Ways to look at a field, by name."""

_DEGREES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 90.0)
_CELLS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)


@dataclass(frozen=True, eq=False)
class Scene:
    """A field on a projection.

    Parameters
    ----------
    field : Field
        Whose cells are drawn; values play no part.
    mesh : Mesh
        Their corners.
    projection : Projection
        How they are laid out.
    """

    field: Field
    mesh: Mesh
    projection: Projection

    @property
    def extent(self) -> Window:
        """The rectangle that holds everything."""
        return self.projection.extent

    @property
    def geographic(self) -> bool:
        """True if x and y come from degrees."""
        return self.projection.geographic

    @property
    def flipped(self) -> bool:
        """True if y counts downwards, so that north is up."""
        return not self.geographic and not self.mesh.northward

    @property
    def units_per_step(self) -> float:
        """Length on the map of a degree, or of a cell, about its middle."""
        return float(np.deg2rad(1.0)) if isinstance(self.projection, Polar) else 1.0

    def raster(self, window: Window, size: tuple[int, int]) -> Raster:
        """Which cell each pixel shows."""
        return raster(self.mesh, self.projection, window, size)

    # From the map to places and cells

    def place(self, x: float, y: float, cell: int) -> tuple[float, float] | None:
        """Latitude and longitude of a point of the map; in index space of the cell there."""
        if not self.geographic:
            return self.centre(cell)
        latitude, longitude = self.projection.inverse(np.asarray(x), np.asarray(y))
        return (float(latitude), float(longitude)) if np.isfinite(latitude) else None

    def centre(self, cell: int) -> tuple[float, float] | None:
        """Latitude and longitude of a cell's centre; None where it is not known."""
        if cell < 0 or self.field.latitudes is None or self.field.longitudes is None:
            return None
        row, column = divmod(cell, self.field.shape[1])
        parts = (
            np.broadcast_to(part, self.field.shape)[row, column]
            for part in (self.field.latitudes, self.field.longitudes)
        )
        latitude, longitude = (float(part) for part in parts)
        return latitude, longitude

    def named(self, cell: int) -> tuple[tuple[float, float], str]:
        """What an edit calls a cell: its place, or in index space row and column; and the space."""
        centre = self.centre(cell)
        if self.geographic and centre is not None:
            return centre, "geographic"
        row, column = divmod(cell, self.field.shape[1])
        return (float(row), float(column)), "index"

    # From places to the map

    def point(self, latitude: float, longitude: float) -> tuple[float, float] | None:
        """Where a place lies on the map; None if it is not on it."""
        if not self.geographic:
            return self._by_index(latitude, longitude)
        x, y = self.projection.forward(np.asarray(latitude), np.asarray(longitude))
        return (float(x), float(y)) if bool(self.projection.holds(x, y)) else None

    def _by_index(self, latitude: float, longitude: float) -> tuple[float, float] | None:
        if self._centres is None:
            return None
        phi, lam = np.deg2rad(latitude), np.deg2rad(longitude)
        towards = np.array([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
        row, column = divmod(int(np.argmax(self._centres @ towards)), self.field.shape[1])
        return float(column), float(row)

    @cached_property
    def _centres(self) -> AnyArray | None:
        """Unit vectors of cell centres, (ny * nx, 3)."""
        if self.field.latitudes is None or self.field.longitudes is None:
            return None
        phi, lam = (
            np.deg2rad(np.broadcast_to(part, self.field.shape)).ravel()
            for part in (self.field.latitudes, self.field.longitudes)
        )
        return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)

    def around(self, latitude: float, longitude: float, degrees: float) -> Window | None:
        """The rectangle so many degrees wide round a place; None if that is not on the map."""
        where = self.point(latitude, longitude)
        if where is None:
            return None
        half = 0.5 * degrees * self._length_of_degree
        return Window(where[0] - half, where[0] + half, where[1] - half, where[1] + half)

    @property
    def _length_of_degree(self) -> float:
        return self.units_per_step if self.geographic else self.field.shape[1] / 360.0

    # What is drawn

    def box(self, x0: float, x1: float, y0: float, y1: float) -> Shape:
        """The shape of a rectangle."""
        return strokes.box(self.projection, x0, x1, y0, y1)

    def polygon(self, x: Sequence[float], y: Sequence[float]) -> Shape:
        """The shape of a closed line."""
        return strokes.lasso(self.projection, x, y)

    def brush(self, x: AnyArray, y: AnyArray, radius: float) -> Brush:
        """The shape of a brush's way."""
        return strokes.brush(self.projection, x, y, radius)

    # Axes

    @property
    def has_axes(self) -> bool:
        """True if its sides can be labelled."""
        return not isinstance(self.projection, Polar)

    def ticks(self, axis: str, low: float, high: float, most: int) -> dict[float, str]:
        """Where an axis is labelled, and how, in at most so many places; nowhere on polar views."""
        if not self.has_axes:
            return {}
        first, last = self.extent[:2] if axis == "x" else self.extent[2:]
        low, high = max(low, first), min(high, last)
        steps = _DEGREES if self.geographic else _CELLS
        step = next((step for step in steps if high - low <= step * most), steps[-1])
        numbers = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1)
        label = _degrees if self.geographic else _count
        return {float(n * step) + 0.0: label(float(n * step) + 0.0, axis) for n in numbers}


def _count(value: float, _axis: str) -> str:
    return f"{value:g}"


def _degrees(value: float, axis: str) -> str:
    if axis == "y":
        return f"{abs(value):g}°{'' if value == 0.0 else 'N' if value > 0.0 else 'S'}"
    east = (value + 180.0) % 360.0 - 180.0
    if east in (0.0, -180.0):
        return f"{abs(east):g}°"
    return f"{abs(east):g}°{'E' if east > 0.0 else 'W'}"


def scene_of(sheet: Sheet, field: Field, view: str, west: float = -180.0) -> Scene:
    """A field in one of `VIEWS`; the map begins in the west at a longitude [degrees].

    A field of which nobody knows where its cells lie is shown by rows and columns.
    """
    mesh = mesh_of(field, sheet.corners)
    if view == "index" or not mesh.placed:
        return Scene(field, mesh, Index(field.shape))
    if view == "map":
        return Scene(field, mesh, LonLat(west))
    return Scene(field, mesh, Polar(view))
