"""Ocean grids made up in code, so that tests need no file."""

import numpy as np

from climpy.grids.ocean import OCEAN_RADIUS_M, Fold, OceanGrid, originals
from climpy.grids.regular import RegularGrid
from climpy.io import read
from tests.reference import reference


def cylindrical_grid(
    ny: int = 31, columns: int = 60, fold: Fold = Fold.F_POINT, west: float = -180.0
) -> OceanGrid:
    """Grid of equal steps from 75 S to 75 N, with NEMO's halo and a fold at its northern row.

    `columns` is the number of unique columns (even); the grid has two more. Only the bookkeeping
    of the fold is that of NEMO: the points of the last rows are those of their originals.
    """
    nx = columns + 2
    dlat, dlon = 150.0 / ny, 360.0 / columns
    lat = -75.0 + dlat * (np.arange(ny) + 0.5)
    lon = west + dlon * (np.arange(nx) - 0.5)
    points = {}
    for name, east, north in (("t", 0, 0), ("u", 1, 0), ("v", 0, 1), ("f", 1, 1)):
        lam, phi = np.meshgrid(lon + 0.5 * dlon * east, lat + 0.5 * dlat * north)
        points[f"glam{name}"] = (lam + 180.0) % 360.0 - 180.0
        points[f"gphi{name}"] = phi
        points[f"e1{name}"] = OCEAN_RADIUS_M * np.deg2rad(dlon) * np.cos(np.deg2rad(phi))
        points[f"e2{name}"] = np.full((ny, nx), OCEAN_RADIUS_M * np.deg2rad(dlat))
    source = originals((ny, nx), fold)
    for name in ("glamt", "gphit", "e1t", "e2t"):
        points[name] = points[name].ravel()[source]
    return OceanGrid(**points, fold=fold)


def depth_of(rows: list[str], fold: Fold = Fold.F_POINT) -> tuple[np.ndarray, OceanGrid]:
    """Depth and grid of a drawing of the unique cells, north on top: `.` ocean, `#` land.

    About an F point the drawing holds all rows but the last; about a T point too, and the
    eastern half of its northern row is overwritten by the western one.
    """
    drawn = np.array([[1000.0 * (c == ".") for c in row] for row in rows])[::-1]
    ny, columns = drawn.shape
    grid = cylindrical_grid(ny + 1, columns, fold)
    depth = np.zeros(grid.shape)
    depth[:-1, 1:-1] = drawn
    return grid.fill_copies(depth), grid


def regular_heights(rows: list[str]) -> tuple[np.ndarray, RegularGrid]:
    """Heights and grid of a drawing, north on top: `.` ocean at -1000 m, `#` land at 500 m."""
    drawn = np.array([[-1000.0 if c == "." else 500.0 for c in row] for row in rows])[::-1]
    return np.ascontiguousarray(drawn), RegularGrid.of_shape(*drawn.shape)


def real_grid() -> OceanGrid:
    """The group's 182 x 149 grid; the test is skipped where it is absent."""
    variables = read(reference("grids", "paleorca2_coordinates.nc")).variables
    names = [size + point for size in ("glam", "gphi", "e1", "e2") for point in "tuvf"]
    return OceanGrid(**{name: variables[name].values for name in names}, fold=Fold.F_POINT)


def reference_field(file: str, variable: str) -> np.ndarray:
    """A field of the reference results, NaN where missing; skipped where absent."""
    return read(reference("reference", "routing_60Ma", file)).variables[variable].values
