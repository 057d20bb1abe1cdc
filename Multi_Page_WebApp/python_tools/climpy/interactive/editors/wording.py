"""How editors say numbers, places and edits."""

import math

from climpy.interactive.edits import Edit
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
from climpy.interactive.selections import Selection

MINUS = "\N{MINUS SIGN}"
BASINS = {0: "none", 1: "Atlantic", 2: "Pacific", 3: "Indian"}

_SHAPES = {
    "box": "box",
    "polygon": "lasso",
    "brush": "brush",
    "cells": "cells",
    "range": "values",
    "basin": "basin",
    "way": "passage",
}


def number(value: float, digits: int = 6) -> str:
    """A number as short as can be; "no value" for NaN."""
    if not math.isfinite(value):
        return "no value"
    return f"{value:.{digits}g}".replace("-", MINUS)


def with_units(value: float, units: str) -> str:
    """A number with its units, if it has any."""
    return f"{number(value)} {units}".rstrip() if math.isfinite(value) else number(value)


def cells(count: int) -> str:
    """How many cells."""
    return "1 cell" if count == 1 else f"{count:,} cells".replace(",", "\N{THIN SPACE}")


def operation(done: Operation, units: str = "") -> str:
    """What an operation does, in a few words."""
    match done:
        case SetTo(value=value):
            return f"Set to {with_units(value, units)}"
        case Add(amount=amount):
            sign = "+" if amount >= 0 else ""
            return f"Add {sign}{with_units(amount, units)}"
        case Scale(percent=percent):
            return f"Scale to {number(percent)} %"
        case Fill(height=None):
            return "Fill to the neighbours' mean"
        case Fill(height=float(height)):
            return f"Fill to {number(height)} m"
        case FillDepressions():
            return "Fill depressions"
        case Dig(depth=depth):
            return f"Dig to {number(depth)} m depth"
        case Smooth(passes=passes):
            return f"Smooth, {passes} pass{'es' if passes > 1 else ''}"
        case Paint(code=code):
            return f"Paint {code} {BASINS.get(code, '')}".rstrip()
    return done.kind.capitalize()


def selection(chosen: Selection) -> str:
    """What a selection was drawn with."""
    names = [_SHAPES[shape.kind] for _, shape in chosen.parts if shape.kind in _SHAPES]
    return ", ".join(dict.fromkeys(names))


def edit(done: Edit, units: str = "") -> str:
    """What an edit does, and where; its description if a person gave one."""
    if done.description:
        return done.description
    drawn = selection(done.selection)
    told = operation(done.operation, units)
    return f"{told} · {drawn}" if drawn else told
