"""The pages say what they promise, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

from climpy.steps import STEPS
from tests.reference import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
METHODS = [
    *("input", "regrid", "ocean_grid", "poles", "routing", "bathymetry", "soils", "relief"),
    *("pft", "heatflow", "ahmcoef", "sub_basins", "weights", "checks"),
]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("method", METHODS)
def test_a_method_page_has_its_five_parts(method: str) -> None:
    page = (ROOT / "docs" / "steps" / f"{method}.md").read_text(encoding="utf-8")
    parts = re.findall(r"^## (\w+)", page, flags=re.MULTILINE)
    assert [p for p in parts if p in ("Input", "Method", "Source", "Output", "Limits")] == [
        "Input",
        "Method",
        "Source",
        "Output",
        "Limits",
    ]


def test_every_step_has_a_method_page() -> None:
    pages = {"coords": "ocean_grid", "subbasins": "sub_basins", "calculate_weights": "weights"}
    assert {pages.get(step, step) for step in STEPS} <= set(METHODS)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_readme_names_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake ([a-z-]+)\b", readme):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target
