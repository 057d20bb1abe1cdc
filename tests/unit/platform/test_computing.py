"""Parameters of the platform's steps, and the ocean grid of a routing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from climate_simulation_platform.computing import (
    GENERATED,
    Computed,
    KeptGrid,
    Work,
    complete_parameters,
    compute,
)
from climate_simulation_platform.constants import STEPS, FileType, Worker, steps_of
from climate_simulation_platform.records import REPEAT
from climate_simulation_platform.workflow.model import UPLOADED
from climpy.bc.ipsl import regrid
from climpy.demo import demo_topography
from climpy.errors import InputRefused, StepRefused
from climpy.interactive import Add, Box, Edit, Selection, Session, SetTo, Surface, saving
from climpy.interactive.opening import open_field
from climpy.io import write
from climpy.steps import parameters_of


def made_up(path: Path, turned: int = 0) -> Path:
    """The made-up Earth, turned by some columns."""
    topography = demo_topography()
    turned_heights = np.roll(topography.heights, turned, axis=1)
    write(path, regrid.to_file(replace(topography, heights=turned_heights)))
    return path


def routed(folder: Path, raw: Path, kept: KeptGrid | None = None, **parameters: object) -> Computed:
    folder.mkdir()
    told: list[float] = []
    computed = compute(
        Work("routing", {FileType.RAW: raw}, parameters, folder, kept),
        lambda share, _phase: told.append(share),
    )
    assert told == sorted(told)
    assert 0.0 <= told[0] <= told[-1] <= 1.0
    return computed


def grid_of(computed: Computed) -> Path:
    (path,) = (made.path for made in computed.products if made.file_type is FileType.COORDS)
    return path


@pytest.fixture(scope="module")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up(tmp_path_factory.mktemp("earth") / "earth.nc")


def edited(source: Path, folder: Path, *edits: Edit) -> Path:
    """A topography that a person has edited."""
    session = Session(open_field(source).field)
    for edit in edits:
        session.apply(edit)
    request = saving.EditRequest("internal_oceans", {"raw": source}, session.to_json())
    folder.mkdir()
    return saving.save(request, folder).path


def repeated(folder: Path, before: Path, raw: Path) -> Computed:
    folder.mkdir()
    inputs, parameters = {FileType.RAW: raw}, {REPEAT: 3}
    work = Work("internal_oceans", inputs, parameters, folder, repeated=before)
    return compute(work, lambda *_: None)


NORTH = Edit(Selection.of(Box(60, 90, -180, 180), Surface("land")), Add(500), "Raise the north")
SOUTH = Edit(Selection.of(Box(-90, -60, -180, 180)), SetTo(-100), "Drown the south")


@pytest.fixture(scope="module")
def first(earth: Path, tmp_path_factory: pytest.TempPathFactory) -> Computed:
    return routed(tmp_path_factory.mktemp("first") / "made", earth)


def test_a_routing_makes_its_grid_and_says_so(first: Computed) -> None:
    made = {product.file_type: product for product in first.products}
    assert set(made) == {*STEPS["routing"].writes, FileType.COORDS}
    assert made[FileType.COORDS].note == first.sentences[0]
    assert first.sentences[0].startswith("A new ocean grid was made, with its poles at ")
    assert all(product.description.header["variables"] for product in first.products)


def test_a_grid_that_still_suits_is_kept(first: Computed, earth: Path, tmp_path: Path) -> None:
    kept = KeptGrid(grid_of(first), 4, first.parameters)
    again = routed(tmp_path / "made", earth, kept)
    assert {product.file_type for product in again.products} == set(STEPS["routing"].writes)
    assert again.sentences[0].startswith("The ocean grid of revision 4 was kept")


def test_a_grid_whose_pole_was_flooded_is_made_anew(first: Computed, tmp_path: Path) -> None:
    kept = KeptGrid(grid_of(first), 4, first.parameters)
    turned = made_up(tmp_path / "turned.nc", turned=90)
    again = routed(tmp_path / "made", turned, kept)
    assert again.sentences[0].startswith(
        "A new ocean grid was made, as a pole of revision 4 is no longer on land, with its poles"
    )
    assert grid_of(again).is_file()


def test_other_poles_make_another_grid(first: Computed, earth: Path, tmp_path: Path) -> None:
    kept = KeptGrid(grid_of(first), 4, first.parameters)
    again = routed(tmp_path / "made", earth, kept, pole_longitude=106.0, pole_latitude=60.0)
    assert "as other poles were asked for" in again.sentences[0]
    assert "60.0 N 106.0 E" in again.sentences[0]


def test_an_uploaded_grid_with_a_pole_at_sea_is_refused(first: Computed, tmp_path: Path) -> None:
    raw = made_up(tmp_path / "turned.nc", turned=90)
    inputs = {FileType.RAW: raw, FileType.COORDS: grid_of(first)}
    work = Work("routing", inputs, {"coordinates": UPLOADED}, tmp_path)
    with pytest.raises(StepRefused, match="both must lie on land"):
        compute(work, lambda *_: None)


def test_edits_are_repeated_on_another_topography(earth: Path, tmp_path: Path) -> None:
    before = edited(earth, tmp_path / "before", NORTH)
    turned = made_up(tmp_path / "turned.nc", turned=90)
    computed = repeated(tmp_path / "made", before, turned)
    (product,) = computed.products
    assert product.file_type is FileType.RAW
    assert product.note == "The edits of revision 3 repeated."
    assert not product.moves_coastline
    assert product.description.header["variables"]
    assert computed.parameters[REPEAT] == 3
    assert (computed.parameters["edits"], computed.parameters["titles"]) == (1, ["Raise the north"])
    old, new = open_field(turned).field.values, open_field(product.path).field.values
    changed = old != new
    assert np.allclose((new - old)[changed], 500.0)
    assert changed.any()


def test_edits_that_move_the_coast_say_so(earth: Path, tmp_path: Path) -> None:
    before = edited(earth, tmp_path / "before", NORTH, SOUTH)
    computed = repeated(tmp_path / "made", before, earth)
    assert computed.products[0].moves_coastline
    assert computed.parameters["titles"] == ["Raise the north", "Drown the south"]


def test_a_file_without_edits_cannot_be_repeated(earth: Path, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="carries no edits"):
        repeated(tmp_path / "made", earth, earth)


def test_parameters_are_completed() -> None:
    complete = complete_parameters("routing", {"refinement": 2})
    assert complete == {
        "coordinates": GENERATED,
        **parameters_of("coords", {"refinement": 2}),
        **parameters_of("routing", {}),
    }
    computed = {step for step in steps_of(Worker.PYTHON) if STEPS[step].computed}
    for step in computed - {"routing"}:
        assert complete_parameters(step, {}) == parameters_of(step, {})


@pytest.mark.parametrize(
    ("step", "given", "word"),
    [
        ("routing", {"coordinates": "sent by post"}, "generated or uploaded"),
        ("routing", {"pole_longitude": "east"}, "pole_longitude"),
        ("routing", {"depth": 3}, "depth"),
        ("pft", {"coordinates": GENERATED}, "coordinates"),
        ("regrid", {"method": "magic"}, "method"),
    ],
)
def test_what_cannot_be_chosen_is_refused(step: str, given: dict[str, object], word: str) -> None:
    with pytest.raises(InputRefused, match=word):
        complete_parameters(step, given)
