"""Vegetation from a map of BIOME4 biomes or of the megabiomes that they are grouped into."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.bathymetry import containing_cells
from climpy.bc.ipsl.coordinates import require_shape
from climpy.bc.ipsl.pft import SHAPE, land_mask
from climpy.bc.ipsl.vegetation_table import CLASSES, require_percentages, row_of_classes
from climpy.errors import InputRefused, StepRefused
from climpy.grids.regular import RegularGrid

MEGABIOMES: Mapping[int, str] = {
    1: "tropical forest",
    2: "warm-temperate forest",
    3: "savanna and dry woodland",
    4: "grassland and dry shrubland",
    5: "desert",
    6: "temperate forest",
    7: "boreal forest",
    8: "tundra",
    9: "dry tundra",
    28: "land ice",
}
"""Megabiomes of Harrison and Prentice 2003 (doi:10.1046/j.1365-2486.2003.00598.x)."""

MEGABIOME_OF_BIOME4: Mapping[int, int] = {
    **dict.fromkeys((1, 2, 3), 1),
    **dict.fromkeys((6,), 2),
    **dict.fromkeys((12, 15, 16, 17, 18), 3),
    **dict.fromkeys((13, 14, 19, 20), 4),
    **dict.fromkeys((21, 27), 5),
    **dict.fromkeys((4, 5, 7, 8, 9), 6),
    **dict.fromkeys((10, 11), 7),
    **dict.fromkeys((23, 24, 25, 26), 8),
    22: 9,
    28: 28,
}
"""Megabiome of each of the 28 biomes of BIOME4 (27 barren, 28 land ice)."""

PERCENTAGES: Mapping[int, Mapping[int, float]] = {
    1: {2: 75, 3: 25},
    2: {5: 70, 6: 30},
    3: {2: 15, 3: 55, 10: 30},
    4: {1: 20, 10: 40, 11: 40},
    5: {1: 100},
    6: {5: 40, 6: 30, 8: 30},
    7: {6: 30, 9: 40, 10: 30},
    8: {1: 30, 8: 10, 10: 60},
    9: {1: 50, 10: 50},
    28: {1: 100},
}
"""Percentages of the vegetation classes in each megabiome: a starting point to be replaced.

The forests and the savanna have the composition of the default latitude bands; the others are
read off the names of the classes.
"""


@dataclass(frozen=True, eq=False)
class BiomeMap:
    """A global map of numbered biomes, rows from south to north; 0 where there is none."""

    codes: AnyArray
    grid: RegularGrid


def megabiomes(biomes: BiomeMap) -> BiomeMap:
    """Group a map of the 28 biomes of BIOME4 into megabiomes.

    Raises
    ------
    InputRefused
        If the map holds a number that BIOME4 does not know.
    """
    return BiomeMap(megabiome_numbers(biomes.codes), biomes.grid)


def megabiome_numbers(codes: AnyArray) -> AnyArray:
    """Megabiome of each of the numbers of BIOME4, whole, of any shape; 0 stays 0.

    Raises
    ------
    InputRefused
        If BIOME4 does not know a number.
    """
    return _looked_up(codes, {0: 0, **MEGABIOME_OF_BIOME4})


def compositions(given: Mapping[Any, Any]) -> dict[int, dict[int, float]]:
    """Give the percentages of the classes in every megabiome, those of the user first.

    Parameters
    ----------
    given : mapping of megabiome to mapping of class to percentage
        Both by number or by name; a megabiome that is not named keeps that of `PERCENTAGES`.

    Raises
    ------
    InputRefused
        Naming what is no megabiome, or the megabiome whose percentages make no sense.
    """
    rows: dict[int, tuple[float, ...]] = {}
    for key, percentages in given.items():
        number = _megabiome(key)
        where = f"The megabiome {number} ({MEGABIOMES[number]})"
        if number in rows:
            raise InputRefused(f"{where} is given twice, by its number and by its name.")
        rows[number] = row_of_classes(percentages, where)
        require_percentages(rows[number], where)
    replaced = {
        number: {k: share for k, share in enumerate(row, start=1) if share}
        for number, row in rows.items()
    }
    return {number: dict(replaced.get(number, PERCENTAGES[number])) for number in MEGABIOMES}


def _megabiome(key: object) -> int:
    """Number of a megabiome that is given by number or name."""
    text = str(key).strip()
    for number, name in MEGABIOMES.items():
        if text in (str(number), name):
            return number
    known = ", ".join(f"{number} {name}" for number, name in MEGABIOMES.items())
    raise InputRefused(f"{text} is no megabiome; they are {known}.")


def attributes(percentages: Mapping[int, Mapping[int, float]]) -> dict[str, str]:
    """Global attributes that tell how a map of BIOME4 biomes became vegetation, as JSON.

    `biome_percentages` can be given to `compositions` again.
    """
    named = {
        MEGABIOMES[number]: {str(k): float(share) for k, share in row.items()}
        for number, row in percentages.items()
    }
    groups = {
        name: [biome for biome, group in MEGABIOME_OF_BIOME4.items() if group == number]
        for number, name in MEGABIOMES.items()
    }
    return {"biome_percentages": json.dumps(named), "biome_groups": json.dumps(groups)}


def on_half_degree(biomes: BiomeMap) -> AnyArray:
    """Biome that holds the centre of each cell of the vegetation map, (360, 720).

    Rows from south to north, columns from 180 W; on a border the south-western counts.

    Raises
    ------
    InputRefused
        If the map does not have the shape of its grid.
    """
    require_shape(biomes.codes, biomes.grid.shape, "biome")
    target = RegularGrid.of_shape(*SHAPE)
    places = np.meshgrid(target.latitudes, target.longitudes, indexing="ij")
    return np.asarray(biomes.codes[containing_cells(biomes.grid, *places)])


def vegetation_of_biomes(
    heights: FloatArray,
    grid: RegularGrid,
    biomes: BiomeMap,
    *,
    percentages: Mapping[int, Mapping[int, float]] = PERCENTAGES,
) -> FloatArray:
    """Share of each vegetation class from a map of (mega)biomes, (13, 360, 720) float64 [1].

    Rows from south to north, columns from 180 W; the shares of a land cell sum to 1, ocean is
    NaN. Each half-degree cell takes the biome that holds its centre; land where the map has
    none takes that of the nearest cells that have one.

    Parameters
    ----------
    heights : (ny, nx) float64
        Heights [m], land > 0, rows from south to north.
    grid : RegularGrid
        Where the heights are.
    biomes : BiomeMap
        Biomes, numbered as in `percentages`; 0 where there is none.
    percentages : mapping of biome to mapping of class to percentage
        Composition of each biome; each sums to 100.

    Raises
    ------
    InputRefused
        If a composition does not sum to 100, or a half-degree cell has a number that has none.
    StepRefused
        If the map holds no biome at all.
    """
    rows = {biome: row_of_classes(row, f"Biome {biome}") for biome, row in percentages.items()}
    for biome, row in rows.items():
        require_percentages(row, f"Biome {biome}")
    land = land_mask(heights, grid)
    numbered = {0: 0} | {biome: n for n, biome in enumerate(rows, start=1)}
    found = _looked_up(on_half_degree(biomes), numbered)
    nearest = _spread(found, land)
    shares = np.array([[0.0] * len(CLASSES), *rows.values()]).T / 100.0
    return np.where(land, shares[:, nearest], np.nan)


def _looked_up(codes: AnyArray, meaning: Mapping[int, int]) -> AnyArray:
    """Replace each code by its meaning; codes without one are refused."""
    present, place = np.unique(codes, return_inverse=True)
    unknown = [code for code in present.tolist() if code not in meaning]
    if unknown:
        raise InputRefused(
            f"The biome map holds {', '.join(f'{c:g}' for c in unknown[:5])}, which the table of "
            f"biomes does not; it knows {', '.join(map(str, meaning))}."
        )
    values = np.array([meaning[int(code)] for code in present.tolist()])
    return np.asarray(values[place].reshape(codes.shape))


def _spread(found: AnyArray, land: AnyArray) -> AnyArray:
    """Fill land cells without a biome (0) from their neighbours, ring by ring, periodically."""
    if not found.any():
        raise StepRefused("The biome map holds no biome.")
    while np.any(missing := land & (found == 0)):
        framed = np.pad(found, ((1, 1), (0, 0)))
        framed = np.concatenate([framed[:, -1:], framed, framed[:, :1]], axis=1)
        ny, nx = found.shape
        around = np.max([framed[b : b + ny, a : a + nx] for b in range(3) for a in range(3)], 0)
        # The front crosses the sea too, or an island off the map's land would never be reached.
        reached = np.where(found == 0, around, found)
        found = np.where(missing | ~land, reached, found)
    return found
