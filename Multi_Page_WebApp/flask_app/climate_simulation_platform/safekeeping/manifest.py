"""What a backup says of itself."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from climate_simulation_platform.errors import PlatformError

FORMAT = 1
"""Counts layouts of the file; a program reads those that it knows."""

LARGEST_BYTES = 2**28
"""Of the manifest; it has some 150 bytes for each file."""

Progress = Callable[[int, int], None]
"""Told how many bytes are done, of how many."""


def untold(_done: int, _total: int) -> None:
    """Nobody wants to know."""


_SCHEMA = re.compile(r"[0-9]{4}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class BackupRefused(PlatformError):
    """A backup cannot be made, or a file is none that can be put back."""


def newer_backup(version: str) -> BackupRefused:
    """The refusal of what a newer version of the platform has made."""
    return BackupRefused(
        f"The backup was made by version {version} of the platform, in a way that this version "
        "does not know; install that version."
    )


class Member(NamedTuple):
    """Checksum and size in bytes of one part of a backup."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Parameters
    ----------
    platform : str
        Version of the platform that made it.
    schema : str
        Version of the tables.
    counts : mapping
        Rows by table.
    last_numbers : mapping
        Last number that was given to a row, by table, so that none is given twice.
    members : mapping
        Parts by name.
    missing, damaged : tuple of str
        Paths of files that were not there, or had other bytes than their revision says.
    """

    platform: str
    schema: str
    created: datetime
    counts: Mapping[str, int]
    last_numbers: Mapping[str, int]
    members: Mapping[str, Member]
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    def written(self) -> bytes:
        """The text in the backup."""
        members = {name: member._asdict() for name, member in self.members.items()}
        values = {
            "format": FORMAT,
            **asdict(self),
            "created": self.created.isoformat(),
            "members": members,
        }
        return json.dumps(values, indent=1).encode("ascii")

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """What that text says.

        Raises
        ------
        BackupRefused
            If it is of a newer version, or makes no sense.
        """
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise newer_backup(str(values["platform"]))
            return _manifest(values)
        except (ValueError, KeyError, TypeError, AttributeError) as trouble:
            raise BackupRefused("The backup is damaged: its manifest cannot be read.") from trouble


def _manifest(values: Mapping[str, Any]) -> Manifest:
    return Manifest(
        platform=str(values["platform"]),
        schema=_matching(_SCHEMA, values["schema"]),
        created=datetime.fromisoformat(values["created"]).astimezone(UTC),
        counts={str(name): int(number) for name, number in values["counts"].items()},
        last_numbers={str(name): int(number) for name, number in values["last_numbers"].items()},
        members={
            str(name): Member(_matching(_SHA256, one["sha256"]), int(one["size"]))
            for name, one in values["members"].items()
        },
        missing=tuple(map(str, values["missing"])),
        damaged=tuple(map(str, values["damaged"])),
    )


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text
