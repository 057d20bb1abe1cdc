"""The table of vegetation as a form: one row for each latitude band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

from climate_simulation_platform.pages.fields import Fields, NotANumber, number, text_of
from climpy.bc.ipsl.vegetation_table import CLASSES, DEFAULT_TABLE, VegetationTable
from climpy.errors import InputRefused

LIMIT = "to_latitude"
CLASS_FIELDS = tuple(f"class_{k}" for k in range(1, len(CLASSES) + 1))
NAMES = (LIMIT, *CLASS_FIELDS)
"""Fields of a row; each comes once for each band."""

MOST_BANDS = 90

NEARLY = 1e-6
"""A sum this near to 100 counts as 100."""


@dataclass(frozen=True)
class Row:
    """One band as it was typed.

    Parameters
    ----------
    limit : str
        Poleward limit.
    shares : tuple of str
        Percentages of the classes; empty for none.
    """

    limit: str
    shares: tuple[str, ...]

    @property
    def total(self) -> float | None:
        """Sum of the percentages; None if one is no number."""
        try:
            return sum(number(share) for share in self.shares if share.strip())
        except NotANumber:
            return None

    @property
    def remark(self) -> str:
        """What is wrong with the sum; empty if it is 100."""
        total = self.total
        if total is None:
            return "not all numbers"
        off = total - 100.0
        if abs(off) <= NEARLY:
            return ""
        return f"{abs(off):.6g} % {'too much' if off > 0 else 'missing'}"


def rows_of(bands: Sequence[Mapping[str, Any]] | None) -> tuple[Row, ...]:
    """Rows of a table as parameters have it; the default one where they have none."""
    table = DEFAULT_TABLE if bands is None else VegetationTable.from_dict({"bands": bands})
    return tuple(
        Row(text_of(limit), tuple(text_of(share) if share else "" for share in shares))
        for limit, shares in zip(table.bounds, table.percentages, strict=True)
    )


def rows_typed(fields: Fields) -> tuple[Row, ...] | None:
    """Rows of a form that was sent; None if it is no form of ours."""
    columns = [fields.get(name, ()) for name in NAMES]
    if len({len(column) for column in columns}) != 1 or not 0 < len(columns[0]) <= MOST_BANDS:
        return None
    return tuple(Row(row[0], tuple(row[1:])) for row in zip(*columns, strict=True))


def fields_of(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """The form's fields that hold these rows."""
    columns = zip(*((row.limit, *row.shares) for row in rows), strict=True)
    return dict(zip(NAMES, columns, strict=True))


def without(rows: Sequence[Row], index: int) -> tuple[Row, ...]:
    """The rows but one; the last one stays, and what is then the last reaches the pole."""
    kept = [row for k, row in enumerate(rows) if k != index]
    if not kept or len(kept) == len(rows):
        return tuple(rows)
    kept[-1] = replace(kept[-1], limit=rows[-1].limit)
    return tuple(kept)


def with_another(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows and one more: the widest band is halved."""
    if len(rows) >= MOST_BANDS:
        return tuple(rows)
    try:
        limits = [0.0, *(number(row.limit) for row in rows)]
    except NotANumber:
        return (*rows, rows[-1])
    widths = [north - south for south, north in pairwise(limits)]
    widest = widths.index(max(widths))
    middle = round(limits[widest] + widths[widest] / 2, 3)
    new = replace(rows[widest], limit=text_of(middle))
    return (*rows[:widest], new, *rows[widest:])


def bands_of(rows: Sequence[Row]) -> tuple[list[dict[str, Any]] | None, dict[str, str]]:
    """The table as parameters have it (None for the default one), and what is wrong with it."""
    errors: dict[str, str] = {}
    bands: list[dict[str, Any]] = []
    for place, row in enumerate(rows, start=1):
        try:
            bands.append(_band(row))
        except NotANumber as refusal:
            errors.setdefault(f"{LIMIT}-{place}", f"Band {place}: {refusal}")
    if errors:
        return None, errors
    try:
        table = VegetationTable.from_dict({"bands": bands})
    except InputRefused as refusal:
        return None, {"bands": str(refusal)}
    return (None if table == DEFAULT_TABLE else table.to_dict()["bands"]), {}


def _band(row: Row) -> dict[str, Any]:
    shares = {
        str(k): number(share, what=CLASSES[k - 1])
        for k, share in enumerate(row.shares, start=1)
        if share.strip()
    }
    return {"to_latitude": number(row.limit, what="the limit"), "percentages": shares}


class Bar(NamedTuple):
    """Share of a class in a band, as a rectangle of the preview."""

    kind: int
    x: float
    y: float
    width: float
    height: float


def bars(rows: Sequence[Row], *, width: float, height: float) -> tuple[Bar, ...]:
    """The preview: latitude from left to right, shares stacked from below.

    Rows without sense are left out; more than 100 % is cut off.
    """
    found: list[Bar] = []
    south = 0.0
    for row in rows:
        try:
            north = min(number(row.limit), 90.0)
            shares = [number(share) if share.strip() else 0.0 for share in row.shares]
        except NotANumber:
            continue
        if north <= south:
            continue
        filled = 0.0
        for kind, share in enumerate(shares, start=1):
            part = max(0.0, min(share, 100.0 - filled))
            filled += part
            if part:
                x, y = width * south / 90.0, height * (1.0 - filled / 100.0)
                found.append(Bar(kind, x, y, width * (north - south) / 90.0, height * part / 100.0))
        south = north
    return tuple(found)
