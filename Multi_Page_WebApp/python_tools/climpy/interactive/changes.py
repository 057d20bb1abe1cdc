"""New values for chosen cells, under the sign conventions of the field, and what they change.

numpy only: the source becomes part of the scripts that `climpy.interactive.script` writes. Each
operation gives the new values of the chosen cells in the order of their flat indices. A cell
without a value keeps none, unless it is set.
"""

import heapq
import math
from collections.abc import Iterator

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


def fill_depressions(field: Field, chosen: BoolArray) -> FloatArray:
    """Land in depressions raised to where it spills towards the sea or out of what is chosen.

    Water runs to the eight neighbours, round the globe and across the north fold. Cells without a
    value and the edges of a grid that does not go round the globe take it up.

    Raises
    ------
    InputRefused
        If the field is no topography.

    References
    ----------
    Barnes, Lehman and Mulla 2014 (doi:10.1016/j.cageo.2013.04.024).
    """
    if field.kind != "topography":
        raise InputRefused("Only the land of a topography has depressions that can be filled.")
    flat = field.values.ravel().copy()
    inside = originals_in(field, chosen & field.land)
    flat[inside] = spill_heights(field, inside)
    return flat[field.nodes[np.flatnonzero(chosen)]]


def spill_heights(field: Field, inside: LongArray) -> FloatArray:
    """Height [m] to which water rises in each of some cells before it runs out of them.

    Parameters
    ----------
    field : Field
        A topography.
    inside : (n,) int
        Flat indices of land cells that are no copies, increasing.
    """
    ground = np.nan_to_num(field.values.ravel(), nan=-np.inf)
    ground = np.append(ground, np.inf if field.turn else -np.inf)  # beyond the edges
    closed = without_descent(field, ground, inside)
    around = np.stack(list(eight_around(field, closed)), axis=1)
    place = np.full(ground.size, -1)
    place[closed] = np.arange(closed.size)
    near = place[around]
    rim = np.where(near < 0, ground[around], np.inf).min(axis=1, initial=np.inf)
    rim = np.maximum(rim, ground[closed])
    heights, level, neighbours = ground[closed].tolist(), rim.tolist(), near.tolist()
    waiting = [(level[cell], cell) for cell in np.flatnonzero(np.isfinite(rim)).tolist()]
    heapq.heapify(waiting)
    while waiting:
        water, cell = heapq.heappop(waiting)
        if water > level[cell]:
            continue
        for there in neighbours[cell]:
            if there >= 0:
                rise = max(water, heights[there])
                if rise < level[there]:
                    level[there] = rise
                    heapq.heappush(waiting, (rise, there))
    spilling = np.array(level, dtype=np.float64)
    ground[closed] = np.where(np.isfinite(spilling), spilling, ground[closed])
    return ground[inside]


def without_descent(field: Field, ground: FloatArray, inside: LongArray) -> LongArray:
    """Those of some cells from which steps to the lowest neighbour do not lead out of them.

    Parameters
    ----------
    field : Field
        The grid.
    ground : (ny * nx + 1,) float64
        Height of each cell, and at the end of what lies beyond the edges.
    inside : (n,) int
        Flat indices of the cells.
    """
    lowest, follows = ground[inside], np.arange(ground.size)
    for there in eight_around(field, inside):
        lower = ground[there] < lowest
        follows[inside[lower]] = there[lower]
        lowest = np.minimum(lowest, ground[there])
    follows[follows < 0] = ground.size - 1
    while not np.array_equal(follows, follows[follows]):
        follows = follows[follows]
    left = np.zeros(ground.size, dtype=np.bool_)
    left[inside] = True
    return np.asarray(inside[left[follows[inside]]])


def eight_around(field: Field, cells: LongArray) -> Iterator[LongArray]:
    """The eight cells around each cell, one direction after the other; -1 if there is none."""
    j, i = np.divmod(cells, field.shape[1])
    for dj in (-1, 0, 1):
        for di in (-1, 0, 1):
            if dj or di:
                yield field.frame[j + 1 + dj, i + 1 + di]


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
