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
"""Bytes of changes that are kept, and of copies of the field from which older changes are worked
out again when they are undone."""

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


@dataclass(frozen=True, eq=False)
class _Kept:
    """One side of a change: the old values while it is in force, else the new ones.

    The other side is what the field holds.

    Parameters
    ----------
    where : (n,) int32 or uint8
        Flat indices of the cells, or a bit for each cell of the field if that takes less.
    side : (n,) float64
        Their values that the field does not hold.
    change : Change
        The rest of it; its arrays are empty.
    """

    where: AnyArray
    side: FloatArray
    change: Change

    @classmethod
    def of(cls, change: Change, side: FloatArray) -> "_Kept":
        """Keep one side of a change."""
        where: AnyArray = change.cells
        cells = change.shape[0] * change.shape[1]
        if where.nbytes > cells // 8:
            marked = np.zeros(cells, dtype=np.bool_)
            marked[where] = True
            where = np.packbits(marked)
        none = np.empty(0)
        return cls(where, side, replace(change, cells=where[:0], old=none, new=none))

    def of_field(self, values: FloatArray, *, in_force: bool) -> Change:
        """The whole change, given what the field holds."""
        cells = self.where
        if cells.dtype == np.uint8:
            cells = np.flatnonzero(np.unpackbits(cells, count=values.size)).astype(np.int32)
        here = values.reshape(-1)[cells]
        old, new = (self.side, here) if in_force else (here, self.side)
        return replace(self.change, cells=cells, old=old, new=new)

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self.where.nbytes + self.side.nbytes


class Session:
    """A field and the edits done to it; undo and redo know no limit and are exact.

    Parameters
    ----------
    field : Field
        What is edited; its values are copied.
    memory : int
        Bytes of changes that are kept, and as many of copies of the field.
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
        self._changes: list[_Kept | None] = []
        self._sizes: list[int] = []
        self._copies: dict[int, FloatArray] = {}
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
    def texts(self) -> tuple[str, ...]:
        """JSON of every edit, those in force first, then those that can be done again."""
        return tuple(self._texts)

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
        for of_each in (self._edits, self._changes, self._sizes, self._texts):
            del of_each[self._done :]
        self._drop_copies(self._done + 1)
        self._append(edit, text)
        self._do(change, "applied")
        return change

    def _append(self, edit: Edit, text: str) -> None:
        self._edits.append(edit)
        self._changes.append(None)
        self._sizes.append(0)
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
        kept = self._changes[self._done - 1] or self._work_out()
        change = kept.of_field(self.values, in_force=True)
        change.revert(self.values)
        self._done -= 1
        self._changes[self._done] = _Kept.of(change, change.new)
        self._tell(Event("undone", edit, change))
        return edit

    def redo(self) -> Edit | None:
        """Do the edit again that was undone last; None if there is none."""
        if self._done == len(self._edits):
            return None
        edit = self._edits[self._done]
        kept = self._changes[self._done]
        change = kept.of_field(self.values, in_force=False) if kept else edit.change(self.field)
        self._do(change, "redone")
        return edit

    def _do(self, change: Change, what: str) -> None:
        change.apply(self.values)
        kept = _Kept.of(change, change.old)
        self._changes[self._done], self._sizes[self._done] = kept, kept.size
        self._done += 1
        self._forget()
        self._copy(self._done, self.values)
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

    def _work_out(self) -> _Kept:
        """Find the changes of the edits in force again, from the nearest copy; give the last one.

        Of the others those are kept that will be undone next.
        """
        self._drop_copies(self._done)
        start = max(self._copies, default=0)
        field = replace(self.field, values=self._copies.get(start, self._base).copy())
        found: deque[_Kept] = deque()
        size = 0
        for number in range(start, self._done):
            self._copy(number, field.values)
            change = self._edits[number].change(field)
            change.apply(field.values)
            found.append(_Kept.of(change, change.old))
            size += found[-1].size
            while size > self._memory and len(found) > 1:
                size -= found.popleft().size
        self._changes = [None] * len(self._edits)
        self._changes[self._done - len(found) : self._done] = found
        return found[-1]

    def _copy(self, done: int, values: FloatArray) -> None:
        """Keep a copy of the values after so many edits, if the last one is many changes back.

        As many are kept as fit in memory; they become rarer the farther back they are.
        """
        most = self._memory // values.nbytes
        since = self._sizes[max(self._copies, default=0) : done]
        if most == 0 or sum(since) < self._memory:
            return
        self._copies[done] = values.copy()
        while len(self._copies) > most:
            places = [0, *sorted(self._copies), done]
            gaps = zip(places, places[1:], places[2:], strict=False)
            missed = {place: (after - before) / (done - place + 1) for before, place, after in gaps}
            del self._copies[min(missed, key=missed.__getitem__)]

    def _drop_copies(self, first: int) -> None:
        """Drop the copies after so many edits, and later ones."""
        for place in [place for place in self._copies if place >= first]:
            del self._copies[place]

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
    def changes_ocean(self) -> bool:
        """True if the coast moved or a depth changed since the beginning, so not on land alone."""
        if self.field.kind != "topography":
            return self.cells_changed > 0
        deeper = (self._base != self.values) & self.field.ocean
        return self.moves_coastline or bool(deeper.any())

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
