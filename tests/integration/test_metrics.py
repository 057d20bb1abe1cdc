"""What the pages' process tells those who watch over the platform."""

from dataclasses import replace
from pathlib import Path

from climate_simulation_platform.app import create_app
from tests.web import Visitor, make_app, services_of, user_of, visit
from tests.workflow_states import topography


def test_figures_of_a_deployed_installation(tmp_path: Path) -> None:
    app = make_app(tmp_path)
    for name in ("ada", "ben"):
        topography(services_of(app).database, user_of(app, name))
    services = services_of(app)
    deployed = create_app(replace(services, settings=replace(services.settings, embedded=False)))
    deployed.test_client_class = Visitor
    answer = visit(deployed).get("/metrics")
    assert answer.status_code == 200
    figures = dict(
        line.split() for line in answer.text.splitlines() if line and not line.startswith("#")
    )
    assert float(figures["csp_users"]) == float(figures["csp_topographies"]) == 2
    assert float(figures["csp_revisions"]) == 2
    assert float(figures["csp_instance_free_bytes"]) > 0


def test_on_one_machine_there_are_none(tmp_path: Path) -> None:
    assert visit(make_app(tmp_path)).get("/metrics").status_code == 404
