"""The page of an editor: the map with all its controls, or the question that comes before it.

`prepared` opens what is on the desk, which may take seconds, outside of the event loop; `page`
makes the page of it. A special editor gives `page` a function that adds to the workbench.
"""

import functools
import html
from collections.abc import Callable

import panel as pn
from bokeh.document import Document
from bokeh.models import Column
from bokeh.models.widgets.inputs import TextInput

from climpy.arrays import AnyArray
from climpy.interactive.desk import Choice, Desk, OnDesk, Undecided
from climpy.interactive.editors import widgets as made
from climpy.interactive.editors.canvas import Canvas
from climpy.interactive.editors.controls import ChoosingControls, DoingControls
from climpy.interactive.editors.controls_desk import Header, History, Messages
from climpy.interactive.editors.controls_look import LookControls, Planes, ViewControls
from climpy.interactive.editors.histogram import HistogramFigure
from climpy.interactive.editors.look import Look
from climpy.interactive.editors.scenes import scene_of
from climpy.interactive.editors.turns import AtOnce, OfDocument, sentence_of
from climpy.interactive.editors.widgets import Widgets
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.views.wording import hover

_ARRIVAL_SECONDS = 0.3

HIGHLIGHTS = ("#d1495b", "#8e44ad", "#00798c")
"""Colours of what should be looked at first."""

Extend = Callable[[Workbench], None]


def prepared(desk: Desk) -> OnDesk | Choice:
    """What is on the desk, or what has to be decided first; may take seconds."""
    try:
        return desk.open()
    except Undecided as undecided:
        return undecided.choice


def page(
    desk: Desk,
    ready: OnDesk | Choice,
    document: Document | None = None,
    extend: Extend = lambda _workbench: None,
) -> pn.viewable.Viewable:
    """The page of an editor.

    Parameters
    ----------
    desk : Desk
        What surrounds it; it is left when the page's session ends.
    ready : OnDesk or Choice
        What `prepared` gave.
    document : Document, optional
        Of the page; without one everything happens at once, as tests want it.
    extend : callable
        Given the workbench when it is ready: adds tabs, overlays, diagnostics.
    """
    root = pn.Column(css_classes=["ed-root"], stylesheets=[made.css()], sizing_mode="stretch_both")
    if document is not None:
        document.on_session_destroyed(lambda _context: desk.leave())
    _fill(root, desk, ready, document, extend)
    return root


def _fill(
    root: pn.Column, desk: Desk, ready: OnDesk | Choice, document: Document | None, extend: Extend
) -> None:
    if isinstance(ready, Choice):
        root[:] = [_question(root, desk, ready, document, extend)]
        return
    turns = AtOnce() if document is None else OfDocument(document)
    workbench = Workbench(desk, ready, turns)
    screen = Screen(workbench)
    extend(workbench)
    screen.add_tabs()
    asked_before = bool(len(root))
    root[:] = screen.parts
    # Panel sends the parts on its own way; nothing may be told of them before they have arrived
    turns.after(_ARRIVAL_SECONDS if asked_before else 0.0, workbench.begin)


def _question(
    root: pn.Column, desk: Desk, choice: Choice, document: Document | None, extend: Extend
) -> Column:
    """What has to be decided before anything can be shown."""
    widgets = Widgets()
    turns = AtOnce() if document is None else OfDocument(document)
    message = widgets.note(handle="ed-message", live=True)

    def go(way: str) -> None:
        message.text = "A moment."
        turns.away(
            lambda: desk.decide(way),
            lambda ready: _fill(root, desk, ready, document, extend),
            failed,
        )

    def failed(trouble: BaseException) -> None:
        if isinstance(trouble, Undecided):
            _fill(root, desk, trouble.choice, document, extend)
        else:
            message.text = html.escape(sentence_of(trouble))

    heading = desk.heading
    back = made.links([heading.back]) if heading.back else ""
    buttons = [
        widgets.button(label, f"ed-way-{way}", functools.partial(go, way))
        for way, label in choice.ways.items()
    ]
    return widgets.column(
        widgets.note(f"<nav>{back}</nav><h1>{html.escape(heading.title)}</h1>", "ed-title"),
        widgets.note(f"<p>{html.escape(choice.sentence)}</p>", "ed-choice-sentence"),
        widgets.row(*buttons, handle="ed-ways"),
        message,
        handle="ed-question",
        classes=("ed-choice",),
    )


class Screen:
    """All that is seen of a workbench."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.look = Look()
        self.look.begin(workbench.field)
        self.canvases: list[Canvas] = []
        # before the controls, which tell of a tool once it can be used
        workbench.listen("choosing", lambda: self._each(Canvas.choose_tool))
        self._west = -180.0
        placed = workbench.field.latitudes is not None
        self._views = ["map" if placed else "index"]
        self.widgets = widgets = Widgets()
        self._status = widgets.note(handle="ed-status")
        self._notes = widgets.note(handle="ed-notes")
        self.choosing = ChoosingControls(widgets, workbench)
        self.doing = DoingControls(widgets, workbench)
        self.histogram = HistogramFigure(workbench, self.look, self._range)
        self.looking = LookControls(
            widgets, workbench, self.look, self.recolour, self._redraw_lines
        )
        self.viewing = ViewControls(
            widgets, workbench, self._view, self._move_seam, self._beside, self._whole
        )
        self.history = History(widgets, workbench)
        self.keyboard = TextInput(name="keyboard", visible=False, css_classes=["ed-keyboard"])
        self.keyboard.on_change("value", lambda _attr, _old, new: self.pressed(str(new)))
        self._begin_sheet()
        self.canvases.append(self._canvas(0))
        self._maps = widgets.row(self.canvases[0].figure, handle="ed-maps")
        self._tabs = pn.Tabs(  # type: ignore[no-untyped-call]
            css_classes=["ed-side"], stylesheets=[made.css()], sizing_mode="stretch_both"
        )
        self._listen()
        self._note()

    @property
    def parts(self) -> list[object]:
        """What the page is made of: header, left column, middle, right column."""
        widgets, messages = self.widgets, Messages(self.widgets, self.workbench)
        left = widgets.column(self.choosing.root, self.doing.root, handle="ed-left")
        self.workbench.listen("sheet", lambda: left.update(visible=self.workbench.editable))
        left.visible = self.workbench.editable
        top = widgets.row(Planes(widgets, self.workbench).root, self.viewing.root, handle="ed-top")
        middle = widgets.column(
            messages.choice, top, self._maps, messages.line, self._status,
            self.histogram.figure, self.keyboard, handle="ed-stage",
        )  # fmt: skip
        return [Header(widgets, self.workbench).root, left, middle, self._tabs]

    def add_tabs(self) -> None:
        """Show the tabs of a special editor, then history and look."""
        added = [(title, viewable) for title, viewable in self.workbench.tabs]
        own = [("History", self.history.root), ("Look", self.looking.root), ("Notes", self._notes)]
        self._tabs[:] = [*added, *own]

    def _canvas(self, number: int) -> Canvas:
        bench = self.workbench
        scene = scene_of(bench.sheet, bench.field, self._views[number], self._west)
        canvas = Canvas(bench, scene, self.look, f"ed-map-{number + 1}")
        canvas.hovered = self._tell
        return canvas

    def _listen(self) -> None:
        bench = self.workbench
        bench.listen("values", self._paint)
        bench.listen("selection", lambda _cells: self._each(Canvas.selection_changed))
        bench.listen("layers", lambda: self._each(Canvas.marks_changed))
        bench.listen("place", self._lead)
        bench.listen("sheet", self._lay)
        bench.listen("tabs", self.add_tabs)
        bench.on_change(self._work_out)

    def _each(self, work: Callable[[Canvas], None]) -> None:
        for canvas in self.canvases:
            work(canvas)

    def _paint(self, cells: AnyArray) -> None:
        for canvas in self.canvases:
            canvas.values_changed(cells)

    def _lead(self, latitude: float, longitude: float, degrees: float) -> None:
        for canvas in self.canvases:
            canvas.zoom_to(latitude, longitude, degrees)

    def _work_out(self) -> None:
        self._each(Canvas.draw_coast)
        self.histogram.draw()

    # Another sheet

    def _lay(self) -> None:
        self.look.begin(self.workbench.field)
        if self.workbench.field.latitudes is None:
            self._views = ["index"]
        self._begin_sheet()
        self._show_views()
        self.looking.follow()
        self._note()

    def _begin_sheet(self) -> None:
        bench = self.workbench
        sheet = bench.sheet
        if sheet.poles:
            bench.points("Singular points", sheet.poles, colour="#d1495b", symbol="star")
        for number, highlight in enumerate(sheet.highlights):
            bench.overlay(highlight.sentence, highlight.cells, HIGHLIGHTS[number % len(HIGHLIGHTS)])
        if sheet.highlights:
            bench.say(" ".join(entry.sentence for entry in sheet.highlights), "care")

    def _note(self) -> None:
        sheet = self.workbench.sheet
        ny, nx = self.workbench.field.shape
        told = [f"{sheet.title} [{sheet.units or 'no units'}], {ny} rows, {nx} columns."]
        entries = "".join(f"<li>{html.escape(note)}</li>" for note in (*told, *sheet.notes))
        self._notes.text = f"<ul>{entries}</ul>"

    # Views

    def _view(self, view: str) -> None:
        self._views[0] = view
        self._show_views()

    def _beside(self, view: str) -> None:
        self._views[1:] = [view] if view else []
        self._show_views()

    def _move_seam(self, west: float) -> None:
        self._west = west
        self._show_views()

    def _whole(self) -> None:
        self._each(Canvas.whole)

    def _show_views(self) -> None:
        bench = self.workbench
        del self.canvases[len(self._views) :]
        for canvas, view in zip(self.canvases, self._views, strict=False):
            canvas.show(scene_of(bench.sheet, bench.field, view, self._west))
        if len(self.canvases) < len(self._views):
            self.canvases.append(self._canvas(1))
        self._maps.children = [canvas.figure for canvas in self.canvases]

    # Colours

    def recolour(self) -> None:
        """Show colours, or what is coloured, as they are now."""
        self._each(Canvas.repaint)
        self.histogram.draw()

    def _redraw_lines(self) -> None:
        self._each(Canvas.draw_lines)

    def _range(self, low: float, high: float) -> None:
        if self.workbench.editable:
            self.choosing.set_range(low, high)

    # Reading, keys

    def _tell(self, cell: int, _place: object) -> None:
        text = ""
        if cell >= 0:
            text = html.escape(str(hover(self.workbench.sheet, self.workbench.values, cell)))
        if text != self._status.text:
            self._status.text = text

    def pressed(self, value: str) -> None:
        """Do what a key stands for; see the page's keyboard script."""
        name = value.partition(":")[0]
        bench = self.workbench
        if name == "undo":
            bench.undo()
        elif name == "redo":
            bench.redo()
        elif name == "escape":
            bench.escape()
        else:
            bench.set_tool(name)
