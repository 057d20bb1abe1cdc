"""The table of vegetation by latitude, and how it is written and read."""

import csv
import io
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from climpy.errors import InputRefused

CLASSES = (
    "bare ground",
    "tropical broad-leaved evergreen trees",
    "tropical broad-leaved raingreen trees",
    "temperate needleleaf evergreen trees",
    "temperate broad-leaved evergreen trees",
    "temperate broad-leaved summergreen trees",
    "boreal needleleaf evergreen trees",
    "boreal broad-leaved summergreen trees",
    "boreal needleleaf summergreen trees",
    "C3 grass",
    "C4 grass",
    "C3 agriculture",
    "C4 agriculture",
)
"""The classes of ORCHIDEE; class k of the file is entry k - 1."""

_ROUNDING = 1e-6


@dataclass(frozen=True)
class VegetationTable:
    """Percentages of the vegetation classes in latitude bands, the same on both hemispheres.

    Parameters
    ----------
    bounds : tuple of float
        Poleward limit of each band [degrees], increasing; the last is 90. A band holds the
        latitudes up to and with its limit.
    percentages : tuple of tuples of 13 floats
        Percentages of the classes in each band; each sums to 100.

    Raises
    ------
    InputRefused
        If the bounds or a band's percentages make no sense; the sentence names the band.
    """

    bounds: tuple[float, ...]
    percentages: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        if len(self.bounds) != len(self.percentages) or not self.bounds:
            raise InputRefused(
                f"The vegetation table has {len(self.bounds)} limits of bands but "
                f"{len(self.percentages)} rows of percentages; give one row for each band."
            )
        edges = (0.0, *self.bounds)
        if any(not south < north for south, north in itertools.pairwise(edges)):
            raise InputRefused(
                "The limits of the vegetation bands must be positive and increase, not "
                f"{', '.join(f'{b:g}' for b in self.bounds)}."
            )
        if self.bounds[-1] != 90.0:
            raise InputRefused(
                f"The last vegetation band must reach 90 degrees, not {self.bounds[-1]:g}."
            )
        for south, north, row in zip(edges, self.bounds, self.percentages, strict=False):
            require_percentages(row, f"The vegetation band {south:g} to {north:g} degrees")

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Self:
        """Make the table from the mapping of `to_dict` (as from YAML or JSON).

        Raises
        ------
        InputRefused
            If the mapping has another form or the table makes no sense.
        """
        bands = table.get("bands") if isinstance(table, Mapping) else None
        if not isinstance(bands, Sequence) or isinstance(bands, str) or not bands:
            raise InputRefused(
                "A vegetation table is written as bands: a list of entries such as "
                "{to_latitude: 15, percentages: {2: 75, 3: 25}}."
            )
        rows = [_band(number, band) for number, band in enumerate(bands, start=1)]
        return cls(tuple(bound for bound, _ in rows), tuple(row for _, row in rows))

    def to_dict(self) -> dict[str, Any]:
        """Give the table as plain lists and mappings, classes of no share left out."""
        return {
            "bands": [
                {
                    "to_latitude": bound,
                    "percentages": {str(k): p for k, p in enumerate(row, start=1) if p},
                }
                for bound, row in zip(self.bounds, self.percentages, strict=True)
            ]
        }

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Make the table from the text of `to_json`.

        Raises
        ------
        InputRefused
            If the text is no JSON or the table makes no sense.
        """
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as trouble:
            raise InputRefused(f"The vegetation table is not JSON: {trouble}.") from trouble

    def to_json(self) -> str:
        """Give the table as one line of JSON, from which it is read back exactly."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_csv(cls, text: str) -> Self:
        """Make the table from lines of a limit and 13 percentages; a heading is skipped.

        Raises
        ------
        InputRefused
            If a line does not hold 14 numbers or the table makes no sense.
        """
        read = csv.reader(io.StringIO(text), skipinitialspace=True)
        lines = [line for line in read if any(map(str.strip, line))]
        if lines and not _is_number(lines[0][0]):
            lines = lines[1:]
        rows = [_numbers(number, line) for number, line in enumerate(lines, start=1)]
        return cls(tuple(row[0] for row in rows), tuple(row[1:] for row in rows))

    def to_csv(self) -> str:
        """Give the table as comma-separated lines under a heading; read back exactly."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["to_latitude", *CLASSES])
        for bound, row in zip(self.bounds, self.percentages, strict=True):
            writer.writerow([repr(bound), *map(repr, row)])
        return text.getvalue()


def _band(number: int, band: object) -> tuple[float, tuple[float, ...]]:
    """Limit and 13 percentages of one entry of a table."""
    where = f"Vegetation band {number}"
    if not isinstance(band, Mapping) or set(band) != {"to_latitude", "percentages"}:
        raise InputRefused(f"{where} must have to_latitude and percentages, and nothing else.")
    bound = band["to_latitude"]
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        raise InputRefused(f"{where}: to_latitude must be a number, not {bound!r}.")
    return float(bound), row_of_classes(band["percentages"], where)


def row_of_classes(percentages: object, where: str) -> tuple[float, ...]:
    """Give the 13 percentages of a mapping of class (number or name) to percentage.

    Raises
    ------
    InputRefused
        Naming what is no class or no number.
    """
    if not isinstance(percentages, Mapping):
        raise InputRefused(f"{where}: percentages must name classes, such as {{2: 75, 3: 25}}.")
    row = [0.0] * len(CLASSES)
    for key, value in percentages.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputRefused(f"{where}: class {key} must be a number, not {value!r}.")
        row[_class_number(key, where) - 1] += float(value)
    return tuple(row)


def _class_number(key: object, where: str) -> int:
    name = str(key).strip()
    if name in CLASSES:
        return CLASSES.index(name) + 1
    if name.isdecimal() and 1 <= int(name) <= len(CLASSES):
        return int(name)
    raise InputRefused(f"{where}: {name} is no vegetation class; they are 1 to {len(CLASSES)}.")


def require_percentages(row: Sequence[float], where: str) -> None:
    """Refuse a row that is not 13 percentages which sum to 100.

    Raises
    ------
    InputRefused
        Naming the row and its sum.
    """
    if len(row) != len(CLASSES):
        raise InputRefused(f"{where} has {len(row)} percentages, not {len(CLASSES)}.")
    for number, share in enumerate(row, start=1):
        if not 0.0 <= share <= 100.0:
            raise InputRefused(f"{where}: class {number} has {share:g} %, not 0 to 100 %.")
    if abs(sum(row) - 100.0) > _ROUNDING:
        raise InputRefused(
            f"{where} sums to {sum(row):.10g} %, not 100 %; correct its percentages."
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(number: int, line: list[str]) -> tuple[float, ...]:
    if len(line) != len(CLASSES) + 1 or not all(map(_is_number, line)):
        raise InputRefused(
            f"Band {number} of the vegetation table must hold a limit and {len(CLASSES)} "
            f"percentages, all numbers, not {', '.join(line)}."
        )
    return tuple(map(float, line))


DEFAULT_TABLE = VegetationTable.from_dict(
    {
        "bands": [
            {"to_latitude": 15, "percentages": {2: 75, 3: 25}},
            {"to_latitude": 35, "percentages": {2: 15, 3: 55, 10: 30}},
            {"to_latitude": 50, "percentages": {5: 70, 6: 30}},
            {"to_latitude": 80, "percentages": {5: 40, 6: 30, 8: 30}},
            {"to_latitude": 90, "percentages": {6: 30, 9: 40, 10: 30}},
        ]
    }
)
"""Bands after the Eocene vegetation of Herold et al. 2014 (doi:10.5194/gmd-7-2077-2014)."""
