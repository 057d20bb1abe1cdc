"""Agreement of the generated ocean grid with the group's own."""

from collections.abc import Iterator

import numpy as np

from benchmarks.agreement.comparing import Cause, Row, Subject, of_distances
from benchmarks.agreement.reference import field
from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.grids.nemo import mesh_poles, unit_vectors
from climpy.grids.ocean import OceanGrid
from climpy.grids.orca import OrcaParameters, generate

MIDDLES = Cause(
    "middles",
    "U and V of that file are middles between F points, within 0.01 degrees also between ours; "
    "ours are points of the lattice",
)
BESIDE_MESH_POLES = Cause(
    "mesh poles", "the two last rows within a degree of a mesh pole: cells 30 to 250 m wide"
)

GRID_FILE, COORDINATES = "paleorca2_40Ma_grid.nc", "paleorca2_coordinates.nc"
DEGREES = 0.01
"""How near every point must lie [degrees]."""

AREA_SHARE = 0.005


def rows() -> Iterator[Row]:
    """Compare T points, F corners, U and V points and areas, halo and fold included."""
    made = generate(OrcaParameters())
    lon, lat = _field(GRID_FILE, "lon"), _field(GRID_FILE, "lat")
    yield from _points("T points", (made.gphit, made.glamt), (lat, lon))
    yield from _points("F corners", *_corners(made))
    lon, lat = _field(COORDINATES, "glamf"), _field(COORDINATES, "gphif")
    yield from _points("F points", (made.gphif, made.glamf), (lat, lon))
    yield from _middles(made)
    yield _areas(made)


def _field(file: str, name: str) -> FloatArray:
    return np.asarray(field(file, name, "grids"), dtype=np.float64)


def _subject(file: str, variable: str, unit: str, tolerance: float) -> Subject:
    return Subject("ocean grid", variable, file, unit, tolerance)


def degrees_apart(
    some: tuple[FloatArray, FloatArray], others: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Great-circle distance of points (latitude, longitude) [degrees]."""
    chord = np.linalg.norm(unit_vectors(*some) - unit_vectors(*others), axis=-1)
    return np.asarray(np.rad2deg(2.0 * np.arcsin(0.5 * chord)))


def _points(
    name: str, ours: tuple[FloatArray, FloatArray], theirs: tuple[FloatArray, FloatArray]
) -> Iterator[Row]:
    """Compare places, latitudes and longitudes."""
    file = COORDINATES if name == "F points" else GRID_FILE
    turned = np.abs((ours[1] - theirs[1] + 180.0) % 360.0 - 180.0)
    apart = {
        "distance": degrees_apart(ours, theirs),
        "latitude": np.abs(ours[0] - theirs[0]),
        "longitude": turned,
    }
    for what, distances in apart.items():
        subject = _subject(file, f"{name}, {what}", "degrees", DEGREES)
        yield of_distances(subject, distances)


def _corners(
    made: OceanGrid,
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """Our F points and the file's, for all four corners of each cell that the file knows.

    Row 0 and column 0 of the file's southern and western corners hold nothing of use.
    """
    framed = [np.pad(values, ((1, 0), (1, 0)), mode="edge") for values in (made.gphif, made.glamf)]
    file = [_field(GRID_FILE, name) for name in ("bounds_lat", "bounds_lon")]
    ny, nx = made.shape
    pairs: list[list[AnyArray]] = [[], [], [], []]
    for north in range(2):
        for east in range(2):
            known = np.isfinite(file[1][north, east])
            known[: 1 - north] = False
            known[:, : 1 - east] = False
            window = np.s_[north : north + ny, east : east + nx]
            sides = [
                framed[0][window],
                framed[1][window],
                file[0][north, east],
                file[1][north, east],
            ]
            for kept, values in zip(pairs, sides, strict=True):
                kept.append(values[known])
    lat, lon, file_lat, file_lon = (np.concatenate(values) for values in pairs)
    return (lat, lon), (file_lat, file_lon)


def _middles(made: OceanGrid) -> Iterator[Row]:
    """Compare U and V points with the middles between F points that the file has in their stead."""
    f = unit_vectors(made.gphif, made.glamf)
    # row 0 has no F points below: there the middle is not known and nothing explained by it
    south = np.concatenate([np.full_like(f[:1], np.nan), f[:-1]])
    west = np.concatenate([f[:, -3:-2], f[:, :-1]], axis=1)
    for name, before in (("u", south), ("v", west)):
        lat, lon = (_field(COORDINATES, f"{axis}{name}") for axis in ("gphi", "glam"))
        middle = f + before
        middle /= np.linalg.norm(middle, axis=-1, keepdims=True)
        chord = np.linalg.norm(middle - unit_vectors(lat, lon), axis=-1)
        explained = np.asarray(np.rad2deg(chord) <= DEGREES)
        ours = getattr(made, f"gphi{name}"), getattr(made, f"glam{name}")
        subject = _subject(COORDINATES, f"{name.upper()} points, distance", "degrees", DEGREES)
        yield of_distances(subject, degrees_apart(ours, (lat, lon)), {MIDDLES: explained})


def _areas(made: OceanGrid) -> Row:
    ratio = made.e1t * made.e2t / _field(GRID_FILE, "area")
    subject = _subject(GRID_FILE, "area, ratio - 1", "", AREA_SHARE)
    return of_distances(subject, np.abs(ratio - 1.0), {BESIDE_MESH_POLES: _beside_mesh_poles(made)})


def _beside_mesh_poles(made: OceanGrid) -> BoolArray:
    """Mark the cells of the last two rows whose i-lines meet on the fold, near a mesh pole."""
    t = unit_vectors(made.gphit, made.glamt)
    near = np.zeros(made.shape, dtype=np.bool_)
    for latitude, longitude in mesh_poles(made):
        pole = unit_vectors(np.array(latitude), np.array(longitude))
        near |= np.linalg.norm(t - pole, axis=-1) < np.deg2rad(1.0)
    near[:-2] = False
    return near
