"""Small pictures of single files, for lists: no axes, no title, made in hundredths of a second.

No figure is drawn: values become places in a table of colours, which is a PNG file with a palette.
"""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
from matplotlib.colors import Colormap

from climpy.arrays import AnyArray, ByteArray, FloatArray
from climpy.errors import InputRefused
from climpy.fields.heading import first_to_draw
from climpy.fields.placing import Geometry, geometry_of
from climpy.fields.planes import Plane, plane_of
from climpy.fields.windows import Window
from climpy.io import open_dataset
from climpy.pictures import palettes
from climpy.pictures.nearest import Raster as NearestCells
from climpy.topography.finding import find_topography

WIDTH, HEIGHT = 240, 120
"""Size of a thumbnail [pixels]."""

_SHADES = 48
_LINES = 26
"""Lines of the mesh that are drawn in each direction."""

_FINER = 2
"""The mesh is drawn so many times larger, then made smaller: lines without steps."""


@dataclass(frozen=True, eq=False)
class Shown:
    """What is drawn.

    Parameters
    ----------
    values : (HEIGHT, WIDTH) float
        North row first, columns from 180 W; NaN where there is no value.
    colours : Colormap
        Colours of the values, and of none.
    low, high : float
        Values of the first and last colour.
    shades : int
        How many colours.
    """

    values: AnyArray
    colours: Colormap
    low: float
    high: float
    shades: int = _SHADES


def thumbnail(path: Path, file_type: str) -> bytes:
    """Give a small picture of what a file tells most.

    Parameters
    ----------
    path : Path
        A file of a step, or for "raw" any file of a user.
    file_type : str
        As steps call it: raw, coords, routing, bathy, soils, topo_high_res, pft, heatflow,
        ahmcoef, sub_basins.

    Returns
    -------
    bytes
        A PNG file of 240 x 120 pixels; empty if the file has nothing to draw, or none is known
        for its type.
    """
    try:
        with open_dataset(path) as dataset:
            dataset.set_auto_maskandscale(False)
            if file_type == "coords":
                return _mesh(dataset)
            drawn = _DRAWN.get(file_type)
            shown = drawn(Raster(dataset)) if drawn else None
            return _png(shown) if shown is not None and np.isfinite(shown.values).any() else b""
    except InputRefused:
        return b""


class Raster:
    """Fields of an open file on the pixels of a thumbnail.

    Parameters
    ----------
    dataset : netCDF4.Dataset
        The file; values are left as stored.
    """

    def __init__(self, dataset: netCDF4.Dataset) -> None:
        self.dataset = dataset
        self._cells: dict[tuple[str, ...], tuple[AnyArray, AnyArray, AnyArray]] = {}

    def values(self, name: str, indices: Mapping[str, int] | None = None) -> AnyArray:
        """Values of a variable at the pixels, (HEIGHT, WIDTH), NaN where there is none.

        Raises
        ------
        InputRefused
            If it is not there or cannot be drawn.
        """
        found = self.dataset.variables.get(name)
        plane = plane_of(self.dataset, found) if found is not None else None
        if plane is None:
            raise InputRefused(f"There is no field {name} to draw.")
        every = max(1, min(plane.shape[0] // HEIGHT, plane.shape[1] // WIDTH))
        whole = ((0, plane.shape[0]), (0, plane.shape[1]))
        values = Window(plane, plane.index(indices or {})).read(*whole, every)
        rows, columns, inside = self._pixels(plane)
        return np.where(inside, values[rows // every, columns // every], np.nan)

    def length(self, dim: str) -> int:
        """Length of a dimension, 0 if there is none of this name."""
        found = self.dataset.dimensions.get(dim)
        return 0 if found is None else len(found)

    def _pixels(self, plane: Plane) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Row and column of the cell that holds each pixel, and whether there is one."""
        dims = tuple(plane.variable.dimensions)
        if dims not in self._cells:
            self._cells[dims] = _cells(geometry_of(self.dataset, plane))
        return self._cells[dims]


def _cells(geometry: Geometry) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Row and column of the cell that holds each pixel, and whether there is one."""
    latitudes = 90.0 - 180.0 * (np.arange(HEIGHT) + 0.5) / HEIGHT
    longitudes = -180.0 + 360.0 * (np.arange(WIDTH) + 0.5) / WIDTH
    if geometry.kind == "curvilinear":
        return _nearest(geometry, latitudes, longitudes)
    if geometry.kind == "rectilinear":
        rows = _between(geometry.arrays["latitude_edges"], latitudes)
        edges = geometry.arrays["longitude_edges"]
        west = float(min(edges[0], edges[-1]))
        columns = _between(edges, west + (longitudes - west) % 360.0)
    else:
        rows = (np.arange(HEIGHT)[::-1] * geometry.shape[0]) // HEIGHT
        columns = (np.arange(WIDTH) * geometry.shape[1]) // WIDTH
    inside = (rows >= 0)[:, None] & (columns >= 0)
    return rows[:, None], columns[None, :], inside


def _between(edges: AnyArray, places: FloatArray) -> AnyArray:
    """Place of the pair of edges that each place lies between; -1 if it lies outside."""
    falling = bool(edges[0] > edges[-1])
    rising = edges[::-1] if falling else edges
    found = np.searchsorted(rising, places, side="right") - 1
    found[(found < 0) | (found >= rising.size - 1)] = -1
    return np.where(found < 0, -1, rising.size - 2 - found) if falling else found


def _nearest(
    geometry: Geometry, latitudes: FloatArray, longitudes: FloatArray
) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Cells of an ocean grid whose centre is nearest; none south of the grid."""
    known = {n: geometry.arrays[n].astype(np.float64) for n in ("latitudes", "longitudes")}
    if not all(np.isfinite(values).all() for values in known.values()):
        raise InputRefused("Some cells have no place.")
    nearest = NearestCells(known["longitudes"], known["latitudes"])
    cells = nearest.cells(*np.meshgrid(longitudes, latitudes))
    rows, columns = np.divmod(cells, geometry.shape[1])
    return rows, columns, cells >= 0


def _heights(raster: Raster) -> Shown | None:
    """The topography, or what else comes first in a user's file."""
    try:
        name: str | None = find_topography(raster.dataset).name
    except InputRefused:
        name = first_to_draw(raster.dataset)
    if name is None:
        return None
    values = raster.values(name)
    highest = _most(np.abs(values), 1.0)
    return Shown(values, palettes.height_colours(), -highest, highest)


def _most(values: AnyArray, otherwise: float) -> float:
    """What 98 percent of the values stay under."""
    known = values[np.isfinite(values)]
    most = float(np.percentile(known, 98.0)) if known.size else 0.0
    return most if most > 0.0 else otherwise


def _positive(values: AnyArray) -> AnyArray:
    return np.where(values > 0.0, values, np.nan)


def _depths(raster: Raster) -> Shown:
    values = _positive(raster.values("Bathymetry"))
    return Shown(values, palettes.depth_colours(), 0.0, _most(values, 1.0))


def _basins(raster: Raster) -> Shown:
    """Neighbours by number have different colours."""
    colours = palettes.CLASS_COLOURS
    numbers = _positive(raster.values("basins"))
    classes = (numbers - 1.0) % len(colours)
    return Shown(classes, palettes.classes(colours), -0.5, len(colours) - 0.5, len(colours))


def _soils(raster: Raster) -> Shown:
    colour = _positive(raster.values("soilcolor"))
    return _numbered(colour * 100.0 + raster.values("soiltext"), ("#a9825a",))


def _numbered(values: AnyArray, first: tuple[str, ...] = (), missing: str = "") -> Shown:
    """One colour for each value that occurs."""
    kinds = np.unique(values[np.isfinite(values)])
    colours = (*first, *palettes.CLASS_COLOURS)
    classes = np.where(np.isfinite(values), np.searchsorted(kinds, values), np.nan)
    shades = max(1, min(kinds.size, len(colours)))
    table = palettes.classes(colours[:shades], missing or palettes.NO_VALUE)
    return Shown(classes % shades, table, -0.5, shades - 0.5, shades)


def _plants(raster: Raster) -> Shown | None:
    """The plant functional type with the largest share."""
    count = min(raster.length("veget"), len(palettes.CLASS_COLOURS))
    if not count:
        return None
    shares = np.stack([raster.values("maxvegetfrac", {"veget": k}) for k in range(count)])
    land = np.isfinite(shares).all(axis=0)
    dominant = np.where(land, np.argmax(np.where(land, shares, 0.0), axis=0), np.nan)
    colours = palettes.CLASS_COLOURS
    return Shown(dominant, palettes.classes(colours), -0.5, len(colours) - 0.5, len(colours))


def _relief(raster: Raster) -> Shown:
    values = _positive(raster.values("RELIEF"))
    return Shown(values, palettes.land_colours(), 0.0, _most(values, 1.0))


def _heat(raster: Raster) -> Shown:
    values = _positive(raster.values("heatflow"))
    return Shown(values, palettes.ramp("magma", palettes.LAND), 40.0, 240.0)


def _viscosity(raster: Raster) -> Shown:
    return Shown(raster.values("icof"), palettes.ramp("cividis_r", palettes.LAND), 0.0, 100.0)


def _oceans(raster: Raster) -> Shown:
    masks = [raster.values(name) > 0.0 for name in ("atlmsk", "pacmsk", "indmsk")]
    number = np.select(masks, [0.0, 1.0, 2.0], np.nan)
    colours = palettes.classes(palettes.OCEAN_BASIN_COLOURS, palettes.LAND)
    return Shown(number, colours, -0.5, 2.5, 3)


_DRAWN: Mapping[str, Callable[[Raster], Shown | None]] = {
    "raw": _heights,
    "routing": _basins,
    "bathy": _depths,
    "soils": _soils,
    "topo_high_res": _relief,
    "pft": _plants,
    "heatflow": _heat,
    "ahmcoef": _viscosity,
    "sub_basins": _oceans,
}
"""How each file type is drawn; a mesh is no field."""


def _png(shown: Shown) -> bytes:
    """A PNG file with a palette: the shades, and last the colour of no value."""
    from PIL import Image

    share = (shown.values - shown.low) / (shown.high - shown.low)
    known = np.isfinite(share)
    places = np.clip(np.where(known, share, 0.0) * shown.shades, 0, shown.shades - 1)
    table = shown.colours((np.arange(shown.shades) + 0.5) / shown.shades, bytes=True)[:, :3]
    missing = np.round(255.0 * np.array(shown.colours.get_bad()[:3])).astype(np.uint8)
    pixels: ByteArray = np.where(known, places, shown.shades).astype(np.uint8)
    image = Image.fromarray(pixels)
    image.putpalette(np.vstack([table, missing]).astype(np.uint8).tobytes())
    return _encoded(image)


def _encoded(image: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)  # type: ignore[attr-defined]
    return stream.getvalue()


def _mesh(dataset: netCDF4.Dataset) -> bytes:
    """Some lines of the mesh on a map of the globe, and where they meet."""
    from PIL import Image, ImageDraw

    name = first_to_draw(dataset)
    plane = plane_of(dataset, dataset.variables[name]) if name else None
    geometry = geometry_of(dataset, plane) if plane else None
    if geometry is None or geometry.kind != "curvilinear":
        return b""
    image = Image.new("RGB", (_FINER * WIDTH, _FINER * HEIGHT), palettes.SEA_COLOURS[-1])
    draw = ImageDraw.Draw(image)
    for places in _mesh_lines(geometry):
        for turn in (-_FINER * WIDTH, 0, _FINER * WIDTH):
            moved = places + np.array([turn, 0.0])
            draw.line([tuple(place) for place in moved.tolist()], fill=palettes.SEA_COLOURS[2])
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    return _encoded(small.quantize(32, method=Image.Quantize.MEDIANCUT))


def _mesh_lines(geometry: Geometry) -> list[FloatArray]:
    """Lines of the mesh as pixels (x, y), running on beyond the date line."""
    latitudes, longitudes = (
        geometry.arrays[name].astype(np.float64)
        for name in ("corner_latitudes", "corner_longitudes")
    )
    lines = []
    for axis in (0, 1):
        count = latitudes.shape[axis]
        for place in range(0, count, max(1, count // _LINES)):
            north, east = (np.take(values, place, axis) for values in (latitudes, longitudes))
            known = np.isfinite(north)
            if known.sum() > 1:
                x = (np.unwrap(east[known], period=360.0) + 180.0) / 360.0 * _FINER * WIDTH
                y = (90.0 - north[known]) / 180.0 * _FINER * HEIGHT
                lines.append(np.stack([x, y], axis=-1))
    return lines
