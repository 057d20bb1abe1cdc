"""What the painting of basins begins with on a new bathymetry."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import bathymetry, sub_basins
from climpy.errors import InputRefused, StepRefused
from climpy.grids.ocean import OceanGrid
from climpy.interactive.basins import base_of, open_basins
from climpy.interactive.opening import open_field
from climpy.io import write
from tests.ocean_grids import cylindrical_grid, depth_of
from tests.reference import reference


def base(rows: list[str], before: list[str]) -> tuple[list[str], list[str], str]:
    """The codes on a drawing, north on top, the sentences and the note."""
    depth, grid = depth_of(rows)
    codes = np.zeros(grid.shape)
    codes[:-1, 1:-1] = np.array([[0 if c in "#." else int(c) for c in row] for row in before])[::-1]
    was = np.zeros(grid.shape, dtype=bool)
    was[:-1, 1:-1] = np.array([[c != "#" for c in row] for row in before])[::-1]
    found = base_of(depth, grid, grid.fill_copies(codes), grid.fill_copies(was))
    assert np.array_equal(found.codes, grid.fill_copies(found.codes))
    drawing = found.codes[:-1, 1:-1][::-1]
    rows = ["".join("#" if d == 0 else str(c) for c, d in zip(*pair, strict=True))
            for pair in zip(drawing, depth[:-1, 1:-1][::-1], strict=True)]  # fmt: skip
    return rows, [highlight.sentence for highlight in found.highlights], found.note


def test_without_a_painting_it_is_the_proposal() -> None:
    depth, grid = depth_of(["........"] * 5)
    for method in ("thirds", "connected"):
        found = base_of(depth, grid, method=method)
        assert np.array_equal(found.codes, sub_basins.propose(depth, grid, method=method))
        assert found.note.startswith("A proposal")
        assert not found.highlights


def test_the_same_coastline_keeps_the_painting() -> None:
    rows, sentences, note = base(["..##..", "......", "######"], ["11##33", "112233", "######"])
    assert rows == ["11##33", "112233", "######"]
    assert sentences == []
    assert "the coastline is the same" in note


def test_land_loses_its_basin_and_new_ocean_takes_its_neighbours() -> None:
    rows, sentences, note = base(
        ["........", "##......", "########"],
        ["11####22", "11####22", "########"],
    )
    assert rows == ["11112222", "##112222", "########"]
    assert sentences == [
        "2 cells became land and lost their basin.",
        "8 cells became ocean and took the basin of the nearest painted cells.",
    ]
    assert "10 cells have changed" in note


def test_new_ocean_goes_by_water_before_it_goes_by_distance() -> None:
    rows, _, _ = base(
        ["########", "....#...", "########", "########"],
        ["########", "1####222", "########", "########"],
    )
    assert rows[1] == "1111#222"


def test_a_new_sea_of_its_own_takes_the_nearest_basin() -> None:
    rows, _, _ = base(
        ["#####.##", "########", "..####..", "########"],
        ["########", "########", "33####22", "########"],
    )
    assert rows[0] == "#####2##"


def test_new_ocean_takes_its_basin_across_seam_and_fold() -> None:
    # about an F point column c of the northern row touches column 7 - c of the same row
    rows, _, _ = base(
        ["#.####.#", "########", "..####..", "########"],
        ["######3#", "########", "11####..", "########"],
    )
    assert rows[0] == "#3####3#"


def test_ocean_that_was_left_unpainted_is_listed() -> None:
    rows, sentences, _ = base(["....", "....", "####"], ["11.2", "1112", "####"])
    assert rows[0] == "1102"
    assert sentences == ["1 cell of the ocean has no basin."]


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 9999))
def test_every_cell_that_stays_keeps_its_basin_and_all_ocean_gets_one(seed: int) -> None:
    grid = cylindrical_grid(12, 16)
    numbers = np.random.default_rng(seed)
    before, after = (grid.fill_copies(100.0 * (numbers.random(grid.shape) > 0.4)) for _ in range(2))
    codes = grid.fill_copies(numbers.integers(1, 4, grid.shape)) * (before > 0)
    found = base_of(after, grid, codes)
    stays = (before > 0) & (after > 0)
    assert np.array_equal(found.codes[stays], codes[stays])
    assert np.array_equal(found.codes > 0, after > 0)
    sub_basins.to_file(found.codes, after, grid)


def test_an_unknown_method_is_refused() -> None:
    depth, grid = depth_of(["........"] * 4)
    with pytest.raises(InputRefused, match="'thirds' or 'connected'"):
        base_of(depth, grid, method="halves")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, OceanGrid]:
    """A bathymetry and a painting of its basins."""
    depth, grid = depth_of(["........", "...##...", "........", "########"])
    bathy, basins = tmp_path / "bathy.nc", tmp_path / "sub_basins.nc"
    write(bathy, bathymetry.to_file(depth, grid))
    codes = sub_basins.propose(depth, grid)
    write(basins, sub_basins.to_file(codes, depth, grid))
    return bathy, basins, grid


def test_files_are_opened_painted_and_written_again(files, tmp_path: Path) -> None:
    bathy, basins, _ = files
    opened = open_basins(bathy, basins, "thirds")
    assert opened.field.kind == "codes"
    assert np.array_equal(opened.field.sea, opened.depth > 0.0)
    assert "painted last" in opened.notes[0]
    write(tmp_path / "again.nc", opened.content(opened.field.values))
    again = open_field(tmp_path / "again.nc").field
    assert np.array_equal(again.values, opened.field.values)


def test_a_painting_of_another_grid_is_not_carried(files, tmp_path: Path) -> None:
    bathy, _, _ = files
    depth, grid = depth_of(["..........", "....##....", "..........", "##########"])
    other = tmp_path / "other.nc"
    write(other, sub_basins.to_file(sub_basins.propose(depth, grid), depth, grid))
    opened = open_basins(bathy, other, "thirds")
    assert "another grid" in opened.notes[0]
    assert opened.notes[1].startswith("A proposal")


def test_what_cannot_be_saved_is_refused(files) -> None:
    bathy, basins, _ = files
    opened = open_basins(bathy, None, "connected")
    bare = opened.field.values.copy()
    bare[opened.field.sea] = 0.0
    with pytest.raises(StepRefused, match="to no basin"):
        opened.content(bare)
    with pytest.raises(InputRefused):
        open_basins(basins, None, "thirds")
    with pytest.raises(InputRefused, match="holds no basins"):
        open_basins(bathy, bathy, "thirds")


def test_a_real_painting_is_carried_onto_another_age() -> None:
    bathy = reference("bathymetries", "palaeo_38Ma_orca2.nc")
    before = reference("bathymetries", "palaeo_60Ma_sub_basins.nc")
    opened = open_basins(bathy, before, "thirds")
    assert len(opened.highlights) == 2
    masks = opened.content(opened.field.values).variables
    total = sum(masks[name].values for name in sub_basins.MASK_NAMES.values())
    assert np.array_equal(total == 1, opened.depth > 0.0)
