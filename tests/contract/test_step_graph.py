"""The steps that compute do what the step graph says of them."""

import pytest

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Worker, steps_of
from climpy.steps.definitions import DEFINITIONS
from climpy.steps.running import TITLES

COMPUTED = [name for name in steps_of(Worker.PYTHON) if STEPS[name].computed]


@pytest.mark.parametrize("name", COMPUTED)
def test_a_python_step_reads_and_writes_what_the_graph_says(name: str) -> None:
    assert DEFINITIONS[name].reads == tuple(map(str, STEPS[name].reads))
    assert DEFINITIONS[name].writes == tuple(map(str, STEPS[name].writes))


def test_a_first_proposal_reads_and_writes_what_the_persons_step_does() -> None:
    assert DEFINITIONS["subbasins"].reads == tuple(map(str, STEPS["subbasins"].reads))
    assert DEFINITIONS["subbasins"].writes == tuple(map(str, STEPS["subbasins"].writes))


def test_every_file_has_a_title() -> None:
    assert set(TITLES) == {str(kind) for kind in FileType}


def test_steps_outside_the_graph_only_make_files_of_the_graph() -> None:
    for name in set(DEFINITIONS) - set(ORDER):
        assert set(DEFINITIONS[name].writes) <= {str(kind) for kind in FileType}
