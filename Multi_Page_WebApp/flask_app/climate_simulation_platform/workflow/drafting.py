"""Edits that are kept before they are saved, and who is at them; each as one transaction."""

from datetime import UTC, datetime, timedelta

from climate_simulation_platform.db import Connection, Database, drafts, files, sittings
from climate_simulation_platform.errors import Conflict, NotThere
from climate_simulation_platform.records import Draft, Kept, Place, Sitting, User
from climate_simulation_platform.workflow.stored import GONE

SEEN_WITHIN = timedelta(seconds=45)
"""Who gave no sign of life for so long has left."""


def draft(database: Database, data_file_id: int, place: Place) -> Draft | None:
    """The edits that were kept of a place; None if there are none."""
    with database.reading() as connection:
        return drafts.get(connection, data_file_id, place)


def keep(
    database: Database,
    data_file_id: int,
    place: Place,
    kept: Kept,
    *,
    expected: int,
    user: User,
) -> int:
    """Keep edits; their new version.

    To keep the same once more, as after a lost connection, changes nothing.

    Parameters
    ----------
    expected : int
        Version that they go on from; 0 where nothing was kept.

    Raises
    ------
    Conflict
        If somebody went on with them meanwhile, saved or dropped them; the sentence says who and
        when.
    NotThere
        If the data file is gone, or is not the user's any more.
    """
    now = datetime.now(UTC)
    with database.writing() as connection:
        _demand_own(connection, data_file_id, user)
        last = drafts.last_change(connection, data_file_id, place)
        if last is not None and (last.version, last.changed_by) == (expected + 1, user.username):
            found = drafts.get(connection, data_file_id, place)
            if found is not None and _same(found, kept):
                return last.version
        refuse_other(last, expected)
        return drafts.keep(connection, data_file_id, place, kept, user=user.username, now=now)


def drop(database: Database, data_file_id: int, place: Place, *, expected: int, user: User) -> None:
    """Forget edits that were kept.

    Raises
    ------
    Conflict
        If somebody went on with them meanwhile.
    NotThere
        If the data file is gone, or is not the user's any more.
    """
    with database.writing() as connection:
        _demand_own(connection, data_file_id, user)
        refuse_other(drafts.last_change(connection, data_file_id, place), expected)
        drafts.drop(connection, data_file_id, place)


def sit(
    database: Database, data_file_id: int, sitting: str, editor: str, user: User
) -> tuple[Sitting, ...]:
    """Say that a window is open; the others that are, of whoever.

    Parameters
    ----------
    sitting : str
        What tells the window from others, 36 characters at most.

    Raises
    ------
    NotThere
        If the data file is gone, or is not the user's any more.
    """
    now = datetime.now(UTC)
    with database.writing() as connection:
        _demand_own(connection, data_file_id, user)
        me = Sitting(sitting, editor, user.username, now, now)
        sittings.seen(connection, data_file_id, me)
        return sittings.others(connection, data_file_id, sitting, since=now - SEEN_WITHIN)


def rise(database: Database, sitting: str) -> None:
    """Say that a window was closed."""
    with database.writing() as connection:
        sittings.leave(connection, sitting)


def refuse_other(last: drafts.LastChange | None, expected: int) -> None:
    """Refuse to go on with edits that somebody else changed since.

    Raises
    ------
    Conflict
        Saying who and when.
    """
    if last is None and expected:
        raise Conflict("These edits were saved or dropped in another window meanwhile.")
    if last is not None and last.version != expected:
        raise Conflict(
            f"{last.changed_by} went on with these edits in another window at "
            f"{last.changed:%H:%M:%S} UTC on {last.changed:%d %B %Y}."
        )


def _demand_own(connection: Connection, data_file_id: int, user: User) -> None:
    if files.owned(connection, data_file_id, user.id) is None:
        raise NotThere(GONE)


def _same(found: Draft, kept: Kept) -> bool:
    """Whether these edits were kept already, and the answer was lost."""
    return (
        (found.done, found.values_sha256) == (kept.done, kept.values_sha256)
        and (found.head, found.base_sha256) == (kept.head, kept.base_sha256)
        and (found.texts[kept.stay :], found.marks) == (kept.more, kept.marks)
    )
