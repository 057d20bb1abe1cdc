"""How a service starts and ends: settings, log, signals, exit codes."""

import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

from climate_simulation_platform import logs
from climate_simulation_platform.errors import PlatformError, SettingsRefused
from climate_simulation_platform.settings import Broker, Settings

log = logging.getLogger(__name__)

WELL, FAULT, REFUSED = 0, 1, 2
"""Exit codes: ended as told; a fault of ours; something outside is missing or wrong."""

CHECK = "--check"
"""Option of every service: build everything, connect to nothing, end."""


def run(
    service: str,
    main: Callable[[Settings, threading.Event], None],
    check: Callable[[Settings], None],
    *,
    package: str = logs.OURS,
    keyless: bool = True,
) -> None:
    """Be a service until it is told to end; the process then ends with an exit code.

    Parameters
    ----------
    service : str
        What it is called in the log.
    main : callable
        Serves until the event is set.
    check : callable
        Builds everything and connects to nothing.
    package : str
        Whose log records are of interest besides the platform's.
    keyless : bool
        Whether it signs nothing.
    """
    checking = CHECK in sys.argv[1:]
    environ = {**_for_a_check(), **os.environ} if checking else os.environ
    try:
        _refuse_options(sys.argv[1:])
        settings = Settings.from_env(environ, embedded=False, keyless=keyless)
        logs.configure(service, verbose=True, log_format=settings.log_format, package=package)
        if checking:
            check(settings)
        else:
            main(settings, _told_to_end())
    except PlatformError as refusal:
        logging.getLogger(package).error("%s", refusal)
        sys.exit(REFUSED)
    except Exception:
        logging.getLogger(package).exception("The service ends with a fault of ours.")
        sys.exit(FAULT)
    sys.exit(WELL)


def broker_of(settings: Settings) -> Broker:
    """Where the broker is.

    Raises
    ------
    SettingsRefused
        If nobody said.
    """
    if settings.broker is None:
        raise SettingsRefused("BROKER_HOST must be set.")
    return settings.broker


def _told_to_end() -> threading.Event:
    """Set once the process is told to end; the signal's handler does nothing else."""
    told = threading.Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, tell)
    return told


def _for_a_check() -> Mapping[str, str]:
    """Settings that have no default, for a start that connects to nothing."""
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "BROKER_HOST": "nowhere.invalid",
        "BROKER_USER": "nobody",
        "BROKER_PASSWORD": secrets.token_hex(8),
    }


def _refuse_options(options: Sequence[str]) -> None:
    unknown = [option for option in options if option != CHECK]
    if unknown:
        raise SettingsRefused(f"There is no option {unknown[0]}; there is {CHECK}.")
