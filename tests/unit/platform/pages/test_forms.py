"""Forms give back the parameters that they show, and say what cannot be read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climate_simulation_platform.computing import complete_parameters
from climate_simulation_platform.pages import forms, vegetation
from climate_simulation_platform.pages.fields import NotANumber, number, text_of
from climate_simulation_platform.pages.judging import judge
from climpy.bc.ipsl.vegetation_table import CLASSES, DEFAULT_TABLE

finite = st.floats(allow_nan=False, allow_infinity=False)
latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-180.0, 360.0)

regrids = st.fixed_dictionaries(
    {
        "dlat": st.sampled_from([0.5, 1.0, 2.5]) | st.integers(2, 2000).map(lambda n: 180.0 / n),
        "dlon": st.integers(4, 2000).map(lambda n: 360.0 / n),
        "method": st.sampled_from(["bilinear", "nearest", "conservative"]),
        "limits": st.sampled_from(["default", "data"]),
        "topo_var": st.none() | st.sampled_from(["topo", "relief <b>"]),
    }
)
basins = (
    st.sampled_from(["none", "all"])
    | st.lists(st.tuples(latitudes, longitudes).map(list), min_size=1, max_size=5)
)  # fmt: skip
grids = (
    st.just({"coordinates": "uploaded"})
    | st.integers(1, 8).map(lambda n: {"coordinates": "generated", "refinement": n})
    | st.tuples(st.floats(-360.0, 360.0), st.floats(45.0, 75.0), st.integers(1, 8)).map(
        lambda p: {
            "coordinates": "generated",
            "pole_longitude": p[0],
            "pole_latitude": p[1],
            "refinement": p[2],
        }
    )
)
routings = st.builds(
    lambda own, grid: {**own, **grid},
    st.fixed_dictionaries(
        {
            "drop_per_distance": st.booleans(),
            "topo_var": st.none() | st.just("topo"),
            "closed_basins": basins,
            "bathymetry_method": st.sampled_from(["nearest", "mean"]),
            "minimum_ocean_fraction": st.floats(0.01, 1.0),
        }
    ),
    grids,
)


@st.composite
def bands(draw: st.DrawFn) -> list[dict[str, Any]]:
    limits = [*sorted(draw(st.sets(st.integers(1, 89), max_size=6))), 90]
    rows = []
    for limit in limits:
        first = draw(st.integers(0, 100))
        one, other = draw(st.lists(st.integers(1, 13), min_size=2, max_size=2, unique=True))
        shares = {str(one): float(first), str(other): float(100 - first)}
        rows.append({"to_latitude": float(limit), "percentages": shares})
    return rows


tables = st.builds(lambda table: {"bands": table}, st.none() | bands())
methods = {
    "subbasins": st.sampled_from(["thirds", "connected"]).map(lambda m: {"method": m}),
    "heatflow": st.sampled_from(["reference", "gdh1"]).map(lambda m: {"method": m}),
    "ahmcoef": st.just(dict[str, Any]()),
}
weights = st.fixed_dictionaries(
    {
        "engine": st.sampled_from(["mosaic", "mosaix"]),
        "atmosphere": st.sampled_from(["96x95", "144x142"]),
        "simulation": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", fullmatch=True),
        "ocean_name": st.just("PALEORCA2"),
        "lose_no_water": st.booleans(),
        "spread_rivers_km": st.floats(0.0, 5000.0),
        "no_ice_in": st.sets(st.sampled_from(["atlantic", "pacific", "indian"])).map(
            lambda names: [name for name in ("atlantic", "pacific", "indian") if name in names]
        ),
    }
)
everything = st.one_of(
    st.tuples(st.just("calculate_weights"), weights),
    st.tuples(st.just("regrid"), regrids),
    st.tuples(st.just("routing"), routings),
    st.tuples(st.just("pft"), tables),
    *(st.tuples(st.just(step), drawn) for step, drawn in methods.items()),
)


def comparable(step: str, parameters: dict[str, Any]) -> Any:
    complete = complete_parameters(step, parameters)
    table = complete.get("bands")
    if table is not None:
        complete["bands"] = vegetation.rows_of(table)
    return complete


@settings(deadline=None)
@given(everything)
def test_a_form_gives_back_the_parameters_that_it_shows(drawn: tuple[str, dict[str, Any]]) -> None:
    step, parameters = drawn
    complete = complete_parameters(step, parameters)
    shown = forms.fields_shown(step, complete)
    assert set(shown) <= set(forms.field_names(step))
    typed = forms.parameters_typed(step, shown)
    assert typed.errors == {}
    judged = judge(step, typed.parameters)
    assert judged.errors == {}
    assert comparable(step, dict(judged.parameters)) == comparable(step, parameters)
    json.dumps(judged.parameters, allow_nan=False)


@given(finite)
def test_a_number_comes_back_exactly(value: float) -> None:
    assert number(text_of(value)) == value


@pytest.mark.parametrize("text", ["", " ", "nan", "inf", "-Infinity", "1e400", "1_0", "0x1f", "١"])
def test_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        number(text)


@pytest.mark.parametrize(
    ("text", "value"), [("0,5", 0.5), (" 2. ", 2.0), ("−3", -3.0), ("1e2", 100)]
)
def test_a_number_may_be_written_as_people_do(text: str, value: float) -> None:
    assert number(text) == value


good = {
    "regrid": forms.fields_shown("regrid", complete_parameters("regrid", {})),
    "routing": forms.fields_shown("routing", complete_parameters("routing", {})),
    "pft": forms.fields_shown("pft", {}),
}
spoilt: list[tuple[str, str, tuple[str, ...] | None]] = [
    ("regrid", "dlat", ("1e400",)),
    ("regrid", "dlat", ("nan",)),
    ("regrid", "dlat", ("one",)),
    ("regrid", "dlat", ("0",)),
    ("regrid", "dlat", ("-1",)),
    ("regrid", "dlat", ("0.7",)),
    ("regrid", "dlon", ("1e-9",)),
    ("regrid", "dlat", ("1", "2")),
    ("regrid", "dlat", None),
    ("regrid", "method", ("magic",)),
    ("regrid", "method", ("x" * 100_000,)),
    ("regrid", "elevation", ("1",)),
    ("routing", "closed_basins", ("some",)),
    ("routing", "coordinates", ("mars",)),
    ("routing", "refinement", ("1.5",)),
    ("routing", "refinement", ("9",)),
    ("routing", "minimum_ocean_fraction", ("0",)),
    ("pft", "to_latitude", ("15",)),
    ("pft", "to_latitude", ("15", "35", "50", "80", "89")),
    ("pft", "to_latitude", ("15", "35", "35", "80", "90")),
    ("pft", "class_2", ("75", "16", "", "", "")),
    ("pft", "class_2", ("75", "-15", "", "", "")),
    ("pft", "class_1", ("tree", "", "", "", "")),
    ("pft", "class_14", ("", "", "", "", "")),
]


@pytest.mark.parametrize(("step", "name", "texts"), spoilt)
def test_a_form_that_was_tampered_with_is_refused_in_a_sentence(
    step: str, name: str, texts: tuple[str, ...] | None
) -> None:
    fields = {**good[step], name: texts or ()}
    if texts is None:
        del fields[name]
    parsed = forms.parameters_typed(step, fields)
    errors = parsed.errors or judge(step, parsed.parameters).errors
    assert len(errors) == 1
    sentence = next(iter(errors.values()))
    assert sentence.endswith(".")
    assert len(sentence) < 200


def test_closed_basins_need_places_on_the_globe() -> None:
    fields = {**good["routing"], "closed_basins": (forms.LISTED,)}
    assert "at least one place" in forms.parameters_typed("routing", fields).errors["closed_basins"]
    places = {"closed_latitude": ("91",), "closed_longitude": ("0",)}
    assert "Place 1" in forms.parameters_typed("routing", fields | places).errors["closed_basins"]
    empty = {"closed_latitude": ("", "40.5"), "closed_longitude": ("", "50")}
    parsed = forms.parameters_typed("routing", fields | empty)
    assert parsed.parameters["closed_basins"] == [[40.5, 50.0]]


def test_ten_thousand_bands_are_refused() -> None:
    fields = dict.fromkeys(vegetation.NAMES, ("1",) * 10000)
    assert list(forms.parameters_typed("pft", fields).errors) == [""]


def test_the_sum_of_a_row_tells_what_is_missing() -> None:
    def remark(*shares: str) -> str:
        return vegetation.Row("15", shares).remark

    assert remark("75", "25", "") == ""
    assert remark("75", "20") == "5 % missing"
    assert remark("33,3", "33,3", "33,3") == "0.1 % missing"
    assert remark("75", "26") == "1 % too much"
    assert remark("75", "?") == "not all numbers"


def test_bands_are_added_and_removed_by_the_server_too() -> None:
    shown = forms.fields_shown("pft", {})
    more = forms.changed_rows("pft", shown, "add")
    assert more is not None
    assert more["to_latitude"] == ("15", "35", "50", "65", "80", "90")
    less = forms.changed_rows("pft", shown, "remove-4")
    assert less is not None
    assert less["to_latitude"] == ("15", "35", "50", "90")
    assert forms.changed_rows("pft", less, "default") == shown
    for step, action in (("pft", "explode"), ("regrid", "add"), ("pft", "")):
        assert forms.changed_rows(step, shown, action) is None


def test_the_last_band_stays() -> None:
    row = vegetation.rows_of([{"to_latitude": 90, "percentages": {"1": 100}}])
    assert vegetation.without(row, 0) == row


def test_places_are_added_and_removed_by_the_server_too() -> None:
    one = {"closed_latitude": ("1",), "closed_longitude": ("2",)}
    more = forms.changed_rows("routing", one, "add")
    assert more is not None
    assert forms.places_typed(more) == [("1", "2"), ("", "")]
    less = forms.changed_rows("routing", more, "remove-0")
    assert less is not None
    assert forms.places_typed(less) == [("", "")]


@given(bands())
def test_the_preview_fills_what_the_rows_fill(table: list[dict[str, Any]]) -> None:
    bars = vegetation.bars(vegetation.rows_of(table), width=900.0, height=200.0)
    area = sum(bar.width * bar.height for bar in bars)
    assert area == pytest.approx(900.0 * 200.0)
    assert all(1 <= bar.kind <= len(CLASSES) for bar in bars)


def test_the_default_table_is_no_parameter_of_its_own() -> None:
    assert forms.parameters_typed("pft", good["pft"]).parameters == {"bands": None}
    assert vegetation.rows_of(None) == vegetation.rows_of(DEFAULT_TABLE.to_dict()["bands"])


def test_no_action_changes_a_form_that_is_not_whole() -> None:
    action: Callable[..., Any] = forms.changed_rows
    assert action("pft", {"to_latitude": ("15",)}, "add") is None


def test_places_beyond_what_there_may_be_are_not_shown_again() -> None:
    fields = dict.fromkeys(forms.PLACES, ("1",) * 10000)
    assert len(forms.places_typed(fields)) == forms.MOST_PLACES
    assert (
        "closed_basins"
        in forms.parameters_typed("routing", {**fields, "closed_basins": ("list",)}).errors
    )
    more = forms.changed_rows("routing", fields, "add")
    assert more is not None
    assert len(forms.places_typed(more)) == forms.MOST_PLACES
