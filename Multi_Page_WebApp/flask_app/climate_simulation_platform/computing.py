"""What a step's own process does: compute, and describe the files for the pages.

Whoever hands out work names these functions and never loads what they need: imports of the science
stand within them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.examining import Description, describe
from climate_simulation_platform.records import REPEAT, Parameters
from climate_simulation_platform.workflow.model import UPLOADED

Report = Callable[[float, str], None]
"""Told how much is done, 0 to 1, and what is being done."""

GENERATED = "generated"
"""The ocean grid of a routing is made for its topography, unless it is `UPLOADED`."""

GRID_CHOICE = "coordinates"
"""Parameter of the routing that says which."""

_GRID, _WORK = 0.3, 0.9
"""Shares of the time after which the ocean grid and the files are there."""

MOST_TITLES = 5
"""Edits whose titles are kept with a revision."""


@dataclass(frozen=True)
class KeptGrid:
    """The newest ocean grid that was made for a topography.

    Parameters
    ----------
    parameters : mapping
        Those of the routing that made it.
    """

    path: Path
    revision: int
    parameters: Parameters


@dataclass(frozen=True)
class Work:
    """A step to be done.

    Parameters
    ----------
    inputs : mapping of FileType to Path
        What it reads.
    folder : Path
        Where its files go.
    grid : KeptGrid or None
        Kept as long as it suits.
    repeated : Path or None
        File that a person saved, whose edits are to be repeated; None for what is computed.
    """

    step: str
    inputs: Mapping[FileType, Path]
    parameters: Parameters
    folder: Path
    grid: KeptGrid | None = None
    repeated: Path | None = None


@dataclass(frozen=True)
class Product:
    """A file that was made, in the folder of the work.

    Parameters
    ----------
    note : str
        What distinguishes it, in a sentence; mostly empty.
    moves_coastline : bool
        False where edits that were repeated changed heights on land only.
    """

    file_type: FileType
    path: Path
    description: Description
    note: str = ""
    moves_coastline: bool = True


@dataclass(frozen=True)
class Computed:
    """What a step made.

    Parameters
    ----------
    parameters : mapping
        Those that were used, defaults included.
    sentences : tuple of str
        What the user should know of the run.
    """

    products: tuple[Product, ...]
    parameters: Parameters
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Grid:
    """The ocean grid of a routing, and what was done about it."""

    path: Path
    note: str
    made: bool = False


@dataclass
class _Made:
    files: dict[FileType, Path] = field(default_factory=dict)
    notes: dict[FileType, str] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)


def complete_parameters(step: str, given: Parameters) -> dict[str, Any]:
    """All parameters of a step of the platform, what was not given by its default.

    Raises
    ------
    InputRefused
        If there is no such parameter, or a value is of the wrong kind.
    """
    from climpy.steps import parameters_of

    grid, own = _parted(step, given)
    if FileType.COORDS not in STEPS[step].makes:
        return parameters_of(step, own)
    return {GRID_CHOICE: _grid_choice(given), **_grid_parameters(grid), **parameters_of(step, own)}


def compute(work: Work, progress: Report) -> Computed:
    """Do a step and describe what it made.

    Raises
    ------
    StepRefused
        If the science says no.
    InputRefused
        If edits cannot be repeated.
    OutputRefused
        If the files cannot be written.
    """
    from climpy.steps import run_step

    if work.repeated is not None:
        return _repeat(work, work.repeated, progress)
    parameters = complete_parameters(work.step, work.parameters)
    made = _Made()
    inputs = {file_type.value: path for file_type, path in work.inputs.items()}
    begin = 0.0
    if FileType.COORDS in STEPS[work.step].makes:
        grid = _grid(work, parameters, _part(progress, 0.0, _GRID))
        inputs[FileType.COORDS.value] = grid.path
        begin = _GRID
        made.sentences.append(grid.note)
        if grid.made:
            made.files[FileType.COORDS] = grid.path
            made.notes[FileType.COORDS] = grid.note
    _, own = _parted(work.step, work.parameters)
    result = run_step(work.step, inputs, own, work.folder, progress=_part(progress, begin, _WORK))
    made.files.update({FileType(name): path for name, path in result.files.items()})
    made.sentences.extend(result.figures.get("warnings", ()))
    return Computed(_described(made, progress), parameters, tuple(made.sentences))


def edit_parameters(path: Path, figures: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of the edits that an edited file carries, with its revision.

    Parameters
    ----------
    figures : mapping
        Those of what was saved.
    """
    from climpy.interactive.saving import edits_of

    edits = edits_of(path)
    titles = [] if edits is None else [edit.title for edit in edits.edits]
    return {
        "edits": len(titles),
        "titles": titles[:MOST_TITLES],
        "variable": figures["variable"],
        "index": list(figures["index"]),
    }


def _repeat(work: Work, before: Path, progress: Report) -> Computed:
    """Do a person's edits once more, on newer input."""
    from climpy.interactive.saving import repeat

    progress(0.0, "Repeating the edits")
    sources = {file_type.value: path for file_type, path in work.inputs.items()}
    saved = repeat(before, sources, work.folder, step=work.step)
    progress(_WORK, "Describing the files")
    product = Product(
        FileType(saved.file_type),
        saved.path,
        describe(saved.path, saved.file_type),
        f"The edits of revision {work.parameters[REPEAT]} repeated.",
        saved.moves_coastline,
    )
    kept = {**work.parameters, **edit_parameters(saved.path, saved.figures)}
    return Computed((product,), kept, saved.notes)


def _described(made: _Made, progress: Report) -> tuple[Product, ...]:
    products = []
    for number, (file_type, path) in enumerate(made.files.items()):
        progress(_WORK + (1.0 - _WORK) * number / len(made.files), "Describing the files")
        note = made.notes.get(file_type, "")
        products.append(Product(file_type, path, describe(path, file_type.value), note))
    return tuple(products)


def _grid(work: Work, parameters: Parameters, progress: Report) -> _Grid:
    """The uploaded ocean grid, the one that was made before, or a new one."""
    from climpy.steps import run_step

    raw = work.inputs[FileType.RAW]
    if parameters[GRID_CHOICE] == UPLOADED:
        return _uploaded(work.inputs[FileType.COORDS], raw)
    wanted = {name: parameters[name] for name in _grid_parameters({})}
    why, kept = _kept(work.grid, wanted, raw)
    if kept is not None:
        return kept
    result = run_step("coords", {"raw": raw}, wanted, work.folder, progress=progress)
    places = _places(result.figures.get("poles", ()))
    note = f"A new ocean grid was made{why}, with its poles {places}."
    return _Grid(result.files["coords"], note, made=True)


def _uploaded(path: Path, raw: Path) -> _Grid:
    from climpy.errors import StepRefused
    from climpy.steps import grid_still_on_land

    on_land, poles = grid_still_on_land(path, raw)
    if not on_land:
        raise StepRefused(
            f"The uploaded ocean grid has its poles {_places(poles)}; both must lie on land: "
            "upload another grid, or have one generated."
        )
    return _Grid(path, f"The uploaded ocean grid was used, with its poles {_places(poles)}.")


def _kept(grid: KeptGrid | None, wanted: Parameters, raw: Path) -> tuple[str, _Grid | None]:
    """The grid that was made before if it still suits, else why not."""
    from climpy.steps import grid_still_on_land

    if grid is None:
        return "", None
    if _grid_parameters(_parted("routing", grid.parameters)[0]) != wanted:
        return " as other poles were asked for", None
    on_land, poles = grid_still_on_land(grid.path, raw)
    if not on_land:
        return f", as a pole of revision {grid.revision} is no longer on land", None
    note = f"The ocean grid of revision {grid.revision} was kept, with its poles {_places(poles)}."
    return "", _Grid(grid.path, note)


def _places(poles: Any) -> str:
    from climpy.grids.pole_pairs import place_name

    return " and ".join(
        f"at {place_name(pole['latitude'], pole['longitude'])} "
        f"({abs(pole['margin_km']):.0f} km {'from the sea' if pole['margin_km'] > 0 else 'at sea'})"
        for pole in poles
    )


def _parted(step: str, given: Parameters) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters of the ocean grid, and the step's own."""
    if FileType.COORDS not in STEPS[step].makes:
        return {}, dict(given)
    names = {GRID_CHOICE, *_grid_parameters({})}
    grid = {name: value for name, value in given.items() if name in names}
    return grid, {name: value for name, value in given.items() if name not in names}


def _grid_parameters(given: Parameters) -> dict[str, Any]:
    from climpy.steps import parameters_of

    return parameters_of(
        "coords", {name: value for name, value in given.items() if name != GRID_CHOICE}
    )


def _grid_choice(given: Parameters) -> str:
    from climpy.errors import InputRefused

    choice = given.get(GRID_CHOICE, GENERATED)
    if choice not in (GENERATED, UPLOADED):
        raise InputRefused(
            f"routing: {GRID_CHOICE} must be {GENERATED} or {UPLOADED}, not {choice!r}."
        )
    return str(choice)


def _part(progress: Report, begin: float, end: float) -> Report:
    """Tell the progress of a part as that of the whole."""
    return lambda share, phase: progress(begin * (1.0 - share) + end * share, phase)
