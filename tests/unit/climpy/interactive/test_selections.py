"""Which cells a shape covers: across seam, poles and fold, and wherever the grid begins."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy._kernels.components import components
from climpy.bc.ipsl import checks
from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.interactive import (
    Basin,
    Box,
    Brush,
    Cells,
    Field,
    Polygon,
    Selection,
    Shape,
    Surface,
    ValueRange,
    Way,
)
from climpy.interactive.cells import shortest_way
from climpy.interactive.field import cell_centres
from climpy.interactive.opening import open_field
from climpy.steps.loading import load_bathymetry
from tests.ocean_grids import cylindrical_grid, real_grid
from tests.reference import reference
from tests.unit.climpy.interactive import fields_to_edit as made


def chosen(field: Field, *shapes: Shape) -> np.ndarray:
    return Selection.of(*shapes).mask(field)


def columns(field: Field, mask: np.ndarray) -> list[float]:
    return sorted(np.broadcast_to(field.longitudes, field.shape)[mask].tolist())


def test_a_box_crosses_the_seam() -> None:
    field = made.regular()
    mask = chosen(field, Box(-8, 8, 170, -150))
    assert set(columns(field, mask)) == {-168.75}
    wider = chosen(field, Box(-8, 8, 160, -150))
    assert set(columns(field, wider)) == {-168.75, 168.75}
    assert wider.sum() == 4


@pytest.mark.parametrize(("west", "east"), [(170.0, 190.0), (-190.0, -170.0), (170.0, -170.0)])
def test_a_box_is_the_same_however_its_longitudes_are_counted(west: float, east: float) -> None:
    field = made.regular(nx=36)
    assert np.array_equal(
        chosen(field, Box(-30, 30, west, east)), chosen(field, Box(-30, 30, 530, 550))
    )
    assert chosen(field, Box(-30, 30, west, east)).any()


def test_a_box_of_a_whole_turn_holds_all_longitudes_and_the_pole() -> None:
    field = made.regular()
    assert chosen(field, Box(60, 90, -180, 180))[-2:].all()
    assert chosen(field, Box(60, 90, -180, 180)).sum() == 2 * made.NX
    assert not chosen(field, Box(60, 90, 10, 10)).any()


def test_a_box_of_rows_and_columns() -> None:
    field = made.drawn(["....", "....", "...."])
    mask = chosen(field, Box(0, 1, 3, 0, "index"))
    assert made.picture(field, mask) == ["----", "x--x", "x--x"]
    assert chosen(field, Box(0, 1, 1, 2, "index")).sum() == 4


def test_a_polygon_across_the_seam_equals_one_away_from_it() -> None:
    field = made.regular(nx=72, ny=36)
    corners = ((-20.0, -15.0), (25.0, -5.0), (18.0, 30.0), (-30.0, 12.0))
    here = chosen(field, Polygon(corners))
    turned = tuple((y, (x + 180 + 180) % 360 - 180) for y, x in corners)
    there = chosen(field, Polygon(turned))
    assert here.sum() > 20
    assert np.array_equal(np.roll(here, 36, axis=1), there)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_polygon_round_a_pole_encloses_it(sign: int) -> None:
    field = made.regular(nx=72, ny=36)
    ring = tuple((sign * (60.0 + 5 * (n % 2)), 60.0 * n) for n in range(6))
    for corners in (ring, ring[::-1]):
        mask = chosen(field, Polygon(corners))
        north = sign * field.latitudes[:, 0]
        assert mask[north > 65.0].all()
        assert not mask[north < 60.0].any()


def test_a_polygon_round_a_pole_on_a_curvilinear_grid() -> None:
    grid = cylindrical_grid(30, 60)
    field = made.on_ocean_grid(np.ones(grid.shape), grid, "bathymetry")
    mask = chosen(field, Polygon(((50, 0), (50, 90), (50, 180), (50, 270))))
    assert np.array_equal(mask, field.latitudes > 50)


def test_straight_sides_lie_as_on_a_map() -> None:
    field = made.regular(nx=36)
    corners = ((-40.0, -170.0), (-40.0, 170.0), (40.0, 170.0), (40.0, -170.0))
    assert chosen(field, Polygon(corners, sides="straight")).sum() == 6 * 34
    assert chosen(field, Polygon(corners)).sum() == 6 * 2
    with pytest.raises(InputRefused, match="360 degrees"):
        Polygon(((0, -200), (0, 200), (10, 0)), sides="straight")


def test_a_polygon_that_winds_twice_is_refused() -> None:
    corners = tuple((10.0 + n, 100.0 * n) for n in range(8))
    with pytest.raises(InputRefused, match="more than once"):
        chosen(made.regular(), Polygon(corners))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(-80, 80), st.floats(-170, 170)), min_size=3, max_size=7),
    st.integers(0, 3),
)
def test_a_polygon_holds_what_the_ray_rule_says(corners: list, seed: int) -> None:
    field, shape = made.regular(seed), Polygon(tuple(corners), sides="straight")
    mask, corners = chosen(field, shape), list(shape.points)
    for j, y in enumerate(field.latitudes[:, 0].tolist()):
        for i, x in enumerate(field.longitudes[0].tolist()):
            crossed = 0
            for (y0, x0), (y1, x1) in zip(corners, corners[1:] + corners[:1], strict=True):
                if (y0 <= y < y1) or (y1 <= y < y0):
                    crossed += x < x0 + (y - y0) * (x1 - x0) / (y1 - y0)
            near = any(
                abs(x - x0 - (y - y0) * (x1 - x0) / (y1 - y0)) < 1e-6
                for (y0, x0), (y1, x1) in zip(corners, corners[1:] + corners[:1], strict=True)
                if y0 != y1
            )
            assert near or mask[j, i] == (crossed % 2 == 1)


def test_a_lasso_in_index_space_holds_the_cells_within() -> None:
    field = made.drawn(["......"] * 5)
    mask = chosen(field, Polygon(((0.5, 0.5), (0.5, 3.5), (2.5, 3.5), (2.5, 0.5)), "index"))
    assert made.picture(field, mask) == ["------", "------", "-xxx--", "-xxx--", "------"]


def test_a_brush_reaches_as_far_as_its_radius() -> None:
    field = made.regular(nx=72, ny=36)
    line = ((10.0, 160.0), (25.0, -170.0))
    mask = chosen(field, Brush(line, 8.0))
    ends = [np.array(unit(*place)) for place in line]
    steps = [a + (b - a) * t for a, b in [ends] for t in np.linspace(0, 1, 400)]
    points = np.array([s / np.linalg.norm(s) for s in steps])
    lat, lon = np.meshgrid(field.latitudes[:, 0], field.longitudes[0], indexing="ij")
    cosines = np.array(unit(lat, lon)).reshape(3, -1).T @ points.T
    nearest = np.degrees(np.arccos(np.clip(cosines.max(axis=1), -1, 1))).reshape(field.shape)
    clear = np.abs(nearest - 8.0) > 0.01
    assert np.array_equal(mask[clear], (nearest < 8.0)[clear])
    assert mask.sum() > 20


def unit(latitude: object, longitude: object) -> tuple:
    phi, lam = np.deg2rad(latitude), np.deg2rad(longitude)
    return np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)


def test_a_dot_of_the_brush_over_a_pole_holds_all_longitudes() -> None:
    field = made.regular(nx=36, ny=18)
    assert np.array_equal(
        chosen(field, Brush(((90.0, 12.0),), 10.0)), chosen(field, Box(80, 90, -180, 180))
    )


def test_a_brush_on_cells_goes_the_shorter_way_across_the_seam() -> None:
    field = made.drawn(["........"] * 3)
    mask = chosen(field, Brush(((1, 7), (1, 1)), 0.5, "index"))
    assert made.picture(field, mask) == ["--------", "xx-----x", "--------"]


@pytest.mark.parametrize("fold", list(Fold))
def test_a_brush_on_cells_reaches_across_the_fold(fold: Fold) -> None:
    grid = cylindrical_grid(8, 12, fold)
    field = made.on_ocean_grid(np.ones(grid.shape), grid, "bathymetry")
    top = grid.shape[0] - (2 if fold is Fold.F_POINT else 3)
    mask = chosen(field, Brush(((top, 3),), 1.0, "index"))
    expected = {field.nodes[(top - 1) * 14 + 3], field.nodes[top * 14 + 3]}
    expected |= {field.nodes[top * 14 + 2], field.nodes[top * 14 + 4]}
    expected |= {field.nodes[(top + 1) * 14 + 3]}
    unique = set(np.flatnonzero(mask & grid.unique).tolist())
    assert unique == {int(cell) for cell in expected}


def test_a_cell_and_its_copies_are_chosen_together() -> None:
    grid = cylindrical_grid(8, 12)
    field = made.on_ocean_grid(np.ones(grid.shape), grid, "bathymetry")
    for row, column in ((7, 4), (3, 0), (3, 13), (7, 0)):
        mask = chosen(field, Cells(((row, column),), "index"))
        assert mask[row, column]
        assert np.array_equal(mask, grid.fill_copies(mask))
        assert (mask & grid.unique).sum() == 1


def test_a_place_on_a_border_belongs_to_the_south_western_cell() -> None:
    field = made.regular(nx=36, ny=18)
    mask = chosen(field, Cells(((0.0, 180.0),)))
    row, column = (int(n[0]) for n in np.nonzero(mask))
    assert (field.latitudes[row, 0], field.longitudes[0, column]) == (-5.0, 175.0)


def test_the_nearest_cell_of_a_curvilinear_grid() -> None:
    field = made.ocean()
    unique = np.flatnonzero(field.nodes == np.arange(field.nodes.size))
    for cell in unique[::7].tolist():
        place = field.latitudes.ravel()[cell], field.longitudes.ravel()[cell]
        assert chosen(field, Cells((place,))).ravel()[cell]


def test_values_in_a_range_are_chosen_and_holes_never() -> None:
    field = made.with_holes()
    mask = chosen(field, ValueRange(-100, 250))
    assert np.array_equal(mask, (field.values >= -100) & (field.values <= 250))
    assert np.array_equal(chosen(field, ValueRange()), np.isfinite(field.values))
    assert not (chosen(field, Surface("land")) | chosen(field, Surface("ocean")))[2, 3]


def test_land_and_ocean_are_what_the_kind_of_the_field_says() -> None:
    heights, depths = made.drawn([".#"] * 2), made.drawn_ocean([".#.#.#"] * 4)
    assert chosen(heights, Surface("ocean"))[0].tolist() == [True, False]
    assert chosen(depths, Surface("ocean"))[0].tolist() == [False, True] * 4
    other = Field(heights.values, "other", heights.latitudes, heights.longitudes)
    with pytest.raises(InputRefused, match="land from ocean"):
        chosen(other, Surface("land"))


def test_a_basin_is_connected_round_the_globe_and_holds_no_diagonal_neighbours() -> None:
    field = made.drawn([
        "########",
        "..####..",
        "##.#.###",
        "########",
    ])  # fmt: skip
    mask = chosen(field, Basin((2, 0), space="index"))
    assert made.picture(field, mask) == ["--------", "xx----xx", "--------", "--------"]
    assert not chosen(field, Basin((0, 0), space="index")).any()
    assert chosen(field, Basin((0, 0), "land", "index")).sum() == 32 - 6


def test_a_basin_is_connected_across_the_fold() -> None:
    field = made.drawn_ocean([
        "#.####.#",
        "#.####.#",
        "########",
        "########",
    ])  # fmt: skip
    mask = chosen(field, Basin((3, 2), space="index"))
    assert np.array_equal(mask, field.values > 0.0)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**16), st.sampled_from(list(Fold)))
def test_basins_are_the_seas_that_the_checks_find(seed: int, fold: Fold) -> None:
    grid = cylindrical_grid(made.NY, made.NX, fold)
    field = made.ocean(seed, fold)
    found = checks.internal_oceans_on_ocean_grid(field.values, grid)
    for sea in found.seas[:5]:
        row, column = (int(n[0]) for n in np.nonzero(found.numbers == sea.number))
        mask = chosen(field, Basin((row, column), space="index"))
        assert np.array_equal(mask, found.numbers == sea.number)
        assert (mask & grid.unique).sum() == sea.cells


def sides_joined(field: Field, mask: np.ndarray, start: tuple[int, int]) -> bool:
    """Whether all chosen cells are connected with a first one, by the kernel's components."""
    nodes = field.nodes.reshape(field.shape).astype(np.int32)
    classes = mask.astype(np.int8)
    if field.originals is None:
        ny, nx = field.shape
        nodes = np.arange(ny * (nx + 1), dtype=np.int32).reshape(ny, nx + 1)
        nodes[:, -1] = nodes[:, 0]
        classes = np.concatenate([classes, classes[:, :1]], axis=1)
    numbers = components(np.ascontiguousarray(classes), np.ascontiguousarray(nodes))
    return bool(numbers.max() == 1) and numbers[start] == 1


@settings(deadline=None, max_examples=40)
@given(
    made.places,
    made.places,
    st.integers(1, 4),
    st.sampled_from(["topography", "fold F", "fold T"]),
)
def test_a_way_joins_its_ends_by_sides(start: tuple, end: tuple, width: int, kind: str) -> None:
    field = made.FIELDS[kind](1)
    mask = chosen(field, Way(start, end, width))
    first, last = (chosen(field, Cells((place,))) for place in (start, end))
    assert (mask & first).any()
    assert (mask & last).any()
    assert sides_joined(field, mask, tuple(int(n[0]) for n in np.nonzero(first)))


def test_a_way_is_as_short_as_can_be_and_as_wide_as_asked() -> None:
    field = made.drawn(["................"] * 8)
    mask = chosen(field, Way((2, 14), (2, 2), space="index"))
    assert made.picture(field, mask)[5] == "xxx-----------xx"
    assert mask.sum() == 5
    for width in (2, 3, 4):
        wide = chosen(field, Way((3, 4), (3, 9), width, "index"))
        assert wide.sum() == (6 + width - 1) * width


def test_a_way_crosses_the_fold() -> None:
    field = made.drawn_ocean(["########"] * 6)
    mask = chosen(field, Way((5, 2), (5, 7), space="index"))
    unique = mask.ravel() & (field.nodes == np.arange(field.nodes.size))
    assert unique.sum() == 2  # one is the other's neighbour beyond the fold
    assert sides_joined(field, mask, (5, 2))


def test_a_way_goes_round_cells_without_a_value() -> None:
    field = made.drawn(["......"] * 5)
    field.values[0:4, 2] = np.nan
    mask = chosen(field, Way((1, 1), (1, 3), space="index"))
    assert not mask[np.isnan(field.values)].any()
    field.values[:, 2] = field.values[:, 5] = np.nan
    with pytest.raises(InputRefused, match="no way"):
        chosen(field, Way((1, 1), (1, 3), space="index"))


def test_selections_are_replaced_added_subtracted_and_intersected() -> None:
    field = made.drawn(["....", "...."])
    left, right = Box(0, 1, 0, 2, "index"), Box(0, 1, 1, 3, "index")
    expected = {"replace": "-xxx", "add": "xxxx", "subtract": "x---", "intersect": "-xx-"}
    for mode, row in expected.items():
        selection = Selection.of(left).then(mode, right)
        assert made.picture(field, selection.mask(field)) == [row, row]
    assert len(Selection.of(left).then("replace", right).parts) == 1


@settings(deadline=None, max_examples=150)
@given(made.selections(made.geographic_shapes), st.integers(0, made.NX - 1), st.integers(-2, 2))
def test_where_the_grid_begins_changes_nothing(
    selection: Selection, shift: int, turns: int
) -> None:
    field = made.regular(3)
    west = -180.0 + 360.0 * shift / made.NX + 360.0 * turns
    values = np.ascontiguousarray(np.roll(field.values, -shift, axis=1))
    turned = Field(values, "topography", *cell_centres(made.NY, made.NX, west))
    assert outcome(selection, turned, shift) == outcome(selection, field, 0)


def outcome(selection: Selection, field: Field, shift: int) -> object:
    try:
        return np.roll(selection.mask(field), shift, axis=1).tolist()
    except InputRefused as refusal:
        return str(refusal)


@settings(deadline=None, max_examples=30)
@given(made.selections(made.geographic_shapes))
def test_regular_and_curvilinear_grids_choose_alike(selection: Selection) -> None:
    field = made.regular(5)
    lat, lon = (np.ascontiguousarray(np.broadcast_to(part, field.shape))
                for part in (field.latitudes, field.longitudes))  # fmt: skip
    curvilinear = Field(field.values, "topography", lat, lon)
    kinds = {type(shape) for _, shape in selection.parts}
    if not kinds & {Cells, Basin, Way}:  # ties between cells are settled by rule on regular grids
        assert outcome(selection, field, 0) == outcome(selection, curvilinear, 0)


@pytest.mark.parametrize("shape", [Cells(((12, 0),), "index"), Basin((0, 99), space="index")])
def test_cells_beyond_the_grid_are_refused(shape: Shape) -> None:
    with pytest.raises(InputRefused, match="There is no cell at row"):
        chosen(made.regular(), shape)


def test_without_places_only_rows_and_columns_can_be_chosen() -> None:
    field = Field(np.zeros((4, 6)), "other")
    assert chosen(field, Box(0, 1, 0, 1, "index")).sum() == 4
    for shape in (Box(-90, 90, 0, 360), Cells(((0, 0),)), Way((0, 0), (1, 1), space="index")):
        with pytest.raises(InputRefused, match="where the cells"):
            chosen(field, shape)


def test_a_real_ocean_grid_has_all_its_enclosed_seas_chosen() -> None:
    path = reference("bathymetries", "palaeo_60Ma_orca2.nc")
    field = open_field(path).field
    depth, grid = load_bathymetry(path)
    found = checks.internal_oceans_on_ocean_grid(depth, grid)
    for sea in found.seas:
        mask = chosen(field, Basin((sea.latitude, sea.longitude)))
        assert np.array_equal(mask, found.numbers == sea.number)
    ocean = chosen(field, Surface("ocean")) & (found.numbers == 0)
    row, column = (int(n[0]) for n in np.nonzero(ocean & grid.unique))
    assert np.array_equal(chosen(field, Basin((row, column), space="index")), ocean)


def test_a_way_that_would_take_too_long_is_refused() -> None:
    field = made.regular()
    with pytest.raises(InputRefused, match="too long"):
        shortest_way(field, 0, 100, most=10)
    assert len(shortest_way(field, 0, 100)) > 5


def test_a_ring_round_the_pole_and_a_way_across_the_fold_of_the_real_grid() -> None:
    grid = real_grid()
    field = made.on_ocean_grid(np.ones(grid.shape), grid, "bathymetry")
    ring = Polygon(tuple((72.0, 2.0 * n) for n in range(180)))
    assert np.array_equal(chosen(field, ring), grid.gphit > 72.0)
    assert np.array_equal(chosen(field, Box(72, 90, 0, 360)), grid.gphit >= 72.0)
    way = chosen(field, Way((80, -10), (80, 170)))
    assert sides_joined(field, way, tuple(int(n[0]) for n in np.nonzero(way & grid.unique)))
    assert way[-2:].any()
    assert grid.gphit[way].min() > 79.0


def test_degrees_of_a_brush_are_those_of_the_sphere() -> None:
    field = made.regular(nx=360, ny=180)
    mask = chosen(field, Brush(((60.5, 0.5),), 5.0))
    area = float((mask * np.cos(np.deg2rad(field.latitudes))).sum())
    assert area == pytest.approx(2 * 180**2 / math.pi * (1 - math.cos(math.radians(5))), rel=0.05)
