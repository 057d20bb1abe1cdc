"""What is there before a test begins: accounts, topographies, finished workflows.

Made behind the pages' back, by the same use cases, in the installation that runs.
"""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from climate_simulation_platform import library
from climate_simulation_platform.auth.accounts import add_user
from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.db import Database, files, revisions, users
from climate_simulation_platform.editing.desk import PlatformDesk
from climate_simulation_platform.embedded.instance import read_settings
from climate_simulation_platform.records import About, DataFile, Revision, Status, User
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import Storage
from climate_simulation_platform.tickets import Ticket
from climate_simulation_platform.workflow import transactions
from climpy.interactive import Edit
from tests.e2e.serving import Serving
from tests.waiting import wait_for

PASSWORD = "gneiss below the moraine"

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "regrid": {},
    "routing": {},
    "pft": {},
    "subbasins": {},
}
"""Steps that somebody has to ask for, with their parameters."""

COMPUTED = (*REQUESTS, "heatflow", "ahmcoef")

WORKFLOW_SECONDS = 120.0


class Furnishing:
    """The rooms of a running installation."""

    def __init__(self, place: Serving | Services) -> None:
        self.services = place if isinstance(place, Services) else _services_of(place)
        self.sandbox = self.services.sandbox

    @property
    def database(self) -> Database:
        """That of the installation."""
        return self.services.database

    def close(self) -> None:
        """Leave nothing running."""
        self.sandbox.close()

    def user(self, name: str) -> User:
        """The account of that name, made if there is none."""
        with self.database.reading() as connection:
            found = users.by_name(connection, name)
        return found or add_user(self.database, name, PASSWORD, now=datetime.now(UTC))

    def topography(self, user: User, name: str = "", *, confirmed: bool = True) -> DataFile:
        """The made-up Earth as an upload of somebody."""
        made = library.take_in_demo(self.services, user)
        if name:
            self.rename(made, About(name))
        if confirmed:
            made = library.confirm_coordinates(self.services, made, user)
        return made

    def rename(self, data_file: DataFile, about: About) -> None:
        """Say something else of a topography."""
        library.rename(self.services, data_file, about, datetime.now(UTC))

    def take_in(self, user: User, name: str, path: Path) -> DataFile:
        """A file of somebody as an upload."""
        with self.services.storage.incoming() as target:
            shutil.copyfile(path, target)
            arrived = library.arrived_at(target, path.name)
            return library.take_in(self.services, user, About(name), arrived)

    def send(self, data_file: DataFile, sender: User, recipient: str) -> None:
        """Put a copy into a colleague's list."""
        library.send(self.services, data_file, sender, recipient)

    def delete(self, data_file: DataFile) -> None:
        """Take it from the list."""
        library.delete(self.services, data_file)

    def finished(self, user: User, name: str = "") -> DataFile:
        """The made-up Earth with everything that is computed from it."""
        made = self.topography(user, name)
        for step, parameters in REQUESTS.items():
            self.request(made, step, parameters)
            self.wait(made, step)
        self.wait(made, *COMPUTED)
        return made

    def request(self, data_file: DataFile, step: str, parameters: Mapping[str, Any]) -> None:
        """Ask for a step, as the owner does."""
        user = self.owner(data_file).username
        transactions.request_step(self.database, data_file.id, step, parameters, user=user)

    def wait(self, data_file: DataFile, *steps: str, status: Status = Status.UP_TO_DATE) -> None:
        """Wait until steps have come to a state."""
        wait_for(
            lambda: {self.statuses(data_file)[step] for step in steps} == {status},
            f"{', '.join(steps)} {status}",
            WORKFLOW_SECONDS,
        )

    def statuses(self, data_file: DataFile) -> dict[str, Status]:
        """State of each step."""
        views = transactions.workflow_view(self.database, data_file.id)
        return {step: view.status for step, view in views.items()}

    def copy(self, data_file: DataFile, user: User, name: str) -> DataFile:
        """The same for somebody, to do with as they like."""
        return transactions.duplicate_file(self.database, data_file.id, user=user, name=name)

    def owner(self, data_file: DataFile) -> User:
        """Whose it is."""
        with self.database.reading() as connection:
            owner = users.by_id(connection, data_file.user_id)
        assert owner is not None
        return owner

    def desk(self, data_file: DataFile, editor: str, file_type: FileType) -> PlatformDesk:
        """What an editor of the owner has before it."""
        owner = self.owner(data_file)
        home = f"http://nowhere.example/{data_file.id}/steps"
        about = (owner.id, owner.username, data_file.id, editor, file_type)
        ticket = Ticket(*about, None, "", home, datetime.now(UTC))
        return PlatformDesk(self.services, ticket, lambda *_: "")

    def keep_edits(self, data_file: DataFile, step: str, *edits: Edit) -> None:
        """Do edits in the editor of a step, and leave without saving them."""
        desk = self.desk(data_file, step, _edited_by(step))
        on_desk = desk.open()
        for edit in edits:
            on_desk.session.apply(edit)
            desk.keep(on_desk.session, on_desk.marks)
        desk.leave()

    def save_edits(
        self, data_file: DataFile, step: str, *edits: Edit, description: str = ""
    ) -> Revision:
        """Do edits in the editor of a step and save them."""
        file_type = _edited_by(step)
        desk = self.desk(data_file, step, file_type)
        on_desk = desk.open()
        for edit in edits:
            on_desk.session.apply(edit)
        desk.keep(on_desk.session, on_desk.marks)
        desk.save(on_desk.session, on_desk.marks, description)
        desk.leave()
        return self.revision(data_file.id, file_type)

    def repeat_edits(self, data_file: DataFile, step: str) -> None:
        """Choose that edits are repeated by themselves."""
        user = self.owner(data_file).username
        transactions.choose_replay(self.database, data_file.id, step, True, user=user)

    def numbered(self, number: int) -> DataFile:
        """The topography of that number."""
        with self.database.reading() as connection:
            found = files.get(connection, number)
        assert found is not None
        return found

    def revision(self, number: int, file_type: FileType, which: int | None = None) -> Revision:
        """A revision of a file, by default the newest one."""
        with self.database.reading() as connection:
            found = revisions.get(connection, number, file_type, which)
        assert found is not None
        return found

    def path(self, number: int, file_type: FileType, which: int | None = None) -> Path:
        """Where it lies on the disk."""
        return self.services.storage.path(self.revision(number, file_type, which).path)


def _edited_by(step: str) -> FileType:
    file_type = STEPS[step].edits
    assert file_type is not None
    return file_type


def _services_of(serving: Serving) -> Services:
    settings = read_settings({**serving.environment, "INSTANCE": str(serving.instance)})
    return Services(settings, Database.of(settings), Storage(settings.instance), Sandbox())
