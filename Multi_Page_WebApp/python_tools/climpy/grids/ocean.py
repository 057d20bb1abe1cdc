"""The curvilinear grid of the NEMO ocean: points, scale factors, halo and north fold."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import InputRefused

OCEAN_RADIUS_M = 6_371_229.0
"""Radius of the Earth on the ocean (and LMDZ) grids [m]."""


class Fold(StrEnum):
    """The point that the northern edge of the grid is folded about (NEMO's jperio 6 and 4)."""

    F_POINT = "F"
    T_POINT = "T"


@dataclass(frozen=True, eq=False)
class OceanGrid:
    """Points and scale factors of a NEMO grid under NEMO's own names, each (ny, nx) float64.

    `glam*` are longitudes [degrees east, -180..180], `gphi*` latitudes [degrees north], `e1*` and
    `e2*` the cell sides along i and j [m], at T, U, V and F points. The arrays hold the halo: the
    two last columns repeat the two first, the last row (and, about a T point, half of the one
    before) repeats cells across the north fold.
    """

    glamt: FloatArray
    gphit: FloatArray
    glamu: FloatArray
    gphiu: FloatArray
    glamv: FloatArray
    gphiv: FloatArray
    glamf: FloatArray
    gphif: FloatArray
    e1t: FloatArray
    e2t: FloatArray
    e1u: FloatArray
    e2u: FloatArray
    e1v: FloatArray
    e2v: FloatArray
    e1f: FloatArray
    e2f: FloatArray
    fold: Fold

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (ny, nx), halo included."""
        ny, nx = self.glamt.shape
        return ny, nx

    @property
    def originals(self) -> AnyArray:
        """For each T cell the flat index of the cell it is a copy of (itself if none), (ny, nx)."""
        return originals(self.shape, self.fold)

    @property
    def unique(self) -> BoolArray:
        """True where a T cell is no copy of another one, (ny, nx)."""
        return unique(self.shape, self.fold)

    def fill_copies(self, field: AnyArray) -> AnyArray:
        """Return the T-point field (ny, nx) in which every copy equals its original."""
        if field.shape != self.shape:
            raise InputRefused(f"The field is {field.shape}, the ocean grid {self.shape}.")
        return field.ravel()[self.originals]


def originals(shape: tuple[int, int], fold: Fold) -> AnyArray:
    """For each T cell the flat index of the cell that it is a copy of (itself if none).

    Unique cells are columns 1..nx-2 of all rows that are no copies across the fold: about an F
    point (ORCA with jperio 6) the last row is the mirror image of the one before it; about a T
    point (jperio 4) the last row mirrors the third last, and the eastern half of the last but
    one its own western half.
    """
    ny, nx = shape
    j, i = np.meshgrid(np.arange(ny), np.arange(nx), indexing="ij")
    i = _wrapped(i, nx)
    if fold is Fold.F_POINT:
        copied = j == ny - 1
        j, i = np.where(copied, ny - 2, j), np.where(copied, nx - 1 - i, i)
    else:
        last, half = j == ny - 1, (j == ny - 2) & (i > nx // 2)
        j = np.where(last, ny - 3, j)
        i = np.where(last | half, nx - i, i)
    return np.asarray(j * nx + _wrapped(i, nx))


def _wrapped(i: AnyArray, nx: int) -> AnyArray:
    """Columns 0 and nx-1 by the columns nx-2 and 1 that they repeat."""
    return np.where(i == 0, nx - 2, np.where(i == nx - 1, 1, i))


def unique(shape: tuple[int, int], fold: Fold) -> BoolArray:
    """True where a T cell is no copy of another one, (ny, nx)."""
    return np.asarray(originals(shape, fold) == np.arange(shape[0] * shape[1]).reshape(shape))
