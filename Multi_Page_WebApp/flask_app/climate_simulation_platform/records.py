"""What the platform remembers: users, data files, revisions, steps, tasks.

Records are frozen; nothing here knows of a database or a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from climate_simulation_platform.constants import FileType

Parameters = Mapping[str, Any]
"""Parameters of a step by name, ready for JSON."""

Inputs = Mapping[FileType, int]
"""Revision of each file that a step read or is to read."""

REPEAT = "repeat"
"""Parameter of a task that repeats a person's edits: the revision that holds them."""


class Coordinates(StrEnum):
    """What is known of the coordinates of an uploaded topography."""

    TO_CONFIRM = "to confirm"
    """Understood; a person has not looked yet."""

    TO_SET = "to set"
    """Not understood; a person has to say."""

    CONFIRMED = "confirmed"


class Cause(StrEnum):
    """Why a step runs."""

    USER = "user"
    DEPENDENCY = "dependency"


class Result(StrEnum):
    """How the last run of a step ended."""

    NONE = "none"
    DONE = "done"
    FAILED = "failed"

    REPLAYED = "replayed"
    """A person's edits were repeated by themselves on a newer input."""


class Status(StrEnum):
    """State of a step as its page shows it."""

    NEVER = "never run"
    NEEDS_YOU = "needs you"
    QUEUED = "queued"
    RUNNING = "running"
    UP_TO_DATE = "up to date"
    REVIEW = "to review"
    OUT_OF_DATE = "out of date"
    FAILED = "failed"


class TaskState(StrEnum):
    """Where a task is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    """Its inputs or its request were replaced, or it was cancelled; its result does not count."""


@dataclass(frozen=True)
class User:
    """Somebody with an account."""

    id: int
    username: str
    created: datetime


@dataclass(frozen=True)
class About:
    """What a scientist says of a topography.

    Parameters
    ----------
    name : str
        How it is called on the pages.
    reference : str
        Author, paper.
    age_ma : float or None
        Age [million years before present].
    hypothesis : str
        What distinguishes it from others of the same age.
    """

    name: str
    reference: str = ""
    age_ma: float | None = None
    hypothesis: str = ""


@dataclass(frozen=True)
class DataFile:
    """One topography and all that is made from it.

    Parameters
    ----------
    original_name : str
        Name of the file that was uploaded, as the user's machine called it.
    coordinates : Coordinates
        Steps can run once they are confirmed.
    understanding : mapping
        What was understood of the upload, ready for JSON; where nothing was, `refusal` and
        `fields` say why and what can be chosen.
    sent_by : str or None
        Name of the user who sent it.
    changed : datetime
        Last change by a person or a step.
    deleted : datetime or None
        When it was deleted; it can be restored for some time.
    """

    id: int
    user_id: int
    about: About
    original_name: str
    coordinates: Coordinates
    understanding: Mapping[str, Any]
    created: datetime
    changed: datetime
    sent_by: str | None = None
    deleted: datetime | None = None


@dataclass(frozen=True)
class Revision:
    """One version of one file; its bytes never change.

    Parameters
    ----------
    revision : int
        Counts from 1 per data file and file type.
    path : str
        Below the folder of files.
    created_by : str
        User name.
    step : str or None
        What wrote it; None for an upload.
    input_revisions : mapping
        What it was made from.
    versions : mapping
        Software by name.
    moves_coastline : bool
        False where a person changed heights on land only: no depth and no coast.
    """

    id: int
    data_file_id: int
    file_type: FileType
    revision: int
    path: str
    created: datetime
    created_by: str
    step: str | None
    task_id: str | None
    parameters: Parameters
    input_revisions: Inputs
    sha256: str
    size: int
    versions: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    moves_coastline: bool = True


@dataclass(frozen=True)
class StepRecord:
    """What is remembered of one step of one data file.

    Parameters
    ----------
    version : int
        Counts what people asked; a form sent for an older one is refused.
    parameters : mapping or None
        Those of the last request; None as long as nobody asked.
    asked_by : str
        User name of the last request.
    wanted : Cause or None
        Asked for and not yet handed to a worker.
    task_id : str or None
        Handed to a worker and not yet ended.
    result : Result
        How the last run ended.
    sentence : str
        Why it failed.
    inputs : mapping
        Revisions that the last successful run read.
    done_at : datetime or None
        When the last successful run ended.
    replay : bool
        Whether a person's edits are repeated by themselves when the input changes.
    """

    step: str
    version: int = 0
    parameters: Parameters | None = None
    asked_by: str = ""
    wanted: Cause | None = None
    task_id: str | None = None
    result: Result = Result.NONE
    sentence: str = ""
    inputs: Inputs = field(default_factory=dict)
    done_at: datetime | None = None
    replay: bool = False

    @property
    def busy(self) -> bool:
        """Whether it waits or runs."""
        return self.wanted is not None or self.task_id is not None


@dataclass(frozen=True)
class Task:
    """One run of one step by a worker.

    Parameters
    ----------
    id : str
        UUID.
    root_task_id : str
        Task of the request that this one follows from; its own where a person asked.
    asked_by : str
        User name.
    attempts : int
        How often a worker took it.
    progress : float
        Share that is done, 0 to 1.
    phase : str
        What it is doing.
    """

    id: str
    data_file_id: int
    step: str
    parameters: Parameters
    cause: Cause
    asked_by: str
    root_task_id: str
    input_revisions: Inputs
    created: datetime
    state: TaskState = TaskState.QUEUED
    attempts: int = 0
    worker: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    progress: float = 0.0
    phase: str = ""
    sentence: str = ""

    @property
    def repeats(self) -> int | None:
        """Revision whose edits it repeats; None where it computes."""
        return self.parameters.get(REPEAT)


@dataclass(frozen=True)
class MadeFile:
    """A file that was written and has no revision yet.

    Parameters
    ----------
    path : str
        Below the folder of files.
    values_sha256 : str
        Checksum of the values alone, without history: equal values, equal sum.
    header : mapping
        Dimensions, variables, attributes, ready for JSON.
    thumbnail : bytes
        A small PNG; empty if there is nothing to draw.
    """

    file_type: FileType
    path: str
    sha256: str
    values_sha256: str
    size: int
    header: Mapping[str, Any]
    thumbnail: bytes = b""
    versions: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    moves_coastline: bool = True


@dataclass(frozen=True)
class Place:
    """What one editor edits of a data file.

    Parameters
    ----------
    editor : str
        Name of the editor.
    level : tuple of int
        Place along further axes; empty for a plane.
    """

    editor: str
    file_type: FileType
    variable: str
    level: tuple[int, ...] = ()


@dataclass(frozen=True)
class Kept:
    """What an editor keeps after a command, besides what was kept before.

    Parameters
    ----------
    inputs : mapping
        Revisions that the edits begin with.
    head : str
        All that stands before the edits, as JSON.
    base_sha256, values_sha256 : str
        Checksums of the values before the first edit and after those in force.
    stay : int
        How many of the edits that were kept before stay, from the first.
    more : tuple of str
        Edits after those, each as JSON.
    done : int
        How many edits are in force; the others were undone.
    marks : mapping
        What a person decided about what the checks found, ready for JSON.
    """

    inputs: Inputs
    head: str
    base_sha256: str
    values_sha256: str
    stay: int = 0
    more: tuple[str, ...] = ()
    done: int = 0
    marks: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """Edits that were kept and not saved; see `Kept`.

    Parameters
    ----------
    texts : tuple of str
        All edits, in force and undone ones, each as JSON.
    version : int
        Counts what was kept, from 1.
    changed_by : str
        User name.
    """

    place: Place
    inputs: Inputs
    head: str
    base_sha256: str
    values_sha256: str
    texts: tuple[str, ...]
    done: int
    marks: Mapping[str, Any]
    version: int
    changed_by: str
    changed: datetime


@dataclass(frozen=True)
class Sitting:
    """Somebody who has an editor open.

    Parameters
    ----------
    id : str
        Of the window.
    seen : datetime
        Last sign of life.
    """

    id: str
    editor: str
    username: str
    begun: datetime
    seen: datetime


@dataclass(frozen=True)
class SavedEdit:
    """What an edited file that is saved comes from.

    Parameters
    ----------
    inputs : mapping
        Revisions that were on the desk: all those of `Editable.inputs` when it was opened.
    parameters : mapping
        What is kept with the revision of the edits, ready for JSON.
    place : Place or None
        Whose draft is done with.
    version : int
        Of that draft, as it is saved.
    """

    inputs: Inputs
    parameters: Parameters = field(default_factory=dict)
    place: Place | None = None
    version: int = 0


@dataclass(frozen=True)
class Editable:
    """A file as an editor opens it now.

    Parameters
    ----------
    step : str
        Whose revision an edit of it becomes.
    inputs : mapping of FileType to Revision
        The file itself, and what else its editor reads.
    """

    step: str
    inputs: Mapping[FileType, Revision]
