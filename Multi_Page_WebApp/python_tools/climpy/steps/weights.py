"""The step that makes coupling weights: both grids, one of two engines, a set that is judged."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from climpy.arrays import BoolArray, FloatArray
from climpy.bc.ipsl.sub_basins import MASK_NAMES, Basin
from climpy.bc.ipsl.weights import classic, classic_set, modern, modern_set, runoff
from climpy.bc.ipsl.weights.modern_runoff import BandOptions
from climpy.bc.ipsl.weights.modern_set import Names
from climpy.bc.ipsl.weights.verify import require_sound
from climpy.errors import InputRefused
from climpy.grids import nemo
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import OceanGrid
from climpy.io import ModelFile, read
from climpy.steps.archives import Archive
from climpy.steps.defining import Inputs, Made, Tell
from climpy.steps.loading import load_bathymetry
from climpy.steps.mosaic import find_shares
from climpy.steps.mosaix import find_links
from climpy.steps.parameters import WeightsParameters

REPORT = "report.json"

COORDS_MASK = "coords_mask.nc"
"""The ocean grid with masks and the bounds of its T cells, beside the set of the engine mosaix."""

_SAME_DEGREES = 0.01

Files = Mapping[str, ModelFile | str]

Found = tuple[Files, Mapping[str, str], dict[str, Any]]
"""The files of a set, paths at which some of them lie too, and figures for the report."""


@dataclass(frozen=True, eq=False)
class Coupling:
    """What both engines start from.

    Parameters
    ----------
    depth : (ny, nx) float64
        [m], land 0.
    no_ice : (ny, nx) bool or None
        Ocean that icebergs do not reach.
    """

    depth: FloatArray
    ocean: OceanGrid
    atmosphere: LmdzGrid
    no_ice: BoolArray | None
    chosen: WeightsParameters


def make_weights(inputs: Inputs, chosen: WeightsParameters, tell: Tell) -> Made:
    """Work out a set of weights.

    Raises
    ------
    StepRefused
        If the files do not belong together, the science says no, or the engine fails.
    """
    tell(0.02, "reading the grids")
    coupling = load_coupling(inputs, chosen)
    with tempfile.TemporaryDirectory(prefix="weights-") as scratch:
        files, also, figures = _ENGINES[chosen.engine](coupling, Path(scratch), tell)
    return sound_set(files, {"engine": chosen.engine, **figures}, also)


def sound_set(
    files: Files, figures: Mapping[str, Any], also: Mapping[str, str] | None = None
) -> Made:
    """The archive of a set that is judged before it is kept; what was found joins the figures."""
    told: dict[str, Any] = dict(figures)

    def judge(folder: Path) -> None:
        told["checks"] = [
            {**asdict(finding), "passed": finding.passed} for finding in require_sound(folder)
        ]

    report = json.dumps(dict(figures), indent=1, sort_keys=True)
    return Made({"weights": Archive({**files, REPORT: report}, judge, also or {})}, told)


def load_coupling(inputs: Inputs, chosen: WeightsParameters) -> Coupling:
    """Read bathymetry, ocean grid and basins, which must be on the same points.

    Raises
    ------
    InputRefused
        If a file is not what it should be, or they are on different grids.
    """
    ocean = nemo.read(inputs["coords"])
    depth, points = load_bathymetry(inputs["bathy"])
    _require_same_points(points, ocean, inputs)
    no_ice = _basins(inputs["sub_basins"], chosen.no_ice_in, ocean)
    columns, intervals = (int(number) for number in chosen.atmosphere.split("x"))
    return Coupling(depth, ocean, LmdzGrid(columns, intervals), no_ice, chosen)


def _require_same_points(points: OceanGrid, ocean: OceanGrid, inputs: Inputs) -> None:
    if points.shape == ocean.shape:
        there, here = (nemo.unit_vectors(grid.gphit, grid.glamt) for grid in (points, ocean))
        apart = float(np.rad2deg(np.linalg.norm(there - here, axis=-1).max()))
        if apart < _SAME_DEGREES:
            return
        how = f"their points lie up to {apart:.2g} degrees apart"
    else:
        how = f"they have {_times(points.shape)} and {_times(ocean.shape)} points"
    raise InputRefused(
        f"The bathymetry {inputs['bathy'].name} is not on the ocean grid {inputs['coords'].name}: "
        f"{how}. Run routing again, or take the grid that the bathymetry was made on."
    )


def _basins(path: Path, without: list[str], ocean: OceanGrid) -> BoolArray | None:
    """Where the basins lie that no iceberg reaches."""
    variables = read(path).variables
    missing = [name for name in MASK_NAMES.values() if name not in variables]
    if missing:
        raise InputRefused(f"{path.name} holds no basins: it has no {' and no '.join(missing)}.")
    found = np.zeros(ocean.shape, dtype=bool)
    for basin, name in MASK_NAMES.items():
        values = np.squeeze(variables[name].values)
        if values.shape != ocean.shape:
            raise InputRefused(
                f"The basins {path.name} have {_times(values.shape)} cells, the ocean grid "
                f"{_times(ocean.shape)}; make them anew."
            )
        if Basin(basin).name.lower() in without:
            found |= values == 1
    return found if without else None


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _mosaic(coupling: Coupling, scratch: Path, tell: Tell) -> Found:
    chosen = coupling.chosen
    on = classic.planet(coupling.depth, coupling.ocean, coupling.atmosphere)
    shares = find_shares(on, scratch, lambda done, what: tell(0.05 + 0.6 * done, what))
    tell(0.7, "rivers and icebergs")
    options = runoff.RunoffOptions(chosen.spread_rivers_km, chosen.lose_no_water)
    made = classic_set.classic_weights(shares, coupling.depth, on, options, coupling.no_ice)
    tell(0.8, "laying out the files")
    links = {
        "ocean to atmosphere": made.to_atmosphere.number,
        "fluxes to the ocean": made.to_ocean.number,
        "rivers": made.rivers.number,
        "icebergs": made.icebergs.number,
    }
    figures = {
        "links": links,
        "sea_points": int(on.sea.sum()),
        **fraction_figures(made.fraction),
        **water_figures(made.fraction, on.atmosphere_area, made.rivers.senders()),
    }
    return classic_set.files(made, chosen.simulation, chosen.ocean_name), {}, figures


def _mosaix(coupling: Coupling, scratch: Path, tell: Tell) -> Found:
    chosen = coupling.chosen
    on = modern.planet(coupling.depth, coupling.ocean, coupling.atmosphere)
    found = find_links(on, scratch, lambda done, what: tell(0.05 + 0.6 * done, what))
    tell(0.7, "rivers and icebergs")
    options = BandOptions(lose_nothing=chosen.lose_no_water)
    made = modern.modern_weights(found, on, options, coupling.no_ice)
    tell(0.8, "laying out the files")
    links = {
        "ocean to atmosphere": made.remappings[modern.TEMPERATURE].number,
        "fluxes to the ocean": made.remappings[f"{modern.FLUXES}_1"].number,
        "fluxes to the ocean, second order": made.remappings[f"{modern.FLUXES}_2"].number,
        "stress at U points, second order": made.remappings[f"{modern.STRESS_U}_2"].number,
        "stress at V points, second order": made.remappings[f"{modern.STRESS_V}_2"].number,
        "rivers": made.rivers.number,
        "icebergs": made.icebergs.number,
    }
    figures = {
        "links": links,
        "sea_points": int(on.sea.sum()),
        **fraction_figures(made.fraction),
        **water_figures(made.fraction, on.atmosphere_area, made.rivers.senders()),
    }
    usual = chosen.ocean_name == WeightsParameters.ocean_name
    name = modern_set.OCEAN_NAME if usual else chosen.ocean_name
    own = modern_set.files(made, on, name)
    model = modern_set.model_paths(Names(name, on.atmosphere.name), chosen.simulation)
    return {**own, COORDS_MASK: modern_set.coords_mask_file(on)}, model, figures


def fraction_figures(fraction: FloatArray) -> dict[str, int]:
    """How many atmosphere cells are land, ocean, and both."""
    return {
        "atmosphere_cells_of_land": int((fraction < 1e-10).sum()),
        "atmosphere_cells_of_ocean": int((fraction > 1.0 - 1e-10).sum()),
        "atmosphere_cells_of_both": int(((fraction >= 1e-10) & (fraction <= 1.0 - 1e-10)).sum()),
    }


def water_figures(fraction: FloatArray, area: FloatArray, sends: BoolArray) -> dict[str, float]:
    """Share of the land area whose rivers reach no ocean."""
    land = area * (1.0 - np.clip(fraction, 0.0, 1.0))
    pole = np.zeros(fraction.shape, dtype=bool)
    pole[[0, -1], 1:] = True
    counted = land.copy()
    counted[[0, -1]] = 0.0
    counted[[0, -1], 0] = land[[0, -1]].sum(axis=1)
    lost = counted[~sends & ~pole].sum() / max(float(counted.sum()), 1.0)
    return {"share_of_land_without_a_river_to_the_sea": float(lost)}


_ENGINES: Mapping[str, Callable[[Coupling, Path, Tell], Found]] = {
    "mosaic": _mosaic,
    "mosaix": _mosaix,
}
