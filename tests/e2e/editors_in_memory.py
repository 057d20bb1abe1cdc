"""A server of editors whose desks are in memory: `python -m tests.e2e.editors_in_memory FILE`.

Each address has a desk of its own, which stays when its page is left: `/heights/a`, `/depths/b`.
The port is written to the file.
"""

import socket
import sys
from pathlib import Path

from panel.io.state import state

from climpy.interactive import Field, on_ocean_grid
from climpy.interactive.desk import Choice, OnDesk
from climpy.interactive.editors import viewer
from climpy.interactive.editors.serving import EditorPage, Server, Shown, Visit
from tests.desk_in_memory import DeskInMemory, waves
from tests.ocean_grids import depth_of
from tests.reference import ROOT

TOKENS = ROOT / "Multi_Page_WebApp/flask_app/climate_simulation_platform/static/tokens.css"
DRAWN = [
    "......................",
    "..####................",
    "..#.#####......###....",
    "..####.##......###....",
    "#..######..###........",
    "......................",
]


def depths() -> Field:
    """A small ocean with halo and fold."""
    depth, grid = depth_of(DRAWN)
    return on_ocean_grid(depth, grid, "bathymetry")


FIELDS = {"heights": waves, "depths": depths}
_desks: dict[tuple[str, str], DeskInMemory] = {}


def prepare(visit: Visit) -> tuple[DeskInMemory, OnDesk | Choice]:
    kind, name = visit.asked.places["kind"], visit.asked.places["name"]
    desk = _desks.setdefault((kind, name), DeskInMemory(FIELDS[kind]))
    if visit.asked.arguments.get("stolen"):
        desk.stolen()
    return desk, viewer.prepared(desk)


def build(_visit: Visit, ready: tuple[DeskInMemory, OnDesk | Choice]) -> Shown:
    return Shown(viewer.page(*ready, state.curdoc), "Viewer")


def main(told: Path) -> None:
    page = EditorPage(r"/(?P<kind>heights|depths)/(?P<name>[a-z_]+)", prepare, build)
    server = Server([page], prefix="/panel", styles=[TOKENS])
    listening = socket.create_server(("127.0.0.1", 0))
    told.write_text(str(listening.getsockname()[1]))
    server.run(sockets=[listening])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
