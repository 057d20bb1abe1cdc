"""Edited files as the platform keeps them; runs in a sandbox: plain values in, plain values out."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from climpy.errors import InputRefused
from climpy.interactive import limits, notation
from climpy.interactive.desk import Marks
from climpy.interactive.editing import (
    EDITS,
    STEP,
    Edited,
    attribute_of,
    carried,
    counted,
    edits_of,
    field_of,
    titles,
    with_words,
)
from climpy.interactive.edits import EditList, GridMark, all_edits
from climpy.interactive.looking import open_for
from climpy.interactive.session import Session, checksum_of, replay
from climpy.steps.provenance import checksum, provenance

__all__ = ["EditRequest", "SavedEdit", "edits_of", "marks_of", "repeat", "save"]

MARKS = "marks"
"""Global attribute: what a person decided about what the checks found, as JSON."""

_MOST_MARKS = 10_000


@dataclass(frozen=True)
class EditRequest:
    """What is to be saved.

    Parameters
    ----------
    step : {"internal_oceans", "passage_problems", "subbasins", "edit"}
        As which step of the workflow; "edit" for any other file.
    sources : mapping of file type to Path
        What was edited, see `climpy.interactive.looking.open_for`.
    edits : str
        The edits as JSON: a list, or a session, of which the edits in force are done.
    variable : str
        Which field, for "edit"; the one to begin with if empty.
    index : tuple of int
        Place along further axes.
    marks : Marks
        What a person decided about what the checks found.
    description : str
        What a person says about the result.
    words : str
        More words for the history.
    names : mapping of file type to str
        What the history calls the sources; their own names if not given.
    method : {"thirds", "connected"}
        How basins are proposed where none were painted.
    """

    step: str
    sources: Mapping[str, Path]
    edits: str
    variable: str = ""
    index: tuple[int, ...] = ()
    marks: Marks = field(default_factory=Marks)
    description: str = ""
    words: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    method: str = "thirds"


@dataclass(frozen=True)
class SavedEdit:
    """What was saved.

    Parameters
    ----------
    file_type : str
        Of the file that was made.
    path : Path
        Where it is.
    figures : mapping
        Ready for JSON: `kind`, `variable`, `index`, `edits` (number, title, cells_chosen,
        cells_changed, cells_across_coast of each), `cells_changed`, `cells_across_coast`,
        `coastline_moved`, `ocean_changed`.
    notes : tuple of str
        Sentences about what is not as it was, and what should be looked at.
    """

    file_type: str
    path: Path
    figures: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    @property
    def moves_coastline(self) -> bool:
        """Whether the bathymetry follows: the coastline moved or depths changed, not land alone."""
        return bool(self.figures["ocean_changed"])


def save(request: EditRequest, folder: Path) -> SavedEdit:
    """Do the edits and write the file that comes of it, named `<file type>.nc`.

    Parameters
    ----------
    request : EditRequest
        What is to be saved.
    folder : Path
        Where; it exists.

    Raises
    ------
    InputRefused, StepRefused
        If a file cannot be used, the edits are not for it, or give other values than the editor
        showed, or the result cannot be written.
    OutputRefused
        If the folder cannot be written.
    """
    opened = open_for(
        request.step, request.sources, request.variable or None, request.index, request.method
    )
    opened.require_editable()
    _, shown = all_edits(notation.read(request.edits))
    session, report = replay(EditList.from_json(request.edits), opened.field)
    if (
        shown is not None
        and shown["base_sha256"] == session.base_checksum
        and shown["values_sha256"] != checksum_of(session.values)
    ):
        raise InputRefused(
            "The edits give other values here than the editor showed; open it again, look at the "
            "result, and save it then."
        )
    return _written(request, Edited(opened, session, report), folder)


def _written(
    request: EditRequest, edited: Edited, folder: Path, kept: EditList | None = None
) -> SavedEdit:
    """Write the file; it carries the edits, or those that are kept instead."""
    opened, attributes = edited.opened, _attributes(request, edited)
    if kept is not None:
        attributes[EDITS] = kept.to_json()
    file_type = next(iter(request.sources)) if request.step == STEP else opened.file_type
    target = folder / f"{file_type}.nc"
    notes = opened.write(edited.session.values, target, attributes)
    figures = {"variable": opened.variable, "index": list(opened.index), **edited.figures()}
    return SavedEdit(file_type, target, figures, (*notes, *opened.warnings))


def _attributes(request: EditRequest, edited: Edited) -> dict[str, str]:
    checksums = {name: checksum(path) for name, path in request.sources.items()}
    checksums["edits"] = hashlib.sha256(request.edits.encode()).hexdigest()
    chosen: dict[str, Any] = {"edits": titles(edited)}
    if request.description:
        chosen["description"] = request.description
    if request.step == "subbasins":
        chosen["method"] = request.method
    origin = provenance(request.step, chosen, request.sources, checksums, request.names)
    words = ", ".join(filter(None, (counted(edited), request.words)))
    attributes = {**with_words(origin, words), **carried(edited, step=request.step)}
    attributes[MARKS] = _text_of(request.marks)
    return attributes


def _text_of(marks: Marks) -> str:
    content = {
        "kept_seas": [list(place) for place in marks.kept_seas],
        "intended_passages": [list(place) for place in marks.intended_passages],
    }
    return json.dumps(content)


def marks_of(path: Path) -> Marks:
    """The marks that a saved file carries; none if it carries none.

    Raises
    ------
    InputRefused
        If the file cannot be opened, or they are no marks.
    """
    text = attribute_of(path, MARKS)
    if not text:
        return Marks()
    try:
        names = ("kept_seas", "intended_passages")
        content = notation.mapping("The marks", notation.read(text), (), names)
        return Marks(*(_places(name, content.get(name, [])) for name in names))
    except InputRefused as refusal:
        raise InputRefused(f"{path.name}: {refusal}") from refusal


def _places(name: str, content: Any) -> tuple[tuple[float, float], ...]:
    return limits.points(name, content, "geographic", 0, _MOST_MARKS)


def repeat(
    before: Path,
    sources: Mapping[str, Path],
    folder: Path,
    *,
    step: str = "",
    words: str = "repeated",
    names: Mapping[str, str] | None = None,
) -> SavedEdit:
    """Do the edits that a saved file carries to newer input, and write the file anew.

    Edits in degrees are repeated on any grid, those in index space on the same one. On the same
    grid basins are carried on as they were painted, and new ocean takes the nearest ones.

    Parameters
    ----------
    before : Path
        The file that was saved.
    sources : mapping of file type to Path
        The newer input.
    folder : Path
        Where the result is written.
    step : str, optional
        As which step; that of the file if not given.
    words, names
        See `EditRequest`.

    Raises
    ------
    InputRefused, StepRefused
        If the file carries no edits, or they cannot be done here; the sentence says why.
    """
    edits = edits_of(before)
    if edits is None:
        raise InputRefused(f"{before.name} carries no edits that could be repeated.")
    step = step or attribute_of(before, "step")
    variable, index = field_of(before) if step == STEP else ("", ())
    request = EditRequest(
        step=step,
        sources=sources,
        edits=edits.to_json(),
        variable=variable,
        index=index,
        marks=marks_of(before),
        words=words,
        names=names or {},
    )
    if step == "subbasins":
        painting = open_for(step, {**sources, "sub_basins": before})
        if edits.grid is not None and edits.grid.matches(GridMark.of(painting.field)):
            carried_on = replace(request, sources={**sources, "sub_basins": before})
            unedited = Edited(painting, Session(painting.field), ())
            return _written(carried_on, unedited, folder, kept=edits)
    return save(request, folder)
