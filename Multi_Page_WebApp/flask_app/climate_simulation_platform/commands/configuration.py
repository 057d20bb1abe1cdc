"""Reading `steps.yaml`: parameters for each step."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from climpy.errors import InputRefused

LONGEST_TEXT_BYTES = 1_000_000
LONGEST_NUMBER = 40
"""Digits."""

DEEPEST = 20
"""Levels of brackets."""


def read_configuration(path: Path, steps: Collection[str]) -> dict[str, dict[str, Any]]:
    """Read the parameters of each step.

    Parameters
    ----------
    path : Path
        A YAML file: names of steps, under each its parameters.
    steps : collection of str
        Steps that have parameters.

    Raises
    ------
    InputRefused
        If the file is no YAML, names something twice, or an unknown step.
    """
    content = read_yaml(path)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputRefused(
            f"{path.name} must name steps with their parameters, such as 'regrid: {{dlat: 1}}'."
        )
    for step, parameters in content.items():
        if step not in steps:
            raise InputRefused(
                f"{path.name}: there is no step {step!r}; there are {', '.join(steps)}."
            )
        if not (parameters is None or isinstance(parameters, dict)):
            raise InputRefused(
                f"{path.name}: the parameters of {step} must be names with values, "
                f"not {parameters!r}."
            )
    return {str(step): parameters or {} for step, parameters in content.items()}


def read_yaml(path: Path) -> Any:
    """Read a YAML file in which no name stands twice.

    Raises
    ------
    InputRefused
        If the file cannot be read, is no YAML or names something twice.
    """
    import yaml

    text = _text(path)
    try:
        _refuse_unclear(yaml.parse(text, Loader=yaml.SafeLoader), path)
        _refuse_repeated(yaml.compose(text, Loader=yaml.SafeLoader), path)
        return yaml.load(text, Loader=_loader())  # noqa: S506  a SafeLoader
    except yaml.YAMLError as trouble:
        mark = getattr(trouble, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(trouble, "problem", None) or "it cannot be understood"
        raise InputRefused(f"{path.name}{where} is not valid YAML: {problem}.") from trouble


def _text(path: Path) -> str:
    """Text of a short file.

    Raises
    ------
    InputRefused
        If it is no file, too long, or cannot be read as text.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise InputRefused(f"{path} is not a file.")
        if path.is_file() and path.stat().st_size > LONGEST_TEXT_BYTES:
            raise InputRefused(f"{path.name} is too long: {path.stat().st_size} bytes.")
        return path.read_text(encoding="utf-8")
    except OSError as trouble:
        raise InputRefused(f"The file {path} cannot be read: {trouble.strerror}.") from trouble
    except UnicodeDecodeError as trouble:
        raise InputRefused(f"{path.name} is not a text file in UTF-8.") from trouble


def _loader() -> Any:
    """A safe loader that takes 1e-3 as a number, as everybody does but YAML 1.1."""
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    exponent = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", exponent, list("-+.0123456789"))
    return Loader


def _refuse_unclear(events: Iterable[Any], path: Path) -> None:
    """Refuse what a list of parameters never needs: tags, references, depth, huge numbers."""
    import yaml

    depth = 0
    for event in events:
        where = f"{path.name}, line {event.start_mark.line + 1}: "
        if isinstance(event, yaml.AliasEvent):
            raise InputRefused(f"{where}write out what *{event.anchor} refers to.")
        if getattr(event, "tag", None) not in (None, "!"):
            raise InputRefused(f"{where}the tag {event.tag} is not understood; leave it out.")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise InputRefused(f"{where}more than {DEEPEST} brackets or levels inside each other.")
        value = getattr(event, "value", "")
        if len(value) > LONGEST_NUMBER and value.lstrip("+-").replace("_", "").isdigit():
            raise InputRefused(f"{where}the number {value[:12]}... is too large.")


def _refuse_repeated(root: Any, path: Path) -> None:
    """Refuse mappings in which a name stands twice; YAML would silently take the last."""
    waiting, seen = [root] if root is not None else [], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node.value, str) or id(node) in seen:
            continue
        seen.add(id(node))
        names: set[str] = set()
        for child in node.value:
            if not isinstance(child, tuple):
                waiting.append(child)
                continue
            name, value = child
            if str(name.value) in names:
                raise InputRefused(
                    f"{path.name}, line {name.start_mark.line + 1}: "
                    f"{name.value} stands there twice."
                )
            names.add(str(name.value))
            waiting.append(value)


def read_bands(path: Path) -> list[Any]:
    """Read latitude bands of plants from a table in CSV or YAML (or JSON, which is YAML).

    Raises
    ------
    InputRefused
        If the file cannot be read or holds no table.
    """
    from climpy.bc.ipsl.vegetation_table import VegetationTable

    if path.suffix.lower() == ".csv":
        table = VegetationTable.from_csv(_text(path))
    else:
        content = read_yaml(path)
        table = VegetationTable.from_dict(content if isinstance(content, dict) else {})
    bands: list[Any] = table.to_dict()["bands"]
    return bands
