"""Agreement of what is computed on the regular grid: routing, soils, relief, enclosed seas."""

from collections.abc import Iterator

import numpy as np

from benchmarks.agreement.comparing import Cause, Row, Subject, compare
from benchmarks.agreement.reference import (
    OLD_HEIGHTS,
    WHOLE_CHAIN,
    field,
    old_heights,
    topography,
)
from climpy._kernels import padded
from climpy.arrays import AnyArray, BoolArray, FloatArray, IntArray
from climpy.bc.ipsl import checks, relief, routing, soils
from climpy.grids.regular import RegularGrid
from climpy.grids.remapping import regrid
from climpy.io import ModelFile
from climpy.topography import Topography

GRID = RegularGrid.of_shape(180, 360)

FIRST_ROW = Cause(
    "first row",
    "beyond the southernmost row the old method saw one a metre higher, so that cells a metre "
    "above their neighbour counted as flats and were raised as such",
)
EQUAL_AREA = Cause(
    "equal areas",
    "basins of the same cells; among those of equal area the old order depended on the processor",
)
ON_OCEAN = Cause("on ocean", "FIX: missing there, was a number")
EDGES = Cause("edges", "FIX: three cells along each edge of the map were 0")
LATITUDES = Cause(
    "latitudes",
    "the old file's latitudes lie up to 0.0003 degrees off the sixths of a degree; interpolated at "
    "those latitudes ours is the same within 1e-9 m",
)

# routing's variables with a unit and the tolerance of rounding
_VARIABLES = {
    "trip": ("", 0.0),
    "basins": ("", 0.0),
    "disto": ("km", 1e-9),
    "riverl": ("m", 1e-8),
    "hdiff": ("m", 0.0),
    "topoind": ("km", 1e-9),
    "orog": ("m", 0.0),
    "topo": ("m", 0.0),
}
_FRONT_M = 0.01
"""Flats are raised by at most this much [m]."""

_STEPS = {
    1: (1, 0),
    2: (1, 1),
    3: (0, 1),
    4: (-1, 1),
    5: (-1, 0),
    6: (-1, -1),
    7: (0, -1),
    8: (1, -1),
}


def regrid_rows() -> Iterator[Row]:
    """Compare the regridded topography, whose grid is the target's, with the file itself."""
    theirs = field("palaeo_60Ma_1deg.nc", "topo", "topographies")
    yield compare(Subject("regrid", "topo", "the file", "m"), topography().heights, theirs)


def routing_rows() -> Iterator[Row]:
    """Compare every stage and product of the routing."""
    raw = topography()
    ours = routing.route(raw.heights, raw.grid)
    filled = filled_heights(raw)
    yield compare(
        Subject("routing", "filled heights", WHOLE_CHAIN, "m"),
        filled,
        field("fix1_filled.nc", "topo"),
    )
    flats = {FIRST_ROW: single_cells_of_first_row(field("fix1_filled.nc", "topo"))}
    subject = Subject("routing", "heights, flats sloping", WHOLE_CHAIN, "m")
    yield compare(subject, ours.topo, old_heights(), flats)
    inner = ours.land & (ours.trip < routing.RETURN)
    yield compare(
        Subject("routing", "directions of inner cells", WHOLE_CHAIN),
        ours.trip[inner],
        field("trip_raw.nc", "trip_raw")[inner],
    )
    yield from _rows_of_file(ours, WHOLE_CHAIN)
    yield from _rows_of_file(rivers_of_old_heights(), OLD_HEIGHTS)


def _rows_of_file(rivers: routing.Routing, fed_with: str) -> Iterator[Row]:
    """Compare the variables of `routing.nc` as they lie in the file, rows from the north."""
    made = routing.to_file(rivers, GRID)
    flats = single_cells_of_first_row(field("fix1_filled.nc", "topo"))
    touched = (flats | flats[_next_cell(rivers.trip)])[::-1]
    causes: dict[str, dict[Cause, BoolArray]] = {
        "basins": {EQUAL_AREA: same_cells_and_area(rivers.basins)[::-1]},
        "riverl": {ON_OCEAN: ~rivers.land[::-1] & np.isnan(_values(made, "riverl"))},
        "hdiff": {FIRST_ROW: touched},
        "topoind": {FIRST_ROW: touched},
        "orog": {FIRST_ROW: flats[::-1]},
        "topo": {FIRST_ROW: flats[::-1]},
    }
    if fed_with == OLD_HEIGHTS:  # nothing may differ for the sake of heights
        causes = {name: causes[name] for name in ("basins", "riverl")}
    for name, (unit, tolerance) in _VARIABLES.items():
        subject = Subject("routing", name, fed_with, unit, tolerance)
        theirs = field("routing.nc", name)
        yield compare(subject, _values(made, name), theirs, causes.get(name))
    if fed_with == WHOLE_CHAIN:
        yield from _coordinates("routing", made, "routing.nc")


def _values(made: ModelFile, name: str) -> FloatArray:
    return np.asarray(made.variables[name].values, dtype=np.float64)


def _coordinates(product: str, made: ModelFile, file: str) -> Iterator[Row]:
    for name in ("nav_lat", "nav_lon"):
        subject = Subject(product, name, WHOLE_CHAIN, "degrees", 1e-9)
        yield compare(subject, _values(made, name), field(file, name))


def filled_heights(raw: Topography) -> FloatArray:
    """Heights after the depressions are filled and before flats slope (ny, nx) [m]."""
    ny, nx = raw.grid.shape
    level, kind = padded.levels_and_kinds(raw.heights, routing.UNITS_PER_METRE)
    padded.raise_row(level, kind, 1, 2, nx)
    padded.raise_row(level, kind, ny, ny - 1, nx)
    routing._fill_depressions(level, kind, ny, nx)
    return np.asarray(level.reshape(ny + 2, nx + 2)[1:-1, 1:-1] / routing.UNITS_PER_METRE)


def rivers_of_old_heights() -> routing.Routing:
    """What our directions, basins and distances are on the heights the old method ended with."""
    heights = old_heights()
    _, kind = padded.levels_and_kinds(heights, routing.UNITS_PER_METRE)
    height = np.pad(heights, 1, mode="wrap").ravel()
    routing._close_rim(height, *GRID.shape)
    direction, raised = routing._directions(height, kind, GRID, routing.DEFAULTS)
    return routing._rivers(height, kind, direction, GRID, (0, raised))


def single_cells_of_first_row(filled: FloatArray) -> BoolArray:
    """Land of the southernmost row that the old method took for a flat and that is none.

    The old method added a row beyond the edge, one metre higher: a cell one metre above its
    neighbour then has an equal beyond the edge, and was raised as a flat's exit.
    """
    here = filled[0]
    beside = [np.roll(here, shift) for shift in (-1, 1)]
    around = [*beside, *(np.roll(filled[1], shift) for shift in (-1, 0, 1))]
    equal = np.any([other == here for other in around], axis=0)
    equal_beyond = np.any([other + 1.0 == here for other in beside], axis=0)
    marked = np.zeros(filled.shape, dtype=np.bool_)
    marked[0] = (here > 0.0) & ~equal & equal_beyond
    return marked


def _next_cell(trip: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Rows and columns of the cells that each cell flows to, itself at outlets and on ocean."""
    cells: AnyArray = np.indices(trip.shape)
    j, i = cells
    for code, (north, east) in _STEPS.items():
        j = np.where(trip == code, j + north, j)
        i = np.where(trip == code, i + east, i)
    return np.clip(j, 0, trip.shape[0] - 1), i % trip.shape[1]


def same_cells_and_area(basins: IntArray) -> BoolArray:
    """Mark cells whose basin is one of the old basins, cell by cell, and of the old number's area.

    Parameters
    ----------
    basins : (ny, nx) int32
        Our numbers; 0 on the ocean.
    """
    old = np.nan_to_num(field("routing.nc", "basins")[::-1]).astype(np.int64)
    size = int(max(basins.max(), old.max())) + 1
    pairs = np.unique(basins.ravel() * np.int64(size) + old.ravel())
    one, other = pairs // size, pairs % size
    alone = (np.bincount(one, minlength=size)[one] == 1) & (
        np.bincount(other, minlength=size)[other] == 1
    )
    area = np.repeat(GRID.cell_widths_m() * GRID.cell_height_m(), GRID.shape[1])
    by_number = np.bincount(basins.ravel(), weights=area, minlength=size)
    # our basins of these two numbers swap places only if they are equally large
    alike = np.isclose(by_number[one], by_number[other], rtol=1e-12, atol=0.0)
    good = np.zeros(size, dtype=np.bool_)
    good[one[alone & alike]] = True
    return np.asarray(good[basins] & (basins > 0))


def soil_rows() -> Iterator[Row]:
    """Compare colour and texture of the soil."""
    raw = topography()
    own = routing.route(raw.heights, raw.grid).topo
    for fed_with, heights in ((WHOLE_CHAIN, own), (OLD_HEIGHTS, old_heights())):
        made = soils.to_file(*soils.soils(heights, GRID), GRID)
        for name in ("soilcolor", "soiltext"):
            subject = Subject("soils", name, fed_with)
            yield compare(subject, _values(made, name), field("soils.nc", name))
        if fed_with == WHOLE_CHAIN:
            yield from _coordinates("soils", made, "soils.nc")


def relief_rows() -> Iterator[Row]:
    """Compare the relief, and its latitudes and longitudes."""
    raw = topography()
    own = routing.route(raw.heights, raw.grid).topo
    theirs = field("topo_high_res.nc", "RELIEF")
    edge = np.ones(theirs.shape, dtype=np.bool_)
    edge[3:-3, 3:-3] = False
    for fed_with, heights in ((WHOLE_CHAIN, own), (OLD_HEIGHTS, old_heights())):
        ours = _values(relief.to_file(relief.relief(heights, GRID)), "RELIEF")
        causes = {
            EDGES: edge & (theirs == 0.0),
            FIRST_ROW: _reached_by_first_row(_relief_at_old_places(heights) - theirs),
            LATITUDES: np.abs(_relief_at_old_places(heights) - theirs) <= 1e-9,
        }
        subject = Subject("topo_high_res", "RELIEF", fed_with, "m", 1e-9)
        yield compare(subject, ours, theirs, causes)
    subject = Subject("topo_high_res", "RELIEF at the old latitudes", OLD_HEIGHTS, "m", 1e-9)
    yield compare(
        subject, _relief_at_old_places(old_heights()), theirs, {EDGES: edge & (theirs == 0.0)}
    )
    made = relief.to_file(relief.relief(own, GRID))
    for name in ("latitude", "longitude"):
        apart = np.abs(_values(made, name) - field("topo_high_res.nc", name))
        subject = Subject("topo_high_res", name, WHOLE_CHAIN, "degrees", 1e-9)
        yield compare(
            subject,
            _values(made, name),
            field("topo_high_res.nc", name),
            {LATITUDES: apart < 3e-4} if name == "latitude" else None,
        )


def _relief_at_old_places(heights: FloatArray) -> FloatArray:
    """Our relief at the latitudes and longitudes that the old file gives, rows from the north."""
    places = RegularGrid(
        np.ascontiguousarray(field("topo_high_res.nc", "latitude")[::-1]),
        field("topo_high_res.nc", "longitude"),
    )
    return np.maximum(regrid(heights, GRID, places, "bilinear"), 0.0)[::-1]


def _reached_by_first_row(difference: FloatArray) -> BoolArray:
    """Mark where the heights of such cells are interpolated and tell, by less than a slope."""
    flats = single_cells_of_first_row(field("fix1_filled.nc", "topo")).astype(np.float64)
    reached = relief.relief(flats, GRID)[::-1] > 0.0
    return np.asarray(reached & (np.abs(difference) > 1e-9) & (np.abs(difference) < _FRONT_M))


def sea_rows() -> Iterator[Row]:
    """Compare the enclosed seas of the topography: land missing, ocean 1, enclosed 2."""
    raw = topography()
    ours = np.where(
        raw.heights > 0.0, np.nan, 1.0 + checks.internal_oceans(raw.heights, raw.grid).mask
    )
    subject = Subject("checks", "internal oceans", WHOLE_CHAIN)
    yield compare(subject, ours, field("internal_oceans.nc", "v"))
