"""What YAC's process is asked and answers, as files."""

import numpy as np
import pytest

from climpy.bc.ipsl.weights import modern, yac_requests
from climpy.bc.ipsl.weights.yac_requests import Mesh, Regular
from climpy.errors import StepRefused
from climpy.grids.lmdz import LmdzGrid
from climpy.steps.mosaix import cause
from tests.ocean_grids import cylindrical_grid

JOB = modern.JOBS[0]


def grids():
    ocean = cylindrical_grid(ny=11, columns=12)
    return modern.meshes(modern.planet(np.full(ocean.shape, 9.0), ocean, LmdzGrid(12, 9)))


def links():
    return {JOB.name: (np.array([15, 16]), np.array([0, 119]), np.array([0.25, 0.75]))}


def test_a_request_arrives_as_it_was_sent(tmp_path):
    path = tmp_path / "request"
    path.write_bytes(yac_requests.request_as_bytes(grids(), modern.JOBS))
    found, jobs = yac_requests.read_request(path)
    assert jobs == modern.JOBS
    assert list(found) == list(grids())
    for name, grid in grids().items():
        assert type(found[name]) is type(grid)
        assert found[name].size == grid.size
        assert np.array_equal(found[name].longitudes, grid.longitudes)
        if isinstance(grid, Mesh):
            assert np.array_equal(found[name].vertices, grid.vertices)
            assert np.array_equal(found[name].addresses, grid.addresses)
    assert isinstance(found["tlmd"], Regular)


def test_the_same_request_has_the_same_bytes():
    first, second = (yac_requests.request_as_bytes(grids(), modern.JOBS) for _ in range(2))
    assert first == second


def answered(tmp_path, found):
    path = tmp_path / "answer"
    path.write_bytes(yac_requests.answer_as_bytes(found))
    return yac_requests.read_answer(path, grids(), [JOB])


def test_an_answer_arrives_as_it_was_given(tmp_path):
    for part, expected in zip(
        answered(tmp_path, links())[JOB.name], links()[JOB.name], strict=True
    ):
        assert np.array_equal(part, expected)


def test_no_answer_is_told(tmp_path):
    with pytest.raises(StepRefused, match="YAC wrote no links"):
        yac_requests.read_answer(tmp_path / "answer", grids(), [JOB])


@pytest.mark.parametrize("kept", [0, 10, 200, -30])
def test_a_cut_off_answer_is_told(tmp_path, kept):
    path = tmp_path / "answer"
    path.write_bytes(yac_requests.answer_as_bytes(links())[:kept])
    with pytest.raises(StepRefused, match="cut off or damaged"):
        yac_requests.read_answer(path, grids(), [JOB])


@pytest.mark.parametrize(
    ("part", "values", "told"),
    [
        (0, np.array([15, 14]), "not about these cells"),  # a masked cell
        (1, np.array([0, 120]), "not about these cells"),
        (1, np.array([-1, 0]), "not about these cells"),
        (1, np.array([0.0, 1.0]), "not about these cells"),
        (2, np.array([1.0, np.nan]), "no numbers"),
        (2, np.array([1.0]), "cut off or damaged"),
    ],
)
def test_an_answer_about_something_else_is_told(tmp_path, part, values, told):
    wrong = [*links()[JOB.name]]
    wrong[part] = values
    with pytest.raises(StepRefused, match=told):
        answered(tmp_path, {JOB.name: tuple(wrong)})


def test_an_answer_to_another_question_is_told(tmp_path):
    with pytest.raises(StepRefused, match="cut off or damaged"):
        answered(tmp_path, {"other": links()[JOB.name]})


ABORT = """\
Fatal error in /builds/yac/src/core/grids/dist_grid.c, line 915: ERROR(generate): too many cells
(num_cells: 1 cell_idx: 0)
--------------------------------------------------------------------------
MPI_ABORT was invoked on rank 0 in communicator MPI_COMM_WORLD
with errorcode 1.
--------------------------------------------------------------------------
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (ABORT, "too many cells"),
        ("Fatal error in /a.c, line 7: ERROR(f): ERROR: two intersections\nmore\n", "two inters"),
        ("Fatal error in /a.py, line 17: Invalid order\n---\n", "Invalid order"),
        ("Traceback\n  File x\nMemoryError\n", "MemoryError"),
        ("", ""),
    ],
)
def test_the_cause_is_found_among_what_mpi_says(words, expected):
    assert cause(words).startswith(expected)
    assert "MPI_ABORT" not in cause(words)
