"""Small fields of every kind, and edits drawn at random."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from climpy.grids.ocean import Fold
from climpy.interactive import (
    Add,
    Basin,
    Box,
    Brush,
    Cells,
    Dig,
    Edit,
    Field,
    Fill,
    FillDepressions,
    Paint,
    Polygon,
    Scale,
    Selection,
    SetTo,
    Smooth,
    Surface,
    ValueRange,
    Way,
    on_ocean_grid,
)
from climpy.interactive.field import cell_centres
from tests.ocean_grids import cylindrical_grid, depth_of

NY, NX = 12, 16


def regular(seed: int = 0, west: float = -180.0, ny: int = NY, nx: int = NX) -> Field:
    """Heights of half land, half ocean, whole metres, some exactly 0."""
    heights = np.random.default_rng(seed).integers(-900, 900, (ny, nx)).astype(np.float64)
    heights.ravel()[::37] = 0.0
    return Field(heights, "topography", *cell_centres(ny, nx, west))


def with_holes(seed: int = 0) -> Field:
    field = regular(seed)
    field.values[2, 3] = field.values[7, :2] = np.nan
    return field


def ocean(seed: int = 0, fold: Fold = Fold.F_POINT) -> Field:
    """Depths, a third of them land, copies as they must be."""
    grid = cylindrical_grid(NY, NX, fold)
    numbers = np.random.default_rng(seed)
    depth = numbers.integers(1, 5000, grid.shape) * (numbers.random(grid.shape) > 0.33)
    return on_ocean_grid(grid.fill_copies(depth), grid, "bathymetry")


def basins(seed: int = 0) -> Field:
    """Codes 1 to 3 on ocean, 0 on land."""
    depths = ocean(seed)
    codes = np.random.default_rng(seed).integers(1, 4, depths.shape)
    codes = codes.ravel()[depths.nodes].reshape(depths.shape)
    sea = depths.values > 0.0
    values = np.where(sea, codes, 0).astype(np.float64)
    return replace(depths, values=values, kind="codes", sea=sea)


def drawn_ocean(rows: list[str], fold: Fold = Fold.F_POINT) -> Field:
    """A bathymetry of a drawing of the unique cells, north on top: `.` ocean, `#` land."""
    depth, grid = depth_of(rows, fold)
    return on_ocean_grid(depth, grid, "bathymetry")


def drawn(rows: list[str], west: float = -180.0) -> Field:
    """A topography of a drawing, north on top: `.` ocean at -1000 m, `#` land at 500 m."""
    heights = np.array([[-1000.0 if c == "." else 500.0 for c in row] for row in rows])[::-1]
    return Field(np.ascontiguousarray(heights), "topography", *cell_centres(*heights.shape, west))


def picture(field: Field, mask: np.ndarray) -> list[str]:
    """A mask as a drawing, north on top: `x` chosen, `-` not."""
    assert mask.shape == field.shape
    return ["".join("x" if chosen else "-" for chosen in row) for row in mask[::-1]]


def shares(seed: int = 0) -> Field:
    """Any quantity on a part of the globe, some cells without a value."""
    field = with_holes(seed)
    return replace(field, kind="other", longitudes=field.longitudes / 8.0, periodic=False)


def nowhere(seed: int = 0) -> Field:
    """Heights of which nobody knows where they are."""
    return Field(with_holes(seed).values, "topography", periodic=False)


FIELDS = {
    "topography": regular,
    "with holes": with_holes,
    "fold F": ocean,
    "fold T": lambda seed=0: ocean(seed, Fold.T_POINT),
    "codes": basins,
    "other": shares,
    "nowhere": nowhere,
}

latitudes = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 0.0, 7.5, 90.0]))
longitudes = st.one_of(st.floats(-400, 400), st.sampled_from([-180.0, 0.0, 179.9, 180.0, 360.0]))
places = st.tuples(latitudes, longitudes)
cells = st.tuples(st.integers(0, NY - 1), st.integers(0, NX - 1)).map(
    lambda cell: (float(cell[0]), float(cell[1]))
)
heights = st.integers(-2000, 2000).map(float)


def between(draw: st.DrawFn, values: st.SearchStrategy[float]) -> tuple[float, float]:
    low, high = sorted([draw(values), draw(values)])
    return low, high


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    south, north = between(draw, latitudes)
    return Box(south, north, draw(longitudes), draw(longitudes))


@st.composite
def ranges(draw: st.DrawFn) -> ValueRange:
    return ValueRange(*between(draw, heights))


surfaces = st.sampled_from(["land", "ocean"])
geographic_shapes = st.one_of(
    boxes(),
    st.builds(Polygon, st.lists(places, min_size=3, max_size=8).map(tuple)),
    st.builds(Brush, st.lists(places, min_size=1, max_size=3).map(tuple), st.floats(0, 30)),
    st.builds(Cells, st.lists(places, min_size=1, max_size=4).map(tuple)),
    ranges(),
    st.builds(Surface, surfaces),
    st.builds(Basin, places, surfaces),
    st.builds(Way, places, places, st.integers(1, 3)),
)
index_shapes = st.one_of(
    st.builds(
        Brush, st.lists(cells, min_size=1, max_size=3).map(tuple), st.floats(0, 4), st.just("index")
    ),
    st.builds(Polygon, st.lists(cells, min_size=3, max_size=6).map(tuple), st.just("index")),
    st.builds(Cells, st.lists(cells, min_size=1, max_size=4).map(tuple), st.just("index")),
    st.builds(Basin, cells, surfaces, st.just("index")),
    st.builds(lambda low, high, west, east: Box(low, low + high, west, east, "index"),
              *(st.integers(0, NY - 1) for _ in range(4))),
)  # fmt: skip
modes = st.sampled_from(["replace", "add", "subtract", "intersect"])


def selections(shapes: st.SearchStrategy[object]) -> st.SearchStrategy[Selection]:
    return st.lists(st.tuples(modes, shapes), min_size=1, max_size=3).map(
        lambda parts: Selection(tuple(parts))
    )


quantities = st.one_of(
    st.builds(SetTo, heights),
    st.builds(Add, st.floats(-500, 500)),
    st.builds(Scale, st.floats(-50, 300)),
    st.builds(Smooth, st.integers(1, 3), st.booleans()),
    st.builds(Fill, st.one_of(st.none(), heights)),
    st.builds(Dig, st.floats(0, 5000)),
    st.builds(FillDepressions),
)
paints = st.builds(Paint, st.integers(1, 3))


def edits(kind: str, shapes: st.SearchStrategy[object]) -> st.SearchStrategy[Edit]:
    """Edits for a kind of field; some make no sense for some fields."""
    operations = paints if kind == "codes" else quantities
    return st.builds(Edit, selections(shapes), operations, st.text("abc é", max_size=5))
