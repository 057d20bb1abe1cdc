"""The bare shape of a made-up planet: continents, mountain belts, ridges, plains, trenches.

Only sums, products and square roots of points on the unit sphere are used, with noise from an
integer hash, so that the planet is the same on every machine and at every resolution.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.grids.regular import RegularGrid

Place = tuple[float, float]
"""Longitude and latitude [degrees]."""

CONTINENTS: tuple[tuple[float, float, float], ...] = (
    # longitude, latitude, radius of a cap [degrees]; neighbouring caps melt into one continent
    (104.0, 60.0, 19.0), (80.0, 52.0, 17.0), (128.0, 50.0, 13.0), (62.0, 38.0, 12.0),
    (92.0, 34.0, 15.0), (112.0, 28.0, 11.0), (36.0, 50.0, 10.0), (98.0, 16.0, 6.0),
    (-76.0, 61.0, 16.0), (-98.0, 53.0, 15.0), (-92.0, 38.0, 11.0), (-118.0, 60.0, 9.0),
    (-56.0, -6.0, 15.0), (-62.0, -20.0, 12.0), (-66.0, -36.0, 8.0), (-69.0, -48.0, 4.5),
    (8.0, 14.0, 15.0), (28.0, 4.0, 14.0), (24.0, -14.0, 12.0), (22.0, -28.0, 7.0),
    (176.0, -19.0, 13.0), (-170.0, -14.0, 9.0), (162.0, -30.0, 7.0),
    (136.0, -42.0, 7.0), (-38.0, 74.0, 7.0), (46.0, -24.0, 3.0), (-150.0, 32.0, 2.2),
    (-150.0, -88.0, 20.0), (60.0, -80.0, 11.0), (118.0, -78.0, 9.0), (-70.0, -80.0, 7.0),
    (53.0, 84.0, 9.0),
)  # fmt: skip

MOUNTAINS: tuple[tuple[float, float, tuple[Place, ...]], ...] = (
    # height [m], half width [degrees], course
    (5200.0, 3.0, ((66.0, 31.0), (80.0, 27.0), (94.0, 25.0), (106.0, 22.0), (110.0, 18.0))),
    (2600.0, 2.6, ((84.0, 44.0), (100.0, 50.0), (118.0, 57.0), (136.0, 58.0))),
    (1500.0, 1.8, ((58.0, 60.0), (59.0, 52.0), (58.0, 44.0))),
    (3600.0, 2.6, ((-128.0, 62.0), (-113.0, 53.0), (-104.0, 43.0), (-100.0, 31.0))),
    (1300.0, 2.0, ((-70.0, 52.0), (-80.0, 42.0), (-85.0, 34.0))),
    (4800.0, 2.0, ((-71.0, 0.0), (-74.0, -14.0), (-72.0, -28.0), (-73.0, -46.0))),
    (2200.0, 2.4, ((37.0, 12.0), (36.0, -2.0), (32.0, -14.0), (27.0, -28.0))),
    (3100.0, 2.0, ((188.0, -3.0), (195.0, -12.0), (193.0, -22.0))),
    (2400.0, 1.8, ((158.0, -24.0), (164.0, -34.0))),
    (3000.0, 3.0, ((-60.0, -78.0), (-100.0, -84.0), (170.0, -84.0), (130.0, -80.0))),
    (1700.0, 1.6, ((140.0, -37.0), (138.0, -47.0))),
)  # fmt: skip

RIDGES: tuple[tuple[Place, ...], ...] = (
    # crests of the mid-ocean ridges, where the sea floor is young and shallow
    ((-8.0, 82.0), (-12.0, 64.0), (-30.0, 48.0), (-36.0, 30.0), (-28.0, 8.0), (-14.0, -10.0),
     (-14.0, -34.0), (-4.0, -54.0), (30.0, -50.0), (58.0, -38.0), (70.0, -22.0), (66.0, -2.0),
     (60.0, 8.0)),
    ((70.0, -28.0), (96.0, -50.0), (130.0, -60.0), (170.0, -62.0), (-140.0, -58.0),
     (-112.0, -44.0), (-108.0, -18.0), (-106.0, 6.0), (-116.0, 22.0)),
    ((-146.0, -52.0), (-160.0, -66.0)),
)  # fmt: skip

TRENCHES: tuple[tuple[Place, ...], ...] = (
    ((-80.0, 3.0), (-84.0, -14.0), (-80.0, -30.0), (-79.0, -48.0)),
    ((146.0, 56.0), (146.0, 44.0), (138.0, 33.0), (128.0, 22.0), (124.0, 8.0)),
    ((-160.0, 1.0), (-154.0, -12.0), (-156.0, -26.0)),
    ((98.0, 4.0), (112.0, -2.0), (124.0, -4.0)),
    ((-134.0, 52.0), (-122.0, 42.0), (-114.0, 31.0)),
)
"""Arcs along which the sea floor goes down."""

ISLANDS: tuple[tuple[Place, ...], ...] = (
    ((150.0, 54.0), (141.0, 31.0), (131.0, 20.0), (128.0, 8.0)),
    ((98.0, 7.0), (112.0, 2.0), (124.0, 0.0)),
    ((-152.0, -4.0), (-138.0, 4.0), (-124.0, 14.0)),
    ((-20.0, 62.0), (-14.0, 66.0)),
)
"""Where volcanoes stand in the sea: arcs behind trenches, a trail, a hot spot."""

BAND_ROWS = 64
"""Rows worked on at a time, so that a fine planet needs little memory."""


def natural_heights(grid: RegularGrid) -> FloatArray:
    """Heights of the planet before anything is set on purpose, (ny, nx) [m]."""
    octaves = max(3, min(9, int(np.log2(180.0 / grid.dlat)) - 1))
    bands = np.array_split(grid.latitudes, -(-grid.latitudes.size // BAND_ROWS))
    return np.concatenate([_heights(points(rows, grid.longitudes), octaves) for rows in bands])


def points(latitudes: FloatArray, longitudes: FloatArray) -> FloatArray:
    """Points of the unit sphere at all pairs of latitude and longitude [degrees], (ny, nx, 3)."""
    phi, lam = np.deg2rad(latitudes)[:, None], np.deg2rad(longitudes)[None, :]
    return np.stack(
        np.broadcast_arrays(np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)),
        axis=-1,
    )


def place_point(place: Place) -> FloatArray:
    """The unit sphere's point at a place, (3,)."""
    longitude, latitude = place
    return np.asarray(points(np.array([latitude]), np.array([longitude]))[0, 0])


def bend(at: FloatArray, octaves: int, amount_degrees: float) -> FloatArray:
    """Shift points by smooth noise, so that round outlines become coasts, (..., 3)."""
    shift = np.stack([fractal_noise(at, 2.2, octaves, seed) for seed in (11, 23, 37)], axis=-1)
    return np.asarray(at + np.deg2rad(amount_degrees) * shift)


def _heights(at: FloatArray, octaves: int) -> FloatArray:
    bent = bend(at, octaves, 11.0)
    inland = _inland(bent) + 3.2 * fractal_noise(at, 5.0, octaves, 51)
    hills = fractal_noise(at, 7.0, octaves, 67)
    land = _land(bent, inland, hills)
    floor = _sea_floor(bent, hills)
    # shelf to 3 degrees off the coast, then the continental slope
    slope = smooth_step((-inland - 2.0) / 4.0)
    shelf = -15.0 + 40.0 * np.maximum(inland, -4.0) + 20.0 * hills
    sea = np.minimum((1.0 - slope) * shelf + slope * floor, -5.0)
    return np.where(inland > 0.0, land, np.maximum(sea, _islands(at, bent, octaves)))


def _inland(at: FloatArray) -> FloatArray:
    """Distance from the coast, positive on land, (...) [degrees of arc, roughly]."""
    inland = np.full(at.shape[:-1], -90.0)
    for longitude, latitude, radius in CONTINENTS:
        offset = at - place_point((longitude, latitude))
        cap = radius - np.rad2deg(np.sqrt((offset * offset).sum(axis=-1)))
        inland = _smooth_maximum(inland, cap, 5.0)
    return inland


def _land(at: FloatArray, inland: FloatArray, hills: FloatArray) -> FloatArray:
    rise = smooth_step(inland / 7.0)
    height = 12.0 + 18.0 * np.maximum(inland, 0.0) + rise * (260.0 + 520.0 * hills)
    for crest, half_width, course in MOUNTAINS:
        near = 1.0 / (1.0 + (distance_degrees(at, course) / (1.6 * half_width)) ** 2) ** 2
        height += crest * near * (0.9 + 0.7 * hills) * smooth_step((inland + 1.0) / 4.0)
    return np.maximum(height, 2.0)


def _sea_floor(at: FloatArray, hills: FloatArray) -> FloatArray:
    """Depth after the age of the floor, that is the distance from the ridges, (...) [m, < 0]."""
    away = np.full(at.shape[:-1], 90.0)
    for crest in RIDGES:
        away = np.minimum(away, distance_degrees(at, crest))
    depth = 2500.0 + 365.0 * np.sqrt(away / 0.3)
    depth = np.where(depth > 5000.0, 5000.0 + (depth - 5000.0) * 0.25, depth)
    for arc in TRENCHES:
        depth += 3600.0 / (1.0 + (distance_degrees(at, arc) / 1.3) ** 2) ** 2
    return np.asarray(-depth + 380.0 * hills)


def _islands(at: FloatArray, bent: FloatArray, octaves: int) -> FloatArray:
    """Volcanoes: an arc of islands behind the trenches and a trail of them, (...) [m]."""
    cones = fractal_noise(at, 19.0, max(octaves - 2, 2), 83)
    height = np.full(at.shape[:-1], -9000.0)
    for arc in ISLANDS:
        near = 1.0 / (1.0 + (distance_degrees(bent, arc) / 3.0) ** 2) ** 2
        height = np.maximum(height, -9000.0 + (8000.0 + 3400.0 * cones) * near)
    return height


def distance_degrees(at: FloatArray, course: Sequence[Place]) -> FloatArray:
    """Distance of points (..., 3) from a line through the places, (...) [degrees of arc]."""
    corners = np.array([place_point(place) for place in course])
    shortest = np.full(at.shape[:-1], 4.0)
    for start, end in _short_pieces(corners):
        along = end - start
        offset = at - start
        share = np.clip((offset * along).sum(axis=-1) / (along * along).sum(), 0.0, 1.0)
        offset -= share[..., None] * along
        shortest = np.minimum(shortest, (offset * offset).sum(axis=-1))
    return np.asarray(np.rad2deg(np.sqrt(shortest)))


def _short_pieces(corners: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Cut the chords between points of the sphere, so that they stay close to its surface."""
    line = [corners[0]]
    for start, end in pairwise(corners):
        for share in (0.5, 1.0):
            middle = start + share * (end - start)
            line.append(middle / np.sqrt((middle * middle).sum()))
    return list(pairwise(line))


def smooth_step(share: FloatArray) -> FloatArray:
    """Rise smoothly from 0 to 1 while `share` does."""
    share = np.clip(share, 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share))


def _smooth_maximum(one: FloatArray, other: FloatArray, width: float) -> FloatArray:
    """The greater of two fields, rounded where they differ by less than `width`."""
    overlap = np.maximum(width - np.abs(one - other), 0.0)
    return np.asarray(np.maximum(one, other) + overlap * overlap / (4.0 * width))


def fractal_noise(at: FloatArray, frequency: float, octaves: int, seed: int) -> FloatArray:
    """Smooth noise about 0, mostly within -0.6..0.6, over points (..., 3); shape (...)."""
    total, share = np.zeros(at.shape[:-1]), 1.0
    for octave in range(octaves):
        # the constant shift keeps the lattice of one octave off that of the next
        total += share * _lattice_noise(at * frequency + 17.37 * (octave + 1), seed + 101 * octave)
        share, frequency = share * 0.52, frequency * 2.03
    return total


def _lattice_noise(at: FloatArray, seed: int) -> FloatArray:
    """Random values of a cubic lattice, smoothly interpolated, in -1..1, (...)."""
    corner = np.floor(at)
    inside = at - corner
    inside = inside * inside * inside * (inside * (inside * 6.0 - 15.0) + 10.0)
    # wrapping 32-bit arithmetic is what the hash lives on
    x, y, z = np.moveaxis(corner.astype(np.int64), -1, 0).astype(np.uint32)
    total = np.zeros(at.shape[:-1])
    for dx in (0, 1):
        weight_x = inside[..., 0] if dx else 1.0 - inside[..., 0]
        for dy in (0, 1):
            weight_xy = weight_x * (inside[..., 1] if dy else 1.0 - inside[..., 1])
            for dz in (0, 1):
                weight = weight_xy * (inside[..., 2] if dz else 1.0 - inside[..., 2])
                total += weight * _hashed(
                    x + np.uint32(dx), y + np.uint32(dy), z + np.uint32(dz), seed
                )
    return total


def _hashed(x: AnyArray, y: AnyArray, z: AnyArray, seed: int) -> FloatArray:
    """A number in -1..1 for each lattice point, as good as random (multiply, shift, mix)."""
    mixed = x * np.uint32(0x9E3779B1) ^ y * np.uint32(0x85EBCA77) ^ z * np.uint32(0xC2B2AE3D)
    mixed ^= np.uint32(seed * 2654435761 % 2**32)
    for shift, factor in ((15, 0x2C1B3C6D), (12, 0x297A2D39)):
        mixed ^= mixed >> np.uint32(shift)
        mixed = mixed * np.uint32(factor)
    mixed ^= mixed >> np.uint32(15)
    return np.asarray(mixed / 2147483648.0 - 1.0)
