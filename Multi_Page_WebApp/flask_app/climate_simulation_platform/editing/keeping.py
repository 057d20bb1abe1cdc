"""A session and what is kept of it in the database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.records import Draft, Inputs, Kept
from climpy.interactive import notation
from climpy.interactive.desk import Marks
from climpy.interactive.edits import EditList
from climpy.interactive.field import Field
from climpy.interactive.session import Session, checksum_of

_AHEAD, _COAST_MOVED = "ahead", "coast_moved"


@dataclass(frozen=True)
class Ahead:
    """What was saved of a session while it went on.

    Parameters
    ----------
    inputs : mapping of FileType to int
        Revisions that were made of it.
    coast_moved : bool
        Whether one of them moved the coastline.
    """

    inputs: Inputs = field(default_factory=dict)
    coast_moved: bool = False


def kept_of(
    session: Session, marks: Marks, inputs: Inputs, ahead: Ahead, before: tuple[str, ...]
) -> Kept:
    """What is new in a session.

    Parameters
    ----------
    inputs : mapping of FileType to int
        Revisions that it began with.
    before : tuple of str
        The edits that were kept last.
    """
    texts = session.texts
    stay = common(texts, before)
    return Kept(
        inputs=inputs,
        head=notation.written(session.edits.head()),
        base_sha256=session.base_checksum,
        values_sha256=checksum_of(session.values),
        stay=stay,
        more=texts[stay:],
        done=len(session.done),
        marks=_written(marks, ahead),
    )


def common(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """How many edits two lists begin with alike."""
    number = 0
    for one, other in zip(first, second, strict=False):
        if one is not other and one != other:
            break
        number += 1
    return number


def session_of(draft: Draft, base: Field) -> Session:
    """The session that was kept.

    Raises
    ------
    InputRefused
        If the field is another one than it began with, or the edits give other values by now.
    """
    said = {
        "done": draft.done,
        "base_sha256": draft.base_sha256,
        "values_sha256": draft.values_sha256,
    }
    text = notation.written({**json.loads(draft.head), "session": said}, draft.texts)
    return Session.from_json(text, base)


def edits_in_force(draft: Draft) -> EditList:
    """The edits that were kept, without those that were undone."""
    text = notation.written(json.loads(draft.head), draft.texts[: draft.done])
    return EditList.from_json(text)


def marks_kept(draft: Draft) -> Marks:
    """What a person had decided."""
    return Marks(
        *(
            tuple((float(north), float(east)) for north, east in draft.marks.get(name, ()))
            for name in ("kept_seas", "intended_passages")
        )
    )


def ahead_kept(draft: Draft) -> Ahead:
    """What had been saved of it."""
    told = draft.marks.get(_AHEAD, {})
    inputs = {FileType(kind): number for kind, number in told.items()}
    return Ahead(inputs, bool(draft.marks.get(_COAST_MOVED)))


def _written(marks: Marks, ahead: Ahead) -> Mapping[str, Any]:
    return {
        "kept_seas": [list(place) for place in marks.kept_seas],
        "intended_passages": [list(place) for place in marks.intended_passages],
        _AHEAD: {kind.value: number for kind, number in ahead.inputs.items()},
        _COAST_MOVED: ahead.coast_moved,
    }
