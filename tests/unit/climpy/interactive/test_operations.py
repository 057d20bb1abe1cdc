"""What operations do to values, under the sign conventions of the field."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy._kernels import padded
from climpy.bc.ipsl import checks, routing
from climpy.errors import InputRefused
from climpy.interactive import (
    Add,
    Basin,
    Box,
    Cells,
    Dig,
    Edit,
    Field,
    Fill,
    FillDepressions,
    Operation,
    Paint,
    Scale,
    Selection,
    SetTo,
    Shape,
    Smooth,
    Surface,
    Way,
    fill_basin,
    open_passage,
)
from climpy.interactive.edits import Change
from climpy.interactive.field import cell_centres, checked
from climpy.interactive.opening import open_field
from tests.ocean_grids import cylindrical_grid
from tests.reference import reference
from tests.unit.climpy.interactive import fields_to_edit as made

EVERYWHERE = Box(-90, 90, -180, 180)


def edited(field: Field, operation: Operation, *shapes: Shape) -> np.ndarray:
    """The values after an edit, everywhere if no shape is given."""
    values = field.values.copy()
    change(field, operation, *shapes).apply(values)
    return values


def change(field: Field, operation: Operation, *shapes: Shape) -> Change:
    return Edit(Selection.of(*(shapes or (EVERYWHERE,))), operation).change(field)


def test_absolute_relative_and_per_cent() -> None:
    field = made.regular()
    assert (edited(field, SetTo(7)) == 7).all()
    assert np.array_equal(edited(field, Add(-12.5)), field.values - 12.5)
    assert np.array_equal(edited(field, Scale(50)), field.values * 0.5)
    assert change(field, Scale(100)).changed == change(field, Add(0)).changed == 0


def test_outside_the_selection_nothing_changes() -> None:
    field = made.regular()
    inside = Box(-30, 30, -90, 90)
    for operation in (SetTo(1), Add(3), Scale(10), Smooth(2), Fill(9000), Dig(9000)):
        after = edited(field, operation, inside)
        outside = ~Selection.of(inside).mask(field)
        assert np.array_equal(after[outside], field.values[outside])
        assert not np.array_equal(after, field.values)


def test_a_cell_without_a_value_gets_one_only_if_it_is_set() -> None:
    field = made.with_holes()
    holes = np.isnan(field.values)
    for operation in (Add(3), Scale(10), Smooth(3, keep_coast=False), Fill(9000), Dig(9000)):
        assert np.array_equal(np.isnan(edited(field, operation)), holes)
    assert not np.isnan(edited(field, SetTo(3))).any()


def test_a_nought_keeps_its_sign() -> None:
    field = made.drawn(["....", "...."])
    field.values[0, 0], field.values[0, 1] = -0.0, 0.0
    assert change(field, Dig(0.0), Cells(((0, 0), (0, 1)), "index")).changed == 0
    after = edited(field, Scale(0))
    assert not np.signbit(after[1:]).any()


def test_filling_raises_what_is_lower_and_lowers_nothing() -> None:
    field = made.regular()
    assert np.array_equal(edited(field, Fill(100)), np.maximum(field.values, 100))
    depths = made.ocean()
    assert np.array_equal(edited(depths, Fill(-1200)), np.minimum(depths.values, 1200))
    assert not edited(depths, Fill(50)).any()


def test_a_filled_sea_takes_the_mean_of_its_shore() -> None:
    field = made.drawn([
        "########",
        "..####..",
        "##.#.###",
        "########",
    ])  # fmt: skip
    field.values[3, [6, 7, 0, 1]] = 900.0
    after = edited(field, Fill(), Basin((2, 0), space="index"))
    shore = [900.0] * 4 + [500.0] * 2 + [500.0] * 4
    shore[6:] = field.values[1, [6, 7, 0, 1]].tolist()
    assert after[2, [6, 7, 0, 1]].tolist() == [np.mean(shore)] * 4
    assert np.array_equal(after[:2], field.values[:2])


def test_several_seas_are_filled_each_to_its_own_shore() -> None:
    field = made.drawn(["########", "#.####.#", "########", "########"])
    field.values[:, 4:] = np.where(field.values[:, 4:] > 0, 1500.0, -1000.0)
    after = edited(field, Fill(), Surface("ocean"))
    assert (after[2, 1], after[2, 6]) == (500.0, 1500.0)


def test_a_sea_of_the_bathymetry_becomes_land() -> None:
    field = made.drawn_ocean(["########", "#..##.##", "########", "######.#"])
    after = edited(field, Fill(), Basin((2, 2), space="index"))
    assert np.count_nonzero(field.values != after) == 2
    assert (after[field.values != after] == 0.0).all()


def test_the_whole_globe_has_no_neighbours_to_be_filled_to() -> None:
    with pytest.raises(InputRefused, match="give a height"):
        edited(made.regular(), Fill())


def test_digging_lowers_what_is_higher_and_raises_nothing() -> None:
    field, depths = made.regular(), made.ocean()
    assert np.array_equal(edited(field, Dig(300)), np.minimum(field.values, -300))
    assert np.array_equal(edited(depths, Dig(300)), np.maximum(depths.values, 300))


def test_a_passage_opens_a_sea_and_a_filling_closes_it() -> None:
    rows = ["########", "#..####.", "#..####.", "########", "........"]
    field = made.drawn(rows)
    grid_of = checks.RegularGrid.of_shape(*field.shape)
    assert len(checks.internal_oceans(field.values, grid_of).seas) == 2
    south = (float(field.latitudes[2, 0]), float(field.longitudes[0, 1]))
    ocean = (float(field.latitudes[0, 0]), float(field.longitudes[0, 3]))
    open_passage(south, ocean, depth=200).change(field).apply(field.values)
    found = checks.internal_oceans(field.values, grid_of).seas
    assert [sea.cells for sea in found] == [2]
    assert set(np.unique(field.values)) == {-1000.0, -200.0, 500.0}
    fill_basin(found[0].latitude, found[0].longitude).change(field).apply(field.values)
    assert checks.internal_oceans(field.values, grid_of).seas == ()


def test_a_passage_of_two_cells_diffuses_nowhere() -> None:
    depth = np.zeros((9, 14))
    grid = cylindrical_grid(9, 12)
    depth[3:6, 2:4] = depth[3:6, 9:12] = 1000.0
    field = made.on_ocean_grid(grid.fill_copies(depth), grid, "bathymetry")
    for width, narrow in ((1, True), (2, False)):
        way = Way((4, 3), (4, 9), width, "index")
        after = edited(field, Dig(150), way)
        assert checks.internal_oceans_on_ocean_grid(after, grid).seas == ()
        assert bool(checks.passages(after, grid)) is narrow


def test_a_depth_below_nought_is_land() -> None:
    field = made.ocean()
    assert edited(field, Add(-1e4)).max() == 0.0
    assert edited(field, SetTo(-3)).max() == 0.0


def test_smoothing_keeps_a_constant_and_comes_nearer_to_it() -> None:
    flat = made.drawn(["......"] * 4)
    assert change(flat, Smooth(5)).changed == 0
    field = made.regular()
    spread = [edited(field, Smooth(n, keep_coast=False)).std() for n in (1, 3, 10)]
    assert field.values.std() > spread[0] > spread[1] > spread[2]


def test_smoothing_is_the_weighted_mean_across_the_seam() -> None:
    field = made.regular()
    after = edited(field, Smooth(1, keep_coast=False), Cells(((5, 0),), "index"))
    weights = np.outer([1, 2, 1], [1, 2, 1])
    near = field.values[4:7][:, [-1, 0, 1]]
    assert after[5, 0] == pytest.approx((weights * near).sum() / 16)
    assert np.count_nonzero(after != field.values) == 1


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999), st.integers(1, 6), st.sampled_from(["topography", "fold F", "fold T"]))
def test_smoothing_may_keep_the_coast(seed: int, passes: int, kind: str) -> None:
    field = made.FIELDS[kind](seed)
    after = edited(field, Smooth(passes))
    assert np.array_equal(after > 0, field.values > 0)


def test_codes_are_painted_on_ocean_only_and_never_computed_with() -> None:
    field = made.basins()
    after = edited(field, Paint(2))
    assert np.array_equal(after, np.where(field.ocean, 2.0, 0.0))
    for operation in (SetTo(1), Add(1), Scale(50), Smooth(1)):
        with pytest.raises(InputRefused, match="only be painted"):
            edited(field, operation)
    with pytest.raises(InputRefused, match="Only heights and depths"):
        edited(field, Dig(3))
    with pytest.raises(InputRefused, match="can be painted"):
        edited(made.regular(), Paint(1))


def spilled(field: Field, chosen: np.ndarray) -> np.ndarray:
    """Spill heights by the definition: the lowest of the greatest heights on all ways out."""
    values = field.values
    inside = chosen & field.land
    level = np.where(inside, np.inf, np.nan_to_num(values, nan=-np.inf)).ravel()
    ground = np.append(values.ravel(), np.nan)
    level = np.append(level, np.inf if field.turn else -np.inf)
    while True:
        before = level.copy()
        for cell in np.flatnonzero(inside.ravel() & (field.nodes == np.arange(values.size))):
            j, i = divmod(int(cell), field.shape[1])
            around = [n for n in field.frame[j : j + 3, i : i + 3].ravel().tolist() if n != cell]
            level[cell] = min(level[cell], max(ground[cell], level[around].min()))
        if np.array_equal(before, level):
            break
    level = level[:-1][field.nodes].reshape(field.shape)
    return np.where(np.isfinite(level) & inside, level, values)


def test_a_depression_is_filled_to_its_lowest_rim() -> None:
    field = made.drawn(["......"] * 5)
    field.values[1:4, 1:4] = [[9, 8, 9], [9, 2, 9], [9, 7, 9]]
    after = edited(field, FillDepressions())
    assert after[2, 2] == 7.0
    assert np.count_nonzero(after != field.values) == 1
    field.values[3, 3] = 3.0  # water runs across corners
    assert edited(field, FillDepressions())[2, 2] == 3.0


def test_what_is_not_chosen_takes_the_water_up() -> None:
    field = made.drawn(["......"] * 7)
    field.values[1:6, 1:6] = 9.0
    field.values[3, 2:5] = [4.0, 2.0, 5.0]
    assert edited(field, FillDepressions())[3, 2:5].tolist() == [9.0, 9.0, 9.0]
    chosen = Cells(((3, 3), (3, 4)), "index")
    assert edited(field, FillDepressions(), chosen)[3, 2:5].tolist() == [4.0, 4.0, 5.0]


def test_depressions_reach_round_the_globe_and_stay_within_the_poles() -> None:
    field = made.drawn(["########"] * 5)
    field.values[:, 3] = -100.0
    field.values[2, 7], field.values[2, 0], field.values[4, 5] = 100.0, 90.0, 20.0
    after = edited(field, FillDepressions())
    assert after[2, [7, 0]].tolist() == [500.0, 500.0]
    assert after[4, 5] == 500.0
    assert np.count_nonzero(after != field.values) == 3


def test_depressions_without_a_sea_and_of_other_fields() -> None:
    field = made.drawn(["####"] * 3)
    field.values[1, 1] = 5.0
    assert change(field, FillDepressions()).changed == 0
    for other in (made.ocean(), made.shares(), made.basins()):
        with pytest.raises(InputRefused, match="Only the land of a topography"):
            change(other, FillDepressions())


@settings(deadline=None, max_examples=60)
@given(
    st.data(), st.integers(0, 999), st.sampled_from(["topography", "with holes", "nowhere", "fold"])
)
def test_no_depression_remains_and_nothing_is_lowered(
    data: st.DataObject, seed: int, kind: str
) -> None:
    if kind == "fold":
        grid = made.ocean(seed)
        values = 1000.0 - grid.values
        field = Field(
            values, "topography", grid.latitudes, grid.longitudes,
            originals=grid.originals, fold=grid.fold,
        )  # fmt: skip
    else:
        field = made.FIELDS[kind](seed)
    selection = data.draw(made.selections(made.index_shapes))
    try:
        chosen = selection.mask(field)
    except InputRefused:
        chosen = np.ones(field.shape, dtype=bool)
        selection = Selection.of(Box(0, 99, 0, 99, "index"))
    found = Edit(selection, FillDepressions()).change(field)
    after = field.values.copy()
    found.apply(after)
    assert np.array_equal(after, spilled(field, chosen), equal_nan=True)
    assert (found.new > found.old).all()
    assert (found.old > 0.0).all()
    again = Field(
        after, "topography", field.latitudes, field.longitudes, field.periodic, field.originals
    )
    assert Edit(selection, FillDepressions()).change(again).changed == 0
    found.revert(after)
    assert after.tobytes() == field.values.tobytes()


@pytest.mark.parametrize("name", ["palaeo_60Ma_1deg.nc", "palaeo_halfdeg.nc"])
def test_depressions_of_real_planets_are_those_that_the_routing_fills(name: str) -> None:
    field = open_field(reference("topographies", name)).field
    field = Field(np.round(field.values), "topography", field.latitudes, field.longitudes)
    after = edited(field, FillDepressions())
    ny, nx = field.shape
    level, kind = padded.levels_and_kinds(field.values, routing.UNITS_PER_METRE)
    raised = routing._fill_depressions(level, kind, ny, nx)
    assert np.array_equal(level.reshape(ny + 2, nx + 2)[1:-1, 1:-1], after * 1000.0)
    assert np.count_nonzero(after != field.values) == raised > 100


def test_other_quantities_are_neither_filled_nor_dug() -> None:
    field = Field(np.ones((3, 5)), "other", *cell_centres(3, 5, 0.0))
    assert (edited(field, Add(1)) == 2).all()
    assert change(field, Smooth(1, keep_coast=False)).changed == 0
    for operation in (Fill(3), Fill(), Dig(3)):
        with pytest.raises(InputRefused, match="Only heights and depths"):
            edited(field, operation)


def test_what_would_be_too_large_for_a_number_is_refused() -> None:
    field = made.regular()
    field.values[:] = 1e308
    with pytest.raises(InputRefused, match="too large"):
        edited(field, Scale(1000))


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers(0, 99), st.sampled_from(["fold F", "fold T", "codes"]))
def test_copies_stay_copies_and_are_counted_once(data: st.DataObject, seed: int, kind: str) -> None:
    field = made.FIELDS[kind](seed)
    shapes = st.one_of(made.geographic_shapes, made.index_shapes)
    edit = data.draw(made.edits(field.kind, shapes))
    try:
        found = edit.change(field)
    except InputRefused:
        return
    after = field.values.copy()
    found.apply(after)
    assert np.array_equal(after.ravel()[field.nodes].reshape(after.shape), after)
    unique = field.nodes == np.arange(field.nodes.size)
    assert found.changed == np.count_nonzero((after != field.values).ravel() & unique)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (Field(np.zeros((3, 4)), "heights"), "A field is one of"),
        (Field(np.zeros((3, 4), np.float32), "other"), "float64"),
        (Field(np.zeros((3, 4)).T, "other"), "float64"),
        (Field(np.zeros((3, 4)), "other", *cell_centres(3, 5, 0.0)), "coordinates of"),
        (Field(np.zeros((3, 4)), "codes", sea=np.ones((4, 3), bool)), "The grid is"),
        (Field(np.zeros((0, 4)), "other"), "no cells"),
    ],
)
def test_a_field_whose_parts_do_not_fit_is_refused(broken: Field, sentence: str) -> None:
    with pytest.raises(InputRefused, match=sentence):
        checked(broken)


def test_every_enclosed_sea_of_a_real_topography_can_be_filled() -> None:
    field = open_field(reference("topographies", "palaeo_60Ma_1deg.nc")).field
    grid = checks.RegularGrid(field.latitudes[:, 0], field.longitudes[0])
    seas = checks.internal_oceans(field.values, grid).seas
    for sea in seas:
        found = fill_basin(sea.latitude, sea.longitude).change(field)
        assert found.changed == sea.cells
        assert (found.new > 0).all()
        found.apply(field.values)
    assert checks.internal_oceans(field.values, grid).seas == ()
