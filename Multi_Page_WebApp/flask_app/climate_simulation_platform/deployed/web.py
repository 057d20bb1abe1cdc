"""The pages in a container. Run as `python -m climate_simulation_platform.deployed.web`."""

import logging
import sys
import threading

from climate_simulation_platform.app import create_app
from climate_simulation_platform.db import Database
from climate_simulation_platform.deployed import entry
from climate_simulation_platform.deployed.queue import BrokerQueue
from climate_simulation_platform.instance import make_instance
from climate_simulation_platform.server.pages import Pages, services_for_pages
from climate_simulation_platform.settings import Settings


def serve(settings: Settings, _told: threading.Event) -> None:
    """Serve pages until the process is told to end; gunicorn listens to the signals itself."""
    broker = entry.broker_of(settings)
    make_instance(settings.instance)
    Database.of(settings).check()
    logging.getLogger("gunicorn.error").propagate = False
    sys.argv[1:] = []  # gunicorn shall read none
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    Pages(settings, f"{host}:{settings.port}", queue=lambda: BrokerQueue(broker)).run()


def check(settings: Settings) -> None:
    """Build the application and connect to nothing."""
    create_app(services_for_pages(settings, BrokerQueue(entry.broker_of(settings))))


def main() -> None:
    """Be the container of the pages."""
    entry.run("flask_app", serve, check, keyless=False)


if __name__ == "__main__":
    main()
