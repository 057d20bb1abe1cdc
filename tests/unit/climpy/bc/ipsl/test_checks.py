"""Checks: enclosed seas, poles, passages, singular points."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import checks
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.grids.regular import RegularGrid
from tests.ocean_grids import (
    cylindrical_grid,
    depth_of,
    real_grid,
    reference_field,
    regular_heights,
)


def flooded(wet: np.ndarray, neighbours: dict[int, set[int]]) -> list[set[int]]:
    """Components of the wet cells by plain search, to compare with."""
    left, found = set(np.flatnonzero(wet).tolist()), []
    while left:
        front = [left.pop()]
        part = set(front)
        while front:
            for cell in neighbours[front.pop()] & left:
                left.remove(cell)
                part.add(cell)
                front.append(cell)
        found.append(part)
    return found


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**16), st.floats(0.2, 0.8))
def test_seas_are_the_components_but_the_largest(seed: int, land: float) -> None:
    ny, nx = 9, 14
    wet = np.random.default_rng(seed).random((ny, nx)) > land
    grid = RegularGrid.of_shape(ny, nx)
    found = checks.internal_oceans(np.where(wet, -100.0, 100.0), grid)
    neighbours: dict[int, set[int]] = {}
    for j in range(ny):
        for i in range(nx):
            beside = {j * nx + (i + 1) % nx, j * nx + (i - 1) % nx}
            beside |= {b * nx + i for b in (j - 1, j + 1) if 0 <= b < ny}
            neighbours[j * nx + i] = beside
    parts = flooded(wet, neighbours)
    ours = [set(np.flatnonzero(found.numbers == sea.number).tolist()) for sea in found.seas]
    assert len(ours) == max(len(parts) - 1, 0)
    assert all(part in parts for part in ours)
    assert [sea.cells for sea in found.seas] == [len(part) for part in ours]
    areas = [round(sea.area_km2, 3) for sea in found.seas]
    assert areas == sorted(areas, reverse=True)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 35), st.integers(0, 2**16))
def test_shifting_the_planet_shifts_the_seas(columns: int, seed: int) -> None:
    heights = np.random.default_rng(seed).normal(size=(18, 36))
    grid = RegularGrid.of_shape(18, 36)
    one = checks.internal_oceans(heights, grid)
    other = checks.internal_oceans(np.roll(heights, columns, axis=1), grid)
    np.testing.assert_array_equal(other.mask, np.roll(one.mask, columns, axis=1))
    assert sum(s.area_km2 for s in one.seas) == pytest.approx(sum(s.area_km2 for s in other.seas))


def test_a_sea_is_described() -> None:
    heights, grid = regular_heights(
        [
            "........",
            "..####..",
            "..#..#..",
            "..####..",
            "........",
            "........",
        ]
    )
    (sea,) = checks.internal_oceans(heights, grid).seas
    assert (sea.number, sea.cells) == (1, 2)
    assert (sea.latitude, sea.longitude) in {(15.0, -22.5), (15.0, 22.5)}
    side_km = np.pi * 6370.0 / 6.0
    width_km = 2.0 * np.pi * 6370.0 * np.cos(np.deg2rad(15.0)) / 8.0
    assert sea.area_km2 == pytest.approx(2.0 * side_km * width_km)


def test_the_ocean_joins_across_the_date_line() -> None:
    heights, grid = regular_heights(["########", "..####..", "########"])
    assert checks.internal_oceans(heights, grid).seas == ()


def test_corners_do_not_join() -> None:
    heights, grid = regular_heights(["....####", "####.###", "########"])
    assert [sea.cells for sea in checks.internal_oceans(heights, grid).seas] == [1]


def test_a_planet_without_ocean_or_without_land_has_no_seas() -> None:
    grid = RegularGrid.of_shape(4, 8)
    assert checks.internal_oceans(np.ones((4, 8)), grid).seas == ()
    assert checks.internal_oceans(-np.ones((4, 8)), grid).seas == ()


def test_on_the_ocean_grid_the_fold_joins_and_copies_are_counted_once() -> None:
    drawing = [
        ".##.####.##.",
        ".##.####.##.",
        "############",
        "...#.....###",
    ]
    # About an F point column c of the northern row touches column 11 - c of the same row.
    depth, grid = depth_of(drawing)
    found = checks.internal_oceans_on_ocean_grid(depth, grid)
    assert sorted(sea.cells for sea in found.seas) == [3, 4, 5]
    np.testing.assert_array_equal(found.numbers, found.numbers.ravel()[grid.originals])


def test_the_reference_planet_has_no_sea() -> None:
    heights = reference_field("fix3_topo.nc", "topo")
    found = checks.internal_oceans(heights, RegularGrid.of_shape(180, 360))
    assert found.seas == ()
    np.testing.assert_array_equal(
        heights > 0.0, np.isnan(reference_field("internal_oceans.nc", "v"))
    )


@pytest.mark.parametrize(
    ("south", "north", "kept", "majority"),
    [
        (1.0, 1.0, True, "land"),
        (1.0, -1.0, True, "ocean"),
        (-1.0, -1.0, False, "ocean"),
    ],
)
def test_pole_rules(south: float, north: float, kept: bool, majority: str) -> None:
    grid = RegularGrid.of_shape(180, 360)
    heights = np.full((180, 360), -1.0)
    heights[:12], heights[176:] = south, north
    found = checks.pole_rules(heights, grid)
    assert (found.kept, found.northern_majority) == (kept, majority)
    assert found.southern_ocean_cells == (0 if south > 0.0 else 12 * 360)


def test_a_mixed_north_breaks_the_rule() -> None:
    heights = np.full((180, 360), 1.0)
    heights[176:, :100] = -1.0
    found = checks.pole_rules(heights, RegularGrid.of_shape(180, 360))
    assert not found.kept
    assert (found.northern_land_cells, found.northern_ocean_cells) == (4 * 260, 4 * 100)
    assert found.northern_majority == "land"


def passages(drawing: list[str], fold: Fold = Fold.F_POINT) -> list[tuple[int, int]]:
    """Row from the south and column of the passages among the unique cells."""
    depth, grid = depth_of(drawing, fold)
    mask = checks.diffusive_passages(depth, grid)
    np.testing.assert_array_equal(mask, mask.ravel()[grid.originals])
    rows, columns = np.nonzero(mask & grid.unique)
    return list(zip(rows.tolist(), (columns - 1).tolist(), strict=True))


def test_passages_along_i_and_j() -> None:
    assert passages(["........", "..####..", "........", "........"]) == []
    assert passages(["########", "##...###", "########", "########"]) == [(2, 3)]
    assert passages(["########", "##.#####", "##.#####", "##.#####", "########"]) == [(2, 2)]


def test_a_passage_at_the_seam_is_counted_once() -> None:
    assert passages(["########", ".######.", "########", "########"]) == []
    assert passages(["########", "..#####.", "########", "########"]) == [(2, 0)]
    assert passages(["########", ".#####..", "########", "########"]) == [(2, 7)]


def test_a_passage_across_the_fold_is_counted_for_both_of_its_cells() -> None:
    drawing = ["##.##.##", "##.##.##", "########", "########"]
    assert passages(drawing) == [(3, 2), (3, 5)]


def test_the_southern_edge_is_land() -> None:
    assert passages(["########", "########", "##.#####"]) == []
    assert passages(["########", "########", "##...###"]) == [(0, 3)]


def test_the_reference_passages_are_met() -> None:
    depth, ocean = reference_field("bathy.nc", "Bathymetry"), real_grid()
    found = checks.diffusive_passages(depth, ocean)
    theirs = reference_field("passage_problems_orca.nc", "v") == 2.0
    np.testing.assert_array_equal(found[ocean.unique], theirs[ocean.unique])
    assert np.count_nonzero(found & ocean.unique) == 10


def test_singular_points() -> None:
    heights, grid = regular_heights(["....####", "....####", "####....", "........"])
    points = checks.singular_points([(60.0, 106.0), (60.0, -74.0)], heights, grid)
    assert [p.on_land for p in points] == [True, False]
    assert [p.height_m for p in points] == [500.0, -1000.0]


def test_a_report_is_json_and_warns_of_each_finding() -> None:
    island = ["..####..", "..#..#..", "..####.."]
    heights, grid = regular_heights(["........", *island, *["........"] * 11])
    depth, ocean = depth_of(["########", "##.#.###", "##...###", "########"])
    found = checks.report(heights, grid, depth, ocean, poles=[(60.0, 170.0), (70.0, 10.0)])
    stored = json.loads(json.dumps(found.as_dict()))
    assert stored["internal_oceans"][0]["cells"] == 2
    assert stored["singular_points"][0]["on_land"] is False
    assert stored["pole_rules_kept"] is False
    assert len(stored["diffusive_passages"]) == 1
    for part in ("1 sea with 2 cells", "south of 78 S", "only diffuse", "60.0 N 170.0 E lies in"):
        assert any(part in sentence for sentence in stored["warnings"]), part


def test_a_clean_planet_has_no_warnings() -> None:
    heights, grid = regular_heights(["########", "..####..", "........", "########"])
    depth, ocean = depth_of(["....####", "....####", "....####"])
    found = checks.report(heights, grid, depth, ocean, poles=[(60.0, 20.0)])
    assert found.warnings == ()


def test_wrong_shapes_are_refused() -> None:
    ocean = cylindrical_grid()
    for check in (checks.internal_oceans_on_ocean_grid, checks.diffusive_passages):
        with pytest.raises(InputRefused, match="the ocean grid 31 x 62"):
            check(np.zeros((2, 2)), ocean)
    for check in (checks.internal_oceans, checks.pole_rules):
        with pytest.raises(InputRefused, match="the topography grid 4 x 8"):
            check(np.zeros((2, 2)), RegularGrid.of_shape(4, 8))
