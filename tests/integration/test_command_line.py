"""The command as a scientist meets it: real processes, real files, real refusals."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import netCDF4
import numpy as np
import pytest

from climate_simulation_platform import cli
from tests import netcdf_corpus
from tests.program import climate_sim, refused

PRODUCTS = (
    "regrid.nc", "coords.nc", "routing.nc", "bathy.nc", "soils.nc", "topo_high_res.nc", "pft.nc",
    "heatflow.nc", "ahmcoef.nc", "sub_basins.nc",
)  # fmt: skip


def test_help_names_every_command_and_teaches() -> None:
    shown = climate_sim("--help").stdout
    for name, command in cli.climate_sim.commands.items():
        assert f"  {name} " in shown
        teaching = climate_sim(name, "--help").stdout
        assert f"climate-sim {name} " in teaching
        assert "eads" in teaching
        assert "writes" in teaching.lower()
        assert command.help


def test_without_arguments_the_help_is_shown() -> None:
    done = climate_sim()
    assert done.returncode == cli.BAD_INPUT
    assert "Commands:" in done.stdout


def test_run_writes_every_product(out: Path) -> None:
    assert {path.name for path in out.iterdir()} == {*PRODUCTS, "report.json", "overview.png"}
    for name in PRODUCTS:
        with netCDF4.Dataset(out / name) as dataset:
            assert dataset.data_model == "NETCDF3_64BIT_OFFSET"
            assert dataset.title
            for variable in dataset.variables.values():
                variable[...]
    assert matplotlib.image.imread(out / "overview.png").shape[2] == 4


def test_run_tells_its_progress_on_standard_error(
    whole_run: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    _, done = whole_run
    for step in ("regrid", "coords", "routing", "pft", "heatflow", "ahmcoef", "overview"):
        assert f"] {step} " in done.stderr
    assert "\r" not in done.stderr
    assert "south-up, longitudes -180 to 180" in done.stderr
    assert "warning: 4 seas" in done.stderr


def test_the_report_says_what_was_done(
    whole_run: tuple[Path, subprocess.CompletedProcess[str]], earth: Path
) -> None:
    out, done = whole_run
    report = json.loads((out / "report.json").read_text())
    assert json.loads(done.stdout) == {**report, "folder": str(out)}
    assert report["understood"]["orientation"] == "south-up"
    assert report["inputs"]["earth.nc"]["sha256"] == hashlib.sha256(earth.read_bytes()).hexdigest()
    for name, facts in report["files"].items():
        content = (out / name).read_bytes()
        assert facts == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    assert set(report["files"]) == {*PRODUCTS, "overview.png"}
    assert len(report["checks"]["internal_oceans"]) == 4
    assert set(report["steps"]) <= set(report["seconds"])
    assert report["steps"]["routing"]["figures"]["basins"] > 100
    assert report["steps"]["heatflow"]["parameters"] == {"method": "reference"}
    assert {"climpy", "numpy", "python"} <= set(report["versions"])


@pytest.mark.parametrize("tool", [("ncdump", "-h"), ("cdo", "-s", "sinfo"), ("ncks", "-m")])
def test_other_tools_read_every_product(tool: tuple[str, ...], out: Path) -> None:
    if shutil.which(tool[0]) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{tool[0]} is not installed")
        pytest.skip(f"{tool[0]} is not installed")
    for name in PRODUCTS:
        done = subprocess.run(
            [*tool, out / name], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert not done.stderr, done.stderr


def test_each_step_alone_gives_what_the_run_gave(out: Path, tmp_path: Path) -> None:
    steps = {
        ("regrid", out / "regrid.nc"): ["regrid.nc"],
        ("route", out / "regrid.nc", out / "coords.nc"): [
            "routing.nc", "bathy.nc", "soils.nc", "topo_high_res.nc",
        ],
        ("pft", out / "routing.nc"): ["pft.nc"],
        ("heatflow", out / "bathy.nc"): ["heatflow.nc"],
        ("ahmcoef", out / "bathy.nc"): ["ahmcoef.nc"],
        ("sub-basins", out / "bathy.nc"): ["sub_basins.nc"],
    }  # fmt: skip
    for arguments, names in steps.items():
        done = climate_sim(*arguments, "--out", tmp_path, "--json", "--quiet")
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        files = json.loads(done.stdout)["files"]
        assert [Path(path).name for path in files.values()] == names
        for name in names:
            assert same_values(out / name, tmp_path / name), name
    for command in (("bathymetry", out / "coords.nc"), ("soils",), ("relief",)):
        done = climate_sim(command[0], out / "regrid.nc", *command[1:], "--out", tmp_path / "more")
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def biomes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every biome of BIOME4 somewhere, north-up, from 0 to 360, with a second field."""
    path = tmp_path_factory.mktemp("biomes") / "biome4.nc"
    ny, nx = netcdf_corpus.NY, netcdf_corpus.NX
    codes = np.resize(np.arange(29), (ny, nx)).astype("i2")
    netcdf_corpus.Layout(
        heights=codes,
        name="biome",
        attributes={},
        latitudes=netcdf_corpus.LATITUDES[::-1],
        longitudes=netcdf_corpus.LONGITUDES + 180.0,
    )(path)
    with netCDF4.Dataset(path, "a") as dataset:
        dataset.createVariable("npp", "f4", ("lat", "lon"))[...] = 0.5
    return path


def test_plants_from_a_map_of_biomes_alone_and_in_a_run(
    earth: Path, out: Path, biomes: Path, tmp_path: Path
) -> None:
    alone = climate_sim(
        "pft", out / "routing.nc", "--biomes", biomes, "--biome-var", "biome", "--out", tmp_path,
        "--json",
    )  # fmt: skip
    assert alone.returncode == 0, alone.stderr
    assert "warning: " in alone.stderr
    assert json.loads(alone.stdout)["figures"]["biome_map"]["orientation"] == "north-up"
    (tmp_path / "steps.yaml").write_text("pft: {biome_var: biome, biomes: {desert: {1: 100}}}\n")
    done = climate_sim(
        "run", earth, "--out", tmp_path / "out", "--biomes", biomes,
        "--config", tmp_path / "steps.yaml", "-q",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert same_values(tmp_path / "pft.nc", tmp_path / "out" / "pft.nc")
    assert not same_values(tmp_path / "pft.nc", out / "pft.nc")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert set(report["inputs"]) == {"earth.nc", "biome4.nc"}
    assert report["steps"]["pft"]["parameters"]["biomes"] == {"desert": {"1": 100}}
    assert any("nearest biome" in sentence for sentence in report["warnings"])
    with netCDF4.Dataset(tmp_path / "out" / "pft.nc") as dataset:
        assert json.loads(dataset.biome_map)["variable"] == "biome"


def test_a_map_of_biomes_that_cannot_be_used_is_one_sentence(
    earth: Path, out: Path, biomes: Path, tmp_path: Path
) -> None:
    pft = ("pft", out / "routing.nc", "--out", tmp_path, "-q")
    assert "--biome-var" in refused(climate_sim(*pft, "--biomes", biomes))
    sentence = refused(climate_sim(*pft, "--biomes", biomes, "--biome-var", "npp"))
    assert "npp is no map of biomes: it holds 0.5" in sentence
    assert "need a map" in refused(climate_sim(*pft, "--biome-var", "biome"))
    wrong = tmp_path / "wrong.nc"
    codes = np.full((netcdf_corpus.NY, netcdf_corpus.NX), 29, "i2")
    netcdf_corpus.Layout(heights=codes, name="biome", attributes={})(wrong)
    assert "holds 29" in refused(climate_sim(*pft, "--biomes", wrong))
    done = climate_sim("run", earth, "--out", tmp_path / "out", "--biomes", wrong, "-q")
    assert "wrong.nc: The biome map holds 29" in refused(done)
    netcdf_corpus.Layout(
        heights=codes[:, :30], longitudes=netcdf_corpus.LONGITUDES[:30], name="biome"
    )(wrong)
    assert "is not global" in refused(climate_sim(*pft, "--biomes", wrong))
    (tmp_path / "bands.yaml").write_text("bands: [{to_latitude: 90, percentages: {2: 100}}]")
    both = climate_sim(*pft, "--biomes", biomes, "--table", tmp_path / "bands.yaml")
    assert "not both" in refused(both)
    assert {path.name for path in tmp_path.iterdir()} == {"wrong.nc", "bands.yaml"}


def test_statistics_go_where_they_are_wanted(out: Path, tmp_path: Path) -> None:
    wanted = tmp_path / "new" / "under_cells.nc"
    for command in ("bathymetry", "route"):
        arguments = (command, out / "regrid.nc", out / "coords.nc", "--out", tmp_path / command)
        done = climate_sim(*arguments, "--statistics", wanted, "--force", "--json", "-q")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["files"]["statistics"] == str(wanted)
        with netCDF4.Dataset(wanted) as dataset:
            assert dataset.data_model == "NETCDF3_64BIT_OFFSET"
            assert dataset["land_percent"].units == "%"
            assert dataset.step == {"bathymetry": "bathymetry", "route": "routing"}[command]
    assert same_values(out / "bathy.nc", tmp_path / "route" / "bathy.nc")
    sentence = refused(climate_sim(*arguments, "--statistics", wanted, "-q"))
    assert "is there already" in sentence


def test_statistics_never_take_the_place_of_a_result(out: Path, tmp_path: Path) -> None:
    arguments = ("bathymetry", out / "regrid.nc", out / "coords.nc", "--out", tmp_path)
    done = climate_sim(*arguments, "--statistics", tmp_path / "bathy.nc", "-q", "--force")
    assert "Two results cannot both be written" in refused(done)
    done = climate_sim(*arguments, "--statistics", out / "coords.nc", "-q", "--force")
    assert "is read here and a result would replace it" in refused(done)
    (tmp_path / "file").write_text("mine")
    done = climate_sim(*arguments, "--statistics", tmp_path / "file" / "s.nc", "-q")
    assert "is a file, not a folder" in refused(done)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def same_values(one: Path, other: Path) -> bool:
    with netCDF4.Dataset(one) as left, netCDF4.Dataset(other) as right:
        left.set_auto_mask(False)
        right.set_auto_mask(False)
        return list(left.variables) == list(right.variables) and all(
            left[name][...].tobytes() == right[name][...].tobytes() for name in left.variables
        )


def test_what_is_there_is_not_replaced_without_force(
    earth: Path, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "heatflow.nc").write_text("mine")
    sentence = refused(climate_sim("heatflow", out / "bathy.nc", "--out", tmp_path))
    assert "is there already" in sentence
    assert (tmp_path / "heatflow.nc").read_text() == "mine"
    assert climate_sim("heatflow", out / "bathy.nc", "--out", tmp_path, "--force").returncode == 0
    assert "is not empty" in refused(climate_sim("run", earth, "--out", out))


def test_run_with_own_grid_configuration_and_single_precision(
    out: Path, earth: Path, tmp_path: Path
) -> None:
    (tmp_path / "steps.yaml").write_text(
        "regrid: {method: conservative}\nheatflow: {method: gdh1}\nsubbasins: {method: connected}\n"
    )
    done = climate_sim(
        "run", earth, "--out", tmp_path / "out", "--coords", out / "coords.nc",
        "--config", tmp_path / "steps.yaml", "--precision", "float32", "--quiet",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (done.stdout, done.stderr) == ("", "")
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["steps"]["subbasins"]["parameters"] == {"method": "connected"}
    assert set(report["inputs"]) == {"earth.nc", "coords.nc"}
    with netCDF4.Dataset(tmp_path / "out" / "bathy.nc") as dataset:
        assert dataset["Bathymetry"].dtype == "float32"


def test_inspect_tells_people_and_programs(earth: Path) -> None:
    done = climate_sim("inspect", earth)
    assert "180 x 360 cells of 1 x 1 degrees, south-up" in done.stdout
    understood = json.loads(climate_sim("inspect", earth, "--json").stdout)
    assert understood["variable"] == "topo"
    assert understood["holes"] == 0


@pytest.mark.parametrize("name", netcdf_corpus.GOOD)
def test_inspect_understands_every_good_file(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    netcdf_corpus.GOOD[name](tmp_path / "topo.nc")
    options = ["--topo-var", "topo"] if name == "with companions" else []
    assert cli.exit_code(["inspect", str(tmp_path / "topo.nc"), "--json", *options]) == 0
    assert json.loads(capsys.readouterr().out)["units"] == "m"


def test_check_looks_at_topographies_and_bathymetries(earth: Path, out: Path) -> None:
    assert "4 seas" in climate_sim("check", earth).stdout
    found = json.loads(climate_sim("check", out / "bathy.nc", "--json").stdout)
    assert found["diffusive_passages"]


def test_make_grid_finds_ranks_and_draws_poles(earth: Path, tmp_path: Path) -> None:
    done = climate_sim(
        "make-grid", earth, "--out", tmp_path / "c.nc", "--map", tmp_path / "p.png", "--json"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["chosen"] == found["candidates"][0]
    margins = [min(pair["margins_km"]) for pair in found["candidates"]]
    assert margins == sorted(margins, reverse=True)
    assert matplotlib.image.imread(tmp_path / "p.png").shape[2] == 4
    second = climate_sim("make-grid", earth, "--rank", 2, "--out", tmp_path / "d.nc")
    assert "\n* 2  " in second.stdout
    assert "only" in refused(
        climate_sim("make-grid", earth, "--rank", 99, "--out", tmp_path / "e.nc", "-q")
    )


NOTHING_COMPILED = """
import importlib, pkgutil, sys
import climpy._kernels as kernels
from numba.core.dispatcher import Dispatcher
from climate_simulation_platform.cli import exit_code
compiled = lambda: {
    f"{module}.{name}": (len(item.signatures), sum(item.stats.cache_misses.values()))
    for module in found
    for name, item in vars(importlib.import_module(module)).items()
    if isinstance(item, Dispatcher)
}
found = [f"climpy._kernels.{m.name}" for m in pkgutil.iter_modules(kernels.__path__)]
before = compiled()
assert before, "no kernels found"
assert exit_code(sys.argv[1:]) == 0
assert compiled() == before, "signatures were added during the job"
missed = [name for name, (_, misses) in before.items() if misses]
assert not missed, f"not in the cache: {missed}"
"""


def test_nothing_is_compiled_in_a_job(earth: Path, out: Path, tmp_path: Path) -> None:
    """The run before has filled the cache at the latest; from then on code is only loaded."""
    assert out.exists()
    done = subprocess.run(
        [sys.executable, "-c", NOTHING_COMPILED, "run", earth, "--out", tmp_path / "o", "-q"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_fault_of_ours_is_one_sentence_and_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("climpy.topography.inspect", lambda *_: 1 / 0)
    assert cli.exit_code(["inspect", "x.nc"]) == cli.OURS
    said = capsys.readouterr().err
    (log,) = tmp_path.iterdir()
    assert str(log) in said
    assert len(said.splitlines()) == 1
    assert "ZeroDivisionError" in log.read_text()
    assert cli.exit_code(["inspect", "x.nc", "--debug"]) == cli.OURS
    assert "Traceback" in capsys.readouterr().err
