"""The step graph: which steps there are, who does them, what they read, write and make stale.

Everything else about steps (their order, what depends on what, who writes a file) is a function
of the one mapping `STEPS`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

ENGINE = "engine"
"""Parameter that chooses among the workers of a step."""


class Worker(StrEnum):
    """Who does a step."""

    PYTHON = "python"
    PANEL = "panel"
    MOSAIC = "mosaic"
    MOSAIX = "mosaix"


class FileType(StrEnum):
    """The files that belong to one topography."""

    RAW = "raw"
    COORDS = "coords"
    ROUTING = "routing"
    BATHY = "bathy"
    SOILS = "soils"
    TOPO_HIGH_RES = "topo_high_res"
    PFT = "pft"
    SUB_BASINS = "sub_basins"
    HEATFLOW = "heatflow"
    AHMCOEF = "ahmcoef"
    WEIGHTS = "weights"

    @property
    def packed(self) -> bool:
        """Whether it is an archive of several files, in which no field can be drawn or edited."""
        return self is FileType.WEIGHTS

    @property
    def ending(self) -> str:
        """How the name of such a file ends."""
        return ".tar.gz" if self.packed else ".nc"


class Runs(StrEnum):
    """When a step runs without being asked."""

    ON_REQUEST = "on request"
    """Never: it needs parameters each time, or a person."""

    WITH_LAST_PARAMETERS = "with its last parameters"
    """Once somebody gave it parameters."""

    BY_ITSELF = "by itself"
    """Always: it has no parameters."""


@dataclass(frozen=True)
class Step:
    """One step of the workflow.

    Parameters
    ----------
    workers : tuple of Worker
        Who can do it; where there are several engines, the parameter `engine` chooses.
    reads, writes : tuple of FileType
        Files it needs and files it makes a new revision of.
    invalidates : tuple of str
        Steps whose results are out of date once this one is done, direct ones only.
    runs : Runs
        When it runs without being asked.
    makes : tuple of FileType
        Those of `reads` that the step makes itself unless it is told to read uploaded ones.
    proposes : bool
        Whether a worker makes a first proposal of what a person decides.
    """

    workers: tuple[Worker, ...]
    reads: tuple[FileType, ...]
    writes: tuple[FileType, ...]
    invalidates: tuple[str, ...]
    runs: Runs
    makes: tuple[FileType, ...] = ()
    proposes: bool = False

    @property
    def by_person(self) -> bool:
        """Whether a person's eye decides; such a step holds nothing back."""
        return Worker.PANEL in self.workers

    @property
    def computed(self) -> bool:
        """Whether a worker does it when it is asked for.

        Of other steps a worker only repeats what a person did.
        """
        return self.proposes or not self.by_person

    @property
    def edits(self) -> FileType | None:
        """The file that a person makes; None for a step that is computed alone."""
        return self.writes[0] if self.by_person else None


STEPS: dict[str, Step] = {
    "regrid": Step(
        workers=(Worker.PYTHON,),
        reads=(FileType.RAW,),
        writes=(FileType.RAW,),
        invalidates=("internal_oceans", "routing"),
        runs=Runs.ON_REQUEST,
    ),
    "internal_oceans": Step(
        workers=(Worker.PANEL, Worker.PYTHON),
        reads=(FileType.RAW,),
        writes=(FileType.RAW,),
        invalidates=("routing",),
        runs=Runs.ON_REQUEST,
    ),
    "routing": Step(
        workers=(Worker.PYTHON,),
        reads=(FileType.RAW, FileType.COORDS),
        writes=(FileType.ROUTING, FileType.BATHY, FileType.SOILS, FileType.TOPO_HIGH_RES),
        invalidates=(
            "pft",
            "passage_problems",
            "subbasins",
            "heatflow",
            "ahmcoef",
            "calculate_weights",
        ),
        runs=Runs.WITH_LAST_PARAMETERS,
        makes=(FileType.COORDS,),
    ),
    "pft": Step(
        workers=(Worker.PYTHON,),
        reads=(FileType.ROUTING,),
        writes=(FileType.PFT,),
        invalidates=(),
        runs=Runs.WITH_LAST_PARAMETERS,
    ),
    "passage_problems": Step(
        workers=(Worker.PANEL, Worker.PYTHON),
        reads=(FileType.BATHY,),
        writes=(FileType.BATHY,),
        invalidates=("subbasins", "heatflow", "ahmcoef", "calculate_weights"),
        runs=Runs.ON_REQUEST,
    ),
    "subbasins": Step(
        workers=(Worker.PANEL, Worker.PYTHON),
        reads=(FileType.BATHY,),
        writes=(FileType.SUB_BASINS,),
        invalidates=("calculate_weights",),
        runs=Runs.ON_REQUEST,
        proposes=True,
    ),
    "heatflow": Step(
        workers=(Worker.PYTHON,),
        reads=(FileType.BATHY,),
        writes=(FileType.HEATFLOW,),
        invalidates=(),
        runs=Runs.BY_ITSELF,
    ),
    "ahmcoef": Step(
        workers=(Worker.PYTHON,),
        reads=(FileType.BATHY,),
        writes=(FileType.AHMCOEF,),
        invalidates=(),
        runs=Runs.BY_ITSELF,
    ),
    "calculate_weights": Step(
        workers=(Worker.MOSAIC, Worker.MOSAIX),
        reads=(FileType.BATHY, FileType.COORDS, FileType.SUB_BASINS),
        writes=(FileType.WEIGHTS,),
        invalidates=(),
        runs=Runs.WITH_LAST_PARAMETERS,
    ),
}


def direct_dependants(step: str) -> tuple[str, ...]:
    """Steps that read what a step wrote, in the order in which they run."""
    return in_order(STEPS[step].invalidates)


def dependants(step: str) -> tuple[str, ...]:
    """Every step that is out of date once a step is done, in the order in which they run."""
    return in_order(_reachable(step, lambda name: STEPS[name].invalidates))


def prerequisites(step: str) -> tuple[str, ...]:
    """Every step that a step's result depends on, in the order in which they run."""
    return in_order(_reachable(step, _direct_prerequisites))


def in_order(steps: Iterable[str]) -> tuple[str, ...]:
    """Put steps in an order in which each comes after all that it depends on."""
    chosen = set(steps)
    return tuple(name for name in ORDER if name in chosen)


def writers(file_type: FileType) -> tuple[str, ...]:
    """Steps that make a revision of a file, in the order in which they run."""
    return tuple(name for name in ORDER if file_type in STEPS[name].writes)


def readers(file_type: FileType) -> tuple[str, ...]:
    """Steps that need a file, in the order in which they run."""
    return tuple(name for name in ORDER if file_type in STEPS[name].reads)


def direct_prerequisites(step: str) -> tuple[str, ...]:
    """Steps whose results a step reads, in the order in which they run."""
    return in_order(_direct_prerequisites(step))


def steps_of(worker: Worker) -> tuple[str, ...]:
    """Steps that a worker can do, in the order in which they run."""
    return tuple(name for name in ORDER if worker in STEPS[name].workers)


def editor_of(file_type: FileType) -> str | None:
    """The step whose revision an edit of a file becomes; None for what is not edited.

    The last one that a person does, else the one that makes the file.
    """
    if file_type.packed:
        return None
    makers = writers(file_type)
    by_persons = [step for step in makers if STEPS[step].edits is file_type]
    return next(reversed([*makers, *by_persons]), None)


def computed_by(step: str, parameters: Mapping[str, object]) -> Worker:
    """The worker that computes a step; where there are several, its parameter `engine` chooses."""
    computing = [worker for worker in STEPS[step].workers if worker is not Worker.PANEL]
    if not computing:
        raise ValueError(f"{step} is computed by nobody.")
    chosen = [worker for worker in computing if worker == parameters.get(ENGINE)]
    return (chosen or computing)[0]


def _direct_prerequisites(step: str) -> tuple[str, ...]:
    return tuple(name for name, definition in STEPS.items() if step in definition.invalidates)


def _reachable(step: str, neighbours: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(neighbours(step))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(neighbours(name))
    return found


def _ordered() -> tuple[str, ...]:
    """Names of all steps, each after those it depends on, else as they stand in `STEPS`."""
    order: list[str] = []
    while len(order) < len(STEPS):
        ready = [
            name
            for name in STEPS
            if name not in order and set(_direct_prerequisites(name)) <= set(order)
        ]
        if not ready:
            raise ValueError(f"The step graph has a loop among {sorted(set(STEPS) - set(order))}.")
        order.append(ready[0])
    return tuple(order)


ORDER = _ordered()
"""All steps, each after those that it depends on."""
