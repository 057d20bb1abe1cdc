"""A worker's process, whatever its kind: tasks come over its queue and are done in a sandbox."""

import functools
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Histogram

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.db import Database
from climate_simulation_platform.delivery import DeliveryLoop, LastMoment
from climate_simulation_platform.deployed import entry
from climate_simulation_platform.deployed.monitoring import Health, Monitor
from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.execution import Performer
from climate_simulation_platform.instance import make_instance
from climate_simulation_platform.message_broker import Consumer, Outgoing, Publisher
from climate_simulation_platform.message_broker.topology import task_queue
from climate_simulation_platform.messages import progress_of
from climate_simulation_platform.records import Task
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.upkeep.files import put_files_in_order

log = logging.getLogger(__name__)

UPKEEP_SECONDS = 60.0
"""How often an idle worker looks after the files."""


def run(kind: Worker, *, require: Callable[[], None] = lambda: None) -> None:
    """Be the process of a worker until it is told to end.

    Parameters
    ----------
    kind : Worker
        Whose queue it takes tasks from.
    require : callable
        Raises a `PlatformError` where something is missing that its steps need.
    """
    service = f"{kind}_worker"

    def main(settings: Settings, told: threading.Event) -> None:
        require()
        work(kind, settings, told)

    def check(settings: Settings) -> None:
        require()
        build(kind, settings, threading.Event())

    entry.run(service, main, check, package=service)


@dataclass
class WorkerProcess:
    """What the process is put together from."""

    services: Services
    loop: DeliveryLoop
    registry: CollectorRegistry

    def health(self) -> Health:
        """How the worker is."""
        trouble = ""
        try:
            self.services.database.check(newer_is_fine=True)
        except PlatformError as unusable:
            trouble = str(unusable)
        if not self.loop.consumer.connected():
            trouble = "The message queue is not connected."
        return Health(trouble, busy=self.loop.busy)

    def end(self) -> None:
        """Close everything; what was not acknowledged goes back to the queue."""
        self.loop.consumer.end()
        self.loop.publisher.end()
        self.services.sandbox.close()


def build(kind: Worker, settings: Settings, told: threading.Event) -> WorkerProcess:
    """Put the worker together; it connects to nothing yet."""
    broker = entry.broker_of(settings)
    name = f"{socket.gethostname()}.{secrets.token_hex(3)}"
    called = f"{kind}_worker {name}"
    wall = settings.task_wall.total_seconds()
    sandbox = Sandbox(memory_bytes=settings.task_memory_bytes, cpu_seconds=wall, wall_seconds=wall)
    storage = Storage(settings.instance, least_free_bytes=settings.least_free_bytes)
    services = Services(settings, Database.of(settings), storage, sandbox)
    publisher = Publisher(broker, called)
    performer = Performer(
        services,
        LastMoment(told, settings.worker_grace.total_seconds()),
        lease=settings.worker_lease,
        tell=functools.partial(_tell_progress, publisher),
    )
    registry = CollectorRegistry()
    seconds = Histogram("csp_task_seconds", "Time of a step.", ["step"], registry=registry)

    def perform(task: Task) -> None:
        with seconds.labels(task.step).time():
            performer.perform(task)

    loop = DeliveryLoop(
        name=name,
        database=services.database,
        consumer=Consumer(broker, called, task_queue(kind), prefetch=1),
        publisher=publisher,
        perform=perform,
        told=told,
        idle=_Upkeep(services),
    )
    return WorkerProcess(services, loop, registry)


def work(kind: Worker, settings: Settings, told: threading.Event) -> None:
    """Be a worker until told to end."""
    make_instance(settings.instance)
    worker = build(kind, settings, told)
    worker.services.database.check()
    worker.services.sandbox.warm()
    monitor = Monitor(settings.monitor_port, worker.registry, worker.health)
    monitor.start()
    worker.loop.consumer.start()
    try:
        worker.loop.run()
    finally:
        worker.end()
        monitor.end()


def _tell_progress(publisher: Publisher, task: Task, share: float, phase: str) -> None:
    """Tell whoever listens how far a task is."""
    elapsed = (time.time() - task.started.timestamp()) if task.started else 0.0
    publisher.mention(Outgoing.of(progress_of(task, share, phase, elapsed), certain=False))


class _Upkeep:
    """Looks after the files now and then."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._due = 0.0

    def __call__(self) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + UPKEEP_SECONDS
        try:
            put_files_in_order(self._services)
        except (PlatformError, OSError) as trouble:
            log.warning("%s", trouble)
