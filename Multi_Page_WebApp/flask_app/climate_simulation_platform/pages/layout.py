"""Where the nodes and lines of a directed graph go, so that nothing lies on anything else."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

Graph = Mapping[str, Sequence[str]]
"""Successors of each node; without a loop, each node before those that follow from it."""

Point = tuple[float, float]

SWEEPS = 8
THROUGH = 14.0
"""Height that a line takes where it passes through a column of nodes."""


@dataclass(frozen=True)
class Size:
    """Room that a node takes, and how far below its top lines reach it."""

    width: float
    height: float
    port: float


@dataclass(frozen=True)
class Box:
    """Room of a node on the sheet."""

    x: float
    y: float
    width: float
    height: float
    port: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.y + self.height

    @property
    def port_y(self) -> float:
        """Height at which lines reach the node."""
        return self.y + self.port


@dataclass(frozen=True)
class Line:
    """A line from one node to another.

    Parameters
    ----------
    points : tuple of points
        Corners; `across` joins them by curves, `down` by rounded corners.
    """

    start: str
    end: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Layout:
    """A sheet with nodes and lines."""

    width: float
    height: float
    boxes: Mapping[str, Box]
    lines: tuple[Line, ...]


def without_shortcuts(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The same graph without lines that a longer way replaces (its transitive reduction)."""
    beyond = _beyond(graph)
    return {
        node: tuple(
            after
            for after in following
            if not any(after in beyond[other] for other in following if other != after)
        )
        for node, following in graph.items()
    }


def across(graph: Graph, sizes: Mapping[str, Size], *, gap: float, space: float) -> Layout:
    """Layers from left to right; a line passes a layer where it has room of its own.

    Parameters
    ----------
    gap : float
        Between layers, for the lines.
    space : float
        Between the nodes of a layer.
    """
    layers = _layers(graph)
    places, chains = _with_passages(graph, layers, sizes)
    columns = _ordered(places, chains)
    tops = _tops(columns, places, chains, space)
    widths = [max(places[item].width for item in column) for column in columns]
    lefts = [sum(widths[:k]) + k * gap for k in range(len(widths))]
    boxes = {
        item: Box(lefts[k] + (widths[k] - places[item].width) / 2, tops[item], *_of(places[item]))
        for k, column in enumerate(columns)
        for item in column
    }
    lines = tuple(
        Line(str(chain[0]), str(chain[-1]), _points([boxes[item] for item in chain]))
        for chain in chains
    )
    return Layout(
        width=lefts[-1] + widths[-1] if widths else 0.0,
        height=max((box.bottom for box in boxes.values()), default=0.0),
        boxes={name: boxes[name] for name in graph},
        lines=lines,
    )


def down(graph: Graph, sizes: Mapping[str, Size], *, lane: float, space: float) -> Layout:
    """One node below the other, in the order of the graph; lines run in lanes on their left.

    Parameters
    ----------
    lane : float
        Width of a lane.
    space : float
        Between nodes.
    """
    rows = {name: k for k, name in enumerate(graph)}
    lanes = _lanes({name: [rows[n] for n in graph[name]] for name in graph}, rows)
    left = lane * (1 + max(lanes.values(), default=-1))
    boxes: dict[str, Box] = {}
    top = 0.0
    for name in graph:
        boxes[name] = Box(left, top, *_of(sizes[name]))
        top += sizes[name].height + space
    lines = tuple(
        Line(
            start, end, _along(boxes[start], boxes[end], left - lane * (lanes[start] + 0.75), lane)
        )
        for start in graph
        for end in graph[start]
    )
    width = left + max((size.width for size in sizes.values()), default=0.0)
    return Layout(width, max(top - space, 0.0), boxes, lines)


def _of(size: "Size | _Place") -> tuple[float, float, float]:
    return size.width, size.height, size.port


def _beyond(graph: Graph) -> dict[str, set[str]]:
    """All nodes that come after each."""
    found: dict[str, set[str]] = {}
    for node in reversed(list(graph)):
        found[node] = set(graph[node]).union(*(found[after] for after in graph[node]))
    return found


def _layers(graph: Graph) -> dict[str, int]:
    """Length of the longest way to each node."""
    layers = dict.fromkeys(graph, 0)
    for node in graph:
        for after in graph[node]:
            layers[after] = max(layers[after], layers[node] + 1)
    return layers


@dataclass(frozen=True)
class _Place:
    """A node, or the passage of a line through a layer, with its room."""

    layer: int
    width: float
    height: float
    port: float


_Chain = tuple[Hashable, ...]


def _with_passages(
    graph: Graph, layers: Mapping[str, int], sizes: Mapping[str, Size]
) -> tuple[dict[Hashable, _Place], list[_Chain]]:
    """Every node and passage, and each line as the chain of what it goes through."""
    places: dict[Hashable, _Place] = {
        name: _Place(layers[name], *_of(sizes[name])) for name in graph
    }
    widths = [
        max((sizes[n].width for n in graph if layers[n] == k), default=0.0)
        for k in range(1 + max(layers.values(), default=-1))
    ]
    chains: list[_Chain] = []
    for start in graph:
        for end in graph[start]:
            between = [(start, end, k) for k in range(layers[start] + 1, layers[end])]
            for item in between:
                places[item] = _Place(item[2], widths[item[2]], THROUGH, THROUGH / 2)
            chains.append((start, *between, end))
    return places, chains


def _ordered(places: Mapping[Hashable, _Place], chains: Iterable[_Chain]) -> list[list[Hashable]]:
    """Order within each layer with few crossings (means of neighbours, swept to and fro)."""
    count = 1 + max((place.layer for place in places.values()), default=-1)
    columns: list[list[Hashable]] = [[] for _ in range(count)]
    for item, place in places.items():
        columns[place.layer].append(item)
    before, after = _neighbours(chains)
    best, fewest = columns, _crossings(columns, after)
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        columns = _swept(columns, before if forth else after, forth=forth)
        crossings = _crossings(columns, after)
        if crossings < fewest:
            best, fewest = columns, crossings
    return best


_Neighbours = Mapping[Hashable, Sequence[Hashable]]


def _neighbours(chains: Iterable[_Chain]) -> tuple[_Neighbours, _Neighbours]:
    before: dict[Hashable, list[Hashable]] = {}
    after: dict[Hashable, list[Hashable]] = {}
    for chain in chains:
        for one, other in pairwise(chain):
            after.setdefault(one, []).append(other)
            before.setdefault(other, []).append(one)
    return before, after


def _swept(
    columns: list[list[Hashable]], neighbours: _Neighbours, *, forth: bool
) -> list[list[Hashable]]:
    swept = [list(column) for column in columns]
    indices = range(1, len(swept)) if forth else range(len(swept) - 2, -1, -1)
    for k in indices:
        beside = {item: place for place, item in enumerate(swept[k - 1 if forth else k + 1])}
        own = {item: place for place, item in enumerate(swept[k])}

        def middle(
            item: Hashable,
            beside: Mapping[Hashable, int] = beside,
            own: Mapping[Hashable, int] = own,
        ) -> float:
            near = [beside[other] for other in neighbours.get(item, ())]
            return sum(near) / len(near) if near else own[item]

        swept[k].sort(key=middle)
    return swept


def _crossings(columns: Sequence[Sequence[Hashable]], after: _Neighbours) -> int:
    total = 0
    for one, other in pairwise(columns):
        place = {item: k for k, item in enumerate(other)}
        ends = [sorted(place[n] for n in after.get(item, ())) for item in one]
        flat = [end for group in ends for end in group]
        total += sum(a > b for k, a in enumerate(flat) for b in flat[k + 1 :])
    return total


def _tops(
    columns: Sequence[Sequence[Hashable]],
    places: Mapping[Hashable, _Place],
    chains: Iterable[_Chain],
    space: float,
) -> dict[Hashable, float]:
    """Upper edges: each near the mean of its neighbours, none on another."""
    before, after = _neighbours(chains)
    tops: dict[Hashable, float] = {}
    for column in columns:
        _stack(column, dict.fromkeys(column, 0.0), places, space, tops)
    for sweep in range(2 * SWEEPS):
        forth = sweep % 2 == 0
        neighbours = before if forth else after
        for column in columns if forth else reversed(columns):
            wanted = {
                item: _wanted_top(item, neighbours.get(item, ()), tops, places) for item in column
            }
            _stack(column, wanted, places, space, tops)
    highest = min(tops.values(), default=0.0)
    return {item: top - highest for item, top in tops.items()}


def _wanted_top(
    item: Hashable,
    neighbours: Sequence[Hashable],
    tops: Mapping[Hashable, float],
    places: Mapping[Hashable, _Place],
) -> float:
    if not neighbours:
        return tops[item]
    ports = [tops[other] + places[other].port for other in neighbours]
    return sum(ports) / len(ports) - places[item].port


def _stack(
    column: Sequence[Hashable],
    wanted: Mapping[Hashable, float],
    places: Mapping[Hashable, _Place],
    space: float,
    tops: dict[Hashable, float],
) -> None:
    """Put a column where it is wanted as far as it can be without overlap."""
    lowest = None
    for item in column:
        tops[item] = wanted[item] if lowest is None else max(wanted[item], lowest)
        lowest = tops[item] + places[item].height + space
    shift = sum(wanted[item] - tops[item] for item in column) / len(column)
    for item in column:
        tops[item] += shift


def _points(boxes: Sequence[Box]) -> tuple[Point, ...]:
    """From the right side of the first box through the passages to the left side of the last."""
    first, *passages, last = boxes
    points = [(first.right, first.port_y)]
    for passage in passages:
        points += [(passage.x, passage.port_y), (passage.right, passage.port_y)]
    return (*points, (last.x, last.port_y))


def _lanes(ends: Mapping[str, Sequence[int]], rows: Mapping[str, int]) -> dict[str, int]:
    """Lane of each node that others follow from; 0 is next to the nodes."""
    free_from: list[int] = []
    lanes: dict[str, int] = {}
    for name, row in rows.items():
        if not ends[name]:
            continue
        lane = next((k for k, free in enumerate(free_from) if free <= row), len(free_from))
        free_from[lane : lane + 1] = [max(ends[name])]
        lanes[name] = lane
    return lanes


def _along(start: Box, end: Box, x: float, lane: float) -> tuple[Point, ...]:
    leave, reach = start.port_y + lane / 3, end.port_y - lane / 3
    return (start.x, leave), (x, leave), (x, reach), (end.x, reach)
