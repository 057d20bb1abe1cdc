"""Edits as JSON: written exactly, read with suspicion."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from climpy.errors import InputRefused
from climpy.interactive import limits
from climpy.interactive.selections import MODES

__all__ = ["MODES", "built", "listed", "mapping", "plain", "read", "written"]

Part = TypeVar("Part")


def plain(kind: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A shape or operation ready for JSON."""
    return {"kind": kind, **{name: _lists(value) for name, value in arguments.items()}}


def _lists(value: Any) -> Any:
    return [_lists(entry) for entry in value] if isinstance(value, tuple) else value


def written(content: Mapping[str, Any], edits: Sequence[str] | None = None) -> str:
    """JSON of plain values, numbers exact; with a list of edits that are JSON already.

    Where the edits are given, the content must not be empty.
    """
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    return text if edits is None else f'{text[:-1]},"edits":[{",".join(edits)}]}}'


def read(text: str | bytes) -> Any:
    """Read JSON of plain values in which no name stands twice and every number is one.

    Raises
    ------
    InputRefused
        If it is too long or is no such JSON.
    """
    if len(text) > limits.LONGEST_TEXT:
        raise InputRefused(
            f"The edits are {len(text)} characters long; at most {limits.LONGEST_TEXT} are read."
        )
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except InputRefused:
        raise
    except UnicodeDecodeError as trouble:
        raise InputRefused("The edits are no text in UTF-8.") from trouble
    except json.JSONDecodeError as trouble:
        raise InputRefused(
            f"The edits are no JSON: {trouble.msg} in line {trouble.lineno}."
        ) from trouble
    except RecursionError as trouble:
        raise InputRefused("The edits are no list of edits: too many brackets.") from trouble
    except ValueError as trouble:  # whole numbers of thousands of digits
        raise InputRefused("The edits are no list of edits: a number is too long.") from trouble


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputRefused(f"{limits.shown(twice)} stands there twice.")
    return content


def _no_number(word: str) -> Any:
    raise InputRefused(f"{word} is no number that an edit can have.")


def mapping(
    what: str, content: Any, needed: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Give a mapping that has the names it needs and no unknown ones.

    Raises
    ------
    InputRefused
        Naming what is missing or unknown.
    """
    if not isinstance(content, dict):
        raise InputRefused(f"{what} must be a mapping of names, not {limits.shown(content)}.")
    for name in needed:
        if name not in content:
            raise InputRefused(f'{what} lacks "{name}".')
    for name in content:
        if name not in needed and name not in optional:
            names = ", ".join((*needed, *optional)) or "no names"
            raise InputRefused(f"{what} has no {limits.shown(name)}; it has {names}.")
    return content


def listed(what: str, content: Any, most: int) -> Sequence[Any]:
    """Give a list that is not too long.

    Raises
    ------
    InputRefused
        If it is none.
    """
    if not isinstance(content, list):
        raise InputRefused(f"{what} must be a list, not {limits.shown(content)}.")
    if len(content) > most:
        raise InputRefused(f"{what}: {len(content)} entries; at most {most} are taken.")
    return content


def built(what: str, content: Any, kinds: Mapping[str, type[Part]]) -> Part:
    """Make a shape or an operation of what `plain` gave.

    Raises
    ------
    InputRefused
        If its kind is unknown, a name is missing or unknown, or a value cannot be.
    """
    if not isinstance(content, dict) or "kind" not in content:
        raise InputRefused(f'{what} must be a mapping with a "kind".')
    kind = limits.one_of(f"{what}: kind", content["kind"], kinds)
    entries = fields(kinds[kind])  # type: ignore[arg-type]
    needed = [entry.name for entry in entries if entry.default is MISSING]
    optional = [entry.name for entry in entries if entry.default is not MISSING]
    arguments = {name: value for name, value in content.items() if name != "kind"}
    return kinds[kind](**mapping(f"{what} {kind}", arguments, needed, optional))
