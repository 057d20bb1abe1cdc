"""The edits that a stored file carries; asked for in the sandbox.

The pages name these functions and never load what they need: imports stand within them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

Place = tuple[float, float]


@dataclass(frozen=True)
class Edits:
    """The edits of a file, and what a person decided besides.

    Parameters
    ----------
    titles : tuple of str
        What each is called, the first one first.
    text : str
        All of them as JSON.
    own : int
        How many of them, the last ones, made this file from the revision before.
    kept_seas, intended_passages : tuple of (float, float)
        What the checks found and is wanted: latitude, longitude [degrees].
    """

    titles: tuple[str, ...]
    text: str
    own: int
    kept_seas: tuple[Place, ...] = ()
    intended_passages: tuple[Place, ...] = ()


def edits_in(path: Path) -> Edits:
    """Read the edits that a file carries.

    Raises
    ------
    InputRefused
        If it carries none that can be read.
    """
    from climpy.errors import InputRefused
    from climpy.interactive.editing import attribute_of, edits_of
    from climpy.interactive.saving import marks_of

    edits, marks = edits_of(path), marks_of(path)
    if edits is None:
        raise InputRefused("No edits are kept in this file.")
    titles = tuple(edit.title for edit in edits.edits)
    own = len(json.loads(attribute_of(path, "parameters"))["edits"])
    return Edits(titles, edits.to_json(), own, marks.kept_seas, marks.intended_passages)


def script_of(path: Path, before: Sequence[Path], name: str) -> str:
    """Write the script that does the edits of a file.

    Parameters
    ----------
    before : sequence of Path
        Earlier revisions; the edits began with the first of them from which they give the file.
    name : str
        What the script is called.

    Raises
    ------
    InputRefused
        If there are no edits, or a script cannot do them.
    """
    import numpy as np

    from climpy.errors import InputRefused
    from climpy.interactive import EditList
    from climpy.interactive.editing import STEP, attribute_of, edit_file, field_of

    carried = edits_in(path)
    edits = EditList.from_json(carried.text)
    own = replace(edits, edits=edits.edits[len(edits.edits) - carried.own :])
    named = field_of(path) if attribute_of(path, "step") == STEP else (None, ())
    made = edit_file(path, replace(own, edits=()), *named).session.values
    for earlier in before:
        edited = edit_file(earlier, own, *named)
        values = edited.session.values
        if values.shape == made.shape and np.allclose(values, made, equal_nan=True):
            return edited.script(name)
    raise InputRefused("These edits began with no revision of the file, so no script can do them.")
