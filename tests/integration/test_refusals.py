"""What cannot be done is refused with one sentence, and nothing is left behind."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from climate_simulation_platform import cli
from tests import netcdf_corpus
from tests.program import PROGRAM, climate_sim, refused

LONGEST_WAIT_SECONDS = 60.0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rooting: {}", "there is no step 'rooting'"),
        ("routing: {drop: true}", "no parameter 'drop'"),
        ("pft: {bands: [{to_latitude: 90, percentages: {2: 60}}]}", "60"),
    ],
)
def test_a_wrong_configuration_is_refused(
    text: str, sentence: str, earth: Path, tmp_path: Path
) -> None:
    (tmp_path / "steps.yaml").write_text(text)
    done = climate_sim(
        "run", earth, "--out", tmp_path / "out", "--config", tmp_path / "steps.yaml", "-q"
    )
    assert sentence in refused(done)
    assert [path.name for path in tmp_path.iterdir()] == ["steps.yaml"]


@pytest.mark.parametrize("name", netcdf_corpus.BAD)
def test_every_bad_file_has_its_sentence_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    writer, fragment = netcdf_corpus.BAD[name]
    writer(tmp_path / "topo.nc")
    before = sorted(tmp_path.iterdir())
    sentence = refused(climate_sim("run", tmp_path / "topo.nc", "--out", tmp_path / "a/b", "-q"))
    assert fragment in sentence
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = climate_sim("run", tmp_path / "nowhere.nc", "--out", tmp_path / "out")
    assert "does not exist" in refused(done)


def test_coordinates_that_are_broken_or_in_the_sea_are_refused(
    earth: Path, out: Path, tmp_path: Path
) -> None:
    done = climate_sim("run", earth, "--out", tmp_path / "x", "--coords", out / "bathy.nc", "-q")
    refused_lines = done.stderr.splitlines()
    assert done.returncode == cli.BAD_INPUT
    assert "no coordinates file" in refused_lines[-1]
    made = climate_sim(
        "make-grid", "--pole-longitude", 0, "--pole-latitude", 50, "--out", tmp_path / "sea.nc"
    )
    assert made.returncode == 0, made.stderr
    done = climate_sim("run", earth, "--out", tmp_path / "x", "--coords", tmp_path / "sea.nc", "-q")
    assert "lies in the sea" in refused(done)
    assert [path.name for path in tmp_path.iterdir()] == ["sea.nc"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("run",),
        ("run", "topo.nc"),
        ("run", "--nonsense"),
        ("demo-topography", "x.nc", "--resolution", "5"),
        ("demo-topography", "x.nc", "--resolution", "one"),
        ("make-grid",),
        ("make-grid", "--pole-longitude", "10"),
        ("make-grid", "--pole-longitude", "10", "--pole-latitude", "20"),
        ("route", "a.nc", "b.nc", "--closed-basin", "1", "2", "--all-basins-closed"),
    ],
)
def test_a_wrong_command_is_one_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert len(refused(climate_sim(*arguments, cwd=tmp_path))) > 20
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_refused(earth: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = Path("/sys")  # not even root makes folders there
    else:
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o555)
    done = climate_sim("run", earth, "--out", folder / "out", "-q")
    assert "not writable" in refused(done)
    assert "is a file" in refused(climate_sim("run", earth, "--out", earth, "-q"))


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB, where this machine lets us have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_refused(earth: Path, tiny_disk: Path) -> None:
    done = climate_sim("run", earth, "--out", tiny_disk / "out", "-q")
    assert "The disk is full: coords.nc" in refused(done)
    assert not list(tiny_disk.iterdir())


def test_a_file_that_may_not_grow_is_refused_like_a_full_disk(earth: Path, tmp_path: Path) -> None:
    done = climate_sim("run", earth, "--out", tmp_path / "out", "-q", preexec_fn=limit_file_size)
    assert "The disk is full: regrid.nc" in refused(done)
    assert not list(tmp_path.iterdir())


def test_standard_output_that_is_full_is_refused(earth: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "inspect", earth], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == cli.BAD_INPUT
    assert "disk is full" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, cli.INTERRUPTED), (signal.SIGTERM, cli.TERMINATED)]
)
def test_an_interrupted_run_leaves_nothing(
    sent: signal.Signals, code: int, earth: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [PROGRAM, "run", earth, "--out", tmp_path / "new" / "out"],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        wait_until(lambda: any(tmp_path.glob("new/.out.*.part/*.nc")))
        process.send_signal(sent)
        _, said = process.communicate(timeout=LONGEST_WAIT_SECONDS)
    assert process.returncode == code
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


def wait_until(condition: Callable[[], bool]) -> None:
    """Poll a condition; the interval only spares the processor."""
    end = time.monotonic() + LONGEST_WAIT_SECONDS
    while not condition():
        assert time.monotonic() < end
        os.sched_yield()
