"""Regridding a user's file: any layout, in tiles, with what else the file holds."""

import os
import shutil
import subprocess
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climpy.arrays import FloatArray
from climpy.bc.ipsl.regrid import METHODS, Target, regrid, regrid_file, to_file
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.io import write
from climpy.topography import open_topography
from tests import netcdf_corpus as corpus
from tests.reference import reference

PLAIN = RegularGrid.of_shape(corpus.NY, corpus.NX)
COARSE = RegularGrid.of_shape(18, 36)
TEN_DEGREES = Target(10.0, 10.0)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", corpus.GOOD)
def test_odd_files_give_the_same_as_the_plain_one(name: str, method: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.GOOD[name](path)
    result = regrid_file(path, TEN_DEGREES, method)
    expected = regrid(corpus.HEIGHTS, PLAIN, COARSE, method)
    np.testing.assert_allclose(result.topography.heights, expected, atol=1e-8)
    np.testing.assert_array_equal(result.topography.grid.longitudes, COARSE.longitudes)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", corpus.HOLED)
def test_holes_are_filled_before_regridding(name: str, method: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.HOLED[name](path)
    result = regrid_file(path, TEN_DEGREES, method)
    expected = regrid(corpus.filled_heights(), PLAIN, COARSE, method)
    np.testing.assert_allclose(result.topography.heights, expected, atol=1e-8)
    assert result.understanding.holes == len(corpus.HOLES)


@pytest.mark.parametrize("name", corpus.BAD)
def test_bad_files_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    write_bad, fragment = corpus.BAD[name]
    write_bad(path)
    with pytest.raises(InputRefused) as refusal:
        regrid_file(path, TEN_DEGREES, "bilinear")
    assert fragment in str(refusal.value)


@pytest.mark.parametrize("method", METHODS)
def test_without_a_step_heights_come_out_bit_for_bit(method: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    heights = corpus.HEIGHTS + np.pi
    corpus.Layout(heights=heights)(path)
    np.testing.assert_array_equal(regrid_file(path, Target(), method).topography.heights, heights)
    corpus.Layout(heights=np.roll(heights, 36, axis=1), longitudes=corpus.LONGITUDES + 180.0)(path)
    np.testing.assert_array_equal(regrid_file(path, Target(), method).topography.heights, heights)


def test_the_limits_of_the_data_are_kept_if_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.GOOD["longitudes from -170 on"](path)
    grid = regrid_file(path, Target(10.0, 10.0, limits="data"), "nearest").topography.grid
    assert grid.west == pytest.approx(-170.0)
    assert grid.longitudes[0] == pytest.approx(-165.0)


@pytest.mark.parametrize(
    ("target", "fragment"),
    [
        (Target(7.0, 10.0), "latitude step 7 does not divide"),
        (Target(10.0, -1.0), "longitude step -1"),
        (Target(limits="europe"), "not 'europe'"),
        (Target(0.001, 0.001), "give more than 3e"),
    ],
)
def test_impossible_targets_are_refused(target: Target, fragment: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.GOOD["classic"](path)
    with pytest.raises(InputRefused, match=fragment):
        regrid_file(path, target, "nearest")


def test_other_variables_are_carried(tmp_path: Path) -> None:
    path, out = tmp_path / "topography.nc", tmp_path / "regrid.nc"
    corpus.with_companions(path)
    result = regrid_file(path, TEN_DEGREES, "conservative")
    write(out, to_file(result.topography, result.carried))
    land = corpus.HEIGHTS > 0.0
    with netCDF4.Dataset(out) as dataset:
        assert dataset.data_model == "NETCDF3_64BIT_OFFSET"
        assert set(dataset.variables) == {"lat", "lon", "topo", "age", "time", "count", "label"}
        assert dataset["topo"].dimensions == dataset["age"].dimensions == ("lat", "lon")
        assert dataset["age"].units == "Ma"
        age = dataset["age"][:]
        assert np.ma.getmaskarray(age)[land.reshape(18, 2, 36, 2).all(axis=(1, 3))].all()
        np.testing.assert_allclose(age.compressed(), 60.0)
        assert int(dataset["count"][...]) == 7
        assert b"".join(dataset["label"][:].ravel()).decode() == "Paléocène"
        np.testing.assert_array_equal(dataset["time"][:], [0.0, 1.0])
    left_out = [note for note in result.notes if "not carried" in note]
    assert [note.split()[0] for note in left_out] == ["rain", "row_area"]


def test_carried_fields_on_the_same_grid_keep_their_holes(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.with_companions(path)
    age = regrid_file(path, Target(), "bilinear").carried["age"].values
    np.testing.assert_array_equal(age, np.where(corpus.HEIGHTS > 0.0, np.nan, 60.0))


def test_the_file_is_as_documented(tmp_path: Path) -> None:
    path, out = tmp_path / "topography.nc", tmp_path / "regrid.nc"
    corpus.GOOD["north-up"](path)
    result = regrid_file(path, TEN_DEGREES, "nearest")
    write(out, to_file(result.topography))
    with netCDF4.Dataset(out) as dataset:
        topo = dataset["topo"]
        assert (topo.dimensions, topo.shape, topo.dtype) == (("lat", "lon"), (18, 36), np.float64)
        assert (topo.units, topo.standard_name) == ("m", "surface_altitude")
        assert dataset["lat"].units == "degrees_north"
        assert dataset["lon"].units == "degrees_east"
        assert (dataset["lat"][0], dataset["lon"][0]) == (-85.0, -175.0)
    again, understanding = open_topography(out)
    np.testing.assert_array_equal(again.heights, result.topography.heights)
    assert not understanding.units_assumed


def cdo(*arguments: str) -> None:
    """Run cdo; without it the test is skipped, in continuous integration it fails."""
    if shutil.which("cdo") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("cdo is needed to compare with and is not installed")
        pytest.skip("cdo is not installed")
    subprocess.run(["cdo", "-s", "-O", "-b", "F64", *arguments], check=True, capture_output=True)


def compared(operator: str, method: str, path: Path, step: float) -> tuple[FloatArray, FloatArray]:
    """Heights by cdo and ours on a grid of the given step."""
    ny = round(180 / step)
    grid, out = path.with_name("grid.txt"), path.with_name("cdo.nc")
    grid.write_text(
        f"gridtype=lonlat\nxsize={2 * ny}\nysize={ny}\nxfirst={-180 + step / 2}\nxinc={step}\n"
        f"yfirst={-90 + step / 2}\nyinc={step}\n"
    )
    cdo(f"{operator},{grid}", str(path), str(out))
    with netCDF4.Dataset(out) as dataset:
        theirs = np.asarray(dataset["topo"][:], np.float64)
    return theirs, regrid_file(path, Target(step, step), method).topography.heights


def realistic(path: Path, step: float) -> None:
    """A smooth planet with small hills, as a file that cdo reads too."""
    grid = RegularGrid.of_steps(step, step)
    latitude, longitude = np.deg2rad(grid.latitudes)[:, None], np.deg2rad(grid.longitudes)
    heights = 3000.0 * np.cos(2 * latitude) * np.sin(longitude + 1.0) - 900.0
    heights += np.random.default_rng(3).normal(0.0, 200.0, grid.shape)
    corpus.Layout(heights=heights, latitudes=grid.latitudes, longitudes=grid.longitudes)(path)


@pytest.mark.parametrize("step", [1.0, 2.5])
def test_area_means_agree_with_cdo(step: float, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    realistic(path, 0.5)
    theirs, ours = compared("remapcon", "conservative", path, step)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_bilinear_agrees_with_cdo_between_the_outermost_rows(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    realistic(path, 2.0)
    theirs, ours = compared("remapbil", "bilinear", path, 1.0)
    np.testing.assert_allclose(ours[1:-1], theirs[1:-1], atol=1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_the_real_half_degree_file_at_its_own_step_and_at_one_degree(method: str) -> None:
    path = reference("topographies", "palaeo_halfdeg.nc")
    with netCDF4.Dataset(path) as dataset:
        stored = np.asarray(dataset["Z"][:], np.float64)
    own = regrid_file(path, Target(), method)
    np.testing.assert_array_equal(own.topography.heights, stored)
    one = regrid_file(path, Target(1.0, 1.0), method).topography
    assert one.heights.shape == (180, 360)
    block = stored.reshape(180, 2, 360, 2)
    if method == "nearest":
        np.testing.assert_array_equal(one.heights, block[:, 0, :, 0])
    elif method == "bilinear":
        np.testing.assert_allclose(one.heights, block.mean(axis=(1, 3)), atol=1e-9)
    else:
        assert (one.heights >= block.min(axis=(1, 3)) - 1e-9).all()
        assert (one.heights <= block.max(axis=(1, 3)) + 1e-9).all()
