"""The text that goes with the set of the engine `mosaix`."""

import numpy as np

from climpy.arrays import FloatArray
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.modern import FLUXES, TEMPERATURE, Modern

_PARTS = """\
Coupling weights {model}, engine mosaix
{underline}

Grids
-----
torc uorc vorc forc   ocean, {ocean} points (rows x columns), halo included
tlmd aone afra        atmosphere, {atmosphere} points, from north to south; cells on the
                      poles are wedges. aone has no mask; afra has the area of ocean.
Wet ocean cells (T): {wet}. Halo and north fold are masked; the ocean model fills them.
Share of ocean in the atmosphere's cells: {none} have none, {all} all, {between} between.

Remappings (rmp_*.nc, dia_*.nc tells what each does to a constant and to a smooth field)
----------------------------------------------------------------------------------------
{links}
All but rivers and icebergs are conservative remappings by the library YAC. Edges of ocean cells
are great circles, those of the atmosphere meridians and circles of latitude.
From atmosphere cells without ocean nothing is taken.
OceTemp               mean over the ocean of each atmosphere cell
HeatWaterFluxes       heat and water; the second order has negative weights, do not use it for
                      fluxes that must stay positive
WindStress            at U and V points; the second order is smooth, with negative weights
runoff                from quantities per atmosphere cell [kg/s] to fluxes [kg/m2/s], among the
                      coastal bands of both grids
calving               from the three totals that the atmosphere holds in its first, middle and
                      last cell [kg/s] to fluxes [kg/m2/s]

Checked
-------
A constant field stays constant within {constant:.1e}.
Heat and water that leave the atmosphere arrive within {conserved:.1e} (areas of the ocean cells as
they were remapped, *_grid_area in rmp_*.nc).
The areas e1t e2t, with which NEMO sums up and which areas_*.nc holds, differ from these by
{apart:+.1e} for the whole ocean and by up to {most:.1e} for single cells (of the larger of both).
River water that arrives in the ocean, over what was sent: {rivers:.15f}.

Files that the model reads
--------------------------
grids, masks, areas                         grids.nc, masks.nc, areas.nc
OceTemp_1stOrder                            rmp_torc_to_tlmd_MOSAIC.nc
HeatWaterFluxes_1stOrder                    rmp_tlmd_to_torc_MOSAIC.nc
runoff_Quantity_to_Surfacic                 rmp_tlmd_to_torc_MOSAIC_rivflu.nc
calving_full                                rmp_tlmd_to_torc_MOSAIC_calvin.nc
WindStress_2ndOrder                         rmp_tlmd_to_uorc_BILINEAR_Corrected.nc, vorc
grid_maskFrom                               o2a.nc
"""


def text(made: Modern, on: Planet, model: str) -> str:
    """What the set is, what was checked, and how its files are used."""
    fraction = made.fraction
    full = int((fraction >= 1.0 - 1e-10).sum())
    none = int((fraction <= 0.0).sum())
    fluxes = made.remappings[f"{FLUXES}_1"]
    left = made.fraction * on.atmosphere_area
    arrived = fluxes.given(made.ocean_area)
    areas = on.ocean_area[on.sea], made.ocean_area[on.sea]
    heading = f"Coupling weights {model}, engine mosaix"
    return _PARTS.format(
        model=model,
        underline="=" * len(heading),
        ocean=" x ".join(map(str, on.ocean.shape)),
        atmosphere=" x ".join(map(str, on.atmosphere.shape)),
        wet=int(on.sea.sum()),
        none=none,
        all=full,
        between=fraction.size - full - none,
        links=_links(made),
        constant=_constant_error(made),
        conserved=abs(float(arrived.sum() / left.sum()) - 1.0),
        apart=float(areas[0].sum() / areas[1].sum()) - 1.0,
        most=float((np.abs(areas[0] - areas[1]) / np.maximum(*areas)).max()),
        rivers=_arriving(made.rivers.given(on.ocean_area)),
    )


def _links(made: Modern) -> str:
    every = {**made.remappings, "rivers": made.rivers, "icebergs": made.icebergs}
    return "\n".join(f"{name:<20}  {links.number:>8} links" for name, links in every.items())


def _constant_error(made: Modern) -> float:
    errors = []
    for name in (TEMPERATURE, f"{FLUXES}_1"):
        links = made.remappings[name]
        sums = links.sums().reshape(-1)
        errors.append(float(np.abs(sums[np.unique(links.target)] - 1.0).max()))
    return max(errors)


def _arriving(given: FloatArray) -> float:
    sending = given > 0.0
    return float(given[sending].sum() / np.count_nonzero(sending))
