"""What a person says about a file: what it settles, what it cannot settle, and the file written."""

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climpy.errors import InputRefused, OutputRefused
from climpy.io import read
from climpy.steps import apply_choices, run_step
from climpy.steps.loading import is_own, load_topography
from climpy.topography import Choices, examine, inspect
from tests import netcdf_corpus as corpus
from tests.reference import reference

SETTLED = {
    "several times": {"indices": {"time": 1}},
    "several fields": {"variable": "after"},
    "no coordinates": {
        "latitude": "lat",
        "longitude": "lon",
        "north_up": False,
        "first_longitude": -180.0,
    },
    "irregular": {"north_up": False},
    "kilometres declared": {"units": "km"},
    "kilometres by size": {"units": "km"},
    "duplicated longitudes": {"first_longitude": -180.0},
    "holes in coordinates": {"north_up": False},
    "undeclared fill value": {"missing_value": -99999.0},
}
"""Refused files and what a person says to have them read as the plain heights."""


def settled(name: str) -> np.ndarray:
    return corpus.filled_heights() if name == "undeclared fill value" else corpus.HEIGHTS


@pytest.mark.parametrize("name", SETTLED)
def test_a_person_settles_what_the_file_leaves_open(name: str, tmp_path: Path) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    corpus.BAD[name][0](path)
    before = examine(path)
    assert before.understanding is None
    assert corpus.BAD[name][1] in (before.refusal or "")
    assert before.settable
    assert set(SETTLED[name]) <= {*before.choose, "variable"}
    choices = Choices.from_dict(SETTLED[name])
    after = examine(path, choices)
    assert after.refusal is None
    assert after.understanding == apply_choices(path, choices, target)
    topography, _ = load_topography(target)
    np.testing.assert_allclose(topography.heights, settled(name), atol=1e-9)
    assert topography.grid.west == -180.0


def test_feet_become_metres(tmp_path: Path) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    corpus.BAD["feet"][0](path)
    understanding = apply_choices(path, Choices(units="ft"), target)
    np.testing.assert_allclose(load_topography(target)[0].heights, 0.3048 * corpus.HEIGHTS)
    assert "The numbers are in ft and became metres." in understanding.notes
    assert not understanding.units_assumed


@pytest.mark.parametrize("name", sorted(set(corpus.BAD) - set(SETTLED) - {"feet"}))
def test_nobody_is_asked_about_what_cannot_be_settled(name: str, tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    corpus.BAD[name][0](path)
    found = examine(path, name="my file.nc")
    assert found.understanding is None
    assert not found.settable
    assert found.preview is None
    assert (found.refusal or "").endswith(".")
    assert "upload.nc" not in (found.refusal or "")
    json.dumps(found.as_dict(), allow_nan=False)


@pytest.mark.parametrize(
    "name",
    [
        *("regional rows", "regional columns", "unsorted longitudes"),
        *("longitudes from east to west", "gaussian", "curvilinear"),
    ],
)
def test_what_a_person_says_may_not_contradict_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    corpus.BAD[name][0](path)
    said = {"north_up": False, "first_longitude": -180.0}
    refusal = examine(path, Choices.from_dict(said)).refusal
    assert refusal is not None
    assert "does not fit" in refusal


@pytest.mark.parametrize("name", corpus.GOOD)
def test_without_choices_a_good_file_is_rewritten_on_its_own_grid(
    name: str, tmp_path: Path
) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    corpus.GOOD[name](path)
    apply_choices(path, Choices(), target)
    ours = inspect(target, "topo")
    theirs = inspect(path)
    assert (ours.rows, ours.columns, ours.orientation) == (theirs.rows, theirs.columns, "south-up")
    assert ours.longitude_range == theirs.longitude_range
    np.testing.assert_allclose(load_topography(target)[0].heights, load_topography(path)[0].heights)


def test_the_preview_is_a_small_map_whatever_the_layout(tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    for name in (
        "classic",
        "north-up",
        "longitudes from 0 to 360",
        "longitude first",
        "compressed",
    ):
        corpus.GOOD[name](path)
        preview = examine(path).as_dict()["preview"]
        heights = np.array(preview["heights"]).reshape(preview["rows"], preview["columns"])
        np.testing.assert_array_equal(heights, corpus.HEIGHTS)
    fine = reference("topographies", "palaeo_halfdeg.nc")
    preview = examine(fine).preview or {}
    assert (preview["rows"], preview["columns"]) == (90, 180)


def test_the_preview_of_rows_at_the_poles_shows_the_planet(tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    rows = np.vstack([corpus.HEIGHTS[:1], 0.5 * (corpus.HEIGHTS[1:] + corpus.HEIGHTS[:-1])])
    rows = np.vstack([rows, corpus.HEIGHTS[-1:]])
    corpus.Layout(heights=rows, latitudes=np.linspace(-90.0, 90.0, corpus.NY + 1))(path)
    preview = examine(path).preview or {}
    heights = np.array(preview["heights"]).reshape(preview["rows"], preview["columns"])
    np.testing.assert_allclose(heights, rows, atol=0.06)


def test_holes_are_none_in_the_preview(tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    corpus.HOLED["NaN"](path)
    preview = examine(path).preview or {}
    holes = [divmod(k, corpus.NX) for k, height in enumerate(preview["heights"]) if height is None]
    assert sorted(holes) == sorted(corpus.HOLES)


def test_an_examination_lists_what_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    corpus.several_times(path)
    (field,) = examine(path).fields
    assert (field["name"], field["dims"], field["units"]) == ("topo", ["time", "lat", "lon"], "m")
    assert field["others"] == [{"dim": "time", "length": 2, "labels": None}]
    assert corpus.HEIGHTS.min() <= field["least"] < field["greatest"] <= corpus.HEIGHTS.max()
    coordinates = {c["name"]: c for c in examine(path).coordinates}
    assert coordinates["lat"]["looks_like"] == "latitude"
    assert (coordinates["lon"]["first"], coordinates["lon"]["last"]) == (-177.5, 177.5)


def bare(path: Path, heights: np.ndarray, **attributes: object) -> None:
    """A field without any coordinate."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as dataset:
        for dim, length in zip(("a", "b"), heights.shape, strict=True):
            dataset.createDimension(dim, length)
        topo = dataset.createVariable("z", "f4", ("a", "b"))
        topo.setncatts(attributes)
        topo[:] = heights


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("north_up", [False, True])
@pytest.mark.parametrize("first", [-180.0, 0.0, 5.0])
def test_a_bare_array_is_placed_by_what_is_said(
    swapped: bool, north_up: bool, first: float, tmp_path: Path
) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    heights = np.roll(corpus.HEIGHTS, -round((first + 180.0) / 5.0), axis=1)
    heights = heights[::-1] if north_up else heights
    bare(path, heights.T if swapped else heights)
    said = Choices(
        latitude="b" if swapped else "a", north_up=north_up, first_longitude=first, units="m"
    )
    apply_choices(path, said, target)
    topography, _ = load_topography(target)
    turned = np.roll(topography.heights, round((first + 180.0) / 5.0), axis=1)
    np.testing.assert_array_equal(turned, corpus.HEIGHTS)
    assert (topography.grid.west - first) % 360.0 == 0.0


def test_rows_on_the_poles_are_known_by_the_shape(tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    rows = np.pad(corpus.HEIGHTS, ((0, 1), (0, 1)), mode="wrap")
    bare(path, rows)
    found = examine(path, Choices(north_up=False, first_longitude=-180.0)).understanding
    assert found is not None
    assert (found.rows, found.columns) == (36, 72)
    assert found.rows_at_poles
    assert found.cyclic_column_dropped


def test_depths_and_packed_numbers_are_understood(tmp_path: Path) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    corpus.Layout(
        heights=corpus.holed(-corpus.HEIGHTS / 0.5, -20000.0).astype("i2"),
        attributes={"scale_factor": 0.5, "units": "m"},
    )(path)
    said = Choices(positive="down", missing_value=-10000.0)
    understanding = apply_choices(path, said, target)
    np.testing.assert_array_equal(load_topography(target)[0].heights, corpus.filled_heights())
    assert understanding.holes == len(corpus.HOLES)
    assert understanding.scale_factor == 0.5


def test_a_number_that_does_not_occur_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    corpus.Layout()(path)
    found = examine(path, Choices(missing_value=-32768.0)).understanding
    assert found is not None
    assert any("No cell holds -32768" in sentence for sentence in found.warnings)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"north_up": True}, corpus.HEIGHTS[::-1]),
        ({"first_longitude": 0.0}, np.roll(corpus.HEIGHTS, 36, axis=1)),
        ({"first_longitude": -175.0, "north_up": True}, np.roll(corpus.HEIGHTS[::-1], 1, axis=1)),
    ],
)
def test_a_planet_that_lies_wrong_is_turned(
    said: dict, expected: np.ndarray, tmp_path: Path
) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    corpus.Layout()(path)
    apply_choices(path, Choices.from_dict(said), target)
    topography, _ = load_topography(target)
    west = round((topography.grid.west + 180.0) / 5.0)
    np.testing.assert_array_equal(np.roll(topography.heights, west, axis=1), expected)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"variable": "nothing"}, "no variable 'nothing'"),
        ({"variable": "lat", "north_up": True}, "no field of two dimensions"),
        ({"latitude": "depth"}, "no variable and no dimension 'depth'"),
        ({"latitude": "lat", "longitude": "lat"}, "cannot be the same dimension"),
        ({"indices": {"time": 0}}, "has no dimension 'time'; it has lat, lon"),
        ({"indices": {"lat": 36}}, "counted from 0 to 35, so there is no 36"),
        ({"indices": {"lat": 3}}, "1 dimensions that are longer than 1"),
    ],
)
def test_choices_that_do_not_fit_are_named(said: dict, sentence: str, tmp_path: Path) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    corpus.Layout()(path)
    with pytest.raises(InputRefused) as refusal:
        apply_choices(path, Choices.from_dict(said), target, name="my file.nc")
    assert sentence in str(refusal.value)
    assert str(refusal.value).startswith("my file.nc: ")
    assert not target.exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"colour": "red"}, "'colour' cannot be set; there are variable, latitude,"),
        ({"units": "cubits"}, "units must be one of m, km,"),
        ({"positive": "left"}, "positive must be one of up, down, not 'left'"),
        ({"north_up": "yes"}, "north_up must be true or false, not 'yes'"),
        ({"first_longitude": "west"}, "first_longitude must be a number, not 'west'"),
        ({"first_longitude": 500.0}, "between -360 and 360 degrees, not at 500"),
        ({"missing_value": float("nan")}, "missing_value must be a number"),
        ({"indices": [1]}, "indices must be dimensions with whole numbers"),
        ({"indices": {"time": 1.5}}, "along time must be a whole number, not 1.5"),
        ({"variable": 3}, "variable must be a name, not 3"),
    ],
)
def test_choices_of_the_wrong_kind_are_refused(said: dict, sentence: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        Choices.from_dict(said)
    assert sentence in str(refusal.value)


def test_choices_round_trip() -> None:
    said = {"variable": "z", "indices": {"time": 1}, "north_up": False, "units": "km"}
    assert Choices.from_dict(said).as_dict() == said
    assert Choices().as_dict() == {}


def test_the_written_file_is_our_own_and_says_what_was_said(tmp_path: Path) -> None:
    path, target = tmp_path / "upload.nc", tmp_path / "raw.nc"
    corpus.several_fields(path)
    apply_choices(path, Choices(variable="after"), target, name="my file.nc")
    assert is_own(target)
    kept = read(target)
    assert list(kept.variables) == ["lat", "lon", "topo"]
    assert kept.attributes["step"] == "set_coords"
    assert json.loads(kept.attributes["parameters"]) == {"variable": "after"}
    assert "my file.nc" in kept.attributes["history"]
    assert "upload.nc" not in kept.attributes["history"]
    with netCDF4.Dataset(target) as dataset:
        assert dataset.data_model == "NETCDF3_64BIT_OFFSET"
    made = run_step("regrid", {"raw": target}, {"dlat": 5.0, "dlon": 5.0}, tmp_path)
    np.testing.assert_array_equal(load_topography(made.files["raw"])[0].heights, corpus.HEIGHTS)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload.nc"
    corpus.Layout()(path)
    with pytest.raises(OutputRefused, match="does not exist"):
        apply_choices(path, Choices(), tmp_path / "nowhere" / "raw.nc")
