"""One sheet with a map of every product of a run."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.vegetation_table import CLASSES
from climpy.io import ModelFile
from climpy.pictures import palettes
from climpy.pictures.maps import Map, draw, limits_of
from climpy.pictures.nearest import Raster, on_raster
from climpy.pictures.polar import draw_polar_grid
from climpy.pictures.sheets import save, sheet, write_line

PFT_NAMES = tuple(name.removesuffix(" trees") for name in CLASSES)

MOST_NAMED_CLASSES = 4
"""More plant types than this are told by their numbers alone; their names would overlap."""
"""ORCHIDEE's thirteen plant functional types, from 1."""

SIZE_INCHES = (20.0, 14.4)
DOTS_PER_INCH = 100
COLUMNS, ROWS = 4, 4


def overview(files: Mapping[str, ModelFile], path: Path, title: str, note: str) -> None:
    """Draw every product on one sheet.

    Parameters
    ----------
    files : mapping of product to ModelFile
        "regrid", "coords", "routing", "bathy", "soils", "topo_high_res", "pft", "heatflow",
        "ahmcoef" and "sub_basins".
    path : Path
        The PNG file to write; it appears whole or not at all.
    title, note : str
        What stands above and below: whose boundary conditions, and where they come from.

    Raises
    ------
    OutputRefused
        If the file cannot be written.
    """
    figure = sheet(SIZE_INCHES, DOTS_PER_INCH)
    write_line(figure, title, (0.025, 0.975), 17, heading=True)
    write_line(figure, note, (0.025, 0.012), 8)
    bathy = files["bathy"].variables
    raster = Raster(bathy["nav_lon"].values, bathy["nav_lat"].values)
    cells = raster.globe()
    maps = [*_land_maps(files), *_ocean_maps(files, cells), *_surface_maps(files)]
    boxes = _boxes()
    draw_polar_grid(figure, boxes[3], files["coords"], files["bathy"], raster)
    for box, shown in zip(boxes[:3] + boxes[4:], maps, strict=True):
        draw(figure, box, shown)
    save(figure, path)


def _boxes() -> list[tuple[float, float, float, float]]:
    """Places of the maps, row by row from the top (left, bottom, width, height)."""
    left, right, bottom, top, gap = 0.03, 0.99, 0.02, 0.955, 0.022
    width = (right - left - gap * (COLUMNS - 1)) / COLUMNS
    height = (top - bottom) / ROWS
    return [
        (left + column * (width + gap), top - (row + 1) * height, width, height)
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]


def south_up(file: ModelFile, name: str) -> FloatArray:
    """A field of a file on a regular grid, south row first and columns from 180 W."""
    field = file.variables[name].values
    latitudes = _axis(file, ("nav_lat", "latitude", "lat"), 0)
    longitudes = (_axis(file, ("nav_lon", "longitude", "lon"), -1) + 180.0) % 360.0
    if latitudes[0] > latitudes[-1]:
        field = field[..., ::-1, :]
    return np.roll(field, -int(np.argmin(longitudes)), axis=-1).astype(np.float64)


def _axis(file: ModelFile, names: Sequence[str], axis: int) -> FloatArray:
    values = next(file.variables[name].values for name in names if name in file.variables)
    if values.ndim == 1:
        return values
    return np.asarray(values[:, 0] if axis == 0 else values[0])


def _land_maps(files: Mapping[str, ModelFile]) -> list[Map]:
    """Heights, relief, flow: the first two rows but the grid."""
    routing = files["routing"]
    names = ("trip", "basins", "disto", "topoind", "topo", "hdiff", "orog", "riverl")
    fields = {name: south_up(routing, name) for name in names}
    land = np.isfinite(fields["trip"]) & (fields["trip"] > 0)
    relief = south_up(files["topo_high_res"], "RELIEF")
    heights = _topography(files["regrid"])
    highest = max(1000.0, limits_of(np.abs(heights), share=99.8)[1])
    return [
        Map("Topography after regridding [m]", heights, palettes.height_colours(),
            (-highest, highest)),
        Map("topo_high_res: RELIEF [m]", _only(relief, relief > 0), palettes.land_colours(),
            limits_of(relief[relief > 0])),
        Map("routing: orog, height of land [m]", _only(fields["orog"], land),
            palettes.land_colours(), limits_of(relief[relief > 0])),
        _directions(fields["trip"], land),
        _basins(fields["basins"], land),
        Map("routing: disto, way to the outlet [km]", _only(fields["disto"], land),
            palettes.ramp("viridis"), limits_of(fields["disto"][land], share=98.0)),
        Map("routing: log10 of topoind [km]", _logarithm(fields["topoind"], land),
            palettes.ramp("cividis"), (2.0, 4.5)),
    ]  # fmt: skip


def _topography(regrid: ModelFile) -> FloatArray:
    """The field of the regridded file that has two dimensions and is no coordinate."""
    coordinates = {"nav_lon", "nav_lat", "longitude", "latitude", "lon", "lat"}
    name = next(
        name
        for name, variable in regrid.variables.items()
        if variable.values.ndim == 2 and name not in coordinates
    )
    return south_up(regrid, name)


def _only(field: FloatArray, where: AnyArray) -> FloatArray:
    return np.where(where, field, np.nan)


def _logarithm(field: FloatArray, where: AnyArray) -> FloatArray:
    positive = where & (field > 0.0)
    return np.log10(
        np.where(positive, field, 1.0), where=positive, out=np.full(field.shape, np.nan)
    )


def _directions(trip: FloatArray, land: AnyArray) -> Map:
    """Ways of the water as classes 1..8 and the three kinds of outlet as 9..11."""
    codes = np.where(trip >= 97, trip - 88, trip)
    colours = (*palettes.direction_colours(), "#111111", "#7a1fa2", "#c4161c")
    labels = ("N", "NE", "E", "SE", "S", "SW", "W", "NW", "97", "98", "99")
    title = "routing: trip; 97 return flow, 98 coast, 99 river mouth"
    return Map(title, _only(codes, land), palettes.classes(colours), (1, 11), labels)


def _basins(basins: FloatArray, land: AnyArray) -> Map:
    """The largest basins by number, all the others in one shade."""
    shown = 12
    colours = (*palettes.CLASS_COLOURS[:shown], "#c9cdd2")
    labels = (*(str(number) for number in range(1, shown + 1)), "others")
    title = f"routing: basins, the {shown} largest of {int(np.nanmax(basins[land], initial=0))}"
    classes = np.minimum(basins, shown + 1)
    return Map(title, _only(classes, land), palettes.classes(colours), (1, shown + 1), labels)


def _ocean_maps(files: Mapping[str, ModelFile], cells: AnyArray) -> list[Map]:
    """Depth, heat flow, viscosity, basins: what is on the ocean grid."""
    depth = files["bathy"].variables["Bathymetry"].values
    ocean = depth > 0.0

    def wet(field: AnyArray) -> FloatArray:
        plane = np.asarray(field, dtype=np.float64).reshape(ocean.shape)
        return on_raster(np.where(ocean, plane, np.nan), cells)

    heat = files["heatflow"].variables["heatflow"].values
    viscosity = files["ahmcoef"].variables["icof"].values
    share = 100.0 * float(ocean.mean())
    return [
        Map(f"bathy: depth on the ocean grid [m], {share:.0f} % of cells wet", wet(depth),
            palettes.depth_colours(), limits_of(depth[ocean])),
        Map("heatflow: geothermal heating [mW/m²]", wet(heat),
            palettes.ramp("magma", palettes.LAND), (40.0, 240.0)),
        Map("ahmcoef: icof, share of the lateral viscosity [%]", wet(viscosity),
            palettes.ramp("cividis_r", palettes.LAND), (0.0, 100.0)),
        _sub_basins(files["sub_basins"], wet),
    ]  # fmt: skip


def _sub_basins(file: ModelFile, wet: Callable[[AnyArray], FloatArray]) -> Map:
    masks = [file.variables[name].values for name in ("atlmsk", "pacmsk", "indmsk")]
    number = sum(k * (mask > 0) for k, mask in enumerate(masks, start=1))
    colours = palettes.classes(palettes.OCEAN_BASIN_COLOURS, palettes.LAND)
    field = wet(np.where(np.asarray(number) > 0, number, np.nan))
    labels = ("Atlantic", "Pacific", "Indian")
    return Map("sub_basins: first proposal", field, colours, (1, 3), labels)


def _surface_maps(files: Mapping[str, ModelFile]) -> list[Map]:
    """Soils and plants: the last row."""
    colour = south_up(files["soils"], "soilcolor")
    texture = south_up(files["soils"], "soiltext")
    shares = south_up(files["pft"], "maxvegetfrac")[0]
    dominant = np.argmax(np.nan_to_num(shares), axis=0) + 1.0
    land = np.isfinite(shares).all(axis=0)
    soils = np.where(colour > 0, colour * 100 + texture, np.nan)
    kinds = np.unique(soils[np.isfinite(soils)])
    labels = [f"colour {kind // 100:.0f}, texture {kind % 100:.0f}" for kind in kinds]
    extent = np.nansum(shares, axis=(1, 2))
    most = sorted(np.argsort(-extent, kind="stable")[:2])
    return [
        Map("soils: soilcolor and soiltext", _numbered(soils, kinds),
            palettes.classes(("#a9825a", *palettes.CLASS_COLOURS)[: len(labels)]),
            (1, len(labels)), labels),
        _dominant(_only(dominant, land)),
        *(
            Map(f"pft: share of {k + 1}, {PFT_NAMES[k]} [%]", 100.0 * shares[k],
                palettes.ramp("viridis"), (0.0, 100.0))
            for k in most
        ),
    ]  # fmt: skip


def _numbered(field: FloatArray, kinds: FloatArray) -> FloatArray:
    """Values by their place among the sorted kinds, from 1."""
    return np.where(np.isfinite(field), np.searchsorted(kinds, field) + 1.0, np.nan)


def _dominant(dominant: FloatArray) -> Map:
    present = np.unique(dominant[np.isfinite(dominant)])
    colours = [palettes.CLASS_COLOURS[int(k) - 1] for k in present]
    labels = _class_labels([int(k) for k in present])
    field = _numbered(dominant, present)
    limits = (1, max(len(labels), 1))
    return Map(
        "pft: the class with the largest share", field, palettes.classes(colours), limits, labels
    )


def _class_labels(numbers: Sequence[int]) -> list[str]:
    """Numbers of plant types, with their names on two lines where the bar has room for them."""
    if len(numbers) > MOST_NAMED_CLASSES:
        return [str(number) for number in numbers]
    words = [PFT_NAMES[number - 1].replace("-leaved", "").split() for number in numbers]
    return [
        f"{number} {name[0]}\n{' '.join(name[1:])}"
        for number, name in zip(numbers, words, strict=True)
    ]
