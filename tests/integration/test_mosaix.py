"""The engine mosaix with the library YAC: its laws, its figures, its faults."""

import hashlib
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from climpy.bc.ipsl.weights import classic, grids, modern, modern_set, verify
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.oasis import read_remapping
from climpy.bc.ipsl.weights.yac_requests import Mesh
from climpy.errors import OutputRefused, StepRefused
from climpy.grids.lmdz import LmdzGrid
from climpy.io import read, write
from climpy.steps import archives
from climpy.steps.mosaix import find_links
from tests.cdo import links_by_cdo
from tests.coupling import shares_of
from tests.yac import folded_about_t, found_on, made_up, quiet, real, require_yac, weights_of

PLANETS = {
    "poles at 60 N": made_up,
    "poles at 72 N": lambda: made_up(-20.0, 72.0),
    "poles at 48 N": lambda: made_up(175.0, 48.0),
    "finer atmosphere": lambda: made_up(atmosphere=LmdzGrid(144, 142)),
    "finer ocean": lambda: made_up(refinement=2),
    "fold about T": folded_about_t,
    "38 Ma": real,
    "60 Ma": lambda: real("palaeo_60Ma_orca2.nc"),
}


@pytest.fixture(params=list(PLANETS), scope="module")
def on(request):
    planet = PLANETS[request.param]()
    require_yac()
    return planet


def put(files, folder):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            (folder / path).write_text(content)
        else:
            write(folder / path, content)


def test_the_set_is_sound(on, tmp_path):
    made = weights_of(on)
    own = modern_set.files(made, on)
    put(own, tmp_path / "own")
    paths = modern_set.model_paths(modern_set.Names(atmosphere=on.atmosphere.name), "test")
    put({path: own[name] for path, name in paths.items()}, tmp_path / "model")
    assert len({found.file for found in verify.require_sound(tmp_path / "own")}) == 9
    assert len({found.file for found in verify.require_sound(tmp_path / "model")}) == 6


def test_constant_fields_stay_constant(on):
    for name, links in weights_of(on).remappings.items():
        sums = links.sums().ravel()[np.unique(links.target)]
        assert np.abs(sums - 1.0).max() < (7e-9 if name.endswith("_2") else 1e-15), name


def test_heat_and_water_are_conserved(on):
    made = weights_of(on)
    leaves = made.fraction * on.atmosphere_area
    for order, limit in ((1, 1.3e-15), (2, 1e-10)):
        arrives = made.remappings[f"{modern.FLUXES}_{order}"].given(made.ocean_area)
        assert arrives.sum() == pytest.approx(leaves.sum(), rel=limit)
        poles = [0, -1]
        apart = arrives - leaves
        apart[poles] = apart[poles].sum(axis=1, keepdims=True)
        assert np.abs(apart).max() < (1e-14, 1e-8)[order - 1] * on.atmosphere_area.max()


def test_the_share_of_ocean_is_a_share(on):
    share = Links.of(*found_on(on)[modern.SHARE], on.ocean.shape, on.atmosphere.shape).sums()
    assert share.min() == 0.0
    assert share.max() < 1.0 + 2e-12
    fraction = weights_of(on).fraction
    assert fraction.max() < 1.0 + 1e-14
    written = modern_set.ocean_mask_file(weights_of(on), on).variables["OceFrac"].values
    assert written.min() == 0.0
    assert written.max() <= 1.0
    area = (fraction * on.atmosphere_area).sum()
    assert area == pytest.approx(on.ocean_area[on.sea].sum(), rel=2e-3)


def test_only_cells_that_count_are_linked_and_all_of_them(on):
    made = weights_of(on)
    sea = {grid.name: grid for grid in grids.ocean_grids(on.sea, on.ocean, "TUV").values()}
    ends = {
        "temperature": ("torc", "tlmd"),
        "rivers": ("aone", "torc"),
        "icebergs": ("aone", "torc"),
    }
    known = {**made.coupled, **sea}
    every = {**made.remappings, "rivers": made.rivers, "icebergs": made.icebergs}
    for name, links in every.items():
        point = name[7] if name.startswith("stress") else "t"
        source, target = (known[grid] for grid in ends.get(name, ("tlmd", f"{point}orc")))
        assert not source.masked.ravel()[links.source].any(), name
        assert not target.masked.ravel()[links.target].any(), name
        if name != "rivers":
            linked = np.bincount(links.target, minlength=target.masked.size) > 0
            assert np.array_equal(linked, ~target.masked.ravel()), name


def test_smooth_fields_arrive_where_they_belong(on):
    made = weights_of(on)
    for name, limit in (("temperature", 0.1), ("fluxes_1", 0.1), ("stress_u_2", 0.03)):
        source = made.coupled["torc" if name == "temperature" else "tlmd"]
        target = made.coupled[{"temperature": "tlmd", "stress_u_2": "uorc"}.get(name, "torc")]
        field, expected = (
            2.0 + np.cos(np.deg2rad(g.latitudes)) ** 2 * np.cos(2.0 * np.deg2rad(g.longitudes))
            for g in (source, target)
        )
        apart = np.abs(made.remappings[name].apply(field) - expected)[~target.masked]
        assert np.sqrt(np.mean(apart**2)) < 0.02, name
        assert np.quantile(apart, 0.99) < limit, name


def test_the_second_order_is_smoother():
    on = made_up()
    made = weights_of(on)
    field = 2.0 + np.sin(np.deg2rad(made.coupled["tlmd"].latitudes))
    inner = ~made.coupled["torc"].masked
    expected = 2.0 + np.sin(np.deg2rad(made.coupled["torc"].latitudes))
    errors = [
        np.sqrt(np.mean((made.remappings[f"fluxes_{n}"].apply(field) - expected)[inner] ** 2))
        for n in (1, 2)
    ]
    assert errors[1] < 0.5 * errors[0]


def test_the_same_planet_gives_the_same_bytes(tmp_path):
    require_yac()
    on = made_up()
    sums = []
    for name in "ab":
        (tmp_path / name).mkdir()
        found = find_links(on, tmp_path / name, quiet)
        assert not list((tmp_path / name).iterdir())
        put(modern_set.files(modern.modern_weights(found, on), on), tmp_path / name)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        sums.append([(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files])
    assert sums[0] == sums[1]
    assert len(sums[0]) == 21


def test_the_files_are_those_that_the_model_knows(tmp_path):
    require_yac()
    on = made_up()
    own = modern_set.files(weights_of(on), on)
    rmp = "mosaix_weights/rmp_tLMD9695_to_"
    assert {
        f"{rmp}tORCA2.3_HeatWaterFluxes_1stOrder_v2.nc",
        f"{rmp}tORCA2.3_HeatWaterFluxes_2ndOrder_v2.nc",
        f"{rmp}uORCA2.3_WindStress_2ndOrder_v2.nc",
        f"{rmp}vORCA2.3_WindStress_1stOrder_v2.nc",
        f"{rmp}tORCA2.3_runoff_Quantity_to_Surfacic_v2.nc",
        f"{rmp}tORCA2.3_calving_full_v2.nc",
        "mosaix_weights/rmp_tORCA2.3_to_tLMD9695_OceTemp_1stOrder_v2.nc",
        "mosaix_weights/dia_tORCA2.3_to_tLMD9695_OceTemp_1stOrder_v2.nc",
        "mosaix_weights/LMD9695_grid_maskFrom_ORCA2.3_v2.nc",
        "mosaix_weights/grids_ORCA2.3xLMD9695_v2.nc",
        "mosaix_weights/README_ORCA2.3xLMD9695_MOSAIX_v2.txt",
    } <= set(own)
    model = modern_set.model_paths(modern_set.Names(), "38Ma")
    assert set(model.values()) <= set(own)
    coupler = "CPL/IPSLCM5A2/ORCA2.3.38MaxLMD9695"
    stress = f"{coupler}/rmp_tlmd_to_vorc_BILINEAR_Corrected.nc"
    assert model[stress] == f"{rmp}vORCA2.3_WindStress_2ndOrder_v2.nc"
    ice = f"{coupler}/rmp_tlmd_to_torc_MOSAIC_calvin.nc"
    assert model[ice] == f"{rmp}tORCA2.3_calving_full_v2.nc"
    put(own, tmp_path)
    rivers = read_remapping(tmp_path / f"{rmp}tORCA2.3_runoff_Quantity_to_Surfacic_v2.nc")
    coasts = ["Land", "LandFrac", "LandFiltered", "Frac", "Ocean", "OceanFrac", "Coast"]
    assert {rivers.values[f"atm{name}"].shape for name in coasts} == {(9216,)}
    coasts = ["Land", "Ocean", "OceanFiltered", "Coast"]
    assert {rivers.values[f"oce{name}"].shape for name in coasts} == {(149 * 182,)}
    assert rivers.values["oceCoast"][rivers.links.target].mean() > 0.99


def test_the_archive_has_the_names_that_the_model_reads_too(tmp_path):
    require_yac()
    on = made_up()
    own = modern_set.files(weights_of(on), on)
    model = modern_set.model_paths(modern_set.Names(), "38Ma")
    for name in ("first", "second"):
        (scratch := tmp_path / f"scratch-{name}").mkdir()
        archives.write_archive(tmp_path / name, archives.Archive(own, also=model), {}, scratch)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    with tarfile.open(tmp_path / "first") as tar:
        for path, name in model.items():
            found, kept = tar.extractfile(path), tar.extractfile(name)
            assert found is not None
            assert kept is not None
            assert found.read() == kept.read()
    (tmp_path / "taken").mkdir()
    taken = archives.unpack(tmp_path / "first", tmp_path / "taken")
    assert {file.relative_to(tmp_path / "taken").as_posix() for file in taken} == set(own)


def changed(path, name, change):
    content = read(path)
    old = content.variables[name]
    variables = {**content.variables, name: replace(old, values=change(old.values))}
    write(path, replace(content, variables=variables))


DAMAGE = {
    "reversed rows": (
        "src_address",
        lambda cells: (95 - (cells - 1) // 96) * 96 + (cells - 1) % 96 + 1,
    ),
    "0-based": ("dst_address", lambda cells: cells - 1),
    "inverted mask": ("dst_grid_imask", lambda mask: 1 - mask),
    "not a number": ("remap_matrix", lambda weights: weights * np.nan),
    "one column east": ("dst_address", lambda cells: cells + 1),
    "other areas": ("dst_grid_area", lambda areas: areas * 1.1),
}


@pytest.mark.parametrize(
    ("name", "damage"),
    [("fluxes_1", damage) for damage in DAMAGE]
    + [("stress_v_2", damage) for damage in DAMAGE if damage != "other areas"],
)
def test_damage_is_found(name, damage, tmp_path):
    require_yac()
    on = made_up()
    put(modern_set.files(weights_of(on), on), tmp_path)
    variable, change = DAMAGE[damage]
    path = tmp_path / modern_set.Names().remapping(name)
    changed(path, variable, lambda old: change(old).astype(old.dtype))
    with pytest.raises(StepRefused, match=f"not sound.*{path.name}"):
        verify.require_sound(tmp_path)


def test_the_atmosphere_learns_where_the_ocean_is():
    on = made_up()
    made = weights_of(on)
    values = {n: v.values for n, v in modern_set.ocean_mask_file(made, on).variables.items()}
    assert np.array_equal(values["OceMask"], values["OceFrac"])
    assert np.array_equal(values["mask"], 1.0 - (values["OceMask"] > 0.5))
    assert values["aire"].sum() == pytest.approx(4.0 * np.pi * 6371229.0**2)
    assert values["lat"][0] == 90.0
    assert values["lon"][0] == -180.0


def test_the_ocean_grid_carries_its_masks(tmp_path):
    on = made_up()
    write(tmp_path / "coords_mask.nc", modern_set.coords_mask_file(on))
    values = {n: v.values for n, v in read(tmp_path / "coords_mask.nc").variables.items()}
    assert np.array_equal(values["tmaskutil"].astype(bool), on.sea)
    assert np.array_equal(values["tmask"], on.ocean.fill_copies(values["tmaskutil"]))
    assert (values["umask"] <= values["tmask"]).all()
    assert values["bounds_lat_grid_T"].shape == (149, 182, 4)
    assert np.array_equal(values["glamf"], on.ocean.glamf)


def test_the_figures_of_the_eocene():
    on = real()
    made = weights_of(on)
    assert on.sea.sum() == 17474
    for name in ("temperature", "fluxes_1"):
        assert made.remappings[name].number == 45519
    leaves = (made.fraction * on.atmosphere_area).sum()
    second = made.remappings["fluxes_2"].given(made.ocean_area).sum()
    assert second == pytest.approx(leaves, rel=9e-13)


@pytest.mark.parametrize("planet", ["38 Ma", "60 Ma"])
def test_cdo_finds_the_same(planet, tmp_path):
    on = PLANETS[planet]()
    theirs, ours = links_by_cdo(on, tmp_path), weights_of(on).remappings["temperature"]
    assert np.array_equal(theirs.source, ours.source)
    assert np.array_equal(theirs.target, ours.target)
    assert np.abs(theirs.weight - ours.weight).max() < 1.5e-9


def test_the_engines_differ_by_their_definition_of_edges_only(tmp_path):
    on = real()
    shares = shares_of(on, tmp_path)
    straight = classic.ocean_fraction(shares, on.atmosphere)
    assert np.abs(straight - weights_of(on).fraction).max() < 3e-3
    inner = (shares.atmosphere >= 96) & (shares.atmosphere < 95 * 96)
    found = {
        pair: share
        for *pair_, share in zip(*found_on(on)[modern.SHARE], strict=True)
        for pair in [(int(pair_[1]), int(pair_[0]))]
    }
    theirs = zip(shares.atmosphere[inner], shares.ocean[inner], shares.share[inner], strict=True)
    apart = [abs(share - found.get((int(a), int(o)), 0.0)) for a, o, share in theirs]
    assert max(apart) < 1.5e-3
    assert max(apart) > 1e-4


FAULTS = {
    "code": ("import sys; sys.exit('the disk is full')", "ended with code 1: the disk is full"),
    "silent": ("import sys; sys.exit(3)", "ended with code 3 without a word"),
    "signal": ("import os; os.kill(os.getpid(), 11)", "was ended by the signal SIGSEGV"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "was ended by the signal SIGKILL"),
    "nothing": ("pass", "YAC wrote no links"),
    "rubbish": ("import sys; open(sys.argv[2], 'w').write('no')", "cut off or damaged"),
    "endless": ("import time; time.sleep(60)", "was not done after 2 seconds"),
    "loud": ("while True: print('x' * 99999)", "was not done after 2 seconds"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_a_sentence(fault, tmp_path, monkeypatch):
    require_yac()
    program, told = FAULTS[fault]
    (tmp_path / "broken_yac.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(StepRefused, match=told) as caught:
        find_links(made_up(), folder, quiet, seconds=2.0, module="broken_yac")
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert not list(folder.iterdir())


def test_what_yac_does_not_like_is_a_sentence(tmp_path, monkeypatch):
    require_yac()
    sound = modern.meshes(made_up())
    ocean = sound["torc"]
    thrice = Mesh(
        np.tile(ocean.corners, 3),
        np.tile(ocean.vertices, 3),
        ocean.longitudes,
        ocean.latitudes,
        np.tile(ocean.addresses, 3),
        ocean.size,
    )
    monkeypatch.setattr(modern, "meshes", lambda _on: {**sound, "torc": thrice})
    with pytest.raises(StepRefused, match="YAC ended with code 1: more than two cells") as caught:
        find_links(made_up(), tmp_path, quiet)
    assert "MPI_ABORT" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(StepRefused, match="libopenmpi3 and the Python package yac"):
        find_links(made_up(), tmp_path, quiet)


def test_a_folder_that_is_not_there_is_told():
    require_yac()
    with pytest.raises(OutputRefused, match="cannot be written"):
        find_links(made_up(), Path("/nonexistent/folder"), quiet)


def test_progress_is_told(tmp_path):
    require_yac()
    told = []
    find_links(made_up(), tmp_path, lambda share, _what: told.append(share))
    assert told == sorted(told)
    assert len(told) == len(modern.JOBS)
    assert told[-1] == 1.0
