"""The processes that serve pages on one machine.

Run as `python -m climate_simulation_platform.embedded.web DESCRIPTOR`, where DESCRIPTOR is that of
the listening socket.
"""

import logging
import os
import sys

from climate_simulation_platform import logs
from climate_simulation_platform.embedded.instance import read_settings
from climate_simulation_platform.embedded.lifeline import end_with_supervisor
from climate_simulation_platform.server.pages import Pages


def main() -> None:
    """Serve the pages of the supervisor that started this process."""
    end_with_supervisor()
    descriptor, *options = sys.argv[1:]
    logs.configure("web", verbose="--verbose" in options)
    logging.getLogger("gunicorn.error").propagate = False
    sys.argv[1:] = []  # gunicorn shall read none
    Pages(read_settings(os.environ), f"fd://{descriptor}", began=end_with_supervisor).run()


if __name__ == "__main__":
    main()
