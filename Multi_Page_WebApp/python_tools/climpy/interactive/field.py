"""What an edit needs to know of a field: values, where cells lie, which are the same or neighbours.

Everything here but the two constructors at the end needs numpy only: its source becomes part of
the scripts that `climpy.interactive.script` writes.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray, IntArray, LongArray
from climpy.errors import InputRefused
from climpy.grids.ocean import OceanGrid
from climpy.topography import Topography

KINDS = ("topography", "bathymetry", "codes", "other")


@dataclass(frozen=True, eq=False)
class Field:
    """A field to be edited. It says what its numbers mean; nothing about that is guessed.

    Parameters
    ----------
    values : (ny, nx) float64
        What is edited, NaN where there is no value.
    kind : {"topography", "bathymetry", "codes", "other"}
        Heights [m], land > 0; depths [m], ocean > 0, land 0; whole numbers that stand for
        something, such as ocean basins; or any other quantity.
    latitudes, longitudes : (ny, 1) and (1, nx), or both (ny, nx), or None
        Cell centres [degrees]; None where they are not known.
    periodic : bool
        True where the first column follows the last one.
    originals : (ny, nx) int, optional
        Flat index of the cell that each cell is a copy of (itself if none), on grids whose two
        last columns repeat the first two.
    fold : {"F", "T", ""}
        The point that the northern edge is folded about.
    sea : (ny, nx) bool, optional
        Where the ocean is, for fields whose values do not tell.
    """

    values: FloatArray
    kind: str
    latitudes: FloatArray | None = None
    longitudes: FloatArray | None = None
    periodic: bool = True
    originals: AnyArray | None = None
    fold: str = ""
    sea: BoolArray | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (ny, nx)."""
        ny, nx = self.values.shape
        return ny, nx

    @property
    def turn(self) -> int:
        """Columns from a cell to itself once round the globe, 0 where columns do not go round."""
        if self.originals is not None:
            return self.shape[1] - 2
        return self.shape[1] if self.periodic else 0

    @property
    def ocean(self) -> BoolArray:
        """True in ocean cells, (ny, nx); not where there is no value."""
        if self.sea is not None:
            return self.sea
        if self.kind == "topography":
            return np.asarray(self.values <= 0.0)
        if self.kind == "bathymetry":
            return np.asarray(self.values > 0.0)
        raise InputRefused("These values do not tell land from ocean.")

    @property
    def land(self) -> BoolArray:
        """True in land cells, (ny, nx); not where there is no value."""
        if self.sea is not None:
            return ~self.sea
        if self.kind == "topography":
            return np.asarray(self.values > 0.0)
        return ~(self.ocean | np.isnan(self.values))

    @cached_property
    def nodes(self) -> IntArray:
        """Flat index of each cell's original, (ny * nx,)."""
        if self.originals is None:
            return np.arange(self.values.size, dtype=np.int32)
        return np.asarray(self.originals, dtype=np.int32).ravel()

    @cached_property
    def frame(self) -> IntArray:
        """Originals with a frame of what lies beyond the edges, -1 if nothing, (ny+2, nx+2)."""
        ny, nx = self.shape
        frame = np.full((ny + 2, nx + 2), -1, dtype=np.int32)
        frame[1:-1, 1:-1] = self.nodes.reshape(ny, nx)
        if self.originals is None and self.periodic:
            frame[:, 0], frame[:, -1] = frame[:, -2], frame[:, 1]
        return frame

    @cached_property
    def lines(self) -> tuple[LongArray, FloatArray, FloatArray]:
        """Cells in the order of their latitudes, as lines of equal latitude.

        Returns
        -------
        order : (n,) int
            Rows of a regular grid, flat indices of others, from south to north.
        latitudes : (n,) float64
            Of each line.
        longitudes : (1, nx) or (n, 1) float64
            Of the cells in each line.
        """
        if self.latitudes is None or self.longitudes is None:
            raise InputRefused(
                "It is not known where the cells of this field lie; choose them by row and column."
            )
        if self.latitudes.shape[1] == 1 and self.longitudes.shape[0] == 1:
            order = np.argsort(self.latitudes[:, 0], kind="stable")
            return order, self.latitudes[order, 0], self.longitudes
        latitudes = np.broadcast_to(self.latitudes, self.values.shape).ravel()
        longitudes = np.broadcast_to(self.longitudes, self.values.shape).ravel()
        order = np.argsort(latitudes, kind="stable")
        return order, latitudes[order], longitudes[order][:, None]

    def from_lines(self, on_lines: BoolArray) -> BoolArray:
        """Bring a mask of `lines` back to rows and columns, (ny, nx)."""
        order = self.lines[0]
        mask = np.zeros(self.values.shape, dtype=np.bool_)
        if on_lines.shape == mask.shape:
            mask[order] = on_lines
        else:
            mask.ravel()[order] = on_lines[:, 0]
        return mask


def checked(field: Field) -> Field:
    """Give the field, if its parts fit together.

    Raises
    ------
    InputRefused
        Saying which do not.
    """
    if field.kind not in KINDS:
        raise InputRefused(f"A field is one of {', '.join(KINDS)}, not {field.kind!r}.")
    values = field.values
    if values.ndim != 2 or values.dtype != np.float64 or not values.flags.c_contiguous:
        raise InputRefused("The values of a field are rows and columns of float64.")
    if values.size == 0:
        raise InputRefused("The field has no cells.")
    for part in (field.latitudes, field.longitudes):
        if part is not None and (part.ndim != 2 or not _fits(part.shape, values.shape)):
            raise InputRefused(
                f"The coordinates of {part.shape} do not fit the values of {values.shape}."
            )
    for mask in (field.originals, field.sea):
        if mask is not None and mask.shape != values.shape:
            raise InputRefused(f"The grid is {mask.shape}, the field {values.shape}.")
    return field


def _fits(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    return all(length in (1, full) for length, full in zip(shape, whole, strict=True))


def cell_centres(ny: int, nx: int, west: float) -> tuple[FloatArray, FloatArray]:
    """Latitudes (ny, 1) and longitudes (1, nx) of a regular global grid, rows from south to north.

    Parameters
    ----------
    ny, nx : int
        Rows and columns.
    west : float
        Western edge [degrees].
    """
    latitudes = -90.0 + 180.0 * (np.arange(ny) + 0.5) / ny
    longitudes = west + 360.0 * (np.arange(nx) + 0.5) / nx
    return latitudes[:, None], longitudes[None, :]


def of_topography(topography: Topography) -> Field:
    """The field of a topography on a regular grid; its values are not copied."""
    grid = topography.grid
    latitudes, longitudes = cell_centres(*grid.shape, grid.west)
    values = np.ascontiguousarray(topography.heights, dtype=np.float64)
    return checked(Field(values, "topography", latitudes, longitudes))


def on_ocean_grid(
    values: AnyArray, ocean: OceanGrid, kind: str, sea: BoolArray | None = None
) -> Field:
    """The field of values at the T points of an ocean grid.

    Parameters
    ----------
    values : (ny, nx)
        With halo.
    ocean : OceanGrid
        Where they are.
    kind : {"bathymetry", "codes", "other"}
        What they mean.
    sea : (ny, nx) bool, optional
        Where the ocean is, for codes and other quantities.

    Raises
    ------
    InputRefused
        If a shape is not that of the grid, or the kind is unknown.
    """
    field = Field(
        np.ascontiguousarray(values, dtype=np.float64),
        kind,
        ocean.gphit,
        ocean.glamt,
        originals=ocean.originals,
        fold=ocean.fold.value,
        sea=sea,
    )
    if field.values.shape != ocean.shape:
        raise InputRefused(f"The field is {field.values.shape}, the ocean grid {ocean.shape}.")
    return checked(field)
