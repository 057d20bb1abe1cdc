"""Reading and writing visitors' files: what runs in a process of its own.

The server names these functions and never loads what they need: imports stand within them.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from climpy.errors import InputRefused

if TYPE_CHECKING:
    from climpy.interactive.desk import Plane, Sheet
    from climpy.interactive.opened import Opened

EDITOR_OF = {"raw": "internal_oceans", "bathy": "passage_problems", "sub_basins": "subbasins"}
"""Which special editor a file of a type is for."""

WHOLE = "(whole file)"
"""Name of the field that a file is about, where it is not as one of its variables has it."""

PROPOSED = "(ocean basins)"
"""Name of the basins that are proposed for a bathymetry."""


def look(path: Path, name: str) -> tuple[tuple["Plane", ...], dict[str, str], str]:
    """Say what a file holds.

    Returns
    -------
    planes : tuple of Plane
        What can be viewed, the one to begin with first.
    editors : dict of str to str
        Special editors that the file is for, and what they edit: a variable, `WHOLE`, or
        `PROPOSED`.
    sentence : str
        Why there are none; empty if there are.

    Raises
    ------
    InputRefused
        If the file cannot be read or holds nothing to draw.
    """
    from climpy.interactive.opening import open_field, planes

    with _called(path, name):
        found = tuple(planes(path))
        if not found:
            raise InputRefused(f"{name} holds no field of two dimensions.")
        try:
            own = open_field(path)
        except InputRefused as refusal:
            return found, {}, str(refusal).replace(path.name, name)
        editor = EDITOR_OF.get(own.file_type)
        if editor is None:
            return found, {}, ""
        own_name = own.variable if _as_stored(path, own, found) else WHOLE
        editors = {editor: own_name}
        if own.file_type == "bathy":
            editors["subbasins"] = PROPOSED
        return found, editors, ""


def _as_stored(path: Path, own: "Opened", found: Sequence["Plane"]) -> bool:
    """Whether the file's own field is what one of its variables holds."""
    import numpy as np

    from climpy.interactive.opening import open_plane

    if all(plane.variable != own.variable for plane in found):
        return False
    stored = open_plane(path, own.variable).field
    return stored.kind == own.field.kind and np.array_equal(stored.values, own.field.values)


def open_sheet(path: Path, name: str, variable: str, index: tuple[int, ...]) -> "Sheet":
    """Open a field of a file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        How its owner calls it.
    variable : str
        Which one, or `WHOLE`, or `PROPOSED`.
    index : tuple of int
        Place along further axes.

    Raises
    ------
    InputRefused
        If there is no such field, or it cannot be read.
    """
    from climpy.interactive.opening import sheet_of

    with _called(path, name):
        return sheet_of(_opened(path, variable, index))


def make(
    path: Path,
    name: str,
    what: str,
    variable: str,
    index: tuple[int, ...],
    session: bytes,
    target: Path,
) -> list[str]:
    """Write a file for a download.

    Parameters
    ----------
    path, name, variable, index
        See `open_sheet`.
    what : {"netcdf", "script"}
        The edited file, or a script that does the same.
    session : bytes
        JSON of the edits.
    target : Path
        Where it is written.

    Returns
    -------
    list of str
        Sentences about what is not as it was.

    Raises
    ------
    InputRefused
        If the edits do not fit, or their result cannot be written.
    """
    from climpy.interactive.editing import Edited, write_edited, write_script
    from climpy.interactive.edits import EditList
    from climpy.interactive.session import replay

    with _called(path, name):
        opened = _opened(path, variable, index)
        done, report = replay(EditList.from_json(session), opened.field)
        edited = Edited(opened, done, report)
        if what == "script":
            write_script(edited, target)
            return []
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            edits = Path(folder) / "edits.json"
            edits.write_bytes(session)
            return write_edited(edited, target, edits)


def _opened(path: Path, variable: str, index: tuple[int, ...]) -> "Opened":
    from climpy.interactive.looking import open_for
    from climpy.interactive.opening import open_field, open_plane

    if variable == WHOLE:
        return open_field(path)
    if variable == PROPOSED:
        return open_for("subbasins", {"bathy": path})
    return open_plane(path, variable, index)


@contextmanager
def _called(path: Path, name: str) -> Iterator[None]:
    """Have sentences call a file as its owner does, not as it is called on our disk."""
    try:
        yield
    except InputRefused as refusal:
        raise InputRefused(str(refusal).replace(path.name, name)) from refusal
