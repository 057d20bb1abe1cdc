"""Figures, checks and histograms of a set of weights as the report shows them."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.pages import weighing
from climate_simulation_platform.records import Revision


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0, "0"), (3.5e-16, "3.5e−16"), (1.0, "1.0e+00"), (0.01, "1.0e−02")],
)
def test_numbers_show_their_size(value: float, written: str) -> None:
    assert weighing.scientific(value) == written


def test_checks_stand_by_file_in_their_order() -> None:
    rows = [("b.nc", 0.0, True), ("a.nc", 2.0, False), ("b.nc", 1e-13, True)]
    found = weighing.checks(
        [
            {"file": file, "about": f"about {k}", "value": value, "limit": 0.0, "passed": passed}
            for k, (file, value, passed) in enumerate(rows)
        ]
    )
    assert [(group.file, group.passed, len(group.rows)) for group in found] == [
        ("b.nc", 2, 2),
        ("a.nc", 0, 1),
    ]
    assert found[0].rows[1]["value"] == "1.0e−13"


def test_figures_are_written_for_people() -> None:
    report = {
        "links": {"rivers": 6539},
        "sea_points": 17483,
        "share_of_land_without_a_river_to_the_sea": 1.3e-16,
        "something_else": 3,
    }
    assert weighing.figures(report) == [
        ("Links, rivers", "6\u202f539"),
        ("Points in the sea", "17\u202f483"),
        ("Land without a river to the sea", "none"),
    ]
    lost = weighing.figures({"share_of_land_without_a_river_to_the_sea": 0.5432})
    assert lost == [("Land without a river to the sea", "54 %")]


def test_bars_fill_their_room() -> None:
    found = weighing.bars([(str(k), k * 10) for k in range(1, 21)])
    assert found[-1].height == weighing.HEIGHT
    assert found[-1].top == 0.0
    assert found[-1].left + found[-1].width <= weighing.WIDTH
    assert 2 <= sum(bar.labelled for bar in found) <= weighing.MOST_LABELS
    assert found[0].labelled
    assert found[-1].labelled
    assert all(one.left + one.width < next_.left for one, next_ in pairwise(found))
    assert weighing.bars([]) == ()
    assert weighing.bars([("1", 0)])[0].height == 0.0


def revision(number: int, engine: str, bathy: int = 1, **parameters: Any) -> Revision:
    return Revision(
        id=number, data_file_id=1, file_type=FileType.WEIGHTS, revision=number, path="",
        sha256="", size=1, created=datetime.now(UTC), created_by="ada", step="calculate_weights",
        task_id="1", parameters={"engine": engine, "atmosphere": "96x95", **parameters},
        input_revisions={FileType.BATHY: bathy}, description="", versions={},
    )  # fmt: skip


def test_the_other_engine_is_found_for_the_same_files_only() -> None:
    shown = revision(5, "mosaic")
    alike = [revision(2, "mosaix"), revision(4, "mosaix")]
    others = [
        revision(1, "mosaic"),
        revision(3, "mosaix", bathy=2),
        revision(6, "mosaix", atmosphere="144x142"),
    ]
    assert weighing.other_engine(shown, [*alike, *others, shown]) == alike[1]
    assert weighing.other_engine(shown, [*others, shown]) is None


def test_files_of_two_sets_are_compared_by_their_values() -> None:
    here = [{"name": "a", "values_sha256": "1"}, {"name": "b", "values_sha256": "1"}]
    there = [
        {"name": "a", "values_sha256": "1"},
        {"name": "b", "values_sha256": "2"},
        {"name": "c", "values_sha256": "3"},
    ]
    assert weighing.differing_files(here, there) == [
        ("a", "the same values"),
        ("b", "different values"),
        ("c", "only in the newer"),
    ]
