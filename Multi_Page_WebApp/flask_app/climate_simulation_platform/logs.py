"""What the processes tell on standard error; every record of a task says which."""

import contextlib
import json
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime

from climate_simulation_platform.records import Task
from climate_simulation_platform.settings import LogFormat

_TASK: ContextVar[Task | None] = ContextVar("task", default=None)

OURS = "climate_simulation_platform"

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
        record.task = (
            {"task_id": task.id, "data_file_id": task.data_file_id, "step": task.step}
            if task
            else {}
        )
        record.about = (
            f" task={task.id} data_file={task.data_file_id} step={task.step}" if task else ""
        )
        return True


class _Json(logging.Formatter):
    """Writes each record as one object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": getattr(record, "service", ""),
            **getattr(record, "task", {}),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


def configure(
    service: str,
    *,
    verbose: bool,
    log_format: LogFormat = LogFormat.TEXT,
    package: str = OURS,
) -> None:
    """Have this process tell warnings, or all that is of interest.

    Parameters
    ----------
    package : str
        Whose records are of interest besides the platform's.
    """
    handler = logging.StreamHandler()
    json_wanted = log_format is LogFormat.JSON
    handler.setFormatter(_Json() if json_wanted else logging.Formatter(FORMAT))
    handler.addFilter(_Context(service))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    level = logging.INFO if verbose else logging.WARNING
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it says of a broker is told by us
    for name in {OURS, package}:
        logging.getLogger(name).setLevel(level)


@contextlib.contextmanager
def about(task: Task) -> Iterator[None]:
    """Records within the block are about a task."""
    token = _TASK.set(task)
    try:
        yield
    finally:
        _TASK.reset(token)
