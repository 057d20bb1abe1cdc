"""Colours: perceptually even ramps, and a diverging one for heights that turns at the sea level."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap

from climpy.arrays import FloatArray

INK = "#1b1f24"
"""Text and lines."""

QUIET_INK = "#5b6570"
"""Tick labels and notes."""

NO_VALUE = "#e7e9ec"
"""Where a field has no value."""

LAND = "#bdb6aa"
"""Land under an ocean field, sea bed of no interest the other way round."""

MARK = "#c4161c"
"""What the eye shall find: poles, chosen places."""

SEA_COLOURS = ("#0b1f47", "#123f7a", "#2769a8", "#5e9cc9", "#a3cbe3", "#d9edf4")
LAND_COLOURS = ("#2f6444", "#5d8752", "#94a263", "#c4ac74", "#d9c3a3", "#ede2d6", "#fdfcfa")

CLASS_COLOURS = (
    "#4477aa", "#cc6677", "#228833", "#ddaa33", "#66ccee", "#aa3377", "#997700",
    "#44aa99", "#ee8866", "#882255", "#99bb55", "#6a4fb0", "#777777",
)  # fmt: skip
"""Thirteen colours that stay apart for colour-blind eyes as far as thirteen can."""


OCEAN_BASIN_COLOURS = ("#cc6677", "#4477aa", "#ddaa33")
"""Atlantic, Pacific and Indian ocean."""


def height_colours() -> Colormap:
    """Blues under the sea level, greens to white above it; the turn is at the middle."""
    positions = np.concatenate(
        [np.linspace(0.0, 0.5, len(SEA_COLOURS)), np.linspace(0.5, 1.0, len(LAND_COLOURS))]
    )
    colours = list(zip(positions.tolist(), (*SEA_COLOURS, *LAND_COLOURS), strict=True))
    return _with_missing(LinearSegmentedColormap.from_list("heights", colours, N=512))


def land_colours() -> Colormap:
    """The upper half of the heights' colours."""
    return _with_missing(LinearSegmentedColormap.from_list("land", LAND_COLOURS))


def depth_colours() -> Colormap:
    """Pale at the coast, dark in the deep; what has no value is land."""
    return _with_missing(LinearSegmentedColormap.from_list("depth", SEA_COLOURS[::-1]), LAND)


def ramp(name: str, missing: str = NO_VALUE) -> Colormap:
    """One of matplotlib's even ramps (viridis, cividis, magma ...)."""
    return _with_missing(colormaps[name], missing)


def classes(colours: Sequence[str], missing: str = NO_VALUE) -> Colormap:
    """One colour per class."""
    return _with_missing(ListedColormap(list(colours)), missing)


def _with_missing(colours: Colormap, missing: str = NO_VALUE) -> Colormap:
    return colours.with_extremes(bad=missing)


def direction_colours() -> tuple[str, ...]:
    """Eight hues of one lightness, one for each way that water flows, clockwise from north."""
    return tuple(_hue(np.deg2rad(45.0 * k + 20.0)) for k in range(8))


def _hue(angle: float) -> str:
    """A colour of lightness 0.72 and chroma 0.13 in the Oklab space (Ottosson 2020)."""
    lightness, a, b = 0.72, 0.13 * np.cos(angle), 0.13 * np.sin(angle)
    cones = np.array(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    return _hexadecimal(_LINEAR_FROM_CONES @ cones**3)


_LINEAR_FROM_CONES = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def _hexadecimal(linear: FloatArray) -> str:
    linear = np.clip(linear, 0.0, 1.0)
    encoded = np.where(linear > 0.0031308, 1.055 * linear ** (1 / 2.4) - 0.055, 12.92 * linear)
    return "#" + "".join(f"{round(255 * value):02x}" for value in encoded)
