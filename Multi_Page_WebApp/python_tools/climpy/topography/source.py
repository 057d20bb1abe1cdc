"""Opening a user's file: understood first, then read tile by tile in bounded memory."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import ChoiceNeeded, InputRefused
from climpy.io import open_dataset
from climpy.topography.choices import Choices
from climpy.topography.choosing import chosen_field
from climpy.topography.encoding import Encoding, read_stored, unit_of
from climpy.topography.finding import Field, coordinate_names
from climpy.topography.holes import PositionArray
from climpy.topography.layout import Layout, layout_of
from climpy.topography.model import Topography, Understanding
from climpy.topography.notes import notes_on, notes_on_choices
from climpy.topography.scanning import Block, Scan, Tile

_TILE_BYTES = 2**24
_OFTEN_NO_VALUE = (-9999.0, 9999.0, -999.0)
_LOW_M = 20.0
"""Heights of a planet reach further [m]."""

_MOST_CELLS_IN_MEMORY = 300_000_000


class FieldReader:
    """Reads one field of an open file in tiles, and says what was found in it.

    Parameters
    ----------
    field : Field
        The variable and its coordinates.
    layout : Layout
        How it lies in the file.
    fill : bool
        True if holes are to be filled, which needs their places in memory.
    encoding : Encoding, optional
        How the numbers become values; as the file says if not given.
    """

    def __init__(
        self,
        field: Field,
        layout: Layout,
        *,
        fill: bool = True,
        encoding: Encoding | None = None,
    ) -> None:
        self.field, self.layout = field, layout
        self.encoding = encoding or Encoding.of(field.variable)
        self.scan = Scan(layout.row_latitudes, layout.columns, self.encoding, fill)

    def blocks(self) -> Iterator[Block]:
        """Give the whole field once, in blocks of values with 0 in holes.

        Raises
        ------
        InputRefused
            If the file is damaged, or packed in a way that is not known here.
        """
        for tile in self._tiles():
            for part in self.scan.blocks(tile):
                yield self.scan.take(tile, part)
            self.scan.close(tile)

    def filling(self) -> tuple[PositionArray, PositionArray, FloatArray]:
        """Give rows, columns and values of the holes, after all blocks were taken."""
        return self.scan.filling()

    def _tiles(self) -> Iterator[Tile]:
        rows, columns = self._tile_shape()
        with contextlib.suppress(RuntimeError):  # classic files have no cache
            self.field.variable.set_var_chunk_cache(size=2**20)
        for row in range(0, self.layout.rows, rows):
            for column in range(0, self.layout.columns, columns):
                yield self._tile(
                    slice(row, min(row + rows, self.layout.rows)),
                    slice(column, min(column + columns, self.layout.columns)),
                )

    def _tile_shape(self) -> tuple[int, int]:
        """Rows and columns of a tile: whole chunks of the file, about 16 MB."""
        field, variable = self.field, self.field.variable
        chunks = variable.chunking()  # None for classic files
        if chunks and chunks != "contiguous":
            rows, columns = chunks[field.latitude_axis], chunks[field.longitude_axis]
        else:
            rows = columns = 1
        cells = max(1, _TILE_BYTES // self.encoding.dtype.itemsize)
        if field.longitude_axis > field.latitude_axis:
            columns = _grown(columns, self.layout.columns, cells // rows)
            return _grown(rows, self.layout.rows, cells // columns), columns
        rows = _grown(rows, self.layout.rows, cells // columns)
        return rows, _grown(columns, self.layout.columns, cells // rows)

    def _tile(self, rows: slice, columns: slice) -> Tile:
        """Read the tile at these rows and columns of the file."""
        field = self.field
        index: list[int | slice] = [field.places.get(k, 0) for k in range(field.variable.ndim)]
        index[field.latitude_axis], index[field.longitude_axis] = rows, columns
        stored = read_stored(field.variable, tuple(index))
        if field.longitude_axis < field.latitude_axis:
            stored = stored.T
        if not self.layout.north_up:
            return Tile(rows, columns, stored)
        last = self.layout.rows
        return Tile(slice(last - rows.stop, last - rows.start), columns, stored[::-1])


def _grown(start: int, end: int, wanted: int) -> int:
    """Give the multiple of `start` nearest below `wanted`, at least one, at most up to `end`."""
    return min(end, max(1, wanted // start) * start)


class Source(FieldReader):
    """A user's open file whose topography was found.

    Parameters
    ----------
    path : Path
        The file.
    dataset : netCDF4.Dataset
        The same, open.
    choices : Choices
        What a person says about it.
    name : str
        What the sentences call it.
    """

    def __init__(self, path: Path, dataset: netCDF4.Dataset, choices: Choices, name: str) -> None:
        self.path, self.dataset, self.choices, self.name = path, dataset, choices, name
        try:
            field = chosen_field(dataset, choices)
            self.units_assumed, self.unit_warning = False, ""
            if choices.units is None:
                self.units_assumed, self.unit_warning = unit_of(field.variable)
            self.declared = Encoding.of(field.variable)
            encoding = self.declared.chosen(choices.factor, choices.missing_value)
            super().__init__(field, layout_of(field), encoding=encoding)
        except InputRefused as refusal:
            raise _named(refusal, name) from refusal

    def check(self) -> None:
        """Refuse values that cannot be heights in metres, after all blocks were taken.

        Raises
        ------
        InputRefused
            If there are too many holes, no land, no ocean, or heights that are not metres.
        """
        units_given = self.choices.units is not None
        self.scan.check(f"{self.name}: {self.field.name}", units_given=units_given)

    def understanding(self) -> Understanding:
        """Say what was understood, after all blocks were taken.

        Raises
        ------
        InputRefused
            If the values cannot be heights in metres, or are missing in more than 1 % of cells.
        """
        field, layout, scan = self.field, self.layout, self.scan
        self.check()
        grid = layout.grid
        return Understanding(
            file=self.name,
            variable=field.name,
            file_format=str(self.dataset.data_model),
            dims=tuple(field.variable.dimensions),
            shape=tuple(int(n) for n in field.variable.shape),
            dimension_order="latitude, longitude"
            if field.latitude_axis < field.longitude_axis
            else "longitude, latitude",
            latitude=str(field.latitude.name),
            longitude=str(field.longitude.name),
            latitude_step=grid.dlat,
            longitude_step=grid.dlon,
            rows=grid.shape[0],
            columns=grid.shape[1],
            orientation="north-up" if layout.north_up else "south-up",
            rows_at_poles=layout.nodes,
            longitude_range=(grid.west, grid.west + 360.0),
            cyclic_column_dropped=layout.cyclic,
            units="m",
            units_assumed=self.units_assumed,
            dtype=self.encoding.type_name,
            scale_factor=self.declared.scale,
            add_offset=self.declared.offset,
            fill_values=self.encoding.fills,
            holes=scan.holes,
            hole_share=scan.hole_share,
            land_share=scan.land_share,
            minimum=scan.minimum,
            maximum=scan.maximum,
            other_variables=self._others(),
            notes=(*notes_on(field, layout), *notes_on_choices(self.choices)),
            warnings=tuple(self._warnings()),
        )

    def _others(self) -> tuple[str, ...]:
        coordinates = coordinate_names(self.dataset) | {
            self.field.latitude.name,
            self.field.longitude.name,
            self.field.name,
        }
        return tuple(n for n in self.dataset.variables if n not in coordinates)

    def _warnings(self) -> Iterator[str]:
        if self.unit_warning:
            yield self.unit_warning
        elif self.units_assumed:
            yield f"{self.field.name} has no units; metres are assumed."
        low, high = self.scan.minimum, self.scan.maximum
        missing = self.choices.missing_value
        if missing is not None and not self.scan.holes:
            yield f"No cell holds {missing:g}, which was said to stand for 'no value'."
        if low in _OFTEN_NO_VALUE or high in _OFTEN_NO_VALUE:
            value = low if low in _OFTEN_NO_VALUE else high
            yield (
                f"The heights reach {value:g}, which often stands for 'no value'; "
                "if it does here, name it in the attribute _FillValue."
            )
        if low >= 0.0:
            yield f"No height lies below {low:g} m: the ocean has no depths."
        if max(-low, high) < _LOW_M:
            yield f"The heights only range from {low:g} to {high:g} m; are they a mask, or in km?"
        if self.scan.holes:
            cells = "1 cell" if self.scan.holes == 1 else f"{self.scan.holes} cells"
            yield (
                f"{cells} without a value ({100 * self.scan.hole_share:.3g} %) took the value of "
                "the nearest cell that has one."
            )


def _named(refusal: InputRefused, name: str) -> InputRefused:
    """Put the file's name before a refusal."""
    sentence = str(refusal)
    sentence = f"{name}: {sentence[0].lower()}{sentence[1:]}"
    if isinstance(refusal, ChoiceNeeded):
        return ChoiceNeeded(sentence, *refusal.choose)
    return InputRefused(sentence)


@contextlib.contextmanager
def open_source(
    path: Path,
    variable: str | None = None,
    choices: Choices | None = None,
    name: str | None = None,
) -> Iterator[Source]:
    """Open a user's file and find the topography in it; nothing of it is read yet.

    Parameters
    ----------
    path : Path
        A classic, 64-bit, CDF-5 or NetCDF-4 file.
    variable : str, optional
        Name of the topography, if it is not the only field.
    choices : Choices, optional
        What a person says about the file, in place of the name alone.
    name : str, optional
        What the sentences call the file; its own name if not given.

    Raises
    ------
    InputRefused
        If the file cannot be used; the sentence says why.
    """
    with _opened(path, name or path.name) as dataset:
        dataset.set_auto_maskandscale(False)
        said = choices or Choices(variable=variable)
        yield Source(path, dataset, said, name or path.name)


def _opened(path: Path, name: str) -> netCDF4.Dataset:
    """Open a file that a refusal calls by another name."""
    try:
        return open_dataset(path)
    except InputRefused as refusal:
        sentence = str(refusal)
        if name != path.name:
            sentence = sentence.replace(str(path), name).replace(path.name, name)
        raise InputRefused(sentence) from refusal


def inspect(path: Path, variable: str | None = None) -> Understanding:
    """Say what a user's file holds, without keeping the field in memory.

    Raises
    ------
    InputRefused
        If the file cannot be used; the sentence says why.
    """
    with open_source(path, variable) as source:
        for _ in source.blocks():
            pass
        return source.understanding()


def open_topography(
    path: Path,
    variable: str | None = None,
    choices: Choices | None = None,
    name: str | None = None,
) -> tuple[Topography, Understanding]:
    """Read the topography of a user's file on its own grid.

    Parameters
    ----------
    path : Path
        A classic, 64-bit, CDF-5 or NetCDF-4 file.
    variable : str, optional
        Name of the topography, if it is not the only field.
    choices : Choices, optional
        What a person says about the file, in place of the name alone.
    name : str, optional
        What the sentences call the file; its own name if not given.

    Raises
    ------
    InputRefused
        If the file cannot be used; the sentence says why.
    """
    with open_source(path, variable, choices, name) as source:
        rows, columns = source.layout.rows, source.layout.columns
        if rows * columns > _MOST_CELLS_IN_MEMORY:
            raise InputRefused(
                f"{source.field.name} has {rows} x {columns} cells, too many to compute with; "
                "regrid it to a coarser grid first."
            )
        return Topography(read_whole(source), source.layout.grid), source.understanding()


def read_whole(source: Source) -> FloatArray:
    """Read a topography on its own cells, holes filled, (ny, nx) [m].

    Raises
    ------
    InputRefused
        If the values cannot be heights in metres.
    """
    heights = np.empty((source.layout.rows, source.layout.columns))
    for block in source.blocks():
        heights[block.rows, block.columns] = block.values
    source.check()
    row, column, values = source.filling()
    heights[row, column] = values
    return 0.5 * (heights[1:] + heights[:-1]) if source.layout.nodes else heights
