"""What the editors of a process work with, put together once by its entry point."""

import threading
from contextlib import suppress

from climate_simulation_platform.db import Database
from climate_simulation_platform.editing.sandboxed import nothing
from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage

OPENED_AT_ONCE = 2
"""Files that are opened or saved at a time; the memory of so many must be there."""


def services_for_editors(settings: Settings) -> Services:
    """What the editors of a process work with.

    They need no queue: whoever hands out tasks sees the rows that saving makes.
    """
    seconds = settings.edit_wall.total_seconds()
    sandbox = Sandbox(
        memory_bytes=settings.edit_memory_bytes,
        cpu_seconds=seconds,
        wall_seconds=seconds,
        at_once=OPENED_AT_ONCE,
    )
    storage = Storage(settings.instance, least_free_bytes=settings.least_free_bytes)
    return Services(settings, Database.of(settings), storage, sandbox)


def warm(services: Services) -> None:
    """Begin to load what the first file needs, so that its reader need not wait for it."""

    def load() -> None:
        with suppress(PlatformError, OSError):
            services.sandbox.run(nothing, queued=False)

    threading.Thread(target=load, name="warm", daemon=True).start()
