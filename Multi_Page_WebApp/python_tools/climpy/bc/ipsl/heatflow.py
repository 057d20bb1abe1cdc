"""Geothermal heat that enters the ocean from below, from the age that its depth implies."""

from typing import Literal

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.bc.ipsl.coordinates import ocean_coordinates, require_shape
from climpy.errors import InputRefused
from climpy.grids.ocean import OceanGrid
from climpy.io import Attributes, ModelFile, Variable

RIDGE_DEPTH_M = 2600.0
OLDEST_DEPTH_M = 5651.0
"""Depth that the cooling plate tends to [m]; deeper cells have no age."""

SHELF_DEPTH_M = 2500.0
SHELF_FLUX = 48.0
"""Heat flow where the ocean is no deeper than `SHELF_DEPTH_M`, and of old crust [mW/m2]."""

GREATEST_FLUX = 400.0
"""Upper limit of the heat flow [mW/m2]."""

_PLATE_RATE = 0.0278
_YOUNG_MA = 20.0
_OLD_MA = 55.0
_ROUGH_M = 500.0
_DOUBTFUL_FLUX = 100.0


def heatflow(
    depth: FloatArray, ocean: OceanGrid, *, method: Literal["reference", "gdh1"] = "reference"
) -> FloatArray:
    """Heat flow of each ocean cell, (ny, nx) float64 [mW/m2], land 0; copies equal originals.

    Cells on rough ground (where depth says little about age) and cells deeper than old crust
    take the median of their neighbours.

    Parameters
    ----------
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where the depth is.
    method : {"reference", "gdh1"}
        Flux of age: 490 / sqrt(age) throughout, or the plate model GDH1 of Stein and Stein:
        510 / sqrt(age) to 55 Ma, 48 + 96 exp(-0.0278 age) beyond.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid or the method is unknown.

    References
    ----------
    Stein and Stein 1992 (doi:10.1038/359123a0).
    """
    require_shape(depth, ocean.shape, "ocean")
    depth = ocean.fill_copies(depth)
    flux = flux_of_depth(depth, method)
    rough = (mixed_difference(depth, ocean) > _ROUGH_M) & (flux > _DOUBTFUL_FLUX)
    void = (rough | (depth >= OLDEST_DEPTH_M)) & (depth > 0.0)
    return _without_voids(flux, void, depth > 0.0, ocean)


def age_of_depth(depth: FloatArray) -> FloatArray:
    """Age of the ocean floor [Ma] from its depth [m]; infinite where deeper than old crust.

    Meaningless above the ridges, where `flux_of_depth` does not ask for it.
    """
    young = ((depth - RIDGE_DEPTH_M) / 365.0) ** 2
    remaining = np.clip((OLDEST_DEPTH_M - depth) / 2473.0, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        old = -np.log(remaining) / _PLATE_RATE
    return np.where(young <= _YOUNG_MA, young, old)


def flux_of_depth(depth: FloatArray, method: str = "reference") -> FloatArray:
    """Heat flow [mW/m2] that a depth [m] implies: by age below 2500 m, else 48; land 0.

    Raises
    ------
    InputRefused
        If the method is unknown.
    """
    age = age_of_depth(depth)
    with np.errstate(divide="ignore"):
        if method == "reference":
            flux = 490.0 / np.sqrt(age)
        elif method == "gdh1":
            old = SHELF_FLUX + 96.0 * np.exp(-_PLATE_RATE * age)
            flux = np.where(age <= _OLD_MA, 510.0 / np.sqrt(age), old)
        else:
            raise InputRefused(f"The method must be 'reference' or 'gdh1', not {method!r}.")
    flux = np.minimum(flux, GREATEST_FLUX)
    return np.where(depth > SHELF_DEPTH_M, flux, np.where(depth > 0.0, SHELF_FLUX, 0.0))


def mixed_difference(depth: FloatArray, ocean: OceanGrid) -> FloatArray:
    """Magnitude of the mixed second difference of depth along i and j, (ny, nx) [m].

    Central differences, one-sided at the southern row; periodic and across the fold, for the
    copies in the halo are the neighbours there. `depth` must have its copies filled.
    """
    along_i = np.zeros_like(depth)
    along_i[:, 1:-1] = 0.5 * (depth[:, 2:] - depth[:, :-2])
    return ocean.fill_copies(np.abs(np.gradient(along_i, axis=0)))


def _without_voids(
    flux: FloatArray, void: BoolArray, wet: BoolArray, ocean: OceanGrid
) -> FloatArray:
    """Fill void cells with the median of their neighbours in two passes, then with 48."""
    known = np.where(wet & ~void, flux, np.nan)
    for _ in range(2):
        rows, columns = np.nonzero(np.isnan(known) & wet & ocean.unique)
        known[rows, columns] = _median_around(known, rows, columns)
        known = ocean.fill_copies(known)
    filled = np.where(np.isnan(known), SHELF_FLUX, known)
    return np.where(wet, filled, 0.0)


def _median_around(known: FloatArray, rows: AnyArray, columns: AnyArray) -> FloatArray:
    """Median of the values in the 3 x 3 window round each cell, NaN where there are none."""
    framed = np.pad(known, 1, constant_values=np.nan)
    window = np.array([framed[rows + b, columns + a] for b in range(3) for a in range(3)])
    # Sorted, NaN comes last: the median of the n values is the mean of places (n-1)/2 and n/2.
    window.sort(axis=0)
    count = np.count_nonzero(~np.isnan(window), axis=0)
    cell = np.arange(count.size)
    lower, upper = window[np.maximum(count - 1, 0) // 2, cell], window[count // 2, cell]
    return np.asarray(0.5 * (lower + upper))


def to_file(flux: FloatArray, ocean: OceanGrid) -> ModelFile:
    """Describe the file `heatflow`: heatflow(time_counter, y, x) [mW/m2], one record."""
    require_shape(flux, ocean.shape, "ocean")
    attributes: Attributes = {
        "units": "mW/m2",
        "title": "heatflow",
        "long_name": "heatflow",
        "valid_min": 0.0,
        "valid_max": GREATEST_FLUX,
        "coordinates": "nav_lat nav_lon",
    }
    return ModelFile(
        {
            **ocean_coordinates(ocean),
            "time_counter": _time(),
            "time_steps": _time_steps(),
            "heatflow": Variable(("time_counter", "y", "x"), flux[np.newaxis], attributes),
        },
        attributes={"Conventions": "GDT 1.2"},
        unlimited="time_counter",
    )


def _time() -> Variable:
    attributes: Attributes = {
        "units": "seconds since 0000-12-15 00:00:00",
        "calendar": "noleap",
        "title": "Time",
        "long_name": "Time axis",
        "time_origin": "0000-DEC-15 00:00:00",
        "axis": "T",
    }
    return Variable(("time_counter",), np.ones(1, np.float32), attributes, real=False)


def _time_steps() -> Variable:
    attributes: Attributes = {
        "units": "timesteps since 0000-12-15 00:00:00",
        "title": "Time steps",
        "tstep_sec": 0.0,
        "long_name": "Time step axis",
        "time_origin": "0000-DEC-15 00:00:00",
    }
    return Variable(("time_counter",), np.zeros(1, np.int32), attributes, real=False)
