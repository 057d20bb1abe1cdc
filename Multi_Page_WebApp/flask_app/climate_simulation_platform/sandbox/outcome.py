"""How a call in a process of its own can end badly."""

import signal
from enum import StrEnum

from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.sandbox.wire import Limits


class Reason(StrEnum):
    """Why a child ended without a result."""

    MEMORY = "memory"
    TIME = "time"
    CRASHED = "crashed"
    LOST = "lost"
    """Killed from outside; the same call may succeed if it is repeated."""


class ChildDied(PlatformError):
    """The process that worked for a call ended without a result.

    Parameters
    ----------
    log : str
        The end of what it wrote on standard error.
    """

    def __init__(self, reason: Reason, sentence: str, log: str = "") -> None:
        super().__init__(sentence)
        self.reason = reason
        self.log = log


class ChildFailed(Exception):
    """A fault of ours in the function that was called.

    Parameters
    ----------
    log : str
        The traceback.
    """

    def __init__(self, sentence: str, log: str = "") -> None:
        super().__init__(sentence)
        self.log = log


def out_of_memory(limits: Limits, log: str) -> ChildDied:
    """Tell that the memory was not enough."""
    megabytes = limits.memory_bytes / 2**20
    allowed = f"{megabytes / 1024:.3g} GB" if megabytes >= 1024 else f"{megabytes:.3g} MB"
    return ChildDied(
        Reason.MEMORY,
        f"The work needs more than the {allowed} of memory that it may use; a coarser grid needs "
        "less.",
        log,
    )


def out_of_time(seconds: float, log: str) -> ChildDied:
    """Tell that the time was not enough."""
    allowed = f"{seconds / 60:.3g} minutes" if seconds >= 120 else f"{seconds:.3g} seconds"
    return ChildDied(
        Reason.TIME, f"The work was stopped because it did not end within {allowed}.", log
    )


def lost(log: str = "") -> ChildDied:
    """Tell that the child was killed, or could not be started."""
    return ChildDied(
        Reason.LOST, "The work was interrupted from outside; please try it again.", log
    )


def died(exit_code: int, limits: Limits, log: str) -> ChildDied:
    """What an exit code, or the negative number of a signal, means where no result came."""
    if exit_code == -signal.SIGXCPU:
        return out_of_time(limits.cpu_seconds, log)
    if exit_code in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT):
        return lost(log)
    how = _signal_name(-exit_code) if exit_code < 0 else f"exit code {exit_code}"
    return ChildDied(
        Reason.CRASHED,
        f"The work ended without a result because its process crashed ({how}); a file that it "
        "read may be damaged.",
        log,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
