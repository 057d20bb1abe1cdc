"""Sets of coupling weights by both engines, from grids to judged files, and `cdo gencon` beside."""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import in_own_process, status_bytes
from climpy.bc.ipsl.weights import classic, classic_set, modern, modern_set
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.verify import require_sound
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.orca import OrcaParameters, generate
from climpy.io import ModelFile, write
from climpy.steps.mosaic import find_shares
from climpy.steps.mosaix import find_links
from tests.cdo import links_by_cdo
from tests.coupling import continents

EXPLANATION = """A made-up planet. The whole set of an engine: remappings, grids, diagnostics, all
files written and judged; times are those of the clock, on two processors, memory is the larger peak
of the process (libraries included) and of the engine's own, and per cell are cells of both grids.
`cdo gencon` beside each does one remapping of first order from the ocean to the atmosphere, with
great circles as the engine mosaix; weights of the same links are compared, the poles apart."""

SIZES = ((1, 96, 95), (1, 144, 142), (2, 96, 95), (2, 144, 142))

Contents = Mapping[str, ModelFile | str]


def measure() -> list[dict[str, Any]]:
    """Give one row per engine and size, and one each for the comparison."""
    rows = []
    for engine in ENGINES:
        for size in SIZES:
            measured = in_own_process(__name__, engine, *map(str, size))
            per_cell = measured["seconds"] / measured["cells"] * 1e6
            rows.append(
                {
                    "name": f"{engine}, {measured['ocean']} and {size[1]} x {size[2] + 1}",
                    "ours": measured["seconds"],
                    "memory": measured["peak"] / 1e6,
                    "per_cell": f"{per_cell:.0f} us, "
                    f"{measured['peak'] / measured['cells'] / 1e3:.1f} kB a cell",
                }
            )
    for engine in ENGINES:
        measured = in_own_process(__name__, engine, "1", "96", "95", "--beside-cdo")
        rows.append(
            {
                "name": f"{engine}, the whole set, beside cdo gencon for one remapping"
                + _same(engine, measured["difference"]),
                "ours": measured["seconds"],
                "other": measured["other"],
                "ratio": measured["other"] / measured["seconds"],
            }
        )
    return rows


def _same(engine: str, difference: float) -> str:
    """How far the weights are from those of cdo, where both mean the same."""
    return f" (weights differ by up to {difference:.1e})" if engine == "mosaix" else ""


def _planet(refinement: int, columns: int, intervals: int) -> tuple[np.ndarray, Any, LmdzGrid]:
    ocean = generate(OrcaParameters(refinement=refinement))
    return continents(ocean), ocean, LmdzGrid(columns, intervals)


def _mosaic(size: tuple[int, int, int], scratch: Path) -> tuple[Contents, Links]:
    depth, ocean, air = _planet(*size)
    on = classic.planet(depth, ocean, air)
    made = classic_set.classic_weights(find_shares(on, scratch, _quiet), depth, on)
    return classic_set.files(made, "benchmark"), made.to_atmosphere


def _mosaix(size: tuple[int, int, int], scratch: Path) -> tuple[Contents, Links]:
    on = modern.planet(*_planet(*size))
    found = find_links(on, scratch, _quiet)
    made = modern.modern_weights(found, on)
    return modern_set.files(made, on), made.remappings[modern.TEMPERATURE]


ENGINES: Mapping[str, Callable[[tuple[int, int, int], Path], tuple[Contents, Links]]] = {
    "mosaic": _mosaic,
    "mosaix": _mosaix,
}


def whole_set(engine: str, size: tuple[int, int, int]) -> tuple[dict[str, Any], Links]:
    """Time on the clock [s] and the larger peak of both processes [bytes]."""
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        contents, links = ENGINES[engine](size, Path(scratch))
        for path, content in contents.items():
            target = Path(scratch) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not isinstance(content, str):
                write(target, content)
        require_sound(Path(scratch))
        seconds = time.perf_counter() - start
    (ny, nx), (rows, columns) = links.source_shape, links.target_shape
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    measured = {
        "seconds": seconds,
        "peak": max(peak, status_bytes("VmHWM")),
        "cells": ny * nx + rows * columns,
        "ocean": f"{nx} x {ny}",
    }
    return measured, links


def beside_cdo(engine: str, size: tuple[int, int, int]) -> dict[str, Any]:
    """The same with the time of cdo, and the largest difference between weights of same links."""
    measured, ours = whole_set(engine, size)
    depth, ocean, air = _planet(*size)
    on = (classic if engine == "mosaic" else modern).planet(depth, ocean, air)
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        theirs = links_by_cdo(on, Path(scratch))
        other = time.perf_counter() - start
    difference = _largest_difference(ours, theirs)
    return {**measured, "other": other, "difference": difference}


def _largest_difference(some: Links, others: Links) -> float:
    """Of the weights of links that both have, but those of the poles."""
    rows, columns = some.target_shape
    keys, weights = [], []
    for links in (some, others):
        inner = (links.target >= columns) & (links.target < (rows - 1) * columns)
        cells = links.source_shape[0] * links.source_shape[1]
        keys.append((links.target * cells + links.source)[inner])
        weights.append(links.weight[inner])
    _, here, there = np.intersect1d(*keys, return_indices=True)
    return float(np.abs(weights[0][here] - weights[1][there]).max())


def _quiet(_share: float, _what: str) -> None:
    """Tell nobody."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=list(ENGINES))
    parser.add_argument("size", type=int, nargs=3)
    parser.add_argument("--beside-cdo", action="store_true")
    asked = parser.parse_args()
    wanted = (asked.size[0], asked.size[1], asked.size[2])
    told = (
        beside_cdo(asked.engine, wanted) if asked.beside_cdo else whole_set(asked.engine, wanted)[0]
    )
    print(json.dumps(told))
