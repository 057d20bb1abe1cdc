"""What can be chosen in each step, and reading it from what a user wrote."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from climpy.errors import InputRefused

Given = Mapping[str, Any]
"""Parameters by name, as read from YAML, JSON or a form."""

OCEANS = ("atlantic", "pacific", "indian")
MOST_SPREAD_KM = 5000.0

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True)
class RegridParameters:
    """How the topography is put on the working grid.

    Parameters
    ----------
    dlat, dlon : float
        Steps in latitude and longitude [degrees].
    method : {"bilinear", "nearest", "conservative"}
        Value of the nearest cell, between cell centres, or mean over the cell's area.
    limits : {"default", "data"}
        Longitudes from -180 to 180, or from the western edge of the data's own cells on.
    topo_var : str or None
        Name of the topography in the file, where it is not the only field.
    """

    dlat: float = 1.0
    dlon: float = 1.0
    method: Literal["bilinear", "nearest", "conservative"] = "bilinear"
    limits: Literal["default", "data"] = "default"
    topo_var: str | None = None


@dataclass(frozen=True)
class CoordsParameters:
    """Where the poles of the ocean grid are.

    Parameters
    ----------
    pole_longitude, pole_latitude : float or None
        First pole [degrees]; the second lies half a turn away on the same latitude. Where they are
        not given, the best place on land is searched.
    refinement : int
        Cells along a side of a cell of the two-degree grid.
    """

    pole_longitude: float | None = None
    pole_latitude: float | None = None
    refinement: int = 1


@dataclass(frozen=True)
class BathymetryParameters:
    """How the ocean grid gets its depths.

    Parameters
    ----------
    bathymetry_method : {"nearest", "mean"}
        Height at the T point, or mean of the ocean part of the cell.
    minimum_ocean_fraction : float
        With "mean", the least share of a cell that makes it ocean.
    """

    bathymetry_method: Literal["nearest", "mean"] = "nearest"
    minimum_ocean_fraction: float = 0.5


@dataclass(frozen=True)
class RoutingParameters(BathymetryParameters):
    """How rivers run, and how the ocean grid gets its depths.

    Parameters
    ----------
    drop_per_distance : bool
        Choose the steepest way by the drop per distance instead of the drop.
    closed_basins : "none", "all" or list of [latitude, longitude]
        Seas without a way to the ocean that stay land.
    topo_var : str or None
        Name of the topography in the file, where it is not the only field.
    bathymetry_method, minimum_ocean_fraction
        See `BathymetryParameters`.
    """

    drop_per_distance: bool = False
    closed_basins: Any = "none"
    topo_var: str | None = None


@dataclass(frozen=True)
class PftParameters:
    """Which plants grow where.

    Parameters
    ----------
    bands : list of mappings or None
        Latitude bands `{to_latitude: 15, percentages: {2: 75, 3: 25}}`; None for the default ones.
    biome_var : str or None
        With a map of biomes, its name in the file, where it is not the only field.
    biomes : mapping or None
        With a map of biomes, percentages of the classes in megabiomes, such as
        `{tundra: {10: 100}}`; a megabiome that is not named keeps its default.
    """

    bands: list[Any] | None = None
    biome_var: str | None = None
    biomes: dict[Any, Any] | None = None


@dataclass(frozen=True)
class HeatflowParameters:
    """How heat flow follows from the age of the sea floor.

    Parameters
    ----------
    method : {"reference", "gdh1"}
        490 / sqrt(age) throughout, or the plate model of Stein and Stein 1992.
    """

    method: Literal["reference", "gdh1"] = "reference"


@dataclass(frozen=True)
class SubBasinsParameters:
    """How the three oceans are told apart.

    Parameters
    ----------
    method : {"thirds", "connected"}
        Thirds of the columns, or sectors between the meridians that cross most land.
    """

    method: Literal["thirds", "connected"] = "thirds"


@dataclass(frozen=True)
class WeightsParameters:
    """How the coupler's weights are made.

    Parameters
    ----------
    engine : {"mosaic", "mosaix"}
        The classic set of IPSL-CM5A2, or the set that the library YAC makes.
    atmosphere : {"96x95", "144x142"}
        Columns and latitude intervals of the LMDZ grid.
    simulation, ocean_name : str
        Parts of the names of files and folders.
    lose_no_water : bool
        Rivers reach the sea also from land farther than 400 km from a coast.
    spread_rivers_km : float
        With the engine mosaic, a river's water is shared among the coastal points so near to its
        mouth [km]; 0: all at the mouth.
    no_ice_in : list of str
        Basins that icebergs do not reach: atlantic, pacific, indian.
    """

    engine: Literal["mosaic", "mosaix"] = "mosaic"
    atmosphere: Literal["96x95", "144x142"] = "96x95"
    simulation: str = "run"
    ocean_name: str = "PALEORCA2"
    lose_no_water: bool = True
    spread_rivers_km: float = 0.0
    no_ice_in: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for about, name in (("simulation", self.simulation), ("ocean_name", self.ocean_name)):
            if not _NAME.fullmatch(name):
                raise InputRefused(
                    f"{about} must be 1 to 40 letters, digits, points, hyphens or underscores, and "
                    f"begin with a letter or digit, not {name!r}."
                )
        if not 0.0 <= self.spread_rivers_km <= MOST_SPREAD_KM:
            raise InputRefused(
                f"spread_rivers_km must be from 0 to {MOST_SPREAD_KM:g}, "
                f"not {self.spread_rivers_km:g}."
            )
        strange = [name for name in self.no_ice_in if name not in OCEANS]
        if strange:
            raise InputRefused(f"no_ice_in names {strange[0]!r}; there are {', '.join(OCEANS)}.")


@dataclass(frozen=True)
class NoParameters:
    """Nothing can be chosen."""


P = TypeVar("P")


def read_parameters(kind: type[P], given: Given, step: str) -> P:
    """Make a step's parameters from what was given.

    Raises
    ------
    InputRefused
        If a name is unknown or a value is of the wrong kind; the sentence names it.
    """
    if not isinstance(given, Mapping):
        raise InputRefused(f"The parameters of {step} must be names with values, not {given!r}.")
    known = [parameter.name for parameter in fields(kind)]  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise InputRefused(_unknown(str(name), known, step))
    hints = get_type_hints(kind)
    return kind(**{n: _checked(v, hints[n], f"{step}: {n}") for n, v in given.items()})


def _unknown(name: str, known: Sequence[str], step: str) -> str:
    if not known:
        return f"The step {step} has no parameters, so {name!r} cannot be set."
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}."
    return f"The step {step} has no parameter {name!r}; {hint}"


def _checked(value: Any, kind: Any, where: str) -> Any:
    """Give the value as the annotated kind, or refuse it."""
    if get_origin(kind) is UnionType:
        if value is None and NoneType in get_args(kind):
            return None
        kind = next(k for k in get_args(kind) if k is not NoneType)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise InputRefused(f"{where} must be {_or(get_args(kind))}, not {value!r}.")
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    plain = get_origin(kind) or kind
    if kind is not Any and (
        not isinstance(value, plain) or (plain is int and isinstance(value, bool))
    ):
        raise InputRefused(f"{where} must be {_KINDS.get(plain, plain.__name__)}, not {value!r}.")
    return value


_KINDS = {
    float: "a number",
    int: "a whole number",
    bool: "true or false",
    str: "text",
    list: "a list",
    dict: "names with values",
}


def _or(choices: Sequence[str]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"
