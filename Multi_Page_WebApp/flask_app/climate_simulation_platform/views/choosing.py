"""The form in which a person says what a file does not: what there is to choose, and was."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from climate_simulation_platform.names import FieldsRefused, shortened, tidy_line

AS_UNDERSTOOD = ""
"""Value of a choice that is left to the file."""

INDEX = "index."
"""Before the name of a dimension of which one place is taken."""

NAMES = ("variable", "latitude", "longitude", "units", "positive")
NUMBERS = {"first_longitude": "degrees east, such as -180 or 0", "missing_value": "a number"}
FIRST_ROW = {"north": True, "south": False}
LONGEST_LABEL = 80

Options = list[tuple[str, str]]


@dataclass(frozen=True)
class FormFields:
    """What the form offers, and what stands in it.

    Parameters
    ----------
    variables, latitudes, longitudes, units : list of (value, text)
        Options.
    places : list of (field, label, options or None, greatest)
        One for each dimension of which a place can be chosen.
    value : mapping
        What stands in each field.
    """

    variables: Options
    latitudes: Options
    longitudes: Options
    units: Options
    places: list[tuple[str, str, Options | None, int]]
    value: Mapping[str, str]


HELP = {
    "variable": "the variable",
    "latitude": "the latitudes",
    "longitude": "the longitudes",
    "indices": "which time or level to take",
    "north_up": "which row comes first",
    "first_longitude": "where the first column begins",
    "units": "the unit",
    "missing_value": "the number that means no value",
    "positive": "whether the numbers are heights or depths",
}
"""What a choice is about."""


def what_helps(choose: Sequence[str]) -> str:
    """A sentence that says which choices help; empty if none is known."""
    known = [HELP[choice] for choice in choose if choice in HELP]
    listed = " or ".join(filter(None, [", ".join(known[:-1]), *known[-1:]]))
    return f"Choose below {listed}." if listed else ""


def choices_of(form: Mapping[str, str]) -> dict[str, Any]:
    """What was chosen, as `climpy.topography.Choices` wants it.

    Raises
    ------
    FieldsRefused
        If a number is none.
    """
    choices: dict[str, Any] = {name: form[name] for name in NAMES if form.get(name)}
    refused: dict[str, str] = {}
    for name, meaning in NUMBERS.items():
        text = tidy_line(form.get(name, "")).replace(",", ".").replace("−", "-")
        if text:
            number = _number(text)
            if number is None:
                refused[name] = f"“{shortened(text, 20)}” is not {meaning}."
            choices[name] = number
    if form.get("first_row") in FIRST_ROW:
        choices["north_up"] = FIRST_ROW[form["first_row"]]
    indices = {}
    for name, text in form.items():
        if name.startswith(INDEX) and text.strip():
            place = _number(text)
            if place is None or place != int(place):
                refused[name] = f"“{shortened(text, 20)}” is not a whole number."
            else:
                indices[name.removeprefix(INDEX)] = int(place)
    if refused:
        raise FieldsRefused(refused)
    return {**choices, "indices": indices} if indices else choices


def form_fields(
    known: Mapping[str, Any], choices: Mapping[str, Any], typed: Mapping[str, str] | None
) -> FormFields:
    """The form for what is known of a file.

    Parameters
    ----------
    known : mapping
        `fields`, `coordinates` and `units` of what was understood of it.
    choices : mapping
        What was chosen before.
    typed : mapping, optional
        What was typed just now; stands in the form instead.
    """
    fields: Sequence[Mapping[str, Any]] = known.get("fields", ())
    return FormFields(
        variables=[(AS_UNDERSTOOD, "As understood"), *map(_variable, fields)],
        latitudes=_axes(known, fields, "latitude"),
        longitudes=_axes(known, fields, "longitude"),
        units=[(AS_UNDERSTOOD, "As the file says")]
        + [(unit, UNIT_TITLES.get(unit, unit)) for unit in known.get("units", ())],
        places=_places(fields),
        value=_of_choices(choices) if typed is None else typed,
    )


UNIT_TITLES = {
    "m": "metres",
    "km": "kilometres",
    "hm": "hectometres",
    "dm": "decimetres",
    "cm": "centimetres",
    "mm": "millimetres",
    "ft": "feet",
    "fathom": "fathoms",
    "m2 s-2": "m² s⁻² (geopotential)",
}
"""Units in words."""


def _variable(field: Mapping[str, Any]) -> tuple[str, str]:
    lengths = " × ".join(
        f"{dim} {length}" for dim, length in zip(field["dims"], field["shape"], strict=True)
    )
    long_name = f", {field['long_name']}" if field.get("long_name") else ""
    unit = f" [{field['units']}]" if field.get("units") else ""
    text = f"{field['name']}{unit}{long_name} ({lengths})"
    return field["name"], shortened(text, LONGEST_LABEL)


def _axes(known: Mapping[str, Any], fields: Sequence[Mapping[str, Any]], which: str) -> Options:
    """Coordinate variables, those that look like it first, then bare dimensions."""
    coordinates: Sequence[Mapping[str, Any]] = known.get("coordinates", ())
    likely = sorted(coordinates, key=lambda coordinate: coordinate.get("looks_like") != which)
    named = [(c["name"], shortened(_coordinate(c), LONGEST_LABEL)) for c in likely]
    names = {name for name, _ in named}
    bare = {
        dim: f"{dim} (dimension of {length}, no values)"
        for field in fields
        for dim, length in zip(field["dims"], field["shape"], strict=True)
        if dim not in names
    }
    return [(AS_UNDERSTOOD, "As understood"), *named, *bare.items()]


def _coordinate(coordinate: Mapping[str, Any]) -> str:
    first, last = coordinate.get("first"), coordinate.get("last")
    reach = f" from {first:.6g} to {last:.6g}" if None not in (first, last) else ""
    unit = f" [{coordinate['units']}]" if coordinate.get("units") else ""
    return f"{coordinate['name']}{unit}{reach}"


def _places(
    fields: Sequence[Mapping[str, Any]],
) -> list[tuple[str, str, Options | None, int]]:
    """Dimensions besides latitude and longitude that are longer than one."""
    found: dict[str, tuple[str, str, Options | None, int]] = {}
    for other in (other for field in fields for other in field.get("others", ())):
        dim, length, labels = other["dim"], other["length"], other.get("labels")
        options: Options | None = None
        if labels:
            options = [(str(place), f"{label}") for place, label in enumerate(labels)]
        found.setdefault(dim, (f"{INDEX}{dim}", dim, options, length - 1))
    return list(found.values())


def _of_choices(choices: Mapping[str, Any]) -> dict[str, str]:
    """Choices as they stand in the form."""
    value = {name: str(choices[name]) for name in NAMES if choices.get(name) is not None}
    value |= {name: f"{choices[name]:.10g}" for name in NUMBERS if choices.get(name) is not None}
    rows = {north: word for word, north in FIRST_ROW.items()}
    if choices.get("north_up") is not None:
        value["first_row"] = rows[choices["north_up"]]
    indices = choices.get("indices") or {}
    return value | {f"{INDEX}{dim}": str(place) for dim, place in indices.items()}


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
