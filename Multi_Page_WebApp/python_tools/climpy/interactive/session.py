"""A sitting at an editor: edits done, undone, done again; saved and restored without loss."""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.errors import InputRefused
from climpy.interactive import limits, notation
from climpy.interactive.cells import count_of
from climpy.interactive.edits import Change, Edit, EditList, GridMark, all_edits, ocean_differs
from climpy.interactive.field import Field, checked

CHANGES_IN_MEMORY = 20_000_000
"""Bytes of changes that are kept; older ones are worked out again when they are undone."""

_HEAD = 10_000
"""Characters for what stands before the edits of a saved session."""


@dataclass(frozen=True)
class Event:
    """What observers are told.

    Parameters
    ----------
    what : {"applied", "undone", "redone"}
        What happened.
    edit : Edit
        To which edit.
    change : Change
        Which cells; `change.rectangle` holds them all.
    """

    what: str
    edit: Edit
    change: Change


Observer = Callable[[Event], None]


class Session:
    """A field and the edits done to it; undo and redo know no limit and are exact.

    Parameters
    ----------
    field : Field
        What is edited; its values are copied.
    memory : int
        Bytes of changes that are kept.
    """

    def __init__(self, field: Field, memory: int = CHANGES_IN_MEMORY) -> None:
        checked(field)
        self._base = field.values.copy()
        self._base.flags.writeable = False
        self.field = replace(field, values=field.values.copy())
        self._base_checksum = ""
        self._memory = memory
        self._edits: list[Edit] = []
        self._texts: list[str] = []
        self._changes: list[Change | None] = []
        self._done = 0
        self._observers: list[Observer] = []

    @property
    def values(self) -> FloatArray:
        """The values as they are now, (ny, nx); the array changes with each command."""
        return self.field.values

    @property
    def done(self) -> tuple[Edit, ...]:
        """The edits that are in force, the first one first."""
        return tuple(self._edits[: self._done])

    @property
    def undone(self) -> tuple[Edit, ...]:
        """The edits that can be done again, the next one first."""
        return tuple(self._edits[self._done :])

    @property
    def edits(self) -> EditList:
        """The edits that are in force, for another file."""
        return EditList(self.field.kind, self.done, GridMark.of(self.field))

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Have every change told; the function that is returned ends that."""
        self._observers.append(observer)

        def leave() -> None:
            if observer in self._observers:
                self._observers.remove(observer)

        return leave

    def apply(self, edit: Edit) -> Change:
        """Do an edit; what was undone before can then not be done again.

        Raises
        ------
        InputRefused
            If it makes no sense for this field; nothing has changed then.
        """
        change = edit.change(self.field)
        text = edit.to_json()
        self._refuse_too_much(text)
        del self._edits[self._done :], self._changes[self._done :], self._texts[self._done :]
        self._append(edit, text)
        self._do(change, "applied")
        return change

    def _append(self, edit: Edit, text: str) -> None:
        self._edits.append(edit)
        self._changes.append(None)
        self._texts.append(text)

    def _refuse_too_much(self, text: str) -> None:
        """Refuse an edit with which the session could be saved, but not read again."""
        length = sum(map(len, self._texts[: self._done])) + self._done + len(text)
        if self._done == limits.MOST_EDITS or length > limits.LONGEST_TEXT - _HEAD:
            raise InputRefused(
                f"The session has {self._done} edits, more than can be kept; save the result and "
                "begin anew."
            )

    def undo(self) -> Edit | None:
        """Take the last edit back; None if there is none."""
        if not self._done:
            return None
        edit = self._edits[self._done - 1]
        change = self._changes[self._done - 1] or self._work_out()
        change.revert(self.values)
        self._done -= 1
        self._tell(Event("undone", edit, change))
        return edit

    def redo(self) -> Edit | None:
        """Do the edit again that was undone last; None if there is none."""
        if self._done == len(self._edits):
            return None
        edit = self._edits[self._done]
        self._do(self._changes[self._done] or edit.change(self.field), "redone")
        return edit

    def _do(self, change: Change, what: str) -> None:
        change.apply(self.values)
        self._changes[self._done] = change
        self._done += 1
        self._forget()
        self._tell(Event(what, self._edits[self._done - 1], change))

    def _forget(self) -> None:
        """Drop the changes that are farthest from being needed until the rest fits in memory.

        The one that would be undone next stays in any case.
        """
        held = [number for number, change in enumerate(self._changes) if change is not None]
        size = sum(change.size for change in self._changes if change is not None)
        next_to_undo = self._done - 1
        while size > self._memory and held != [next_to_undo]:
            first_is_farther = next_to_undo - held[0] >= held[-1] - next_to_undo
            number = held.pop(0 if first_is_farther else -1)
            dropped = self._changes[number]
            size -= dropped.size if dropped is not None else 0
            self._changes[number] = None

    def _work_out(self) -> Change:
        """Find the changes of the edits in force again, from the beginning; give the last one.

        Of the others those are kept that will be undone next.
        """
        field = replace(self.field, values=self._base.copy())
        found: deque[Change] = deque()
        size = 0
        for edit in self.done:
            change = edit.change(field)
            change.apply(field.values)
            found.append(change)
            size += change.size
            while size > self._memory and len(found) > 1:
                size -= found.popleft().size
        self._changes = [None] * len(self._edits)
        self._changes[self._done - len(found) : self._done] = found
        return found[-1]

    def _tell(self, event: Event) -> None:
        for observer in tuple(self._observers):
            observer(event)

    @property
    def base_checksum(self) -> str:
        """SHA-256 of the values of the beginning, worked out once."""
        self._base_checksum = self._base_checksum or checksum_of(self._base)
        return self._base_checksum

    @property
    def moves_coastline(self) -> bool:
        """True if land became ocean or ocean land since the beginning."""
        return self.cells_across_coast > 0

    @property
    def cells_across_coast(self) -> int:
        """Cells that became ocean or land since the beginning, copies not counted."""
        moved = ocean_differs(replace(self.field, values=self._base), self.values)
        return 0 if moved is None else count_of(self.field, np.flatnonzero(moved))

    @property
    def cells_changed(self) -> int:
        """Cells whose value is another than in the beginning, copies not counted."""
        differ = self._base.view(np.int64) != self.values.view(np.int64)
        return count_of(self.field, np.flatnonzero(differ))

    def to_json(self) -> str:
        """All of it but the values of the beginning, to be saved after each command."""
        session = {
            "done": self._done,
            "base_sha256": self.base_checksum,
            "values_sha256": checksum_of(self.values),
        }
        return notation.written({**self.edits.head(), "session": session}, self._texts)

    @classmethod
    def from_json(
        cls, text: str | bytes, field: Field, memory: int = CHANGES_IN_MEMORY
    ) -> "Session":
        """The session that was saved, with the field that it began with.

        Raises
        ------
        InputRefused
            If the text is no session, the field is another one, or the edits give another result
            than they did.
        """
        edits, saved = all_edits(notation.read(text))
        if saved is None:
            raise InputRefused("These edits were not saved by a session; replay them instead.")
        edits.require_fit(field)
        session = cls(field, memory)
        if saved["base_sha256"] != session.base_checksum:
            raise InputRefused(
                "The session was begun with other values than these; replay its edits instead."
            )
        for edit in edits.edits[: saved["done"]]:
            session.apply(edit)
        for edit in edits.edits[saved["done"] :]:
            session._append(edit, edit.to_json())
        if saved["values_sha256"] != checksum_of(session.values):
            raise InputRefused(
                "The edits of the session give other values here than where it was saved; "
                "replay them instead and look at the result."
            )
        return session


def checksum_of(values: AnyArray) -> str:
    """SHA-256 of the shape and all bits of an array."""
    total = hashlib.sha256(repr(values.shape).encode())
    total.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return total.hexdigest()


@dataclass(frozen=True)
class Replayed:
    """What an edit did to another field.

    Parameters
    ----------
    number : int
        Of the edit, from 1.
    title : str
        What it is called.
    chosen, changed : int
        Cells, copies not counted.
    across_coast : int
        Cells that became land or ocean.
    """

    number: int
    title: str
    chosen: int
    changed: int
    across_coast: int


def replay(edits: EditList | Session, field: Field) -> tuple[Session, Sequence[Replayed]]:
    """Do the edits again on another field.

    Parameters
    ----------
    edits : EditList or Session
        What was done elsewhere.
    field : Field
        Any field of the same kind; edits that count rows and columns need the same grid.

    Returns
    -------
    Session
        With these edits, which can be undone.
    list of Replayed
        How many cells each one chose and changed.

    Raises
    ------
    InputRefused
        If the field does not fit, or an edit makes no sense for it; the sentence names the edit.
    """
    wanted = edits.edits if isinstance(edits, Session) else edits
    wanted.require_fit(field)
    session = Session(field)
    report = []
    for number, edit in enumerate(wanted.edits, 1):
        before = replace(session.field, values=session.values.copy())
        try:
            change = session.apply(edit)
        except InputRefused as refusal:
            raise InputRefused(f"Edit {number} ({edit.title}): {refusal}") from refusal
        moved = ocean_differs(before, session.values)
        across = 0 if moved is None else count_of(field, np.flatnonzero(moved))
        report.append(Replayed(number, edit.title, change.chosen, change.changed, across))
    return session, report
