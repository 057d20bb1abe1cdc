"""Edits as a Python script that stands alone: numpy and netCDF4, nothing of climpy.

The script holds the source of the functions that do the edits here, and a call of one of them for
each shape and each operation: it gives the same array, bit for bit. Here nothing of it is run.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

import climpy.errors
import climpy.grids.ocean
from climpy.arrays import FloatArray
from climpy.bc.ipsl.sub_basins import MASK_NAMES
from climpy.errors import InputRefused
from climpy.interactive import cells, changes, shapes, stored
from climpy.interactive import field as fields
from climpy.interactive.edits import EditList
from climpy.interactive.opened import Opened
from climpy.interactive.session import checksum_of
from climpy.io import MISSING
from climpy.topography.encoding import Encoding

_WIDTH = 96

_HEAD = '''#!/usr/bin/env python3
"""Edits of a field in a NetCDF file.

    python {name} IN.nc OUT.nc

reads IN.nc, which stays as it is, and writes the edited field with its coordinates to OUT.nc.
Needs Python 3.11 or newer, numpy and netCDF4. Written by climpy {version}, whose functions follow;
the edits themselves stand at the end.
"""

from __future__ import annotations

{imports}
'''

_IMPORTS = {
    "hashlib": "import hashlib",
    "heapq": "import heapq",
    "itertools": "import itertools",
    "math": "import math",
    "os": "import os",
    "sys": "import sys",
    "tempfile": "import tempfile",
    "Iterator": "from collections.abc import Iterator",
    "Mapping": "from collections.abc import Mapping",
    "Sequence": "from collections.abc import Sequence",
    "dataclass": "from dataclasses import dataclass",
    "StrEnum": "from enum import StrEnum",
    "cached_property": "from functools import cached_property",
    "Path": "from pathlib import Path",
    "Any": "from typing import Any",
    "netCDF4": "\nimport netCDF4",
    "np": "import numpy as np",
}
"""What a script may need, by the name that it uses."""

_ANNOTATIONS = ("AnyArray", "BoolArray", "FloatArray", "IntArray", "LongArray", "Point", "Vector")

_TAIL = '''
def report(title, field, chosen, change):
    """Change the field, and tell how many cells that were."""
    places, _, new = change
    field.values.reshape(-1)[places] = new
    told = count_of(field, np.flatnonzero(chosen)), count_of(field, places)
    print(f"{title}: {told[0]} cells chosen, {told[1]} changed")


def main():
    """Read, edit, write."""
    if len(sys.argv) != 3:
        sys.exit(f"Usage: python {Path(sys.argv[0]).name} IN.nc OUT.nc")
    source, target = map(Path, sys.argv[1:])
    if target.exists():
        sys.exit(f"{target} is there already.")
    field = opened(source)
    if checksum_of(field.values) != BEFORE:
        print("These are not the values that the edits were made for.", file=sys.stderr)
    edit(field)
    if checksum_of(field.values) == AFTER:
        print("The result is the one that the edits gave before, bit for bit.")
    write_planes(target, planes_of(field), {"title": TITLE, "history": HISTORY})


if __name__ == "__main__":
    try:
        main()
    except (ClimpyError, OSError, KeyError, ValueError, IndexError) as trouble:
        sys.exit(f"This file cannot be edited: {trouble}")
'''


def _parts() -> dict[str, str]:
    """Source of everything that a script may need, by name, in an order in which it can stand."""
    found: dict[str, str] = {}
    refusals = (climpy.errors.ClimpyError, climpy.errors.StepRefused, climpy.errors.InputRefused)
    for part in (*refusals, climpy.grids.ocean.Fold):
        found[part.__name__] = inspect.getsource(part)
    found["Encoding"] = _decoding()
    for name in ("_wrapped", "originals"):
        found[name] = inspect.getsource(getattr(climpy.grids.ocean, name))
    for module in (fields, cells, shapes, changes, stored):
        for name, member in vars(module).items():
            if getattr(member, "__module__", "") == module.__name__:
                found[name] = inspect.getsource(member)
    found["checksum_of"] = inspect.getsource(checksum_of)
    return found


def _decoding() -> str:
    """The class `Encoding` without what reads it from a file."""
    head = inspect.getsource(Encoding).split("\n    @", 1)[0]
    methods = (inspect.getsource(method) for method in (Encoding.decode, Encoding._holes))
    return "\n\n".join((head.rstrip(), *(method.rstrip() for method in methods))) + "\n"


def _needed(text: str, parts: dict[str, str]) -> Iterator[str]:
    """Sources of those parts that a text, or what it needs, speaks of."""
    wanted: set[str] = set()
    waiting = [text]
    while waiting:
        tree = ast.parse(waiting.pop())
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        new = (names & parts.keys()) - wanted
        wanted |= new
        waiting += [parts[name] for name in new]
    yield from (source for name, source in parts.items() if name in wanted)


def script(opened: Opened, edits: EditList, result: FloatArray, name: str = "edits.py") -> str:
    """Write the script that does the edits to the file.

    Parameters
    ----------
    opened : Opened
        The file as it was before.
    edits : EditList
        What is done to it.
    result : (ny, nx) float64
        What they gave here.
    name : str
        What the script's own instructions call it.

    Raises
    ------
    InputRefused
        If the edits are not for this field.
    """
    edits.require_fit(opened.field)
    if not opened.placement.names:
        raise InputRefused(
            "There is no script for basins that were not read from a file of basins."
        )
    own = "\n\n".join((_opening(opened), _writing(opened), _edits(edits), _TAIL.lstrip("\n")))
    facts = {
        "TITLE": "Edited field",
        "HISTORY": f"edited by a script that climpy {version('climpy')} wrote",
        "BEFORE": checksum_of(opened.field.values),
        "AFTER": checksum_of(result),
        "MISSING": MISSING,
    }
    constants = "\n".join(f"{name} = {value!r}" for name, value in facts.items())
    called = re.sub(r"[^\w.-]", "_", name)
    body = "\n\n".join((*_needed(own, _parts()), constants + "\n", own))
    imports = "\n".join(_IMPORTS[word] for word in _used(body, _IMPORTS))
    head = _HEAD.format(name=called, version=version("climpy"), imports=imports)
    types = " = ".join(_used(body, _ANNOTATIONS))
    return "\n\n".join((f"{head}\n{types} = object  # in annotations only\n", body))


def _used(text: str, words: Iterable[str]) -> list[str]:
    """Those words that stand in a text."""
    return [word for word in words if re.search(rf"\b{word}\b", text)]


def _call(function: str, arguments: Iterable[tuple[str, Any]], *before: str) -> str:
    """A call with arguments by name, in lines of readable length."""
    given = [*before, *(f"{name}={_literal(value)}" for name, value in arguments)]
    return f"{function}({', '.join(given)})"


def _literal(value: Any) -> str:
    if isinstance(value, Encoding):
        names = ("scale", "offset", "fills", "lowest", "highest")
        arguments = [(name, getattr(value, name)) for name in names]
        return _call("Encoding", arguments, f"np.dtype({value.dtype.str!r})")
    return repr(value)


def _statement(text: str) -> str:
    """A line of a function's body, broken after commas between numbers where it is long."""
    if len(text) <= _WIDTH:
        return f"    {text}\n"
    lines = textwrap.wrap(
        text, _WIDTH, initial_indent="    ", subsequent_indent="        ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join(lines) + "\n"


def _edits(edits: EditList) -> str:
    lines = ['def edit(field):\n    """Do the edits, the first one first."""\n']
    for number, edit in enumerate(edits.edits, 1):
        lines.append(f"    # {number}. {edit.title}\n")
        lines.append("    chosen = np.zeros(field.shape, dtype=np.bool_)\n")
        for mode, shape in edit.selection.parts:
            function = type(shape).function.__name__
            more = _call(function, shape.arguments.items(), "field")
            lines.append(_statement(f"chosen = combined(field, chosen, {mode!r}, {more})"))
        function = type(edit.operation).function.__name__
        new = _call(function, edit.operation.arguments.items(), "field", "chosen")
        lines.append(_statement(f"new = {new}"))
        title = repr(f"{number}. {edit.title}")
        lines.append("    change = changed_cells(field, chosen, new)\n")
        lines.append(f"    report({title}, field, chosen, change)\n")
    return "".join(lines)


def _opening(opened: Opened) -> str:
    """The function that reads the field of a file."""
    head = 'def opened(path):\n    """The field of a file."""\n'
    head += "    with netCDF4.Dataset(path) as dataset:\n"
    if opened.placement.topography:
        return head + _opening_topography(opened)
    if opened.placement.plane:
        return head + _opening_plane(opened)
    return head + _opening_ocean(opened)


_SAME_SHAPE = """    if values.shape != {shape!r}:
        raise InputRefused("The grid is another one.")
"""


def _opening_topography(opened: Opened) -> str:
    names, said = opened.placement.names, dict(opened.placement.topography)
    grid = said.pop("grid")
    plane = _call("topography_plane", said.items(), "variable")
    return "".join(
        (
            "        dataset.set_auto_maskandscale(False)\n",
            f"        variable = variable_of(dataset, {names['topography']!r})\n",
            textwrap.indent(_statement(f"values = {plane}"), "    "),
            _statement(f"latitudes, longitudes = cell_centres{grid!r}"),
            _SAME_SHAPE.format(shape=opened.field.shape),
            '    return Field(values, "topography", latitudes, longitudes)\n',
        )
    )


def _opening_plane(opened: Opened) -> str:
    names, said = opened.placement.names, dict(opened.placement.plane)
    place, places, field = said.pop("place"), said.pop("places"), opened.field
    plane = _call("plane_values", said.items(), f"np.asarray(variable[{place!r}])")
    lines = [
        "        dataset.set_auto_maskandscale(False)\n",
        f"        variable = variable_of(dataset, {names['field']!r})\n",
        textwrap.indent(_statement(f"values = {plane}"), "    "),
        "        latitudes = longitudes = None\n",
    ]
    for called, how in places.items():
        lines.append(f"        variable = variable_of(dataset, {names[called]!r})\n")
        degrees = _call("degrees", how.items(), "variable")
        lines.append(textwrap.indent(_statement(f"{called}s = {degrees}"), "    "))
    if places and field.latitudes is not None and field.latitudes.shape[1] == 1:
        places_of = f"regular_places(latitudes, longitudes, {said['turned']!r}, {said['columns']})"
        lines.append(_statement(f"latitudes, longitudes = {places_of}"))
    elif places:
        cut = f"[:, :{said['columns']}].copy()"
        lines.extend(f"    {called}s = {called}s{cut}\n" for called in places)
    if field.kind == "bathymetry":
        lines.append("    values = np.where(np.isnan(values), 0.0, values)\n")
    copies = "None"
    if field.originals is not None:
        fold = f"originals(values.shape, Fold({field.fold!r}))"
        copies = fold if field.fold else "seam_originals(values.shape)"
    lines.append(_SAME_SHAPE.format(shape=field.shape))
    lines.append("    return Field(\n")
    lines.append(f"        values, {field.kind!r}, latitudes, longitudes, {field.periodic},\n")
    lines.append(f"        {copies}, {field.fold!r},\n    )\n")
    return "".join(lines)


def _opening_ocean(opened: Opened) -> str:
    names, lines = opened.placement.names, []
    for called in ("latitude", "longitude"):
        plane = f"ocean_plane(variable_of(dataset, {names[called]!r}))"
        lines.append(f"        {called}s = {plane}\n")
    sea = "None"
    if opened.field.kind == "codes":
        masks = [
            f"{int(b)}: ocean_plane(variable_of(dataset, {n!r}))" for b, n in MASK_NAMES.items()
        ]
        lines.append(textwrap.indent(_statement(f"masks = {{{', '.join(masks)}}}"), "    "))
        lines.append("    values = plane_of_codes(masks)\n")
        sea = "values > 0.0"
    else:
        lines.append(f"        values = ocean_plane(variable_of(dataset, {names['field']!r}))\n")
        lines.append("    values = np.where(np.isnan(values), 0.0, values)\n")
    fold = opened.field.fold
    copies = f"originals(values.shape, Fold({fold!r}))"
    return "".join(
        (
            *lines,
            _SAME_SHAPE.format(shape=opened.field.shape),
            "    return Field(\n",
            f"        values, {opened.field.kind!r}, latitudes, longitudes, True,\n",
            f"        {copies}, {fold!r}, {sea},\n",
            "    )\n",
        )
    )


def _writing(opened: Opened) -> str:
    """The function that says what is written."""
    names = opened.placement.names
    lines = [
        'def planes_of(field):\n    """Dimensions, values and attributes of what is written."""\n'
    ]
    lines.append("    return {\n")
    if opened.placement.topography:
        north, east = '{"units": "degrees_north"}', '{"units": "degrees_east"}'
        lines.append(f'        "lat": (("lat",), field.latitudes[:, 0], {north}),\n')
        lines.append(f'        "lon": (("lon",), field.longitudes[0], {east}),\n')
        lines.append('        "topo": (("lat", "lon"), field.values, {"units": "m"}),\n')
        return "".join((*lines, "    }\n"))
    regular = opened.field.latitudes is not None and opened.field.latitudes.shape[1] == 1
    for called, units in (("latitude", "degrees_north"), ("longitude", "degrees_east")):
        if called not in names:
            continue
        dims, values = '("y", "x")', f"field.{called}s"
        if regular:
            dims, row = ('("y",)', "[:, 0]") if called == "latitude" else ('("x",)', "[0]")
            values += row
        lines.append(f"        {names[called]!r}: ({dims}, {values}, {{'units': {units!r}}}),\n")
    if opened.field.kind == "codes":
        for basin, name in MASK_NAMES.items():
            mask = f"(field.values == {int(basin)}).astype(np.int32)"
            lines.append(f'        {name!r}: (("y", "x"), {mask}, {{}}),\n')
    else:
        said = repr({"units": opened.units} if opened.units else {})
        lines.append(f'        {names["field"]!r}: (("y", "x"), field.values, {said}),\n')
    return "".join((*lines, "    }\n"))
