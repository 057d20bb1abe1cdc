"""What a file says about its variables and dimensions, as plain values for JSON."""

import math
from typing import Any

import netCDF4
import numpy as np

from climpy.errors import InputRefused
from climpy.topography.encoding import Encoding, read_stored
from climpy.topography.finding import FileVariable, is_numeric

LONGEST_TEXT = 4000
"""Characters of an attribute that are given."""

MOST_NUMBERS = 50
"""Numbers of an attribute that are given."""

MOST_LABELS = 1000
"""Places along a dimension that get a label each."""

_CUT_OFF = "…"
_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError, AttributeError, TypeError, IndexError)
"""What the library raises on attributes that it does not understand."""


def plain_attributes(of: "FileVariable | netCDF4.Dataset") -> dict[str, Any]:
    """Attributes as text, numbers or lists of them; long ones are cut off, NaN is text."""
    return {name: _attribute(of, name) for name in of.ncattrs()}


def _attribute(of: "FileVariable | netCDF4.Dataset", name: str) -> Any:
    try:
        return _plain(of.getncattr(name))
    except _UNREADABLE:
        return "(cannot be read)"


def _plain(value: Any) -> Any:
    """Text, a number or a list of them, as JSON has it."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + _CUT_OFF
    if isinstance(value, list | tuple | np.ndarray):
        values = np.ravel(np.asarray(value)) if isinstance(value, np.ndarray) else value
        few = [_plain(entry) for entry in values[:MOST_NUMBERS]]
        return [*few, _CUT_OFF] if len(values) > MOST_NUMBERS else few
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if isinstance(value, int) else _plain(str(value))


def as_text(value: Any) -> str:
    """An attribute that should be text."""
    return value if isinstance(value, str) else str(value)


def labels_of(dataset: netCDF4.Dataset, dim: str) -> dict[str, Any]:
    """What the places along a dimension are called: `labels` (or None), `units`, `long_name`."""
    named = dataset.variables.get(dim)
    if named is None or not named.dimensions or named.dimensions[0] != dim:
        return {"labels": None, "units": "", "long_name": ""}
    attributes = plain_attributes(named)
    try:
        labels = _labels(named, attributes)
    except (*_UNREADABLE, InputRefused):
        labels = None
    units, long_name = (as_text(attributes.get(name, "")) for name in ("units", "long_name"))
    return {"labels": labels, "units": units, "long_name": long_name}


def _labels(named: FileVariable, attributes: dict[str, Any]) -> list[str] | None:
    length = int(named.shape[0])
    if not 0 < length <= MOST_LABELS:
        return None
    classes = as_text(attributes.get("classes", "")).split(", ")
    if len(classes) == length:
        return classes
    if is_numeric(named) and named.ndim == 1:
        return [
            f"{value:.10g}" for value in Encoding.of(named).decode(read_stored(named, (Ellipsis,)))
        ]
    values = np.asarray(named[...])
    if values.dtype.kind == "S" and values.ndim == 2:
        values = netCDF4.chartostring(values)
    return [_plain(str(value)).strip() for value in values] if values.ndim == 1 else None
