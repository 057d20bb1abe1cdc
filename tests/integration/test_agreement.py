"""Every product agrees with the published method, and each difference has a cause."""

import numpy as np
import pytest

from benchmarks.agreement import land, mesh, ocean, page
from benchmarks.agreement.comparing import Cause, Subject, compare
from benchmarks.agreement.reference import OLD_DEPTHS, OLD_HEIGHTS, WHOLE_CHAIN
from benchmarks.agreement.reference import topography as reference_topography
from tests.reference import ROOT, reference

CAUSES = {
    "basins": {land.EQUAL_AREA},
    "riverl": {land.ON_OCEAN},
    "RELIEF": {land.EDGES, land.FIRST_ROW, land.LATITUDES},
    "RELIEF at the old latitudes": {land.EDGES},
    "latitude": {land.LATITUDES},
    "heatflow": {ocean.VOID, ocean.AT_THE_LIMIT, ocean.COPIES},
    "icof": {ocean.SEAM, ocean.NARROW},
    "pacmsk": {ocean.COPIES},
    "indmsk": {ocean.COPIES},
    "diffusive passages": {ocean.COPIES},
    "U points, distance": {mesh.MIDDLES},
    "V points, distance": {mesh.MIDDLES},
    "area, ratio - 1": {mesh.BESIDE_MESH_POLES},
}
"""What may explain a difference of a variable, however it is fed."""

OF_HEIGHTS = {"heights, flats sloping", "hdiff", "topoind", "orog", "topo"}
"""What may differ with the heights of the whole chain, and only there."""

WHOLLY_EQUAL = [
    ("filled heights", WHOLE_CHAIN),
    ("directions of inner cells", WHOLE_CHAIN),
    ("trip", WHOLE_CHAIN),
    ("disto", WHOLE_CHAIN),
    *((name, OLD_HEIGHTS) for name in ("trip", "disto", "hdiff", "topoind", "orog", "topo")),
    *((name, fed) for name in ("soilcolor", "soiltext") for fed in (WHOLE_CHAIN, OLD_HEIGHTS)),
    ("Bathymetry", WHOLE_CHAIN),
    ("Bathymetry", OLD_HEIGHTS),
    ("atlmsk", OLD_DEPTHS),
    ("internal oceans", WHOLE_CHAIN),
    *((f"T points, {what}", mesh.GRID_FILE) for what in ("distance", "latitude", "longitude")),
    *((f"F corners, {what}", mesh.GRID_FILE) for what in ("distance", "latitude", "longitude")),
]


class TestComparing:
    def test_both_without_a_value_is_equal_and_one_without_is_not(self):
        row = compare(
            Subject("p", "v", "f"), np.array([np.nan, 1, 2]), np.array([np.nan, np.nan, 2])
        )
        assert (row.cells, row.equal, row.unexplained, row.largest) == (3, 2, 1, 0.0)

    def test_a_cell_counts_for_the_first_cause_that_holds_it(self):
        first, second = Cause("first", ""), Cause("second", "")
        masks = {first: np.array([True, True, False, False]), second: np.array([0, 1, 1, 0], bool)}
        row = compare(
            Subject("p", "v", "f", "m", 0.5), np.array([0.4, 3, 2, 1]), np.zeros(4), masks
        )
        assert {cause: found.cells for cause, found in row.causes.items()} == {first: 1, second: 1}
        assert (row.equal, row.unexplained) == (1, 1)


@pytest.fixture(scope="module")
def sections():
    reference("reference", "routing_60Ma", "routing.nc")
    return page.rows()


@pytest.fixture(scope="module")
def rows(sections):
    return [row for section in sections for row in section]


@pytest.fixture
def data():
    reference("reference", "routing_60Ma", "routing.nc")


def test_no_difference_is_unexplained(rows):
    assert [row for row in rows if row.unexplained] == []


def test_a_variable_differs_only_for_causes_that_are_its_own(rows):
    for row in rows:
        allowed = set(CAUSES.get(row.variable, ()))
        if row.variable in OF_HEIGHTS and row.fed_with == WHOLE_CHAIN:
            allowed.add(land.FIRST_ROW)
        assert set(row.causes) <= allowed, row


@pytest.mark.parametrize(("variable", "fed_with"), WHOLLY_EQUAL)
def test_what_is_promised_to_be_equal_is_equal(rows, variable, fed_with):
    (row,) = [row for row in rows if (row.variable, row.fed_with) == (variable, fed_with)]
    assert row.equal == row.cells > 0


def test_coordinates_are_those_of_the_reference(rows):
    found = [row for row in rows if row.variable.removeprefix("nav").strip("_") in ("lat", "lon")]
    assert len(found) == 12
    assert all(row.equal == row.cells for row in found)


def test_river_length_differs_on_all_of_the_ocean_and_nowhere_else(rows):
    (trip,) = [row for row in rows if (row.variable, row.fed_with) == ("trip", OLD_HEIGHTS)]
    found = [row for row in rows if row.variable == "riverl"]
    assert len(found) == 2
    wet = int(np.isnan(land.field("routing.nc", "trip")).sum())
    assert all(row.equal == trip.cells - wet for row in found)


def test_the_relief_differs_by_little_away_from_the_edges(rows):
    found = [row for row in rows if row.variable == "RELIEF"]
    assert len(found) == 2
    for row in found:
        assert row.causes[land.EDGES].cells <= 19_404
        assert row.causes[land.LATITUDES].largest < 1.0


def test_the_page_is_what_the_code_would_write_now(sections):
    assert (ROOT / "docs" / "agreement.md").read_text(encoding="utf-8") == page.page(sections), (
        "Run python -m benchmarks.agreement to write docs/agreement.md anew."
    )


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize(
    "compared",
    [ocean.bathymetry_rows, ocean.heatflow_rows, ocean.ahmcoef_rows, ocean.basin_rows],
)
def test_a_wrong_depth_is_not_explained_away(monkeypatch, compared):
    right = ocean.own_depths(ocean.ocean_grid())
    wrong = right.copy()
    wrong[60:90, 60:64] = np.where(right[60:90, 60:64] > 0.0, 0.0, 3333.0)
    monkeypatch.setattr(ocean, "own_depths", lambda _: wrong)
    assert sum(row.unexplained for row in compared() if row.fed_with == WHOLE_CHAIN) > 0
    assert not any(row.unexplained for row in compared() if row.fed_with != WHOLE_CHAIN)


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("compared", [land.routing_rows, land.soil_rows, land.relief_rows])
def test_a_wrong_height_is_not_explained_away(monkeypatch, compared):
    wrong = reference_topography()
    wrong.heights[60:70, 200:220] *= -1.0
    monkeypatch.setattr(land, "topography", lambda: wrong)
    assert sum(row.unexplained for row in compared() if row.fed_with == WHOLE_CHAIN) > 0
    assert not any(row.unexplained for row in compared() if row.fed_with != WHOLE_CHAIN)


@pytest.mark.usefixtures("data")
def test_a_shifted_grid_is_not_explained_away(monkeypatch):
    right = mesh.generate
    monkeypatch.setattr(mesh, "generate", lambda _: right(mesh.OrcaParameters(106.02, 60.0)))
    assert sum(row.unexplained for row in mesh.rows()) > 100_000
