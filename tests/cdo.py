"""First-order conservative weights by cdo, which cuts cells with a YAC of its own."""

import os
import shutil
import subprocess
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climpy.bc.ipsl.weights import grids
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.links import Links
from climpy.io import read


def on_one_line(values: np.ndarray) -> str:
    return " ".join(repr(float(value)) for value in values)


def links_by_cdo(on: Planet, folder: Path) -> Links:
    """What `cdo gencon` finds, from the ocean to the atmosphere; skipped where it is not."""
    cdo = shutil.which("cdo")
    if cdo is None:
        if os.environ.get("CI"):
            pytest.fail("cdo is not installed")
        pytest.skip("cdo is not installed")
    grid = grids.ocean_grids(on.sea, on.ocean, "T")["T"]
    with netCDF4.Dataset(folder / "ocean.nc", "w") as file:
        file.createDimension("cell", on.cells.size)
        file.createDimension("corner", 4)
        axes = (
            ("latitude", grid.latitudes, grid.corners[0]),
            ("longitude", grid.longitudes, grid.corners[1]),
        )
        for name, centres, corners in axes:
            centre = file.createVariable(name, "f8", ("cell",))
            centre[:] = centres.ravel()[on.cells]
            units = f"degrees_{'north' if name == 'latitude' else 'east'}"
            centre.setncatts({"units": units, "standard_name": name, "bounds": f"{name}_bounds"})
            bounds = file.createVariable(f"{name}_bounds", "f8", ("cell", "corner"))
            bounds[:] = corners.reshape(4, -1).T[on.cells]
        field = file.createVariable("sst", "f8", ("cell",))
        field[:] = 1.0
        field.coordinates = "latitude longitude"
    air = on.atmosphere
    west_east = np.stack([air.longitude_edges[:-1], air.longitude_edges[1:]], axis=1)
    south_north = np.stack([air.latitude_edges[1:], air.latitude_edges[:-1]], axis=1)
    (folder / "atmosphere").write_text(
        f"gridtype = lonlat\nxsize = {air.columns}\nysize = {air.shape[0]}\n"
        f"xvals = {on_one_line(air.longitudes)}\nyvals = {on_one_line(air.latitudes)}\n"
        f"xbounds = {on_one_line(west_east.ravel())}\n"
        f"ybounds = {on_one_line(south_north.ravel())}\n"
    )
    command = [cdo, "-s", "gencon,atmosphere", "ocean.nc", "weights.nc"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    values = {n: v.values for n, v in read(folder / "weights.nc").variables.items()}
    source = on.cells[values["src_address"] - 1]
    target, weight = values["dst_address"] - 1, values["remap_matrix"][:, 0]
    return Links.of(source, target, weight, on.ocean.shape, air.shape)
