"""Steps on files: parameters, provenance, all files or none."""

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climpy import steps
from climpy.bc.ipsl import bathymetry, regrid
from climpy.demo import demo_topography
from climpy.errors import InputRefused, OutputRefused, StepRefused
from climpy.grids import nemo
from climpy.io import read, write
from climpy.steps import checking, definitions, running
from climpy.steps.loading import load_topography
from climpy.steps.provenance import checksum, values_checksum
from tests.netcdf_corpus import (
    HEIGHTS,
    LATITUDES,
    NX,
    Layout,
    packed,
    several_fields,
    with_companions,
)


@pytest.fixture(scope="module")
def earth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("earth") / "earth.nc"
    write(path, regrid.to_file(demo_topography(2.0)), provenance={"history": "made by hand"})
    return path


@pytest.fixture(scope="module")
def products(earth: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("products")
    files = {"raw": earth}
    for step in ("regrid", "coords", "routing", "pft", "subbasins", "heatflow", "ahmcoef"):
        files.update(steps.run_step(step, files, {}, folder).files)
    return files


def test_every_step_writes_what_it_says(products: dict[str, Path]) -> None:
    written = {name for step in steps.STEPS for name in definitions.DEFINITIONS[step].writes}
    assert set(products) == written - {"weights"}  # by engines, with tests of their own
    assert all(path.is_file() for path in products.values())


def test_every_file_says_where_it_comes_from(products: dict[str, Path]) -> None:
    for path in products.values():
        attributes = read(path).attributes
        assert {"Conventions", "title", "source", "history", "step"} <= set(attributes)
        assert "climpy" in attributes["source"]
        json.loads(attributes["parameters"])
    routing = read(products["routing"]).attributes
    assert json.loads(routing["input_sha256"]) == {
        "raw": checksum(products["raw"]),
        "coords": checksum(products["coords"]),
    }
    lines = routing["history"].splitlines()
    assert [line.split(": ")[1].split()[0] for line in lines[:2]] == ["routing", "regrid"]
    assert lines[-1] == "made by hand"


def test_what_the_layout_prescribes_is_not_overwritten(products: dict[str, Path]) -> None:
    assert read(products["heatflow"]).attributes["Conventions"] == "GDT 1.2"


def test_bathymetry_soils_and_relief_alone_give_files_of_the_same_layout(
    products: dict[str, Path], tmp_path: Path
) -> None:
    for step in ("bathymetry", "soils", "relief"):
        ((name, path),) = steps.run_step(step, products, {}, tmp_path).files.items()
        with netCDF4.Dataset(path) as alone, netCDF4.Dataset(products[name]) as together:
            assert list(alone.variables) == list(together.variables)


def test_single_precision_concerns_what_the_model_reads(
    products: dict[str, Path], tmp_path: Path
) -> None:
    made = steps.run_step("heatflow", products, {}, tmp_path, precision="float32")
    assert read(made.files["heatflow"]).variables["heatflow"].values.dtype == "float32"
    made = steps.run_step("regrid", {"raw": products["raw"]}, {}, tmp_path, precision="float32")
    assert read(made.files["raw"]).variables["topo"].values.dtype == "float64"


@pytest.mark.parametrize(
    ("step", "given", "sentence"),
    [
        ("regrid", {"metod": "nearest"}, "no parameter 'metod'; did you mean method?"),
        ("regrid", {"zzz": 1}, "it has dlat, dlon, method, limits, topo_var"),
        ("regrid", {"dlat": "one"}, "regrid: dlat must be a number, not 'one'"),
        ("regrid", {"dlat": True}, "regrid: dlat must be a number, not True"),
        ("regrid", {"method": "cubic"}, "must be bilinear, nearest or conservative"),
        ("regrid", {"method": ["bilinear"]}, "must be bilinear, nearest or conservative"),
        ("regrid", {"dlat": 0.7}, "does not divide 180 degrees"),
        ("routing", {"drop_per_distance": 1}, "must be true or false, not 1"),
        ("routing", {"closed_basins": "some"}, "none, all or a list of [latitude, longitude]"),
        ("routing", {"closed_basins": [[1, "two"]]}, "none, all or a list"),
        ("coords", {"refinement": 1.5}, "must be a whole number, not 1.5"),
        ("coords", {"pole_longitude": 10}, "both pole_longitude and pole_latitude"),
        ("pft", {"bands": [{"to_latitude": 90, "percentages": {2: 75}}]}, "75"),
        ("pft", {"bands": 3}, "must be a list, not 3"),
        ("pft", {"biomes": ["tundra"]}, "pft: biomes must be names with values, not ['tundra']"),
        ("pft", {"biomes": {"tundra": {10: 100}}}, "need a map of biomes, which was not given"),
        ("pft", {"biome_var": "biome"}, "need a map of biomes, which was not given"),
        ("ahmcoef", {"method": "x"}, "has no parameters, so 'method' cannot be set"),
        ("heatflow", None, "must be names with values"),
        ("nonsense", {}, "There is no step 'nonsense'; there are regrid,"),
    ],
)
def test_wrong_parameters_are_refused_by_name(
    step: str, given: dict, sentence: str, products: dict[str, Path], tmp_path: Path
) -> None:
    inputs = {n: p for n, p in products.items() if not (step == "coords" and n == "coords")}
    with pytest.raises(InputRefused, match=r".") as refusal:
        steps.run_step(step, inputs, given, tmp_path)
    assert sentence in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_an_input_that_was_not_given_is_named(earth: Path, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="routing needs the file coords"):
        steps.run_step("routing", {"raw": earth}, {}, tmp_path)


def test_a_file_of_the_wrong_kind_is_refused(products: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no bathymetry: it has no variable Bathymetry"):
        steps.run_step("heatflow", {"bathy": products["soils"]}, {}, tmp_path)
    with pytest.raises(InputRefused, match="no coordinates file"):
        steps.run_step("routing", {**products, "coords": products["bathy"]}, {}, tmp_path)


def test_poles_in_the_sea_are_refused(products: dict[str, Path], tmp_path: Path) -> None:
    poles = {"pole_longitude": 0.0, "pole_latitude": 50.0}
    with pytest.raises(StepRefused, match="lies in the sea"):
        steps.run_step("coords", {"raw": products["raw"]}, poles, tmp_path)
    made = steps.run_step("coords", {}, poles, tmp_path)
    with pytest.raises(StepRefused, match="lies in the sea"):
        steps.run_step(
            "coords", {"raw": products["raw"], "coords": made.files["coords"]}, {}, tmp_path
        )


def test_a_failure_between_two_files_leaves_none(
    products: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def full_disk(path: Path, *arguments: object, **options: object) -> None:
        if written:
            raise OutputRefused("The disk is full.")
        written.append(path)
        write(path, *arguments, **options)

    monkeypatch.setattr(running, "write", full_disk)
    with pytest.raises(OutputRefused):
        steps.run_step("routing", products, {}, tmp_path)
    assert written
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_refused(products: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(OutputRefused, match="does not exist"):
        steps.run_step("heatflow", products, {}, tmp_path / "nowhere")


def test_names_of_any_kind_are_kept_in_the_parameters(
    products: dict[str, Path], tmp_path: Path
) -> None:
    given = {"bands": [{"to_latitude": 90, "percentages": {2: 75, "C3 grass": 25}}]}
    made = steps.run_step("pft", products, given, tmp_path)
    kept = json.loads(read(made.files["pft"]).attributes["parameters"])
    assert kept["bands"] == [{"to_latitude": 90, "percentages": {"2": 75, "C3 grass": 25}}]


@pytest.fixture(scope="module")
def biomes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rain forest (1) in the north, tundra (23) in the south, nothing south of 80 S."""
    path = tmp_path_factory.mktemp("biomes") / "biome4.nc"
    codes = np.where(LATITUDES[:, None] > 0.0, 1, 23) * np.ones((1, NX))
    codes[:2] = 0
    Layout(heights=codes.astype("i2"), name="biome", attributes={})(path)
    return path


def test_plants_from_a_map_of_biomes(
    products: dict[str, Path], biomes: Path, tmp_path: Path
) -> None:
    given = {"biomes": {"tundra": {1: 40, "C3 grass": 60}}}
    made = steps.run_step("pft", {"biomes": biomes, **products}, given, tmp_path)
    content = read(made.files["pft"])
    shares = content.variables["maxvegetfrac"].values[0]
    by_latitude = read(products["pft"]).variables["maxvegetfrac"].values[0]
    np.testing.assert_array_equal(np.isnan(shares), np.isnan(by_latitude))
    land = np.isfinite(shares[0])
    for rows, expected in (
        (slice(0, 180), {2: 0.75, 3: 0.25}),
        (slice(180, 360), {1: 0.4, 10: 0.6}),
    ):
        found = shares[:, rows][:, land[rows]]
        assert found.size
        for number, values in enumerate(found, start=1):
            np.testing.assert_allclose(values, expected.get(number, 0.0))
    south = int(land[340:].sum())
    assert made.figures["land_cells_without_biome"] == south > 0
    assert "took the nearest biome" in made.figures["warnings"][0]


def test_the_file_says_which_map_of_biomes_it_came_from(
    products: dict[str, Path], biomes: Path, tmp_path: Path
) -> None:
    given = {"biome_var": "biome", "biomes": {8: {10: 100}}}
    made = steps.run_step("pft", {"biomes": biomes, **products}, given, tmp_path)
    kept = read(made.files["pft"]).attributes
    assert json.loads(kept["input_sha256"]) == {
        "routing": checksum(products["routing"]),
        "biomes": checksum(biomes),
    }
    assert "pft from routing (routing.nc), biomes (biome4.nc)" in kept["history"]
    assert ": routing from" in kept["history"].splitlines()[1]
    assert json.loads(kept["parameters"])["biomes"] == {"8": {"10": 100}}
    assert json.loads(kept["biome_map"])["file"] == "biome4.nc"
    assert json.loads(kept["biome_percentages"])["tundra"] == {"10": 100.0}
    assert json.loads(kept["biome_groups"])["tundra"] == [23, 24, 25, 26]
    assert "vegetation_table" not in kept


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"bands": [{"to_latitude": 90, "percentages": {2: 100}}]}, "bands or a map of biomes"),
        ({"biomes": {"tundra": {10: 90}}}, "The megabiome 8 (tundra) sums to 90 %, not 100 %"),
        ({"biome_var": "veg"}, "biome4.nc: The file has no variable 'veg'"),
    ],
)
def test_a_map_of_biomes_that_cannot_be_used_leaves_nothing(
    given: dict, sentence: str, products: dict[str, Path], biomes: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputRefused) as refusal:
        steps.run_step("pft", {**products, "biomes": biomes}, given, tmp_path)
    assert sentence in str(refusal.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["bathymetry", "routing"])
def test_statistics_are_written_on_request(
    step: str, products: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "under_cells.nc"
    made = steps.run_step(step, products, {}, tmp_path, also={"statistics": path})
    assert made.files["statistics"] == path
    content = read(path)
    units = {"minimum_height": "m", "mean_height": "m", "maximum_height": "m", "land_percent": "%"}
    for name, unit in units.items():
        variable = content.variables[name]
        assert variable.attributes["units"] == unit
        assert variable.attributes["long_name"]
        assert variable.dims == ("y", "x")
    least, mean, greatest, land = (content.variables[name].values for name in units)
    assert (least <= mean + 1e-9).all()
    assert (mean <= greatest + 1e-9).all()
    assert ((land == 100.0) <= (least > 0.0)).all()
    assert (land[greatest <= 0.0] == 0.0).all()
    heights = {"bathymetry": "raw", "routing": "routing"}[step]
    topography, _ = load_topography({**products, **made.files}[heights])
    under = bathymetry.statistics_under_cells(
        topography.heights, topography.grid, nemo.read(products["coords"])
    )
    np.testing.assert_array_equal(mean, under.mean)
    depth = read(made.files["bathy"]).variables
    np.testing.assert_array_equal(content.variables["nav_lat"].values, depth["nav_lat"].values)
    assert json.loads(content.attributes["input_sha256"])["coords"]
    assert content.attributes["title"]


def test_without_request_there_are_no_statistics(products: dict[str, Path], tmp_path: Path) -> None:
    steps.run_step("bathymetry", products, {}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["bathy.nc"]


def test_statistics_that_cannot_be_written_take_the_depths_with_them(
    products: dict[str, Path], tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere" / "under_cells.nc"
    with pytest.raises(OutputRefused, match="does not exist"):
        steps.run_step("bathymetry", products, {}, tmp_path, also={"statistics": nowhere})
    assert not list(tmp_path.iterdir())


def test_what_a_step_does_not_write_on_request_is_refused(
    products: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputRefused, match=r"soils cannot write statistics; .* nothing"):
        steps.run_step("soils", products, {}, tmp_path, also={"statistics": tmp_path / "s.nc"})


def test_parameters_are_told_with_their_defaults() -> None:
    assert steps.parameters_of("heatflow", {}) == {"method": "reference"}
    assert steps.parameters_of("regrid", {"dlat": 2})["dlat"] == 2.0


def test_checks_of_files_name_what_they_find(products: dict[str, Path]) -> None:
    found = checking.check_topography(products["raw"])
    assert len(found["internal_oceans"]) >= 4
    assert not found["pole_rules_kept"]
    found = checking.check_bathymetry(products["bathy"])
    assert found["diffusive_passages"]
    assert "poles" not in found
    whole = checking.check_all(products["raw"], products["bathy"], products["coords"])
    assert all(point["on_land"] for point in whole["singular_points"])
    assert checking.is_bathymetry(products["bathy"])
    assert not checking.is_bathymetry(products["raw"])


@pytest.mark.parametrize("step", ["regrid", "coords", "routing", "pft", "heatflow", "soils"])
def test_progress_grows_to_one_and_says_what_comes_next(
    step: str, products: dict[str, Path], tmp_path: Path
) -> None:
    told: list[tuple[float, str]] = []
    inputs = {n: p for n, p in products.items() if not (step == "coords" and n == "coords")}
    made = steps.run_step(
        step, inputs, {}, tmp_path, progress=lambda share, what: told.append((share, what))
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    phrases = [what for _, what in told]
    assert phrases[0] == "reading"
    for path in made.files.values():
        assert f"writing {path.name}" in phrases
    assert len(told) >= 4


def test_equal_values_have_equal_sums_whoever_wrote_them(
    products: dict[str, Path], tmp_path: Path
) -> None:
    again = tmp_path / "again.nc"
    content = read(steps.run_step("heatflow", products, {}, tmp_path).files["heatflow"])
    write(again, content, provenance={"history": "by somebody else"})
    assert checksum(again) != checksum(products["heatflow"])
    assert values_checksum(again) == values_checksum(products["heatflow"])
    sums = {values_checksum(path) for path in products.values()}
    assert len(sums) == len(products)


def test_the_sum_is_of_values_names_dimensions_and_units(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    Layout(attributes={"units": "m"})(path)
    plain = values_checksum(path)
    same = {
        "type": Layout(heights=HEIGHTS.astype("f4")),
        "format": Layout(format="NETCDF4", storage={"zlib": True, "chunksizes": (7, 11)}),
        "packing": packed,
        "attributes": Layout(attributes={"units": "m", "long_name": "height"}),
    }
    for name, writer in same.items():
        writer(path)
        assert values_checksum(path) == plain, name
    changed = HEIGHTS.copy()
    changed[-1, -1] += 1.0
    other = {
        "values": Layout(heights=changed),
        "a hole": Layout(heights=np.where(np.arange(NX) == 3, np.nan, HEIGHTS)),
        "unit": Layout(attributes={"units": "km"}),
        "name": Layout(name="height"),
        "order": Layout(heights=HEIGHTS[::-1], latitudes=LATITUDES[::-1]),
    }
    for name, writer in other.items():
        writer(path)
        assert values_checksum(path) != plain, name
    with_companions(path)
    assert len({plain, values_checksum(path)}) == 2


def test_whether_the_poles_of_a_grid_are_on_land(products: dict[str, Path], tmp_path: Path) -> None:
    on_land, poles = steps.grid_still_on_land(products["coords"], products["raw"])
    assert on_land
    assert len(poles) == 2
    assert all(pole["margin_km"] > 0.0 and pole["latitude"] >= 45.0 for pole in poles)
    at_sea = {"pole_longitude": 0.0, "pole_latitude": 50.0}
    made = steps.run_step("coords", {}, at_sea, tmp_path)
    on_land, poles = steps.grid_still_on_land(made.files["coords"], products["raw"])
    assert not on_land
    assert min(pole["margin_km"] for pole in poles) < 0.0


def test_routing_takes_the_topography_that_is_named(
    products: dict[str, Path], tmp_path: Path
) -> None:
    two = tmp_path / "two.nc"
    several_fields(two)
    inputs = {"raw": two, "coords": products["coords"]}
    with pytest.raises(InputRefused, match="before, after; name the one to take with topo_var"):
        steps.run_step("routing", inputs, {}, tmp_path)
    made = steps.run_step("routing", inputs, {"topo_var": "after"}, tmp_path)
    assert json.loads(read(made.files["routing"]).attributes["parameters"])["topo_var"] == "after"
