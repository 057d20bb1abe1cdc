"""The coupler itself maps fields with our files and gives exactly what the files say."""

import numpy as np
import pytest

from climpy.bc.ipsl.weights.classic_set import classic_weights, files
from climpy.bc.ipsl.weights.oasis import read_remapping
from climpy.io import write
from tests import coupler
from tests.coupling import made_up, shares_of

CLASSIC = (
    "rmp_torc_to_tlmd_MOSAIC",
    "rmp_tlmd_to_torc_MOSAIC",
    "rmp_tlmd_to_torc_MOSAIC_rivflu",
    "rmp_tlmd_to_torc_MOSAIC_calvin",
)


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    coupler.build(folder)
    return folder


@pytest.fixture(scope="module")
def classic(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classic")
    depth, on = made_up()
    made = classic_weights(shares_of(on, folder), depth, on)
    for path, content in files(made, "test").items():
        write(folder / path.rsplit("/", maxsplit=1)[-1], content)
    return folder


@pytest.mark.parametrize("name", CLASSIC)
def test_what_is_received_is_exactly_the_sparse_product(name, programs, classic, tmp_path):
    remapping = read_remapping(classic / f"{name}.nc")
    field = np.random.default_rng(7).normal(size=remapping.links.source_shape)
    received = coupler.coupled(
        programs, tmp_path, classic / f"{name}.nc", field, remapping.links.target_shape
    )
    assert np.array_equal(received, remapping.links.apply(field))
    assert np.abs(received).max() > 0.0


def smooth(latitudes: np.ndarray, longitudes: np.ndarray) -> np.ndarray:
    lat, lon = np.deg2rad(latitudes), np.deg2rad(longitudes)
    return 2.0 + np.cos(lat) ** 2 * np.cos(2.0 * lon)


def test_a_smooth_field_arrives_where_it_belongs(programs, classic, tmp_path):
    remapping = read_remapping(classic / "rmp_torc_to_tlmd_MOSAIC.nc")
    places = [
        (remapping.values[f"{side}_grid_center_lat"], remapping.values[f"{side}_grid_center_lon"])
        for side in ("src", "dst")
    ]
    there, here = (smooth(*place) for place in places)
    received = coupler.coupled(
        programs,
        tmp_path,
        classic / "rmp_torc_to_tlmd_MOSAIC.nc",
        there.reshape(remapping.links.source_shape),
        remapping.links.target_shape,
    ).ravel()
    open_ocean = remapping.values["dst_grid_frac"] > 0.99
    assert open_ocean.sum() > 3000
    assert np.abs(received[open_ocean] / here[open_ocean] - 1.0).max() < 0.01
