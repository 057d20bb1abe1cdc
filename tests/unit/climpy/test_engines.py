"""Programs that fail are told in a sentence, and nothing of them is left."""

import pytest

from climpy.bc.ipsl.weights.shares import MARK
from climpy.errors import StepRefused
from climpy.steps.engines import program
from climpy.steps.mosaic import find_shares
from tests.coupling import made_up

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
