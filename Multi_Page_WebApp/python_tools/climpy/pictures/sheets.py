"""Sheets of paper for pictures: a title that fits, and saving whole or not at all.

Titles and notes may hold names that somebody else chose: long ones, with letters that the font
does not have, or with signs that would be read as mathematics.
"""

import bisect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from climpy.io import whole_file
from climpy.pictures import palettes

ELLIPSIS = " … "


def sheet(size_inches: tuple[float, float], dots_per_inch: int) -> Figure:
    """Give an empty white sheet."""
    figure = Figure(size_inches, dpi=dots_per_inch, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def write_line(
    figure: Figure, text: str, place: tuple[float, float], size: float, *, heading: bool = False
) -> None:
    """Write one line that ends before the right margin, which is as wide as the left one.

    What is too long loses letters in its middle, so that beginning and end stay.

    Parameters
    ----------
    figure : Figure
        The sheet.
    text : str
        What to write.
    place : (x, y)
        Left end and middle of the line, as shares of the sheet.
    size : float
        Size of the letters [points].
    heading : bool
        Bold and dark, as a title is; else quiet, as a note is.
    """
    line = figure.text(
        *place, text, fontsize=size, va="center", parse_math=False,
        weight="bold" if heading else "normal",
        color=palettes.INK if heading else palettes.QUIET_INK,
    )  # fmt: skip
    room = (1.0 - 2.0 * place[0]) * figure.bbox.width

    def too_long(kept: int) -> bool:
        line.set_text(_shortened(text, kept))
        return bool(line.get_window_extent().width > room)

    with _without_complaints_about_letters():
        if too_long(len(text)):
            most = bisect.bisect_left(range(len(text)), True, key=too_long) - 1
            line.set_text(_shortened(text, max(most, 2)))


def _shortened(text: str, kept: int) -> str:
    """The text with that many of its letters, those in the middle left out."""
    if kept >= len(text):
        return text
    half = kept // 2
    return text[: kept - half].rstrip() + ELLIPSIS + text[len(text) - half :].lstrip()


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; it appears whole or not at all.

    Letters that the font does not have (a file named in Chinese) are drawn as boxes, without a
    word.

    Raises
    ------
    OutputRefused
        If the file cannot be written.
    """
    with whole_file(path) as temporary, _without_complaints_about_letters():
        figure.savefig(temporary, format="png", pil_kwargs={"compress_level": 4})


@contextmanager
def _without_complaints_about_letters() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield
