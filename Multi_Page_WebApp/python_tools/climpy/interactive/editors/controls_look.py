"""Controls of what is seen: variable and level, views, colours, lines."""

import functools
from collections.abc import Callable

from bokeh.models import Column, LayoutDOM, Row
from bokeh.models.widgets.sliders import Slider

from climpy.errors import ClimpyError
from climpy.interactive.editors.look import Look
from climpy.interactive.editors.scenes import VIEWS
from climpy.interactive.editors.widgets import Widgets
from climpy.interactive.editors.workbench import Workbench
from climpy.interactive.views.palettes import FAMILIES


class Planes:
    """What of the file is shown: variable, and places along its further axes."""

    def __init__(self, widgets: Widgets, workbench: Workbench) -> None:
        self._bench, self._widgets = workbench, widgets
        self._planes = {plane.variable: plane for plane in workbench.desk.planes()}
        self._following = False
        options = [(name, _named(name, plane.title)) for name, plane in self._planes.items()]
        self._variable = widgets.select(
            options, workbench.sheet.variable, "ed-variable", self._open, label="Variable"
        )
        self.root: Row = widgets.row(handle="ed-planes")
        workbench.listen("sheet", self._follow)
        self._follow()

    def _follow(self) -> None:
        sheet = self._bench.sheet
        self._following = True
        try:
            self._variable.value = sheet.variable
        finally:
            self._following = False
        children: list[LayoutDOM] = [self._variable] if len(self._planes) > 1 else []
        plane = self._planes.get(sheet.variable)
        for number, (name, labels) in enumerate(plane.axes if plane else ()):
            at = sheet.index[number] if number < len(sheet.index) else 0
            options = [(str(n), f"{n + 1}. {label}") for n, label in enumerate(labels)]
            children.append(
                self._widgets.select(
                    options, str(at), f"ed-axis-{number}",
                    functools.partial(self._move, number), label=name,
                )
            )  # fmt: skip
        self.root.update(children=children)
        self.root.visible = bool(children)

    def _open(self, variable: str) -> None:
        if not self._following and variable != self._bench.sheet.variable:
            self._bench.open(variable, (0,) * len(self._planes[variable].axes))

    def _move(self, axis: int, place: str) -> None:
        index = list(self._bench.sheet.index)
        index[axis] = int(place)
        if tuple(index) != self._bench.sheet.index:
            self._bench.open(self._bench.sheet.variable, tuple(index))


def _named(name: str, title: str) -> str:
    text = title if title == name or not title else f"{title} ({name})"
    return text if len(text) <= 60 else f"{text[:57]}…"


class LookControls:
    """Palette, limits, steps and lines.

    Parameters
    ----------
    on_colours : callable
        Called when colours or what is coloured has changed.
    on_lines : callable
        Called when other lines are wanted.
    """

    def __init__(
        self,
        widgets: Widgets,
        workbench: Workbench,
        look: Look,
        on_colours: Callable[[], None],
        on_lines: Callable[[], None],
    ) -> None:
        self._bench, self._look = workbench, look
        self._on_colours, self._on_lines = on_colours, on_lines
        self._following = False
        options = [
            (name, f"{family}: {name}") for family, names in FAMILIES.items() for name in names
        ]
        number, check = widgets.number, widgets.check
        self._palette = widgets.select(
            options, look.palette, "ed-palette", lambda value: self._set("palette", value),
            label="Colours",
        )  # fmt: skip
        self._low = number(None, "ed-lowest", lambda v: self._set("low", v), label="Lowest")
        self._high = number(None, "ed-highest", lambda v: self._set("high", v), label="Highest")
        self._steps = number(
            None, "ed-steps", lambda v: self._set("steps", None if v is None else int(v)),
            label="Number of colours (empty: all)", whole=True, low=2, high=256,
        )  # fmt: skip
        self._checks = {
            name: check(label, getattr(look, name), f"ed-{name}", self._setter(name))
            for name, label in (
                ("symmetric", "Symmetric about 0"),
                ("reverse", "Reversed"),
                ("beyond", "Show what lies beyond the limits"),
                ("mask", "Only land and ocean"),
            )
        }
        lines = [
            check(label, getattr(look, name), f"ed-{name}", self._line_setter(name))
            for name, label in (
                ("coast", "The field's own coastline"),
                ("graticule", "Meridians and parallels"),
                ("grid", "Cell borders when zoomed in"),
            )
        ]
        self.root: Column = widgets.column(
            widgets.group(
                "Colours", self._palette,
                widgets.row(self._low, self._high, handle="ed-limits"),
                self._steps, *self._checks.values(), handle="ed-colours",
            ),
            widgets.group("Lines", *lines, handle="ed-lines"),
            handle="ed-look",
        )  # fmt: skip
        self.follow()

    def _setter(self, name: str) -> Callable[[bool], None]:
        return lambda value: self._set(name, value)

    def _line_setter(self, name: str) -> Callable[[bool], None]:
        def set_line(value: bool) -> None:
            setattr(self._look, name, value)
            self._on_lines()

        return set_line

    def _set(self, name: str, value: object) -> None:
        if self._following:
            return
        before = getattr(self._look, name)
        setattr(self._look, name, value)
        if name == "symmetric":
            self._look.low = self._look.high = None
        try:
            self._look.fit(self._bench.field)
        except ClimpyError as refusal:
            setattr(self._look, name, before)
            self._look.fit(self._bench.field)
            self._bench.say(str(refusal), "bad")
        self._on_colours()
        self.follow()

    def follow(self) -> None:
        """Show what is set."""
        self._following = True
        try:
            look = self._look
            self._palette.value = look.palette
            self._low.value, self._high.value = look.limits
            self._steps.value = look.steps
            for name, box in self._checks.items():
                box.active = getattr(look, name)
            self._checks["mask"].visible = self._bench.tells_ocean
            codes = self._bench.field.kind == "codes"
            for widget in (self._low, self._high, self._steps, self._checks["symmetric"]):
                widget.visible = not codes
        finally:
            self._following = False


class ViewControls:
    """Which views there are, where the map begins, zooming out."""

    def __init__(
        self,
        widgets: Widgets,
        workbench: Workbench,
        on_view: Callable[[str], None],
        on_west: Callable[[float], None],
        on_second: Callable[[str], None],
        on_whole: Callable[[], None],
    ) -> None:
        self._bench = workbench
        self._view = widgets.choice(VIEWS, "map", "ed-view", self._pick, label="View")
        self._on_view = on_view
        self._west = Slider(
            start=-180, end=180, step=5, value=-180, title="Western edge", width=170,
            css_classes=["ed-west"], stylesheets=[widgets.style],
        )  # fmt: skip
        self._west.on_change("value_throttled", lambda _attr, _old, new: on_west(float(new)))
        self._second = widgets.select(
            [("", "alone"), *VIEWS.items()], "", "ed-second", on_second, label="Beside it"
        )
        whole = widgets.button("Whole", "ed-whole", on_whole, hint="Show all of the map")
        self.root: Row = widgets.row(
            self._view, self._west, self._second, whole, handle="ed-viewing"
        )
        workbench.listen("sheet", self.follow)
        self.follow()

    def _pick(self, view: str) -> None:
        self._west.visible = view == "map"
        self._on_view(view)

    def follow(self) -> None:
        """Offer what the field allows."""
        placed = self._bench.field.latitudes is not None
        self._view.visible = self._second.visible = placed
        self._west.visible = placed and list(VIEWS)[self._view.active or 0] == "map"
