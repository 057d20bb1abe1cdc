"""Files of the coupler OASIS3-MCT: grids, masks, areas, and remappings in the SCRIP layout.

References
----------
Jones, P. W. (1999). First- and second-order conservative remapping schemes for grids in spherical
coordinates. Monthly Weather Review 127, 2204-2210.
doi:10.1175/1520-0493(1999)127<2204:FASOCR>2.0.CO;2

Craig, A., Valcke, S., Coquart, L. (2017). Development and performance of a new version of the OASIS
coupler, OASIS3-MCT_3.0. Geoscientific Model Development 10, 3297-3308.
doi:10.5194/gmd-10-3297-2017
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.links import Links
from climpy.errors import InputRefused
from climpy.io import Attributes, ModelFile, Variable, read

PURPOSE = "purpose"
"""Attribute of a remapping that says what it is for."""


class Purpose(StrEnum):
    """What a remapping is for, which decides what must be true of it."""

    MEAN = "mean"
    """The mean over what takes part of each target cell: temperatures, albedo."""

    FLUX = "flux"
    """What leaves a source cell per area arrives per area, and no more: heat, fresh water."""

    VECTOR = "vector"
    """The value at the target, smooth; weights may be negative: wind stress."""

    RIVERS = "rivers"
    """Quantities per source cell, per area of the target."""

    ICE = "ice"
    """Ice that melts all over a band of latitudes."""


MASKED, VALID = 1, 0
"""In masks.nc; in remappings it is the other way round."""


def grids_file(grids: Iterable[CoupledGrid]) -> ModelFile:
    """Describe grids.nc: centres and, where known, corners of each grid."""
    variables = {}
    for grid in grids:
        dims = _dims(grid)
        corners = () if grid.corners is None else grid.corners[::-1]
        places = ((grid.longitudes, "lon", "east"), (grid.latitudes, "lat", "north"))
        for values, suffix, way in places:
            variables[f"{grid.name}.{suffix}"] = _fixed(dims, values, units=f"degrees_{way}")
        for values, suffix, way in zip(corners, ("clo", "cla"), ("east", "north"), strict=False):
            name = f"{grid.name}.{suffix}"
            variables[name] = _fixed((f"crn_{grid.name}", *dims), values, units=f"degrees_{way}")
    return ModelFile(variables)


def masks_file(grids: Iterable[CoupledGrid]) -> ModelFile:
    """Describe masks.nc: 1 where a cell does not count."""
    masks = {
        f"{grid.name}.msk": _fixed(
            _dims(grid),
            np.where(grid.masked, MASKED, VALID).astype(np.int32),
            units="1",
            long_name="0 where the cell counts, 1 where it is masked",
        )
        for grid in grids
    }
    return ModelFile(masks)


def areas_file(grids: Iterable[CoupledGrid]) -> ModelFile:
    """Describe areas.nc [m2]."""
    return ModelFile({f"{g.name}.srf": _fixed(_dims(g), g.area, units="m2") for g in grids})


def remapping_file(
    links: Links,
    source: CoupledGrid,
    target: CoupledGrid,
    attributes: Attributes,
    fractions: tuple[FloatArray, FloatArray] | None = None,
) -> ModelFile:
    """Describe a remapping in the SCRIP layout: addresses from 1, columns fastest, the full grids.

    Parameters
    ----------
    fractions : pair of (ny, nx) float64, optional
        Share of each source and target cell that takes part; 0 or 1 by the masks if not given.
    """
    variables: dict[str, Variable] = {}
    shares = fractions or tuple((~g.masked).astype(np.float64) for g in (source, target))
    for side, grid, share in zip(("src", "dst"), (source, target), shares, strict=True):
        variables |= _side(side, grid, share)
    one = ("num_links",)
    variables |= {
        "src_address": _fixed(one, (links.source + 1).astype(np.int32)),
        "dst_address": _fixed(one, (links.target + 1).astype(np.int32)),
        "remap_matrix": _fixed(("num_links", "num_wgts"), links.weight[:, None]),
    }
    named = {
        "conventions": "SCRIP",
        "source_grid": source.name,
        "dest_grid": target.name,
        "normalization": "none",
        "map_method": "Conservative remapping",
    }
    return ModelFile(variables, {**named, **attributes})


def _side(side: str, grid: CoupledGrid, share: FloatArray) -> dict[str, Variable]:
    size, corner = f"{side}_grid_size", f"{side}_grid_corners"
    ny, nx = grid.shape
    found = {
        f"{side}_grid_dims": _fixed((f"{side}_grid_rank",), np.array([nx, ny], dtype=np.int32)),
        f"{side}_grid_center_lat": _fixed((size,), grid.latitudes.ravel(), units="degrees"),
        f"{side}_grid_center_lon": _fixed((size,), grid.longitudes.ravel(), units="degrees"),
    }
    if grid.corners is not None:
        for values, name in zip(grid.corners, ("lat", "lon"), strict=True):
            flat = np.ascontiguousarray(values.reshape(len(values), -1).T)
            found[f"{side}_grid_corner_{name}"] = _fixed((size, corner), flat, units="degrees")
    counts = (~grid.masked).ravel().astype(np.int32)
    return found | {
        f"{side}_grid_imask": _fixed((size,), counts, units="unitless"),
        f"{side}_grid_area": _fixed((size,), grid.area.ravel(), units="m2"),
        f"{side}_grid_frac": _fixed((size,), share.ravel(), units="unitless"),
    }


def _dims(grid: CoupledGrid) -> tuple[str, str]:
    return f"y_{grid.name}", f"x_{grid.name}"


def _fixed(dims: tuple[str, ...], values: AnyArray, **attributes: str) -> Variable:
    return Variable(dims, values, attributes, real=False)


@dataclass(frozen=True, eq=False)
class Remapping:
    """A remapping as a file has it.

    Parameters
    ----------
    links : Links
        In the order of the file.
    values : mapping
        All variables by name.
    attributes : mapping
        Global ones.
    """

    links: Links
    values: Mapping[str, AnyArray]
    attributes: Attributes


def read_remapping(path: Path) -> Remapping:
    """Read a remapping.

    Raises
    ------
    InputRefused
        If the file is no remapping; the sentence names it.
    """
    content = read(path)
    values = {name: variable.values for name, variable in content.variables.items()}
    needed = ("src_grid_dims", "dst_grid_dims", "src_address", "dst_address", "remap_matrix")
    missing = [name for name in needed if name not in values]
    if missing:
        raise InputRefused(f"{path.name} is no remapping: it has no {' and no '.join(missing)}.")
    shapes = [tuple(int(n) for n in values[f"{side}_grid_dims"][::-1]) for side in ("src", "dst")]
    weight = np.asarray(values["remap_matrix"], dtype=np.float64)
    if any(len(shape) != 2 for shape in shapes) or weight.ndim != 2:
        raise InputRefused(f"{path.name} is no remapping between grids of rows and columns.")
    source, target = (values[f"{side}_address"].astype(np.int64) - 1 for side in ("src", "dst"))
    if not source.shape == target.shape == weight[:, 0].shape:
        raise InputRefused(f"{path.name} has not as many addresses as weights.")
    (sy, sx), (ty, tx) = shapes
    links = Links(source, target, weight[:, 0], (sy, sx), (ty, tx))
    return Remapping(links, values, content.attributes)
