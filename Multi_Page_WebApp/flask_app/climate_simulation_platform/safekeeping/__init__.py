"""Copies of a whole installation: made while it runs, put back while it runs."""

from climate_simulation_platform.safekeeping.archive import Archive
from climate_simulation_platform.safekeeping.making import back_up
from climate_simulation_platform.safekeeping.manifest import BackupRefused, Manifest
from climate_simulation_platform.safekeeping.restoring import (
    Restored,
    counted,
    refuse_occupied,
    restore,
)

__all__ = [
    "Archive",
    "BackupRefused",
    "Manifest",
    "Restored",
    "back_up",
    "counted",
    "refuse_occupied",
    "restore",
]
