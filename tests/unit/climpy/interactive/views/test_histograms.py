"""Histograms agree with the values, also after edits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.interactive import Field, ValueRange
from climpy.interactive.views.histograms import Histogram, histogram
from tests.unit.climpy.interactive.fields_to_edit import FIELDS, basins, ocean, regular, with_holes


def counts(of: Histogram) -> list[float]:
    return [of.below, *of.counts.tolist(), of.above]


@pytest.mark.parametrize("name", FIELDS)
def test_every_value_is_counted_once(name: str) -> None:
    field = FIELDS[name]()
    found = histogram(field)
    unique = np.unique(field.nodes)
    assert found.total == np.isfinite(field.values.ravel()[unique]).sum()
    assert (found.below, found.above) == (0.0, 0.0)
    values = field.values.ravel()[unique]
    expected = [
        np.count_nonzero((values >= low) & (values < high))
        for low, high in zip(found.edges, found.edges[1:], strict=False)
    ]
    assert found.counts.tolist() == expected


@settings(deadline=None)
@given(
    st.sampled_from(["topography", "with holes", "fold F", "codes"]),
    st.sampled_from(["all", "land", "ocean"]),
    st.booleans(),
    st.dictionaries(st.integers(0, 191), st.integers(-3000, 3000), max_size=9),
)
def test_an_edit_changes_it_as_counting_anew_does(
    name: str, of: str, weighted: bool, changes: dict[int, int]
) -> None:
    field = FIELDS[name]()
    weights = np.random.default_rng(1).random(field.values.size) if weighted else None
    before = histogram(field, of=of, weights=weights)
    cells = np.flatnonzero(np.isin(field.nodes, list(changes)))
    old = field.values.ravel()[cells]
    new = np.array([float(changes[int(field.nodes[cell])]) for cell in cells])
    after = before.updated(cells, old, new)
    values = field.values.copy()
    values.ravel()[cells] = new
    edges = (float(before.edges[0]), float(before.edges[-1]))
    anew = histogram(replace(field, values=values), of=of, weights=weights, limits=edges)
    if anew.edges.size == before.edges.size:
        np.testing.assert_allclose(counts(after), counts(anew), atol=1e-9)
    assert after.total == pytest.approx(anew.total)


def test_land_and_ocean_are_counted_apart() -> None:
    field = regular()
    both = histogram(field)
    land, ocean_only = (histogram(field, of=of) for of in ("land", "ocean"))
    np.testing.assert_array_equal(land.counts + ocean_only.counts, both.counts)
    assert land.total == (field.values > 0.0).sum()
    with pytest.raises(InputRefused):
        histogram(Field(np.ones((2, 2)), "other"), of="land")


def test_zero_is_an_edge_and_codes_lie_in_the_middle() -> None:
    assert 0.0 in histogram(regular()).edges
    assert histogram(basins()).edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]


def test_fields_of_one_value_or_none() -> None:
    assert histogram(Field(np.full((3, 3), 7.0), "other")).total == 9.0
    assert histogram(Field(np.full((3, 3), np.nan), "other")).total == 0.0


def test_a_range_that_is_chosen_is_a_shape() -> None:
    found = histogram(with_holes())
    assert found.chosen(250.04, -120.5) == ValueRange(-120.5, 250.04)
    assert found.chosen(-1e6, 3.0) == ValueRange(None, 3.0)
    assert found.chosen(0.0, 1e6) == ValueRange(0.0, None)
    assert found.chosen(0.1234567890123, 5.0) == ValueRange(0.12, 5.0)


def test_copies_count_nothing() -> None:
    field = ocean()
    copies = np.flatnonzero(field.nodes != np.arange(field.values.size))
    found = histogram(field)
    after = found.updated(copies, field.values.ravel()[copies], np.zeros(copies.size))
    assert counts(after) == counts(found)
