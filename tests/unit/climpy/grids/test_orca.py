"""The made ocean grid: agreement with the group's own, halo and fold, orthogonality, sides."""

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from climpy.errors import InputRefused
from climpy.grids.nemo import mesh_poles, unit_vectors
from climpy.grids.ocean import OCEAN_RADIUS_M, Fold
from climpy.grids.orca import SHORTEST_SIDE_M, OrcaParameters, generate
from climpy.grids.orca_plane import HalfAxes, cap_lines
from climpy.grids.orca_rows import row_latitudes
from tests.reference import reference

KINDS = "tuvf"
QUANTITIES = ("glam", "gphi", "e1", "e2")
POLE_LATITUDES = (45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0)


@pytest.fixture(scope="module")
def grid():
    return generate(OrcaParameters())


def places(grid, kind):
    return unit_vectors(getattr(grid, f"gphi{kind}"), getattr(grid, f"glam{kind}"))


def degrees_between(some, others):
    return np.rad2deg(2.0 * np.arcsin(np.linalg.norm(some - others, axis=-1) / 2.0))


def turned(difference):
    return np.abs((difference + 180.0) % 360.0 - 180.0)


def read(name, *variables):
    with netCDF4.Dataset(reference("grids", name)) as dataset:
        return [np.ma.filled(dataset[v][:].astype(float), np.nan) for v in variables]


class TestAgreementWithTheGroupsGrid:
    def test_t_points_agree_within_a_hundredth_of_a_degree(self, grid):
        lon, lat = read("paleorca2_40Ma_grid.nc", "lon", "lat")
        assert degrees_between(places(grid, "t"), unit_vectors(lat, lon)).max() < 0.0015
        assert turned(grid.glamt - lon).max() < 0.01
        assert np.abs(grid.gphit - lat).max() < 0.001

    def test_f_corners_agree_within_a_hundredth_of_a_degree(self, grid):
        lon, lat = read("paleorca2_40Ma_grid.nc", "bounds_lon", "bounds_lat")
        padded_lon, padded_lat = (
            np.pad(values, ((1, 0), (1, 0)), mode="edge") for values in (grid.glamf, grid.gphif)
        )
        compared = 0
        for north in range(2):
            for east in range(2):
                window = np.s_[north : north + 149, east : east + 182]
                ours_lon, ours_lat = padded_lon[window], padded_lat[window]
                known = np.isfinite(lon[north, east])
                known[0] &= north == 1
                known[:, 0] &= east == 1
                compared += known.sum()
                apart = degrees_between(
                    unit_vectors(ours_lat, ours_lon),
                    unit_vectors(lat[north, east], lon[north, east]),
                )
                assert apart[known].max() < 0.001
                away = known & (ours_lat < 89.99)
                assert turned(ours_lon - lon[north, east])[away].max() < 0.01
        assert compared == np.isfinite(lon).sum() > 100_000

    def test_f_points_of_the_coordinates_file_agree(self, grid):
        lon, lat = read("paleorca2_coordinates.nc", "glamf", "gphif")
        assert degrees_between(places(grid, "f"), unit_vectors(lat, lon)).max() < 0.001
        assert np.abs(grid.gphif - lat).max() < 0.001

    @pytest.mark.parametrize("kind", "uv")
    def test_u_and_v_points_lie_near_the_great_circle_middles(self, grid, kind):
        lon, lat = read("paleorca2_coordinates.nc", f"glam{kind}", f"gphi{kind}")
        assert degrees_between(places(grid, kind), unit_vectors(lat, lon)).max() < 0.05

    def test_areas_agree_but_beside_the_mesh_poles(self, grid):
        (area,) = read("paleorca2_40Ma_grid.nc", "area")
        relative = np.abs(grid.e1t * grid.e2t / area - 1.0)
        assert np.median(relative) < 1e-5
        assert relative[:147].max() < 0.004
        assert np.count_nonzero((relative > 0.01) & grid.unique) <= 14
        unique = grid.unique
        assert (grid.e1t * grid.e2t)[unique].sum() == pytest.approx(area[unique].sum(), rel=1e-5)


class TestCopies:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("quantity", QUANTITIES)
    @pytest.mark.parametrize("refinement", [1, 2])
    def test_the_last_two_columns_repeat_the_first_two(self, kind, quantity, refinement):
        made = generate(OrcaParameters(31.4, 52.0, refinement))
        field = getattr(made, quantity + kind)
        assert_array_equal(field[:, -2:], field[:, :2])

    @pytest.mark.parametrize("quantity", QUANTITIES)
    @pytest.mark.parametrize("refinement", [1, 3])
    def test_the_last_row_lies_across_the_fold(self, quantity, refinement):
        made = generate(OrcaParameters(-12.0, 66.0, refinement))
        ny, nx = made.shape
        i = np.arange(nx)
        t, u, v, f = (getattr(made, quantity + kind) for kind in KINDS)
        period = nx - 2
        assert_array_equal(t[-1], t[-2, nx - 1 - i])
        assert_array_equal(u[-1], u[-2, (nx - 2 - i) % period])
        assert_array_equal(v[-1], v[-3, nx - 1 - i])
        assert_array_equal(f[-1], f[-3, (nx - 2 - i) % period])
        assert ny == 148 * refinement + 1

    @pytest.mark.parametrize("kind", "vf")
    def test_the_fold_itself_is_its_own_mirror_image(self, grid, kind):
        points = places(grid, kind)[-2]
        i = np.arange(grid.shape[1])
        mirror = {"v": 181 - i, "f": (180 - i) % 180}[kind]
        assert degrees_between(points, points[mirror]).max() < 1e-6

    def test_copies_of_t_points_equal_their_originals(self, grid):
        assert grid.fold is Fold.F_POINT
        for name in ("glamt", "gphit", "e1t", "e2t"):
            field = getattr(grid, name)
            assert_array_equal(grid.fill_copies(field), field)

    def test_longitudes_lie_within_half_a_turn(self):
        made = generate(OrcaParameters(179.9, 45.0))
        for kind in KINDS:
            longitudes = getattr(made, f"glam{kind}")
            assert longitudes.min() >= -180.0
            assert longitudes.max() < 180.0


class TestSymmetry:
    def test_columns_mirror_about_the_meridian_of_the_poles(self, grid):
        c = np.arange(180)
        for other in ((1 - c) % 180, (91 - c) % 180):
            assert_array_equal(grid.gphit[:, c], grid.gphit[:, other])
            assert_array_equal(grid.e1t[:, c], grid.e1t[:, other])
        assert_allclose(
            turned(grid.glamt[:, (1 - c) % 180] - 106 + grid.glamt[:, c] - 106), 0, atol=1e-9
        )

    @settings(deadline=None, max_examples=10)
    @given(st.floats(-360.0, 360.0))
    def test_another_pole_longitude_turns_the_whole_grid(self, longitude):
        some, other = generate(OrcaParameters(0.0, 58.0)), generate(OrcaParameters(longitude, 58.0))
        for kind in KINDS:
            assert_array_equal(getattr(some, f"gphi{kind}"), getattr(other, f"gphi{kind}"))
            assert_array_equal(getattr(some, f"e1{kind}"), getattr(other, f"e1{kind}"))
            difference = getattr(other, f"glam{kind}") - getattr(some, f"glam{kind}") - longitude
            assert turned(difference).max() < 1e-9


def directions(grid):
    """Unit vectors along i and j at the unique T points (chords between U and V points)."""
    u, v = places(grid, "u"), places(grid, "v")
    along_i = u[1:-1, 1:-1] - u[1:-1, :-2]
    along_j = v[1:-1, 1:-1] - v[:-2, 1:-1]
    return [d / np.linalg.norm(d, axis=-1, keepdims=True) for d in (along_i, along_j)]


def away_from_poles(grid, degrees):
    points = places(grid, "t")[1:-1, 1:-1]
    away = np.ones(points.shape[:2], dtype=bool)
    for latitude, longitude in mesh_poles(grid):
        away &= points @ unit_vectors(latitude, longitude) < np.cos(np.deg2rad(degrees))
    return away


class TestQuality:
    @pytest.mark.parametrize("latitude", POLE_LATITUDES)
    @pytest.mark.parametrize("refinement", [1, 2])
    def test_lines_cross_at_right_angles(self, latitude, refinement):
        made = generate(OrcaParameters(20.0, latitude, refinement))
        along_i, along_j = directions(made)
        skew = np.rad2deg(np.abs(np.arcsin((along_i * along_j).sum(axis=-1))))
        assert skew[away_from_poles(made, 2.0)].max() < 0.3
        assert skew[away_from_poles(made, 5.0)].max() < 0.1

    @pytest.mark.parametrize("latitude", POLE_LATITUDES)
    def test_sides_change_smoothly(self, latitude):
        made = generate(OrcaParameters(20.0, latitude))
        away = away_from_poles(made, 5.0)
        limits = {("e1t", 1): 1.03, ("e1t", 0): 1.09, ("e2t", 0): 1.22, ("e2t", 1): 1.28}
        for (name, axis), limit in limits.items():
            sides = np.log(getattr(made, name)[1:, 1:])
            change = np.abs(np.diff(sides, axis=axis))[: away.shape[0], : away.shape[1]]
            assert np.exp(change[away].max()) < limit, (name, axis)

    @pytest.mark.parametrize("latitude", POLE_LATITUDES)
    def test_every_column_goes_north(self, latitude):
        made = generate(OrcaParameters(20.0, latitude))
        for kind in "tu":
            assert np.all(np.diff(getattr(made, f"gphi{kind}")[:-1], axis=0) > 0.0)

    @pytest.mark.parametrize("latitude", POLE_LATITUDES)
    @pytest.mark.parametrize("refinement", [1, 2])
    def test_all_is_finite_and_no_side_is_nought(self, latitude, refinement):
        made = generate(OrcaParameters(20.0, latitude, refinement))
        for kind in KINDS:
            for quantity in QUANTITIES:
                assert np.isfinite(getattr(made, quantity + kind)).all()
            for side in ("e1", "e2"):
                assert getattr(made, side + kind).min() >= SHORTEST_SIDE_M

    @pytest.mark.parametrize("latitude", POLE_LATITUDES)
    def test_sides_are_the_lengths_between_neighbours(self, latitude):
        made = generate(OrcaParameters(20.0, latitude))
        away = away_from_poles(made, 5.0)
        u, v = places(made, "u"), places(made, "v")
        length_i = np.deg2rad(degrees_between(u[1:-1, 1:-1], u[1:-1, :-2])) * OCEAN_RADIUS_M
        length_j = np.deg2rad(degrees_between(v[1:-1, 1:-1], v[:-2, 1:-1])) * OCEAN_RADIUS_M
        assert np.abs(made.e1t[1:-1, 1:-1] / length_i - 1.0)[away].max() < 2e-3
        assert np.abs(made.e2t[1:-1, 1:-1] / length_j - 1.0)[away].max() < 4e-3

    @pytest.mark.parametrize("latitude", POLE_LATITUDES)
    def test_areas_sum_to_the_sphere_north_of_the_southern_edge(self, latitude):
        made = generate(OrcaParameters(20.0, latitude))
        (edge,), _ = row_latitudes(np.array([-0.5]))
        sphere = 2.0 * np.pi * OCEAN_RADIUS_M**2 * (1.0 - np.sin(edge))
        assert (made.e1t * made.e2t)[made.unique].sum() == pytest.approx(sphere, rel=2e-5)

    def test_the_mesh_poles_are_where_they_were_asked_for(self):
        parameters = OrcaParameters(-33.0, 47.5)
        assert_allclose(mesh_poles(generate(parameters)), parameters.poles, atol=1e-9)
        assert_allclose(parameters.poles, [(47.5, -33.0), (47.5, 147.0)])


class TestParts:
    def test_rows_join_with_the_same_latitude_and_slope(self):
        rows = np.array([55.0 - 1e-9, 55.0 + 1e-9])
        latitudes, slopes = row_latitudes(rows)
        assert_allclose(latitudes[0], latitudes[1], atol=1e-6)
        assert_allclose(slopes[0], slopes[1], rtol=1e-6)

    def test_the_tropics_are_symmetric_about_the_equator(self):
        steps = np.linspace(0.0, 20.0, 81)
        north, north_slopes = row_latitudes(75.0 + steps)
        south, south_slopes = row_latitudes(75.0 - steps)
        assert_allclose(north, -south, atol=1e-14)
        assert_allclose(north_slopes, south_slopes, atol=1e-14)

    @pytest.mark.parametrize("latitude", POLE_LATITUDES)
    @pytest.mark.parametrize("refinement", [1, 4])
    def test_ellipses_shrink_from_the_rim_to_the_mesh_poles(self, latitude, refinement):
        axes = HalfAxes.of_pole(latitude, refinement)
        a, b = axes.at(np.linspace(0.0, 1.0, 400))
        assert np.all(np.diff(a) < 0.0)
        assert np.all(np.diff(b) < 0.0)
        assert np.all(a >= b)
        assert a[-1] == pytest.approx(np.tan(np.deg2rad(90.0 - latitude) / 2.0), rel=1e-9)
        assert b[-1] == pytest.approx(0.0, abs=1e-12)
        a_slope, b_slope = axes.slopes(np.array([0.0]))
        assert_allclose(a_slope, b_slope)

    def test_slopes_are_derivatives(self):
        axes = HalfAxes.of_pole(52.0)
        stage, step = np.linspace(0.05, 0.95, 19), 1e-5
        for value_north, value_south, slope in zip(
            axes.at(stage + step), axes.at(stage - step), axes.slopes(stage), strict=True
        ):
            assert_allclose((value_north - value_south) / (2.0 * step), slope, rtol=1e-6)

    def test_points_of_a_level_lie_on_its_ellipse(self):
        axes = HalfAxes.of_pole(65.0)
        lines = cap_lines(axes, 105, 90)
        a, b = axes.at(np.linspace(0.0, 1.0, 106)[:, None])
        on_ellipse = (lines.x / a)[:-1] ** 2 + (lines.y[:-1] / b[:-1]) ** 2
        assert_allclose(on_ellipse, 1.0, atol=1e-12)
        assert_array_equal(lines.y[-1], 0.0)

    def test_more_levels_give_the_same_lines(self):
        axes = HalfAxes.of_pole(60.0)
        coarse, fine = cap_lines(axes, 105, 90), cap_lines(axes, 420, 90)
        assert_allclose(coarse.x, fine.x[::4], atol=1e-6)
        assert_allclose(coarse.y, fine.y[::4], atol=1e-6)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((0.0, 44.0), "between 45 and 75 degrees north, not at 44"),
        ((0.0, float("nan")), "not at nan"),
        ((400.0, 60.0), "between -360 and 360 degrees, not at 400"),
        ((0.0, 60.0, 0), "refined 1 to 8 times, not 0"),
    ],
)
def test_parameters_out_of_range_are_refused(values, sentence):
    with pytest.raises(InputRefused, match=sentence):
        OrcaParameters(*values)
