"""What is drawn on a view chooses the cells that it goes round there."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.interactive import Box, Brush, Field, Polygon, Selection, Shape
from climpy.interactive.views import strokes
from climpy.interactive.views.projections import Index, LonLat, Polar, Projection
from tests.unit.climpy.interactive.views.meshes_to_see import ocean, regular, turned

FIELD = regular(36, 60)


def chosen(shape: Shape, field: Field = FIELD) -> np.ndarray:
    return Selection.of(shape).mask(field)


def inside(x: np.ndarray, y: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Points that a closed line (n, 2) goes round an odd number of times."""
    odd = np.zeros(x.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(line, np.roll(line, -1, axis=0), strict=True):
        if y0 == y1:
            continue
        crosses = (y0 <= y) != (y1 <= y)
        odd ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return odd


def near(x: np.ndarray, y: np.ndarray, line: np.ndarray, distance: float) -> np.ndarray:
    """Points that lie closer to a closed line than a distance."""
    close = np.zeros(x.shape, dtype=bool)
    for (x0, y0), (x1, y1) in zip(line, np.roll(line, -1, axis=0), strict=True):
        dx, dy = x1 - x0, y1 - y0
        share = np.clip(((x - x0) * dx + (y - y0) * dy) / ((dx * dx + dy * dy) or 1.0), 0.0, 1.0)
        close |= np.hypot(x - x0 - share * dx, y - y0 - share * dy) < distance
    return close


def on(projection: Projection, field: Field) -> tuple[np.ndarray, np.ndarray]:
    assert field.latitudes is not None
    assert field.longitudes is not None
    x, y = projection.forward(field.latitudes, field.longitudes)
    return tuple(np.broadcast_arrays(x, y))  # type: ignore[return-value]


shares = st.floats(-1.0, 1.0).map(lambda share: round(share, 9))
corners = st.tuples(shares, shares)
rings = st.lists(corners, min_size=3, max_size=7).map(np.array)


class TestOnAMap:
    @settings(deadline=None)
    @given(rings, st.floats(-180.0, 180.0))
    def test_a_lasso_chooses_what_it_goes_round(self, ring: np.ndarray, seam: float) -> None:
        projection = LonLat(seam)
        line = ring * [179.0, 100.0] + [seam + 180.0, 0.0]
        try:
            mask = chosen(strokes.lasso(projection, line[:, 0], line[:, 1]))
        except InputRefused:
            mask = np.zeros(FIELD.shape, dtype=bool)
        x, y = on(projection, FIELD)
        certain = ~near(x, y, line, 1e-3)
        np.testing.assert_array_equal(mask[certain], inside(x, y, line)[certain])

    @settings(deadline=None)
    @given(rings, st.floats(-180.0, 180.0), st.floats(-180.0, 180.0), st.floats(-180.0, 180.0))
    def test_where_the_seam_lies_changes_nothing(
        self, ring: np.ndarray, one: float, other: float, middle: float
    ) -> None:
        """Also where the line is drawn over the edge of the map."""
        line = ring * [60.0, 85.0] + [middle, 0.0]
        masks = []
        for seam in (one, other):
            x = line[:, 0] + 360.0 * np.ceil((seam - middle) / 360.0)
            try:
                masks.append(chosen(strokes.lasso(LonLat(seam), x, line[:, 1])))
            except InputRefused:
                masks.append(np.zeros(FIELD.shape, dtype=bool))
        x = (on(LonLat(0.0), FIELD)[0] - middle + 180.0) % 360.0 - 180.0 + middle
        certain = ~near(x, on(LonLat(0.0), FIELD)[1], line, 1e-3)
        np.testing.assert_array_equal(masks[0][certain], masks[1][certain])

    def test_what_is_wider_than_the_map_is_cut_off(self) -> None:
        shape = strokes.lasso(LonLat(10.0), [0.0, 400.0, 400.0, 0.0], [20.0, 20.0, 120.0, 120.0])
        assert shape.sides == "straight"
        np.testing.assert_array_equal(
            chosen(shape), np.broadcast_to(FIELD.latitudes > 20.0, FIELD.shape)
        )

    def test_a_box_over_the_seam_goes_on_at_the_other_edge(self) -> None:
        shape = strokes.box(LonLat(0.0), 350.0, 375.0, 95.0, 60.0)
        assert shape == Box(60.0, 90.0, 350.0, 375.0)
        columns = np.flatnonzero(chosen(shape)[-1])
        assert FIELD.longitudes[0, columns].tolist() == [-9.0, -3.0, 3.0, 9.0, 15.0]
        assert chosen(strokes.box(LonLat(0.0), -10.0, 370.0, -90.0, 90.0)).all()

    def test_a_brush_that_leaves_the_map_stops_at_the_pole(self) -> None:
        shape = strokes.brush(LonLat(), [0.0, 0.0], [80.0, 99.0], 3.0)
        assert max(latitude for latitude, _ in shape.points) <= 90.0
        assert chosen(shape)[-1].all()

    def test_a_long_stroke_follows_the_map(self) -> None:
        mask = chosen(strokes.brush(LonLat(), [-60.0, 60.0], [62.5, 62.5], 1.0))
        assert np.flatnonzero(mask.any(axis=1)).tolist() == [30]
        assert mask[30].sum() == 20


class TestOnAPolarView:
    @settings(deadline=None)
    @given(rings, st.sampled_from(["north", "south"]), st.sampled_from([1.0, 30.0, 60.0]))
    def test_a_lasso_chooses_what_it_goes_round(
        self, ring: np.ndarray, side: str, rim: float
    ) -> None:
        projection = Polar(side, rim, meridian=7.0)
        line = ring * projection.radius * 1.2
        for field in (FIELD, turned()):
            try:
                mask = chosen(strokes.lasso(projection, line[:, 0], line[:, 1]), field)
            except InputRefused as refusal:
                assume("more than once" not in str(refusal))  # a spiral round the pole
                mask = np.zeros(field.shape, dtype=bool)
            x, y = on(projection, field)
            shown = np.hypot(x, y) < projection.radius - 2e-3
            certain = ~near(x, y, line, 2e-3) & (np.hypot(x, y) > 2e-3)
            wanted = inside(x, y, line) & shown
            beyond = np.hypot(x, y) > projection.radius + 2e-3
            certain &= shown | beyond
            np.testing.assert_array_equal(mask[certain], wanted[certain])

    def test_a_box_round_the_pole_holds_it(self) -> None:
        shape = strokes.box(Polar("south"), -0.3, 0.3, 0.3, -0.3)
        assert isinstance(shape, Polygon)
        mask = chosen(shape)
        assert mask[:3].all()
        assert not mask[12:].any()

    def test_a_corner_on_the_pole_is_like_any_other(self) -> None:
        mask = chosen(strokes.lasso(Polar("north", 30.0), [0.0, 0.6, 0.0], [0.0, 0.0, -0.6]))
        assert FIELD.longitudes is not None
        columns = np.flatnonzero(mask[33])
        east = FIELD.longitudes[0, columns]
        assert (columns.size, east.min(), east.max()) == (15, 3.0, 87.0)

    def test_all_of_the_view_may_be_enclosed(self) -> None:
        for side in ("north", "south"):
            mask = chosen(strokes.box(Polar(side, 28.0), -2.0, 2.0, -2.0, 2.0))
            expected = FIELD.latitudes > 28.0 if side == "north" else FIELD.latitudes < -28.0
            np.testing.assert_array_equal(mask, np.broadcast_to(expected, FIELD.shape))

    def test_a_brush_crosses_the_pole(self) -> None:
        shape = strokes.brush(Polar("north"), [-0.2, 0.2], [0.0, 0.0], 4.0)
        mask = chosen(shape)
        assert mask[-1].all()
        assert np.flatnonzero(mask[-3]).size < 20


class TestByRowAndColumn:
    def test_a_lasso(self) -> None:
        field = ocean()
        shape = strokes.lasso(Index(field.shape), [9.6, 12.4, 12.4, 9.6], [19.6, 19.6, 21.4, 21.4])
        assert shape.by_index
        assert np.argwhere(chosen(shape, field)).tolist() == [
            [row, column] for row in (20, 21) for column in (10, 11, 12)
        ]

    def test_a_box_is_cut_at_the_last_cell(self) -> None:
        assert strokes.box(Index((4, 6)), 3.2, 99.0, -7.0, 1.2) == Box(-0.5, 1.2, 3.2, 5.5, "index")

    def test_a_brush(self) -> None:
        assert strokes.brush(Index((4, 6)), [1.0], [2.0], 1.0) == Brush(((2.0, 1.0),), 1.0, "index")


@pytest.mark.parametrize("projection", [LonLat(), Polar(), Index((5, 5))])
def test_what_misses_the_map_is_refused(projection: Projection) -> None:
    with pytest.raises(InputRefused):
        strokes.box(projection, 500.0, 510.0, 500.0, 510.0)
    with pytest.raises(InputRefused):
        strokes.lasso(projection, [np.nan], [np.nan])
