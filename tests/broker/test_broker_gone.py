"""A broker that is restarted, killed, recreated or not there yet; queues that vanish."""

import time
from collections.abc import Callable

import pytest

from climate_simulation_platform.constants import FileType, Worker
from climate_simulation_platform.errors import QueueUnavailable
from climate_simulation_platform.message_broker import Outgoing, Publisher
from climate_simulation_platform.message_broker.publishing import PATIENCE_SECONDS
from climate_simulation_platform.message_broker.topology import (
    DEAD_EXCHANGE,
    DEAD_QUEUE,
    DISPATCHER_QUEUE,
    task_queue,
)
from climate_simulation_platform.records import DataFile, Status, TaskState
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_sound,
    odd_topography,
    open_gate,
    revisions_of,
    runs,
    tasks_of,
    untold,
    wait_for_run,
    wait_for_status,
)
from tests.broker.visiting import Guest, sentences
from tests.deployment import Deployment, Process
from tests.rabbitmq import VIRTUAL_HOST, RabbitMQ
from tests.waiting import wait_for

PYTHON_QUEUE = task_queue(Worker.PYTHON)


@pytest.fixture
def installation(fragile_broker: RabbitMQ, deploy: DeploymentMaker) -> Deployment:
    made = deploy(fragile_broker)
    made.migrate()
    return made


def start(deployment: Deployment, *kinds: str) -> list[Process]:
    """Start services together."""
    spawned = [deployment.spawn(kind) for kind in kinds]
    for process in spawned:
        wait_for(process.healthy, f"{process.kind}\n{process.tail()}")
    return spawned


def done_by(deployment: Deployment, services: list[Process]) -> DataFile:
    """Have something done by services that ran all the time."""
    topography = odd_topography(deployment)
    ask(deployment, topography, "regrid")
    wait_for_status(deployment, topography, "regrid", Status.UP_TO_DATE)
    for process in services:
        wait_for(process.healthy, f"{process.kind} is well")
    return topography


def test_the_broker_is_restarted_while_nobody_needs_it(installation: Deployment) -> None:
    """Row: broker restarted idle."""
    services = start(installation, "dispatcher", "odd worker")
    done_by(installation, services)
    installation.broker.restart()
    topography = done_by(installation, services)
    assert_sound(installation, [topography])


@pytest.mark.parametrize("how", [RabbitMQ.end, RabbitMQ.kill])
def test_the_broker_is_restarted_during_a_job(
    installation: Deployment, how: Callable[[RabbitMQ], None]
) -> None:
    """Row: broker restarted mid-job: the job goes on, is done once, and its end is told."""
    services = start(installation, "dispatcher", "odd worker")
    topography = odd_topography(installation)
    ask(installation, topography, "regrid", "is held")
    wait_for_run(installation, topography, "regrid")
    ask(installation, topography, "routing")
    how(installation.broker)
    for process in services:
        wait_for(lambda each=process: each.ask("/health")[0] == 503, "it is missed")  # type: ignore[misc]
    installation.broker.start()
    open_gate(installation)
    wait_for_status(installation, topography, "heatflow", Status.UP_TO_DATE)
    wait_for(lambda: untold(installation) == 0, "every end is told")
    assert [step for step, _, _ in runs(installation, topography)].count("regrid") == 1
    assert revisions_of(installation, topography, FileType.RAW) == [1, 2]
    topography = done_by(installation, services)
    assert_sound(installation, [topography])


def test_the_broker_is_restarted_between_declaring_and_publishing(
    installation: Deployment,
) -> None:
    """Row: broker restarted between declare and publish: an error in bounded time, or it comes."""
    broker = installation.broker
    publisher = Publisher(broker.address(installation.virtual_host), "tests")
    publisher.require()
    letter = Outgoing("preprocessing.regrid", b"{}", exchange=DEAD_EXCHANGE)
    broker.end()
    began = time.monotonic()
    with pytest.raises(QueueUnavailable, match="The message queue is unavailable"):
        publisher.send([letter])
    assert time.monotonic() - began < 2 * PATIENCE_SECONDS
    broker.start()
    publisher.send([letter])
    publisher.end()
    assert len(broker.take_messages(installation.virtual_host, DEAD_QUEUE)) == 1


def test_the_broker_is_recreated_without_its_queues(
    fragile_broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    """Row: broker recreated: what waited in its queues is sent again."""
    broker, host = fragile_broker, VIRTUAL_HOST
    installation = deploy(broker, virtual_host=host)
    installation.migrate()
    services = start(installation, "hasty dispatcher")
    waiting = [odd_topography(installation, f"file {number}") for number in range(5)]
    for topography in waiting:
        ask(installation, topography, "regrid")
    wait_for(lambda: broker.depth(host, PYTHON_QUEUE) == len(waiting), "they are in the queue")
    broker.end()
    broker.wipe()
    broker.start()
    services += start(installation, "odd worker")
    for topography in waiting:
        wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
        assert len(runs(installation, topography)) == 1
    done_by(installation, services)
    assert_sound(installation, waiting)


def test_the_broker_is_not_there_at_the_start(installation: Deployment) -> None:
    """Row: broker down at start: services wait for it, pages say so, nothing is lost."""
    installation.broker.end()
    services = [installation.spawn(kind) for kind in ("dispatcher", "odd worker", "web")]
    dispatcher, worker, web = services
    wait_for(web.healthy, "the pages, which need no broker to be read")
    for process in (dispatcher, worker):
        wait_for(lambda each=process: _unwell(each), "it says what is missing")  # type: ignore[misc]
    topography = odd_topography(installation)
    guest = Guest(web).sign_in()
    refused = guest.ask_for(topography, "regrid")
    assert refused.status == 503
    assert "The message queue is unavailable" in sentences(refused)
    assert tasks_of(installation) == []
    installation.broker.start()
    assert guest.ask_for(topography, "regrid").status == 303
    wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
    done_by(installation, services)
    assert_sound(installation)


def _unwell(process: Process) -> bool:
    assert process.running(), process.tail()
    try:
        status, body = process.ask("/health")
    except OSError:
        return False
    return status == 503 and b"not connected" in body


@pytest.mark.parametrize("kind", ["dispatcher", "worker"])
@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"BROKER_PASSWORD": "guessed"}, "refuses the user name or password; see BROKER_USER"),
        ({"BROKER_VHOST": "elsewhere"}, "refuses the virtual host elsewhere"),
    ],
)
def test_wrong_credentials_end_a_service(
    broker: RabbitMQ, deploy: DeploymentMaker, kind: str, wrong: dict[str, str], sentence: str
) -> None:
    """Row: broker down at start; where it will never let us in, the process ends."""
    deployment = deploy(broker)
    deployment.migrate()
    process = deployment.spawn(kind, **wrong)
    assert process.popen.wait(60) == 2
    assert sentence in process.tail()


@pytest.mark.parametrize("queue", [DISPATCHER_QUEUE, PYTHON_QUEUE])
def test_a_queue_is_deleted_below_its_consumer(
    broker: RabbitMQ, deploy: DeploymentMaker, queue: str
) -> None:
    """Row: broker cancels the consumer or deletes the queue: it is declared again."""
    deployment = deploy(broker)
    deployment.migrate()
    services = start(deployment, "hasty dispatcher", "odd worker")
    broker.delete_queue(deployment.virtual_host, queue)
    done_by(deployment, services)
    names = {one["name"] for one in broker.ask("GET", f"/api/queues/{deployment.virtual_host}")}
    assert queue in names


def test_what_was_in_a_deleted_queue_is_sent_again(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    """Row: broker deletes the queue, with what waited in it, while a worker is at a step."""
    deployment = deploy(broker)
    deployment.migrate()
    start(deployment, "hasty dispatcher", "odd worker")
    first, second = odd_topography(deployment, "first"), odd_topography(deployment, "second")
    ask(deployment, first, "regrid", "is held")
    wait_for_run(deployment, first, "regrid")
    ask(deployment, second, "regrid")
    wait_for(lambda: broker.depth(deployment.virtual_host, PYTHON_QUEUE) == 1, "it waits")
    broker.delete_queue(deployment.virtual_host, PYTHON_QUEUE)
    open_gate(deployment)
    for topography in (first, second):
        wait_for_status(deployment, topography, "regrid", Status.UP_TO_DATE)
        assert len(runs(deployment, topography)) == 1
    assert [task.state for task in tasks_of(deployment)] == [TaskState.DONE, TaskState.DONE]
    assert_sound(deployment, [first, second])
