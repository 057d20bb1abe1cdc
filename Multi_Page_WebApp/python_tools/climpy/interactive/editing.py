"""Edits on files: repeated on one, and what comes of it written whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from climpy.errors import InputRefused
from climpy.interactive import limits
from climpy.interactive.edits import EditList
from climpy.interactive.opening import Opened, open_field
from climpy.interactive.script import script
from climpy.interactive.session import Replayed, Session, replay
from climpy.io import ModelFile, whole_file, write
from climpy.steps.provenance import checksum, provenance

STEP = "edit"
"""What files call this in their attribute `step`; a step of the workflow it is not."""


def read_edits(path: Path) -> EditList:
    """Read a list of edits, or those in force in a saved session, from a JSON file.

    Raises
    ------
    InputRefused
        If the file cannot be read or is no such list.
    """
    try:
        if not path.is_file():
            raise InputRefused(f"{path} is no file.")
        if path.stat().st_size > 4 * limits.LONGEST_TEXT:
            raise InputRefused(f"{path.name} is too long: {path.stat().st_size} bytes.")
        content = path.read_bytes()
    except OSError as trouble:
        raise InputRefused(f"The file {path} cannot be read: {trouble.strerror}.") from trouble
    try:
        return EditList.from_json(content)
    except InputRefused as refusal:
        raise InputRefused(f"{path.name}: {refusal}") from refusal


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

    def content(self) -> tuple[ModelFile, list[str]]:
        """What to write, and a sentence for each variable of the file that is left out.

        Raises
        ------
        InputRefused
            If the edited values cannot be written.
        """
        return self.opened.content(self.session.values)

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
        }


def edit_file(path: Path, edits: EditList, variable: str | None = None) -> Edited:
    """Do the edits to the field of a file; nothing is written.

    Parameters
    ----------
    path : Path
        A topography, or a file on an ocean grid.
    edits : EditList
        What to do.
    variable : str, optional
        Which field, if the file holds several.

    Raises
    ------
    InputRefused
        If the file cannot be used or the edits are not for it.
    """
    opened = open_field(path, variable)
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
        A sentence for each variable that is left out.

    Raises
    ------
    InputRefused
        If the edited values cannot be written.
    OutputRefused
        If the target cannot be written.
    """
    content, notes = edited.content()
    inputs = {edited.opened.file_type: edited.opened.path}
    origin = provenance(
        STEP,
        {"edits": [done.title for done in edited.report]},
        inputs,
        {**{name: checksum(file) for name, file in inputs.items()}, "edits": checksum(source)},
    )
    first, *earlier = origin["history"].split("\n")
    number = len(edited.report)
    counted = "1 edit" if number == 1 else f"{number} edits"
    history = "\n".join((f"{first}, {counted} of {source.name}", *earlier))
    bare = ModelFile(content.variables, {}, content.unlimited)
    write(target, bare, provenance={**content.attributes, **origin, "history": history})
    return notes


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
