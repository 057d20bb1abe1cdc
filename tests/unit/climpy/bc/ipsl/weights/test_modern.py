"""The engine mosaix without YAC: what goes to it, and what is made of what comes back."""

from dataclasses import replace

import numpy as np
import pytest

from climpy.bc.ipsl.weights import grids, modern, modern_meshes, modern_slivers
from climpy.bc.ipsl.weights.links import Links
from climpy.errors import InputRefused, StepRefused
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import Fold
from tests.coupling import continents, ocean_grid
from tests.ocean_grids import cylindrical_grid


def planet(fold=Fold.F_POINT):
    ocean = cylindrical_grid(ny=31, columns=60, fold=fold)
    depth = np.where(np.abs(ocean.glamt) < 40.0, 0.0, 2000.0)
    return modern.planet(ocean.fill_copies(depth), ocean, LmdzGrid(12, 9))


def links(source, target, weight, shape=(3, 4)):
    return Links.of(source, target, weight, (2, 5), shape)


def test_any_depth_is_sea():
    ocean = cylindrical_grid()
    on = modern.planet(np.full(ocean.shape, 0.01), ocean, LmdzGrid())
    assert on.sea.sum() == (ocean.shape[0] - 2) * (ocean.shape[1] - 2)
    assert on.atmosphere_area.sum() == pytest.approx(4.0 * np.pi * 6371229.0**2, rel=1e-12)


def test_no_ocean_is_refused():
    ocean = cylindrical_grid()
    with pytest.raises(StepRefused, match="no ocean"):
        modern.planet(np.zeros(ocean.shape), ocean, LmdzGrid())


def test_lone_cells_have_no_point_for_the_stress():
    ocean = cylindrical_grid()
    depth = np.zeros(ocean.shape)
    depth[5:20:3, 5:50:3] = 100.0
    with pytest.raises(StepRefused, match="no ocean at U points"):
        modern.meshes(modern.planet(depth, ocean, LmdzGrid()))


@pytest.mark.parametrize("fold", list(Fold))
def test_only_cells_that_count_are_meshed_each_by_its_address(fold):
    on = planet(fold)
    meshes = modern.meshes(on)
    expected = grids.ocean_grids(on.sea, on.ocean, "TUV")
    for grid in expected.values():
        mesh = meshes[grid.name]
        assert np.array_equal(mesh.addresses, np.flatnonzero(~grid.masked))
        assert mesh.size == on.sea.size
        assert mesh.corners.sum() == mesh.vertices.size
        first = np.concatenate([[0], np.cumsum(mesh.corners)[:-1]])
        for cell in (0, mesh.addresses.size // 2, mesh.addresses.size - 1):
            corners = mesh.vertices[first[cell] : first[cell] + mesh.corners[cell]]
            latitudes = grid.corners[0].reshape(4, -1)[:, mesh.addresses[cell]]
            assert sorted(mesh.latitudes[corners]) == pytest.approx(sorted(latitudes))
    assert np.array_equal(meshes["torc"].addresses, on.cells)


def test_neighbours_share_their_edges_across_the_seam_and_the_fold():
    ocean = ocean_grid()
    on = modern.planet(continents(ocean), ocean, LmdzGrid())
    mesh = modern.meshes(on)["torc"]
    first = np.concatenate([[0], np.cumsum(mesh.corners)[:-1]])

    def corners(j, i):
        (cell,) = np.flatnonzero(mesh.addresses == j * ocean.shape[1] + i)
        return set(mesh.vertices[first[cell] : first[cell] + mesh.corners[cell]].tolist())

    j = next(j for j in range(20, 130) if on.sea[j, 1] and on.sea[j, 180])
    assert len(corners(j, 1) & corners(j, 180)) == 2
    i = next(i for i in range(2, 90) if on.sea[147, i] and on.sea[147, 181 - i])
    assert len(corners(147, i) & corners(147, 181 - i)) == 2


def damaged(on, value):
    corners = on.ocean.glamf.copy(), on.ocean.gphif.copy()
    j, i = np.argwhere(on.sea)[100]
    for values, one in zip(corners, value, strict=True):
        for dj, di in ((-1, -1), (-1, 0), (0, -1)):
            values[j + dj, i + di] = one if one is not None else values[j, i]
    return replace(on, ocean=replace(on.ocean, glamf=corners[0], gphif=corners[1])), j, i


def test_a_cell_without_area_is_named():
    on, j, i = damaged(planet(), (None, None))
    with pytest.raises(InputRefused, match=f"row {j}, column {i} of the grid torc has no area"):
        modern.meshes(on)


def test_a_corner_that_is_nowhere_is_named():
    on, _, _ = damaged(planet(), (np.nan, np.nan))
    with pytest.raises(InputRefused, match="of the grid torc has a corner without coordinates"):
        modern.meshes(on)


def test_a_grid_without_corners_is_refused():
    grid = grids.ocean_grids(planet().sea, planet().ocean, "F")["F"]
    with pytest.raises(InputRefused, match="forc have no corners"):
        modern_meshes.of_ocean(grid)


def test_a_pole_has_one_share_of_ocean():
    grid = LmdzGrid(4, 3)
    share = links([0, 1, 2, 3], [0, 1, 4, 13], [1.0, 0.6, 0.5, 0.2], grid.shape)
    fraction = modern.ocean_fraction(share, grid)
    assert fraction[0] == pytest.approx(np.full(4, 0.4))
    assert fraction[-1] == pytest.approx(np.full(4, 0.05))
    assert fraction[1].tolist() == [0.5, 0.0, 0.0, 0.0]


def test_rounding_makes_no_share_larger_than_one():
    grid = LmdzGrid(4, 3)
    share = links([0, 1], [5, 5], [0.5, 0.5 + 1e-12], grid.shape)
    whole = modern.at_most_whole(share, grid)
    assert modern.ocean_fraction(whole, grid)[1, 1] == pytest.approx(1.0, abs=3e-16)


def test_ocean_cells_over_one_another_are_refused():
    grid = LmdzGrid(4, 3)
    share = links([0, 1], [5, 5], [0.8, 0.3], grid.shape)
    with pytest.raises(StepRefused, match=r"cover 1\.1 times .* 30 north, -90 east"):
        modern.at_most_whole(share, grid)


def test_all_columns_of_a_mixed_pole_get_its_mean():
    share = links([0, 1, 3, 7], [0, 1, 1, 5], [0.5, 0.25, 0.25, 0.9])
    temperature = links([0, 1, 3, 7], [0, 1, 1, 5], [1.0, 0.5, 0.5, 1.0])
    filled = modern.over_mixed_poles(temperature, share)
    field = np.arange(10.0).reshape(2, 5)
    pole = 0.5 * 0.0 + 0.25 * 1.0 + 0.25 * 3.0
    assert filled.apply(field)[0] == pytest.approx(np.full(4, pole))
    assert filled.apply(field)[1].tolist() == [0.0, 7.0, 0.0, 0.0]
    assert filled.apply(field)[2].tolist() == [0.0] * 4


def test_poles_that_are_all_ocean_stay_as_they_are():
    share = links([0, 1, 2, 3], [0, 1, 2, 3], [0.5] * 4)
    assert modern.over_mixed_poles(share, share) is share


def thin(width):
    """A grid of 1 x 2 cells, the second of them so many degrees wide, over a grid of 1 x 2."""
    west, east = np.array([[0.0, 10.0]]), np.array([[10.0, 10.0 + width]])
    south, north = np.zeros((1, 2)), np.full((1, 2), 0.1)
    target = grids.CoupledGrid(
        "vorc",
        0.5 * (south + north),
        0.5 * (west + east),
        np.zeros((1, 2), dtype=bool),
        np.ones((1, 2)),
        (np.stack([south, south, north, north]), np.stack([west, east, east, west])),
    )
    source = replace(
        target, name="tlmd", longitudes=np.array([[5.0, 11.0]]), masked=np.array([[False, False]])
    )
    found = Links.of([0], [0], [1.0], (1, 2), (1, 2))
    return found, source, target


def test_a_thin_cell_takes_the_nearest():
    filled = modern_slivers.completed(*thin(1e-6))
    assert filled.source.tolist() == [0, 1]
    assert filled.target.tolist() == [0, 1]
    assert filled.weight.tolist() == [1.0, 1.0]


def test_a_thin_cell_takes_nothing_from_land():
    found, source, target = thin(1e-6)
    land = replace(source, masked=np.array([[False, True]]))
    assert modern_slivers.completed(found, land, target).source.tolist() == [0, 0]


def test_a_cell_that_is_not_thin_must_have_a_link():
    with pytest.raises(StepRefused, match=r"1 ocean cells of the grid vorc.*row 0, column 1"):
        modern_slivers.completed(*thin(1.0))
