"""Editing a field by hand, as data: selections, operations, sessions, scripts. No screen needed."""

from climpy.interactive.edits import Change, Edit, EditList, fill_basin, open_passage
from climpy.interactive.field import Field, of_topography, on_ocean_grid
from climpy.interactive.operations import (
    Add,
    Dig,
    Fill,
    FillDepressions,
    Operation,
    Paint,
    Scale,
    SetTo,
    Smooth,
)
from climpy.interactive.selections import (
    Basin,
    Box,
    Brush,
    Cells,
    Polygon,
    Selection,
    Shape,
    Surface,
    ValueRange,
    Way,
)
from climpy.interactive.session import Event, Replayed, Session, replay

__all__ = [
    "Add",
    "Basin",
    "Box",
    "Brush",
    "Cells",
    "Change",
    "Dig",
    "Edit",
    "EditList",
    "Event",
    "Field",
    "Fill",
    "FillDepressions",
    "Operation",
    "Paint",
    "Polygon",
    "Replayed",
    "Scale",
    "Selection",
    "Session",
    "SetTo",
    "Shape",
    "Smooth",
    "Surface",
    "ValueRange",
    "Way",
    "fill_basin",
    "of_topography",
    "on_ocean_grid",
    "open_passage",
    "replay",
]
