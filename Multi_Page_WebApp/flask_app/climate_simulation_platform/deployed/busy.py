"""Whether a service may be replaced now: exit code 0, or 75 while it is at a step.

Run in its container as `python -m climate_simulation_platform.deployed.busy`, by whatever updates
containers, before it stops one.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

from climate_simulation_platform.deployed.entry import REFUSED
from climate_simulation_platform.errors import SettingsRefused
from climate_simulation_platform.settings import Settings

BUSY = 75
"""What updaters understand as "not now" (EX_TEMPFAIL)."""


def main() -> None:
    """Ask the service's own health page."""
    try:
        port = Settings.beside(os.environ).monitor_port
    except SettingsRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        sys.exit(REFUSED)
    try:
        busy = bool(_health(port).get("busy"))
    except (OSError, ValueError):
        busy = False  # it does not answer; replacing it does no harm
    sys.exit(BUSY if busy else 0)


def _health(port: int) -> Any:
    """What the page says, of a service that is unwell too: it may be at a step nevertheless."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as unwell:
        with unwell:
            return json.load(unwell)


if __name__ == "__main__":
    main()
