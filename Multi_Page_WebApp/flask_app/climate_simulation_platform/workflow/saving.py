"""Edited files: what an editor opens, a result saved, edits that are repeated by themselves."""

from collections.abc import Mapping

from climate_simulation_platform.constants import STEPS, FileType, editor_of
from climate_simulation_platform.db import Database, drafts, revisions
from climate_simulation_platform.db.revisions import Origin
from climate_simulation_platform.errors import NotThere, Outdated, RequestRefused
from climate_simulation_platform.labels import FILE_TITLES, STEP_TITLES, listed
from climate_simulation_platform.records import (
    Coordinates,
    Editable,
    MadeFile,
    Revision,
    SavedEdit,
    User,
)
from climate_simulation_platform.workflow import rules
from climate_simulation_platform.workflow.drafting import refuse_other
from climate_simulation_platform.workflow.model import Known, busy_prerequisites, edit_inputs_of
from climate_simulation_platform.workflow.room import refuse_too_much
from climate_simulation_platform.workflow.states import StepView, view
from climate_simulation_platform.workflow.stored import GONE, Stored, changing, stored


def editable(database: Database, data_file_id: int, file_type: FileType) -> Editable:
    """A file as an editor opens it now: the newest revision, and what else is needed with it.

    The file itself is missing where it is yet to be made and its step is done by a person.

    Raises
    ------
    RequestRefused
        If files of this type are not edited.
    NotThere
        If the data file is gone, or there is nothing to begin with.
    """
    step = _editor_of(file_type)
    with database.reading() as connection:
        entry = stored(connection, database, data_file_id)
        inputs = _revisions(entry, edit_inputs_of(entry.workflow, file_type))
    if not inputs:
        raise NotThere(f"{FILE_TITLES[file_type]} is not there yet.")
    return Editable(step, inputs)


def save_edit(
    database: Database,
    data_file_id: int,
    made: MadeFile,
    edit: SavedEdit,
    *,
    user: User,
    quota: int | None = None,
) -> tuple[Revision, Mapping[str, StepView]]:
    """Keep an edited file as a revision; what reads it runs again, and its draft is done with.

    Returns
    -------
    Revision
        The new one.
    mapping of str to StepView
        All steps afterwards.

    Raises
    ------
    Outdated
        If the edits would begin with other revisions by now; it names them.
    RequestRefused
        If files of this type are not edited, a step before is at work, or the coordinates are not
        confirmed.
    Conflict
        If somebody went on with the draft meanwhile.
    NoSpace
        If it does not fit into the owner's quota.
    NotThere
        If the data file is gone, or is not the user's any more.
    """
    step = _editor_of(made.file_type)
    with changing(database, data_file_id) as entry:
        if entry.file.user_id != user.id:
            raise NotThere(GONE)
        _refuse_too_early(entry, step)
        _refuse_outdated(entry, made.file_type, edit)
        refuse_too_much(entry.connection, entry.file.user_id, made, quota)
        _end_draft(entry, edit)
        origin = Origin(user.username, step, None, edit.parameters, edit.inputs)
        revision = revisions.insert(entry.connection, data_file_id, made, origin, now=entry.now)
        number = revision.revision
        new = Known(made.file_type, number, step, made.moves_coastline, edited=number)
        changed = rules.saved(entry.workflow, step, new, entry.moment, user=user.username)
        entry.keep(changed)
        return revision, view(changed.workflow)


def choose_replay(
    database: Database,
    data_file_id: int,
    step: str,
    wanted: bool,
    *,
    user: str,
    version: int | None = None,
) -> StepView:
    """Somebody chooses whether edits repeat by themselves; see `rules.choose_replay`."""
    with changing(database, data_file_id) as entry:
        changed = rules.choose_replay(
            entry.workflow, step, wanted, entry.moment, user=user, version=version
        )
        entry.keep(changed)
        return view(changed.workflow)[step]


def _editor_of(file_type: FileType) -> str:
    step = editor_of(file_type)
    if step is None:
        raise RequestRefused(f"{FILE_TITLES[file_type]} cannot be edited.")
    return step


def _refuse_too_early(entry: Stored, step: str) -> None:
    """Refuse what a step at work would replace in a moment."""
    workflow = entry.workflow
    if workflow.coordinates is not Coordinates.CONFIRMED:
        raise RequestRefused("Confirm the coordinates of the topography first.")
    busy = list(busy_prerequisites(workflow, step))
    if workflow.steps[step].busy and not STEPS[step].by_person:
        busy.append(step)
    if busy:
        one = len(busy) == 1
        raise RequestRefused(
            f"{listed([STEP_TITLES[name] for name in busy])} {'is' if one else 'are'} at work; "
            f"wait until {'it is' if one else 'they are'} done, your edits are kept."
        )


def _refuse_outdated(entry: Stored, file_type: FileType, edit: SavedEdit) -> None:
    now = edit_inputs_of(entry.workflow, file_type)
    others = {kind: number for kind, number in now.items() if edit.inputs.get(kind) != number}
    if others:
        newer = tuple(_revisions(entry, others).values())
        raise Outdated(
            f"{listed([_told(revision) for revision in newer])} since these edits were begun; "
            "they are kept.",
            newer,
        )


def _told(revision: Revision) -> str:
    title = FILE_TITLES[revision.file_type]
    number = f"revision {revision.revision}"
    if revision.step is None:
        return f"{title} was uploaded anew by {revision.created_by} ({number})"
    by = "" if revision.task_id else f" by {revision.created_by}"
    return f"{title} was changed in {STEP_TITLES[revision.step]}{by} ({number})"


def _revisions(entry: Stored, inputs: Mapping[FileType, int]) -> dict[FileType, Revision]:
    found = {
        kind: revisions.get(entry.connection, entry.file.id, kind, number)
        for kind, number in inputs.items()
    }
    return {kind: revision for kind, revision in found.items() if revision is not None}


def _end_draft(entry: Stored, edit: SavedEdit) -> None:
    if edit.place is not None:
        last = drafts.last_change(entry.connection, entry.file.id, edit.place)
        refuse_other(last, edit.version)
        drafts.drop(entry.connection, entry.file.id, edit.place)
