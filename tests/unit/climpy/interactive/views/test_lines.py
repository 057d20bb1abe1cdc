"""Lines lie where cells meet."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from climpy.interactive.views import lines
from climpy.interactive.views.lines import Lines
from climpy.interactive.views.meshes import mesh_of
from climpy.interactive.views.projections import Index, LonLat, Polar, Projection, Window
from tests.unit.climpy.interactive.fields_to_edit import drawn
from tests.unit.climpy.interactive.views.meshes_to_see import ocean, regular, turned

Side = tuple[float, float, float, float]


def sides(drawn_lines: Lines | None) -> set[Side]:
    """Straight pieces, each from its lower left end on."""
    assert drawn_lines is not None
    points = np.column_stack([drawn_lines.x, drawn_lines.y]).astype(float).round(3).tolist()
    pairs = [sorted(pair) for pair in itertools.pairwise(points)]
    return {(*a, *b) for a, b in pairs if not np.isnan([*a, *b]).any() and a != b}


def marked(shape: tuple[int, int], *cells: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    for cell in cells:
        mask[cell] = True
    return mask


class TestOutlines:
    def test_a_cell_has_four_sides(self) -> None:
        found = lines.outline(mesh_of(regular()), LonLat(-180.0), marked((12, 18), (4, 6)))
        assert sides(found) == {
            (-60.0, -30.0, -40.0, -30.0),
            (-60.0, -15.0, -40.0, -15.0),
            (-60.0, -30.0, -60.0, -15.0),
            (-40.0, -30.0, -40.0, -15.0),
        }

    def test_a_side_between_two_marked_cells_is_not_drawn_over_the_seam_either(self) -> None:
        found = lines.outline(mesh_of(regular()), LonLat(-180.0), marked((12, 18), (4, 0), (4, 17)))
        assert sides(found) == {
            (-180.0, -30.0, -160.0, -30.0),
            (-180.0, -15.0, -160.0, -15.0),
            (-160.0, -30.0, -160.0, -15.0),
            (160.0, -30.0, 180.0, -30.0),
            (160.0, -15.0, 180.0, -15.0),
            (160.0, -30.0, 160.0, -15.0),
        }

    def test_a_side_on_the_seam_stands_at_both_edges(self) -> None:
        found = sides(lines.outline(mesh_of(regular()), LonLat(-180.0), marked((12, 18), (4, 17))))
        assert (180.0, -30.0, 180.0, -15.0) in found
        assert (-180.0, -30.0, -180.0, -15.0) in found

    def test_a_cell_that_the_seam_cuts_is_drawn_at_both_edges(self) -> None:
        found = lines.outline(mesh_of(regular()), LonLat(-50.0), marked((12, 18), (4, 6)))
        assert sides(found) == {
            (-50.0, -30.0, -40.0, -30.0),
            (-50.0, -15.0, -40.0, -15.0),
            (-40.0, -30.0, -40.0, -15.0),
            (300.0, -30.0, 310.0, -30.0),
            (300.0, -15.0, 310.0, -15.0),
            (300.0, -30.0, 300.0, -15.0),
        }

    def test_the_fold_is_no_border(self) -> None:
        field = ocean()
        ny, nx = field.shape
        cell = (ny - 2, 40)
        mirror = (ny - 2, nx - 1 - 40)
        view = Polar("north", 40.0)
        one = sides(lines.outline(mesh_of(field), view, marked(field.shape, cell)))
        both = sides(lines.outline(mesh_of(field), view, marked(field.shape, cell, mirror)))
        assert (len(one), len(both)) == (4, 6)

    def test_index_space_ends_at_its_edges(self) -> None:
        found = lines.outline(mesh_of(regular()), Index((12, 18)), marked((12, 18), (0, 17)))
        assert sides(found) == {
            (16.5, -0.5, 17.5, -0.5),
            (16.5, 0.5, 17.5, 0.5),
            (16.5, -0.5, 16.5, 0.5),
            (17.5, -0.5, 17.5, 0.5),
        }

    def test_nothing_marked_is_no_line(self) -> None:
        found = lines.outline(mesh_of(regular()), LonLat(), np.zeros((12, 18), dtype=bool))
        assert found is not None
        assert found.x.size == 0

    def test_too_many_sides_are_none(self) -> None:
        mask = np.indices((12, 18)).sum(axis=0) % 2 == 0
        assert lines.outline(mesh_of(regular()), LonLat(), mask, most=400) is None
        assert lines.outline(mesh_of(regular()), LonLat(), mask, most=432) is not None


class TestCoastlines:
    def test_lie_between_land_and_ocean(self) -> None:
        field = drawn(["....", ".##.", "....", "...."])
        found = sides(lines.coastline(field, mesh_of(field), LonLat(-180.0)))
        assert found == {
            (-90.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 90.0, 0.0),
            (-90.0, 45.0, 0.0, 45.0),
            (0.0, 45.0, 90.0, 45.0),
            (-90.0, 0.0, -90.0, 45.0),
            (90.0, 0.0, 90.0, 45.0),
        }

    def test_do_not_go_round_what_has_no_value(self) -> None:
        field = drawn(["....", "...."])
        field.values[1, 2] = np.nan
        assert not sides(lines.coastline(field, mesh_of(field), LonLat(-180.0)))
        assert not sides(lines.coastline(field, mesh_of(field), Index(field.shape)))


class TestCellEdges:
    def test_those_in_the_window(self) -> None:
        found = lines.cell_edges(
            mesh_of(regular()), LonLat(-180.0), Window(-55.0, -45.0, -29.0, -16.0)
        )
        assert not sides(found)
        found = lines.cell_edges(
            mesh_of(regular()), LonLat(-180.0), Window(-55.0, -35.0, -29.0, -16.0)
        )
        assert sides(found) == {(-40.0, -30.0, -40.0, -15.0)}

    def test_too_many_are_none(self) -> None:
        mesh = mesh_of(regular())
        assert lines.cell_edges(mesh, LonLat(), LonLat().extent, most=100) is None

    @pytest.mark.parametrize("projection", [LonLat(7.0), Polar("south"), Index((18, 36))])
    def test_none_leaks_across_the_map(self, projection: Projection) -> None:
        found = sides(lines.cell_edges(mesh_of(turned()), projection, projection.extent))
        left, right, bottom, top = projection.extent
        assert len(found) > 300
        for x0, y0, x1, y1 in found:
            assert left - 1e-3 <= min(x0, x1) <= max(x0, x1) <= right + 1e-3
            if projection.turn == 0.0 or max(abs(y0), abs(y1)) < 60.0:
                assert np.hypot(x1 - x0, y1 - y0) < 0.1 * np.hypot(right - left, top - bottom)


class TestGraticules:
    def test_of_a_map(self) -> None:
        found = sides(lines.graticule(LonLat(-170.0), 60.0))
        assert len(found) == 6 + 2
        assert (-170.0, -30.0, 190.0, -30.0) in found
        assert (180.0, -90.0, 180.0, 90.0) in found

    def test_of_a_polar_view(self) -> None:
        view = Polar("south", 40.0)
        found = lines.graticule(view, 30.0)
        distance = np.hypot(found.x, found.y)
        assert np.nanmax(distance) == pytest.approx(view.radius)
        assert np.isnan(found.x).sum() == 12 + 1 + 1
        labels = {name: (x, y) for x, y, name in lines.rim_labels(view)}
        assert labels["0"][1] > view.radius
        assert labels["90 E"][0] > view.radius
        assert set(labels) >= {"180", "30 W"}

    def test_of_index_space_is_nothing(self) -> None:
        assert lines.graticule(Index((4, 4))).x.size == 0


def test_unknown_corners_have_no_lines() -> None:
    field = turned()
    assert field.latitudes is not None
    latitudes = field.latitudes.copy()
    latitudes[5:8, 5:8] = np.nan
    mesh = mesh_of(replace(field, latitudes=latitudes))
    found = lines.outline(mesh, LonLat(), marked(field.shape, (6, 6)))
    assert found is not None
    assert found.x.size == 0
