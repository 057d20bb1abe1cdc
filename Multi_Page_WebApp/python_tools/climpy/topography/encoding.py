"""How heights are stored: type, packing, values that stand for none, unit."""

from dataclasses import dataclass, replace
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import ChoiceNeeded, InputRefused
from climpy.topography.finding import Coordinate, FileVariable, text

_METRES = ("m", "m.", "meter", "meters", "metre", "metres", "mètre", "mètres", "metros", "gpm")
_PREFIXES = {
    "kilo": 1000.0, "hecto": 100.0, "deca": 10.0, "deci": 0.1, "centi": 0.01, "milli": 0.001,
}  # fmt: skip
_LENGTHS = {
    "km": 1000.0, "hm": 100.0, "dam": 10.0, "dm": 0.1, "cm": 0.01, "mm": 0.001,
    "1000 m": 1000.0, "1e3 m": 1000.0, "100 m": 100.0, "10 m": 10.0,
    **{f"{p}{m}": f for p, f in _PREFIXES.items() for m in ("meter", "meters", "metre", "metres")},
    **dict.fromkeys(("ft", "ft.", "foot", "feet", "us_survey_foot", "us_survey_feet"), 0.3048),
    **dict.fromkeys(("fathom", "fathoms", "fm"), 1.8288),
    **dict.fromkeys(("yd", "yard", "yards"), 0.9144),
    **dict.fromkeys(("mi", "mile", "miles"), 1609.344),
}  # fmt: skip
"""Lengths that are no metres, in metres."""

_GEOPOTENTIAL = ("m2 s-2", "m**2 s**-2", "m^2 s^-2", "m2/s2", "m^2/s^2", "j kg-1", "j/kg")
_FILL_ATTRIBUTES = (
    "_fillvalue",
    "missing_value",
    "fillvalue",
    "fill_value",
    "nodata",
    "no_data",
    "nodata_value",
    "no_data_value",
)


@dataclass(frozen=True, eq=False)
class Encoding:
    """How the numbers of a variable become values.

    Parameters
    ----------
    dtype : numpy.dtype
        Type in the file.
    scale, offset : float
        value = stored x scale + offset.
    fills : tuple
        Stored numbers that stand for "no value", in the file's type.
    lowest, highest : float or None
        Stored numbers outside stand for "no value" too.
    """

    dtype: "np.dtype[np.generic]"
    scale: float
    offset: float
    fills: tuple[float, ...]
    lowest: float | None
    highest: float | None

    @classmethod
    def of(cls, variable: FileVariable) -> "Encoding":
        """Read the encoding from a variable's attributes."""
        dtype = np.dtype(variable.dtype)
        if dtype.kind == "i" and text(variable, "_Unsigned") == "true":
            dtype = np.dtype(f"{dtype.byteorder.replace('|', '')}u{dtype.itemsize}")
        lowest, highest = _valid_range(variable)
        return cls(
            dtype,
            _number(variable, "scale_factor", 1.0),
            _number(variable, "add_offset", 0.0),
            _fills(variable, dtype),
            lowest,
            highest,
        )

    def chosen(self, factor: float, fill: float | None) -> "Encoding":
        """Give the encoding with values multiplied, and one more value that stands for none.

        Parameters
        ----------
        factor : float
            Metres of one unit, negative for depths.
        fill : float or None
            A value before it is multiplied.
        """
        fills = self.fills
        if fill is not None:
            stored = (fill - self.offset) / self.scale
            stored = float(np.rint(stored)) if self.dtype.kind in "iu" else stored
            fills = (*fills, stored) if _holds(self.dtype, stored) else fills
        return replace(self, scale=self.scale * factor, offset=self.offset * factor, fills=fills)

    @property
    def type_name(self) -> str:
        """Name of the type, with the byte order where it is not this machine's."""
        swapped = "" if self.dtype.isnative else " (big-endian)"
        return self.dtype.name + swapped

    def decode(self, stored: AnyArray) -> FloatArray:
        """Give the values of stored numbers, with NaN where there is none; a new array."""
        if stored.dtype != self.dtype and stored.dtype.itemsize == self.dtype.itemsize:
            stored = stored.view(self.dtype)
        values = np.array(stored, dtype=np.float64, order="C")
        with np.errstate(over="ignore", invalid="ignore"):  # infinity is a hole
            if self.scale != 1.0:
                values *= self.scale
            if self.offset != 0.0:
                values += self.offset
        holes = self._holes(stored)
        if holes is not None:
            values[holes] = np.nan
        return values

    def _holes(self, stored: AnyArray) -> BoolArray | None:
        masks = [stored == stored.dtype.type(fill) for fill in self.fills]
        if self.lowest is not None:
            masks.append(stored < self.lowest)
        if self.highest is not None:
            masks.append(stored > self.highest)
        if not masks:
            return None
        holes: BoolArray = masks[0]
        for mask in masks[1:]:
            holes = holes | mask
        return holes if holes.any() else None


def read_stored(variable: Coordinate, index: tuple[Any, ...]) -> AnyArray:
    """Read stored numbers of an open file.

    Raises
    ------
    InputRefused
        If the file is damaged, or compressed in a way that is not known here.
    """
    try:
        return np.asarray(variable[index])
    except (RuntimeError, OSError, IndexError) as trouble:
        if "filter" in str(trouble).lower():
            raise InputRefused(
                f"{variable.name} is compressed in a way that cannot be read here ({trouble}); "
                "write it again with deflate compression or none."
            ) from trouble
        raise InputRefused(
            f"The file is damaged or cut off: {variable.name} cannot be read; copy it again."
        ) from trouble


def unit_of(variable: FileVariable) -> tuple[bool, str]:
    """Tell whether metres are assumed rather than declared, and give a warning or "".

    Raises
    ------
    ChoiceNeeded
        If the unit is another length, or that of a geopotential.
    """
    units = " ".join(text(variable, "units").split())
    first, _, rest = units.partition(" ")
    length = first.rstrip(",;") if not set(rest) & set("0123456789/") else units  # "m above sea"
    if units in _GEOPOTENTIAL:
        raise ChoiceNeeded(
            f"The variable {variable.name} is a geopotential (units {units!r}); "
            "heights in metres are needed: divide it by 9.80665.",
            "units",
        )
    factor = _LENGTHS.get(units) or _LENGTHS.get(length)
    if factor is not None:
        raise ChoiceNeeded(
            f"The heights of {variable.name} are in {units!r}; "
            f"metres are needed: multiply them by {factor:g} and set the units to 'm'.",
            "units",
        )
    if units in _METRES or length in _METRES:
        return False, ""
    if not units:
        return True, ""
    declared = str(variable.getncattr("units")).strip()
    return True, f"The units {declared!r} of {variable.name} are no length; metres are assumed."


def _number(variable: FileVariable, attribute: str, default: float) -> float:
    if attribute not in variable.ncattrs():
        return default
    try:
        return float(np.ravel(variable.getncattr(attribute))[0])
    except (ValueError, IndexError):
        return default


def _fills(variable: FileVariable, dtype: "np.dtype[np.generic]") -> tuple[float, ...]:
    """Collect every declared fill value that the file's type can hold, else the library's own."""
    found: list[float] = []
    for name in variable.ncattrs():
        if name.lower() in _FILL_ATTRIBUTES:
            found.extend(_numbers(variable.getncattr(name)))
    declared = "_FillValue" in variable.ncattrs()
    default = netCDF4.default_fillvals.get(dtype.str[1:])
    if not declared and dtype.itemsize > 1 and isinstance(default, int | float):
        found.append(float(default))
    held = [f for f in found if _holds(dtype, f)]
    return tuple(dict.fromkeys(held))


def _numbers(attribute: object) -> list[float]:
    try:
        return [float(x) for x in np.ravel(np.asarray(attribute))]
    except ValueError:
        return []


def _holds(dtype: "np.dtype[np.generic]", value: float) -> bool:
    """Tell whether a type can hold a number; NaN is a hole anyway."""
    if np.isnan(value):
        return False
    if dtype.kind == "f":
        return abs(value) <= float(np.finfo(dtype.name).max)
    limits = np.iinfo(dtype.name)
    return value == round(value) and limits.min <= value <= limits.max


def _valid_range(variable: FileVariable) -> tuple[float | None, float | None]:
    attributes = variable.ncattrs()
    if "valid_range" in attributes:
        both = _numbers(variable.getncattr("valid_range"))
        if len(both) == 2:
            return both[0], both[1]
    ends = [
        _numbers(variable.getncattr(name))[:1] if name in attributes else []
        for name in ("valid_min", "valid_max")
    ]
    return (ends[0][0] if ends[0] else None, ends[1][0] if ends[1] else None)
