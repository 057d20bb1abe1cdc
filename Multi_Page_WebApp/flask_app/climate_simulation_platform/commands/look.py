"""`inspect` and `check`: look at a file without computing anything from it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from climate_simulation_platform.commands.console import Console, reporting

FILE = click.Path(path_type=Path)


@click.command(
    short_help="Say what is understood of a file.",
    epilog="""\b
Example:
  climate-sim inspect TOPO.nc --json

Reads the file; writes nothing.""",
)
@click.argument("file", type=FILE)
@click.option(
    "--topo-var", metavar="NAME", help="The topography, if the file holds several fields."
)
@reporting
def inspect(console: Console, file: Path, topo_var: str | None) -> None:
    """Say what is understood of a topography FILE: variable, orientation, units, holes, land.

    The same is said, and kept in report.json, when `run` reads the file.
    """
    from climpy.topography import inspect as inspect_file

    understood = inspect_file(file, topo_var).as_dict()
    console.result(understood, list(understood_lines(understood)))
    console.warn(understood["warnings"])


def understood_lines(understood: Mapping[str, Any]) -> Iterator[str]:
    """Tell for people what was understood of a topography file."""
    west, east = understood["longitude_range"]
    units = f"{understood['units']} (assumed)" if understood["units_assumed"] else "m"
    rows = f"{understood['rows']} x {understood['columns']}"
    facts = {
        "File": f"{understood['file']} ({understood['file_format']})",
        "Topography": f"{understood['variable']}({', '.join(understood['dims'])}), "
        f"{understood['dtype']}",
        "Grid": f"{rows} cells of {understood['latitude_step']:g} x "
        f"{understood['longitude_step']:g} degrees, {understood['orientation']}, "
        f"longitudes {west:g} to {east:g}",
        "Heights": f"{understood['minimum']:g} to {understood['maximum']:g} {units}, "
        f"{100 * understood['land_share']:.1f} % land",
        "Holes": str(understood["holes"] or "none"),
        "Also holds": ", ".join(understood["other_variables"]) or "nothing else",
    }
    for name, fact in facts.items():
        yield f"{name:<11} {fact}"
    for note in understood["notes"]:
        yield f"{'Note':<11} {note}"


@click.command(
    short_help="Look for what would trouble the model.",
    epilog="""\b
Examples:
  climate-sim check TOPO.nc
  climate-sim check boundary_conditions/bathy.nc --json

Reads a topography, or a bathymetry on the ocean grid; writes nothing.""",
)
@click.argument("file", type=FILE)
@click.option(
    "--topo-var", metavar="NAME", help="The topography, if the file holds several fields."
)
@reporting
def check(console: Console, file: Path, topo_var: str | None) -> None:
    """Look for what would trouble the model in a topography or a bathymetry FILE.

    In a topography: seas cut off from the ocean, ocean south of 78 S, land and ocean mixed north
    of 86 N. In a bathymetry: seas cut off, passages through which water can only diffuse.
    """
    from climpy.steps.checking import check_bathymetry, check_topography, is_bathymetry

    ocean = is_bathymetry(file)
    found = check_bathymetry(file) if ocean else check_topography(file, topo_var)
    console.result(found, found["warnings"] or ["Nothing to object to."])
