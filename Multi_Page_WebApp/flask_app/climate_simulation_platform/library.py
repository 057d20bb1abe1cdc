"""What a user does with topographies: take one in, set its coordinates, copy, send, delete it."""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from climate_simulation_platform import examining
from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import files, revisions, users
from climate_simulation_platform.errors import NoSpace, NotThere, OutcomeUnknown, RequestRefused
from climate_simulation_platform.examining import Description, Findings
from climate_simulation_platform.names import copy_name
from climate_simulation_platform.records import (
    About,
    Coordinates,
    DataFile,
    MadeFile,
    Revision,
    User,
)
from climate_simulation_platform.sandbox import ChildDied, Reason
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import Stored, new_token
from climate_simulation_platform.workflow import transactions

logger = logging.getLogger(__name__)

T = TypeVar("T")

DEMO_NAME = "A made-up Earth"
UPLOADED = "Uploaded."
TO_CHOOSE = ("fields", "coordinates", "units")

WHY_NOT = {
    Reason.MEMORY: "reading it takes more memory than a file of its size should need",
    Reason.TIME: "reading it takes far too long",
    Reason.CRASHED: "it is damaged in a way that stops the program which reads it",
}
"""Why a file that somebody brought is refused if the process that reads it dies."""


@dataclass(frozen=True)
class Arrived:
    """A file that has come in and lies where uploads do.

    Parameters
    ----------
    sha256 : str
        Its checksum.
    size : int
        In bytes.
    original_name : str
        As the user's machine called it; used for sentences only, never for a path.
    """

    path: Path
    sha256: str
    size: int
    original_name: str


def take_in(services: Services, user: User, about: About, arrived: Arrived) -> DataFile:
    """Check a file in a process of its own and keep it as a new topography.

    A file that is not understood is kept where a person can say what is missing.

    Raises
    ------
    RequestRefused
        If it cannot be used; one sentence says why.
    NoSpace
        If the disk or the user's room is full.
    """
    name = arrived.original_name
    findings, description = _looked(services, examining.examine_upload, arrived.path, name)
    if description is None:
        raise RequestRefused(findings.refusal)
    return _keep(services, user, about, arrived, findings, description)


def take_in_demo(services: Services, user: User) -> DataFile:
    """Make the topography of the made-up Earth and keep it as the user's own.

    Raises
    ------
    NoSpace
        If the disk or the user's room is full.
    """
    with services.storage.incoming() as path:
        findings, description = services.sandbox.run(examining.write_demo, path)
        arrived = arrived_at(path, "made-up earth.nc")
        about = About(DEMO_NAME, hypothesis="Heights of a planet that does not exist, to try on.")
        return _keep(services, user, about, arrived, findings, description)


def arrived_at(path: Path, name: str) -> Arrived:
    """A file of ours that lies where uploads do."""
    with path.open("rb") as stream:
        checksum = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
    return Arrived(path, checksum, path.stat().st_size, name)


def examine(services: Services, data_file: DataFile, choices: Mapping[str, Any]) -> Findings:
    """What the uploaded topography holds, read with somebody's choices; nothing is kept.

    Raises
    ------
    RequestRefused
        If it cannot be read any more.
    InputRefused
        If a choice is malformed.
    """
    path = services.storage.path(uploaded(services, data_file).path)
    return _looked(services, examining.examine, path, data_file.original_name, choices)


def confirm_coordinates(services: Services, data_file: DataFile, user: User) -> DataFile:
    """Somebody looked and found the coordinates right.

    Raises
    ------
    RequestRefused
        If they are not known yet.
    """
    if data_file.coordinates is Coordinates.TO_SET:
        raise RequestRefused("Set the coordinates first: the file alone does not tell them.")
    return transactions.confirm_coordinates(services.database, data_file.id, user=user.username)


def set_coordinates(
    services: Services, data_file: DataFile, choices: Mapping[str, Any], user: User
) -> DataFile:
    """Write the uploaded topography anew as somebody chose; what reads it runs again.

    Raises
    ------
    InputRefused
        If the choices do not fit the file.
    RequestRefused, NoSpace
    """
    storage = services.storage
    source = uploaded(services, data_file)
    with storage.incoming() as target:
        understanding, description = _looked(
            services,
            examining.rewrite,
            storage.path(source.path),
            data_file.original_name,
            choices,
            target,
        )
        stored = storage.adopt(target, data_file.id, FileType.RAW, new_token())
        made = made_file(description, stored, told_choices(choices))
    known = {**_to_choose(data_file.understanding), **understanding, "choices": dict(choices)}
    with _removed_on_failure(services, [stored.path]):
        return transactions.confirm_coordinates(
            services.database,
            data_file.id,
            user=user.username,
            understanding=known,
            made=made,
        )


def uploaded(services: Services, data_file: DataFile) -> Revision:
    """The topography as it was uploaded, whatever was made of it since.

    Raises
    ------
    NotThere
        If it is gone.
    """
    with services.database.reading() as connection:
        revision = revisions.get(connection, data_file.id, FileType.RAW, 1)
    if revision is None:
        raise NotThere("The uploaded topography does not exist any more.")
    return revision


def told_choices(choices: Mapping[str, Any]) -> str:
    """Somebody's choices as a sentence for the list of revisions."""
    told = [f"{name.replace('_', ' ')} {_told(value)}" for name, value in choices.items()]
    return f"Coordinates set: {', '.join(told)}." if told else "Coordinates set as understood."


def rename(services: Services, data_file: DataFile, about: About, now: datetime) -> None:
    """Keep what is said of a topography anew."""
    with services.database.writing() as connection:
        files.set_about(connection, data_file.id, about, now=now)


def duplicate(services: Services, data_file: DataFile, user: User) -> DataFile:
    """Make a copy that goes its own way."""
    return transactions.duplicate_file(
        services.database, data_file.id, user=user, name=copy_name(data_file.about.name)
    )


def send(services: Services, data_file: DataFile, user: User, recipient: str) -> User:
    """Put a copy into somebody else's list; who it was.

    Raises
    ------
    RequestRefused
        If there is no such user, or it is the sender.
    NoSpace
        If the recipient has no room for it.
    """
    with services.database.reading() as connection:
        found = users.by_name(connection, recipient)
        sizes = {r.path: r.size for r in revisions.of_file(connection, data_file.id)}
        taken = revisions.size_of_user(connection, found.id) if found else 0
    if found is None:
        raise RequestRefused(f"There is no user “{recipient}”.")
    if found.id == user.id:
        raise RequestRefused("That is you; to have a second one yourself, duplicate it.")
    quota = services.settings.user_quota_bytes
    if quota is not None and taken + sum(sizes.values()) > quota:
        raise NoSpace(f"{found.username} has no room left for it.")
    transactions.duplicate_file(
        services.database,
        data_file.id,
        user=found,
        name=data_file.about.name,
        sent_by=user.username,
    )
    return found


def delete(services: Services, data_file: DataFile) -> None:
    """Take it from the list; it can be restored for some time."""
    transactions.delete_file(services.database, data_file.id)


def restore(services: Services, data_file: DataFile) -> None:
    """Put it back into the list."""
    transactions.restore_file(services.database, data_file.id)


def purge(services: Services, now: datetime) -> int:
    """Forget what was deleted too long ago; how many files were removed from the disk."""
    with services.database.writing() as connection:
        paths = files.purge(connection, before=now - services.settings.keep_deleted)
    for path in paths:
        services.storage.remove(path)
    return len(paths)


def _keep(
    services: Services,
    user: User,
    about: About,
    arrived: Arrived,
    findings: Findings,
    description: Description,
) -> DataFile:
    """The rows and the file, together."""
    understood = findings.understanding is not None
    new = files.NewFile(
        about=about,
        original_name=arrived.original_name,
        coordinates=Coordinates.TO_CONFIRM if understood else Coordinates.TO_SET,
        understanding=_kept_findings(findings),
    )
    placed: list[str] = []

    def place(number: int) -> str:
        stored = services.storage.adopt(
            arrived.path, number, FileType.RAW, new_token(), sha256=arrived.sha256
        )
        placed.append(stored.path)
        return stored.path

    unplaced = Stored("", arrived.sha256, arrived.size)
    with _removed_on_failure(services, placed):
        return transactions.create_file(
            services.database,
            user,
            new,
            made_file(description, unplaced, UPLOADED),
            quota=services.settings.user_quota_bytes,
            place=place,
        )


def made_file(
    description: Description, stored: Stored, sentence: str, file_type: FileType = FileType.RAW
) -> MadeFile:
    """An uploaded file that has no revision yet."""
    return MadeFile(
        file_type=file_type,
        path=stored.path,
        sha256=stored.sha256,
        values_sha256=description.values_sha256,
        size=stored.size,
        header=description.header,
        thumbnail=description.thumbnail,
        versions=description.versions,
        description=sentence,
    )


def _kept_findings(findings: Findings) -> dict[str, Any]:
    """What is kept of the findings with the data file."""
    understanding = findings.understanding or {"refusal": findings.refusal}
    return {
        **understanding,
        "choose": list(findings.choose),
        "fields": list(findings.fields),
        "coordinates": list(findings.coordinates),
        "units": list(findings.units),
        "choices": {},
    }


def _to_choose(understanding: Mapping[str, Any]) -> dict[str, Any]:
    """The part of what is known that stays true whatever is chosen."""
    return {name: understanding.get(name, []) for name in TO_CHOOSE}


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {number}" for name, number in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _looked(services: Services, look: Callable[..., T], path: Path, name: str, *more: Any) -> T:
    """Look into a stranger's file in a process of its own."""
    try:
        return services.sandbox.run(look, path, name, *more)
    except ChildDied as death:
        if death.reason is not Reason.LOST:
            logger.info("A file could not be read (%s): %s", death.reason, death.log)
            raise RequestRefused(f"{name} cannot be used: {WHY_NOT[death.reason]}.") from death
    return services.sandbox.run(look, path, name, *more)


@contextmanager
def _removed_on_failure(services: Services, paths: Sequence[str]) -> Iterator[None]:
    """Leave no file where its row was refused."""
    try:
        yield
    except OutcomeUnknown:
        raise  # the row may be there; a file without one is cleared later
    except BaseException:
        for path in paths:
            services.storage.remove(path)
        raise
