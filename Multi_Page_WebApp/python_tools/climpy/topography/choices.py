"""What a person says about a file that does not say it itself."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from climpy.errors import InputRefused

UNITS: Mapping[str, float] = {
    "m": 1.0,
    "km": 1000.0,
    "hm": 100.0,
    "dm": 0.1,
    "cm": 0.01,
    "mm": 0.001,
    "ft": 0.3048,
    "fathom": 1.8288,
    "m2 s-2": 1.0 / 9.80665,
}
"""Units of heights that a person can name, in metres; the last one is that of a geopotential."""

POSITIVE = ("up", "down")
"""Which way positive numbers go: heights, or depths."""


@dataclass(frozen=True)
class Choices:
    """What a person says about a file; what is None is taken from the file.

    Parameters
    ----------
    variable : str or None
        Name of the topography.
    latitude, longitude : str or None
        Names of coordinate variables, or of dimensions that have none.
    indices : mapping of dimension to int, or None
        Which time, level ... to take, counted from 0.
    north_up : bool or None
        Whether the first row is the northernmost; the rows are then equal steps from pole to
        pole, whatever the file says.
    first_longitude : float or None
        Western edge of the first column [degrees east]; the columns are then equal steps once
        round the globe, from west to east, whatever the file says.
    units : str or None
        One of `UNITS`.
    missing_value : float or None
        The number that stands for "no value", in the file's unit.
    positive : {"up", "down"} or None
        "down" if the numbers are depths.
    """

    variable: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    indices: Mapping[str, int] | None = None
    north_up: bool | None = None
    first_longitude: float | None = None
    units: str | None = None
    missing_value: float | None = None
    positive: str | None = None

    def __post_init__(self) -> None:
        for name in ("variable", "latitude", "longitude"):
            _require(name, getattr(self, name), str, "a name")
        _require("north_up", self.north_up, bool, "true or false")
        for name in ("first_longitude", "missing_value"):
            _require_number(name, getattr(self, name))
        if self.first_longitude is not None and not -360.0 <= self.first_longitude <= 360.0:
            raise InputRefused(
                f"first_longitude must lie between -360 and 360 degrees, "
                f"not at {self.first_longitude:g}."
            )
        for name, known in (("units", tuple(UNITS)), ("positive", POSITIVE)):
            if getattr(self, name) not in (None, *known):
                raise InputRefused(
                    f"{name} must be one of {', '.join(known)}, not {getattr(self, name)!r}."
                )
        _require_places(self.indices)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> "Choices":
        """Make choices of names and values, as a form gives them.

        Raises
        ------
        InputRefused
            If a name is unknown, or a value is of the wrong kind.
        """
        known = [choice.name for choice in fields(cls)]
        for name in given:
            if name not in known:
                raise InputRefused(f"{name!r} cannot be set; there are {', '.join(known)}.")
        return cls(**given)

    def as_dict(self) -> dict[str, Any]:
        """Give what was said, ready for JSON; what was not said is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def factor(self) -> float:
        """Metres of one unit, negative for depths."""
        return UNITS[self.units or "m"] * (-1.0 if self.positive == "down" else 1.0)

    @property
    def about_layout(self) -> bool:
        """Whether anything was said about dimensions and coordinates."""
        said = (self.latitude, self.longitude, self.north_up, self.first_longitude)
        return bool(self.indices) or any(choice is not None for choice in said)


def _require(name: str, value: Any, kind: type, called: str) -> None:
    if value is not None and not isinstance(value, kind):
        raise InputRefused(f"{name} must be {called}, not {value!r}.")


def _require_number(name: str, value: Any) -> None:
    if value is None:
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise InputRefused(f"{name} must be a number, not {value!r}.")


def _require_places(places: Any) -> None:
    if places is None:
        return
    if not isinstance(places, Mapping):
        raise InputRefused(f"indices must be dimensions with whole numbers, not {places!r}.")
    for name, place in places.items():
        if isinstance(place, bool) or not isinstance(place, int):
            raise InputRefused(f"The place along {name} must be a whole number, not {place!r}.")
