"""Whether the platform is well, for whoever watches over it."""

import logging

from flask import jsonify
from flask.typing import ResponseReturnValue

from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.version import VERSION
from climate_simulation_platform.views.current import services

logger = logging.getLogger(__name__)


def status() -> ResponseReturnValue:
    """JSON with the version and whether the database answers; 503 where it does not.

    It stays well while the next version, whose migrations ran already, is brought in.
    """
    try:
        services().database.check(newer_is_fine=True)
    except PlatformError as trouble:
        logger.warning("The database does not answer: %s", trouble)
        return jsonify(status="unwell", database="unreachable", version=VERSION), 503
    return jsonify(status="well", database="reachable", version=VERSION)
