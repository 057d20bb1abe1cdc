"""What the dispatcher does: hands tasks to the queues of their workers, and misses none.

What follows from a result was recorded together with it, by the table of steps; the dispatcher
reads the records that messages point to, so that none that is late, doubled or lost leaves them
wrong.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from climate_simulation_platform.constants import STEPS, Worker, computed_by, direct_dependants
from climate_simulation_platform.db import Database
from climate_simulation_platform.errors import QueueUnavailable
from climate_simulation_platform.message_broker import Consumer, Delivery, Outgoing, Publisher, bury
from climate_simulation_platform.message_broker.topology import DISPATCHER_QUEUE, task_queue
from climate_simulation_platform.messages import (
    Done,
    Failed,
    MalformedMessage,
    Message,
    Order,
    done_of,
    failed_of,
    order_for,
)
from climate_simulation_platform.records import Cause, Task, TaskState
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.upkeep.records import put_records_in_order
from climate_simulation_platform.workflow import delivered
from message_dispatcher.counting import Counts
from message_dispatcher.leases import Leases

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""Messages and tasks that are handled together, with one transaction and one wait for the
broker."""

TELL_AFTER = timedelta(seconds=5)
"""An end of which nobody heard for so long is told by us: its worker was killed."""

LONGEST_GAP = timedelta(seconds=6)
"""Looks at the signs of life that are further apart tell nothing of what was between them."""

LOST_AFTER = timedelta(seconds=30)
"""A task that was sent earlier has to be in its queue, or with a worker."""


@dataclass
class Dispatcher:
    """Routes tasks for one installation."""

    settings: Settings
    database: Database
    consumer: Consumer
    publisher: Publisher
    counts: Counts = field(default_factory=Counts)
    leases: Leases = field(init=False)

    def __post_init__(self) -> None:
        self.leases = Leases(self.settings.worker_lease, LONGEST_GAP)

    def handle(self, deliveries: Sequence[Delivery]) -> int:
        """Do what messages ask for, and send every task that can run; how many were sent.

        Nothing is half-done where it fails: the same messages can be handled again.

        Raises
        ------
        QueueUnavailable, Busy, NoSpace
        """
        messages = [message for each in deliveries if (message := self._read(each)) is not None]
        ended = [message for message in messages if isinstance(message, (Done, Failed))]
        self.publisher.send([Outgoing.of(notice) for notice in self._notices(ended)])
        sent = 0
        told = {message.task_id for message in ended}
        while tasks := delivered.to_send(self.database, most=MOST_AT_ONCE):
            # noted before it is sent: a worker may be done with it before we could note it
            delivered.note(self.database, sent=[task.id for task in tasks], told=told)
            self._send(tasks)
            sent, told = sent + len(tasks), set()
            if len(tasks) < MOST_AT_ONCE:
                break
        delivered.note(self.database, told=told)
        return sent

    def look_after(self) -> None:
        """Set right, every few seconds, what workers left that were killed."""
        silent = self.leases.over(delivered.signs_of_life(self.database))
        for number, last_sign in silent.items():
            if delivered.release_silent(self.database, number, last_sign):
                log.warning("Task %s is taken up again: its worker is silent.", number)
                self.counts.released.inc()
        untold = delivered.to_tell(self.database, older_than=TELL_AFTER, most=MOST_AT_ONCE)
        self.publisher.send([Outgoing.of(_end_of(task)) for task in untold])

    def reconcile(self, *, beginning: bool = False) -> None:
        """Set right, every minute, what should never be wrong; and forget what is old.

        Parameters
        ----------
        beginning : bool
            The dispatcher starts; the one before may have ended as it was sending.
        """
        put_records_in_order(self.database, self.settings)
        waiting = delivered.long_sent(
            self.database, older_than=timedelta() if beginning else LOST_AFTER
        )
        for worker, names in _by_worker(waiting).items():
            if self.consumer.depth(task_queue(worker)) < len(names):
                again = delivered.send_again(self.database, names)
                log.warning("%d tasks are sent again: the queue of %s lost some.", again, worker)
        self.counts.observe(self.database)

    def _read(self, delivery: Delivery) -> Message | None:
        """What a delivery says; one that says nothing goes to the dead letters."""
        try:
            message = delivery.message()
            if isinstance(message, Order):
                raise MalformedMessage("It is for a worker.")
        except MalformedMessage as reason:
            log.error("A message that nobody can use: %s", reason)
            bury(self.publisher, delivery, DISPATCHER_QUEUE, str(reason))
            self.counts.buried.inc()
            return None
        self.counts.messages.labels(type(message).__name__.lower()).inc()
        return message

    def _send(self, tasks: Sequence[Task]) -> None:
        orders = [order_for(task, computed_by(task.step, task.parameters)) for task in tasks]
        try:
            self.publisher.send([Outgoing.of(order) for order in orders])
        except QueueUnavailable:
            delivered.send_again(self.database, [task.id for task in tasks])
            raise
        for worker, number in Counter(order.worker for order in orders).items():
            self.counts.sent.labels(worker.value).inc(number)

    def _notices(self, ended: Iterable[Message]) -> list[Order]:
        """What waits for a person after results; a notice that comes twice does no harm."""
        results = [(each, _by_persons(each.step)) for each in ended if isinstance(each, Done)]
        followed = {result.data_file_id for result, steps in results if steps}
        if not followed:
            return []
        waiting = delivered.needing_somebody(self.database, followed)
        return [
            _notice(result, step)
            for result, steps in results
            for step in steps
            if step in waiting.get(result.data_file_id, ())
        ]


def _by_persons(step: str) -> tuple[str, ...]:
    """Steps after a step that a person does or looks at."""
    return tuple(later for later in direct_dependants(step) if STEPS[later].by_person)


def _notice(cause: Message, step: str) -> Order:
    return Order(
        task_id=cause.task_id,
        data_file_id=cause.data_file_id,
        step=step,
        parameters={},
        cause=Cause.DEPENDENCY,
        requested_by=cause.requested_by,
        root_task_id=cause.root_task_id,
        input_revisions={},
        worker=Worker.PANEL,
    )


def _end_of(task: Task) -> Message:
    return done_of(task) if task.state is TaskState.DONE else failed_of(task)


def _by_worker(tasks: Iterable[Task]) -> dict[Worker, list[str]]:
    found: dict[Worker, list[str]] = {}
    for task in tasks:
        found.setdefault(computed_by(task.step, task.parameters), []).append(task.id)
    return found
