"""What an edit does to the chosen cells.

An operation's fields are the arguments of its function in `climpy.interactive.changes`, which says
what they mean. Heights and depths are metres above and below sea level, whatever the sign
convention of the field.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from climpy.arrays import BoolArray, FloatArray
from climpy.interactive import changes, limits
from climpy.interactive.field import Field

_HIGHEST_M = 20_000.0


@dataclass(frozen=True)
class Operation:
    """What can be done."""

    kind: ClassVar[str] = ""
    function: ClassVar[Callable[..., FloatArray]]

    def new_values(self, field: Field, chosen: BoolArray) -> FloatArray:
        """New values of the chosen cells, in the order of their flat indices.

        Raises
        ------
        InputRefused
            If it makes no sense for this field.
        """
        return type(self).function(field, chosen, **self.arguments)

    @property
    def arguments(self) -> dict[str, Any]:
        """Its fields by name."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


@dataclass(frozen=True)
class SetTo(Operation):
    """The same value everywhere (absolute)."""

    kind: ClassVar[str] = "set"
    function: ClassVar[Callable[..., FloatArray]] = changes.set_to
    value: float

    def __post_init__(self) -> None:
        self._set("value", limits.number("value", self.value))


@dataclass(frozen=True)
class Add(Operation):
    """An amount more (relative)."""

    kind: ClassVar[str] = "add"
    function: ClassVar[Callable[..., FloatArray]] = changes.add
    amount: float

    def __post_init__(self) -> None:
        self._set("amount", limits.number("amount", self.amount))


@dataclass(frozen=True)
class Scale(Operation):
    """So many per cent of what is there."""

    kind: ClassVar[str] = "scale"
    function: ClassVar[Callable[..., FloatArray]] = changes.scale
    percent: float

    def __post_init__(self) -> None:
        self._set("percent", limits.number("percent", self.percent, -1e6, 1e6))


@dataclass(frozen=True)
class Fill(Operation):
    """Raised to a height [m], or to the mean of the neighbours."""

    kind: ClassVar[str] = "fill"
    function: ClassVar[Callable[..., FloatArray]] = changes.fill
    height: float | None = None

    def __post_init__(self) -> None:
        if self.height is not None:
            self._set("height", limits.number("height", self.height, -_HIGHEST_M, _HIGHEST_M))


@dataclass(frozen=True)
class Dig(Operation):
    """Lowered to a depth [m]."""

    kind: ClassVar[str] = "dig"
    function: ClassVar[Callable[..., FloatArray]] = changes.dig
    depth: float

    def __post_init__(self) -> None:
        self._set("depth", limits.number("depth", self.depth, 0.0, _HIGHEST_M))


@dataclass(frozen=True)
class FillDepressions(Operation):
    """Land without a way down raised to where it spills towards the sea or the border."""

    kind: ClassVar[str] = "fill_depressions"
    function: ClassVar[Callable[..., FloatArray]] = changes.fill_depressions


@dataclass(frozen=True)
class Smooth(Operation):
    """Means with the neighbours, several times."""

    kind: ClassVar[str] = "smooth"
    function: ClassVar[Callable[..., FloatArray]] = changes.smooth
    passes: int = 1
    keep_coast: bool = True

    def __post_init__(self) -> None:
        limits.whole("passes", self.passes, 1, limits.MOST_PASSES)
        limits.yes_or_no("keep_coast", self.keep_coast)


@dataclass(frozen=True)
class Paint(Operation):
    """A code on ocean cells: 1 Atlantic, 2 Pacific, 3 Indian."""

    kind: ClassVar[str] = "paint"
    function: ClassVar[Callable[..., FloatArray]] = changes.paint
    code: int

    def __post_init__(self) -> None:
        limits.whole("code", self.code, 0, limits.LARGEST_CODE)


OPERATIONS: dict[str, type[Operation]] = {
    operation.kind: operation
    for operation in (SetTo, Add, Scale, Fill, Dig, FillDepressions, Smooth, Paint)
}
"""All of them, by what JSON calls them."""
