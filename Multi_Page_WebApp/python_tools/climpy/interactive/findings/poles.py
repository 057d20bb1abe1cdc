"""The rules of the poles and how they are kept; the singular points of an ocean grid."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from climpy.arrays import BoolArray
from climpy.bc.ipsl.checks import NORTHERN_LIMIT, SOUTHERN_LIMIT
from climpy.grids.regular import RegularGrid
from climpy.interactive.edits import Edit
from climpy.interactive.field import Field
from climpy.interactive.findings.ground import Ground
from climpy.interactive.findings.words import at, counted, metres
from climpy.interactive.operations import Dig, Fill
from climpy.interactive.selections import Box, Selection, Surface

_LAND_M, _OCEAN_M = 100.0, 1000.0
"""Height and depth where there is no ground of that kind to take the mean of."""

_JUST_BEYOND = 1e-6


@dataclass(frozen=True, eq=False)
class PoleRule:
    """A rule of a pole and the cells that break it.

    Parameters
    ----------
    name : {"south", "north"}
        Which pole.
    rule : str
        What it says.
    sentence : str
        How it stands.
    cells : (ny, nx) bool
        What breaks it.
    repair : Edit or None
        What makes it kept; None where it is.
    """

    name: str
    rule: str
    sentence: str
    cells: BoolArray
    repair: Edit | None

    @property
    def kept(self) -> bool:
        """True if no cell breaks it."""
        return self.repair is None


def pole_rules(field: Field, ground: Ground) -> tuple[PoleRule, ...]:
    """Judge a topography on a regular grid; on ocean grids there are no such rules.

    Land is made as high as the land there is on average, ocean as deep as the ocean.
    """
    if field.kind != "topography" or not isinstance(ground.grid, RegularGrid):
        return ()
    return _southern(field, ground), _northern(field, ground)


def _southern(field: Field, ground: Ground) -> PoleRule:
    there = (ground.latitudes < SOUTHERN_LIMIT).reshape(ground.shape)
    return _rule(
        field,
        ground,
        PoleRule(
            "south",
            "No ocean south of 78 S.",
            "",
            there & field.ocean,
            None,
        ),
        there,
        "land",
    )


def _northern(field: Field, ground: Ground) -> PoleRule:
    there = (ground.latitudes > NORTHERN_LIMIT).reshape(ground.shape)
    ocean, land = there & field.ocean, there & field.land
    wanted = "ocean" if np.count_nonzero(ocean) >= np.count_nonzero(land) else "land"
    return _rule(
        field,
        ground,
        PoleRule(
            "north",
            "North of 86 N all land or all ocean.",
            "",
            land if wanted == "ocean" else ocean,
            None,
        ),
        there,
        wanted,
    )


def _rule(field: Field, ground: Ground, rule: PoleRule, there: BoolArray, wanted: str) -> PoleRule:
    number = int(np.count_nonzero(rule.cells))
    where = "south of 78 S" if rule.name == "south" else "north of 86 N"
    if not number:
        return PoleRule(rule.name, rule.rule, "Kept.", rule.cells, None)
    level = _level(field, ground, there, wanted)
    what = "high" if wanted == "land" else "deep"
    other = "ocean" if wanted == "land" else "land"
    made = f"{metres(level)} {what}"
    repair = Edit(
        Selection.of(_cap(rule.name), Surface(other)),
        Fill(level) if wanted == "land" else Dig(level),
        f"Make {counted(number, 'cell')} {where} {wanted}, {made}",
    )
    sentence = (
        f"{counted(number, f'{other} cell')} {where}; the repair makes them {wanted}, {made}."
    )
    return PoleRule(rule.name, rule.rule, sentence, rule.cells, repair)


def _cap(name: str) -> Box:
    if name == "south":
        return Box(-90.0, SOUTHERN_LIMIT - _JUST_BEYOND, -180.0, 180.0)
    return Box(NORTHERN_LIMIT + _JUST_BEYOND, 90.0, -180.0, 180.0)


def _level(field: Field, ground: Ground, there: BoolArray, wanted: str) -> float:
    """Mean height of the land, or depth of the ocean, near a pole [m], at least 1 m."""
    alike = np.flatnonzero(there & (field.land if wanted == "land" else field.ocean))
    if not alike.size:
        return _LAND_M if wanted == "land" else _OCEAN_M
    weights = ground.areas_km2[alike]
    mean = np.average(np.abs(field.values.ravel()[alike]), weights=weights)
    return max(float(np.round(mean)), 1.0)


@dataclass(frozen=True)
class SingularPoint:
    """A pole of an ocean grid.

    Parameters
    ----------
    place : (float, float)
        Latitude and longitude [degrees].
    on_land : bool
        Whether the cells round it are land, or the grid ends before it.
    sentence : str
        Where it lies.
    """

    place: tuple[float, float]
    on_land: bool
    sentence: str


def singular_points(
    field: Field, ground: Ground, poles: Iterable[tuple[float, float]]
) -> tuple[SingularPoint, ...]:
    """Tell whether the poles of an ocean grid lie on land."""
    return tuple(_singular(field, ground, pole) for pole in poles)


def _singular(field: Field, ground: Ground, pole: tuple[float, float]) -> SingularPoint:
    cell = ground.cell_at(pole)
    wet = bool(field.ocean.ravel()[cell])
    away = abs(float(ground.latitudes[cell]) - pole[0])
    if abs(pole[0]) > 89.0 and away > 1.0:
        return SingularPoint(pole, True, f"The grid ends before its pole at {at(pole)}.")
    lies = "in the sea; it must lie on land" if wet else "on land"
    return SingularPoint(pole, not wet, f"The pole of the grid at {at(pole)} lies {lies}.")
