"""Room on the disk that a user's files may take."""

from climate_simulation_platform.db import Connection, revisions
from climate_simulation_platform.errors import NoSpace
from climate_simulation_platform.records import MadeFile


def refuse_too_much(
    connection: Connection, user_id: int, made: MadeFile, quota: int | None
) -> None:
    """Refuse a file for which a user has no room.

    Parameters
    ----------
    quota : int or None
        Room for all files of the user [bytes]; None: no limit.

    Raises
    ------
    NoSpace
        Saying how much is left.
    """
    if quota is None:
        return
    left = quota - revisions.size_of_user(connection, user_id)
    if made.size > left:
        raise NoSpace(
            f"This file of {_megabytes(made.size)} does not fit into the "
            f"{_megabytes(max(left, 0))} that are left of your room; delete a topography first."
        )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
