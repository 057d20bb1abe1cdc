"""What a status line says about the cell under the pointer."""

from dataclasses import dataclass

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.grids.pole_pairs import place_name
from climpy.interactive.desk import Sheet
from climpy.interactive.field import Field

__all__ = ["Hover", "hover", "place_name", "value_text"]

_FIGURES = 6


@dataclass(frozen=True)
class Hover:
    """A cell.

    Parameters
    ----------
    cell, row, column : int
        Flat index, and indices counted from 0.
    latitude, longitude : float or None
        Of its centre [degrees, -180..180], None where it is not known.
    value : float or None
        None where there is none.
    units : str
        Of the value.
    surface : {"land", "ocean", ""}
        Empty where the values do not tell.
    original : int or None
        Flat index of the cell that it is a copy of, None if of none.
    """

    cell: int
    row: int
    column: int
    latitude: float | None
    longitude: float | None
    value: float | None
    units: str
    surface: str
    original: int | None

    @property
    def place(self) -> str:
        """Where it is, as 12.5 S 30.1 E; empty if nobody knows."""
        if self.latitude is None or self.longitude is None:
            return ""
        return place_name(self.latitude, self.longitude)

    def __str__(self) -> str:
        words = [f"row {self.row}, column {self.column}", self.place]
        words += [value_text(self.value, self.units), self.surface]
        words.append("" if self.original is None else "copy of another cell")
        return " · ".join(word for word in words if word)


def hover(sheet: Sheet, values: FloatArray, cell: int) -> Hover:
    """What is known of a cell.

    Parameters
    ----------
    sheet : Sheet
        What is on the desk.
    values : (ny, nx) float64
        As they are now.
    cell : int
        Flat index.
    """
    field = sheet.field
    row, column = divmod(cell, field.shape[1])
    latitude, longitude = (
        None if part is None else _known(np.broadcast_to(part, field.shape)[row, column])
        for part in (field.latitudes, field.longitudes)
    )
    if longitude is not None:
        longitude = (longitude + 180.0) % 360.0 - 180.0
    original = int(field.nodes[cell])
    return Hover(
        cell,
        row,
        column,
        latitude,
        longitude,
        _known(values[row, column]),
        sheet.units,
        _surface(sheet, values, row, column),
        None if original == cell else original,
    )


def value_text(value: float | None, units: str = "") -> str:
    """A value with its units, as -3512.4 m; six figures, and no more than the value has."""
    if value is None or not np.isfinite(value):
        return "no value"
    number = f"{value:.{_FIGURES}g}"
    if "e+" in number and abs(value) < 1e15:
        number = f"{value:.0f}"
    number = "0" if number == "-0" else number
    return f"{number} {units}" if units and units != "1" else number


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _surface(sheet: Sheet, values: FloatArray, row: int, column: int) -> str:
    field = sheet.field
    part = (slice(row, row + 1), slice(column, column + 1))
    there = Field(
        values[part],
        field.kind,
        periodic=False,
        sea=None if field.sea is None else field.sea[part],
    )
    try:
        if there.ocean.item():
            return "ocean"
        return "land" if there.land.item() else ""
    except InputRefused:
        return ""
