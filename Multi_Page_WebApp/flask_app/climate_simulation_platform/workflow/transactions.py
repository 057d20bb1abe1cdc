"""What people do, each as one transaction: the rules applied to the database."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database, drafts, files, revisions
from climate_simulation_platform.db.revisions import Origin
from climate_simulation_platform.errors import (
    NotThere,
    QueueUnavailable,
    RequestRefused,
)
from climate_simulation_platform.labels import FILE_TITLES
from climate_simulation_platform.records import (
    REPEAT,
    Coordinates,
    DataFile,
    MadeFile,
    Parameters,
    Revision,
    StepRecord,
    Task,
    User,
)
from climate_simulation_platform.workflow import rules
from climate_simulation_platform.workflow.change import Changed
from climate_simulation_platform.workflow.model import Known, revisions_used
from climate_simulation_platform.workflow.room import refuse_too_much
from climate_simulation_platform.workflow.saving import choose_replay, editable, save_edit
from climate_simulation_platform.workflow.states import StepView, view
from climate_simulation_platform.workflow.stored import (
    GONE,
    Stored,
    changing,
    stored,
    this_moment,
)
from climate_simulation_platform.workflow.work import (
    Finished,
    claim_task,
    fail_task,
    finish_task,
    reconcile,
    release_others,
    release_tasks,
    report_progress,
    retry_task,
)

__all__ = [
    "Finished",
    "add_upload",
    "cancel_step",
    "choose_replay",
    "claim_task",
    "confirm_coordinates",
    "create_file",
    "delete_file",
    "duplicate_file",
    "editable",
    "fail_task",
    "files_together",
    "finish_task",
    "mark_reviewed",
    "reconcile",
    "release_others",
    "release_tasks",
    "report_progress",
    "request_step",
    "restore_file",
    "retry_task",
    "save_edit",
    "workflow_view",
]

UPLOADS = (FileType.RAW, FileType.COORDS)
"""Files that a person can bring."""


def create_file(
    database: Database,
    user: User,
    new: files.NewFile,
    made: MadeFile,
    *,
    quota: int | None = None,
    place: Callable[[int], str] | None = None,
) -> DataFile:
    """Keep a new topography and its first revision.

    Parameters
    ----------
    quota : int or None
        Room on the disk that the user's files may take in all [bytes]; None: no limit.
    place : callable, optional
        Told the number of the data file, moves the file to its folder and gives its path; in the
        transaction, so it must be quick.

    Raises
    ------
    NoSpace
        If it does not fit into the quota.
    """
    with database.writing() as connection:
        now = this_moment().now
        refuse_too_much(connection, user.id, made, quota)
        file = files.insert(connection, user.id, new, now=now)
        if place is not None:
            made = replace(made, path=place(file.id))
        revisions.insert(connection, file.id, made, Origin(user.username), now=now)
        stored(connection, database, file.id).keep_states()
        return file


def add_upload(
    database: Database,
    data_file_id: int,
    made: MadeFile,
    *,
    user: str,
    quota: int | None = None,
) -> Revision:
    """Keep another topography or an ocean grid of one's own; what reads it runs again.

    Raises
    ------
    RequestRefused
        If the file is of a type that only steps make.
    NoSpace
        If it does not fit into the owner's quota.
    """
    with changing(database, data_file_id) as entry:
        refuse_too_much(entry.connection, entry.file.user_id, made, quota)
        return _take_in(entry, made, user)


def confirm_coordinates(
    database: Database,
    data_file_id: int,
    *,
    user: str,
    understanding: Mapping[str, Any] | None = None,
    made: MadeFile | None = None,
) -> DataFile:
    """Somebody looked at the coordinates, or set them.

    Parameters
    ----------
    understanding : mapping, optional
        What replaces what was understood of the upload.
    made : MadeFile, optional
        The topography written anew with the coordinates that were set.
    """
    with changing(database, data_file_id) as entry:
        kept = entry.file.understanding if understanding is None else understanding
        files.set_understanding(
            entry.connection, data_file_id, Coordinates.CONFIRMED, kept, now=entry.now
        )
        confirmed = replace(entry.workflow, coordinates=Coordinates.CONFIRMED)
        entry = replace(entry, workflow=confirmed)
        if made is None:
            entry.keep(rules.resume(confirmed, entry.moment))
        else:
            _take_in(entry, made, user)
        return _there(files.get(entry.connection, data_file_id))


def request_step(
    database: Database,
    data_file_id: int,
    step: str,
    parameters: Parameters,
    *,
    user: str,
    version: int | None = None,
    hand_on: Callable[[Task], None] | None = None,
) -> StepView:
    """Somebody asks for a step; see `rules.request`.

    Parameters
    ----------
    hand_on : callable, optional
        Told the new task after it was recorded, if it can run now.

    Raises
    ------
    QueueUnavailable
        If it cannot be handed on; the step is then as it was before.
    """
    before: list[StepRecord] = []

    def ask(entry: Stored) -> Changed:
        record, task = entry.workflow.steps[step], entry.workflow.task_of(step)
        before.append(record if task is None else replace(record, wanted=task.cause))
        return rules.request(
            entry.workflow, step, parameters, entry.moment, user=user, version=version
        )

    asked = _apply(database, data_file_id, step, ask)
    if hand_on is not None and asked.task is not None:
        try:
            hand_on(replace(asked.task, data_file_id=data_file_id))
        except QueueUnavailable:
            left = _apply(
                database,
                data_file_id,
                step,
                lambda entry: rules.withdraw(entry.workflow, step, before[0], entry.moment),
            )
            if left.version == asked.version:  # it came through after all
                return left
            raise
    return asked


def cancel_step(database: Database, data_file_id: int, step: str, *, user: str) -> StepView:
    """Somebody no longer wants a step that waits or runs; see `rules.cancel`."""

    def stop(entry: Stored) -> Changed:
        made = revisions.of_file(entry.connection, data_file_id)
        computed = (one for one in made if one.task_id is not None and REPEAT not in one.parameters)
        before = next((one.parameters for one in computed if one.step == step), None)
        return rules.cancel(entry.workflow, step, entry.moment, user=user, before=before)

    return _apply(database, data_file_id, step, stop)


def mark_reviewed(
    database: Database, data_file_id: int, step: str, *, user: str, version: int | None = None
) -> StepView:
    """A person looked and found nothing to change; see `rules.reviewed`."""

    def review(entry: Stored) -> Changed:
        return rules.reviewed(entry.workflow, step, entry.moment, user=user, version=version)

    return _apply(database, data_file_id, step, review)


def workflow_view(database: Database, data_file_id: int) -> Mapping[str, StepView]:
    """Every step of a data file, in the order in which they run.

    Raises
    ------
    NotThere
        If there is no such file.
    """
    with database.reading() as connection:
        return view(stored(connection, database, data_file_id).workflow)


def files_together(database: Database, data_file_id: int) -> Mapping[FileType, Revision]:
    """The newest revision of every file, but of the ocean grid the one that the others are on.

    Raises
    ------
    NotThere
        If there is no such data file.
    """
    with database.reading() as connection:
        used = revisions_used(stored(connection, database, data_file_id).workflow)
        newest = revisions.newest(connection, data_file_id)
        together = {
            kind: revisions.get(connection, data_file_id, kind, used.get(kind)) for kind in newest
        }
    return {kind: revision for kind, revision in together.items() if revision is not None}


def delete_file(database: Database, data_file_id: int) -> None:
    """Take a data file from the lists; nothing of it goes on until it is restored."""
    with changing(database, data_file_id) as entry:
        entry.keep(rules.pause(entry.workflow, entry.moment))
        files.delete(entry.connection, data_file_id, now=entry.now)


def restore_file(database: Database, data_file_id: int) -> None:
    """Put a deleted data file back; what waited or ran is taken up again."""
    with changing(database, data_file_id, deleted=True) as entry:
        if entry.file.deleted is None:
            return
        files.restore(entry.connection, data_file_id, now=entry.now)
        entry.keep(rules.resume(entry.workflow, entry.moment))


def duplicate_file(
    database: Database,
    data_file_id: int,
    *,
    user: User,
    name: str,
    sent_by: str | None = None,
) -> DataFile:
    """Make a copy that goes its own way; the files on the disk are shared.

    What waits or runs in the original is asked for in the copy too. Edits that were not saved yet
    are copied as well, but not sent to somebody else.
    """
    with changing(database, data_file_id) as entry:
        new = files.NewFile(
            about=replace(entry.file.about, name=name),
            original_name=entry.file.original_name,
            coordinates=entry.file.coordinates,
            understanding=entry.file.understanding,
            sent_by=sent_by,
        )
        copied = files.insert(entry.connection, user.id, new, now=entry.now)
        revisions.copy(entry.connection, data_file_id, copied.id)
        if sent_by is None:
            drafts.copy(entry.connection, data_file_id, copied.id)
        paused = rules.pause(entry.workflow, entry.moment).workflow
        records = [replace(record, task_id=None) for record in paused.steps.values()]
        copy = stored(entry.connection, database, copied.id)
        begun = replace(copy.workflow, steps={record.step: record for record in records})
        copy.keep(rules.resume(begun, copy.moment))
        return copied


def _apply(
    database: Database, data_file_id: int, step: str, rule: Callable[[Stored], Changed]
) -> StepView:
    with changing(database, data_file_id) as entry:
        changed = rule(entry)
        entry.keep(changed)
        return view(changed.workflow)[step]


def _take_in(entry: Stored, made: MadeFile, user: str) -> Revision:
    """Keep a file that a person brought."""
    if made.file_type not in UPLOADS:
        raise RequestRefused(f"{FILE_TITLES[made.file_type]} cannot be uploaded.")
    revision = revisions.insert(entry.connection, entry.file.id, made, Origin(user), now=entry.now)
    new = Known(made.file_type, revision.revision, None, made.moves_coastline)
    entry.keep(rules.revise(entry.workflow, new, entry.moment))
    return revision


def _there(file: DataFile | None) -> DataFile:
    if file is None:
        raise NotThere(GONE)
    return file
