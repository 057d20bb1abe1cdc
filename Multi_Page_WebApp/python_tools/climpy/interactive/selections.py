"""Which cells an edit is about: shapes, put together one after the other.

A shape's fields are the arguments of the function of the same name in `climpy.interactive.shapes`,
which says what they mean.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from climpy.arrays import BoolArray
from climpy.errors import InputRefused
from climpy.interactive import limits, shapes
from climpy.interactive.field import Field

MODES = ("replace", "add", "subtract", "intersect")
SURFACES = ("land", "ocean")
SIDES = ("shorter", "straight")


@dataclass(frozen=True)
class Shape:
    """What can be chosen at one stroke."""

    kind: ClassVar[str] = ""
    function: ClassVar[Callable[..., BoolArray]]

    def cells(self, field: Field) -> BoolArray:
        """The cells of a field that it covers, (ny, nx); copies need not agree.

        Raises
        ------
        InputRefused
            If it cannot be told for this field.
        """
        return type(self).function(field, **self.arguments)

    @property
    def arguments(self) -> dict[str, Any]:
        """Its fields by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    @property
    def by_index(self) -> bool:
        """True if it counts rows and columns, and so fits one grid only."""
        return self.arguments.get("space") == "index"

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Box(Shape):
    """Latitudes (rows) and longitudes (columns) from `south` to `north`, `west` to `east`."""

    kind: ClassVar[str] = "box"
    function: ClassVar[Callable[..., BoolArray]] = shapes.box
    south: float
    north: float
    west: float
    east: float
    space: str = "geographic"

    def __post_init__(self) -> None:
        space = limits.one_of("space", self.space, limits.SPACES)
        low = limits.point("The south-western corner of the box", (self.south, self.west), space)
        high = limits.point("The north-eastern corner of the box", (self.north, self.east), space)
        if high[0] < low[0]:
            raise InputRefused(
                f"The northern edge of the box, {high[0]:g}, lies below the southern, {low[0]:g}."
            )
        self._set(south=low[0], west=low[1], north=high[0], east=high[1])


@dataclass(frozen=True)
class Polygon(Shape):
    """What a line of corners encloses: the lasso."""

    kind: ClassVar[str] = "polygon"
    function: ClassVar[Callable[..., BoolArray]] = shapes.polygon
    points: limits.Points
    space: str = "geographic"
    sides: str = "shorter"

    def __post_init__(self) -> None:
        space = limits.one_of("space", self.space, limits.SPACES)
        sides = limits.one_of("sides", self.sides, SIDES)
        points = limits.points("The polygon", self.points, space, 3)
        across = [longitude for _, longitude in points]
        if space == "geographic" and sides == "straight" and max(across) - min(across) > 360.0:
            raise InputRefused("A polygon with straight sides is at most 360 degrees wide.")
        self._set(points=points)


@dataclass(frozen=True)
class Brush(Shape):
    """What lies within `radius` (degrees, or cells) of a line."""

    kind: ClassVar[str] = "brush"
    function: ClassVar[Callable[..., BoolArray]] = shapes.brush
    points: limits.Points
    radius: float
    space: str = "geographic"

    def __post_init__(self) -> None:
        space = limits.one_of("space", self.space, limits.SPACES)
        most = 60.0 if space == "geographic" else 1000.0
        self._set(
            points=limits.points("The brush", self.points, space, 1, limits.MOST_PLACES),
            radius=limits.number("The radius of the brush", self.radius, 0.0, most),
        )


@dataclass(frozen=True)
class Cells(Shape):
    """Single cells."""

    kind: ClassVar[str] = "cells"
    function: ClassVar[Callable[..., BoolArray]] = shapes.cells
    points: limits.Points
    space: str = "geographic"

    def __post_init__(self) -> None:
        space = limits.one_of("space", self.space, limits.SPACES)
        most = limits.MOST_PLACES if space == "geographic" else limits.MOST_POINTS
        points = limits.points("The cells", self.points, space, 1, most)
        for place in points:
            limits.cell("A cell", place, space)
        self._set(points=points)


@dataclass(frozen=True)
class ValueRange(Shape):
    """Values from `low` to `high`, both included; None for no limit."""

    kind: ClassVar[str] = "range"
    function: ClassVar[Callable[..., BoolArray]] = shapes.value_range
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        low = None if self.low is None else limits.number("low", self.low)
        high = None if self.high is None else limits.number("high", self.high)
        if low is not None and high is not None and high < low:
            raise InputRefused(f"The values reach from {low:g} up to {high:g}, which is less.")
        self._set(low=low, high=high)


@dataclass(frozen=True)
class Surface(Shape):
    """All land, or all ocean; as a filter it is intersected."""

    kind: ClassVar[str] = "surface"
    function: ClassVar[Callable[..., BoolArray]] = shapes.surface
    of: str

    def __post_init__(self) -> None:
        limits.one_of("of", self.of, SURFACES)


@dataclass(frozen=True)
class Basin(Shape):
    """The connected land or ocean that holds a place."""

    kind: ClassVar[str] = "basin"
    function: ClassVar[Callable[..., BoolArray]] = shapes.basin
    point: tuple[float, float]
    of: str = "ocean"
    space: str = "geographic"

    def __post_init__(self) -> None:
        space = limits.one_of("space", self.space, limits.SPACES)
        limits.one_of("of", self.of, SURFACES)
        self._set(point=limits.cell("The place of the basin", self.point, space))


@dataclass(frozen=True)
class Way(Shape):
    """The shortest way between two places, so many cells wide."""

    kind: ClassVar[str] = "way"
    function: ClassVar[Callable[..., BoolArray]] = shapes.way
    start: tuple[float, float]
    end: tuple[float, float]
    width: int = 1
    space: str = "geographic"

    def __post_init__(self) -> None:
        space = limits.one_of("space", self.space, limits.SPACES)
        limits.whole("The width of the way", self.width, 1, limits.WIDEST_WAY)
        self._set(
            start=limits.cell("The start of the way", self.start, space),
            end=limits.cell("The end of the way", self.end, space),
        )


SHAPES: dict[str, type[Shape]] = {
    shape.kind: shape for shape in (Box, Polygon, Brush, Cells, ValueRange, Surface, Basin, Way)
}
"""All of them, by what JSON calls them."""


@dataclass(frozen=True)
class Selection:
    """Shapes, each put in the place of, added to, taken from or intersected with those before.

    Parameters
    ----------
    parts : tuple of (mode, Shape)
        In the order in which they were drawn.
    """

    parts: tuple[tuple[str, Shape], ...] = ()

    def __post_init__(self) -> None:
        if len(self.parts) > limits.MOST_SHAPES:
            raise InputRefused(
                f"A selection has at most {limits.MOST_SHAPES} shapes, not {len(self.parts)}."
            )
        for mode, _ in self.parts:
            limits.one_of("mode", mode, MODES)

    @classmethod
    def of(cls, shape: Shape, *filters: Shape) -> "Selection":
        """The selection of a shape, where all the filters agree."""
        return cls((("replace", shape), *(("intersect", other) for other in filters)))

    def then(self, mode: str, shape: Shape) -> "Selection":
        """The selection after one more shape; what is replaced is forgotten."""
        return Selection(((mode, shape),) if mode == "replace" else (*self.parts, (mode, shape)))

    def mask(self, field: Field) -> BoolArray:
        """The chosen cells of a field, (ny, nx); a cell and its copies together.

        Raises
        ------
        InputRefused
            If a shape cannot be told for this field.
        """
        chosen = np.zeros(field.values.shape, dtype=np.bool_)
        for mode, shape in self.parts:
            chosen = shapes.combined(field, chosen, mode, shape.cells(field))
        return chosen

    @property
    def by_index(self) -> bool:
        """True if a shape counts rows and columns, so that the selection fits one grid only."""
        return any(shape.by_index for _, shape in self.parts)
