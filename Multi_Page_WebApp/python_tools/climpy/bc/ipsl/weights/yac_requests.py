"""The two files through which the library YAC, in a process of its own, is asked and answers."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from climpy.arrays import AnyArray, FloatArray, IntArray, LongArray
from climpy.errors import StepRefused

MARK = "YAC 1"


class Normalisation(StrEnum):
    """What the part of a target cell that is in common with a source cell is divided by."""

    DESTAREA = "destarea"
    """The area of the target cell."""

    FRACAREA = "fracarea"
    """The area of the target cell that source cells cover."""


@dataclass(frozen=True)
class Job:
    """A conservative remapping to work out.

    Parameters
    ----------
    name : str
        What its links are called in the answer.
    source, target : str
        Names of the grids.
    order : {1, 2}
        The second takes gradients into account.
    normalisation : Normalisation
        See there.
    sources_linked_by : str or None
        Name of an earlier job; only what had a link there, as its target, is a source here.
    """

    name: str
    source: str
    target: str
    order: int
    normalisation: Normalisation
    sources_linked_by: str | None = None


@dataclass(frozen=True, eq=False)
class Mesh:
    """Cells of any form with great circles as edges; cells that do not count are not among them.

    Parameters
    ----------
    corners : (n,) int32
        How many each cell has.
    vertices : (sum of corners,) int32
        Which places they are, cell after cell, counter-clockwise.
    longitudes, latitudes : (m,) float64
        The places [degrees], each once.
    addresses : (n,) int64
        Flat index of each cell in its grid.
    size : int
        Number of cells of the whole grid.
    """

    corners: IntArray
    vertices: IntArray
    longitudes: FloatArray
    latitudes: FloatArray
    addresses: LongArray
    size: int


@dataclass(frozen=True, eq=False)
class Regular:
    """Cells between meridians and circles of latitude, all round the globe.

    Parameters
    ----------
    longitudes : (nx,) float64
        Western edges [degrees].
    latitudes : (ny + 1,) float64
        Edges [degrees].
    """

    longitudes: FloatArray
    latitudes: FloatArray

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.longitudes.size * (self.latitudes.size - 1)


Grids = Mapping[str, Mesh | Regular]

FoundLinks = Mapping[str, tuple[IntArray, IntArray, FloatArray]]
"""By name of the job: flat indices of source and target cells, and weights."""

_MESH = ("corners", "vertices", "longitudes", "latitudes", "addresses")
_REGULAR = ("longitudes", "latitudes")


def request_as_bytes(grids: Grids, jobs: Sequence[Job]) -> bytes:
    """What the process reads."""
    arrays: dict[str, AnyArray] = {}
    sizes = {}
    for name, grid in grids.items():
        parts = _MESH if isinstance(grid, Mesh) else _REGULAR
        arrays |= {f"{name}.{part}": getattr(grid, part) for part in parts}
        sizes[name] = grid.size
    said = {"mark": MARK, "sizes": sizes, "jobs": [asdict(job) for job in jobs]}
    arrays["said"] = np.array(json.dumps(said))
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


def read_request(path: Path) -> tuple[dict[str, Mesh | Regular], tuple[Job, ...]]:
    """Grids by name, and what to work out."""
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as content:
        said = json.loads(str(content["said"]))
        if said["mark"] != MARK:
            raise ValueError(f"the request is {said['mark']}, not {MARK}")
        grids: dict[str, Mesh | Regular] = {}
        for name, size in said["sizes"].items():
            if f"{name}.addresses" in content:
                parts = {part: content[f"{name}.{part}"] for part in _MESH}
                grids[name] = Mesh(**parts, size=size)
            else:
                grids[name] = Regular(**{part: content[f"{name}.{part}"] for part in _REGULAR})
    jobs = tuple(
        Job(**{**job, "normalisation": Normalisation(job["normalisation"])}) for job in said["jobs"]
    )
    return grids, jobs


def answer_as_bytes(found: FoundLinks) -> bytes:
    """What the process writes."""
    arrays: dict[str, AnyArray] = {}
    for name, (source, target, weight) in found.items():
        arrays |= {f"{name}.source": source, f"{name}.target": target, f"{name}.weight": weight}
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **arrays)
    return content.getvalue()


_LINKS = ("source", "target", "weight")


def read_answer(path: Path, grids: Grids, jobs: Sequence[Job]) -> FoundLinks:
    """What the process answered.

    Raises
    ------
    StepRefused
        If the file is not there, cut off, or not about these grids.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as content:
            found = {
                job.name: _checked(job, grids, *(content[f"{job.name}.{p}"] for p in _LINKS))
                for job in jobs
            }
    except FileNotFoundError as trouble:
        raise StepRefused("The library YAC wrote no links.") from trouble
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as trouble:
        raise StepRefused("The links that YAC wrote are cut off or damaged.") from trouble
    return found


def _checked(
    job: Job, grids: Grids, source: AnyArray, target: AnyArray, weight: AnyArray
) -> tuple[IntArray, IntArray, FloatArray]:
    if not source.shape == target.shape == weight.shape or weight.ndim != 1:
        raise StepRefused("The links that YAC wrote are cut off or damaged.")
    for cells, grid in ((source, grids[job.source]), (target, grids[job.target])):
        if cells.dtype.kind != "i" or not _all_known(cells, grid):
            raise StepRefused("The links that YAC wrote are not about these cells.")
    if not np.isfinite(weight).all():
        raise StepRefused("The weights that YAC wrote are no numbers.")
    return source.astype(np.int32), target.astype(np.int32), weight.astype(np.float64)


def _all_known(cells: AnyArray, grid: Mesh | Regular) -> bool:
    if cells.size and not 0 <= cells.min() <= cells.max() < grid.size:
        return False
    known = np.ones(grid.size, dtype=bool)
    if isinstance(grid, Mesh):
        known[:] = False
        known[grid.addresses] = True
    return bool(known[cells].all())
