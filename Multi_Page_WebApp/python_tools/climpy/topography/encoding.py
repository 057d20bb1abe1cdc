"""How heights are stored: type, packing, values that stand for none, unit."""

from dataclasses import dataclass

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import InputRefused
from climpy.topography.finding import FileVariable, text

_METRES = ("m", "m.", "meter", "meters", "metre", "metres", "mètres")
_KILOMETRES = ("km", "kilometer", "kilometers", "kilometre", "kilometres", "1000 m", "1e3 m")
_OTHER_LENGTHS = ("cm", "mm", "dm", "hm", "ft", "feet", "foot", "fathom", "fathoms", "miles")
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


def unit_of(variable: FileVariable) -> tuple[bool, str]:
    """Tell whether metres are assumed rather than declared, and give a warning or "".

    Raises
    ------
    InputRefused
        If the unit is another length.
    """
    units = " ".join(text(variable, "units").split())
    if units in _METRES or units.startswith(("meters ", "metres ", "meter ", "metre ", "m above")):
        return False, ""
    if units in _KILOMETRES or units.startswith(("km ", "kilomet")):
        raise InputRefused(
            f"The heights of {variable.name} are in kilometres (units {units!r}); "
            "metres are needed: multiply them by 1000."
        )
    if units in _OTHER_LENGTHS:
        raise InputRefused(f"The heights of {variable.name} are in {units!r}; metres are needed.")
    if not units:
        return True, ""
    return True, f"The units {units!r} of {variable.name} are no length; metres are assumed."


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
