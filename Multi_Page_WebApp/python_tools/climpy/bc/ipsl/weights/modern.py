"""The engine `mosaix`: conservative remappings with great circles as edges of ocean cells.

Ocean cells are wet where the depth is more than nought and which the coupler does not leave out.
The atmosphere's cells on a pole are wedges, whose share of ocean is that of the whole row.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from climpy.arrays import BoolArray, FloatArray, LongArray
from climpy.bc.ipsl.coordinates import require_shape
from climpy.bc.ipsl.weights import grids, modern_calving, modern_meshes, modern_runoff
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.modern_runoff import BandOptions, Bands
from climpy.bc.ipsl.weights.yac_requests import FoundLinks, Grids, Job, Normalisation
from climpy.errors import StepRefused
from climpy.grids.duplicates import duplicates
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import OceanGrid

ATMOSPHERE = "tlmd"

SHARE, TEMPERATURE = "share", "temperature"
FLUXES, STRESS_U, STRESS_V = "fluxes", "stress_u", "stress_v"

JOBS = (
    Job(SHARE, "torc", ATMOSPHERE, 1, Normalisation.DESTAREA),
    Job(TEMPERATURE, "torc", ATMOSPHERE, 1, Normalisation.FRACAREA),
    *(
        Job(f"{name}_{order}", ATMOSPHERE, grid, order, Normalisation.FRACAREA, SHARE)
        for name, grid in ((FLUXES, "torc"), (STRESS_U, "uorc"), (STRESS_V, "vorc"))
        for order in (1, 2)
    ),
)
"""What YAC is asked for. The atmosphere covers all of the ocean, so that either normalisation is
the same there but for rounding; that of the covered area keeps constant fields best."""


@dataclass(frozen=True, eq=False)
class Modern:
    """What the set of the engine `mosaix` is made of.

    Parameters
    ----------
    fraction : (rows, columns) float64
        Share of ocean of each atmosphere cell, north first; one number on each pole.
    ocean_area : (ny, nx) float64
        Areas of the ocean cells that count as they were remapped [m2], 0 elsewhere.
    remappings : mapping of name to Links
        By the names of `JOBS`, without the shares.
    rivers, icebergs : Links
        Where fresh water goes.
    bands : Bands
        Where rivers come from and end.
    coupled : mapping of name to CoupledGrid
        torc uorc vorc forc tlmd aone afra.
    """

    fraction: FloatArray
    ocean_area: FloatArray
    remappings: Mapping[str, Links]
    rivers: Links
    icebergs: Links
    bands: Bands
    coupled: Mapping[str, CoupledGrid]


def planet(depth: FloatArray, ocean: OceanGrid, atmosphere: LmdzGrid) -> Planet:
    """Put a bathymetry onto its grid.

    Raises
    ------
    InputRefused
        If the depth does not have the shape of the grid.
    StepRefused
        If there is no ocean.
    """
    require_shape(depth, ocean.shape, "ocean")
    sea = (depth > 0.0) & ~duplicates(ocean.shape, ocean.fold, "T")
    if not sea.any():
        raise StepRefused("The bathymetry has no ocean; there is nothing to couple.")
    return Planet(ocean, atmosphere, sea, ocean.e1t * ocean.e2t, atmosphere.areas_m2)


def meshes(on: Planet) -> Grids:
    """The grids that `JOBS` speak of.

    Raises
    ------
    InputRefused
        If a cell that counts has no area.
    StepRefused
        If no two cells of ocean lie side by side.
    """
    sea = grids.ocean_grids(on.sea, on.ocean, "TUV")
    for point, grid in sea.items():
        if grid.masked.all():
            raise StepRefused(
                f"There is no ocean at {point} points: no two ocean cells lie side by side, and no "
                "stress can be carried there. Look at the bathymetry."
            )
    ocean = {grid.name: modern_meshes.of_ocean(grid) for grid in sea.values()}
    return {**ocean, ATMOSPHERE: modern_meshes.of_lmdz(on.atmosphere)}


def modern_weights(
    found: FoundLinks,
    on: Planet,
    options: BandOptions = BandOptions(),
    without_ice: BoolArray | None = None,
) -> Modern:
    """Work out all remappings and the grids they belong to from the links that YAC found.

    Parameters
    ----------
    found : FoundLinks
        By the names of `JOBS`.
    without_ice : (ny, nx) bool, optional
        Ocean cells in which no icebergs melt.

    Raises
    ------
    StepRefused
        If rivers or ice have nowhere to go, or ocean cells got no link.
    """
    links = {job.name: _links(found[job.name], job, on) for job in JOBS}
    _require_all_linked(links, on)
    share = links.pop(SHARE)
    fraction = ocean_fraction(share, on.atmosphere)
    links[TEMPERATURE] = over_mixed_poles(links[TEMPERATURE], share)
    bands = modern_runoff.bands(fraction, on, options)
    return Modern(
        fraction,
        _remapped_area(share, on),
        links,
        modern_runoff.rivers(bands, on, options),
        modern_calving.icebergs(on, without_ice),
        coupled_grids(fraction, on),
    )


def _links(found: tuple[LongArray, LongArray, FloatArray], job: Job, on: Planet) -> Links:
    shapes = (
        on.atmosphere.shape if grid == ATMOSPHERE else on.ocean.shape
        for grid in (job.source, job.target)
    )
    return Links.of(*found, *shapes)


def _require_all_linked(links: Mapping[str, Links], on: Planet) -> None:
    sea = grids.ocean_grids(on.sea, on.ocean, "TUV")
    by_name = {grid.name: grid for grid in sea.values()}
    for job in JOBS:
        if job.target == ATMOSPHERE:
            continue
        grid = by_name[job.target]
        linked = np.bincount(links[job.name].target, minlength=grid.masked.size) > 0
        without = np.flatnonzero(~linked & ~grid.masked.reshape(-1))
        if without.size:
            j, i = divmod(int(without[0]), grid.shape[1])
            raise StepRefused(
                f"{without.size} ocean cells of the grid {grid.name} got nothing from the "
                f"atmosphere, the first in row {j}, column {i}. Look at the coordinates there."
            )


def ocean_fraction(share: Links, grid: LmdzGrid) -> FloatArray:
    """Share of each atmosphere cell that is ocean, (rows, columns), north first.

    All columns of a pole have that of the whole row, which is one point of the model.
    """
    fraction = share.sums()
    fraction[[0, -1]] = fraction[[0, -1]].mean(axis=1, keepdims=True)
    return fraction.reshape(grid.shape)


def over_mixed_poles(temperature: Links, share: Links) -> Links:
    """The same, with the mean over a whole pole in each of its columns where some have no ocean.

    The model reads a pole in one column only, which would get nothing if it happened to be land.
    """
    ny, nx = share.target_shape
    linked = np.bincount(temperature.target, minlength=ny * nx).reshape(ny, nx) > 0
    for row in (0, ny - 1):
        if linked[row].all() or not linked[row].any():
            continue
        there = share.target // nx == row
        source, which = np.unique(share.source[there], return_inverse=True)
        weight = np.bincount(which, share.weight[there])
        weight /= weight.sum()
        columns = row * nx + np.arange(nx)
        elsewhere = temperature.target // nx != row
        temperature = Links.of(
            np.concatenate([temperature.source[elsewhere], np.tile(source, nx)]),
            np.concatenate([temperature.target[elsewhere], np.repeat(columns, source.size)]),
            np.concatenate([temperature.weight[elsewhere], np.tile(weight, nx)]),
            temperature.source_shape,
            temperature.target_shape,
        )
    return temperature


def _remapped_area(share: Links, on: Planet) -> FloatArray:
    """Areas of the ocean cells with great circles as edges [m2], from the parts of each."""
    parts = share.weight * on.atmosphere_area.reshape(-1)[share.target]
    return np.bincount(share.source, parts, on.sea.size).reshape(on.sea.shape)


def coupled_grids(fraction: FloatArray, on: Planet) -> dict[str, CoupledGrid]:
    """The grids of the set by name; areas of the ocean are those of NEMO."""
    sea = grids.ocean_grids(on.sea, on.ocean, "TUVF")
    land, none = fraction <= 0.0, np.zeros(fraction.shape, dtype=bool)
    area = on.atmosphere_area
    air = (
        grids.atmosphere_grid(on.atmosphere, ATMOSPHERE, land, area),
        grids.atmosphere_grid(on.atmosphere, "aone", none, np.ones_like(area)),
        grids.atmosphere_grid(on.atmosphere, "afra", land, area * fraction),
    )
    return {grid.name: grid for grid in (*sea.values(), *air)}
