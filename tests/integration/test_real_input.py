"""A real topography of half a degree, at its own steps and at one degree, through every method."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytest

from climpy.bc.ipsl import (
    ahmcoef,
    bathymetry,
    checks,
    heatflow,
    pft,
    relief,
    routing,
    soils,
    sub_basins,
)
from climpy.bc.ipsl.regrid import Regridded, Target, regrid_file
from climpy.grids.orca import OrcaParameters, generate
from climpy.grids.poles import find_poles, margins_km
from climpy.grids.regular import RegularGrid
from tests.reference import reference

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

OPTIONS = {
    "reference": routing.DEFAULTS,
    "drop per distance": routing.RoutingOptions(drop_per_distance=True),
    "closed basins": routing.RoutingOptions(closed_basins="all"),
}


@dataclass(frozen=True)
class Case:
    """The topography on one grid, and what the methods make of it."""

    regridded: Regridded

    @property
    def heights(self):
        return self.regridded.topography.heights

    @property
    def grid(self):
        return self.regridded.topography.grid

    @cached_property
    def rivers(self):
        return routing.route(self.heights, self.grid)

    @cached_property
    def choice(self):
        return find_poles(self.rivers.topo, self.grid)

    @cached_property
    def ocean(self):
        best = self.choice.require_land()
        return generate(OrcaParameters(best.longitude, best.latitude))

    @cached_property
    def depth(self):
        return bathymetry.bathymetry(self.rivers.topo, self.grid, self.ocean)


@pytest.fixture(
    scope="module",
    params=[(None, "nearest"), (1.0, "nearest"), (1.0, "bilinear"), (1.0, "conservative")],
    ids=["half a degree", "nearest", "bilinear", "conservative"],
)
def case(request):
    step, method = request.param
    path = reference("topographies", "palaeo_halfdeg.nc")
    return Case(regrid_file(path, Target(step, step), method))


@pytest.fixture(params=OPTIONS)
def rivers(case, request):
    return routing.route(case.heights, case.grid, OPTIONS[request.param])


def next_cells(trip):
    """Flat index of the cell that each cell flows to; its own at outlets and on the ocean."""
    ny, nx = trip.shape
    j, i = np.indices(trip.shape)
    for code, (north, east) in STEPS.items():
        j = j + north * (trip == code)
        i = i + east * (trip == code)
    assert j.min() >= 0
    assert j.max() < ny
    return (j * nx + i % nx).ravel()


def cell_areas(grid):
    return np.repeat(grid.cell_widths_m() * grid.cell_height_m(), grid.shape[1])


class TestInput:
    def test_is_understood(self, case):
        found = case.regridded.understanding
        assert (found.variable, found.rows, found.columns) == ("Z", 360, 720)
        assert found.orientation == "south-up"
        assert found.holes == 0
        assert found.units_assumed

    def test_shape_and_range(self, case):
        found = case.regridded.understanding
        assert case.heights.shape == case.grid.shape in [(360, 720), (180, 360)]
        assert found.minimum <= case.heights.min() < 0.0 < case.heights.max() <= found.maximum
        west = case.grid.west
        assert west == pytest.approx(-180.0)

    def test_area_means_keep_the_mean_height(self):
        path = reference("topographies", "palaeo_halfdeg.nc")
        own, coarse = (
            Case(regrid_file(path, Target(step, step), "conservative")) for step in (None, 1.0)
        )
        means = []
        for case in (own, coarse):
            edges = np.linspace(-90.0, 90.0, case.grid.shape[0] + 1)
            area = np.diff(np.sin(np.deg2rad(edges)))
            means.append(np.average(case.heights.mean(axis=1), weights=area))
        assert means[0] == pytest.approx(means[1], abs=1e-9)


class TestRivers:
    def test_every_land_cell_reaches_an_outlet(self, rivers):
        reached = next_cells(rivers.trip)
        for _ in range(20):  # each pass doubles the way
            reached = reached[reached]
        land = rivers.land.ravel()
        assert (rivers.trip.ravel()[reached[land]] >= routing.RETURN).all()
        assert not rivers.trip[~rivers.land].any()

    def test_the_cells_of_a_basin_reach_its_one_outlet(self, rivers):
        reached = next_cells(rivers.trip)
        outlets = np.flatnonzero(rivers.trip.ravel() >= routing.RETURN)
        numbers = rivers.basins.ravel()[outlets]
        assert sorted(numbers) == list(range(1, rivers.basins.max() + 1))
        for _ in range(20):
            reached = reached[reached]
        land = rivers.land.ravel()
        basins = rivers.basins.ravel()
        np.testing.assert_array_equal(basins[reached[land]], basins[land])

    def test_basin_areas_decrease_and_sum_to_the_land(self, case, rivers):
        area = cell_areas(case.grid)
        by_basin = np.bincount(rivers.basins.ravel(), weights=area)[1:]
        assert by_basin.sum() == pytest.approx(area[rivers.land.ravel()].sum(), rel=1e-12)
        assert (np.diff(by_basin) <= 1e-9 * by_basin[:-1]).all()

    def test_way_to_the_ocean_shortens_along_the_flow(self, rivers):
        flows = (rivers.trip > 0) & (rivers.trip < routing.RETURN)
        downstream = rivers.disto.ravel()[next_cells(rivers.trip)].reshape(rivers.trip.shape)
        shortened = 1000.0 * (rivers.disto - downstream)[flows]
        assert (shortened > 0.0).all()
        np.testing.assert_allclose(rivers.riverl[flows], shortened, rtol=1e-9, atol=1e-6)

    def test_fields_are_in_their_ranges(self, rivers):
        land = rivers.land
        assert set(np.unique(rivers.trip[land])) <= {*STEPS, 97, 98, 99}
        assert (rivers.hdiff[land] >= routing.LEAST_DROP_M).all()
        assert (rivers.hdiff[~land] == 0.0).all()
        for field in (rivers.disto, rivers.riverl, rivers.topoind):
            np.testing.assert_array_equal(np.isnan(field), ~land)
            assert (field[land] > 0.0).all()

    def test_the_land_stays_and_is_only_raised(self, case):
        rivers = case.rivers
        np.testing.assert_array_equal(rivers.land, np.round(case.heights, 3) > 0.0)
        np.testing.assert_array_equal(rivers.topo > 0.0, rivers.land)
        assert (rivers.topo >= np.round(case.heights, 3)).all()

    def test_turning_the_globe_turns_the_rivers(self, case):
        turn = case.grid.shape[1] // 3 + 1
        west = case.grid.west - turn * case.grid.dlon
        turned = RegularGrid.of_shape(*case.grid.shape, west)
        found = routing.route(np.roll(case.heights, turn, axis=1), turned)
        for name in ("trip", "basins", "disto", "hdiff", "topo"):
            np.testing.assert_array_equal(
                getattr(found, name), np.roll(getattr(case.rivers, name), turn, axis=1)
            )


class TestLandProducts:
    def test_soils_lie_on_land(self, case):
        color, texture = soils.soils(case.rivers.topo, case.grid)
        np.testing.assert_array_equal(color, np.where(case.rivers.land, 4.0, 0.0))
        np.testing.assert_array_equal(texture, np.where(case.rivers.land, 3.0, 0.0))

    def test_vegetation_covers_the_land(self, case):
        shares = pft.vegetation(case.rivers.topo, case.grid)
        assert shares.shape == (13, 360, 720)
        land = ~np.isnan(shares[0])
        np.testing.assert_allclose(shares[:, land].sum(axis=0), 1.0, rtol=0, atol=1e-12)
        assert np.isnan(shares[:, ~land]).all()
        fine = case.rivers.land
        if fine.shape != land.shape:
            fine = np.repeat(np.repeat(fine, 2, axis=0), 2, axis=1)
            # within a cell the interpolation may move the coast
            assert np.mean(fine != land) < 0.03
        else:
            np.testing.assert_array_equal(land, fine)

    def test_relief_has_the_range_of_the_heights(self, case):
        field = relief.relief(case.rivers.topo, case.grid)
        assert field.shape == (1080, 2160)
        assert field.min() == 0.0
        assert 0.9 * case.rivers.topo.max() < field.max() <= case.rivers.topo.max()
        blocks = 1080 // case.grid.shape[0]
        raised = np.repeat(np.repeat(case.rivers.land, blocks, axis=0), blocks, axis=1)
        assert np.mean((field > 0.0) != raised) < 0.03


class TestOceanProducts:
    def test_the_poles_of_the_grid_lie_on_land(self, case):
        places = case.choice.best.places
        assert case.choice.on_land
        found = checks.singular_points(places, case.rivers.topo, case.grid)
        assert all(point.on_land for point in found)
        lat, lon = np.array(places).T
        margins = margins_km(case.rivers.topo, case.grid, lat, lon)
        np.testing.assert_allclose(margins, case.choice.best.margins_km)

    def test_depths_are_those_of_the_topography(self, case):
        ocean, depth = case.ocean, case.depth
        assert depth.shape == (149, 182)
        rows, columns = bathymetry.containing_cells(case.grid, ocean.gphit, ocean.glamt)
        wet = ~case.rivers.land[rows, columns]
        np.testing.assert_array_equal((depth > 0.0)[ocean.unique], wet[ocean.unique])
        np.testing.assert_array_equal(ocean.fill_copies(depth), depth)
        assert depth.max() <= -case.rivers.topo.min()

    def test_mean_depths_have_nearly_the_same_ocean(self, case):
        mean = bathymetry.bathymetry(case.rivers.topo, case.grid, case.ocean, method="mean")
        assert np.mean((mean > 0.0) != (case.depth > 0.0)) < 0.04

    def test_ocean_products_lie_on_the_ocean(self, case):
        wet = case.depth > 0.0
        heat = heatflow.heatflow(case.depth, case.ocean)
        np.testing.assert_array_equal(heat > 0.0, wet)
        assert heat.max() <= heatflow.GREATEST_FLUX
        coefficient = ahmcoef.ahmcoef(case.depth, case.ocean)
        assert (coefficient[~wet] == 100.0).all()
        assert set(np.unique(coefficient)) <= {0.0, *ahmcoef.BESIDE_THE_COAST}
        for method in ("thirds", "connected"):
            basins = sub_basins.propose(case.depth, case.ocean, method=method)
            np.testing.assert_array_equal(basins > 0, wet)
            assert set(np.unique(basins)) == {0, 1, 2, 3}
        for field in (heat, coefficient, basins):
            np.testing.assert_array_equal(case.ocean.fill_copies(field), field)

    def test_the_checks_run(self, case):
        found = checks.report(
            case.rivers.topo, case.grid, case.depth, case.ocean, poles=case.choice.best.places
        )
        assert all(point.on_land for point in found.singular_points)
        assert len({(p.row, p.column) for p in found.diffusive_passages}) == len(
            found.diffusive_passages
        )
        assert sum(sea.cells for sea in found.internal_oceans) < np.count_nonzero(~case.rivers.land)
