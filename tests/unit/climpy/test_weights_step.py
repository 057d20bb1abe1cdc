"""What the step of the coupling weights refuses before an engine runs."""

from pathlib import Path

import numpy as np
import pytest

from climpy.bc.ipsl import bathymetry, sub_basins
from climpy.errors import InputRefused
from climpy.grids import nemo
from climpy.grids.ocean import OceanGrid
from climpy.io import write
from climpy.steps import run_step
from tests.coupling import continents, ocean_grid
from tests.ocean_grids import cylindrical_grid


def files(folder: Path, bathy: OceanGrid, coords: OceanGrid, basins: OceanGrid) -> dict[str, Path]:
    """Three files, each on a grid of its own choice."""
    paths = {name: folder / f"{name}.nc" for name in ("bathy", "coords", "sub_basins")}
    write(paths["bathy"], bathymetry.to_file(continents(bathy), bathy))
    write(paths["coords"], nemo.to_file(coords))
    depth = continents(basins)
    painted = sub_basins.propose(depth, basins, method="thirds")
    write(paths["sub_basins"], sub_basins.to_file(painted, depth, basins))
    return paths


def test_a_bathymetry_on_other_points_is_refused(tmp_path: Path) -> None:
    inputs = files(tmp_path, ocean_grid(), ocean_grid(20.0, 55.0), ocean_grid())
    with pytest.raises(InputRefused, match=r"is not on the ocean grid .*degrees apart"):
        run_step("calculate_weights", inputs, {}, tmp_path)
    assert not (tmp_path / "weights.tar.gz").exists()


def test_grids_of_other_shapes_are_refused(tmp_path: Path) -> None:
    other = cylindrical_grid(61, 120)
    inputs = files(tmp_path, ocean_grid(), other, ocean_grid())
    with pytest.raises(InputRefused, match="149 x 182 and 61 x 122 points"):
        run_step("calculate_weights", inputs, {}, tmp_path)
    inputs = files(tmp_path, ocean_grid(), ocean_grid(), other)
    with pytest.raises(InputRefused, match="make them anew"):
        run_step("calculate_weights", inputs, {}, tmp_path)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"engine": "oasis"}, "engine must be mosaic or mosaix"),
        ({"simulation": "../etc"}, "simulation must be 1 to 40 letters"),
        ({"spread_rivers_km": -1.0}, "spread_rivers_km must be from 0"),
        ({"no_ice_in": ["arctic"]}, "no_ice_in names 'arctic'"),
    ],
)
def test_strange_parameters_are_refused(
    tmp_path: Path, parameters: dict[str, object], sentence: str
) -> None:
    inputs = files(tmp_path, ocean_grid(), ocean_grid(), ocean_grid())
    with pytest.raises(InputRefused, match=sentence):
        run_step("calculate_weights", inputs, parameters, tmp_path)
    assert np.all([path.suffix == ".nc" for path in tmp_path.iterdir()])
