"""How the pages hand tasks on: a message to the dispatcher, confirmed by the broker."""

from climate_simulation_platform.message_broker import Outgoing, Publisher
from climate_simulation_platform.messages import request_for
from climate_simulation_platform.records import Task
from climate_simulation_platform.settings import Broker


class BrokerQueue:
    """Tells the dispatcher of tasks."""

    def __init__(self, broker: Broker) -> None:
        self._publisher = Publisher(broker, "flask_app")

    def require(self) -> None:
        """Make sure that the broker takes messages now.

        Raises
        ------
        QueueUnavailable
            If not.
        """
        self._publisher.require()

    def hand_on(self, task: Task) -> None:
        """Tell of a task that somebody asked for.

        Raises
        ------
        QueueUnavailable
            If the broker does not confirm it.
        """
        self._publisher.send([Outgoing.of(request_for(task))])

    def end(self) -> None:
        """Close the connection."""
        self._publisher.end()
