"""What an editor needs of whatever surrounds it: where fields come from, where edits are kept.

An editor knows neither databases nor accounts. The platform and the stand-alone application each
give it a `Desk`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from climpy.arrays import BoolArray, FloatArray
from climpy.interactive.field import Field
from climpy.interactive.session import Session

EDITORS = ("viewer", "internal_oceans", "passage_problems", "subbasins")
"""The editors by name; all but the first are steps of the workflow."""


@dataclass(frozen=True)
class Link:
    """Somewhere to go: what it says, and the address."""

    label: str
    address: str


@dataclass(frozen=True)
class Heading:
    """What stands above an editor.

    Parameters
    ----------
    title : str
        Which file is open, as the user calls it.
    subtitle : str
        Which of its files, which revision.
    back : Link or None
        Where the user came from.
    """

    title: str
    subtitle: str = ""
    back: Link | None = None


@dataclass(frozen=True)
class Plane:
    """Something that can be opened: a variable, with the names of what lies along further axes.

    Parameters
    ----------
    variable : str
        Its name in the file.
    title : str
        Its long name; the name where there is none.
    axes : tuple of (str, tuple of str)
        Further axes (time, depth, class) with a label for each index; empty for a plane.
    editable : bool
        False for what says where cells lie, and for text.
    """

    variable: str
    title: str
    axes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    editable: bool = True


@dataclass(frozen=True, eq=False)
class Highlight:
    """Cells that the user should look at before anything else.

    Parameters
    ----------
    sentence : str
        What is particular about them.
    cells : (ny, nx) bool
        Which ones.
    """

    sentence: str
    cells: BoolArray


@dataclass(frozen=True, eq=False)
class Sheet:
    """A field on the desk.

    Parameters
    ----------
    field : Field
        The values before any edit, and where they are.
    variable, title, units : str
        What is edited.
    index : tuple of int
        Place along further axes; empty for a plane.
    corners : (FloatArray, FloatArray) or None
        Latitudes and longitudes of cell corners, (ny + 1, nx + 1), where the file has its own.
    poles : tuple of (float, float)
        Singular points of an ocean grid, latitude and longitude [degrees].
    highlights : tuple of Highlight
        What should be looked at first.
    notes : tuple of str
        What was found or done when it was opened.
    editable : bool
        Whether it can be changed.
    """

    field: Field
    variable: str
    title: str
    units: str = ""
    index: tuple[int, ...] = ()
    corners: tuple[FloatArray, FloatArray] | None = None
    poles: tuple[tuple[float, float], ...] = ()
    highlights: tuple[Highlight, ...] = ()
    notes: tuple[str, ...] = ()
    editable: bool = True


@dataclass(frozen=True)
class Marks:
    """What a person decided about what the checks found, by place [degrees].

    Parameters
    ----------
    kept_seas : tuple of (float, float)
        A cell of each enclosed sea that is wanted.
    intended_passages : tuple of (float, float)
        Narrow passages that are wanted.
    """

    kept_seas: tuple[tuple[float, float], ...] = ()
    intended_passages: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class OnDesk:
    """A sheet with what had been done to it when it was last left.

    Parameters
    ----------
    session : Session
        With the edits that had been kept, in force and undone ones.
    marks : Marks
        As they were kept.
    """

    sheet: Sheet
    session: Session
    marks: Marks = Marks()


@dataclass(frozen=True)
class Choice:
    """Something to decide, each way with what it does.

    Parameters
    ----------
    sentence : str
        What is the matter.
    ways : mapping of str to str
        Name of a way to what its button says.
    """

    sentence: str
    ways: Mapping[str, str]


@dataclass(frozen=True)
class Saved:
    """What became of saving.

    Parameters
    ----------
    sentence : str
        Which revision it is, whether the coastline moved, what follows from it.
    links : tuple of Link
        Where to go on.
    """

    sentence: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Download:
    """A file for the user's machine: what its button says, and how it is asked for.

    Parameters
    ----------
    name : {"netcdf", "script", "edits"}
        What `Desk.download` is given.
    """

    name: str
    label: str


class Undecided(Exception):
    """Something cannot go on before the user has chosen a way."""

    def __init__(self, choice: Choice) -> None:
        super().__init__(choice.sentence)
        self.choice = choice


@dataclass(frozen=True)
class Offers:
    """What a desk can do besides.

    Parameters
    ----------
    save : str
        What the button says that saves; empty where nothing can be saved.
    describes : bool
        Whether saving asks for a description.
    downloads : tuple of Download
        Files that can be had.
    """

    save: str = "Save"
    describes: bool = True
    downloads: tuple[Download, ...] = field(default_factory=tuple)


class Desk(Protocol):
    """What surrounds an editor. Sentences of what goes wrong are `ClimpyError` or `PlatformError`.

    `open`, `save`, `decide` and `download` may take seconds and are called outside the event loop;
    `keep` and `others` take milliseconds.
    """

    @property
    def heading(self) -> Heading:
        """What stands above the editor."""

    @property
    def offers(self) -> Offers:
        """What can be done besides editing."""

    def planes(self) -> Sequence[Plane]:
        """What can be opened, the one to begin with first."""

    def open(self, variable: str | None = None, index: tuple[int, ...] = ()) -> OnDesk:
        """Put a field on the desk, with the edits that were kept of it.

        Raises
        ------
        Undecided
            If edits were kept of it and what they were done to has changed since.
        """

    def keep(self, session: Session, marks: Marks) -> None:
        """Keep what was done, so that nothing is lost whatever ends; called after each command.

        Raises
        ------
        Undecided
            If somebody else went on with the same edits meanwhile.
        """

    def save(self, session: Session, marks: Marks, description: str) -> Saved:
        """Make the edited field count.

        Raises
        ------
        Undecided
            If what it was made from has changed meanwhile.
        """

    def decide(self, way: str) -> OnDesk:
        """Go one of the ways of the last `Choice`; gives what is on the desk then."""

    def download(self, name: str, session: Session) -> str:
        """Make a file ready; gives its address, relative to the page."""

    def others(self) -> Sequence[str]:
        """A sentence for each other person or window at the same file; also a sign of life."""

    def leave(self) -> None:
        """The page was closed."""
