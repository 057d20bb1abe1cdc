"""Windows of an editor without a browser: desks of the platform, and what is done at them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import revisions
from climate_simulation_platform.editing.desk import PlatformDesk
from climate_simulation_platform.records import DataFile, Revision, User
from climate_simulation_platform.services import Services
from climate_simulation_platform.tickets import Ticket
from climpy.interactive.desk import Marks, OnDesk
from climpy.interactive.edits import Edit
from climpy.interactive.operations import Add, SetTo
from climpy.interactive.selections import Box, Selection


def box(west: float, south: float, east: float, north: float) -> Selection:
    return Selection.of(Box(south, north, west, east))


RAISE = Edit(box(-30.0, -10.0, -20.0, 0.0), SetTo(250.0))
SINK = Edit(box(10.0, 40.0, 15.0, 45.0), Add(-5000.0))
LIFT = Edit(box(-30.0, -10.0, -20.0, 0.0), Add(10.0))


@dataclass
class Rooms:
    """An installation without processes, and its user's windows."""

    services: Services
    user: User
    file: DataFile
    handed_out: dict[str, Path | bytes] = field(default_factory=dict)
    connected: bool = True

    def ticket(self, editor: str, kind: FileType, revision: int | None = None) -> Ticket:
        return Ticket(
            user_id=self.user.id,
            username=self.user.username,
            data_file_id=self.file.id,
            editor=editor,
            file_type=kind,
            revision=revision,
            variable="",
            home=f"http://127.0.0.1/{self.file.id}/steps",
            issued=datetime.now(UTC),
        )

    def desk(
        self,
        editor: str = "internal_oceans",
        kind: FileType = FileType.RAW,
        revision: int | None = None,
    ) -> PlatformDesk:
        ticket = self.ticket(editor, kind, revision)
        return PlatformDesk(self.services, ticket, self._hand_out, lambda: self.connected)

    def _hand_out(self, source: Path | bytes, name: str, _kind: str) -> str:
        self.handed_out[name] = source
        return f"handouts/{name}"

    def newest(self, kind: FileType) -> Revision:
        with self.services.database.reading() as connection:
            found = revisions.get(connection, self.file.id, kind)
        assert found is not None
        return found

    def path(self, revision: Revision) -> Path:
        return self.services.storage.path(revision.path)


def do(desk: PlatformDesk, laid: OnDesk, *edits: Edit, marks: Marks | None = None) -> None:
    """As a page does: each command is kept before anything else happens."""
    for edit in edits:
        laid.session.apply(edit)
        desk.keep(laid.session, laid.marks if marks is None else marks)
