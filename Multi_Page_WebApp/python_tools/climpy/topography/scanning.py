"""One pass over a field, tile by tile: its statistics, its holes, and the cells around them."""

from dataclasses import dataclass, field

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import ChoiceNeeded, InputRefused
from climpy.topography.encoding import Encoding
from climpy.topography.holes import PositionArray, nearest_known

MOST_HOLES = 0.01
"""Largest share of cells without a value that is filled."""

HIGHEST_PLAUSIBLE_M = 12_000.0
"""No height or depth on Earth is greater [m]."""

_LARGEST_IN_KILOMETRES = 20.0
_BLOCK_CELLS = 2**17


@dataclass(frozen=True, eq=False)
class Tile:
    """A rectangle of a field as it is stored, rows from south to north.

    Parameters
    ----------
    rows, columns : slice
        Where it lies in the field.
    stored : (rows, columns) array
        Numbers of the file's own type.
    """

    rows: slice
    columns: slice
    stored: AnyArray


@dataclass(eq=False)
class Block:
    """Some full rows of a tile as values.

    Parameters
    ----------
    rows, columns : slice
        Where it lies in the field.
    values : (rows, columns) float64
        Values, 0 in holes.
    holes : (rows, columns) bool or None
        Where there is no value; None if there is one everywhere.
    """

    rows: slice
    columns: slice
    values: FloatArray
    holes: BoolArray | None


@dataclass(eq=False)
class Scan:
    """What one pass over all tiles of a field tells.

    Parameters
    ----------
    latitudes : (ny,) float64
        Latitudes of the rows, from south to north [degrees].
    columns : int
        Number of columns.
    encoding : Encoding
        How the numbers become values.
    fill : bool
        True if holes are to be filled, which needs their places in memory.
    most_holes : float
        Share of the cells above which holes are only counted.
    """

    latitudes: FloatArray
    columns: int
    encoding: Encoding
    fill: bool = True
    most_holes: float = MOST_HOLES
    minimum: float = np.inf
    maximum: float = -np.inf
    whole_numbers: bool = True
    land_cells: FloatArray = field(init=False)
    valid_cells: FloatArray = field(init=False)
    _holes: list[PositionArray] = field(default_factory=list)
    _closed: int = 0
    _recorded: int = 0
    _places: list[AnyArray] = field(default_factory=list)
    _values: list[FloatArray] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.land_cells = np.zeros(self.latitudes.size)
        self.valid_cells = np.zeros(self.latitudes.size)

    @property
    def holes(self) -> int:
        """Number of cells without a value, once all blocks were taken."""
        return self.latitudes.size * self.columns - int(self.valid_cells.sum())

    @property
    def hole_share(self) -> float:
        """Share of all cells of the field that are holes."""
        return self.holes / (self.latitudes.size * self.columns)

    @property
    def land_share(self) -> float:
        """Share of the area that is above 0, of the cells that have a value."""
        weights = np.cos(np.deg2rad(self.latitudes)).clip(0.0)
        return float(weights @ self.land_cells) / max(float(weights @ self.valid_cells), 1e-300)

    def blocks(self, tile: Tile) -> list[slice]:
        """Give slices of the tile's rows that fit into the processor's cache."""
        rows, columns = tile.stored.shape
        step = max(1, _BLOCK_CELLS // columns)
        return [slice(first, min(first + step, rows)) for first in range(0, rows, step)]

    def take(self, tile: Tile, part: slice) -> Block:
        """Decode some rows of a tile and count them; holes become 0."""
        values = self.encoding.decode(tile.stored[part])
        rows = slice(tile.rows.start + part.start, tile.rows.start + part.stop)
        low, high = float(values.min()), float(values.max())
        holes = None
        if not (np.isfinite(low) and np.isfinite(high)):
            holes = ~np.isfinite(values)
            low, high = self._empty(values, holes, rows, tile.columns)
        self.minimum, self.maximum = min(self.minimum, low), max(self.maximum, high)
        if self.whole_numbers and max(-self.minimum, self.maximum) < _LARGEST_IN_KILOMETRES:
            self.whole_numbers = bool((values == np.rint(values)).all())
        self.land_cells[rows] += np.count_nonzero(values > 0.0, axis=1)
        self.valid_cells[rows] += values.shape[1]
        return Block(rows, tile.columns, values, holes)

    def _empty(
        self, values: FloatArray, holes: BoolArray, rows: slice, columns: slice
    ) -> tuple[float, float]:
        """Note the holes, set them to 0, and give the range of the other values."""
        count = holes.sum(axis=1)
        self.valid_cells[rows] -= count
        self._recorded += int(count.sum())
        if self._recorded > self.most_holes * self.latitudes.size * self.columns:
            self.fill = False  # there are too many: nothing will be filled
        if self.fill:
            row, column = np.nonzero(holes)
            self._holes.append((row + rows.start) * self.columns + column + columns.start)
        valid = values[~holes]
        values[holes] = 0.0
        return (float(valid.min()), float(valid.max())) if valid.size else (np.inf, -np.inf)

    def close(self, tile: Tile) -> None:
        """Keep what is needed of a finished tile to fill holes: its border, cells around holes."""
        if not self.fill:
            return
        ny, nx = tile.stored.shape
        row, column = np.arange(ny), np.arange(nx)
        for r, c in (
            (np.zeros_like(column), column),
            (np.full_like(column, ny - 1), column),
            (row, np.zeros_like(row)),
            (row, np.full_like(row, nx - 1)),
        ):
            self._keep(tile, r, c)
        for positions in self._holes[self._closed :]:
            self._keep_around(tile, positions)
        self._closed = len(self._holes)

    def _keep_around(self, tile: Tile, positions: PositionArray) -> None:
        rows, columns = np.divmod(positions, self.columns)
        row, column = rows - tile.rows.start, columns - tile.columns.start
        ny, nx = tile.stored.shape
        for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            r, c = row + down, column + right
            within = (r >= 0) & (r < ny) & (c >= 0) & (c < nx)
            self._keep(tile, r[within], c[within])

    def _keep(self, tile: Tile, row: PositionArray, column: PositionArray) -> None:
        values = self.encoding.decode(tile.stored[row, column])
        valid = np.isfinite(values)
        places = (row + tile.rows.start) * self.columns + column + tile.columns.start
        self._places.append(places[valid].astype(np.int32))
        self._values.append(values[valid])

    def filling(self) -> tuple[PositionArray, PositionArray, FloatArray]:
        """Give rows, columns and new values of the holes: those of the nearest cells with a value.

        Among equally near cells the southernmost counts, then the westernmost.
        """
        holes = np.sort(np.concatenate([np.empty(0, np.int64), *self._holes]))
        rows, columns = np.divmod(holes, self.columns)
        if not holes.size:
            return rows, columns, np.empty(0)
        known, first = np.unique(np.concatenate(self._places), return_index=True)
        values = np.concatenate(self._values)[first]
        nearest = nearest_known(holes, known, self.latitudes, self.columns)
        return rows, columns, values[nearest]

    def check(self, name: str, *, units_given: bool = False) -> None:
        """Refuse a field that cannot be a topography in metres.

        Parameters
        ----------
        name : str
            What a sentence calls the field.
        units_given : bool
            True if a person said what the unit is; then it is not guessed.

        Raises
        ------
        InputRefused
            If it has too many holes, no land, no ocean, or heights that are not metres.
        """
        if self.hole_share > self.most_holes:
            raise InputRefused(
                f"{name} has no value in {self.holes} cells ({100 * self.hole_share:.3g} % of "
                f"them); at most {100 * self.most_holes:g} % are filled."
            )
        low, high = f"{self.minimum:g}", f"{self.maximum:g}"
        if max(-self.minimum, self.maximum) > HIGHEST_PLAUSIBLE_M:
            raise ChoiceNeeded(
                f"{name} ranges from {low} to {high}; heights in metres lie between "
                f"-{HIGHEST_PLAUSIBLE_M:g} and {HIGHEST_PLAUSIBLE_M:g}; if a number stands for "
                "'no value', name it in the attribute _FillValue.",
                *("missing_value", "units"),
            )
        if not self.land_cells.any():
            raise InputRefused(f"{name} has no land: no height is above 0 (highest {high}).")
        if (self.land_cells == self.valid_cells).all():
            raise InputRefused(f"{name} has no ocean: all heights are above 0 (lowest {low}).")
        small = max(-self.minimum, self.maximum) < _LARGEST_IN_KILOMETRES
        if small and not self.whole_numbers and not units_given:
            raise ChoiceNeeded(
                f"{name} ranges from {low} to {high}, which looks like kilometres; "
                "metres are needed: multiply it by 1000.",
                "units",
            )
