"""One connection to the broker, kept up by a thread of its own.

Whatever the process does meanwhile, heartbeats go on; what was lost is connected again with growing
pauses; what will never work (a wrong password) ends in `fault`.
"""

import logging
import random
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.select_connection import SelectConnection
from pika.channel import Channel
from pika.exceptions import (
    AuthenticationError,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

from climate_simulation_platform.errors import QueueUnavailable, ServiceUnusable
from climate_simulation_platform.message_broker import topology
from climate_simulation_platform.settings import Broker

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
"""Pauses before connecting again, doubled each time."""

UNREACHABLE, LOST = "the broker cannot be reached", "the connection to the broker was lost"
"""What people are told, who need no error numbers."""

CONNECT_SECONDS = 5.0
"""How long one attempt to connect may take."""

_ACCESS_REFUSED, _NOT_ALLOWED, _PRECONDITION_FAILED = 403, 530, 406
_FOREVER_REFUSED = (_ACCESS_REFUSED, _NOT_ALLOWED)
_END_SECONDS = 5.0


@dataclass(frozen=True)
class Role:
    """What a link is for: called in its thread, never for long.

    Parameters
    ----------
    ready : callable
        Given the channel each time it is open and everything is declared.
    lost : callable
        Told why, each time the connection is gone.
    blocked : callable
        Told the reason while the broker takes nothing, and an empty one once it does again.
    """

    ready: Callable[[Channel], None]
    lost: Callable[[str], None]
    blocked: Callable[[str], None] = lambda _reason: None


class Link:
    """A connection with one channel.

    Parameters
    ----------
    name : str
        What the broker's pages call it.
    """

    def __init__(self, broker: Broker, name: str, role: Role) -> None:
        self.fault: ServiceUnusable | None = None
        self._broker = broker
        self._name = name
        self._role = role
        self._connection: SelectConnection | None = None
        self._declared = False
        self._pauses = 0
        self._told = ""
        self._wanted_end = False
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"broker {name}", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        # it tells each failed attempt in seven lines, some with a traceback; we tell it in one
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        self._thread.start()

    def alive(self) -> bool:
        """Whether the thread is there to connect again when it is needed."""
        return self._thread.is_alive()

    def call(self, action: Callable[[], None]) -> None:
        """Have something done in the thread of the link.

        Raises
        ------
        QueueUnavailable
            If there is no connection.
        """
        connection = self._connection
        if connection is None:
            raise unavailable("there is no connection")
        connection.ioloop.add_callback_threadsafe(action)

    def renew(self) -> None:
        """Give up the connection and make a new one, which declares everything again."""
        connection = self._connection
        if connection is not None and connection.is_open:
            self._wanted_end = True
            connection.close()

    def end(self) -> None:
        """Close the connection; what was not acknowledged goes back to its queue."""
        self._ending.set()
        self._wanted_end = True
        connection = self._connection
        if connection is not None:
            connection.ioloop.add_callback_threadsafe(lambda: _close(connection))
        if self._thread.is_alive():
            self._thread.join(_END_SECONDS)

    def _run(self) -> None:
        try:
            while not self._ending.is_set() and self.fault is None:
                self._connect_once()
                if self.fault is None:
                    self._ending.wait(self._pause())
        except Exception:
            log.exception("The connection to the broker ended with a fault.")
            self.fault = ServiceUnusable("The connection to the broker ended with a fault.")
        finally:
            self._role.lost(str(self.fault or "the connection was closed"))

    def _connect_once(self) -> None:
        """Connect, and serve the connection until it is gone."""
        self._declared = False
        connection = SelectConnection(
            self._parameters(),
            on_open_callback=self._opened,
            on_open_error_callback=self._not_opened,
            on_close_callback=self._closed,
        )
        self._connection = connection
        try:
            connection.ioloop.start()
        finally:
            self._connection = None
            connection.ioloop.close()

    def _parameters(self) -> pika.ConnectionParameters:
        broker = self._broker
        return pika.ConnectionParameters(
            host=broker.host,
            port=broker.port,
            virtual_host=broker.virtual_host,
            credentials=pika.PlainCredentials(broker.user, broker.password),
            heartbeat=broker.heartbeat_seconds,
            socket_timeout=CONNECT_SECONDS,
            stack_timeout=2 * CONNECT_SECONDS,
            client_properties={"connection_name": self._name},
        )

    def _pause(self) -> float:
        """Seconds to wait before the next attempt; never the same for all services."""
        longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0**self._pauses)
        self._pauses = min(self._pauses + 1, 16)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311  no secret

    # what the connection says; all in its thread

    def _opened(self, connection: Any) -> None:
        if self._ending.is_set():
            _close(connection)
            return
        connection.add_on_connection_blocked_callback(
            lambda _connection, frame: self._role.blocked(str(frame.method.reason) or "no reason")
        )
        connection.add_on_connection_unblocked_callback(
            lambda _connection, _frame: self._role.blocked("")
        )
        connection.channel(on_open_callback=self._declare)

    def _declare(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        for exchange in (topology.EXCHANGE, topology.DEAD_EXCHANGE):
            channel.exchange_declare(exchange, exchange_type="topic", durable=True)
        for exchange, queue in (
            (topology.DEAD_EXCHANGE, topology.DEAD),
            *((topology.EXCHANGE, queue) for queue in topology.queues()),
        ):
            arguments = {**topology.EVERY_QUEUE, **queue.arguments}
            channel.queue_declare(queue.name, durable=True, arguments=arguments)
            for key in queue.keys:
                channel.queue_bind(queue.name, exchange, key)
        channel.basic_qos(prefetch_count=0, callback=lambda _frame: self._is_ready(channel))

    def _is_ready(self, channel: Channel) -> None:
        self._declared, self._pauses = True, 0
        if self._told:
            log.warning("The broker is there again.")
        self._told = ""
        self._role.ready(channel)

    def _channel_closed(self, channel: Channel, why: Exception) -> None:
        code = getattr(why, "reply_code", 0)
        if not self._declared and code in (_PRECONDITION_FAILED, *_FOREVER_REFUSED):
            self.fault = ServiceUnusable(f"The broker refuses what is declared: {why}.")
        if channel.connection.is_open:
            channel.connection.close()

    def _not_opened(self, connection: Any, why: Exception) -> None:
        causes = tuple(_causes(why))
        if any(_is_wrong_password(cause) for cause in causes):
            self.fault = ServiceUnusable(
                "The broker refuses the user name or password; see BROKER_USER and BROKER_PASSWORD."
            )
        elif any(_is_refusal(cause) for cause in causes):
            self.fault = ServiceUnusable(
                f"The broker refuses the virtual host {self._broker.virtual_host} to "
                f"{self._broker.user}; see BROKER_VHOST."
            )
        place = f"{self._broker.host}:{self._broker.port}"
        self._gone(connection, f"{place} cannot be reached: {_named(causes[-1])}", UNREACHABLE)

    def _closed(self, connection: Any, why: Exception) -> None:
        self._gone(connection, f"the connection was lost: {_named(why)}", LOST)

    def _gone(self, connection: Any, why: str, in_short: str) -> None:
        if why != self._told and not self._wanted_end:
            log.warning("The broker: %s.", why)
            self._told = why
        self._wanted_end = False
        self._role.blocked("")
        self._role.lost(in_short)
        connection.ioloop.stop()


def unavailable(why: str) -> QueueUnavailable:
    """What a person is told who asked for something."""
    return QueueUnavailable(
        f"The message queue is unavailable ({why}); nothing was changed, try again in a moment."
    )


_SAID_NO = re.compile(rf"ConnectionClosedByBroker: \(({_ACCESS_REFUSED}|{_NOT_ALLOWED})\)")


def _is_wrong_password(why: Exception) -> bool:
    guessed = isinstance(why, ProbableAuthenticationError)
    return isinstance(why, AuthenticationError) or (guessed and _was_said(why))


def _is_refusal(why: Exception) -> bool:
    if isinstance(why, ConnectionClosedByBroker):
        return why.reply_code in _FOREVER_REFUSED
    return isinstance(why, ProbableAccessDeniedError) and _was_said(why)


def _was_said(why: Exception) -> bool:
    """Whether the broker refused; pika also guesses so where a broker dies or is just starting."""
    return _SAID_NO.search(str(why)) is not None


def _causes(why: Any) -> Iterator[Exception]:
    """The exception and those that it wraps, the innermost last."""
    yield why
    within = [getattr(why, "exception", None), *getattr(why, "exceptions", ()), *why.args]
    for cause in within:
        if isinstance(cause, Exception):
            yield from _causes(cause)


def _named(why: Exception) -> str:
    return (str(why) or type(why).__name__).rstrip(".")


def _close(connection: Any) -> None:
    if connection.is_open:
        connection.close()
    elif not connection.is_closing:
        connection.ioloop.stop()
