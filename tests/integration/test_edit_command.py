"""`climate-sim edit` as a scientist meets it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from climpy.interactive import EditList
from climpy.interactive.edits import GridMark
from climpy.interactive.opening import open_field
from tests import netcdf_corpus
from tests.program import climate_sim, refused
from tests.reference import reference

FILL = {
    "description": "fill the gulf",
    "selection": [{"shape": {"kind": "box", "south": -20, "north": 20, "west": 320, "east": 400}}],
    "operation": {"kind": "fill", "height": 30},
}
RAISE = {
    "selection": [{"shape": {"kind": "surface", "of": "land"}}],
    "operation": {"kind": "add", "amount": 12.5},
}
BY_INDEX = {
    "selection": [{"shape": {"kind": "cells", "points": [[3, 4]], "space": "index"}}],
    "operation": {"kind": "set", "value": -5},
}
EVERYWHERE = [{"shape": {"kind": "box", "south": -90, "north": 90, "west": 0, "east": 360}}]
HALVE = {"kind": "scale", "percent": 50}


def edits(folder: Path, *contents: dict[str, Any], kind: str = "topography", **more: Any) -> Path:
    path = folder / "edits.json"
    whole = {"format": "climpy-edits", "version": 1, "kind": kind, "edits": contents, **more}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


@pytest.fixture
def topo(tmp_path: Path) -> Path:
    path = tmp_path / "topo.nc"
    netcdf_corpus.GOOD["with companions"](path)
    return path


def values(path: Path, name: str) -> np.ndarray:
    with netCDF4.Dataset(path) as dataset:
        return np.ma.filled(dataset[name][...].astype(float), np.nan)


def test_edits_are_done_told_and_written(topo: Path, tmp_path: Path) -> None:
    before, out = topo.read_bytes(), tmp_path / "new folder" / "edited.nc"
    done = climate_sim("edit", topo, out, "--edits", edits(tmp_path, FILL, RAISE), "--var", "topo")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "fill the gulf: " in lines[0]
    assert "across the coast" in lines[0]
    assert "changed in all; the coastline moved (" in lines[2]
    assert lines[-1] == f"Wrote {out}."
    assert topo.read_bytes() == before
    heights, edited = open_field(topo, "topo").field.values, values(out, "topo")
    assert (edited >= heights).all()
    assert (edited[heights > 0] == heights[heights > 0] + 12.5).all()
    with netCDF4.Dataset(out) as dataset:
        assert dataset.data_model == "NETCDF3_64BIT_OFFSET"
        assert dataset.variables["topo"].dtype == np.float64
        first = dataset.history.splitlines()[0]
        assert "edit from raw (topo.nc), 2 edits of edits.json" in first
        assert json.loads(dataset.parameters) == {"edits": ["fill the gulf", "add"]}
        assert set(json.loads(dataset.input_sha256)) == {"raw", "edits"}
        with netCDF4.Dataset(topo) as source:
            kept = set(source.variables) & set(dataset.variables)
    assert len(kept) > 3  # its companions


def test_json_tells_the_cells_of_each_edit(topo: Path, tmp_path: Path) -> None:
    out, file = tmp_path / "out.nc", edits(tmp_path, FILL, RAISE)
    done = climate_sim("edit", topo, out, "--edits", file, "--var", "topo", "--json")
    told = json.loads(done.stdout)
    heights, edited = open_field(topo, "topo").field.values, values(out, "topo")
    assert told["kind"] == "topography"
    assert [edit["number"] for edit in told["edits"]] == [1, 2]
    assert told["edits"][1]["cells_changed"] == np.count_nonzero(edited > 12.5)
    assert told["cells_changed"] == np.count_nonzero(edited != heights)
    assert told["cells_across_coast"] == np.count_nonzero((edited > 0) != (heights > 0)) > 0
    assert told["coastline_moved"] is True
    assert told["files"] == [str(out)]


def test_a_dry_run_tells_and_writes_nothing(topo: Path, tmp_path: Path) -> None:
    file = edits(tmp_path, RAISE)
    there = set(tmp_path.iterdir())
    done = climate_sim("edit", topo, "--edits", file, "--var", "topo", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "the coastline did not move" in done.stdout
    assert set(tmp_path.iterdir()) == there


def test_the_script_gives_the_same_file_content(topo: Path, tmp_path: Path) -> None:
    out, script = tmp_path / "out.nc", tmp_path / "do it.py"
    done = climate_sim(
        "edit", topo, out, "--edits", edits(tmp_path, FILL, RAISE), "--var", "topo",
        "--script", script,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    ran = subprocess.run(
        [sys.executable, "-I", script, topo, tmp_path / "other.nc"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "bit for bit" in ran.stdout
    assert values(out, "topo").tobytes() == values(tmp_path / "other.nc", "topo").tobytes()


def test_a_bathymetry_of_our_own_is_edited(out: Path, tmp_path: Path) -> None:
    bathy, edited = out / "bathy.nc", tmp_path / "bathy.nc"
    file = edits(tmp_path, {**FILL, "operation": {"kind": "dig", "depth": 5500}}, kind="bathymetry")
    done = climate_sim("edit", bathy, edited, "--edits", file, "--json")
    told = json.loads(done.stdout)
    before, after = values(bathy, "Bathymetry"), values(edited, "Bathymetry")
    assert told["kind"] == "bathymetry"
    assert np.array_equal(after[after != before], np.full((after != before).sum(), 5500.0))
    assert (after >= before).all()
    for name in ("nav_lat", "nav_lon"):
        assert np.array_equal(values(bathy, name), values(edited, name))
    checked = climate_sim("check", edited, "--json")
    assert checked.returncode == 0, checked.stderr
    assert climate_sim("heatflow", edited, "--out", tmp_path).returncode == 0


def test_basins_of_our_own_are_painted(out: Path, tmp_path: Path) -> None:
    masks, painted = out / "sub_basins.nc", tmp_path / "painted.nc"
    file = edits(tmp_path, {**FILL, "operation": {"kind": "paint", "code": 3}}, kind="codes")
    done = climate_sim("edit", masks, painted, "--edits", file, "--json")
    assert done.returncode == 0, done.stderr
    names = ("atlmsk", "pacmsk", "indmsk")
    before, after = (np.array([values(path, n) for n in names]) for path in (masks, painted))
    assert np.array_equal(before.sum(axis=0), after.sum(axis=0))
    assert (after[2] > before[2]).sum() > 0
    with netCDF4.Dataset(painted) as dataset:
        assert dataset["indmsk"].dtype == np.int32
    strange = {**FILL, "operation": {"kind": "paint", "code": 7}}
    file = edits(tmp_path, strange, kind="codes")
    done = climate_sim("edit", masks, tmp_path / "no.nc", "--edits", file, "--quiet")
    assert "painted 7; paint 1 (Atlantic)" in refused(done)
    assert not (tmp_path / "no.nc").exists()


def test_an_ocean_file_with_all_kinds_of_variables_is_carried(out: Path, tmp_path: Path) -> None:
    source, edited = tmp_path / "source.nc", tmp_path / "edited.nc"
    with netCDF4.Dataset(out / "bathy.nc") as old, netCDF4.Dataset(source, "w") as new:
        new.setncatts({"history": "long ago", "numbers": np.array([1, 2], np.int64)})
        for name, length in (("t", None), ("y", old.dimensions["y"].size)):
            new.createDimension(name, length)
        new.createDimension("x", old.dimensions["x"].size)
        for name in ("nav_lat", "nav_lon"):
            new.createVariable(name, "f4", ("y", "x"))[...] = old[name][...]
        depth = new.createVariable("Bathymetry", "i2", ("t", "y", "x"), fill_value=-1)
        depth.setncatts({"scale_factor": 0.5, "valid_max": np.int16(32000)})
        depth[0] = np.ma.masked_equal(np.round(old["Bathymetry"][...]), 0)
        new.createVariable("index", "i8", ("y", "x"))[...] = 2**20
        new.createVariable("far", "u8", ())[...] = 2**63
        new.createVariable("name", str, ())[...] = "a bathymetry"
    file = edits(tmp_path, {**FILL, "operation": {"kind": "add", "amount": 1}}, kind="bathymetry")
    done = climate_sim("edit", source, edited, "--edits", file)
    assert done.returncode == 0, done.stderr
    assert "name is not carried" in done.stdout
    field = open_field(source).field
    with netCDF4.Dataset(edited) as dataset:
        assert dataset["Bathymetry"].dimensions == ("t", "y", "x")
        assert dataset.dimensions["t"].isunlimited()
        assert dataset["index"].dtype == np.int32
        assert dataset["far"][...] == 2.0**63
        assert "scale_factor" not in dataset["Bathymetry"].ncattrs()
        assert dataset.history.endswith("long ago")
        assert dataset.numbers.tolist() == [1, 2]
        after = dataset["Bathymetry"][0]
    assert set(np.unique(after - field.values)) == {0.0, 1.0}


def test_a_plane_of_any_variable_is_edited_as_it_stands(out: Path, tmp_path: Path) -> None:
    pft, edited = out / "pft.nc", tmp_path / "pft.nc"
    file = edits(tmp_path, {"selection": EVERYWHERE, "operation": HALVE}, kind="other")
    arguments = ("edit", pft, edited, "--edits", file, "--var", "maxvegetfrac")
    done = climate_sim(*arguments, "--index", "5", "--json")
    told = json.loads(done.stdout)
    assert told["cells_changed"] > 100
    before, after = values(pft, "maxvegetfrac"), values(edited, "maxvegetfrac")
    changed = before != after
    changed &= ~np.isnan(before)
    assert set(np.argwhere(changed)[:, 1]) == {5}
    assert np.array_equal(np.isnan(before), np.isnan(after))
    assert np.array_equal(after[changed], before[changed] * 0.5)
    assert "counted from 0 to 12" in refused(climate_sim(*arguments, "--level", "13", "--force"))
    assert "1 further axes" in refused(climate_sim(*arguments, "--index", "1,2", "--force"))
    assert "no list of whole numbers" in refused(climate_sim(*arguments, "--index", "a"))
    raised = edits(
        tmp_path, {"selection": EVERYWHERE, "operation": {"kind": "set", "value": 3}}, kind="other"
    )
    done = climate_sim(*arguments[:3], "--edits", raised, "--index", "5", "--force")
    assert "can hold values from 0 to 1 in this file, not 3" in refused(done)


def test_single_precision_and_format_stay(topo: Path, tmp_path: Path) -> None:
    edited = tmp_path / "edited.nc"
    file = edits(tmp_path, {**FILL, "operation": {"kind": "set", "value": 1 / 3}}, kind="other")
    done = climate_sim("edit", topo, edited, "--edits", file, "--var", "age")
    assert done.returncode == 0, done.stderr
    with netCDF4.Dataset(topo) as before, netCDF4.Dataset(edited) as after:
        assert after.data_model == before.data_model == "NETCDF4"
        assert set(after.variables) == set(before.variables)
        assert after["age"].dtype == np.float32
        assert after["label"][...] == before["label"][...]
        assert np.float32(1 / 3) in after["age"][...]


def test_a_file_carries_its_edits_to_be_repeated_from_it(topo: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.nc", tmp_path / "second.nc"
    options = ("--var", "topo", "--quiet")
    done = climate_sim("edit", topo, first, "--edits", edits(tmp_path, FILL, RAISE), *options)
    assert done.returncode == 0, done.stderr
    with netCDF4.Dataset(first) as dataset:
        carried = EditList.from_json(dataset.edits)
        assert dataset.edited_variable == "topo"
    assert [edit.title for edit in carried.edits] == ["fill the gulf", "add"]
    assert climate_sim("edit", topo, second, "--edits", first, *options).returncode == 0
    assert values(first, "topo").tobytes() == values(second, "topo").tobytes()
    none = climate_sim("edit", topo, tmp_path / "no.nc", "--edits", topo, *options)
    assert "carries no edits" in refused(none)


def test_depressions_are_filled(topo: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.nc"
    filling = {"selection": EVERYWHERE, "operation": {"kind": "fill_depressions"}}
    file = edits(tmp_path, filling)
    done = climate_sim("edit", topo, out, "--edits", file, "--var", "topo", "--json")
    told = json.loads(done.stdout)
    assert told["cells_changed"] > 0
    assert told["coastline_moved"] is False
    assert (values(out, "topo") >= open_field(topo, "topo").field.values).all()


def test_a_session_of_an_editor_is_a_list_of_edits(topo: Path, tmp_path: Path) -> None:
    checksums = {"base_sha256": "0" * 64, "values_sha256": "0" * 64}
    file = edits(tmp_path, RAISE, FILL, session={"done": 1, **checksums})
    done = climate_sim("edit", topo, "--edits", file, "--var", "topo", "--dry-run", "--json")
    assert [edit["title"] for edit in json.loads(done.stdout)["edits"]] == ["add"]


def test_what_cannot_be_done_is_refused_and_nothing_is_written(topo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"

    def sentence(*arguments: object) -> str:
        done = climate_sim("edit", topo, folder / "out.nc", *arguments, "--quiet", "--var", "topo")
        assert not folder.exists()
        return refused(done)

    assert "edits.json is no file" in sentence("--edits", tmp_path / "edits.json")
    file = edits(tmp_path, RAISE)
    file.write_bytes(b"{")
    assert "edits.json: The edits are no JSON" in sentence("--edits", file)
    assert "is no file" in sentence("--edits", tmp_path)
    assert "kind bathymetry" in sentence("--edits", edits(tmp_path, RAISE, kind="bathymetry"))
    assert "does not say on which grid" in sentence("--edits", edits(tmp_path, BY_INDEX))
    other = edits(tmp_path, BY_INDEX, grid={"shape": [180, 360]})
    assert "another grid (180 x 360 cells)" in sentence("--edits", other)
    strange = {**RAISE, "operation": {"kind": "eval", "amount": "__import__('os')"}}
    assert "Edit 1: The operation: kind must be one of" in sentence(
        "--edits", edits(tmp_path, strange)
    )
    painted = {**RAISE, "operation": {"kind": "paint", "code": 1}}
    assert "Edit 1 (paint): Only codes" in sentence("--edits", edits(tmp_path, painted))
    fit = edits(tmp_path, BY_INDEX, grid=GridMark.of(open_field(topo, "topo").field).as_dict())
    assert EditList.from_json(fit.read_bytes()).grid
    done = climate_sim("edit", topo, folder / "out.nc", "--edits", fit, "--var", "topo")
    assert done.returncode == 0, done.stderr
    assert values(folder / "out.nc", "topo")[3, 4] == -5


def test_files_are_not_replaced_unasked(topo: Path, tmp_path: Path) -> None:
    file, out = edits(tmp_path, RAISE), tmp_path / "out.nc"
    for wrong in (topo, file):
        done = climate_sim("edit", topo, wrong, "--edits", file, "--var", "topo", "--force")
        assert "is read here and a result would replace it" in refused(done)
    out.write_bytes(b"precious")
    arguments = ("edit", topo, out, "--edits", file, "--var", "topo", "--quiet")
    assert "allow to replace it with --force" in refused(climate_sim(*arguments))
    assert out.read_bytes() == b"precious"
    assert climate_sim(*arguments, "--force").returncode == 0
    same = climate_sim(*arguments[:2], tmp_path / "a", *arguments[3:], "--script", tmp_path / "a")
    assert "cannot both be written" in refused(same)


def test_out_and_dry_run_exclude_each_other(topo: Path, tmp_path: Path) -> None:
    file = edits(tmp_path, RAISE)
    assert "Give OUT or --dry-run" in refused(climate_sim("edit", topo, "--edits", file))
    both = climate_sim("edit", topo, tmp_path / "o.nc", "--edits", file, "--dry-run")
    assert "Give OUT or --dry-run" in refused(both)
    script = ("--dry-run", "--script", tmp_path / "s.py")
    assert "nothing is written" in refused(climate_sim("edit", topo, "--edits", file, *script))


@pytest.mark.parametrize(
    ("kind", "name", "copied"),
    [("topography", "topo", False), ("other", "age", False), ("other", "age", True)],
)
def test_a_full_disk_leaves_nothing(
    kind: str, name: str, copied: bool, topo: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    size = topo.stat().st_size if copied else 1024
    file = edits(tmp_path, {**RAISE, "selection": EVERYWHERE}, kind=kind)
    done = climate_sim(
        "edit", topo, folder / "out.nc", "--edits", file, "--var", name, "--quiet",
        preexec_fn=lambda: limited_to(size),
    )  # fmt: skip
    assert "disk is full" in refused(done)
    assert list(folder.iterdir()) == []


def limited_to(size: int) -> None:
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_edits_of_one_real_planet_are_done_to_a_finer_one(tmp_path: Path) -> None:
    coarse = reference("topographies", "palaeo_60Ma_1deg.nc")
    fine = reference("topographies", "palaeo_halfdeg.nc")
    file = edits(tmp_path, FILL, RAISE)
    told = [
        json.loads(climate_sim("edit", path, "--edits", file, "--dry-run", "--json").stdout)
        for path in (coarse, fine)
    ]
    chosen = [[edit["cells_chosen"] for edit in one["edits"]] for one in told]
    assert chosen[1][0] == 4 * chosen[0][0]
