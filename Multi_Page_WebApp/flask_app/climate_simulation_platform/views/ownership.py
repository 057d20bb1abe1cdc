"""Each data file is seen by its owner only; to everybody else it is not there."""

from typing import cast

from flask import abort, g, request

from climate_simulation_platform.db import files
from climate_simulation_platform.records import DataFile
from climate_simulation_platform.views.current import services, user_or_none

FILE_ID = "data_file_id"
"""What each rule calls the number of a data file; a rule that has it is guarded by that alone."""

DELETED_TOO = frozenset({"files.restore"})
"""Endpoints that also work on a deleted file."""


def demand_own_file() -> None:
    """Answer 404 where the address names a file that is not the user's; before each request."""
    number = (request.view_args or {}).get(FILE_ID)
    if number is not None:
        g.data_file = _owned(number)


def owned_file(data_file_id: int) -> DataFile:
    """The user's data file of that number; 404 for another's, a deleted or an unknown one."""
    found = g.get("data_file")
    if found is None or found.id != data_file_id:
        return _owned(data_file_id)
    return cast(DataFile, found)


def _owned(number: int) -> DataFile:
    user = user_or_none()
    if user is None or number >= 2**63:
        abort(404)
    with services().database.reading() as connection:
        found = files.owned(connection, number, user.id, deleted=request.endpoint in DELETED_TOO)
    if found is None:
        abort(404)
    return found
