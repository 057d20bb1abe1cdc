"""The set of the engine mosaix from both grids to its files, and `cdo gencon` beside it."""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import in_own_process, status_bytes
from climpy.bc.ipsl.weights import modern, modern_set
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.verify import require_sound
from climpy.grids.lmdz import LmdzGrid
from climpy.io import write
from climpy.steps.mosaix import find_links
from tests.cdo import links_by_cdo
from tests.yac import made_up, quiet

EXPLANATION = """A made-up planet. The whole set of the engine mosaix: nine remappings, of first and
second order, their diagnostics, all files written and judged; memory is the peak of the process,
libraries included, and per cell are cells of both grids. Then what `cdo gencon` does, one
remapping of first order from the ocean to the atmosphere, with the same links; the largest
difference is that of weights."""

SIZES = ((1, 96, 95), (1, 144, 142), (2, 96, 95), (2, 144, 142))


def measure() -> list[dict[str, Any]]:
    """Give one row per size and one for the comparison."""
    rows = []
    for size in SIZES:
        measured = in_own_process(__name__, "set", *map(str, size))
        rows.append(
            {
                "name": f"the whole set, {measured['ocean']} and {size[1]} x {size[2] + 1}",
                "ours": measured["seconds"],
                "memory": measured["peak"] / 1e6,
                "per_cell": f"{measured['seconds'] / measured['cells'] * 1e6:.0f} us, "
                f"{measured['peak'] / measured['cells'] / 1e3:.1f} kB a cell",
            }
        )
    measured = in_own_process(__name__, "cdo", "1", "96", "95")
    rows.append(
        {
            "name": "the whole set beside cdo gencon for one remapping",
            "ours": measured["seconds"],
            "other": measured["other"],
            "ratio": measured["other"] / measured["seconds"],
            "difference": measured["difference"],
        }
    )
    return rows


def whole_set(refinement: int, columns: int, intervals: int) -> dict[str, Any]:
    """Processor time of this process and YAC's [s], and the larger peak of both [bytes]."""
    on = made_up(atmosphere=LmdzGrid(columns, intervals), refinement=refinement)
    with tempfile.TemporaryDirectory() as scratch:
        start = time.process_time()
        found = find_links(on, Path(scratch), quiet)
        made = modern.modern_weights(found, on)
        for path, content in modern_set.files(made, on).items():
            target = Path(scratch) / path
            target.parent.mkdir(exist_ok=True)
            if not isinstance(content, str):
                write(target, content)
        require_sound(Path(scratch))
        seconds = time.process_time() - start + _children_s()
    ny, nx = on.ocean.shape
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {
        "seconds": seconds,
        "peak": max(peak, status_bytes("VmHWM")),
        "cells": ny * nx + columns * (intervals + 1),
        "ocean": f"{nx} x {ny}",
    }


def beside_cdo(refinement: int, columns: int, intervals: int) -> dict[str, Any]:
    """Processor times of both, and the largest difference between weights of the same links."""
    ours = whole_set(refinement, columns, intervals)
    on = made_up(atmosphere=LmdzGrid(columns, intervals), refinement=refinement)
    with tempfile.TemporaryDirectory() as scratch:
        before = _children_s()
        theirs = links_by_cdo(on, Path(scratch))
        other = _children_s() - before
        found = find_links(on, Path(scratch), quiet)[modern.TEMPERATURE]
    links = Links.of(*found, on.ocean.shape, on.atmosphere.shape)
    if not np.array_equal(theirs.source, links.source):
        raise RuntimeError("cdo found other links.")
    difference = float(np.abs(theirs.weight - links.weight).max())
    return {"seconds": ours["seconds"], "other": other, "difference": difference}


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["set", "cdo"])
    parser.add_argument("size", type=int, nargs=3)
    asked = parser.parse_args()
    work = whole_set if asked.what == "set" else beside_cdo
    print(json.dumps(work(*asked.size)))
