"""Comparing a field with its reference, and giving each difference a cause."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from climpy.arrays import AnyArray, BoolArray


@dataclass(frozen=True)
class Cause:
    """Why cells differ on purpose: a name, and what the older method did."""

    name: str
    meaning: str


@dataclass(frozen=True)
class Found:
    """How many cells differ for a cause, and the largest difference (NaN: none has two values)."""

    cells: int
    largest: float


@dataclass(frozen=True)
class Row:
    """How one variable agrees with its reference.

    Parameters
    ----------
    product, variable : str
        What is compared.
    fed_with : str
        What our method was given: the whole chain's own heights, or a reference field.
    cells, equal : int
        Cells compared, and those that agree within the tolerance.
    tolerance, largest : float
        In the unit; the largest difference counts every cell that has a value on both sides.
    unit : str
        Unit of both.
    causes : mapping of Cause to Found
        Cells that differ, by the cause whose mask holds them (the first that does).
    unexplained : int
        Cells that differ and lie in no cause's mask.
    """

    product: str
    variable: str
    fed_with: str
    cells: int
    equal: int
    tolerance: float
    largest: float
    unit: str
    causes: Mapping[Cause, Found]
    unexplained: int


@dataclass(frozen=True)
class Subject:
    """What a row is about; see `Row`."""

    product: str
    variable: str
    fed_with: str
    unit: str = ""
    tolerance: float = 0.0


def compare(
    subject: Subject,
    ours: AnyArray,
    theirs: AnyArray,
    causes: Mapping[Cause, BoolArray] | None = None,
) -> Row:
    """Compare two fields of one shape; NaN on both sides agrees, NaN on one side differs."""
    apart = np.abs(np.asarray(ours, np.float64) - np.asarray(theirs, np.float64))
    return of_distances(subject, np.where(np.isnan(ours) & np.isnan(theirs), 0.0, apart), causes)


def of_distances(
    subject: Subject, apart: AnyArray, causes: Mapping[Cause, BoolArray] | None = None
) -> Row:
    """Judge a field of distances, NaN where only one side has a value."""
    left = ~(apart <= subject.tolerance)
    equal = int(np.count_nonzero(~left))
    found = {}
    for cause, mask in (causes or {}).items():
        if (left & mask).any():
            found[cause] = Found(int(np.count_nonzero(left & mask)), _largest(apart[left & mask]))
        left = left & ~mask
    return Row(
        product=subject.product,
        variable=subject.variable,
        fed_with=subject.fed_with,
        cells=apart.size,
        equal=equal,
        tolerance=subject.tolerance,
        largest=_largest(apart),
        unit=subject.unit,
        causes=found,
        unexplained=int(np.count_nonzero(left)),
    )


def _largest(apart: AnyArray) -> float:
    known = apart[~np.isnan(apart)]
    return float(known.max()) if known.size else np.nan
