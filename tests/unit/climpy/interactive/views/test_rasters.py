"""Each pixel shows the cell that holds its centre."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from climpy.errors import InputRefused
from climpy.grids.ocean import Fold
from climpy.interactive import Field
from climpy.interactive.field import cell_centres
from climpy.interactive.views import rasters
from climpy.interactive.views.meshes import Mesh, mesh_of
from climpy.interactive.views.projections import Index, LonLat, Polar, Projection, Window
from climpy.interactive.views.rasters import Raster, raster
from tests.unit.climpy.interactive.views.meshes_to_see import ocean, regular, turned

seams = st.one_of(st.floats(-360.0, 360.0), st.sampled_from([-180.0, 0.0, 10.0, 5.0, 180.0]))


def centres(drawn: Raster) -> tuple[np.ndarray, np.ndarray]:
    height, width = drawn.cells.shape
    x = drawn.x + drawn.dw * (np.arange(width) + 0.5) / width
    y = drawn.y + drawn.dh * (np.arange(height) + 0.5) / height
    return x[None, :], y[:, None]


def bent(mesh: Mesh) -> Mesh:
    """A regular mesh as if nobody knew that it is one."""
    return Mesh(mesh.field, *mesh.corners)


class TestWholeGrids:
    def test_one_pixel_is_one_cell(self) -> None:
        field = regular()
        drawn = raster(mesh_of(field), LonLat(-180.0))
        assert drawn.whole
        np.testing.assert_array_equal(drawn.image(field.values), field.values.astype(np.float32))
        assert (drawn.x, drawn.y, drawn.dw, drawn.dh) == (-180.0, -90.0, 360.0, 180.0)

    @settings(deadline=None)
    @given(seams, st.floats(-180.0, 180.0), st.floats(0.0, 359.999), st.floats(-89.99, 89.99))
    def test_the_seam_may_lie_anywhere(
        self, seam: float, west: float, along: float, latitude: float
    ) -> None:
        field = regular(west=west)
        drawn = raster(mesh_of(field), LonLat(seam))
        assert drawn.whole
        x = seam + along
        column = (x - west) % 360.0 / 20.0
        if abs(column - round(column)) < 1e-4 or abs(latitude / 15.0 % 1.0 - 0.5) > 0.4999:
            return
        assert drawn.cell_at(x, latitude) == int((latitude + 90.0) / 15.0) * 18 + int(column)

    def test_a_cell_that_the_seam_cuts_stands_at_both_edges(self) -> None:
        drawn = raster(mesh_of(regular()), LonLat(-175.0))
        assert drawn.cells.shape == (12, 19)
        np.testing.assert_array_equal(drawn.cells[:, 0], drawn.cells[:, -1])
        assert drawn.x == -180.0
        assert drawn.x + drawn.dw == 200.0

    def test_rows_from_north_to_south(self) -> None:
        field = regular()
        flipped = Field(field.values, "topography", -field.latitudes, field.longitudes)  # type: ignore[operator]
        drawn = raster(mesh_of(flipped), LonLat(-180.0))
        np.testing.assert_array_equal(drawn.image(field.values)[::-1], np.float32(field.values))

    def test_rows_on_the_poles_are_half_as_high(self) -> None:
        latitudes = np.linspace(-90.0, 90.0, 7)[:, None]
        values = np.arange(28.0).reshape(7, 4)
        field = Field(values, "other", latitudes, cell_centres(7, 4, 0.0)[1])
        drawn = raster(mesh_of(field), LonLat(0.0))
        assert drawn.whole
        assert drawn.cells[:, 0].tolist() == [0, 4, 4, 8, 8, 12, 12, 16, 16, 20, 20, 24]

    def test_part_of_the_globe(self) -> None:
        longitudes = np.arange(100.0, 120.0, 2.0)[None, :]
        latitudes = np.arange(-9.0, 10.0, 2.0)[:, None]
        field = Field(np.zeros((10, 10)), "other", latitudes, longitudes, periodic=False)
        drawn = raster(mesh_of(field), LonLat(-180.0))
        assert drawn.whole
        assert (drawn.x, drawn.dw, drawn.y, drawn.dh) == (99.0, 20.0, -10.0, 20.0)
        cut = raster(mesh_of(field), LonLat(105.5))
        assert set(cut.cells.ravel()) == {-1, *range(100)}
        assert cut.cell_at(100.0 + 360.0, 0.1) == 50
        assert cut.cell_at(300.0, 0.0) == -1

    def test_index_space_shows_copies_too(self) -> None:
        field = ocean()
        drawn = raster(mesh_of(field), Index(field.shape))
        np.testing.assert_array_equal(drawn.cells.ravel(), np.arange(field.values.size))
        assert drawn.cell_at(3.4, 2.0) == 2 * field.shape[1] + 3
        assert drawn.cell_at(-0.6, 2.0) == -1

    def test_rows_of_unequal_height_are_drawn_by_window(self) -> None:
        latitudes = np.rad2deg(np.arcsin(np.linspace(-0.97, 0.97, 12)))[:, None]
        field = Field(np.zeros((12, 18)), "other", latitudes, cell_centres(12, 18, -180.0)[1])
        mesh = mesh_of(field)
        drawn = raster(mesh, LonLat(-180.0), size=(180, 361))
        assert not drawn.whole
        assert mesh.latitudes is not None
        rows = np.digitize(centres(drawn)[1][:, 0], mesh.latitudes[:, 0]) - 1
        expected = np.where((rows < 0) | (rows > 11), -1, rows * 18)
        np.testing.assert_array_equal(drawn.cells[:, 0], expected)


class TestWindows:
    def test_grids_that_are_too_large_are_drawn_by_window(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rasters, "MOST_PIXELS", 100)
        field = regular()
        mesh = mesh_of(field)
        drawn = raster(mesh, LonLat(-180.0), Window(0.0, 40.0, 0.0, 30.0), (40, 30))
        assert not drawn.whole
        assert drawn.cells.shape == (30, 40)
        assert set(drawn.cells.ravel()) == {117, 118, 135, 136}
        by_index = raster(mesh, Index(field.shape), Window(-0.5, 1.5, -0.5, 0.5), (4, 3))
        assert by_index.cells.tolist() == [[0, 0, 1, 1]] * 3

    def test_nothing_is_drawn_beyond_the_edge(self) -> None:
        for mesh in (bent(mesh_of(regular())), mesh_of(turned())):
            drawn = raster(mesh, LonLat(-180.0), Window(-200.0, 200.0, -100.0, 100.0), (400, 200))
            x, y = centres(drawn)
            on_map = (np.abs(x) <= 180.0) & (np.abs(y) <= 90.0)
            np.testing.assert_array_equal(drawn.cells >= 0, on_map)
        polar = raster(mesh_of(regular()), Polar("south", 40.0), size=(200, 200))
        x, y = centres(polar)
        np.testing.assert_array_equal(
            polar.cells >= 0, np.hypot(x, y) <= Polar("south", 40.0).radius
        )

    @settings(deadline=None, max_examples=30)
    @given(seams, st.sampled_from([(90, 45), (360, 180), (137, 71)]))
    def test_quadrilaterals_agree_with_meridians_and_parallels(
        self, seam: float, size: tuple[int, int]
    ) -> None:
        mesh = mesh_of(regular())
        drawn = raster(bent(mesh), LonLat(seam), size=size)
        x, y = centres(drawn)
        column, row = (x + 180.0) / 20.0, (y + 90.0) / 15.0
        expected = np.floor(row) * 18 + np.floor(column) % 18
        certain = (np.abs(column - np.rint(column)) > 1e-6) & (np.abs(row - np.rint(row)) > 1e-6)
        assert (drawn.cells >= 0).all()
        np.testing.assert_array_equal(drawn.cells[certain], expected[certain])

    def test_polar_views_of_both_kinds_of_mesh_agree(self) -> None:
        mesh = mesh_of(regular(90, 180))
        for side in ("north", "south"):
            view = Polar(side, 30.0)
            exact, quads = (raster(part, view, size=(300, 300)) for part in (mesh, bent(mesh)))
            assert (exact.cells != quads.cells).mean() < 0.01
            np.testing.assert_array_equal(exact.cells < 0, quads.cells < 0)

    def test_polar_view_by_brute_force(self) -> None:
        view = Polar("north", 20.0, meridian=33.0)
        drawn = raster(mesh_of(regular()), view, size=(60, 60))
        latitudes, longitudes = view.inverse(*centres(drawn))
        expected = np.floor((latitudes + 90.0) / 15.0) * 18 + np.floor((longitudes + 180.0) / 20.0)
        known = ~np.isnan(latitudes)
        np.testing.assert_array_equal(drawn.cells[known], expected[known])


def winding(mesh: Mesh, projection: Projection, x: float, y: float) -> np.ndarray:
    """Cells whose corners go round a point, by the sum of angles, (n,)."""
    latitudes, longitudes = mesh.corners
    east, north = projection.forward(latitudes, longitudes)
    ring = [
        (part[:-1, :-1], part[:-1, 1:], part[1:, 1:], part[1:, :-1], part[:-1, :-1])
        for part in (east - x, north - y)
    ]
    if projection.turn:
        ring[0] = tuple((part + 180.0) % 360.0 - 180.0 for part in ring[0])
    angles = np.arctan2(np.stack(ring[1]), np.stack(ring[0]))
    turns = (np.diff(angles, axis=0) + np.pi) % (2.0 * np.pi) - np.pi
    around = (np.abs(turns.sum(axis=0)) > np.pi).ravel()
    return np.flatnonzero(around & (mesh.drawn >= 0))


class TestCurvilinearMeshes:
    @pytest.mark.parametrize("projection", [LonLat(-180.0), LonLat(17.3), Polar("north", 60.0)])
    def test_by_brute_force(self, projection: Projection) -> None:
        mesh = mesh_of(turned())
        drawn = raster(mesh, projection, size=(47, 31))
        x, y = centres(drawn)
        compared = 0
        for row, column in np.argwhere(drawn.cells >= 0):
            at = float(x[0, column]), float(y[row, 0])
            if projection.turn and abs(at[1]) > 70.0:
                continue  # sides of cells about the poles are longer than half a turn
            assert drawn.cells[row, column] in winding(mesh, projection, *at)
            compared += 1
        assert compared > 500

    @settings(deadline=None, max_examples=20)
    @given(seams)
    def test_a_mesh_round_the_globe_leaves_no_pixel_out(self, seam: float) -> None:
        drawn = raster(mesh_of(turned()), LonLat(seam), size=(361, 181))
        assert (drawn.cells >= 0).all()
        assert np.unique(drawn.cells).size == 18 * 36

    @pytest.mark.parametrize("side", ["north", "south"])
    @pytest.mark.parametrize("field", [turned(), ocean()], ids=["turned", "ocean"])
    def test_no_cell_of_the_other_pole_is_seen(self, field: Field, side: str) -> None:
        drawn = raster(mesh_of(field), Polar(side, 30.0), size=(200, 200)).cells
        assert field.latitudes is not None
        latitudes = np.broadcast_to(field.latitudes, field.shape).ravel()
        seen = latitudes[np.unique(drawn[drawn >= 0])]
        assert seen.size > 50
        assert (seen > 0.0 if side == "north" else seen < 0.0).all()

    def test_the_cell_on_the_pole_fills_the_edge_of_the_map(self) -> None:
        mesh = mesh_of(turned())
        middle = raster(mesh, Polar("north", 80.0), size=(101, 101)).cells[50, 50]
        assert set(raster(mesh, LonLat(-180.0), size=(360, 1800)).cells[-1]) == {middle}

    @pytest.mark.parametrize("fold", list(Fold))
    @pytest.mark.parametrize("seam", [-180.0, 0.0, 106.0, 73.7])
    def test_an_ocean_grid_is_closed_at_its_seam_and_its_fold(
        self, fold: Fold, seam: float
    ) -> None:
        field = ocean(fold)
        drawn = raster(mesh_of(field), LonLat(seam), size=(720, 360))
        southern = float(field.latitudes.min()) + 0.5  # type: ignore[union-attr]
        rows = centres(drawn)[1][:, 0] > southern
        assert (drawn.cells[rows] >= 0).all()
        np.testing.assert_array_equal(drawn.cells[rows], field.nodes[drawn.cells[rows]])

    @pytest.mark.parametrize("fold", list(Fold))
    def test_every_cell_of_an_ocean_grid_is_seen_from_above_the_pole_or_on_the_map(
        self, fold: Fold
    ) -> None:
        field = ocean(fold)
        mesh = mesh_of(field)
        seen = set(raster(mesh, LonLat(-180.0), size=(2000, 1000)).cells.ravel())
        seen |= set(raster(mesh, Polar("north", 30.0), size=(2000, 2000)).cells.ravel())
        pole = raster(mesh, Polar("north", 30.0), Window(0.4, 0.6, 0.0, 0.3), (2000, 2000))
        other = raster(mesh, Polar("north", 30.0), Window(-0.6, -0.4, -0.3, 0.0), (2000, 2000))
        seen |= set(pole.cells.ravel()) | set(other.cells.ravel())
        missing = set(np.unique(field.nodes).tolist()) - seen
        assert len(missing) < 30  # slivers beside the mesh poles
        assert not {cell for cell in missing if cell // field.shape[1] < 100}

    def test_unknown_corners_take_only_their_own_cells_away(self) -> None:
        mesh = bent(mesh_of(regular()))
        before = raster(mesh, LonLat(-170.0), size=(360, 180)).cells
        latitudes, longitudes = (part.copy() for part in mesh.corners)
        latitudes[5, 7] = np.nan
        holed = Mesh(mesh.field, latitudes, longitudes)
        after = raster(holed, LonLat(-170.0), size=(360, 180)).cells
        gone = np.isin(before, [4 * 18 + 6, 4 * 18 + 7, 5 * 18 + 6, 5 * 18 + 7])
        np.testing.assert_array_equal(after, np.where(gone, -1, before))

    def test_cells_without_extent_leave_no_trace(self) -> None:
        mesh = bent(mesh_of(regular()))
        latitudes, longitudes = (part.copy() for part in mesh.corners)
        longitudes[:, 8] = longitudes[:, 7]
        squeezed = Mesh(mesh.field, latitudes, longitudes)
        cells = raster(squeezed, LonLat(-180.0), size=(360, 180)).cells
        assert (cells >= 0).all()
        assert 7 not in cells % 18


class TestPatches:
    @settings(deadline=None, max_examples=40)
    @given(
        st.sampled_from(["map", "cut map", "curvilinear", "polar", "index"]),
        st.lists(st.integers(0, 18 * 12 - 1), min_size=1, max_size=4),
    )
    def test_hold_all_that_changes_and_no_more(self, kind: str, changed: list[int]) -> None:
        field = turned(12, 18) if kind == "curvilinear" else regular()
        projection: Projection = {
            "map": LonLat(-180.0), "cut map": LonLat(33.0), "curvilinear": LonLat(33.0),
            "polar": Polar("north"), "index": Index(field.shape),
        }[kind]  # fmt: skip
        drawn = raster(mesh_of(field), projection, size=(120, 80))
        before = drawn.image(field.values)
        values = field.values.copy()
        values.ravel()[changed] += 0.25
        part = drawn.patch(np.array(changed))
        after = drawn.image(values)
        differs = (before != after) & ~(np.isnan(before) & np.isnan(after))
        if part is None:
            assert not differs.any()
            return
        before[part] = drawn.image(values, part)
        np.testing.assert_array_equal(before, after)
        inside = differs[part]
        assert inside[0].any()
        assert inside[-1].any()
        assert inside[:, 0].any()
        assert inside[:, -1].any()

    def test_copies_count_as_what_they_are_copies_of(self) -> None:
        field = ocean()
        ny, nx = field.shape
        copy = (ny - 1) * nx + 40
        mesh = mesh_of(field)
        on_map = raster(mesh, LonLat(-180.0), size=(400, 200))
        assert on_map.patch(np.array([copy])) == on_map.patch(field.nodes[[copy]].astype(np.int64))
        by_index = raster(mesh, Index(field.shape))
        rows, columns = by_index.patch(np.array([copy])) or (slice(0), slice(0))
        assert (rows.start, rows.stop) == (ny - 2, ny)
        assert copy % nx in range(columns.start, columns.stop)
        assert field.nodes[copy] % nx in range(columns.start, columns.stop)

    def test_what_is_not_shown_needs_none(self) -> None:
        drawn = raster(mesh_of(regular()), Polar("north", 60.0), size=(50, 50))
        assert drawn.patch(np.array([0])) is None


def test_without_places_only_index_space_is_left() -> None:
    field = Field(np.zeros((3, 4)), "other")
    with pytest.raises(InputRefused, match="row and column"):
        raster(mesh_of(field), LonLat())
    assert raster(mesh_of(field), Index(field.shape)).cells.shape == (3, 4)
