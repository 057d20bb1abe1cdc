"""Small widgets of Bokeh, all made alike: a label, a handle for tests, the editors' styles.

Their texts are labels and plain text; whatever comes from files is escaped.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bokeh.models import Column, ImportedStyleSheet, InlineStyleSheet, LayoutDOM, Row
from bokeh.models.widgets.buttons import Button
from bokeh.models.widgets.groups import RadioButtonGroup
from bokeh.models.widgets.inputs import Checkbox, NumericInput, Select, TextInput
from bokeh.models.widgets.markups import Div

from climpy.interactive.desk import Link

Sheets = list[ImportedStyleSheet | InlineStyleSheet]


@cache
def css() -> str:
    """The styles of all editors, for the inside of shadow roots."""
    return (Path(__file__).parent / "editors.css").read_text(encoding="utf-8")


class Widgets:
    """Makes the widgets of one page; they share one style sheet."""

    def __init__(self) -> None:
        self.style = InlineStyleSheet(css=css())

    def _dress(self, handle: str, classes: Sequence[str] = ()) -> dict[str, Any]:
        return {"css_classes": [handle, *classes], "stylesheets": [self.style]}

    def button(
        self,
        label: str,
        handle: str,
        on_click: Callable[[], object],
        *,
        tone: str = "plain",
        hint: str = "",
    ) -> Button:
        """A button; `tone` is "plain", "main", "quiet" or "bad"."""
        button = Button(label=label, **self._dress(handle, (f"ed-{tone}",)))
        if hint:
            button.html_attributes = {"title": hint}
        button.on_click(lambda: _ignore(on_click()))
        return button

    def choice(
        self,
        entries: Mapping[str, str],
        chosen: str | None,
        handle: str,
        on_pick: Callable[[str], None],
        *,
        label: str,
        classes: Sequence[str] = (),
    ) -> RadioButtonGroup:
        """One of several, all shown side by side; entries are names and what buttons say."""
        names = list(entries)
        group = RadioButtonGroup(
            labels=list(entries.values()),
            active=names.index(chosen) if chosen in names else None,
            html_attributes={"role": "group", "aria-label": label},
            **self._dress(handle, classes),
        )

        def picked(_attr: str, _old: object, new: int | None) -> None:
            if new is not None:
                on_pick(names[new])

        group.on_change("active", picked)
        return group

    def select(
        self,
        entries: Sequence[tuple[str, str]],
        chosen: str,
        handle: str,
        on_pick: Callable[[str], None],
        *,
        label: str,
    ) -> Select:
        """One of several in a list; entries are names and what is shown."""
        options: list[Any] = list(entries)
        widget = Select(
            options=options,
            value=chosen,
            title=label,
            sizing_mode="stretch_width",
            **self._dress(handle),
        )
        widget.on_change("value", lambda _attr, _old, new: on_pick(str(new)))
        return widget

    def number(
        self,
        value: float | None,
        handle: str,
        on_set: Callable[[float | None], None] | None = None,
        *,
        label: str,
        whole: bool = False,
        low: float | None = None,
        high: float | None = None,
    ) -> NumericInput:
        """A number that is typed."""
        widget = NumericInput(
            value=value,
            mode="int" if whole else "float",
            low=low,
            high=high,
            title=label,
            sizing_mode="stretch_width",
            **self._dress(handle),
        )
        if on_set is not None:
            widget.on_change("value", lambda _attr, _old, new: on_set(new))
        return widget

    def check(
        self, label: str, active: bool, handle: str, on_set: Callable[[bool], None]
    ) -> Checkbox:
        """Yes or no."""
        widget = Checkbox(label=label, active=active, **self._dress(handle))
        widget.on_change("active", lambda _attr, _old, new: on_set(bool(new)))
        return widget

    def text(self, label: str, handle: str, placeholder: str = "") -> TextInput:
        """A line that is typed."""
        return TextInput(
            title=label, placeholder=placeholder, sizing_mode="stretch_width", **self._dress(handle)
        )

    def note(
        self, text: str = "", handle: str = "ed-note", *, live: bool = False, **more: Any
    ) -> Div:
        """A piece of text (HTML); `live` has it read aloud when it changes."""
        attributes = {"role": "status", "aria-live": "polite"} if live else {}
        return Div(text=text, html_attributes=attributes, **self._dress(handle), **more)

    def column(self, *children: LayoutDOM, handle: str, classes: Sequence[str] = ()) -> Column:
        """Widgets below one another."""
        return Column(children=list(children), **self._dress(handle, ("ed-column", *classes)))

    def row(self, *children: LayoutDOM, handle: str, classes: Sequence[str] = ()) -> Row:
        """Widgets beside one another."""
        return Row(children=list(children), **self._dress(handle, ("ed-row", *classes)))

    def group(self, title: str, *children: LayoutDOM, handle: str) -> Column:
        """Widgets under a heading."""
        heading = self.note(f"<h2>{html.escape(title)}</h2>", "ed-heading")
        return self.column(heading, *children, handle=handle, classes=("ed-group",))


def _ignore(_result: object) -> None:
    """Callbacks of Bokeh give nothing."""


def shortened(text: str, tag: str = "span", name: str = "") -> str:
    """Text that is cut where it does not fit, whole when pointed at."""
    whole = html.escape(text)
    return f'<{tag} class="ed-short {name}" title="{whole}">{whole}</{tag}>'


def links(entries: Sequence[Link]) -> str:
    """Links as HTML."""
    return " ".join(
        f'<a href="{html.escape(entry.address)}">{html.escape(entry.label)}</a>'
        for entry in entries
    )
