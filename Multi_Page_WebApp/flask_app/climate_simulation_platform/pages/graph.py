"""The picture of the workflow: what is drawn where. Templates write it as SVG."""

import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Step, direct_dependants
from climate_simulation_platform.labels import FILE_TITLES, STATUS_WORDS, STEP_TITLES
from climate_simulation_platform.pages import layout
from climate_simulation_platform.pages.layout import Box, Layout, Line, Size
from climate_simulation_platform.records import Status
from climate_simulation_platform.workflow.states import StepView

CHIP_HEIGHT = 28.0
CHIP_GAP = 5.0
CHIP_LETTER = 6.6
"""Room for a letter of a chip; the pages' typefaces need less."""


BESIDE = 50.0
"""Room beside the words of a box, for the sign of its state."""

FIGURE = 16.0
"""Room for the figure that marks a person's step."""

TITLE_LINE, SAYS_LINE = 16.0, 15.0
MOST_LINES = 2


@dataclass(frozen=True)
class Look:
    """Measures of a picture.

    Parameters
    ----------
    title_letter, letter : float
        Room for a letter of a title, and of other text.
    reason_height : float
        Kept free below each box for the lines that say why.
    """

    width: float
    box_height: float
    title_letter: float = 9.4
    letter: float = 6.9
    line_height: float = 15.0
    reason_height: float = 36.0


WIDE = Look(width=146.0, box_height=68.0)
NARROW = Look(width=330.0, box_height=52.0, reason_height=0.0)

GAP, SPACE = 40.0, 16.0
LANE, ROW_SPACE = 16.0, 12.0
BEND = 10.0


@dataclass(frozen=True)
class Chip:
    """A file below the step that makes it; revision 0 where it does not exist yet."""

    file_type: FileType
    title: str
    revision: int
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Node:
    """A step in the picture."""

    view: StepView
    title: tuple[str, ...]
    says: str
    reason: tuple[str, ...]
    share: float | None
    by_person: bool
    x: float
    y: float
    width: float
    height: float
    chips: tuple[Chip, ...]

    @property
    def heard(self) -> str:
        """All of it as a sentence, for those who cannot see the picture."""
        why = f" {self.view.why}" if self.view.why else ""
        return f"{STEP_TITLES[self.view.step]}: {self.says.lower()}.{why}"

    @property
    def first_line(self) -> float:
        """Where the first of the lines in the box stands, so that all are in its middle."""
        return self.y + self.height / 2 - (TITLE_LINE * len(self.title) + SAYS_LINE) / 2 + 12.0


@dataclass(frozen=True)
class Picture:
    """The whole picture.

    Parameters
    ----------
    curves : tuple of (start, end, path)
        Lines between steps as SVG path data, their arrow heads included.
    """

    width: float
    height: float
    nodes: tuple[Node, ...]
    curves: tuple[tuple[str, str, str], ...]


def flow(steps: Mapping[str, Step] = STEPS) -> dict[str, tuple[str, ...]]:
    """What follows from each step, without lines that a longer way replaces."""
    if steps is STEPS:
        graph = {step: direct_dependants(step) for step in ORDER}
    else:
        graph = {step: definition.invalidates for step, definition in steps.items()}
    return layout.without_shortcuts(graph)


def wide(views: Mapping[str, StepView], revisions: Mapping[FileType, int]) -> Picture:
    """The picture for wide screens, from left to right."""
    graph = flow()
    sizes = {step: _size(step, revisions, WIDE) for step in graph}
    placed = layout.across(graph, sizes, gap=GAP, space=SPACE)
    return _picture(placed, views, revisions, WIDE, _curve)


def narrow(views: Mapping[str, StepView], revisions: Mapping[FileType, int]) -> Picture:
    """The picture for narrow screens, from top to bottom."""
    graph = flow()
    sizes = {step: _size(step, revisions, NARROW) for step in graph}
    placed = layout.down(graph, sizes, lane=LANE, space=ROW_SPACE)
    return _picture(placed, views, revisions, NARROW, _rounded)


def _size(step: str, revisions: Mapping[FileType, int], look: Look) -> Size:
    chips = _chips(step, revisions, look.width)
    rows = max((chip.y + CHIP_HEIGHT for chip in chips), default=0.0)
    height = look.box_height + look.reason_height + rows + CHIP_GAP
    return Size(look.width, height, look.box_height / 2)


def _chips(step: str, revisions: Mapping[FileType, int], width: float) -> list[Chip]:
    """Files of a step in as many rows as they need; the first begins at 0, 0."""
    definition = STEPS[step]
    chips: list[Chip] = []
    x = y = 0.0
    for file_type in (*definition.makes, *definition.writes):
        title = FILE_TITLES[file_type]
        revision = revisions.get(file_type, 0)
        own = 16 + CHIP_LETTER * (len(title) + (len(f" {revision}") if revision else 0))
        if x and x + own > width:
            x, y = 0.0, y + CHIP_HEIGHT + CHIP_GAP
        chips.append(Chip(file_type, title, revision, x, y, own))
        x += own + CHIP_GAP
    return chips


def _picture(
    placed: Layout,
    views: Mapping[str, StepView],
    revisions: Mapping[FileType, int],
    look: Look,
    path: Callable[[Line], str],
) -> Picture:
    nodes = tuple(_node(views[step], box, revisions, look) for step, box in placed.boxes.items())
    curves = tuple((line.start, line.end, path(line)) for line in placed.lines)
    return Picture(placed.width, placed.height, nodes, curves)


def _node(view: StepView, box: Box, revisions: Mapping[FileType, int], look: Look) -> Node:
    by_person = STEPS[view.step].by_person
    running = view.task if view.status is Status.RUNNING else None
    lines = math.floor(look.reason_height / look.line_height)
    why = view.why or (running.phase if running else "")
    reason = wrapped(why, int(look.width / look.letter), lines) if lines else ()
    beside = BESIDE + (FIGURE if by_person else 0.0)
    below = box.y + look.box_height + CHIP_GAP + len(reason) * look.line_height
    below += CHIP_GAP if reason else 0.0
    return Node(
        view=view,
        title=wrapped(
            STEP_TITLES[view.step], int((look.width - beside) / look.title_letter), MOST_LINES
        ),
        says=progress_words(view),
        reason=reason,
        share=running.progress if running else None,
        by_person=by_person,
        x=box.x,
        y=box.y,
        width=look.width,
        height=look.box_height,
        chips=tuple(
            replace(chip, x=box.x + chip.x, y=below + chip.y)
            for chip in _chips(view.step, revisions, look.width)
        ),
    )


def progress_words(view: StepView) -> str:
    """State of a step in a few words, with the share that is done."""
    words = STATUS_WORDS[view.status]
    if view.task is not None and view.status is Status.RUNNING and view.task.progress > 0.0:
        return f"{words}, {math.floor(100 * view.task.progress)} %"
    return words


def wrapped(text: str, letters: int, lines: int) -> tuple[str, ...]:
    """Text in so many lines of so many letters; what is too much ends in an ellipsis."""
    return tuple(
        textwrap.wrap(
            textwrap.shorten(text, letters * lines, placeholder=" …"),
            letters,
            max_lines=lines,
            placeholder=" …",
            break_long_words=False,
        )
    )


def _curve(line: Line) -> str:
    """Curves between columns, straight through them; with an arrow head."""
    x, y = line.points[0]
    path = f"M{x:.1f} {y:.1f}"
    for k, (to_x, to_y) in enumerate(line.points[1:]):
        if k % 2:
            path += f"H{to_x:.1f}"
        else:
            middle = (x + to_x) / 2
            path += f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
        x, y = to_x, to_y
    return path + _head(x, y)


def _rounded(line: Line) -> str:
    """Down a lane with rounded corners; with an arrow head."""
    (start, leave), (x, _), (_, reach), (end, _) = line.points
    bend = min(BEND, (reach - leave) / 2, start - x)
    return (
        f"M{start:.1f} {leave:.1f}H{x + bend:.1f}Q{x:.1f} {leave:.1f} {x:.1f} {leave + bend:.1f}"
        f"V{reach - bend:.1f}Q{x:.1f} {reach:.1f} {x + bend:.1f} {reach:.1f}H{end:.1f}"
        + _head(end, reach)
    )


def _head(x: float, y: float) -> str:
    return f"M{x - 6:.1f} {y - 4:.1f}L{x:.1f} {y:.1f}L{x - 6:.1f} {y + 4:.1f}"
