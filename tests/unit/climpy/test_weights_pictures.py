"""What is read of a set of weights, and the maps that are drawn of it."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from climpy.bc.ipsl.weights import reading
from climpy.bc.ipsl.weights.oasis import Purpose
from climpy.errors import InputRefused
from climpy.pictures import weights
from climpy.steps.archives import unpack
from climpy.steps.sets import describe_set
from tests.weights_sets import AIR, SEA, atmosphere, small_set

LAND, OCEAN = (weights._rgb(colour) for colour in (weights.LAND, weights.OCEAN))


def known_of(folder: Path, **options):
    archive = small_set(folder / "weights.tar.gz", folder / "scratch", **options)
    unpack(archive, folder / "unpacked")
    return reading.remappings(folder / "unpacked")


@pytest.fixture
def known(tmp_path):
    return known_of(tmp_path)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def colour_at(picture: np.ndarray, latitude: float, longitude: float) -> tuple[int, ...]:
    height, width, _ = picture.shape
    row = int((90.0 - latitude) / 180.0 * height)
    column = int((longitude + 180.0) / 360.0 * width)
    return tuple(picture[row, column].tolist())


@pytest.mark.parametrize("south_first", [False, True])
def test_the_fraction_has_the_north_row_first_and_rivers_fit_it(tmp_path, south_first):
    known = known_of(tmp_path, south_first=south_first, less=0.25)
    fraction, rivers = reading.ocean_fraction(known), reading.rivers(known)
    np.testing.assert_array_equal(fraction.share, atmosphere(0.25)[1])
    np.testing.assert_array_equal(fraction.latitudes, 90.0 - 45.0 * np.arange(AIR[0]))
    rows, columns = np.divmod(rivers.source, AIR[1])
    np.testing.assert_array_equal(fraction.latitudes[rows], rivers.source_places[:, 0])
    np.testing.assert_array_equal(fraction.longitudes[columns], rivers.source_places[:, 1])
    assert set(rivers.target % SEA[1]) == {2}


def test_a_cell_flows_where_most_of_its_water_goes(known):
    remapping = known[Purpose.RIVERS]
    links = remapping.links
    object.__setattr__(links, "source", np.zeros_like(links.source))
    links.weight[:] = 0.1
    links.weight[4] = 0.2
    found = reading.rivers(known)
    assert found.target.tolist() == [links.target[4]]


def test_a_set_without_a_remapping_is_refused_in_a_sentence(known):
    rest = {purpose: known[purpose] for purpose in known if purpose is not Purpose.MEAN}
    with pytest.raises(InputRefused, match="no remapping for the purpose mean"):
        reading.ocean_fraction(rest)


def test_land_ocean_and_coast_have_colours_of_their_own(known):
    picture = pixels(weights.fraction_map(reading.ocean_fraction(known)))
    assert picture.shape == (weights.HEIGHT, weights.WIDTH, 3)
    assert colour_at(picture, 40.0, -179.0) == LAND
    assert colour_at(picture, -40.0, 100.0) == OCEAN
    assert colour_at(picture, 0.0, -90.0) not in (LAND, OCEAN)
    assert colour_at(picture, 0.0, 179.0) == LAND  # of the first column, whose centre is at 180


def test_rivers_colour_the_cells_that_send_water(known):
    fraction = reading.ocean_fraction(known)
    picture = pixels(weights.rivers_map(fraction, reading.rivers(known)))
    assert picture.shape == (weights.HEIGHT, weights.WIDTH, 3)
    pale = weights._rgb(weights.PALE_OCEAN)
    assert colour_at(picture, -40.0, 100.0) == pale
    senders = {colour_at(picture, latitude, -142.0) for latitude in (10.0, 55.0, -55.0)}
    assert pale not in senders
    assert len(senders) > 1


def test_a_difference_is_drawn_where_it_is(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = (
        reading.ocean_fraction(known_of(tmp_path / name, less=less))
        for name, less in (("a", 0.0), ("b", 0.25))
    )
    change = weights.difference(first, second)
    assert change[2, 5] == pytest.approx(-0.25)
    assert np.count_nonzero(change) == 1
    picture = pixels(weights.difference_map(first, second))
    assert colour_at(picture, 0.0, 45.0) == weights._rgb(weights.LESS)
    same = pixels(weights.difference_map(first, first))
    assert len(np.unique(same.reshape(-1, 3), axis=0)) == 1
    other = reading.OceanFraction(first.latitudes[1:], first.longitudes, first.share[1:])
    with pytest.raises(InputRefused, match="different grids"):
        weights.difference(first, other)


def test_a_description_names_files_report_checks_and_histograms(tmp_path):
    path = small_set(tmp_path / "weights.tar.gz", tmp_path / "one")
    found = describe_set(path)
    names = [file["name"].rpartition("/")[2] for file in found.about["files"]]
    assert names == [
        "areas.nc", "grids.nc", "masks.nc", "rmp_flux.nc", "rmp_mean.nc", "rmp_rivers.nc",
        "report.json",
    ]  # fmt: skip
    assert found.about["report"]["engine"] == "mosaic"
    assert {check["file"] for check in found.about["checks"]} == set(names[3:6])
    mean = found.about["histograms"][0]
    assert mean["bars"] == (("1", 30),)
    again = describe_set(small_set(tmp_path / "again.tar.gz", tmp_path / "two"))
    other = describe_set(small_set(tmp_path / "other.tar.gz", tmp_path / "three", less=0.1))
    assert again.values_sha256 == found.values_sha256
    assert other.values_sha256 != found.values_sha256


def test_what_is_no_set_is_refused(tmp_path):
    path = tmp_path / "weights.tar.gz"
    path.write_bytes(b"nothing that is an archive")
    with pytest.raises(InputRefused, match="no archive"):
        describe_set(path)


def test_many_links_are_counted_together():
    from climpy.steps.sets import MOST_BARS, _counted, _decades

    bars = _counted(np.repeat([0, 1, 2], [1, MOST_BARS, 3 * MOST_BARS]))
    assert bars[0] == ("1", 1)
    assert bars[-1] == (f"{MOST_BARS}+", 2)
    powers = dict(_decades(np.array([1.0, 0.1, 0.15, 1e-14, -1.0])))
    assert powers["1"] == 1
    assert powers["1e-1"] == 2
    assert powers["1e-10"] == 1
    assert sum(powers.values()) == 4
