"""Whether a database may have changed, told at next to no cost."""

import time

from climate_simulation_platform.db.engine import Database

ASK_SECONDS = 1.0
"""How often to ask the database anyway: a task may have waited for its time."""


class Changes:
    """Tells whether a database may have changed, at next to no cost.

    Parameters
    ----------
    database : Database
        Where it is no file, it may always have.
    """

    def __init__(self, database: Database) -> None:
        self._file = database.file
        self._seen: tuple[int, int] | None = None
        self._asked = 0.0

    def due(self) -> bool:
        """Whether it is time to ask."""
        seen = self._look()
        changed = seen is None or seen != self._seen
        if changed or time.monotonic() - self._asked >= ASK_SECONDS:
            self._seen, self._asked = seen, time.monotonic()
            return True
        return False

    def _look(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
