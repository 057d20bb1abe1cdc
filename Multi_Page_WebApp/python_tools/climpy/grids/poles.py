"""Where the poles of an ocean grid may lie for a topography, and how good the places are."""

from dataclasses import dataclass

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.errors import InputRefused, StepRefused
from climpy.grids.nemo import mesh_poles, unit_vectors
from climpy.grids.ocean import OCEAN_RADIUS_M, OceanGrid
from climpy.grids.orca import HIGHEST_POLE, LOWEST_POLE, OrcaParameters, generate
from climpy.grids.orca_plane import RIM_LATITUDE
from climpy.grids.pole_pairs import TINY_SIDE_KM, PolePair, place_name
from climpy.grids.regular import RegularGrid

SOUTHERN_EDGE = -78.39
"""Southern edge of the ocean grid [degrees north]; ocean beyond it is closed."""

_USUAL_LATITUDE = 60.0
_APART_DEGREES = 10.0
_TOUCHING_DEGREES = 1e-7


@dataclass(frozen=True, eq=False)
class PoleChoice:
    """Places for the mesh poles of a topography, best first.

    Parameters
    ----------
    candidates : tuple of PolePair
        Distinct local optima of the margin, at least one; none but the first in the sea.
    latitudes, longitudes : (nlat,), (nlon,) float64
        Of the first pole, of all pairs that were tried [degrees]; longitudes 0..180.
    margin_km : (nlat, nlon) float64
        Margin of each, negative where a pole is in the sea.
    southern_ocean_cells : int
        Topography's ocean cells beyond the southern edge of the grid, which are closed.
    """

    candidates: tuple[PolePair, ...]
    latitudes: FloatArray
    longitudes: FloatArray
    margin_km: FloatArray
    southern_ocean_cells: int

    @property
    def best(self) -> PolePair:
        """The pair with the largest margin."""
        return self.candidates[0]

    @property
    def on_land(self) -> bool:
        """True if the best pair lies on land."""
        return self.best.on_land

    def require_land(self) -> PolePair:
        """Give the best pair.

        Raises
        ------
        StepRefused
            If no pair lies on land; the sentence names the best compromise.
        """
        if not self.on_land:
            wet = sum(margin <= 0.0 for margin in self.best.margins_km)
            first, second = (place_name(*place) for place in self.best.places)
            raise StepRefused(
                f"No two opposite places between {self.latitudes[0]:g} and {self.latitudes[-1]:g} "
                "degrees north are both land, so every ocean grid would have a pole in the sea; "
                f"the best compromise is {first} and {second}, with "
                f"{'both poles' if wet == 2 else 'one pole'} in the sea, "
                f"{-self.best.margin_km:.0f} km from land: raise an island there or give a "
                "coordinates file of your own."
            )
        return self.best


def find_poles(
    heights: FloatArray,
    grid: RegularGrid,
    *,
    step: float = 1.0,
    most: int = 5,
    refinement: int = 1,
) -> PoleChoice:
    """Find places for both mesh poles on land, as far from the sea as possible.

    All pairs of opposite places between 45 and 75 degrees north are tried. The margin of a pair is
    the smaller of its poles' distances from the sea; of equal margins (within 0.1 km) the place
    nearest to 60 degrees north, then the westernmost, comes first. Candidates are local optima
    whose poles are at least 10 degrees apart.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.
    step : float
        Distance of the places that are tried [degrees], 0.1 to 10; rounded to divide the range.
    most : int
        Candidates wanted.
    refinement : int
        Of the ocean grid on which wet cells are measured.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of the grid, or the step is out of its range.
    StepRefused
        If the topography has no land at all, or no ocean.

    Notes
    -----
    Where no pair lies on land the result holds the best compromise: one pole on land if any can
    be, the other as near to land as possible; `PoleChoice.require_land` refuses it.
    """
    _require_coast(heights, grid)
    if not 0.1 <= step <= 10.0:
        raise InputRefused(
            f"The poles can be searched in steps of 0.1 to 10 degrees, not {step:g}."
        )
    span = HIGHEST_POLE - LOWEST_POLE
    latitudes = np.linspace(LOWEST_POLE, HIGHEST_POLE, round(span / step) + 1)
    half = round(180.0 / step)
    longitudes = 180.0 * np.arange(2 * half) / half
    places = np.meshgrid(latitudes, longitudes, indexing="ij")
    single = margins_km(heights, grid, places[0], places[1])
    first, second = single[:, :half], single[:, half:]
    margin = np.minimum(first, second)
    candidates = tuple(
        _pair(
            (float(latitudes[j]), float(longitudes[i])),
            (float(first[j, i]), float(second[j, i])),
            _wet_sides(heights, grid, OrcaParameters(longitudes[i], latitudes[j], refinement)),
        )
        for j, i in _optima(_rank(first, second), latitudes, longitudes[:half], most)
    )
    south = grid.latitudes < SOUTHERN_EDGE
    return PoleChoice(
        candidates=candidates,
        latitudes=latitudes,
        longitudes=longitudes[:half],
        margin_km=margin,
        southern_ocean_cells=int(np.count_nonzero(heights[south] <= 0.0)),
    )


def judge_poles(heights: FloatArray, grid: RegularGrid, parameters: OrcaParameters) -> PolePair:
    """Tell how good given poles are, without a search.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.
    parameters : OrcaParameters
        The ocean grid with these poles.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of the grid.
    StepRefused
        If the topography has no land at all, or no ocean.
    """
    _require_coast(heights, grid)
    latitudes, longitudes = (np.array(axis) for axis in zip(*parameters.poles, strict=True))
    first, second = margins_km(heights, grid, latitudes, longitudes)
    return _pair(
        (parameters.pole_latitude, parameters.pole_longitude),
        (float(first), float(second)),
        _wet_sides(heights, grid, parameters),
    )


def check_poles(
    ocean: OceanGrid, heights: FloatArray, grid: RegularGrid
) -> tuple[tuple[float, float, float], ...]:
    """Make sure that the mesh poles of an ocean grid lie on land.

    Parameters
    ----------
    ocean : OceanGrid
        The grid, perhaps a user's own.
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.

    Returns
    -------
    tuple of (latitude, longitude, margin_km)
        Place of each mesh pole [degrees] and its distance from the sea [km].

    Raises
    ------
    InputRefused
        If the heights do not have the shape of the grid.
    StepRefused
        If a mesh pole lies in the sea, or the topography has no land or no ocean.
    """
    found = pole_margins(ocean, heights, grid)
    for latitude, longitude, margin in found:
        if margin <= 0.0:
            raise StepRefused(
                f"A pole of the ocean grid lies in the sea, at {place_name(latitude, longitude)}, "
                f"{-margin:.0f} km from the nearest land; it must lie on land, because the cells "
                "around it are too small to hold water: choose other poles, or have them searched."
            )
    return found


def pole_margins(
    ocean: OceanGrid, heights: FloatArray, grid: RegularGrid
) -> tuple[tuple[float, float, float], ...]:
    """Measure how far the mesh poles of an ocean grid lie from the sea.

    Parameters
    ----------
    ocean : OceanGrid
        The grid, perhaps a user's own.
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.

    Returns
    -------
    tuple of (latitude, longitude, margin_km)
        Place of each mesh pole [degrees] and its distance from the sea [km], negative in the sea.

    Raises
    ------
    InputRefused
        If the heights do not have the shape of the grid.
    StepRefused
        If the topography has no land or no ocean.
    """
    _require_coast(heights, grid)
    poles = mesh_poles(ocean)
    margins = margins_km(heights, grid, *(np.array(axis) for axis in zip(*poles, strict=True)))
    return tuple((*pole, float(margin)) for pole, margin in zip(poles, margins, strict=True))


def margins_km(
    heights: FloatArray, grid: RegularGrid, latitudes: FloatArray, longitudes: FloatArray
) -> FloatArray:
    """Give the distance of places from the sea [km], of places in the sea from land, negative.

    Distances go to the centre of the nearest cell of the other kind, along great circles. A place
    on the border of cells is on land if all cells that it touches are.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north; both land and ocean.
    grid : RegularGrid
        Where the heights are.
    latitudes, longitudes : array
        The places [degrees], of one shape, which is also the result's.
    """
    from scipy.spatial import KDTree  # slow to import

    land = heights > 0.0
    shift = _TOUCHING_DEGREES
    on_land = np.ones(latitudes.shape, dtype=np.bool_)
    for north, east in ((shift, shift), (shift, -shift), (-shift, shift), (-shift, -shift)):
        on_land &= land[_cells(grid, latitudes + north, longitudes + east)]
    places = unit_vectors(latitudes, longitudes)
    margins = np.empty(latitudes.shape)
    for here, other, sign in ((on_land, ~land, 1.0), (~on_land, land, -1.0)):
        rows, columns = np.nonzero(_shore(other))
        shore = KDTree(unit_vectors(grid.latitudes[rows], grid.longitudes[columns]))
        chords, _ = shore.query(places[here])
        arcs = 2.0 * np.arcsin(np.minimum(0.5 * chords, 1.0))
        margins[here] = sign * OCEAN_RADIUS_M / 1000.0 * arcs
    return margins


def _require_coast(heights: FloatArray, grid: RegularGrid) -> None:
    if heights.shape != grid.shape:
        raise InputRefused(
            f"The topography is {heights.shape[0]} x {heights.shape[1]}, "
            f"its grid {grid.shape[0]} x {grid.shape[1]}."
        )
    land = heights > 0.0
    if not land.any():
        raise StepRefused(
            "The topography has no land at all, so the poles of an ocean grid cannot lie on land."
        )
    if land.all():
        raise StepRefused("The topography has no ocean at all: there is no need of an ocean grid.")


def _shore(kind: BoolArray) -> BoolArray:
    """Cells of a kind that touch the other kind, also by a corner, or lie in an outer row."""
    framed = np.pad(kind, ((1, 1), (0, 0)), constant_values=False)
    both = framed[:-2] & framed[1:-1] & framed[2:]
    inner = both & np.roll(both, 1, axis=1) & np.roll(both, -1, axis=1)
    return kind & ~inner


def _cells(
    grid: RegularGrid, latitudes: FloatArray, longitudes: FloatArray
) -> tuple[AnyArray, AnyArray]:
    """Rows and columns of the cells that hold the places."""
    ny, nx = grid.shape
    row = np.floor((latitudes + 90.0) / grid.dlat).astype(np.intp)
    column = np.floor((longitudes - grid.west) / grid.dlon).astype(np.intp)
    return np.clip(row, 0, ny - 1), column % nx


def _rank(first: FloatArray, second: FloatArray) -> FloatArray:
    """Give the margin of pairs, but far less where both poles lie in the sea.

    Where no pair lies on land, one with a single pole in the sea needs a single island.
    """
    both_wet = (first <= 0.0) & (second <= 0.0)
    return np.where(both_wet, -np.pi * OCEAN_RADIUS_M / 1000.0, 0.0) + np.minimum(first, second)


def _optima(
    margin: FloatArray, latitudes: FloatArray, longitudes: FloatArray, most: int
) -> list[tuple[int, int]]:
    """Rows and columns of the best local optima that are well apart, best first."""
    ny, nx = margin.shape
    framed = np.pad(np.pad(margin, ((0, 0), (1, 1)), mode="wrap"), ((1, 1), (0, 0)), mode="edge")
    around = [framed[j : j + ny, i : i + nx] for j in range(3) for i in range(3)]
    rows, columns = np.nonzero(margin >= np.max(around, axis=0))
    far = np.abs(latitudes[rows] - _USUAL_LATITUDE)
    order = np.lexsort((longitudes[columns], far, -np.round(margin[rows, columns], 1)))
    points = unit_vectors(latitudes[rows], longitudes[columns])
    opposite = points * [-1.0, -1.0, 1.0]
    chosen: list[int] = []
    near = np.cos(np.deg2rad(_APART_DEGREES))
    for n in order:
        if chosen and (len(chosen) >= most or margin[rows[n], columns[n]] <= 0.0):
            break
        if all(max(points[n] @ points[m], points[n] @ opposite[m]) < near for m in chosen):
            chosen.append(int(n))
    return [(int(rows[n]), int(columns[n])) for n in chosen]


def _wet_sides(heights: FloatArray, grid: RegularGrid, parameters: OrcaParameters) -> FloatArray:
    """Shorter sides [km] of the polar cap's cells that are wet on the topography."""
    ocean = generate(parameters)
    shift = _TOUCHING_DEGREES
    held = heights[_cells(grid, ocean.gphit - shift, ocean.glamt - shift)]
    wet = (held <= 0.0) & ocean.unique & (ocean.gphit > RIM_LATITUDE)
    return np.minimum(ocean.e1t, ocean.e2t)[wet] / 1000.0


def _pair(
    place: tuple[float, float], margins: tuple[float, float], wet_sides: FloatArray
) -> PolePair:
    return PolePair(
        latitude=place[0],
        longitude=place[1],
        margins_km=margins,
        tiny_wet_cells=int(np.count_nonzero(wet_sides < TINY_SIDE_KM)),
        shortest_wet_side_km=float(wet_sides.min()) if wet_sides.size else float("inf"),
    )
