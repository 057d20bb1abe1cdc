"""The checks on files: a topography, a bathymetry, or both with their ocean grid."""

from pathlib import Path
from typing import Any

from climpy.bc.ipsl import checks
from climpy.grids import nemo, poles
from climpy.io import open_dataset
from climpy.steps.loading import load_bathymetry, load_topography

NO_POLE_RULES = checks.PoleRules(0, 0, 0, "ocean")
"""What a bathymetry says about the poles of the globe: nothing."""


def is_bathymetry(path: Path) -> bool:
    """Whether a file is a bathymetry on an ocean grid.

    Raises
    ------
    InputRefused
        If the file cannot be opened.
    """
    with open_dataset(path) as dataset:
        return {"Bathymetry", "nav_lon", "nav_lat"} <= set(dataset.variables)


def check_topography(path: Path, variable: str | None = None) -> dict[str, Any]:
    """Find enclosed seas and broken rules of the poles in a topography, ready for JSON.

    Raises
    ------
    InputRefused
        If the file cannot be used.
    """
    topography, _ = load_topography(path, variable)
    heights, grid = topography.heights, topography.grid
    found = checks.Report(
        internal_oceans=checks.internal_oceans(heights, grid).seas,
        internal_oceans_on_ocean_grid=(),
        poles=checks.pole_rules(heights, grid),
        diffusive_passages=(),
        singular_points=(),
    )
    wanted = ("internal_oceans", "poles", "pole_rules_kept", "warnings")
    return {name: value for name, value in found.as_dict().items() if name in wanted}


def check_bathymetry(path: Path) -> dict[str, Any]:
    """Find enclosed seas and passages that only diffuse in a bathymetry, ready for JSON.

    Raises
    ------
    InputRefused
        If the file cannot be used.
    """
    depth, ocean = load_bathymetry(path)
    found = checks.Report(
        internal_oceans=(),
        internal_oceans_on_ocean_grid=checks.internal_oceans_on_ocean_grid(depth, ocean).seas,
        poles=NO_POLE_RULES,
        diffusive_passages=checks.passages(depth, ocean),
        singular_points=(),
    )
    wanted = ("internal_oceans_on_ocean_grid", "diffusive_passages", "warnings")
    return {name: value for name, value in found.as_dict().items() if name in wanted}


def grid_still_on_land(coords: Path, raw: Path) -> tuple[bool, list[dict[str, float]]]:
    """Tell whether both poles of an ocean grid are on land in a topography.

    Parameters
    ----------
    coords : Path
        The ocean grid in NEMO's layout.
    raw : Path
        The topography, perhaps changed since the grid was made.

    Returns
    -------
    bool
        True if both are.
    list of dict
        `latitude`, `longitude` [degrees] and `margin_km` of each pole: its distance from the sea,
        negative in the sea.

    Raises
    ------
    InputRefused
        If a file cannot be used.
    StepRefused
        If the topography has no land or no ocean.
    """
    topography, _ = load_topography(raw)
    found = [
        {"latitude": latitude, "longitude": longitude, "margin_km": margin}
        for latitude, longitude, margin in poles.pole_margins(
            nemo.read(coords), topography.heights, topography.grid
        )
    ]
    return all(pole["margin_km"] > 0.0 for pole in found), found


def check_all(raw: Path, bathy: Path, coords: Path) -> dict[str, Any]:
    """Run every check on a topography, the bathymetry made from it and its ocean grid.

    Raises
    ------
    InputRefused
        If a file cannot be used.
    """
    topography, _ = load_topography(raw)
    depth, _ = load_bathymetry(bathy)
    ocean = nemo.read(coords)
    return checks.report(
        topography.heights, topography.grid, depth, ocean, poles=nemo.mesh_poles(ocean)
    ).as_dict()
