"""Finding and checking the places of the mesh poles on hand-made planets and real ones."""

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from climpy.errors import InputRefused, StepRefused
from climpy.grids.nemo import unit_vectors
from climpy.grids.orca import OrcaParameters, generate
from climpy.grids.pole_pairs import place_name
from climpy.grids.poles import check_poles, find_poles, margins_km
from climpy.grids.regular import RegularGrid
from tests.reference import reference

DEGREE_KM = 6371.229 * np.pi / 180.0


def planet(*islands, ny=90, nx=180, west=-180.0):
    """An ocean planet with round islands (latitude, longitude, radius, in degrees)."""
    grid = RegularGrid.of_shape(ny, nx, west)
    lat, lon = np.meshgrid(grid.latitudes, grid.longitudes, indexing="ij")
    heights = np.full(grid.shape, -4000.0)
    cells = unit_vectors(lat, lon)
    for latitude, longitude, radius in islands:
        middle = unit_vectors(np.array(latitude), np.array(longitude))
        heights[cells @ middle > np.cos(np.deg2rad(radius))] = 500.0
    return heights, grid


class TestFindPoles:
    def test_two_opposite_islands_are_found(self):
        choice = find_poles(*planet((60.0, 40.0, 9.0), (60.0, -140.0, 9.0)))
        best = choice.require_land()
        assert choice.on_land
        assert abs(best.latitude - 60.0) <= 2.0
        assert abs(best.longitude - 40.0) <= 1.0
        assert best.margin_km == pytest.approx(9.0 * DEGREE_KM, rel=0.2)

    def test_an_island_across_the_date_line_is_whole(self):
        best = find_poles(*planet((62.0, 180.0, 8.0), (62.0, 0.0, 8.0))).best
        assert best.on_land
        assert min(best.longitude, 180.0 - best.longitude) <= 1.0
        assert abs(best.latitude - 62.0) <= 2.0

    @settings(deadline=None, max_examples=8)
    @given(st.integers(0, 179))
    def test_turning_the_planet_turns_the_poles(self, cells):
        heights, grid = planet((58.0, 20.0, 10.0), (62.0, 190.0, 12.0))
        here = find_poles(heights, grid, most=1)
        there = find_poles(np.roll(heights, cells, axis=1), grid, most=1)
        shifted = np.concatenate([here.margin_km, here.margin_km], axis=1)
        turned = np.roll(shifted, 2 * cells, axis=1)[:, : here.margin_km.shape[1]]
        assert_allclose(there.margin_km, turned, atol=1e-6)
        assert there.best.margin_km == pytest.approx(here.best.margin_km, abs=0.1)

    @pytest.mark.parametrize("west", [-180.0, 0.0, -179.0])
    def test_the_range_of_longitudes_does_not_matter(self, west):
        islands = ((60.0, 40.0, 9.0), (60.0, -140.0, 9.0))
        some, other = find_poles(*planet(*islands)), find_poles(*planet(*islands, west=west))
        if west != -179.0:
            assert_allclose(some.margin_km, other.margin_km, atol=1e-6)
        assert abs(some.best.longitude - other.best.longitude) <= 1.0

    def test_candidates_are_distinct_and_ranked(self):
        choice = find_poles(
            *planet(
                (60.0, 30.0, 12.0), (60.0, -150.0, 12.0), (58.0, 100.0, 7.0), (58.0, -80.0, 7.0)
            )
        )
        margins = [pair.margin_km for pair in choice.candidates]
        assert len(choice.candidates) == 2
        assert margins == sorted(margins, reverse=True)
        assert abs(choice.candidates[0].longitude - 30.0) <= 2.0
        assert abs(choice.candidates[1].longitude - 100.0) <= 2.0

    def test_every_candidate_really_lies_on_land(self):
        heights, grid = planet((55.0, 70.0, 10.0), (60.0, -112.0, 10.0))
        for pair in find_poles(heights, grid).candidates:
            for latitude, longitude in pair.places:
                row = int((latitude + 90.0) // grid.dlat)
                column = int((longitude + 180.0) // grid.dlon)
                assert heights[row, column] > 0.0
            checked = check_poles(
                generate(OrcaParameters(pair.longitude, pair.latitude)), heights, grid
            )
            assert_allclose([margin for *_, margin in checked], pair.margins_km, rtol=1e-6)

    def test_the_field_of_margins_covers_all_pairs(self):
        choice = find_poles(*planet((60.0, 40.0, 9.0), (60.0, -140.0, 9.0)), step=3.0)
        assert choice.margin_km.shape == (choice.latitudes.size, choice.longitudes.size)
        assert_array_equal(choice.latitudes[[0, -1]], [45.0, 75.0])
        assert_array_equal(choice.longitudes[[0, -1]], [0.0, 177.0])
        j = list(choice.latitudes).index(choice.best.latitude)
        i = list(choice.longitudes).index(choice.best.longitude)
        assert choice.margin_km[j, i] == choice.margin_km.max() == choice.best.margin_km

    def test_of_equal_margins_the_westernmost_comes_first(self):
        grid = RegularGrid.of_shape(90, 180)
        heights = np.where(grid.latitudes[:, None] > 0.0, 100.0, -100.0) * np.ones(180)
        best = find_poles(heights, grid).best
        assert best.quality == "good"
        assert best.latitude == 75.0
        assert best.longitude == 0.0
        assert best.tiny_wet_cells == 0
        assert np.isinf(best.shortest_wet_side_km)

    def test_poor_places_are_called_poor(self):
        best = find_poles(*planet((60.0, 41.0, 1.2), (60.0, -139.0, 1.2), ny=180, nx=360)).best
        assert best.quality == "poor"
        assert 10.0 < best.shortest_wet_side_km < 30.0
        assert "60.0 N 41.0 E and 60.0 N 139.0 W: poor, 149 and 149 km from the sea" in str(best)

    def test_a_pole_in_the_sea_tells_its_way_to_land(self):
        pair = find_poles(*planet((60.0, 40.0, 12.0), ny=90, nx=180)).best
        assert min(pair.margins_km) < 0.0
        assert "km from land" in str(pair)
        assert "-" not in str(pair)

    def test_no_opposite_land_is_told_with_the_best_compromise(self):
        choice = find_poles(*planet((60.0, 40.0, 9.0)))
        assert not choice.on_land
        assert choice.best.quality == "in the sea"
        assert choice.best.tiny_wet_cells > 0
        assert choice.best.shortest_wet_side_km < 10.0
        assert len(choice.candidates) == 1
        with pytest.raises(StepRefused, match=r"the best compromise is .* one pole in the sea"):
            choice.require_land()

    def test_land_in_the_tropics_only_is_told(self):
        with pytest.raises(StepRefused, match="both poles in the sea"):
            find_poles(*planet((0.0, 40.0, 9.0))).require_land()

    def test_ocean_beyond_the_southern_edge_is_counted(self):
        heights, grid = planet((60.0, 40.0, 9.0), (60.0, -140.0, 9.0))
        assert find_poles(heights, grid).southern_ocean_cells == 180 * 6
        heights[:6] = 100.0
        assert find_poles(heights, grid).southern_ocean_cells == 0

    def test_it_gives_the_same_twice(self):
        heights, grid = planet((60.0, 40.0, 9.0), (61.0, -141.0, 9.0))
        assert find_poles(heights, grid).candidates == find_poles(heights, grid).candidates

    def test_a_planet_without_land_is_refused(self):
        with pytest.raises(StepRefused, match="no land at all"):
            find_poles(*planet())

    def test_a_planet_without_ocean_is_refused(self):
        heights, grid = planet()
        with pytest.raises(StepRefused, match="no ocean at all"):
            find_poles(-heights, grid)

    @pytest.mark.parametrize("step", [0.7, 4.0, 7.0])
    def test_places_stay_within_their_latitudes_whatever_the_step(self, step):
        choice = find_poles(*planet((60.0, 40.0, 9.0)), step=step)
        assert_allclose(choice.latitudes[[0, -1]], [45.0, 75.0])
        assert choice.longitudes[-1] < 180.0

    @pytest.mark.parametrize("step", [0.0, 11.0, float("nan")])
    def test_a_step_out_of_range_is_refused(self, step):
        with pytest.raises(InputRefused, match=r"in steps of 0\.1 to 10 degrees"):
            find_poles(*planet((60.0, 40.0, 9.0)), step=step)

    def test_heights_of_another_shape_are_refused(self):
        heights, grid = planet()
        with pytest.raises(InputRefused, match="The topography is 90 x 179, its grid 90 x 180"):
            find_poles(heights[:, 1:], grid)

    def test_a_real_planet_has_good_places_near_the_groups_own(self):
        with netCDF4.Dataset(reference("topographies", "palaeo_60Ma_1deg.nc")) as dataset:
            heights = np.asarray(dataset["topo"][:], dtype=float)
        choice = find_poles(heights, RegularGrid.of_shape(180, 360))
        assert choice.best.quality == "good"
        assert abs(choice.best.latitude - 60.0) < 5.0
        assert abs(choice.best.longitude - 106.0) < 10.0
        assert choice.best.margin_km > 900.0
        assert len(choice.candidates) > 2


class TestCheckPoles:
    def test_poles_on_land_are_told_with_their_margins(self):
        heights, grid = planet((60.0, 106.0, 8.0), (60.0, -74.0, 8.0))
        checked = check_poles(generate(OrcaParameters()), heights, grid)
        assert_allclose([place[:2] for place in checked], [(60.0, 106.0), (60.0, -74.0)], atol=1e-6)
        assert all(margin > 100.0 for *_, margin in checked)

    def test_a_pole_in_the_sea_is_refused_with_its_place(self):
        heights, grid = planet((60.0, 106.0, 8.0))
        with pytest.raises(StepRefused, match=r"in the sea, at 60\.0 N 74\.0 W"):
            check_poles(generate(OrcaParameters()), heights, grid)

    def test_a_pole_on_the_corner_of_an_ocean_cell_is_in_the_sea(self):
        heights, grid = planet((60.0, 106.0, 8.0), (60.0, -74.0, 8.0))
        row, column = int(150 // grid.dlat), int(286 // grid.dlon)
        assert (150 / grid.dlat, 286 / grid.dlon) == (row, column)
        heights[row - 1, column] = -10.0
        with pytest.raises(StepRefused, match="in the sea"):
            check_poles(generate(OrcaParameters()), heights, grid)


class TestMargins:
    def test_distances_go_to_the_nearest_centre_of_the_other_kind(self):
        heights, grid = planet()
        heights[grid.latitudes > 0.0] = 10.0
        places = np.array([31.0, 10.0, -19.0]), np.array([1.0, 179.0, -179.0])
        expected = np.array([32.0, 11.0, -20.0]) * DEGREE_KM
        assert_allclose(margins_km(heights, grid, *places), expected, rtol=1e-6)

    def test_the_pole_of_the_earth_is_a_place_like_others(self):
        heights, grid = planet()
        heights[grid.latitudes > 70.0] = 10.0
        margin = margins_km(heights, grid, np.array([90.0]), np.array([0.0]))
        assert_allclose(margin, 21.0 * DEGREE_KM, rtol=1e-6)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ((60.0, 106.0), "60.0 N 106.0 E"),
        ((-5.25, -74.0), "5.2 S 74.0 W"),
        ((0.0, 270.0), "0.0 N 90.0 W"),
    ],
)
def test_places_have_names(place, name):
    assert place_name(*place) == name
