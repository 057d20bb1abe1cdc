"""What may stand in an edit, and how much of it: each part is judged when the edit is made."""

import math
from collections.abc import Collection
from typing import Any

from climpy.errors import InputRefused

LONGEST_TEXT = 16_000_000
"""Characters of a list of edits."""

MOST_EDITS = 10_000
MOST_SHAPES = 100
"""Shapes that make one selection."""

MOST_POINTS = 50_000
"""Points of a polygon, a brush or single cells."""

MOST_PLACES = 5_000
"""Single cells that are looked up by their places."""

LONGEST_DESCRIPTION = 500
LARGEST = 1e30
WIDEST_WAY = 50
MOST_PASSES = 100
LARGEST_CODE = 1000
SPACES = ("geographic", "index")

Points = tuple[tuple[float, float], ...]


def number(name: str, value: object, low: float = -LARGEST, high: float = LARGEST) -> float:
    """Give a number within limits as a float.

    Raises
    ------
    InputRefused
        Naming what it is for.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputRefused(f"{name} must be a number, not {shown(value)}.")
    if not (abs(value) <= LARGEST and math.isfinite(value) and low <= value <= high):
        raise InputRefused(f"{name} must lie within {low:g}..{high:g}, not {shown(value)}.")
    return float(value)


def whole(name: str, value: object, low: int, high: int) -> int:
    """Give a whole number within limits.

    Raises
    ------
    InputRefused
        Naming what it is for.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputRefused(
            f"{name} must be a whole number within {low}..{high}, not {shown(value)}."
        )
    return value


def one_of(name: str, value: object, choices: Collection[str]) -> str:
    """Give a word that must be one of some.

    Raises
    ------
    InputRefused
        Naming them.
    """
    if not isinstance(value, str) or value not in choices:
        raise InputRefused(f"{name} must be one of {', '.join(choices)}, not {shown(value)}.")
    return value


def yes_or_no(name: str, value: object) -> bool:
    """Give a truth value.

    Raises
    ------
    InputRefused
        If it is anything else.
    """
    if not isinstance(value, bool):
        raise InputRefused(f"{name} must be true or false, not {shown(value)}.")
    return value


def point(name: str, value: object, space: str) -> tuple[float, float]:
    """Give a place: latitude and longitude [degrees, rounded to 1e-6], or row and column.

    Raises
    ------
    InputRefused
        If it is none.
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        words = "[latitude, longitude]" if space == "geographic" else "[row, column]"
        raise InputRefused(f"{name} must be {words}, not {shown(value)}.")
    if space == "geographic":
        latitude = number(f"{name}: the latitude", value[0], -90.0, 90.0)
        longitude = number(f"{name}: the longitude", value[1], -1080.0, 1080.0)
        return round(latitude, 6), round(longitude, 6)  # a tenth of a metre
    row = number(f"{name}: the row", value[0], -1e6, 1e6)
    return row, number(f"{name}: the column", value[1], -1e6, 1e6)


def cell(name: str, value: object, space: str) -> tuple[float, float]:
    """Give a place that in index space is a cell: whole numbers from 0 on.

    Raises
    ------
    InputRefused
        If it is none.
    """
    place = point(name, value, space)
    if space == "index" and not all(number >= 0.0 and number.is_integer() for number in place):
        raise InputRefused(f"{name} must be a row and a column counted from 0, not {shown(value)}.")
    return place


def points(name: str, value: object, space: str, least: int, most: int = MOST_POINTS) -> Points:
    """Give a list of places.

    Raises
    ------
    InputRefused
        If there are too few or too many, or one is none.
    """
    if not isinstance(value, list | tuple) or len(value) < least:
        raise InputRefused(f"{name} must be a list of at least {least} places.")
    if len(value) > most:
        raise InputRefused(f"{name} has {len(value)} places; at most {most} are taken.")
    return tuple(point(f"{name}, place {n}", entry, space) for n, entry in enumerate(value, 1))


def shown(value: Any) -> str:
    """A value as it may stand in a sentence: short, printable, whatever it is."""
    if isinstance(value, list | tuple | dict):
        return f"a {'mapping' if isinstance(value, dict) else 'list'} of {len(value)}"
    if isinstance(value, int) and abs(value) > 10**15:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
