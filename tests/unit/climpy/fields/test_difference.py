"""The difference of two files: statistics, alignment, and refusals that name both."""

import json
from pathlib import Path

import numpy as np
import pytest

from climpy import fields
from climpy.errors import InputRefused
from climpy.grids.orca import OrcaParameters, generate
from tests import netcdf_corpus as corpus
from tests.unit.climpy.fields.files import ocean_file, plant_file

NAMES = ("revision 1", "revision 2")


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.nc"
    corpus.Layout()(path)
    return path


def test_a_file_does_not_differ_from_itself(plain: Path) -> None:
    same = fields.difference(plain, plain, "topo")
    assert not same.values.any()
    assert same.statistics["cells_compared"] == corpus.HEIGHTS.size
    assert same.statistics["cells_that_differ"] == 0
    assert same.statistics["root_mean_square"] == 0.0


@pytest.mark.parametrize(
    "name",
    [n for n in corpus.GOOD if n not in ("rows at the poles", "no attributes")],
)
def test_only_values_count_not_how_they_are_stored(name: str, plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.nc"
    corpus.GOOD[name](other)
    if name == "extra cyclic column":
        with pytest.raises(InputRefused, match="36 x 72 cells of topo, the second file 36 x 73"):
            fields.difference(plain, other, "topo")
        return
    for first, second in ((plain, other), (other, plain)):
        assert fields.difference(first, second, "topo").statistics["cells_that_differ"] == 0


def test_the_second_minus_the_first_with_statistics(plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.nc"
    changed = corpus.HEIGHTS.copy()
    changed[3, 5] += 100.0
    changed[30, 70] -= 50.0
    changed[7, 7] = np.nan
    corpus.Layout(
        heights=np.roll(changed[::-1], -20, axis=1),
        latitudes=corpus.LATITUDES[::-1],
        longitudes=corpus.LONGITUDES + 100.0,
    )(other)
    found = fields.difference(plain, other, "topo")
    expected = np.zeros(corpus.HEIGHTS.shape)
    expected[3, 5], expected[30, 70], expected[7, 7] = 100.0, -50.0, np.nan
    np.testing.assert_array_equal(found.values, expected)
    cells = corpus.HEIGHTS.size - 1
    assert found.statistics == {
        "cells_compared": cells,
        "cells_that_differ": 2,
        "cells_only_in_first": 1,
        "cells_only_in_second": 0,
        "least": -50.0,
        "mean": pytest.approx(50.0 / cells),
        "greatest": 100.0,
        "root_mean_square": pytest.approx(np.sqrt(12500.0 / cells)),
    }
    assert found.units == "m"
    json.dumps(found.as_dict(), allow_nan=False)
    back = fields.difference(other, plain, "topo")
    assert back.statistics["mean"] == pytest.approx(-50.0 / cells)
    thinned = fields.difference(plain, other, "topo", every=5)
    np.testing.assert_array_equal(thinned.values, expected[::5, ::5])
    assert thinned.statistics == found.statistics


def test_one_place_of_the_other_dimensions_is_compared(tmp_path: Path) -> None:
    first, second = tmp_path / "a.nc", tmp_path / "b.nc"
    values = plant_file(first)
    values = values.copy()
    values[1, 2] += 1.0
    plant_file(second, values)
    for plant, differ in ((0, 0), (2, 48)):
        found = fields.difference(first, second, "share", {"time": 1, "plant": plant})
        assert found.statistics["cells_that_differ"] == differ


def test_other_shapes_places_units_and_names_are_refused(plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.nc"
    corpus.Layout(heights=corpus.HEIGHTS[::2], latitudes=corpus.LATITUDES[::2] + 2.5)(other)
    with pytest.raises(InputRefused, match=r"Revision 1 has 36 x 72 cells of topo, revision 2 18"):
        fields.difference(plain, other, "topo", names=NAMES)
    corpus.Layout(longitudes=corpus.LONGITUDES + 1.0)(other)
    with pytest.raises(InputRefused, match="at other places in revision 2 than in revision 1"):
        fields.difference(plain, other, "topo", names=NAMES)
    corpus.Layout(attributes={"units": "km"})(other)
    with pytest.raises(InputRefused, match="in 'm' in revision 1 and in 'km' in revision 2"):
        fields.difference(plain, other, "topo", names=NAMES)
    corpus.Layout(name="height")(other)
    with pytest.raises(InputRefused, match="has no variable 'topo'"):
        fields.difference(plain, other, "topo", names=NAMES)


def test_ocean_grids_are_compared_only_with_themselves(tmp_path: Path) -> None:
    first, second = tmp_path / "a.nc", tmp_path / "b.nc"
    ocean = generate(OrcaParameters())
    ocean_file(first, ocean, depth=ocean.e1t)
    ocean_file(second, ocean, depth=ocean.e1t + 2.0)
    assert fields.difference(first, second, "depth").statistics["mean"] == pytest.approx(2.0)
    other = generate(OrcaParameters(pole_longitude=30.0, pole_latitude=55.0))
    ocean_file(second, other, depth=ocean.e1t)
    with pytest.raises(InputRefused, match="at other places"):
        fields.difference(first, second, "depth")


def test_without_common_values_there_are_no_figures(plain: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.nc"
    corpus.Layout(heights=np.full(corpus.HEIGHTS.shape, np.nan))(other)
    found = fields.difference(plain, other, "topo")
    assert found.statistics["cells_only_in_first"] == corpus.HEIGHTS.size
    assert found.statistics["mean"] is None
