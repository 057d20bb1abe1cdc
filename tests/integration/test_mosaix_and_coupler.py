"""The coupler itself maps fields with the files of the engine mosaix."""

import numpy as np
import pytest

from climpy.bc.ipsl.weights import modern_set
from climpy.bc.ipsl.weights.oasis import read_remapping
from climpy.io import write
from tests import coupler
from tests.yac import made_up, weights_of

NAMES = modern_set.Names()
REMAPPINGS = {
    name: NAMES.remapping(name)
    for name in (
        "temperature",
        "fluxes_1",
        "fluxes_2",
        "stress_u_1",
        "stress_u_2",
        "stress_v_1",
        "stress_v_2",
        modern_set.RIVERS,
        modern_set.ICEBERGS,
    )
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    coupler.build(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("set")
    on = made_up()
    content = modern_set.files(weights_of(on), on)
    for path in REMAPPINGS.values():
        (root / path).parent.mkdir(exist_ok=True)
        write(root / path, content[path])
    return root


@pytest.mark.parametrize("name", REMAPPINGS)
def test_what_is_received_is_exactly_the_sparse_product(name, programs, folder, tmp_path):
    file = folder / REMAPPINGS[name]
    links = read_remapping(file).links
    field = np.random.default_rng(11).normal(size=links.source_shape)
    received = coupler.coupled(programs, tmp_path, file, field, links.target_shape)
    assert np.array_equal(received, links.apply(field))
    assert np.abs(received).max() > 0.0


@pytest.mark.parametrize("name", ["temperature", "stress_u_2", "stress_v_2"])
def test_a_smooth_field_arrives_where_it_belongs(name, programs, folder, tmp_path):
    remapping = read_remapping(folder / REMAPPINGS[name])
    lat, lon = (
        [np.deg2rad(remapping.values[f"{side}_grid_center_{axis}"]) for side in ("src", "dst")]
        for axis in ("lat", "lon")
    )
    there, here = (2.0 + np.cos(lat[k]) ** 2 * np.cos(2.0 * lon[k]) for k in range(2))
    links = remapping.links
    field = there.reshape(links.source_shape)
    file = folder / REMAPPINGS[name]
    received = coupler.coupled(programs, tmp_path, file, field, links.target_shape).ravel()
    whole = remapping.values["dst_grid_frac"] > 0.99
    assert whole.sum() > 3000
    assert np.quantile(np.abs(received[whole] / here[whole] - 1.0), 0.99) < 0.01
