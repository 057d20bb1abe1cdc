"""The painting of the three oceans: what it begins with, and how it is saved."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, cast, get_args

import numpy as np
from scipy.spatial import cKDTree

from climpy.arrays import AnyArray, BoolArray, CodeArray, FloatArray
from climpy.bc.ipsl.sub_basins import Basin, propose, to_file
from climpy.errors import InputRefused
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import OceanGrid
from climpy.interactive.cells import beside, count_of, originals_in, with_copies
from climpy.interactive.desk import Highlight
from climpy.interactive.edits import GridMark
from climpy.interactive.field import Field, on_ocean_grid
from climpy.interactive.opening import open_field
from climpy.io import ModelFile
from climpy.steps.loading import load_bathymetry

Method = Literal["thirds", "connected"]


class Base(NamedTuple):
    """What a painting begins with.

    Parameters
    ----------
    codes : (ny, nx) int8
        1 Atlantic, 2 Pacific, 3 Indian; 0 on land and where nothing was painted.
    highlights : tuple of Highlight
        Cells that changed between land and ocean, and ocean without a basin.
    note : str
        Where the codes come from.
    """

    codes: CodeArray
    highlights: tuple[Highlight, ...]
    note: str


@dataclass(frozen=True, eq=False)
class OpenedBasins:
    """A painting to be edited, and what is needed to write it.

    Parameters
    ----------
    field : Field
        The codes, with the ocean of the bathymetry as `sea`.
    highlights : tuple of Highlight
        What should be looked at first.
    notes : tuple of str
        What was found and done.
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where it is.
    """

    field: Field
    highlights: tuple[Highlight, ...]
    notes: tuple[str, ...]
    depth: FloatArray
    ocean: OceanGrid

    def content(self, codes: AnyArray) -> ModelFile:
        """The file `sub_basins` of painted codes (ny, nx).

        Raises
        ------
        InputRefused
            If a number is no basin's.
        StepRefused
            If ocean cells belong to no basin.
        """
        return to_file(np.asarray(codes), self.depth, self.ocean)


def open_basins(bathy: Path, before: Path | None, method: str) -> OpenedBasins:
    """Open the painting of a bathymetry: the last one carried onto it, or a proposal.

    Parameters
    ----------
    bathy : Path
        The bathymetry.
    before : Path or None
        The file `sub_basins` that was painted last, if there is one.
    method : {"thirds", "connected"}
        How a proposal is made.

    Raises
    ------
    InputRefused
        If a file cannot be used or the method is unknown.
    """
    depth, ocean = load_bathymetry(bathy)
    sea = ocean.fill_copies(depth) > 0.0
    notes: tuple[str, ...] = ()
    codes = None
    if before is not None:
        painted = open_field(before)
        if painted.file_type != "sub_basins":
            raise InputRefused(f"{before.name} holds no basins (atlmsk, pacmsk, indmsk).")
        if GridMark.of(painted.field).matches(GridMark.of(on_ocean_grid(depth, ocean, "other"))):
            codes = painted.field.values
        else:
            notes = ("The basins painted before stand on another grid and are not carried over.",)
    base = base_of(depth, ocean, codes, None, method)
    field = on_ocean_grid(base.codes, ocean, "codes", sea=sea)
    return OpenedBasins(field, base.highlights, (*notes, base.note), depth, ocean)


def base_of(
    depth: FloatArray,
    ocean: OceanGrid,
    before: AnyArray | None = None,
    before_sea: BoolArray | None = None,
    method: str = "thirds",
) -> Base:
    """What a painting begins with: the last one, carried onto the bathymetry, or a proposal.

    Cells that became land lose their basin. Cells that became ocean take that of the nearest
    painted cells, by steps through new ocean; where none lead there, of the nearest painted cell.

    Parameters
    ----------
    depth : (ny, nx) float64
        Depth of the ocean [m], land 0.
    ocean : OceanGrid
        Where it is.
    before : (ny, nx), optional
        Codes that were painted last.
    before_sea : (ny, nx) bool, optional
        Where the ocean was then; without it, where codes are.
    method : {"thirds", "connected"}
        How a proposal is made.

    Raises
    ------
    InputRefused
        If a shape is not that of the grid or the method is unknown.
    """
    if method not in get_args(Method):
        raise InputRefused(f"The method must be 'thirds' or 'connected', not {method!r}.")
    wet = np.asarray(ocean.fill_copies(depth) > 0.0)
    kept = None if before is None else ocean.fill_copies(np.asarray(before)) * wet
    if kept is None or not kept.any():
        codes = propose(depth, ocean, method=cast(Method, method))
        return Base(codes, (), f"A proposal: {_SAID[method]}.")
    field = on_ocean_grid(kept, ocean, "codes", sea=wet)
    was = ocean.fill_copies(np.asarray(before)) > 0
    if before_sea is not None:
        was = was | ocean.fill_copies(before_sea)
    became_land, became_ocean = was & ~wet, wet & ~was
    codes = _spread(field, became_ocean)
    highlights = tuple(
        Highlight(_sentence(field, cells, one, many), cells)
        for cells, one, many in (
            (became_land, "became land and lost its basin", "became land and lost their basin"),
            (became_ocean, *2 * ("became ocean and took the basin of the nearest painted cells",)),
            (wet & (codes == 0), "of the ocean has no basin", "of the ocean have no basin"),
        )
        if cells.any()
    )
    moved = count_of(field, np.flatnonzero(became_land | became_ocean))
    return Base(codes, highlights, _note(moved))


_SAID = {
    "thirds": "thirds of the columns",
    "connected": "sectors between the meridians that cross most land",
}


def _note(moved: int) -> str:
    if not moved:
        return "The basins as they were painted last; the coastline is the same."
    cells = "1 cell has" if moved == 1 else f"{moved} cells have"
    return (
        "The basins as they were painted last, carried onto the new bathymetry: "
        f"{cells} changed between land and ocean since."
    )


def _sentence(field: Field, cells: BoolArray, one: str, many: str) -> str:
    number = count_of(field, np.flatnonzero(cells))
    return f"1 cell {one}." if number == 1 else f"{number} cells {many}."


def _spread(field: Field, bare: BoolArray) -> CodeArray:
    """Codes of a field in which the bare cells take codes from painted ones, (ny, nx) int8."""
    codes = field.values.ravel().astype(np.int8)
    left = originals_in(field, bare)
    while left.size:
        around = beside(field, left)
        near = np.where(around >= 0, codes[around], 0)
        votes = np.stack([(near == basin).sum(axis=0) for basin in Basin])
        reached = votes.any(axis=0)
        if not reached.any():
            break
        codes[left[reached]] = 1 + np.argmax(votes[:, reached], axis=0)
        left = left[~reached]
    if left.size:
        codes[left] = _nearest(field, codes, left)
    return codes[field.nodes].reshape(field.shape)


def _nearest(field: Field, codes: CodeArray, cells: AnyArray) -> CodeArray:
    """Code of the painted cell that is nearest to each of the cells."""
    if field.latitudes is None or field.longitudes is None:
        raise InputRefused("It is not known where the cells lie.")
    points = unit_vectors(field.latitudes, field.longitudes).reshape(-1, 3)
    painted = originals_in(field, with_copies(field, (codes > 0).reshape(field.shape)))
    _, place = cKDTree(points[painted]).query(points[cells])
    return np.asarray(codes[painted[place]])
