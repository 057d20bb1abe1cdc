"""What is kept of a set of weights, so that no page need unpack it: files, report, checks."""

import hashlib
import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from climpy.arrays import AnyArray
from climpy.bc.ipsl.weights import reading
from climpy.bc.ipsl.weights.oasis import Purpose, Remapping
from climpy.bc.ipsl.weights.reading import OceanFraction
from climpy.bc.ipsl.weights.verify import verify
from climpy.errors import InputRefused
from climpy.steps.archives import unpack
from climpy.steps.provenance import values_checksum
from climpy.steps.weights import REPORT

MOST_BARS = 20
"""Bars of a histogram; the last one counts all that lies beyond."""

SMALLEST_DECADE = -10
"""Power of ten of the smallest weights that are told apart."""


@dataclass(frozen=True)
class Histogram:
    """How often each number occurs.

    Parameters
    ----------
    bars : tuple of (label, count)
        In the order of the numbers.
    """

    title: str
    axis: str
    bars: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class SetDescription:
    """What is kept of a set.

    Parameters
    ----------
    about : mapping
        `files` (name, bytes, checksum of the values), `report`, `checks`, `histograms`; ready for
        JSON.
    fraction : OceanFraction
        For a small picture.
    values_sha256 : str
        Checksum of the values alone of all files.
    """

    about: Mapping[str, Any]
    fraction: OceanFraction
    values_sha256: str


def describe_set(path: Path) -> SetDescription:
    """Unpack a set and look at everything in it.

    Raises
    ------
    InputRefused
        If it is no archive of weights.
    """
    with tempfile.TemporaryDirectory(prefix="weights-") as scratch:
        folder = Path(scratch)
        files = [_file(folder, file) for file in sorted(unpack(path, folder))]
        known = reading.remappings(folder)
        checks = [{**asdict(found), "passed": found.passed} for found in verify(folder)]
        about = {
            "files": files,
            "report": _report(folder, path.name),
            "checks": checks,
            "histograms": [asdict(histogram) for histogram in histograms(known)],
        }
        fraction = reading.ocean_fraction(known)
    total = hashlib.sha256()
    for file in files:
        total.update(json.dumps([file["name"], file["values_sha256"]]).encode())
    return SetDescription(about, fraction, total.hexdigest())


def _file(folder: Path, file: Path) -> dict[str, Any]:
    content = values_checksum(file) if file.suffix == ".nc" else _checksum(file)
    name = file.relative_to(folder).as_posix()
    return {"name": name, "bytes": file.stat().st_size, "values_sha256": content}


def _checksum(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _report(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError) as trouble:
        raise InputRefused(f"{name} has no report of how it was made.") from trouble
    if not isinstance(found, dict):
        raise InputRefused(f"{name} has no report of how it was made.")
    return found


def histograms(known: Mapping[Purpose, Remapping]) -> tuple[Histogram, ...]:
    """Links of each cell that has any, and sizes of the weights of the mean over the ocean."""
    mean, flux, rivers = (
        known.get(purpose) for purpose in (Purpose.MEAN, Purpose.FLUX, Purpose.RIVERS)
    )
    made = []
    if mean is not None:
        title = "Ocean cells below each atmosphere cell"
        made.append(Histogram(title, "ocean cells", _counted(mean.links.target)))
    if flux is not None:
        title = "Atmosphere cells above each ocean cell"
        made.append(Histogram(title, "atmosphere cells", _counted(flux.links.target)))
    if rivers is not None:
        title = "Ocean cells that the rivers of a land cell reach"
        made.append(Histogram(title, "ocean cells", _counted(rivers.links.source)))
    if mean is not None:
        title = "Weights from the ocean to the atmosphere"
        made.append(Histogram(title, "weight", _decades(mean.links.weight)))
    return tuple(made)


def _counted(cells: AnyArray) -> tuple[tuple[str, int], ...]:
    """How many cells have 1, 2, 3 ... links."""
    each = np.bincount(cells)
    numbers = np.bincount(np.minimum(each[each > 0], MOST_BARS), minlength=2)[1:]
    labels = [str(number) for number in range(1, numbers.size + 1)]
    if numbers.size == MOST_BARS:
        labels[-1] += "+"
    return tuple(zip(labels, numbers.tolist(), strict=True))


def _decades(weights: AnyArray) -> tuple[tuple[str, int], ...]:
    """How many weights lie in each power of ten, the smallest ones together."""
    positive = weights[weights > 0.0]
    powers = np.clip(np.floor(np.log10(positive) + 1e-12), SMALLEST_DECADE, 0).astype(np.int64)
    counts = np.bincount(powers - SMALLEST_DECADE, minlength=1 - SMALLEST_DECADE)
    return tuple(
        (f"1e{SMALLEST_DECADE + k}" if k < counts.size - 1 else "1", count)
        for k, count in enumerate(counts.tolist())
    )
