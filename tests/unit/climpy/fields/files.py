"""Files that the tests of this folder look into."""

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from climpy.grids import nemo
from climpy.grids.ocean import OceanGrid
from climpy.io import write


def plant_file(path: Path, values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """A file of (time, plants, lat, lon), north-up, packed, with a record dimension and labels."""
    given = np.arange(2 * 3 * 6 * 8, dtype=float).reshape(2, 3, 6, 8) if values is None else values
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as dataset:
        dataset.createDimension("time", None)
        for dim, length in (("plant", 3), ("lat", 6), ("lon", 8)):
            dataset.createDimension(dim, length)
        plant = dataset.createVariable("plant", "i4", ("plant",))
        plant.long_name = "plant type"
        plant[:] = [1, 2, 3]
        time = dataset.createVariable("time", "f8", ("time",))
        time.units = "years since 0-1-1"
        lat = dataset.createVariable("lat", "f8", ("lat",))
        lat.units = "degrees_north"
        lat[:] = np.linspace(75.0, -75.0, 6)
        lon = dataset.createVariable("lon", "f8", ("lon",))
        lon.units = "degrees_east"
        lon[:] = np.arange(22.5, 360.0, 45.0)
        share = dataset.createVariable(
            "share", "i2", ("time", "plant", "lat", "lon"), fill_value=-1
        )
        share.setncatts({"scale_factor": 0.5, "add_offset": 10.0, "units": "%"})
        share.set_auto_maskandscale(False)
        time[:] = [0.5, 1.5]
        share[:] = np.where(np.isnan(given), -1.0, (given - 10.0) / 0.5).astype("i2")
    return given


def ocean_file(path: Path, ocean: OceanGrid, **variables: NDArray[Any]) -> None:
    """Fields on the T points of an ocean grid."""
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as dataset:
        for dim, length in zip("yx", ocean.shape, strict=True):
            dataset.createDimension(dim, length)
        dataset.createVariable("nav_lat", "f8", ("y", "x"))[:] = ocean.gphit
        dataset.createVariable("nav_lon", "f8", ("y", "x"))[:] = ocean.glamt
        for name, values in variables.items():
            dataset.createVariable(name, "f8", ("y", "x"))[:] = values


def coordinates_file(path: Path, ocean: OceanGrid) -> None:
    """NEMO's coordinates of an ocean grid."""
    write(path, nemo.to_file(ocean))
