"""What the pages work with, put together once per process by its entry point."""

from dataclasses import dataclass

from climate_simulation_platform.db import Database
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage


@dataclass(frozen=True)
class Services:
    """Settings, records, files, and a place to run code on files of strangers."""

    settings: Settings
    database: Database
    storage: Storage
    sandbox: Sandbox
