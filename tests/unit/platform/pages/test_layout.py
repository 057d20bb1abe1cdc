"""Whatever the graph, no node lies on another and no line runs through one."""

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from climate_simulation_platform.pages.graph import flow
from climate_simulation_platform.pages.layout import (
    Box,
    Layout,
    Line,
    Size,
    across,
    down,
    without_shortcuts,
)

Graph = dict[str, tuple[str, ...]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 12))
    names = [f"n{k}" for k in range(count)]
    pairs = list(combinations(names, 2))
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return {name: tuple(b for a, b in chosen if a == name) for name in names}


@st.composite
def graphs_with_sizes(draw: st.DrawFn) -> tuple[Graph, dict[str, Size]]:
    graph = draw(graphs())
    lengths = st.floats(40.0, 200.0)
    return graph, {name: Size(draw(lengths), draw(lengths), 20.0) for name in graph}


def reachable(graph: Graph, start: str) -> set[str]:
    found = set(graph[start])
    for after in graph[start]:
        found |= reachable(graph, after)
    return found


def apart(one: Box, other: Box) -> bool:
    return (
        one.right <= other.x
        or other.right <= one.x
        or one.bottom <= other.y
        or other.bottom <= one.y
    )


def check(placed: Layout) -> None:
    for one, other in combinations(placed.boxes.values(), 2):
        assert apart(one, other)
    for box in placed.boxes.values():
        assert box.x >= -1e-9
        assert box.y >= -1e-9
        assert box.right <= placed.width + 1e-9
        assert box.bottom <= placed.height + 1e-9
    for line in placed.lines:
        for name, box in placed.boxes.items():
            if name not in (line.start, line.end):
                assert not runs_through(line, box)


def runs_through(line: Line, box: Box) -> bool:
    """Curves between columns stay between them, so only level pieces can meet a box."""
    return any(
        y == other_y and box.y < y < box.bottom and min(x, other_x) < box.right
        and max(x, other_x) > box.x
        for (x, y), (other_x, other_y) in pairwise(line.points)
    )  # fmt: skip


@given(graphs())
def test_a_graph_without_shortcuts_leads_to_the_same_places(graph: Graph) -> None:
    less = without_shortcuts(graph)
    for name in graph:
        assert reachable(less, name) == reachable(graph, name)
        for after in less[name]:
            others = set(less[name]) - {after}
            assert not any(after in reachable(less, other) for other in others)


@settings(deadline=None)
@given(graphs_with_sizes())
def test_layers_do_not_overlap(drawn: tuple[Graph, dict[str, Size]]) -> None:
    graph, sizes = drawn
    placed = across(graph, sizes, gap=40.0, space=10.0)
    check(placed)
    for line in placed.lines:
        assert placed.boxes[line.start].right <= placed.boxes[line.end].x


@settings(deadline=None)
@given(graphs_with_sizes())
def test_rows_do_not_overlap_and_lanes_are_left_of_them(
    drawn: tuple[Graph, dict[str, Size]],
) -> None:
    graph, sizes = drawn
    placed = down(graph, sizes, lane=16.0, space=10.0)
    check(placed)
    left = min(box.x for box in placed.boxes.values())
    for line in placed.lines:
        assert all(0.0 <= x <= left for x, _ in line.points)


@given(graphs())
def test_two_lines_share_a_lane_only_one_after_the_other(graph: Graph) -> None:
    placed = down(graph, dict.fromkeys(graph, Size(100.0, 50.0, 25.0)), lane=16.0, space=10.0)
    falls = {
        (line.start, line.points[1][0], line.points[1][1], line.points[2][1])
        for line in placed.lines
    }
    for one, other in combinations(falls, 2):
        if one[0] != other[0] and one[1] == other[1]:
            assert one[3] <= other[2] or other[3] <= one[2]


def test_the_workflow_is_drawn_without_crossings_and_with_every_step() -> None:
    graph = flow()
    placed = across(graph, dict.fromkeys(graph, Size(150.0, 120.0, 30.0)), gap=40.0, space=16.0)
    check(placed)
    assert list(placed.boxes) == list(graph)
    assert len({line.points[0] for line in placed.lines}) == sum(map(bool, graph.values()))


def test_an_empty_graph_is_an_empty_sheet() -> None:
    assert across({}, {}, gap=1.0, space=1.0) == Layout(0.0, 0.0, {}, ())
    assert down({}, {}, lane=1.0, space=1.0).boxes == {}
