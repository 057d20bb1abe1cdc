"""Windows of fields: any part, any stride, any layout gives the same as reading everything."""

import json
import struct
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy import fields
from climpy.errors import InputRefused
from tests import netcdf_corpus as corpus
from tests.unit.climpy.fields.files import plant_file


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("windows")
    names = (
        "classic",
        "compressed",
        "longitude first",
        "longitude first, compressed, north-up",
        "big-endian",
        "one time and one level",
    )
    for number, name in enumerate(names):
        corpus.GOOD[name](folder / f"{number}.nc")
    return {name: folder / f"{number}.nc" for number, name in enumerate(names)}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_window_is_a_part_of_the_whole(written: dict[str, Path], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(written)))
    rows, columns = (
        tuple(sorted(data.draw(st.sets(st.integers(0, length), min_size=2, max_size=2))))
        for length in corpus.HEIGHTS.shape
    )
    every = data.draw(st.integers(1, 9))
    expected = corpus.HEIGHTS[::-1] if "north-up" in name else corpus.HEIGHTS
    window = fields.field(written[name], "topo", {}, rows, columns, every)
    np.testing.assert_array_equal(
        window.values, expected[rows[0] : rows[1] : every, columns[0] : columns[1] : every]
    )
    assert window.values.dtype == np.float32
    assert window.values.flags.c_contiguous
    assert window.shape == corpus.HEIGHTS.shape


@pytest.mark.parametrize("name", [n for n in corpus.GOOD if n != "rows at the poles"])
def test_odd_files_hold_the_plain_heights(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.GOOD[name](path)
    told = fields.field(path, fields.header(path)["first"] or "")
    np.testing.assert_array_equal(
        np.unique(told.values), np.unique(corpus.HEIGHTS.astype(np.float32))
    )
    assert (told.least, told.greatest) == (corpus.HEIGHTS.min(), corpus.HEIGHTS.max())


@pytest.mark.parametrize("name", corpus.HOLED)
def test_holes_are_missing(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.HOLED[name](path)
    told = fields.field(path, "topo")
    assert told.missing == len(corpus.HOLES)
    assert all(np.isnan(told.values[hole]) for hole in corpus.HOLES)


def test_one_place_of_each_other_dimension_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "plants.nc"
    values = np.arange(2 * 3 * 6 * 8, dtype=float).reshape(2, 3, 6, 8)
    values[1, 2, 0, 0] = np.nan
    plant_file(path, values)
    told = fields.field(path, "share", {"time": 1, "plant": 2})
    np.testing.assert_array_equal(told.values, values[1, 2])
    np.testing.assert_array_equal(fields.field(path, "share", {"plant": 1}).values, values[0, 1])
    assert (told.units, told.missing) == ("%", 1)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"variable": "nothing"}, "no variable 'nothing'"),
        ({"variable": "plant"}, "no field to draw"),
        ({"indices": {"level": 0}}, "no dimension 'level' to choose from; it has time, plant"),
        ({"indices": {"lat": 0}}, "no dimension 'lat'"),
        ({"indices": {"plant": 3}}, "counted from 0 to 2, so there is no 3"),
        ({"indices": {"plant": -1}}, "there is no -1"),
        ({"rows": (0, 7)}, "There are 6 rows; 0 to 7 lies outside"),
        ({"columns": (4, 4)}, "There are 8 columns"),
        ({"every": 0}, "not every 0"),
    ],
)
def test_what_is_not_there_is_refused(asked: dict, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "plants.nc"
    plant_file(path)
    with pytest.raises(InputRefused) as refusal:
        fields.field(path, **{"variable": "share", **asked})
    assert sentence in str(refusal.value)


def test_a_field_without_any_value_has_no_range(tmp_path: Path) -> None:
    path = tmp_path / "plants.nc"
    plant_file(path, np.full((2, 3, 6, 8), np.nan))
    told = fields.field(path, "share")
    assert (told.least, told.greatest, told.missing) == (None, None, 48)
    json.dumps(told.as_dict(), allow_nan=False)


def test_a_huge_field_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.nc"
    corpus.huge(path)
    with pytest.raises(InputRefused, match="at most"):
        fields.field(path, "topo", every=1000)


def test_infinite_and_too_large_numbers_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "large.nc"
    heights = corpus.HEIGHTS.copy()
    heights[0, :2] = np.inf, 1e300
    corpus.Layout(heights=heights)(path)
    assert fields.field(path, "topo").missing == 2


@given(st.integers(1, 30000), st.integers(1, 30000), st.integers(1, 10**6))
def test_the_fitting_stride_is_the_least_that_fits(rows: int, columns: int, most: int) -> None:
    def cells(every: int) -> int:
        return -(-rows // every) * -(-columns // every)

    every = fields.fitting_stride((rows, columns), most)
    assert cells(every) <= most
    assert every == 1 or cells(every - 1) > most


def test_bytes_hold_json_and_little_endian_numbers(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.GOOD["big-endian"](path)
    told = fields.field(path, "topo", every=3)
    content = told.to_bytes()
    (length,) = struct.unpack("<I", content[:4])
    meta = json.loads(content[4 : 4 + length])
    assert (4 + length) % 4 == 0
    assert meta["arrays"] == [{"name": "values", "shape": [12, 24]}]
    assert meta["variable"] == "topo"
    read = np.frombuffer(content, "<f4", offset=4 + length).reshape(12, 24)
    np.testing.assert_array_equal(read, told.values)


def test_a_large_compressed_field_is_thinned_like_a_small_one(tmp_path: Path) -> None:
    path = tmp_path / "large.nc"
    values = np.arange(1500 * 3000, dtype=np.float32).reshape(1500, 3000)
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("a", 1500)
        dataset.createDimension("b", 3000)
        topo = dataset.createVariable("topo", "f4", ("a", "b"), zlib=True, chunksizes=(400, 700))
        topo[:] = values
    for every in (1, 3, 7, 1000):
        told = fields.field(path, "topo", {}, (5, 1499), (3, 2999), every)
        np.testing.assert_array_equal(told.values, values[5:1499:every, 3:2999:every])
