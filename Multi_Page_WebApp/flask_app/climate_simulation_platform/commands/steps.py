"""Each step as a command of its own."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import click

from climate_simulation_platform.commands.console import Command, Console, reporting

FILE = click.Path(path_type=Path)


def _writing(command: Command) -> Command:
    """Give a command the options of all that write files: where, whether to replace, how exact."""
    options = (
        click.option(
            "--out", type=FILE, default=".", show_default=True, help="Folder for the results."
        ),
        click.option("--force", is_flag=True, help="Replace files that are there."),
        click.option(
            "--precision",
            type=click.Choice(["float64", "float32"]),
            default="float64",
            show_default=True,
            help="Type of real numbers in the model's files.",
        ),
        reporting,
    )
    return _decorated(command, options)


def _depths(command: Command) -> Command:
    """Give a command the options of the depths on the ocean grid."""
    options = (
        click.option(
            "--bathymetry-method",
            type=click.Choice(["nearest", "mean"]),
            help="Height at the cell's centre, or mean of its ocean part.",
        ),
        click.option(
            "--minimum-ocean-fraction",
            type=float,
            help="With 'mean': share of a cell that makes it ocean.",
        ),
        click.option(
            "--statistics",
            type=FILE,
            help="Write what the heights have under each ocean cell, too.",
        ),
    )
    return _decorated(command, options)


def _decorated(command: Command, decorators: Sequence[Callable[[Any], Any]]) -> Command:
    """Apply decorators as if they stood above the command, the first uppermost."""
    return reduce(lambda inner, decorator: decorator(inner), reversed(decorators), command)


def _do(
    console: Console, step: str, inputs: Mapping[str, Path], options: Mapping[str, Any]
) -> None:
    """Run a step with the options that were given, and tell what it wrote."""
    from contextlib import ExitStack

    from climate_simulation_platform.commands.folders import (
        existing_parents,
        refuse_existing,
        refuse_replacing,
    )
    from climpy.steps import output_names, run_step

    out, force, precision = (options[name] for name in ("out", "force", "precision"))
    also = {n: v for n, v in options.items() if n == "statistics" and v is not None}
    common = ("out", "force", "precision", "statistics")
    given = {n: v for n, v in options.items() if n not in common and v is not None}
    results = [*(out / name for name in output_names(step)), *also.values()]
    refuse_replacing(results, inputs.values())
    refuse_existing(results, force=force)
    with console.step(step), ExitStack() as folders:
        for file in (out / "file", *also.values()):
            folders.enter_context(existing_parents(file))
        result = run_step(step, inputs, given, out, precision=precision, also=also)
    files = {file_type: str(path) for file_type, path in result.files.items()}
    values = {
        "step": step,
        "seconds": console.seconds[step],
        "files": files,
        "parameters": result.parameters,
        "figures": result.figures,
    }
    console.warn(result.figures.get("warnings", ()))
    console.result(values, [f"Wrote {path}." for path in files.values()])


@click.command(
    short_help="Put a topography on the working grid.",
    epilog="""\b
Example:
  climate-sim regrid TOPO.nc --method conservative --out results

Reads any global topography; writes regrid.nc.""",
)
@click.argument("topo", type=FILE)
@click.option(
    "--topo-var", metavar="NAME", help="The topography, if the file holds several fields."
)
@click.option("--dlat", type=float, help="Step in latitude [degrees]; 1 if not given.")
@click.option("--dlon", type=float, help="Step in longitude [degrees]; 1 if not given.")
@click.option(
    "--method",
    type=click.Choice(["bilinear", "nearest", "conservative"]),
    help="Between cell centres (if not given), nearest cell, or mean over the area.",
)
@click.option(
    "--limits",
    type=click.Choice(["default", "data"]),
    help="From 180 W (if not given), or from where the data begin.",
)
@_writing
def regrid(console: Console, topo: Path, **options: Any) -> None:
    """Put a topography on the regular grid that the other steps work on."""
    _do(console, "regrid", {"raw": topo}, options)


@click.command(
    short_help="Rivers, depths, soils and relief.",
    epilog="""\b
Examples:
  climate-sim route results/regrid.nc coords.nc --out results
  climate-sim route regrid.nc coords.nc --closed-basin 42 50 --closed-basin 45 60

Reads a topography (no change of grid) and an ocean grid; writes routing.nc, bathy.nc, soils.nc and
topo_high_res.nc, and the statistics if asked for.""",
)
@click.argument("topo", type=FILE)
@click.argument("coords", type=FILE)
@click.option(
    "--topo-var", metavar="NAME", help="The topography, if the file holds several fields."
)
@click.option(
    "--drop-per-distance", is_flag=True, default=None, help="Steepest by slope, not by drop."
)
@click.option(
    "--closed-basin",
    type=(float, float),
    multiple=True,
    metavar="LAT LON",
    help="An enclosed sea that stays land; may be repeated.",
)
@click.option("--all-basins-closed", is_flag=True, help="Every enclosed sea stays land.")
@_depths
@_writing
def route(console: Console, topo: Path, coords: Path, **options: Any) -> None:
    """Route the rivers, and make the depths of the ocean, soils and relief."""
    places, every = options.pop("closed_basin"), options.pop("all_basins_closed")
    if places and every:
        raise click.UsageError("Give --closed-basin or --all-basins-closed, not both.")
    if places or every:
        options["closed_basins"] = "all" if every else [list(place) for place in places]
    _do(console, "routing", {"raw": topo, "coords": coords}, options)


@click.command(
    short_help="Plants by latitude or from a map of biomes.",
    epilog="""\b
Examples:
  climate-sim pft results/routing.nc --table bands.yaml --out results
  climate-sim pft results/routing.nc --biomes biome4.nc --biome-var biome --out results

Reads routing.nc and, if given, a table of latitude bands in YAML or CSV, or a global map of biomes;
writes pft.nc.""",
)
@click.argument("routing", type=FILE)
@click.option("--table", type=FILE, help="Latitude bands with percentages of the 13 plant types.")
@click.option("--biomes", type=FILE, help="Map of BIOME4 biomes (1 to 28), in place of latitudes.")
@click.option("--biome-var", metavar="NAME", help="The biomes, if their file holds several fields.")
@_writing
def pft(
    console: Console, routing: Path, table: Path | None, biomes: Path | None, **options: Any
) -> None:
    """Spread plant functional types over the land, by latitude or from a map of biomes."""
    inputs = {"routing": routing, **({"biomes": biomes} if biomes else {})}
    if table is not None:
        from climate_simulation_platform.commands.configuration import read_bands

        options["bands"] = read_bands(table)
    _do(console, "pft", inputs, options)


@click.command(
    short_help="Heat from the sea floor.",
    epilog="""\b
Example:
  climate-sim heatflow results/bathy.nc --out results

Reads bathy.nc; writes heatflow.nc.""",
)
@click.argument("bathy", type=FILE)
@click.option(
    "--method",
    type=click.Choice(["reference", "gdh1"]),
    help="490 / sqrt(age) (if not given), or the plate model GDH1.",
)
@_writing
def heatflow(console: Console, bathy: Path, **options: Any) -> None:
    """Give the heat that enters the ocean from below."""
    _do(console, "heatflow", {"bathy": bathy}, options)


@click.command(
    short_help="Viscosity of the ocean in the tropics.",
    epilog="""\b
Example:
  climate-sim ahmcoef results/bathy.nc --out results

Reads bathy.nc; writes ahmcoef.nc.""",
)
@click.argument("bathy", type=FILE)
@_writing
def ahmcoef(console: Console, bathy: Path, **options: Any) -> None:
    """Give the coefficient of the ocean's lateral viscosity in the tropics."""
    _do(console, "ahmcoef", {"bathy": bathy}, options)


@click.command(
    "sub-basins",
    short_help="Propose the three oceans.",
    epilog="""\b
Example:
  climate-sim sub-basins results/bathy.nc --method connected --out results

Reads bathy.nc; writes sub_basins.nc, a first proposal to be painted over.""",
)
@click.argument("bathy", type=FILE)
@click.option(
    "--method",
    type=click.Choice(["thirds", "connected"]),
    help="Thirds of the columns (if not given), or by meridians of land and connection.",
)
@_writing
def sub_basins(console: Console, bathy: Path, **options: Any) -> None:
    """Propose which cells belong to the Atlantic, the Pacific and the Indian ocean."""
    _do(console, "subbasins", {"bathy": bathy}, options)


@click.command(
    short_help="Depths alone, without routing.",
    epilog="""\b
Examples:
  climate-sim bathymetry TOPO.nc coords.nc --bathymetry-method mean
  climate-sim bathymetry TOPO.nc coords.nc --statistics under_cells.nc

Reads a topography and an ocean grid; writes bathy.nc, and the statistics if asked for.""",
)
@click.argument("topo", type=FILE)
@click.argument("coords", type=FILE)
@_depths
@_writing
def bathymetry(console: Console, topo: Path, coords: Path, **options: Any) -> None:
    """Give the depths on the ocean grid alone, without routing."""
    _do(console, "bathymetry", {"raw": topo, "coords": coords}, options)


@click.command(
    short_help="Soils alone, without routing.",
    epilog="""\b
Example:
  climate-sim soils TOPO.nc

Reads a topography; writes soils.nc.""",
)
@click.argument("topo", type=FILE)
@_writing
def soils(console: Console, topo: Path, **options: Any) -> None:
    """Give colour and texture of the soil alone, without routing."""
    _do(console, "soils", {"raw": topo}, options)


@click.command(
    short_help="Relief alone, without routing.",
    epilog="""\b
Example:
  climate-sim relief TOPO.nc

Reads a topography; writes topo_high_res.nc.""",
)
@click.argument("topo", type=FILE)
@_writing
def relief(console: Console, topo: Path, **options: Any) -> None:
    """Give the relief of the land at a sixth of a degree alone, without routing."""
    _do(console, "relief", {"raw": topo}, options)


@click.command(
    short_help="Weights with which ocean and atmosphere are coupled.",
    epilog="""\b
Example:
  climate-sim weights bathy.nc coords.nc sub_basins.nc --engine mosaix --out results

Reads a bathymetry, its ocean grid and the basins; writes weights.tar.gz, a set that is sound.""",
)
@click.argument("bathy", type=FILE)
@click.argument("coords", type=FILE)
@click.argument("sub_basins", type=FILE)
@click.option(
    "--engine",
    type=click.Choice(["mosaic", "mosaix"]),
    help="The classic set of IPSL-CM5A2 (if not given), or the set that YAC makes.",
)
@click.option(
    "--atmosphere",
    type=click.Choice(["96x95", "144x142"]),
    help="Columns and latitude intervals of the LMDZ grid; 96x95 if not given.",
)
@click.option("--simulation", metavar="NAME", help="Part of the names of files and folders.")
@click.option(
    "--lose-no-water/--lose-far-water",
    default=None,
    help="Whether rivers reach the sea also from farther than 400 km; they do if not given.",
)
@click.option(
    "--spread-rivers-km", type=float, help="Spread a river along the coast about its mouth [km]."
)
@click.option(
    "--no-ice-in",
    type=click.Choice(["atlantic", "pacific", "indian"]),
    multiple=True,
    help="A basin that icebergs do not reach; may be repeated.",
)
@_writing
def weights(
    console: Console,
    bathy: Path,
    coords: Path,
    sub_basins: Path,
    no_ice_in: Sequence[str],
    **options: Any,
) -> None:
    """Make the weights with which the coupler carries fields between ocean and atmosphere.

    A set that does not conserve what it carries, or names cells that do not belong to each other,
    is refused.
    """
    inputs = {"bathy": bathy, "coords": coords, "sub_basins": sub_basins}
    excluded = {"no_ice_in": list(no_ice_in)} if no_ice_in else {}
    _do(console, "calculate_weights", inputs, {**options, **excluded})


STEP_COMMANDS = (
    *(regrid, route, pft, heatflow, ahmcoef, sub_basins, weights),
    *(bathymetry, soils, relief),
)
"""All of them, in the order of the workflow."""
