"""Whether parameters make sense: asked of the science, in a process of its own.

The pages name these functions and never load what they need: imports stand within them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from climate_simulation_platform.computing import complete_parameters
from climate_simulation_platform.constants import FileType
from climate_simulation_platform.examining import Description, describe


@dataclass(frozen=True)
class Judged:
    """What the science says of parameters.

    Parameters
    ----------
    parameters : mapping
        All of them, what was not given by its default; empty if any is refused.
    errors : mapping of parameter to sentence
        Refusals; "" where one concerns none of them alone.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def judge(step: str, given: Mapping[str, Any]) -> Judged:
    """Complete the parameters of a step, or say for each what is wrong."""
    from climpy.errors import InputRefused

    errors: dict[str, str] = {}
    for name, value in given.items():
        try:
            complete_parameters(step, {name: value})
        except InputRefused as refusal:
            errors[name] = _without_names(str(refusal), step, name)
    if errors:
        return Judged(errors=errors)
    complete = complete_parameters(step, given)
    for name, look in _closer(step, complete):
        if errors and not name:
            continue
        try:
            look()
        except InputRefused as refusal:
            errors[name] = str(refusal)
    return Judged(errors=errors) if errors else Judged(complete)


def _without_names(sentence: str, step: str, name: str) -> str:
    """A refusal of one value, for a reader who sees its field."""
    rest = sentence.removeprefix(f"{step}: ").removeprefix("coords: ")
    if rest == sentence and not sentence.startswith(f"{name} must"):
        return sentence
    rest = rest.removeprefix(f"{name} ")
    return rest[0].upper() + rest[1:]


def _closer(step: str, complete: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What can be tried of a step's parameters without its files, by parameter."""
    if step == "regrid":
        return [
            ("dlat", lambda: _steps(complete, "dlat")),
            ("dlon", lambda: _steps(complete, "dlon")),
            ("", lambda: _steps(complete, "dlat", "dlon")),
        ]
    if step == "routing":
        return [
            ("minimum_ocean_fraction", lambda: _fraction(complete)),
            ("pole_latitude", lambda: _poles(complete)),
        ]
    if step == "pft":
        return [("bands", lambda: _table(complete))]
    return []


def _steps(complete: Mapping[str, Any], *names: str) -> None:
    from climpy.bc.ipsl.regrid import Target
    from climpy.grids.regular import RegularGrid

    steps = {name: complete[name] for name in names}
    Target(**steps).grid(RegularGrid.of_shape(180, 360))


def _fraction(complete: Mapping[str, Any]) -> None:
    from climpy.errors import InputRefused

    share = complete["minimum_ocean_fraction"]
    if not 0.0 < share <= 1.0:
        raise InputRefused(f"It must lie above 0 and not above 1, not at {share:g}.")


def _poles(complete: Mapping[str, Any]) -> None:
    from climpy.errors import InputRefused
    from climpy.grids.orca import OrcaParameters

    longitude, latitude = complete["pole_longitude"], complete["pole_latitude"]
    if (longitude is None) != (latitude is None):
        raise InputRefused("Give both the longitude and the latitude of the pole, or neither.")
    own = {} if longitude is None else {"pole_longitude": longitude, "pole_latitude": latitude}
    OrcaParameters(**own, refinement=complete["refinement"])


def _table(complete: Mapping[str, Any]) -> None:
    from climpy.bc.ipsl.vegetation_table import VegetationTable

    if complete["bands"] is not None:
        VegetationTable.from_dict({"bands": complete["bands"]})


@dataclass(frozen=True)
class Grid:
    """An ocean grid that somebody brought.

    Parameters
    ----------
    poles : tuple of mapping
        `latitude`, `longitude`, `margin_km` (negative in the sea) of each mesh pole.
    on_land : bool
        Whether both lie on land of the topography.
    """

    rows: int
    columns: int
    poles: tuple[Mapping[str, float], ...]
    on_land: bool


def look_at_grid(path: Path, raw: Path) -> tuple[Grid, Description]:
    """Read an ocean grid with every check, look where its poles lie, and describe it.

    Raises
    ------
    InputRefused
        If it is no ocean grid.
    """
    from climpy.grids import nemo
    from climpy.steps import grid_still_on_land

    ocean = nemo.read(path)
    on_land, poles = grid_still_on_land(path, raw)
    rows, columns = ocean.shape
    description = describe(path, FileType.COORDS.value)
    return Grid(rows, columns, tuple(poles), on_land), description


def find_topography_problems(path: Path) -> dict[str, Any]:
    """Enclosed seas and broken rules of the poles; see `climpy.steps.checking`."""
    from climpy.steps.checking import check_topography

    return check_topography(path)


def find_bathymetry_problems(path: Path) -> dict[str, Any]:
    """Enclosed seas and passages that only diffuse; see `climpy.steps.checking`."""
    from climpy.steps.checking import check_bathymetry

    return check_bathymetry(path)
