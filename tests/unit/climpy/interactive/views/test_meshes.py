"""Cells lie between the edges that their centres, or the file, say."""

from dataclasses import replace

import numpy as np
import pytest

from climpy.grids.ocean import Fold
from climpy.interactive import Field
from climpy.interactive.field import cell_centres
from climpy.interactive.views.meshes import mesh_of
from tests.unit.climpy.interactive.views.meshes_to_see import ocean, regular, turned


def test_edges_of_a_regular_grid_lie_halfway_and_end_at_the_poles() -> None:
    mesh = mesh_of(regular(6, 4, west=-180.0))
    assert mesh.regular
    np.testing.assert_array_equal(mesh.latitudes, np.arange(-90.0, 91.0, 30.0)[:, None])
    np.testing.assert_array_equal(mesh.longitudes, np.arange(-180.0, 181.0, 90.0)[None, :])


def test_rows_on_the_poles_end_at_the_poles() -> None:
    latitudes = np.linspace(90.0, -90.0, 7)[:, None]
    field = Field(np.zeros((7, 4)), "other", latitudes, cell_centres(7, 4, 0.0)[1])
    mesh = mesh_of(field)
    assert mesh.latitudes is not None
    assert mesh.latitudes[[0, 1, -2, -1], 0].tolist() == [90.0, 75.0, -75.0, -90.0]
    assert not mesh.northward


def test_longitudes_may_jump() -> None:
    longitudes = np.array([[0.0, 90.0, 180.0, -90.0]])
    mesh = mesh_of(replace(regular(6, 4), longitudes=longitudes))
    assert mesh.longitudes is not None
    assert mesh.longitudes.tolist() == [[-45.0, 45.0, 135.0, 225.0, 315.0]]


def test_a_column_that_is_there_twice_goes_round_no_more_than_once() -> None:
    field = replace(regular(6, 5), longitudes=np.array([[0.0, 90.0, 180.0, 270.0, 360.0]]))
    mesh = mesh_of(field)
    assert mesh.longitudes is not None
    assert mesh.longitudes[0, -1] - mesh.longitudes[0, 0] == 360.0


def test_full_coordinates_of_a_regular_grid_are_recognised() -> None:
    field = regular()
    full = np.broadcast_arrays(field.latitudes, field.longitudes)
    mesh = mesh_of(replace(field, latitudes=full[0], longitudes=full[1]))
    assert mesh.regular
    np.testing.assert_array_equal(mesh.latitudes, mesh_of(field).latitudes)


def test_corners_of_the_file_count() -> None:
    field = regular(2, 2)
    latitudes = np.broadcast_to(np.array([[-90.0], [10.0], [90.0]]), (3, 3))
    longitudes = np.broadcast_to(np.array([[0.0, 150.0, 300.0]]), (3, 3))
    mesh = mesh_of(field, (latitudes, longitudes))
    assert mesh.regular
    assert mesh.latitudes is not None
    assert mesh.latitudes[1, 0] == 10.0
    bent = latitudes + np.array([[0.0], [1.0], [0.0]]) * np.arange(3)
    assert not mesh_of(field, (bent, longitudes)).regular


def test_without_places_there_are_rows_and_columns_only() -> None:
    mesh = mesh_of(replace(regular(), latitudes=None, longitudes=None))
    assert not mesh.placed
    with pytest.raises(ValueError):
        _ = mesh.corners


@pytest.mark.parametrize("fold", list(Fold))
def test_copies_have_the_corners_of_what_they_are_copies_of(fold: Fold) -> None:
    field = ocean(fold)
    latitudes, longitudes = mesh_of(field).corners
    ny, nx = field.shape

    def middles(part: np.ndarray) -> np.ndarray:
        return (part[:-1, :-1] + part[1:, :-1] + part[:-1, 1:] + part[1:, 1:]).ravel()

    phi, lam = np.deg2rad(latitudes), np.deg2rad(longitudes)
    for part in (np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)):
        middle = middles(part)
        np.testing.assert_allclose(middle, middle[field.nodes], atol=0.02)
    assert (mesh_of(field).drawn >= 0).sum() == np.unique(field.nodes).size < ny * nx


def test_corners_surround_their_cell() -> None:
    field = turned()
    latitudes, _ = mesh_of(field).corners
    assert field.latitudes is not None
    around = np.stack(
        [latitudes[:-1, :-1], latitudes[1:, :-1], latitudes[:-1, 1:], latitudes[1:, 1:]]
    )
    low, high = around.min(axis=0), around.max(axis=0)
    inside = (field.latitudes > low) & (field.latitudes < high)
    assert (~inside).sum() <= 2  # the cells that hold a pole
