"""Forms of the steps: what was typed to parameters, and parameters to what is shown.

Whether values make sense is the science's to say (`pages.judging`); here they get their types.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from climate_simulation_platform.computing import GENERATED, GRID_CHOICE
from climate_simulation_platform.labels import CHOICES, PARAMETERS
from climate_simulation_platform.pages import vegetation
from climate_simulation_platform.pages.fields import (
    LONGEST,
    Fields,
    NotANumber,
    number,
    shortened,
    text_of,
)
from climate_simulation_platform.records import Parameters
from climate_simulation_platform.workflow.model import UPLOADED

NOT_OFFERED = {"pft": ("biome_var", "biomes")}
"""Parameters that no form offers: they need a map of biomes, which is given on the command line."""

ALWAYS = ("csrf_token", "version", "confirmed", "do")
"""Fields of every form that are no parameters."""

GIVEN = "given"
"""Choice of the form: a generated ocean grid with poles of one's own."""

LISTED = "list"
"""Choice of the form: closed basins that are named by places."""

PLACES = ("closed_latitude", "closed_longitude")
MOST_PLACES = 100

STRANGE = "The form is not one of this page; load the page again."


@dataclass
class Parsed:
    """What was typed, as parameters.

    Parameters
    ----------
    parameters : dict
        Those that could be read.
    errors : dict of field to sentence
        What could not; "" for the form as a whole.
    """

    parameters: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


class _Reader:
    """Reads fields one by one and keeps what is wrong."""

    def __init__(self, step: str, fields: Fields) -> None:
        self.step, self.fields, self.parsed = step, fields, Parsed()

    def text(self, name: str) -> str | None:
        """The one text of a field; None if it was not sent, or is no field of ours."""
        sent = self.fields.get(name, ())
        if len(sent) != 1 or len(sent[0]) > LONGEST:
            why = "is missing" if not sent else "is too long" if len(sent) == 1 else "came twice"
            self.refuse(name, f"{self.title(name)} {why}.")
            return None
        return sent[0].strip()

    def take_text(self, name: str, *, optional: bool = False) -> None:
        text = self.text(name) if not optional or name in self.fields else ""
        if text is not None:
            self.parsed.parameters[name] = text or None if optional else text

    def take_number(self, name: str, *, whole: bool = False) -> None:
        text = self.text(name)
        if text is None:
            return
        try:
            value = number(text, what=self.title(name))
        except NotANumber as refusal:
            self.refuse(name, str(refusal))
            return
        if whole and not value.is_integer():
            self.refuse(name, f"{self.title(name)} must be a whole number, not {value:g}.")
            return
        self.parsed.parameters[name] = int(value) if whole else value

    def take_tick(self, name: str) -> None:
        self.parsed.parameters[name] = self.text(name) == "yes" if name in self.fields else False

    def take_several(self, name: str) -> None:
        """Values of boxes of one name that are ticked."""
        sent = self.fields.get(name, ())
        known = CHOICES[self.step][name]
        strange = [value for value in sent if value not in known]
        if strange:
            self.refuse(name, f"There is no such choice as “{shortened(strange[0])}”.")
            return
        self.parsed.parameters[name] = [value for value in known if value in sent]

    def title(self, name: str) -> str:
        return PARAMETERS[self.step][name].title

    def refuse(self, name: str, sentence: str) -> None:
        self.parsed.errors.setdefault(name, sentence)


def parameters_typed(step: str, fields: Fields) -> Parsed:
    """Parameters that a form asks for."""
    strange = sorted(set(fields) - set(ALWAYS) - set(field_names(step)))
    if strange:
        sentence = f"This form has no field “{shortened(strange[0])}”; load the page again."
        return Parsed(errors={"": sentence})
    reader = _Reader(step, fields)
    _READERS[step](reader)
    return reader.parsed


def fields_shown(step: str, parameters: Parameters) -> dict[str, tuple[str, ...]]:
    """Fields of a form that hold these parameters."""
    if step == "pft":
        return vegetation.fields_of(vegetation.rows_of(parameters.get("bands")))
    shown: dict[str, tuple[str, ...]] = {
        name: (text_of(parameters.get(name)),)
        for name in field_names(step)
        if name in parameters and not isinstance(parameters[name], bool | list)
    }
    shown |= {name: ("yes",) for name in PARAMETERS[step] if parameters.get(name) is True}
    if step == "routing":
        shown |= _routing_shown(parameters)
    if step == "calculate_weights":
        shown["no_ice_in"] = tuple(parameters.get("no_ice_in", ()))
    return shown


def field_names(step: str) -> tuple[str, ...]:
    """Names of the fields of a step's form."""
    if step == "pft":
        return vegetation.NAMES
    own = tuple(PARAMETERS.get(step, {}))
    return (*own, *PLACES) if step == "routing" else own


def changed_rows(step: str, fields: Fields, action: str) -> dict[str, tuple[str, ...]] | None:
    """The form after a button that adds or removes a row; None if there is no such button."""
    verb, _, place = action.partition("-")
    index = int(place) if place.isascii() and place.isdecimal() and len(place) < 4 else -1
    shown = {name: tuple(texts) for name, texts in fields.items() if name in field_names(step)}
    if step == "pft":
        rows = vegetation.rows_of(None) if verb == "default" else vegetation.rows_typed(fields)
        if rows is None or verb not in ("add", "remove", "default"):
            return None
        if verb == "add":
            rows = vegetation.with_another(rows)
        elif verb == "remove":
            rows = vegetation.without(rows, index)
        return vegetation.fields_of(rows)
    if step == "routing" and verb in ("add", "remove"):
        return {**shown, "closed_basins": (LISTED,), **_changed_places(fields, verb, index)}
    return None


def places_typed(fields: Fields) -> list[tuple[str, str]]:
    """Places of closed basins as they were typed, no more than there may be."""
    return list(zip(*(fields.get(name, ())[:MOST_PLACES] for name in PLACES), strict=False))


def _changed_places(fields: Fields, verb: str, index: int) -> dict[str, tuple[str, ...]]:
    places = places_typed(fields)
    if verb == "add" and len(places) < MOST_PLACES:
        places.append(("", ""))
    elif verb == "remove":
        places = [place for k, place in enumerate(places) if k != index]
    return {name: tuple(place[k] for place in places) for k, name in enumerate(PLACES)}


def _regrid(reader: _Reader) -> None:
    reader.take_number("dlat")
    reader.take_number("dlon")
    reader.take_text("method")
    reader.take_text("limits")
    reader.take_text("topo_var", optional=True)


def _routing(reader: _Reader) -> None:
    reader.take_text("topo_var", optional=True)
    reader.take_tick("drop_per_distance")
    reader.take_text("bathymetry_method")
    reader.take_number("minimum_ocean_fraction")
    _closed_basins(reader)
    choice = reader.text(GRID_CHOICE)
    if choice is None:
        return
    reader.parsed.parameters[GRID_CHOICE] = GENERATED if choice == GIVEN else choice
    if choice == GIVEN:
        reader.take_number("pole_longitude")
        reader.take_number("pole_latitude")
    if choice != UPLOADED:
        reader.take_number("refinement", whole=True)


def _closed_basins(reader: _Reader) -> None:
    choice = reader.text("closed_basins")
    if choice is None:
        return
    if choice not in CHOICES["routing"]["closed_basins"]:
        reader.refuse("closed_basins", f"There is no such choice as “{shortened(choice)}”.")
        return
    if choice != LISTED:
        reader.parsed.parameters["closed_basins"] = choice
        return
    sent = [reader.fields.get(name, ()) for name in PLACES]
    if len(sent[0]) != len(sent[1]) or len(sent[0]) > MOST_PLACES:
        reader.refuse("closed_basins", STRANGE)
        return
    places = [place for place in places_typed(reader.fields) if any(map(str.strip, place))]
    read = [_place(reader, k, *place) for k, place in enumerate(places, start=1)]
    if not places:
        reader.refuse("closed_basins", "Name at least one place of a sea that is to be kept.")
    reader.parsed.parameters["closed_basins"] = [place for place in read if place is not None]


def _place(reader: _Reader, row: int, latitude: str, longitude: str) -> list[float] | None:
    try:
        place = [number(latitude, what="the latitude"), number(longitude, what="the longitude")]
    except NotANumber as refusal:
        reader.refuse("closed_basins", f"Place {row}: {refusal}")
        return None
    if abs(place[0]) > 90.0 or not -180.0 <= place[1] <= 360.0:
        reader.refuse(
            "closed_basins",
            f"Place {row}: latitudes lie from -90 to 90 and longitudes from -180 to 360, "
            f"not {place[0]:g} and {place[1]:g}.",
        )
    return place


def _routing_shown(parameters: Parameters) -> dict[str, tuple[str, ...]]:
    shown: dict[str, tuple[str, ...]] = {}
    basins = parameters.get("closed_basins", "none")
    if isinstance(basins, Sequence) and not isinstance(basins, str):
        shown["closed_basins"] = (LISTED,)
        shown |= {name: tuple(text_of(p[k]) for p in basins) for k, name in enumerate(PLACES)}
    own_poles = parameters.get("pole_longitude") is not None
    if own_poles and parameters.get(GRID_CHOICE, GENERATED) == GENERATED:
        shown[GRID_CHOICE] = (GIVEN,)
    return shown


def _pft(reader: _Reader) -> None:
    rows = vegetation.rows_typed(reader.fields)
    if rows is None:
        most = vegetation.MOST_BANDS
        reader.refuse("", f"The table must have 1 to {most} bands, each with all its fields.")
        return
    bands, reader.parsed.errors = vegetation.bands_of(rows)
    reader.parsed.parameters["bands"] = bands


def _weights(reader: _Reader) -> None:
    for name in ("engine", "atmosphere", "simulation", "ocean_name"):
        reader.take_text(name)
    reader.take_tick("lose_no_water")
    reader.take_number("spread_rivers_km")
    reader.take_several("no_ice_in")


def _method(reader: _Reader) -> None:
    reader.take_text("method")


def _nothing(_: _Reader) -> None:
    """There is nothing to read."""


_READERS: Mapping[str, Callable[[_Reader], None]] = {
    "regrid": _regrid,
    "routing": _routing,
    "pft": _pft,
    "subbasins": _method,
    "heatflow": _method,
    "ahmcoef": _nothing,
    "calculate_weights": _weights,
}

FORMS = tuple(_READERS)
"""Steps that can be asked for with a form."""
