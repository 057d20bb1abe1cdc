"""Edits as JSON: read back the same, and refused with a sentence if they are anything else."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.interactive import Add, Box, Edit, EditList, Selection, limits, notation
from climpy.interactive.edits import GridMark
from climpy.interactive.operations import OPERATIONS
from climpy.interactive.selections import SHAPES
from tests.reference import ROOT
from tests.unit.climpy.interactive import fields_to_edit as made


@settings(deadline=None, max_examples=120)
@given(st.data(), st.sampled_from(["topography", "codes"]))
def test_a_list_is_read_back_as_it_was(data: st.DataObject, kind: str) -> None:
    shapes = st.one_of(made.geographic_shapes, made.index_shapes)
    edits = data.draw(st.lists(made.edits(kind, shapes), max_size=4))
    whole = EditList(kind, tuple(edits), GridMark.of(made.regular()))
    assert EditList.from_json(whole.to_json()) == whole
    assert EditList.from_json(whole.to_json().encode()).to_json() == whole.to_json()


def good() -> dict[str, Any]:
    edits = (Edit(Selection.of(Box(-10, 10, 0, 20)), Add(5.0), "higher"),)
    return json.loads(EditList("topography", edits, GridMark.of(made.regular())).to_json())


def with_shape(**content: Any) -> dict[str, Any]:
    whole = good()
    whole["edits"][0]["selection"][0]["shape"] = content
    return whole


def with_operation(**content: Any) -> dict[str, Any]:
    whole = good()
    whole["edits"][0]["operation"] = content
    return whole


def without(*path: Any) -> dict[str, Any]:
    whole: Any = good()
    place = whole
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return whole


BOX = {"kind": "box", "south": 0, "north": 1, "west": 0, "east": 1}
REFUSED: dict[str, tuple[Any, str]] = {
    "nothing": ("", "no JSON"),
    "no JSON": ("{", "no JSON"),
    "not UTF-8": (b'{"format": "\xff"}', "UTF-8"),
    "a lone surrogate": (b'"\xed\xa0\x80"', "UTF-8"),
    "brackets": ("[" * 100_000, "too many brackets"),
    "nested mappings": ('{"a":' * 100_000, "too many brackets"),
    "a list": ("[]", "must be a mapping"),
    "a text": ('"climpy-edits"', "must be a mapping"),
    "null": ("null", "must be a mapping"),
    "twice": ('{"format": 1, "format": 2}', "'format' stands there twice"),
    "NaN": ('{"format": NaN}', "NaN is no number"),
    "Infinity": ("[-Infinity]", "Infinity is no number"),
    "digits": ("[" + "9" * 10_000 + "]", "a number is too long"),
    "no format": (without("format"), 'lacks "format"'),
    "another format": ({**good(), "format": "geojson"}, "no list of edits"),
    "a newer version": ({**good(), "version": 2}, "version 1 is understood"),
    "a true version": ({**good(), "version": True}, "version 1 is understood"),
    "an unknown name": ({**good(), "__class__": "os.system"}, "has no '__class__'"),
    "an unknown kind": ({**good(), "kind": "depths"}, "must be one of topography"),
    "a kind that is a list": ({**good(), "kind": ["topography"]}, "a list of 1"),
    "no edits": (without("edits"), 'lacks "edits"'),
    "edits in a mapping": ({**good(), "edits": {}}, "must be a list"),
    "an edit that is a text": ({**good(), "edits": ["add"]}, "Edit 1: An edit must be a mapping"),
    "no selection": (without("edits", 0, "selection"), 'Edit 1: An edit lacks "selection"'),
    "an empty selection": (
        {**good(), "edits": [{**good()["edits"][0], "selection": []}]},
        "has no shape",
    ),
    "an unknown shape": (with_shape(kind="globe"), "must be one of box"),
    "no kind": (with_shape(south=1), 'with a "kind"'),
    "a mapping as kind": (with_shape(kind={}), "must be one of box"),
    "half a box": (with_shape(kind="box", south=0, north=1, west=0), 'lacks "east"'),
    "more than a box": (with_shape(**BOX, cells=3), "has no 'cells'"),
    "a box upside down": (with_shape(**{**BOX, "south": 5}), "lies below the southern"),
    "a text as number": (with_shape(**{**BOX, "west": "0"}), "must be a number, not '0'"),
    "true as number": (with_shape(**{**BOX, "west": True}), "must be a number"),
    "a huge number": (with_shape(**{**BOX, "west": 10**400}), "must lie within"),
    "beyond the pole": (with_shape(**{**BOX, "north": 91}), "within -90..90"),
    "unknown space": (with_shape(**BOX, space="polar"), "geographic, index"),
    "two corners": (with_shape(kind="polygon", points=[[0, 0], [1, 1]]), "at least 3 places"),
    "a corner of three": (with_shape(kind="polygon", points=[[0, 0, 0]] * 3), "latitude, long"),
    "too many corners": (
        with_shape(kind="polygon", points=[[0, 0]] * (limits.MOST_POINTS + 1)),
        "at most 50000",
    ),
    "a cell between cells": (
        with_shape(kind="cells", points=[[0.5, 0]], space="index"),
        "counted from 0",
    ),
    "a negative cell": (
        with_shape(kind="basin", point=[-1, 0], space="index"),
        "counted from 0",
    ),
    "a huge brush": (with_shape(kind="brush", points=[[0, 0]], radius=1e9), "within 0..60"),
    "a wide way": (with_shape(kind="way", start=[0, 0], end=[1, 1], width=10**6), "within 1..50"),
    "half a cell wide": (with_shape(kind="way", start=[0, 0], end=[1, 1], width=1.5), "whole"),
    "a range the wrong way": (with_shape(kind="range", low=2, high=1), "which is less"),
    "neither land nor ocean": (with_shape(kind="surface", of="ice"), "land, ocean"),
    "an unknown mode": (
        {**good(), "edits": [{**good()["edits"][0], "selection": [{"mode": "xor", "shape": BOX}]}]},
        "replace, add, subtract, intersect",
    ),
    "an unknown operation": (with_operation(kind="eval", code="1"), "must be one of set"),
    "no amount": (with_operation(kind="add"), 'lacks "amount"'),
    "null amount": (with_operation(kind="add", amount=None), "must be a number"),
    "endless smoothing": (with_operation(kind="smooth", passes=10**9), "within 1..100"),
    "a coast kept by a text": (with_operation(kind="smooth", keep_coast="yes"), "true or false"),
    "half a code": (with_operation(kind="paint", code=1.5), "whole number"),
    "a height of the stars": (with_operation(kind="fill", height=1e9), "within -20000..20000"),
    "a long description": (
        {**good(), "edits": [{**good()["edits"][0], "description": "x" * 501}]},
        "at most 500",
    ),
    "a description that steers a terminal": (
        {**good(), "edits": [{**good()["edits"][0], "description": "\x1b[2J"}]},
        "printable",
    ),
    "a description of two lines": (
        {**good(), "edits": [{**good()["edits"][0], "description": "a\nimport os"}]},
        "one line",
    ),
    "half a letter": (
        {**good(), "edits": [{**good()["edits"][0], "description": "\ud800"}]},
        "printable",
    ),
    "a description that is a number": (
        {**good(), "edits": [{**good()["edits"][0], "description": 5}]},
        "A description is a text",
    ),
    "a grid of three": ({**good(), "grid": {"shape": [1, 2, 3]}}, "at most 2"),
    "a grid without rows": ({**good(), "grid": {"shape": [0, 3]}}, "whole number"),
    "a session elsewhere": (
        {**good(), "session": {"done": 7, "base_sha256": "0" * 64, "values_sha256": "0" * 64}},
        "within 0..1",
    ),
    "a session without checksums": ({**good(), "session": {"done": 1}}, 'lacks "base_sha256"'),
    "a checksum that is none": (
        {**good(), "session": {"done": 1, "base_sha256": "0" * 64, "values_sha256": 5}},
        "checksum",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_list_of_edits_is_refused_with_a_sentence(name: str) -> None:
    content, sentence = REFUSED[name]
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    with pytest.raises(InputRefused) as refusal:
        EditList.from_json(text)
    assert sentence in str(refusal.value)
    assert len(str(refusal.value)) < 300
    assert str(refusal.value).endswith(".")
    assert str(refusal.value).isprintable()


def test_what_is_too_much_is_refused() -> None:
    with pytest.raises(InputRefused, match="characters long"):
        EditList.from_json(" " * (limits.LONGEST_TEXT + 1))
    edit = good()["edits"][0]
    with pytest.raises(InputRefused, match="at most 10000"):
        EditList.from_json(json.dumps({**good(), "edits": [edit] * 10_001}))
    selection = edit["selection"] * 101
    with pytest.raises(InputRefused, match="at most 100"):
        EditList.from_json(json.dumps({**good(), "edits": [{**edit, "selection": selection}]}))


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_no_json_whatever_makes_it_fall(data: st.DataObject) -> None:
    anything = st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    )
    whole: Any = good()
    place, name = data.draw(
        st.sampled_from([
            (whole, "kind"), (whole, "edits"), (whole, "grid"), (whole, "version"),
            (whole, "session"), (whole["edits"], 0), (whole["edits"][0], "selection"),
            (whole["edits"][0], "operation"), (whole["edits"][0]["selection"][0], "shape"),
            (whole["edits"][0]["selection"][0]["shape"], "west"), (whole["grid"], "places"),
        ])
    )  # fmt: skip
    place[name] = data.draw(anything)
    refusals = []
    try:
        EditList.from_json(json.dumps(whole, allow_nan=True))
    except InputRefused as refusal:
        refusals.append(str(refusal))
    assert all(sentence.isprintable() for sentence in refusals)


def test_a_grid_is_known_by_its_shape_and_some_places() -> None:
    here = GridMark.of(made.regular())
    assert here.matches(GridMark.of(made.regular(5)))
    assert here.matches(GridMark.of(made.regular(west=180.0)))
    assert here.matches(GridMark((made.NY, made.NX)))
    assert not here.matches(GridMark.of(made.regular(west=-157.5)))
    assert not here.matches(GridMark.of(made.regular(nx=18)))


@pytest.mark.parametrize("name", [*SHAPES, *OPERATIONS])
def test_every_shape_and_operation_is_documented(name: str) -> None:
    page = (ROOT / "docs" / "edits.md").read_text(encoding="utf-8")
    assert f'"kind": "{name}"' in page


def test_the_rows_of_the_page_are_shapes_and_operations() -> None:
    page = (ROOT / "docs" / "edits.md").read_text(encoding="utf-8")
    rows = re.findall(r'^\| `({"kind": .*?})` \|', page, flags=re.MULTILINE)
    assert len(rows) == len(SHAPES) + len(OPERATIONS)
    for row in rows:
        notation.built("The row", json.loads(row), {**SHAPES, **OPERATIONS})


def test_the_examples_of_the_page_are_lists_of_edits() -> None:
    page = (ROOT / "docs" / "edits.md").read_text(encoding="utf-8")
    examples = [block.split("```")[0] for block in page.split("```json\n")[1:]]
    assert len(examples) >= 2
    for example in examples:
        assert EditList.from_json(example).edits
