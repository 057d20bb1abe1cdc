"""Messages that come from a queue: taken in batches, acknowledged when they are done with."""

import queue
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass
from typing import Any

from pika.channel import Channel

from climate_simulation_platform.errors import QueueUnavailable, ServiceUnusable
from climate_simulation_platform.message_broker import topology
from climate_simulation_platform.message_broker.link import Link, Role, unavailable
from climate_simulation_platform.message_broker.publishing import Outgoing, Publisher
from climate_simulation_platform.messages import LARGEST_BYTES, MalformedMessage, Message, decode
from climate_simulation_platform.settings import Broker

_DEPTH_SECONDS = 5.0


@dataclass(frozen=True)
class Delivery:
    """A message that came, as it came.

    Parameters
    ----------
    life : int
        Which of our connections it came over; it cannot be acknowledged over another one.
    """

    routing_key: str
    body: bytes
    redelivered: bool
    tag: int
    life: int

    def message(self) -> Message:
        """What it says.

        Raises
        ------
        MalformedMessage
        """
        return decode(self.routing_key, self.body)


class Consumer:
    """Takes messages from one queue.

    Parameters
    ----------
    prefetch : int
        How many may be with us unacknowledged.
    name : str
        What the broker's pages call the connection.
    """

    def __init__(self, broker: Broker, name: str, queue_name: str, *, prefetch: int) -> None:
        self.queue_name = queue_name
        self._prefetch = prefetch
        self._link = Link(broker, name, Role(self._ready, self._lost))
        self._arrived: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._life = 0
        self._channel: Channel | None = None
        self._connected = threading.Event()

    def start(self) -> None:
        """Begin to consume as soon as the broker is there."""
        self._link.start()

    def connected(self) -> bool:
        """Whether messages can come."""
        return self._connected.is_set()

    def wait_connected(self, seconds: float) -> bool:
        """Wait until messages can come."""
        return self._connected.wait(seconds)

    def take(self, seconds: float, *, most: int = 1) -> list[Delivery]:
        """Wait for the next message; give it and those that are there already.

        Raises
        ------
        ServiceUnusable
            If none will ever come.
        """
        taken: list[Delivery] = []
        deadline = time.monotonic() + seconds
        while len(taken) < most:
            if not self._link.alive():
                raise self._link.fault or ServiceUnusable("The connection to the broker ended.")
            left = 0.0 if taken else max(0.0, deadline - time.monotonic())
            try:
                delivery = self._arrived.get(timeout=left) if left else self._arrived.get_nowait()
            except queue.Empty:
                break
            if delivery.life == self._life:  # else it comes again
                taken.append(delivery)
        return taken

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """They are done with; those of an earlier connection come again."""
        of_now = [delivery for delivery in deliveries if delivery.life == self._life]
        if of_now:
            self._call(lambda channel: [channel.basic_ack(each.tag) for each in of_now])

    def give_back(self, deliveries: Iterable[Delivery]) -> None:
        """They go back to the queue."""
        of_now = [delivery for delivery in deliveries if delivery.life == self._life]
        if of_now:
            self._call(lambda channel: [channel.basic_nack(each.tag) for each in of_now])

    def depth(self, queue_name: str) -> int:
        """How many messages wait in a queue.

        Raises
        ------
        QueueUnavailable
            If nobody can tell.
        """
        found: Future[int] = Future()

        def ask(channel: Channel) -> None:
            channel.queue_declare(
                queue_name,
                passive=True,
                callback=lambda frame: found.set_result(frame.method.message_count),
            )

        if not self._call(ask):
            raise unavailable("there is no connection")
        try:
            return found.result(_DEPTH_SECONDS)
        except NotInTime:
            raise unavailable("it does not answer") from None

    def end(self) -> None:
        """Close the connection; what was not acknowledged goes back to the queue."""
        self._link.end()

    def _call(self, action: Any) -> bool:
        """Do something with the channel in its thread; False where there is none."""

        def act() -> None:
            channel = self._channel
            if channel is not None and channel.is_open:
                action(channel)

        try:
            self._link.call(act)
        except QueueUnavailable:
            return False
        return True

    # in the thread of the link

    def _ready(self, channel: Channel) -> None:
        self._life += 1
        self._channel = channel
        channel.add_on_cancel_callback(lambda _frame: self._link.renew())
        channel.basic_qos(prefetch_count=self._prefetch)
        channel.basic_consume(
            self.queue_name, self._came, callback=lambda _frame: self._connected.set()
        )

    def _came(self, _channel: Channel, method: Any, _properties: Any, body: bytes) -> None:
        self._arrived.put(
            Delivery(method.routing_key, body, method.redelivered, method.delivery_tag, self._life)
        )

    def _lost(self, _why: str) -> None:
        self._life += 1
        self._channel = None
        self._connected.clear()


def bury(publisher: Publisher, delivery: Delivery, queue_name: str, reason: str) -> None:
    """Put a message that nobody can use among the dead letters, with the reason.

    Raises
    ------
    QueueUnavailable
    """
    headers = {
        topology.REASON: reason[:1000],
        "queue": queue_name,
        "routing_key": delivery.routing_key[:255],
        "bytes": len(delivery.body),
    }
    letter = Outgoing(
        delivery.routing_key, delivery.body[:LARGEST_BYTES], headers, topology.DEAD_EXCHANGE
    )
    publisher.send([letter])


__all__ = ["Consumer", "Delivery", "MalformedMessage", "bury"]
