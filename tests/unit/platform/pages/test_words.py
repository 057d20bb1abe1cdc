"""Sentences about the steps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from climate_simulation_platform.constants import ORDER
from climate_simulation_platform.pages import words
from climate_simulation_platform.records import Coordinates, Status
from climate_simulation_platform.workflow.model import workflow_of
from climate_simulation_platform.workflow.states import StepView, view

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)


def views(**statuses: Status) -> dict[str, StepView]:
    never = view(workflow_of([], [], [], Coordinates.TO_CONFIRM, frozenset()))
    return {
        step: replace(never[step], available=True, status=statuses.get(step, Status.NEVER))
        for step in ORDER
    }


def test_the_summary_counts_and_names() -> None:
    assert words.summary(views()) == "Nothing has been run yet."
    assert words.summary(views(routing=Status.RUNNING)) == "Routing is running."
    looked = views(internal_oceans=Status.REVIEW, passage_problems=Status.REVIEW)
    assert words.summary(looked) == "2 steps are to be reviewed."
    many = views(regrid=Status.NEEDS_YOU, routing=Status.NEEDS_YOU, pft=Status.FAILED)
    assert words.summary(many) == "Vegetation failed and 2 steps need you."
    done = views(**dict.fromkeys(ORDER, Status.UP_TO_DATE))
    assert words.summary(done) == "Nothing waits for you."


def test_the_next_step_is_one_that_failed_else_the_first_that_waits_for_a_person() -> None:
    assert words.next_step(views()) is None
    assert words.next_step(views(pft=Status.NEEDS_YOU, routing=Status.OUT_OF_DATE)) == "routing"
    assert words.next_step(views(pft=Status.FAILED, routing=Status.NEEDS_YOU)) == "pft"
    assert words.next_step(views(subbasins=Status.REVIEW)) == "subbasins"


def test_consequences_name_what_runs_again_and_what_needs_a_look() -> None:
    known = views()
    for step in ("routing", "internal_oceans", "pft"):
        known[step] = replace(known[step], parameters={}, done_at=NOON)
    assert words.consequences("regrid", known) == (
        "Routing, Vegetation, Heat flow and Viscosity will run again.",
        "Internal oceans will need a new look from you.",
    )
    assert words.consequences("pft", known) == ()
    known["internal_oceans"] = replace(known["internal_oceans"], replay=True, repeats=True)
    assert words.consequences("regrid", known)[1:] == (
        "Your edits in Internal oceans will be repeated, for you to review.",
    )


def test_parameters_in_words() -> None:
    said = words.in_words(
        "routing",
        {
            "closed_basins": [[1.0, 2.0]],
            "coordinates": "uploaded",
            "bathymetry_method": "nearest",
            "minimum_ocean_fraction": 0.5,
            "drop_per_distance": True,
            "pole_longitude": None,
            "refinement": 1,
        },
    )
    assert said == (
        "steepest way by the drop per distance; enclosed seas: 1 kept; "
        "depths: height at its centre; ocean grid: the uploaded one"
    )
    assert words.in_words("pft", {"bands": None}) == ""
    assert words.in_words("heatflow", {"method": "gdh1"}) == "GDH1"


def test_time_that_has_passed() -> None:
    def passed(**lasting: int) -> str:
        return words.elapsed(NOON, NOON + timedelta(**lasting))

    assert passed(seconds=-3) == "0 s"
    assert passed(seconds=12) == "12 s"
    assert passed(minutes=3, seconds=5) == "3 min 5 s"
    assert passed(hours=2, minutes=4) == "2 h 4 min"


def test_places() -> None:
    assert words.place(-12.5, 330.1) == "12.5° S 29.9° W"
    assert words.place(60.0, 106.0) == "60.0° N 106.0° E"


def test_edits_in_words() -> None:
    assert words.edits({}) == ""
    assert words.edits({"edits": 0}) == "0 edits"
    assert words.edits({"edits": 1, "titles": ["Dig"]}) == "1 edit: Dig"
    assert words.edits({"edits": 7, "titles": ["Dig", "Fill"]}) == "7 edits: Dig, Fill, …"
    kept = [{"title": f"edit {number}"} for number in range(6)]
    told = "6 edits: edit 0, edit 1, edit 2, edit 3, edit 4, …"
    assert words.edits({"edits": kept}) == told
    figures = {"edits": kept[:1], "cells_changed": 12, "cells_across_coast": 3}
    assert words.edits(figures) == "1 edit: edit 0; 12 cells changed, 3 between land and ocean"
    assert words.edits({**figures, "cells_changed": 1, "cells_across_coast": 0}) == (
        "1 edit: edit 0; 1 cell changed"
    )
