"""Steps that misbehave, or that only pretend to compute; a test's worker has them done instead.

What a step does is said by its parameter `odd`, so that it travels the whole way with the request;
without it the step writes small files whose values tell what they were made from.
"""

import ctypes
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from climate_simulation_platform.computing import Computed, Product, Report, Work
from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.examining import Description
from climpy.errors import StepRefused

ODD = "odd"
GATE, RUNS, LEFT = "gate", "runs.txt", "left.txt"
"""Files beside the instance: held steps go on once the first is there; each run adds a line to the
second; the third has the number of a process that a step started."""

NO_OCEAN = "There is no ocean in this topography."
LAST_WORDS = "last words before the end"

Content = tuple[str, str]
"""Values of a file: what they are in full, and their coastline alone."""


def content_of(
    step: str, parameters: Mapping[str, Any], inputs: Mapping[FileType, Content]
) -> dict[FileType, Content]:
    """What a step makes: oceans follow from the coastline alone, all else from every height."""
    told = sorted((name, value) for name, value in parameters.items() if name != ODD)
    read = sorted(item for item in inputs.items() if item[0] not in STEPS[step].makes)
    full, coast = (f"{step}{told}{[(kind, values[k]) for kind, values in read]}" for k in (0, 1))
    made = {kind: (_sum(kind, full), _sum(kind, coast)) for kind in STEPS[step].writes}
    if step == "routing":
        for kind in (FileType.BATHY, FileType.COORDS):
            made[kind] = (_sum(kind, coast), _sum(kind, coast))
    return made


def _sum(kind: FileType, made_of: str) -> str:
    return hashlib.sha256(f"{kind}={made_of}".encode()).hexdigest()


def compute(work: Work, progress: Report) -> Computed:
    """Do what the parameter says instead of a step."""
    folder = work.folder.parents[4]
    number = work.folder.parents[1].name
    with (folder / RUNS).open("a") as runs:
        runs.write(f"{work.step} {number} {os.getpid()}\n")
    progress(0.1, "Pretending")
    return WAYS[work.parameters.get(ODD, "pretends")](work, folder)


def pretends(work: Work, _folder: Path) -> Computed:
    inputs = {kind: content_in(path) for kind, path in work.inputs.items()}
    made = content_of(work.step, work.parameters, inputs)
    grid = made.get(FileType.COORDS)
    if grid is not None and work.grid is not None and content_in(work.grid.path) == grid:
        del made[FileType.COORDS]
    products = tuple(_written(work.folder, kind, values) for kind, values in made.items())
    return Computed(products, work.parameters)


def content_in(path: Path) -> Content:
    """Values of a file that was pretended; of another one its checksum."""
    found = path.read_bytes()
    try:
        full, coast = json.loads(found)
    except ValueError:
        full = coast = hashlib.sha256(found).hexdigest()
    return full, coast


def _written(folder: Path, kind: FileType, values: Content) -> Product:
    path = folder / f"{kind}.nc"
    path.write_text(json.dumps(values))
    known = hashlib.sha256(values[0].encode()).hexdigest()
    return Product(kind, path, Description({"variables": []}, b"", known, {}))


def is_held(work: Work, folder: Path) -> Computed:
    """Wait, half-done, for as long as the test wants."""
    (work.folder / "half.nc").write_bytes(b"half")
    while not (folder / GATE).exists():
        time.sleep(0.02)
    return pretends(work, folder)


def never_ends(_work: Work, folder: Path) -> Computed:
    """Start a program and wait for it."""
    print(LAST_WORDS, file=sys.stderr, flush=True)  # noqa: T201
    started = subprocess.Popen(["/bin/sleep", "3600"])
    (folder / LEFT).write_text(str(started.pid))
    started.wait()
    raise AssertionError("it ended")


def crashes(_work: Work, _folder: Path) -> Computed:
    print(LAST_WORDS, file=sys.stderr, flush=True)  # noqa: T201
    ctypes.string_at(0)
    raise AssertionError("nothing is there")


def leaves(_work: Work, _folder: Path) -> Computed:
    print(LAST_WORDS, file=sys.stderr, flush=True)  # noqa: T201
    os._exit(7)


def says_nothing(_work: Work, _folder: Path) -> Computed:
    print(LAST_WORDS, file=sys.stderr, flush=True)  # noqa: T201
    os._exit(0)


def fills_the_disk(work: Work, _folder: Path) -> Computed:
    (work.folder / "half.nc").write_bytes(b"half")
    with Path("/dev/full").open("wb") as disk:
        disk.write(b"\0" * 2**20)
    raise AssertionError("there was room")


def refuses(_work: Work, _folder: Path) -> Computed:
    raise StepRefused(NO_OCEAN)


WAYS: dict[str, Callable[[Work, Path], Computed]] = {
    "pretends": pretends,
    "is held": is_held,
    "never ends": never_ends,
    "crashes": crashes,
    "leaves": leaves,
    "says nothing": says_nothing,
    "fills the disk": fills_the_disk,
    "refuses": refuses,
}
