"""A slow, plain routing to compare the compiled one with: one cell after the other."""

import heapq
from collections import deque
from collections.abc import Iterator

import numpy as np

STEPS = {
    1: (1, 0),
    2: (1, 1),
    3: (0, 1),
    4: (-1, 1),
    5: (-1, 0),
    6: (-1, -1),
    7: (0, -1),
    8: (1, -1),
}

Cell = tuple[int, int]


def neighbours(cell: Cell, shape: tuple[int, int]) -> Iterator[tuple[int, Cell]]:
    """Code and place of the neighbours; columns go round, nothing lies beyond the poles."""
    j, i = cell
    for code, (dj, di) in STEPS.items():
        if 0 <= j + dj < shape[0]:
            yield code, (j + dj, (i + di) % shape[1])


def raised_at_poles(heights: np.ndarray) -> np.ndarray:
    """Heights rounded to millimetres, land of the polar rows lifted above the row beside."""
    rounded = np.round(heights, 3)
    result = rounded.copy()
    for row, beside in ((0, 1), (-1, -2)):
        land = rounded[row] > 0
        result[row, land] = np.maximum(rounded[row], rounded[beside])[land] + 1.0
    return result


def filled(heights: np.ndarray, land: np.ndarray) -> np.ndarray:
    """Fill depressions with a heap, from the ocean upwards."""
    result = heights.copy()
    seen = ~land
    heap = [(result[c], c) for c in map(tuple, np.argwhere(~land))]
    heapq.heapify(heap)
    while heap:
        level, cell = heapq.heappop(heap)
        for _, other in neighbours(cell, heights.shape):
            if not seen[other]:
                seen[other] = True
                result[other] = max(result[other], level)
                heapq.heappush(heap, (result[other], other))
    return result


def fronts(heights: np.ndarray, land: np.ndarray) -> np.ndarray:
    """Distance of the cells of flats from their exits, which are 1."""
    front = np.zeros(heights.shape, dtype=int)
    queue: deque[Cell] = deque()
    for cell in map(tuple, np.argwhere(land)):
        around = [heights[c] for _, c in neighbours(cell, heights.shape)]
        if min(around) < heights[cell] and heights[cell] in around:
            front[cell] = 1
            queue.append(cell)
    while queue:
        cell = queue.popleft()
        for _, other in neighbours(cell, heights.shape):
            if land[other] and front[other] == 0 and heights[other] == heights[cell]:
                front[other] = front[cell] + 1
                queue.append(other)
    return front


def follow(cell: Cell, trip: np.ndarray) -> list[Cell]:
    """The cells on the way from `cell` to its outlet."""
    way = [cell]
    while trip[way[-1]] < 9:
        dj, di = STEPS[int(trip[way[-1]])]
        j, i = way[-1][0] + dj, (way[-1][1] + di) % trip.shape[1]
        way.append((j, i))
        if len(way) > trip.size:
            raise AssertionError(f"the way from {cell} never ends")
    return way
