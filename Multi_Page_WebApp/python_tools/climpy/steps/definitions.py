"""Every step: what it reads and writes, and what it does in between."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from climpy.arrays import BoolArray, FloatArray
from climpy.bc.ipsl import (
    ahmcoef,
    bathymetry,
    heatflow,
    megabiomes,
    pft,
    regrid,
    relief,
    routing,
    soils,
    sub_basins,
)
from climpy.bc.ipsl.vegetation_table import DEFAULT_TABLE, VegetationTable
from climpy.errors import InputRefused
from climpy.grids import nemo, orca, poles
from climpy.grids.ocean import OceanGrid
from climpy.grids.pole_pairs import PolePair
from climpy.grids.regular import RegularGrid
from climpy.io import ModelFile
from climpy.steps import parameters as choices
from climpy.steps.biome_map import load_megabiomes
from climpy.steps.defining import Definition, Inputs, Made, Tell
from climpy.steps.loading import load_bathymetry, load_topography
from climpy.steps.weights import make_weights
from climpy.topography import Topography


def _regrid(inputs: Inputs, chosen: choices.RegridParameters, tell: Tell) -> Made:
    target = regrid.Target(chosen.dlat, chosen.dlon, chosen.limits)
    tell(0.1, "regridding")
    regridded = regrid.regrid_file(inputs["raw"], target, chosen.method, chosen.topo_var)
    heights = regridded.topography.heights
    figures = {
        "understood": regridded.understanding.as_dict(),
        "notes": list(regridded.notes),
        "warnings": list(regridded.understanding.warnings),
        **_figures(heights, "height_m"),
    }
    return Made({"raw": regrid.to_file(regridded.topography, regridded.carried)}, figures)


def _coords(inputs: Inputs, chosen: choices.CoordsParameters, tell: Tell) -> Made:
    """A user's own grid, one with the poles that were asked for, or with the best poles on land."""
    given = [chosen.pole_longitude is not None, chosen.pole_latitude is not None]
    if any(given) and ("coords" in inputs or not all(given)):
        raise InputRefused(
            "coords: give both pole_longitude and pole_latitude, or a coordinates file, or neither."
        )
    topography = load_topography(inputs["raw"])[0] if "raw" in inputs else None
    tell(0.1, "searching poles on land" if not any(given) and topography else "making the grid")
    if "coords" in inputs:
        ocean = nemo.read(inputs["coords"])
        figures: dict[str, Any] = {"from": inputs["coords"].name}
    else:
        pole, figures = _poles(topography, chosen)
        ocean = orca.generate(pole)
    if topography is not None:
        checked = poles.check_poles(ocean, topography.heights, topography.grid)
        figures["poles"] = [
            {"latitude": latitude, "longitude": longitude, "margin_km": margin}
            for latitude, longitude, margin in checked
        ]
    return Made({"coords": nemo.to_file(ocean)}, figures)


def _poles(
    topography: Topography | None, chosen: choices.CoordsParameters
) -> tuple[orca.OrcaParameters, dict[str, Any]]:
    """The poles that were asked for, or the best ones, and what was found."""
    if chosen.pole_longitude is not None and chosen.pole_latitude is not None:
        asked = orca.OrcaParameters(chosen.pole_longitude, chosen.pole_latitude, chosen.refinement)
        return asked, {"from": "poles that were given"}
    if topography is None:
        raise InputRefused("coords: give a topography to search poles for, or the poles.")
    found = poles.find_poles(topography.heights, topography.grid, refinement=chosen.refinement)
    best = found.require_land()
    figures = {
        "from": "the pole finder",
        "candidates": [pair_figures(pair) for pair in found.candidates],
    }
    return orca.OrcaParameters(best.longitude, best.latitude, chosen.refinement), figures


def pair_figures(pair: PolePair) -> dict[str, Any]:
    """How good a pair of poles is, ready for JSON."""
    return {
        "poles": [{"latitude": lat, "longitude": lon} for lat, lon in pair.places],
        "margins_km": list(pair.margins_km),
        "quality": pair.quality,
        "tiny_wet_cells": pair.tiny_wet_cells,
        "shortest_wet_side_km": pair.shortest_wet_side_km,
    }


def _routing(inputs: Inputs, chosen: choices.RoutingParameters, tell: Tell) -> Made:
    topography, _ = load_topography(inputs["raw"], chosen.topo_var)
    grid = topography.grid
    ocean = nemo.read(inputs["coords"])
    tell(0.1, "computing rivers")
    options = routing.RoutingOptions(
        drop_per_distance=chosen.drop_per_distance,
        closed_basins=_closed_basins(chosen.closed_basins),
    )
    routed = routing.route(topography.heights, grid, options)
    tell(0.6, "computing depths of the ocean")
    depth = _depth(routed.topo, grid, ocean, chosen)
    tell(0.7, "computing soils and relief")
    figures = {
        "land_cells": int(routed.land.sum()),
        "basins": int(routed.basins.max()),
        "outlets": {
            name: int((routed.trip == code).sum())
            for name, code in (("river", 99), ("coastal", 98), ("return_flow", 97))
        },
        "longest_way_km": float(np.nanmax(routed.disto)),
        "cells_filled": routed.filled,
        "pits_raised": routed.pits_raised,
        "cells_led_out_of_loops": routed.led_out,
        "bathymetry": _depth_figures(depth, ocean),
    }
    contents = {
        "routing": routing.to_file(routed, grid),
        "bathy": bathymetry.to_file(depth, ocean),
        "soils": soils.to_file(*soils.soils(routed.topo, grid), grid),
        "topo_high_res": relief.to_file(relief.relief(routed.topo, grid)),
    }
    return Made(contents, figures, _statistics(routed.topo, grid, ocean))


def _closed_basins(wanted: Any) -> Any:
    """Check "none", "all" or a list of places."""
    if wanted in ("none", "all"):
        return wanted
    if isinstance(wanted, list | tuple):
        places = [tuple(place) for place in wanted if isinstance(place, list | tuple)]
        numbers = [n for place in places for n in place]
        if (
            len(places) == len(wanted)
            and all(len(place) == 2 for place in places)
            and all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers)
        ):
            return tuple((float(latitude), float(longitude)) for latitude, longitude in places)
    raise InputRefused(
        "routing: closed_basins must be none, all or a list of [latitude, longitude], "
        f"not {wanted!r}."
    )


def _depth(
    heights: FloatArray, grid: RegularGrid, ocean: OceanGrid, chosen: choices.BathymetryParameters
) -> FloatArray:
    return bathymetry.bathymetry(
        heights,
        grid,
        ocean,
        method=chosen.bathymetry_method,
        minimum_ocean_fraction=chosen.minimum_ocean_fraction,
    )


def _depth_figures(depth: FloatArray, ocean: OceanGrid) -> dict[str, Any]:
    wet = (depth > 0.0) & ocean.unique
    return {"ocean_cells": int(wet.sum()), **_figures(depth[wet], "depth_m")}


def _bathymetry(inputs: Inputs, chosen: choices.BathymetryParameters, tell: Tell) -> Made:
    topography, _ = load_topography(inputs["raw"])
    ocean = nemo.read(inputs["coords"])
    tell(0.2, "computing depths of the ocean")
    depth = _depth(topography.heights, topography.grid, ocean, chosen)
    return Made(
        {"bathy": bathymetry.to_file(depth, ocean)},
        _depth_figures(depth, ocean),
        _statistics(topography.heights, topography.grid, ocean),
    )


def _statistics(
    heights: FloatArray, grid: RegularGrid, ocean: OceanGrid
) -> dict[str, Callable[[], ModelFile]]:
    """The file of what the heights that depths are made from have under each ocean cell."""

    def statistics() -> ModelFile:
        under = bathymetry.statistics_under_cells(heights, grid, ocean)
        return bathymetry.statistics_to_file(under, ocean)

    return {"statistics": statistics}


def _soils(inputs: Inputs, _chosen: choices.NoParameters, tell: Tell) -> Made:
    topography, _ = load_topography(inputs["raw"])
    tell(0.2, "computing soils")
    color, texture = soils.soils(topography.heights, topography.grid)
    return Made({"soils": soils.to_file(color, texture, topography.grid)})


def _relief(inputs: Inputs, _chosen: choices.NoParameters, tell: Tell) -> Made:
    topography, _ = load_topography(inputs["raw"])
    tell(0.2, "computing relief")
    field = relief.relief(topography.heights, topography.grid)
    return Made({"topo_high_res": relief.to_file(field)}, _figures(field, "relief_m"))


def _pft(inputs: Inputs, chosen: choices.PftParameters, tell: Tell) -> Made:
    if "biomes" in inputs:
        return _pft_of_biomes(inputs, chosen, tell)
    if chosen.biome_var is not None or chosen.biomes is not None:
        raise InputRefused("pft: biome_var and biomes need a map of biomes, which was not given.")
    topography, _ = load_topography(inputs["routing"])
    tell(0.2, "spreading plants over the land")
    table = DEFAULT_TABLE
    if chosen.bands is not None:
        table = VegetationTable.from_dict({"bands": chosen.bands})
    shares = pft.vegetation(topography.heights, topography.grid, table)
    figures = {"land_share_of_cells": float(np.isfinite(shares[0]).mean())}
    return Made({"pft": pft.to_file(shares, table)}, figures)


def _pft_of_biomes(inputs: Inputs, chosen: choices.PftParameters, tell: Tell) -> Made:
    """Plants from a map of BIOME4 biomes instead of latitude bands."""
    if chosen.bands is not None:
        raise InputRefused("pft: give latitude bands or a map of biomes, not both.")
    compositions = megabiomes.compositions(chosen.biomes or {})
    topography, _ = load_topography(inputs["routing"])
    biomes, facts = load_megabiomes(inputs["biomes"], chosen.biome_var)
    heights, grid = topography.heights, topography.grid
    tell(0.3, "spreading plants over the land")
    shares = megabiomes.vegetation_of_biomes(heights, grid, biomes, percentages=compositions)
    source = {"biome_map": json.dumps(facts), **megabiomes.attributes(compositions)}
    figures = {
        "land_share_of_cells": float(np.isfinite(shares[0]).mean()),
        "biome_map": facts,
        **_filled_figures(np.isfinite(shares[0]), megabiomes.on_half_degree(biomes) == 0),
    }
    return Made({"pft": pft.to_file(shares, source)}, figures)


def _filled_figures(land: BoolArray, empty: BoolArray) -> dict[str, Any]:
    """How much land took the nearest biome; a map of another age shows here."""
    filled, all_land = int((land & empty).sum()), int(land.sum())
    percent = 100.0 * filled / max(all_land, 1)
    warning = (
        f"{filled} of {all_land} land cells ({percent:.3g} %) lie where the map of biomes has none "
        "and took the nearest biome."
    )
    return {"land_cells_without_biome": filled, "warnings": [warning] if filled else []}


def _heatflow(inputs: Inputs, chosen: choices.HeatflowParameters, tell: Tell) -> Made:
    depth, ocean = load_bathymetry(inputs["bathy"])
    tell(0.2, "computing the heat flow")
    flux = heatflow.heatflow(depth, ocean, method=chosen.method)
    wet = (depth > 0.0) & ocean.unique
    return Made({"heatflow": heatflow.to_file(flux, ocean)}, _figures(flux[wet], "flux_mw_m2"))


def _ahmcoef(inputs: Inputs, _chosen: choices.NoParameters, tell: Tell) -> Made:
    depth, ocean = load_bathymetry(inputs["bathy"])
    tell(0.2, "computing the viscosity")
    coefficient = ahmcoef.ahmcoef(depth, ocean)
    figures = {"reduced_cells": int(((coefficient < 100.0) & ocean.unique).sum())}
    return Made({"ahmcoef": ahmcoef.to_file(coefficient, ocean)}, figures)


def _sub_basins(inputs: Inputs, chosen: choices.SubBasinsParameters, tell: Tell) -> Made:
    depth, ocean = load_bathymetry(inputs["bathy"])
    tell(0.2, "telling the oceans apart")
    basins = sub_basins.propose(depth, ocean, method=chosen.method)
    figures = {
        f"{basin.name.lower()}_cells": int(((basins == basin) & ocean.unique).sum())
        for basin in sub_basins.Basin
    }
    return Made({"sub_basins": sub_basins.to_file(basins, depth, ocean)}, figures)


def _figures(values: FloatArray, name: str) -> dict[str, float]:
    """Least, mean and greatest value; nothing for an empty field."""
    if values.size == 0:
        return {}
    return {
        f"least_{name}": float(values.min()),
        f"mean_{name}": float(values.mean()),
        f"greatest_{name}": float(values.max()),
    }


DEFINITIONS: Mapping[str, Definition] = {
    "regrid": Definition(("raw",), ("raw",), choices.RegridParameters, _regrid),
    "coords": Definition((), ("coords",), choices.CoordsParameters, _coords, ("raw", "coords")),
    "routing": Definition(
        ("raw", "coords"),
        ("routing", "bathy", "soils", "topo_high_res"),
        choices.RoutingParameters,
        _routing,
        on_request=("statistics",),
    ),
    "pft": Definition(("routing",), ("pft",), choices.PftParameters, _pft, ("biomes",)),
    "heatflow": Definition(("bathy",), ("heatflow",), choices.HeatflowParameters, _heatflow),
    "ahmcoef": Definition(("bathy",), ("ahmcoef",), choices.NoParameters, _ahmcoef),
    "subbasins": Definition(("bathy",), ("sub_basins",), choices.SubBasinsParameters, _sub_basins),
    "calculate_weights": Definition(
        ("bathy", "coords", "sub_basins"), ("weights",), choices.WeightsParameters, make_weights
    ),
    "bathymetry": Definition(
        ("raw", "coords"),
        ("bathy",),
        choices.BathymetryParameters,
        _bathymetry,
        on_request=("statistics",),
    ),
    "soils": Definition(("raw",), ("soils",), choices.NoParameters, _soils),
    "relief": Definition(("raw",), ("topo_high_res",), choices.NoParameters, _relief),
}
"""Every step that computes; those a person does with the mouse are not among them."""
