"""An edit: which cells, and what is done to them; a list of edits, and the JSON of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray, IntArray
from climpy.errors import InputRefused
from climpy.interactive import limits, notation
from climpy.interactive.cells import count_of
from climpy.interactive.changes import changed_cells
from climpy.interactive.field import KINDS, Field
from climpy.interactive.operations import OPERATIONS, Dig, Fill, Operation
from climpy.interactive.selections import SHAPES, Basin, Selection, Way

FORMAT = "climpy-edits"
VERSION = 1

_SAME_DEGREES = 1e-3


@dataclass(frozen=True, eq=False)
class Change:
    """What an edit changed; it can be done and undone exactly, bit for bit.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the field.
    cells : (n,) int32
        Flat indices, increasing, copies included.
    old, new : (n,) float64
        Values before and after.
    chosen, changed : int
        Cells that were chosen and that changed, copies not counted.
    """

    shape: tuple[int, int]
    cells: IntArray
    old: FloatArray
    new: FloatArray
    chosen: int
    changed: int

    def apply(self, values: FloatArray) -> None:
        """Put the new values into an array (ny, nx)."""
        values.reshape(-1)[self.cells] = self.new

    def revert(self, values: FloatArray) -> None:
        """Put the old values back."""
        values.reshape(-1)[self.cells] = self.old

    @property
    def rectangle(self) -> tuple[slice, slice]:
        """Rows and columns that hold everything that changed; empty if nothing did."""
        if not self.cells.size:
            return slice(0, 0), slice(0, 0)
        rows, columns = np.divmod(self.cells, self.shape[1])
        return (
            slice(int(rows[0]), int(rows[-1]) + 1),
            slice(int(columns.min()), int(columns.max()) + 1),
        )

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return self.cells.nbytes + self.old.nbytes + self.new.nbytes


@dataclass(frozen=True)
class Edit:
    """One command of the user, as data.

    Parameters
    ----------
    selection : Selection
        Which cells.
    operation : Operation
        What is done to them.
    description : str
        What a person calls it.
    """

    selection: Selection
    operation: Operation
    description: str = ""

    def __post_init__(self) -> None:
        if not self.selection.parts:
            raise InputRefused("The selection of an edit has no shape.")
        text = self.description
        if not isinstance(text, str) or len(text) > limits.LONGEST_DESCRIPTION:
            raise InputRefused(
                f"A description is a text of at most {limits.LONGEST_DESCRIPTION} characters."
            )
        if not all(letter.isprintable() for letter in text):
            raise InputRefused("A description is one line of printable characters.")

    def change(self, field: Field) -> Change:
        """What it would change in a field; nothing is changed yet.

        Raises
        ------
        InputRefused
            If it makes no sense for this field.
        """
        mask = self.selection.mask(field)
        cells, old, new = changed_cells(field, mask, self.operation.new_values(field, mask))
        chosen = count_of(field, np.flatnonzero(mask))
        return Change(field.shape, cells, old, new, chosen, count_of(field, cells))

    @property
    def title(self) -> str:
        """Its description, or in a word what it does."""
        return self.description or self.operation.kind

    def to_json(self) -> str:
        """Write it as JSON."""
        return notation.written(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Give it ready for JSON."""
        return {
            "description": self.description,
            "selection": [
                {"mode": mode, "shape": notation.plain(shape.kind, shape.arguments)}
                for mode, shape in self.selection.parts
            ],
            "operation": notation.plain(self.operation.kind, self.operation.arguments),
        }

    @classmethod
    def from_dict(cls, content: Any) -> "Edit":
        """Read what `as_dict` gives.

        Raises
        ------
        InputRefused
            If it is no edit; the sentence says why.
        """
        known = ("selection", "operation")
        content = notation.mapping("An edit", content, known, ("description",))
        parts = notation.listed("The selection", content["selection"], limits.MOST_SHAPES)
        operation = notation.built("The operation", content["operation"], OPERATIONS)
        return cls(
            Selection(tuple(_part(part) for part in parts)),
            operation,
            content.get("description", ""),
        )


def _part(content: Any) -> tuple[str, Any]:
    content = notation.mapping("A part of the selection", content, ("shape",), ("mode",))
    shape = notation.built("The shape", content["shape"], SHAPES)
    return limits.one_of("mode", content.get("mode", "replace"), notation.MODES), shape


def fill_basin(
    latitude: float, longitude: float, height: float | None = None, description: str = ""
) -> Edit:
    """Fill the sea at a place to a height [m], or to the mean of its shore."""
    return Edit(Selection.of(Basin((latitude, longitude))), Fill(height), description)


def open_passage(
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    depth: float,
    width: int = 1,
    description: str = "",
) -> Edit:
    """Dig the shortest way between two places (latitude, longitude) to a depth [m]."""
    return Edit(Selection.of(Way(start, end, width)), Dig(depth), description)


@dataclass(frozen=True)
class GridMark:
    """What tells a grid from others: its shape, and where some of its cells lie.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    places : tuple of (float, float)
        Latitude and longitude [degrees] of nine cells spread over rows and columns; none where
        the grid's places are not known, or not said.
    """

    shape: tuple[int, int]
    places: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of(cls, field: Field) -> "GridMark":
        """The mark of a field's grid."""
        if field.latitudes is None or field.longitudes is None:
            return cls(field.shape)
        latitudes, longitudes = (
            np.broadcast_to(part, field.shape) for part in (field.latitudes, field.longitudes)
        )
        ny, nx = field.shape
        cells = [(j, i) for j in (0, ny // 2, ny - 1) for i in (0, nx // 3, nx - 1)]
        places = [(latitudes[cell], longitudes[cell]) for cell in cells]
        return cls(field.shape, tuple((round(float(y), 6), round(float(x), 6)) for y, x in places))

    def matches(self, other: "GridMark") -> bool:
        """True if both may be of the same grid."""
        pairs = zip(self.places, other.places, strict=False)
        return self.shape == other.shape and all(_same_place(*pair) for pair in pairs)

    def as_dict(self) -> dict[str, Any]:
        """Give it ready for JSON."""
        return {"shape": list(self.shape), "places": [list(place) for place in self.places]}

    @classmethod
    def from_dict(cls, content: Any) -> "GridMark":
        """Read what `as_dict` gives; the places may be left out.

        Raises
        ------
        InputRefused
            If it is no mark of a grid.
        """
        content = notation.mapping("The grid", content, ("shape",), ("places",))
        shape = notation.listed("The shape of the grid", content["shape"], 2)
        if len(shape) != 2:
            raise InputRefused("The shape of the grid is [rows, columns].")
        rows, columns = (limits.whole("Rows and columns", n, 1, 10**6) for n in shape)
        places = limits.points("The grid", content.get("places", []), "geographic", 0, 9)
        return cls((rows, columns), places)


def _same_place(one: tuple[float, float], other: tuple[float, float]) -> bool:
    apart = abs((one[1] - other[1] + 180.0) % 360.0 - 180.0)
    near_pole = abs(one[0]) > 89.99  # where longitudes mean nothing
    return abs(one[0] - other[0]) < _SAME_DEGREES and (near_pole or apart < _SAME_DEGREES)


@dataclass(frozen=True)
class EditList:
    """Edits in their order, and what they were made for.

    Parameters
    ----------
    kind : {"topography", "bathymetry", "codes", "other"}
        What the numbers of the field mean.
    edits : tuple of Edit
        The first one first.
    grid : GridMark or None
        The grid that rows and columns count on.
    """

    kind: str
    edits: tuple[Edit, ...] = ()
    grid: GridMark | None = None

    def __post_init__(self) -> None:
        limits.one_of("The kind of the field", self.kind, KINDS)
        if len(self.edits) > limits.MOST_EDITS:
            raise InputRefused(f"A list has at most {limits.MOST_EDITS} edits.")

    def require_fit(self, field: Field) -> None:
        """Refuse a field that these edits are not for.

        Raises
        ------
        InputRefused
            If its numbers mean something else, or edits that count rows and columns were made on
            another grid.
        """
        if field.kind != self.kind:
            raise InputRefused(
                f"These edits are for a field of the kind {self.kind}; this one is {field.kind}."
            )
        numbers = [n for n, edit in enumerate(self.edits, 1) if edit.selection.by_index]
        if not numbers:
            return
        if self.grid is None:
            raise InputRefused(
                f"Edit {numbers[0]} counts rows and columns, but the list does not say on which "
                'grid; give it as "grid".'
            )
        here = GridMark.of(field)
        if not self.grid.matches(here):
            there = " x ".join(map(str, self.grid.shape))
            raise InputRefused(
                f"Edit {numbers[0]} counts rows and columns of another grid ({there} cells) than "
                f"this one ({' x '.join(map(str, here.shape))} cells); only edits that say where "
                "in degrees can be repeated here."
            )

    def to_json(self) -> str:
        """Write it as JSON."""
        return notation.written(self.head(), [edit.to_json() for edit in self.edits])

    def head(self) -> dict[str, Any]:
        """All but the edits, ready for JSON."""
        grid = None if self.grid is None else self.grid.as_dict()
        return {"format": FORMAT, "version": VERSION, "kind": self.kind, "grid": grid}

    @classmethod
    def from_dict(cls, content: Any) -> "EditList":
        """Read what JSON holds of a list, or of a session without the edits undone there.

        Raises
        ------
        InputRefused
            If it is no list of edits; the sentence says why.
        """
        edits, session = all_edits(content)
        if session is None:
            return edits
        return replace(edits, edits=edits.edits[: session["done"]])

    @classmethod
    def from_json(cls, text: str | bytes) -> "EditList":
        """Read JSON; see `from_dict`.

        Raises
        ------
        InputRefused
            If it is too long, no JSON, or no list of edits.
        """
        return cls.from_dict(notation.read(text))


def all_edits(content: Any) -> tuple[EditList, Mapping[str, Any] | None]:
    """Read a list with all its edits, and what a session added to it.

    Raises
    ------
    InputRefused
        If it is no list of edits; the sentence says why.
    """
    known = ("format", "version", "kind", "edits")
    content = notation.mapping("A list of edits", content, known, ("grid", "session"))
    if content["format"] != FORMAT:
        raise InputRefused(f'This is no list of edits: its "format" is not "{FORMAT}".')
    if content["version"] != VERSION or isinstance(content["version"], bool):
        raise InputRefused(
            f"This list of edits has the version {limits.shown(content['version'])}; "
            f"version {VERSION} is understood here."
        )
    grid = content.get("grid")
    edits = EditList(
        limits.one_of("kind", content["kind"], KINDS),
        tuple(_numbered(notation.listed("edits", content["edits"], limits.MOST_EDITS))),
        None if grid is None else GridMark.from_dict(grid),
    )
    if "session" not in content:
        return edits, None
    names = ("done", "base_sha256", "values_sha256")
    session = notation.mapping("The session", content["session"], names)
    limits.whole("done", session["done"], 0, len(edits.edits))
    for name in names[1:]:
        if not isinstance(session[name], str) or len(session[name]) != 64:
            raise InputRefused(f"{name} must be a checksum of 64 digits.")
    return edits, session


def _numbered(contents: Sequence[Any]) -> list[Edit]:
    edits = []
    for number, content in enumerate(contents, 1):
        try:
            edits.append(Edit.from_dict(content))
        except InputRefused as refusal:
            raise InputRefused(f"Edit {number}: {refusal}") from refusal
    return edits


def ocean_differs(before: Field, values: AnyArray) -> BoolArray | None:
    """Where land became ocean or ocean land, (ny, nx); None if the values do not tell."""
    if before.kind not in ("topography", "bathymetry") or before.sea is not None:
        return None
    after = replace(before, values=values)
    return np.asarray((before.ocean != after.ocean) | (before.land != after.land))
