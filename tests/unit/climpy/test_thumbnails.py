"""Thumbnails: the right cells at the right pixels, small, and nothing for what cannot be drawn."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from climpy import steps
from climpy.bc.ipsl import regrid
from climpy.demo import demo_topography
from climpy.io import write
from climpy.pictures.thumbnails import HEIGHT, WIDTH, thumbnail
from tests import netcdf_corpus as corpus


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("products")
    files = {"raw": folder / "earth.nc"}
    write(files["raw"], regrid.to_file(demo_topography(2.0)))
    for step in ("coords", "routing", "pft", "subbasins", "heatflow", "ahmcoef"):
        files.update(steps.run_step(step, files, {}, folder).files)
    return files


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_every_product_has_a_small_picture(products: dict[str, Path]) -> None:
    assert len(products) == 10
    for file_type, path in products.items():
        content = thumbnail(path, file_type)
        picture = pixels(content)
        assert picture.shape == (HEIGHT, WIDTH, 3)
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 1, file_type
        assert len(content) < 12_000, file_type
        assert thumbnail(path, file_type) == content


@pytest.mark.parametrize("name", [n for n in corpus.GOOD if n != "rows at the poles"])
def test_a_user_s_file_is_drawn_alike_however_it_is_stored(name: str, tmp_path: Path) -> None:
    plain, other = tmp_path / "plain.nc", tmp_path / "other.nc"
    corpus.Layout()(plain)
    corpus.GOOD[name](other)
    expected, found = (pixels(thumbnail(path, "raw")) for path in (plain, other))
    same = (expected == found).all(axis=-1)
    assert same.mean() > 0.99  # pixels on the edge of two cells may fall to either


def test_land_is_green_and_sea_is_blue_at_their_places(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.Layout()(path)
    picture = pixels(thumbnail(path, "raw"))
    rows = ((90.0 - corpus.LATITUDES) * HEIGHT / 180.0).astype(int)
    columns = ((corpus.LONGITUDES + 180.0) * WIDTH / 360.0).astype(int)
    seen = picture[np.ix_(rows, columns)]
    bluer = seen[..., 2] > seen[..., 1]
    np.testing.assert_array_equal(bluer, corpus.HEIGHTS <= 0.0)


@pytest.mark.parametrize("name", corpus.BAD)
def test_odd_files_are_drawn_or_left_white_without_a_word(name: str, tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.BAD[name][0](path)
    content = thumbnail(path, "raw")
    assert not content or pixels(content).shape == (HEIGHT, WIDTH, 3)
    for file_type in ("coords", "routing", "bathy", "pft", "weights"):
        assert thumbnail(path, file_type) == b"" or file_type == "coords"


def test_what_has_no_value_or_is_not_there_gives_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    corpus.Layout(heights=np.full(corpus.HEIGHTS.shape, np.nan))(path)
    assert thumbnail(path, "raw") == b""
    assert thumbnail(tmp_path / "nowhere.nc", "raw") == b""
