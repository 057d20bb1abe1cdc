import pytest

from climate_simulation_platform.names import FieldsRefused
from climate_simulation_platform.views.choosing import choices_of, form_fields, what_helps
from climpy.topography import Choices

CHOSEN = {
    "variable": "topo",
    "latitude": "lat",
    "longitude": "x",
    "indices": {"time": 1},
    "north_up": True,
    "first_longitude": -180.5,
    "units": "km",
    "missing_value": -9999.0,
    "positive": "down",
}
KNOWN = {
    "fields": [
        {
            "name": "topo",
            "dims": ["time", "lat", "x"],
            "shape": [2, 36, 72],
            "units": "m",
            "long_name": "height",
            "others": [{"dim": "time", "length": 2, "labels": None}],
        }
    ],
    "coordinates": [{"name": "lat", "units": "", "first": -90.0, "last": 90.0}],
    "units": ["m", "km"],
}


def test_what_stands_in_the_form_gives_the_same_choices_again() -> None:
    assert Choices.from_dict(CHOSEN).as_dict() == CHOSEN
    assert choices_of(form_fields(KNOWN, CHOSEN, None).value) == CHOSEN


def test_an_untouched_form_chooses_nothing() -> None:
    fields = form_fields(KNOWN, {}, None)
    assert choices_of(fields.value) == {}
    untouched = {"variable": "", "first_row": "", "first_longitude": " ", "index.time": ""}
    assert choices_of(untouched) == {}


def test_everything_in_the_file_is_offered() -> None:
    fields = form_fields(KNOWN, {}, None)
    assert fields.variables[1] == ("topo", "topo [m], height (time 2 × lat 36 × x 72)")
    assert [name for name, _ in fields.latitudes] == ["", "lat", "time", "x"]
    assert fields.places == [("index.time", "time", None, 1)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("first_longitude", "west"),
        ("first_longitude", "nan"),
        ("missing_value", "1e999"),
        ("index.time", "1.5"),
        ("index.time", "inf"),
    ],
)
def test_numbers_that_are_none_are_refused_at_their_field(name: str, text: str) -> None:
    with pytest.raises(FieldsRefused) as refusal:
        choices_of({name: text})
    assert list(refusal.value.sentences) == [name]


def test_a_comma_and_a_true_minus_are_understood() -> None:
    assert choices_of({"first_longitude": "−179,5"}) == {"first_longitude": -179.5}


def test_what_helps_is_one_sentence() -> None:
    assert what_helps(()) == ""
    assert what_helps(("units",)) == "Choose below the unit."
    assert what_helps(("variable", "latitude", "units")) == (
        "Choose below the variable, the latitudes or the unit."
    )
