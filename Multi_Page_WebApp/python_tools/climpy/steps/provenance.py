"""Where a file comes from: software, time, step, parameters, checksums of what it was made from."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from climpy.errors import InputRefused
from climpy.io import Attributes, ModelFile, open_dataset
from climpy.topography.encoding import Encoding, read_stored
from climpy.topography.finding import FileVariable, is_numeric, text

PACKAGES = ("climpy", "numpy", "scipy", "numba", "netCDF4")
"""Distributions whose versions are told."""

_CELLS_AT_ONCE = 2**21

LONGEST_HISTORY = 4000
"""Characters of the inputs' own history that are kept."""


def versions() -> dict[str, str]:
    """Versions of what computes, by distribution; what is not installed is left out."""
    found = {name: _version(name) for name in PACKAGES}
    return {name: number for name, number in found.items() if number is not None}


@cache
def _version(name: str) -> str | None:
    """Read once: a process keeps the software that it has loaded."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits.

    Raises
    ------
    InputRefused
        If the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as trouble:
        raise InputRefused(f"The file {path} cannot be read: {trouble.strerror}.") from trouble


def values_checksum(path: Path) -> str:
    """SHA-256 of what a file says, in hexadecimal digits, whoever wrote it and when.

    Names, dimensions, units and values of all variables count; types, packing, the order of the
    variables, further attributes and the history do not. Files of equal values have equal sums.

    Raises
    ------
    InputRefused
        If the file cannot be read.
    """
    total = hashlib.sha256()
    with open_dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        for name in sorted(dataset.variables):
            variable = dataset.variables[name]
            dims = list(zip(variable.dimensions, map(int, variable.shape), strict=True))
            total.update(json.dumps([name, dims, text(variable, "units")]).encode())
            for part in _parts(variable):
                total.update(part)
    return total.hexdigest()


def _parts(variable: FileVariable) -> Iterator[bytes]:
    """The values of a variable, bit by bit, as bytes that equal values have in common."""
    if not is_numeric(variable):
        values = np.ravel(np.asarray(read_stored(variable, (Ellipsis,)), dtype=object))
        yield from (f"{value!r}\0".encode() for value in values)
        return
    encoding = Encoding.of(variable)
    length = int(variable.shape[0]) if variable.shape else 1
    across = max(1, int(np.prod(variable.shape[1:], dtype=float)))
    step = max(1, _CELLS_AT_ONCE // across)
    for first in range(0, length, step):
        index = (slice(first, first + step),) if variable.shape else (Ellipsis,)
        values = np.atleast_1d(encoding.decode(read_stored(variable, index))) + 0.0  # -0 is 0
        values[~np.isfinite(values)] = np.nan
        yield np.ascontiguousarray(values, dtype="<f8").tobytes()


def provenance(
    step: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Path],
    checksums: Mapping[str, str],
    names: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Global attributes that every file of a step carries.

    Parameters
    ----------
    step : str
        Name of the step.
    parameters : mapping
        What was chosen, defaults included; written as JSON.
    inputs : mapping of file type to Path
        What was read.
    checksums : mapping of file type to str
        SHA-256 of each.
    names : mapping of file type to str, optional
        What the history calls the files; their own names if not given.
    """
    called = {name: path.name for name, path in inputs.items()} | dict(names or {})
    software = ", ".join(f"{name} {number}" for name, number in versions().items())
    read = ", ".join(f"{name} ({called[name]})" for name in inputs)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = f"{now} climpy {version('climpy')}: {step}{' from ' if read else ''}{read}"
    earlier = _history(next(iter(inputs.values()))) if inputs else ""
    return {
        "Conventions": "CF-1.8",
        "source": software,
        "history": f"{line}\n{earlier}" if earlier else line,
        "step": step,
        "parameters": json.dumps(_named(parameters), sort_keys=True),
        "input_sha256": json.dumps(dict(checksums), sort_keys=True),
    }


def _named(value: Any) -> Any:
    """The same with text for every name: YAML has numbers too, which cannot be sorted with text."""
    if isinstance(value, Mapping):
        return {str(name): _named(content) for name, content in value.items()}
    return [_named(entry) for entry in value] if isinstance(value, list | tuple) else value


def titled(attributes: Mapping[str, str], content: ModelFile, title: str) -> Attributes:
    """The attributes with a title, without those that the file's own layout prescribes."""
    wanted = {"title": title, **attributes}
    return {name: value for name, value in wanted.items() if name not in content.attributes}


def _history(path: Path) -> str:
    """The history that a file carries, newest line first; empty if it has none."""
    with open_dataset(path) as dataset:
        if "history" not in dataset.ncattrs():
            return ""
        return str(dataset.getncattr("history"))[:LONGEST_HISTORY]
