"""Maps of a set of coupling weights: ocean fraction, rivers, difference between two sets.

Plain maps from 180 W to 180 E, north up, without letters: whoever shows them says what they are.
"""

import io

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap
from PIL import Image, ImageDraw

from climpy.arrays import AnyArray, ByteArray, FloatArray
from climpy.bc.ipsl.weights.reading import OceanFraction, Rivers
from climpy.errors import InputRefused
from climpy.pictures import palettes
from climpy.pictures.thumbnails import HEIGHT as SMALL_HEIGHT
from climpy.pictures.thumbnails import WIDTH as SMALL_WIDTH

WIDTH, HEIGHT = 1152, 576
"""Size of a map [pixels]."""

LAND, OCEAN = "#cdb88d", "#123f7a"
COAST = ("#eef3f4", "#a3cbe3", "#5e9cc9", "#2769a8")
"""Colours of cells that are all land, all ocean, and of shares in between."""

LESS, SAME, MORE = "#b2452f", "#f4f1ea", "#1f6f9f"
"""Colours of a difference: less ocean than in the other set, the same, more."""

PALE_LAND, PALE_OCEAN = "#e9e2d0", "#c9dbe6"

WHOLE = 1e-9
"""Shares so near to 0 or 1 count as land or ocean."""

_FINER = 2
"""Lines are drawn so many times larger, then made smaller: lines without steps."""


def fraction_map(fraction: OceanFraction, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """Draw the ocean fraction on the atmosphere's grid (PNG).

    Parameters
    ----------
    size : (width, height)
        Of the picture [pixels].
    """
    return _encoded(Image.fromarray(_on_pixels(_shares(fraction.share), fraction, size)))


def thumbnail(fraction: OceanFraction) -> bytes:
    """The same, small (PNG)."""
    return fraction_map(fraction, (SMALL_WIDTH, SMALL_HEIGHT))


def rivers_map(fraction: OceanFraction, rivers: Rivers) -> bytes:
    """Draw where most of the water of each land cell goes (PNG).

    Cells that send to the same place have one colour; a line leads there, and a dot marks it.
    """
    rows, columns = fraction.share.shape
    colours = np.array([_rgb(colour) for colour in palettes.CLASS_COLOURS], dtype=np.uint8)
    own = colours[_mixed(rivers.target) % len(colours)]
    cells = np.where(
        fraction.share[..., None] >= 0.5, np.array(_rgb(PALE_OCEAN)), np.array(_rgb(PALE_LAND))
    )
    cells = cells.reshape(rows * columns, 3).astype(np.uint8)
    cells[rivers.source] = 0.45 * own + 0.55 * cells[rivers.source]
    size = (_FINER * WIDTH, _FINER * HEIGHT)
    grid = cells.reshape(rows, columns, 3)
    image = Image.fromarray(_on_pixels(grid, fraction, size))
    _draw_ways(ImageDraw.Draw(image), rivers, own, size)
    return _encoded(image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def difference_map(first: OceanFraction, second: OceanFraction) -> bytes:
    """Draw the ocean fraction of the second set minus that of the first (PNG).

    Raises
    ------
    InputRefused
        If they are on different grids.
    """
    change = difference(first, second)
    most = max(float(np.abs(change).max()), 1e-300)
    colours = LinearSegmentedColormap.from_list("difference", (LESS, SAME, MORE))
    return _encoded(Image.fromarray(_on_pixels(_rgb_of(colours, 0.5 + 0.5 * change / most), first)))


def difference(first: OceanFraction, second: OceanFraction) -> FloatArray:
    """Ocean fraction of the second set minus that of the first, north row first.

    Raises
    ------
    InputRefused
        If they are on different grids.
    """
    if first.share.shape != second.share.shape:
        raise InputRefused("The two sets are on different grids of the atmosphere.")
    return np.asarray(second.share - first.share)


def _shares(share: FloatArray) -> ByteArray:
    between = LinearSegmentedColormap.from_list("coast", COAST)
    pixels = _rgb_of(between, np.clip(share, 0.0, 1.0))
    pixels[share <= WHOLE] = _rgb(LAND)
    pixels[share >= 1.0 - WHOLE] = _rgb(OCEAN)
    return pixels


def _rgb_of(colours: Colormap, values: FloatArray) -> ByteArray:
    return np.asarray(colours(values, bytes=True)[..., :3]).copy()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _on_pixels(
    cells: ByteArray, grid: OceanFraction, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> ByteArray:
    """Colours of the cells nearest to each pixel."""
    width, height = size
    latitudes = 90.0 - 180.0 * (np.arange(height) + 0.5) / height
    longitudes = -180.0 + 360.0 * (np.arange(width) + 0.5) / width
    rows = np.abs(latitudes[:, None] - grid.latitudes).argmin(axis=1)
    apart = np.abs((longitudes[:, None] - grid.longitudes + 180.0) % 360.0 - 180.0)
    return np.ascontiguousarray(cells[rows[:, None], apart.argmin(axis=1)])


def _mixed(cells: AnyArray) -> AnyArray:
    """Numbers in which neighbours are far apart, always the same for the same cell."""
    return (cells * 2654435761 % 2**32) >> 16


def _draw_ways(
    draw: ImageDraw.ImageDraw, rivers: Rivers, colours: ByteArray, size: tuple[int, int]
) -> None:
    width, _ = size
    begin, end = (_pixels(places, size) for places in (rivers.source_places, rivers.target_places))
    end[:, 0] = begin[:, 0] + (end[:, 0] - begin[:, 0] + width / 2) % width - width / 2
    for here, there, colour in zip(begin.tolist(), end.tolist(), colours.tolist(), strict=True):
        for turn in (-width, 0, width):
            x, y = there[0] + turn, there[1]
            draw.line((here[0] + turn, here[1], x, y), fill=tuple(colour), width=_FINER)
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=tuple(colour))


def _pixels(places: FloatArray, size: tuple[int, int]) -> FloatArray:
    width, height = size
    x = (places[:, 1] + 180.0) % 360.0 / 360.0 * width
    return np.stack([x, (90.0 - places[:, 0]) / 180.0 * height], axis=-1)


def _encoded(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format="PNG", compress_level=5)
    return stream.getvalue()
