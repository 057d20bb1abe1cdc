"""The desk of the platform: fields from revisions, edits into the database, results into revisions.

Whose it is is looked at whenever data are given or taken.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from climate_simulation_platform.editing import keeping
from climate_simulation_platform.editing.door import owner_and_file
from climate_simulation_platform.editing.keeping import Ahead
from climate_simulation_platform.editing.reading import Opened, Reader
from climate_simulation_platform.editing.table import Table
from climate_simulation_platform.editing.wording import (
    VIEWER,
    begun_with_others,
    file_name,
    others_at_it,
    repeated,
    what_followed,
)
from climate_simulation_platform.editing.writing import Writer
from climate_simulation_platform.errors import Conflict, Outdated, PlatformError, RequestRefused
from climate_simulation_platform.labels import FILE_TITLES, STEP_TITLES
from climate_simulation_platform.names import tidy_line
from climate_simulation_platform.records import Draft, Place, User
from climate_simulation_platform.services import Services
from climate_simulation_platform.tickets import Ticket
from climate_simulation_platform.workflow import drafting
from climpy.errors import ClimpyError, InputRefused
from climpy.interactive.desk import (
    Choice,
    Download,
    Heading,
    Link,
    Marks,
    Offers,
    OnDesk,
    Plane,
    Saved,
    Undecided,
)
from climpy.interactive.edits import Edit, EditList
from climpy.interactive.session import Session, replay

HandOut = Callable[[Path | bytes, str, str], str]
"""Given a file or its content, a name and a media type; gives an address relative to the page."""

LONGEST_DESCRIPTION = 500
"""Characters."""

DOWNLOADS = (
    Download("netcdf", "NetCDF"),
    Download("script", "Python script"),
    Download("edits", "Edits (JSON)"),
)

NOT_NEWEST = "This is not the newest revision; it can be looked at, not changed."


class PlatformDesk:
    """The desk of one window.

    Parameters
    ----------
    ticket : Ticket
        Who asks, and for what.
    hand_out : callable
        Makes the address of a download.
    connected : callable
        Whether the window is still there.
    """

    def __init__(
        self,
        services: Services,
        ticket: Ticket,
        hand_out: HandOut,
        connected: Callable[[], bool] = lambda: True,
    ) -> None:
        self._services = services
        self._database = services.database
        self._ticket = ticket
        self._hand_out = hand_out
        self._connected = connected
        self._sitting = str(uuid.uuid4())
        self._user, self._file = owner_and_file(self._database, ticket)
        self._reader = Reader(services, ticket)
        self._writer = Writer(services, ticket, self._reader)
        self._table: Table | None = None
        self._planes: Sequence[Plane] = ()
        self._asked = Choice("", {})
        self._ways: Mapping[str, Callable[[], OnDesk]] = {}
        self._folders = ExitStack()

    # What is shown around it

    @property
    def heading(self) -> Heading:
        """What stands above the editor."""
        ticket, title = self._ticket, FILE_TITLES[self._ticket.file_type]
        number = self._table.current.get(ticket.file_type) if self._table else self._reader.wanted
        of_which = f"{title}, revision {number}" if number else title
        label = title if ticket.editor == VIEWER else STEP_TITLES[ticket.editor]
        return Heading(self._file.about.name, of_which, Link(f"Back to {label}", ticket.home))

    @property
    def offers(self) -> Offers:
        """What can be done besides editing."""
        may_save = self._table is None or self._table.editable
        return Offers("Save as a revision" if may_save else "", downloads=DOWNLOADS)

    def planes(self) -> Sequence[Plane]:
        """What can be opened."""
        return self._planes

    # Opening

    def open(self, variable: str | None = None, index: tuple[int, ...] = ()) -> OnDesk:
        """Put a field on the desk, with the edits that were kept of it.

        Raises
        ------
        Undecided
            If they were begun with what has a newer revision.
        NotThere
            If the file is gone, or is not the user's any more.
        InputRefused
            If it cannot be opened.
        """
        self._owner()
        sources, newest = self._reader.sources()
        opened = self._reader.look(sources, variable or self._ticket.variable, index)
        self._planes = opened.found.looked.planes
        if not newest or not opened.sheet.editable:
            return self._lay_to_look_at(opened, Session(opened.sheet.field), NOT_NEWEST)
        draft = drafting.draft(self._database, self._file.id, self._place(opened))
        return self._lay_anew(opened) if draft is None else self._lay_draft(opened, draft)

    def _owner(self) -> User:
        self._user, self._file = owner_and_file(self._database, self._ticket)
        return self._user

    def _place(self, opened: Opened) -> Place:
        ticket, sheet = self._ticket, opened.sheet
        if ticket.editor != VIEWER:
            return Place(ticket.editor, ticket.file_type, "")
        return Place(ticket.editor, ticket.file_type, sheet.variable, sheet.index)

    # What lies on it then

    def _lay(self, table: Table, session: Session, marks: Marks, *notes: str) -> OnDesk:
        self._table = table
        sheet = table.opened.sheet
        sheet = replace(sheet, editable=table.editable, notes=(*notes, *sheet.notes))
        return OnDesk(sheet, session, marks)

    def _lay_to_look_at(self, opened: Opened, session: Session, why: str) -> OnDesk:
        table = Table(self._place(opened), opened, editable=False)
        notes = (why,) if opened.sheet.editable else ()
        return self._lay(table, session, opened.found.marks, *notes)

    def _lay_anew(self, opened: Opened, version: int = 0, kept: tuple[str, ...] = ()) -> OnDesk:
        table = Table(self._place(opened), opened, version=version, kept=kept)
        return self._lay(table, Session(opened.sheet.field), opened.found.marks)

    def _lay_draft(self, opened: Opened, draft: Draft) -> OnDesk:
        ahead = keeping.ahead_kept(draft)
        if {**draft.inputs, **ahead.inputs} != opened.inputs:
            if not draft.done:
                return self._lay_anew(opened, draft.version, draft.texts)
            raise self._undecided(self._of_draft(opened, draft))
        base = opened if draft.inputs == opened.inputs else self._base(draft)
        try:
            session = keeping.session_of(draft, base.sheet.field)
        except InputRefused as refusal:
            raise self._undecided(self._of_draft(opened, draft, str(refusal))) from refusal
        table = Table(draft.place, base, ahead=ahead, version=draft.version, kept=draft.texts)
        return self._lay(table, session, keeping.marks_kept(draft))

    def _base(self, draft: Draft) -> Opened:
        """What the edits of a draft were begun with."""
        return self._reader.look(
            self._reader.revisions(draft.inputs), draft.place.variable, draft.place.level
        )

    # Choices

    def decide(self, way: str) -> OnDesk:
        """Go one of the ways of the last choice.

        Raises
        ------
        Undecided
            If that way leads nowhere, and why; the others are left.
        """
        self._owner()
        asked, ways = self._asked, self._ways
        if way not in ways:
            raise RequestRefused("This was decided already; load the page anew.")
        self._asked, self._ways = Choice("", {}), {}
        try:
            return ways[way]()
        except (ClimpyError, PlatformError) as refusal:
            left = {name: label for name, label in asked.ways.items() if name != way}
            sentence = f"{refusal} {asked.sentence}"
            raise self._undecided((Choice(sentence, left), ways)) from refusal

    def _undecided(self, asked: tuple[Choice, Mapping[str, Callable[[], OnDesk]]]) -> Undecided:
        self._asked, self._ways = asked
        return Undecided(self._asked)

    def _of_draft(
        self, opened: Opened, draft: Draft, why: str = ""
    ) -> tuple[Choice, Mapping[str, Callable[[], OnDesk]]]:
        """Edits that were kept and do not go on from what is the newest now."""
        before = {**draft.inputs, **keeping.ahead_kept(draft).inputs}
        newer = [one for kind, one in opened.sources.items() if before.get(kind) != one.revision]
        sentence = " ".join(filter(None, (begun_with_others(draft.done, newer), why)))
        choice = Choice(
            sentence,
            {
                "repeat": "Repeat them on the newest revision",
                "old": "Look at them where they were begun",
                "discard": "Drop them and begin anew",
            },
        )

        def repeat() -> OnDesk:
            base = self._base(draft)
            edits, marks = keeping.edits_in_force(draft), keeping.marks_kept(draft)
            table = Table(draft.place, opened, version=draft.version, kept=draft.texts)
            return self._repeat(table, base, edits, marks)

        def old() -> OnDesk:
            base = self._base(draft)
            session = keeping.session_of(draft, base.sheet.field)
            return self._lay_to_look_at(base, session, NOT_NEWEST)

        def discard() -> OnDesk:
            self._drop(draft.place, draft.version)
            return self._lay_anew(opened)

        return choice, {"repeat": repeat, "old": old, "discard": discard}

    def _repeat(self, table: Table, base: Opened, edits: EditList, marks: Marks) -> OnDesk:
        """Do edits again on what is the newest now, but those that it holds already."""
        before = self._carried(base, edits)
        there = self._carried(table.opened, edits)
        wanted = (*before, *edits.edits)
        done = keeping.common(
            tuple(edit.to_json() for edit in wanted), tuple(edit.to_json() for edit in there)
        )
        rest = replace(edits, edits=wanted[done:])
        session, report = replay(rest, table.opened.sheet.field)
        self._keep(table, session, marks)
        return self._lay(table, session, marks, *repeated(report))

    def _carried(self, opened: Opened, like: EditList) -> tuple[Edit, ...]:
        """Edits that a file carries."""
        if not opened.found.carried:
            return ()
        edits = EditList.from_json(opened.found.carried)
        return edits.edits if (edits.kind, edits.grid) == (like.kind, like.grid) else ()

    def _drop(self, place: Place, version: int) -> None:
        drafting.drop(self._database, self._file.id, place, expected=version, user=self._user)

    # Keeping

    def keep(self, session: Session, marks: Marks) -> None:
        """Keep what was done.

        Raises
        ------
        Undecided
            If somebody went on with the same edits in another window.
        """
        table = self._laid()
        try:
            self._keep(table, session, marks)
        except Conflict as conflict:
            raise self._undecided(self._of_conflict(table, session, marks, conflict)) from conflict

    def _laid(self) -> Table:
        """What is on the desk and can be changed."""
        if self._table is None or not self._table.editable:
            raise RequestRefused(NOT_NEWEST)
        return self._table

    def _keep(self, table: Table, session: Session, marks: Marks) -> None:
        kept = keeping.kept_of(session, marks, table.opened.inputs, table.ahead, table.kept)
        table.version = drafting.keep(
            self._database,
            self._file.id,
            table.place,
            kept,
            expected=table.version,
            user=self._user,
        )
        table.kept = session.texts

    def _of_conflict(
        self, table: Table, session: Session, marks: Marks, conflict: Conflict
    ) -> tuple[Choice, Mapping[str, Callable[[], OnDesk]]]:
        choice = Choice(
            str(conflict),
            {"newer": "Take over what is there now", "mine": "Go on with what is here"},
        )

        def newer() -> OnDesk:
            return self.open(table.place.variable or None, table.place.level)

        def mine() -> OnDesk:
            draft = drafting.draft(self._database, self._file.id, table.place)
            table.version = draft.version if draft else 0
            table.kept = draft.texts if draft else ()
            self._keep(table, session, marks)
            return self._lay(table, session, marks)

        return choice, {"newer": newer, "mine": mine}

    # Saving

    def save(self, session: Session, marks: Marks, description: str) -> Saved:
        """Make a revision of the edited field.

        Raises
        ------
        Undecided
            If what it was made from has a newer revision, or somebody went on with the edits.
        RequestRefused
            If there is nothing to save, or a step at work would replace it.
        """
        user, table = self._owner(), self._laid()
        said = tidy_line(description)
        if len(said) > LONGEST_DESCRIPTION:
            raise RequestRefused(f"A description has at most {LONGEST_DESCRIPTION} characters.")
        self._refuse_nothing_new(table, session, marks)
        try:
            with self._writer.written(table, session, marks, said) as (made, written):
                revision, views = self._writer.recorded(table, made, written, said, user)
        except Outdated as outdated:
            raise self._undecided(self._of_outdated(table, session, marks, outdated)) from outdated
        except Conflict as conflict:
            raise self._undecided(self._of_conflict(table, session, marks, conflict)) from conflict
        table.version, table.kept = 0, ()
        table.saved = (*session.texts[: len(session.done)], marks)
        ahead = {**table.ahead.inputs, revision.file_type: revision.revision}
        table.ahead = Ahead(ahead, revision.moves_coastline)
        self._reader.wanted = None
        pages = self._ticket.pages
        return Saved(
            what_followed(revision, made, revision.step or "", views),
            (
                Link("All steps", f"{pages}steps"),
                Link("This revision", f"{pages}{revision.file_type}/view"),
            ),
        )

    def _refuse_nothing_new(self, table: Table, session: Session, marks: Marks) -> None:
        if table.saved == (*session.texts[: len(session.done)], marks):
            raise RequestRefused("This is saved already; nothing was changed since.")
        to_be_made = self._ticket.file_type not in table.current
        if not (session.done or to_be_made or table.saved or marks != table.opened.found.marks):
            raise RequestRefused("There is nothing to save: nothing was changed.")

    def _of_outdated(
        self, table: Table, session: Session, marks: Marks, outdated: Outdated
    ) -> tuple[Choice, Mapping[str, Callable[[], OnDesk]]]:
        choice = Choice(
            str(outdated),
            {
                "repeat": "Repeat my edits on the newest revision",
                "stay": "Go on here",
                "discard": "Drop my edits and begin anew",
            },
        )

        def repeat() -> OnDesk:
            newest = self._look_at_newest(table)
            onto = Table(table.place, newest, version=table.version, kept=table.kept)
            return self._repeat(onto, table.opened, session.edits, marks)

        def stay() -> OnDesk:
            return self._lay(table, session, marks)

        def discard() -> OnDesk:
            if table.version:
                self._drop(table.place, table.version)
            return self._lay_anew(self._look_at_newest(table))

        return choice, {"repeat": repeat, "stay": stay, "discard": discard}

    def _look_at_newest(self, table: Table) -> Opened:
        self._reader.wanted = None
        sources, _ = self._reader.sources()
        return self._reader.look(sources, table.place.variable, table.place.level)

    # Besides

    def download(self, name: str, session: Session) -> str:
        """Make a file ready.

        Raises
        ------
        NotThere
            If the file is gone, or is not the user's any more.
        """
        self._owner()
        if self._table is None:
            raise RequestRefused("Open a field first.")
        table, marks = self._table, self._table.opened.found.marks
        if name == "edits":
            return self._hand_out(
                session.edits.to_json().encode(), self._called(table, ".json"), "application/json"
            )
        if name == "script":
            called = self._called(table, ".py")
            text = self._writer.script(table, session, called)
            return self._hand_out(text.encode(), called, "text/x-python")
        with self._writer.written(table, session, marks, "") as (made, _):
            folder = self._folders.enter_context(self._services.storage.staging())
            path = made.path.rename(folder / made.path.name)
        return self._hand_out(path, self._called(table, ".nc"), "application/x-netcdf")

    def _called(self, table: Table, ending: str) -> str:
        kind = self._ticket.file_type
        number = table.current.get(kind, 0)
        return file_name(self._file.about.name, kind, number, ending)

    def others(self) -> Sequence[str]:
        """A sentence for each other window at the same file; a sign of life if ours is open."""
        if not self._connected():
            drafting.rise(self._database, self._sitting)
            return ()
        user, editor = self._user, self._ticket.editor
        others = drafting.sit(self._database, self._file.id, self._sitting, editor, user)
        return others_at_it(others, user.username, editor)

    def leave(self) -> None:
        """The page was closed."""
        self._folders.close()
        with suppress(PlatformError):
            drafting.rise(self._database, self._sitting)
