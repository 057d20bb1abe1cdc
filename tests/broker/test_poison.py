"""Messages that nobody can use end among the dead letters, with the reason, and harm nobody."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.message_broker import Outgoing, Publisher
from climate_simulation_platform.message_broker.topology import DISPATCHER_QUEUE, task_queue
from climate_simulation_platform.messages import LARGEST_BYTES
from climate_simulation_platform.records import Status
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import ask, assert_sound, metric, odd_topography, wait_for_status
from tests.deployment import Deployment
from tests.hostile_messages import DONE, HOSTILE, MISPLACED, Hostile, written
from tests.rabbitmq import RabbitMQ
from tests.waiting import wait_for

QUEUES = {"dispatcher": DISPATCHER_QUEUE, "worker": task_queue(Worker.PYTHON)}

Post = Callable[[str, Sequence[Hostile]], None]


@pytest.fixture(scope="module")
def installation(broker: RabbitMQ, deploy_once: DeploymentMaker) -> Deployment:
    made = deploy_once(broker)
    made.migrate()
    made.start("dispatcher")
    made.start("odd worker")
    return made


@pytest.fixture(scope="module")
def post(installation: Deployment) -> Iterator[Post]:
    """Put messages into a queue under any routing key, by an exchange that minds none."""
    broker, host = installation.broker, installation.virtual_host
    for service, queue in QUEUES.items():
        broker.ask("PUT", f"/api/exchanges/{host}/to_{service}", {"type": "fanout"})
        broker.ask("POST", f"/api/bindings/{host}/e/to_{service}/q/{queue}", {})
    publisher = Publisher(broker.address(host), "tests", patience_seconds=60.0)

    def put(service: str, messages: Sequence[Hostile]) -> None:
        publisher.send(
            [Outgoing(each.routing_key, each.body, exchange=f"to_{service}") for each in messages]
        )

    yield put
    publisher.end()


def letters(deployment: Deployment, number: int) -> list[Any]:
    """Wait for so many dead letters, and take them."""
    found: list[Any] = []

    def taken() -> bool:
        found.extend(deployment.dead_letters())
        return len(found) >= number

    wait_for(taken, f"{number} dead letters")
    assert len(found) == number
    return found


def assert_at_work(deployment: Deployment) -> None:
    """All services are the same as before, and do what they are asked for."""
    assert len(deployment.of_kind("odd worker")) == len(deployment.of_kind("dispatcher")) == 1
    topography = odd_topography(deployment)
    ask(deployment, topography, "regrid")
    wait_for_status(deployment, topography, "regrid", Status.UP_TO_DATE)
    assert all(process.healthy() for process in deployment.processes)
    assert deployment.dead_letters() == []
    assert_sound(deployment, [topography])


@pytest.mark.parametrize("service", QUEUES)
def test_poison_is_buried_with_its_reason(
    installation: Deployment, post: Post, service: str
) -> None:
    """Row: poison: undecodable, unknown step or version, missing id, 10 MB body."""
    sent = [*HOSTILE, *MISPLACED[service]]
    post(service, sent)
    found = letters(installation, len(sent))
    headers = [letter["properties"]["headers"] for letter in found]
    for each, header in zip(sent, headers, strict=True):
        assert each.says.lower() in header["reason"].lower()
        assert header["queue"] == QUEUES[service]
        assert header["routing_key"] == each.routing_key
        assert header["bytes"] == len(each.body)
    assert max(letter["payload_bytes"] for letter in found) == LARGEST_BYTES
    assert_at_work(installation)


def test_the_dispatcher_counts_what_it_buries(installation: Deployment, post: Post) -> None:
    (dispatcher,) = installation.of_kind("dispatcher")
    before = metric(dispatcher, "csp_dispatcher_buried_total")
    post("dispatcher", HOSTILE[:3])
    letters(installation, 3)
    wait_for(lambda: metric(dispatcher, "csp_dispatcher_buried_total") - before == 3, "the count")
    told = re.findall(r"ERROR .*A message that nobody can use: (.*)", dispatcher.tail())
    assert len(told) >= 3


def test_news_of_a_task_that_nobody_knows_changes_nothing(
    installation: Deployment, post: Post
) -> None:
    """Row: poison: an unknown task; it may have been purged meanwhile."""
    (dispatcher,) = installation.of_kind("dispatcher")
    before = metric(dispatcher, "csp_dispatcher_messages_total", kind="done")
    post("dispatcher", [Hostile("", DONE, written(data_file_id=2**63 - 1), "")])
    wait_for(
        lambda: metric(dispatcher, "csp_dispatcher_messages_total", kind="done") == before + 1,
        "it is read",
    )
    assert_at_work(installation)
