"""A worker's loop: tasks come over the message queue, one at a time, and are done.

The row of the task in the database says what is to be done with a delivery; a message that comes
twice, or late, does no harm. It is acknowledged once what came of the task is recorded.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from climate_simulation_platform import logs
from climate_simulation_platform.db import Database, tasks
from climate_simulation_platform.errors import Busy, DatabaseUnusable, NoSpace, QueueUnavailable
from climate_simulation_platform.message_broker import Consumer, Delivery, Outgoing, Publisher, bury
from climate_simulation_platform.messages import MalformedMessage, Order, done_of, failed_of
from climate_simulation_platform.records import Task, TaskState
from climate_simulation_platform.workflow.delivered import Delivered, Verdict, take_task

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""How often an idle worker looks whether it is to end."""

INSISTING_SECONDS = 1.0
"""Pause before an occupied database is asked again."""


@dataclass
class DeliveryLoop:
    """Does what is delivered until it is told to end.

    Parameters
    ----------
    name : str
        Of this process alone; under it tasks are taken.
    perform : callable
        Does a task that was taken, and records what came of it.
    told : threading.Event
        Set once the process is to end.
    idle : callable
        Called when nothing came for a moment.
    """

    name: str
    database: Database
    consumer: Consumer
    publisher: Publisher
    perform: Callable[[Task], object]
    told: threading.Event
    idle: Callable[[], None] = lambda: None
    busy: bool = False

    def run(self) -> None:
        """Work.

        Raises
        ------
        ServiceUnusable
            If nothing will ever be delivered.
        """
        while not self.told.is_set():
            deliveries = self.consumer.take(LOOK_SECONDS)
            self.busy = bool(deliveries)
            for delivery in deliveries:
                if self._is_done_with(delivery):
                    self.consumer.acknowledge([delivery])
                else:
                    self.consumer.give_back([delivery])
            self.busy = False
            if not deliveries:
                self.idle()

    def _is_done_with(self, delivery: Delivery) -> bool:
        """Do what a delivery asks for; False where it has to come again."""
        try:
            message = delivery.message()
        except MalformedMessage as reason:
            return self._bury(delivery, str(reason))
        if not isinstance(message, Order):
            return self._bury(delivery, "It is not for a worker.")
        delivered = self._take(message.task_id)
        if delivered is None:
            return False
        if delivered.task is None:
            return self._bury(delivery, f"There is no task {message.task_id}.")
        with logs.about(delivered.task):
            log.info("Delivered: %s", delivered.verdict)
            if delivered.verdict is Verdict.TAKEN and not self._performed(delivered.task):
                return False
            if delivered.verdict in (Verdict.TAKEN, Verdict.ENDED):
                self._tell(delivered.task)
        return True

    def _performed(self, task: Task) -> bool:
        """Do a task; False where what came of it could not be recorded, as its lease will show."""
        try:
            self.perform(task)
        except (Busy, NoSpace, DatabaseUnusable) as trouble:
            log.warning("%s", trouble)
            self.told.wait(INSISTING_SECONDS)
            return False
        return True

    def _take(self, task_id: str) -> Delivered | None:
        """Take a task, however long the database is occupied; None once the process is to end."""
        while True:
            try:
                return take_task(self.database, task_id, self.name)
            except (Busy, NoSpace, DatabaseUnusable) as trouble:
                log.warning("%s", trouble)
                if self.told.wait(INSISTING_SECONDS):
                    return None

    def _tell(self, task: Task) -> None:
        """Say that a task has ended; whoever reconciles does it where we cannot."""
        try:
            with self.database.reading() as connection:
                ended = tasks.get(connection, task.id)
            if ended is not None and ended.state in tasks.ENDED:
                message = done_of if ended.state is TaskState.DONE else failed_of
                self.publisher.send([Outgoing.of(message(ended))])
        except (Busy, NoSpace, DatabaseUnusable, QueueUnavailable) as trouble:
            log.warning("Its end could not be told yet. %s", trouble)

    def _bury(self, delivery: Delivery, reason: str) -> bool:
        """Put it among the dead letters; until the broker takes it there it stays with us."""
        log.error("A message that nobody can use: %s", reason)
        while True:
            try:
                bury(self.publisher, delivery, self.consumer.queue_name, reason)
            except QueueUnavailable:
                if self.told.wait(INSISTING_SECONDS):
                    return False
            else:
                return True


class LastMoment:
    """Tells a task at work whether it has to give way to the end of its process.

    Parameters
    ----------
    grace_seconds : float
        How long it may take from when the process is told to end.
    """

    def __init__(self, told: threading.Event, grace_seconds: float) -> None:
        self._told = told
        self._grace = grace_seconds
        self._since: float | None = None

    def __call__(self) -> bool:
        """Whether the grace is over."""
        if not self._told.is_set():
            return False
        if self._since is None:
            self._since = time.monotonic()
        return time.monotonic() - self._since >= self._grace
