"""A worker: takes tasks from the database, one at a time, and does them.

Run as `python -m climate_simulation_platform.embedded.worker NAME`.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType

from climate_simulation_platform import logs
from climate_simulation_platform.constants import Worker, in_order, steps_of
from climate_simulation_platform.db import Changes, Database
from climate_simulation_platform.embedded.instance import read_settings
from climate_simulation_platform.embedded.lifeline import end_with_supervisor
from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.execution import Performer
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.workflow.transactions import claim_task

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.04
"""How often a sleeping worker looks whether the database has changed."""

FINISH_SECONDS = 4.0
"""How long a task may take to finish once the worker is told to end."""


class WorkerLoop:
    """Does tasks until it is told to end.

    Parameters
    ----------
    name : str
        Of this process alone; under it tasks are taken.
    """

    def __init__(self, name: str, services: Services) -> None:
        self._name = name
        self._services = services
        self._steps = computed_here(services.settings.workers)
        self._told = threading.Event()
        self._last_moment = float("inf")
        self._told_of = ""
        self._performer = Performer(services, self._must_stop)

    def end(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Take no further task; finish the one at work if it takes no longer than a moment."""
        self._last_moment = time.monotonic() + FINISH_SECONDS
        self._told.set()

    def run(self) -> None:
        """Work."""
        changes = Changes(self._services.database)
        while not self._told.is_set():
            if changes.due() and self._take_one():
                changes = Changes(self._services.database)  # another may wait already
            else:
                self._told.wait(LOOK_SECONDS)

    def _take_one(self) -> bool:
        try:
            task = claim_task(self._services.database, self._name, self._steps)
        except PlatformError as trouble:  # a full disk or a locked database passes
            self._tell_once(str(trouble))
            return False
        self._told_of = ""
        if task is None:
            return False
        with logs.about(task):
            self._performer.perform(task)
        return True

    def _tell_once(self, sentence: str) -> None:
        """Say why nothing can be taken, when it begins."""
        if sentence != self._told_of:
            log.warning("%s", sentence)
        self._told_of = sentence

    def _must_stop(self) -> bool:
        return time.monotonic() >= self._last_moment


def computed_here(workers: frozenset[Worker]) -> tuple[str, ...]:
    """Steps that somebody among these computes, in the order in which they run."""
    found = {step for worker in workers - {Worker.PANEL} for step in steps_of(worker)}
    return in_order(found)


def work(name: str, environ: Mapping[str, str]) -> None:
    """Be a worker."""
    settings = read_settings(environ)
    wall = settings.task_wall.total_seconds()
    with Sandbox(
        memory_bytes=settings.task_memory_bytes, cpu_seconds=wall, wall_seconds=wall
    ) as sandbox:
        storage = Storage(settings.instance, least_free_bytes=settings.least_free_bytes)
        loop = WorkerLoop(name, Services(settings, Database.of(settings), storage, sandbox))
        signal.signal(signal.SIGTERM, loop.end)
        sandbox.warm()
        loop.run()


def main() -> None:
    """Be the worker that the supervisor started."""
    end_with_supervisor()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor tells when to end
    name, *options = sys.argv[1:]
    logs.configure(name.split(".")[0], verbose="--verbose" in options)
    work(name, os.environ)


if __name__ == "__main__":
    main()
