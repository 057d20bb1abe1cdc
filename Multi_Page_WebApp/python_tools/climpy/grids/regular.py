"""Regular longitude-latitude grids that cover the globe."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused

LAND_RADIUS_M = 6_370_000.0
"""Radius of the Earth on the land grids [m]."""


@dataclass(frozen=True, eq=False)
class RegularGrid:
    """A regular global grid of cells, rows from south to north, columns from west to east.

    Parameters
    ----------
    latitudes : (ny,) float64
        Cell centres [degrees north], increasing.
    longitudes : (nx,) float64
        Cell centres [degrees east], increasing, spanning one turn.
    """

    latitudes: FloatArray
    longitudes: FloatArray

    @classmethod
    def of_shape(cls, ny: int, nx: int, west: float = -180.0) -> Self:
        """Make the grid of ny by nx equal steps whose western edge lies at `west` [degrees]."""
        if ny < 2 or nx < 4:
            raise InputRefused(
                f"A global grid needs at least 2 rows and 4 columns, not {ny} x {nx}."
            )
        return cls(
            latitudes=-90.0 + 180.0 * (np.arange(ny) + 0.5) / ny,
            longitudes=west + 360.0 * (np.arange(nx) + 0.5) / nx,
        )

    @classmethod
    def of_steps(cls, dlat: float, dlon: float, west: float = -180.0) -> Self:
        """Make the grid with the given steps [degrees], which must divide 180 and 360.

        Raises
        ------
        InputRefused
            If a step is not positive or does not divide the globe into whole cells.
        """
        for name, step, span in (("latitude", dlat, 180.0), ("longitude", dlon, 360.0)):
            if not 0.0 < step <= span or abs(span / step - round(span / step)) > 1e-6 * span / step:
                raise InputRefused(
                    f"The {name} step {step:g} does not divide {span:g} degrees into whole cells; "
                    "choose one that does, such as 1 or 0.5."
                )
        return cls.of_shape(round(180.0 / dlat), round(360.0 / dlon), west)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (ny, nx)."""
        return self.latitudes.size, self.longitudes.size

    @property
    def dlat(self) -> float:
        """Height of a cell [degrees]."""
        return 180.0 / self.latitudes.size

    @property
    def dlon(self) -> float:
        """Width of a cell [degrees]."""
        return 360.0 / self.longitudes.size

    @property
    def west(self) -> float:
        """Longitude of the western edge [degrees]."""
        return float(self.longitudes[0]) - 0.5 * self.dlon

    def cell_widths_m(self, radius_m: float = LAND_RADIUS_M) -> FloatArray:
        """Width of the cells of each row at its latitude, (ny,) [m]: 2 pi R cos(lat) / nx."""
        nx = self.longitudes.size
        return 2.0 * np.pi * radius_m * np.cos(np.deg2rad(self.latitudes)) / nx

    def cell_height_m(self, radius_m: float = LAND_RADIUS_M) -> float:
        """Height of a cell [m]: pi R / ny."""
        return float(np.pi * radius_m / self.latitudes.size)
