"""What tests ask of an installation: its tasks, runs and metrics, and whether all is sound."""

import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from climate_simulation_platform import integrity
from climate_simulation_platform.constants import ORDER, STEPS, FileType
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.records import (
    Cause,
    DataFile,
    MadeFile,
    Status,
    Task,
    TaskState,
)
from climate_simulation_platform.storage import new_token
from climate_simulation_platform.upkeep.files import put_files_in_order
from climate_simulation_platform.workflow import transactions
from climate_simulation_platform.workflow.states import StepView
from tests.broker import odd_steps
from tests.deployment import Deployment, Process
from tests.platform_records import new_file
from tests.waiting import wait_for

AT_WORK = (Status.QUEUED, Status.RUNNING)


def odd_topography(
    deployment: Deployment, name: str = "Eocene", content: odd_steps.Content = ("A1", "A")
) -> DataFile:
    """A topography of somebody, as odd steps read it, whose coordinates were confirmed."""
    user = deployment.rooms.user("ada")
    with deployment.services.storage.incoming() as path:
        path.write_text(json.dumps(content))
        size, sum_of_file = path.stat().st_size, sha256(path.read_bytes()).hexdigest()

        def place(number: int) -> str:
            return _adopted(deployment, path, number)

        raw = MadeFile(FileType.RAW, "", sum_of_file, _values(content), size, {"variables": []})
        made = transactions.create_file(deployment.database, user, new_file(name), raw, place=place)
    return transactions.confirm_coordinates(deployment.database, made.id, user=user.username)


def upload(deployment: Deployment, data_file: DataFile, content: odd_steps.Content) -> None:
    """Bring another topography."""
    with deployment.services.storage.incoming() as path:
        path.write_text(json.dumps(content))
        size, sum_of_file = path.stat().st_size, sha256(path.read_bytes()).hexdigest()
        kept = _adopted(deployment, path, data_file.id)
    raw = MadeFile(FileType.RAW, kept, sum_of_file, _values(content), size, {"variables": []})
    transactions.add_upload(deployment.database, data_file.id, raw, user="ada")


def _adopted(deployment: Deployment, path: Path, number: int) -> str:
    return deployment.services.storage.adopt(path, number, FileType.RAW, new_token()).path


def _values(content: odd_steps.Content) -> str:
    return sha256(content[0].encode()).hexdigest()


def ask(deployment: Deployment, data_file: DataFile, step: str, odd: str = "", **more: Any) -> None:
    """Ask for a step that does something odd, or pretends."""
    parameters = {odd_steps.ODD: odd, **more} if odd else more
    deployment.rooms.request(data_file, step, parameters)


def view_of(deployment: Deployment, data_file: DataFile, step: str) -> StepView:
    """What the pages show of a step."""
    return transactions.workflow_view(deployment.database, data_file.id)[step]


def wait_for_status(
    deployment: Deployment, data_file: DataFile, step: str, status: Status
) -> StepView:
    """Wait until a step has come to a state."""
    deployment.rooms.wait(data_file, step, status=status)
    return view_of(deployment, data_file, step)


def open_gate(deployment: Deployment) -> None:
    """Let held steps go on."""
    (deployment.folder / odd_steps.GATE).touch()


def close_gate(deployment: Deployment) -> None:
    """Hold steps that are to be held."""
    (deployment.folder / odd_steps.GATE).unlink(missing_ok=True)


def runs(deployment: Deployment, data_file: DataFile | None = None) -> list[tuple[str, int, int]]:
    """Step, data file and process of each run that was begun, or those of one data file."""
    file = deployment.folder / odd_steps.RUNS
    found = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [
        (step, int(number), int(pid))
        for step, number, pid in found
        if data_file is None or int(number) == data_file.id
    ]


def wait_for_run(deployment: Deployment, data_file: DataFile, step: str) -> int:
    """Wait until a step is being computed; the number of its process."""

    def found() -> list[int]:
        begun = runs(deployment, data_file)
        running = {task.step for task in tasks_of(deployment, data_file, TaskState.RUNNING)}
        return [pid for name, _, pid in begun if name == step and step in running]

    return wait_for(found, f"{step} is computed")[-1]


def tasks_of(
    deployment: Deployment, data_file: DataFile | None = None, *states: TaskState
) -> list[Task]:
    """All tasks, or those of a data file, in the order in which they were made."""
    with deployment.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM tasks ORDER BY number").scalars().all()
        found = [task for row in rows if (task := tasks.get(connection, row)) is not None]
    return [
        task
        for task in found
        if (data_file is None or task.data_file_id == data_file.id)
        and (not states or task.state in states)
    ]


def wait_until_quiet(deployment: Deployment, patience: float = 120.0) -> None:
    """Wait until nothing waits or runs."""

    def quiet() -> bool:
        with deployment.database.reading() as connection:
            found = tasks.counts(connection)
        return found[TaskState.QUEUED] == found[TaskState.RUNNING] == 0

    wait_for(quiet, "nothing waits or runs", patience)


def revisions_of(
    deployment: Deployment, data_file: DataFile, kind: FileType | None = None
) -> list[int]:
    """Numbers of the revisions, the oldest first."""
    with deployment.database.reading() as connection:
        found = revisions.of_file(connection, data_file.id, kind)
    return sorted(revision.revision for revision in found)


def untold(deployment: Deployment) -> int:
    """How many tasks ended without that the dispatcher heard of it."""
    with deployment.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT count(*) FROM tasks WHERE state IN ('done', 'failed') AND told IS NULL"
        )
        return int(rows.scalar_one())


def metric(process: Process, name: str, **labels: str) -> float:
    """A number of a service."""
    wanted = ",".join(f'{label}="{value}"' for label, value in labels.items())
    text = process.ask("/metrics")[1].decode()
    found = re.search(rf"^{name}{re.escape(f'{{{wanted}}}' if wanted else '')} (\S+)$", text, re.M)
    return float(found.group(1)) if found else 0.0


def assert_sound(deployment: Deployment, files: Collection[DataFile] = ()) -> None:
    """Every file whole and with its row, none besides, histories linear, nothing at work."""
    report = integrity.check(deployment.database, deployment.services.storage)
    assert report.findings == ()
    assert_nothing_half_done(deployment)
    assert not tasks_of(deployment, None, TaskState.QUEUED, TaskState.RUNNING)
    with deployment.database.reading() as connection:
        known = [r for file in files for r in revisions.of_file(connection, file.id)]
    for file in files:
        for kind in FileType:
            own = [r for r in known if (r.data_file_id, r.file_type) == (file.id, kind)]
            assert sorted(r.revision for r in own) == list(range(1, len(own) + 1))
        assert_no_step_ran_twice(deployment, file)
    made = Counter((r.task_id, r.file_type) for r in known if r.task_id)
    assert set(made.values()) <= {1}
    assert {number for number, _ in made} <= {
        task.id for task in tasks_of(deployment, None, TaskState.DONE)
    }


def assert_nothing_half_done(deployment: Deployment) -> None:
    """No folder of an attempt is left, once what killed processes left was cleared."""
    put_files_in_order(deployment.services, alone=True)
    storage = deployment.services.storage
    assert [path.name for path in storage.files.glob("*/.*")] == []
    assert [*storage.incoming_folder.iterdir()] == []


def assert_no_step_ran_twice(deployment: Deployment, data_file: DataFile) -> None:
    """No step that ran by itself gave a second result of what it had read before."""
    last: dict[str, Task] = {}
    done = tasks_of(deployment, data_file, TaskState.DONE)
    for task in sorted(done, key=lambda each: (each.ended or each.created, ORDER.index(each.step))):
        before = last.get(task.step)
        if before is not None and task.cause is Cause.DEPENDENCY:
            same = dict(before.input_revisions) == dict(task.input_revisions)
            assert not (same and before.parameters == task.parameters), task
        last[task.step] = task


def assert_values_follow(
    deployment: Deployment, data_file: DataFile, parameters: Mapping[str, Mapping[str, Any]]
) -> None:
    """Each step is up to date, with the values that follow from the newest upload.

    Parameters
    ----------
    parameters : mapping
        Those that somebody asked for last, by step; steps that run by themselves have none.
    """
    storage = deployment.services.storage
    with deployment.database.reading() as connection:
        known = revisions.of_file(connection, data_file.id)
    uploads = [r for r in known if r.step is None and r.file_type is FileType.RAW]
    newest = max(uploads, key=lambda revision: revision.revision)
    content = {FileType.RAW: odd_steps.content_in(storage.path(newest.path))}
    views = transactions.workflow_view(deployment.database, data_file.id)
    asked = {**parameters, "heatflow": {}, "ahmcoef": {}}
    for step in (step for step in ORDER if step in asked):
        assert views[step].status is Status.UP_TO_DATE, (step, views[step])
        expected = odd_steps.content_of(step, asked[step], _read_by(step, content))
        for kind, values in expected.items():
            own = [r for r in known if (r.file_type, r.step) == (kind, step)]
            last = max(own, key=lambda revision: revision.revision)
            assert odd_steps.content_in(storage.path(last.path)) == values, (step, kind)
        content.update(expected)


def _read_by(
    step: str, content: Mapping[FileType, odd_steps.Content]
) -> dict[FileType, odd_steps.Content]:
    return {kind: content[kind] for kind in STEPS[step].reads if kind in content}
