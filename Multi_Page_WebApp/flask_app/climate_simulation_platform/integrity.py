"""Whether rows and files of an installation agree, told while it is at work."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from climate_simulation_platform.db import Connection, Database, dump, revisions, soundness
from climate_simulation_platform.db.dump import NamedFile
from climate_simulation_platform.errors import DatabaseUnusable
from climate_simulation_platform.safekeeping.manifest import Progress, untold
from climate_simulation_platform.storage import NotStored, Storage
from climate_simulation_platform.upkeep.files import lost_files


class Kind(StrEnum):
    """What can be wrong."""

    DATABASE = "damaged database"
    MISSING = "row without file"
    ORPHAN = "file without row"
    SIZE = "wrong size"
    CHECKSUM = "wrong checksum"
    UNREADABLE = "unreadable file"
    UNFINISHED = "left unfinished"
    NUMBERS = "revision numbers"
    WAITING = "step waits in vain"
    SPACE = "disk space"


class Finding(NamedTuple):
    """One thing that is wrong.

    Parameters
    ----------
    about : str
        The file, folder, step or part of the database.
    sentence : str
        What is the matter.
    """

    kind: Kind
    about: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """What was found.

    Parameters
    ----------
    counts : mapping
        Rows by table; empty where the database is damaged.
    files, size : int
        Files that rows name, and what they take on the disk [bytes].
    checksums : bool
        Whether they were compared.
    free : int
        Room on the disk beyond what stays free [bytes].
    """

    findings: tuple[Finding, ...]
    counts: Mapping[str, int]
    files: int
    size: int
    checksums: bool
    free: int

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {
            "well": self.well,
            "findings": [finding._asdict() for finding in self.findings],
            "rows": dict(self.counts),
            "files": self.files,
            "bytes": self.size,
            "checksums_compared": self.checksums,
            "free_bytes": self.free,
        }


@dataclass
class _Facts:
    """What the rows of one moment say."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    files: list[NamedFile] = field(default_factory=list)


def check(
    database: Database,
    storage: Storage,
    *,
    quick: bool = False,
    progress: Progress = untold,
) -> Report:
    """Look for what is wrong with an installation.

    Nothing is changed and nobody has to wait: rows are read from a copy, files outside of any
    transaction, and what looks wrong is asked for once more before it is told, since files come and
    go meanwhile.

    Parameters
    ----------
    quick : bool
        Compare sizes, not checksums.
    """
    unfinished = storage.left_unfinished()
    facts = _facts(database, storage)
    sizes = {file.path: file.size for file in facts.files}
    found = list(facts.findings)
    if facts.counts:
        lost = lost_files(database, storage)
        suspicious = [*_of_rows(storage, facts.files, quick, progress)]
        found += _still_there(database, suspicious)
        found += [
            Finding(Kind.ORPHAN, path, "No revision names it.")
            for path in _still_lost(database, storage, lost)
        ]
    found += [
        Finding(Kind.UNFINISHED, folder, "A process was killed at it; the platform clears it.")
        for folder in unfinished
        if (storage.root / folder).is_dir()
    ]
    free = storage.free_bytes()
    if not free:
        found.append(
            Finding(Kind.SPACE, str(storage.root), "Less is free than LEAST_FREE_MB demands.")
        )
    found.sort(key=lambda finding: (list(Kind).index(finding.kind), finding.about))
    return Report(tuple(found), facts.counts, len(sizes), sum(sizes.values()), not quick, free)


def _facts(database: Database, storage: Storage) -> _Facts:
    try:
        with storage.staging() as folder, dump.of_one_moment(database, folder) as connection:
            faults = soundness.broken_rules(connection)
            if not faults:
                return _told_by_rows(connection)
    except DatabaseUnusable as damage:
        faults = (str(damage),)
    return _Facts([Finding(Kind.DATABASE, "database", fault) for fault in faults])


def _told_by_rows(connection: Connection) -> _Facts:
    facts = _Facts(counts=dump.counts(connection), files=list(dump.named_files(connection)))
    for data_file_id, file_type, numbers in soundness.gaps(connection):
        told = ", ".join(map(str, numbers))
        sentence = f"Its revisions are numbered {told} instead of from 1 on."
        about = f"{file_type} of topography {data_file_id}"
        facts.findings.append(Finding(Kind.NUMBERS, about, sentence))
    for data_file_id, step, task_id in soundness.waiting_in_vain(connection):
        sentence = f"It waits for task {task_id}, which has ended or is gone."
        about = f"{step} of topography {data_file_id}"
        facts.findings.append(Finding(Kind.WAITING, about, sentence))
    return facts


def _of_rows(
    storage: Storage, files: list[NamedFile], quick: bool, progress: Progress
) -> Iterator[Finding]:
    """What is wrong with the files that rows name."""
    total, done = sum(file.size for file in files), 0
    for file in files:
        progress(done, total)
        finding = _fault_of(storage, file, quick=quick)
        if finding is not None:
            yield finding
        done += file.size
    progress(total, total)


def _fault_of(storage: Storage, file: NamedFile, *, quick: bool) -> Finding | None:
    try:
        size = storage.path(file.path).stat().st_size
        if size != file.size:
            told = f"It has {size} bytes, its revision says {file.size}."
            return Finding(Kind.SIZE, file.path, told)
        if not quick and storage.sums(file.path) != (file.sha256, file.size):
            return Finding(Kind.CHECKSUM, file.path, "Its bytes are not those that were recorded.")
    except (FileNotFoundError, NotStored):
        return Finding(Kind.MISSING, file.path, "A revision names it and it is not there.")
    except OSError as trouble:
        return Finding(Kind.UNREADABLE, file.path, f"It cannot be read: {trouble.strerror}.")
    return None


def _still_there(database: Database, suspicious: list[Finding]) -> list[Finding]:
    """Findings at files that a revision still names; a topography may have been purged."""
    if not suspicious:
        return []
    with database.reading() as connection:
        return [each for each in suspicious if revisions.path_in_use(connection, each.about)]


def _still_lost(database: Database, storage: Storage, before: Collection[str]) -> tuple[str, ...]:
    """Files that belonged to no record when we began and still do not: none is being removed."""
    now = set(lost_files(database, storage)) if before else set()
    return tuple(path for path in before if path in now and storage.path(path).exists())
