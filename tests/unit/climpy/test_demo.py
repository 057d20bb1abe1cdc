"""The made-up Earth: its features are where it says, at every resolution, and checks find them."""

import hashlib

import numpy as np
import pytest

from climpy import demo
from climpy.bc.ipsl import checks
from climpy.demo import demo_topography, known_features
from climpy.errors import InputRefused
from climpy.topography import Topography

STEPS = (2.0, 1.0, 0.5)

FEATURES = known_features()


def of_kind(kind: str) -> list[demo.Feature]:
    return [feature for feature in FEATURES if feature.kind == kind]


@pytest.fixture(scope="module", params=STEPS)
def earth(request: pytest.FixtureRequest) -> Topography:
    return demo_topography(request.param)


@pytest.fixture(scope="module")
def seas(earth: Topography) -> np.ndarray:
    return checks.internal_oceans(earth.heights, earth.grid).numbers


def test_it_is_the_same_everywhere() -> None:
    heights = np.round(demo_topography(1.0).heights * 10.0).astype("<i4")
    assert hashlib.sha256(heights.tobytes()).hexdigest() == (
        "69b627f6e5c1997c3d510ec86b1807a4bd9b35efa9ef28417f34588fa4bc3c14"
    )


def test_it_looks_like_an_earth(earth: Topography) -> None:
    heights, grid = earth.heights, earth.grid
    area = np.broadcast_to(np.cos(np.deg2rad(grid.latitudes))[:, None], heights.shape)
    land_share = area[heights > 0.0].sum() / area.sum()
    assert 0.15 < land_share < 0.35
    assert -11_000.0 < heights.min() < -7_000.0
    assert 4_000.0 < heights.max() < 9_000.0
    mean_depth = -np.average(heights[heights <= 0.0], weights=area[heights <= 0.0])
    assert 3_000.0 < mean_depth < 5_000.0


def test_exactly_the_named_seas_are_enclosed(earth: Topography, seas: np.ndarray) -> None:
    found = {int(seas[sea.cell(earth.grid)]) for sea in of_kind("enclosed sea")}
    assert found == set(range(1, 1 + len(of_kind("enclosed sea"))))
    assert seas.max() == len(of_kind("enclosed sea"))


def test_the_other_seas_are_open_through_their_straits(earth: Topography, seas: np.ndarray) -> None:
    for sea in [*of_kind("connected sea"), *of_kind("bay")]:
        assert earth.heights[sea.cell(earth.grid)] < 0.0
        assert seas[sea.cell(earth.grid)] == 0


@pytest.mark.parametrize("strait", of_kind("strait"), ids=lambda strait: strait.name)
def test_closing_a_straits_one_cell_cuts_its_sea_off(earth: Topography, strait) -> None:
    heights = earth.heights.copy()
    heights[strait.cell(earth.grid)] = 10.0
    before = len(checks.internal_oceans(earth.heights, earth.grid).seas)
    assert len(checks.internal_oceans(heights, earth.grid).seas) == before + 1


@pytest.mark.parametrize("strait", of_kind("strait"), ids=lambda strait: strait.name)
def test_straits_run_the_way_they_say(earth: Topography, strait) -> None:
    row, column = strait.cell(earth.grid)
    around = np.roll(earth.heights, 3 - column, axis=1)[row - 1 : row + 2, 2:5] <= 0.0
    down, right = demo.WALK[strait.direction]
    assert around[1 + down, 1 + right]
    assert around[1 - down, 1 - right]
    # beside the channel lies land: both corners that it does not pass through
    assert not around[1 + right, 1 - down]
    assert not around[1 - right, 1 + down]


def test_straits_run_in_all_directions_and_across_the_date_line(earth: Topography) -> None:
    assert {strait.direction for strait in of_kind("strait")} == set(demo.WALK)
    row, column = next(s for s in of_kind("strait") if s.name == "Dateline Passage").cell(
        earth.grid
    )
    assert column == earth.grid.shape[1] - 1
    assert (earth.heights[row, [-2, -1, 0, 1]] <= 0.0).all()
    midnight = next(s for s in of_kind("enclosed sea") if s.name == "Midnight Sea")
    row, _ = midnight.cell(earth.grid)
    assert (earth.heights[row, [-1, 0]] <= 0.0).all()


def test_plateaus_are_level(earth: Topography) -> None:
    for plateau in of_kind("plateau"):
        row, column = plateau.cell(earth.grid)
        columns = np.arange(column - 1, column + 2) % earth.grid.shape[1]
        assert np.ptp(earth.heights[row, columns]) == 0.0


def test_depressions_lie_above_the_sea_and_have_no_way_out(earth: Topography) -> None:
    from climpy.bc.ipsl.routing import route

    filled = route(earth.heights, earth.grid).topo
    for depression in of_kind("depression"):
        cell = depression.cell(earth.grid)
        assert 0.0 < earth.heights[cell] < filled[cell] - 100.0


def test_there_is_land_at_both_poles_and_ocean_where_none_may_be(earth: Topography) -> None:
    heights, grid = earth.heights, earth.grid
    assert (heights[0] > 0.0).all()
    assert (heights[-1] > 0.0).mean() > 0.5
    bight = next(bay for bay in of_kind("bay") if bay.name == "Needle Bight")
    assert heights[bight.cell(grid)] < 0.0
    rules = checks.pole_rules(heights, grid)
    assert not rules.kept
    assert rules.northern_majority == "land"


def test_poles_of_an_ocean_grid_find_room() -> None:
    from climpy.grids.poles import find_poles

    earth = demo_topography(1.0)
    assert find_poles(earth.heights, earth.grid).best.quality == "good"


@pytest.mark.parametrize("step", [3.0, 0.7, 0.0, -1.0])
def test_steps_that_do_not_fit_are_refused(step: float) -> None:
    with pytest.raises(InputRefused):
        demo_topography(step)
