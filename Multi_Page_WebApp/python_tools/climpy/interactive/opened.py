"""What a file gives to an editor, and what is needed to write it again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from climpy.arrays import FloatArray
from climpy.errors import InputRefused
from climpy.interactive.desk import Highlight, Sheet
from climpy.interactive.field import Field
from climpy.io import Attributes, ModelFile, write

Writer = Callable[[FloatArray, Path, Attributes], list[str]]
"""Writes edited values to a path, with global attributes besides the file's own; whole or not at
all. Gives a sentence for each thing that is not as it was."""

Corners = tuple[FloatArray, FloatArray]
"""Latitudes and longitudes [degrees] of cell corners, (ny + 1, nx + 1)."""


@dataclass(frozen=True, eq=False)
class Placement:
    """How a script reads the field: arguments of functions of `climpy.interactive.stored`.

    Parameters
    ----------
    names : mapping of str to str
        Names of the variables in the file.
    topography : mapping, optional
        Of `topography_plane`, and `grid`: rows, columns and western edge.
    plane : mapping, optional
        Of `plane_values`, and `place`: index in the variable, `places`: arguments of `degrees` for
        each coordinate.
    """

    names: Mapping[str, str]
    topography: Mapping[str, Any] = field(default_factory=dict)
    plane: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Opened:
    """A file's field, and what is needed to write it again.

    Parameters
    ----------
    path : Path
        The file.
    file_type : {"raw", "bathy", "sub_basins", "field"}
        What provenance calls it.
    field : Field
        To be edited.
    write : callable
        Writes the file with edited values.
    placement : Placement
        How a script finds the same.
    warnings : tuple of str
        What the user should look at.
    variable : str
        What is edited.
    index : tuple of int
        Place along further axes; empty for a plane.
    title, units : str
        Long name and units; empty where the file has none.
    corners : (FloatArray, FloatArray) or None
        Where the cells of a curvilinear grid have their corners.
    poles : tuple of (float, float)
        Singular points of an ocean grid, latitude and longitude [degrees].
    highlights : tuple of Highlight
        What should be looked at first.
    notes : tuple of str
        What was found when it was opened.
    editable : bool
        False for what says where cells lie.
    """

    path: Path
    file_type: str
    field: Field
    write: Writer
    placement: Placement
    warnings: tuple[str, ...] = ()
    variable: str = ""
    index: tuple[int, ...] = ()
    title: str = ""
    units: str = ""
    corners: Corners | None = None
    poles: tuple[tuple[float, float], ...] = ()
    highlights: tuple[Highlight, ...] = ()
    notes: tuple[str, ...] = ()
    editable: bool = True

    def require_editable(self) -> None:
        """Refuse to edit what says where cells lie.

        Raises
        ------
        InputRefused
            If it does.
        """
        if not self.editable:
            raise InputRefused(f"{self.variable} says where the cells lie; it cannot be edited.")


def sheet_of(opened: Opened) -> Sheet:
    """What an editor shows of it."""
    return Sheet(
        field=opened.field,
        variable=opened.variable,
        title=opened.title or opened.variable,
        units=opened.units,
        index=opened.index,
        corners=opened.corners,
        poles=opened.poles,
        highlights=opened.highlights,
        notes=(*opened.notes, *opened.warnings),
        editable=opened.editable,
    )


def writing(content: Callable[[FloatArray], tuple[ModelFile, list[str]]]) -> Writer:
    """The writer of a file that is laid out anew as NetCDF-3.

    Parameters
    ----------
    content : callable
        From edited values to the content of the file, and what is left out.
    """

    def written(values: FloatArray, target: Path, attributes: Attributes) -> list[str]:
        file, notes = content(values)
        bare = ModelFile(file.variables, {}, file.unlimited)
        write(target, bare, provenance={**file.attributes, **attributes})
        return notes

    return written


def mesh_poles(
    corners: Corners, latitudes: FloatArray, longitudes: FloatArray, fold: str
) -> tuple[tuple[float, float], ...]:
    """The two points of a north fold that are their own mirror image; none without a fold.

    Parameters
    ----------
    corners : (FloatArray, FloatArray)
        Of the T cells.
    latitudes, longitudes : (ny, nx) float64
        T points [degrees].
    fold : {"F", "T", ""}
        The point that the northern edge is folded about.
    """
    ny, nx = latitudes.shape
    if fold == "F":
        places = [(part[ny - 1, 1], part[ny - 1, nx // 2]) for part in corners]
    elif fold == "T":
        places = [(part[ny - 2, 1], part[ny - 2, nx // 2]) for part in (latitudes, longitudes)]
    else:
        return ()
    norths, easts = places
    return tuple((float(north), float(east)) for north, east in zip(norths, easts, strict=True))
