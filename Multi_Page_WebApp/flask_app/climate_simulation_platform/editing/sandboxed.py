"""What runs in the sandbox for an editor: files are opened, results are written and described."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from climate_simulation_platform.examining import Description, describe
from climpy.errors import InputRefused
from climpy.interactive.desk import Marks
from climpy.interactive.editing import Edited, edits_of
from climpy.interactive.edits import EditList
from climpy.interactive.looking import Looked, look, open_for
from climpy.interactive.saving import EditRequest, SavedEdit, marks_of, save
from climpy.interactive.session import replay


@dataclass(frozen=True)
class Asked:
    """What is to be opened; see `climpy.interactive.looking.look`.

    Parameters
    ----------
    edited : Path or None
        The file in which earlier edits may be carried.
    """

    sources: Mapping[str, Path]
    step: str
    variable: str | None = None
    index: tuple[int, ...] = ()
    method: str = "thirds"
    edited: Path | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """What was found.

    Parameters
    ----------
    marks : Marks
        What the file carries of what a person decided.
    carried : str
        The edits that it carries, as JSON; empty if it carries none.
    """

    looked: Looked
    marks: Marks
    carried: str


def nothing() -> None:
    """Have this module, and with it all that opening a file needs, loaded before it is needed."""


def found_in(asked: Asked) -> Found:
    """Open a field.

    Raises
    ------
    InputRefused
        If a file cannot be used; the sentence says why.
    """
    looked = look(asked.sources, asked.variable, asked.index, step=asked.step, method=asked.method)
    if asked.edited is None:
        return Found(looked, Marks(), "")
    return Found(looked, *_carried_by(asked.edited))


def _carried_by(path: Path) -> tuple[Marks, str]:
    """Marks and edits; none where a file of somebody else has something of that name."""
    try:
        edits = edits_of(path)
        return marks_of(path), "" if edits is None else edits.to_json()
    except InputRefused:
        return Marks(), ""


def saved(request: EditRequest, folder: Path) -> tuple[SavedEdit, Description]:
    """Write the edited file and describe it for the pages.

    Raises
    ------
    InputRefused, StepRefused
        If the edits cannot be done, or their result cannot be written.
    OutputRefused
        If the folder cannot be written.
    """
    made = save(request, folder)
    return made, describe(made.path, made.file_type)


def script_of(request: EditRequest, name: str) -> str:
    """The stand-alone script that does the edits.

    Raises
    ------
    InputRefused
        If there can be none.
    """
    opened = open_for(
        request.step, request.sources, request.variable or None, request.index, request.method
    )
    session, report = replay(EditList.from_json(request.edits), opened.field)
    return Edited(opened, session, report).script(name)
