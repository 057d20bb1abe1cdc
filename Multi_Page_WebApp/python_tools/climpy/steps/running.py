"""Running one step: check what was given, compute, write all files or none."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from climpy.errors import InputRefused, OutputRefused
from climpy.io import whole_file, write
from climpy.steps.archives import Archive, write_archive
from climpy.steps.defining import Definition, Tell
from climpy.steps.definitions import DEFINITIONS
from climpy.steps.parameters import Given, read_parameters
from climpy.steps.provenance import checksum, provenance, titled
from climpy.unfinished import new_folder

_WORK = 0.8
"""Share of a step's time that passes before its first file is written, roughly."""

FILE_NAMES = {"raw": "regrid.nc", "weights": "weights.tar.gz"}
"""File names that are not simply the file type."""

ALWAYS_DOUBLE = ("raw", "coords")
"""Files that further steps compute from; the model's precision does not concern them."""

TITLES = {
    "raw": "Topography on a regular grid",
    "coords": "Coordinates of the ocean grid",
    "routing": "River routing",
    "bathy": "Bathymetry on the ocean grid",
    "soils": "Soil colour and texture",
    "topo_high_res": "Relief of the land at a sixth of a degree",
    "pft": "Plant functional types",
    "heatflow": "Geothermal heat flow into the ocean",
    "ahmcoef": "Coefficient of the lateral eddy viscosity",
    "sub_basins": "Masks of the Atlantic, Pacific and Indian oceans",
    "weights": "Weights of the coupler",
}
"""Title of each file."""


@dataclass(frozen=True)
class StepResult:
    """What a step wrote.

    Parameters
    ----------
    files : mapping of file type to Path
        What was written.
    figures : mapping
        Numbers and sentences about the result, ready for JSON.
    parameters : mapping
        What was chosen, defaults included.
    """

    files: Mapping[str, Path]
    figures: Mapping[str, Any]
    parameters: Mapping[str, Any]


def parameters_of(step: str, given: Given) -> dict[str, Any]:
    """All parameters of a step, what was not given by its default.

    Raises
    ------
    InputRefused
        If there is no such step or parameter, or a value is of the wrong kind.
    """
    return asdict(read_parameters(_definition(step).parameters, given, step))


def run_step(
    step: str,
    inputs: Mapping[str, Path],
    parameters: Given,
    folder: Path,
    *,
    precision: str = "float64",
    also: Mapping[str, Path] | None = None,
    progress: Tell | None = None,
) -> StepResult:
    """Do a step: its files appear in the folder together or not at all.

    Parameters
    ----------
    step : str
        Name of the step.
    inputs : mapping of file type to Path
        What it reads.
    parameters : mapping
        What is chosen; the rest has defaults.
    folder : Path
        Where its files go, called `<file type>.nc` (the topography `regrid.nc`); those of the same
        name are replaced.
    precision : {"float64", "float32"}
        Type of real numbers in files that the model reads.
    also : mapping of file type to Path, optional
        Files that it writes only on request, and where they go.
    progress : callable, optional
        Is told the share that is done, from 0 to 1 and never less than before, and in a few words
        what comes next.

    Raises
    ------
    StepRefused
        If the inputs or parameters cannot be used, or the science says no.
    OutputRefused
        If the files cannot be written.
    """
    definition = _definition(step)
    chosen: Any = read_parameters(definition.parameters, parameters, step)
    known = {n: inputs[n] for n in definition.reads + definition.optional if n in inputs}
    _require(known, definition.reads, step)
    asked = dict(also or {})
    _refuse_unknown(asked, definition.on_request, step)
    tell = progress or _silent
    tell(0.0, "reading")
    made = definition.work(known, chosen, lambda done, what: tell(_WORK * done, what))
    on_request = {name: made.on_request[name]() for name in asked}
    checksums = {name: checksum(path) for name, path in known.items()}
    attributes = provenance(step, asdict(chosen), known, checksums)
    with together(folder) as temporary, ExitStack() as elsewhere:
        for number, (name, content) in enumerate(made.contents.items()):
            written = number / len(made.contents)
            tell(_WORK + (1.0 - _WORK) * written, f"writing {_file_name(name)}")
            if isinstance(content, Archive):
                scratch = elsewhere.enter_context(new_folder(folder, "archive"))
                write_archive(temporary / _file_name(name), content, attributes, scratch)
                continue
            write(
                temporary / _file_name(name),
                content,
                provenance=titled(attributes, content, TITLES[name]),
                precision="float64" if name in ALWAYS_DOUBLE else precision,
            )
        for name, content in on_request.items():
            part = elsewhere.enter_context(whole_file(asked[name]))
            write(part, content, provenance=attributes, precision=precision)
    tell(1.0, "done")
    files = {name: folder / _file_name(name) for name in made.contents}
    return StepResult({**files, **asked}, made.figures, asdict(chosen))


def _silent(_done: float, _what: str) -> None:
    """Tell nobody."""


def output_names(step: str) -> tuple[str, ...]:
    """Names of the files that a step writes.

    Raises
    ------
    InputRefused
        If there is no such step.
    """
    return tuple(_file_name(file_type) for file_type in _definition(step).writes)


def _definition(step: str) -> Definition:
    if step not in DEFINITIONS:
        raise InputRefused(f"There is no step {step!r}; there are {', '.join(DEFINITIONS)}.")
    return DEFINITIONS[step]


def _require(inputs: Mapping[str, Path], names: tuple[str, ...], step: str) -> None:
    for name in names:
        if name not in inputs:
            raise InputRefused(f"The step {step} needs the file {name}, which was not given.")


def _refuse_unknown(asked: Mapping[str, Path], names: tuple[str, ...], step: str) -> None:
    for name in asked:
        if name not in names:
            raise InputRefused(
                f"The step {step} cannot write {name}; on request it writes "
                f"{', '.join(names) or 'nothing'}."
            )


def _file_name(file_type: str) -> str:
    return FILE_NAMES.get(file_type, f"{file_type}.nc")


@contextmanager
def together(folder: Path) -> Iterator[Path]:
    """Give a temporary folder whose files move into `folder` when the block ends well.

    Raises
    ------
    OutputRefused
        If the folder does not exist or is not writable.
    """
    with ExitStack() as stack:
        try:
            temporary = stack.enter_context(new_folder(folder, "step"))
        except (FileNotFoundError, NotADirectoryError) as trouble:
            raise OutputRefused(f"The folder {folder} does not exist.") from trouble
        except OSError as trouble:
            raise OutputRefused(
                f"The folder {folder} is not writable: {trouble.strerror}."
            ) from trouble
        yield temporary
        for file in sorted(temporary.iterdir()):
            file.replace(folder / file.name)
