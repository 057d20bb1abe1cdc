"""The processes that serve pages: gunicorn, told what it needs, with services of their own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from climate_simulation_platform.app import create_app
from climate_simulation_platform.db import Database
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.server.patience import PatientWorker, broken_bodies_refused
from climate_simulation_platform.services import Services, TaskQueue
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage

GRACE_SECONDS = 4
"""How long a request may take to finish once the pages are told to end."""

SILENT_SECONDS = 60
"""After so long without a sign of life a process is replaced."""

LOOKS_AT_ONCE = 4
"""Files that a process looks into at a time; the memory of so many must be there."""

_MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108  gunicorn makes unguessable names there


class Pages(BaseApplication):  # type: ignore[misc]
    """Gunicorn, told what it needs without a configuration file.

    Parameters
    ----------
    bind : str
        Where to listen, as gunicorn writes it.
    queue : callable, optional
        Makes the way by which tasks are handed on, in each process anew.
    began : callable
        Called in each process that serves.
    """

    def __init__(
        self,
        settings: Settings,
        bind: str,
        *,
        queue: Callable[[], TaskQueue | None] = lambda: None,
        began: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._bind = bind
        self._queue = queue
        self._began = began
        self._services: Services | None = None
        super().__init__()

    def load_config(self) -> None:
        """Tell gunicorn its settings."""
        told: dict[str, Any] = {
            "bind": self._bind,
            "workers": self._settings.web_processes,
            "threads": self._settings.web_threads,
            "worker_class": PatientWorker,
            "graceful_timeout": GRACE_SECONDS,
            "timeout": SILENT_SECONDS,
            "loglevel": "warning",
            "control_socket_disable": True,
            "forwarded_allow_ips": "",  # whom to believe is said by TRUSTED_PROXIES alone
            "post_fork": lambda _arbiter, _worker: self._began(),
            "worker_exit": _leave,
            "worker_tmp_dir": str(_MEMORY_FOLDER) if _MEMORY_FOLDER.is_dir() else None,
        }
        for name, value in told.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        """Build the application, in each process anew."""
        self._services = services_for_pages(self._settings, self._queue())
        self._services.sandbox.warm()
        return broken_bodies_refused(create_app(self._services))

    def leave(self) -> None:
        """End what this process started."""
        if self._services is not None:
            self._services.sandbox.close()
            if self._services.queue is not None:
                self._services.queue.end()


def services_for_pages(settings: Settings, queue: TaskQueue | None = None) -> Services:
    """What the pages of a process work with."""
    seconds = settings.look_wall.total_seconds()
    sandbox = Sandbox(
        memory_bytes=settings.look_memory_bytes,
        cpu_seconds=seconds,
        wall_seconds=seconds,
        at_once=LOOKS_AT_ONCE,
    )
    storage = Storage(settings.instance, least_free_bytes=settings.least_free_bytes)
    return Services(settings, Database.of(settings), storage, sandbox, queue)


def _leave(_arbiter: Any, worker: Any) -> None:
    worker.app.leave()
