"""The classic set against what the older chain made of the same files; skipped where absent.

That chain took 3.14159265 for pi and kept the ocean fraction in single precision; what differs for
these reasons is told here.
"""

import numpy as np
import pytest

from climpy.bc.ipsl.weights import calving, classic, runoff
from climpy.bc.ipsl.weights.classic_set import coupled_grids
from climpy.bc.ipsl.weights.links import Links
from climpy.io import read
from tests.coupling import OLD_RADIANS, reference_planet, shares_of
from tests.reference import reference


@pytest.fixture(scope="module")
def on():
    return reference_planet()


@pytest.fixture(scope="module")
def shares(on, tmp_path_factory):
    return shares_of(on[1], tmp_path_factory.mktemp("old"), OLD_RADIANS)


def expected(name: str, source_shape: tuple[int, int], target_shape: tuple[int, int]) -> Links:
    values = {
        n: v.values for n, v in read(reference("reference", "mosaic_60Ma", name)).variables.items()
    }
    return Links.of(
        values["src_address"] - 1,
        values["dst_address"] - 1,
        values["remap_matrix"][:, 0],
        source_shape,
        target_shape,
    )


def assert_same_links(found: Links, wanted: Links) -> None:
    assert found.number == wanted.number
    assert np.array_equal(found.source, wanted.source)
    assert np.array_equal(found.target, wanted.target)


def test_ocean_to_atmosphere_agrees_to_rounding(on, shares):
    found = classic.ocean_to_atmosphere(shares, on[1])
    wanted = expected("rmp_torc_to_tlmd_MOSAIC.nc", (149, 182), (96, 96))
    assert_same_links(found, wanted)
    assert np.abs(found.weight - wanted.weight).max() < 1e-12


def test_fluxes_agree_to_the_single_precision_of_the_old_fraction(on, shares):
    found = classic.fluxes_to_ocean(shares, on[1])
    wanted = expected("rmp_tlmd_to_torc_MOSAIC.nc", (96, 96), (149, 182))
    assert_same_links(found, wanted)
    assert np.abs(found.weight / wanted.weight - 1.0).max() < 3e-7


def test_rivers_agree(on, shares):
    depth, both = on
    found = runoff.rivers(shares, depth, both, runoff.RunoffOptions(lose_nothing=False))
    wanted = expected("rmp_tlmd_to_torc_MOSAIC_rivflu.nc", (96, 96), (149, 182))
    assert_same_links(found, wanted)
    assert np.abs(found.weight / wanted.weight - 1.0).max() < 1e-10


def test_ice_has_the_links_of_the_old_chain_and_the_row_that_it_lost(on):
    _, both = on
    found = calving.icebergs(both)
    without_the_pole = found.only(found.source < 95 * 96)
    assert without_the_pole.number == 693_674
    assert found.number > 693_674


def test_the_ocean_fraction_agrees_to_single_precision(on, shares):
    values = read(reference("reference", "mosaic_60Ma", "o2a.diag.nc")).variables["OceMask"].values
    found = classic.ocean_fraction(shares, on[1].atmosphere)
    assert np.abs(found - np.nan_to_num(values[::-1])).max() < 3e-8
    counts = (found == 0.0).sum(), (np.abs(found - 1.0) < 1e-10).sum()
    assert counts == (2455, 5425)


def test_masks_and_areas_agree_but_for_the_fold(on, shares):
    folder = ("reference", "mosaic_60Ma")
    masks = read(reference(*folder, "masks.nc")).variables
    areas = read(reference(*folder, "areas.nc")).variables
    grids = coupled_grids(classic.ocean_fraction(shares, on[1].atmosphere), on[1])
    for name in ("torc", "uorc", "oint", "tlmd", "aone", "afra"):
        assert np.array_equal(grids[name].masked, masks[f"{name}.msk"].values == 1)
    for name, first in (("vorc", 91), ("forc", 92)):
        differs = grids[name].masked != (masks[f"{name}.msk"].values == 1)
        rows, columns = np.nonzero(differs)
        assert set(rows) <= {147}
        assert columns.min() >= first  # cells across the fold, which the old chain left open
    for name in ("torc", "uorc", "vorc", "tlmd", "aone"):
        old = areas[f"{name}.srf"].values
        assert (np.abs(grids[name].area - old) <= 3e-7 * old).all()


def test_with_the_exact_pi_the_weights_differ_by_no_more_than_its_error_explains(on, tmp_path):
    found = classic.ocean_to_atmosphere(shares_of(on[1], tmp_path), on[1])
    wanted = expected("rmp_torc_to_tlmd_MOSAIC.nc", (149, 182), (96, 96))
    assert_same_links(found, wanted)
    row = found.target // 96
    error = np.abs(found.weight - wanted.weight)
    assert error.max() < 2e-8
    assert error[(row > 30) & (row < 65)].max() < 1e-11  # it grows towards the poles
