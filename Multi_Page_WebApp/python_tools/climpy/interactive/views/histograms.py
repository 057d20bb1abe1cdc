"""How many cells, or how much area, have which values."""

from dataclasses import dataclass, replace

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray, LongArray
from climpy.interactive.field import Field
from climpy.interactive.limits import one_of
from climpy.interactive.selections import SURFACES, ValueRange
from climpy.interactive.views.palettes import limits_of, round_step

BINS = 60
"""About so many bins."""

OF = ("all", *SURFACES)
"""Which cells are counted."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of values in bins of equal width.

    Parameters
    ----------
    field : Field
        Whose cells are counted; its values may change meanwhile, see `updated`.
    edges : (n + 1,) float64
        Of the bins; a value on an edge belongs to the bin above it.
    counts : (n,) float64
        Cells, or the sum of their weights; copies count nothing.
    below, above : float
        What lies beyond the edges.
    of : {"all", "land", "ocean"}
        Which cells are counted.
    weights : (ny * nx,) float64, optional
        Of the cells, such as areas.
    """

    field: Field
    edges: FloatArray
    counts: FloatArray
    below: float = 0.0
    above: float = 0.0
    of: str = "all"
    weights: FloatArray | None = None

    @property
    def total(self) -> float:
        """All that is counted."""
        return float(self.counts.sum()) + self.below + self.above

    def updated(self, cells: LongArray, old: AnyArray, new: AnyArray) -> "Histogram":
        """The histogram after cells got other values; its bins stay.

        Parameters
        ----------
        cells : (n,) int
            Flat indices.
        old, new : (n,) float
            Values before and after.
        """
        change = _counted(self, cells, new) - _counted(self, cells, old)
        return replace(
            self,
            counts=self.counts + change[1:-1],
            below=self.below + float(change[0]),
            above=self.above + float(change[-1]),
        )

    def chosen(self, low: float, high: float) -> ValueRange:
        """The shape of the values from `low` to `high`; beyond the last bin there is no limit."""
        low, high = sorted((low, high))
        width = float(self.edges[1] - self.edges[0])
        digits = int(np.clip(3 - np.floor(np.log10(width)), 0, 12))
        return ValueRange(
            None if low <= self.edges[0] else round(low, digits),
            None if high >= self.edges[-1] else round(high, digits),
        )


def histogram(
    field: Field,
    *,
    of: str = "all",
    bins: int = BINS,
    limits: tuple[float, float] | None = None,
    weights: FloatArray | None = None,
) -> Histogram:
    """The histogram of a field.

    Parameters
    ----------
    field : Field
        With the values as they are now.
    of : {"all", "land", "ocean"}
        Which cells are counted.
    bins : int
        About how many; edges are multiples of a round number, 0 among them.
    limits : (float, float), optional
        What the bins hold at least, all values if not given.
    weights : (ny * nx,) float64, optional
        Of the cells, such as areas; otherwise cells are counted.

    Raises
    ------
    InputRefused
        If the values do not tell land from ocean and that is asked for.
    """
    one_of("of", of, OF)
    known = field.values[np.isfinite(field.values)]
    low, high = limits_of(known) if limits is None else limits
    if field.kind == "codes" and limits is None:
        edges = np.arange(known.min(initial=0.0), known.max(initial=0.0) + 2.0) - 0.5
    else:
        step = round_step((high - low) / bins)
        first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
        # the highest value lies in the last bin, not on its edge
        if limits is None and last * step <= known.max(initial=low):
            last += 1.0
        edges = step * np.arange(first, last + 1.0)
    empty = Histogram(field, edges, np.zeros(edges.size - 1), of=of, weights=weights)
    cells = np.arange(field.values.size)
    counted = _counted(empty, cells, field.values.ravel())
    return replace(empty, counts=counted[1:-1], below=float(counted[0]), above=float(counted[-1]))


def _counted(of: Histogram, cells: LongArray, values: AnyArray) -> FloatArray:
    """Weights of cells in each bin, what lies below the bins first, what lies above last."""
    counted = (of.field.nodes[cells] == cells) & np.isfinite(values)
    if of.of != "all":
        counted &= _on(of.field, of.of, cells, values)
    cells, values = cells[counted], values[counted]
    width = (of.edges[-1] - of.edges[0]) / (of.edges.size - 1)
    place = np.floor((values - of.edges[0]) / width + 1e-9) + 1.0
    bins = np.clip(place, 0.0, float(of.edges.size)).astype(np.int64)
    weights = None if of.weights is None else of.weights[cells]
    return np.bincount(bins, weights=weights, minlength=of.edges.size + 1).astype(np.float64)


def _on(field: Field, surface: str, cells: LongArray, values: AnyArray) -> BoolArray:
    """True for the cells that are land, or ocean, if they have these values."""
    row = values.reshape(1, -1)
    sea = None if field.sea is None else field.sea.ravel()[cells].reshape(1, -1)
    these = Field(row, field.kind, periodic=False, sea=sea)
    return np.asarray((these.land if surface == "land" else these.ocean)[0])
