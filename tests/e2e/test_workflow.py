"""The whole way in a browser, from a file of heights to the files for the model."""

import json
import zipfile
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import yaml
from playwright.sync_api import expect

from climate_simulation_platform.constants import FileType
from climpy.bc.ipsl.vegetation_table import CLASSES
from tests.e2e.browsing import SCREENS, Screen
from tests.e2e.conftest import WindowMaker
from tests.e2e.furnishing import PASSWORD, Furnishing
from tests.e2e.navigators import Cell, Person
from tests.e2e.serving import surroundings
from tests.program import climate_sim

BANDS = [
    {"to_latitude": 15, "percentages": {2: 60, 3: 40}},
    {"to_latitude": 35, "percentages": {2: 15, 3: 55, 10: 30}},
    {"to_latitude": 50, "percentages": {5: 70, 6: 30}},
    {"to_latitude": 80, "percentages": {5: 40, 6: 30, 8: 30}},
    {"to_latitude": 90, "percentages": {6: 30, 9: 40, 10: 30}},
]
"""The default ones but for the first, as the test types it."""

OF_THE_RUN = frozenset({"history", "input_sha256"})
"""Attributes that tell of the time of a run and, through it, of its inputs' bytes."""

SEA = "Bathymetry"


@pytest.fixture(scope="session")
def of_command_line(topography: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `climate-sim run` makes of the same file with the same parameters.

    In the environment of the platform: variables of the shell can choose other kernels of the
    linear algebra, which round differently.
    """
    folder = tmp_path_factory.mktemp("command_line")
    (folder / "steps.yaml").write_text(yaml.safe_dump({"pft": {"bands": BANDS}}))
    done = climate_sim(
        "run",
        topography,
        "--out",
        folder / "out",
        "--config",
        folder / "steps.yaml",
        env=surroundings(),
    )
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_from_a_file_of_heights_to_the_files_for_the_model(
    screen: Screen,
    open_window: WindowMaker,
    furnishing: Furnishing,
    topography: Path,
    of_command_line: Path,
    tmp_path: Path,
) -> None:
    somebody = Person(open_window(screen=screen), f"marie.{screen.name}", PASSWORD)
    somebody.register()
    somebody.upload(topography, name="Lutetian", reference="Made for a test", age="45")
    somebody.confirm_coordinates()
    somebody.sees_heading("Lutetian")
    number = somebody.number_of_file()
    _everything_is_made(somebody)
    _the_map_tells_what_the_file_holds(somebody, furnishing.path(number, FileType.BATHY))
    archive = _all_files_come(somebody, number, tmp_path)
    for path in sorted(of_command_line.glob("*.nc")):
        assert_same(archive / path.name, path)
    _another_regrid_redoes_what_follows(somebody, number)
    _the_difference_is_told(somebody, furnishing, number)


def _everything_is_made(somebody: Person) -> None:
    """Each step in turn; what needs nobody runs by itself."""
    stays(somebody)
    somebody.open_step("Regrid")
    somebody.run()
    somebody.sees_state("Regrid", "Up to date")
    somebody.open_step("Routing")
    somebody.run()
    for title in ("Routing", "Heat flow", "Viscosity"):
        somebody.sees_state(title, "Up to date")
    somebody.open_step("Vegetation")
    _plants_are_changed(somebody)
    somebody.run()
    somebody.sees_state("Vegetation", "Up to date")
    somebody.open_step("Sub basins")
    somebody.press("Make the proposal")
    somebody.sees_state("Sub basins", "Up to date")


def _plants_are_changed(somebody: Person) -> None:
    """Change the first band; the sum follows what is typed."""
    evergreen, raingreen = (somebody.share_of(CLASSES[k - 1], 1) for k in (2, 3))
    told = somebody.sum_of(1)
    evergreen.fill("60")
    expect(told).to_contain_text("15 % missing")
    raingreen.fill("45")
    expect(told).to_contain_text("5 % too much")
    raingreen.fill("40")
    expect(told).to_have_text("100 %")


def _the_map_tells_what_the_file_holds(somebody: Person, path: Path) -> None:
    """Anywhere, and after zoom and drag."""
    somebody.open_asset("Routing", SEA)
    seen = [somebody.points_at(across, down) for across, down in ((0.3, 0.4), (0.7, 0.6))]
    somebody.press("Zoom in")
    seen.append(somebody.points_at(0.5, 0.5))
    somebody.drag_map(0.2, -0.1)
    seen.append(somebody.points_at(0.5, 0.5))
    assert len({(cell.row, cell.column) for cell in seen}) > 2
    somebody.sees_map().press("Enter")
    seen.append(somebody.reads())
    _agree(seen, path, "Bathymetry")
    somebody.page.get_by_label("Variable").select_option("nav_lat")
    somebody.sees_map()
    _agree([somebody.points_at(0.4, 0.5)], path, "nav_lat")


def _agree(cells: list[Cell], path: Path, variable: str) -> None:
    with netCDF4.Dataset(path) as dataset:
        values = np.ma.filled(dataset[variable][:].astype(np.float32), np.nan)
    for cell in cells:
        np.testing.assert_array_equal(
            np.float32(cell.value), np.squeeze(values)[cell.row, cell.column], str(cell)
        )


def _all_files_come(somebody: Person, number: int, folder: Path) -> Path:
    somebody.go_to_steps(number)
    path = somebody.saves("Download all")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(folder / "all")
    names = {file.name for file in (folder / "all").rglob("*.nc")}
    somebody.open_asset("Vegetation", "Vegetation")
    one = somebody.saves("Download")
    found = next((folder / "all").rglob("pft.nc"))
    assert one.read_bytes() == found.read_bytes()
    assert len(names) == len(list(FileType)) - 1
    return found.parent


def assert_same(one: Path, other: Path) -> None:
    """Values, dimensions and attributes, but for what tells of the run."""
    with netCDF4.Dataset(one) as here, netCDF4.Dataset(other) as there:
        here.set_auto_maskandscale(False)
        there.set_auto_maskandscale(False)
        assert here.data_model == there.data_model
        assert {n: len(d) for n, d in here.dimensions.items()} == {
            n: len(d) for n, d in there.dimensions.items()
        }
        assert _attributes(here) == _attributes(there), one.name
        assert list(here.variables) == list(there.variables)
        for name, variable in here.variables.items():
            assert variable.dimensions == there[name].dimensions
            assert variable.dtype == there[name].dtype
            assert _attributes(variable) == _attributes(there[name]), (one.name, name)
            np.testing.assert_array_equal(variable[:], there[name][:], f"{one.name} {name}")


def _attributes(holder: Any) -> dict[str, Any]:
    found = {
        name: np.asarray(holder.getncattr(name)).tolist()
        for name in holder.ncattrs()
        if name not in OF_THE_RUN
    }
    if "parameters" in found:
        found["parameters"] = json.loads(found["parameters"])
    return found


def _another_regrid_redoes_what_follows(somebody: Person, number: int) -> None:
    """Change the method; on the page that is open everything after it runs again."""
    somebody.go_to_steps(number)
    somebody.open_step("Regrid")
    expect(somebody.page.get_by_label("Bilinear")).to_be_checked()
    somebody.page.get_by_label("Conservative").check()
    somebody.run(again=True)
    stays(somebody)
    for title in ("Regrid", "Routing", "Vegetation", "Heat flow", "Viscosity"):
        somebody.sees_state(title, "Up to date")
    somebody.sees_state("Sub basins", "Needs you")
    expect(somebody.step("Sub basins")).to_contain_text("Bathymetry was changed by Routing.")
    assert stayed(somebody)


def stays(somebody: Person) -> None:
    """Mark the page that is open."""
    somebody.page.evaluate("() => { window.stays = true; }")


def stayed(somebody: Person) -> bool:
    """Whether it is still the page that was marked, and not a new one."""
    return bool(somebody.page.evaluate("() => window.stays === true"))


def _the_difference_is_told(somebody: Person, furnishing: Furnishing, number: int) -> None:
    somebody.open_asset("Regrid", "Topography")
    newest = furnishing.revision(number, FileType.RAW).revision
    somebody.page.get_by_label("Compare").select_option(str(newest - 1))
    somebody.press("Show the difference")
    somebody.sees_heading("Topography: difference of two revisions")
    somebody.sees_map()
    before, after = (
        _heights(furnishing.path(number, FileType.RAW, which)) for which in (newest - 1, newest)
    )
    change = after.astype(np.float64) - before
    told = somebody.page.get_by_label("Statistics of the difference")
    expect(told).to_contain_text(f"{np.count_nonzero(change)}"[-3:])
    cell = somebody.points_at(0.37, 0.42)
    assert cell.value == pytest.approx(change[cell.row, cell.column], rel=1e-6, abs=1e-9)


def _heights(path: Path) -> Any:
    with netCDF4.Dataset(path) as dataset:
        name = next(n for n, v in dataset.variables.items() if v.ndim == 2)
        return np.asarray(dataset[name][:])
