"""The RabbitMQ that is deployed takes what the one of Debian takes in all other tests."""

import os
import uuid
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import pytest

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.message_broker import Consumer, Outgoing, Publisher, bury, topology
from climate_simulation_platform.settings import Broker
from tests.waiting import PATIENCE_SECONDS, wait_for

WHERE = "TEST_BROKER_URL"
"""`amqp://user:password@host:port/`, given by the workflow, whose container that broker is."""


@pytest.fixture
def broker() -> Broker:
    given = os.environ.get(WHERE)
    if given is None:
        pytest.skip(f"no other broker is named in {WHERE}")
    url = urlsplit(given)
    user, password = unquote(url.username or ""), unquote(url.password or "")
    return Broker(url.hostname or "", url.port or 5672, "/", user, password, 60)


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Publisher]:
    made = Publisher(broker, "a test that sends", patience_seconds=PATIENCE_SECONDS)
    yield made
    made.end()


@pytest.fixture
def consumers(broker: Broker) -> Iterator[dict[str, Consumer]]:
    names = (topology.task_queue(Worker.PYTHON), topology.DEAD_QUEUE)
    made = {name: Consumer(broker, "a test that takes", name, prefetch=1) for name in names}
    for consumer in made.values():
        consumer.start()
        wait_for(consumer.connected, f"a consumer of {consumer.queue_name}")
    yield made
    for consumer in made.values():
        consumer.end()


def test_what_is_sent_arrives_and_what_nobody_can_use_is_buried(
    publisher: Publisher, consumers: dict[str, Consumer]
) -> None:
    tasks, dead = consumers.values()
    body = uuid.uuid4().hex.encode()
    publisher.send([Outgoing("preprocessing.regrid.python", body)])

    (delivery,) = tasks.take(PATIENCE_SECONDS)
    assert (delivery.body, delivery.redelivered) == (body, False)
    bury(publisher, delivery, tasks.queue_name, "it is a test")
    tasks.acknowledge([delivery])

    (letter,) = dead.take(PATIENCE_SECONDS)
    assert letter.body == body
    dead.acknowledge([letter])


def test_what_is_given_back_comes_again(
    publisher: Publisher, consumers: dict[str, Consumer]
) -> None:
    tasks, _ = consumers.values()
    body = uuid.uuid4().hex.encode()
    publisher.send([Outgoing("preprocessing.regrid.python", body)])

    (delivery,) = tasks.take(PATIENCE_SECONDS)
    tasks.give_back([delivery])
    (again,) = tasks.take(PATIENCE_SECONDS)
    assert (again.body, again.redelivered) == (body, True)
    tasks.acknowledge([again])
