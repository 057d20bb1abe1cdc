"""The whole workflow at one degree as the command line runs it, process start included."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

EXPLANATION = """`climate-sim run` on the made-up Earth at one degree: every product, the checks,
the report and the overview picture. Wall time from the start of the process to its end; memory is
the peak of the whole process."""

REPEATS = 5


def measure() -> list[dict[str, Any]]:
    """Give one row for the whole command and one for each step of it."""
    command = Path(sys.executable).with_name("climate-sim")
    with tempfile.TemporaryDirectory() as folder:
        topography, out = Path(folder) / "topography.nc", Path(folder) / "out"
        _wall_time_s([str(command), "demo-topography", str(topography), "--quiet"])
        run = [str(command), "run", str(topography), "--out", str(out), "--quiet", "--force"]
        times = sorted(_wall_time_s(run) for _ in range(REPEATS))
        report = json.loads((out / "report.json").read_text())
    row = {"name": "climate-sim run, median of 5", "ours": times[REPEATS // 2][0]}
    return [
        {**row, "memory": times[REPEATS // 2][1]},
        *({"name": f"of which {n}", "ours": s} for n, s in report["seconds"].items()),
    ]


def _wall_time_s(command: list[str]) -> tuple[float, float]:
    """Wall time [s] and peak memory [MB] of a command."""
    start = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    return time.perf_counter() - start, usage.ru_maxrss / 1e3
