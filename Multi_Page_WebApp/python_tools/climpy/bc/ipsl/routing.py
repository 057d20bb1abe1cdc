"""River routing on a regular global grid: directions, basins, distances, retention."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from climpy._kernels import fill, flats, flow, mending, padded
from climpy.arrays import AnyArray, BoolArray, ByteArray, CodeArray, FloatArray, IntArray
from climpy.bc.ipsl import checks, coordinates
from climpy.errors import InputRefused, StepRefused
from climpy.grids.regular import RegularGrid
from climpy.io import ModelFile, Variable

UNITS_PER_METRE = 1000.0
"""Heights are rounded to three decimals and handled as whole millimetres."""

RIVER, COASTAL, RETURN = 99, 98, 97
"""TRIP codes of outlets: large river, coastal flow, return flow."""

LARGE_RIVERS = 199
"""Basins up to this number end in a river mouth."""

OUTLET_REACH = 2
"""An outlet is on the coast where its 5 x 5 box holds ocean."""

HIGHEST_M = 12_000.0
LEAST_DROP_M = 5.0
MOST_PIT_PASSES = 1000
CLOSED_BASIN_LEVEL_M = 1.0
"""Height that the other steps see in a closed basin that stays land."""

AREA_UNITS = 2.0**36
"""Whole-number unit of cell areas, so that sums and ties are the same on every machine."""


ClosedBasins = Literal["none", "all"] | Sequence[tuple[float, float]]


@dataclass(frozen=True)
class RoutingOptions:
    """How rivers run.

    Parameters
    ----------
    drop_per_distance : bool
        Divide the drop by the distance to the neighbour when the steepest one is chosen.
    closed_basins : "none", "all" or sequence of (latitude, longitude)
        Seas without a way to the ocean that stay land: none of them, all, or those that hold one
        of the points [degrees].
    """

    drop_per_distance: bool = False
    closed_basins: ClosedBasins = "none"


DEFAULTS = RoutingOptions()


@dataclass(frozen=True, eq=False)
class Routing:
    """Rivers on a regular grid, each field (ny, nx), rows from south to north.

    Parameters
    ----------
    trip : int8
        Directions 1..8 = N NE E SE S SW W NW; 97, 98, 99 at outlets; 0 on the ocean.
    basins : int32
        Basin numbers from 1 by decreasing area; 0 on the ocean.
    topoind : float64
        Topographic index of the retention time [km]; NaN on the ocean.
    hdiff : float64
        Fall to the next cell [m], at least 5; 0 on the ocean.
    riverl : float64
        Length of the river to the next cell [m]; NaN on the ocean.
    disto : float64
        Length of the way to the ocean [km]; NaN on the ocean.
    surface : float64
        Heights without depressions [m], everywhere; below sea level in closed basins.
    filled : int
        Number of cells raised in depressions.
    pits_raised, led_out : int
        How often a one-cell pit was raised, and how many cells were led out of a loop.
    """

    trip: CodeArray
    basins: IntArray
    topoind: FloatArray
    hdiff: FloatArray
    riverl: FloatArray
    disto: FloatArray
    surface: FloatArray
    filled: int
    pits_raised: int
    led_out: int

    @property
    def land(self) -> BoolArray:
        """Land-sea mask."""
        return self.basins > 0

    @property
    def orog(self) -> FloatArray:
        """Height on land [m]; NaN on the ocean."""
        return np.where(self.land, self.surface, np.nan)

    @property
    def topo(self) -> FloatArray:
        """Heights [m] for the steps that follow; above 0 on all land, closed basins included."""
        sunk = self.land & (self.surface <= 0.0)
        return np.where(sunk, CLOSED_BASIN_LEVEL_M, self.surface)


def route(heights: FloatArray, grid: RegularGrid, options: RoutingOptions = DEFAULTS) -> Routing:
    """Route the water of every land cell to the ocean.

    Parameters
    ----------
    heights : (ny, nx) float64
        Topography [m], rows from south to north, land above 0.
    grid : RegularGrid
        Its grid.
    options : RoutingOptions
        Variants of the method.

    Raises
    ------
    InputRefused
        If heights are missing or do not fit the grid.
    StepRefused
        If there is no land or no ocean.

    Notes
    -----
    Of basins of the same area the one whose outlet lies farther north has the lower number, then
    the one whose outlet lies farther west (from 180 W). Areas are compared as whole numbers, so
    that the order is the same on every machine.

    References
    ----------
    Directions: Oki and Sud 1998, doi:10.1175/1087-3562(1998)002. Topographic index: Vörösmarty
    et al. 2000, doi:10.1016/S0022-1694(00)00282-1. Depressions: Barnes et al. 2014,
    doi:10.1016/j.cageo.2013.04.024. Flats: Barnes et al. 2014, doi:10.1016/j.cageo.2013.01.009.
    """
    ny, nx = grid.shape
    _check(heights, grid)
    level, kind = padded.levels_and_kinds(np.ascontiguousarray(heights), UNITS_PER_METRE)
    _keep_closed_basins(level, kind, grid, options.closed_basins)
    _check_kinds(kind)
    padded.raise_row(level, kind, 1, 2, nx)
    padded.raise_row(level, kind, ny, ny - 1, nx)
    filled = _fill_depressions(level, kind, ny, nx)
    height = _sloping_heights(level, kind, ny, nx)
    del level
    direction, raised = _directions(height, kind, grid, options)
    return _rivers(height, kind, direction, grid, (filled, raised))


def _check(heights: FloatArray, grid: RegularGrid) -> None:
    """Refuse heights that cannot be routed."""
    if heights.shape != grid.shape:
        raise InputRefused(f"The topography is {heights.shape}, its grid {grid.shape}.")
    lowest, highest = float(heights.min()), float(heights.max())
    if not np.isfinite([lowest, highest]).all():
        missing = int((~np.isfinite(heights)).sum())
        raise InputRefused(f"The topography has {missing} cells without a height; fill them first.")
    if max(-lowest, highest) > HIGHEST_M:
        raise InputRefused(
            f"The topography spans {lowest:g} to {highest:g} m; heights beyond {HIGHEST_M:g} m "
            "are no heights of a planet's surface in metres."
        )


def _keep_closed_basins(
    level: AnyArray,
    kind: AnyArray,
    grid: RegularGrid,
    wanted: ClosedBasins,
) -> None:
    """Make land of the wanted seas that have no way to the ocean; their lowest cell is a sink."""
    if wanted == "none":
        return
    ny, nx = grid.shape
    heights = _inner(level, ny, nx) / UNITS_PER_METRE
    seas = checks.internal_oceans(heights, grid).numbers
    if isinstance(wanted, str):
        numbers = set(range(1, int(seas.max()) + 1))
    else:
        numbers = {_at(seas, grid, point) for point in wanted}
    for number in sorted(numbers):
        j, i = np.nonzero(seas == number)
        cells = (j + 1) * (nx + 2) + i + 1
        kind[cells] = padded.LAND
        lowest = level[cells] == level[cells].min()
        first = np.lexsort((_eastward(grid)[i[lowest]], -j[lowest]))[0]
        kind[cells[lowest][first]] = padded.SINK


def _at(seas: IntArray, grid: RegularGrid, point: tuple[float, float]) -> int:
    """Number of the closed sea at a point (latitude, longitude) [degrees]."""
    latitude, longitude = point
    if not (np.isfinite(latitude) and np.isfinite(longitude)):
        raise InputRefused(f"A closed basin cannot be at {latitude:g} N, {longitude:g} E.")
    j = int(np.argmin(np.abs(grid.latitudes - latitude)))
    i = int(np.argmin(np.abs((grid.longitudes - longitude + 180.0) % 360.0 - 180.0)))
    if seas[j, i] == 0:
        raise InputRefused(
            f"There is no closed basin at {latitude:g} N, {longitude:g} E: the cell there is land "
            "or open ocean."
        )
    return int(seas[j, i])


def _eastward(grid: RegularGrid) -> AnyArray:
    """Rank of each column from 180 W eastward."""
    return np.argsort(np.argsort((grid.longitudes + 180.0) % 360.0))


def _check_kinds(kind: AnyArray) -> None:
    if not (kind == padded.LAND).any():
        raise StepRefused("The topography has no land (no height above 0 m), so no river can run.")
    if not ((kind == padded.OCEAN) | (kind == padded.SINK)).any():
        raise StepRefused(
            "The topography has no ocean (no height of 0 m or less), so no river can end."
        )


def _fill_depressions(level: AnyArray, kind: AnyArray, ny: int, nx: int) -> int:
    """Raise the cells of depressions to where they spill; give how many were raised."""
    label, count = fill.pit_basins(level, kind, ny, nx)
    padded.repeat_columns_int(label, ny, nx)
    found = fill.passes(level, label, ny, nx)
    spill = fill.spill_levels(found, np.argsort(found[:, 2], kind="stable"), count)
    filled = int(fill.raise_to_spill(level, label, spill, ny, nx))
    padded.repeat_columns_int(level, ny, nx)
    return filled


def _sloping_heights(level: IntArray, kind: ByteArray, ny: int, nx: int) -> FloatArray:
    """Padded heights [m] in which flats slope towards their exits."""
    shape = ny + 2, nx + 2
    front = flats.exits(level.reshape(shape), kind.reshape(shape)).ravel()
    largest = flats.number_fronts(level, kind, front, np.flatnonzero(front == 1), nx)
    height = flats.sloping_heights(level, front, largest, UNITS_PER_METRE)
    _close_rim(height, ny, nx)
    return height


def _close_rim(height: FloatArray, ny: int, nx: int) -> None:
    """Repeat the columns at the seam; nothing flows beyond the poles."""
    padded.repeat_columns_float(height, ny, nx)
    height[: nx + 2] = np.inf
    height[-(nx + 2) :] = np.inf


def _directions(
    height: FloatArray, kind: AnyArray, grid: RegularGrid, options: RoutingOptions
) -> tuple[AnyArray, int]:
    """Directions, after the pits were raised in place, and how often a cell was raised."""
    ny, nx = grid.shape
    ratio = grid.cell_widths_m() / grid.cell_height_m()
    steepest = options.drop_per_distance
    direction, pits = flow.directions(height, kind, steepest, ny, nx, ratio)
    if pits.size == 0:
        return direction, 0
    raised = int(mending.raise_pits(height, kind, pits, ny, nx, MOST_PIT_PASSES))
    return flow.directions(height, kind, steepest, ny, nx, ratio)[0], raised


def _rivers(
    height: FloatArray,
    kind: AnyArray,
    direction: AnyArray,
    grid: RegularGrid,
    counts: tuple[int, int],
) -> Routing:
    """Follow the directions: basins, distances, and what is derived from them."""
    ny, nx = grid.shape
    sides = grid.cell_widths_m() / 1e3, grid.cell_height_m() / 1e3
    basin, distance, outlet, looping = flow.basins_and_distances(kind, direction, *sides, ny, nx)
    led_out = 0
    if looping:
        led_out = int(mending.lead_out(height, kind, direction, ny, nx))
        basin, distance, outlet, _ = flow.basins_and_distances(kind, direction, *sides, ny, nx)
    rank = _ranks(basin, outlet, grid)
    flow.renumber(basin, rank)
    code, riverl, hdiff, topoind = flow.along_rivers(
        height, kind, direction, distance, LEAST_DROP_M, ny, nx
    )
    j, i = _rows_and_columns(outlet[1:], nx)
    code[j, i] = _outlet_codes(kind, outlet, rank, grid)
    return Routing(
        trip=code,
        basins=_inner(basin, ny, nx),
        topoind=topoind,
        hdiff=hdiff,
        riverl=riverl,
        disto=_inner(distance, ny, nx),
        surface=_inner(height, ny, nx),
        filled=counts[0],
        pits_raised=counts[1],
        led_out=led_out,
    )


def _ranks(basin: AnyArray, outlet: AnyArray, grid: RegularGrid) -> IntArray:
    """Rank of each basin by decreasing area, then outlet from north to south and west to east."""
    ny, nx = grid.shape
    row_area = np.rint(np.cos(np.deg2rad(grid.latitudes)) * AREA_UNITS).astype(np.int64)
    area = flow.basin_areas(basin, outlet.size - 1, row_area, ny, nx)[1:]
    j, i = _rows_and_columns(outlet[1:], nx)
    order = np.argsort((ny - 1 - j) * nx + _eastward(grid)[i])
    order = order[np.argsort(-area[order], kind="stable")]
    rank = np.zeros(outlet.size, dtype=np.int32)
    rank[order + 1] = np.arange(1, outlet.size)
    return rank


def _outlet_codes(kind: AnyArray, outlet: AnyArray, rank: IntArray, grid: RegularGrid) -> CodeArray:
    """TRIP codes of the outlets: river mouth, coastal flow, return flow."""
    ny, nx = grid.shape
    by_ocean = flow.outlets_by_ocean(kind, outlet, OUTLET_REACH, ny, nx)[1:]
    j, _ = _rows_and_columns(outlet[1:], nx)
    coastal = np.where(rank[1:] <= LARGE_RIVERS, RIVER, COASTAL)
    inland = np.where((grid.latitudes[j] > 60.0) & (by_ocean == 0), COASTAL, RETURN)
    return np.where(by_ocean == 1, coastal, inland).astype(np.int8)


def _rows_and_columns(index: AnyArray, nx: int) -> tuple[AnyArray, AnyArray]:
    """Row and column of padded indices."""
    return index // (nx + 2) - 1, index % (nx + 2) - 1


def _inner(values: AnyArray, ny: int, nx: int) -> AnyArray:
    """View of a padded array without its rim, (ny, nx)."""
    return values.reshape(ny + 2, nx + 2)[1:-1, 1:-1]


def to_file(routing: Routing, grid: RegularGrid) -> ModelFile:
    """Lay out `routing.nc`: rows from north to south, longitudes from 180 W.

    Parameters
    ----------
    routing : Routing
        What `route` gave.
    grid : RegularGrid
        Its grid.
    """
    land = routing.land
    fields: dict[str, tuple[AnyArray, str, str]] = {
        "trip": (routing.trip, "", "Direction of flow from each box"),
        "basins": (routing.basins, "", "Basin number for each grid box"),
        "topoind": (routing.topoind, "km", "Topographic index of the retention time"),
        "hdiff": (routing.hdiff, "m", "Height difference with the outflow basin"),
        "riverl": (routing.riverl, "m", "River length to the next basin"),
        "orog": (routing.surface, "m", "Orography"),
        "disto": (routing.disto, "km", "Distance to ocean"),
    }
    dims = ("y", "x")
    variables = coordinates.regular_coordinates(grid)
    for name, (values, units, long_name) in fields.items():
        shown = values if name == "hdiff" else np.where(land, values, np.nan)
        variables[name] = Variable(
            dims,
            coordinates.north_up(shown.astype(np.float64), grid),
            {
                "axis": "TYX",
                "units": units,
                "long_name": long_name,
                "associate": "nav_lat nav_lon",
                "coordinates": "nav_lat nav_lon",
            },
        )
    variables["topo"] = Variable(
        dims,
        coordinates.north_up(routing.topo, grid),
        {"units": "m", "long_name": "Topography", "coordinates": "nav_lat nav_lon"},
    )
    return ModelFile(variables)
