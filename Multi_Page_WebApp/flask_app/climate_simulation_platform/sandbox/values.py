"""Values as bytes: plain values, arrays and records of ours, and nothing that runs.

A value becomes a tree for JSON, in which everything but text, numbers and nothing is an object with
one name, its kind; bytes and arrays follow the tree. What a process sends that looked into a
stranger's file is read with the same care as the file.
"""

import dataclasses
import enum
import functools
import importlib
import json
import struct
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

import numpy as np

OURS = ("climpy", "climate_simulation_platform")
"""Packages whose records and errors may travel."""

_LENGTH = struct.Struct("!Q")


class NotPlain(ValueError):
    """Something is no plain value, or no bytes of one."""


def encoded(value: Any) -> bytes:
    """Bytes of a value.

    Raises
    ------
    NotPlain
        If something else than values, functions of modules and records is in it.
    """
    parts: list[bytes] = []
    tree = json.dumps([_tree(value, parts), [len(part) for part in parts]]).encode()
    return b"".join((_LENGTH.pack(len(tree)), tree, *parts))


def plain(payload: bytes) -> Any:
    """The value that a child sent: plain values, arrays, and records of ours, nothing else.

    Raises
    ------
    NotPlain
        If something else is among them, or the bytes are not those of a value.
    """
    return _Reader(payload, functions=False).value()


def trusted(payload: bytes) -> Any:
    """The value that the caller sent, which may name functions; for the child only."""
    return _Reader(payload, functions=True).value()


def _tree(value: Any, parts: list[bytes]) -> Any:
    """A value as JSON takes it; bytes are put aside."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    for kind, (known, write) in _WRITERS.items():
        if isinstance(value, known):
            return {kind: write(value, parts)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        content = {name: _tree(part, parts) for name, part in named.items()}
        return {"record": [*_place(type(value)), content]}
    if callable(value) and "<" not in getattr(value, "__qualname__", "<"):
        return {"function": _place(value)}
    raise NotPlain(f"{type(value).__module__}.{type(value).__qualname__} is no plain value.")


def _place(known: Any) -> list[str]:
    return [known.__module__, known.__qualname__]


def _aside(content: bytes, parts: list[bytes]) -> int:
    parts.append(content)
    return len(parts) - 1


def _items(values: Any, parts: list[bytes]) -> list[Any]:
    return [_tree(value, parts) for value in values]


def _array(value: Any, parts: list[bytes]) -> list[Any]:
    if value.dtype.hasobject or value.dtype.names:
        raise NotPlain(f"An array of {value.dtype} is no plain value.")
    return [value.dtype.str, list(value.shape), _aside(value.tobytes(), parts)]


def _tuple(value: Any, parts: list[bytes]) -> list[Any]:
    place = _place(type(value)) if type(value) is not tuple else []
    return [place, _items(value, parts)]


_WRITERS: dict[str, tuple[type | tuple[type, ...], Callable[[Any, list[bytes]], Any]]] = {
    "member": (enum.Enum, lambda v, parts: [*_place(type(v)), _tree(v.value, parts)]),
    "number": (np.generic, lambda v, parts: _array(np.asarray(v), parts)),
    "array": (np.ndarray, _array),
    "bytes": ((bytes, bytearray), lambda v, parts: _aside(bytes(v), parts)),
    "complex": (complex, lambda v, _: [v.real, v.imag]),
    "tuple": (tuple, _tuple),
    "list": (list, _items),
    "set": (set, _items),
    "frozen": (frozenset, _items),
    "names": (dict, lambda v, parts: _items([part for pair in v.items() for part in pair], parts)),
    "path": (PurePath, lambda v, _: str(v)),
    "moment": (datetime, lambda v, _: v.isoformat()),
    "day": (date, lambda v, _: v.isoformat()),
    "span": (timedelta, lambda v, _: [v.days, v.seconds, v.microseconds]),
    "bound": (functools.partial, lambda v, parts: _items((v.func, v.args, v.keywords), parts)),
}
"""What is written of each kind, the narrower kinds first."""


class _Reader:
    """Makes a value of bytes."""

    def __init__(self, payload: bytes, *, functions: bool) -> None:
        self._payload = memoryview(payload)
        self._functions = functions
        self._starts: list[int] = []
        self._lengths: list[int] = []

    def value(self) -> Any:
        """The value."""
        try:
            (length,) = _LENGTH.unpack_from(self._payload)
            start = _LENGTH.size + length
            tree, self._lengths = json.loads(bytes(self._payload[_LENGTH.size : start]))
            for each in self._lengths:
                self._starts.append(start)
                start += each
            return self._of(tree)
        except NotPlain:
            raise
        except (
            *(ArithmeticError, AttributeError, ImportError, LookupError, RecursionError),
            *(struct.error, TypeError, ValueError),
        ) as trouble:
            raise NotPlain(f"These are not the bytes of a plain value: {trouble}") from trouble

    def _of(self, tree: Any) -> Any:
        if not isinstance(tree, dict):
            if isinstance(tree, list):
                raise NotPlain("A bare list is no plain value.")
            return tree
        ((kind, content),) = tree.items()
        made = getattr(self, f"_{kind}_", None)
        if made is None:
            raise NotPlain(f"{kind} is no kind of plain value.")
        return made(content)

    def _all(self, content: Any) -> list[Any]:
        return [self._of(part) for part in content]

    def _aside(self, number: int) -> memoryview:
        start = self._starts[number]
        return self._payload[start : start + self._lengths[number]]

    def _bytes_(self, number: int) -> bytes:
        return bytes(self._aside(number))

    def _array_(self, content: Any) -> Any:
        dtype, shape, number = content
        # a bytearray, so that the array can be written to
        return np.frombuffer(bytearray(self._aside(number)), np.dtype(dtype)).reshape(shape)

    def _number_(self, content: Any) -> Any:
        return self._array_(content)[()]

    def _complex_(self, content: Any) -> complex:
        return complex(*content)

    def _list_(self, content: Any) -> list[Any]:
        return self._all(content)

    def _set_(self, content: Any) -> set[Any]:
        return set(self._all(content))

    def _frozen_(self, content: Any) -> frozenset[Any]:
        return frozenset(self._all(content))

    def _names_(self, content: Any) -> dict[Any, Any]:
        parts = self._all(content)
        return dict(zip(parts[::2], parts[1::2], strict=True))

    def _tuple_(self, content: Any) -> Any:
        place, parts = content
        if not place:
            return tuple(self._all(parts))
        kind = _class_of_ours(*place)
        if not (issubclass(kind, tuple) and hasattr(kind, "_fields")):
            raise NotPlain(f"{'.'.join(place)} is no named tuple.")
        return kind(*self._all(parts))

    def _path_(self, content: Any) -> Path:
        return Path(content)

    def _moment_(self, content: Any) -> datetime:
        return datetime.fromisoformat(content)

    def _day_(self, content: Any) -> date:
        return date.fromisoformat(content)

    def _span_(self, content: Any) -> timedelta:
        days, seconds, microseconds = content
        return timedelta(days, seconds, microseconds)

    def _member_(self, content: Any) -> Any:
        module, name, value = content
        kind = _class_of_ours(module, name)
        if not issubclass(kind, enum.Enum):
            raise NotPlain(f"{module}.{name} is no enumeration.")
        return kind(self._of(value))

    def _record_(self, content: Any) -> Any:
        module, name, parts = content
        kind = _class_of_ours(module, name)
        if not dataclasses.is_dataclass(kind):
            raise NotPlain(f"{module}.{name} is no record.")
        made = object.__new__(kind)
        for field in dataclasses.fields(kind):
            object.__setattr__(made, field.name, self._of(parts[field.name]))
        return made

    def _function_(self, content: Any) -> Any:
        if not self._functions:
            raise NotPlain(f"{'.'.join(content)} is no plain value.")
        return _found(*content)

    def _bound_(self, content: Any) -> Any:
        function, arguments, named = self._all(content)
        return functools.partial(function, *arguments, **named)


def _class_of_ours(module: str, name: str) -> type:
    """A class of this name that we define.

    Raises
    ------
    NotPlain
        If it is somebody else's, or no class.
    """
    found = _found(module, name) if module.split(".")[0] in OURS else None
    if not isinstance(found, type) or found.__module__ != module:
        raise NotPlain(f"{module}.{name} is no plain value.")
    return found


def _found(module: str, name: str) -> Any:
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
