"""The engine `mosaix`: the library YAC, in a process of its own, remaps conservatively."""

import importlib.util
import re
import sys
from pathlib import Path

from climpy.bc.ipsl.weights import modern, yac_program, yac_requests
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.yac_requests import FoundLinks
from climpy.errors import OutputRefused, StepRefused
from climpy.steps.defining import Tell
from climpy.steps.engines import run_program

SECONDS = 1800.0
"""Longest time of the process; it takes a few seconds for the usual grids."""

_FATAL = re.compile(r"^Fatal error in [^\n]*?: (?:ERROR\(\w+\): )?(?:ERROR: )?(.*)$", re.MULTILINE)


def find_links(
    on: Planet,
    folder: Path,
    tell: Tell,
    *,
    seconds: float = SECONDS,
    module: str = yac_program.__name__,
) -> FoundLinks:
    """Have YAC find the links of `modern.JOBS`.

    Parameters
    ----------
    folder : Path
        For its files; empty again afterwards.
    seconds : float
        How long it may take.
    module : str
        What Python runs.

    Raises
    ------
    InputRefused
        If a cell that counts has no area.
    StepRefused
        If YAC is not there, gives up, takes too long, or writes nothing that makes sense.
    OutputRefused
        If the folder cannot be written.
    """
    if importlib.util.find_spec("yac") is None:
        raise StepRefused(
            "The library YAC is not installed here; install libopenmpi3 and the Python package yac."
        )
    grids = modern.meshes(on)
    asked, answer = folder / "request.npz", folder / "links.npz"
    try:
        asked.write_bytes(yac_requests.request_as_bytes(grids, modern.JOBS))
        run_program(
            [sys.executable, "-P", "-m", module, asked, answer],
            name="The library YAC",
            folder=folder,
            seconds=seconds,
            environment=environment(folder),
            progress=tell,
            last_words=cause,
        )
        return yac_requests.read_answer(answer, grids, modern.JOBS)
    except OSError as trouble:
        raise OutputRefused(f"{folder} cannot be written: {trouble.strerror}.") from trouble
    finally:
        for file in (asked, answer):
            file.unlink(missing_ok=True)


def environment(folder: Path) -> dict[str, str]:
    """Variables with which MPI starts on its own: no daemon, no network, files in the folder."""
    return {
        "OMPI_MCA_ess_singleton_isolated": "1",
        "OMPI_MCA_btl": "self",
        "OMP_NUM_THREADS": "1",
        "TMPDIR": str(folder),
    }


def cause(words: str) -> str:
    """Why YAC gave up, from all that was said before MPI ended the process."""
    fatal = _FATAL.search(words)
    said = [line.strip() for line in words.splitlines() if line.strip(" -")]
    banner = next((n for n, line in enumerate(said) if line.startswith("MPI_ABORT")), len(said))
    lines = [fatal[1]] if fatal else said[:banner]
    return lines[-1] if lines else ""
