"""The whole workflow through dispatcher, broker and workers, as processes."""

from climate_simulation_platform.constants import ORDER, Worker
from climate_simulation_platform.message_broker.topology import task_queue
from climate_simulation_platform.records import Status
from tests.broker.conftest import DeploymentMaker
from tests.rabbitmq import RabbitMQ


def test_every_step_is_done_by_workers(broker: RabbitMQ, deploy: DeploymentMaker) -> None:
    deployment = deploy(broker)
    deployment.start_all(workers=2, web=True)
    rooms = deployment.rooms
    earth = rooms.finished(rooms.user("ada"))
    by_persons = {"internal_oceans", "passage_problems"}
    found = rooms.statuses(earth)
    assert {step for step in ORDER if found[step] is Status.NEEDS_YOU} == by_persons
    assert deployment.dead_letters() == []
    told = deployment.broker.take_messages(deployment.virtual_host, task_queue(Worker.PANEL))
    assert {message["routing_key"] for message in told} == {
        f"preprocessing.{step}.panel" for step in (*by_persons, "subbasins")
    }
    assert {process.kind: process.end() for process in deployment.processes} == {
        "dispatcher": 0,
        "worker": 0,
        "web": 0,
    }
