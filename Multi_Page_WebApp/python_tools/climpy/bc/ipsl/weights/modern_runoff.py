"""Where rivers end in the set of the engine `mosaix`: from one coastal band to the other."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from climpy.arrays import BoolArray, FloatArray, LongArray
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.shares import LEAST_SHARE
from climpy.errors import InputRefused, StepRefused
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import OCEAN_RADIUS_M, Fold, OceanGrid


@dataclass(frozen=True)
class BandOptions:
    """How water gets from land to the ocean.

    Parameters
    ----------
    farthest_km : float
        A cell of the atmosphere's band sends to all of the ocean's band that is nearer [km].
    atmosphere_points, ocean_points : int
        How wide the bands are: how many points from the other kind of surface.
    lose_nothing : bool
        Land cells outside of the band send to the nearest ocean cell, instead of nowhere.

    Raises
    ------
    InputRefused
        If a value is out of its range.
    """

    farthest_km: float = 600.0
    atmosphere_points: int = 1
    ocean_points: int = 2
    lose_nothing: bool = True

    def __post_init__(self) -> None:
        if not 0.0 < self.farthest_km <= 5000.0:
            raise InputRefused(
                f"Rivers can be led over at most 5000 km, and more than 0, "
                f"not {self.farthest_km:g} km."
            )
        if not (1 <= self.atmosphere_points <= 8 and 1 <= self.ocean_points <= 8):
            raise InputRefused(
                "A coastal band is 1 to 8 points wide, not "
                f"{self.atmosphere_points} and {self.ocean_points}."
            )


@dataclass(frozen=True, eq=False)
class Bands:
    """Coasts on both grids.

    Parameters
    ----------
    atmosphere_fraction : (rows, columns) float64
        Share of ocean.
    atmosphere_near_ocean, ocean_near_land : float64
        Share of the points round each, itself too, that have ocean, or are land.
    atmosphere_coast : (rows, columns) bool
        Cells with land from which rivers are spread.
    ocean_coast : (ny, nx) bool
        Cells over which they are spread.
    """

    atmosphere_fraction: FloatArray
    atmosphere_near_ocean: FloatArray
    atmosphere_coast: BoolArray
    ocean_near_land: FloatArray
    ocean_coast: BoolArray

    @property
    def atmosphere_land(self) -> BoolArray:
        """Cells with land."""
        return self.atmosphere_fraction < 1.0 - LEAST_SHARE

    @property
    def atmosphere_ocean(self) -> BoolArray:
        """Cells with ocean."""
        return self.atmosphere_fraction > LEAST_SHARE


def bands(fraction: FloatArray, on: Planet, options: BandOptions) -> Bands:
    """Find the coasts."""
    wet = fraction > LEAST_SHARE
    near_ocean = _in_atmosphere(wet, options.atmosphere_points)
    has_land = fraction < 1.0 - LEAST_SHARE
    near_land = _in_ocean(~on.ocean.fill_copies(on.sea), on.ocean, options.ocean_points)
    return Bands(
        fraction, near_ocean, has_land & (near_ocean > 0.0), near_land, on.sea & (near_land > 0.0)
    )


def _in_atmosphere(where: BoolArray, points: int) -> FloatArray:
    """Share of the points round each that are so; a pole is round itself all the way."""
    columns = np.arange(-points, where.shape[1] + points) % where.shape[1]
    framed = np.pad(where, ((points, points), (0, 0)), mode="edge")[:, columns]
    share = _window_mean(framed, points)
    for row in (*range(points), *range(-points, 0)):
        share[row] = share[row].mean()
    return share


def _in_ocean(land: BoolArray, ocean: OceanGrid, points: int) -> FloatArray:
    """Share of the points round each that are land; south of the grid is land."""
    ny, nx = land.shape
    columns = (np.arange(-points, nx + points) - 1) % (nx - 2) + 1
    mirrored = nx - 1 - columns if ocean.fold is Fold.F_POINT else nx - columns
    mirrored = (mirrored - 1) % (nx - 2) + 1
    last = ny - 2 if ocean.fold is Fold.F_POINT else ny - 3
    beyond = land[last - 1 : last - 1 - points : -1][:, mirrored]
    south = np.ones((points, columns.size), dtype=bool)
    inside = land[:, columns]
    inside[0] = True
    return _window_mean(np.concatenate([south, inside, beyond]), points)


def _window_mean(framed: BoolArray, points: int) -> FloatArray:
    """Mean over squares of 2 points + 1 cells a side, of a field framed by so many points."""
    side = 2 * points + 1
    windows = np.lib.stride_tricks.sliding_window_view(framed, (side, side))
    return np.asarray(np.count_nonzero(windows, axis=(2, 3)) / float(side * side))


def rivers(found: Bands, on: Planet, options: BandOptions) -> Links:
    """From water per atmosphere cell [kg/s] to water per area of ocean [kg/s/m2].

    Each cell of the atmosphere's band spreads its water evenly over the ocean's band within reach;
    one with nothing in reach, and other land cells, send theirs to the nearest ocean cell. On a
    pole only the first column sends.

    Raises
    ------
    StepRefused
        If there is no coast.
    """
    points = np.flatnonzero(found.ocean_coast)
    if not points.size:
        raise StepRefused(
            "No ocean cell lies beside land; rivers have nowhere to end. Look at the bathymetry."
        )
    sends = found.atmosphere_coast | (found.atmosphere_land & options.lose_nothing)
    sends[[0, -1], 1:] = False
    source = np.flatnonzero(sends)
    places = _atmosphere_places(on)[source]
    in_band = found.atmosphere_coast.reshape(-1)[source]
    near = cKDTree(_places(on.ocean, points)).query_ball_point(
        places[in_band], _chord(options.farthest_km), return_sorted=True
    )
    targets = [points[np.array(few, dtype=np.int64)] for few in near]
    lost = np.ones(source.size, dtype=bool)
    lost[in_band] = [not few.size for few in targets]
    spread = np.array([few.size for few in targets], dtype=np.int64)
    return _shared(
        np.concatenate([np.repeat(source[in_band], spread), source[lost]]),
        np.concatenate([*targets, _nearest(places[lost], on)]),
        on,
    )


def _shared(source: LongArray, target: LongArray, on: Planet) -> Links:
    """Links that share the water of each source evenly over the area of its targets."""
    size = on.atmosphere.shape[0] * on.atmosphere.shape[1]
    area = np.bincount(source, on.ocean_area.reshape(-1)[target], size)
    return Links.of(source, target, 1.0 / area[source], on.atmosphere.shape, on.ocean.shape)


def _nearest(places: FloatArray, on: Planet) -> LongArray:
    """The ocean cell nearest to each place."""
    _, found = cKDTree(_places(on.ocean, on.cells)).query(places)
    nearest: LongArray = on.cells[found]
    return nearest


def _chord(kilometres: float) -> float:
    return float(2.0 * np.sin(min(0.5e3 * kilometres / OCEAN_RADIUS_M, 0.5 * np.pi)))


def _places(ocean: OceanGrid, cells: LongArray) -> FloatArray:
    return unit_vectors(ocean.gphit.reshape(-1)[cells], ocean.glamt.reshape(-1)[cells])


def _atmosphere_places(on: Planet) -> FloatArray:
    longitudes, latitudes = np.meshgrid(on.atmosphere.longitudes, on.atmosphere.latitudes)
    return unit_vectors(latitudes, longitudes).reshape(-1, 3)
