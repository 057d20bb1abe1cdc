"""`edit`: do edits that were made by hand, or written by hand, to a file."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from climate_simulation_platform.commands.console import Console, reporting

if TYPE_CHECKING:
    from climpy.interactive.editing import Edited

FILE = click.Path(path_type=Path)


@click.command(
    short_help="Do edits made by hand to a file.",
    epilog="""\b
Examples:
  climate-sim edit TOPO.nc edited.nc --edits edits.json
  climate-sim edit results/bathy.nc --edits edits.json --dry-run --json
  climate-sim edit TOPO.nc edited.nc --edits edits.json --script edits.py
  climate-sim edit pft.nc edited.nc --edits edits.json --var maxvegetfrac --index 5

Reads any NetCDF file, and edits in JSON or those that an edited file carries; writes OUT with all
else that IN holds, and the script. docs/edits.md describes the JSON.""",
)
@click.argument("source", metavar="IN", type=FILE)
@click.argument("out", type=FILE, required=False)
@click.option(
    "--edits",
    type=FILE,
    required=True,
    help="The edits, a session that an editor saved, or an edited NetCDF file that carries them.",
)
@click.option("--var", "variable", metavar="NAME", help="The field, if the file holds several.")
@click.option(
    "--index",
    "--level",
    "index",
    metavar="N[,N...]",
    callback=lambda _context, _option, value: _places(value),
    help="The place along each further axis (time, depth, class), from 0.",
)
@click.option("--dry-run", is_flag=True, help="Say what would change; write nothing.")
@click.option(
    "--script", type=FILE, help="Write a Python script that does the same without this program."
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@reporting
def edit(console: Console, source: Path, out: Path | None, **chosen: Any) -> None:
    """Do edits to the field of the file IN, and say how many cells each of them changed.

    The field is a topography, the bathymetry or the basins of an ocean grid, or what `--var` and
    `--index` name. Edits that say in degrees where they are can be done on any grid.
    """
    from climate_simulation_platform.commands.folders import (
        existing_parents,
        refuse_existing,
        refuse_replacing,
    )
    from climpy.interactive.editing import edit_file, read_edits, write_edited, write_script

    if (out is None) != chosen["dry_run"]:
        raise click.UsageError("Give OUT or --dry-run, one of them.")
    if chosen["dry_run"] and chosen["script"] is not None:
        raise click.UsageError("With --dry-run nothing is written, no script either.")
    results = [file for file in (out, chosen["script"]) if file is not None]
    refuse_replacing(results, [source, chosen["edits"]])
    refuse_existing(results, force=chosen["force"])
    notes: list[str] = []
    with console.step("edit"), ExitStack() as folders:
        edits = read_edits(chosen["edits"])
        edited = edit_file(source, edits, chosen["variable"], chosen["index"])
        for file in results:
            folders.enter_context(existing_parents(file))
        if out is not None:
            notes = write_edited(edited, out, chosen["edits"])
        if chosen["script"] is not None:
            write_script(edited, chosen["script"])
    figures = {"files": [str(file) for file in results], **edited.figures(), "notes": notes}
    lines = [*_told(edited), *notes, *(f"Wrote {file}." for file in results)]
    console.warn(edited.opened.warnings)
    console.result(figures, lines)


def _places(text: str | None) -> tuple[int, ...]:
    """Places along further axes, as they are typed."""
    try:
        return tuple(int(place) for place in text.split(",")) if text else ()
    except ValueError as trouble:
        raise click.BadParameter(f"{text!r} is no list of whole numbers such as 0,5.") from trouble


def _told(edited: "Edited") -> Iterator[str]:
    for done in edited.report:
        coast = f", {done.across_coast} across the coast" if done.across_coast else ""
        yield f"{done.number:>4}  {done.title}: {_cells(done.changed)} changed{coast}"
    moved = edited.session.cells_across_coast
    coastline = f"the coastline moved ({_cells(moved)})" if moved else "the coastline did not move"
    yield f"{_cells(edited.session.cells_changed)} changed in all; {coastline}."


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"
