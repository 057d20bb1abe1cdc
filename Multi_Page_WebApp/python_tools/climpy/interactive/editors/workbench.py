"""The state of an editor's page and all that can be done there; widgets only call and listen.

Special editors build on a `Workbench`: they work out what they find in `on_change`, mark it with
`overlay` and `points`, lead to it with `zoom_to`, repair it with `do`, and show it in `add_tab`.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import ClimpyError
from climpy.interactive.cells import count_of
from climpy.interactive.desk import Choice, Desk, Link, Marks, OnDesk, Saved, Sheet, Undecided
from climpy.interactive.editors.turns import AtOnce, Turns, sentence_of
from climpy.interactive.edits import Change, Edit, EditList
from climpy.interactive.field import Field
from climpy.interactive.operations import Operation
from climpy.interactive.selections import Basin, Cells, Selection, Shape, Surface, ValueRange
from climpy.interactive.session import Session

TOPICS = (
    "sheet",  # another field, or the same one opened anew
    "values",  # cells whose value is another now (flat indices)
    "selection",  # cells that were chosen or left (flat indices)
    "choosing",  # tool, mode, filter
    "history",  # what can be undone and redone
    "marks",
    "counts",
    "layers",  # overlays and points
    "place",  # (latitude, longitude, degrees) to be shown
    "message",
    "busy",
    "kept",
    "choice",
    "saved",
    "others",
    "tabs",
    "change",  # values, sheet or marks: diagnostics
)

FILTERS = ("everything", "land", "ocean")
TOOLS = ("pan", "box", "lasso", "brush", "cells", "basin", "passage")
_OF_VALUES = (ValueRange, Surface, Basin)

Place = tuple[float, float]


@dataclass(frozen=True)
class Message:
    """A sentence for the user.

    Parameters
    ----------
    sentence : str
        What happened or is to be done.
    tone : {"note", "good", "care", "bad"}
        How it is meant.
    links : tuple of Link
        Where to go from there.
    """

    sentence: str
    tone: str = "note"
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, eq=False)
class Overlay:
    """Cells shown in a colour above the data.

    Parameters
    ----------
    name : str
        What it is called; also the legend.
    mask : (ny, nx) bool
        Which cells.
    colour : str
        As CSS writes it, "#rrggbb".
    """

    name: str
    mask: BoolArray
    colour: str


@dataclass(frozen=True)
class Points:
    """Places shown as symbols.

    Parameters
    ----------
    name : str
        What they are called.
    places : sequence of (float, float)
        Latitude and longitude [degrees].
    labels : tuple of str
        What stands beside each; none if empty.
    colour : str
        As CSS writes it.
    symbol : str
        A marker of Bokeh.
    """

    name: str
    places: tuple[Place, ...]
    labels: tuple[str, ...] = ()
    colour: str = "#d1495b"
    symbol: str = "circle"


@dataclass(frozen=True)
class Counts:
    """How many cells; copies are not counted.

    Parameters
    ----------
    chosen, changed, across_coast : int
        In the selection; with another value than in the beginning; land that became ocean or
        ocean land.
    """

    chosen: int = 0
    changed: int = 0
    across_coast: int = 0


def _brush_for(field: Field) -> float:
    """A radius [degrees] with which a brush hits the centre of some cell everywhere."""
    ny, nx = field.shape
    return max(2.0, round(0.75 * max(180.0 / ny, 360.0 / nx), 1))


class Workbench:
    """What lies on the desk, and the commands on it.

    Parameters
    ----------
    desk : Desk
        Where fields come from and edits are kept.
    on_desk : OnDesk
        What is edited.
    turns : Turns, optional
        The page's event loop; without one everything happens at once.
    """

    def __init__(self, desk: Desk, on_desk: OnDesk, turns: Turns | None = None) -> None:
        self.desk = desk
        self.turns: Turns = turns or AtOnce()
        self._listeners: dict[str, list[Callable[..., None]]] = {name: [] for name in TOPICS}
        self._to_work_out = False
        self.sheet: Sheet = on_desk.sheet
        self.session: Session = on_desk.session
        self.marks: Marks = on_desk.marks
        self.drawn = Selection()
        self.chosen: BoolArray = np.zeros(self.field.shape, dtype=np.bool_)
        self.mode, self.filter, self.tool = "replace", "everything", "pan"
        self.operation: Operation | None = None
        self.at_once = False
        self.brush_radius = _brush_for(self.field)
        self.passage_width = 1
        self.overlays: dict[str, Overlay] = {}
        self.symbols: dict[str, Points] = {}
        self.tabs: list[tuple[str, object]] = []
        self.message = Message("")
        self.busy = ""
        self.trouble = ""
        self.choice: Choice | None = None
        self.saved: Saved | None = None
        self.others: tuple[str, ...] = ()
        self.counts = Counts()
        self._asked: Callable[[Place], None] | None = None

    # What is there

    @property
    def field(self) -> Field:
        """The field as it is now."""
        return self.session.field

    @property
    def values(self) -> FloatArray:
        """Its values as they are now, (ny, nx); not to be written to."""
        return self.session.values

    @property
    def editable(self) -> bool:
        """Whether edits can be done."""
        return self.sheet.editable

    @property
    def tells_ocean(self) -> bool:
        """Whether land and ocean are known."""
        return self.field.sea is not None or self.field.kind in ("topography", "bathymetry")

    @property
    def selection(self) -> Selection:
        """What was drawn, limited to land or ocean if so wished."""
        if self.filter == "everything" or not self.drawn.parts:
            return self.drawn
        return self.drawn.then("intersect", Surface(self.filter))

    @property
    def can_undo(self) -> bool:
        """True if an edit is in force."""
        return bool(self.session.done)

    @property
    def can_redo(self) -> bool:
        """True if an edit was undone."""
        return bool(self.session.undone)

    # Listening

    def listen(self, topic: str, callback: Callable[..., None]) -> None:
        """Have a callback called at once when something changes; see `TOPICS`."""
        self._listeners[topic].append(callback)

    def on_change(self, callback: Callable[[], None]) -> None:
        """Have diagnostics worked out after values, sheet or marks changed and were shown.

        It is called once after several changes, and once when the page is ready.
        """
        self._listeners["change"].append(callback)

    def _tell(self, topic: str, *what: object) -> None:
        for callback in tuple(self._listeners[topic]):
            callback(*what)

    # Editing

    def do(self, edit: Edit) -> Change | None:
        """Do an edit, keep it, show it; None, and a sentence, if it cannot be done."""
        if not self._may_edit():
            return None
        try:
            change = self.session.apply(edit)
        except ClimpyError as refusal:
            self.say(str(refusal), "bad")
            return None
        self._keep()
        self._show(change.cells)
        if not change.changed:
            self.say("Nothing changed: the chosen cells have these values already.", "care")
        elif not self.trouble:
            self.say("")
        return change

    def apply(self, operation: Operation | None = None) -> Change | None:
        """Do an operation, or the one that is set, to the chosen cells."""
        operation = operation or self.operation
        if operation is None:
            self.say("Choose what is to be done first.", "care")
            return None
        if not self.selection.parts or not self.chosen.any():
            self.say("Choose some cells first.", "care")
            return None
        return self.do(Edit(self.selection, operation))

    def undo(self) -> None:
        """Take the last edit back."""
        self.go_to(len(self.session.done) - 1)

    def redo(self) -> None:
        """Do the edit again that was undone last."""
        self.go_to(len(self.session.done) + 1)

    def go_to(self, number: int) -> None:
        """Undo or redo until so many edits are in force."""
        total = len(self.session.done) + len(self.session.undone)
        if not self._may_edit() or not 0 <= number <= total or number == len(self.session.done):
            return
        cells: list[AnyArray] = []
        leave = self.session.observe(lambda event: cells.append(event.change.cells))
        try:
            while number < len(self.session.done):
                self.session.undo()
            while number > len(self.session.done):
                self.session.redo()
        finally:
            leave()
        self._keep()
        self._show(cells[0] if len(cells) == 1 else np.unique(np.concatenate(cells)))
        if not self.trouble:
            self.say("")

    def replay(self, text: str | bytes) -> None:
        """Do a list of edits (JSON) that was made elsewhere, until one is refused."""
        if not self._may_edit():
            return
        try:
            edits = EditList.from_json(text)
            edits.require_fit(self.field)
        except ClimpyError as refusal:
            self.say(str(refusal), "bad")
            return
        cells: list[AnyArray] = [np.empty(0, dtype=np.int32)]
        told = Message(f"{len(edits.edits)} edits were repeated.", "good")
        for number, edit in enumerate(edits.edits, 1):
            try:
                cells.append(self.session.apply(edit).cells)
            except ClimpyError as refusal:
                sentence = f"Edit {number} ({edit.title}) and what follows was not done: {refusal}"
                told = Message(sentence, "bad")
                break
        self._keep()
        self._show(np.unique(np.concatenate(cells)))
        self.say(told.sentence, told.tone)

    def mark(self, marks: Marks) -> None:
        """Keep what a person decided about what was found."""
        if not self._may_edit():
            return
        self.marks = marks
        self._keep()
        self._tell("marks")
        self._work_out_later()

    def _may_edit(self) -> bool:
        if not self.editable:
            self.say("This file can be looked at, not changed.", "care")
        elif self.busy:
            self.say(f"{self.busy} Wait until that is done.", "care")
        elif self.choice is not None:
            self.say("Decide first how to go on.", "care")
        else:
            return True
        return False

    def _keep(self) -> None:
        try:
            self.desk.keep(self.session, self.marks)
            self.trouble = ""
        except Undecided as undecided:
            self._ask(undecided.choice)
        except Exception as trouble:  # noqa: BLE001 - told, and tried again
            self.trouble = sentence_of(trouble)
        self._tell("kept")

    def _show(self, cells: AnyArray) -> None:
        self._tell("values", cells)
        self._tell("history")
        self._work_out_later()

    # Diagnostics: never before what changed was shown

    def _work_out_later(self) -> None:
        if not self._to_work_out:
            self._to_work_out = True
            self.turns.later(self._work_out)

    def _work_out(self) -> None:
        self._to_work_out = False
        if any(isinstance(shape, _OF_VALUES) for _, shape in self.selection.parts):
            self._choose_anew()
        self._count()
        self._tell("change")

    def _count(self) -> None:
        self.counts = Counts(
            count_of(self.field, np.flatnonzero(self.chosen)),
            self.session.cells_changed,
            self.session.cells_across_coast,
        )
        self._tell("counts")

    # Choosing cells

    def choose(self, shape: Shape, mode: str | None = None) -> None:
        """Add a shape to the selection, in the present mode if none is given."""
        mode = mode or self.mode
        try:
            drawn = self._merged(mode, shape)
            self.drawn, before = drawn, self.drawn
            if not self._choose_anew():
                self.drawn = before
                return
        except ClimpyError as refusal:
            self.say(str(refusal), "bad")
            return
        if self.at_once and self.operation is not None and self.chosen.any():
            self.apply()
            self.clear()

    def _merged(self, mode: str, shape: Shape) -> Selection:
        """The selection with one more shape; single cells clicked one by one are one shape."""
        parts = self.drawn.parts
        if mode == "add" and parts and isinstance(shape, Cells):
            before, last = parts[-1]
            if isinstance(last, Cells) and (before, last.space) in (
                ("add", shape.space),
                ("replace", shape.space),
            ):
                both = replace(last, points=(*last.points, *shape.points))
                return Selection((*parts[:-1], (before, both)))
        return self.drawn.then(mode, shape)

    def clear(self) -> None:
        """Choose nothing."""
        self.drawn = Selection()
        self._choose_anew()

    def set_filter(self, name: str) -> None:
        """Limit what is chosen to land or ocean, or to nothing; see `FILTERS`."""
        if name != self.filter:
            self.filter = name
            self._tell("choosing")
            self._choose_anew()

    def set_mode(self, name: str) -> None:
        """How the next shape is put together with what is chosen."""
        self.mode = name
        self._tell("choosing")

    def set_tool(self, name: str) -> None:
        """What the pointer does; see `TOOLS`."""
        if name in TOOLS and (self.editable or name == "pan"):
            self.tool = name
            self._asked = None
            self._tell("choosing")

    def _choose_anew(self) -> bool:
        try:
            chosen = self.selection.mask(self.field)
        except ClimpyError as refusal:
            self.say(str(refusal), "bad")
            return False
        cells = np.flatnonzero(chosen != self.chosen)
        self.chosen = chosen
        self._tell("selection", cells)
        self.turns.later(self._count_chosen)
        return True

    def _count_chosen(self) -> None:
        chosen = count_of(self.field, np.flatnonzero(self.chosen))
        if chosen != self.counts.chosen:
            self.counts = replace(self.counts, chosen=chosen)
            self._tell("counts")

    def ask_place(self, sentence: str, callback: Callable[[Place], None]) -> None:
        """Have the next click on the map given to a callback, as latitude and longitude."""
        self._asked = callback
        self.say(sentence)

    def pointed(self, place: Place) -> bool:
        """Give a click to whoever asked for a place; False if nobody did."""
        asked, self._asked = self._asked, None
        if asked is None:
            return False
        self.say("")
        asked(place)
        return True

    def escape(self) -> None:
        """Leave what was begun: a question for a place, else the selection."""
        if self._asked is not None:
            self._asked = None
            self.say("")
        else:
            self.clear()

    # What is shown besides

    def overlay(self, name: str, mask: BoolArray | None, colour: str = "#d1495b") -> None:
        """Show cells in a colour above the data under a name; None takes them away."""
        if mask is None:
            self.overlays.pop(name, None)
        else:
            self.overlays[name] = Overlay(name, mask, colour)
        self._tell("layers")

    def points(
        self,
        name: str,
        places: Sequence[Place],
        *,
        labels: Sequence[str] = (),
        colour: str = "#d1495b",
        symbol: str = "circle",
    ) -> None:
        """Show places (latitude, longitude) as symbols under a name; none takes them away."""
        if places:
            entry = Points(name, tuple(places), tuple(labels), colour, symbol)
            self.symbols[name] = entry
        else:
            self.symbols.pop(name, None)
        self._tell("layers")

    def zoom_to(self, latitude: float, longitude: float, degrees: float = 20.0) -> None:
        """Show a place and so many degrees around it in every view."""
        self._tell("place", latitude, longitude, degrees)

    def add_tab(self, title: str, viewable: object) -> None:
        """Show something of Panel's in the right column, the first tab in front."""
        self.tabs.append((title, viewable))
        self._tell("tabs")

    def say(self, sentence: str, tone: str = "note", links: tuple[Link, ...] = ()) -> None:
        """Show a sentence in the message line."""
        message = Message(sentence, tone, links)
        if message != self.message:
            self.message = message
            self._tell("message")

    # The desk

    def lay(self, on_desk: OnDesk) -> None:
        """Go on with another field, or with the same one opened anew."""
        self.sheet, self.session, self.marks = on_desk.sheet, on_desk.session, on_desk.marks
        self.drawn = Selection()
        self.chosen = np.zeros(self.field.shape, dtype=np.bool_)
        self.overlays, self.symbols = {}, {}
        self.operation, self._asked, self.saved = None, None, None
        self.filter, self.trouble, self.counts = "everything", "", Counts()
        if not self.editable:
            self.tool = "pan"
        self.say("")
        for topic in ("sheet", "history", "choosing", "kept", "layers"):
            self._tell(topic)
        self._work_out_later()

    def begin(self) -> None:
        """Work out what is shown besides, for the first time, and look around for others."""
        self._work_out_later()
        self.turns.later(self.look_around)
        self.turns.every(10.0, self.look_around)

    def open(self, variable: str, index: tuple[int, ...] = ()) -> None:
        """Open another variable of the file, or another place along its further axes."""
        work = functools.partial(self.desk.open, variable, index)
        self._away("Opening.", work, self.lay)

    def save(self, description: str = "") -> None:
        """Make the edited field count."""
        if self._may_edit():
            work = functools.partial(self.desk.save, self.session, self.marks, description)
            self._away("Saving.", work, self._saved)

    def decide(self, way: str) -> None:
        """Go one of the ways of the present choice."""
        if self.choice is not None and way in self.choice.ways:
            self._ask(None)
            self._away("A moment.", functools.partial(self.desk.decide, way), self.lay)

    def download(self, name: str, then: Callable[[str], None]) -> None:
        """Make a file ready and hand its address over."""
        work = functools.partial(self.desk.download, name, self.session)
        self._away("Making the file ready.", work, then)

    def look_around(self) -> None:
        """Ask who else is at the same file; what could not be kept is tried again."""
        if self.trouble and not self.busy:
            self._keep()
        try:
            others = tuple(self.desk.others())
        except Exception as trouble:  # noqa: BLE001 - told
            self.say(sentence_of(trouble), "care")
            return
        if others != self.others:
            self.others = others
            self._tell("others")

    def _saved(self, saved: Saved) -> None:
        self.saved = saved
        self.say(saved.sentence, "good", saved.links)
        self._tell("saved")

    def _ask(self, choice: Choice | None) -> None:
        self.choice = choice
        self._tell("choice")

    def _away(self, doing: str, work: Callable[[], object], then: Callable[..., None]) -> None:
        if self.busy:
            self.say(f"{self.busy} Wait until that is done.", "care")
            return
        self._set_busy(doing)

        def done(result: object) -> None:
            self._set_busy("")
            then(result)

        def failed(trouble: BaseException) -> None:
            self._set_busy("")
            if isinstance(trouble, Undecided):
                self._ask(trouble.choice)
            else:
                self.say(sentence_of(trouble), "bad")

        self.turns.away(work, done, failed)

    def _set_busy(self, doing: str) -> None:
        self.busy = doing
        self._tell("busy")
