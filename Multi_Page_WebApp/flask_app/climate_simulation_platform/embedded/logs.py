"""What the processes tell on standard error; every record of a task says which."""

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

from climate_simulation_platform.records import Task

_TASK: ContextVar[Task | None] = ContextVar("task", default=None)

FORMAT = "%(asctime)s %(levelname)s service=%(service)s%(about)s %(message)s"


class _Context(logging.Filter):
    """Adds the service and the task at work to each record."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def filter(self, record: logging.LogRecord) -> bool:
        """Add to a record; none is dropped."""
        task = _TASK.get()
        record.service = self._service
        record.about = (
            f" task={task.id} data_file={task.data_file_id} step={task.step}" if task else ""
        )
        return True


def configure(service: str, *, verbose: bool) -> None:
    """Have this process tell warnings, or all that is of interest."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    handler.addFilter(_Context(service))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    level = logging.INFO if verbose else logging.WARNING
    logging.getLogger("climate_simulation_platform").setLevel(level)


@contextlib.contextmanager
def about(task: Task) -> Iterator[None]:
    """Records within the block are about a task."""
    token = _TASK.set(task)
    try:
        yield
    finally:
        _TASK.reset(token)
