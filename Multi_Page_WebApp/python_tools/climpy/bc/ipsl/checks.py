"""What would trouble the model: enclosed seas, poles, narrow passages, singular points."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from climpy._kernels.components import components
from climpy.arrays import AnyArray, BoolArray, FloatArray, IntArray
from climpy.bc.ipsl.bathymetry import containing_cells
from climpy.bc.ipsl.coordinates import require_shape
from climpy.grids.ocean import OceanGrid
from climpy.grids.regular import RegularGrid

SOUTHERN_LIMIT = -78.0
"""No ocean may lie south of this latitude."""

NORTHERN_LIMIT = 86.0
"""North of this latitude all must be land or all ocean."""


@dataclass(frozen=True)
class Sea:
    """An enclosed sea: its number, cells, middle cell [degrees] and area [km2]."""

    number: int
    cells: int
    latitude: float
    longitude: float
    area_km2: float


@dataclass(frozen=True, eq=False)
class InternalOceans:
    """The seas that are cut off from the ocean.

    Parameters
    ----------
    seas : tuple of Sea
        By decreasing area, numbered from 1.
    numbers : (ny, nx) int32
        Number of the sea at each cell; 0 on land and in the ocean itself.
    """

    seas: tuple[Sea, ...]
    numbers: IntArray

    @property
    def mask(self) -> BoolArray:
        """True in the enclosed seas, (ny, nx)."""
        return self.numbers > 0


@dataclass(frozen=True)
class PoleRules:
    """Cells that break the rules of the poles.

    Parameters
    ----------
    southern_ocean_cells : int
        Ocean cells south of 78 S, where none may be.
    northern_land_cells, northern_ocean_cells : int
        Cells north of 86 N, where all must be alike.
    northern_majority : {"land", "ocean"}
        What most cells north of 86 N are.
    """

    southern_ocean_cells: int
    northern_land_cells: int
    northern_ocean_cells: int
    northern_majority: str

    @property
    def kept(self) -> bool:
        """True where both rules are kept."""
        mixed = min(self.northern_land_cells, self.northern_ocean_cells)
        return self.southern_ocean_cells == 0 and mixed == 0


@dataclass(frozen=True)
class SingularPoint:
    """A pole of the ocean grid and the height of the ground there [degrees, m]."""

    latitude: float
    longitude: float
    height_m: float
    on_land: bool


@dataclass(frozen=True)
class Passage:
    """An ocean cell through which water can only diffuse: row and column, place [degrees]."""

    row: int
    column: int
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Report:
    """What the checks found; `as_dict` gives it for JSON."""

    internal_oceans: tuple[Sea, ...]
    internal_oceans_on_ocean_grid: tuple[Sea, ...]
    poles: PoleRules
    diffusive_passages: tuple[Passage, ...]
    singular_points: tuple[SingularPoint, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """One sentence for each thing that should be looked at."""
        return tuple(_warnings(self))

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain numbers, text, lists and mappings."""
        return {
            **asdict(self),
            "pole_rules_kept": self.poles.kept,
            "warnings": list(self.warnings),
        }


def report(
    heights: FloatArray,
    grid: RegularGrid,
    depth: FloatArray,
    ocean: OceanGrid,
    *,
    poles: Iterable[tuple[float, float]] = (),
) -> Report:
    """Run every check on a topography and the bathymetry made from it.

    Parameters
    ----------
    heights : (nlat, nlon) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where the depth is.
    poles : iterable of (latitude, longitude)
        The poles of the ocean grid [degrees].

    Raises
    ------
    InputRefused
        If a field does not have the shape of its grid.
    """
    return Report(
        internal_oceans=internal_oceans(heights, grid).seas,
        internal_oceans_on_ocean_grid=internal_oceans_on_ocean_grid(depth, ocean).seas,
        poles=pole_rules(heights, grid),
        diffusive_passages=passages(depth, ocean),
        singular_points=singular_points(poles, heights, grid),
    )


def internal_oceans(heights: FloatArray, grid: RegularGrid) -> InternalOceans:
    """Find the seas of a regular topography that are cut off from the largest ocean.

    Cells are joined by their sides, round the globe.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m], ocean <= 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of their grid.
    """
    require_shape(heights, grid.shape, "topography")
    ny, nx = grid.shape
    nodes = np.arange(ny * (nx + 1), dtype=np.int32).reshape(ny, nx + 1)
    nodes[:, -1] = nodes[:, 0]
    wet = np.pad((heights <= 0.0).astype(np.int8), ((0, 0), (0, 1)))
    labels = components(wet, nodes)[:, :-1]
    area = np.repeat(grid.cell_widths_m() * grid.cell_height_m() * 1e-6, nx).reshape(ny, nx)
    lat, lon = np.meshgrid(grid.latitudes, grid.longitudes, indexing="ij")
    return _all_but_the_largest(labels, area, lat, lon)


def internal_oceans_on_ocean_grid(depth: FloatArray, ocean: OceanGrid) -> InternalOceans:
    """Find the seas of a bathymetry that are cut off from the largest ocean.

    Cells are joined by their sides, round the globe and across the north fold; copies are
    counted once and carry the number of their originals.

    Parameters
    ----------
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where the depth is.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid.
    """
    require_shape(depth, ocean.shape, "ocean")
    labels = components((depth > 0.0).astype(np.int8), ocean.originals.astype(np.int32))
    area = np.where(ocean.unique, ocean.e1t * ocean.e2t * 1e-6, 0.0)
    return _all_but_the_largest(labels, area, ocean.gphit, ocean.glamt)


def _all_but_the_largest(
    labels: IntArray, area_km2: FloatArray, lat: FloatArray, lon: FloatArray
) -> InternalOceans:
    """Seas by decreasing area; cells without an area are copies and not counted."""
    flat = labels.ravel()
    areas = np.bincount(flat, weights=area_km2.ravel())
    cells = np.bincount(flat[area_km2.ravel() > 0.0], minlength=areas.size)
    # Rounded, so that equal areas keep the order of their first cells on every machine.
    by_area = 1 + np.argsort(-np.round(areas[1:], 3), kind="stable")
    rank = np.zeros(areas.size, dtype=np.int32)
    rank[by_area] = np.arange(by_area.size)
    numbers = rank[labels]
    inside = np.flatnonzero(numbers)
    by_sea = inside[np.argsort(numbers.ravel()[inside], kind="stable")]
    starts = np.searchsorted(numbers.ravel()[by_sea], np.arange(1, by_area.size + 1))
    seas = []
    for number, label in enumerate(by_area.tolist()[1:], start=1):
        place = _middle(by_sea[starts[number - 1] : starts[number]], area_km2, lat, lon)
        seas.append(Sea(number, int(cells[label]), *place, float(areas[label])))
    return InternalOceans(tuple(seas), numbers)


def _middle(
    cells: AnyArray, area: FloatArray, lat: FloatArray, lon: FloatArray
) -> tuple[float, float]:
    """Latitude and longitude of the cell nearest to the centre of mass of the cells."""
    if cells.size == 1:
        return float(lat.ravel()[cells[0]]), float(lon.ravel()[cells[0]])
    phi, lam = np.deg2rad(lat.ravel()[cells]), np.deg2rad(lon.ravel()[cells])
    vectors = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    nearest = np.argmax((vectors * area.ravel()[cells]).sum(axis=1) @ vectors)
    return float(lat.ravel()[cells[nearest]]), float(lon.ravel()[cells[nearest]])


def pole_rules(heights: FloatArray, grid: RegularGrid) -> PoleRules:
    """Count the cells of a regular topography that break the rules of the poles.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of their grid.
    """
    require_shape(heights, grid.shape, "topography")
    wet = heights <= 0.0
    north = wet[grid.latitudes > NORTHERN_LIMIT]
    ocean = int(np.count_nonzero(north))
    return PoleRules(
        southern_ocean_cells=int(np.count_nonzero(wet[grid.latitudes < SOUTHERN_LIMIT])),
        northern_land_cells=north.size - ocean,
        northern_ocean_cells=ocean,
        northern_majority="ocean" if 2 * ocean >= north.size else "land",
    )


def diffusive_passages(depth: FloatArray, ocean: OceanGrid) -> BoolArray:
    """Mark ocean cells with ocean on two opposite sides and land on the other two, bool (ny, nx).

    Along i and along j, round the globe and across the north fold; copies equal their
    originals. Beyond the southern row lies land.

    Parameters
    ----------
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where the depth is.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid.
    """
    require_shape(depth, ocean.shape, "ocean")
    framed = np.pad(ocean.fill_copies(depth) > 0.0, 1)
    here = framed[1:-1, 1:-1]
    south, north = framed[:-2, 1:-1], framed[2:, 1:-1]
    west, east = framed[1:-1, :-2], framed[1:-1, 2:]
    narrow = (west & east & ~south & ~north) | (south & north & ~west & ~east)
    return np.asarray(ocean.fill_copies(here & narrow))


def passages(depth: FloatArray, ocean: OceanGrid) -> tuple[Passage, ...]:
    """List the cells that `diffusive_passages` marks, each once, row by row.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid.
    """
    rows, columns = np.nonzero(diffusive_passages(depth, ocean) & ocean.unique)
    places = zip(rows, columns, ocean.gphit[rows, columns], ocean.glamt[rows, columns], strict=True)
    return tuple(Passage(int(j), int(i), float(lat), float(lon)) for j, i, lat, lon in places)


def singular_points(
    poles: Iterable[tuple[float, float]], heights: FloatArray, grid: RegularGrid
) -> tuple[SingularPoint, ...]:
    """Tell the height of the ground at the poles (latitude, longitude) of the ocean grid.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of their grid.
    """
    require_shape(heights, grid.shape, "topography")
    points = []
    for lat, lon in poles:
        row, column = containing_cells(grid, np.array(lat), np.array(lon))
        height = float(heights[row, column])
        points.append(SingularPoint(float(lat), float(lon), height, height > 0.0))
    return tuple(points)


def _warnings(found: Report) -> Iterable[str]:
    seas = found.internal_oceans
    if seas:
        cells, area = sum(s.cells for s in seas), sum(s.area_km2 for s in seas)
        yield (
            f"{_counted(len(seas), 'sea')} with {_counted(cells, 'cell')} ({area:,.0f} km2) "
            f"cut off from the ocean; the largest lies at {_place(seas[0])}."
        )
    seas = found.internal_oceans_on_ocean_grid
    if seas:
        yield (
            f"{_counted(len(seas), 'sea')} of the bathymetry cut off from the ocean; "
            f"the largest lies at {_place(seas[0])}."
        )
    poles = found.poles
    if poles.southern_ocean_cells:
        counted = _counted(poles.southern_ocean_cells, "ocean cell")
        yield f"{counted} south of 78 S, where land must be."
    if min(poles.northern_land_cells, poles.northern_ocean_cells):
        yield (
            f"North of 86 N there are {poles.northern_land_cells} land and "
            f"{poles.northern_ocean_cells} ocean cells; all should be {poles.northern_majority}."
        )
    passages = found.diffusive_passages
    if passages:
        yield (
            f"{_counted(len(passages), 'ocean cell')} through which water can only diffuse; "
            f"the first lies at {_place(passages[0])}."
        )
    for point in found.singular_points:
        if not point.on_land:
            yield f"The pole of the ocean grid at {_place(point)} lies in the sea."


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _place(where: Sea | Passage | SingularPoint) -> str:
    """Place as in 12.5 S 30.1 E."""
    lon = (where.longitude + 180.0) % 360.0 - 180.0
    return (
        f"{abs(where.latitude):.1f} {'S' if where.latitude < 0 else 'N'} "
        f"{abs(lon):.1f} {'W' if lon < 0 else 'E'}"
    )
