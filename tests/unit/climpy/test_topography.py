"""Opening a user's file: what is read right, what is refused, and what is said about it."""

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.topography import inspect, open_source, open_topography
from climpy.topography.encoding import Encoding
from climpy.topography.scanning import Scan, Tile
from tests import netcdf_corpus as corpus
from tests.reference import reference


@pytest.mark.parametrize("name", corpus.GOOD)
def test_odd_files_give_the_same_heights_as_the_plain_one(name: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.GOOD[name](path)
    topography, _ = open_topography(path)
    first = round((topography.grid.west + 180.0) / 5.0)
    expected = np.roll(corpus.HEIGHTS, -first, axis=1)
    np.testing.assert_allclose(topography.heights, expected, atol=1e-9)
    np.testing.assert_allclose(topography.grid.latitudes, corpus.LATITUDES, atol=1e-12)
    turned = (topography.grid.longitudes - np.roll(corpus.LONGITUDES, -first)) % 360.0
    assert np.minimum(turned, 360.0 - turned).max() < 1e-9
    assert topography.heights.flags.c_contiguous
    assert topography.heights.dtype == np.float64


@pytest.mark.parametrize("name", corpus.HOLED)
def test_holes_take_the_value_of_the_nearest_cell(name: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.HOLED[name](path)
    topography, understanding = open_topography(path)
    np.testing.assert_array_equal(topography.heights, corpus.filled_heights())
    assert understanding.holes == len(corpus.HOLES)
    assert any("4 cells" in sentence for sentence in understanding.warnings)


@pytest.mark.parametrize("name", corpus.BAD)
def test_bad_files_are_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    write, fragment = corpus.BAD[name]
    write(path)
    with pytest.raises(InputRefused) as refusal:
        open_topography(path)
    sentence = str(refusal.value)
    assert fragment in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    with pytest.raises(InputRefused) as again:
        inspect(path)
    assert fragment in str(again.value)
    assert [p.name for p in tmp_path.iterdir()] == ["topography.nc"]


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="does not exist"):
        inspect(tmp_path / "nothing.nc")


def test_a_named_variable_is_taken_and_an_unknown_one_lists_those_there_are(
    tmp_path: Path,
) -> None:
    path = tmp_path / "topography.nc"
    corpus.several_fields(path)
    assert inspect(path, "after").variable == "after"
    with pytest.raises(InputRefused, match="'later'; its fields of two dimensions are: before, af"):
        inspect(path, "later")
    with pytest.raises(InputRefused, match="no field of two dimensions"):
        inspect(path, "lat")


def test_a_field_that_cannot_be_heights_is_no_candidate(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        corpus.Layout().fill_in(dataset)
        other = dataset.createVariable("temperature", "f4", ("lat", "lon"))
        other.units = "K"
        other[:] = 280.0
    understanding = inspect(path)
    assert understanding.variable == "topo"
    assert understanding.other_variables == ("temperature",)


def test_the_understanding_says_what_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.Layout(
        heights=corpus.HEIGHTS.T[:, ::-1].astype("i2"),
        dims=("lon", "lat"),
        latitudes=corpus.LATITUDES[::-1],
        longitudes=corpus.LONGITUDES + 180.0,
        attributes={"units": "meters", "scale_factor": 1.0, "missing_value": np.int16(-9999)},
    )(path)
    found = inspect(path)
    weights = np.cos(np.deg2rad(corpus.LATITUDES))[:, None]
    land_share = np.average(corpus.HEIGHTS > 0, weights=np.broadcast_to(weights, (36, 72)))
    assert json.loads(json.dumps(found.as_dict()))["dims"] == ["lon", "lat"]
    assert (found.orientation, found.dimension_order) == ("north-up", "longitude, latitude")
    assert found.longitude_range == (0.0, 360.0)
    assert (found.latitude_step, found.longitude_step) == (5.0, 5.0)
    assert (found.units, found.units_assumed, found.warnings) == ("m", False, ())
    assert found.dtype == "int16"
    assert -9999.0 in found.fill_values
    assert found.land_share == pytest.approx(land_share, rel=1e-12)
    assert (found.minimum, found.maximum) == (corpus.HEIGHTS.min(), corpus.HEIGHTS.max())
    assert len(found.notes) == 2


def test_what_is_assumed_or_changed_is_said(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.GOOD["no attributes"](path)
    assert inspect(path).warnings == ("Z has no units; metres are assumed.",)
    corpus.cyclic(path)
    assert inspect(path).cyclic_column_dropped
    assert "repeats the first" in inspect(path).notes[0]
    corpus.rows_at_poles(path)
    found = inspect(path)
    assert (found.rows, found.shape[0], found.rows_at_poles) == (36, 37, True)


def test_bytes_marked_unsigned_are_unsigned(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.unsigned_bytes(path)
    heights = open_topography(path)[0].heights
    assert np.abs(heights - corpus.HEIGHTS).max() <= 20.0
    assert inspect(path).dtype == "uint8"


def test_blocks_cover_every_cell_once(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.GOOD["longitude first, compressed, north-up"](path)
    seen = np.zeros(corpus.HEIGHTS.shape, int)
    with open_source(path) as source:
        for block in source.blocks():
            seen[block.rows, block.columns] += 1
    assert (seen == 1).all()


PLAIN = Encoding(np.dtype("f8"), 1.0, 0.0, (), None, None)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_holes_are_filled_from_the_nearest_cell_whatever_the_tiles(data: st.DataObject) -> None:
    ny, nx = data.draw(st.integers(4, 9)), data.draw(st.integers(4, 12))
    rows, columns = data.draw(st.integers(1, ny)), data.draw(st.integers(1, nx))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    field = rng.permutation(ny * nx).reshape(ny, nx).astype(float)
    field[rng.random((ny, nx)) < data.draw(st.floats(0.0, 0.9))] = np.nan
    field[ny // 2, nx // 2] = 3.5
    latitudes = -90.0 + 180.0 * (np.arange(ny) + 0.5) / ny
    scan = Scan(latitudes, nx, PLAIN, most_holes=1.0)
    for row in range(0, ny, rows):
        for column in range(0, nx, columns):
            where = (slice(row, min(row + rows, ny)), slice(column, min(column + columns, nx)))
            tile = Tile(*where, field[where])
            for part in scan.blocks(tile):
                scan.take(tile, part)
            scan.close(tile)
    row, column, values = scan.filling()
    assert np.isnan(field[row, column]).all()
    assert row.size == np.isnan(field).sum() == scan.holes
    for r, c, value in zip(row, column, values, strict=True):
        distance = _distances(latitudes, nx, r, c)
        valid = np.isfinite(field)
        assert distance[valid & (field == value)].min() <= distance[valid].min() + 1e-9


def _distances(
    latitudes: np.ndarray[tuple[int], np.dtype[np.float64]], nx: int, row: int, column: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Great-circle distances from one cell to all [radians]."""
    latitude = np.deg2rad(latitudes)[:, None]
    turn = 2.0 * np.pi * (np.arange(nx) - column) / nx
    cosine = np.sin(latitude) * np.sin(latitude[row]) + np.cos(latitude) * np.cos(
        latitude[row]
    ) * np.cos(turn)
    return np.arccos(cosine.clip(-1.0, 1.0))


def test_filling_does_not_depend_on_where_the_columns_begin(tmp_path: Path) -> None:
    path = tmp_path / "topography.nc"
    corpus.Layout(heights=corpus.holed(corpus.HEIGHTS, np.nan))(path)
    expected = open_topography(path)[0].heights
    corpus.Layout(
        heights=np.roll(corpus.holed(corpus.HEIGHTS, np.nan), -7, axis=1),
        longitudes=corpus.LONGITUDES + 35.0,
    )(path)
    np.testing.assert_array_equal(open_topography(path)[0].heights, np.roll(expected, -7, axis=1))


def test_the_real_files_are_understood() -> None:
    one = inspect(reference("topographies", "palaeo_60Ma_1deg.nc"))
    half = inspect(reference("topographies", "palaeo_halfdeg.nc"))
    assert (one.variable, one.rows, one.columns, one.orientation) == ("topo", 180, 360, "south-up")
    assert (half.variable, half.latitude_step, half.holes) == ("Z", 0.5, 0)
