"""Cells of both grids as polygons on the sphere, as the engine `mosaic` cuts them."""

from dataclasses import dataclass

import numpy as np

from climpy.arrays import FloatArray, IntArray, LongArray
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import OceanGrid


@dataclass(frozen=True, eq=False)
class Polygons:
    """Polygons with a centre each.

    Parameters
    ----------
    corners : (n,) int32
        How many of the places count.
    latitudes, longitudes : (n, most corners) float64
        Corners [degrees], counter-clockwise.
    centre_latitudes, centre_longitudes : (n,) float64
        A place inside [degrees], from which the polygon is divided into triangles.
    addresses : (n,) int64
        Flat index of the cell in its grid.
    """

    corners: IntArray
    latitudes: FloatArray
    longitudes: FloatArray
    centre_latitudes: FloatArray
    centre_longitudes: FloatArray
    addresses: LongArray


def of_ocean(ocean: OceanGrid, chosen: LongArray) -> Polygons:
    """T cells through the F, V and U points round them, eight corners each.

    Parameters
    ----------
    ocean : OceanGrid
        With all four kinds of points.
    chosen : (n,) int64
        Flat indices of cells that are in neither the first row nor the first column.
    """
    rows, columns = np.divmod(chosen, ocean.shape[1])
    south, west = rows - 1, columns - 1
    around = (
        ("f", south, west),
        ("v", south, columns),
        ("f", south, columns),
        ("u", rows, columns),
        ("f", rows, columns),
        ("v", rows, columns),
        ("f", rows, west),
        ("u", rows, west),
    )
    latitudes = [getattr(ocean, f"gphi{point}")[j, i] for point, j, i in around]
    longitudes = [getattr(ocean, f"glam{point}")[j, i] for point, j, i in around]
    return Polygons(
        np.full(chosen.size, len(around), dtype=np.int32),
        np.stack(latitudes, axis=1),
        np.stack(longitudes, axis=1),
        ocean.gphit.reshape(-1)[chosen],
        ocean.glamt.reshape(-1)[chosen],
        chosen.astype(np.int64),
    )


def of_lmdz(grid: LmdzGrid) -> Polygons:
    """Atmosphere cells through their corners and the middles of their edges.

    Each row on a pole is one cell, a cap with a corner per column, at the address of the first
    column; it comes first and last.
    """
    ny, nx = grid.shape
    most = max(nx, 8)
    number = (ny - 2) * nx
    corners = np.full(number + 2, 8, dtype=np.int32)
    latitudes = np.zeros((number + 2, most))
    longitudes = np.zeros((number + 2, most))
    j, i = (index.reshape(-1) for index in np.indices((ny - 2, nx)))
    centre_lat, centre_lon = grid.latitudes[1:-1][j], grid.longitudes[i]
    north, south = grid.latitude_edges[1:-2][j], grid.latitude_edges[2:-1][j]
    west, east = grid.longitude_edges[:-1][i], grid.longitude_edges[1:][i]
    inner = slice(1, number + 1)
    latitudes[inner, :8] = np.stack(
        [south, south, south, centre_lat, north, north, north, centre_lat], axis=1
    )
    longitudes[inner, :8] = np.stack(
        [west, centre_lon, east, east, east, centre_lon, west, west], axis=1
    )
    for cell, edge, turn in ((0, 1, 1), (number + 1, -2, -1)):
        corners[cell] = nx
        latitudes[cell, :nx] = grid.latitude_edges[edge]
        longitudes[cell, :nx] = grid.longitude_edges[:-1][::turn]
    poles = np.array([90.0, -90.0])
    return Polygons(
        corners,
        latitudes,
        longitudes,
        np.concatenate([poles[:1], centre_lat, poles[1:]]),
        np.concatenate([[0.0], centre_lon, [0.0]]),
        np.concatenate([[0], nx + np.arange(number), [(ny - 1) * nx]]).astype(np.int64),
    )
