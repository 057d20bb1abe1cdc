"""What was understood of a topography, as plain facts for a person."""

from collections.abc import Mapping
from typing import Any

from climate_simulation_platform.names import shortened

Fact = tuple[str, str]
LONGEST_NAME = 60


def facts(understanding: Mapping[str, Any]) -> list[Fact]:
    """Terms and what was understood of each; nothing where nothing was.

    Parameters
    ----------
    understanding : mapping
        Fields of `climpy.topography.Understanding`.
    """
    if "rows" not in understanding:
        return []
    known = understanding
    return [
        ("Variable", shortened(str(known["variable"]), LONGEST_NAME)),
        ("Grid", f"{known['rows']} rows from south to north, {known['columns']} columns"),
        ("Step", _step(known)),
        ("First row in the file", _first_row(known)),
        ("Longitudes", _longitudes(known)),
        ("Heights", f"{_metres(known['minimum'])} to {_metres(known['maximum'])}"),
        ("Unit", "metres, assumed: the file does not say" if known["units_assumed"] else "metres"),
        ("Land", f"{100.0 * known['land_share']:.1f} % of the globe"),
        ("Missing values", _holes(known)),
    ]


def _step(known: Mapping[str, Any]) -> str:
    latitude, longitude = known["latitude_step"], known["longitude_step"]
    if abs(latitude - longitude) < 1e-9:
        return f"{latitude:.6g}°"
    return f"{latitude:.6g}° of latitude, {longitude:.6g}° of longitude"


def _first_row(known: Mapping[str, Any]) -> str:
    row = "the southernmost" if known["orientation"] == "south-up" else "the northernmost"
    return f"{row}, on the pole" if known["rows_at_poles"] else row


def _longitudes(known: Mapping[str, Any]) -> str:
    west, east = known["longitude_range"]
    repeated = "; the last column repeated the first" if known["cyclic_column_dropped"] else ""
    return f"{_degrees(west)} to {_degrees(east)}{repeated}"


def _degrees(longitude: float) -> str:
    side = "" if longitude == 0 else " E" if longitude > 0 else " W"
    return f"{abs(longitude):.6g}°{side}"


def _metres(height: float) -> str:
    return f"{height:,.0f} m".replace(",", " ").replace("-", "−")


def _holes(known: Mapping[str, Any]) -> str:
    if not known["holes"]:
        return "none"
    cells = "cell" if known["holes"] == 1 else "cells"
    return (
        f"{known['holes']} {cells} ({100.0 * known['hole_share']:.2g} %), "
        "filled from the nearest one"
    )
