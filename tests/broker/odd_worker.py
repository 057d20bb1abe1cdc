"""A worker of the tests: the product's with odd steps, which can be killed at a chosen moment.

Run as `python -m tests.broker.odd_worker`.
"""

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from climate_simulation_platform import execution
from climate_simulation_platform.constants import Worker
from climate_simulation_platform.db import Database
from climate_simulation_platform.deployed import entry
from climate_simulation_platform.message_broker import Consumer
from climate_simulation_platform.message_broker.topology import task_queue
from climate_simulation_platform.settings import Settings
from python_worker import receive
from tests.broker import odd_steps

DEATH = "ODD_DEATH"
"""When the process is killed, one of `MOMENTS`; never if it is not set."""

QUEUE = "ODD_QUEUE"
"""Kind of worker that it is instead of a Python one."""

PATIENCE = "ODD_PATIENCE"
"""How long it waits for an occupied database [seconds]."""

AS_IT_IS = "ODD_AS_IT_IS"
"""If set, real steps are done."""


def _before_computing(worker: receive.PythonWorker) -> None:
    worker.loop.perform = _die


def _before_committing(_worker: receive.PythonWorker) -> None:
    execution.finish_task = _die  # type: ignore[assignment]


def _before_telling(worker: receive.PythonWorker) -> None:
    worker.loop._tell = _die  # type: ignore[method-assign]


def _before_acknowledging(worker: receive.PythonWorker) -> None:
    worker.loop.consumer.acknowledge = _die  # type: ignore[method-assign]


MOMENTS: dict[str, Callable[[receive.PythonWorker], None]] = {
    "before computing": _before_computing,
    "before committing": _before_committing,
    "before telling": _before_telling,
    "before acknowledging": _before_acknowledging,
}


def _die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _odd_build(settings: Settings, told: threading.Event) -> receive.PythonWorker:
    worker = _BUILD(settings, told)
    if QUEUE in os.environ:
        queue = task_queue(Worker(os.environ[QUEUE]))
        worker.loop.consumer = Consumer(entry.broker_of(settings), "odd", queue, prefetch=1)
    if DEATH in os.environ:
        MOMENTS[os.environ[DEATH]](worker)
    return worker


_BUILD = receive.build


def main() -> None:
    """Be such a worker."""
    receive.build = _odd_build
    execution.RETRY_SECONDS = (0.2,)
    if AS_IT_IS not in os.environ:
        execution.compute = odd_steps.compute
    if PATIENCE in os.environ:
        Database.__init__.__kwdefaults__["patience"] = float(os.environ[PATIENCE])
    receive.main()


if __name__ == "__main__":
    main()
