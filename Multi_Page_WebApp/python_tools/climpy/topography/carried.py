"""What else a user's file holds, for the file made from it: fields to regrid, the rest to copy."""

from collections.abc import Iterator, Mapping

import numpy as np

from climpy.arrays import AnyArray
from climpy.errors import InputRefused
from climpy.io import Attributes, Variable
from climpy.topography.encoding import Encoding, read_stored
from climpy.topography.finding import FileVariable, coordinate_names, other_fields
from climpy.topography.source import FieldReader, Source

_MOST_VALUES = 1_000_000
_OURS = ("topo", "lat", "lon")
_OF_THE_FILE = frozenset(
    {"_FillValue", "missing_value", "scale_factor", "add_offset", "_Unsigned"}
    | {"valid_min", "valid_max", "valid_range", "actual_range", "cell_methods"}
    | {"coordinates", "bounds", "grid_mapping", "ancillary_variables"}
)


def fields_to_regrid(source: Source) -> list[FieldReader]:
    """Give readers of the fields that stand on the same grid as the topography."""
    return [
        FieldReader(field, source.layout, fill=False)
        for field in other_fields(source.dataset, source.field)
        if field.name not in _OURS
    ]


def variables_to_copy(
    source: Source, regridded: Mapping[str, Variable]
) -> tuple[dict[str, Variable], list[str]]:
    """Give the variables that do not depend on the grid, and a sentence for each one left out.

    Parameters
    ----------
    source : Source
        The open file.
    regridded : mapping of name to Variable
        What is carried already.
    """
    field = source.field
    done = {field.name, field.latitude.name, field.longitude.name, *regridded}
    done |= _bounds(source)
    horizontal = {*field.latitude.dimensions, *field.longitude.dimensions}
    copies: dict[str, Variable] = {}
    notes: list[str] = []
    for name, variable in source.dataset.variables.items():
        if name in done:
            continue
        reason = _obstacle(variable, horizontal)
        copy = None if reason else _copy(variable)
        if copy is None:
            notes.append(f"{name} is not carried: {reason or 'NetCDF-3 has no such type'}.")
        else:
            copies[name] = copy
    if source.dataset.groups:
        notes.append(f"Groups are not carried: {', '.join(source.dataset.groups)}.")
    return copies, notes


def kept_attributes(variable: FileVariable) -> Attributes:
    """Give the attributes that still hold once values were decoded or regridded."""
    return dict(_kept(variable))


def _kept(variable: FileVariable) -> Iterator[tuple[str, str | int | float]]:
    for name in variable.ncattrs():
        value = variable.getncattr(name)
        if name in _OF_THE_FILE:
            continue
        if isinstance(value, str):
            yield name, value
        elif np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf":
            number = np.asarray(value)
            whole = number.dtype.kind in "iu" and abs(int(number)) < 2**31
            yield name, np.int32(number) if whole else np.float64(number)  # type: ignore[misc]


def _bounds(source: Source) -> set[str]:
    """Names of the bounds of the two coordinates, which say nothing about the new grid."""
    names = set()
    for coordinate in (source.field.latitude, source.field.longitude):
        if "bounds" in coordinate.ncattrs():
            names.add(str(coordinate.getncattr("bounds")))
    return names & coordinate_names(source.dataset)


def _obstacle(variable: FileVariable, horizontal: set[str]) -> str:
    """Say why a variable cannot be copied, or ""."""
    if variable.name in _OURS:
        return "its name is that of a variable of the new file"
    if horizontal & set(variable.dimensions):
        dims = ", ".join(variable.dimensions)
        return f"it stands on the old grid and is no numeric field of two dimensions ({dims})"
    if set(_OURS) & set(variable.dimensions):
        return "one of its dimensions has the name of a dimension of the new file"
    if 0 in variable.shape or np.prod(variable.shape, dtype=float) > _MOST_VALUES:
        return f"it has {np.prod(variable.shape, dtype=float):g} values"
    return ""


def _copy(variable: FileVariable) -> Variable | None:
    """Copy a variable in a type that NetCDF-3 has; None if there is none."""
    attributes = kept_attributes(variable)
    dims = tuple(variable.dimensions)
    dtype: object = variable.datatype
    if getattr(variable, "dtype", None) is str:
        return _copied_text(variable, dims, attributes)
    if not isinstance(dtype, np.dtype) or dtype.kind not in "iufS":
        return None
    try:
        stored = read_stored(variable, (Ellipsis,))
    except InputRefused:
        return None
    if dtype.kind == "S":
        return Variable(dims, stored, attributes, real=False)
    encoding = Encoding.of(variable)
    packed = encoding.scale != 1.0 or encoding.offset != 0.0
    if dtype.kind == "f" or packed:
        return Variable(dims, encoding.decode(stored), attributes)
    if stored.dtype != encoding.dtype:
        stored = stored.view(encoding.dtype)
    return Variable(dims, _classic_integers(stored), attributes, real=False)


def _classic_integers(values: AnyArray) -> AnyArray:
    """Give whole numbers in a type of NetCDF-3 that holds them, float64 if none does."""
    for candidate in (np.int8, np.int16, np.int32):
        if np.can_cast(values.dtype, candidate):
            return values.astype(candidate)
    low, high = int(values.min()), int(values.max())
    fits = low >= -(2**31) and high < 2**31
    return values.astype(np.int32 if fits else np.float64)


def _copied_text(variable: FileVariable, dims: tuple[str, ...], attributes: Attributes) -> Variable:
    """Write text of any length as characters along one more dimension."""
    texts = np.asarray(variable[...], dtype=object)
    encoded = np.array([str(t).encode() or b" " for t in texts.ravel()])
    characters = encoded.view("S1").reshape(*texts.shape, encoded.dtype.itemsize)
    return Variable((*dims, f"characters_{variable.name}"), characters, attributes, real=False)
