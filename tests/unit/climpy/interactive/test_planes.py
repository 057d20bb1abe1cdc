"""Any variable of any file as a plane to be edited, and the file that comes of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from climate_simulation_platform.sandbox import values as travelling
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.interactive import Box, Cells, Edit, Selection, Session, SetTo, Smooth
from climpy.interactive.looking import Looked, look
from climpy.interactive.opening import open_plane, planes, sheet_of
from climpy.io import write
from tests import netcdf_corpus
from tests.contract.test_product_files import PRODUCTS, world
from tests.ocean_grids import cylindrical_grid
from tests.reference import reference
from tests.unit.climpy.fields.files import ocean_file, plant_file


def stored(path: Path) -> dict[str, tuple[Any, bytes, dict[str, str]]]:
    """Type, bits and attributes of every variable of a file."""
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        found = {}
        for name, variable in dataset.variables.items():
            values = np.asarray(variable[...])
            bits = repr(values).encode() if values.dtype.hasobject else values.tobytes()
            said = {key: repr(variable.getncattr(key)) for key in variable.ncattrs()}
            found[name] = (variable.dtype, bits, said)
        return found


def raw(path: Path, name: str) -> np.ndarray:
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_maskandscale(False)
        return np.asarray(dataset[name][...])


@pytest.fixture(params=list(PRODUCTS))
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.nc"
    write(path, PRODUCTS[request.param].make(world()))
    return path


def test_every_field_of_every_product_is_opened_and_written_back_bit_for_bit(
    product: Path,
) -> None:
    found = planes(product)
    with netCDF4.Dataset(product) as dataset:
        two = {name for name, v in dataset.variables.items() if sum(n > 1 for n in v.shape) > 1}
    assert {plane.variable for plane in found} == two
    before, target = stored(product), product.with_name("written.nc")
    for plane in found:
        opened = open_plane(product, plane.variable)
        assert opened.editable is plane.editable
        assert opened.field.values.shape == opened.field.shape
        target.unlink(missing_ok=True)
        assert opened.write(opened.field.values.copy(), target, {"history": "x"}) == []
        assert stored(target) == before
        with netCDF4.Dataset(target) as dataset:
            assert dataset.history == "x"
            assert dataset.data_model == "NETCDF3_64BIT_OFFSET"


def test_fields_come_first_and_coordinates_are_for_looking_only(product: Path) -> None:
    found = planes(product)
    editable = [plane.editable for plane in found]
    if product.name == "coords.nc":
        assert not any(editable)
        with pytest.raises(InputRefused, match="says where the cells lie"):
            open_plane(product, "glamt").require_editable()
        return
    assert editable == sorted(editable, reverse=True)
    assert editable[0]
    assert {p.variable for p in found if not p.editable} <= {
        "nav_lat", "nav_lon", "navlat", "navlon",
    }  # fmt: skip


@pytest.mark.parametrize("name", list(PRODUCTS))
def test_fields_lie_where_the_world_has_them(name: str, tmp_path: Path) -> None:
    write(tmp_path / "f.nc", PRODUCTS[name].make(world()))
    field = open_plane(tmp_path / "f.nc").field
    assert field.latitudes is not None
    assert field.longitudes is not None
    if field.originals is not None:
        assert np.array_equal(field.latitudes, world().ocean.gphit) or name == "coords"
        assert field.fold == "F"
        return
    assert (np.diff(field.latitudes[:, 0]) > 0).all()
    assert field.periodic
    if name in ("regrid", "soils"):
        assert np.array_equal(field.values > 0, world().heights > 0)
    if name == "routing":
        assert np.array_equal(np.isfinite(field.values), world().heights > 0)


def test_kinds_are_those_of_the_numbers(tmp_path: Path) -> None:
    kinds = {"regrid": "topography", "bathy": "bathymetry", "topo_high_res": "topography"}
    for name, product in PRODUCTS.items():
        path = tmp_path / f"{name}.nc"
        write(path, product.make(world()))
        assert open_plane(path).field.kind == kinds.get(name, "other"), name
    assert open_plane(tmp_path / "routing.nc", "topo").field.kind == "topography"
    assert open_plane(tmp_path / "routing.nc", "orog").field.kind == "other"


def test_further_axes_have_labels_and_places(tmp_path: Path) -> None:
    given_values = plant_file(tmp_path / "plants.nc")
    first, *_ = planes(tmp_path / "plants.nc")
    assert first.variable == "share"
    assert first.axes == (
        ("time (years since 0-1-1)", ("0.5", "1.5")),
        ("plant", ("1", "2", "3")),
    )
    for place in ((0, 0), (1, 2)):
        opened = open_plane(tmp_path / "plants.nc", "share", place)
        assert np.array_equal(opened.field.values, given_values[place][::-1])
        assert (opened.index, opened.units) == (place, "%")
    for place, sentence in (
        ((1,), "2 further axes"),
        ((0, 3), "counted from 0 to 2"),
        ((-1, 0), "no -1"),
    ):
        with pytest.raises(InputRefused, match=sentence):
            open_plane(tmp_path / "plants.nc", "share", place)


def test_only_the_changed_cells_are_written_packed_as_they_were(tmp_path: Path) -> None:
    source, target = tmp_path / "plants.nc", tmp_path / "edited.nc"
    values = plant_file(source)
    values[1, 2, 0, 0] = np.nan
    plant_file(source, values)
    opened = open_plane(source, "share", (1, 2))
    session = Session(opened.field)
    session.apply(Edit(Selection.of(Cells(((75, 22.5), (-75, 67.5)))), SetTo(33.3)))
    session.apply(Edit(Selection.of(Cells(((5, 2),), "index")), SetTo(50.0)))
    notes = opened.write(session.values, target, {})
    assert notes == ["2 cells were rounded to numbers that share can hold (int16)."]
    before, after = raw(source, "share"), raw(target, "share")
    differ = np.argwhere(before != after).tolist()
    assert differ == [[1, 2, 0, 0], [1, 2, 0, 2], [1, 2, 5, 1]]
    assert open_plane(target, "share", (1, 2)).field.values[5, 0] == 33.5
    assert [after[tuple(place)] for place in differ] == [47, 80, 47]
    for name in ("lat", "lon", "time", "plant"):
        assert stored(source)[name] == stored(target)[name]


def test_what_a_file_cannot_hold_is_refused(tmp_path: Path) -> None:
    source, target = tmp_path / "plants.nc", tmp_path / "edited.nc"
    plant_file(source)
    opened = open_plane(source, "share")

    def written(value: float) -> None:
        values = opened.field.values.copy()
        values[2, 2] = value
        opened.write(values, target, {})

    with pytest.raises(InputRefused, match=r"share can hold values from -16374 to 16393.5 in th"):
        written(20_000.0)
    with pytest.raises(InputRefused, match="stand for a cell without a value"):
        written(9.5)
    assert list(tmp_path.iterdir()) == [source]
    with netCDF4.Dataset(source, "a") as dataset:
        dataset["share"].valid_range = np.array([0, 100], np.int16)
    opened = open_plane(source, "share")
    with pytest.raises(InputRefused, match="from 10 to 60 in this file, not 61"):
        written(61.0)


def every_way(
    path: Path, *, columns: int, transposed: bool, north_up: bool, westward: bool
) -> None:
    """Heights of the corpus as single precision, in any order, beginning anywhere."""
    heights = np.roll(netcdf_corpus.HEIGHTS, -columns, axis=1).astype("f4")
    latitudes, longitudes = netcdf_corpus.LATITUDES, np.roll(netcdf_corpus.LONGITUDES, -columns)
    if north_up:
        heights, latitudes = heights[::-1], latitudes[::-1]
    if westward:
        heights, longitudes = heights[:, ::-1], longitudes[::-1]
    layout = netcdf_corpus.Layout(
        heights=heights.T.copy() if transposed else heights.copy(),
        dims=("lon", "lat") if transposed else ("lat", "lon"),
        latitudes=latitudes.copy(),
        longitudes=longitudes.copy(),
    )
    layout(path)


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from([0, 5, 36]), st.booleans(), st.booleans(), st.booleans(),
    st.tuples(st.floats(-89, 89), st.floats(-180, 180)),
)  # fmt: skip
def test_an_edit_in_degrees_reaches_the_same_place_in_any_order_of_the_file(
    tmp_path: Path,
    columns: int,
    transposed: bool,
    north_up: bool,
    westward: bool,
    place: tuple[float, float],
) -> None:
    source, target = tmp_path / "source.nc", tmp_path / "target.nc"
    every_way(source, columns=columns, transposed=transposed, north_up=north_up, westward=westward)
    opened = open_plane(source, "topo")
    assert opened.field.kind == "topography"
    turned = np.roll(opened.field.values, columns, axis=1)
    assert np.array_equal(turned, netcdf_corpus.HEIGHTS)
    session = Session(opened.field)
    session.apply(Edit(Selection.of(Cells((place,))), SetTo(1234.25)))
    opened.write(session.values, target, {})
    again = open_plane(target, "topo").field
    assert again.values.tobytes() == session.values.tobytes()
    row, column = np.argwhere(np.roll(again.values, columns, axis=1) == 1234.25)[0]
    assert abs(netcdf_corpus.LATITUDES[row] - place[0]) <= 2.5 + 1e-6
    east = abs((netcdf_corpus.LONGITUDES[column] - place[1] + 180) % 360 - 180)
    assert east <= 2.5 + 1e-6
    assert np.count_nonzero(raw(source, "topo") != raw(target, "topo")) == 1


def test_a_column_that_repeats_the_first_follows_it(tmp_path: Path) -> None:
    source, target = tmp_path / "source.nc", tmp_path / "target.nc"
    netcdf_corpus.cyclic(source)
    opened = open_plane(source)
    assert opened.field.shape == netcdf_corpus.HEIGHTS.shape
    assert opened.field.periodic
    session = Session(opened.field)
    session.apply(Edit(Selection.of(Box(4, 4, 0, 1, "index")), SetTo(-77)))
    opened.write(session.values, target, {})
    differ = np.argwhere(raw(source, "topo") != raw(target, "topo")).tolist()
    assert differ == [[4, 0], [4, 1], [4, netcdf_corpus.NX]]


def test_a_part_of_the_globe_does_not_go_round(tmp_path: Path) -> None:
    layout = netcdf_corpus.Layout(
        heights=netcdf_corpus.HEIGHTS[:, :30].copy(), longitudes=netcdf_corpus.LONGITUDES[:30]
    )
    layout(tmp_path / "part.nc")
    field = open_plane(tmp_path / "part.nc").field
    assert (field.periodic, field.turn) == (False, 0)


def test_what_lies_nowhere_has_rows_and_columns_only(tmp_path: Path) -> None:
    layout = netcdf_corpus.Layout(latitudes=None, longitudes=None)
    layout(tmp_path / "nowhere.nc")
    opened = open_plane(tmp_path / "nowhere.nc")
    assert opened.field.latitudes is None
    assert any("rows and columns only" in note for note in opened.notes)
    session = Session(opened.field)
    with pytest.raises(InputRefused, match="choose them by row and column"):
        session.apply(Edit(Selection.of(Box(0, 9, 0, 9)), SetTo(1)))
    session.apply(Edit(Selection.of(Box(0, 9, 0, 9, "index")), SetTo(1)))
    opened.write(session.values, tmp_path / "out.nc", {})
    assert (raw(tmp_path / "out.nc", "topo")[:10, :10] == 1).all()


@pytest.mark.parametrize("fold", list(Fold))
def test_cells_of_an_ocean_grid_are_edited_with_their_copies(fold: Fold, tmp_path: Path) -> None:
    grid = cylindrical_grid(12, 16, fold)
    ice = grid.fill_copies(np.random.default_rng(1).random(grid.shape))
    ocean_file(tmp_path / "ice.nc", grid, ice=ice)
    opened = open_plane(tmp_path / "ice.nc", "ice")
    assert opened.field.fold == fold.value
    assert opened.corners is not None
    assert opened.corners[0].shape == (13, 19)
    assert len(opened.poles) == 2
    session = Session(opened.field)
    session.apply(Edit(Selection.of(Box(9, 11, 0, 5, "index")), SetTo(2.0)))
    opened.write(session.values, tmp_path / "out.nc", {})
    after = raw(tmp_path / "out.nc", "ice")
    assert np.array_equal(grid.fill_copies(after), after)
    assert (after[10:, 0] == 2).all()
    assert (after[10:, 16] == 2).all()


def test_columns_that_repeat_without_a_fold_are_edited_together(tmp_path: Path) -> None:
    grid = cylindrical_grid(12, 16)
    bent = 3.0 * np.sin(np.deg2rad(grid.glamt[:8]))
    south = replace(grid, glamt=grid.glamt[:8], gphit=grid.gphit[:8] + bent)
    ocean_file(tmp_path / "south.nc", south, ice=np.ones((8, 18)))
    opened = open_plane(tmp_path / "south.nc", "ice")
    assert (opened.field.fold, opened.field.turn, opened.poles) == ("", 16, ())
    session = Session(opened.field)
    session.apply(Edit(Selection.of(Cells(((3, 0),), "index")), SetTo(5.0)))
    assert np.argwhere(session.values == 5.0).tolist() == [[3, 0], [3, 16]]


@pytest.mark.parametrize("name", sorted(netcdf_corpus.GOOD))
def test_odd_files_keep_all_that_they_hold(name: str, tmp_path: Path) -> None:
    source, target = tmp_path / "source.nc", tmp_path / "target.nc"
    netcdf_corpus.GOOD[name](source)
    opened = open_plane(source)
    assert opened.editable
    session = Session(opened.field)
    session.apply(Edit(Selection.of(Cells(((3, 4),), "index")), SetTo(opened.field.values[5, 6])))
    opened.write(session.values, target, {"history": "edited"})
    again = open_plane(target)
    assert again.field.values.tobytes() == session.values.tobytes()
    before, after = stored(source), stored(target)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {opened.variable}
    with netCDF4.Dataset(source) as one, netCDF4.Dataset(target) as other:
        assert one.data_model == other.data_model
        assert set(one.groups) == set(other.groups)


def test_bad_files_and_names_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "source.nc"
    netcdf_corpus.with_companions(source)
    with pytest.raises(InputRefused, match="has no variable 'nothing'"):
        open_plane(source, "nothing")
    with pytest.raises(InputRefused, match="no field of two dimensions"):
        open_plane(source, "lat")
    with netCDF4.Dataset(tmp_path / "empty.nc", "w") as dataset:
        dataset.createDimension("x", 3)
    with pytest.raises(InputRefused, match="holds no field"):
        open_plane(tmp_path / "empty.nc")
    assert planes(tmp_path / "empty.nc") == ()


def test_what_was_looked_at_can_leave_a_sandbox(product: Path) -> None:
    looked = look(product)
    again = travelling.plain(travelling.encoded(looked))
    assert isinstance(again, Looked)
    assert again.planes == looked.planes == planes(product)
    sheet, expected = again.sheet, sheet_of(open_plane(product))
    assert sheet.field.values.tobytes() == expected.field.values.tobytes()
    assert (sheet.variable, sheet.title, sheet.units, sheet.index, sheet.poles, sheet.notes) == (
        expected.variable, expected.title, expected.units, expected.index, expected.poles,
        expected.notes,
    )  # fmt: skip
    assert (sheet.corners is None) == (expected.corners is None)
    session = Session(sheet.field)
    session.apply(Edit(Selection.of(Cells(((1, 1),), "index")), SetTo(1)))
    assert sheet.field.nodes.size == sheet.field.values.size


@pytest.mark.parametrize(
    "parts",
    [
        ("reference", "routing_60Ma", "routing.nc"),
        ("reference", "routing_60Ma", "heatflow.nc"),
        ("grids", "paleorca2_40Ma_grid.nc"),
        ("topographies", "palaeo_halfdeg.nc"),
    ],
)
def test_real_files_are_edited_in_place(parts: tuple[str, ...], tmp_path: Path) -> None:
    source = reference(*parts)
    opened = open_plane(source)
    session = Session(opened.field)
    session.apply(Edit(Selection.of(Box(-30, 30, 100, 200)), Smooth(1, keep_coast=False)))
    opened.write(session.values, tmp_path / "out.nc", {})
    again = open_plane(tmp_path / "out.nc").field
    single = raw(source, opened.variable).dtype == np.float32
    expected = session.values.astype(np.float32).astype(float) if single else session.values
    assert np.array_equal(again.values, expected, equal_nan=True)
    assert session.cells_changed > 100
