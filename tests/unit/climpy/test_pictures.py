"""Pictures: right colours at the sea level, no seam, whole files."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from climpy.demo import demo_topography
from climpy.errors import OutputRefused
from climpy.grids.orca import OrcaParameters, generate
from climpy.grids.poles import find_poles, judge_poles
from climpy.io import read
from climpy.pictures import maps, nearest, palettes
from climpy.pictures.overview import _class_labels, overview, south_up
from climpy.pictures.poles import pole_map
from climpy.steps import run_step


def lightness(colour: tuple[float, float, float]) -> float:
    """CIE L* of a colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    return 116.0 * luminance ** (1.0 / 3.0) - 16.0


@pytest.mark.parametrize("colours", [palettes.SEA_COLOURS, palettes.LAND_COLOURS])
def test_ramps_grow_lighter_all_the_way(colours: tuple[str, ...]) -> None:
    steps = np.diff([lightness(to_rgb(colour)) for colour in colours])
    assert (steps > 3.0).all()


def test_directions_have_one_lightness() -> None:
    shades = [lightness(to_rgb(colour)) for colour in palettes.direction_colours()]
    assert len(set(palettes.direction_colours())) == 8
    assert np.ptp(shades) < 6.0


def test_the_coast_is_where_the_heights_colours_turn() -> None:
    colours = palettes.height_colours()
    assert colours(0.5 - 1e-3)[2] > colours(0.5 - 1e-3)[0]
    assert colours(0.5 + 1e-3)[1] > colours(0.5 + 1e-3)[2]


def test_a_raster_shows_the_cell_that_holds_each_point() -> None:
    grid = generate(OrcaParameters())
    raster = nearest.Raster(grid.glamt, grid.gphit)
    cells = raster.globe(2.0)
    longitudes = nearest.on_raster(grid.glamt, cells)
    latitudes = nearest.on_raster(grid.gphit, cells)
    centres_x, centres_y = np.meshgrid(np.arange(-179.0, 180.0, 2.0), np.arange(-89.0, 90.0, 2.0))
    south = centres_y < -78.4
    assert np.isnan(latitudes[south]).all()
    assert np.isfinite(latitudes[centres_y > -77.0]).all()
    tropics = np.abs(centres_y) < 15.0
    off = np.abs((longitudes - centres_x + 180.0) % 360.0 - 180.0)[tropics]
    assert off.max() <= 1.01  # half a cell, across the seam too
    assert np.abs(latitudes - centres_y)[tropics].max() <= 1.0


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.0, 37.0], (0.0, 40.0)), ([0.0, 4200.0], (0.0, 4500.0)), ([np.nan], (0.0, 1.0))],
)
def test_limits_are_round(values: list[float], expected: tuple[float, float]) -> None:
    assert maps.limits_of(np.array(values), share=100.0) == pytest.approx(expected)


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    from climpy.bc.ipsl import regrid
    from climpy.io import write

    folder = tmp_path_factory.mktemp("products")
    files = {"raw": folder / "earth.nc"}
    write(files["raw"], regrid.to_file(demo_topography(2.0)))
    for step in ("regrid", "coords", "routing", "pft", "subbasins", "heatflow", "ahmcoef"):
        files.update(
            run_step(step, files, {"dlat": 2, "dlon": 2} if step == "regrid" else {}, folder).files
        )
    return files


def test_the_overview_is_a_whole_picture(products: dict[str, Path], tmp_path: Path) -> None:
    contents = {"regrid" if n == "raw" else n: read(path) for n, path in products.items()}
    overview(contents, tmp_path / "overview.png", "An earth", "Made by a test")
    picture = matplotlib.image.imread(tmp_path / "overview.png")
    assert picture.shape[:2] == (1440, 2000)
    assert len(np.unique((picture[..., :3] * 255).astype(int).reshape(-1, 3), axis=0)) > 200
    assert [path.name for path in tmp_path.iterdir()] == ["overview.png"]
    with pytest.raises(OutputRefused):
        overview(contents, tmp_path / "nowhere" / "overview.png", "", "")


def test_fields_are_turned_south_up_from_180_west(products: dict[str, Path]) -> None:
    heights = demo_topography(2.0).heights
    turned = south_up(read(products["routing"]), "orog")
    assert (np.isfinite(turned) == (heights > 0.0)).all()


def test_the_map_of_poles_is_a_whole_picture(tmp_path: Path) -> None:
    earth = demo_topography(2.0)
    found = find_poles(earth.heights, earth.grid, step=2.0)
    other = judge_poles(earth.heights, earth.grid, OrcaParameters(10.0, 50.0))
    assert other.quality == "in the sea"
    for name, pair in (("best", found.best), ("other", other)):
        pole_map(found, pair, (earth.heights, earth.grid), tmp_path / f"{name}.png", "Poles")
    best, marked = (matplotlib.image.imread(tmp_path / f"{n}.png") for n in ("best", "other"))
    assert best.shape == marked.shape
    assert (best != marked).any()


def test_fine_fields_are_thinned_and_coarse_ones_are_not() -> None:
    coarse = np.arange(180.0 * 360.0).reshape(180, 360)
    assert (maps.thinned(coarse) == coarse).all()
    fine = np.repeat(np.repeat(coarse, 6, axis=0), 6, axis=1)
    assert maps.thinned(fine).shape == (360, 720)
    assert (maps.thinned(fine)[::2, ::2] == coarse).all()


@pytest.mark.parametrize("numbers", [[2, 3, 5, 9], list(range(1, 14))])
def test_labels_of_plant_types_do_not_overlap(numbers: list[int]) -> None:
    labels = _class_labels(numbers)
    assert [int(label.split()[0]) for label in labels] == numbers
    widest = max(len(line) for label in labels for line in label.splitlines())
    assert widest * len(labels) <= 100
