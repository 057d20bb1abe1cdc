"""What an editor made: written and described in the sandbox, then a revision in the records."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.editing.reading import Reader
from climate_simulation_platform.editing.sandboxed import saved, script_of
from climate_simulation_platform.editing.table import Table
from climate_simulation_platform.editing.wording import VIEWER, step_of
from climate_simulation_platform.errors import OutcomeUnknown
from climate_simulation_platform.examining import Description
from climate_simulation_platform.records import MadeFile, Revision, SavedEdit, User
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import new_token
from climate_simulation_platform.tickets import Ticket
from climate_simulation_platform.workflow.saving import save_edit
from climate_simulation_platform.workflow.states import StepView
from climpy.interactive import saving
from climpy.interactive.desk import Marks
from climpy.interactive.session import Session

ENOUGH_SPACE_BYTES = 64 * 2**20
"""Room on the disk that is there before a file is written."""


class Writer:
    """Writes what one window made."""

    def __init__(self, services: Services, ticket: Ticket, reader: Reader) -> None:
        self._services = services
        self._ticket = ticket
        self._reader = reader

    @contextmanager
    def written(
        self, table: Table, session: Session, marks: Marks, description: str
    ) -> Iterator[tuple[saving.SavedEdit, Description]]:
        """Write the edited file and describe it, in the sandbox; it is gone at the end."""
        storage = self._services.storage
        storage.require_space(ENOUGH_SPACE_BYTES)
        with self._reader.named(table.opened.sources) as (folder, paths):
            target = folder / "made"
            target.mkdir()
            request = self._request(table, paths, session, marks, description)
            yield self._services.sandbox.run(saved, request, target)

    def _request(
        self,
        table: Table,
        paths: Mapping[str, Path],
        session: Session,
        marks: Marks,
        description: str = "",
    ) -> saving.EditRequest:
        sheet = table.opened.sheet
        of_viewer = self._ticket.editor == VIEWER
        return saving.EditRequest(
            step=step_of(self._ticket.editor),
            sources=self._reader.for_step(paths),
            edits=session.to_json(),
            variable=sheet.variable if of_viewer else "",
            index=sheet.index if of_viewer else (),
            marks=marks,
            description=description,
            method=self._reader.method(),
        )

    def recorded(
        self,
        table: Table,
        made: saving.SavedEdit,
        about: Description,
        description: str,
        user: User,
    ) -> tuple[Revision, Mapping[str, StepView]]:
        """Make a revision of a file that was written; gives it, and all steps afterwards."""
        storage = self._services.storage
        stored = storage.adopt(
            made.path, self._ticket.data_file_id, FileType(made.file_type), new_token()
        )
        file = MadeFile(
            file_type=FileType(made.file_type),
            path=stored.path,
            sha256=stored.sha256,
            size=stored.size,
            values_sha256=about.values_sha256,
            header=about.header,
            thumbnail=about.thumbnail,
            versions=about.versions,
            description=description,
            moves_coastline=made.moves_coastline or table.ahead.coast_moved,
        )
        edit = SavedEdit(table.current, made.figures, table.place, table.version)
        quota = self._services.settings.user_quota_bytes
        try:
            return save_edit(
                self._services.database,
                self._ticket.data_file_id,
                file,
                edit,
                user=user,
                quota=quota,
            )
        except OutcomeUnknown:
            raise  # the row may be there; files without rows are cleared later
        except Exception:
            storage.remove(stored.path)
            raise

    def script(self, table: Table, session: Session, name: str) -> str:
        """The stand-alone script that does the same."""
        with self._reader.named(table.opened.sources) as (_, paths):
            request = self._request(table, paths, session, table.opened.found.marks)
            return self._services.sandbox.run(script_of, request, name)
