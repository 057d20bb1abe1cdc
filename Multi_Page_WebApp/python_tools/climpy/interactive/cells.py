"""Cells and their neighbours: copies, connected cells, the shortest way between two cells.

numpy only: the source becomes part of the scripts that `climpy.interactive.script` writes.
"""

import heapq
import math

import numpy as np

from climpy.arrays import AnyArray, BoolArray, LongArray
from climpy.errors import InputRefused
from climpy.interactive.field import Field

Vector = tuple[float, float, float]


def with_copies(field: Field, mask: BoolArray) -> BoolArray:
    """The mask in which a cell, its original and all its copies are marked together, (ny, nx)."""
    if field.originals is None:
        return mask
    originals = np.zeros(mask.size, dtype=np.bool_)
    originals[field.nodes[np.flatnonzero(mask)]] = True
    return np.asarray(originals[field.nodes]).reshape(mask.shape)


def count_of(field: Field, cells: AnyArray) -> int:
    """How many of the cells (flat indices) there are without copies."""
    return int(np.count_nonzero(field.nodes[cells] == cells))


def originals_in(field: Field, mask: BoolArray) -> LongArray:
    """Flat indices of the marked cells that are no copies, increasing."""
    cells = np.flatnonzero(mask)
    return np.asarray(cells[field.nodes[cells] == cells])


def beside(field: Field, cells: LongArray) -> LongArray:
    """The four cells that share a side with each cell, north, south, west, east; -1 if none."""
    j, i = np.divmod(cells, field.shape[1])
    frame = field.frame
    return np.stack([frame[j + 2, i + 1], frame[j, i + 1], frame[j + 1, i], frame[j + 1, i + 2]])


def joined_cells(field: Field, free: BoolArray, start: int) -> LongArray:
    """The free cells that are connected with one of them by sides; they are free no longer.

    Parameters
    ----------
    field : Field
        The grid.
    free : (ny * nx,) bool
        Cells that may be reached; changed.
    start : int
        Flat index of a cell, no copy.
    """
    front = np.array([start])
    free[front] = False
    found = [front]
    while front.size:
        around = beside(field, front).ravel()
        around = around[around >= 0]
        front = np.unique(around[free[around]])
        free[front] = False
        found.append(front)
    return np.concatenate(found)


def nearest_cell(field: Field, latitude: float, longitude: float) -> int:
    """Flat index of the cell whose centre is nearest to a place [degrees]; no copy.

    On a regular grid, where a place lies on the border of cells, the southern or western one.
    """
    order, latitudes, longitudes = field.lines
    if longitudes.shape[0] == 1:
        north = np.round(latitudes - latitude, 9)
        row = int(order[np.argmin(2.0 * np.abs(north) + (north > 0.0) * 1e-9)])
        east = np.round(longitudes[0] - longitude, 9) % 360.0
        east = np.where(east > 180.0, east - 360.0, east)
        column = int(np.argmin(2.0 * np.abs(east) + (east > 0.0) * 1e-9))
        return int(field.nodes[row * field.shape[1] + column])
    phi, lam = np.deg2rad(latitudes), np.deg2rad(longitudes[:, 0])
    x, y, z = on_sphere(latitude, longitude)
    # the chord rather than its cosine, which cannot tell near places from nearer ones
    distance = (
        (np.cos(phi) * np.cos(lam) - x) ** 2
        + (np.cos(phi) * np.sin(lam) - y) ** 2
        + (np.sin(phi) - z) ** 2
    )
    return int(field.nodes[order[np.argmin(distance)]])


def cell_at(field: Field, point: tuple[float, float], space: str) -> int:
    """Flat index of the cell at (latitude, longitude) or at (row, column); no copy."""
    if space == "geographic":
        return nearest_cell(field, *point)
    row, column = int(point[0]), int(point[1])
    if not (0 <= row < field.shape[0] and 0 <= column < field.shape[1]):
        raise InputRefused(
            f"There is no cell at row {row}, column {column} of {field.shape[0]} x "
            f"{field.shape[1]} cells, counted from 0."
        )
    return int(field.nodes[row * field.shape[1] + column])


def on_sphere(latitude: float, longitude: float) -> Vector:
    """The unit vector of a place [degrees]."""
    north, east = math.radians(latitude), math.radians(longitude)
    return math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north)


def crossed(a: Vector, b: Vector) -> Vector:
    """The vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


class Walk:
    """Steps from cell to cell towards an end, and how long they are.

    Lengths are great circles between centres, in decimetres of an Earth of 6371 km: whole numbers,
    whose sums are exact and do not depend on where longitudes begin.

    Parameters
    ----------
    field : Field
        The grid; cells without a value are in the way.
    first, last : int
        Flat indices of the ends, no copies.
    """

    def __init__(self, field: Field, first: int, last: int) -> None:
        if field.latitudes is None or field.longitudes is None:
            raise InputRefused("A way needs to know where the cells lie.")
        self.latitudes, self.longitudes = field.latitudes, field.longitudes
        self.nx = field.shape[1]
        self.frame, self.known = field.frame.ravel(), np.isfinite(field.values).ravel()
        self.last = last
        self.places: dict[int, Vector] = {}
        self.guides: dict[int, tuple[int, int]] = {}
        normal = crossed(self.place(first), self.place(last))
        size = math.hypot(*normal)
        # no great circle is the shortest between places that are opposite, or the same
        size = math.inf if size < 1e-3 else size
        self.normal = (normal[0] / size, normal[1] / size, normal[2] / size)

    def place(self, cell: int) -> Vector:
        """The unit vector of a cell's centre."""
        if cell not in self.places:
            j, i = divmod(cell, self.nx)
            self.places[cell] = on_sphere(
                self.latitudes.item(j, 0 if self.latitudes.shape[1] == 1 else i),
                self.longitudes.item(0 if self.longitudes.shape[0] == 1 else j, i),
            )
        return self.places[cell]

    def length(self, one: int, other: int) -> int:
        """Distance between two cells [dm]."""
        chord = math.dist(self.place(one), self.place(other))
        return round(6.371e7 * 2.0 * math.asin(min(0.5 * chord, 1.0)))

    def guide(self, cell: int) -> tuple[int, int]:
        """Distances of a cell from the great circle through both ends, and from the end [dm]."""
        if cell not in self.guides:
            (x, y, z), (a, b, c) = self.place(cell), self.normal
            angle = math.asin(max(-1.0, min(a * x + b * y + c * z, 1.0)))
            self.guides[cell] = round(6.371e7 * abs(angle)), self.length(cell, self.last)
        return self.guides[cell]

    def steps(self, cell: int) -> list[tuple[int, int]]:
        """The neighbours, each with the corner cell that leads there, -1 if it shares a side."""
        j, i = divmod(cell, self.nx)
        middle, up = (j + 1) * (self.nx + 2) + i + 1, self.nx + 2
        found = []
        for dj in (-1, 0, 1):
            for di in (-1, 0, 1):
                there = self.frame.item(middle + dj * up + di)
                if there < 0 or there == cell or not self.known.item(there):
                    continue
                if dj == 0 or di == 0:
                    found.append((there, -1))
                    continue
                corners = (self.frame.item(middle + dj * up), self.frame.item(middle + di))
                usable = [corner for corner in corners if corner >= 0 and self.known.item(corner)]
                if usable:
                    found.append((there, min(usable, key=lambda corner: self.guide(corner)[0])))
        return found


def shortest_way(field: Field, first: int, last: int, most: int = 200_000) -> list[int]:
    """Cells of the shortest way between two cells; each shares a side with the next.

    Steps go to the eight neighbours; of equally long ways the one along the great circle between
    the ends. A diagonal step gets one of its two corner cells, the one nearer to that great circle.

    Parameters
    ----------
    field : Field
        The grid; cells without a value are in the way.
    first, last : int
        Flat indices, no copies.
    most : int
        Cells that may be looked at, which take some seconds.

    Raises
    ------
    InputRefused
        If there is no way, or it is too long.

    References
    ----------
    Hart, Nilsson and Raphael 1968 (doi:10.1109/TSSC.1968.300136).
    """
    walk = Walk(field, first, last)
    nx, column = walk.nx, first % walk.nx
    gone, done = {first: 0}, set()
    before: dict[int, tuple[int, int]] = {}
    waiting = [(0, 0, 0, first)]
    while waiting:
        cell = heapq.heappop(waiting)[3]
        if cell == last:
            break
        if cell in done:
            continue
        done.add(cell)
        if len(done) > most:
            raise InputRefused("This way is too long; put it together from shorter ones.")
        for there, corner in walk.steps(cell):
            if there in done:
                continue
            astray, left = walk.guide(there)
            so_far = gone[cell] + walk.length(cell, there) + astray // 1000
            if there not in gone or so_far < gone[there]:
                gone[there], before[there] = so_far, (cell, corner)
                whole = so_far + left * 999 // 1000
                # among equals the order must not depend on where the columns begin
                heapq.heappush(waiting, (whole, there // nx, (there % nx - column) % nx, there))
    if last not in gone or not (walk.known.item(first) and walk.known.item(last)):
        raise InputRefused("There is no way between these two places: cells without a value.")
    way = [last]
    while way[-1] != first:
        cell, corner = before[way[-1]]
        way += [corner, cell] if corner >= 0 else [cell]
    return way


def widened(field: Field, cells: LongArray, width: int) -> LongArray:
    """The cells with those around them, so that a line of them becomes so many cells wide.

    An even width reaches one cell farther to the north and the east.
    """
    nx = field.shape[1]
    grown = np.unique(field.nodes[cells]).astype(np.int64)
    all_around = [(dj, di) for dj in (-1, 0, 1) for di in (-1, 0, 1)]
    rounds = [all_around] * ((width - 1) // 2)
    if width % 2 == 0:
        rounds.append([(0, 0), (0, 1), (1, 0), (1, 1)])
    for offsets in rounds:
        j, i = np.divmod(grown, nx)
        around = np.concatenate([field.frame[j + 1 + dj, i + 1 + di] for dj, di in offsets])
        grown = np.unique(around[around >= 0]).astype(np.int64)
    return grown
