"""`serve`: the platform in the browser, with all its processes on this machine."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from climate_simulation_platform.settings import Settings


@click.command(
    short_help="The platform in the browser, on this machine.",
    epilog="""\b
Examples:
  climate-sim serve
  climate-sim serve --port 8000 --instance /data/climate

Reads settings from the environment. Writes the database and all files into the instance folder,
which is made if it is not there; what was under way when the platform ended is taken up again.
Ctrl-C ends it.""",
)
@click.option("--host", metavar="ADDRESS", help="Address to serve on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0 takes a free one. [default: 43829]")
@click.option(
    "--instance",
    type=click.Path(path_type=Path),
    help="Folder for the database and all files.  [default: instance]",
)
@click.option("--verbose", is_flag=True, help="Tell what the processes do.")
@click.option("--debug", is_flag=True, help="Show the traceback of a fault of ours.")
def serve(
    host: str | None, port: int | None, instance: Path | None, verbose: bool, debug: bool
) -> None:
    """Serve the platform to browsers: pages, workers and database, until Ctrl-C."""
    from climate_simulation_platform import logs
    from climate_simulation_platform.embedded import supervisor

    del debug  # read by the entry point, which catches the fault
    given = {"HOST": host, "PORT": port, "INSTANCE": instance}
    options = {name: str(value) for name, value in given.items() if value is not None}
    logs.configure("supervisor", verbose=verbose)
    supervisor.serve({**os.environ, **options}, verbose=verbose, announce=_announce)


def _announce(url: str, settings: "Settings") -> None:
    click.echo(f"Climate Simulation Platform: {url}")
    click.echo(f"The editors are served on port {settings.panel_port}.")
    click.echo(f"Everything is kept in {settings.instance}. Press Ctrl-C to stop.")
