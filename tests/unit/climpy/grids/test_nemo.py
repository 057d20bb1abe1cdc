"""Coordinates files: written and read back, the group's own accepted, each broken one refused."""

import netCDF4
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from climpy.errors import InputRefused
from climpy.grids import nemo
from climpy.grids.ocean import Fold, OceanGrid
from climpy.grids.orca import OrcaParameters, generate
from climpy.io import ModelFile, Variable, write
from tests.reference import reference

NAMES = [f"{quantity}{point}" for quantity in ("glam", "gphi", "e1", "e2") for point in "tuvf"]


@pytest.fixture(scope="module")
def grid():
    return generate(OrcaParameters(30.0, 55.0))


@pytest.fixture
def arrays(grid):
    return {name: getattr(grid, name).copy() for name in NAMES}


def written(tmp_path, arrays, dims=("y", "x")):
    path = tmp_path / "coords.nc"
    variables = {
        name: Variable(dims, values, real=bool(np.isnan(values).any()))
        for name, values in arrays.items()
    }
    write(path, ModelFile(variables))
    return path


def folded_about_t_points(grid):
    """A grid folded about T points: the F points of one folded about F points, moved a column."""
    moved = dict(zip("tuvf", "fvut", strict=True))
    arrays = {}
    for quantity in ("glam", "gphi", "e1", "e2"):
        for point, source in moved.items():
            values = getattr(grid, f"{quantity}{source}")
            arrays[f"{quantity}{point}"] = np.hstack([values[:, -3:-2], values[:, :-1]])
    return OceanGrid(**arrays, fold=Fold.T_POINT)


class TestRoundTrip:
    def test_a_made_grid_is_read_back_as_it_was(self, grid, tmp_path):
        path = tmp_path / "coords.nc"
        write(path, nemo.to_file(grid), precision="float32")
        back = nemo.read(path)
        assert back.fold is Fold.F_POINT
        for name in NAMES:
            expected = getattr(grid, name)
            assert_allclose(getattr(back, name), expected, atol=1e-12 if "g" in name else 0.0)

    def test_the_layout_is_nemos(self, grid):
        content = nemo.to_file(grid)
        assert content.dims == {"y": 149, "x": 182}
        assert list(content.variables) == ["nav_lon", "nav_lat", *NAMES]
        for name, variable in content.variables.items():
            assert variable.dims == ("y", "x")
            assert variable.values.dtype == np.float64
            assert variable.values.flags.c_contiguous
            units = {"g": "degrees", "n": "degrees", "e": "m"}[name[0]]
            assert str(variable.attributes["units"]).startswith(units)
        assert_array_equal(content.variables["nav_lat"].values, grid.gphit)
        assert content.attributes["jperio"] == 6

    @pytest.mark.parametrize("dims", [("time", "y", "x"), ("t", "z", "y", "x")])
    def test_axes_of_length_one_are_dropped(self, arrays, dims, tmp_path):
        ahead = (1,) * (len(dims) - 2)
        longer = {name: values.reshape(ahead + values.shape) for name, values in arrays.items()}
        assert nemo.read(written(tmp_path, longer, dims)).shape == (149, 182)

    def test_longitudes_from_0_to_360_are_accepted(self, arrays, tmp_path):
        for name in NAMES[:4]:
            arrays[name] = arrays[name] % 360.0
        assert nemo.read(written(tmp_path, arrays)).glamt.max() < 180.0

    def test_single_precision_is_accepted(self, arrays, grid, tmp_path):
        single = {name: values.astype(np.float32) for name, values in arrays.items()}
        back = nemo.read(written(tmp_path, single))
        assert back.glamt.dtype == np.float64
        assert_allclose(back.gphit, grid.gphit, atol=1e-5)

    def test_a_fold_about_t_points_is_recognised(self, grid, tmp_path):
        turned = folded_about_t_points(grid)
        content = nemo.to_file(turned)
        assert content.attributes["jperio"] == 4
        path = tmp_path / "coords.nc"
        write(path, content)
        back = nemo.read(path)
        assert back.fold is Fold.T_POINT
        assert_allclose(sorted(nemo.mesh_poles(back)), sorted(nemo.mesh_poles(grid)))

    def test_the_groups_file_is_accepted(self):
        read = nemo.read(reference("grids", "paleorca2_coordinates.nc"))
        assert read.fold is Fold.F_POINT
        assert_allclose(nemo.mesh_poles(read), [(60.0, 106.0), (60.0, -74.0)])


def test_mesh_poles_are_where_the_smallest_cells_of_the_fold_are(grid):
    areas = (grid.e1t * grid.e2t)[-2]
    points = nemo.unit_vectors(grid.gphit[-2], grid.glamt[-2])
    for pole in nemo.mesh_poles(grid):
        nearest = np.argsort(points @ nemo.unit_vectors(*(np.array(x) for x in pole)))[-2:]
        assert areas[nearest].max() < 0.1 * np.median(areas)


def holes(arrays):
    arrays["e2u"][3, 4:6] = np.nan


def huge(arrays):
    arrays["e1u"][7, 8] = 1e20


def other_shape(arrays):
    arrays["gphiv"] = arrays["gphiv"].T.copy()


def radians(arrays):
    arrays["glamf"][...] = 5000.0


def beyond_the_pole(arrays):
    arrays["gphit"][70, 70] = 91.0


def no_halo(arrays):
    for name in NAMES:
        arrays[name] = arrays[name][:, 1:-1].copy()


def no_halo_of_v_points(arrays):
    arrays["glamv"][:, -1] += 2.0


def no_fold(arrays):
    for name in NAMES:
        arrays[name] = arrays[name][:-1].copy()


def upside_down(arrays):
    # the row beyond the fold stays last, so that only the order of the rows is wrong
    for name in NAMES:
        arrays[name][:-2] = arrays[name][-3::-1]


def odd_columns(arrays):
    for name in NAMES:
        arrays[name] = arrays[name][:, :-1].copy()


def tiny(arrays):
    for name in NAMES:
        arrays[name] = arrays[name][:4, :6].copy()


def negative_side(arrays):
    arrays["e1t"][10, 11] = -5.0


def no_side(arrays):
    arrays["e2v"][20, 21] = 0.0


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (holes, "e2u has 2 points without a number; all need one"),
        (huge, r"e1u reaches 1e\+20; a cell side has at most 1e\+07 m"),
        (other_shape, "gphiv has 182 x 149 points, glamt 149 x 182"),
        (radians, r"glamf reaches 5000; it must be degrees within -360\.\.720"),
        (beyond_the_pole, r"gphit reaches 91; it must be degrees within -90\.\.90"),
        (no_halo, "the last two columns of the T points do not repeat the first two"),
        (no_halo_of_v_points, "the last two columns of the V points do not repeat the first two"),
        (no_fold, "the north fold is not recognised"),
        (upside_down, "the rows must go from south to north, but row 1 lies at"),
        (odd_columns, "the grid has 181 columns"),
        (tiny, "the grid has only 4 x 6 points"),
        (negative_side, "e1t is -5 m at row 10, column 11"),
        (no_side, "e2v is 0 m at row 20, column 21"),
    ],
)
def test_a_broken_file_is_refused_with_its_own_sentence(arrays, damage, sentence, tmp_path):
    damage(arrays)
    if damage is other_shape:
        variables = {
            name: Variable(("a", "b") if name == "gphiv" else ("y", "x"), values, real=False)
            for name, values in arrays.items()
        }
        path = tmp_path / "coords.nc"
        write(path, ModelFile(variables))
    else:
        path = written(tmp_path, arrays)
    with pytest.raises(InputRefused, match=sentence):
        nemo.read(path)


def test_missing_variables_are_named(arrays, tmp_path):
    del arrays["gphif"], arrays["e1v"]
    with pytest.raises(InputRefused, match="it lacks gphif, e1v"):
        nemo.read(written(tmp_path, arrays))


def test_a_side_of_nought_is_accepted_beside_a_mesh_pole(arrays, tmp_path):
    arrays["e1v"][147, 0:2] = 0.0
    arrays["e1v"][147, 180:] = 0.0
    assert nemo.read(written(tmp_path, arrays)).e1v[147, 0] == 0.0


def test_two_time_steps_are_refused(arrays, tmp_path):
    double = {name: np.stack([values, values]) for name, values in arrays.items()}
    with pytest.raises(InputRefused, match=r"glamt must have the dimensions \(y, x\)"):
        nemo.read(written(tmp_path, double, ("time", "y", "x")))


def test_text_is_refused(arrays, tmp_path):
    path = written(tmp_path, {name: arrays[name] for name in NAMES if name != "e1f"})
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.createVariable("e1f", "S1", ("y", "x"))
    with pytest.raises(InputRefused, match="e1f holds no numbers"):
        nemo.read(path)


def test_what_is_no_netcdf_file_is_refused(tmp_path):
    path = tmp_path / "coords.nc"
    path.write_text("longitude, latitude")
    with pytest.raises(InputRefused, match=r"coords\.nc is not a NetCDF file"):
        nemo.read(path)


def test_a_file_that_is_cut_off_is_refused(arrays, tmp_path):
    path = written(tmp_path, arrays)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputRefused):
        nemo.read(path)
