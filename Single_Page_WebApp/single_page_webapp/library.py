"""The opened files, and reading them in processes of their own."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.sandbox import ChildDied, Reason, Sandbox
from climpy.errors import InputRefused
from climpy.interactive.desk import Plane
from single_page_webapp import reading
from single_page_webapp.folders import Folder, Folders
from single_page_webapp.settings import Settings

T = TypeVar("T")

WHY_NOT = {
    Reason.MEMORY: "it needs more memory than there is",
    Reason.TIME: "it takes too long to read",
    Reason.CRASHED: "it crashes the program that reads it",
}

LOOKS_AT_ONCE = 2


class Library:
    """What pages work with.

    Parameters
    ----------
    settings : Settings
        Of this installation.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folders = Folders(settings.folder, settings.keep_seconds, settings.least_free_bytes)
        self.sandbox = Sandbox(
            memory_bytes=settings.look_memory_bytes,
            cpu_seconds=settings.look_seconds,
            wall_seconds=settings.look_seconds,
            at_once=LOOKS_AT_ONCE,
        )
        self._open: Counter[str] = Counter()

    def look(self, path: Path, name: str) -> Mapping[str, Any]:
        """Say what is kept of a file that has just come in.

        Raises
        ------
        InputRefused
            If it cannot be used.
        """
        planes, editors, sentence = self.read(reading.look, path, name)
        return {
            "name": name,
            "size": path.stat().st_size,
            "planes": [asdict(plane) for plane in planes],
            "editors": editors,
            "sentence": sentence,
        }

    def read(self, function: Callable[..., T], path: Path, name: str, *more: Any) -> T:
        """Call a function of `reading` in a process of its own.

        Raises
        ------
        InputRefused
            As it says, or if the process did not come to an end.
        """
        try:
            return self.sandbox.run(function, path, name, *more)
        except ChildDied as death:
            why = WHY_NOT.get(death.reason, "the program that reads it was ended")
            raise InputRefused(f"{name} cannot be used: {why}.") from death
        except PlatformError as refusal:
            raise InputRefused(str(refusal)) from refusal

    def begun(self, folder: Folder) -> None:
        """Note that an editor of a file is open: it is not removed."""
        self._open[folder.token] += 1
        folder.used()

    def ended(self, folder: Folder) -> None:
        """Note that it was closed."""
        self._open[folder.token] -= 1
        with contextlib.suppress(OSError):
            folder.used()

    def windows(self, folder: Folder) -> int:
        """How many editors of a file are open."""
        return self._open[folder.token]

    def in_use(self, token: str) -> bool:
        """Whether an editor of a file is open."""
        return self._open[token] > 0

    def sweep(self) -> None:
        """Remove what was not used for long."""
        self.folders.sweep(self.in_use, time.time())


def planes_of(about: Mapping[str, Any]) -> Iterator[Plane]:
    """What can be viewed of a file, as it is kept."""
    for told in about["planes"]:
        axes = tuple((name, tuple(labels)) for name, labels in told["axes"])
        yield Plane(told["variable"], told["title"], axes, told["editable"])
