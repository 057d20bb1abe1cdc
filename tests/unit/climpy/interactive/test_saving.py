"""Edited files as the platform keeps them: they carry their edits, and stay as models read them."""

import json
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from climate_simulation_platform.sandbox import values as travelling
from climpy.bc.ipsl import bathymetry, regrid, sub_basins
from climpy.errors import InputRefused, StepRefused
from climpy.grids.regular import RegularGrid
from climpy.interactive import (
    Add,
    Box,
    Cells,
    Dig,
    Edit,
    EditList,
    Paint,
    Polygon,
    Scale,
    Selection,
    Session,
    SetTo,
    Surface,
    ValueRange,
    limits,
)
from climpy.interactive.desk import Marks
from climpy.interactive.edits import GridMark
from climpy.interactive.looking import look, open_for
from climpy.interactive.opening import open_field, open_plane
from climpy.interactive.saving import EditRequest, SavedEdit, edits_of, marks_of, repeat, save
from climpy.io import write
from climpy.steps.provenance import checksum
from climpy.topography import Topography
from tests.contract.test_product_files import PRODUCTS, world
from tests.unit.climpy.fields.files import plant_file

LAND_HIGHER = Edit(Selection.of(Surface("land")), Add(12.5), "raise the land")
DEEPER = Edit(Selection.of(Box(-40, 40, 100, 200)), Dig(5500.0))
GULF = Edit(Selection.of(Box(-20, 20, -10, 10)), SetTo(-300.0), "open a gulf")
BY_INDEX = Edit(Selection.of(Cells(((3, 4),), "index")), SetTo(-5.0))
INDIAN = Edit(Selection.of(Box(-60, 20, 20, 110)), Paint(3))


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "raw.nc"
    write(path, regrid.to_file(Topography(world().heights, world().grid)))
    return path


@pytest.fixture
def bathy(tmp_path: Path) -> Path:
    path = tmp_path / "bathy.nc"
    write(path, bathymetry.to_file(world().depth, world().ocean))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "result"
    made.mkdir()
    return made


def listed(kind: str, *edits: Edit, grid: GridMark | None = None) -> str:
    return EditList(kind, edits, grid).to_json()


def attributes(path: Path) -> dict[str, Any]:
    with netCDF4.Dataset(path) as dataset:
        return {name: dataset.getncattr(name) for name in dataset.ncattrs()}


def layout(path: Path) -> dict[str, Any]:
    """Types, dimensions and attributes of all variables."""
    with netCDF4.Dataset(path) as dataset:
        return {
            name: (
                str(variable.dtype),
                variable.dimensions,
                {key: variable.getncattr(key) for key in variable.ncattrs()},
            )
            for name, variable in dataset.variables.items()
        }


def test_a_topography_is_saved_with_its_history(raw: Path, folder: Path) -> None:
    marks = Marks(kept_seas=((12.5, 40.25),), intended_passages=((1, 2), (-3, 4)))
    request = EditRequest(
        "internal_oceans",
        {"raw": raw},
        listed("topography", LAND_HIGHER, GULF),
        marks=marks,
        description="with a gulf",
        words="by Ada",
        names={"raw": "Ypresian"},
    )
    saved = travelling.plain(travelling.encoded(save(request, folder)))
    assert isinstance(saved, SavedEdit)
    assert (saved.file_type, saved.path) == ("raw", folder / "raw.nc")
    assert saved.moves_coastline
    before, after = open_field(raw).field.values, open_field(saved.path).field.values
    changed = int(np.count_nonzero(before != after))
    assert saved.figures["cells_changed"] == changed
    assert [edit["title"] for edit in saved.figures["edits"]] == ["raise the land", "open a gulf"]
    assert saved.figures["cells_across_coast"] == np.count_nonzero((before > 0) != (after > 0))
    assert layout(saved.path) == layout(raw)
    said = attributes(saved.path)
    assert "internal_oceans from raw (Ypresian), 2 edits, by Ada" in said["history"]
    assert json.loads(said["parameters"])["description"] == "with a gulf"
    assert json.loads(said["input_sha256"])["raw"] == checksum(raw)
    assert said["step"] == "internal_oceans"
    assert edits_of(saved.path).edits == (LAND_HIGHER, GULF)
    assert marks_of(saved.path) == marks
    assert edits_of(raw) is None
    assert marks_of(raw) == Marks()


def test_a_bathymetry_stays_as_the_model_reads_it(bathy: Path, folder: Path) -> None:
    request = EditRequest("passage_problems", {"bathy": bathy}, listed("bathymetry", DEEPER))
    saved = save(request, folder)
    assert saved.path == folder / "bathy.nc"
    assert saved.moves_coastline
    assert layout(saved.path) == layout(bathy)
    before, edited = (open_field(path).field.values for path in (bathy, saved.path))
    assert set(edited[edited != before]) == {5500.0}
    write(folder / "expected.nc", bathymetry.to_file(edited, world().ocean))
    for name in ("Bathymetry", "nav_lat", "nav_lon"):
        with netCDF4.Dataset(saved.path) as one, netCDF4.Dataset(folder / "expected.nc") as other:
            assert np.array_equal(one[name][...], other[name][...])


def test_basins_are_saved_as_masks(bathy: Path, folder: Path) -> None:
    request = EditRequest("subbasins", {"bathy": bathy}, listed("codes", INDIAN))
    saved = save(request, folder)
    proposal = sub_basins.propose(world().depth, world().ocean)
    write(folder / "proposal.nc", sub_basins.to_file(proposal, world().depth, world().ocean))
    assert layout(saved.path) == layout(folder / "proposal.nc")
    codes = open_field(saved.path).field.values
    assert np.array_equal(codes > 0, world().depth > 0)
    assert np.count_nonzero(codes != proposal) > 5
    painted = EditRequest(
        "subbasins",
        {"bathy": bathy, "sub_basins": saved.path},
        listed("codes", Edit(Selection.of(Surface("ocean")), Paint(2))),
    )
    (folder / "second").mkdir()
    again = save(painted, folder / "second")
    assert set(np.unique(open_field(again.path).field.values)) == {0.0, 2.0}
    assert set(json.loads(attributes(again.path)["input_sha256"])) == {
        "bathy", "sub_basins", "edits",
    }  # fmt: skip
    bare = EditRequest(
        "subbasins", {"bathy": bathy}, listed("codes", Edit(INDIAN.selection, Paint(0)))
    )
    with pytest.raises(StepRefused, match="belong to no basin"):
        save(bare, folder)


@pytest.mark.parametrize("name", [n for n in PRODUCTS if n != "coords"])
def test_any_file_is_edited_as_it_stands(name: str, tmp_path: Path, folder: Path) -> None:
    source = tmp_path / "source.nc"
    write(source, PRODUCTS[name].make(world()))
    opened = open_plane(source)
    grid = GridMark.of(opened.field)
    value = 0.0 if name == "bathy" else 1.0
    edit = Edit(Selection.of(Cells(((9, 9), (10, 11)), "index")), SetTo(value))
    request = EditRequest("edit", {name: source}, listed(opened.field.kind, edit, grid=grid))
    saved = save(request, folder)
    assert (saved.file_type, saved.path) == (name, folder / f"{name}.nc")
    assert saved.figures["variable"] == opened.variable
    assert layout(saved.path) == layout(source)
    after = open_plane(saved.path).field.values
    assert after[9, 9] == after[10, 11] == value
    assert edits_of(saved.path).edits == (edit,)
    kept = {"Conventions", "title"} & set(attributes(source))
    for key in kept:
        assert attributes(saved.path)[key] == attributes(source)[key]


def test_further_edits_of_the_same_field_are_added_to_those_it_carries(
    tmp_path: Path, folder: Path
) -> None:
    source = tmp_path / "plants.nc"
    plant_file(source)
    edit = Edit(Selection.of(Box(0, 80, 0, 100)), SetTo(20.0))
    one = EditRequest("edit", {"pft": source}, listed("other", edit), "share", (1, 2))
    first = save(one, folder)
    more = Edit(Selection.of(ValueRange(20.0, 20.0)), SetTo(30.0))
    results = {}
    for index in ((1, 2), (0, 2)):
        target = folder / str(index)
        target.mkdir()
        request = EditRequest("edit", {"pft": first.path}, listed("other", more), "share", index)
        results[index] = save(request, target)
    assert edits_of(results[1, 2].path).edits == (edit, more)
    assert edits_of(results[0, 2].path).edits == (more,)
    newer = tmp_path / "newer.nc"
    plant_file(newer)
    (folder / "again").mkdir()
    again = repeat(results[1, 2].path, {"pft": newer}, folder / "again")
    expected = open_plane(results[1, 2].path, "share", (1, 2)).field.values
    assert np.array_equal(open_plane(again.path, "share", (1, 2)).field.values, expected)
    assert again.figures["index"] == [1, 2]


def test_edits_in_degrees_are_repeated_on_a_finer_planet(
    raw: Path, tmp_path: Path, folder: Path
) -> None:
    marks = Marks(kept_seas=((1.0, 2.0),))
    edits = listed("topography", LAND_HIGHER, GULF)
    saved = save(EditRequest("internal_oceans", {"raw": raw}, edits, marks=marks), folder)
    finer = tmp_path / "finer.nc"
    heights = world().heights.repeat(2, axis=0).repeat(2, axis=1)
    write(finer, regrid.to_file(Topography(heights, RegularGrid.of_shape(360, 720))))
    (folder / "again").mkdir()
    again = repeat(saved.path, {"raw": finer}, folder / "again")
    assert again.figures["cells_changed"] == 4 * saved.figures["cells_changed"]
    assert "360" in str(open_field(again.path).field.shape)
    assert edits_of(again.path).edits == (LAND_HIGHER, GULF)
    assert marks_of(again.path) == marks
    assert ", 2 edits, repeated" in attributes(again.path)["history"]


def test_edits_by_index_are_repeated_on_the_same_grid_only(
    raw: Path, tmp_path: Path, folder: Path
) -> None:
    grid = GridMark.of(open_field(raw).field)
    edits = listed("topography", BY_INDEX, grid=grid)
    saved = save(EditRequest("internal_oceans", {"raw": raw}, edits), folder)
    other = tmp_path / "other.nc"
    write(other, regrid.to_file(Topography(world().heights + 1.0, world().grid)))
    (folder / "again").mkdir()
    again = repeat(saved.path, {"raw": other}, folder / "again", words="")
    assert open_field(again.path).field.values[3, 4] == -5.0
    coarser = RegularGrid.of_shape(90, 180)
    write(other, regrid.to_file(Topography(world().heights[::2, ::2].copy(), coarser)))
    with pytest.raises(InputRefused, match="Edit 1 counts rows and columns of another grid"):
        repeat(saved.path, {"raw": other}, folder / "again")
    with pytest.raises(InputRefused, match="carries no edits"):
        repeat(raw, {"raw": raw}, folder)


def test_painted_basins_are_carried_onto_a_new_coast(
    bathy: Path, tmp_path: Path, folder: Path
) -> None:
    swap = (
        Edit(Selection.of(ValueRange(1, 1)), Paint(2)),
        Edit(Selection.of(ValueRange(3, 3)), Paint(1)),
    )
    saved = save(EditRequest("subbasins", {"bathy": bathy}, listed("codes", *swap)), folder)
    depth = world().depth.copy()
    depth[12:16, 20:24] = 0.0
    newer = tmp_path / "newer.nc"
    write(newer, bathymetry.to_file(world().ocean.fill_copies(depth), world().ocean))
    (folder / "again").mkdir()
    again = repeat(saved.path, {"bathy": newer}, folder / "again")
    before, after = (open_field(path).field.values for path in (saved.path, again.path))
    sea = open_field(newer).field.values > 0
    assert np.array_equal(after, np.where(sea, before, 0.0))
    assert edits_of(again.path).edits == swap
    looked = look({"bathy": newer, "sub_basins": saved.path}, step="subbasins")
    assert "became land" in looked.sheet.highlights[0].sentence
    assert [plane.variable for plane in looked.planes] == ["sub_basins"]


def test_a_session_is_saved_as_it_was_shown_or_refused(raw: Path, folder: Path) -> None:
    session = Session(open_field(raw).field)
    session.apply(LAND_HIGHER)
    session.apply(GULF)
    session.undo()
    saved = save(EditRequest("internal_oceans", {"raw": raw}, session.to_json()), folder)
    assert np.array_equal(open_field(saved.path).field.values, session.values)
    assert edits_of(saved.path).edits == (LAND_HIGHER,)
    other = session.to_json().replace('"amount":12.5', '"amount":12.25')
    with pytest.raises(InputRefused, match="other values here than the editor showed"):
        save(EditRequest("internal_oceans", {"raw": raw}, other), folder)


def test_long_lists_of_edits_are_carried_by_files_of_every_format(
    tmp_path: Path, folder: Path
) -> None:
    points = tuple((float(n % 80), n / 100) for n in range(9000))
    edit = Edit(Selection.of(Polygon(points)), Scale(50.0), "a long way round")
    for model in ("NETCDF4", "NETCDF4_CLASSIC", "NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA"):
        source = tmp_path / "source.nc"
        with netCDF4.Dataset(source, "w", format=model) as dataset:
            for name, values, units in (
                ("lat", np.arange(-85.0, 90, 10), "degrees_north"),
                ("lon", np.arange(5.0, 360, 10), "degrees_east"),
            ):
                dataset.createDimension(name, values.size)
                dataset.createVariable(name, "f8", (name,))[:] = values
                dataset[name].units = units
            dataset.createVariable("ice", "f4", ("lat", "lon"))[...] = np.ones((18, 36))
        saved = save(EditRequest("edit", {"ice": source}, listed("other", edit)), folder)
        assert edits_of(saved.path).edits == (edit,)
        assert len(attributes(saved.path)["edits"]) > 2**16


def test_what_cannot_be_saved_is_refused_and_nothing_is_written(
    raw: Path, bathy: Path, folder: Path
) -> None:
    def sentence(step: str, sources: dict[str, Path], edits: str, **more: Any) -> str:
        with pytest.raises(InputRefused) as refused:
            save(EditRequest(step, sources, edits, **more), folder)
        assert list(folder.iterdir()) == []
        return str(refused.value)

    heights = listed("topography", LAND_HIGHER)
    assert "must be one of" in sentence("routing", {"raw": raw}, heights)
    assert "needs a file of the type bathy" in sentence("passage_problems", {"raw": raw}, heights)
    assert "kind topography; this one is bathymetry" in sentence(
        "passage_problems", {"bathy": bathy}, heights
    )
    assert "holds no topography" in sentence("internal_oceans", {"raw": bathy}, heights)
    assert "One file can be edited at a time" in sentence(
        "edit", {"raw": raw, "bathy": bathy}, heights
    )
    assert "where the cells lie" in sentence(
        "edit", {"bathy": bathy}, listed("other"), variable="nav_lat"
    )
    assert "no JSON" in sentence("internal_oceans", {"raw": raw}, "{")
    with netCDF4.Dataset(raw, "a") as dataset:
        dataset.edits, dataset.marks = "nonsense", '{"kept_seas": [[100, 0]]}'
    with pytest.raises(InputRefused, match=r"raw.nc: The edits are no JSON"):
        edits_of(raw)
    with pytest.raises(InputRefused, match=r"raw.nc: kept_seas, place 1: the latitude"):
        marks_of(raw)


def test_a_list_too_long_to_be_added_to_stands_alone(
    raw: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = save(EditRequest("edit", {"raw": raw}, listed("topography", LAND_HIGHER)), folder)
    monkeypatch.setattr(limits, "MOST_EDITS", 1)
    (folder / "second").mkdir()
    second = save(
        EditRequest("edit", {"raw": first.path}, listed("topography", GULF)), folder / "second"
    )
    assert edits_of(second.path).edits == (GULF,)


def test_steps_open_what_they_are_about(raw: Path, bathy: Path) -> None:
    assert open_for("internal_oceans", {"raw": raw}).field.kind == "topography"
    opened = open_for("passage_problems", {"bathy": bathy})
    assert opened.corners is not None
    assert len(opened.poles) == 2
    painting = look({"bathy": bathy}, step="subbasins").sheet
    assert painting.field.kind == "codes"
    assert painting.corners is not None
    assert "A proposal" in painting.notes[0]


def test_changed_depths_count_as_the_coastline_does(raw: Path) -> None:
    session = Session(open_field(raw).field)
    session.apply(LAND_HIGHER)
    assert not session.changes_ocean
    session.apply(Edit(Selection.of(Surface("ocean")), Add(-1.0)))
    assert session.changes_ocean
    assert not session.moves_coastline
