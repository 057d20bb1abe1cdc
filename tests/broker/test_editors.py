"""The service of the editors, and what follows when somebody saves there."""

import json
from datetime import UTC, datetime

from climate_simulation_platform.constants import FileType
from tests.broker.conftest import DeploymentMaker
from tests.desks import RAISE, Rooms, do
from tests.nginx_server import ask
from tests.rabbitmq import RabbitMQ


def test_the_service_says_how_it_is_and_ends_in_order(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    deployment = deploy(broker, LOG_FORMAT="json")
    deployment.migrate()
    editors = deployment.start("editors")
    page = ask(editors.editors_port, "GET", "/panel/edit?ticket=forged")
    assert (page.status, "was not made by the platform" in page.text) == (404, True)
    assert "unsafe-eval" not in page["Content-Security-Policy"]
    figures = editors.ask("/metrics")[1].decode()
    assert "csp_editors_open 0.0" in figures
    assert "process_resident_memory_bytes" in figures
    assert editors.end() == 0
    told = [json.loads(line) for line in editors.tail().splitlines()]
    assert {record["level"] for record in told} <= {"INFO"}


def test_what_depends_on_a_saved_edit_runs_although_the_editors_know_no_queue(
    broker: RabbitMQ, deploy: DeploymentMaker
) -> None:
    deployment = deploy(broker)
    deployment.start_all(workers=1)
    user = deployment.rooms.user("ada")
    file = deployment.rooms.topography(user)
    deployment.rooms.request(file, "regrid", {})
    deployment.rooms.request(file, "routing", {})
    deployment.rooms.wait(file, "routing", "heatflow", "ahmcoef")
    rooms = Rooms(deployment.services, user, file)
    desk = rooms.desk()
    laid = desk.open()
    do(desk, laid, RAISE)
    begun = datetime.now(UTC)
    saved = desk.save(laid.session, laid.marks, "")
    assert "Routing runs again now. Heat flow and Viscosity follow by themselves." in saved.sentence
    deployment.rooms.wait(file, "routing", "heatflow", "ahmcoef")
    assert rooms.newest(FileType.HEATFLOW).created > begun
