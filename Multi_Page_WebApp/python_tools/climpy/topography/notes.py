"""Sentences on what was done to the data of a file."""

from collections.abc import Iterator

from climpy.topography.choices import Choices
from climpy.topography.finding import Field
from climpy.topography.layout import Layout


def notes_on(field: Field, layout: Layout) -> Iterator[str]:
    """What was done because of how the field lies in its file."""
    if layout.cyclic:
        yield "The last column repeats the first and was dropped."
    if layout.nodes:
        yield (
            f"The rows stand on the poles and between ({layout.rows} rows); the heights of the "
            f"{layout.rows - 1} rows of cells are means of the rows on their edges."
        )
    if layout.north_up:
        yield "The rows run from north to south and were turned round."
    if field.longitude_axis < field.latitude_axis:
        yield "The longitude is the first dimension; the axes were swapped."
    if len(field.latitude.shape) == 2:
        yield "The coordinates have two dimensions but belong to a regular grid."


def notes_on_choices(choices: Choices) -> Iterator[str]:
    """What was done because a person said so."""
    if choices.units is not None and choices.units != "m":
        yield f"The numbers are in {choices.units} and became metres."
    if choices.positive == "down":
        yield "The numbers are depths and changed their sign."
    if choices.missing_value is not None:
        yield f"Cells with {choices.missing_value:g} have no value."
    for dim, place in (choices.indices or {}).items():
        yield f"Of the dimension {dim} the place {place} (counted from 0) was taken."
    if choices.north_up is not None:
        yield "The latitudes are equal steps from pole to pole, as was said."
    if choices.first_longitude is not None:
        yield (
            "The longitudes are equal steps round the globe from "
            f"{choices.first_longitude:g} degrees east on, as was said."
        )
