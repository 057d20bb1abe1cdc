"""The editors in a container. Run as `python -m panel_app.serve`."""

import asyncio
import threading
import time

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector

from climate_simulation_platform.deployed import entry
from climate_simulation_platform.deployed.monitoring import Health, Monitor
from climate_simulation_platform.editing.services import services_for_editors, warm
from climate_simulation_platform.editing.serving import server_of
from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.instance import make_instance
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings

BEAT_SECONDS, SILENT_SECONDS = 1.0, 30.0
"""How often the event loop gives a sign of life, and when it is missed."""


class Editors:
    """What the process is put together from."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.services: Services = services_for_editors(settings)
        self.server = server_of(self.services)
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        opened = Gauge("csp_editors_open", "Editors that are open.", registry=self.registry)
        opened.set_function(lambda: self.server.open_pages)
        self._last_beat = time.monotonic()

    def health(self) -> Health:
        """How the service is."""
        if time.monotonic() - self._last_beat > SILENT_SECONDS:
            return Health("The server of the editors hangs.")
        try:
            self.services.database.check(newer_is_fine=True)
        except PlatformError as unusable:
            return Health(str(unusable))
        return Health()

    async def serve(self, told: threading.Event) -> None:
        """Answer until told to end."""
        self.server.start(self._settings.host, self._settings.port)
        while not told.is_set():
            self._last_beat = time.monotonic()
            await asyncio.to_thread(told.wait, BEAT_SECONDS)
        await self.server.stop()


def serve(settings: Settings, told: threading.Event) -> None:
    """Serve editors until told to end."""
    make_instance(settings.instance)
    editors = Editors(settings)
    with editors.services.sandbox:
        editors.services.database.check()
        warm(editors.services)
        monitor = Monitor(settings.monitor_port, editors.registry, editors.health)
        monitor.start()
        try:
            asyncio.run(editors.serve(told))
        finally:
            monitor.end()


def check(settings: Settings) -> None:
    """Put everything together and connect to nothing."""
    Editors(settings)


def main() -> None:
    """Be the container of the editors."""
    entry.run("panel_app", serve, check, package="panel_app", keyless=False)


if __name__ == "__main__":
    main()
