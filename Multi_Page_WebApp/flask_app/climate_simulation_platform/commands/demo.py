"""`demo-topography`: a made-up Earth to try everything on."""

from pathlib import Path

import click

from climate_simulation_platform.commands.console import Console, reporting


@click.command(
    "demo-topography",
    short_help="Make a planet to try things on.",
    epilog="""\b
Example:
  climate-sim demo-topography earth.nc --resolution 0.5

Reads nothing; writes OUT with the variable topo(lat, lon) in metres.""",
)
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--resolution", type=float, default=1.0, show_default=True, help="Step [degrees], at most 2."
)
@click.option("--force", is_flag=True, help="Replace OUT if it is there.")
@reporting
def demo_topography(console: Console, out: Path, resolution: float, force: bool) -> None:
    """Make the topography of a planet that does not exist, the same on every machine.

    It has enclosed seas, straits one cell wide in every direction and across the date line, flat
    plateaus, depressions without a way out, and land at both poles.
    """
    from climate_simulation_platform.commands.folders import existing_parents, refuse_existing
    from climpy import demo
    from climpy.bc.ipsl import regrid
    from climpy.io import write
    from climpy.steps.provenance import provenance, titled

    refuse_existing([out], force=force)
    with console.step("demo"):
        topography = demo.demo_topography(resolution)
        content = regrid.to_file(topography)
        origin = provenance("demo", {"resolution": resolution}, {}, {})
        with existing_parents(out):
            write(out, content, provenance=titled(origin, content, "A made-up Earth"))
    features = [
        {"kind": f.kind, "name": f.name, "longitude": f.longitude, "latitude": f.latitude}
        for f in demo.known_features()
    ]
    ny, nx = topography.grid.shape
    console.result(
        {"file": str(out), "rows": ny, "columns": nx, "features": features},
        [f"Wrote {out}, {ny} x {nx} cells."],
    )
