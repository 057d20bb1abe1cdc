"""What a status line says."""

import numpy as np
import pytest

from climpy.interactive import Field
from climpy.interactive.desk import Sheet
from climpy.interactive.views.wording import hover, value_text
from tests.unit.climpy.interactive.fields_to_edit import basins, ocean, with_holes


def sheet(field: Field, units: str = "m") -> Sheet:
    return Sheet(field, "topo", "height", units)


def test_a_cell_of_a_topography() -> None:
    field = with_holes()
    values = field.values.copy()
    values[4, 5] = -3512.4
    said = hover(sheet(field), values, 4 * 16 + 5)
    assert (said.row, said.column, said.value, said.surface) == (4, 5, -3512.4, "ocean")
    assert (said.latitude, said.longitude) == (-22.5, -56.25)
    assert str(said) == "row 4, column 5 · 22.5 S 56.2 W · -3512.4 m · ocean"


def test_a_cell_without_a_value() -> None:
    field = with_holes()
    said = hover(sheet(field), field.values, 2 * 16 + 3)
    assert (said.value, said.surface) == (None, "")
    assert str(said).endswith("no value")


def test_a_copy_says_so() -> None:
    field = ocean()
    said = hover(sheet(field), field.values, 0)
    assert said.original == field.nodes[0] != 0
    assert "copy" in str(said)
    assert hover(sheet(field), field.values, 1).original is None


def test_basins_lie_on_the_ocean_that_was_given() -> None:
    field = basins()
    wet = int(np.flatnonzero(field.values.ravel() == 0.0)[0])
    assert hover(sheet(field), field.values, wet).surface == "land"


def test_of_what_has_no_place_and_no_surface() -> None:
    field = Field(np.ones((2, 3)), "other")
    said = hover(sheet(field, ""), field.values, 4)
    assert (said.latitude, said.longitude, said.surface) == (None, None, "")
    assert str(said) == "row 1, column 1 · 1"


@pytest.mark.parametrize(
    ("value", "units", "text"),
    [
        (-3512.4, "m", "-3512.4 m"),
        (1234567.0, "m", "1234567 m"),
        (-0.0, "", "0"),
        (0.25, "1", "0.25"),
        (1e-9, "kg", "1e-09 kg"),
        (None, "m", "no value"),
        (float("nan"), "m", "no value"),
    ],
)
def test_values(value: float | None, units: str, text: str) -> None:
    assert value_text(value, units) == text
