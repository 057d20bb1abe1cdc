"""The process that serves editors on one machine.

Run as `python -m climate_simulation_platform.embedded.editors DESCRIPTOR`, where DESCRIPTOR is that
of the listening socket.
"""

import os
import socket
import sys

from climate_simulation_platform import logs
from climate_simulation_platform.editing.services import services_for_editors, warm
from climate_simulation_platform.editing.serving import server_of
from climate_simulation_platform.embedded.instance import read_settings
from climate_simulation_platform.embedded.lifeline import end_with_supervisor


def main() -> None:
    """Serve the editors of the supervisor that started this process."""
    end_with_supervisor()
    descriptor, *options = sys.argv[1:]
    logs.configure("editors", verbose="--verbose" in options)
    services = services_for_editors(read_settings(os.environ))
    with services.sandbox, socket.socket(fileno=int(descriptor)) as listener:
        warm(services)
        server_of(services).run(sockets=[listener])


if __name__ == "__main__":
    main()
