"""NetCDF files: what a model file holds, and writing it whole or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray
from climpy.classic import expected_size
from climpy.errors import InputRefused, OutputRefused
from climpy.hdf5 import reaches_outside, survives_opening

MISSING = 1e20
"""Value that stands for "no value here" in model files, as in the model's own samples."""

Attributes = Mapping[str, str | int | float]


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable of a model file.

    Parameters
    ----------
    dims : tuple of str
        Names of the dimensions, slowest first.
    values : array
        In memory, floats have NaN where there is no value.
    attributes : mapping
        Attributes, units among them.
    real : bool
        True where the values are real numbers whose precision the user chooses; False where the
        file fixes the type (coordinates, masks, time), which is then that of `values`.
    """

    dims: tuple[str, ...]
    values: AnyArray
    attributes: Attributes = field(default_factory=dict)
    real: bool = True


@dataclass(frozen=True, eq=False)
class ModelFile:
    """The content of one file that a model reads.

    Parameters
    ----------
    variables : mapping of name to Variable
        In the order in which they are written.
    attributes : mapping
        Global attributes.
    unlimited : str or None
        Name of the record dimension.
    """

    variables: Mapping[str, Variable]
    attributes: Attributes = field(default_factory=dict)
    unlimited: str | None = None

    @property
    def dims(self) -> dict[str, int]:
        """Length of each dimension, in the order of first use."""
        lengths: dict[str, int] = {}
        for name, variable in self.variables.items():
            for dim, length in zip(variable.dims, variable.values.shape, strict=True):
                if lengths.setdefault(dim, length) != length:
                    raise ValueError(f"{name}: {dim} has {length} cells, elsewhere {lengths[dim]}.")
        return lengths


def write(
    path: Path,
    content: ModelFile,
    *,
    provenance: Attributes | None = None,
    precision: str = "float64",
) -> None:
    """Write a model file as NetCDF-3 with 64-bit offsets; it appears whole or not at all.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    content : ModelFile
        What to write; NaN becomes the fill value 1e20.
    provenance : mapping, optional
        Global attributes that tell where the file comes from, added to the content's own.
    precision : {"float64", "float32"}
        Type of the real variables.

    Raises
    ------
    OutputRefused
        If the folder does not exist or cannot be written, or the disk is full.
    """
    if precision not in ("float64", "float32"):
        raise InputRefused(f"The precision must be float64 or float32, not {precision!r}.")
    content_bytes = _encoded(content, {**content.attributes, **(provenance or {})}, precision)
    with whole_file(path) as temporary:
        temporary.write_bytes(content_bytes)


def _encoded(content: ModelFile, attributes: Attributes, precision: str) -> memoryview:
    """Lay the file out in memory.

    On a full disk the NetCDF library loses the reason, and may crash when it closes the file; so
    it does not see the disk.
    """
    dataset = netCDF4.Dataset("model.nc", "w", format="NETCDF3_64BIT_OFFSET", memory=1)
    dataset.set_fill_off()
    for dim, length in content.dims.items():
        dataset.createDimension(dim, None if dim == content.unlimited else length)
    dataset.setncatts(dict(attributes))
    stored = {n: _stored(v, precision) for n, v in content.variables.items()}
    created = {
        name: _create(dataset, name, variable, stored[name])
        for name, variable in content.variables.items()
    }
    for name, target in created.items():
        target.set_auto_maskandscale(False)
        target[...] = stored[name]
    return memoryview(dataset.close())


def _stored(variable: Variable, precision: str) -> AnyArray:
    values = variable.values
    if values.dtype.kind != "f":
        return values
    if variable.real and values.dtype != precision:
        values = values.astype(precision)
    missing = np.isnan(values)
    return np.where(missing, values.dtype.type(MISSING), values) if missing.any() else values


def _create(
    dataset: netCDF4.Dataset, name: str, variable: Variable, stored: AnyArray
) -> "netCDF4.Variable[Any]":
    fill = stored.dtype.type(MISSING) if variable.real and stored.dtype.kind == "f" else None
    created = dataset.createVariable(name, stored.dtype, variable.dims, fill_value=fill)
    if fill is not None:
        created.setncattr("missing_value", fill)
    created.setncatts(dict(variable.attributes))
    return created


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name when the block ends well.

    Raises
    ------
    OutputRefused
        If the folder does not exist or cannot be written, or the disk is full.
    """
    with _refusing(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
    temporary = Path(name)
    try:
        with _refusing(path):
            yield temporary
            _settle(temporary)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """Make sure that the file is on the disk and readable by the group."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(0o666 & ~umask)
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


@contextlib.contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn the system's refusals to write `path` into sentences."""
    try:
        yield
    except (OSError, RuntimeError) as trouble:
        if isinstance(trouble, FileNotFoundError):
            sentence = f"The folder {path.parent} does not exist."
        elif isinstance(trouble, PermissionError | NotADirectoryError):
            sentence = f"The folder {path.parent} is not writable."
        elif getattr(trouble, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            sentence = f"The disk is full: {path.name} could not be written."
        else:
            reason = getattr(trouble, "strerror", None) or trouble
            sentence = f"{path.name} could not be written in {path.parent}: {reason}."
        raise OutputRefused(sentence) from trouble


def open_dataset(path: Path) -> netCDF4.Dataset:
    """Open a NetCDF file for reading (classic, 64-bit or NetCDF-4).

    Raises
    ------
    InputRefused
        If the file does not exist, is no NetCDF file, is cut off, or takes data from other files.
    """
    if not path.exists():
        raise InputRefused(f"The file {path} does not exist.")
    if not path.is_file():
        raise InputRefused(f"{path} is not a file.")
    try:
        with path.open("rb") as stream:
            magic = stream.read(8)
    except PermissionError as trouble:
        raise InputRefused(f"The file {path} may not be read.") from trouble
    except OSError as trouble:
        raise InputRefused(f"The file {path} cannot be read: {trouble.strerror}.") from trouble
    classic, hdf5 = magic[:3] == b"CDF", magic == b"\x89HDF\r\n\x1a\n"
    if not (classic or hdf5):
        what = "is empty" if not magic else "is not a NetCDF file"
        raise InputRefused(f"{path.name} {what}.")
    damaged = f"{path.name} is damaged or cut off and cannot be opened; copy it again."
    if hdf5 and not survives_opening(path):
        raise InputRefused(damaged)
    outside = reaches_outside(path) if hdf5 else ""
    if outside:
        raise InputRefused(
            f"{path.name} takes {outside} from another file, which is not followed; "
            "write everything into one file."
        )
    try:
        whole = hdf5 or expected_size(path) <= path.stat().st_size
        if whole:
            return netCDF4.Dataset(path, "r")
    except (OSError, RuntimeError, EOFError, ValueError) as trouble:
        if isinstance(trouble, UnicodeEncodeError):
            raise InputRefused(
                f"The name of {path} has letters that this locale does not have; rename the file."
            ) from trouble
        raise InputRefused(damaged) from trouble
    raise InputRefused(
        f"{path.name} is cut off: it has {path.stat().st_size} bytes and its header speaks of "
        f"{expected_size(path)}; copy it again."
    )


def read(path: Path) -> ModelFile:
    """Read a model file; missing values become NaN.

    Raises
    ------
    InputRefused
        If the file does not exist, is no NetCDF file, or is cut off.
    """
    with open_dataset(path) as dataset:
        try:
            variables = {n: _read_variable(v) for n, v in dataset.variables.items()}
        except (OSError, RuntimeError, IndexError) as trouble:
            raise InputRefused(
                f"{path.name} is damaged or cut off and cannot be read; copy it again."
            ) from trouble
        attributes = {n: dataset.getncattr(n) for n in dataset.ncattrs()}
        records = [n for n, d in dataset.dimensions.items() if d.isunlimited()]
    return ModelFile(variables, attributes, records[0] if records else None)


def _read_variable(variable: "netCDF4.Variable[Any]") -> Variable:
    values = np.ma.asarray(variable[...])
    attributes = {n: variable.getncattr(n) for n in variable.ncattrs()}
    real = "_FillValue" in attributes
    for name in ("_FillValue", "missing_value"):
        attributes.pop(name, None)
    filled = values.filled(np.nan) if values.dtype.kind == "f" else np.asarray(values.data)
    return Variable(tuple(variable.dimensions), filled, attributes, real)
