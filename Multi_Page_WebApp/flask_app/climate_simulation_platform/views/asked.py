"""What the address of a map's data asks for, checked before a file is opened."""

from collections.abc import Mapping
from math import ceil, prod
from typing import Any

from werkzeug.datastructures import MultiDict

from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.looking import Asked, Range

RESERVED = ("revision", "variable", "rows", "columns", "every", "statistics", "from", "to")
"""Names in an address that are no dimensions; a dimension of such a name is called at_<name>."""

MOST_CELLS = 2**22
"""Cells that are sent at once."""

MOST_DIGITS = 9

Header = Mapping[str, Any]
Query = MultiDict[str, str]


def drawable(header: Header) -> tuple[Header, ...]:
    """The variables of a file that can be drawn."""
    return tuple(variable for variable in header.get("variables", ()) if variable["drawable"])


def variable_of(header: Header, name: str | None) -> Header | None:
    """The variable of a name, the first to show where none is named; None if nothing can be drawn.

    Raises
    ------
    RequestRefused
        If there is no such variable.
    """
    wanted = name if name is not None else header.get("first")
    found = next((one for one in drawable(header) if one["name"] == wanted), None)
    if found is None and name is not None:
        raise RequestRefused(f"The file has no variable {_short(name)} that can be drawn.")
    return found


def number(query: Query, name: str, default: int | None = None) -> int | None:
    """A whole number of an address.

    Raises
    ------
    RequestRefused
        If something else stands there.
    """
    text = query.get(name)
    return default if text is None else _whole(text, name)


def indices(query: Query, variable: Header) -> dict[str, int]:
    """Place along each dimension of which one is drawn; 0 where the address says nothing.

    Raises
    ------
    RequestRefused
        If a place lies outside, or a dimension is not there.
    """
    lengths = {address_name(one["dim"]): one for one in variable["choose"]}
    for name in query:
        if name not in RESERVED and name not in lengths:
            raise RequestRefused(
                f"{variable['name']} has no dimension {_short(name)} to choose from."
            )
    found = {}
    for name, one in lengths.items():
        place = _whole(query.get(name, "0"), name)
        if place >= one["length"]:
            raise RequestRefused(
                f"{one['dim']} of {variable['name']} is counted from 0 to {one['length'] - 1}, "
                f"so there is no {place}."
            )
        found[one["dim"]] = place
    return found


def address_name(dimension: str) -> str:
    """Name of a dimension in an address."""
    return f"at_{dimension}" if dimension in RESERVED else dimension


def asked_of(query: Query, variable: Header) -> Asked:
    """Put together what an address asks of a variable.

    Raises
    ------
    RequestRefused
        If it cannot be given.
    """
    every = number(query, "every", 1) or 0
    if every < 1:
        raise RequestRefused("every counts from 1.")
    rows, columns = _range(query, "rows"), _range(query, "columns")
    asked = Asked(variable["name"], indices(query, variable), rows, columns, every)
    _require_few(variable, asked)
    return asked


def _require_few(variable: Header, asked: Asked) -> None:
    chosen = prod(one["length"] for one in variable["choose"])
    cells = prod(variable["shape"]) // max(1, chosen) / asked.every**2
    if asked.rows and asked.columns:
        cells = prod(
            ceil((end - first) / asked.every) for first, end in (asked.rows, asked.columns)
        )
    if cells > MOST_CELLS:
        raise RequestRefused(
            f"That are {cells:,.0f} cells of {asked.variable}, more than can be given at once; ask "
            "for a part with rows and columns, or for fewer with every."
        )


def _range(query: Query, name: str) -> Range | None:
    text = query.get(name)
    if text is None:
        return None
    first, colon, end = text.partition(":")
    found = (_whole(first, name), _whole(end, name))
    if not colon or found[0] >= found[1]:
        raise RequestRefused(f"{name} are given as first:end, such as 0:90.")
    return found


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise RequestRefused(f"{_short(name)} must be a whole number, not {_short(text)}.")
    return int(text)


def _short(text: str) -> str:
    """What somebody wrote, fit for a sentence."""
    visible = "".join(character for character in text if character.isprintable())
    return repr(visible if len(visible) <= 40 else visible[:39] + "…")
