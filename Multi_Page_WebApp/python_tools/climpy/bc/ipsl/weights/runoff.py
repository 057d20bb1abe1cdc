"""Where the rivers of the classic set end: from land cells to the coastal ocean."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from climpy.arrays import AnyArray, BoolArray, FloatArray, LongArray
from climpy.bc.ipsl.weights.classic import SHALLOWEST_M, Planet, is_coast, ocean_fraction
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.shares import LEAST_SHARE, Shares
from climpy.errors import StepRefused
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import OCEAN_RADIUS_M, OceanGrid

FARTHEST_KM = 400.0
"""Land cells send their rivers to a coast no farther away."""

_SAME = 1e-9
"""Share of a distance within which two coastal points are equally near."""


@dataclass(frozen=True)
class RunoffOptions:
    """What becomes of the water of land cells.

    Parameters
    ----------
    spread_km : float
        It is shared among the coastal points so near to the nearest one [km]; 0: all to that one.
    lose_nothing : bool
        Also cells farther than 400 km from a coast send it there; ORCHIDEE sends none from them.
    """

    spread_km: float = 0.0
    lose_nothing: bool = True


USUAL = RunoffOptions()
"""All water goes to the nearest coastal point, however far."""


def coastal_ocean(depth: FloatArray, on: Planet) -> BoolArray:
    """Ocean cells that count with land among their eight neighbours, (ny, nx).

    Round the globe and across the north fold; south of the first row is land.
    """
    land = on.ocean.fill_copies(depth) < SHALLOWEST_M
    land[0] = True
    beside = np.zeros_like(land)
    ny, nx = land.shape
    framed = np.pad(land, 1)
    for j in range(3):
        for i in range(3):
            beside |= framed[j : j + ny, i : i + nx]
    return np.asarray(on.sea & beside)


def rivers(shares: Shares, depth: FloatArray, on: Planet, options: RunoffOptions = USUAL) -> Links:
    """From water per atmosphere cell [kg/s] to water per area of ocean [kg/s/m2].

    Cells on a coast share theirs over the coastal ocean beneath, by area; land cells send it to the
    nearest coastal point.

    Raises
    ------
    StepRefused
        If there is no coast.
    """
    coastal = coastal_ocean(depth, on)
    if not coastal.any():
        raise StepRefused(
            "No ocean cell lies beside land; rivers have nowhere to end. Look at the bathymetry."
        )
    fraction = ocean_fraction(shares, on.atmosphere)
    from_coast = _beneath(shares, coastal, is_coast(fraction))
    stranded = is_coast(fraction)
    stranded.reshape(-1)[from_coast[0]] = False
    from_land = _to_the_nearest(fraction, stranded, coastal, on, options)
    source, target, part = (
        np.concatenate(pair) for pair in zip(from_coast, from_land, strict=True)
    )
    weight = part / on.ocean_area.reshape(-1)[target]
    return Links.of(source, target, weight, on.atmosphere.shape, on.ocean.shape)


def _beneath(
    shares: Shares, coastal: BoolArray, coast: BoolArray
) -> tuple[LongArray, LongArray, FloatArray]:
    """Source, target and part of the water, for atmosphere cells over a coast."""
    chosen = coast.reshape(-1)[shares.atmosphere] & coastal.reshape(-1)[shares.ocean]
    source, target, share = shares.atmosphere[chosen], shares.ocean[chosen], shares.share[chosen]
    return source, target, share / np.bincount(source, share, coast.size)[source]


def _to_the_nearest(
    fraction: FloatArray,
    stranded: BoolArray,
    coastal: BoolArray,
    on: Planet,
    options: RunoffOptions,
) -> tuple[LongArray, LongArray, FloatArray]:
    """Source, target and part of the water, for cells on land and coasts without coastal ocean."""
    grid = on.atmosphere
    sends = (fraction < LEAST_SHARE) | stranded
    sends[[0, -1], 1:] = False
    source = np.flatnonzero(sends)
    longitudes, latitudes = np.meshgrid(grid.longitudes, grid.latitudes)
    places = unit_vectors(latitudes, longitudes).reshape(-1, 3)[source]
    points = np.flatnonzero(coastal)
    vectors = _places(on.ocean, points)
    nearest, distance_km = nearest_point(places, vectors)
    if not options.lose_nothing:
        near = distance_km < FARTHEST_KM
        source, nearest = source[near], nearest[near]
    if options.spread_km <= 0.0:
        return source, points[nearest], np.ones(source.size)
    spread = cKDTree(vectors).query_ball_point(vectors[nearest], _chord(options.spread_km))
    number = np.array([len(found) for found in spread], dtype=np.int64)
    target = points[np.concatenate([np.sort(found) for found in spread]).astype(np.int64)]
    return np.repeat(source, number), target, np.repeat(1.0 / number, number)


def nearest_point(places: AnyArray, points: AnyArray) -> tuple[LongArray, FloatArray]:
    """The nearest of some points for each place, and how far it is [km].

    Of points equally near it is the first.

    Parameters
    ----------
    places, points : (n, 3) and (m, 3) float64
        On the unit sphere.
    """
    number = min(8, len(points))
    chord, found = cKDTree(points).query(places, k=number)
    chord, found = chord.reshape(-1, number), found.reshape(-1, number)
    as_near = chord <= chord[:, :1] * (1.0 + _SAME) + _SAME**2
    nearest = np.where(as_near, found, len(points)).min(axis=1)
    kilometres = 2.0 * np.arcsin(np.minimum(0.5 * chord[:, 0], 1.0)) * OCEAN_RADIUS_M * 1e-3
    return nearest.astype(np.int64), kilometres


def _chord(kilometres: float) -> float:
    return float(2.0 * np.sin(min(0.5e3 * kilometres / OCEAN_RADIUS_M, 0.5 * np.pi)))


def _places(ocean: OceanGrid, cells: LongArray) -> FloatArray:
    vectors: FloatArray = unit_vectors(
        ocean.gphit.reshape(-1)[cells], ocean.glamt.reshape(-1)[cells]
    )
    return vectors
