"""The grid of the LMDZ atmosphere: regular in longitude and latitude, with rows on the poles."""

from dataclasses import dataclass

import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import InputRefused

LMDZ_RADIUS_M = 6_371_229.0
"""Radius of the Earth on the LMDZ grid [m]."""


@dataclass(frozen=True)
class LmdzGrid:
    """An LMDZ grid of nlon columns and one row more than latitude intervals, from north to south.

    The first and the last row lie on the poles: each is one point, repeated in all columns, whose
    cells are wedges.

    Parameters
    ----------
    columns, intervals : int
        As in the names of the model's grids: 96 and 95, 144 and 142, ...

    Raises
    ------
    InputRefused
        If there are fewer than 4 columns or 3 intervals.
    """

    columns: int = 96
    intervals: int = 95

    def __post_init__(self) -> None:
        if self.columns < 4 or self.intervals < 3:
            raise InputRefused(
                "An LMDZ grid has at least 4 columns and 3 latitude intervals, "
                f"not {self.columns} and {self.intervals}."
            )

    @property
    def name(self) -> str:
        """Name in the coupler's files, such as LMD9695 or LMD144142."""
        return f"LMD{self.columns}{self.intervals}"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (ny, nx)."""
        return self.intervals + 1, self.columns

    @property
    def longitudes(self) -> FloatArray:
        """Centres of the columns [degrees east], (nx,): -180 + 360 i / nx."""
        return -180.0 + 360.0 * np.arange(self.columns) / self.columns

    @property
    def latitudes(self) -> FloatArray:
        """Rows [degrees north], (ny,), falling from 90 to -90."""
        return 90.0 - 180.0 * np.arange(self.intervals + 1) / self.intervals

    @property
    def longitude_edges(self) -> FloatArray:
        """Edges of the columns [degrees east], (nx + 1,), half-way between centres."""
        return -180.0 + 360.0 * (np.arange(self.columns + 1) - 0.5) / self.columns

    @property
    def latitude_edges(self) -> FloatArray:
        """Edges of the rows [degrees north], (ny + 1,): 90, half-way between rows, -90."""
        latitudes = self.latitudes
        return np.concatenate([[90.0], 0.5 * (latitudes[1:] + latitudes[:-1]), [-90.0]])

    @property
    def areas_m2(self) -> FloatArray:
        """Areas of the cells [m2], (ny, nx), exact on the sphere."""
        bands = -np.diff(np.sin(np.deg2rad(self.latitude_edges)))
        areas = LMDZ_RADIUS_M**2 * (2.0 * np.pi / self.columns) * bands
        return np.repeat(areas[:, None], self.columns, axis=1)
