"""Programs that fail are told in a sentence, and nothing of them is left."""

import os
import subprocess
import sys

import pytest

from climpy.bc.ipsl.weights.shares import MARK
from climpy.errors import StepRefused
from climpy.steps import engines
from climpy.steps.engines import program
from climpy.steps.mosaic import find_shares
from tests.coupling import made_up
from tests.waiting import is_gone, wait_for

FAULTS = {
    "ends with an error": ("exit 3", "ended with code 3 without a word"),
    "says why": ("echo 'a cell is torn' >&2; exit 2", "ended with code 2: a cell is torn"),
    "is killed": ("kill -9 $$", "was ended by the signal SIGKILL"),
    "crashes": ("kill -SEGV $$", "SIGSEGV"),
    "writes nothing": ("exit 0", "wrote no shares"),
    "writes nonsense": ("echo nonsense > $2", "did not write shares"),
    "is cut off": (f"printf '{MARK.decode()}' > $2; head -c 8 /dev/zero >> $2", "cut off"),
    "hangs": ("sleep 60", "was not done after 1 seconds"),
    "leaves a child behind": ("sleep 60 & exit 4", "was not done|ended with code 4"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_sentence(fault, tmp_path):
    lines, sentence = FAULTS[fault]
    executable = tmp_path / "program"
    executable.write_text(f"#!/bin/sh\n{lines}\n")
    executable.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    _, on = made_up()
    with pytest.raises(StepRefused, match=sentence):
        find_shares(on, folder, lambda _done, _what: None, executable=executable, seconds=1.0)
    assert list(folder.iterdir()) in ([], [folder / "words"])


def test_a_program_that_is_not_there_says_what_to_install():
    with pytest.raises(StepRefused, match="install gfortran and cmake"):
        program("surely-not-installed", "gfortran and cmake")


@pytest.mark.parametrize(
    ("quota", "number"), [("200000 100000", 2), ("150000 100000", 2), ("5000 100000", 1)]
)
def test_a_program_keeps_no_more_processors_busy_than_its_container_has(
    quota, number, tmp_path, monkeypatch
):
    file = tmp_path / "cpu.max"
    file.write_text(f"{quota}\n")
    monkeypatch.setattr(engines, "QUOTA", file)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    assert engines.processors() == number


@pytest.mark.parametrize("quota", ["max 100000", "", None])
def test_without_a_limit_all_processors_are_used(quota, tmp_path, monkeypatch):
    file = tmp_path / "cpu.max"
    if quota is not None:
        file.write_text(quota)
    monkeypatch.setattr(engines, "QUOTA", file)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    assert engines.processors() == 8


KILLED = """
import sys
from pathlib import Path
from climpy.steps.engines import run_program
folder = Path(sys.argv[1])
lines = f"echo $$ > {folder}/part; mv {folder}/part {folder}/number; exec sleep 600"
quiet = lambda done, what: None
run_program(["/bin/sh", "-c", lines], name="It", folder=folder, seconds=60, progress=quiet)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the system's own way of Linux")
def test_a_program_ends_with_the_process_that_runs_it(tmp_path):
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)]) as running:
        number = tmp_path / "number"
        wait_for(number.exists, "the program")
        running.kill()
    wait_for(lambda: is_gone(int(number.read_text())), "its end")
