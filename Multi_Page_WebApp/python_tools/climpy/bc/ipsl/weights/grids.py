"""The grids that are coupled, as the coupler knows them: points, corners, masks, areas."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.grids.duplicates import duplicates
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import OceanGrid

CORNERS = {
    "T": ("f", ((-1, -1), (-1, 0), (0, 0), (0, -1))),
    "U": ("v", ((-1, 0), (-1, 1), (0, 1), (0, 0))),
    "V": ("u", ((0, -1), (0, 0), (1, 0), (1, -1))),
}
"""For the cell round a point: which points are its corners, and by how many rows and columns they
are shifted, counter-clockwise from the south-west."""


@dataclass(frozen=True, eq=False)
class CoupledGrid:
    """A grid under the coupler's name.

    Parameters
    ----------
    name : str
        Such as torc or tlmd.
    latitudes, longitudes : (ny, nx) float64
        Centres [degrees].
    masked : (ny, nx) bool
        Cells that do not count.
    area : (ny, nx) float64
        [m2].
    corners : ((4, ny, nx), (4, ny, nx)) float64 or None
        Latitudes and longitudes of the corners [degrees], counter-clockwise, longitudes no farther
        than 180 degrees from the centre's.
    """

    name: str
    latitudes: FloatArray
    longitudes: FloatArray
    masked: BoolArray
    area: FloatArray
    corners: tuple[FloatArray, FloatArray] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        ny, nx = self.latitudes.shape
        return ny, nx


def ocean_grids(wet: BoolArray, ocean: OceanGrid, points: Iterable[str]) -> dict[str, CoupledGrid]:
    """Grids of T, U, V or F points of the ocean, by point.

    Parameters
    ----------
    wet : (ny, nx) bool
        Ocean cells; copies are made to agree with their originals.
    ocean : OceanGrid
        Where they are.
    points : iterable of {"T", "U", "V", "F"}
        Which.
    """
    known: BoolArray = ocean.fill_copies(wet)
    grids = {}
    for point in points:
        small = point.lower()
        grids[point] = CoupledGrid(
            f"{small}orc",
            getattr(ocean, f"gphi{small}"),
            getattr(ocean, f"glam{small}"),
            ~sea_at(known, point) | duplicates(ocean.shape, ocean.fold, point),
            getattr(ocean, f"e1{small}") * getattr(ocean, f"e2{small}"),
            corners_of(ocean, point) if point in CORNERS else None,
        )
    return grids


def sea_at(wet: BoolArray, point: str) -> BoolArray:
    """Points all of whose T cells are wet, (ny, nx); beyond the last row is land."""
    east = np.concatenate([wet[:, 1:], wet[:, 2:3]], axis=1)
    if point == "T":
        return wet
    if point == "U":
        return np.asarray(wet & east)
    north = np.concatenate([wet[1:], np.zeros_like(wet[:1])])
    if point == "V":
        return np.asarray(wet & north)
    north_east = np.concatenate([east[1:], np.zeros_like(east[:1])])
    return np.asarray(wet & east & north & north_east)


def corners_of(ocean: OceanGrid, point: str) -> tuple[FloatArray, FloatArray]:
    """Latitudes and longitudes of the corners of the cells round T, U or V points, (4, ny, nx).

    South of the first and north of the last row, where the file has no points and nothing counts,
    the grid is continued as far as it reached before.
    """
    around, shifts = CORNERS[point]
    latitudes = np.stack([_shifted(getattr(ocean, f"gphi{around}"), *by) for by in shifts])
    longitudes = np.stack([_shifted(getattr(ocean, f"glam{around}"), *by) for by in shifts])
    return np.clip(latitudes, -90.0, 90.0), near_centre(longitudes, _centre(ocean, point))


def _centre(ocean: OceanGrid, point: str) -> FloatArray:
    longitudes: FloatArray = getattr(ocean, f"glam{point.lower()}")
    return longitudes


def near_centre(longitudes: FloatArray, centre: FloatArray) -> FloatArray:
    """Longitudes by whole turns no farther than 180 degrees from a centre's."""
    return centre + np.mod(longitudes - centre + 180.0, 360.0) - 180.0


def _shifted(values: FloatArray, rows: int, columns: int) -> FloatArray:
    """Values of the points so many rows north and columns east, at each cell."""
    nx = values.shape[1]
    column = np.arange(nx) + columns
    column = np.where(column < 0, column + nx - 2, np.where(column >= nx, column - nx + 2, column))
    taken = values[:, column]
    if rows == 0:
        return taken
    if rows < 0:
        return np.concatenate([_beyond(taken[0], taken[1]), taken[:-1]])
    return np.concatenate([taken[1:], _beyond(taken[-1], taken[-2])])


def _beyond(last: AnyArray, before: AnyArray) -> AnyArray:
    step = np.mod(last - before + 180.0, 360.0) - 180.0
    return np.asarray(last + step)[None]


def atmosphere_grid(grid: LmdzGrid, name: str, masked: BoolArray, area: FloatArray) -> CoupledGrid:
    """The atmosphere's cells; those on the poles are wedges."""
    ny, nx = grid.shape
    longitudes, latitudes = np.meshgrid(grid.longitudes, grid.latitudes)
    south, north = grid.latitude_edges[1:], grid.latitude_edges[:-1]
    west, east = grid.longitude_edges[:-1], grid.longitude_edges[1:]
    corner_latitudes = np.stack(
        [np.repeat(e[:, None], nx, 1) for e in (south, south, north, north)]
    )
    corner_longitudes = np.stack([np.repeat(e[None], ny, 0) for e in (west, east, east, west)])
    return CoupledGrid(
        name, latitudes, longitudes, masked, area, (corner_latitudes, corner_longitudes)
    )
