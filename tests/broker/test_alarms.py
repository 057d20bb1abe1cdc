"""A broker that takes nothing: whoever asks is told in bounded time, and no step waits in vain."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from climate_simulation_platform.db.tasks import LIVE
from climate_simulation_platform.errors import QueueUnavailable
from climate_simulation_platform.message_broker import Outgoing, Publisher
from climate_simulation_platform.message_broker.publishing import PATIENCE_SECONDS
from climate_simulation_platform.message_broker.topology import (
    DEAD_EXCHANGE,
    DISPATCHER_QUEUE,
    EXCHANGE,
)
from climate_simulation_platform.records import DataFile, Status
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_sound,
    odd_topography,
    tasks_of,
    view_of,
    wait_for_status,
)
from tests.broker.visiting import Guest, sentences
from tests.deployment import Deployment
from tests.rabbitmq import PASSWORD, USER, RabbitMQ
from tests.waiting import wait_for

UNAVAILABLE = "The message queue is unavailable"

BOUND_SECONDS = 4 * PATIENCE_SECONDS
"""How long the answer to a form may take at the very most, on a busy machine too."""


@pytest.fixture(scope="module")
def installation(fragile_broker: RabbitMQ, deploy_once: DeploymentMaker) -> Deployment:
    made = deploy_once(fragile_broker, WEB_PROCESSES="1")
    made.migrate()
    services = [made.spawn(kind) for kind in ("dispatcher", "odd worker", "web")]
    for process in services:
        wait_for(process.healthy, f"{process.kind}\n{process.tail()}")
    return made


@pytest.fixture(scope="module")
def guest(installation: Deployment) -> Guest:
    installation.rooms.user("ada")
    return Guest(installation.of_kind("web")[0]).sign_in()


@pytest.fixture(params=["memory", "disk"])
def alarm(
    fragile_broker: RabbitMQ, request: pytest.FixtureRequest
) -> Iterator[Callable[..., None]]:
    """Raise one of the broker's alarms, or end it."""
    switch = {"memory": fragile_broker.memory_alarm, "disk": fragile_broker.disk_alarm}
    yield switch[request.param]
    switch[request.param](on=False)


def assert_refused(deployment: Deployment, guest: Guest, topography: DataFile, step: str) -> str:
    """The form is refused with a sentence, in bounded time, and the step is as it was."""
    before = view_of(deployment, topography, step)
    assert tasks_of(deployment, topography, *LIVE) == []
    began = time.monotonic()
    refused = guest.ask_for(topography, step)
    assert time.monotonic() - began < BOUND_SECONDS
    assert refused.status == 503
    assert UNAVAILABLE in sentences(refused)
    assert "Traceback" not in refused.text
    after = view_of(deployment, topography, step)
    assert replace(after, version=before.version) == before
    assert tasks_of(deployment, topography, *LIVE) == []
    return sentences(refused)


def assert_taken(deployment: Deployment, guest: Guest, topography: DataFile, step: str) -> None:
    """The same form is taken, and the step done."""
    asked = guest.ask_for(topography, step)
    assert asked.status == 303, sentences(asked)
    wait_for_status(deployment, topography, step, Status.UP_TO_DATE)


def test_an_alarm_of_the_broker(
    installation: Deployment, guest: Guest, alarm: Callable[..., None]
) -> None:
    """Row: memory or disk alarm; the page says so, and the step can be asked for afterwards."""
    never_run, done = odd_topography(installation, "never"), odd_topography(installation, "done")
    assert_taken(installation, guest, done, "regrid")
    probe = Publisher(installation.broker.address(installation.virtual_host), "tests")
    alarm(on=True)
    wait_for(lambda: _blocked(probe), "the alarm")
    for topography in (never_run, done):
        said = assert_refused(installation, guest, topography, "regrid")
        assert "the broker takes nothing" in said
    alarm(on=False)
    wait_for(lambda: not _blocked(probe), "the end of the alarm")
    probe.end()
    for topography in (never_run, done):
        assert_taken(installation, guest, topography, "regrid")
    assert_sound(installation, [never_run, done])


def _blocked(publisher: Publisher) -> bool:
    """Whether the broker takes nothing; it tells only those who have sent something."""
    try:
        publisher.send([Outgoing("preprocessing.probe", b"{}", exchange=DEAD_EXCHANGE)])
    except QueueUnavailable:
        return True
    return False


def test_what_was_asked_for_before_an_alarm_is_done_after_it(
    installation: Deployment, alarm: Callable[..., None]
) -> None:
    """Row: memory or disk alarm: the dispatcher waits and sends what it could not."""
    alarm(on=True)
    topography = odd_topography(installation)
    ask(installation, topography, "regrid")
    (dispatcher,) = installation.of_kind("dispatcher")
    wait_for(lambda: dispatcher.ask("/health")[0] == 503, "the dispatcher says so")
    alarm(on=False)
    wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
    wait_for(dispatcher.healthy, "the dispatcher is well again")
    assert_sound(installation, [topography])


def test_a_message_that_no_queue_takes(broker: RabbitMQ) -> None:
    """Row: unroutable key: the publisher errors in bounded time, alone and among others."""
    host = broker.new_virtual_host()
    publisher = Publisher(broker.address(host), "tests")
    fine = Outgoing("preprocessing.regrid", b"{}")
    nobodys = Outgoing("preprocessing.nothing", b"{}")
    publisher.send([fine])
    for messages in ([nobodys], [fine, nobodys, fine]):
        began = time.monotonic()
        with pytest.raises(QueueUnavailable, match="no queue takes the message"):
            publisher.send(messages)
        assert time.monotonic() - began < 2 * PATIENCE_SECONDS
    publisher.send([fine])
    publisher.mention(replace(nobodys, certain=False))
    publisher.send([fine])
    publisher.end()


def test_a_queue_that_lost_its_binding_is_bound_again(
    installation: Deployment, guest: Guest
) -> None:
    """Row: unroutable key: where it can be mended, whoever asks does not notice."""
    topography = odd_topography(installation)
    broker, host = installation.broker, installation.virtual_host
    key = "preprocessing.regrid"
    broker.delete_binding(host, EXCHANGE, DISPATCHER_QUEUE, key)
    assert_taken(installation, guest, topography, "regrid")
    bound = broker.ask("GET", f"/api/queues/{host}/{DISPATCHER_QUEUE}/bindings")
    assert key in {one["routing_key"] for one in bound}


def test_a_key_that_stays_unroutable(installation: Deployment, guest: Guest) -> None:
    """Row: unroutable key: the page says so, and the step is not left queued.

    The dispatcher is not there, which else looks at the records and needs no message.
    """
    topography = odd_topography(installation)
    for dispatcher in installation.of_kind("dispatcher"):
        dispatcher.kill()
    broker, host = installation.broker, installation.virtual_host
    broker.delete_queue(host, DISPATCHER_QUEUE)
    _allow(broker, host, configure="^$")
    wait_for(lambda: not _there(broker, host), "the queue is gone")
    try:
        assert_refused(installation, guest, topography, "regrid")
    finally:
        _allow(broker, host, configure=".*")
    for ended in [p for p in installation.processes if not p.running()]:
        installation.processes.remove(ended)  # refused for ever, as it must think
        installation.start(ended.kind)
    assert_taken(installation, guest, topography, "regrid")


def _allow(broker: RabbitMQ, host: str, configure: str) -> None:
    rights = {"configure": configure, "write": ".*", "read": ".*"}
    broker.ask("PUT", f"/api/permissions/{host}/{USER}", rights)


def _there(broker: RabbitMQ, host: str) -> bool:
    return DISPATCHER_QUEUE in {one["name"] for one in broker.ask("GET", f"/api/queues/{host}")}


def test_a_password_that_is_wrong_is_told_on_the_page(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    """Row: unroutable key, and all else: pages stay up and say what whoever runs them needs."""
    deployment = deploy(broker, WEB_PROCESSES="1")
    deployment.migrate()
    web = deployment.start("web", BROKER_PASSWORD=f"not {PASSWORD}")
    deployment.rooms.user("ada")
    guest = Guest(web).sign_in()
    said = assert_refused(deployment, guest, odd_topography(deployment), "regrid")
    assert "refuses the user name or password" in said
    assert PASSWORD not in web.tail()
    assert web.healthy()
