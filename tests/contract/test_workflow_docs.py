"""docs/workflow.md says of the steps and states what the code does."""

import re
from pathlib import Path

import pytest

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Runs
from climate_simulation_platform.records import Status

PAGE = Path(__file__).parents[2].joinpath("docs/workflow.md").read_text(encoding="utf-8")


def cells_of(step: str) -> list[str]:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{step}` "))
    return [cell.strip() for cell in row.strip("|").split("|")]


def files_in(cell: str) -> set[str]:
    return set(re.findall("|".join(sorted(map(str, FileType), key=len, reverse=True)), cell))


@pytest.mark.parametrize("step", ORDER)
def test_the_table_of_steps_is_the_graph(step: str) -> None:
    _, doer, reads, writes, runs = cells_of(step)
    definition = STEPS[step]
    assert files_in(reads) == set(map(str, definition.reads))
    assert files_in(writes) == set(map(str, (*definition.writes, *definition.makes)))
    assert doer.startswith("person") == definition.by_person
    first_words = {
        Runs.ON_REQUEST: "no",
        Runs.WITH_LAST_PARAMETERS: "once its parameters were given",
        Runs.BY_ITSELF: "yes",
    }
    assert runs.startswith(first_words[definition.runs])


def test_every_state_is_explained() -> None:
    for status in Status:
        assert f"| {status} |" in PAGE
