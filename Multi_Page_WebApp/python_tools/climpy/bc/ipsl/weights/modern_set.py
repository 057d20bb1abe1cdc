"""The files of the set `mosaix_weights`, under its own names and under those the model reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from climpy.arrays import AnyArray, FloatArray
from climpy.bc.ipsl.weights import modern, modern_readme, oasis
from climpy.bc.ipsl.weights.classic import Planet
from climpy.bc.ipsl.weights.grids import CoupledGrid, corners_of, sea_at
from climpy.bc.ipsl.weights.links import Links
from climpy.bc.ipsl.weights.modern import Modern
from climpy.bc.ipsl.weights.modern_diagnostics import diagnostics_file
from climpy.bc.ipsl.weights.modern_runoff import Bands
from climpy.bc.ipsl.weights.oasis import Purpose
from climpy.grids import nemo
from climpy.grids.duplicates import duplicates
from climpy.io import ModelFile, Variable

FOLDER = "mosaix_weights"
OCEAN_NAME = "ORCA2.3"
VERSION = "v2"

RIVERS, ICEBERGS = "rivers", "icebergs"

Files = Mapping[str, ModelFile | str]
"""Content by path in an archive."""


@dataclass(frozen=True)
class Names:
    """What the files of a set are called.

    Parameters
    ----------
    ocean, atmosphere : str
        Names of the grids.
    """

    ocean: str = OCEAN_NAME
    atmosphere: str = "LMD9695"

    @property
    def model(self) -> str:
        """Both together."""
        return f"{self.ocean}x{self.atmosphere}"

    def of(self, kind: str) -> str:
        """Path of grids, masks or areas."""
        return f"{FOLDER}/{kind}_{self.model}_{VERSION}.nc"

    @property
    def ocean_mask(self) -> str:
        """Path of the atmosphere's ocean mask."""
        return f"{FOLDER}/{self.atmosphere}_grid_maskFrom_{self.ocean}_{VERSION}.nc"

    @property
    def readme(self) -> str:
        """Path of the text."""
        return f"{FOLDER}/README_{self.model}_MOSAIX_{VERSION}.txt"

    def remapping(self, name: str, kind: str = "rmp") -> str:
        """Path of a remapping or, with `dia`, of its diagnostics."""
        ocean, to_ocean = self.ocean, f"t{self.atmosphere}_to"
        title = {
            modern.TEMPERATURE: f"t{ocean}_to_t{self.atmosphere}_OceTemp_1stOrder",
            f"{modern.FLUXES}_1": f"{to_ocean}_t{ocean}_HeatWaterFluxes_1stOrder",
            f"{modern.FLUXES}_2": f"{to_ocean}_t{ocean}_HeatWaterFluxes_2ndOrder",
            f"{modern.STRESS_U}_1": f"{to_ocean}_u{ocean}_WindStress_1stOrder",
            f"{modern.STRESS_U}_2": f"{to_ocean}_u{ocean}_WindStress_2ndOrder",
            f"{modern.STRESS_V}_1": f"{to_ocean}_v{ocean}_WindStress_1stOrder",
            f"{modern.STRESS_V}_2": f"{to_ocean}_v{ocean}_WindStress_2ndOrder",
            RIVERS: f"{to_ocean}_t{ocean}_runoff_Quantity_to_Surfacic",
            ICEBERGS: f"{to_ocean}_t{ocean}_calving_full",
        }[name]
        return f"{FOLDER}/{kind}_{title}_{VERSION}.nc"


def files(made: Modern, on: Planet, ocean_name: str = OCEAN_NAME) -> dict[str, ModelFile | str]:
    """The content of each file of the set, by its path in the archive."""
    names = Names(ocean_name, on.atmosphere.name)
    all_grids = made.coupled.values()
    content: dict[str, ModelFile | str] = {
        names.of("grids"): oasis.grids_file(all_grids),
        names.of("masks"): oasis.masks_file(all_grids),
        names.of("areas"): oasis.areas_file(all_grids),
        names.ocean_mask: ocean_mask_file(made, on),
        names.readme: modern_readme.text(made, on, names.model),
    }
    for name, links in made.remappings.items():
        source, target = _ends(name, made)
        title = names.remapping(name).rpartition("/")[2]
        content[names.remapping(name)] = _remapping(name, title, links, made)
        content[names.remapping(name, "dia")] = diagnostics_file(title, links, source, target)
    for name, links in ((RIVERS, made.rivers), (ICEBERGS, made.icebergs)):
        title = names.remapping(name).rpartition("/")[2]
        content[names.remapping(name)] = _remapping(name, title, links, made)
    rivers = content[names.remapping(RIVERS)]
    if isinstance(rivers, ModelFile):
        with_bands = {**rivers.variables, **band_variables(made.bands, made)}
        content[names.remapping(RIVERS)] = replace(rivers, variables=with_bands)
    return content


def model_paths(names: Names, simulation: str) -> dict[str, str]:
    """Path in the set of each file that IPSL-CM5A2 reads, by the path at which it looks for it."""
    name = f"{names.ocean}.{simulation}x{names.atmosphere}"
    coupler, start = f"CPL/IPSLCM5A2/{name}", f"ATM/START/{name}"
    return {
        f"{coupler}/grids.nc": names.of("grids"),
        f"{coupler}/masks.nc": names.of("masks"),
        f"{coupler}/areas.nc": names.of("areas"),
        f"{coupler}/rmp_torc_to_tlmd_MOSAIC.nc": names.remapping(modern.TEMPERATURE),
        f"{coupler}/rmp_tlmd_to_torc_MOSAIC.nc": names.remapping(f"{modern.FLUXES}_1"),
        f"{coupler}/rmp_tlmd_to_torc_MOSAIC_rivflu.nc": names.remapping(RIVERS),
        f"{coupler}/rmp_tlmd_to_torc_MOSAIC_calvin.nc": names.remapping(ICEBERGS),
        f"{coupler}/rmp_tlmd_to_uorc_BILINEAR_Corrected.nc": names.remapping("stress_u_2"),
        f"{coupler}/rmp_tlmd_to_vorc_BILINEAR_Corrected.nc": names.remapping("stress_v_2"),
        f"{start}/o2a.nc": names.ocean_mask,
    }


def _ends(name: str, made: Modern) -> tuple[CoupledGrid, CoupledGrid]:
    """Source and target grid of a remapping."""
    air = made.coupled[modern.ATMOSPHERE]
    if name == modern.TEMPERATURE:
        return made.coupled["torc"], air
    if name in (RIVERS, ICEBERGS):
        return made.coupled["aone"], made.coupled["torc"]
    return air, made.coupled[modern.ocean_grid_of(name)]


def _purpose(name: str) -> Purpose:
    fixed = {
        modern.TEMPERATURE: Purpose.MEAN,
        f"{modern.FLUXES}_1": Purpose.FLUX,
        RIVERS: Purpose.RIVERS,
        ICEBERGS: Purpose.ICE,
    }
    return fixed.get(name, Purpose.VECTOR)


def _remapping(name: str, title: str, links: Links, made: Modern) -> ModelFile:
    source, target = _ends(name, made)
    purpose = _purpose(name)
    conservative = purpose not in (Purpose.RIVERS, Purpose.ICE)
    attributes: dict[str, str | int | float] = {
        "title": title,
        "method": "MOSAIX",
        "Model": "IPSL CM5A2",
        oasis.PURPOSE: purpose.value,
    }
    if conservative:
        order = 2 if name.endswith("_2") else 1
        attributes |= {"normalization": "fracarea", "order": order, "remapped_by": "YAC"}
    else:
        attributes |= {"map_method": "Water of a cell over areas of ocean"}
    fractions = tuple(_share(grid, made) for grid in (source, target))
    if conservative:
        source, target = (_as_remapped(grid, made) for grid in (source, target))
    return oasis.remapping_file(links, source, target, attributes, (fractions[0], fractions[1]))


def _share(grid: CoupledGrid, made: Modern) -> FloatArray:
    """Share of each cell that takes part."""
    if grid.name == modern.ATMOSPHERE:
        return made.fraction
    return (~grid.masked).astype(np.float64)


def _as_remapped(grid: CoupledGrid, made: Modern) -> CoupledGrid:
    """The grid with the areas that its cells had in the remapping, where they are known."""
    if grid.name != "torc":
        return grid
    return replace(grid, area=np.where(grid.masked, grid.area, made.ocean_area))


def ocean_mask_file(made: Modern, on: Planet) -> ModelFile:
    """Describe the file from which the atmosphere learns where the ocean is, north row first."""
    dims = ("lat", "lon")
    share = np.minimum(made.fraction, 1.0)
    fields: dict[str, tuple[AnyArray, str, str]] = {
        "OceMask": (share, "1", "share of ocean"),
        "OceFrac": (share, "1", "share of ocean"),
        "mask": ((share <= 0.5).astype(np.float64), "1", "1 where less than half is ocean"),
        "aire": (on.atmosphere_area, "m2", "area of the cell"),
    }
    places = {
        "lon": _place(("lon",), on.atmosphere.longitudes, "longitude", "degrees_east"),
        "lat": _place(("lat",), on.atmosphere.latitudes, "latitude", "degrees_north"),
    }
    variables = {
        name: Variable(dims, values, {"units": units, "long_name": meaning}, False)
        for name, (values, units, meaning) in fields.items()
    }
    return ModelFile({**places, **variables}, {"title": "Ocean on the grid of the atmosphere"})


def _place(dims: tuple[str, ...], values: FloatArray, name: str, units: str) -> Variable:
    attributes = {"units": units, "standard_name": name, "long_name": name}
    return Variable(dims, values, attributes, False)


def band_variables(bands: Bands, made: Modern) -> dict[str, Variable]:
    """The coasts of both grids, as variables of the remapping of rivers."""
    fraction, wet = bands.atmosphere_fraction, ~made.coupled["torc"].masked
    land, sea = bands.atmosphere_land, bands.atmosphere_ocean
    air = {
        "atmLand": (land, "1 where there is land"),
        "atmLandFrac": (1.0 - np.minimum(fraction, 1.0), "share of land"),
        "atmLandFiltered": (bands.atmosphere_near_ocean, "share of points around with ocean"),
        "atmFrac": (land & sea, "1 where there are both land and ocean"),
        "atmOcean": (sea, "1 where there is ocean"),
        "atmOceanFrac": (np.minimum(fraction, 1.0), "share of ocean"),
        "atmCoast": (bands.atmosphere_coast, "1 on the coastal band"),
    }
    ocean = {
        "oceLand": (~wet, "1 on land and on copies of other cells"),
        "oceOcean": (wet, "1 in the ocean"),
        "oceOceanFiltered": (bands.ocean_near_land, "share of points around that are land"),
        "oceCoast": (bands.ocean_coast, "1 on the coastal band"),
    }
    sides = (("src_grid_size", air), ("dst_grid_size", ocean))
    return {
        name: Variable(
            (dim,), np.ravel(_number(values)), {"units": "1", "long_name": meaning}, False
        )
        for dim, fields in sides
        for name, (values, meaning) in fields.items()
    }


def _number(values: AnyArray) -> AnyArray:
    return values.astype(np.int32) if values.dtype == np.bool_ else values


def coords_mask_file(on: Planet) -> ModelFile:
    """Describe the ocean grid with masks at all points and the corners of the T cells."""
    own = nemo.to_file(on.ocean)
    wet = on.ocean.fill_copies(on.sea)
    variables = dict(own.variables)
    for point in "TUVF":
        small = point.lower()
        sea = sea_at(wet, point)
        counts = sea & ~duplicates(on.ocean.shape, on.ocean.fold, point)
        for name, where, meaning in (
            (f"{small}mask", sea, f"1 where {point} points are wet"),
            (f"{small}maskutil", counts, f"1 where {point} points are wet and no copies"),
        ):
            attributes = {"units": "1", "long_name": meaning}
            variables[name] = Variable(("y", "x"), where.astype(np.int32), attributes, False)
    latitudes, longitudes = corners_of(on.ocean, "T")
    for name, values in (("bounds_lat_grid_T", latitudes), ("bounds_lon_grid_T", longitudes)):
        units = {"units": "degrees_north" if "lat" in name else "degrees_east"}
        bounds = np.ascontiguousarray(np.moveaxis(values, 0, -1))
        variables[name] = Variable(("y", "x", "nvertex"), bounds, units, False)
    areas = {"units": "m2", "long_name": "area of the T cells, e1t e2t"}
    variables["area_grid_T"] = Variable(("y", "x"), on.ocean_area, areas, False)
    title = {"title": "Coordinates, cell sides, masks and bounds of the ocean grid"}
    return ModelFile(variables, {**own.attributes, **title})
