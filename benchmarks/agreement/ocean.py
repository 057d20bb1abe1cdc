"""Agreement of what is computed on the ocean grid."""

from collections.abc import Iterator

import numpy as np

from benchmarks.agreement.comparing import Cause, Row, Subject, compare
from benchmarks.agreement.reference import (
    DATA,
    OLD_DEPTHS,
    OLD_HEIGHTS,
    WHOLE_CHAIN,
    field,
    old_depths,
    old_heights,
    topography,
)
from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.bc.ipsl import ahmcoef, bathymetry, checks, heatflow, routing, sub_basins
from climpy.grids import nemo
from climpy.grids.ocean import OceanGrid
from climpy.grids.regular import RegularGrid
from climpy.io import ModelFile

COPIES = Cause("double points", "FIX: they equal their originals, which the old ones did not")
VOID = Cause("void", "FIX: they take the median of their neighbours, and were left 0")
AT_THE_LIMIT = Cause("at exactly 2500 m", "this ocean has the 48 of the shelf, and was left 0")
SEAM = Cause("seam", "FIX: the coast is sought round the unique columns, not round all 182")
NARROW = Cause(
    "narrow land",
    "behind land narrower than six cells the old method went on counting from the coast before it",
)

GRID = RegularGrid.of_shape(180, 360)
_ROUNDING = 1e-9


def ocean_grid() -> OceanGrid:
    """Give the group's grid, on which the reference results are."""
    return nemo.read(DATA / "grids" / "paleorca2_coordinates.nc")


def own_depths(ocean: OceanGrid) -> FloatArray:
    """Depths that the whole chain gives [m]."""
    raw = topography()
    return bathymetry.bathymetry(routing.route(raw.heights, raw.grid).topo, raw.grid, ocean)


def bathymetry_rows() -> Iterator[Row]:
    """Compare the depths."""
    ocean = ocean_grid()
    own, fed = own_depths(ocean), bathymetry.bathymetry(old_heights(), GRID, ocean)
    for fed_with, depth in ((WHOLE_CHAIN, own), (OLD_HEIGHTS, fed)):
        subject = Subject("bathy", "Bathymetry", fed_with, "m")
        yield compare(subject, depth, old_depths())
    yield from _coordinates("bathy", bathymetry.to_file(own, ocean), "bathy.nc")


def _depths(ocean: OceanGrid) -> tuple[tuple[str, FloatArray], ...]:
    return (WHOLE_CHAIN, own_depths(ocean)), (OLD_DEPTHS, old_depths())


def _coordinates(product: str, made: ModelFile, file: str) -> Iterator[Row]:
    for name in ("nav_lat", "nav_lon"):
        subject = Subject(product, name, WHOLE_CHAIN, "degrees", _ROUNDING)
        yield compare(subject, made.variables[name].values, field(file, name))


def broken_copies(ours: AnyArray, theirs: AnyArray, ocean: OceanGrid) -> BoolArray:
    """Mark double points that equal their originals in our field and not in theirs."""
    kept, broken = ocean.fill_copies(ours) == ours, ocean.fill_copies(theirs) != theirs
    return np.asarray(kept & broken)


def heatflow_rows() -> Iterator[Row]:
    """Compare the heat flow."""
    ocean = ocean_grid()
    theirs = field("heatflow.nc", "heatflow")[0]
    for fed_with, depth in _depths(ocean):
        made = heatflow.to_file(heatflow.heatflow(depth, ocean), ocean)
        ours = made.variables["heatflow"].values[0]
        causes = {
            COPIES: broken_copies(ours, theirs, ocean),
            VOID: void_cells(depth, ocean) & (theirs == 0.0),
            AT_THE_LIMIT: (depth == heatflow.SHELF_DEPTH_M) & (theirs == 0.0),
        }
        subject = Subject("heatflow", "heatflow", fed_with, "mW/m2", _ROUNDING)
        yield compare(subject, ours, theirs, causes)
        if fed_with == WHOLE_CHAIN:
            yield from _coordinates("heatflow", made, "heatflow.nc")


def void_cells(depth: FloatArray, ocean: OceanGrid) -> BoolArray:
    """Mark cells whose depth says nothing of their age: on rough ground, or too deep."""
    rough = heatflow.mixed_difference(depth, ocean) > 500.0
    doubtful = heatflow.flux_of_depth(depth) > 100.0
    return np.asarray((depth > 0.0) & ((rough & doubtful) | (depth >= heatflow.OLDEST_DEPTH_M)))


def ahmcoef_rows() -> Iterator[Row]:
    """Compare the coefficient of viscosity."""
    ocean = ocean_grid()
    theirs = field("ahmcoef.nc", "icof")
    for fed_with, depth in _depths(ocean):
        nearest, farthest = (old_coefficient(depth, theirs, order) for order in (1, -1))
        made = ahmcoef.to_file(ahmcoef.ahmcoef(depth, ocean), ocean)
        ours = made.variables["icof"].values
        causes = {
            SEAM: (nearest != ours) & (farthest == theirs),
            NARROW: (nearest == ours) & (farthest == theirs),
        }
        subject = Subject("ahmcoef", "icof", fed_with, "%")
        yield compare(subject, ours, theirs, causes)
        if fed_with == WHOLE_CHAIN:
            yield from _coordinates("ahmcoef", made, "ahmcoef.nc")


def old_coefficient(depth: FloatArray, theirs: FloatArray, order: int) -> FloatArray:
    """Give the coefficient counted round all columns, copies included.

    Parameters
    ----------
    depth : (ny, nx) float64
        Depth [m], land 0.
    theirs : (ny, nx) float64
        The reference, for the rows that the rule is for.
    order : {1, -1}
        1 counts from the nearest coast within six columns, as is right; -1 from the farthest, as
        the old method did.
    """
    wet = depth > 0.0
    coast = ~wet & np.roll(wet, -1, axis=1)
    coefficient = np.where(wet, 0.0, 100.0)
    counted = list(enumerate(ahmcoef.BESIDE_THE_COAST, start=1))
    for count, value in counted[::-order]:  # the last one written stays
        coefficient = np.where(np.roll(coast, count, axis=1) & wet, value, coefficient)
    rows = np.any(theirs < 100.0, axis=1, keepdims=True)
    return np.where(rows, coefficient, 100.0)


def basin_rows() -> Iterator[Row]:
    """Compare the first proposal of the oceans."""
    ocean = ocean_grid()
    for fed_with, depth in _depths(ocean):
        made = sub_basins.to_file(sub_basins.propose(depth, ocean), depth, ocean)
        for name in sub_basins.MASK_NAMES.values():
            theirs = field("sub_basins.nc", name)
            subject = Subject("sub_basins", name, fed_with)
            ours = made.variables[name].values
            causes = {COPIES: broken_copies(ours, theirs, ocean)}
            yield compare(subject, ours, theirs, causes)
        if fed_with == WHOLE_CHAIN:
            for name in ("navlat", "navlon"):
                subject = Subject("sub_basins", name, fed_with, "degrees", _ROUNDING)
                yield compare(subject, made.variables[name].values, field("sub_basins.nc", name))


def passage_rows() -> Iterator[Row]:
    """Compare the diffusive passages: land missing, ocean 1, passage 2."""
    ocean = ocean_grid()
    theirs = field("passage_problems_orca.nc", "v")
    for fed_with, depth in _depths(ocean):
        ours = np.where(depth > 0.0, 1.0 + checks.diffusive_passages(depth, ocean), np.nan)
        causes = {COPIES: broken_copies(np.nan_to_num(ours), np.nan_to_num(theirs), ocean)}
        yield compare(Subject("checks", "diffusive passages", fed_with), ours, theirs, causes)
