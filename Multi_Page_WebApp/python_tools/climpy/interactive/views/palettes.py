"""Colours by name, as lists that a screen takes; limits; a turn of colours exactly at sea level.

The tables of the packages cmcrameri and cmocean are read as files: importing these packages loads
a drawing library, which takes a second and 50 MB in every process.

References
----------
Crameri 2018 (doi:10.5281/zenodo.1243862); Thyng et al. 2016 (doi:10.5670/oceanog.2016.66);
Okabe and Ito 2008 (https://jfly.uni-koeln.de/color/).
"""

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from climpy.arrays import AnyArray
from climpy.errors import InputRefused

FAMILIES: dict[str, tuple[str, ...]] = {
    "Heights and depths": ("oleron", "bukavu", "fes", "topo"),
    "Sequential": (
        "batlow", "devon", "lapaz", "oslo", "davos", "bamako", "lajolla", "tokyo", "grayC",
        "deep", "thermal", "haline", "ice", "dense", "matter", "tempo", "rain",
    ),
    "Diverging": ("vik", "roma", "cork", "broc", "bam", "balance", "delta", "curl", "tarn"),
    "Cyclic": ("romaO", "vikO", "brocO", "corkO", "bamO", "phase"),
    "Categories": ("basins", "okabe", "batlowS"),
}  # fmt: skip
"""Names of palettes by what they are for."""

BASIN_COLOURS = ("#cc6677", "#4477aa", "#ddaa33")
"""Atlantic, Pacific and Indian ocean."""

_OKABE = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#000000")

_OF_CMOCEAN = frozenset(
    {
        "algae", "amp", "balance", "curl", "deep", "delta", "dense", "diff", "gray", "haline",
        "ice", "matter", "oxy", "phase", "rain", "solar", "speed", "tarn", "tempo", "thermal",
        "topo", "turbid",
    }
)  # fmt: skip

_USUAL = {"topography": "oleron", "bathymetry": "deep", "codes": "basins", "other": "batlow"}

_FINEST = 512
"""Colours of a palette that turns somewhere, at most."""

_TINY = 1e-30
"""Values that are not farther apart count as equal."""


@dataclass(frozen=True)
class Colours:
    """What a linear colour mapper needs.

    Parameters
    ----------
    palette : tuple of str
        Colours of equal steps from `low` to `high`.
    low, high : float
        Limits.
    """

    palette: tuple[str, ...]
    low: float
    high: float


def usual_palette(kind: str) -> str:
    """The palette that a kind of field is first shown in."""
    return _USUAL[kind]


def palette(name: str, steps: int | None = None, *, reverse: bool = False) -> tuple[str, ...]:
    """Colours of a palette as #rrggbb.

    Parameters
    ----------
    name : str
        One of `FAMILIES`.
    steps : int, optional
        How many, evenly spread from the first to the last; of categories the first ones, over
        again where they do not suffice. All if not given.
    reverse : bool
        The last one first.

    Raises
    ------
    InputRefused
        If there is no such palette, or no such number of steps.
    """
    colours = _table(name)
    if reverse:
        colours = colours[::-1]
    if steps is None:
        return colours
    if not 1 <= steps <= _FINEST:
        raise InputRefused(f"Colours have 1 to {_FINEST} steps, not {steps}.")
    if categorical(name):
        return tuple(colours[k % len(colours)] for k in range(steps))
    share = np.linspace(0.0, 1.0, steps) if steps > 1 else np.array([0.5])
    return tuple(colours[round(s * (len(colours) - 1))] for s in share.tolist())


def categorical(name: str) -> bool:
    """True for palettes whose colours stand for codes."""
    return name in FAMILIES["Categories"]


def colours(
    name: str,
    limits: tuple[float, float],
    *,
    steps: int | None = None,
    reverse: bool = False,
    turn: float | None = None,
) -> Colours:
    """What a mapper needs to show values in the colours of a palette.

    Parameters
    ----------
    name : str
        One of `FAMILIES`.
    limits : (float, float)
        Lowest and highest value.
    steps : int, optional
        Number of colours.
    reverse : bool
        The last colour first.
    turn : float, optional
        The value at which the second half of the palette begins, such as sea level: values up to
        it have colours of the first half, whatever the limits. The nearer limit may be moved by a
        thousandth of their distance, so that it is exactly so.

    Raises
    ------
    InputRefused
        If there is no such palette, no such number of steps, or the limits are none.
    """
    low, high = limits
    if not (np.isfinite(low) and np.isfinite(high) and low < high):
        raise InputRefused(f"The lower limit of the colours, {low:g}, must lie below {high:g}.")
    if categorical(name):
        count = max(round(high - low), 1)
        return Colours(palette(name, count, reverse=reverse), low, high)
    if turn is None:
        return Colours(palette(name, steps, reverse=reverse), low, high)
    table = palette(name, reverse=reverse)
    first, second = table[: len(table) // 2], table[len(table) // 2 :]
    if high <= turn:
        return Colours(_stepped(first, steps or len(first), steps), low, high)
    if low >= turn:
        return Colours(_stepped(second, steps or len(second), steps), low, high)
    below, whole = _share((turn - low) / (high - low))
    lower = None if steps is None else max(1, min(steps - 1, round(steps * below / whole)))
    upper = None if steps is None or lower is None else max(1, steps - lower)
    # the step between the halves lies just above the turn, which still has a lower colour
    beyond = turn + 1e-9 * (high - low)
    if 2 * below >= whole:
        high = low + (beyond - low) * whole / below
    else:
        low = high - (high - beyond) * whole / (whole - below)
    return Colours(
        _stepped(first, below, lower) + _stepped(second, whole - below, upper), low, high
    )


def _share(share: float) -> tuple[int, int]:
    """The two whole numbers, the greater one from half the finest to it, nearest to a share."""
    whole = np.arange(_FINEST // 2, _FINEST + 1)
    below = np.clip(np.rint(share * whole), 1, whole - 1)
    best = int(np.argmin(np.round(np.abs(below / whole - share), 12)))
    return int(below[best]), int(whole[best])


def _stepped(table: tuple[str, ...], number: int, steps: int | None) -> tuple[str, ...]:
    """So many colours spread over a table, in groups of equal ones if `steps` are asked for."""
    place = (np.arange(number) + 0.5) / number
    if steps is not None:
        step = np.floor(place * steps)
        place = step / (steps - 1) if steps > 1 else np.full(number, 0.5)
    index = np.minimum((place * len(table)).astype(np.int64), len(table) - 1)
    return tuple(table[k] for k in index.tolist())


@functools.cache
def _table(name: str) -> tuple[str, ...]:
    if name == "basins":
        return BASIN_COLOURS
    if name == "okabe":
        return _OKABE
    if not any(name in names for names in FAMILIES.values()):
        raise InputRefused(f"There is no palette of the name {name!r}.")
    if name in _OF_CMOCEAN:
        path = _package("cmocean") / "rgb" / f"{name}-rgb.txt"
    else:
        path = _package("cmcrameri") / "cmaps" / f"{name}.txt"
    table = np.rint(255.0 * np.loadtxt(path)).astype(np.int64)
    return tuple(f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in table.tolist())


def _package(name: str) -> Path:
    """The folder of a package, which is not imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise InputRefused(f"The colours of {name} are not installed here.")
    return Path(spec.origin).parent


def limits_of(
    values: AnyArray,
    *,
    symmetric: bool = False,
    outliers: float = 0.0,
) -> tuple[float, float]:
    """Round limits that hold the values.

    Parameters
    ----------
    values : array
        NaN is left out.
    symmetric : bool
        As far below 0 as above it.
    outliers : float
        Share of the values that may lie beyond, half of it at each end.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return (-1.0, 1.0) if symmetric else (0.0, 1.0)
    share = 50.0 * outliers
    low, high = (
        np.percentile(known, [share, 100.0 - share]) if share else (known.min(), known.max())
    )
    if symmetric:
        high = max(abs(float(low)), abs(float(high)))
        low = -high
    if high - low < _TINY:
        low, high = (low - 1.0, high + 1.0) if low else (-1.0, 1.0)
    step = round_step((high - low) / 20.0)
    return (
        float(f"{np.floor(np.round(low / step, 6)) * step:.12g}"),
        float(f"{np.ceil(np.round(high / step, 6)) * step:.12g}"),
    )


def code_limits(values: AnyArray) -> tuple[float, float]:
    """Limits with codes 1, 2, ... in the middles of steps; 0 and below lie beyond them."""
    known = values[np.isfinite(values)]
    return 0.5, max(float(known.max(initial=1.0)), 1.0) + 0.5


def round_step(about: float) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that is not under a length."""
    power = 10.0 ** np.floor(np.log10(about))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if factor * power >= about * (1.0 - 1e-9):
            return float(factor * power)
    return float(10.0 * power)
