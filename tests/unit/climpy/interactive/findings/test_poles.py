"""The rules of the poles are judged and repaired; singular points are placed."""

import numpy as np
import pytest

from climpy.bc.ipsl import checks
from climpy.grids.regular import RegularGrid
from climpy.interactive import Field, Session
from climpy.interactive.field import cell_centres
from climpy.interactive.findings import Ground, pole_rules, singular_points
from tests.unit.climpy.interactive import fields_to_edit as made


def planet(ny: int = 180, nx: int = 360) -> Field:
    heights = np.random.default_rng(5).uniform(-3000, 3000, (ny, nx))
    return Field(heights, "topography", *cell_centres(ny, nx, -180.0))


@pytest.mark.parametrize("shape", [(180, 360), (45, 90), (90, 180)])
def test_the_repairs_make_both_rules_kept_and_change_only_what_breaks_them(shape) -> None:
    field = planet(*shape)
    ground = Ground(field)
    session = Session(field)
    for rule in pole_rules(field, ground):
        assert not rule.kept
        before = session.values.copy()
        change = session.apply(rule.repair)
        assert np.array_equal(before != session.values, rule.cells)
        assert change.changed == np.count_nonzero(rule.cells)
    grid = RegularGrid(field.latitudes[:, 0], field.longitudes[0])
    assert checks.pole_rules(session.values, grid).kept
    assert all(rule.kept for rule in pole_rules(session.field, ground))


def test_the_cells_are_those_that_the_checks_count() -> None:
    field = planet()
    grid = RegularGrid(field.latitudes[:, 0], field.longitudes[0])
    counts = checks.pole_rules(field.values, grid)
    south, north = pole_rules(field, Ground(field))
    assert np.count_nonzero(south.cells) == counts.southern_ocean_cells
    assert np.count_nonzero(north.cells) == min(
        counts.northern_land_cells, counts.northern_ocean_cells
    )


def test_repairs_take_the_level_of_the_ground_there_and_say_so() -> None:
    field = planet()
    field.values[:12] = 200.0
    field.values[3, 7] = -50.0
    field.values[176:] = -400.0
    field.values[178, 100] = 30.0
    south, north = pole_rules(field, Ground(field))
    assert "1 ocean cell south of 78 S" in south.sentence
    assert "land, 200 m high" in south.sentence
    assert "1 land cell north of 86 N" in north.sentence
    assert "ocean, 400 m deep" in north.sentence
    assert south.repair.change(field).new.tolist() == [200.0]
    assert north.repair.change(field).new.tolist() == [-400.0]


def test_without_ground_to_go_by_a_level_is_stated() -> None:
    field = planet()
    field.values[:] = -100.0
    south, north = pole_rules(field, Ground(field))
    assert "100 m high" in south.sentence
    assert north.kept
    assert north.sentence == "Kept."


def test_ocean_grids_have_no_such_rules() -> None:
    field = made.ocean()
    assert pole_rules(field, Ground(field)) == ()


def test_singular_points_lie_on_land_in_the_sea_or_beyond_the_grid() -> None:
    field = made.drawn_ocean(["....####", "....####", "####....", "........"])
    ground = Ground(field)
    wet, dry = (ground.place(int(ground.cell_at((60.0, x)))) for x in (-100.0, 100.0))
    points = singular_points(field, ground, [wet, dry, (-90.0, 0.0)])
    assert [point.on_land for point in points] == [False, True, True]
    assert "must lie on land" in points[0].sentence
    assert "ends before its pole" in points[2].sentence
