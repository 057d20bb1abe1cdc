"""Rivers and icebergs of the engine mosaix."""

import numpy as np
import pytest

from climpy.bc.ipsl.weights import modern, modern_calving, modern_runoff
from climpy.bc.ipsl.weights.modern_runoff import BandOptions
from climpy.errors import InputRefused, StepRefused
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import OCEAN_RADIUS_M, Fold
from tests.ocean_grids import cylindrical_grid

GRID = LmdzGrid(72, 61)


def coast(fold=Fold.F_POINT):
    """A continent within 60 degrees of Greenwich on both grids."""
    ocean = cylindrical_grid(ny=51, columns=120, fold=fold)
    depth = np.where(np.abs(ocean.glamt) < 60.0, 0.0, 2000.0)
    on = modern.planet(ocean.fill_copies(depth), ocean, GRID)
    fraction = np.broadcast_to((np.abs(GRID.longitudes) >= 60.0).astype(float), GRID.shape)
    return on, np.where(np.abs(GRID.latitudes)[:, None] < 75.0, fraction, 0.0)


def rivers(options=None, fold=Fold.F_POINT):
    options = options or BandOptions()
    on, fraction = coast(fold)
    bands = modern_runoff.bands(fraction, on, options)
    return on, bands, modern_runoff.rivers(bands, on, options)


def kilometres(on, links):
    lon, lat = np.meshgrid(GRID.longitudes, GRID.latitudes)
    there = unit_vectors(on.ocean.gphit, on.ocean.glamt).reshape(-1, 3)[links.target]
    here = unit_vectors(lat, lon).reshape(-1, 3)[links.source]
    return 2e-3 * OCEAN_RADIUS_M * np.arcsin(0.5 * np.linalg.norm(there - here, axis=1))


@pytest.mark.parametrize("fold", list(Fold))
def test_all_water_of_land_arrives(fold):
    on, bands, links = rivers(fold=fold)
    given = links.given(on.ocean_area)
    expected = bands.atmosphere_land.astype(float)
    expected[[0, -1], 1:] = 0.0
    assert given == pytest.approx(expected, abs=1e-12)


def test_water_of_the_interior_can_be_lost():
    on, bands, links = rivers(BandOptions(lose_nothing=False))
    expected = bands.atmosphere_coast.astype(float)
    expected[[0, -1], 1:] = 0.0
    assert links.given(on.ocean_area) == pytest.approx(expected, abs=1e-12)
    assert bands.atmosphere_coast.sum() < bands.atmosphere_land.sum()


def test_the_band_spreads_over_all_within_reach_and_nothing_beyond():
    on, bands, links = rivers(BandOptions(farthest_km=1000.0, lose_nothing=False))
    far = kilometres(on, links)
    in_reach = far < 1000.0
    one_target = np.bincount(links.source, minlength=GRID.shape[0] * GRID.shape[1])[links.source]
    assert (in_reach | (one_target == 1)).all()
    source = int(np.argmax(bands.atmosphere_coast[30])) + 30 * GRID.columns
    lon, lat = np.meshgrid(GRID.longitudes, GRID.latitudes)
    here = unit_vectors(lat, lon).reshape(-1, 3)[source]
    chords = np.linalg.norm(unit_vectors(on.ocean.gphit, on.ocean.glamt) - here, axis=-1)
    near = bands.ocean_coast & (chords < 2.0 * np.sin(500e3 / OCEAN_RADIUS_M))
    assert near.any()
    assert set(links.target[links.source == source]) == set(np.flatnonzero(near))


def test_bands_are_as_wide_as_asked():
    on, bands, _ = rivers(BandOptions(ocean_points=3))
    row = bands.ocean_coast[25]
    west = np.abs(on.ocean.glamt[25]) >= 60.0
    assert not (row & ~west).any()
    assert np.count_nonzero(row[1:-1]) == 6
    air = bands.atmosphere_coast[30]
    assert np.count_nonzero(air) == 2
    assert (np.abs(GRID.longitudes[air]) < 60.0).all()


def test_only_cells_that_count_and_are_wet_get_water():
    on, bands, links = rivers()
    assert on.sea.ravel()[links.target].all()
    assert bands.ocean_coast[on.sea].any()
    assert not bands.ocean_coast[~on.sea].any()


@pytest.mark.parametrize("fold", list(Fold))
def test_the_band_is_seen_across_the_north_fold(fold):
    ocean = cylindrical_grid(ny=31, columns=60, fold=fold)
    depth = np.full(ocean.shape, 1000.0)
    top = ocean.shape[0] - 2 if fold is Fold.F_POINT else ocean.shape[0] - 3
    depth[top, 10] = 0.0
    on = modern.planet(ocean.fill_copies(depth), ocean, GRID)
    bands = modern_runoff.bands(np.full(GRID.shape, 0.5), on, BandOptions())
    mirror = 61 - 10 if fold is Fold.F_POINT else 62 - 10
    assert bands.ocean_coast[top, mirror]
    assert bands.ocean_coast[top - 1, 12]
    assert not bands.ocean_coast[top, 13]
    assert not bands.ocean_coast[top - 10, mirror]


def test_an_ocean_without_coast_is_refused():
    ocean = cylindrical_grid()
    on = modern.planet(np.full(ocean.shape, 1000.0), ocean, GRID)
    fraction = np.ones(GRID.shape)
    bands = modern_runoff.bands(fraction, on, BandOptions())
    none = type(bands)(
        fraction,
        bands.atmosphere_near_ocean,
        bands.atmosphere_coast,
        bands.ocean_near_land,
        np.zeros(ocean.shape, dtype=bool),
    )
    with pytest.raises(StepRefused, match="rivers have nowhere to end"):
        modern_runoff.rivers(none, on, BandOptions())


@pytest.mark.parametrize("wrong", [{"farthest_km": 0.0}, {"farthest_km": 9e3}, {"ocean_points": 0}])
def test_strange_options_are_refused(wrong):
    with pytest.raises(InputRefused):
        BandOptions(**wrong)


def test_three_totals_spread_over_their_bands():
    on, _ = coast()
    links = modern_calving.icebergs(on)
    senders = modern_calving.senders(GRID.shape)
    assert sorted(set(links.source)) == senders.tolist() == [0, 2231, 4463]
    assert np.array_equal(links.target, on.cells)
    given = links.given(on.ocean_area).ravel()
    assert given[senders] == pytest.approx(np.ones(3), rel=1e-12)
    ice = np.zeros(GRID.shape)
    ice.ravel()[senders] = 3.0, 2.0, 1.0
    melts = links.apply(ice) * on.ocean_area
    lat = on.ocean.gphit
    assert melts[lat >= 40.0].sum() == pytest.approx(3.0)
    assert melts[(lat < 40.0) & (lat > -50.0)].sum() == pytest.approx(2.0)
    assert melts[lat <= -50.0].sum() == pytest.approx(1.0)


def test_totals_lie_where_cm5a2_puts_them():
    assert (modern_calving.senders(LmdzGrid().shape) + 1).tolist() == [1, 4608, 9216]


def test_ice_stays_out_of_basins():
    on, _ = coast()
    closed = on.ocean.glamt > 100.0
    links = modern_calving.icebergs(on, closed)
    assert not closed.ravel()[links.target].any()
    assert links.given(on.ocean_area).sum() == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("closed", "name"),
    [((40.0, 90.0), "north of 40"), ((-49.9, 39.9), "between -50 and 40"), ((-90, -50), "south")],
)
def test_a_band_without_ocean_is_named(closed, name):
    on, _ = coast()
    without = (on.ocean.gphit >= closed[0]) & (on.ocean.gphit <= closed[1])
    with pytest.raises(StepRefused, match=name):
        modern_calving.icebergs(on, without)
