"""The engine `mosaix`: conservative remappings with great circles as edges of ocean cells.

Ocean cells are wet where the depth is more than nought and which the coupler does not leave out.
The atmosphere's cells on a pole are wedges, whose share of ocean is that of the whole row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from climpy.arrays import BoolArray, FloatArray, IntArray
from climpy.bc.ipsl.coordinates import require_shape
from climpy.bc.ipsl.weights import grids, modern_calving, modern_meshes, modern_runoff
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.grids import CoupledGrid
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.modern_runoff import BandOptions, Bands
from climpy.bc.ipsl.weights.modern_slivers import completed
from climpy.bc.ipsl.weights.yac_requests import FoundLinks, Grids, Job, Normalisation
from climpy.errors import StepRefused
from climpy.grids.duplicates import duplicates
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import OceanGrid

ATMOSPHERE = "tlmd"

_ROUNDING = 1e-9
_USUAL = BandOptions()

SHARE, TEMPERATURE = "share", "temperature"
FLUXES, STRESS_U, STRESS_V = "fluxes", "stress_u", "stress_v"

JOBS = (
    Job(SHARE, "torc", ATMOSPHERE, 1, Normalisation.DESTAREA),
    Job(TEMPERATURE, "torc", ATMOSPHERE, 1, Normalisation.FRACAREA),
    Job(f"{FLUXES}_2", ATMOSPHERE, "torc", 2, Normalisation.FRACAREA, SHARE),
    *(
        Job(f"{name}_{order}", ATMOSPHERE, grid, order, Normalisation.FRACAREA, SHARE)
        for name, grid in ((STRESS_U, "uorc"), (STRESS_V, "vorc"))
        for order in (1, 2)
    ),
)
"""What YAC is asked for.

Fluxes of the first order follow from the shares, which YAC cut once, so that what leaves is what
arrives. The atmosphere covers all of the ocean, where both normalisations are the same but for
rounding; that of the covered area keeps constant fields best.
"""


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
        temperature, fluxes_1, fluxes_2, stress_u_1, stress_u_2, stress_v_1, stress_v_2.
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
    options: BandOptions = _USUAL,
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
        If rivers or ice have nowhere to go, ocean cells got no link, or lie over one another.
    """
    links = {job.name: _links(found[job.name], job, on) for job in JOBS}
    share = at_most_whole(links.pop(SHARE), on.atmosphere)
    fraction = ocean_fraction(share, on.atmosphere)
    coupled = coupled_grids(fraction, on)
    ocean_area = _remapped_area(share, on)
    made = {TEMPERATURE: over_mixed_poles(links.pop(TEMPERATURE), share)}
    to_ocean = {f"{FLUXES}_1": fluxes_to_ocean(share, ocean_area, on), **links}
    for name, found_ones in to_ocean.items():
        grid = coupled[ocean_grid_of(name)]
        made[name] = completed(found_ones, coupled[ATMOSPHERE], grid)
    bands = modern_runoff.bands(fraction, on, options)
    return Modern(
        fraction,
        ocean_area,
        made,
        modern_runoff.rivers(bands, on, options),
        modern_calving.icebergs(on, without_ice),
        bands,
        coupled,
    )


def ocean_grid_of(name: str) -> str:
    """The ocean grid on which a remapping begins or ends."""
    return {STRESS_U: "uorc", STRESS_V: "vorc"}.get(name[:-2], "torc")


def _links(found: tuple[IntArray, IntArray, FloatArray], job: Job, on: Planet) -> Links:
    shapes = (
        on.atmosphere.shape if grid == ATMOSPHERE else on.ocean.shape
        for grid in (job.source, job.target)
    )
    links = Links.of(*found, *shapes)
    exact = job.order == 1 and job.normalisation is Normalisation.FRACAREA
    return _summing_to_one(links) if exact else links


def _summing_to_one(links: Links) -> Links:
    """The same without rounding errors, which in the thinnest cells reach 1e-9."""
    sums = links.sums().reshape(-1)
    return replace(links, weight=links.weight / sums[links.target])


def at_most_whole(share: Links, grid: LmdzGrid) -> Links:
    """Shares of ocean cells without what rounding adds where these cover a whole cell.

    Raises
    ------
    StepRefused
        If they cover more than the cell; the sentence says where.
    """
    covered = share.sums().reshape(-1)
    most = float(covered.max())
    if most > 1.0 + _ROUNDING:
        j, i = divmod(int(covered.argmax()), grid.columns)
        raise StepRefused(
            f"Ocean cells lie over one another: they cover {most:.6g} times the atmosphere cell at "
            f"{grid.latitudes[j]:g} north, {grid.longitudes[i]:g} east. Look at the coordinates."
        )
    return replace(share, weight=share.weight / np.maximum(covered, 1.0)[share.target])


def ocean_fraction(share: Links, grid: LmdzGrid) -> FloatArray:
    """Share of each atmosphere cell that is ocean, (rows, columns), north first.

    All columns of a pole have that of the whole row, which is one point of the model.
    """
    fraction = share.sums().reshape(grid.shape)
    fraction[[0, -1]] = fraction[[0, -1]].mean(axis=1, keepdims=True)
    return fraction


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
        columns = row * nx + np.arange(nx)
        elsewhere = temperature.target // nx != row
        temperature = Links.of(
            np.concatenate([temperature.source[elsewhere], np.tile(source, nx)]),
            np.concatenate([temperature.target[elsewhere], np.repeat(columns, source.size)]),
            np.concatenate([temperature.weight[elsewhere], np.tile(weight / weight.sum(), nx)]),
            temperature.source_shape,
            temperature.target_shape,
        )
    return temperature


def fluxes_to_ocean(share: Links, ocean_area: FloatArray, on: Planet) -> Links:
    """What leaves the ocean's share of each atmosphere cell, per area of ocean."""
    parts = share.weight * on.atmosphere_area.reshape(-1)[share.target]
    weight = parts / ocean_area.reshape(-1)[share.source]
    return Links.of(share.target, share.source, weight, on.atmosphere.shape, on.ocean.shape)


def _remapped_area(share: Links, on: Planet) -> FloatArray:
    """Areas of the ocean cells with great circles as edges [m2], from the parts of each."""
    parts = share.weight * on.atmosphere_area.reshape(-1)[share.target]
    area = np.bincount(share.source, parts, on.sea.size)
    return np.asarray(area, dtype=np.float64).reshape(on.sea.shape)


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
