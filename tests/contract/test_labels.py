"""Every step, file, state, worker and parameter has its words; forms offer what climpy knows."""

import re

import pytest

from climate_simulation_platform import labels
from climate_simulation_platform.computing import complete_parameters
from climate_simulation_platform.constants import STEPS, FileType, Worker
from climate_simulation_platform.pages import forms
from climate_simulation_platform.records import Status
from climpy.bc.ipsl.regrid import LIMITS, METHODS
from tests.reference import ROOT

PAGES = {
    "internal_oceans": ("checks",),
    "passage_problems": ("checks",),
    "routing": ("routing", "ocean_grid"),
    "subbasins": ("sub_basins",),
}
"""Pages of the method below docs/steps, where they are not called as the step."""


def test_every_step_has_its_words() -> None:
    for words in (labels.STEP_TITLES, labels.STEP_LINES, labels.SOURCES):
        assert list(words) == list(STEPS)
    assert all(line.endswith(".") for line in labels.STEP_LINES.values())


def test_every_file_state_and_worker_has_its_words() -> None:
    assert set(labels.FILE_TITLES) == set(FileType)
    assert set(labels.STATUS_WORDS) == set(Status)
    assert set(labels.WORKER_TITLES) == set(Worker)


def test_every_step_that_computes_has_a_form() -> None:
    computed = {step for step in STEPS if STEPS[step].computed}
    assert set(forms.FORMS) == computed == set(labels.PARAMETERS)


@pytest.mark.parametrize("step", forms.FORMS)
def test_a_form_offers_exactly_the_parameters_that_the_science_knows(step: str) -> None:
    offered = set(labels.PARAMETERS[step]) | set(forms.NOT_OFFERED.get(step, ()))
    assert offered == set(complete_parameters(step, {}))
    assert set(labels.CHOICES.get(step, {})) <= set(labels.PARAMETERS[step])


def test_choices_are_those_that_the_science_knows() -> None:
    for step, choices in labels.CHOICES.items():
        for name, values in choices.items():
            several = isinstance(complete_parameters(step, {}).get(name), list)
            for value in set(values) - {forms.GIVEN, forms.LISTED}:
                complete_parameters(step, {name: [value] if several else value})
    assert set(labels.CHOICES["regrid"]["method"]) == set(METHODS)
    assert set(labels.CHOICES["regrid"]["limits"]) == set(LIMITS)


@pytest.mark.parametrize("step", STEPS)
def test_references_stand_on_the_pages_of_the_method(step: str) -> None:
    names = PAGES.get(step, (step,)) if labels.SOURCES[step] else ()
    pages = [(ROOT / "docs" / "steps" / f"{name}.md").read_text("utf-8") for name in names]
    text = re.sub(r"\s+", " ", " ".join(pages))
    for source in labels.SOURCES[step]:
        assert source.doi in text
