"""Odd names, places, units and moments: each a result or one sentence, and nothing is destroyed."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from climate_simulation_platform import cli
from climate_simulation_platform.commands.folders import filled_together
from climpy.unfinished import NEW_SECONDS
from tests import netcdf_corpus
from tests.netcdf_corpus import HEIGHTS, LATITUDES, LONGITUDES, Layout
from tests.program import PROGRAM, climate_sim, refused

NAMES = (
    "with space.nc", "Éocène δ.nc", "it's \"quoted\".nc", "-dash.nc", "new\nline.nc",
    "古地理.nc", "a$x_$^\\frac{$.nc", "\x1b[31mred.nc", "%s{}.nc",
)  # fmt: skip


@pytest.fixture
def topo(tmp_path: Path) -> Path:
    path = tmp_path / "topo.nc"
    Layout()(path)
    return path


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_file_is_read_and_told(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    Layout()(path)
    done = climate_sim("run", path, "--out", tmp_path / "out", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    told = climate_sim("inspect", path).stdout
    assert len(told.splitlines()) == 6
    assert "\x1b" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "x" * 300),
        ("run", "topo.nc", "--out", "y" * 300),
        ("regrid", "topo.nc", "--out", "y" * 300),
        ("make-grid", "topo.nc", "--out", "y" * 300),
        ("demo-topography", "y" * 300),
        ("inspect", "/proc/self/mem"),
        ("demo-topography", "pipe", "--force"),
        ("make-grid", "topo.nc", "--out", "topo.nc", "--force"),
        ("make-grid", "topo.nc", "--out", "same", "--map", "same"),
        ("run", "topo.nc", "--out", "nowhere"),
        ("run", "topo.nc", "--out", "new", "--config", "pipe"),
        ("inspect", "pipe"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_sentence(
    arguments: tuple[str, ...], topo: Path
) -> None:
    folder = topo.parent
    os.mkfifo(folder / "pipe")
    (folder / "nowhere").symlink_to(folder / "gone")
    before, content = sorted(folder.iterdir()), topo.read_bytes()
    refused(climate_sim(*arguments, cwd=folder, timeout=20))
    assert sorted(folder.iterdir()) == before
    assert topo.read_bytes() == content


@pytest.mark.parametrize("name", ["regrid.nc", "coords.nc", "report.json", "overview.png"])
def test_a_run_never_replaces_what_it_reads(name: str, topo: Path) -> None:
    out = topo.parent / "out"
    out.mkdir()
    source = topo.rename(out / name)
    content = source.read_bytes()
    assert "would replace it" in refused(climate_sim("run", source, "--out", out, "--force", "-q"))
    assert list(out.iterdir()) == [source]
    assert source.read_bytes() == content


def test_a_folder_in_the_place_of_a_result_is_refused_before_any_is_replaced(topo: Path) -> None:
    out = topo.parent / "out"
    (out / "bathy.nc").mkdir(parents=True)
    (out / "ahmcoef.nc").write_text("old")
    assert "is a folder" in refused(climate_sim("run", topo, "--out", out, "--force", "-q"))
    assert (out / "ahmcoef.nc").read_text() == "old"


def test_a_map_that_cannot_be_written_leaves_no_grid(topo: Path) -> None:
    (topo.parent / "file").write_text("")
    refused(climate_sim(
        "make-grid", topo, "--out", topo.parent / "c.nc", "--map", topo / "m.png", "-q"
    ))  # fmt: skip
    assert not (topo.parent / "c.nc").exists()


def test_what_a_killed_run_left_is_ignored_and_removed(topo: Path) -> None:
    out = topo.parent / "out"
    out.mkdir()
    with subprocess.Popen([PROGRAM, "run", topo, "--out", out, "-q"]) as process:
        while not list(out.glob(".out.*.part")):
            os.sched_yield()
        process.send_signal(signal.SIGKILL)
    (left,) = out.iterdir()
    old = time.time() - 2.0 * NEW_SECONDS
    os.utime(left, (old, old))
    assert climate_sim("run", topo, "--out", out, "-q").returncode == 0
    assert not list(out.glob(".*"))


def test_the_folder_of_a_run_at_work_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with filled_together(out, force=False) as first:
        old = time.time() - 2.0 * NEW_SECONDS
        os.utime(first, (old, old))
        with filled_together(out, force=False) as second:
            (second / "b").write_text("")
        assert first.is_dir()
        (first / "a").write_text("")
    assert sorted(path.name for path in out.iterdir()) == ["a", "b"]


@pytest.mark.parametrize(
    ("layout", "sentence"),
    [
        (Layout(attributes={"units": "decimeter"}), "multiply them by 0.1"),
        (Layout(attributes={"units": "US_survey_foot"}), "multiply them by 0.3048"),
        (Layout(attributes={"units": "km above sea level"}), "multiply them by 1000"),
        (Layout(attributes={"units": "m2 s-2"}), "is a geopotential"),
        (Layout(latitudes=LATITUDES + 90.0), "distances from a pole"),
        (Layout(longitudes=np.deg2rad(LONGITUDES)), "look like radians"),
        (Layout(attributes={"units": "m", "scale_factor": 1e306}), "has no value in"),
        (
            Layout(
                coordinate_attributes=({"units": "degrees_north"}, {"units": "degrees_west"})
            ),
            "'degrees_west'",
        ),
    ],
)  # fmt: skip
def test_other_units_are_refused_with_what_to_do(
    layout: Layout, sentence: str, tmp_path: Path
) -> None:
    layout(tmp_path / "topo.nc")
    said = refused(climate_sim("inspect", tmp_path / "topo.nc"))
    assert sentence in said
    assert "topo.nc: " in said


@pytest.mark.parametrize(
    ("layout", "sentence"),
    [
        (Layout(heights=netcdf_corpus.holed(HEIGHTS, -9999.0)), "often stands for 'no value'"),
        (Layout(heights=np.maximum(HEIGHTS, 0.0)), "the ocean has no depths"),
        (Layout(heights=np.sign(HEIGHTS)), "are they a mask"),
        (Layout(attributes={"units": "hPa"}), "'hPa' of topo are no length"),
    ],
)
def test_heights_that_look_odd_are_warned_of(layout: Layout, sentence: str, tmp_path: Path) -> None:
    layout(tmp_path / "topo.nc")
    done = climate_sim("inspect", tmp_path / "topo.nc")
    assert done.returncode == 0
    assert sentence in done.stderr


def test_closed_and_full_outputs_are_survived(topo: Path) -> None:
    closed = subprocess.run(
        ["/bin/sh", "-c", '"$0" inspect "$1" --json >&-', PROGRAM, topo],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (closed.returncode, closed.stderr) == (0, "")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([PROGRAM, "inspect", "nowhere.nc"], stderr=full, check=False)
    assert done.returncode == cli.BAD_INPUT


def test_a_private_folder_of_somebody_else_is_one_sentence(topo: Path) -> None:
    private = topo.parent / "private"
    private.mkdir()
    shutil.copy(topo, private)
    private.chmod(0)
    if os.geteuid() == 0:
        private.chmod(0o700)
        pytest.skip("nothing is private from root")
    sentence = refused(climate_sim("inspect", private / "topo.nc"))
    private.chmod(0o700)
    assert "Permission denied" in sentence
