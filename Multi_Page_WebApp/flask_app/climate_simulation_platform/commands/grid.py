"""`make-grid`: an ocean grid whose poles lie on land."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from climate_simulation_platform.commands.console import Console, reporting

if TYPE_CHECKING:
    from climpy.grids.pole_pairs import PolePair

FILE = click.Path(path_type=Path)


@click.command(
    "make-grid",
    short_help="Make an ocean grid with its poles on land.",
    epilog="""\b
Examples:
  climate-sim make-grid TOPO.nc --out coords.nc --map poles.png
  climate-sim make-grid --pole-longitude 106 --pole-latitude 60

Reads a topography, if one is given; writes the coordinates file OUT (NEMO), and a map.""",
)
@click.argument("topo", type=FILE, required=False)
@click.option("--out", type=FILE, default="coords.nc", show_default=True, help="The grid's file.")
@click.option(
    "--topo-var", metavar="NAME", help="The topography, if the file holds several fields."
)
@click.option("--pole-longitude", type=float, help="Of the first pole [degrees east].")
@click.option("--pole-latitude", type=float, help="Of both poles [degrees north], 45 to 75.")
@click.option(
    "--rank", type=click.IntRange(1), default=1, show_default=True, help="Take this candidate."
)
@click.option(
    "--refinement", type=int, default=1, show_default=True, help="1: two degrees, 2: one degree ..."
)
@click.option("--map", "picture", type=FILE, metavar="PNG", help="Draw where poles may lie.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@reporting
def make_grid(console: Console, topo: Path | None, **chosen: Any) -> None:
    """Make an ocean grid, with the poles where the topography TOPO has most land around them.

    The two mesh poles lie on one latitude at opposite longitudes. All pairs of places on land are
    tried, and the best listed with their distance from the sea and the shortest side that a cell
    of the ocean would have. Poles that are given are judged in the same way.
    """
    from climate_simulation_platform.commands.folders import refuse_existing, refuse_replacing
    from climpy.errors import InputRefused

    given = [chosen["pole_longitude"] is not None, chosen["pole_latitude"] is not None]
    if any(given) and not all(given):
        raise InputRefused("Give both --pole-longitude and --pole-latitude, or neither.")
    if topo is None and not all(given):
        raise InputRefused("Give a topography to find poles for, or the poles.")
    if topo is None and chosen["picture"] is not None:
        raise InputRefused("A map of the poles needs a topography.")
    pictures = [chosen["picture"]] if chosen["picture"] else []
    refuse_existing([chosen["out"], *pictures], force=chosen["force"])
    refuse_replacing([chosen["out"], *pictures], [topo] if topo else [])
    if topo is None:
        _plain(console, **chosen)
    else:
        _on_topography(console, topo, **chosen)


def _plain(console: Console, out: Path, **chosen: Any) -> None:
    """Make a grid with given poles, of which no topography tells how good they are."""
    from climpy.grids.orca import OrcaParameters

    with console.step("grid"):
        parameters = OrcaParameters(
            chosen["pole_longitude"], chosen["pole_latitude"], chosen["refinement"]
        )
        _write(parameters, out, {})
    poles = [{"latitude": lat, "longitude": lon} for lat, lon in parameters.poles]
    console.result({"file": str(out), "poles": poles}, [f"Wrote {out}."])


def _on_topography(
    console: Console, topo: Path, out: Path, topo_var: str | None, **chosen: Any
) -> None:
    from climpy.errors import InputRefused
    from climpy.grids import poles
    from climpy.grids.orca import OrcaParameters
    from climpy.steps.definitions import pair_figures
    from climpy.steps.loading import load_topography

    with console.step("poles", 1, 2):
        topography, understood = load_topography(topo, topo_var)
        heights, grid = topography.heights, topography.grid
        refinement = chosen["refinement"]
        found = poles.find_poles(heights, grid, refinement=refinement)
        if chosen["pole_longitude"] is not None:
            asked = OrcaParameters(chosen["pole_longitude"], chosen["pole_latitude"], refinement)
            pair = poles.judge_poles(heights, grid, asked)
        elif chosen["rank"] > len(found.candidates):
            raise InputRefused(f"There are only {len(found.candidates)} candidates for the poles.")
        else:
            found.require_land()
            pair = found.candidates[chosen["rank"] - 1]
    console.warn(understood.warnings)
    with console.step("grid", 2, 2), ExitStack() as both_or_none:
        if chosen["picture"]:
            from climpy.pictures.poles import pole_map  # slow to import

            drawn = both_or_none.enter_context(_appearing(chosen["picture"]))
            title = f"Poles of an ocean grid for {topo.name}"
            pole_map(found, pair, (heights, grid), drawn, title)
        _write(OrcaParameters(pair.longitude, pair.latitude, refinement), out, {"raw": topo})
    result = {
        "file": str(out),
        "chosen": pair_figures(pair),
        "candidates": [pair_figures(candidate) for candidate in found.candidates],
    }
    console.result(result, [*_ranks(found.candidates, pair), f"Wrote {out}."])
    if not pair.on_land:
        console.warn(["A pole of this grid lies in the sea; the model needs both on land."])


@contextmanager
def _appearing(path: Path) -> Iterator[Path]:
    """Give a temporary path, which takes the name `path` when the block ends well."""
    from climate_simulation_platform.commands.folders import existing_parents
    from climpy.io import whole_file

    with existing_parents(path), whole_file(path) as temporary:
        yield temporary


def _ranks(candidates: "tuple[PolePair, ...]", chosen: "PolePair") -> list[str]:
    lines = [
        f"{'*' if pair == chosen else ' '} {rank}  {pair}"
        for rank, pair in enumerate(candidates, start=1)
    ]
    return lines if chosen in candidates else [*lines, f"*    {chosen}"]


def _write(parameters: Any, out: Path, inputs: dict[str, Path]) -> None:
    from dataclasses import asdict

    from climate_simulation_platform.commands.folders import existing_parents
    from climpy.grids import nemo, orca
    from climpy.io import write
    from climpy.steps.provenance import checksum, provenance, titled

    checksums = {name: checksum(path) for name, path in inputs.items()}
    origin = provenance("coords", asdict(parameters), inputs, checksums)
    content = nemo.to_file(orca.generate(parameters))
    with existing_parents(out):
        write(out, content, provenance=titled(origin, content, "Coordinates of the ocean grid"))
