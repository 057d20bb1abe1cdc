"""An installation in a folder of the test, with rows in every table and files that they name."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.db import Database, attempts, sessions
from climate_simulation_platform.db.tables import metadata
from climate_simulation_platform.records import DataFile, Kept, MadeFile, Place, Task, User
from climate_simulation_platform.storage import Storage, new_token
from climate_simulation_platform.workflow import drafting, transactions
from tests.platform_records import add_user, made_file, new_file

NOT_COPIED = ("sessions", "sittings", "attempts")


class Installed:
    """A database, a folder of files, and what people and workers do with them."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.database = Database(url or f"sqlite:///{folder / 'platform.db'}")
        self.storage = Storage(folder, least_free_bytes=0)
        self.storage.prepare()
        self.database.migrate()

    def stored(self, number: int, kind: FileType, content: str, token: str = "") -> MadeFile:
        """A file at its place that has no row yet."""
        with self.storage.incoming() as path:
            path.write_text(content)
            there = self.storage.adopt(path, number, kind, token or new_token())
        made = made_file(kind, there.path, content, there.size)
        return replace(made, sha256=there.sha256)

    def topography(self, user: User, name: str = "Eocene") -> DataFile:
        """An upload whose coordinates are confirmed."""
        content = f"heights of {name} " * 50
        unplaced = made_file(FileType.RAW, "")
        placed: list[MadeFile] = []

        def place(number: int) -> str:
            placed.append(self.stored(number, FileType.RAW, content))
            return placed[0].path

        probe = self.stored(0, FileType.RAW, content)
        self.storage.remove(probe.path)
        made = replace(unplaced, sha256=probe.sha256, size=probe.size)
        file = transactions.create_file(self.database, user, new_file(name), made, place=place)
        return transactions.confirm_coordinates(self.database, file.id, user=user.username)

    def request(self, file: DataFile, step: str, **parameters: Any) -> None:
        transactions.request_step(self.database, file.id, step, parameters, user="ada")

    def take(self, worker: str = "worker") -> Task:
        """Give the oldest task that waits to a worker."""
        task = transactions.claim_task(self.database, worker, list(STEPS))
        assert task is not None
        return task

    def write(self, task: Task, content: str = "") -> list[MadeFile]:
        """The files that a worker writes for a task."""
        kinds = (*STEPS[task.step].writes, *STEPS[task.step].makes)
        return [
            self.stored(task.data_file_id, kind, content or f"{kind} {task.id}", task.id)
            for kind in kinds
        ]

    def work(self) -> Task:
        """Do the oldest task that waits."""
        task = self.take()
        assert transactions.finish_task(self.database, task, self.write(task)).counted
        return task

    def sign_in(self, user: User) -> None:
        now = datetime.now(UTC)
        with self.database.writing() as connection:
            sessions.create(connection, user.id, now=now)
            attempts.record(connection, user.username, "::1", now=now)

    def keep_edits(self, file: DataFile, user: User) -> None:
        """Edit, and leave the editor open without having saved."""
        place = Place("internal_oceans", FileType.RAW, "topo", (2,))
        kept = Kept({FileType.RAW: 1}, '{"é": 1}', "a" * 64, "b" * 64, 0, ("{}", "[]"), 1, {"m": 1})
        drafting.keep(self.database, file.id, place, kept, expected=0, user=user)
        drafting.sit(self.database, file.id, "window", "internal_oceans", user)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """All rows of all tables."""
        with self.database.reading() as connection:
            return {
                table.name: [
                    dict(row)
                    for row in connection.execute(
                        table.select().order_by(*table.primary_key)
                    ).mappings()
                ]
                for table in metadata.sorted_tables
            }

    def files(self) -> dict[str, bytes]:
        """Content of every file that is there."""
        return {
            f"{path.parent.name}/{path.name}": path.read_bytes()
            for path in self.storage.files.glob("*/*")
        }

    def left(self) -> list[Path]:
        """What is unfinished."""
        return [path for path in self.storage.root.rglob("*") if path.name.endswith(".part")]


def copied(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Those that a backup holds."""
    return {name: content for name, content in rows.items() if name not in NOT_COPIED}


def of_the_first_version(text: dict[str, list[bytes]]) -> dict[str, list[bytes]]:
    """Rows of all tables as lines of JSON, without what was added since the first version."""
    since = {"tasks": ("sent", "told"), "steps": ("replay",)}
    older = {name: lines for name, lines in text.items() if name not in ("drafts", "draft_edits")}
    for name, columns in since.items():
        rows = [json.loads(line) for line in text[name]]
        kept = [{key: row[key] for key in row if key not in columns} for row in rows]
        older[name] = [json.dumps(row).encode() for row in kept]
    return older


def furnish(folder: Path, url: str = "") -> Installed:
    """One with a topography whose steps are done, a queued step, edits that were not saved, a copy,
    and somebody signed in."""
    made = Installed(folder, url)
    user = add_user(made.database)
    file = made.topography(user)
    made.request(file, "regrid", rows=180)
    made.work()
    made.request(file, "routing")
    made.work()
    while transactions.workflow_view(made.database, file.id)["ahmcoef"].status != "up to date":
        made.work()
    made.keep_edits(file, user)
    transactions.duplicate_file(made.database, file.id, user=user, name="A copy, é")
    made.request(file, "pft")
    made.sign_in(user)
    return made
