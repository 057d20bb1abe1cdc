"""An ocean grid of one's own: checked in a process of its own, kept as a revision."""

import logging

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import revisions
from climate_simulation_platform.errors import NotThere, RequestRefused
from climate_simulation_platform.examining import Description
from climate_simulation_platform.library import WHY_NOT, Arrived, made_file
from climate_simulation_platform.names import original_name
from climate_simulation_platform.pages.judging import Grid, look_at_grid
from climate_simulation_platform.records import DataFile, User
from climate_simulation_platform.sandbox import ChildDied, Reason
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import new_token
from climate_simulation_platform.workflow import transactions
from climpy.errors import ClimpyError

logger = logging.getLogger(__name__)


def take_in(services: Services, data_file: DataFile, user: User, arrived: Arrived) -> Grid:
    """Check an ocean grid and keep it; a routing that reads the uploaded one runs again.

    Raises
    ------
    RequestRefused
        If it cannot be used; one sentence says why.
    NoSpace
        If the disk or the user's room is full.
    """
    grid, description = _looked(services, data_file, arrived)
    stored = services.storage.adopt(
        arrived.path, data_file.id, FileType.COORDS, new_token(), sha256=arrived.sha256
    )
    sentence = f"Uploaded as {original_name(arrived.original_name)}."
    try:
        transactions.add_upload(
            services.database,
            data_file.id,
            made_file(description, stored, sentence, FileType.COORDS),
            user=user.username,
            quota=services.settings.user_quota_bytes,
        )
    except BaseException:
        services.storage.remove(stored.path)
        raise
    return grid


def _looked(services: Services, data_file: DataFile, arrived: Arrived) -> tuple[Grid, Description]:
    with services.database.reading() as connection:
        raw = revisions.get(connection, data_file.id, FileType.RAW)
    if raw is None:
        raise NotThere("The topography does not exist any more.")
    name = original_name(arrived.original_name) or "The file"
    try:
        return services.sandbox.run(look_at_grid, arrived.path, services.storage.path(raw.path))
    except ChildDied as death:
        if death.reason is Reason.LOST:
            raise
        logger.info("An ocean grid could not be read (%s): %s", death.reason, death.log)
        raise RequestRefused(f"{name} cannot be used: {WHY_NOT[death.reason]}.") from death
    except ClimpyError as refusal:
        raise RequestRefused(str(refusal).replace(arrived.path.name, name)) from refusal
