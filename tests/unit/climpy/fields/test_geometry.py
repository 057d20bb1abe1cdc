"""Where cells lie: regular grids any way round, ocean grids with their poles, seam and fold."""

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climpy import fields
from climpy.fields.corners import corners_between, corners_of_f_points, on_sphere
from climpy.grids.nemo import unit_vectors
from climpy.grids.ocean import Fold
from climpy.grids.orca import OrcaParameters, generate
from tests import netcdf_corpus as corpus
from tests.reference import reference
from tests.unit.climpy.fields.files import coordinates_file, ocean_file, plant_file

OCEAN = generate(OrcaParameters())


def points(geometry: fields.Geometry, prefix: str = "") -> np.ndarray:
    return unit_vectors(
        *(geometry.arrays[f"{prefix}{n}"].astype(float) for n in ("latitudes", "longitudes"))
    )


def holds_its_centre(geometry: fields.Geometry) -> np.ndarray:
    """Whether the centre of each cell lies near the mean of its corners, by the cell's size."""
    corners, centres = points(geometry, "corner_"), points(geometry)
    four = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]])
    size = np.linalg.norm(four - centres, axis=-1).max(axis=0)
    return np.linalg.norm(four.mean(axis=0) - centres, axis=-1) <= 0.35 * size + 1e-6


@pytest.mark.parametrize("name", corpus.GOOD)
def test_regular_files_lie_where_they_say(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.GOOD[name](path)
    first = fields.header(path)["first"] or ""
    found = fields.geometry(path, first)
    assert found.kind == "rectilinear"
    assert found.south_up == ("north-up" not in name)
    assert found.transposed == ("longitude first" in name)
    assert found.periodic_columns == (1 if "cyclic" in name else 0)
    assert found.shape == fields.field(path, first).shape
    assert np.diff(found.arrays["longitude_edges"]) == pytest.approx(5.0, abs=1e-3)
    edges = found.arrays["latitude_edges"]
    assert sorted((edges[0], edges[-1])) == [-90.0, 90.0]


def test_every_cell_of_a_turned_file_is_where_its_value_is(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    for name in ("longitudes that pass the date line", "longitudes from 0 to 360", "north-up"):
        corpus.GOOD[name](path)
        told, found = fields.field(path, "topo"), fields.geometry(path, "topo")
        rows = np.round((found.arrays["latitudes"] + 87.5) / 5.0).astype(int)
        columns = np.round((found.arrays["longitudes"] + 177.5) / 5.0).astype(int) % corpus.NX
        np.testing.assert_array_equal(told.values, corpus.HEIGHTS[np.ix_(rows, columns)])


def test_rows_on_the_poles_have_half_cells(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.rows_at_poles(path)
    edges = fields.geometry(path, "topo").arrays["latitude_edges"]
    np.testing.assert_allclose(edges[:2], [-90.0, -87.5])
    np.testing.assert_allclose(edges[-2:], [87.5, 90.0])


def test_a_region_does_not_go_round(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.BAD["regional columns"][0](path)
    assert fields.geometry(path, "topo").periodic_columns is None


def test_further_dimensions_do_not_disturb(tmp_path: Path) -> None:
    path = tmp_path / "plants.nc"
    plant_file(path)
    found = fields.geometry(path, "share")
    assert (found.kind, found.shape, found.south_up) == ("rectilinear", (6, 8), False)


@pytest.mark.parametrize("name", ["no coordinates", "unsorted longitudes", "holes in coordinates"])
def test_without_usable_coordinates_there_is_no_place(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.BAD[name][0](path)
    found = fields.geometry(path, "topo")
    assert (found.kind, dict(found.arrays)) == ("index", {})


def test_metres_are_no_degrees(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.Layout(
        dims=("y", "x"),
        coordinates=("y", "x"),
        latitudes=1000.0 * corpus.LATITUDES,
        longitudes=1000.0 * corpus.LONGITUDES,
        coordinate_attributes=({"units": "m"}, {"units": "m"}),
    )(path)
    assert fields.geometry(path, "topo").kind == "index"


def test_degrees_west_are_turned(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.Layout(
        longitudes=-corpus.LONGITUDES,
        coordinate_attributes=({"units": "degrees_north"}, {"units": "degrees_west"}),
    )(path)
    found = fields.geometry(path, "topo")
    np.testing.assert_allclose(found.arrays["longitudes"], corpus.LONGITUDES)


def test_corners_of_an_ocean_grid_are_its_f_points_but_at_the_mesh_poles() -> None:
    centres = on_sphere(OCEAN.gphit, OCEAN.glamt)
    exact = corners_of_f_points(on_sphere(OCEAN.gphif, OCEAN.glamf))
    found = corners_between(centres, 2, Fold.F_POINT)
    apart_m = 6_371_229.0 * np.linalg.norm(found - exact, axis=-1)
    share = apart_m[1:, 1:] / np.maximum(OCEAN.e1f, OCEAN.e2f)
    assert np.percentile(share, 99.0) < 0.02
    assert share.max() < 0.51
    assert apart_m[0].max() < 1000.0  # the open southern edge, cells of more than 50 km


def test_a_coordinates_file_gives_its_own_corners(tmp_path: Path) -> None:
    path = tmp_path / "coords.nc"
    coordinates_file(path, OCEAN)
    found = fields.geometry(path, "e1t")
    corners = points(found, "corner_")
    exact = unit_vectors(OCEAN.gphif, OCEAN.glamf)
    assert np.abs(corners[1:, 1:] - exact).max() < 1e-6
    np.testing.assert_allclose(corners[:, 0], corners[:, -3], atol=1e-6)
    at_u = points(fields.geometry(path, "e1u"))
    assert np.abs(at_u - unit_vectors(OCEAN.gphiu, OCEAN.glamu)).max() < 1e-6


@pytest.mark.parametrize("fold", ["F", "T"])
def test_an_ocean_grid_holds_its_centres_and_folds(fold: str, tmp_path: Path) -> None:
    path = tmp_path / "ocean.nc"
    ocean = OCEAN
    if fold == "T":
        # T points of a grid folded about T points: the U points one column on, over the last row
        latitudes, longitudes = t_folded()
        with netCDF4.Dataset(path, "w") as dataset:
            for dim, length in zip("yx", latitudes.shape, strict=True):
                dataset.createDimension(dim, length)
            dataset.createVariable("nav_lat", "f8", ("y", "x"))[:] = latitudes
            dataset.createVariable("nav_lon", "f8", ("y", "x"))[:] = longitudes
            dataset.createVariable("depth", "f8", ("y", "x"))[:] = 1.0
    else:
        ocean_file(path, ocean, depth=ocean.e1t)
    found = fields.geometry(path, "depth")
    assert (found.kind, found.periodic_columns, found.fold) == ("curvilinear", 2, fold)
    assert np.isfinite(found.arrays["corner_latitudes"]).all()
    assert np.abs(found.arrays["corner_longitudes"]).max() <= 180.0
    inside = holds_its_centre(found)
    assert inside.mean() > 0.99
    assert inside[: -20 if fold == "F" else -6].all()
    corners = points(found, "corner_")
    assert np.abs(corners[:, -2:] - corners[:, 1:3]).max() < 1e-6  # the seam


def t_folded() -> tuple[np.ndarray, np.ndarray]:
    """A grid with two mesh poles at 60 north, folded about T points, by an exact projection."""
    ny, nx = 40, 42
    period = nx - 2
    columns = (np.arange(nx) - 1) % period
    rows = np.arange(ny)
    # confocal coordinates: angle along the columns, stage along the rows, nought on the fold
    angle = 2.0 * np.pi * columns / period
    stage = 2.2 * (ny - 2 - rows) / (ny - 2)
    radius = np.tan(np.deg2rad(15.0))
    x = radius * np.cosh(stage)[:, None] * np.cos(angle)
    y = radius * np.sinh(stage)[:, None] * np.sin(angle)
    return 90.0 - 2.0 * np.rad2deg(np.arctan(np.hypot(x, y))), np.rad2deg(np.arctan2(y, x))


def test_cells_at_the_date_line_are_small(tmp_path: Path) -> None:
    path = tmp_path / "ocean.nc"
    ocean_file(path, OCEAN, depth=OCEAN.e1t)
    found = fields.geometry(path, "depth")
    corners = points(found, "corner_")
    widths = np.linalg.norm(np.diff(corners, axis=1), axis=-1)
    assert np.rad2deg(widths.max()) < 2.1
    crossing = np.abs(np.diff(found.arrays["corner_longitudes"], axis=1)) > 180.0
    assert crossing.any()  # longitudes do jump there, places do not


def test_cells_without_coordinates_have_no_corners(tmp_path: Path) -> None:
    path = tmp_path / "ocean.nc"
    latitudes = OCEAN.gphit.copy()
    latitudes[60:80, 40:60] = np.nan
    ocean_file(path, OCEAN, depth=OCEAN.e1t)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset["nav_lat"][:] = latitudes
    found = fields.geometry(path, "depth")
    assert found.kind == "curvilinear"
    missing = np.isnan(found.arrays["corner_latitudes"])
    assert missing[61:80, 41:60].all()
    assert not missing[:60].any()
    assert not missing[82:].any()


def test_real_ocean_files_are_placed() -> None:
    for name, variable in (
        ("palaeo_38Ma_orca2.nc", "Bathymetry"),
        ("palaeo_60Ma_sub_basins.nc", "atlmsk"),
    ):
        found = fields.geometry(reference("bathymetries", name), variable)
        assert (found.kind, found.periodic_columns, found.fold) == ("curvilinear", 2, "F")
        assert holds_its_centre(found).mean() > 0.99
    path = reference("grids", "paleorca2_coordinates.nc")
    found = fields.geometry(path, "e2t")
    assert found.arrays["corner_latitudes"].shape == (150, 183)
    assert holds_its_centre(found).mean() > 0.98
