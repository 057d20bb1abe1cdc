"""Put a user's topography on the grid to work on, with what else its file holds.

The weights are those of `climpy.grids.remapping`; a file is regridded while it is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.grids.remapping import (
    METHODS,
    Operator,
    check_method,
    columns_to_turn,
    operator,
    regrid,
)
from climpy.io import ModelFile, Variable
from climpy.topography import Source, Topography, Understanding, open_source
from climpy.topography.carried import fields_to_regrid, kept_attributes, variables_to_copy
from climpy.topography.holes import PositionArray
from climpy.topography.scanning import Block
from climpy.topography.source import FieldReader, read_whole

LIMITS = ("default", "data")

__all__ = ["LIMITS", "METHODS", "Regridded", "Target", "regrid", "regrid_file", "to_file"]

_MOST_CELLS = 300_000_000

_ENOUGH = 0.5 - 1e-9
"""Share of the weight that must have a value for the result to have one."""


@dataclass(frozen=True)
class Target:
    """Which grid to regrid to.

    Parameters
    ----------
    dlat, dlon : float or None
        Steps [degrees]; those of the data where None.
    limits : {"default", "data"}
        Longitudes from -180 to 180, or from the western edge of the data's own cells on.
    """

    dlat: float | None = None
    dlon: float | None = None
    limits: str = "default"

    def grid(self, source: RegularGrid) -> RegularGrid:
        """Give the grid for data on `source`.

        Raises
        ------
        InputRefused
            If a step does not divide the globe into whole cells or is too small, or the limits
            are unknown.
        """
        if self.limits not in LIMITS:
            raise InputRefused(
                f"The limits must be one of {', '.join(LIMITS)}, not {self.limits!r}."
            )
        dlat = source.dlat if self.dlat is None else self.dlat
        dlon = source.dlon if self.dlon is None else self.dlon
        west = -180.0 if self.limits == "default" else source.west
        if dlat > 0.0 and dlon > 0.0 and 64_800.0 / dlat / dlon > _MOST_CELLS:
            raise InputRefused(
                f"Steps of {dlat:g} and {dlon:g} degrees give more than {_MOST_CELLS:.2g} cells."
            )
        return RegularGrid.of_steps(dlat, dlon, west)


@dataclass(frozen=True, eq=False)
class Regridded:
    """A file's topography and what else it holds, on another grid.

    Parameters
    ----------
    topography : Topography
        On the target grid.
    understanding : Understanding
        What was understood of the file.
    carried : mapping of name to Variable
        The file's other variables: regridded alike, or as they were.
    notes : tuple of str
        A sentence for each variable that is carried or had to be left out.
    """

    topography: Topography
    understanding: Understanding
    carried: Mapping[str, Variable]
    notes: tuple[str, ...]


def regrid_file(
    path: Path, target: Target, method: str, variable: str | None = None, *, carry: bool = True
) -> Regridded:
    """Read a user's file and regrid what it holds, in bounded memory.

    The tiles of the file pass through the weights one by one: a file of 10800 x 21600 cells needs
    little more memory than the result.

    Parameters
    ----------
    path : Path
        Any NetCDF file with a topography on a regular global grid.
    target : Target
        Steps and limits of the grid to regrid to.
    method : {"nearest", "bilinear", "conservative"}
        See `regrid`.
    variable : str, optional
        Name of the topography, if it is not the only field.
    carry : bool
        Whether the file's other variables are read too.

    Raises
    ------
    InputRefused
        If the file or a parameter cannot be used; the sentence says why.
    """
    check_method(method)
    with open_source(path, variable) as source:
        grid = target.grid(source.layout.grid)
        heights = _regrid_topography(source, grid, method)
        understanding = source.understanding()
        carried, notes = _carried(source, grid, method) if carry else ({}, [])
    return Regridded(Topography(heights, grid), understanding, carried, tuple(notes))


def _regrid_topography(source: Source, grid: RegularGrid, method: str) -> FloatArray:
    turn = columns_to_turn(source.layout.grid, grid)
    if turn is not None:
        return np.roll(read_whole(source), -turn, axis=1)
    stream = _Stream(source, operator(source.layout.grid, grid, method))
    for block in source.blocks():
        stream.take(block, block.values)
    source.check()
    stream.patch(*source.filling())
    return stream.finished()


def _carried(
    source: Source, grid: RegularGrid, method: str
) -> tuple[dict[str, Variable], list[str]]:
    fields = {
        reader.field.name: Variable(
            ("lat", "lon"),
            _regrid_with_holes(reader, grid, method),
            kept_attributes(reader.field.variable),
        )
        for reader in fields_to_regrid(source)
    }
    copies, notes = variables_to_copy(source, fields)
    done = [f"{name} is carried, regridded like the topography." for name in fields]
    done += [f"{name} is carried as it is." for name in copies]
    return {**fields, **copies}, done + notes


def _regrid_with_holes(reader: FieldReader, grid: RegularGrid, method: str) -> FloatArray:
    """Regrid a field whose holes stay: NaN where less than half of the weight has a value."""
    weights = operator(reader.layout.grid, grid, method)
    values, valid = _Stream(reader, weights), _Stream(reader, weights)
    for block in reader.blocks():
        values.take(block, block.values)
        valid.take(block, _valid(block))
    share = valid.finished()
    enough = share >= _ENOUGH
    return np.where(enough, values.finished() / np.where(enough, share, 1.0), np.nan)


def _valid(block: Block) -> FloatArray:
    """Give 1 where a block has a value, else 0."""
    valid = np.ones(block.values.shape)
    if block.holes is not None:
        valid[block.holes] = 0.0
    return valid


class _Stream:
    """Applies an operator to a field that comes in blocks.

    Parameters
    ----------
    reader : FieldReader
        Where the blocks come from.
    weights : Operator
        From the reader's grid to the target.
    """

    def __init__(self, reader: FieldReader, weights: Operator) -> None:
        from scipy import sparse  # where grids coincide it is never needed

        self.weights = weights
        ny = reader.layout.grid.shape[0]
        outermost = sparse.csr_matrix(([1.0, 1.0], ([0, 1], [0, ny - 1])), shape=(2, ny))
        rows = sparse.vstack([weights.along_meridians, outermost])
        if reader.layout.nodes:
            rows = rows @ sparse.diags_array([0.5, 0.5], offsets=[0, 1], shape=(ny, ny + 1))
        self.rows = sparse.csc_matrix(rows)
        self.sums = np.zeros((self.rows.shape[0], reader.layout.columns))
        self.parts: dict[tuple[int, int], tuple[slice, Any]] = {}

    def take(self, block: Block, values: FloatArray) -> None:
        """Add the share of one block."""
        targets, part = self._part(block.rows)
        if part.nnz:
            self.sums[targets, block.columns] += part @ values

    def _part(self, rows: slice) -> tuple[slice, Any]:
        """Weights of some source rows, without the target rows that they do not touch."""
        key = (rows.start, rows.stop)
        if key not in self.parts:
            part = self.rows[:, rows]
            touched = part.indices if part.nnz else np.zeros(1, int)
            targets = slice(int(touched.min()), int(touched.max()) + 1)
            self.parts[key] = (targets, part.tocsr()[targets])
        return self.parts[key]

    def patch(self, rows: PositionArray, columns: PositionArray, values: FloatArray) -> None:
        """Put values into cells that were taken as 0."""
        from scipy import sparse  # where grids coincide it is never needed

        if values.size:
            shape = (self.rows.shape[1], self.sums.shape[1])
            added = (self.rows @ sparse.csc_matrix((values, (rows, columns)), shape=shape)).tocoo()
            self.sums[added.row, added.col] += added.data

    def finished(self) -> FloatArray:
        """Give the regridded field."""
        return self.weights.finish(self.sums[:-2], self.sums[-2:])


def to_file(topography: Topography, carried: Mapping[str, Variable] | None = None) -> ModelFile:
    """Describe regrid.nc: topo(lat, lon) [m], rows from south to north, and what was carried.

    Parameters
    ----------
    topography : Topography
        Heights on the target grid.
    carried : mapping of name to Variable, optional
        Other variables to write, as `regrid_file` gives them.
    """
    latitude = {"standard_name": "latitude", "long_name": "latitude", "axis": "Y"}
    longitude = {"standard_name": "longitude", "long_name": "longitude", "axis": "X"}
    heights = {
        "standard_name": "surface_altitude",
        "long_name": "height above sea level, negative in the ocean",
        "units": "m",
    }
    grid = topography.grid
    return ModelFile(
        {
            "lat": Variable(
                ("lat",), grid.latitudes, {**latitude, "units": "degrees_north"}, real=False
            ),
            "lon": Variable(
                ("lon",), grid.longitudes, {**longitude, "units": "degrees_east"}, real=False
            ),
            "topo": Variable(("lat", "lon"), topography.heights, heights),
            **(carried or {}),
        },
        {"Conventions": "CF-1.8", "title": "Topography on a regular grid"},
    )
