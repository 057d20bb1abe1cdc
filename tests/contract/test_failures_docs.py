"""docs/failures.md names for every fault the tests that show it, and each test of a fault."""

import ast
import re
from datetime import timedelta

import pytest

from climate_simulation_platform.message_broker import link, publishing
from message_dispatcher import dispatching, receive
from tests.reference import ROOT

PAGE = (ROOT / "docs" / "failures.md").read_text(encoding="utf-8")
FOLDER = ROOT / "tests" / "broker"

TABLE = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| fault ")
]

NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def functions_of(file_name: str) -> dict[str, str]:
    """Docstrings of the tests of a file."""
    tree = ast.parse((FOLDER / file_name).read_text(encoding="utf-8"))
    return {
        node.name: ast.get_docstring(node) or ""
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0][:50])
def test_every_fault_is_shown_by_a_test_that_exists(row: list[str]) -> None:
    fault, happens, shown = row
    assert fault
    assert happens
    named = NAMED.findall(shown)
    assert named
    for file_name, test in named:
        assert test in functions_of(file_name), f"{file_name}::{test}"


def test_every_test_of_a_fault_is_on_the_page() -> None:
    there = {
        (file.name, test)
        for file in FOLDER.glob("test_*.py")
        for test, says in functions_of(file.name).items()
        if says.startswith("Row")
    }
    on_page = set(NAMED.findall(PAGE))
    assert there <= on_page
    assert {file for file, _ in on_page} <= {file for file, _ in there}


@pytest.mark.parametrize(
    "words",
    [
        "three heartbeats", "TASK_HOURS", "segmentation fault", "disk is full", "kill -9",
        "between commit and done", "between done and acknowledgement", "bad input", "undecodable",
        "10 MB", "while nobody needs it", "during a job", "between declaring and publishing",
        "recreated", "at the start", "password", "disk alarm", "no queue takes", "cancels",
        "random edits", "reordered", "diamond", "two save at once", "deleted while", "SIGTERM",
        "occupied for longer", "(1, 5, 1)",
    ],
)  # fmt: skip
def test_no_fault_is_left_out(words: str) -> None:
    assert [row for row in TABLE if words in row[0]]


def test_the_times_are_those_of_the_code() -> None:
    assert timedelta(seconds=5) == dispatching.TELL_AFTER
    assert timedelta(seconds=30) == dispatching.LOST_AFTER
    assert receive.RECONCILE_SECONDS == 60.0
    assert publishing.PATIENCE_SECONDS == 5.0
    assert (link.FIRST_PAUSE_SECONDS, link.LONGEST_PAUSE_SECONDS) == (0.1, 5.0)
