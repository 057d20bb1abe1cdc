"""Which cell each pixel of a picture shows."""

from dataclasses import dataclass

import numpy as np

from climpy._kernels.quadrilaterals import paint
from climpy.arrays import AnyArray, FloatArray, IntArray, LongArray
from climpy.errors import InputRefused
from climpy.interactive.views.meshes import Mesh
from climpy.interactive.views.projections import Index, LonLat, Projection, Window

MOST_PIXELS = 1_600_000
"""Pixels up to which a picture holds the whole grid, one or a few pixels for each cell."""

_WIDTH = 1000
"""Pixels of a picture whose size nobody asked for."""

_FAR = 1.9
"""Distance from the pole of a polar view beyond which nothing is drawn; the other pole is at 2."""

FloatImage = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Part = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Raster:
    """The cell under each pixel.

    Parameters
    ----------
    cells : (height, width) int32
        Flat index of the cell, -1 where there is none; the lowest row first. On geographic
        projections a cell that has copies stands for them, in index space each copy for itself.
    x, y, dw, dh : float
        Lower left corner, width and height in the projection.
    nodes : (ny * nx,) int32
        Flat index of the cell that each cell is a copy of.
    whole : bool
        True if it holds the grid as it is and so serves every window. The cell that the seam of a
        map cuts then stands at both edges and reaches beyond them: show the projection's extent.
    """

    cells: IntArray
    x: float
    y: float
    dw: float
    dh: float
    nodes: IntArray
    whole: bool

    def image(self, values: AnyArray, part: Part | None = None) -> FloatImage:
        """Values (ny, nx) as a picture, or a part of it; NaN where there is no cell."""
        cells = self.cells if part is None else self.cells[part]
        shown = np.take(values.ravel(), cells, mode="wrap").astype(np.float32)
        shown[cells < 0] = np.nan
        return shown

    def patch(self, changed: LongArray) -> Part | None:
        """The smallest rectangle of pixels that shows all of the cells; None if it shows none.

        Parameters
        ----------
        changed : (n,) int
            Flat indices; copies count as what they are copies of.
        """
        marked = np.zeros(self.nodes.size + 1, dtype=np.bool_)
        marked[self.nodes[changed]] = True
        marked[:-1] = marked[self.nodes]
        shown = np.take(marked, self.cells, mode="wrap")
        rows = np.flatnonzero(shown.any(axis=1))
        if not rows.size:
            return None
        columns = np.flatnonzero(shown[rows[0] : rows[-1] + 1].any(axis=0))
        return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)

    def cell_at(self, x: float, y: float) -> int:
        """Flat index of the cell that is shown at a point, -1 if none."""
        height, width = self.cells.shape
        column = np.floor((x - self.x) / self.dw * width)
        row = np.floor((y - self.y) / self.dh * height)
        if 0 <= row < height and 0 <= column < width:
            return int(self.cells[int(row), int(column)])
        return -1


def raster(
    mesh: Mesh,
    projection: Projection,
    window: Window | None = None,
    size: tuple[int, int] | None = None,
) -> Raster:
    """Which cell of a mesh each pixel shows.

    Regular grids on a longitude-latitude map, and all grids in index space, are shown whole and
    without resampling, up to `MOST_PIXELS`. Else a pixel shows the cell that holds its centre.

    Parameters
    ----------
    mesh : Mesh
        Where the cells are.
    projection : Projection
        How they are laid out.
    window : Window, optional
        What is seen, everything if not given; nothing to grids that are shown whole.
    size : (int, int), optional
        Width and height in pixels.

    Raises
    ------
    InputRefused
        If it is not known where the cells lie, and the projection needs that.
    """
    if projection.geographic and not mesh.placed:
        raise InputRefused(
            "It is not known where the cells of this field lie; it is shown by row and column."
        )
    axes = _axes(mesh, projection)
    if axes is not None:
        whole = _whole(mesh, projection, axes)
        if whole is not None:
            return whole
    window = projection.extent if window is None else window
    width, height = _size(window) if size is None else size
    x, y = _centres(window.left, window.right, width), _centres(window.bottom, window.top, height)
    if axes is not None:
        cells = _crossed(mesh, axes, x, y)
    elif mesh.regular:
        cells = _looked_up(mesh, projection, x, y)
    else:
        cells = _painted(mesh, projection, window, (height, width))
    cells[~np.broadcast_to(projection.holds(x[None, :], y[:, None]), cells.shape)] = -1
    dw, dh = window.right - window.left, window.top - window.bottom
    return Raster(cells, window.left, window.bottom, dw, dh, mesh.nodes, whole=False)


def _size(window: Window) -> tuple[int, int]:
    tall = (window.top - window.bottom) / (window.right - window.left)
    return _WIDTH, int(np.clip(round(_WIDTH * tall), 1, _WIDTH))


def _centres(first: float, last: float, number: int) -> FloatArray:
    return first + (last - first) * (np.arange(number) + 0.5) / number


@dataclass(frozen=True, eq=False)
class _Axis:
    """Cells one after the other along x or y.

    Parameters
    ----------
    edges : (n + 1,) float64
        Increasing or decreasing.
    turn : float
        Width after which they repeat themselves, 0 if they do not.
    """

    edges: FloatArray
    turn: float = 0.0

    @property
    def low(self) -> float:
        return float(min(self.edges[0], self.edges[-1]))

    @property
    def span(self) -> float:
        return float(abs(self.edges[-1] - self.edges[0]))

    def cells_at(self, places: FloatArray) -> LongArray:
        """Index of the cell at each place, -1 where there is none."""
        falling = self.edges[-1] < self.edges[0]
        edges = self.edges[::-1] if falling else self.edges
        if self.turn:
            places = edges[0] + np.round(places - edges[0], 9) % self.turn
        last = edges.size - 2
        index = np.searchsorted(edges, places, side="right") - 1
        index = np.where((index == last + 1) & (places == edges[-1]), last, index)
        inside = (index >= 0) & (index <= last)
        return np.where(inside, last - index if falling else index, -1)

    def pixels(self) -> int | None:
        """How many equal pixels show every cell as it is, None if there are none such.

        Two for each cell where the outermost are half as high, as about the poles.
        """
        usual = round(self.span / float(np.median(np.abs(np.diff(self.edges)))))
        for number in (self.edges.size - 1, usual, 2 * usual):
            places = np.abs(self.edges - self.edges[0]) / self.span * number
            if np.abs(places - np.rint(places)).max() < 0.01:
                return number
        return None


def _axes(mesh: Mesh, projection: Projection) -> tuple[_Axis, _Axis] | None:
    """Columns along x and rows along y where they go so, None elsewhere."""
    if isinstance(projection, Index):
        ny, nx = mesh.shape
        return _Axis(np.arange(nx + 1.0) - 0.5), _Axis(np.arange(ny + 1.0) - 0.5)
    if isinstance(projection, LonLat) and mesh.regular:
        return _regular_axes(mesh)
    return None


def _regular_axes(mesh: Mesh) -> tuple[_Axis, _Axis]:
    latitudes, longitudes = mesh.edges
    return _Axis(longitudes, 360.0), _Axis(latitudes)


def _crossed(mesh: Mesh, axes: tuple[_Axis, _Axis], x: FloatArray, y: FloatArray) -> IntArray:
    columns, rows = axes[0].cells_at(x)[None, :], axes[1].cells_at(y)[:, None]
    return _numbered(mesh, rows, columns, originals=axes[0].turn > 0.0)


def _numbered(mesh: Mesh, rows: LongArray, columns: LongArray, originals: bool) -> IntArray:
    cells = rows * mesh.shape[1] + columns
    if originals:
        cells = mesh.nodes[cells]
    return np.where((rows < 0) | (columns < 0), -1, cells).astype(np.int32)


def _looked_up(mesh: Mesh, projection: Projection, x: FloatArray, y: FloatArray) -> IntArray:
    latitudes, longitudes = projection.inverse(x[None, :], y[:, None])
    along, up = _regular_axes(mesh)
    return _numbered(mesh, up.cells_at(latitudes), along.cells_at(longitudes), originals=True)


def _painted(
    mesh: Mesh, projection: Projection, window: Window, shape: tuple[int, int]
) -> IntArray:
    latitudes, longitudes = mesh.corners
    x, y = (longitudes, latitudes) if projection.turn else projection.forward(latitudes, longitudes)
    height, width = shape
    dx, dy = (window.right - window.left) / width, (window.top - window.bottom) / height
    cells = np.full(shape, -1, dtype=np.int32)
    frame = np.array([window.left, window.bottom, dx, dy])
    drawn = mesh.drawn.reshape(mesh.shape)
    if not projection.turn:  # about the other pole, a cell would lie round everything
        far = np.square(x) + np.square(y) > _FAR**2
        far = far[:-1, :-1] | far[:-1, 1:] | far[1:, :-1] | far[1:, 1:]
        drawn = np.where(far, np.int32(-1), drawn)
    paint(x, y, drawn, projection.turn, frame, cells)
    return cells


def _whole(mesh: Mesh, projection: Projection, axes: tuple[_Axis, _Axis]) -> Raster | None:
    along, up = axes
    columns, rows = along.pixels(), up.pixels()
    if columns is None or rows is None:
        return None
    step, left = along.span / columns, along.low
    if along.turn:
        seam = projection.extent.left
        if abs(along.span - along.turn) < 1e-6:
            before = round((seam - left) / step % 1.0, 6) % 1.0
            left, columns = seam - before * step, columns + (before > 0.0)
        else:
            left = seam + round(left - seam, 9) % along.turn
            if left + along.span > seam + along.turn + 1e-6:
                return None
    if columns * rows > MOST_PIXELS:
        return None
    x = _centres(left, left + step * columns, columns)
    y = _centres(up.low, up.low + up.span, rows)
    cells = _crossed(mesh, axes, x, y)
    return Raster(cells, left, up.low, step * columns, up.span, mesh.nodes, whole=True)
