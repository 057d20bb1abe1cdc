"""Colours, and the sea level among them."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.interactive.views import palettes
from climpy.interactive.views.palettes import Colours
from climpy.pictures.palettes import OCEAN_BASIN_COLOURS


def shown(colours: Colours, value: float) -> int:
    """The place in the palette of a value, worked out as the screen does it."""
    share = (value - colours.low) * (1.0 / (colours.high - colours.low))
    return min(max(int(share / (1.0 / len(colours.palette))), 0), len(colours.palette) - 1)


@pytest.mark.parametrize("name", [name for names in palettes.FAMILIES.values() for name in names])
def test_every_palette_is_there(name: str) -> None:
    colours = palettes.palette(name)
    assert len(colours) >= 3
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours)
    assert palettes.palette(name, reverse=True) == colours[::-1]
    assert len(palettes.palette(name, 7)) == 7


def test_steps_reach_from_the_first_to_the_last_colour() -> None:
    colours = palettes.palette("batlow")
    assert palettes.palette("batlow", 2) == (colours[0], colours[-1])
    assert palettes.palette("basins", 4)[3] == palettes.palette("basins")[0]


def test_basins_have_the_colours_of_the_pictures() -> None:
    assert palettes.palette("basins") == OCEAN_BASIN_COLOURS


def test_no_drawing_library_is_loaded() -> None:
    code = (
        "import sys; from climpy.interactive.views import palettes; palettes.palette('oleron');"
        "palettes.palette('topo'); sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestTurn:
    @settings(deadline=None)
    @given(
        st.floats(-11_000.0, -1.0),
        st.floats(1.0, 9_000.0),
        st.sampled_from(["oleron", "bukavu", "fes", "topo"]),
        st.one_of(st.none(), st.integers(2, 40)),
    )
    def test_sea_level_has_an_ocean_colour_and_what_is_above_it_a_land_colour(
        self, low: float, high: float, name: str, steps: int | None
    ) -> None:
        table = palettes.palette(name)
        ocean, land = set(table[:128]), set(table[128:])
        colours = palettes.colours(name, (low, high), steps=steps, turn=0.0)
        assert colours.low == pytest.approx(low, abs=(high - low) / 500.0)
        assert colours.high == pytest.approx(high, abs=(high - low) / 500.0)
        assert colours.low == low or colours.high == high
        sea_level = shown(colours, 0.0)
        assert colours.palette[sea_level] in ocean
        assert colours.palette[sea_level + 1] in land
        assert shown(colours, 1e-5 * (high - low)) == sea_level + 1
        if steps is not None:
            assert len(set(colours.palette)) <= steps

    def test_round_limits_stay_as_they_are(self) -> None:
        colours = palettes.colours("oleron", (-6000.0, 4000.0), turn=0.0)
        assert colours.high == pytest.approx(4000.0, abs=1e-3)

    def test_on_one_side_there_is_half_a_palette(self) -> None:
        table = palettes.palette("oleron")
        assert set(palettes.colours("oleron", (-5.0, 0.0), turn=0.0).palette) == set(table[:128])
        assert set(palettes.colours("oleron", (2.0, 9.0), turn=0.0).palette) == set(table[128:])

    def test_without_a_turn_the_limits_and_the_palette_are_as_asked(self) -> None:
        assert palettes.colours("vik", (-2.0, 2.0), steps=5) == Colours(
            palettes.palette("vik", 5), -2.0, 2.0
        )


class TestLimits:
    @settings(deadline=None)
    @given(st.lists(st.floats(-1e9, 1e9), min_size=1), st.booleans())
    def test_hold_the_values(self, values: list[float], symmetric: bool) -> None:
        low, high = palettes.limits_of(np.array(values), symmetric=symmetric)
        slack = 1e-5 * (high - low)
        assert low - slack <= min(values)
        assert max(values) <= high + slack
        assert low < high
        assert not symmetric or low == -high

    def test_are_round(self) -> None:
        assert palettes.limits_of(np.array([-5921.3, 4017.9, np.nan])) == (-6000.0, 4500.0)
        assert palettes.limits_of(np.array([0.0131, 0.0978])) == (0.01, 0.1)

    def test_may_leave_outliers_out(self) -> None:
        values = np.append(np.linspace(0.0, 10.0, 1001), 1e6)
        assert palettes.limits_of(values, outliers=0.02) == (0.0, 10.0)

    def test_of_nothing_and_of_one_value(self) -> None:
        assert palettes.limits_of(np.array([np.nan])) == (0.0, 1.0)
        low, high = palettes.limits_of(np.array([7.0]))
        assert low < 7.0 < high

    def test_of_codes_give_each_its_own_colour(self) -> None:
        limits = palettes.code_limits(np.array([0.0, 1.0, 3.0]))
        colours = palettes.colours("basins", limits)
        assert [colours.palette[shown(colours, code)] for code in (1.0, 2.0, 3.0)] == list(
            palettes.palette("basins")
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda: palettes.palette("jet"),
        lambda: palettes.palette("../../etc"),
        lambda: palettes.palette("vik", 0),
        lambda: palettes.colours("vik", (2.0, 2.0)),
        lambda: palettes.colours("vik", (float("nan"), 2.0)),
    ],
)
def test_nonsense_is_refused(make: object) -> None:
    with pytest.raises(InputRefused):
        make()  # type: ignore[operator]
