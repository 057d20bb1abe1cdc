"""Routing on grids from one degree to two minutes, alone and beside two other libraries.

The whole routing (steps 1 to 10) is compared with itself over the sizes. fastscapelib (minimum
spanning tree, sea as mask) and pyflwdir (grid tiled three times for periodicity, outlets at the
coast) are compared on what they offer: depressions, directions and basins, for pyflwdir also
distances along the flow.
"""

import argparse
import json
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measuring import in_own_process, peak_growth_bytes, processor_time_s
from benchmarks.planets import rough_planet
from climpy._kernels import flow, padded
from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl import routing
from climpy.grids.regular import RegularGrid

EXPLANATION = """A made-up rough planet, a third of it land. The first rows are the whole method
of [routing](steps/routing.md). Then what other libraries offer of it, on the same planet:
[fastscapelib](https://fastscapelib.readthedocs.io) (single flow router, sinks resolved by the
minimum spanning tree, sea as mask; its graph is made beforehand and not counted) and
[pyflwdir](https://deltares.github.io/pyflwdir) (the grid tiled three times because it knows no
periodicity, in single precision; its first call, which compiles, is not counted)."""

SIZES = (180, 360, 1800, 5400)
COMPARED = (180, 360, 1800)


def measure() -> list[dict[str, Any]]:
    """Give one row per size and comparison: name, ours, other, ratio, memory."""
    rows = []
    for ny in SIZES:
        ours = in_own_process(__name__, "whole", str(ny))
        rows.append(
            {
                "name": f"routing, steps 1-10, {ny} x {2 * ny}",
                "ours": ours["seconds"],
                "memory": ours["growth"] / 1e6,
                "per_cell": f"{ours['seconds'] / (2 * ny * ny) * 1e9:.0f} ns, "
                f"{ours['growth'] / (2 * ny * ny):.0f} bytes a cell",
            }
        )
    for ny in COMPARED:
        for other in ("fastscapelib", "pyflwdir"):
            measured = in_own_process(__name__, other, str(ny))
            rows.append(
                {
                    "name": f"{measured['steps']}, {ny} x {2 * ny}, {other}",
                    "ours": measured["ours"],
                    "other": measured["other"],
                    "ratio": measured["other"] / measured["ours"],
                }
            )
    return rows


def whole(ny: int) -> dict[str, Any]:
    """Processor time and peak growth of memory of the whole routing."""
    heights, grid = rough_planet(ny)

    def work() -> routing.Routing:
        return routing.route(heights, grid)

    growth = peak_growth_bytes(work)
    return {"growth": growth, "seconds": processor_time_s(work, 1 if ny > 2000 else 9)}


def fastscapelib(ny: int) -> dict[str, Any]:
    """Fill depressions, find directions and basins, beside fastscapelib."""
    import fastscapelib as other

    heights, grid = rough_planet(ny)
    sea = heights <= 0.0
    looped, core = other.NodeStatus.LOOPED, other.NodeStatus.CORE
    raster = other.RasterGrid(
        list(grid.shape), [1.0, 1.0], other.RasterBoundaryStatus([looped, looped, core, core])
    )
    graph = other.FlowGraph(raster, [other.SingleFlowRouter(), other.MSTSinkResolver()])
    graph.mask = sea
    graph.base_levels = np.flatnonzero(~sea & _beside(sea))

    def theirs() -> None:
        graph.update_routes(heights)
        graph.basins()

    return {
        "steps": "depressions, directions, basins",
        **_times(lambda: _basins(heights, grid), theirs, ny),
    }


def pyflwdir(ny: int) -> dict[str, Any]:
    """Fill depressions, find directions, basins and distances, beside pyflwdir."""
    import pyflwdir as other

    heights, grid = rough_planet(ny)
    elevation = np.tile(np.where(heights > 0.0, heights, -9999.0), (1, 3)).astype(np.float32)

    def theirs() -> None:
        network = other.from_dem(elevation, nodata=-9999.0, outlets="edge")
        network.basins()
        network.stream_distance()

    return {
        "steps": "depressions, directions, basins, distances",
        **_times(lambda: _basins(heights, grid), theirs, ny),
    }


def _basins(heights: FloatArray, grid: RegularGrid) -> AnyArray:
    """Our steps up to basins and distances (they come out of one pass)."""
    ny, nx = grid.shape
    level, kind = padded.levels_and_kinds(heights, routing.UNITS_PER_METRE)
    routing._fill_depressions(level, kind, ny, nx)
    height = routing._sloping_heights(level, kind, ny, nx)
    direction, _ = routing._directions(height, kind, grid, routing.DEFAULTS)
    return flow.basins_and_distances(kind, direction, np.ones(ny), 1.0, ny, nx)[0]


def _beside(sea: AnyArray) -> AnyArray:
    """Cells with sea among their eight neighbours."""
    framed = np.pad(sea, ((1, 1), (0, 0)))
    shifts = [(j, i) for j in (-1, 0, 1) for i in (-1, 0, 1)]
    return np.any([np.roll(framed, shift, (0, 1)) for shift in shifts], axis=0)[1:-1]


def _times(ours: Callable[[], Any], theirs: Callable[[], Any], ny: int) -> dict[str, float]:
    repeats = 9 if ny < 1000 else 3
    return {"ours": processor_time_s(ours, repeats), "other": processor_time_s(theirs, repeats)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=["whole", "fastscapelib", "pyflwdir"])
    parser.add_argument("ny", type=int)
    chosen = parser.parse_args()
    case = {"whole": whole, "fastscapelib": fastscapelib, "pyflwdir": pyflwdir}[chosen.case]
    print(json.dumps(case(chosen.ny)))
