"""A remapping as links between cells, each with a weight."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from climpy.arrays import AnyArray, BoolArray, FloatArray, LongArray


def summed(cells: LongArray, values: FloatArray, size: int) -> FloatArray:
    """For each of so many cells the sum of the values that belong to it, (size,)."""
    return np.asarray(np.bincount(cells, values, size), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Links:
    """From cells of one grid to cells of another: target = sum of weight x source.

    Parameters
    ----------
    source, target : (n,) int64
        Flat indices of the cells, from 0, columns fastest; sorted by target, then source.
    weight : (n,) float64
        One number each.
    source_shape, target_shape : (int, int)
        Rows and columns of the grids.
    """

    source: LongArray
    target: LongArray
    weight: FloatArray
    source_shape: tuple[int, int]
    target_shape: tuple[int, int]

    @classmethod
    def of(
        cls,
        source: AnyArray,
        target: AnyArray,
        weight: AnyArray,
        source_shape: tuple[int, int],
        target_shape: tuple[int, int],
    ) -> Self:
        """Put links into their order."""
        order = np.lexsort((source, target))
        return cls(
            np.asarray(source, dtype=np.int64)[order],
            np.asarray(target, dtype=np.int64)[order],
            np.asarray(weight, dtype=np.float64)[order],
            source_shape,
            target_shape,
        )

    @property
    def number(self) -> int:
        """How many there are."""
        return int(self.source.size)

    def apply(self, field: FloatArray) -> FloatArray:
        """Carry a field (source shape) to the target grid; cells without a link get 0."""
        carried = self.weight * field.reshape(-1)[self.source]
        size = self.target_shape[0] * self.target_shape[1]
        return summed(self.target, carried, size).reshape(self.target_shape)

    def sums(self) -> FloatArray:
        """Sum of the weights of each target cell."""
        return self.apply(np.ones(self.source_shape))

    def senders(self) -> BoolArray:
        """Source cells that have a link."""
        size = self.source_shape[0] * self.source_shape[1]
        return (np.bincount(self.source, minlength=size) > 0).reshape(self.source_shape)

    def given(self, area: FloatArray) -> FloatArray:
        """For each source cell the sum of weight x area of the target cell."""
        size = self.source_shape[0] * self.source_shape[1]
        weighted = self.weight * area.reshape(-1)[self.target]
        return summed(self.source, weighted, size).reshape(self.source_shape)

    def only(self, chosen: AnyArray) -> Self:
        """The links that are chosen, (n,) bool."""
        return replace(
            self,
            source=self.source[chosen],
            target=self.target[chosen],
            weight=self.weight[chosen],
        )

    def copied_to(self, originals: AnyArray) -> Self:
        """The same with the links of each target also at its copies.

        Parameters
        ----------
        originals : (ny, nx) int
            For each target cell the flat index of the one that it is a copy of.
        """
        flat = originals.reshape(-1)
        copies = np.flatnonzero(flat != np.arange(flat.size))
        first = np.searchsorted(self.target, flat[copies], side="left")
        number = np.searchsorted(self.target, flat[copies], side="right") - first
        begin = np.repeat(first - np.concatenate([[0], np.cumsum(number)[:-1]]), number)
        link = begin + np.arange(int(number.sum()))
        return self.of(
            np.concatenate([self.source, self.source[link]]),
            np.concatenate([self.target, np.repeat(copies, number)]),
            np.concatenate([self.weight, self.weight[link]]),
            self.source_shape,
            self.target_shape,
        )
