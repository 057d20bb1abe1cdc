"""Fields as files hold them: read, and written to a file of their own, by a script.

numpy and netCDF4 only: the source becomes part of the scripts that `climpy.interactive.script`
writes. Fields of ocean grids are read with it here, too; topographies, which may lie in a file in
many ways, by `climpy.topography`: a test compares.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.errors import InputRefused
from climpy.io import MISSING

if TYPE_CHECKING:
    from climpy.topography.encoding import Encoding


def variable_of(dataset: netCDF4.Dataset, name: str) -> "netCDF4.Variable[Any]":
    """A variable of an open file.

    Raises
    ------
    InputRefused
        If it is not there.
    """
    if name not in dataset.variables:
        raise InputRefused(f"The file has no variable {name!r}.")
    return dataset.variables[name]


def ocean_plane(variable: "netCDF4.Variable[Any]") -> FloatArray:
    """Values of a variable (ny, nx), NaN where there is none; other axes have the length 1.

    Raises
    ------
    InputRefused
        If it is no numeric field of two dimensions.
    """
    lengths = [length for length in variable.shape if length > 1]
    if len(lengths) != 2 or np.dtype(variable.dtype).kind not in "iuf":
        raise InputRefused(f"{variable.name} is no numeric field of two dimensions.")
    values = np.ma.filled(np.ma.asarray(variable[...], dtype=np.float64), np.nan)
    return np.ascontiguousarray(values).reshape(lengths)


def plane_of_codes(masks: Mapping[int, FloatArray]) -> FloatArray:
    """One field of codes of the masks that say where each code is; 0 where none is.

    Raises
    ------
    InputRefused
        If a cell has two codes.
    """
    holders = [np.nan_to_num(mask) != 0.0 for mask in masks.values()]
    if (np.sum(holders, axis=0) > 1).any():
        raise InputRefused("Some cells belong to two basins.")
    return np.asarray(
        sum(float(code) * held for code, held in zip(masks, holders, strict=True)),
        dtype=np.float64,
    )


def topography_plane(
    variable: "netCDF4.Variable[Any]",
    *,
    encoding: "Encoding",
    index: tuple[int | None, ...],
    transposed: bool,
    north_up: bool,
    columns: int,
    filled: tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]],
    rows_at_poles: bool,
) -> FloatArray:
    """Heights (ny, nx) of a topography, rows from south to north.

    Parameters
    ----------
    variable : netCDF4.Variable
        Of a file that neither masks nor scales.
    encoding : Encoding
        How its numbers become heights.
    index : tuple
        The place along each axis, None along rows and columns.
    transposed, north_up : bool
        Whether columns come before rows, and whether the first row is the northernmost.
    columns : int
        Columns that count; a last one that repeats the first does not.
    filled : (rows, columns, values)
        What cells without a value get.
    rows_at_poles : bool
        Whether heights are means of two rows, the first and last of which stand on the poles.
    """
    stored = np.asarray(variable[tuple(slice(None) if n is None else n for n in index)])
    stored = stored.T if transposed else stored
    heights = encoding.decode((stored[::-1] if north_up else stored)[:, :columns])
    heights[list(filled[0]), list(filled[1])] = filled[2]
    return np.ascontiguousarray(0.5 * (heights[1:] + heights[:-1]) if rows_at_poles else heights)


def plane_values(
    stored: AnyArray, *, encoding: "Encoding", turned: tuple[bool, bool, bool], columns: int
) -> FloatArray:
    """Values (ny, nx) of a plane of any variable, NaN where there is none.

    Parameters
    ----------
    stored : (n, m)
        As a file has them that neither masks nor scales.
    encoding : Encoding
        How its numbers become values.
    turned : (bool, bool, bool)
        See `turned_plane`.
    columns : int
        Columns that count; a last one that repeats the first does not.
    """
    values = encoding.decode(stored)
    values[~np.isfinite(values)] = np.nan
    return np.ascontiguousarray(turned_plane(values, turned)[:, :columns])


def turned_plane(stored: AnyArray, turned: tuple[bool, bool, bool]) -> AnyArray:
    """A view of a plane with rows from south to north and columns from west to east.

    Parameters
    ----------
    stored : (n, m)
        In the order of the file.
    turned : (bool, bool, bool)
        Whether there columns come before rows, rows run from north to south, and columns from
        east to west.
    """
    plane = stored.T if turned[0] else stored
    return plane[:: -1 if turned[1] else 1, :: -1 if turned[2] else 1]


def degrees(
    variable: "netCDF4.Variable[Any]", *, encoding: "Encoding", backward: bool
) -> FloatArray:
    """Degrees north or east of a coordinate; backward if it counts degrees south or west."""
    values = encoding.decode(np.asarray(variable[...]))
    return -values if backward else values


def regular_places(
    latitudes: FloatArray, longitudes: FloatArray, turned: tuple[bool, bool, bool], columns: int
) -> tuple[FloatArray, FloatArray]:
    """Latitudes (ny, 1) and longitudes (1, nx) of a regular grid, as a plane is turned.

    Parameters
    ----------
    latitudes, longitudes : (ny,) and (nx,), or both (ny, nx)
        As the file has them [degrees]; longitudes may jump.
    turned, columns
        See `plane_values`.
    """
    if latitudes.ndim == 2:
        latitudes, longitudes = latitudes[:, 0], longitudes[longitudes.shape[0] // 2]
    longitudes = np.unwrap(longitudes, period=360.0)
    latitudes = latitudes[:: -1 if turned[1] else 1].copy()
    longitudes = longitudes[:: -1 if turned[2] else 1][:columns].copy()
    return latitudes[:, None], longitudes[None, :]


def seam_originals(shape: tuple[int, int]) -> AnyArray:
    """Flat index of each cell's original where the last two columns repeat the first two."""
    nodes = np.arange(shape[0] * shape[1]).reshape(shape)
    nodes[:, 0], nodes[:, -1] = nodes[:, -2], nodes[:, 1]
    return nodes


def write_planes(
    path: Path,
    planes: Mapping[str, tuple[tuple[str, ...], AnyArray, Mapping[str, Any]]],
    attributes: Mapping[str, str],
) -> None:
    """Write variables (dimensions, values, attributes) as NetCDF-3, whole or not at all.

    NaN becomes the fill value 1e20.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with netCDF4.Dataset(temporary, "w", format="NETCDF3_64BIT_OFFSET") as dataset:
            dataset.setncatts(dict(attributes))
            for plane, (dims, values, said) in planes.items():
                for dim, length in zip(dims, values.shape, strict=True):
                    if dim not in dataset.dimensions:
                        dataset.createDimension(dim, length)
                holes = values.dtype.kind == "f" and bool(np.isnan(values).any())
                fill = MISSING if holes else None
                target = dataset.createVariable(plane, values.dtype, dims, fill_value=fill)
                target.setncatts(dict(said))
                target.set_auto_maskandscale(False)
                target[...] = np.where(np.isnan(values), MISSING, values) if holes else values
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
