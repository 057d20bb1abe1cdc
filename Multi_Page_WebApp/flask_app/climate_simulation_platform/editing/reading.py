"""What an editor opens: which revisions, and what the sandbox finds in them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from climate_simulation_platform.constants import FileType, editor_of
from climate_simulation_platform.db import revisions
from climate_simulation_platform.editing.sandboxed import Asked, Found, found_in
from climate_simulation_platform.editing.wording import VIEWER, step_of
from climate_simulation_platform.errors import NotThere
from climate_simulation_platform.labels import FILE_TITLES
from climate_simulation_platform.records import Inputs, Revision
from climate_simulation_platform.services import Services
from climate_simulation_platform.tickets import Ticket
from climate_simulation_platform.workflow.saving import editable
from climate_simulation_platform.workflow.transactions import workflow_view
from climpy.interactive.desk import Sheet

SUBBASINS, THIRDS = "subbasins", "thirds"


@dataclass(frozen=True, eq=False)
class Opened:
    """What was read.

    Parameters
    ----------
    sources : mapping of FileType to Revision
        From which revisions.
    """

    sources: Mapping[FileType, Revision]
    found: Found

    @property
    def sheet(self) -> Sheet:
        """The field."""
        return self.found.looked.sheet

    @property
    def inputs(self) -> Inputs:
        """Numbers of the revisions."""
        return {kind: revision.revision for kind, revision in self.sources.items()}


class Reader:
    """Reads what one window asks for.

    Parameters
    ----------
    ticket : Ticket
        Who asks, and for what; whether they may is looked at elsewhere.
    """

    def __init__(self, services: Services, ticket: Ticket) -> None:
        self._services = services
        self._database = services.database
        self._ticket = ticket
        self.wanted = ticket.revision

    def sources(self) -> tuple[Mapping[FileType, Revision], bool]:
        """The revisions that are to be opened, and whether an edit may begin with them."""
        kind = self._ticket.file_type
        if editor_of(kind) is None:
            return self.revisions({kind: self.wanted}), False
        now = editable(self._database, self._ticket.data_file_id, kind).inputs
        if self._ticket.editor != VIEWER:
            return now, True
        exact = self.revisions({kind: self.wanted})
        newest = kind in now and now[kind].revision == exact[kind].revision
        return (now, True) if newest else (exact, False)

    def revisions(self, wanted: Mapping[FileType, int | None]) -> Mapping[FileType, Revision]:
        """Revisions by their numbers, None for the newest.

        Raises
        ------
        NotThere
            If there is none of that number.
        """
        found: dict[FileType, Revision] = {}
        with self._database.reading() as connection:
            for kind, number in wanted.items():
                revision = revisions.get(connection, self._ticket.data_file_id, kind, number)
                if revision is None:
                    raise NotThere(f"{FILE_TITLES[kind]} is not there.")
                found[kind] = revision
        return found

    def look(
        self, sources: Mapping[FileType, Revision], variable: str, index: tuple[int, ...]
    ) -> Opened:
        """Read a field in the sandbox."""
        with self.named(sources) as (_, paths):
            asked = Asked(
                self.for_step(paths),
                step_of(self._ticket.editor),
                variable or None,
                index,
                self.method(),
                paths.get(self._ticket.file_type.value),
            )
            return Opened(sources, self._services.sandbox.run(found_in, asked))

    @contextmanager
    def named(self, sources: Mapping[FileType, Revision]) -> Iterator[tuple[Path, dict[str, Path]]]:
        """Give a folder to work in, and in it the files under names for a sentence."""
        storage = self._services.storage
        with storage.attempt(self._ticket.data_file_id) as folder:
            paths = {}
            for kind, revision in sources.items():
                path = folder / f"{kind.value}_revision_{revision.revision}.nc"
                path.symlink_to(storage.path(revision.path))
                paths[kind.value] = path
            yield folder, paths

    def for_step(self, paths: Mapping[str, Path]) -> dict[str, Path]:
        """Those of the files that are opened."""
        if self._ticket.editor != VIEWER:
            return dict(paths)
        return {self._ticket.file_type.value: paths[self._ticket.file_type.value]}

    def method(self) -> str:
        """How basins are proposed where none were painted."""
        if self._ticket.editor != SUBBASINS:
            return THIRDS
        steps = workflow_view(self._database, self._ticket.data_file_id)
        return str((steps[SUBBASINS].parameters or {}).get("method", THIRDS))
