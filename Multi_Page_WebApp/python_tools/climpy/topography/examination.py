"""What a user's file holds, what stands in the way of using it, and what a person could say."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from climpy.arrays import FloatArray
from climpy.errors import ChoiceNeeded, InputRefused
from climpy.io import open_dataset
from climpy.topography.annotations import as_text, labels_of, plain_attributes
from climpy.topography.choices import Choices
from climpy.topography.encoding import Encoding, read_stored
from climpy.topography.finding import (
    LATITUDE_NAMES,
    LONGITUDE_NAMES,
    FileVariable,
    coordinate_names,
    is_numeric,
    long_axes,
    role_of,
)
from climpy.topography.layout import Layout
from climpy.topography.model import Understanding
from climpy.topography.scanning import Block
from climpy.topography.source import open_source

PREVIEW_SHAPE = (90, 180)
"""Rows and columns of a preview, at most."""

MOST_FIELDS = 30
"""Fields that are told of."""

_SAMPLED_LINES = 16
_LONGEST_COORDINATE = 2**20


@dataclass(frozen=True)
class Examination:
    """What was found out about a file; every field can be written as JSON.

    Parameters
    ----------
    understanding : Understanding or None
        What was understood of the topography; None if it cannot be used as it is.
    refusal : str or None
        Why it cannot be used.
    settable : bool
        Whether a person could help by choices.
    choose : tuple of str
        The choices that help against the refusal.
    fields : tuple of dict
        Numeric variables that may be the topography: name, dims, shape, units, long_name, least,
        greatest (of some of their values), and others, the dimensions of which one place must be
        chosen (dim, length, labels).
    coordinates : tuple of dict
        Variables that may say where cells lie: name, dims, shape, units, first, last, looks_like.
    preview : dict or None
        Heights for a small map: rows, columns, heights (south row first, from 180 W, None in
        holes).
    """

    understanding: Understanding | None
    refusal: str | None
    settable: bool
    choose: tuple[str, ...]
    fields: tuple[dict[str, Any], ...]
    coordinates: tuple[dict[str, Any], ...]
    preview: dict[str, Any] | None

    def as_dict(self) -> dict[str, Any]:
        """Give the fields as a dictionary for JSON."""
        return asdict(self)


def examine(path: Path, choices: Choices | None = None, *, name: str | None = None) -> Examination:
    """Say what a user's file holds and whether it can be used with what a person says about it.

    Parameters
    ----------
    path : Path
        Any file.
    choices : Choices, optional
        What a person says about it.
    name : str, optional
        What the sentences call the file; its own name if not given.
    """
    understanding, preview, refusal = None, None, None
    try:
        with open_source(path, choices=choices, name=name) as source:
            small = Preview(source.layout)
            for block in source.blocks():
                small.take(block)
            understanding, preview = source.understanding(), small.as_dict()
    except InputRefused as refused:
        refusal = refused
    fields, coordinates = _candidates(path)
    helpful = refusal.choose if isinstance(refusal, ChoiceNeeded) else ()
    return Examination(
        understanding=understanding,
        refusal=None if refusal is None else str(refusal),
        settable=bool(fields) and (understanding is not None or bool(helpful)),
        choose=helpful,
        fields=fields,
        coordinates=coordinates,
        preview=preview,
    )


class Preview:
    """Collects the heights of a small map while a field passes by.

    Parameters
    ----------
    layout : Layout
        How the field lies.
    """

    def __init__(self, layout: Layout) -> None:
        rows = min(PREVIEW_SHAPE[0], layout.rows)
        columns = min(PREVIEW_SHAPE[1], layout.columns)
        latitudes = -90.0 + 180.0 * (np.arange(rows) + 0.5) / rows
        longitudes = -180.0 + 360.0 * (np.arange(columns) + 0.5) / columns
        edges = 0.5 * (layout.row_latitudes[1:] + layout.row_latitudes[:-1])
        self._rows = np.searchsorted(edges, latitudes, side="right")
        east = (longitudes - layout.grid.west) % 360.0
        self._columns = np.floor(east / layout.grid.dlon + 1e-9).astype(int) % layout.columns
        self.heights: FloatArray = np.full((rows, columns), np.nan)

    def take(self, block: Block) -> None:
        """Keep what is shown of a block."""
        rows = np.flatnonzero((self._rows >= block.rows.start) & (self._rows < block.rows.stop))
        columns = np.flatnonzero(
            (self._columns >= block.columns.start) & (self._columns < block.columns.stop)
        )
        if rows.size and columns.size:
            places = np.ix_(
                self._rows[rows] - block.rows.start, self._columns[columns] - block.columns.start
            )
            values = block.values[places]
            if block.holes is not None:
                values = np.where(block.holes[places], np.nan, values)
            self.heights[np.ix_(rows, columns)] = values

    def as_dict(self) -> dict[str, Any]:
        """Give the heights row by row, rounded to decimetres, ready for JSON."""
        rounded = np.round(self.heights.ravel(), 1).tolist()
        return {
            "rows": self.heights.shape[0],
            "columns": self.heights.shape[1],
            "heights": [None if height != height else height for height in rounded],
        }


def _candidates(path: Path) -> tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...]]:
    """Fields and coordinates to choose from; none in a file that cannot be read at all."""
    try:
        with open_dataset(path) as dataset:
            dataset.set_auto_maskandscale(False)
            return tuple(_fields(dataset)), tuple(_coordinates(dataset))
    except InputRefused:
        return (), ()


def _fields(dataset: netCDF4.Dataset) -> Iterator[dict[str, Any]]:
    skipped = coordinate_names(dataset)
    fields = [
        v
        for name, v in dataset.variables.items()
        if name not in skipped and is_numeric(v) and len(long_axes(v)) >= 2 and 0 not in v.shape
    ]
    for variable in fields[:MOST_FIELDS]:
        others = long_axes(variable)[:-2] if len(long_axes(variable)) > 2 else []
        dims = variable.dimensions
        yield {
            **_described(variable),
            **_range(variable),
            "others": [
                {
                    "dim": dims[axis],
                    "length": int(variable.shape[axis]),
                    "labels": labels_of(dataset, dims[axis])["labels"],
                }
                for axis in others
            ],
        }


def _described(variable: FileVariable) -> dict[str, Any]:
    attributes = plain_attributes(variable)
    return {
        "name": variable.name,
        "dims": list(variable.dimensions),
        "shape": [int(length) for length in variable.shape],
        "units": as_text(attributes.get("units", "")),
        "long_name": as_text(attributes.get("long_name", "")),
    }


def _range(variable: FileVariable) -> dict[str, float | None]:
    """Least and greatest of the values along a few lines of a field."""
    encoding = Encoding.of(variable)
    axis = long_axes(variable)[-2]
    length = int(variable.shape[axis])
    lowest, highest = np.inf, -np.inf
    for line in np.unique(np.linspace(0, length - 1, _SAMPLED_LINES).astype(int)).tolist():
        index: list[Any] = [0] * variable.ndim
        index[axis], index[long_axes(variable)[-1]] = line, slice(None)
        values = encoding.decode(np.atleast_1d(read_stored(variable, tuple(index))))
        known = values[np.isfinite(values)]
        lowest = min(lowest, float(known.min(initial=np.inf)))
        highest = max(highest, float(known.max(initial=-np.inf)))
    if lowest > highest:
        return {"least": None, "greatest": None}
    return {"least": lowest, "greatest": highest}


def _coordinates(dataset: netCDF4.Dataset) -> Iterator[dict[str, Any]]:
    for variable in list(dataset.variables.values()):
        role = _looks_like(variable)
        one = len(variable.shape) == 1 and int(variable.shape[0]) > 1
        if is_numeric(variable) and 0 not in variable.shape and (one or role):
            ends = [read_stored(variable, (place,) * variable.ndim) for place in (0, -1)]
            if variable.shape[0] > _LONGEST_COORDINATE:
                continue
            first, last = (_number(Encoding.of(variable).decode(np.atleast_1d(e))) for e in ends)
            described = _described(variable)
            del described["long_name"]
            yield {**described, "first": first, "last": last, "looks_like": role}


def _number(values: FloatArray) -> float | None:
    return float(values[0]) if np.isfinite(values[0]) else None


def _looks_like(variable: FileVariable) -> str:
    """latitude, longitude or "", by attributes, else by name."""
    role = role_of(variable)
    name = variable.name.lower()
    if role or not 1 <= variable.ndim <= 2:
        return role
    if name in LATITUDE_NAMES:
        return "latitude"
    return "longitude" if name in LONGITUDE_NAMES else ""
