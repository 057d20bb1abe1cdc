"""What an editor opens, for each step of the workflow and for any file; runs in a sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.interactive.basins import OpenedBasins, open_basins
from climpy.interactive.desk import Plane, Sheet
from climpy.interactive.editing import STEP
from climpy.interactive.opened import Opened, Placement, sheet_of, writing
from climpy.interactive.opening import corners_and_poles, open_field, open_plane, planes
from climpy.io import ModelFile, open_dataset

STEPS = ("internal_oceans", "passage_problems", "subbasins", STEP)
"""What edited files may be saved as: steps of the workflow, or just edited."""

_FIELDS = {"internal_oceans": ("raw", "topography"), "passage_problems": ("bathy", "bathymetry")}
"""File type and kind of the field that a step is about."""


@dataclass(frozen=True, eq=False)
class Looked:
    """What was found in a file.

    Parameters
    ----------
    sheet : Sheet
        The field, and all that is shown of it.
    planes : tuple of Plane
        What else can be opened.
    """

    sheet: Sheet
    planes: tuple[Plane, ...]


def look(
    sources: Path | Mapping[str, Path],
    variable: str | None = None,
    index: tuple[int, ...] = (),
    *,
    step: str = STEP,
    method: str = "thirds",
) -> Looked:
    """Open what an editor is about; plain values, so that they can leave a sandbox.

    Parameters
    ----------
    sources : Path or mapping of file type to Path
        The file; for a step of the workflow by type, see `open_for`.
    variable : str, optional
        Which one; the one to begin with if not given.
    index : tuple of int
        Place along each further axis.
    step : str
        One of `STEPS`.
    method : {"thirds", "connected"}
        How basins are proposed.

    Raises
    ------
    InputRefused
        If a file cannot be used; the sentence says why.
    """
    files = {"field": sources} if isinstance(sources, Path) else sources
    opened = open_for(step, files, variable, index, method)
    sheet = sheet_of(opened)
    if step != STEP:
        return Looked(sheet, (Plane(sheet.variable, sheet.title),))
    return Looked(sheet, planes(opened.path))


def open_for(
    step: str,
    sources: Mapping[str, Path],
    variable: str | None = None,
    index: tuple[int, ...] = (),
    method: str = "thirds",
) -> Opened:
    """Open the field that a step edits.

    Parameters
    ----------
    step : {"internal_oceans", "passage_problems", "subbasins", "edit"}
        The first two are about the topography and the bathymetry, the third about basins on a
        bathymetry, the last about any variable.
    sources : mapping of file type to Path
        `raw`; `bathy`; `bathy` and, if there is one, the last `sub_basins`; any one file.
    variable, index
        For "edit", see `open_plane`.
    method : {"thirds", "connected"}
        How basins are proposed.

    Raises
    ------
    InputRefused
        If a file is missing or cannot be used.
    """
    if step not in STEPS:
        raise InputRefused(f"The step must be one of {', '.join(STEPS)}, not {step!r}.")
    if step == STEP:
        if len(sources) != 1:
            raise InputRefused(f"One file can be edited at a time, not {len(sources)}.")
        return open_plane(next(iter(sources.values())), variable, index)
    if step == "subbasins":
        return _painting(_file(step, sources, "bathy"), sources.get("sub_basins"), method)
    file_type, kind = _FIELDS[step]
    path = _file(step, sources, file_type)
    opened = open_field(path)
    if opened.field.kind != kind:
        raise InputRefused(f"{path.name} holds no {kind}.")
    return opened


def _file(step: str, sources: Mapping[str, Path], file_type: str) -> Path:
    if file_type not in sources:
        raise InputRefused(f"{step} needs a file of the type {file_type}.")
    return sources[file_type]


def _painting(bathy: Path, before: Path | None, method: str) -> Opened:
    found = open_basins(bathy, before, method)
    with open_dataset(bathy) as dataset:
        corners, poles = corners_and_poles(dataset, found.ocean)
    return Opened(
        bathy,
        "sub_basins",
        found.field,
        writing(lambda codes: _content(found, codes)),
        Placement({}),
        variable="sub_basins",
        title="Ocean basins",
        corners=corners,
        poles=poles,
        highlights=found.highlights,
        notes=found.notes,
    )


def _content(found: OpenedBasins, codes: FloatArray) -> tuple[ModelFile, list[str]]:
    return found.content(codes), []
