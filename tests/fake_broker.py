"""A broker in memory that really encodes: its queues hold bodies, and anything may be delivered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from climate_simulation_platform.message_broker import Delivery, Outgoing, topology

LIFE = 1


@dataclass
class FakeBroker:
    """Queues with the product's bindings.

    Parameters
    ----------
    dead : list of Outgoing
        The dead letters.
    """

    queues: dict[str, list[Delivery]] = field(
        default_factory=lambda: {queue.name: [] for queue in topology.queues()}
    )
    dead: list[Outgoing] = field(default_factory=list)
    _tags: int = 0

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Route messages, as a publisher does."""
        for message in messages:
            if message.exchange == topology.DEAD_EXCHANGE:
                self.dead.append(message)
                continue
            for queue in topology.queues():
                if any(matches(key, message.routing_key) for key in queue.keys):
                    self._tags += 1
                    self.queues[queue.name].append(
                        Delivery(message.routing_key, message.body, False, self._tags, LIFE)
                    )

    def mention(self, message: Outgoing) -> None:
        """Route a message that may vanish."""
        self.send([message])

    def take(self, queue_name: str, which: int) -> Delivery:
        """One message of a queue, not necessarily the first."""
        waiting = self.queues[queue_name]
        return waiting.pop(which % len(waiting))

    def double(self, queue_name: str, which: int) -> None:
        """Have a message of a queue delivered twice."""
        waiting = self.queues[queue_name]
        waiting.append(waiting[which % len(waiting)])


@dataclass
class FakeConsumer:
    """Gives what a test puts there."""

    queue_name: str
    broker: FakeBroker
    ready: list[Delivery] = field(default_factory=list)
    acknowledged: list[Delivery] = field(default_factory=list)
    given_back: list[Delivery] = field(default_factory=list)

    def take(self, seconds: float, *, most: int = 1) -> list[Delivery]:
        """What is there; nobody waits."""
        del seconds
        taken, self.ready = self.ready[:most], self.ready[most:]
        return taken

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """They are done with."""
        self.acknowledged.extend(deliveries)

    def give_back(self, deliveries: Iterable[Delivery]) -> None:
        """They come again."""
        self.given_back.extend(deliveries)

    def depth(self, queue_name: str) -> int:
        """How many messages wait in a queue."""
        return len(self.broker.queues[queue_name])

    def connected(self) -> bool:
        """Always."""
        return True


def matches(pattern: str, routing_key: str) -> bool:
    """Whether a topic exchange would send that key there."""
    words, wanted = routing_key.split("."), pattern.split(".")
    if "#" in wanted:
        raise ValueError("no pattern of ours has this sign")
    return len(words) == len(wanted) and all(
        want in ("*", word) for want, word in zip(wanted, words, strict=True)
    )
