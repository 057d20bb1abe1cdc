"""A made-up Earth: one topography that is the same everywhere and whose pitfalls are known.

`climpy.planet` gives the bare shape; seas, straits, plateaus and depressions are then set where
`known_features` says, so that every check has something to find.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.planet import Place, fractal_noise, natural_heights, place_point, points
from climpy.topography import Topography


@dataclass(frozen=True)
class Feature:
    """Something that the made-up Earth is known to have.

    Parameters
    ----------
    kind : str
        "enclosed sea", "connected sea", "bay", "strait", "plateau", "depression" or
        "pole".
    name : str
        What to call it.
    longitude, latitude : float
        A place within it [degrees]; a strait's narrowest cell, a depression's floor.
    direction : str
        Of a strait: "N-S", "E-W", "NE-SW" or "NW-SE"; else empty.
    """

    kind: str
    name: str
    longitude: float
    latitude: float
    direction: str = ""

    def cell(self, grid: RegularGrid) -> tuple[int, int]:
        """Row and column of the cell that holds the place, on a global grid."""
        return _cell(grid, (self.longitude, self.latitude))


@dataclass(frozen=True)
class _Basin:
    """A sea or a hollow: an ellipse in degrees of arc, its outline bent by noise."""

    feature: Feature
    half_width: float
    half_height: float
    depth: float


def _basin(kind: str, name: str, at: Place, half_axes: tuple[float, float], depth: float) -> _Basin:
    return _Basin(Feature(kind, name, *at), *half_axes, depth)


SEAS = (
    _basin("enclosed sea", "Amber Sea", (78.0, 56.0), (4.5, 3.0), 900.0),
    _basin("enclosed sea", "Midnight Sea", (180.0, -27.0), (5.0, 2.6), 1400.0),
    _basin("enclosed sea", "Salt Mirror", (-88.0, 48.0), (1.4, 1.4), 60.0),
    _basin("enclosed sea", "Keyhole Sea", (-152.0, 55.0), (2.2, 2.0), 240.0),
    _basin("connected sea", "Gulf of Lanterns", (8.0, 13.5), (5.5, 3.6), 2200.0),
    _basin("connected sea", "Grey Sea", (-92.0, 61.5), (4.0, 3.0), 350.0),
    _basin("connected sea", "Weavers' Sea", (-48.0, -3.0), (4.6, 3.4), 1600.0),
    _basin("connected sea", "Copper Sea", (17.0, -14.0), (4.4, 3.2), 1200.0),
    _basin("connected sea", "Dawn Sea", (-172.0, -20.0), (4.0, 2.6), 1800.0),
)
BAYS = (
    _basin("bay", "Dusk Gulf", (169.0, -18.5), (6.0, 4.4), 700.0),
    _basin("bay", "Needle Bight", (-140.0, -78.0), (2.0, 2.6), 250.0),
)
"""Open to the ocean; the second goes further south than an ocean grid does."""

PLATEAUS = (
    _basin("plateau", "Roof of Borea", (96.0, 31.0), (6.0, 3.2), 4400.0),
    _basin("plateau", "Drum Tableland", (22.0, 2.0), (4.0, 3.0), 1100.0),
    _basin("plateau", "Ice Table", (80.0, -83.0), (3.0, 2.5), 2300.0),
)
"""Level ground: here `depth` is the height of every cell [m]."""

DEPRESSIONS = (
    _basin("depression", "Thirst Hollow", (110.0, 63.0), (3.2, 2.6), 500.0),
    _basin("depression", "Condor Basin", (-62.0, -18.0), (3.4, 3.0), 900.0),
    _basin("depression", "Red Bowl", (-102.0, 53.0), (3.0, 2.6), 350.0),
)
"""Ground without a way out: `depth` is how far the floor lies under the rim [m]."""

STRAITS = (
    # the narrowest cell; the channel is dug from it both ways until it meets water
    Feature("strait", "Lantern Narrows", -0.5, 13.5, "E-W"),
    Feature("strait", "Grey Gate", -92.5, 66.5, "N-S"),
    Feature("strait", "Weavers' Cut", -42.5, 2.5, "NE-SW"),
    Feature("strait", "Copper Door", 22.5, -19.5, "NW-SE"),
    Feature("strait", "Dateline Passage", 179.5, -19.5, "E-W"),
)
"""Channels one cell wide; a slanting one goes by steps, so that its cells touch by their sides."""

POLES = (
    Feature("pole", "north pole", 0.0, 90.0),
    Feature("pole", "south pole", 0.0, -90.0),
)

WALK = {"E-W": (0, 1), "N-S": (1, 0), "NE-SW": (1, 1), "NW-SE": (-1, 1)}
"""Rows and columns of one step along a strait."""

COARSEST_STEP = 2.0
"""Greatest step at which every feature is there [degrees]."""

LONGEST_CHANNEL = 25.0
"""A channel that has met no water after so many degrees is not dug further."""


def known_features() -> tuple[Feature, ...]:
    """Everything that the made-up Earth is known to have, at any resolution up to 2 degrees."""
    basins = (*SEAS, *BAYS, *PLATEAUS, *DEPRESSIONS)
    return (*(basin.feature for basin in basins), *STRAITS, *POLES)


def demo_topography(step: float = 1.0) -> Topography:
    """Make the topography of the made-up Earth, the same on every machine.

    Parameters
    ----------
    step : float
        Height and width of a cell [degrees], at most 2, dividing 180.

    Raises
    ------
    InputRefused
        If the step is greater than 2 or does not divide the globe into whole cells.
    """
    if step > COARSEST_STEP:
        raise InputRefused(
            f"The made-up Earth needs a step of at most {COARSEST_STEP:g} degrees, not {step:g}."
        )
    grid = RegularGrid.of_steps(step, step)
    heights = natural_heights(grid)
    _close_south(heights, grid)
    for basin in DEPRESSIONS:
        _sink(heights, _around(grid, basin), basin)
    for basin in PLATEAUS:
        heights[_around(grid, basin).between(0.0, 1.0)] = basin.depth
    for basin in (*SEAS, *BAYS):
        _flood(heights, _around(grid, basin), basin, grid.dlat)
    for strait in STRAITS:
        _dig(heights, grid, strait)
    _drain_accidental_seas(heights, grid)
    # decimetres: far above what differs between machines in the last bits
    return Topography(np.round(heights, 1), grid)


def _close_south(heights: FloatArray, grid: RegularGrid) -> None:
    """Leave no ocean south of 77 S, where ocean grids end."""
    south = grid.latitudes < -77.0
    heights[south] = np.maximum(heights[south], 25.0)


@dataclass(frozen=True, eq=False)
class _Surroundings:
    """The cells around a basin, and how far they are from its middle (1 at its outline)."""

    rows: AnyArray
    columns: AnyArray
    distance: FloatArray

    def between(self, inner: float, outer: float) -> tuple[AnyArray, AnyArray]:
        """Rows and columns of the cells whose distance lies within a range."""
        chosen = (self.distance >= inner) & (self.distance < outer)
        return self.rows[chosen], self.columns[chosen]


def _around(grid: RegularGrid, basin: _Basin) -> _Surroundings:
    """Find the cells within 15 degrees of a basin's middle."""
    longitude, latitude = basin.feature.longitude, basin.feature.latitude
    near = np.abs(grid.latitudes - latitude) < 15.0
    at = points(grid.latitudes[near], grid.longitudes)
    rows, columns = np.nonzero(at @ place_point((longitude, latitude)) > np.cos(np.deg2rad(15.0)))
    at = at[rows, columns]
    bent = at + np.deg2rad(0.9) * np.stack(
        [fractal_noise(at, 15.0, 3, seed) for seed in (131, 149, 163)], axis=-1
    )
    along = np.rad2deg(bent @ place_point((longitude + 90.0, 0.0)))
    across = np.rad2deg(bent @ place_point((longitude, latitude + 90.0)))
    distance = np.sqrt((along / basin.half_width) ** 2 + (across / basin.half_height) ** 2)
    return _Surroundings(rows + int(np.argmax(near)), columns, distance)


def _raise(heights: FloatArray, cells: tuple[AnyArray, AnyArray], least: float) -> None:
    """Make cells at least so high."""
    heights[cells] = np.maximum(heights[cells], least)


def _hollow(heights: FloatArray, around: _Surroundings, rim: float, depth: float) -> None:
    """Sink a bowl whose rim lies at a height [m]."""
    inside = around.distance < 1.0
    cells = around.rows[inside], around.columns[inside]
    heights[cells] = rim - depth * (1.0 - around.distance[inside] ** 2)


def _sink(heights: FloatArray, around: _Surroundings, basin: _Basin) -> None:
    """Raise a rim and sink the ground within it, above the sea level."""
    rim = basin.depth + 450.0
    _raise(heights, around.between(1.0, 1.5), rim)
    _hollow(heights, around, rim, basin.depth)


def _flood(heights: FloatArray, around: _Surroundings, basin: _Basin, step: float) -> None:
    """Sink a basin under the sea level; land closes it unless it is a bay."""
    if basin.feature.kind != "bay":
        # a shore is at least a cell and a half wide
        width = max(0.6, 1.5 * step / min(basin.half_width, basin.half_height))
        _raise(heights, around.between(1.0, 1.0 + width), 30.0)
    _hollow(heights, around, -8.0, basin.depth)


def _dig(heights: FloatArray, grid: RegularGrid, strait: Feature) -> None:
    """Dig a channel one cell wide from its narrowest cell both ways, between banks of land."""
    row, column = strait.cell(grid)
    down, right = WALK[strait.direction]
    channel = [(row, column)]
    for way in (1, -1):
        channel += _channel(heights, (row, column), (way * down, way * right), grid.dlat)
    for j in range(row - 2, row + 3):
        for i in range(column - 2, column + 3):
            i_periodic = i % grid.shape[1]
            heights[j, i_periodic] = max(heights[j, i_periodic], 20.0)
    for j, i in channel:
        heights[j, i] = -90.0


def _channel(
    heights: FloatArray, start: tuple[int, int], walk: tuple[int, int], step: float
) -> list[tuple[int, int]]:
    """Cells from a strait's narrowest cell to the first water that is not beside it."""
    (row, column), (down, right) = start, walk
    cells = []
    for length in range(1, int(LONGEST_CHANNEL / step)):
        if down and right:
            cells.append((row, (column + right) % heights.shape[1]))
        row, column = row + down, (column + right) % heights.shape[1]
        if length > 2 and heights[row, column] < 0.0:
            break
        cells.append((row, column))
    return cells


def _drain_accidental_seas(heights: FloatArray, grid: RegularGrid) -> None:
    """Turn waters into low land that are neither the ocean nor a sea set on purpose."""
    waters = _connected_waters(heights <= 0.0)
    meant = {waters[sea.feature.cell(grid)] for sea in SEAS}
    sizes = np.bincount(waters.ravel())
    sizes[0] = 0
    accidental = ~np.isin(waters, [0, int(sizes.argmax()), *meant])
    heights[accidental] = 4.0


def _connected_waters(ocean: BoolArray) -> AnyArray:
    """Number the waters, cells joined by sides and across the seam, 0 on land, (ny, nx)."""
    numbers = np.asarray(ndimage.label(ocean)[0])
    for west, east in zip(numbers[:, 0], numbers[:, -1], strict=True):
        if west and east and west != east:
            numbers[numbers == numbers.dtype.type(east)] = west
    return numbers


def _cell(grid: RegularGrid, place: Place) -> tuple[int, int]:
    """Row and column of the cell that holds a place, whatever the grid's western edge."""
    longitude, latitude = place
    row = int(np.floor((latitude + 90.0) / grid.dlat + 1e-9))
    column = int(np.floor(((longitude - grid.west) % 360.0) / grid.dlon + 1e-9))
    return min(row, grid.shape[0] - 1), column % grid.shape[1]
