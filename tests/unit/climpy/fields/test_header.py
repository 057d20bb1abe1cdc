"""The header of any file: what is in it, what can be drawn, and never a failure."""

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climpy import fields
from climpy.errors import InputRefused
from climpy.io import open_dataset
from tests import netcdf_corpus as corpus
from tests.unit.climpy.fields.files import plant_file

WRITERS = {
    **corpus.GOOD,
    **corpus.HOLED,
    **{name: writer for name, (writer, _) in corpus.BAD.items()},
}


def test_a_header_tells_dimensions_variables_and_what_to_choose(tmp_path: Path) -> None:
    path = tmp_path / "plants.nc"
    plant_file(path)
    told = fields.header(path)
    assert told["format"] == "NETCDF3_CLASSIC"
    assert {"name": "time", "length": 2, "unlimited": True} in told["dimensions"]
    assert told["first"] == "share"
    variables = {variable["name"]: variable for variable in told["variables"]}
    assert [name for name, v in variables.items() if v["drawable"]] == ["share"]
    share = variables["share"]
    assert (share["type"], share["dims"]) == ("int16", ["time", "plant", "lat", "lon"])
    assert (share["shape"], share["units"]) == ([2, 3, 6, 8], "%")
    assert share["attributes"]["scale_factor"] == 0.5
    time, plant = share["choose"]
    assert (time["dim"], time["labels"], time["units"]) == (
        "time",
        ["0.5", "1.5"],
        "years since 0-1-1",
    )
    assert (plant["dim"], plant["labels"], plant["long_name"]) == (
        "plant",
        ["1", "2", "3"],
        "plant type",
    )


@pytest.mark.parametrize("name", WRITERS)
def test_every_file_that_opens_has_a_header(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    WRITERS[name](path)
    try:
        open_dataset(path).close()
    except InputRefused:
        with pytest.raises(InputRefused, match=r"\.$"):
            fields.header(path)
        return
    told = fields.header(path)
    json.dumps(told, allow_nan=False)
    assert name not in corpus.GOOD or told["first"] in ("topo", "Z")


def test_odd_attributes_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "odd.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.long = "x" * 100_000
        dataset.many = np.arange(1000)
        dataset.nothing = np.float64(np.nan)
        dataset.infinite = np.array([np.inf, 1.0])
        dataset.big = np.uint64(2**64 - 1)
        dataset.setncattr_string("words", ["one", "two"])
        dataset.control = "a\x00b\x1b[31m"
        compound = dataset.createCompoundType(np.dtype([("a", "f4"), ("b", "i4")]), "pair")
        dataset.createDimension("n", 2)
        dataset.createVariable("pairs", compound, ("n", "n"))
        kind = dataset.createEnumType(np.uint8, "kind", {"land": 0, "ocean": 1})
        dataset.createVariable("kinds", kind, ("n", "n"))
        lists = dataset.createVLType(np.int32, "lists")
        dataset.createVariable("ragged", lists, ("n", "n"))
        dataset.createVariable("words", str, ("n", "n"))
        dataset.createVariable("scalar", "f8", ())
        strange = dataset.createVariable("strange", "f4", ("n", "n"))
        strange.units = np.array([1, 2, 3])
        strange.coordinates = 7
        dataset.createGroup("deeper")
    told = fields.header(path)
    json.dumps(told, allow_nan=False)
    assert len(told["attributes"]["long"]) < 5000
    assert len(told["attributes"]["many"]) == 51
    assert told["attributes"]["nothing"] == "nan"
    assert told["attributes"]["infinite"] == ["inf", 1.0]
    assert told["attributes"]["words"] == ["one", "two"]
    assert told["groups"] == ["deeper"]
    assert [v["name"] for v in told["variables"] if v["drawable"]] == ["strange"]


def test_a_dimension_without_a_coordinate_or_with_text_has_labels_where_there_are_any(
    tmp_path: Path,
) -> None:
    path = tmp_path / "text.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        for dim, length in (("age", 2), ("level", 3), ("lat", 36), ("lon", 72), ("letters", 4)):
            dataset.createDimension(dim, length)
        age = dataset.createVariable("age", "S1", ("age", "letters"))
        age[:] = netCDF4.stringtochar(np.array(["Lias", "Dogg"], "S4"))
        dataset.createVariable("depth", "f4", ("age", "level", "lat", "lon"))
    (depth,) = [v for v in fields.header(path)["variables"] if v["name"] == "depth"]
    assert [choice["labels"] for choice in depth["choose"]] == [["Lias", "Dogg"], None]


def test_an_empty_record_dimension_is_nothing_to_draw(tmp_path: Path) -> None:
    path = tmp_path / "empty.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("time", None)
        dataset.createDimension("lat", 36)
        dataset.createDimension("lon", 72)
        dataset.createVariable("topo", "f4", ("time", "lat", "lon"))
    told = fields.header(path)
    assert told["first"] is None
    with pytest.raises(InputRefused, match="no field to draw"):
        fields.field(path, "topo")
