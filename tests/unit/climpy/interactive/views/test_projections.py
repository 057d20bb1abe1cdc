"""Projections go there and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.interactive.views.projections import Index, LonLat, Polar

latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-400.0, 400.0)


def apart(one: float, other: float) -> float:
    return abs((one - other + 180.0) % 360.0 - 180.0)


@settings(deadline=None)
@given(st.floats(-360.0, 360.0), latitudes, longitudes)
def test_a_map_goes_there_and_back(seam: float, latitude: float, longitude: float) -> None:
    projection = LonLat(seam)
    x, y = projection.forward(np.array(latitude), np.array(longitude))
    assert seam <= x <= seam + 360.0
    back = projection.inverse(x, y)
    assert back[0] == latitude
    assert apart(float(back[1]), longitude) < 1e-8


@settings(deadline=None)
@given(
    st.sampled_from(["north", "south"]),
    st.floats(1.0, 85.0),
    st.floats(-180.0, 180.0),
    st.floats(0.0, 1.0),
    longitudes,
)
def test_a_polar_view_goes_there_and_back(
    side: str, rim: float, meridian: float, share: float, longitude: float
) -> None:
    projection = Polar(side, rim, meridian)
    latitude = (rim + share * (90.0 - rim)) * (1.0 if side == "north" else -1.0)
    x, y = projection.forward(np.array(latitude), np.array(longitude))
    back = projection.inverse(x, y)
    assert float(back[0]) == pytest.approx(latitude, abs=1e-6)
    assert apart(float(back[1]), longitude) * np.cos(np.deg2rad(latitude)) < 1e-6


def test_a_polar_view_shows_areas_in_proportion() -> None:
    rings = Polar("north", 1.0).forward(np.array([80.0, 60.0, 40.0]), np.zeros(3))
    areas = np.pi * (rings[0] ** 2 + rings[1] ** 2)
    caps = 2.0 * np.pi * (1.0 - np.sin(np.deg2rad([80.0, 60.0, 40.0])))
    np.testing.assert_allclose(areas, caps, rtol=1e-12)


def test_east_lies_to_the_right_below_the_north_pole_and_above_the_south_pole() -> None:
    for side, sign in (("north", -1.0), ("south", 1.0)):
        x, y = Polar(side).forward(np.array(-60.0 * sign), np.array([0.0, 90.0]))
        np.testing.assert_allclose(np.sign(np.round(x, 9)), [0.0, 1.0])
        np.testing.assert_allclose(np.sign(np.round(y, 9)), [sign, 0.0])


def test_beyond_the_rim_there_is_no_place() -> None:
    for projection, x, y in (
        (LonLat(0.0), -1.0, 0.0),
        (LonLat(0.0), 10.0, 91.0),
        (Polar("north", 30.0), 1.01, 0.0),
        (Index((4, 5)), 4.6, 1.0),
    ):
        assert np.isnan(projection.inverse(np.array(x), np.array(y))).all()


def test_rows_are_y_and_columns_x() -> None:
    x, y = Index((4, 5)).forward(np.array([3.0]), np.array([1.0]))
    assert (x.item(), y.item()) == (1.0, 3.0)
    row, column = Index((4, 5)).inverse(x, y)
    assert (row.item(), column.item()) == (3.0, 1.0)


@pytest.mark.parametrize(
    "make", [lambda: Polar("east"), lambda: Polar("north", 89.0), lambda: LonLat(1000.0)]
)
def test_nonsense_is_refused(make: object) -> None:
    with pytest.raises(InputRefused):
        make()  # type: ignore[operator]
