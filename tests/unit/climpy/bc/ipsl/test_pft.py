"""Vegetation: the table, the bands, land at half a degree, megabiomes."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import megabiomes, pft
from climpy.bc.ipsl.pft import CLASSES, DEFAULT_TABLE, VegetationTable
from climpy.errors import InputRefused, StepRefused
from climpy.grids.regular import RegularGrid
from tests.ocean_grids import reference_field

GRID = RegularGrid.of_shape(18, 36)
HALF = RegularGrid.of_shape(360, 720)


def planet(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-3000.0, 3000.0, (18, 36))


@st.composite
def tables(draw: st.DrawFn) -> VegetationTable:
    inner = draw(st.sets(st.floats(0.001, 89.999), max_size=5))
    rows = []
    for _ in range(len(inner) + 1):
        cuts = sorted(draw(st.lists(st.floats(0.0, 100.0), min_size=12, max_size=12)))
        rows.append(tuple(b - a for a, b in zip([0.0, *cuts], [*cuts, 100.0], strict=True)))
    return VegetationTable((*sorted(inner), 90.0), tuple(rows))


@settings(deadline=None, max_examples=50)
@given(tables())
def test_a_table_is_read_back_exactly(table: VegetationTable) -> None:
    assert VegetationTable.from_json(table.to_json()) == table
    assert VegetationTable.from_csv(table.to_csv()) == table
    assert VegetationTable.from_dict(json.loads(json.dumps(table.to_dict()))) == table


def test_a_table_is_read_back_from_the_file() -> None:
    table = VegetationTable.from_dict(
        {
            "bands": [
                {"to_latitude": 33.3, "percentages": {"C3 grass": 33.3, 1: 66.7}},
                {"to_latitude": 90, "percentages": {"9": 100}},
            ]
        }
    )
    content = pft.to_file(pft.vegetation(planet(1), GRID, table), table)
    assert pft.saved_table(content.attributes) == table
    assert pft.saved_table({}) is None


def test_the_default_bands() -> None:
    shares = pft.vegetation(np.ones((18, 36)), GRID)
    expected = {
        0.25: {2: 0.75, 3: 0.25},
        14.75: {2: 0.75, 3: 0.25},
        15.25: {2: 0.15, 3: 0.55, 10: 0.30},
        35.25: {5: 0.70, 6: 0.30},
        50.25: {5: 0.40, 6: 0.30, 8: 0.30},
        79.75: {5: 0.40, 6: 0.30, 8: 0.30},
        80.25: {6: 0.30, 9: 0.40, 10: 0.30},
        89.75: {6: 0.30, 9: 0.40, 10: 0.30},
    }
    for latitude, classes in expected.items():
        for sign in (-1.0, 1.0):
            row = int(np.argmin(np.abs(HALF.latitudes - sign * latitude)))
            found = {k + 1: float(s) for k, s in enumerate(shares[:, row, 100]) if s}
            assert found == pytest.approx(classes)


@settings(deadline=None, max_examples=10)
@given(tables(), st.integers(0, 2**16))
def test_land_sums_to_1_and_ocean_is_missing(table: VegetationTable, seed: int) -> None:
    shares = pft.vegetation(planet(seed), GRID, table)
    land = pft.land_mask(planet(seed), GRID)
    assert np.isnan(shares[:, ~land]).all()
    np.testing.assert_allclose(shares[:, land].sum(axis=0), 1.0, atol=1e-8)
    assert np.nanmin(shares) >= 0.0


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 35), st.integers(0, 2**16))
def test_shifting_the_planet_shifts_the_vegetation(columns: int, seed: int) -> None:
    shares = pft.vegetation(planet(seed), GRID)
    shifted = pft.vegetation(np.roll(planet(seed), columns, axis=1), GRID)
    np.testing.assert_array_equal(shifted, np.roll(shares, 20 * columns, axis=2))


def test_half_a_degree_keeps_its_own_mask_to_the_last_row_and_column() -> None:
    heights = np.random.default_rng(2).uniform(-1.0, 1.0, (360, 720))
    np.testing.assert_array_equal(pft.land_mask(heights, HALF), heights > 0.0)


def test_one_degree_is_aligned_with_its_half_degrees() -> None:
    heights = np.full((180, 360), -1.0)
    heights[5:-5, 10:20] = heights[100:110] = 1.0
    land = pft.land_mask(heights, RegularGrid.of_shape(180, 360))
    np.testing.assert_array_equal(land, np.repeat(np.repeat(heights > 0.0, 2, 0), 2, 1))


def test_the_real_planet_keeps_its_land() -> None:
    heights = reference_field("fix3_topo.nc", "topo")
    land = pft.land_mask(heights, RegularGrid.of_shape(180, 360))
    differs = land != np.repeat(np.repeat(heights > 0.0, 2, 0), 2, 1)
    assert differs.mean() < 0.02


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"percentages": {2: 75, 3: 20}}, "band 0 to 15 degrees sums to 95 %, not 100 %"),
        ({"percentages": {2: 120, 3: -20}}, "class 2 has 120 %, not 0 to 100 %"),
        ({"percentages": {14: 100}}, "14 is no vegetation class"),
        ({"percentages": {"oak": 100}}, "oak is no vegetation class"),
        ({"percentages": {2: "most"}}, "class 2 must be a number, not 'most'"),
        ({"percentages": {2: float("nan"), 3: 1}}, "class 2 has nan %"),
        ({"percentages": 75}, "must name classes"),
        ({"to_latitude": "equator"}, "to_latitude must be a number, not 'equator'"),
        ({"to_latitude": 0}, "must be positive and increase, not 0, 90"),
        ({"to_latitude": 90}, "must be positive and increase, not 90, 90"),
        ({"until": 15}, "must have to_latitude and percentages, and nothing else"),
    ],
)
def test_a_senseless_table_is_refused(change: dict[str, object], sentence: str) -> None:
    first = {"to_latitude": 15, "percentages": {2: 75, 3: 25}} | change
    bands = [first, {"to_latitude": 90, "percentages": {2: 100}}]
    with pytest.raises(InputRefused, match=re.escape(sentence)):
        VegetationTable.from_dict({"bands": bands})


def test_other_senseless_tables_are_refused() -> None:
    with pytest.raises(InputRefused, match="must reach 90 degrees, not 80"):
        VegetationTable((80.0,), DEFAULT_TABLE.percentages[:1])
    with pytest.raises(InputRefused, match="2 limits of bands but 1 rows"):
        VegetationTable((80.0, 90.0), DEFAULT_TABLE.percentages[:1])
    with pytest.raises(InputRefused, match="has 2 percentages, not 13"):
        VegetationTable((90.0,), ((50.0, 50.0),))
    for table in ({}, {"bands": []}, {"bands": "all"}, []):
        with pytest.raises(InputRefused, match="written as bands"):
            VegetationTable.from_dict(table)  # type: ignore[arg-type]
    with pytest.raises(InputRefused, match="is not JSON"):
        VegetationTable.from_json("{")
    with pytest.raises(InputRefused, match=r"Band 1 .* not 90, 100"):
        VegetationTable.from_csv("90, 100\n")


def test_a_map_of_megabiomes_becomes_vegetation() -> None:
    codes = np.full((18, 36), 1)
    codes[:9] = 5
    heights = np.ones((18, 36))
    heights[:, :18] = -1.0
    shares = pft_of(heights, codes)
    assert np.isnan(shares[:, :, 100]).all()
    assert {k + 1: s for k, s in enumerate(shares[:, 300, 500]) if s} == {2: 0.75, 3: 0.25}
    assert {k + 1: s for k, s in enumerate(shares[:, 10, 500]) if s} == {1: 1.0}


def pft_of(heights: np.ndarray, codes: np.ndarray, **options: object) -> np.ndarray:
    biomes = megabiomes.BiomeMap(codes, RegularGrid.of_shape(*codes.shape))
    return megabiomes.vegetation_of_biomes(heights, GRID, biomes, **options)


def test_land_that_the_biome_map_lacks_takes_the_nearest_biome() -> None:
    codes = np.zeros((18, 36), int)
    codes[9, 35] = 7
    shares = pft_of(np.ones((18, 36)), codes)
    assert not np.isnan(shares).any()
    np.testing.assert_allclose(shares[8], 0.4)


def test_every_default_biome_sums_to_100_and_all_28_are_grouped() -> None:
    assert set(megabiomes.PERCENTAGES) == set(megabiomes.MEGABIOMES)
    assert set(megabiomes.MEGABIOME_OF_BIOME4) == set(range(1, 29))
    codes = np.resize(np.arange(29), (18, 36))
    grouped = megabiomes.megabiomes(megabiomes.BiomeMap(codes, GRID))
    assert set(np.unique(grouped.codes).tolist()) == {0, *megabiomes.MEGABIOMES}
    shares = megabiomes.vegetation_of_biomes(np.ones((18, 36)), GRID, grouped)
    np.testing.assert_allclose(shares.sum(axis=0), 1.0)
    assert shares.shape == (len(CLASSES), 360, 720)


def test_senseless_biome_maps_are_refused() -> None:
    heights = np.ones((18, 36))
    with pytest.raises(InputRefused, match="holds 42, which the table of biomes does not"):
        pft_of(heights, np.full((18, 36), 42))
    with pytest.raises(InputRefused, match="Biome 1 sums to 90 %"):
        pft_of(heights, np.ones((18, 36), int), percentages={1: {2: 90}})
    with pytest.raises(StepRefused, match="holds no biome"):
        pft_of(heights, np.zeros((18, 36), int))


def test_shares_of_a_wrong_shape_are_refused() -> None:
    with pytest.raises(InputRefused, match=r"not \(13, 360, 720\)"):
        pft.to_file(np.zeros((13, 18, 36)), DEFAULT_TABLE)
