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
from climate_simulation_platform.deployed import worker
from climate_simulation_platform.settings import Settings
from tests.broker import odd_engines, odd_steps

DEATH = "ODD_DEATH"
"""When the process is killed, one of `MOMENTS`; never if it is not set."""

QUEUE = "ODD_QUEUE"
"""Kind of worker that it is instead of a Python one."""

PATIENCE = "ODD_PATIENCE"
"""How long it waits for an occupied database [seconds]."""

AS_IT_IS = "ODD_AS_IT_IS"
"""If set, real steps are done."""

ODD_ENGINE = "ODD_ENGINE"
"""If set, real steps are done, but for the programs that make weights."""


def _before_computing(made: worker.WorkerProcess) -> None:
    made.loop.perform = _die


def _before_committing(_made: worker.WorkerProcess) -> None:
    execution.finish_task = _die  # type: ignore[assignment]


def _before_telling(made: worker.WorkerProcess) -> None:
    made.loop._tell = _die  # type: ignore[method-assign]


def _before_acknowledging(made: worker.WorkerProcess) -> None:
    made.loop.consumer.acknowledge = _die  # type: ignore[method-assign]


MOMENTS: dict[str, Callable[[worker.WorkerProcess], None]] = {
    "before computing": _before_computing,
    "before committing": _before_committing,
    "before telling": _before_telling,
    "before acknowledging": _before_acknowledging,
}


def _die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _odd_build(kind: Worker, settings: Settings, told: threading.Event) -> worker.WorkerProcess:
    made = _BUILD(kind, settings, told)
    if DEATH in os.environ:
        MOMENTS[os.environ[DEATH]](made)
    return made


_BUILD = worker.build


def main() -> None:
    """Be such a worker."""
    worker.build = _odd_build
    execution.RETRY_SECONDS = (0.2,)
    if ODD_ENGINE in os.environ:
        execution.compute = odd_engines.compute
    elif AS_IT_IS not in os.environ:
        execution.compute = odd_steps.compute
    if PATIENCE in os.environ:
        Database.__init__.__kwdefaults__["patience"] = float(os.environ[PATIENCE])
    worker.run(Worker(os.environ.get(QUEUE, Worker.PYTHON)))


if __name__ == "__main__":
    main()
