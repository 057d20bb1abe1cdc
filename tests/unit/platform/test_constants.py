"""The step graph and what follows from it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from climate_simulation_platform import constants
from climate_simulation_platform.constants import ORDER, STEPS, FileType, Runs, Worker

DESIGN_INVALIDATION = {
    "regrid": {"internal_oceans", "routing"},
    "internal_oceans": {"routing"},
    "routing": {
        "pft",
        "passage_problems",
        "subbasins",
        "heatflow",
        "ahmcoef",
        "calculate_weights",
    },
    "pft": set(),
    "passage_problems": {"subbasins", "heatflow", "ahmcoef", "calculate_weights"},
    "subbasins": {"calculate_weights"},
    "heatflow": set(),
    "ahmcoef": set(),
    "calculate_weights": set(),
}


def test_invalidation_is_as_designed() -> None:
    assert {name: set(step.invalidates) for name, step in STEPS.items()} == DESIGN_INVALIDATION


def test_only_known_steps_are_invalidated() -> None:
    assert {name for step in STEPS.values() for name in step.invalidates} <= set(STEPS)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_comes_after_all_that_it_depends_on(name: str) -> None:
    place = ORDER.index(name)
    assert all(ORDER.index(earlier) < place for earlier in constants.prerequisites(name))
    assert all(ORDER.index(later) > place for later in constants.dependants(name))


@pytest.mark.parametrize("name", STEPS)
def test_dependants_and_prerequisites_mirror_each_other(name: str) -> None:
    assert all(name in constants.prerequisites(later) for later in constants.dependants(name))


@pytest.mark.parametrize("name", STEPS)
def test_who_reads_a_file_is_invalidated_by_who_writes_it(name: str) -> None:
    """Except by one that comes earlier: an edit does not invalidate what made the file."""
    for file_type in STEPS[name].writes:
        later_readers = set(constants.readers(file_type)) - {name, *constants.prerequisites(name)}
        assert later_readers <= set(constants.dependants(name))


def test_every_file_that_a_step_reads_is_given_or_written() -> None:
    given = {FileType.RAW, FileType.COORDS}
    written = {file_type for step in STEPS.values() for file_type in step.writes}
    assert {file_type for step in STEPS.values() for file_type in step.reads} <= given | written


def test_a_persons_step_never_runs_by_itself() -> None:
    for name in constants.steps_of(Worker.PANEL):
        assert STEPS[name].runs is Runs.ON_REQUEST


def test_steps_of_one_worker_keep_the_order() -> None:
    assert constants.steps_of(Worker.PYTHON) == (
        "regrid",
        "internal_oceans",
        "routing",
        "pft",
        "passage_problems",
        "subbasins",
        "heatflow",
        "ahmcoef",
    )
    assert constants.steps_of(Worker.MOSAIX) == ("calculate_weights",)


def test_a_worker_repeats_what_persons_do_and_proposes_basins() -> None:
    by_persons = [STEPS[name] for name in ORDER if STEPS[name].by_person]
    assert all(Worker.PYTHON in step.workers for step in by_persons)
    assert [step.edits for step in by_persons if step.computed] == [FileType.SUB_BASINS]


@pytest.mark.parametrize("file_type", FileType)
def test_an_edit_becomes_a_revision_of_the_persons_step_or_of_the_one_that_makes_the_file(
    file_type: FileType,
) -> None:
    of_persons = {
        FileType.RAW: "internal_oceans",
        FileType.BATHY: "passage_problems",
        FileType.SUB_BASINS: "subbasins",
    }
    step = constants.editor_of(file_type)
    if file_type in (FileType.COORDS, FileType.WEIGHTS):
        assert step is None
    else:
        assert step == of_persons.get(file_type, constants.writers(file_type)[0])


def test_writers_and_readers() -> None:
    assert constants.writers(FileType.BATHY) == ("routing", "passage_problems")
    assert constants.readers(FileType.SUB_BASINS) == ("calculate_weights",)
    assert constants.direct_dependants("regrid") == ("internal_oceans", "routing")


def test_a_loop_in_the_graph_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    looped = {"one": STEPS["regrid"].__class__((), (), (), ("one",), Runs.ON_REQUEST)}
    monkeypatch.setattr(constants, "STEPS", looped)
    with pytest.raises(ValueError, match=re.escape("loop among ['one']")):
        constants._ordered()


def test_the_graph_needs_the_standard_library_only() -> None:
    """Loaded on its own, without anything that is installed."""
    source = Path(constants.__file__)
    subprocess.run([sys.executable, "-I", "-S", str(source)], check=True)
