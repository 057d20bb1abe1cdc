"""What a form sends, and numbers in it."""

import math
import re
from collections.abc import Mapping, Sequence

Fields = Mapping[str, Sequence[str]]
"""Texts of each field of a form, in the order of the page."""

LONGEST = 200
"""Letters of a field that are looked at."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


class NotANumber(ValueError):
    """A field holds no number."""


def number(text: str, *, what: str = "the value") -> float:
    """The number that somebody typed; a comma may stand for the point.

    Raises
    ------
    NotANumber
        If it is none, or none that is finite.
    """
    plain = text.strip().replace(",", ".").replace("\N{MINUS SIGN}", "-")
    found = float(plain) if len(plain) <= LONGEST and _NUMBER.fullmatch(plain) else math.nan
    if not math.isfinite(found):
        shown = text.strip()
        raise NotANumber(
            f"{what} must be a number, not “{shortened(shown)}”." if shown else f"{what} is empty."
        )
    return found


def text_of(value: object) -> str:
    """A value as a field shows it; numbers come back exactly."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)


def shortened(text: str, longest: int = 30) -> str:
    """Text for a sentence, its end left out where it is long."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
