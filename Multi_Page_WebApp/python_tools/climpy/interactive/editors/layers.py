"""Images of one number per cell on a map: painted whole, or only where cells changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, LinearColorMapper
from bokeh.plotting import figure

from climpy.arrays import AnyArray, BoolArray
from climpy.interactive.views.rasters import Raster

CLEAR = "#00000000"


class Layer:
    """One image of a figure.

    Parameters
    ----------
    plot : figure
        Where it is drawn, above the layers before.
    dtype : type
        Of the numbers that are sent.
    mapper : LinearColorMapper
        Their colours.
    nothing : float
        What stands where there is no cell.
    """

    def __init__(
        self, plot: figure, dtype: type, mapper: LinearColorMapper, nothing: float
    ) -> None:
        self.mapper = mapper
        self._dtype, self._nothing = dtype, nothing
        self._numbers: AnyArray = np.full(1, nothing, dtype=dtype)
        self._cells: AnyArray = np.full((1, 1), -1, dtype=np.int32)
        self.source = ColumnDataSource(self._data((0.0, 0.0, 1.0, 1.0)))
        dress: dict[str, Any] = {name: name for name in ("image", "x", "y", "dw", "dh")}
        dress["color_mapper"] = mapper
        plot.image(**dress, source=self.source, level="image")

    def _data(self, place: tuple[float, float, float, float]) -> dict[str, Any]:
        x, y, dw, dh = place
        return {"image": [self._image()], "x": [x], "y": [y], "dw": [dw], "dh": [dh]}

    def _image(self) -> AnyArray:
        """All pixels; a single one where there is nothing to see."""
        if not self._numbers.any():
            return np.zeros((1, 1), dtype=self._dtype)
        return self._numbers[self._cells]  # -1 is the last number, that of no cell

    def lay(self, numbers: AnyArray, raster: Raster) -> None:
        """Paint all of it: a number for each cell (ny, nx)."""
        self._set(numbers)
        self.move(raster)

    def move(self, raster: Raster) -> None:
        """Paint the same numbers on other pixels."""
        self._cells = raster.cells
        self.source.data = self._data((raster.x, raster.y, raster.dw, raster.dh))

    def _set(self, numbers: AnyArray) -> None:
        self._numbers = np.append(numbers.ravel(), self._nothing).astype(self._dtype)

    def replace(self, numbers: AnyArray) -> None:
        """Paint other numbers, sending only what differs."""
        before = self._numbers
        self._set(numbers)
        self._send(np.flatnonzero(before != self._numbers))

    def change(self, cells: AnyArray, numbers: AnyArray) -> None:
        """Paint other numbers in some cells (flat indices)."""
        self._numbers[cells] = numbers
        self._send(cells)

    def _send(self, cells: AnyArray) -> None:
        if not cells.size:
            return
        touched = np.zeros(self._numbers.size, dtype=np.bool_)
        touched[cells] = True
        where = rectangle(touched[self._cells])
        if where is None:
            return
        rows, columns = where
        image = self._numbers[self._cells[rows, columns]]
        sent = self.source.data["image"][0].shape == self._cells.shape
        if not sent or image.size > self._cells.size / 2:
            self.source.data = {**self.source.data, "image": [self._image()]}
        else:
            self.source.patch({"image": [((0, rows, columns), image.ravel())]})


def rectangle(mask: BoolArray) -> tuple[slice, slice] | None:
    """Rows and columns that hold all marked pixels; None if none is."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def coded(colours: Sequence[str]) -> LinearColorMapper:
    """Colours for 1, 2, ...; 0 is clear."""
    return LinearColorMapper(
        palette=list(colours), low=0.5, high=len(colours) + 0.5, low_color=CLEAR, nan_color=CLEAR
    )
