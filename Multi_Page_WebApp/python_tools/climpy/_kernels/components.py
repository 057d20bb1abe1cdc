"""Connected components of classes on grids whose cells may be copies of one another."""

import numpy as np
from numba import njit

from climpy.arrays import CodeArray, IntArray


@njit("int32(int32[::1], int32)", cache=True, nogil=True, error_model="numpy")
def _root(parents: IntArray, node: int) -> int:
    """Root of the tree that holds the node; halves the path on its way."""
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@njit("void(int32[::1], int32, int32)", cache=True, nogil=True, error_model="numpy")
def _join(parents: IntArray, one: int, other: int) -> None:
    """Join two trees under the lower of their roots."""
    one = _root(parents, one)
    other = _root(parents, other)
    if one < other:
        parents[other] = one
    else:
        parents[one] = other


@njit("int32[:, ::1](int8[:, ::1], int32[:, ::1])", cache=True, nogil=True, error_model="numpy")
def components(classes: CodeArray, nodes: IntArray) -> IntArray:
    """Give each 4-connected component of cells of one class a number.

    Parameters
    ----------
    classes : (ny, nx) int8
        Class of each cell; 0 belongs to no component.
    nodes : (ny, nx) int32
        Flat index of the cell that each cell is a copy of (its own if none). Copies are what
        makes a grid periodic or folded: neighbours in the array join the cells they stand for.

    Returns
    -------
    (ny, nx) int32
        Numbers from 1 in the order of the components' first cells, 0 for class 0.

    References
    ----------
    Tarjan 1975 (doi:10.1145/321879.321884).
    """
    ny, nx = classes.shape
    flat = classes.ravel()
    parents = np.arange(ny * nx).astype(np.int32)
    for j in range(ny):
        for i in range(nx):
            here = flat[nodes[j, i]]
            if here == 0:
                continue
            if i + 1 < nx and flat[nodes[j, i + 1]] == here:
                _join(parents, nodes[j, i], nodes[j, i + 1])
            if j + 1 < ny and flat[nodes[j + 1, i]] == here:
                _join(parents, nodes[j, i], nodes[j + 1, i])
    labels = np.zeros((ny, nx), np.int32)
    numbers = np.zeros(ny * nx, np.int32)
    found = 0
    for j in range(ny):
        for i in range(nx):
            if flat[nodes[j, i]] == 0:
                continue
            root = _root(parents, nodes[j, i])
            if numbers[root] == 0:
                found += 1
                numbers[root] = found
            labels[j, i] = numbers[root]
    return labels
