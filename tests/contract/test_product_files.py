"""Every product file: dimensions, types, units, attributes, orientation, missing values.

A product is a row of `PRODUCTS`. To add one, write a function that makes its `ModelFile` from the
`World` and a `Product` that says what must stand in the file.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climpy.arrays import AnyArray, BoolArray, FloatArray
from climpy.bc.ipsl import (
    ahmcoef,
    bathymetry,
    heatflow,
    pft,
    regrid,
    relief,
    routing,
    soils,
    sub_basins,
)
from climpy.grids import nemo
from climpy.grids.ocean import OceanGrid
from climpy.grids.regular import RegularGrid
from climpy.io import MISSING, ModelFile, write
from climpy.topography import Topography
from tests.ocean_grids import cylindrical_grid


@dataclass(frozen=True, eq=False)
class World:
    """A made-up planet: heights of one degree, an ocean grid, and the depth there."""

    heights: FloatArray
    grid: RegularGrid
    ocean: OceanGrid
    depth: FloatArray


@dataclass(frozen=True)
class Stored:
    """What a variable must be in the file; `real` is float64 or float32, as the user chooses."""

    dims: tuple[str, ...]
    dtype: str
    units: str
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Product:
    """What a file must be.

    Parameters
    ----------
    make : callable
        Makes the content from the world.
    dims : mapping of name to length
    variables : mapping of name to Stored
        All of them.
    latitude : str
        Variable whose first row tells the orientation.
    rows : {"north-up", "south-up"}
        Whether the first row is the northernmost or the southernmost.
    missing : mapping of variable to callable
        Gives from the world where the variable has no value, in the file's order; a real
        variable that is not named is never missing.
    attributes : mapping
        Global attributes that must be there.
    unlimited : str or None
        The record dimension.
    """

    make: Callable[[World], ModelFile]
    dims: Mapping[str, int]
    variables: Mapping[str, Stored]
    latitude: str
    rows: str
    missing: Mapping[str, Callable[[World], BoolArray]] = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)
    unlimited: str | None = None


YX = ("y", "x")
OCEAN = {"y": 31, "x": 62}
ONE_DEGREE = {"y": 180, "x": 360}
NAVIGATION = {
    "nav_lon": Stored(
        YX, "float64", "degrees_east", {"standard_name": "longitude", "long_name": "Longitude"}
    ),
    "nav_lat": Stored(
        YX, "float64", "degrees_north", {"standard_name": "latitude", "long_name": "Latitude"}
    ),
}
ON_NAVIGATION = {"coordinates": "nav_lat nav_lon"}
INDEX = {"axis": "YX", "associate": "nav_lat nav_lon", **ON_NAVIGATION}


def make_sub_basins(world: World) -> ModelFile:
    basins = sub_basins.propose(world.depth, world.ocean)
    return sub_basins.to_file(basins, world.depth, world.ocean)


def ocean_cells(world: World) -> BoolArray:
    """Where a regular grid with rows from north to south has the ocean."""
    return np.asarray(world.heights[::-1] <= 0.0)


def on_routing(units: str, long_name: str) -> Stored:
    attributes = {"axis": "TYX", "long_name": long_name, "associate": "nav_lat nav_lon"}
    return Stored(YX, "real", units, {**attributes, **ON_NAVIGATION})


def of_points(direction: str, units: str) -> dict[str, Stored]:
    """The longitudes or latitudes, or the cell sides, at the four kinds of points."""
    return {f"{direction}{point}": Stored(YX, "float64", units) for point in "tuvf"}


PRODUCTS: Mapping[str, Product] = {
    "regrid": Product(
        make=lambda w: regrid.to_file(Topography(w.heights, w.grid)),
        dims={"lat": 180, "lon": 360},
        variables={
            "topo": Stored(("lat", "lon"), "real", "m", {"standard_name": "surface_altitude"}),
            "lat": Stored(("lat",), "float64", "degrees_north", {"axis": "Y"}),
            "lon": Stored(("lon",), "float64", "degrees_east", {"axis": "X"}),
        },
        latitude="lat",
        rows="south-up",
    ),
    "routing": Product(
        make=lambda w: routing.to_file(routing.route(w.heights, w.grid), w.grid),
        dims=ONE_DEGREE,
        variables={
            "trip": on_routing("", "Direction of flow from each box"),
            "basins": on_routing("", "Basin number for each grid box"),
            "topoind": on_routing("km", "Topographic index of the retention time"),
            "hdiff": on_routing("m", "Height difference with the outflow basin"),
            "riverl": on_routing("m", "River length to the next basin"),
            "orog": on_routing("m", "Orography"),
            "disto": on_routing("km", "Distance to ocean"),
            "topo": Stored(YX, "real", "m", {"long_name": "Topography", **ON_NAVIGATION}),
            **NAVIGATION,
        },
        latitude="nav_lat",
        rows="north-up",
        missing=dict.fromkeys(
            ("trip", "basins", "topoind", "riverl", "orog", "disto"), ocean_cells
        ),
    ),
    "coords": Product(
        make=lambda w: nemo.to_file(w.ocean),
        dims=OCEAN,
        variables={
            **of_points("glam", "degrees_east"),
            **of_points("gphi", "degrees_north"),
            **of_points("e1", "m"),
            **of_points("e2", "m"),
            "nav_lon": Stored(YX, "float64", "degrees_east", {"standard_name": "longitude"}),
            "nav_lat": Stored(YX, "float64", "degrees_north", {"standard_name": "latitude"}),
        },
        latitude="nav_lat",
        rows="south-up",
        attributes={"jperio": 6, "north_fold": "F point"},
    ),
    "bathy": Product(
        make=lambda w: bathymetry.to_file(w.depth, w.ocean),
        dims=OCEAN,
        variables={
            "Bathymetry": Stored(
                YX, "real", "m", {"long_name": "Bathymetry", "valid_min": 0.0, **ON_NAVIGATION}
            ),
            **NAVIGATION,
        },
        latitude="nav_lat",
        rows="south-up",
    ),
    "soils": Product(
        make=lambda w: soils.to_file(*soils.soils(w.heights, w.grid), w.grid),
        dims=ONE_DEGREE,
        variables={
            "soilcolor": Stored(
                YX,
                "real",
                "index",
                {
                    "long_name": "Soil color types from the Henderson-Sellers and Wilson dataset",
                    **INDEX,
                },
            ),
            "soiltext": Stored(
                YX, "real", "index", {"long_name": "Soil texture from Zobler 86", **INDEX}
            ),
            **NAVIGATION,
        },
        latitude="nav_lat",
        rows="north-up",
    ),
    "topo_high_res": Product(
        make=lambda w: relief.to_file(relief.relief(w.heights, w.grid)),
        dims={"latitude": 1080, "longitude": 2160},
        variables={
            "RELIEF": Stored(("latitude", "longitude"), "real", "m", {"long_name": "relief"}),
            "latitude": Stored(("latitude",), "float64", "degrees_north", {"axis": "Y"}),
            "longitude": Stored(("longitude",), "float64", "degrees_east", {"axis": "X"}),
        },
        latitude="latitude",
        rows="north-up",
    ),
    "pft": Product(
        make=lambda w: pft.to_file(pft.vegetation(w.heights, w.grid), pft.DEFAULT_TABLE),
        dims={"time_counter": 1, "veget": 13, "lat": 360, "lon": 720},
        variables={
            "maxvegetfrac": Stored(
                ("time_counter", "veget", "lat", "lon"),
                "real",
                "1",
                {"long_name": "Vegetation types", "valid_min": 0.0, "valid_max": 1.0},
            ),
            "lat": Stored(("lat",), "float64", "degrees_north", {"axis": "Y"}),
            "lon": Stored(
                ("lon",), "float64", "degrees_east", {"axis": "X", "topology": "circular"}
            ),
            "time_counter": Stored(
                ("time_counter",), "float64", "years since 0-1-1", {"calendar": "gregorian"}
            ),
            "veget": Stored(("veget",), "int32", "-", {"long_name": "Vegetation Classes"}),
        },
        latitude="lat",
        rows="north-up",
        missing={
            "maxvegetfrac": lambda w: np.broadcast_to(
                ~pft.land_mask(w.heights, w.grid)[::-1], (1, 13, 360, 720)
            )
        },
        attributes={pft.TABLE_ATTRIBUTE: pft.DEFAULT_TABLE.to_json()},
    ),
    "heatflow": Product(
        make=lambda w: heatflow.to_file(heatflow.heatflow(w.depth, w.ocean), w.ocean),
        dims={"time_counter": 1, **OCEAN},
        variables={
            "heatflow": Stored(
                ("time_counter", *YX),
                "real",
                "mW/m2",
                {"title": "heatflow", "long_name": "heatflow", **ON_NAVIGATION},
            ),
            "time_counter": Stored(
                ("time_counter",),
                "float32",
                "seconds since 0000-12-15 00:00:00",
                {
                    "calendar": "noleap",
                    "title": "Time",
                    "long_name": "Time axis",
                    "time_origin": "0000-DEC-15 00:00:00",
                },
            ),
            "time_steps": Stored(
                ("time_counter",),
                "int32",
                "timesteps since 0000-12-15 00:00:00",
                {
                    "title": "Time steps",
                    "long_name": "Time step axis",
                    "tstep_sec": 0.0,
                    "time_origin": "0000-DEC-15 00:00:00",
                },
            ),
            **NAVIGATION,
        },
        latitude="nav_lat",
        rows="south-up",
        attributes={"Conventions": "GDT 1.2"},
        unlimited="time_counter",
    ),
    "ahmcoef": Product(
        make=lambda w: ahmcoef.to_file(ahmcoef.ahmcoef(w.depth, w.ocean), w.ocean),
        dims=OCEAN,
        variables={
            "icof": Stored(
                YX, "real", "%", {"valid_min": 0.0, "valid_max": 100.0, **ON_NAVIGATION}
            ),
            **NAVIGATION,
        },
        latitude="nav_lat",
        rows="south-up",
    ),
    "sub_basins": Product(
        make=make_sub_basins,
        dims=OCEAN,
        variables={
            **{
                name: Stored(
                    YX, "int32", "1", {"valid_min": 0, "valid_max": 1, "long_name": f"{basin} mask"}
                )
                for name, basin in (
                    ("atlmsk", "Atlantic"),
                    ("pacmsk", "Pacific"),
                    ("indmsk", "Indian"),
                )
            },
            "navlat": Stored(YX, "float64", "degrees_north"),
            "navlon": Stored(YX, "float64", "degrees_east"),
        },
        latitude="navlat",
        rows="south-up",
    ),
}


@cache
def world() -> World:
    """Two continents across the equator, one across the date line, and a southern cap."""
    grid = RegularGrid.of_shape(180, 360)
    lat, lon = np.meshgrid(np.deg2rad(grid.latitudes), np.deg2rad(grid.longitudes), indexing="ij")
    waves = np.cos(2.0 * lon) * np.cos(lat) + 0.3 * np.sin(5.0 * lat + lon)
    heights = np.where(lat < np.deg2rad(-78.0), 500.0, 4000.0 * waves - 2000.0)
    ocean = cylindrical_grid()
    return World(heights, grid, ocean, bathymetry.bathymetry(heights, grid, ocean))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("products")


@pytest.fixture(params=list(PRODUCTS))
def product(request: pytest.FixtureRequest) -> Product:
    return PRODUCTS[request.param]


@pytest.fixture
def path(product: Product, request: pytest.FixtureRequest, folder: Path) -> Path:
    """The written file; each is made once."""
    target = folder / f"{request.node.callspec.params['product']}.nc"
    if not target.exists():
        write(target, product.make(world()))
    return target


@pytest.fixture
def dataset(path: Path) -> Iterator[netCDF4.Dataset]:
    with netCDF4.Dataset(path) as opened:
        opened.set_auto_maskandscale(False)
        yield opened


def test_format_dimensions_and_names(product: Product, dataset: netCDF4.Dataset) -> None:
    assert dataset.data_model == "NETCDF3_64BIT_OFFSET"
    assert {name: len(dim) for name, dim in dataset.dimensions.items()} == dict(product.dims)
    records = [name for name, dim in dataset.dimensions.items() if dim.isunlimited()]
    assert records == ([product.unlimited] if product.unlimited else [])
    assert set(dataset.variables) == set(product.variables)
    for name, value in product.attributes.items():
        assert dataset.getncattr(name) == value


def test_types_units_and_attributes(product: Product, dataset: netCDF4.Dataset) -> None:
    for name, stored in product.variables.items():
        variable = dataset.variables[name]
        assert variable.dimensions == stored.dims, name
        assert variable.dtype == ("float64" if stored.dtype == "real" else stored.dtype), name
        attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
        assert attributes["units"] == stored.units, name
        assert {key: attributes.get(key) for key in stored.attributes} == stored.attributes, name
        for key in ("_FillValue", "missing_value"):
            assert (key in attributes) == (stored.dtype == "real"), name
            assert attributes.get(key, MISSING) == MISSING, name
        assert "coordinates" not in attributes or set(attributes["coordinates"].split()) <= set(
            dataset.variables
        ), name


def test_the_user_may_choose_single_precision(product: Product, tmp_path: Path) -> None:
    write(tmp_path / "single.nc", product.make(world()), precision="float32")
    with netCDF4.Dataset(tmp_path / "single.nc") as dataset:
        for name, stored in product.variables.items():
            expected = "float32" if stored.dtype == "real" else stored.dtype
            assert dataset.variables[name].dtype == expected, name


def test_orientation(product: Product, dataset: netCDF4.Dataset) -> None:
    latitudes = dataset.variables[product.latitude][:]
    first, last = latitudes[0].max(), latitudes[-1].min()
    assert (first > last) == (product.rows == "north-up")
    if product.rows == "north-up":
        (east,) = (v for v in dataset.variables.values() if v.units == "degrees_east")
        longitudes = np.atleast_2d(east[:])[0]
        step = 360.0 / longitudes.size
        assert longitudes[0] == pytest.approx(-180.0 + step / 2.0)
        assert longitudes[-1] == pytest.approx(180.0 - step / 2.0)
        assert latitudes[0].max() == pytest.approx(90.0 - 90.0 / latitudes.shape[0])


def test_missing_values(product: Product, dataset: netCDF4.Dataset) -> None:
    for name, stored in product.variables.items():
        values = dataset.variables[name][:]
        if values.dtype.kind == "f":
            assert np.isfinite(values).all(), name
        missing = values == MISSING
        if name in product.missing:
            np.testing.assert_array_equal(missing, product.missing[name](world()), name)
        else:
            assert not missing.any(), name
        assert name not in product.missing or stored.dtype == "real"


def test_land_lies_where_the_world_has_it(product: Product, dataset: netCDF4.Dataset) -> None:
    """North-up fields upside down, or rolled, would show here."""
    fields: Mapping[str, Callable[[AnyArray], AnyArray]] = {
        "soilcolor": lambda v: v[::-1] > 0.0,
        "RELIEF": lambda v: v[::-1][3::6, 3::6] > 0.0,
        "maxvegetfrac": lambda v: v[0, 0, ::-1][::2, ::2] != MISSING,
    }
    for name in set(fields) & set(product.variables):
        land = fields[name](dataset.variables[name][:])
        agree = land == (world().heights > 0.0)
        assert agree.mean() > 0.97, name


@pytest.mark.parametrize(
    "command", [("ncdump", "-h"), ("cdo", "-s", "sinfo"), ("ncks", "-m")], ids=lambda c: c[0]
)
def test_the_usual_tools_read_it(command: tuple[str, ...], path: Path) -> None:
    if shutil.which(command[0]) is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command[0]} is needed and is not installed")
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "rror" not in done.stderr
    assert "arning" not in done.stderr
