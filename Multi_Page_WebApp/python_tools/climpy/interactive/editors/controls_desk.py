"""Above the map and beside it: what is open, saving, downloads, history, choices, messages."""

import base64
import binascii
import functools
import html

from bokeh.models import Column, LayoutDOM, Row
from bokeh.models.widgets.groups import RadioButtonGroup
from bokeh.models.widgets.inputs import FileInput
from bokeh.models.widgets.markups import Div

from climpy.interactive.desk import Link
from climpy.interactive.editors import widgets as made
from climpy.interactive.editors import wording
from climpy.interactive.editors.widgets import Widgets
from climpy.interactive.editors.workbench import Workbench

MOST_SHOWN = 200
"""Edits of the history that are shown; of more the last ones."""

KEPT = "All changes are kept"


class Header:
    """The line at the top: where from, what, whether it is kept, saving."""

    def __init__(self, widgets: Widgets, workbench: Workbench) -> None:
        self._bench = workbench
        heading, offers = workbench.desk.heading, workbench.desk.offers
        back = made.links([heading.back]) if heading.back else ""
        title = widgets.note(
            f"<nav>{back}</nav><h1>{made.shortened(heading.title)}</h1>"
            f"{made.shortened(heading.subtitle, name='ed-subtitle')}",
            "ed-title",
        )
        self._kept = widgets.note(handle="ed-kept", live=True)
        self._others = widgets.note(handle="ed-others", live=True)
        self._save = widgets.button(
            f"{offers.save}…" if offers.describes else offers.save,
            "ed-save",
            self._ask,
            tone="main",
        )
        self._description = widgets.text(
            "What did you change?", "ed-description", "One line for the history"
        )
        self._panel: Row = widgets.row(
            self._description,
            widgets.button(offers.save or "Save", "ed-save-now", self._go, tone="main"),
            widgets.button("Not now", "ed-save-not", self._leave),
            handle="ed-save-panel",
        )
        self._panel.visible = False
        bar = widgets.row(title, self._others, self._kept, self._save, handle="ed-bar")
        self.root: Column = widgets.column(bar, self._panel, handle="ed-header")
        for topic in ("kept", "history", "sheet", "busy", "saved", "others"):
            workbench.listen(topic, self._follow)
        self._follow()

    def _ask(self) -> None:
        if not self._bench.desk.offers.describes:
            self._bench.save()
            return
        self._panel.visible = not self._panel.visible

    def _go(self) -> None:
        self._panel.visible = False
        self._bench.save(str(self._description.value or "").strip())

    def _leave(self) -> None:
        self._panel.visible = False

    def _follow(self) -> None:
        bench = self._bench
        self._save.visible = bool(bench.desk.offers.save) and bench.editable
        self._save.disabled = bool(bench.busy)
        self._others.text = "<br>".join(html.escape(sentence) for sentence in bench.others)
        self._others.visible = bool(bench.others)
        number = len(bench.session.done)
        edits = "no edits" if not number else "1 edit" if number == 1 else f"{number} edits"
        if bench.busy:
            text = f"<span class='ed-working'>{html.escape(bench.busy)}</span>"
        elif bench.trouble:
            text = f"<span class='ed-bad'>Not kept: {html.escape(bench.trouble)}</span>"
        elif not bench.editable:
            text = "Only to look at"
        else:
            text = f"{KEPT} · {edits}"
        self._kept.text = text


class Messages:
    """The line for sentences, and what has to be decided."""

    def __init__(self, widgets: Widgets, workbench: Workbench) -> None:
        self._bench, self._widgets = workbench, widgets
        self.line: Div = widgets.note(handle="ed-message", live=True)
        self.choice: Column = widgets.column(handle="ed-choice")
        workbench.listen("message", self._tell)
        workbench.listen("choice", self._ask)
        self._tell()
        self._ask()

    def _tell(self) -> None:
        message = self._bench.message
        more = made.links(message.links)
        told = f"<p class='ed-tone-{message.tone}'>{html.escape(message.sentence)} {more}</p>"
        self.line.text = told if message.sentence else ""

    def _ask(self) -> None:
        choice = self._bench.choice
        self.choice.visible = choice is not None
        if choice is None:
            self.choice.children = []
            return
        buttons: list[LayoutDOM] = [
            self._widgets.button(label, f"ed-way-{way}", functools.partial(self._bench.decide, way))
            for way, label in choice.ways.items()
        ]
        sentence = self._widgets.note(
            f"<p>{html.escape(choice.sentence)}</p>", "ed-choice-sentence"
        )
        ways = self._widgets.row(*buttons, handle="ed-ways")
        self.choice.children = [sentence, ways]


class History:
    """All edits, those undone greyed; a click goes there. Downloads; edits from elsewhere."""

    def __init__(self, widgets: Widgets, workbench: Workbench) -> None:
        self._bench, self._first = workbench, 0
        self._list: RadioButtonGroup = RadioButtonGroup(
            labels=[], orientation="vertical", css_classes=["ed-history-list"],
            stylesheets=[widgets.style], html_attributes={"role": "group", "aria-label": "Edits"},
        )  # fmt: skip
        self._list.on_change("active", lambda _attr, _old, new: self._go(new))
        self._following = False
        self._links = widgets.note(handle="ed-links", live=True)
        buttons = [
            widgets.button(
                entry.label, f"ed-download-{entry.name}", functools.partial(self._get, entry.name)
            )
            for entry in workbench.desk.offers.downloads
        ]
        children: list[LayoutDOM] = [self._list]
        if buttons:
            downloads = widgets.row(*buttons, handle="ed-download-buttons")
            children.append(
                widgets.group("Download", downloads, self._links, handle="ed-downloads")
            )
        if workbench.editable:
            self._file = FileInput(
                accept=".json", title="Repeat edits from a file (JSON)",
                css_classes=["ed-replay"], stylesheets=[widgets.style],
            )  # fmt: skip
            self._file.on_change("value", lambda _attr, _old, new: self._replay(new))
            children.append(self._file)
        self.root: Column = widgets.column(*children, handle="ed-history")
        workbench.listen("history", self._follow)
        workbench.listen("sheet", self._forget)
        self._follow()

    def _follow(self) -> None:
        bench = self._bench
        edits = (*bench.session.done, *bench.session.undone)
        self._first = max(0, len(bench.session.done) - MOST_SHOWN)
        shown = edits[self._first : self._first + 2 * MOST_SHOWN]
        begin = "As it was opened" if not self._first else f"After {self._first} edits"
        labels = [begin] + [
            f"{number}. {wording.edit(edit, bench.sheet.units)}"
            for number, edit in enumerate(shown, self._first + 1)
        ]
        self._following = True
        try:
            if labels != self._list.labels:
                self._list.labels = labels
            self._list.active = len(bench.session.done) - self._first
        finally:
            self._following = False

    def _go(self, entry: int | None) -> None:
        if not self._following and entry is not None:
            self._bench.go_to(self._first + entry)
            self._follow()

    def _forget(self) -> None:
        self._links.text = ""
        self._follow()

    def _get(self, name: str) -> None:
        entries = self._bench.desk.offers.downloads
        label = next(entry.label for entry in entries if entry.name == name)

        def ready(address: str) -> None:
            self._links.text = f"<p>Ready: {made.links([Link(label, address)])}</p>"

        self._links.text = ""
        self._bench.download(name, ready)

    def _replay(self, content: object) -> None:
        if not isinstance(content, str) or not content:
            return
        try:
            text = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            self._bench.say("The file could not be read.", "bad")
            return
        self._bench.replay(text)
