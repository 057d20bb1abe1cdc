"""One measurement in one fresh process: processor time and peak growth of memory."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def in_own_process(module: str, *arguments: str) -> dict[str, Any]:
    """What `python -m module arguments` prints as its last line, a JSON object."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def processor_time_s(work: Callable[[], Any], repeats: int) -> float:
    """Shortest processor time of several runs, after one that warms up [s]."""
    if repeats > 1:
        work()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def peak_growth_bytes(work: Callable[[], Any]) -> int:
    """How much the resident memory of this process grows at most during one run [bytes]."""
    Path("/proc/self/clear_refs").write_text("5")
    before = status_bytes("VmRSS")
    result = work()
    growth = status_bytes("VmHWM") - before
    del result
    return growth


def status_bytes(key: str) -> int:
    """One figure of this process's memory, as the kernel tells it [bytes]."""
    found = re.search(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    if found is None:
        raise RuntimeError(f"/proc/self/status tells no {key}.")
    return int(found.group(1)) * 1024
