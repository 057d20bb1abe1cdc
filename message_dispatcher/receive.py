"""The dispatcher's process. Run as `python -m message_dispatcher.receive`."""

import logging
import threading
import time
from dataclasses import dataclass, field

from climate_simulation_platform.db import Changes, Database
from climate_simulation_platform.deployed import entry
from climate_simulation_platform.deployed.monitoring import Health, Monitor
from climate_simulation_platform.errors import Busy, DatabaseUnusable, NoSpace, QueueUnavailable
from climate_simulation_platform.message_broker import Consumer, Delivery, Publisher
from climate_simulation_platform.message_broker.topology import DISPATCHER_QUEUE
from climate_simulation_platform.settings import Settings
from message_dispatcher.dispatching import MOST_AT_ONCE, Dispatcher

log = logging.getLogger(__spec__.name)

LOOK_SECONDS = 0.1
"""How often an idle dispatcher looks whether the records have changed."""

LOOK_AFTER_SECONDS, RECONCILE_SECONDS = 2.0, 60.0
PAUSE_SECONDS = 0.5
"""Pause before something is tried again that just failed."""

_PASSING = (Busy, NoSpace, DatabaseUnusable, QueueUnavailable)


@dataclass
class Loop:
    """Dispatches until it is told to end."""

    dispatcher: Dispatcher
    consumer: Consumer
    told: threading.Event
    held: list[Delivery] = field(default_factory=list)
    trouble: str = ""
    _after_due: float = 0.0
    _reconcile_due: float = 0.0

    def run(self) -> None:
        """Dispatch.

        Raises
        ------
        ServiceUnusable
            If nothing will ever be delivered.
        """
        changes = Changes(self.dispatcher.database)
        while not self.told.is_set():
            self.held += self.consumer.take(LOOK_SECONDS, most=MOST_AT_ONCE - len(self.held))
            try:
                if self.held or changes.due():
                    self.dispatcher.handle(self.held)
                    self.consumer.acknowledge(self.held)
                    self.held.clear()
                self._now_and_then()
            except _PASSING as trouble:
                self._tell_once(str(trouble))
                self.told.wait(PAUSE_SECONDS)
            else:
                self.trouble = ""

    def health(self) -> Health:
        """How the dispatcher is."""
        self.dispatcher.database.check(newer_is_fine=True)
        if not self.consumer.connected():
            return Health("The message queue is not connected.")
        return Health(self.trouble)

    def _now_and_then(self) -> None:
        now = time.monotonic()
        if now >= self._after_due:
            self.dispatcher.look_after()
            self._after_due = now + LOOK_AFTER_SECONDS
        if now >= self._reconcile_due and self.consumer.connected():
            self.dispatcher.reconcile(beginning=not self._reconcile_due)
            self._reconcile_due = now + RECONCILE_SECONDS

    def _tell_once(self, sentence: str) -> None:
        if sentence != self.trouble:
            log.warning("%s", sentence)
        self.trouble = sentence


def dispatch(settings: Settings, told: threading.Event) -> None:
    """Be the dispatcher until told to end."""
    loop = build(settings, told)
    loop.dispatcher.database.check()
    monitor = Monitor(settings.monitor_port, loop.dispatcher.counts.registry, loop.health)
    monitor.start()
    loop.consumer.start()
    try:
        loop.run()
    finally:
        loop.consumer.end()
        loop.dispatcher.publisher.end()
        monitor.end()


def build(settings: Settings, told: threading.Event) -> Loop:
    """Put the dispatcher together; it connects to nothing yet."""
    broker = entry.broker_of(settings)
    consumer = Consumer(broker, "message_dispatcher", DISPATCHER_QUEUE, prefetch=MOST_AT_ONCE)
    publisher = Publisher(broker, "message_dispatcher")
    dispatcher = Dispatcher(settings, Database.of(settings), consumer, publisher)
    return Loop(dispatcher, consumer, told)


def check(settings: Settings) -> None:
    """Put everything together and connect to nothing."""
    build(settings, threading.Event())


def main() -> None:
    """Be the dispatcher's process."""
    entry.run("message_dispatcher", dispatch, check, package="message_dispatcher")


if __name__ == "__main__":
    main()
