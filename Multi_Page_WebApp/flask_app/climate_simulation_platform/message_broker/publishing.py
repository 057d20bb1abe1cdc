"""Messages on their way to the broker: sent, confirmed, or refused in bounded time."""

import contextlib
import os
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field
from typing import Any

import pika
from pika.channel import Channel

from climate_simulation_platform.errors import QueueUnavailable
from climate_simulation_platform.message_broker import topology
from climate_simulation_platform.message_broker.link import Link, Role, unavailable
from climate_simulation_platform.messages import Message, encode
from climate_simulation_platform.settings import Broker

PATIENCE_SECONDS = 5.0
"""How long a publisher waits for the broker in all."""

_PERSISTENT, _TRANSIENT = 2, 1


@dataclass(frozen=True)
class Outgoing:
    """A message as it goes out.

    Parameters
    ----------
    certain : bool
        Whether it is kept on the disk and has to arrive in a queue; else it may vanish.
    """

    routing_key: str
    body: bytes
    headers: Mapping[str, Any] = field(default_factory=dict)
    exchange: str = topology.EXCHANGE
    certain: bool = True

    @classmethod
    def of(cls, message: Message, *, certain: bool = True) -> "Outgoing":
        """One of ours."""
        return cls(message.routing_key, encode(message), certain=certain)

    @property
    def properties(self) -> pika.BasicProperties:
        """What the broker is told about it."""
        return pika.BasicProperties(
            content_type="application/json",
            delivery_mode=_PERSISTENT if self.certain else _TRANSIENT,
            headers=dict(self.headers),
        )


_NOBODY: "tuple[Outgoing, Future[None]]" = (Outgoing("", b""), Future())
_NOBODY[1].set_result(None)


class _Unroutable(Exception):
    """No queue takes the message."""


class Publisher:
    """Sends messages from any thread; made before a fork, it connects anew in the child.

    Parameters
    ----------
    name : str
        What the broker's pages call the connection.
    """

    def __init__(
        self, broker: Broker, name: str, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._broker = broker
        self._name = name
        self._patience = patience_seconds
        self._lock = threading.Lock()
        self._wire: _Wire | None = None
        self._owner = 0

    def require(self) -> None:
        """Make sure that messages would be taken now.

        Raises
        ------
        QueueUnavailable
            If not.
        """
        self._running_wire().wait(time.monotonic() + self._patience)

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Hand messages to the broker, which confirms each that has to arrive.

        A queue that is missing is declared again, once.

        Raises
        ------
        QueueUnavailable
            If any was not confirmed in time; some may have arrived nevertheless.
        """
        deadline = time.monotonic() + self._patience
        wire = self._running_wire()
        try:
            wire.send(messages, deadline)
        except _Unroutable:
            wire.renew()
            try:
                wire.send(messages, deadline)
            except _Unroutable as nobody:
                raise unavailable("no queue takes the message") from nobody

    def mention(self, message: Outgoing) -> None:
        """Hand over a message that may vanish; nobody waits for it."""
        wire = self._running_wire()
        if wire.open():
            with contextlib.suppress(QueueUnavailable):
                wire.put(message)

    def end(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._wire is not None and self._owner == os.getpid():
                self._wire.link.end()
            self._wire = None

    def _running_wire(self) -> "_Wire":
        """The connection; one that ended, whatever for, is tried anew by each who needs it."""
        with self._lock:
            if self._wire is None or self._owner != os.getpid() or not self._wire.link.alive():
                self._wire, self._owner = _Wire(self._broker, self._name), os.getpid()
                self._wire.link.start()
            return self._wire


class _Wire:
    """A connection for sending; what waits for its confirmation is known by its number."""

    def __init__(self, broker: Broker, name: str) -> None:
        self.link = Link(broker, name, Role(self._ready, self._lost, self._blocked))
        self._changed = threading.Condition()
        self._channel: Channel | None = None
        self._why = "there is no connection yet"
        self._block = ""
        # in the thread of the link only
        self._number = 0
        self._waiting: dict[int, tuple[Outgoing, Future[None]]] = {}
        self._returned: list[bytes] = []

    def open(self) -> bool:
        """Whether messages would be taken."""
        return self._channel is not None and not self._block

    def wait(self, deadline: float) -> None:
        """Wait until messages would be taken; not for a broker that has no memory or disk."""
        with self._changed:
            while not self.open():
                left = deadline - time.monotonic()
                if self._block or self.link.fault is not None or left <= 0:
                    raise unavailable(self._trouble())
                self._changed.wait(min(left, 0.5))

    def renew(self) -> None:
        """Connect anew, which declares the queues again."""
        with self._changed:
            self._channel = None
        self.link.call(self.link.renew)

    def send(self, messages: Sequence[Outgoing], deadline: float) -> None:
        """Send and wait for every confirmation."""
        self.wait(deadline)
        confirmations: list[Future[None]] = [Future() for _ in messages]
        self.link.call(lambda: self._put(messages, confirmations))
        for confirmation in confirmations:
            try:
                confirmation.result(max(0.0, deadline - time.monotonic()))
            except NotInTime:
                raise unavailable(self._trouble()) from None

    def put(self, message: Outgoing) -> None:
        """Send and wait for nothing."""
        self.link.call(lambda: self._put([message], [Future()]))

    def _trouble(self) -> str:
        if self._block:
            return f"the broker takes nothing: {self._block}"
        return str(self.link.fault or self._why).rstrip(".")

    # in the thread of the link

    def _put(self, messages: Sequence[Outgoing], confirmations: Sequence["Future[None]"]) -> None:
        channel = self._channel
        for message, confirmation in zip(messages, confirmations, strict=True):
            if channel is None or not channel.is_open:
                confirmation.set_exception(unavailable(self._trouble()))
                continue
            channel.basic_publish(
                message.exchange,
                message.routing_key,
                message.body,
                message.properties,
                mandatory=message.certain,
            )
            self._number += 1
            self._waiting[self._number] = (message, confirmation)

    def _ready(self, channel: Channel) -> None:
        self._number, self._waiting, self._returned = 0, {}, []
        channel.add_on_return_callback(
            lambda _channel, _method, _properties, body: self._returned.append(body)
        )
        channel.confirm_delivery(
            ack_nack_callback=self._confirmed, callback=lambda _frame: self._open(channel)
        )

    def _open(self, channel: Channel) -> None:
        with self._changed:
            self._channel, self._why = channel, ""
            self._changed.notify_all()

    def _confirmed(self, frame: Any) -> None:
        """The broker has taken messages, or refused them."""
        tag, taken = frame.method.delivery_tag, isinstance(frame.method, pika.spec.Basic.Ack)
        numbers = [n for n in self._waiting if n <= tag] if frame.method.multiple else [tag]
        for number in numbers:
            message, confirmation = self._waiting.pop(number, _NOBODY)
            if confirmation.done():  # whoever waited was told that it failed
                continue
            if message.body in self._returned:  # told before its confirmation
                self._returned.remove(message.body)
                confirmation.set_exception(_Unroutable())
            elif taken:
                confirmation.set_result(None)
            else:
                confirmation.set_exception(unavailable("the broker could not keep the message"))

    def _lost(self, why: str) -> None:
        with self._changed:
            self._channel, self._why = None, why
            self._changed.notify_all()
        self._give_up(why)

    def _blocked(self, reason: str) -> None:
        with self._changed:
            self._block = reason
            self._changed.notify_all()
        if reason:
            self._give_up(f"the broker takes nothing: {reason}")

    def _give_up(self, why: str) -> None:
        """Whoever waits is told at once; what comes through later finds nobody waiting."""
        waiting, self._waiting = self._waiting, {}
        for _, confirmation in waiting.values():
            confirmation.set_exception(unavailable(why))
