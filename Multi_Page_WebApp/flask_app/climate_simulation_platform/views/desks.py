"""What pages know of the editors of a data file: what was not saved yet, and who is at them."""

from dataclasses import dataclass

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Connection, drafts, sittings
from climate_simulation_platform.records import Draft, Sitting
from climate_simulation_platform.views.current import current_user, now
from climate_simulation_platform.workflow.drafting import SEEN_WITHIN


@dataclass(frozen=True)
class Desks:
    """The editors of a data file at a moment.

    Parameters
    ----------
    drafts : tuple of Draft
        Edits that were kept and not saved, the newest first, without the edits themselves.
    sittings : tuple of Sitting
        Windows that are open.
    """

    drafts: tuple[Draft, ...] = ()
    sittings: tuple[Sitting, ...] = ()

    def unsaved(self, editor: str, file_type: FileType | None = None) -> tuple[Draft, ...]:
        """Edits that were not saved yet in an editor; of the viewer those of one file."""
        return tuple(
            draft
            for draft in self.drafts
            if draft.done and draft.place.editor == editor
            and file_type in (None, draft.place.file_type)
        )  # fmt: skip

    def open_now(self, editor: str) -> tuple[str, ...]:
        """A sentence for each person who has an editor open."""
        own = current_user().username
        at_it = sorted({one.username for one in self.sittings if one.editor == editor} - {own})
        said = [f"{name} has this editor open now." for name in at_it]
        if any((one.editor, one.username) == (editor, own) for one in self.sittings):
            said.insert(0, "You have this editor open now, in another window.")
        return tuple(said)


def desks_of(connection: Connection, data_file_id: int) -> Desks:
    """Read what is known of the editors of a data file."""
    return Desks(
        drafts.heads(connection, data_file_id),
        sittings.others(connection, data_file_id, "", since=now() - SEEN_WITHIN),
    )
