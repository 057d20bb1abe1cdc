"""Whom an editor is open to; looked at again whenever data are given or taken."""

from climate_simulation_platform.db import Database, files, users
from climate_simulation_platform.errors import NotThere
from climate_simulation_platform.records import DataFile, User
from climate_simulation_platform.tickets import Ticket
from climate_simulation_platform.workflow.stored import GONE


def owner_and_file(database: Database, ticket: Ticket) -> tuple[User, DataFile]:
    """The user of a ticket and their file.

    Raises
    ------
    NotThere
        If there is no such user any more, or the file is deleted or somebody else's.
    """
    with database.reading() as connection:
        user = users.by_id(connection, ticket.user_id)
        file = files.owned(connection, ticket.data_file_id, ticket.user_id)
    if user is None or user.username != ticket.username or file is None:
        raise NotThere(GONE)
    return user, file
