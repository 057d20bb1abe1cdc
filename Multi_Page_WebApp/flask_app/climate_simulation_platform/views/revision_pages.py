"""What the pages about the revisions of a file show."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from climate_simulation_platform.constants import STEPS, FileType, writers
from climate_simulation_platform.db import revisions
from climate_simulation_platform.errors import NotThere
from climate_simulation_platform.labels import STEP_TITLES, the_file
from climate_simulation_platform.records import REPEAT, DataFile, Revision
from climate_simulation_platform.views import asked
from climate_simulation_platform.views.current import services
from climate_simulation_platform.views.desks import Desks, desks_of

MOST_EARLIER = 10
"""How far back is looked for what edits began with."""


@dataclass(frozen=True)
class Shown:
    """One revision among all of a data file.

    Parameters
    ----------
    types : tuple of FileType
        Those that the data file has.
    all : tuple of Revision
        Revisions of this type, newest first.
    revision : Revision or None
        The one that is shown; None if there is none yet.
    header : mapping
        What its file holds.
    desks : Desks
        Who is at which editor, and what was not saved yet.
    """

    data_file: DataFile
    file_type: FileType
    types: tuple[FileType, ...]
    all: tuple[Revision, ...]
    revision: Revision | None
    header: Mapping[str, Any]
    desks: Desks

    @property
    def newest(self) -> bool:
        """Whether no newer one exists."""
        return self.revision is not None and self.revision == self.all[0]


def shown(data_file: DataFile, file_type: FileType, number: int | None) -> Shown:
    """Load a revision, the newest if no number is given, and what its page shows around it.

    Raises
    ------
    NotThere
        If there is no revision of that number.
    """
    with services().database.reading() as connection:
        every = revisions.of_file(connection, data_file.id)
        own = tuple(one for one in every if one.file_type is file_type)
        revision = own[0] if own and number is None else _numbered(own, number)
        if number is not None and revision is None:
            raise NotThere(f"There is no revision {number} of {the_file(file_type)}.")
        header = revisions.header(connection, revision.id) if revision else {}
        desks = desks_of(connection, data_file.id)
    have = {one.file_type for one in every}
    types = tuple(kind for kind in FileType if kind in have)
    return Shown(data_file, file_type, types, own, revision, header, desks)


def _numbered(every: Iterable[Revision], number: int | None) -> Revision | None:
    return next((one for one in every if one.revision == number), None)


def the_revision(data_file: DataFile, file_type: FileType, number: int | None) -> Revision:
    """Give one revision, the newest if no number is given.

    Raises
    ------
    NotThere
        If there is none.
    """
    with services().database.reading() as connection:
        found = revisions.get(connection, data_file.id, file_type, number)
    if found is None:
        which = "no" if number is None else f"no revision {number} of"
        raise NotThere(f"There is {which} {the_file(file_type).removeprefix('the ')} here.")
    return found


def header_of(revision: Revision) -> Mapping[str, Any]:
    """What the file of a revision holds."""
    with services().database.reading() as connection:
        return revisions.header(connection, revision.id)


def for_map(header: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the map knows of each variable that it can draw."""
    names = ("name", "long_name", "units", "type", "shape")
    return [
        {
            **{name: variable[name] for name in names},
            "choose": [
                {**one, "parameter": asked.address_name(one["dim"])} for one in variable["choose"]
            ],
        }
        for variable in asked.drawable(header)
    ]


def origin(revision: Revision) -> str:
    """What made a revision, in a few words."""
    if revision.step is None:
        return "Upload"
    title = STEP_TITLES[revision.step]
    if REPEAT in revision.parameters:
        return f"{title}, edits repeated"
    return f"{title}, edited" if is_edited(revision) else title


def is_edited(revision: Revision) -> bool:
    """Whether a person's edits made it, saved by hand or repeated by themselves."""
    by_hand = revision.step is not None and revision.task_id is None
    return by_hand or REPEAT in revision.parameters


def made_from(data_file: DataFile, revision: Revision) -> tuple[Revision, ...]:
    """Earlier revisions of the same file that one was made from, the last one first."""
    with services().database.reading() as connection:
        every = revisions.of_file(connection, data_file.id, revision.file_type)
    found: list[Revision] = []
    last: Revision | None = revision
    while last and len(found) < MOST_EARLIER:
        number = last.input_revisions.get(revision.file_type, 0)
        last = _numbered(every, number) if number < last.revision else None
        found += [last] if last else []
    return tuple(found)


def makers(file_type: FileType) -> tuple[str, ...]:
    """Steps that make a file, also those that make it for themselves."""
    for_themselves = tuple(name for name, step in STEPS.items() if file_type in step.makes)
    return writers(file_type) + for_themselves


def before(shown: Shown) -> int | None:
    """Number of the revision before the one that is shown, else of the oldest."""
    if shown.revision is None:
        return None
    older = [one.revision for one in shown.all if one.revision < shown.revision.revision]
    return older[0] if older else shown.all[-1].revision


def after(shown: Shown) -> int:
    """Number of the revision that is shown, of the newest where the oldest is shown."""
    oldest = shown.revision is None or shown.revision == shown.all[-1]
    return shown.all[0].revision if oldest or not shown.revision else shown.revision.revision


def figure(value: float) -> str:
    """A figure for a page: a count in full, else seven digits."""
    text = f"{value:,}" if isinstance(value, int) else f"{value:.7g}"
    return text.replace(",", "\u202f").replace("-", "\u2212")


def appears(file_type: FileType) -> str:
    """When a file that is not there yet will be."""
    steps = " or ".join(STEP_TITLES[step] for step in makers(file_type))
    return f"This file appears once the step {steps} has run."


def chosen_rows(revision: Revision) -> list[tuple[str, str]]:
    """Parameters that somebody chose for a revision; what is kept of edits is none of them."""
    return [] if is_edited(revision) else parameter_rows(revision.parameters)


def parameter_rows(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Parameters for a page, each on one line."""
    return [(name, _written(value)) for name, value in sorted(parameters.items())]


def differing(first: Revision, second: Revision) -> list[tuple[str, str, str]]:
    """What two revisions were made with and from, where it differs: name, here, there."""
    here, there = _made_with(first), _made_with(second)
    names = [*here, *(name for name in there if name not in here)]
    rows = [(name, here.get(name, "not given"), there.get(name, "not given")) for name in names]
    return [row for row in rows if row[1] != row[2]]


def _made_with(revision: Revision) -> dict[str, str]:
    made = {"Made by": origin(revision)}
    made.update(parameter_rows(revision.parameters))
    for kind, number in revision.input_revisions.items():
        made[f"Read from {the_file(kind)}"] = f"revision {number}"
    made.update({f"Version of {name}": text for name, text in revision.versions.items()})
    return made


def _written(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
