"""What a step is: files it reads, what it makes, and what it is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from climpy.io import ModelFile
from climpy.steps.archives import Archive

Inputs = Mapping[str, Path]
"""Files by type."""


Tell = Callable[[float, str], None]
"""Takes the share of the work that is done (0 to 1), and what comes next."""


@dataclass(frozen=True, eq=False)
class Made:
    """What a step made.

    Parameters
    ----------
    contents : mapping of file type to ModelFile or Archive
        What to write.
    figures : mapping
        Numbers and sentences for a report, ready for JSON.
    on_request : mapping of file type to callable
        What makes the files that are written only where they are asked for.
    """

    contents: Mapping[str, ModelFile | Archive]
    figures: Mapping[str, Any] = field(default_factory=dict)
    on_request: Mapping[str, Callable[[], ModelFile]] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """A step: the files it reads and writes, what can be chosen, and what it does.

    Parameters
    ----------
    reads, writes : tuple of str
        File types.
    parameters : type
        Dataclass of what can be chosen.
    work : callable
        From files and parameters to `Made`, telling how far it is.
    optional : tuple of str
        File types that it reads where they are given.
    on_request : tuple of str
        File types that it writes only where they are asked for.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    parameters: type
    work: Callable[[Inputs, Any, Tell], Made]
    optional: tuple[str, ...] = ()
    on_request: tuple[str, ...] = ()
