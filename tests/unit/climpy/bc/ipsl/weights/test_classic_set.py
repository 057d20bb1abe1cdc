from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest

from climpy.bc.ipsl.weights import classic, runoff
from climpy.bc.ipsl.weights.calving import BANDS, icebergs
from climpy.bc.ipsl.weights.classic_set import classic_weights, files
from climpy.bc.ipsl.weights.verify import require_sound, verify
from climpy.errors import InputRefused, StepRefused
from climpy.grids.lmdz import LmdzGrid
from climpy.grids.ocean import Fold
from climpy.io import read, write
from tests.coupling import continents, made_up, reference_planet, shares_of
from tests.ocean_grids import cylindrical_grid

POLES = ((106.0, 60.0), (-20.0, 72.0), (175.0, 48.0))


def written(folder, depth, on, scratch):
    made = classic_weights(shares_of(on, scratch), depth, on)
    for path, content in files(made, "test").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write(folder / path, content)
    return made


@pytest.mark.parametrize("pole", POLES)
def test_a_set_is_sound_wherever_the_poles_are(pole, tmp_path):
    depth, on = made_up(*pole)
    made = written(tmp_path, depth, on, tmp_path)
    findings = require_sound(tmp_path)
    assert {finding.file for finding in findings} == {
        f"rmp_{name}.nc"
        for name in (
            "torc_to_tlmd_MOSAIC",
            "tlmd_to_torc_MOSAIC",
            "tlmd_to_torc_MOSAIC_rivflu",
            "tlmd_to_torc_MOSAIC_calvin",
        )
    }
    total = (made.fraction * on.atmosphere.areas_m2).sum()
    assert total == pytest.approx(on.ocean_area[on.sea].sum(), rel=2e-3)


@pytest.mark.parametrize("file", ["palaeo_60Ma_orca2.nc", "palaeo_38Ma_orca2.nc"])
def test_a_set_on_real_files_is_sound(file, tmp_path):
    depth, on = reference_planet(file)
    written(tmp_path, depth, on, tmp_path)
    require_sound(tmp_path)


def test_a_set_on_a_grid_folded_about_t_points_is_sound(tmp_path):
    ocean = cylindrical_grid(61, 120, Fold.T_POINT)
    depth = continents(ocean)
    on = classic.planet(depth, ocean, LmdzGrid())
    written(tmp_path, depth, on, tmp_path)
    require_sound(tmp_path)


def test_a_planet_without_land_has_no_mouths_of_rivers(tmp_path):
    ocean = cylindrical_grid(31, 60)
    depth = np.full(ocean.shape, 4000.0)
    on = classic.planet(depth, ocean, LmdzGrid())
    on = replace(on, sea=on.sea & (np.indices(ocean.shape)[0] > 2))
    with pytest.raises(StepRefused, match="rivers have nowhere to end"):
        runoff.rivers(shares_of(on, tmp_path), depth, on)


def test_another_atmosphere_works_too(tmp_path):
    depth, on = made_up(atmosphere=LmdzGrid(144, 142))
    made = written(tmp_path, depth, on, tmp_path)
    require_sound(tmp_path)
    assert made.fraction.shape == (143, 144)
    assert (tmp_path / "CPL/IPSLCM5A2/PALEORCA2.testxLMD144142/grids.nc").exists()


def test_a_field_keeps_its_total_on_the_way_to_the_ocean(tmp_path):
    _, on = made_up()
    shares = shares_of(on, tmp_path)
    fluxes, fraction = (
        classic.fluxes_to_ocean(shares, on),
        classic.ocean_fraction(shares, on.atmosphere),
    )
    field = np.cos(np.deg2rad(on.atmosphere.latitudes))[:, None] + np.zeros(on.atmosphere.shape)
    arrives = (fluxes.apply(field) * on.ocean_area)[on.sea].sum()
    leaves = (field * fraction * on.atmosphere_area).sum()
    assert arrives == pytest.approx(leaves, rel=1e-13)


def test_rivers_lose_nothing_unless_they_are_told_to(tmp_path):
    depth, on = made_up()
    shares = shares_of(on, tmp_path)
    land = classic.ocean_fraction(shares, on.atmosphere) < 1.0 - 1e-10
    land[[0, -1], 1:] = False
    area = np.where(on.sea, on.ocean_area, 0.0)
    every = runoff.rivers(shares, depth, on).given(area)
    assert np.abs(every[land] - 1.0).max() < 1e-13
    near = runoff.rivers(shares, depth, on, runoff.RunoffOptions(lose_nothing=False)).given(area)
    assert (near[land] < 0.5).any()
    spread = runoff.rivers(shares, depth, on, runoff.RunoffOptions(spread_km=500.0))
    assert np.abs(spread.given(area)[land] - 1.0).max() < 1e-13
    assert spread.number > runoff.rivers(shares, depth, on).number


def test_ice_keeps_its_mass_in_its_band():
    _, on = made_up()
    links = icebergs(on)
    area = np.where(on.sea, on.ocean_area, 0.0)
    given = links.given(area)[:, 0]
    assert given == pytest.approx(on.atmosphere_area.sum(axis=1), rel=1e-12)
    band = [np.searchsorted([b[1] for b in BANDS], lat) for lat in on.atmosphere.latitudes]
    target = [np.searchsorted([b[1] for b in BANDS], on.ocean.gphit.ravel()[links.target])]
    assert np.array_equal(np.array(band)[links.source // 96], target[0])


def test_a_band_without_ocean_is_named():
    depth, _ = made_up()
    ocean = made_up()[1].ocean
    depth = np.where(ocean.gphit < -55.0, 0.0, depth)
    with pytest.raises(StepRefused, match="between -90 and -55"):
        icebergs(classic.planet(depth, ocean, LmdzGrid()))


def test_no_ocean_is_refused():
    ocean = made_up()[1].ocean
    with pytest.raises(StepRefused, match="no ocean"):
        classic.planet(np.zeros(ocean.shape), ocean, LmdzGrid())


def test_a_folder_without_weights_is_told(tmp_path):
    with pytest.raises(InputRefused, match="no weights"):
        verify(tmp_path)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    depth, on = made_up()
    written(folder, depth, on, folder)
    return folder


def damaged(path, change):
    content = read(path)
    variables = dict(content.variables)
    change(variables)
    write(path, type(content)(variables, content.attributes))


def replaced(variables, name, values):
    old = variables[name]
    variables[name] = type(old)(old.dims, values, old.attributes, old.real)


def inverted_mask(variables):
    replaced(variables, "src_grid_imask", 1 - variables["src_grid_imask"].values)


def zero_based(variables):
    for name in ("src_address", "dst_address"):
        replaced(variables, name, variables[name].values - 1)


def reversed_rows(variables):
    ny, nx = 149, 182
    old = variables["src_address"].values - 1
    replaced(variables, "src_address", ((ny - 1 - old // nx) * nx + old % nx + 1).astype(np.int32))


def reversed_centres(variables):
    lat = variables["src_grid_center_lat"].values.reshape(149, 182)
    replaced(variables, "src_grid_center_lat", lat[::-1].ravel())


def one_column_east(variables):
    old = variables["src_address"].values - 1
    replaced(variables, "src_address", (old // 182 * 182 + (old + 1) % 182 + 1).astype(np.int32))


def scaled(variables):
    replaced(variables, "remap_matrix", variables["remap_matrix"].values * 1.0001)


def unsorted(variables):
    for name in ("src_address", "dst_address", "remap_matrix"):
        replaced(variables, name, variables[name].values[::-1])


def not_finite(variables):
    weights = variables["remap_matrix"].values.copy()
    weights[7] = np.inf
    replaced(variables, "remap_matrix", weights)


@pytest.mark.parametrize(
    "damage",
    [
        inverted_mask,
        zero_based,
        reversed_rows,
        reversed_centres,
        one_column_east,
        scaled,
        unsorted,
        not_finite,
    ],
)
def test_damage_is_found(damage, sound, tmp_path):
    copytree(sound, tmp_path, dirs_exist_ok=True)
    (file,) = tmp_path.rglob("rmp_torc_to_tlmd_MOSAIC.nc")
    damaged(file, damage)
    with pytest.raises(StepRefused, match=r"not sound.*rmp_torc_to_tlmd"):
        require_sound(tmp_path)
