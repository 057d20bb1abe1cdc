"""A user's map of biomes: any regular global file, read as it is, or one sentence."""

import json
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import megabiomes
from climpy.bc.ipsl.megabiomes import MEGABIOME_OF_BIOME4, MEGABIOMES, PERCENTAGES
from climpy.errors import InputRefused
from climpy.grids.regular import RegularGrid
from climpy.steps.biome_map import load_megabiomes
from tests.netcdf_corpus import LATITUDES, LONGITUDES, NX, NY, Layout

BIOMES = np.random.default_rng(5).integers(0, 29, (NY, NX)).astype("i2")
EXPECTED = np.vectorize({0: 0, **MEGABIOME_OF_BIOME4}.get)(BIOMES)


def biome_file(path: Path, **parts: Any) -> Path:
    Layout(**{"heights": BIOMES, "name": "biome", "attributes": {}, **parts})(path)
    return path


HOLED = np.where(BIOMES == 0, np.nan, BIOMES)

LAYOUTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "north-up": {"heights": BIOMES[::-1], "latitudes": LATITUDES[::-1]},
    "longitude first": {"heights": BIOMES.T, "dims": ("lon", "lat")},
    "a time and a level": {
        "heights": BIOMES[None, :, None, :],
        "dims": ("time", "lat", "level", "lon"),
    },
    "a cyclic column": {
        "heights": np.hstack([BIOMES, BIOMES[:, :1]]),
        "longitudes": np.append(LONGITUDES, LONGITUDES[0] + 360.0),
    },
    "bytes": {"heights": BIOMES.astype("i1")},
    "NetCDF-4, big-endian": {
        "heights": BIOMES.astype(">i4"),
        "format": "NETCDF4",
        "storage": {"endian": "big"},
    },
    "real numbers with holes": {"heights": HOLED.astype("f4")},
    "a fill value": {
        "heights": np.where(BIOMES == 0, -9999, BIOMES).astype("i2"),
        "fill": np.int16(-9999),
    },
    "packed": {
        "heights": (BIOMES * 10 + 7).astype("i2"),
        "attributes": {"scale_factor": 0.1, "add_offset": -0.7},
    },
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_map_is_read_however_it_lies(name: str, tmp_path: Path) -> None:
    path = biome_file(tmp_path / "biomes.nc", **LAYOUTS[name])
    biomes, facts = load_megabiomes(path)
    np.testing.assert_array_equal(biomes.codes, EXPECTED)
    assert (biomes.grid.shape, biomes.grid.west) == ((NY, NX), -180.0)
    assert facts["variable"] == "biome"
    assert facts["orientation"] == ("north-up" if name == "north-up" else "south-up")
    assert facts["cells_without_biome"] == int((BIOMES == 0).sum())
    json.dumps(facts)


@settings(deadline=None, max_examples=10)
@given(columns=st.integers(0, NX - 1))
def test_where_the_longitudes_begin_does_not_matter(
    columns: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = biome_file(
        tmp_path_factory.mktemp("turned") / "biomes.nc",
        heights=np.roll(BIOMES, -columns, axis=1),
        longitudes=LONGITUDES + 5.0 * columns,
    )
    plain = megabiomes.BiomeMap(EXPECTED, RegularGrid.of_shape(NY, NX))
    np.testing.assert_array_equal(
        megabiomes.on_half_degree(load_megabiomes(path)[0]), megabiomes.on_half_degree(plain)
    )


def test_rows_on_the_poles_count_on_both_sides_and_are_never_averaged(tmp_path: Path) -> None:
    rows = np.where(np.arange(NY + 1) % 2, 1, 28)[:, None] * np.ones((1, NX))
    path = biome_file(
        tmp_path / "biomes.nc",
        heights=rows.astype("i2"),
        latitudes=np.linspace(-90.0, 90.0, NY + 1),
    )
    biomes, _ = load_megabiomes(path)
    found = megabiomes.on_half_degree(biomes)
    latitudes = np.arange(-89.75, 90.0, 0.5)
    nearest = np.ceil((latitudes + 90.0) / 5.0 - 0.5).astype(int)
    np.testing.assert_array_equal(found[:, 100], np.where(nearest % 2, 1, 28))
    assert set(np.unique(found)) == {1, 28}


def test_finer_maps_are_picked_not_averaged(tmp_path: Path) -> None:
    """Stripes narrower than a target cell: only biomes of the map come out."""
    stripes = np.tile([1, 28], (720, 720)).astype("i2")
    path = biome_file(
        tmp_path / "biomes.nc",
        heights=stripes,
        latitudes=-90.0 + 0.25 * (np.arange(720) + 0.5),
        longitudes=-180.0 + 0.25 * (np.arange(1440) + 0.5),
    )
    biomes, _ = load_megabiomes(path)
    assert set(np.unique(megabiomes.on_half_degree(biomes))) <= {1, 28}


def test_of_several_fields_the_named_one_is_read(tmp_path: Path) -> None:
    path = biome_file(tmp_path / "biomes.nc")
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.createVariable("npp", "f4", ("lat", "lon"))[...] = 1.5
    with pytest.raises(InputRefused) as refusal:
        load_megabiomes(path)
    assert str(refusal.value) == (
        "biomes.nc: There are several fields that may be the biomes: biome, npp; "
        "name the one to take with biome_var (--biome-var)."
    )
    np.testing.assert_array_equal(load_megabiomes(path, "biome")[0].codes, EXPECTED)
    with pytest.raises(InputRefused, match=r"^biomes.nc: The variable npp is no map of biomes"):
        load_megabiomes(path, "npp")
    with pytest.raises(InputRefused, match=r"has no variable 'biom'; .* biome, npp"):
        load_megabiomes(path, "biom")


REGIONAL = {"heights": BIOMES[:, :40], "longitudes": LONGITUDES[:40]}
GAUSSIAN = {"latitudes": 90.0 * np.sin(np.deg2rad(LATITUDES))}


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"heights": np.full((NY, NX), 42, "i4")}, "The biome map holds 42, which"),
        ({"heights": np.full((NY, NX), -1, "i4")}, "The biome map holds -1, which"),
        ({"heights": np.full((NY, NX), 10**9, "i4")}, "The biome map holds 1e+09, which"),
        ({"heights": np.full((NY, NX), 3.7)}, "it holds 3.7, and biomes are whole numbers"),
        (REGIONAL, "The grid is not global: its columns reach from -180 to 20"),
        (GAUSSIAN, "The grid is irregular"),
        ({"coordinate_attributes": ({}, {}), "coordinates": ("a", "b")}, "no latitudes and"),
        ({"heights": BIOMES[:, 0], "dims": ("lat",)}, "no numeric field of two dimensions"),
    ],
)
def test_what_is_no_map_of_biomes_has_its_sentence(
    parts: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "biomes.nc"
    if parts.get("dims") == ("lat",):
        with netCDF4.Dataset(path, "w") as dataset:
            dataset.createDimension("lat", NY)
            dataset.createVariable("biome", "i2", ("lat",))[...] = 1
    else:
        biome_file(path, **parts)
    with pytest.raises(InputRefused) as refusal:
        load_megabiomes(path)
    said = str(refusal.value)
    assert said.startswith("biomes.nc: ")
    assert sentence in said


def test_a_file_that_is_no_netcdf_is_refused(tmp_path: Path) -> None:
    (tmp_path / "biomes.nc").write_text("1 2 3")
    with pytest.raises(InputRefused, match="is not a NetCDF file"):
        load_megabiomes(tmp_path / "biomes.nc")


def test_megabiomes_that_are_given_replace_the_default_by_number_or_name() -> None:
    found = megabiomes.compositions({"tundra": {"C3 grass": 60, 1: 40}, 5: {1: 90, "11": 10}})
    assert found[8] == {10: 60.0, 1: 40.0}
    assert found[5] == {1: 90.0, 11: 10.0}
    kept = set(MEGABIOMES) - {5, 8}
    assert {n: found[n] for n in kept} == {n: PERCENTAGES[n] for n in kept}
    assert megabiomes.compositions({}) == PERCENTAGES


def test_what_is_kept_in_the_file_can_be_given_again() -> None:
    used = megabiomes.compositions({"tundra": {1: 33.3, 10: 66.7}})
    kept = megabiomes.attributes(used)
    assert megabiomes.compositions(json.loads(kept["biome_percentages"])) == used
    groups = json.loads(kept["biome_groups"])
    assert groups["tundra"] == [23, 24, 25, 26]
    assert sorted(biome for group in groups.values() for biome in group) == list(range(1, 29))


@pytest.mark.parametrize(
    ("given_biomes", "sentence"),
    [
        ({8: {10: 90}}, "The megabiome 8 (tundra) sums to 90 %, not 100 %"),
        ({"desert": {1: 120, 2: -20}}, "The megabiome 5 (desert): class 1 has 120 %"),
        ({"desert": {14: 100}}, "The megabiome 5 (desert): 14 is no vegetation class"),
        ({"desert": 100}, "The megabiome 5 (desert): percentages must name classes"),
        ({"steppe": {10: 100}}, "steppe is no megabiome; they are 1 tropical forest, 2 warm-"),
        ({10: {10: 100}}, "10 is no megabiome"),
        ({8: {1: 100}, "tundra": {1: 100}}, "8 (tundra) is given twice"),
    ],
)
def test_a_senseless_megabiome_is_named(given_biomes: dict[Any, Any], sentence: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        megabiomes.compositions(given_biomes)
    assert sentence in str(refusal.value)
