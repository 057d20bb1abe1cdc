"""Vegetation from a map of BIOME4 biomes or of the megabiomes that they are grouped into."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    return BiomeMap(_looked_up(biomes.codes, {0: 0, **MEGABIOME_OF_BIOME4}), biomes.grid)


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
        If a composition does not sum to 100, or the map holds a number that has none.
    StepRefused
        If the map holds no biome at all.
    """
    require_shape(biomes.codes, biomes.grid.shape, "biome")
    rows = {biome: row_of_classes(row, f"Biome {biome}") for biome, row in percentages.items()}
    for biome, row in rows.items():
        require_percentages(row, f"Biome {biome}")
    target = RegularGrid.of_shape(*SHAPE)
    places = np.meshgrid(target.latitudes, target.longitudes, indexing="ij")
    land = land_mask(heights, grid)
    numbered = {0: 0} | {biome: n for n, biome in enumerate(rows, start=1)}
    found = _looked_up(biomes.codes, numbered)[containing_cells(biomes.grid, *places)]
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
