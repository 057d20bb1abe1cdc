"""Every odd file that a user may bring: those to be read right, and those to be refused.

`GOOD` maps a name to a writer of a file that holds the same heights as the plain one, or nearly so;
`BAD` maps a name to a writer and a fragment of the sentence that the user must get. A writer takes
the path to write to.
"""

import base64
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

Writer = Callable[[Path], None]

NY, NX = 36, 72
LATITUDES = -90.0 + 5.0 * (np.arange(NY) + 0.5)
LONGITUDES = -180.0 + 5.0 * (np.arange(NX) + 0.5)


def plain_heights() -> NDArray[np.float64]:
    """Whole metres, land at both poles and across the date line, no two rows or columns alike."""
    latitude, longitude = np.deg2rad(LATITUDES)[:, None], np.deg2rad(LONGITUDES)
    waves = (
        np.cos(longitude + np.pi) * np.cos(latitude)
        + 0.6 * np.sin(2.0 * longitude + 0.4) * np.cos(latitude) ** 2
        + 0.9 * np.sin(latitude) ** 4
        - 0.25
    )
    bumps = 40.0 * np.sin(np.arange(NY * NX, dtype=float) ** 2).reshape(NY, NX)
    heights: NDArray[np.float64] = np.round(2500.0 * waves + bumps)
    heights[heights == 0.0] = 1.0
    return heights


HEIGHTS = plain_heights()


class Layout:
    """A file to write: the plain one unless a part is replaced."""

    def __init__(self, **parts: Any) -> None:
        self.format = "NETCDF3_CLASSIC"
        self.heights: NDArray[Any] = HEIGHTS
        self.latitudes: NDArray[Any] | None = LATITUDES
        self.longitudes: NDArray[Any] | None = LONGITUDES
        self.dims = ("lat", "lon")
        self.coordinates = ("lat", "lon")
        self.name = "topo"
        self.attributes: dict[str, Any] = {"units": "m"}
        self.coordinate_attributes: tuple[dict[str, Any], dict[str, Any]] = (
            {"units": "degrees_north", "standard_name": "latitude"},
            {"units": "degrees_east", "standard_name": "longitude"},
        )
        self.fill: Any = None
        self.storage: dict[str, Any] = {}
        for part, value in parts.items():
            if not hasattr(self, part):
                raise AttributeError(part)
            setattr(self, part, value)

    def __call__(self, path: Path) -> None:
        with netCDF4.Dataset(path, "w", format=self.format) as dataset:
            self.fill_in(dataset)

    def fill_in(self, dataset: netCDF4.Dataset) -> None:
        for dim, length in zip(self.dims, self.heights.shape, strict=True):
            dataset.createDimension(dim, length)
        for name, values, attributes in zip(
            self.coordinates,
            (self.latitudes, self.longitudes),
            self.coordinate_attributes,
            strict=True,
        ):
            if values is not None:
                dims = self._dims_of(name, values)
                variable = dataset.createVariable(name, values.dtype, dims)
                variable.setncatts(attributes)
                variable[...] = values
        topo = dataset.createVariable(
            self.name, self.heights.dtype, self.dims, fill_value=self.fill, **self.storage
        )
        topo.set_auto_maskandscale(False)
        topo.setncatts(self.attributes)
        topo[...] = self.heights

    def _dims_of(self, name: str, values: NDArray[Any]) -> tuple[str, ...]:
        if values.ndim == 2:
            return self.dims[-2:]
        if name in self.dims:
            return (name,)
        longs = [d for d, n in zip(self.dims, self.heights.shape, strict=True) if n > 1]
        return (longs[self.coordinates.index(name)],)


def turned(columns: int) -> Layout:
    """The plain file, beginning `columns` further east; longitudes stay within -180..180."""
    return Layout(
        heights=np.roll(HEIGHTS, -columns, axis=1), longitudes=np.roll(LONGITUDES, -columns)
    )


def holed(heights: NDArray[np.float64], value: float) -> NDArray[np.float64]:
    """Put a value that stands for none into the cells of `HOLES`."""
    with_holes = heights.copy()
    for row, column in HOLES:
        with_holes[row, column] = value
    return with_holes


HOLES = ((0, 0), (10, 71), (20, 40), (35, 13))
"""Rows and columns of the holes in the files that have some."""


def filled_heights() -> NDArray[np.float64]:
    """The plain heights where the holes took the value of the nearest cell, by hand."""
    heights = HEIGHTS.copy()
    # off the equator cells are narrower than high, so that east and west are nearest; west wins
    heights[0, 0] = HEIGHTS[0, 71]
    heights[10, 71] = HEIGHTS[10, 70]
    heights[20, 40] = HEIGHTS[20, 39]
    heights[35, 13] = HEIGHTS[35, 12]
    return heights


def packed(path: Path) -> None:
    stored = ((HEIGHTS - 500.0) / 0.5).astype("i2")
    Layout(
        heights=stored,
        fill=np.int16(-32768),
        attributes={"units": "m", "scale_factor": 0.5, "add_offset": 500.0},
    )(path)


def unsigned_bytes(path: Path) -> None:
    """Whole 40 metres packed as bytes that are marked unsigned, as NetCDF-3 users did."""
    stored = np.round((HEIGHTS + 5000.0) / 40.0).astype("u1").view("i1")
    attributes = {"units": "m", "scale_factor": 40.0, "add_offset": -5000.0, "_Unsigned": "true"}
    Layout(heights=stored, attributes=attributes)(path)


def single_level(path: Path) -> None:
    Layout(heights=HEIGHTS[None, :, None, :], dims=("time", "lat", "level", "lon"))(path)


def two_dimensional_coordinates(path: Path) -> None:
    longitudes, latitudes = np.meshgrid(LONGITUDES, LATITUDES)
    Layout(
        dims=("y", "x"),
        coordinates=("nav_lat", "nav_lon"),
        latitudes=latitudes,
        longitudes=longitudes,
        coordinate_attributes=({}, {}),
    )(path)


def cyclic(path: Path) -> None:
    Layout(
        heights=np.concatenate([HEIGHTS, HEIGHTS[:, :1]], axis=1),
        longitudes=np.append(LONGITUDES, LONGITUDES[0] + 360.0),
    )(path)


def rows_at_poles(path: Path) -> None:
    """Rows on the poles and between, whose means are the plain heights."""
    rows = np.zeros((NY + 1, NX))
    rows[0] = HEIGHTS[0]
    for row in range(NY):
        rows[row + 1] = 2.0 * HEIGHTS[row] - rows[row]
    # an alternating row leaves all means as they are and brings the heights back into range
    signs = (-1.0) ** np.arange(NY + 1)[:, None]
    rows -= signs * np.mean(rows * signs, axis=0)
    Layout(heights=rows, latitudes=np.linspace(-90.0, 90.0, NY + 1))(path)


def with_companions(path: Path) -> None:
    """A topography with fields, text and numbers beside it."""
    with netCDF4.Dataset(path, "w", format="NETCDF4") as dataset:
        Layout(attributes={"units": "m", "standard_name": "surface_altitude"}).fill_in(dataset)
        dataset.createDimension("time", 2)
        age = dataset.createVariable("age", "f4", ("lat", "lon"), fill_value=-1.0)
        age.units = "Ma"
        age[:] = np.where(HEIGHTS > 0.0, -1.0, 60.0)
        dataset.createVariable("time", "f8", ("time",))[:] = [0.0, 1.0]
        dataset.createVariable("count", "i8", ())[...] = 7
        label = dataset.createVariable("label", str, ())
        label[...] = "Paléocène"
        rain = dataset.createVariable("rain", "f4", ("time", "lat", "lon"))
        rain[:] = 1.0
        dataset.createVariable("row_area", "f8", ("lat",))[:] = 1.0


GOOD: dict[str, Writer] = {
    "classic": Layout(),
    "64-bit offset": Layout(format="NETCDF3_64BIT_OFFSET"),
    "CDF-5": Layout(format="NETCDF3_64BIT_DATA"),
    "NetCDF-4": Layout(format="NETCDF4"),
    "NetCDF-4 classic model": Layout(format="NETCDF4_CLASSIC"),
    "compressed": Layout(
        format="NETCDF4", storage={"zlib": True, "chunksizes": (7, 11), "shuffle": True}
    ),
    "longitudes from 0 to 360": Layout(
        heights=np.roll(HEIGHTS, NX // 2, axis=1), longitudes=LONGITUDES + 180.0
    ),
    "longitudes from -170 on": Layout(
        heights=np.roll(HEIGHTS, -2, axis=1), longitudes=LONGITUDES + 10.0
    ),
    "longitudes that pass the date line": turned(29),
    "north-up": Layout(heights=HEIGHTS[::-1], latitudes=LATITUDES[::-1]),
    "packed": packed,
    "int16": Layout(heights=HEIGHTS.astype("i2")),
    "int32": Layout(heights=HEIGHTS.astype("i4")),
    "float32": Layout(heights=HEIGHTS.astype("f4")),
    "int64": Layout(heights=HEIGHTS.astype("i8"), format="NETCDF4"),
    "big-endian": Layout(
        heights=HEIGHTS.astype(">f4"), format="NETCDF4", storage={"endian": "big"}
    ),
    "coordinates in single precision": Layout(
        latitudes=LATITUDES.astype("f4"), longitudes=LONGITUDES.astype("f4")
    ),
    "one time and one level": single_level,
    "longitude first": Layout(heights=HEIGHTS.T, dims=("lon", "lat")),
    "longitude first, compressed, north-up": Layout(
        heights=HEIGHTS.T[:, ::-1],
        dims=("lon", "lat"),
        latitudes=LATITUDES[::-1],
        format="NETCDF4",
        storage={"zlib": True, "chunksizes": (5, 9)},
    ),
    "extra cyclic column": cyclic,
    "rows at the poles": rows_at_poles,
    "coordinates of two dimensions": two_dimensional_coordinates,
    "no attributes": Layout(
        name="Z",
        dims=("latitude", "longitude"),
        coordinates=("latitude", "longitude"),
        attributes={},
        coordinate_attributes=({}, {}),
    ),
    "coordinates x and y": Layout(
        dims=("y", "x"), coordinates=("y", "x"), coordinate_attributes=({}, {})
    ),
    "coordinates known by their values": Layout(
        dims=("n", "m"), coordinates=("n", "m"), coordinate_attributes=({}, {})
    ),
    "coordinates known by their axis": Layout(
        dims=("a", "b"),
        coordinates=("a", "b"),
        coordinate_attributes=({"axis": "Y"}, {"axis": "X"}),
    ),
    "with companions": with_companions,
}
"""Files that hold the plain heights."""

HOLED: dict[str, Writer] = {
    "NaN": Layout(heights=holed(HEIGHTS, np.nan)),
    "_FillValue": Layout(heights=holed(HEIGHTS, -9999.0), fill=-9999.0),
    "missing_value": Layout(
        heights=holed(HEIGHTS, 1e20).astype("f4"),
        attributes={"units": "m", "missing_value": np.float32(1e20)},
    ),
    "text as missing_value": Layout(
        heights=holed(HEIGHTS, -9999.0), attributes={"units": "m", "missing_value": "-9999"}
    ),
    "the library's own": Layout(
        heights=holed(HEIGHTS, netCDF4.default_fillvals["i2"]).astype("i2")
    ),
    "valid_range": Layout(
        heights=holed(HEIGHTS, 30000.0),
        attributes={"units": "m", "valid_range": np.array([-11000.0, 9000.0])},
    ),
    "infinity": Layout(heights=holed(HEIGHTS, np.inf)),
    "tiles": Layout(
        heights=holed(HEIGHTS, np.nan),
        format="NETCDF4",
        storage={"zlib": True, "chunksizes": (10, 20)},
    ),
}
"""Files with the holes of `HOLES`, to be filled as in `filled_heights`."""


def not_netcdf(path: Path) -> None:
    path.write_text("lon,lat,z\n0,0,12\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_off(form: str, share: float) -> Writer:
    def write(path: Path) -> None:
        Layout(format=form)(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: int(share * len(whole))])

    return write


def no_field(path: Path) -> None:
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("lat", NY)
        dataset.createVariable("lat", "f8", ("lat",))[:] = LATITUDES


def only_text(path: Path) -> None:
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as dataset:
        dataset.createDimension("lat", NY)
        dataset.createDimension("lon", NX)
        dataset.createVariable("legend", "S1", ("lat", "lon"))


def several_times(path: Path) -> None:
    Layout(heights=np.stack([HEIGHTS, HEIGHTS]), dims=("time", "lat", "lon"))(path)


def several_fields(path: Path) -> None:
    with netCDF4.Dataset(path, "w") as dataset:
        Layout(name="before").fill_in(dataset)
        dataset.createVariable("after", "f8", ("lat", "lon"))[:] = HEIGHTS


def curvilinear(path: Path) -> None:
    longitudes, latitudes = np.meshgrid(LONGITUDES, LATITUDES)
    Layout(
        dims=("y", "x"),
        coordinates=("nav_lat", "nav_lon"),
        latitudes=latitudes + 3.0 * np.sin(np.deg2rad(longitudes)),
        longitudes=longitudes,
        coordinate_attributes=({}, {}),
    )(path)


def irregular(path: Path) -> None:
    latitudes = LATITUDES.copy()
    latitudes[10] += 1.0
    Layout(latitudes=latitudes)(path)


def gaussian(path: Path) -> None:
    nodes = np.polynomial.legendre.leggauss(NY)[0]
    Layout(latitudes=np.rad2deg(np.arcsin(nodes)))(path)


def duplicated(path: Path) -> None:
    longitudes = LONGITUDES.copy()
    longitudes[31] = longitudes[30]
    Layout(longitudes=longitudes)(path)


def unsorted(path: Path) -> None:
    Layout(longitudes=LONGITUDES[np.random.default_rng(1).permutation(NX)])(path)


def many_holes(path: Path) -> None:
    heights = HEIGHTS.copy()
    heights[5, :] = np.nan
    Layout(heights=heights)(path)


def huge(path: Path) -> None:
    with netCDF4.Dataset(path, "w", format="NETCDF4") as dataset:
        dataset.createDimension("lat", 1_000_000)
        dataset.createDimension("lon", 1_000_000)
        dataset.createVariable("lat", "f8", ("lat",), chunksizes=(1000,))
        dataset.createVariable("lon", "f8", ("lon",), chunksizes=(1000,))
        dataset.createVariable("topo", "f8", ("lat", "lon"), chunksizes=(1000, 1000), zlib=True)


def embedded(text: str) -> Writer:
    """A file of the HDF5 library that the NetCDF library cannot write."""
    return lambda path: path.write_bytes(zlib.decompress(base64.b64decode(text))) and None


_EXTERNAL_LINK = (
    "eNrtVc1OwkAQ3m0LKQgJ/hyMpx48eCIeOMjJbaAEI6CxGg0xAYSNmJjWAEaPHvXmI3j06CP06GP4GN6wZb+t1BCN"
    "mhgSmR6+zMzOzM70m/auXCylkytJEoiuE41kyLgMIU+JqC79TSAF3gIfFWmPj3zLsGeQ/zUePb+/Z1nB6eEHkXXW"
    "NRk/k/8oZcvcDfAIuuTTsxI9d94aCHSdCC/ZD+tSkhA5qNRFZUqFYQHnJKq+P/DMG5tER+XcHMkNVeGP+dbAryjK"
    "KIGOfCrFcXIfqZ8i6+Ee6f5TqJi27euL2AXZX3GratXsrZ1awy6YFcuPW0NcbBRXM6sWQZw2FifnJffyFnu5Ed5A"
    "j9zHru0UKVFCq6F+Pj+5r9exGYe/w6tVnFv9Na/u8aoM+qe8wv5JXnlf8OrjfS6ds0E/yOsnTI/l7fDTHuf9huP2"
    "Bt0v4lIT4nirPyK8En5BJv9xkpinlDj6oET1V+ad9eN213lneZwYwq4zbeBeuP58+HmfX3V5j2edNglsU0NGduCJ"
    "l7QnkO0KvNkGloCmQJIHZoFLEvGZzQLzDHHAEnCboQ5DXegHAl+4yPfQEdhsCzROBL40cc8G7n0MvQ790JvKvrxD"
    "6HXox9Ab6LvJ0CdD3wxzkHNhb+betQw="
)

_EXTERNAL_VALUES = (
    "eNrtWMFO20AQ3XVCsGgQhKLW7SkHDjkVDhzKqRslTokICYpBVAgpSYlFI7UJwq7aY4/0xif02E/oMcd+Rj6jt3Tt"
    "fVucbUqEhCpK511eZj0zOzMeO7P+vF2uLC48XWARbJul2TJLYgywgiEDbTAHX4C/Wnqdx9ccrOfg39Tbb7pupD02"
    "oPfZSCt2GOF/xLZb3Iv4FeQ8+Ls1qfe2Eyoe9GMOB2eDZH8+v+G+nGWVLRwso38LOSWPDP2U7NBINZd/wex4RbDN"
    "B2xznFLX5+RqdN2yrNijjY5Ocaizywl/WbaBODJSwWalWtHzpPwwjuUqr3J116171Ua95ZWKNVfaFWA3F9vVi7su"
    "g106YafrpfO6yJh1sifi8eqNMpdZ6tV86vr66bfJx7nr9RzT4J7jT31lr9x2X13iVuX5X+0rPH86r+GMvjLjed/v"
    "hUHkVzpcTPjt+qfnvh+0+oPz8M0Mu+wUO78ThMn3iWP8fznzk3Vf98OT9bNOEHzo3t9mFAdDdZOaisWe4k874Aq4"
    "qJhtgZ+BVzULrIO3BOzAFfCOwD4C+0I+UDzylb8vXcXtE8X514pHbcTZQtzHkI8gHw7vZF7DQ8hHkI8ht5B3WyBP"
    "gbwF6qDrImgSIBAIBMLtzKEZdT7nWsZ8p8ZIhnGUrYFN+aZz6bz0zzFvRV8GfmSmTYPSy6pe13Os/iKgr+i5sY24"
    "l+Sk6STm1VrV22fsCebZx9iDc5WXPjZayfnPufqdlK1YVoK2XzHqkWXffsURSt2mW3Gbbr3kIo5Hloqj2wk7gR/O"
    "vC863m7vnd8Pepimf6/TtPNWOnFC1vFyY841z1lmfmvGff5X8+P0iBMIBMJUvCw1anzK+9L8vmcZ6+b3vOES1ZJA"
    "IBAIBAKBQCAQCIS7ip9sHNB8"
)

_VIRTUAL = (
    "eNrtWM9vEkEUnv0BbipNoRpFTyRy4NT00INNTFwCi8VSaNg2NE0TwLKxxAqGXaNHj/XWqzeP/gkeOfpncPTk2Rvu"
    "7nzT7k6whNgYf7wvab682fdm5r19y3yd91vlyvLS/SUWwDCYztIsiinACpINdMAK+Az8SRXjSvgsi/EM5pf99pqW"
    "FXhPJYh11nXOWUb4H7FlFXcDPoCdA39R436nXY/zcBCyN3w1jPbnwwXXVViKx2KCNPr3e5LbE8lf8zs0cM3kHjMj"
    "HDHZxk22MdX484Q/GjxXVTWc0UBHawrc2XlsvhRbxz6SvoPBSrWibfv2rXAvl3mVqztW3a426m27VKxZflwBcYkw"
    "rl7csRji9EicqJfI6ywp18mI7ceuN8qKn6UYzWlX10/8mrxNXO2XlQP+cfysr9KZ6+6rc7yqnPJb+wrfn8hrPKev"
    "5P28HvQ9N5jXn3A5Mm/PeT5yHLc9GI68kzlxqRlxTtf1uD+vj6Jwj1X4rV7s5zPmXWGe79u0KlbTqpesdq1q7zF2"
    "R+V16nW9rut4c9/3XWTc6790Bm4f1ZGrMPv70SO/eGK/inTu/tJ3Y+6P+UtqcjZ3Ob/bBlfARc5sE7wGvi3YxDh4"
    "00QcuALeNrGOiXVh73OeOHy+jz3OnWPOuWecJx3ss419H8E+hN0a/5F5jVuwD2EfwW4j746JPE3kbaIOoi4mKQEC"
    "gUAgXI8OvRHToYrQd2pcF+UlfZRfVJdqQpdyoaJrQvKLdYwL68NT7UUKNwuB/kr7rpc6lOuve5A8QlcJXST+HVSj"
    "+igr9hq39RkKTNaFeSnfv1UXKtTqBAKBQIjgSalRU2acEy0mHSTOqeu8OXFGztrgmN+qatKxokbsrGQHCG62Hvh/"
    "3x4VvjJNOufEPaIujcv3hgcr9M4IBAKBQCAQCAQCgUBYFD8APg3MbQ=="
)

_UNKNOWN_FILTER = (
    "eNrtm0FPE0EUx2d3gaxQAkWiVS89cPCEHDjIiWnKVpDSkhaCISRttRvbqK2ha+KRI57k6s2jH8Fjj34Mbn4Fb3V3"
    "5z90d4NUDTGA///l1zf73sy86VBet7Mf1tcK05P3J0Ug2xZjYlZENYDWc3FbX6+DBngMfjF1uxFey6A9jf6TfjsV"
    "xwm8BwnpcZbGFDOC+h+17uS2Az6DnQW/mXG/1w1PsdsJ6XXfdqP78/EfjmuIlIpFB7N6/64q+zThb/k7NHBNZ1eF"
    "HbZIsTwllgeWuj7utwbXTdMMe7Sxoy0D7uIk1l9KLGEeE76DLfLFXLXq27fDuQzzWtvYckrVjXKpVs3nio4f9xBx"
    "42FcKbflCMSNReL0ep3lNZFcJzs2n2qpvGb4WerWrHXx+ulPk/fjF/tlkgE3XL/aVy152fvqBG9V1vin+wp/fzqv"
    "/oh9lZzPu07b6wX9+h1OR/ptui8PXbdX63QPvdaIuNQ5cW6j56nx6oib8WeYieRZ3KjuCHEP63AXMzUM1ZP+uDEj"
    "//eOHw1fR23zumxGudtXb1JFUW4rHm2CBTCnKFbARXBeE7t3EVyRiAML4KbEOBLjwt5VPHVVf5+bivUXitnniqd1"
    "zLOGeR/A3oe917+SefX3YO/DPoBdQ951iTwl8pZYB70ukpUARVEUdTl16K1YHWro+k6VkWIOfgtg0v7tutRSHU7B"
    "H+WU+H40vEcQq1tNazY9HHJBF4xzGCXw//TUeqXryx+oL1tnmS391XoE9yGMc+5DyPkR308fxO3kOtncahRFURRF"
    "UTdP8mOfJEmSJEmSJCOUJEmSJEmSJBnwSb5cDH8Dx/nX4e/hSvqcrZloT56r7c/wNixFURRFURRFURRFXVUZOPeu"
    "nzPU58c1U+Ir/GaE5/tWnIJTcUp5B88r3jHVrYNmw2v0XG/kePq5xmb7jdvptfG05uhz6sEY6lH8bGy+xlkeEccL"
    "8tPn4heueX7a/gl3Dyso"
)

BAD: dict[str, tuple[Writer, str]] = {
    "not NetCDF": (not_netcdf, "is not a NetCDF file"),
    "empty": (empty, "is empty"),
    "classic, data cut off": (cut_off("NETCDF3_CLASSIC", 0.6), "is cut off"),
    "64-bit, data cut off": (cut_off("NETCDF3_64BIT_OFFSET", 0.99), "is cut off"),
    "CDF-5, data cut off": (cut_off("NETCDF3_64BIT_DATA", 0.6), "is cut off"),
    "classic, header cut off": (cut_off("NETCDF3_CLASSIC", 0.01), "damaged or cut off"),
    "NetCDF-4, cut off": (cut_off("NETCDF4", 0.6), "damaged or cut off"),
    "no field": (no_field, "no numeric field of two dimensions"),
    "only text": (only_text, "no numeric field of two dimensions"),
    "several times": (several_times, "time 2"),
    "several fields": (several_fields, "before, after; name the one to take with topo_var"),
    "no coordinates": (Layout(latitudes=None, longitudes=None), "can be recognised"),
    "curvilinear": (curvilinear, "curvilinear"),
    "irregular": (irregular, "latitude steps range from"),
    "gaussian": (gaussian, "Gaussian"),
    "regional rows": (
        Layout(heights=HEIGHTS[4:], latitudes=LATITUDES[4:]),
        "not global: its rows reach from -70 to 90",
    ),
    "regional columns": (
        Layout(heights=HEIGHTS[:, :40], longitudes=LONGITUDES[:40]),
        "not global: its columns reach from -180 to 20",
    ),
    "all land": (Layout(heights=np.abs(HEIGHTS) + 1.0), "has no ocean"),
    "all ocean": (Layout(heights=-np.abs(HEIGHTS)), "has no land"),
    "kilometres declared": (
        Layout(heights=HEIGHTS / 1000.0, attributes={"units": "km"}),
        "metres are needed",
    ),
    "kilometres by size": (Layout(heights=HEIGHTS / 1000.0, attributes={}), "metres are needed"),
    "feet": (Layout(attributes={"units": "feet"}), "metres are needed"),
    "duplicated longitudes": (duplicated, "longitudes are duplicated: 332.5"),
    "unsorted longitudes": (unsorted, "longitudes are not sorted"),
    "longitudes from east to west": (Layout(longitudes=LONGITUDES[::-1]), "not sorted"),
    "holes in coordinates": (
        Layout(latitudes=np.where(LATITUDES < -80.0, np.nan, LATITUDES)),
        "latitudes have gaps",
    ),
    "too many holes": (many_holes, "no value in 72 cells (2.78 % of them)"),
    "undeclared fill value": (Layout(heights=holed(HEIGHTS, -99999.0)), "_FillValue"),
    "huge": (huge, "cells; at most"),
    "link to another file": (embedded(_EXTERNAL_LINK), "from another file"),
    "values in another file": (embedded(_EXTERNAL_VALUES), "from another file"),
    "composed of another file": (embedded(_VIRTUAL), "from another file"),
    "unknown filter": (embedded(_UNKNOWN_FILTER), "compressed in a way"),
}
"""Files that are refused, and a fragment of the sentence."""
