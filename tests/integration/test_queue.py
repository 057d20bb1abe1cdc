"""Many processes on one database: nothing is lost, nothing is done twice."""

import multiprocessing
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from climate_simulation_platform.constants import ORDER, FileType
from climate_simulation_platform.db import Database, revisions, tasks, users
from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.records import Status, TaskState
from climate_simulation_platform.workflow import transactions
from tests.platform_records import add_file, add_user, made_by, made_file, open_database
from tests.postgresql import address

pytestmark = pytest.mark.usefixtures("on_every_database")

FORK = multiprocessing.get_context("fork")
PROCESSES = 8


def together(target: Any, *arguments: Any) -> list[Any]:
    """Results of a function that several processes call at the same moment."""
    results, start = FORK.Queue(), FORK.Barrier(PROCESSES)
    processes = [
        FORK.Process(target=_call, args=(results, start, target, number, *arguments))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    found = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    return found


def _call(results: Any, start: Any, target: Any, number: int, *arguments: Any) -> None:
    start.wait()
    results.put(target(number, *arguments))


def patient(folder: Path) -> Database:
    return Database(address(folder), patience=60)


def work(number: int, folder: Path) -> list[str]:
    """Do tasks until nothing waits or runs any more."""
    database, done = patient(folder), []
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        task = transactions.claim_task(database, f"worker {number}", ORDER)
        if task is not None:
            transactions.report_progress(database, task, 0.5, "half")
            assert transactions.finish_task(database, task, made_by(task)).counted
            done.append(task.id)
        elif nothing_is_left(database):
            break
    return done


def nothing_is_left(database: Database) -> bool:
    with database.reading() as connection:
        counts = tasks.counts(connection)
    return counts[TaskState.QUEUED] == counts[TaskState.RUNNING] == 0


def test_every_task_is_done_once_by_somebody(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    user = add_user(database)
    files = [add_file(database, user, f"file {number}") for number in range(5)]
    for file in files:
        for step in ("regrid", "routing", "pft"):
            transactions.request_step(database, file.id, step, {}, user="ada")
    done = Counter(task for tasks_done in together(work, tmp_path) for task in tasks_done)
    assert set(done.values()) == {1}
    assert len(done) == 5 * len(("regrid", "routing", "pft", "heatflow", "ahmcoef"))
    for file in files:
        with database.reading() as connection:
            known = revisions.of_file(connection, file.id)
        assert sorted((r.file_type, r.revision) for r in known if r.file_type is FileType.RAW) == [
            (FileType.RAW, 1),
            (FileType.RAW, 2),
        ]
        assert Counter(r.file_type for r in known if r.file_type is not FileType.RAW) == Counter(
            dict.fromkeys({r.file_type for r in known} - {FileType.RAW}, 1)
        )
        view = transactions.workflow_view(database, file.id)
        assert view["heatflow"].status is view["pft"].status is Status.UP_TO_DATE
    assert transactions.reconcile(database) == 0


def upload(number: int, folder: Path, data_file_id: int) -> list[int]:
    database = patient(folder)
    return [
        transactions.add_upload(
            database,
            data_file_id,
            made_file(FileType.COORDS, f"{number}.{turn}.nc"),
            user="ada",
        ).revision
        for turn in range(5)
    ]


def test_uploads_at_once_get_a_number_each(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    file = add_file(database, add_user(database))
    given = [number for numbers in together(upload, tmp_path, file.id) for number in numbers]
    assert sorted(given) == list(range(1, 5 * PROCESSES + 1))


def register(number: int, folder: Path) -> bool:
    del number
    try:
        with patient(folder).writing() as connection:
            users.add(connection, "ada", "kept", now=datetime.now(UTC))
    except RequestRefused:
        return False
    return True


def test_one_of_those_who_want_a_name_gets_it(tmp_path: Path) -> None:
    open_database(tmp_path)
    assert Counter(together(register, tmp_path)) == {True: 1, False: PROCESSES - 1}


def ask(number: int, folder: Path, data_file_id: int) -> bool:
    try:
        transactions.request_step(
            patient(folder), data_file_id, "regrid", {"n": number}, user=f"{number}", version=0
        )
    except Exception as refusal:  # noqa: BLE001
        return type(refusal).__name__ != "Conflict"
    return True


def test_one_of_those_who_save_the_same_form_succeeds(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    file = add_file(database, add_user(database))
    assert Counter(together(ask, tmp_path, file.id)) == {True: 1, False: PROCESSES - 1}
    with database.reading() as connection:
        assert len(tasks.live(connection, file.id)) == 1


def finish_it(number: int, folder: Path, task: Any) -> bool:
    del number
    done = transactions.finish_task(patient(folder), task, made_by(task))
    return done.counted and done.unused == ()


@pytest.mark.parametrize("step", ["regrid", "routing"])
def test_a_task_reported_by_many_counts_once(tmp_path: Path, step: str) -> None:
    database = open_database(tmp_path)
    file = add_file(database, add_user(database))
    transactions.request_step(database, file.id, step, {}, user="ada")
    task = transactions.claim_task(database, "worker", ORDER)
    assert task is not None
    assert all(together(finish_it, tmp_path, task))
    with database.reading() as connection:
        written = revisions.of_task(connection, task.id)
    assert len(written) == len({revision.file_type for revision in written})
