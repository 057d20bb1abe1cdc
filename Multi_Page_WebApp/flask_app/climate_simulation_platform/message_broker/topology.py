"""Exchanges and queues of the broker: what is declared by every process when it connects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from climate_simulation_platform.constants import STEPS, Worker, steps_of
from climate_simulation_platform.messages import PREFIX

EXCHANGE = PREFIX
"""Topic exchange of all messages."""

DEAD_EXCHANGE = f"{PREFIX}.dead"
DEAD_QUEUE = f"{PREFIX}_dead_letter_queue"
"""Where messages end that nobody can use, with the reason in their headers."""

DISPATCHER_QUEUE = f"{PREFIX}_dispatcher_queue"

REASON = "reason"
"""Header of a dead letter."""

MOST_DELIVERIES = 20
"""After so many the broker itself takes a message out of the way; our own count is in the database
and lower."""

MOST_KEPT = 10_000
"""Messages that a queue keeps which nobody has to empty."""


@dataclass(frozen=True)
class Queue:
    """A durable queue that survives the broker, and what is put into it.

    Parameters
    ----------
    keys : tuple of str
        Routing keys of its messages.
    """

    name: str
    keys: tuple[str, ...]
    arguments: Mapping[str, Any]


def task_queue(worker: Worker) -> str:
    """Name of the queue of a kind of worker."""
    return f"{PREFIX}_{worker.value}_task_queue"


def queues() -> tuple[Queue, ...]:
    """All queues but that of the dead letters."""
    guarded = {"x-dead-letter-exchange": DEAD_EXCHANGE, "x-delivery-limit": MOST_DELIVERIES}
    requests = tuple(f"{PREFIX}.{step}" for step in STEPS)
    ends = tuple(f"{PREFIX}.*.{ending}" for ending in ("done", "failed"))
    found = [Queue(DISPATCHER_QUEUE, (*requests, *ends), guarded)]
    for worker in Worker:
        keys = tuple(f"{PREFIX}.{step}.{worker.value}" for step in steps_of(worker))
        kept = _BOUNDED if worker is Worker.PANEL else guarded
        found.append(Queue(task_queue(worker), keys, kept))
    return tuple(found)


_BOUNDED = {"x-max-length": MOST_KEPT, "x-overflow": "drop-head"}

DEAD = Queue(DEAD_QUEUE, ("#",), _BOUNDED)

EVERY_QUEUE = {"x-queue-type": "quorum"}
"""Arguments of all queues."""
