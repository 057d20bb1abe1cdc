"""The header of a file as text, the way `ncdump -h` writes it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

TYPES = {
    "float64": "double",
    "float32": "float",
    "int8": "byte",
    "int16": "short",
    "int32": "int",
    "uint8": "ubyte",
    "uint16": "ushort",
    "uint32": "uint",
    "text": "string",
}
"""How the text names the types that have other names here."""

Header = Mapping[str, Any]


def as_text(header: Header, name: str) -> str:
    """Write a header as text."""
    return "\n".join([f"netcdf {name} {{", *_lines(header), "}"]) + "\n"


def _lines(header: Header) -> Iterator[str]:
    yield "dimensions:"
    for dimension in header.get("dimensions", ()):
        length = dimension["length"]
        text = f"UNLIMITED ; // ({length} currently)" if dimension["unlimited"] else f"{length} ;"
        yield f"\t{dimension['name']} = {text}"
    yield "variables:"
    for variable in header.get("variables", ()):
        dims = f"({', '.join(variable['dims'])})" if variable["dims"] else ""
        yield f"\t{TYPES.get(variable['type'], variable['type'])} {variable['name']}{dims} ;"
        yield from _attributes(variable["attributes"], variable["name"])
    if header.get("attributes"):
        yield ""
        yield "// global attributes:"
        yield from _attributes(header["attributes"], "")


def _attributes(attributes: Mapping[str, Any], variable: str) -> Iterator[str]:
    for name, value in attributes.items():
        values = value if isinstance(value, list) else [value]
        text = ", ".join(json.dumps(one, ensure_ascii=False) for one in values)
        yield f"\t\t{variable}:{name} = {text} ;"


def attribute_lines(value: Any) -> tuple[str, ...]:
    """Lines of an attribute for a page: those of a text, or the numbers of a list in one."""
    if isinstance(value, list):
        return (", ".join(str(one) for one in value),)
    return tuple(line for line in str(value).splitlines() if line.strip()) or ("",)
