"""New values for chosen cells, under the sign conventions of the field, and what they change.

numpy only: the source becomes part of the scripts that `climpy.interactive.script` writes. Each
operation gives the new values of the chosen cells in the order of their flat indices. A cell
without a value keeps none, unless it is set.
"""

import math

import numpy as np

from climpy.arrays import BoolArray, FloatArray, IntArray, LongArray
from climpy.errors import InputRefused
from climpy.interactive.cells import beside, joined_cells, originals_in
from climpy.interactive.field import Field


def set_to(field: Field, chosen: BoolArray, *, value: float) -> FloatArray:
    """The same value everywhere, in cells without a value too."""
    refuse_codes(field)
    return np.full(np.count_nonzero(chosen), float(value))


def add(field: Field, chosen: BoolArray, *, amount: float) -> FloatArray:
    """The present values plus an amount."""
    refuse_codes(field)
    with np.errstate(over="ignore"):  # what becomes infinite is refused
        return np.asarray(field.values[chosen] + amount)


def scale(field: Field, chosen: BoolArray, *, percent: float) -> FloatArray:
    """So many per cent of the present values; 100 leaves them as they are."""
    refuse_codes(field)
    with np.errstate(over="ignore"):
        return np.asarray(field.values[chosen] * (percent / 100.0))


def fill(field: Field, chosen: BoolArray, *, height: float | None) -> FloatArray:
    """Raise what lies lower to a height [m above sea level]; nothing is lowered.

    Without a height each connected part of the chosen cells takes the mean of the cells around it
    that share a side with it.
    """
    if height is not None:
        return raised(field, field.values[chosen], signed(field, height))
    signed(field, 0.0)
    free = chosen.ravel().copy()
    levels = np.full(field.values.size, np.nan)
    flat = field.values.ravel()
    for start in originals_in(field, chosen).tolist():
        if free[start]:
            part = joined_cells(field, free, start)
            levels[part] = level_around(field, chosen.ravel(), part)
    level = levels[field.nodes[np.flatnonzero(chosen)]]
    return raised(field, flat[np.flatnonzero(chosen)], level)


def level_around(field: Field, chosen: BoolArray, part: LongArray) -> float:
    """Mean value of the cells that share a side with a part of what is chosen (flat)."""
    around = np.unique(beside(field, part))
    around = around[around >= 0]
    values = field.values.ravel()[around[~chosen[around]]]
    values = values[np.isfinite(values)]
    if not values.size:
        raise InputRefused(
            "What is to be filled has no neighbours whose mean it could take; give a height."
        )
    return math.fsum(values.tolist()) / values.size


def dig(field: Field, chosen: BoolArray, *, depth: float) -> FloatArray:
    """Lower what lies higher to a depth [m below sea level]; nothing is raised."""
    values, bottom = field.values[chosen], signed(field, -depth)
    return np.minimum(values, bottom) if field.kind == "topography" else np.maximum(values, bottom)


def signed(field: Field, height: float) -> float:
    """The field's own number for a height [m above sea level]."""
    if field.kind == "topography":
        return float(height)
    if field.kind == "bathymetry":
        return max(-float(height), 0.0)
    raise InputRefused("Only heights and depths can be filled or dug.")


def raised(field: Field, values: FloatArray, level: "FloatArray | float") -> FloatArray:
    """The values, or the level where that is higher ground."""
    return np.maximum(values, level) if field.kind == "topography" else np.minimum(values, level)


def smooth(field: Field, chosen: BoolArray, *, passes: int, keep_coast: bool) -> FloatArray:
    """Means with the eight neighbours, weighted 4 (itself), 2 (sides) and 1 (corners), repeated.

    Round the globe and across the north fold; what lies outside the chosen cells counts but stays.
    With `keep_coast` land takes means of land only, and ocean of ocean: the coast stays in its
    place.
    """
    refuse_codes(field)
    values = field.values.ravel()[field.nodes]
    inside = originals_in(field, chosen)
    inside = inside[np.isfinite(values[inside])]
    sides = np.zeros(values.size, dtype=np.int8)
    if keep_coast:
        sides += field.ocean.ravel()[field.nodes] + 2 * field.land.ravel()[field.nodes]
    j, i = np.divmod(inside, field.shape[1])
    for _ in range(passes):
        total, weights = np.zeros(inside.size), np.zeros(inside.size)
        for dj in (-1, 0, 1):
            for di in (-1, 0, 1):
                there = field.frame[j + 1 + dj, i + 1 + di]
                near = values[there]
                counts = (there >= 0) & np.isfinite(near) & (sides[there] == sides[inside])
                weight = counts * float((2 - abs(dj)) * (2 - abs(di)))
                total += np.where(counts, near, 0.0) * weight
                weights += weight
        values[inside] = total / weights
    return values[field.nodes[np.flatnonzero(chosen)]]


def paint(field: Field, chosen: BoolArray, *, code: int) -> FloatArray:
    """The code on ocean cells; land keeps what it has."""
    if field.kind != "codes":
        raise InputRefused("Only codes, such as those of ocean basins, can be painted.")
    return np.where(field.ocean[chosen], float(code), field.values[chosen])


def refuse_codes(field: Field) -> None:
    """Refuse to compute with numbers that stand for something."""
    if field.kind == "codes":
        raise InputRefused("These are codes, not quantities: they can only be painted.")


def changed_cells(
    field: Field, chosen: BoolArray, new: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Flat indices, old and new values of the cells whose value becomes another, bit for bit.

    A copy takes the value of its original. A depth below nought becomes 0, which is land.

    Raises
    ------
    InputRefused
        If a value would become infinite.
    """
    cells = np.flatnonzero(chosen)
    old = field.values.ravel()[cells]
    if field.originals is not None:
        new = new[np.searchsorted(cells, field.nodes[cells])]
    if field.kind == "bathymetry":
        new = np.where(new < 0.0, 0.0, new)
    if not (np.isfinite(new) | ~np.isfinite(old)).all():
        raise InputRefused("A value would become too large for a number.")
    new = np.where(new == old, old, new + 0.0)  # no nought with a sign where there was none
    differ = old.view(np.int64) != new.view(np.int64)
    differ &= ~(np.isnan(old) & np.isnan(new))
    return cells[differ].astype(np.int32), old[differ], new[differ]
