"""NEMO's coordinates file: writing an ocean grid, and reading one with every check it needs."""

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold, OceanGrid, originals
from climpy.io import ModelFile, Variable, open_dataset

POINTS = {"t": "T", "u": "U", "v": "V", "f": "F"}
"""Suffixes of the variables and the points they stand for."""

_QUANTITIES = {
    "glam": ("longitude", "degrees_east"),
    "gphi": ("latitude", "degrees_north"),
    "e1": ("cell side along i", "m"),
    "e2": ("cell side along j", "m"),
}
_NAMES = tuple(f"{quantity}{point}" for quantity in _QUANTITIES for point in POINTS)
_RANGES = {"glam": (-360.0, 720.0), "gphi": (-90.0, 90.0)}

_SAME_PLACE = 0.01
"""Distance within which two points are the same [degrees of a great circle]."""

_NEAR_POLE = 2.0
"""Distance from a mesh pole within which a cell side may be nought [degrees]."""

_LONGEST_SIDE_M = 1e7
_SMALLEST_SHAPE = (6, 8)


def to_file(grid: OceanGrid) -> ModelFile:
    """Lay out the grid as NEMO's `coordinates.nc`: variables (y, x), all float64.

    NEMO 3.6 reads the sixteen variables glam*, gphi*, e1*, e2* at T, U, V and F points by name;
    nav_lon and nav_lat, the T points, are for people and other tools.
    """
    variables = {
        "nav_lon": _variable(grid.glamt, "glam", "t"),
        "nav_lat": _variable(grid.gphit, "gphi", "t"),
    }
    for quantity in _QUANTITIES:
        for point in POINTS:
            name = f"{quantity}{point}"
            variables[name] = _variable(getattr(grid, name), quantity, point)
    attributes = {
        "title": "Coordinates and cell sides of the ocean grid",
        "north_fold": f"{grid.fold.value} point",
        "jperio": 6 if grid.fold is Fold.F_POINT else 4,
    }
    return ModelFile(variables, attributes)


def _variable(values: FloatArray, quantity: str, point: str) -> Variable:
    meaning, units = _QUANTITIES[quantity]
    attributes = {"units": units, "long_name": f"{meaning} at {POINTS[point]} points"}
    if quantity in _RANGES:
        attributes["standard_name"] = meaning
    return Variable(("y", "x"), values, attributes, real=False)


def read(path: Path) -> OceanGrid:
    """Read a coordinates file; axes of length 1 before (y, x) are dropped.

    Longitudes are brought into -180..180; which point the grid is folded about is found from
    the coordinates.

    Raises
    ------
    InputRefused
        If the file cannot be opened, or is no whole NEMO grid: a variable missing, shapes that
        differ, holes, values out of range, rows not from south to north, no periodic columns, no
        north fold, cell sides that are not positive away from the mesh poles.
    """
    with open_dataset(path) as dataset:
        missing = [name for name in _NAMES if name not in dataset.variables]
        if missing:
            raise InputRefused(
                f"{path.name} is no coordinates file of NEMO: it lacks {', '.join(missing)}."
            )
        arrays = {name: _read(dataset.variables[name], path) for name in _NAMES}
    _check_values(arrays, path)
    for point in POINTS:
        arrays[f"glam{point}"] = (arrays[f"glam{point}"] + 180.0) % 360.0 - 180.0
    _check_columns(arrays, path)
    fold = _find_fold(arrays, path)
    _check_rows(arrays["gphit"], path)
    grid = OceanGrid(**arrays, fold=fold)
    _check_sides(grid, path)
    return grid


def _read(variable: "netCDF4.Variable[Any]", path: Path) -> FloatArray:
    """Values of a variable, (y, x) float64, NaN where there is none."""
    if variable.ndim < 2 or any(length != 1 for length in variable.shape[:-2]):
        raise InputRefused(
            f"{path.name}: {variable.name} must have the dimensions (y, x), "
            f"not {tuple(variable.dimensions)} of {_times(variable.shape)} cells."
        )
    if variable.dtype == str or np.dtype(variable.dtype).kind not in "fiu":
        raise InputRefused(f"{path.name}: {variable.name} holds no numbers.")
    try:
        values = np.ma.filled(np.ma.asarray(variable[...], dtype=np.float64), np.nan)
    except (OSError, RuntimeError) as trouble:
        raise InputRefused(
            f"{path.name} is damaged or cut off and cannot be read; copy it again."
        ) from trouble
    return np.ascontiguousarray(values.reshape(variable.shape[-2:]))


def _check_values(arrays: dict[str, FloatArray], path: Path) -> None:
    """Refuse shapes that differ, holes, and coordinates out of range."""
    shape = arrays["glamt"].shape
    if any(length < least for length, least in zip(shape, _SMALLEST_SHAPE, strict=True)):
        raise InputRefused(
            f"{path.name}: the grid has only {_times(shape)} points, "
            f"a global ocean grid at least {_times(_SMALLEST_SHAPE)}."
        )
    if shape[1] % 2:
        raise InputRefused(
            f"{path.name}: the grid has {shape[1]} columns; "
            "one that is folded at the north has an even number."
        )
    for name, values in arrays.items():
        if values.shape != shape:
            raise InputRefused(
                f"{path.name}: {name} has {_times(values.shape)} points, glamt {_times(shape)}."
            )
        holes = int(np.count_nonzero(~np.isfinite(values)))
        if holes:
            raise InputRefused(
                f"{path.name}: {name} has {holes} points without a number; all need one."
            )
        low, high = _RANGES.get(name[:4], (-np.inf, np.inf))
        wrong = values[(values < low) | (values > high)]
        if wrong.size:
            raise InputRefused(
                f"{path.name}: {name} reaches {wrong[0]:g}; it must be degrees within "
                f"{low:g}..{high:g}."
            )
        if name.startswith("e") and values.max() > _LONGEST_SIDE_M:
            raise InputRefused(
                f"{path.name}: {name} reaches {values.max():g}; "
                f"a cell side has at most {_LONGEST_SIDE_M:g} m."
            )


def _check_columns(arrays: dict[str, FloatArray], path: Path) -> None:
    """Refuse a grid whose last two columns do not repeat the first two."""
    for point, letter in POINTS.items():
        places = _places(arrays, point)
        if _apart(places[:, -2:], places[:, :2]).any():
            raise InputRefused(
                f"{path.name}: the last two columns of the {letter} points do not repeat the first "
                "two; NEMO's global grids have such a periodic halo."
            )


def _find_fold(arrays: dict[str, FloatArray], path: Path) -> Fold:
    """Tell which point the northern edge is folded about."""
    places = _places(arrays, "t").reshape(-1, 3)
    shape = arrays["glamt"].shape
    for fold in Fold:
        copied = places[originals((shape[0], shape[1]), fold)]
        if not _apart(copied, places.reshape(copied.shape)).any():
            return fold
    raise InputRefused(
        f"{path.name}: the last row is not the mirror image of the row before it (fold about F "
        "points) nor of the third last (fold about T points): the north fold is not recognised."
    )


def _check_rows(latitudes: FloatArray, path: Path) -> None:
    """Refuse rows that do not go from south to north (on average over a row)."""
    means = latitudes[:-2].mean(axis=1)
    falling = np.flatnonzero(np.diff(means) <= 0.0)
    if falling.size:
        j = int(falling[0])
        raise InputRefused(
            f"{path.name}: the rows must go from south to north, but row {j + 1} lies at "
            f"{means[j + 1]:.4g} degrees north on average and row {j} at {means[j]:.4g}."
        )


def _check_sides(grid: OceanGrid, path: Path) -> None:
    """Refuse cell sides that are negative, or nought away from the mesh poles."""
    for point, letter in POINTS.items():
        places = unit_vectors(getattr(grid, f"gphi{point}"), getattr(grid, f"glam{point}"))
        near = np.zeros(grid.shape, dtype=np.bool_)
        for latitude, longitude in mesh_poles(grid):
            pole = unit_vectors(np.array(latitude), np.array(longitude))
            near |= places @ pole > np.cos(np.deg2rad(_NEAR_POLE))
        for name in (f"e1{point}", f"e2{point}"):
            sides = getattr(grid, name)
            wrong = (sides < 0.0) | ((sides == 0.0) & ~near)
            if wrong.any():
                j, i = (int(index[0]) for index in np.nonzero(wrong))
                raise InputRefused(
                    f"{path.name}: {name} is {sides[j, i]:g} m at row {j}, column {i}; the cell "
                    f"sides at {letter} points must be positive."
                )


def mesh_poles(grid: OceanGrid) -> list[tuple[float, float]]:
    """Latitude and longitude [degrees] of the two mesh poles, where i-lines meet on the fold.

    They are the two points of the fold that are their own mirror image: F points of the last but
    one row, T points where the grid is folded about those.
    """
    ny, nx = grid.shape
    if grid.fold is Fold.F_POINT:
        latitudes, longitudes, columns = grid.gphif, grid.glamf, (0, nx // 2 - 1)
    else:
        latitudes, longitudes, columns = grid.gphit, grid.glamt, (1, nx // 2)
    return [(float(latitudes[ny - 2, i]), float(longitudes[ny - 2, i])) for i in columns]


def unit_vectors(latitudes: FloatArray, longitudes: FloatArray) -> FloatArray:
    """Points of the unit sphere, (..., 3), at latitudes and longitudes [degrees]."""
    north, east = np.deg2rad(latitudes), np.deg2rad(longitudes)
    return np.stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1
    )


def _places(arrays: dict[str, FloatArray], point: str) -> FloatArray:
    return unit_vectors(arrays[f"gphi{point}"], arrays[f"glam{point}"])


def _apart(some: FloatArray, others: FloatArray) -> BoolArray:
    """Tell where points of the unit sphere are not the same place."""
    return np.asarray(np.linalg.norm(some - others, axis=-1) > np.deg2rad(_SAME_PLACE))


def _times(shape: AnyArray | tuple[int, ...]) -> str:
    return " x ".join(str(length) for length in shape)
