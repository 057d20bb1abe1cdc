"""What the pages' process tells those who watch over the platform."""

from flask import Response, abort
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from climate_simulation_platform.db import figures
from climate_simulation_platform.views.current import services


def metrics() -> ResponseReturnValue:
    """Figures of the installation for Prometheus; the web server in front keeps them inside."""
    if services().settings.embedded:
        abort(404)
    registry = CollectorRegistry()
    with services().database.reading() as connection:
        found = figures.count(connection)
    for name, meaning, value in (
        ("csp_users", "Accounts.", found.users),
        ("csp_topographies", "Topographies that are not deleted.", found.topographies),
        ("csp_revisions", "Revisions of files.", found.revisions),
        ("csp_revision_bytes", "Bytes of all revisions.", found.bytes),
        ("csp_instance_free_bytes", "Room for files.", services().storage.free_bytes()),
    ):
        Gauge(name, meaning, registry=registry).set(value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
