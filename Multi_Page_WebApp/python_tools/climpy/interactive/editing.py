"""Edits on files: repeated on one, and what comes of it written whole or not at all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from climpy.errors import InputRefused
from climpy.interactive import limits
from climpy.interactive.edits import EditList
from climpy.interactive.opening import Opened, open_field, open_plane
from climpy.interactive.script import script
from climpy.interactive.session import Replayed, Session, replay
from climpy.io import open_dataset, whole_file
from climpy.steps.provenance import checksum, provenance

STEP = "edit"
"""What files call this in their attribute `step`; a step of the workflow it is not."""

EDITS, FIELD, INDEX = "edits", "edited_variable", "edited_index"
"""Global attributes: a list of edits as JSON, and what was edited."""


def read_edits(path: Path) -> EditList:
    """Read a list of edits, or those in force in a saved session, from a JSON file.

    Parameters
    ----------
    path : Path
        JSON, or a NetCDF file that carries edits.

    Raises
    ------
    InputRefused
        If the file cannot be read or is no such list.
    """
    try:
        if not path.is_file():
            raise InputRefused(f"{path} is no file.")
        with path.open("rb") as stream:
            netcdf = stream.read(4) in (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF")
        if not netcdf and path.stat().st_size > 4 * limits.LONGEST_TEXT:
            raise InputRefused(f"{path.name} is too long: {path.stat().st_size} bytes.")
        content = b"" if netcdf else path.read_bytes()
    except OSError as trouble:
        raise InputRefused(f"The file {path} cannot be read: {trouble.strerror}.") from trouble
    if netcdf:
        edits = edits_of(path)
        if edits is None:
            raise InputRefused(f"{path.name} carries no edits.")
        return edits
    try:
        return EditList.from_json(content)
    except InputRefused as refusal:
        raise InputRefused(f"{path.name}: {refusal}") from refusal


def edits_of(path: Path) -> EditList | None:
    """The edits that a file carries, as an editor or `climate-sim edit` left them; None if none.

    Raises
    ------
    InputRefused
        If the file cannot be opened, or what it carries is no list of edits.
    """
    text = attribute_of(path, EDITS)
    if not text:
        return None
    try:
        return EditList.from_json(text)
    except InputRefused as refusal:
        raise InputRefused(f"{path.name}: {refusal}") from refusal


def field_of(path: Path) -> tuple[str, tuple[int, ...]]:
    """Which variable the edits that a file carries were done to, and the place along further axes.

    Raises
    ------
    InputRefused
        If the file cannot be opened or does not say it.
    """
    try:
        index = json.loads(attribute_of(path, INDEX) or "[]")
        return attribute_of(path, FIELD), tuple(int(place) for place in index)
    except (ValueError, TypeError) as trouble:
        raise InputRefused(f"{path.name} does not say which field was edited.") from trouble


def attribute_of(path: Path, name: str) -> str:
    """Text of a global attribute; empty if there is none.

    Raises
    ------
    InputRefused
        If the file cannot be opened.
    """
    with open_dataset(path) as dataset:
        return str(dataset.getncattr(name)) if name in dataset.ncattrs() else ""


@dataclass(frozen=True, eq=False)
class Edited:
    """A file with edits done to its field, not yet written.

    Parameters
    ----------
    opened : Opened
        The file as it was.
    session : Session
        The field as it is now.
    report : list of Replayed
        What each edit did.
    """

    opened: Opened
    session: Session
    report: Sequence[Replayed]

    def script(self, name: str = "edits.py") -> str:
        """The stand-alone script that does the same; see `climpy.interactive.script`."""
        return script(self.opened, self.session.edits, self.session.values, name)

    def figures(self) -> dict[str, Any]:
        """Cells changed by each edit and by all, and whether the coast moved, ready for JSON."""
        return {
            "kind": self.opened.field.kind,
            "edits": [
                {
                    "number": done.number,
                    "title": done.title,
                    "cells_chosen": done.chosen,
                    "cells_changed": done.changed,
                    "cells_across_coast": done.across_coast,
                }
                for done in self.report
            ],
            "cells_changed": self.session.cells_changed,
            "cells_across_coast": self.session.cells_across_coast,
            "coastline_moved": self.session.moves_coastline,
            "ocean_changed": self.session.changes_ocean,
        }


def edit_file(
    path: Path, edits: EditList, variable: str | None = None, index: tuple[int, ...] = ()
) -> Edited:
    """Do the edits to the field of a file; nothing is written.

    Parameters
    ----------
    path : Path
        Any NetCDF file.
    edits : EditList
        What to do; they say what the numbers of the field mean.
    variable : str, optional
        Which field, if the file holds several.
    index : tuple of int
        Place along each further axis, from 0.

    Raises
    ------
    InputRefused
        If the file cannot be used or the edits are not for it.
    """
    as_it_stands = index or edits.kind == "other"
    opened = open_plane(path, variable, index) if as_it_stands else open_field(path, variable)
    opened.require_editable()
    session, report = replay(edits, opened.field)
    return Edited(opened, session, report)


def write_edited(edited: Edited, target: Path, source: Path) -> list[str]:
    """Write the edited field with all else that its file holds; whole or not at all.

    Parameters
    ----------
    edited : Edited
        What to write.
    target : Path
        Replaced if it exists.
    source : Path
        The file that the edits were read from, for the history.

    Returns
    -------
    list of str
        A sentence for each variable that is left out, or value that was rounded.

    Raises
    ------
    InputRefused
        If the edited values cannot be written.
    OutputRefused
        If the target cannot be written.
    """
    inputs = {edited.opened.file_type: edited.opened.path}
    checksums = {**{name: checksum(file) for name, file in inputs.items()}, EDITS: checksum(source)}
    origin = provenance(STEP, {EDITS: titles(edited)}, inputs, checksums)
    return edited.opened.write(
        edited.session.values,
        target,
        {**with_words(origin, f"{counted(edited)} of {source.name}"), **carried(edited)},
    )


def titles(edited: Edited) -> list[str]:
    """What the edits are called."""
    return [done.title for done in edited.report]


def counted(edited: Edited) -> str:
    """How many edits there are."""
    number = len(edited.report)
    return "1 edit" if number == 1 else f"{number} edits"


def with_words(origin: Mapping[str, str], words: str) -> dict[str, str]:
    """Provenance with more words in the newest line of its history."""
    first, *earlier = origin["history"].split("\n")
    return {**origin, "history": "\n".join((f"{first}, {words}", *earlier))}


def carried(edited: Edited, *, step: str = STEP) -> dict[str, str]:
    """Global attributes from which the edits can be repeated.

    Edits of a file that carries edits of the same field follow those, as long as no other step of
    the workflow lies between.
    """
    opened, edits = edited.opened, edited.session.edits
    if step == STEP or attribute_of(opened.path, "step") in (STEP, step):
        edits = _after_earlier(opened, edits)
    place = json.dumps(list(opened.index))
    return {EDITS: edits.to_json(), FIELD: opened.variable, INDEX: place}


def _after_earlier(opened: Opened, edits: EditList) -> EditList:
    """The edits after those of the same field that the file carries, if both can be one list."""
    try:
        earlier = edits_of(opened.path)
        if earlier is None or field_of(opened.path) != (opened.variable, opened.index):
            return edits
        earlier.require_fit(opened.field)
        both = replace(edits, edits=(*earlier.edits, *edits.edits))
    except InputRefused:
        return edits
    return both if len(both.to_json()) <= limits.LONGEST_TEXT else edits


def write_script(edited: Edited, target: Path) -> None:
    """Write the stand-alone script; whole or not at all.

    Raises
    ------
    OutputRefused
        If the target cannot be written.
    """
    text = edited.script(target.name)
    with whole_file(target) as temporary:
        temporary.write_text(text, encoding="utf-8")
