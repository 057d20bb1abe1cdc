"""The files of the classic set, as IPSL-CM5A2 reads them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.bc.ipsl.weights import calving, classic, grids, oasis, runoff
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.oasis import Purpose
from climpy.bc.ipsl.weights.shares import LEAST_SHARE, Shares
from climpy.io import ModelFile, Variable

OCEAN_NAME = "PALEORCA2"


@dataclass(frozen=True, eq=False)
class Classic:
    """What the classic set is made of.

    Parameters
    ----------
    fraction : (rows, columns) float64
        Share of ocean of each atmosphere cell, north first.
    to_atmosphere, to_ocean, rivers, icebergs : Links
        The four remappings.
    coupled : mapping of name to CoupledGrid
        torc uorc vorc forc oint tlmd aone afra.
    """

    fraction: FloatArray
    to_atmosphere: Links
    to_ocean: Links
    rivers: Links
    icebergs: Links
    coupled: Mapping[str, CoupledGrid]


def classic_weights(
    shares: Shares,
    depth: FloatArray,
    on: Planet,
    options: runoff.RunoffOptions = runoff.USUAL,
    without_ice: BoolArray | None = None,
) -> Classic:
    """Work out the four remappings and the grids they belong to.

    Raises
    ------
    StepRefused
        If rivers or ice have nowhere to go.
    """
    fraction = classic.ocean_fraction(shares, on.atmosphere)
    return Classic(
        fraction,
        classic.ocean_to_atmosphere(shares, on),
        classic.fluxes_to_ocean(shares, on),
        runoff.rivers(shares, depth, on, options),
        calving.icebergs(on, without_ice),
        coupled_grids(fraction, on),
    )


def coupled_grids(fraction: FloatArray, on: Planet) -> dict[str, CoupledGrid]:
    """The eight grids of the classic set by name."""
    sea = grids.ocean_grids(on.sea, on.ocean, "TUVF")
    t = sea["T"]
    interior = CoupledGrid("oint", t.latitudes, t.longitudes, t.masked, t.area, t.corners)
    land, none = fraction <= 0.0, np.zeros(fraction.shape, dtype=bool)
    area = on.atmosphere_area
    air = (
        grids.atmosphere_grid(on.atmosphere, "tlmd", land, area),
        grids.atmosphere_grid(on.atmosphere, "aone", none, np.ones_like(area)),
        grids.atmosphere_grid(on.atmosphere, "afra", land, area * fraction),
    )
    return {grid.name: grid for grid in (*sea.values(), interior, *air)}


def files(made: Classic, simulation: str, ocean_name: str = OCEAN_NAME) -> dict[str, ModelFile]:
    """The content of each file of the set, by its path in the archive.

    Parameters
    ----------
    simulation : str
        Name of the simulation, part of the folders' names.
    """
    columns, intervals = made.fraction.shape[1], made.fraction.shape[0] - 1
    name = f"{ocean_name}.{simulation}xLMD{columns}{intervals}"
    coupler, start = f"CPL/IPSLCM5A2/{name}", f"ATM/START/{name}"
    all_grids = made.coupled.values()
    return {
        f"{coupler}/grids.nc": oasis.grids_file(all_grids),
        f"{coupler}/masks.nc": oasis.masks_file(all_grids),
        f"{coupler}/areas.nc": oasis.areas_file(all_grids),
        **{f"{coupler}/{title}.nc": content for title, content in _remappings(made).items()},
        f"{start}/o2a.nc": ocean_mask_file(made),
    }


def _remappings(made: Classic) -> dict[str, ModelFile]:
    ocean, air = made.coupled["torc"], made.coupled["tlmd"]
    every = made.coupled["aone"]
    parts = {
        "rmp_torc_to_tlmd_MOSAIC": (Purpose.MEAN, made.to_atmosphere, ocean, air),
        "rmp_tlmd_to_torc_MOSAIC": (Purpose.FLUX, made.to_ocean, air, ocean),
        "rmp_tlmd_to_torc_MOSAIC_rivflu": (Purpose.RIVERS, made.rivers, every, ocean),
        "rmp_tlmd_to_torc_MOSAIC_calvin": (Purpose.ICE, made.icebergs, every, ocean),
    }
    return {title: _remapping(title, made.fraction, *part) for title, part in parts.items()}


def _remapping(
    title: str,
    fraction: FloatArray,
    purpose: Purpose,
    links: Links,
    source: CoupledGrid,
    target: CoupledGrid,
) -> ModelFile:
    neighbours = int(np.bincount(links.target).max(initial=0))
    attributes: dict[str, str | int | float] = {
        "title": title,
        "method": "MOSAIC",
        "Model": "IPSL CM5A2",
        "Max_nei_num": neighbours,
        "c_amsk": "int" if purpose in (Purpose.MEAN, Purpose.FLUX) else "full",
        "c_omsk": "perio" if purpose in (Purpose.FLUX, Purpose.ICE) else "noperio",
        oasis.PURPOSE: purpose.value,
    }
    shares = tuple(_share(grid, fraction) for grid in (source, target))
    return oasis.remapping_file(links, source, target, attributes, (shares[0], shares[1]))


def _share(grid: CoupledGrid, fraction: FloatArray) -> FloatArray:
    """Share of each cell that takes part."""
    return fraction if grid.name == "tlmd" else (~grid.masked).astype(np.float64)


def ocean_mask_file(made: Classic) -> ModelFile:
    """Describe o2a.nc, from which the atmosphere learns where the ocean is; south row first."""
    fraction, links = made.fraction, made.to_atmosphere
    air = made.coupled["tlmd"]
    size = fraction.size
    neighbours = np.bincount(links.target, minlength=size).reshape(fraction.shape)
    greatest = np.zeros(size)
    np.maximum.at(greatest, links.target, links.weight)
    fields: dict[str, tuple[AnyArray, str]] = {
        "OceMask": (fraction.astype(np.float32), "share of ocean"),
        "OceMask_int": (_number(fraction < LEAST_SHARE), "1 where there is no ocean"),
        "OceMask_ext": (_number(fraction < 1.0 - LEAST_SHARE), "1 where there is land"),
        "Mask": (np.ones(fraction.shape), "1 everywhere"),
        "Neighbors": (neighbours.astype(np.float64), "number of ocean cells"),
        "Weights_Max": (greatest.reshape(fraction.shape), "greatest weight"),
        "Weights_Sum": (links.sums(), "sum of the weights"),
        "Surface": (air.area, "area of the cell [m2]"),
    }
    dims = ("y", "x")
    places = {
        "nav_lon": Variable(dims, air.longitudes[::-1], {"units": "degrees_east"}, False),
        "nav_lat": Variable(dims, air.latitudes[::-1], {"units": "degrees_north"}, False),
    }
    variables = {
        name: Variable(dims, np.ascontiguousarray(values[::-1]), {"long_name": title}, False)
        for name, (values, title) in fields.items()
    }
    return ModelFile({**places, **variables}, {"title": "o2a"})


def _number(where: BoolArray) -> AnyArray:
    return where.astype(np.int32)
