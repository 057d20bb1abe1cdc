"""Routing: laws on made-up planets, and cases made by hand at the seam, the poles and flats."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from climpy.bc.ipsl import routing
from climpy.bc.ipsl.routing import RoutingOptions, route
from climpy.errors import InputRefused, StepRefused
from climpy.grids.regular import RegularGrid
from tests import routing_oracle as oracle

RIVER, COASTAL, RETURN = 99, 98, 97


@st.composite
def planets(draw):
    """Small planets: whole metres in a narrow range (ties, flats) or fine heights (traps)."""
    ny, nx = draw(st.integers(4, 12)), draw(st.integers(5, 16))
    elements = draw(
        st.sampled_from(
            [
                st.integers(-3, 6).map(float),
                st.integers(-1, 2).map(float),
                st.integers(-20, 60).map(lambda n: n / 1000),
                st.floats(-100, 300, width=32),
            ]
        )
    )
    heights = draw(hnp.arrays(np.float64, (ny, nx), elements=elements, fill=st.nothing()))
    land = np.round(heights, 3) > 0
    assume(land.any() and not land.all())
    return heights, RegularGrid.of_shape(ny, nx)


def ocean_planet(ny: int = 18, nx: int = 36, depth: float = -4000.0):
    return np.full((ny, nx), depth), RegularGrid.of_shape(ny, nx)


@given(planets())
@settings(max_examples=150, deadline=None)
def test_every_land_cell_reaches_the_outlet_of_its_basin(planet):
    heights, grid = planet
    rivers = route(heights, grid)
    outlets = {}
    for cell in map(tuple, np.argwhere(rivers.land)):
        way = oracle.follow(cell, rivers.trip)
        assert rivers.land[way[-1]]
        assert outlets.setdefault(int(rivers.basins[cell]), way[-1]) == way[-1]
        assert all(rivers.disto[a] > rivers.disto[b] for a, b in pairwise(way))
    assert len(set(outlets.values())) == len(outlets) == rivers.basins.max()
    assert (rivers.trip >= RETURN).sum() == len(outlets)


@given(planets())
@settings(max_examples=100, deadline=None)
def test_basins_are_numbered_by_decreasing_area_and_cover_the_land(planet):
    heights, grid = planet
    rivers = route(heights, grid)
    cell_area = (grid.cell_widths_m() * grid.cell_height_m())[:, None] * np.ones(grid.shape)
    area = np.bincount(rivers.basins.ravel(), weights=cell_area.ravel())[1:]
    assert (np.diff(area) <= 1e-9 * area[0]).all()
    assert area.sum() == pytest.approx(cell_area[rivers.land].sum(), rel=1e-12)
    assert (area > 0).all()


@given(planets())
@settings(max_examples=150, deadline=None)
def test_depressions_are_filled_as_a_priority_flood_fills_them(planet):
    heights, grid = planet
    rivers = route(heights, grid)
    expected = oracle.filled(oracle.raised_at_poles(heights), rivers.land)
    front = oracle.fronts(expected, rivers.land)
    sloped = expected + front / (100.0 * max(1, front.max()))
    assert (rivers.land == (np.round(heights, 3) > 0)).all()
    if rivers.pits_raised == 0:
        np.testing.assert_allclose(rivers.topo, sloped, rtol=0, atol=1e-12)
    assert (rivers.topo >= sloped - 1e-12).all()


@given(planets(), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_turning_the_planet_turns_the_rivers(planet, columns):
    heights, grid = planet
    here = route(heights, grid)
    there = route(np.roll(heights, columns, axis=1), grid)
    for name in ("trip", "topoind", "hdiff", "riverl", "disto", "topo", "orog"):
        turned = np.roll(getattr(here, name), columns, axis=1)
        np.testing.assert_array_equal(getattr(there, name), turned, err_msg=name)
    pairs = set(zip(np.roll(here.basins, columns, axis=1).flat, there.basins.flat, strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@given(planets(), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_the_seam_of_the_array_does_not_matter_even_to_basin_numbers(planet, columns):
    heights, grid = planet
    rolled = RegularGrid(grid.latitudes, np.roll(grid.longitudes, columns))
    here, there = route(heights, grid), route(np.roll(heights, columns, axis=1), rolled)
    np.testing.assert_array_equal(there.basins, np.roll(here.basins, columns, axis=1))


@given(planets())
@settings(max_examples=80, deadline=None)
def test_derived_fields_follow_from_directions_and_heights(planet):
    heights, grid = planet
    rivers = route(heights, grid)
    dx, dy = grid.cell_widths_m(), grid.cell_height_m()
    for cell in map(tuple, np.argwhere(rivers.land)):
        way = oracle.follow(cell, rivers.trip)
        outlet = len(way) == 1
        drop = rivers.topo[cell] - (0.0 if outlet else rivers.topo[way[1]])
        assert rivers.hdiff[cell] == max(5.0, drop)
        following = 0.0 if outlet else rivers.disto[way[1]]
        assert rivers.riverl[cell] == pytest.approx(1000 * (rivers.disto[cell] - following))
        index = np.sqrt(rivers.riverl[cell] ** 3 / (rivers.hdiff[cell] * 1e6))
        assert rivers.topoind[cell] == pytest.approx(index)
        assert min(dx[cell[0]], dy) * 0.999 <= rivers.riverl[cell]
        assert rivers.riverl[cell] <= np.hypot(dx[cell[0]], dy) * 1.001
    ocean = ~rivers.land
    assert (rivers.hdiff[ocean] == 0).all()
    for name in ("topoind", "riverl", "disto", "orog"):
        assert np.isnan(getattr(rivers, name)[ocean]).all()


@given(planets())
@settings(max_examples=60, deadline=None)
def test_steepest_per_distance_prefers_near_neighbours(planet):
    heights, grid = planet
    rivers = route(heights, grid, RoutingOptions(drop_per_distance=True))
    for cell in map(tuple, np.argwhere(rivers.land)):
        oracle.follow(cell, rivers.trip)
    np.testing.assert_array_equal(rivers.topo, route(heights, grid).topo)


def test_a_valley_across_the_date_line_drains_to_its_spill():
    heights, grid = ocean_planet()
    heights[6:12, :] = 100.0
    heights[8, [33, 34, 35, 0, 1, 2]] = [20.0, 10.0, 5.0, 5.0, 10.0, 20.0]
    heights[8, 3], heights[7, 3], heights[6, 3] = 40.0, 40.0, 40.0
    rivers = route(heights, grid)
    assert rivers.filled == 6
    for column in (33, 34, 35, 0, 1, 2):
        assert (6, 3) in oracle.follow((8, column), rivers.trip)
        assert rivers.topo[8, column] == pytest.approx(40.0, abs=0.0101)


def test_a_flat_runs_to_its_exit_from_both_sides_of_the_seam():
    heights, grid = ocean_planet()
    heights[7:10, 30:] = heights[7:10, :6] = 50.0
    rivers = route(heights, grid)
    raised = rivers.topo - heights
    assert raised[rivers.land].min() > 0
    assert raised.max() == pytest.approx(0.01)
    assert (rivers.trip[8, :] != rivers.trip[7, :])[rivers.land[8]].any()
    for cell in map(tuple, np.argwhere(rivers.land)):
        assert len(oracle.follow(cell, rivers.trip)) <= 2


def test_cells_a_millimetre_above_a_raised_flat_are_led_out():
    heights, grid = ocean_planet(14, 30)
    heights[3:11, 4:26] = 10.0
    heights[3:11, 4] = heights[3, 4:26] = heights[10, 4:26] = 60.0
    heights[5:9, 20:24] = 10.004
    heights[3:11, 25] = 60.0
    heights[7, 4] = 9.0
    rivers = route(heights, grid)
    for cell in map(tuple, np.argwhere(rivers.land)):
        oracle.follow(cell, rivers.trip)
    assert rivers.pits_raised + rivers.led_out > 0


@pytest.mark.parametrize(("row", "beside", "code"), [(0, 1, 1), (-1, -2, 5)])
def test_polar_rows_of_land_flow_away_from_the_pole(row, beside, code):
    heights, grid = ocean_planet()
    heights[row], heights[beside] = 5.0, np.linspace(10.0, 900.0, grid.shape[1])
    rivers = route(heights, grid)
    assert (rivers.trip[row] == code).all()
    assert (rivers.topo[row] >= np.round(heights[beside], 3) + 1.0).all()


def test_polar_land_beside_the_ocean_ends_there():
    heights, grid = ocean_planet()
    heights[-1, 4:9] = 30.0
    rivers = route(heights, grid)
    assert (rivers.trip[-1, 4:9] == COASTAL).sum() + (rivers.trip[-1, 4:9] == RIVER).sum() == 5
    assert rivers.topo[-1, 4] == pytest.approx(31.0, abs=0.0101)


def test_equal_basins_are_numbered_from_north_to_south_then_from_180_west():
    heights, grid = ocean_planet()
    for cell in ((4, 7), (13, 30), (13, 2), (4, 20)):  # rows 4 and 13 mirror each other
        heights[cell] = 10.0
    basins = route(heights, grid).basins
    assert [basins[c] for c in ((13, 2), (13, 30), (4, 7), (4, 20))] == [1, 2, 3, 4]


def test_the_first_199_basins_end_in_river_mouths():
    heights, grid = ocean_planet(36, 72)
    heights[2:34:2, 0:72:2] = 10.0
    rivers = route(heights, grid)
    codes = Counter(rivers.trip[rivers.land].tolist())
    assert codes == {RIVER: 199, COASTAL: int(rivers.basins.max()) - 199}
    assert (rivers.trip[(rivers.basins > 0) & (rivers.basins < 200)] == RIVER).all()


class TestClosedBasins:
    """Seas without a way to the ocean may stay land."""

    def planet(self):
        heights, grid = ocean_planet()
        heights[4:14, 5:30] = 200.0
        heights[7:9, 10:13] = [[-10.0, -30.0, -20.0], [-5.0, -6.0, -7.0]]
        heights[10, 20] = -3.0
        return heights, grid

    def test_they_are_ocean_by_default(self):
        rivers = route(*self.planet())
        assert not rivers.land[7:9, 10:13].any()
        assert not rivers.land[10, 20]

    @pytest.mark.parametrize("wanted", ["all", [(-15.0, -70.0), (15.0, 25.0)]])
    def test_they_drain_to_their_lowest_cell(self, wanted):
        heights, grid = self.planet()
        rivers = route(heights, grid, RoutingOptions(closed_basins=wanted))
        assert rivers.land[7:9, 10:13].all()
        assert rivers.trip[7, 11] == rivers.trip[10, 20] == RETURN
        assert oracle.follow((8, 12), rivers.trip)[-1] == (7, 11)
        assert oracle.follow((6, 11), rivers.trip)[-1] == (7, 11)
        assert rivers.orog[7, 11] == -30.0
        assert (rivers.topo[rivers.land] > 0).all()

    def test_only_the_named_one(self):
        heights, grid = self.planet()
        rivers = route(heights, grid, RoutingOptions(closed_basins=[(15.0, 25.0)]))
        assert rivers.land[10, 20]
        assert not rivers.land[7, 11]

    def test_a_point_on_land_is_refused(self):
        heights, grid = self.planet()
        with pytest.raises(InputRefused, match="no closed basin at -45 N, -100 E"):
            route(heights, grid, RoutingOptions(closed_basins=[(-45.0, -100.0)]))


@pytest.mark.parametrize(
    ("heights", "error", "sentence"),
    [
        (np.full((18, 36), 5.0), StepRefused, "no ocean"),
        (np.full((18, 36), -5.0), StepRefused, "no land"),
        (np.full((18, 36), 0.0004), StepRefused, "no land"),
        (np.where(np.eye(18, 36), np.nan, 5.0), InputRefused, "18 cells without a height"),
        (np.where(np.eye(18, 36), 1e6, -5.0), InputRefused, "12000 m"),
        (np.ones((18, 35)), InputRefused, "grid"),
    ],
)
def test_what_cannot_be_routed_is_refused(heights, error, sentence):
    with pytest.raises(error, match=sentence):
        route(heights, RegularGrid.of_shape(18, 36))


def test_the_input_is_left_alone():
    heights, grid = ocean_planet()
    heights[4:14, 5:30] = 200.0
    before = heights.copy()
    routing.route(heights, grid)
    np.testing.assert_array_equal(heights, before)
