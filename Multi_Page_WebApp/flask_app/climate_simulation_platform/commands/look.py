"""`inspect` and `check`: look at a file, or at an installation, and change nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from climate_simulation_platform.commands.console import Console, reporting
from climate_simulation_platform.commands.installation import check_installation, of_instance

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
    short_help="Look for what would trouble the model, or the platform.",
    epilog="""\b
Examples:
  climate-sim check TOPO.nc
  climate-sim check boundary_conditions/bathy.nc --json
  climate-sim check --instance /data/climate

Reads a topography, a bathymetry on the ocean grid, or the database and files of an installation;
writes nothing that stays. Exit code for an installation: 0 all is well, 2 it is not.""",
)
@click.argument("file", type=FILE, required=False)
@click.option(
    "--topo-var", metavar="NAME", help="The topography, if the file holds several fields."
)
@of_instance
@click.option("--quick", is_flag=True, help="Compare sizes of the installation's files alone.")
@reporting
def check(
    console: Console, file: Path | None, topo_var: str | None, instance: Path | None, quick: bool
) -> int:
    """Look for what would trouble the model in a topography or a bathymetry FILE.

    In a topography: seas cut off from the ocean, ocean south of 78 S, land and ocean mixed north
    of 86 N. In a bathymetry: seas cut off, passages through which water can only diffuse.

    Without FILE: look whether the records and files of the platform agree, which may be at work
    meanwhile: files without a record and records without a file, checksums, revision numbers,
    steps that wait in vain, what killed processes left, the database itself, room on the disk.
    """
    if file is None:
        if topo_var is not None:
            raise click.UsageError("--topo-var needs a FILE.")
        return check_installation(console, instance, quick=quick)
    if instance is not None or quick:
        raise click.UsageError("--instance and --quick are for the check without a FILE.")
    from climpy.steps.checking import check_bathymetry, check_topography, is_bathymetry

    ocean = is_bathymetry(file)
    found = check_bathymetry(file) if ocean else check_topography(file, topo_var)
    console.result(found, found["warnings"] or ["Nothing to object to."])
    return 0
