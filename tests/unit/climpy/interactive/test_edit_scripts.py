"""The script does the same, bit for bit, with nothing of climpy."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from climpy.bc.ipsl import bathymetry, sub_basins
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.interactive import EditList, Session, replay
from climpy.interactive.editing import Edited, edit_file
from climpy.interactive.edits import Edit, GridMark
from climpy.interactive.opening import Opened, open_field, open_plane, planes
from climpy.interactive.operations import (
    Add,
    Dig,
    Fill,
    FillDepressions,
    Paint,
    Scale,
    SetTo,
    Smooth,
)
from climpy.interactive.selections import Basin, Box, Polygon, Selection, Surface, Way
from climpy.io import MISSING, write
from tests import netcdf_corpus
from tests.contract.test_product_files import PRODUCTS, world
from tests.ocean_grids import cylindrical_grid
from tests.reference import reference
from tests.unit.climpy.fields.files import ocean_file, plant_file
from tests.unit.climpy.interactive import fields_to_edit as made

WITHOUT_CLIMPY = (
    "import runpy, sys\n"
    "for name in ('climpy', 'scipy', 'numba'): sys.modules[name] = None\n"
    "sys.argv = sys.argv[1:]\n"
    "runpy.run_path(sys.argv[0], run_name='__main__')\n"
)


def run(script: str, source: Path, folder: Path) -> tuple[Path, str]:
    """Run a script as a process in which climpy cannot be imported; what it wrote and said."""
    program, target = folder / "edits.py", folder / "script.nc"
    program.write_text(script, encoding="utf-8")
    target.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_CLIMPY, program, source, target],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return target, done.stdout


def same(edited: Edited, source: Path, folder: Path) -> None:
    """Run the script of what was edited, and compare every bit of what it wrote."""
    target, said = run(edited.script(), source, folder)
    assert "bit for bit" in said
    for done in edited.report:
        assert f"{done.number}. {done.title}: {done.chosen} cells chosen, {done.changed}" in said
    values = edited.session.values
    with netCDF4.Dataset(target) as dataset:
        dataset.set_auto_mask(False)
        if edited.opened.field.kind == "codes":
            masks = [dataset[name][...] for name in ("atlmsk", "pacmsk", "indmsk")]
            written = sum(code * mask for code, mask in enumerate(masks, 1)).astype(np.float64)
        else:
            raw = edited.opened.file_type == "raw"
            written = dataset["topo" if raw else edited.opened.variable][...]
    written = np.where(written == MISSING, np.nan, written)
    assert np.array_equal(written, values, equal_nan=True)
    assert np.array_equal(np.signbit(written), np.signbit(values))


def all_edits() -> tuple[Edit, ...]:
    """Every shape and every operation on quantities, each at least once."""
    shapes = (
        Selection.of(Polygon(((40, 150), (60, 200), (-10, 230)))),
        Selection.of(Box(-30, 30, 160, -120), Surface("ocean")),
        Selection.of(made.Brush(((10.0, 170.0), (40.0, 200.0)), 12.0)),
        Selection.of(made.Cells(((0.0, 180.0), (45.3, 12.0)))),
        Selection.of(made.ValueRange(-500, 800)).then("subtract", Box(-5, 5, 0, 360)),
        Selection.of(Way((10, 20), (50, 100), 2)),
        Selection.of(Box(1, 3, 10, 2, "index")),
        Selection.of(made.Brush(((4, 5), (9, 1)), 2.0, "index")),
        Selection.of(Polygon(((1, 1), (1, 8), (6, 4)), "index")),
    )
    operations = (
        Add(1 / 3), Scale(120.7), Smooth(2), SetTo(-250.25), Smooth(3, keep_coast=False),
        Dig(321.5), Fill(-33.1), Fill(), Add(-77.7),
    )  # fmt: skip
    pairs = zip(shapes, operations, strict=True)
    edits = [
        Edit(selection, operation, f'no. {n} "quoted" é')
        for n, (selection, operation) in enumerate(pairs)
    ]
    return (*edits, Edit(Selection.of(Basin((0.0, 0.0))), Fill(5.0)))


def with_depressions(kind: str) -> tuple[Edit, ...]:
    """All edits, and depressions filled where there can be some."""
    depressions = Edit(Selection.of(Box(-90, 90, 0, 360)), FillDepressions())
    return (*all_edits(), depressions) if kind == "topography" else all_edits()


GOOD = sorted(netcdf_corpus.GOOD)


@pytest.mark.parametrize("name", GOOD)
def test_the_script_reads_every_odd_file_as_climpy_does(name: str, tmp_path: Path) -> None:
    source = tmp_path / "source.nc"
    netcdf_corpus.GOOD[name](source)
    field = open_field(source, "topo" if name == "companions" else None).field
    edits = EditList("topography", with_depressions("topography"), GridMark.of(field))
    same(edit_file(source, edits), source, tmp_path)


def bathy(path: Path, fold: Fold) -> None:
    grid = cylindrical_grid(made.NY, made.NX, fold)
    write(path, bathymetry.to_file(made.ocean(3, fold).values, grid))


def basins(path: Path) -> None:
    grid = cylindrical_grid(made.NY, made.NX)
    field = made.basins(3)
    write(path, sub_basins.to_file(field.values, field.sea.astype(float), grid))


def plants(path: Path) -> None:
    plant_file(path)


@pytest.mark.parametrize("fold", list(Fold))
def test_the_script_edits_a_bathymetry(fold: Fold, tmp_path: Path) -> None:
    source = tmp_path / "bathy.nc"
    bathy(source, fold)
    edits = EditList("bathymetry", all_edits(), GridMark.of(open_field(source).field))
    same(edit_file(source, edits), source, tmp_path)


def test_the_script_paints_basins(tmp_path: Path) -> None:
    source = tmp_path / "sub_basins.nc"
    basins(source)
    edits = (
        Edit(Selection.of(Polygon(((40, 150), (60, 200), (-60, 230)))), Paint(1)),
        Edit(Selection.of(Basin((0.0, 0.0))), Paint(2)),
    )
    edited = edit_file(source, EditList("codes", edits))
    assert edited.session.cells_changed
    same(edited, source, tmp_path)


def test_the_script_edits_another_field_of_an_ocean_grid(tmp_path: Path) -> None:
    source = tmp_path / "bathy.nc"
    bathy(source, Fold.F_POINT)
    with netCDF4.Dataset(source, "a") as dataset:
        ice = dataset.createVariable("ice (of today)", "f4", ("y", "x"), fill_value=-1.0)
        ice[...] = np.ma.masked_less(np.arange(made.NY * (made.NX + 2)).reshape(ice.shape), 9)
    edits = EditList("other", (Edit(Selection.of(Box(-90, 90, 0, 90)), Scale(30)),))
    edited = edit_file(source, edits, "ice (of today)")
    target, said = run(edited.script(), source, tmp_path)
    assert "bit for bit" in said
    with netCDF4.Dataset(target) as dataset:
        written = np.ma.filled(dataset["ice (of today)"][...], np.nan)
    assert np.array_equal(written, edited.session.values, equal_nan=True)
    assert np.isnan(written).sum() == np.isnan(edited.opened.field.values).sum() > 0


def quantities(kind: str) -> tuple[Edit, ...]:
    """The edits that make sense for a field of some kind."""
    if kind != "other":
        return with_depressions(kind)
    return tuple(
        edit
        for edit in all_edits()
        if isinstance(edit.operation, Add | Scale | SetTo)
        and "surface" not in edit.to_json()
        and "way" not in edit.to_json()
    )


@pytest.mark.parametrize("name", list(PRODUCTS))
def test_the_script_edits_a_plane_of_every_product(name: str, tmp_path: Path) -> None:
    source = tmp_path / "source.nc"
    write(source, PRODUCTS[name].make(world()))
    plane = planes(source)[0]
    index = (5,) if plane.axes else ()
    opened = open_plane(source, plane.variable, index)
    if not opened.editable:
        return
    edits = EditList(opened.field.kind, quantities(opened.field.kind), GridMark.of(opened.field))
    session, report = replay(edits, opened.field)
    same(Edited(opened, session, report), source, tmp_path)


def test_the_script_edits_any_plane(tmp_path: Path) -> None:
    plants, nowhere, cyclic, bent = (tmp_path / f"{n}.nc" for n in range(4))
    plant_file(plants)
    netcdf_corpus.Layout(latitudes=None, longitudes=None)(nowhere)
    netcdf_corpus.cyclic(cyclic)
    grid = cylindrical_grid(12, 16)
    wave = 3.0 * np.sin(np.deg2rad(grid.glamt[:8]))
    south = replace(grid, glamt=grid.glamt[:8], gphit=grid.gphit[:8] + wave)
    ocean_file(bent, south, ice=np.ones((8, 18)))
    by_index = Edit(Selection.of(Box(1, 3, 1, 5, "index")), Scale(77.7))
    by_degrees = Edit(Selection.of(Box(-40, 60, 100, -100)), Add(1 / 7))
    for path, index in ((plants, (1, 2)), (nowhere, ()), (cyclic, ()), (bent, ())):
        opened = open_plane(path, None, index)
        edits = (by_index,) if path is nowhere else (by_index, by_degrees)
        session, report = replay(
            EditList(opened.field.kind, edits, GridMark.of(opened.field)), opened.field
        )
        assert session.cells_changed
        same(Edited(opened, session, report), path, tmp_path)


@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_edits_give_the_same_in_a_script_and_from_json(
    data: st.DataObject, tmp_path: Path
) -> None:
    name, (make, look) = data.draw(st.sampled_from(sorted(FILES.items())))
    source = tmp_path / f"{name}.nc"
    make(source)
    opened = look(source)
    shapes = st.one_of(made.geographic_shapes, made.index_shapes)
    session = Session(opened.field)
    for edit in data.draw(st.lists(made.edits(opened.field.kind, shapes), min_size=3, max_size=8)):
        try:
            session.apply(edit)
        except InputRefused:
            continue
    again, report = replay(EditList.from_json(session.to_json()), look(source).field)
    assert again.values.tobytes() == session.values.tobytes()
    same(Edited(opened, again, report), source, tmp_path)


FILES: dict[str, tuple[Callable[[Path], None], Callable[[Path], Opened]]] = {
    "topography": (netcdf_corpus.GOOD["classic"], open_field),
    "topography as it stands": (netcdf_corpus.GOOD["classic"], open_plane),
    "bathymetry": (lambda path: bathy(path, Fold.T_POINT), open_field),
    "bathymetry as it stands": (lambda path: bathy(path, Fold.F_POINT), open_plane),
    "basins": (basins, open_field),
    "plants": (plants, lambda path: open_plane(path, None, (1, 0))),
    "nowhere": (netcdf_corpus.Layout(latitudes=None, longitudes=None), open_plane),
}


def test_a_script_says_when_its_file_is_another_one(tmp_path: Path) -> None:
    source, other = tmp_path / "source.nc", tmp_path / "other.nc"
    netcdf_corpus.GOOD["classic"](source)
    netcdf_corpus.Layout(heights=netcdf_corpus.HEIGHTS + 1.0)(other)
    edits = EditList("topography", (Edit(Selection.of(Surface("land")), Add(1)),))
    script = tmp_path / "edits.py"
    script.write_text(edit_file(source, edits).script(), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script, other, tmp_path / "out.nc"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "not the values" in done.stderr
    assert "bit for bit" not in done.stdout
    again = subprocess.run(
        [sys.executable, script, other, tmp_path / "out.nc"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert again.returncode == 1
    assert "is there already" in again.stderr
    elsewhere = tmp_path / "bathy.nc"
    bathy(elsewhere, Fold.F_POINT)
    done = subprocess.run(
        [sys.executable, script, elsewhere, tmp_path / "new.nc"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no variable 'topo'" in done.stderr
    assert not (tmp_path / "new.nc").exists()


def test_names_in_a_script_stay_names(tmp_path: Path) -> None:
    source = tmp_path / "source.nc"
    name = "topo'); import os; ('"
    netcdf_corpus.Layout(name=name)(source)
    edit = Edit(Selection.of(Surface("land")), Add(1), "'''; raise SystemExit(9) # \"\"\"")
    same(edit_file(source, EditList("topography", (edit,))), source, tmp_path)


@pytest.mark.parametrize(
    "parts",
    [
        ("topographies", "palaeo_60Ma_1deg.nc"),
        ("topographies", "palaeo_halfdeg.nc"),
        ("bathymetries", "palaeo_60Ma_orca2.nc"),
        ("bathymetries", "palaeo_38Ma_orca2.nc"),
        ("bathymetries", "palaeo_60Ma_sub_basins.nc"),
    ],
)
def test_scripts_do_the_same_to_real_files(parts: tuple[str, str], tmp_path: Path) -> None:
    source = reference(*parts)
    field = open_field(source).field
    edits = with_depressions(field.kind)
    if field.kind == "codes":
        edits = tuple(Edit(edit.selection, Paint(2)) for edit in edits if "range" not in str(edit))
    same(edit_file(source, EditList(field.kind, edits, GridMark.of(field))), source, tmp_path)
