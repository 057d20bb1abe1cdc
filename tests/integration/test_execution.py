"""Tasks done by a worker: what comes of each kind of outcome."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from climate_simulation_platform import computing, examining, execution, library
from climate_simulation_platform.constants import FileType, Worker, steps_of
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.errors import Busy, NoSpace
from climate_simulation_platform.execution import Outcome, Performer, judged
from climate_simulation_platform.records import (
    Cause,
    DataFile,
    MadeFile,
    Revision,
    SavedEdit,
    Status,
    Task,
    TaskState,
)
from climate_simulation_platform.sandbox import ChildDied, ChildFailed, Reason, Sandbox
from climate_simulation_platform.storage import new_token
from climate_simulation_platform.workflow import transactions
from climpy.errors import OutputRefused, StepRefused
from climpy.interactive import Add, Box, Cells, Edit, Selection, Session, Surface, saving
from climpy.interactive.opening import open_field
from tests.platform_records import add_user
from tests.web import make_services

WORKER = "python-1.test"
COARSE = {"dlat": 3.0, "dlon": 3.0}


class Bench:
    """An installation without processes, in which a test is the worker."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.services = replace(make_services(folder, LEAST_FREE_MB="1"), sandbox=sandbox)
        self.user = add_user(self.services.database)
        file = library.take_in_demo(self.services, self.user)
        self.file: DataFile = library.confirm_coordinates(self.services, file, self.user)
        self.performer = Performer(self.services)

    def ask(self, step: str, **parameters: Any) -> None:
        transactions.request_step(
            self.services.database, self.file.id, step, parameters, user=self.user.username
        )

    def claim(self) -> Task | None:
        return transactions.claim_task(self.services.database, WORKER, steps_of(Worker.PYTHON))

    def claimed(self) -> Task:
        task = self.claim()
        assert task is not None
        return task

    def work_off(self) -> list[Outcome]:
        outcomes = []
        while (task := self.claim()) is not None:
            outcomes.append(self.performer.perform(task))
        return outcomes

    def did(self, step: str, **parameters: Any) -> Task:
        """Ask for a step and do all that follows; the step's own task."""
        self.ask(step, **parameters)
        task = self.claimed()
        assert task.step == step
        self.performer.perform(task)
        self.work_off()
        return self.task(task)

    def task(self, task: Task) -> Task:
        with self.services.database.reading() as connection:
            found = tasks.get(connection, task.id)
        assert found is not None
        return found

    def revisions(self, file_type: FileType) -> tuple[Revision, ...]:
        with self.services.database.reading() as connection:
            return revisions.of_file(connection, self.file.id, file_type)

    def statuses(self) -> Mapping[str, Status]:
        views = transactions.workflow_view(self.services.database, self.file.id)
        return {step: view.status for step, view in views.items()}

    def assert_tidy(self) -> None:
        """Each file has a record and each record its file; nothing is half-done."""
        storage = self.services.storage
        with self.services.database.reading() as connection:
            paths = revisions.every_path(connection)
        assert storage.orphans(paths) == ()
        assert all(storage.path(path).is_file() for path in paths)
        assert list(storage.root.rglob("*.part")) == []

    def bring_grid(self, source: Path) -> None:
        """Upload an ocean grid."""
        with self.services.storage.incoming() as path:
            path.write_bytes(source.read_bytes())
            described = self.services.sandbox.run(examining.describe, path, "coords")
            there = self.services.storage.adopt(path, self.file.id, FileType.COORDS, new_token())
        made = MadeFile(
            FileType.COORDS, there.path, there.sha256, described.values_sha256, there.size,
            described.header,
        )  # fmt: skip
        transactions.add_upload(self.services.database, self.file.id, made, user=self.user.username)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


@pytest.fixture
def bench(tmp_path: Path, sandbox: Sandbox) -> Bench:
    return Bench(tmp_path, sandbox)


def save_edit(bench: Bench, edit: Edit) -> Revision:
    """Edit the topography as a person does."""
    storage = bench.services.storage
    desk = transactions.editable(bench.services.database, bench.file.id, FileType.RAW)
    source = storage.path(desk.inputs[FileType.RAW].path)
    session = Session(open_field(source).field)
    session.apply(edit)
    with storage.attempt(bench.file.id) as folder:
        request = saving.EditRequest("internal_oceans", {"raw": source}, session.to_json())
        saved = saving.save(request, folder)
        described = examining.describe(saved.path, "raw")
        there = storage.adopt(saved.path, bench.file.id, FileType.RAW, new_token())
    made = MadeFile(
        FileType.RAW, there.path, there.sha256, described.values_sha256, there.size,
        described.header, moves_coastline=saved.moves_coastline,
    )  # fmt: skip
    inputs = {kind: revision.revision for kind, revision in desk.inputs.items()}
    return transactions.save_edit(
        bench.services.database, bench.file.id, made, SavedEdit(inputs), user=bench.user
    )[0]


def choose_replay(bench: Bench) -> None:
    transactions.choose_replay(
        bench.services.database, bench.file.id, "internal_oceans", True, user=bench.user.username
    )


RAISED = Edit(Selection.of(Box(60, 90, -180, 180), Surface("land")), Add(500))


def test_a_persons_edits_are_repeated_on_a_new_grid(bench: Bench) -> None:
    saved = save_edit(bench, RAISED)
    choose_replay(bench)
    bench.did("regrid", **COARSE)
    newest, regridded, *_ = bench.revisions(FileType.RAW)
    assert (newest.step, newest.parameters["repeat"]) == ("internal_oceans", saved.revision)
    assert dict(newest.input_revisions) == {FileType.RAW: regridded.revision}
    assert newest.description == f"The edits of revision {saved.revision} repeated."
    assert not newest.moves_coastline
    assert bench.statuses()["internal_oceans"] is Status.REVIEW
    path = bench.services.storage.path
    old, new = (open_field(path(each.path)).field.values for each in (regridded, newest))
    assert old.shape == new.shape == (60, 120)
    assert np.allclose((new - old)[old != new], 500.0)
    bench.assert_tidy()


def test_edits_that_count_cells_are_refused_on_another_grid(bench: Bench) -> None:
    cells = Cells(((90, 10), (91, 10)), "index")
    save_edit(bench, Edit(Selection.of(cells), Add(500)))
    choose_replay(bench)
    bench.did("regrid", **COARSE)
    view = transactions.workflow_view(bench.services.database, bench.file.id)["internal_oceans"]
    assert view.status is Status.FAILED
    assert "grid" in view.why
    assert bench.revisions(FileType.RAW)[0].step == "regrid"
    bench.assert_tidy()


def test_a_workflow_is_done_and_everything_has_its_record(bench: Bench) -> None:
    assert bench.did("regrid", **COARSE).state is TaskState.DONE
    routed = bench.did("routing")
    assert routed.state is TaskState.DONE
    assert "A new ocean grid was made, with its poles at" in routed.sentence
    bench.did("pft")
    bench.did("subbasins")
    assert set(bench.statuses().values()) <= {Status.UP_TO_DATE, Status.NEVER, Status.NEEDS_YOU}
    for file_type in set(FileType) - {FileType.WEIGHTS, FileType.RAW}:
        (revision,) = bench.revisions(file_type)
        path = bench.services.storage.path(revision.path)
        assert path.stat().st_size == revision.size
        assert revision.versions["climpy"]
        with bench.services.database.reading() as connection:
            assert revisions.thumbnail(connection, revision.id).startswith(b"\x89PNG")
            assert revisions.header(connection, revision.id)["variables"]
        with netCDF4.Dataset(path) as dataset:
            assert dataset.step in ("coords", revision.step)
    bench.assert_tidy()


def test_parameters_are_kept_with_their_defaults(bench: Bench) -> None:
    bench.did("regrid", **COARSE)
    bench.did("routing", drop_per_distance=True)
    kept = bench.revisions(FileType.ROUTING)[0].parameters
    assert kept["drop_per_distance"] is True
    assert kept["coordinates"] == computing.GENERATED
    assert kept["pole_longitude"] is None
    assert kept["refinement"] == 1


def test_the_history_names_inputs_as_people_do(bench: Bench) -> None:
    bench.did("regrid", **COARSE)
    path = bench.services.storage.path(bench.revisions(FileType.RAW)[0].path)
    with netCDF4.Dataset(path) as dataset:
        assert "regrid from raw (raw_revision_1.nc)" in dataset.history


def test_the_ocean_grid_is_kept_as_long_as_it_suits(bench: Bench) -> None:
    bench.did("regrid", **COARSE)
    bench.did("routing")
    again = bench.did("routing", drop_per_distance=True)
    assert "The ocean grid of revision 1 was kept" in again.sentence
    assert len(bench.revisions(FileType.COORDS)) == 1
    elsewhere = bench.did("routing", pole_longitude=106.0, pole_latitude=60.0)
    assert "as other poles were asked for" in elsewhere.sentence
    newest, _ = bench.revisions(FileType.COORDS)
    assert "60.0 N 106.0 E" in newest.description
    assert newest.task_id == elsewhere.id == bench.revisions(FileType.BATHY)[0].task_id
    bench.assert_tidy()


def test_an_uploaded_ocean_grid_is_used_if_its_poles_are_on_land(bench: Bench) -> None:
    bench.did("regrid", **COARSE)
    bench.did("routing", pole_longitude=106.0, pole_latitude=60.0)
    grid = bench.services.storage.path(bench.revisions(FileType.COORDS)[0].path)
    bench.bring_grid(grid)
    bench.work_off()
    used = bench.did("routing", coordinates=computing.UPLOADED)
    assert used.state is TaskState.DONE, used.sentence
    assert "The uploaded ocean grid was used" in used.sentence
    assert used.input_revisions[FileType.COORDS] == 2
    assert len(bench.revisions(FileType.COORDS)) == 2
    bench.assert_tidy()


def test_a_refusal_is_the_sentence_of_the_step(bench: Bench) -> None:
    failed = bench.did("regrid", dlat=7.3, dlon=1.0)
    assert failed.state is TaskState.FAILED
    assert "7.3" in failed.sentence
    assert bench.statuses()["regrid"] is Status.FAILED
    bench.assert_tidy()
    assert bench.did("regrid", **COARSE).state is TaskState.DONE


def test_a_fault_of_ours_is_told_by_number_and_logged(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by hand")

    monkeypatch.setattr(Performer, "_adopt", broken)
    with caplog.at_level(logging.ERROR):
        failed = bench.did("regrid", **COARSE)
    assert failed.state is TaskState.FAILED
    assert failed.sentence == f"Internal error; please report it with the number {failed.id}."
    assert "by hand" in caplog.text
    with bench.services.database.reading() as connection:
        assert "ZeroDivisionError" in tasks.log(connection, failed.id)
    bench.assert_tidy()


def test_a_full_disk_is_given_time_then_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "RETRY_SECONDS", (0.0,))
    monkeypatch.setattr(execution, "ENOUGH_SPACE_BYTES", 10**18)
    bench.ask("regrid", **COARSE)
    assert bench.work_off() == [Outcome.RETRIED, Outcome.RETRIED, Outcome.FAILED]
    view = transactions.workflow_view(bench.services.database, bench.file.id)["regrid"]
    assert view.status is Status.FAILED
    assert "room for" in view.why


def test_passing_trouble_passes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "RETRY_SECONDS", (0.0,))
    monkeypatch.setattr(execution, "ENOUGH_SPACE_BYTES", 10**18)
    bench.ask("regrid", **COARSE)
    assert bench.performer.perform(bench.claimed()) is Outcome.RETRIED
    monkeypatch.undo()
    assert bench.work_off() == [Outcome.DONE]
    assert len(bench.revisions(FileType.RAW)) == 2


def test_a_cancelled_task_is_stopped(bench: Bench) -> None:
    bench.ask("regrid", **COARSE)
    task = bench.claimed()
    transactions.cancel_step(bench.services.database, bench.file.id, "regrid", user="ada")
    assert bench.performer.perform(task) is Outcome.SUPERSEDED
    assert len(bench.revisions(FileType.RAW)) == 1
    bench.assert_tidy()


def test_a_result_that_comes_too_late_leaves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outrun(self: Performer, task: Task, product: computing.Product) -> MadeFile:
        made = adopt(self, task, product)
        transactions.cancel_step(self.services.database, task.data_file_id, task.step, user="ada")
        return made

    adopt = Performer._adopt
    monkeypatch.setattr(Performer, "_adopt", outrun)
    bench.ask("regrid", **COARSE)
    assert bench.performer.perform(bench.claimed()) is Outcome.SUPERSEDED
    assert len(bench.revisions(FileType.RAW)) == 1
    bench.assert_tidy()


def test_a_worker_that_is_to_end_gives_the_task_back(bench: Bench) -> None:
    bench.ask("regrid", **COARSE)
    task = bench.claimed()
    assert Performer(bench.services, lambda: True).perform(task) is Outcome.RELEASED
    assert bench.task(task).state is TaskState.QUEUED
    assert bench.work_off() == [Outcome.DONE]


def test_a_second_attempt_replaces_what_a_killed_one_left(bench: Bench) -> None:
    bench.ask("regrid", **COARSE)
    task = bench.claimed()
    with bench.services.storage.incoming() as path:
        path.write_bytes(b"left by a killed worker")
        left = bench.services.storage.adopt(path, bench.file.id, FileType.RAW, task.id)
    transactions.release_tasks(bench.services.database, WORKER)
    assert bench.work_off() == [Outcome.DONE]
    assert bench.revisions(FileType.RAW)[0].path == left.path
    assert bench.revisions(FileType.RAW)[0].sha256 != left.sha256
    bench.assert_tidy()


def test_what_a_rerun_leaves_the_same_makes_no_revision(bench: Bench) -> None:
    bench.did("regrid", **COARSE)
    bench.did("routing")
    bench.did("regrid", **COARSE)
    assert {task.cause for task in _tasks_of(bench, "routing")} == {Cause.USER, Cause.DEPENDENCY}
    assert len(bench.revisions(FileType.BATHY)) == 1
    assert bench.statuses()["routing"] is Status.UP_TO_DATE
    bench.assert_tidy()


def _tasks_of(bench: Bench, step: str) -> list[Task]:
    with bench.services.database.reading() as connection:
        rows = [
            tasks.get(connection, number)
            for number in connection.exec_driver_sql("SELECT id FROM tasks").scalars()
        ]
    return [task for task in rows if task is not None and task.step == step]


@pytest.mark.parametrize(
    ("trouble", "passing", "fault"),
    [
        (StepRefused("There is no ocean."), False, False),
        (OutputRefused("The disk is full."), True, False),
        (Busy("Occupied."), True, False),
        (NoSpace("Full."), True, False),
        (ChildDied(Reason.LOST, "Interrupted."), True, False),
        (ChildDied(Reason.MEMORY, "Too large."), False, False),
        (ChildFailed("A fault.", "Traceback"), False, True),
        (KeyError("x"), False, True),
    ],
)
def test_trouble_is_told_apart(trouble: Exception, passing: bool, fault: bool) -> None:
    task = Task("7", 1, "pft", {}, Cause.USER, "ada", "7", {}, None)  # type: ignore[arg-type]
    verdict = judged(task, trouble)
    assert (verdict.passing, verdict.fault) == (passing, fault)
    assert verdict.sentence.endswith(".")
    assert ("number 7" in verdict.sentence) is fault


def test_values_agree_with_the_step_called_by_hand(bench: Bench, tmp_path: Path) -> None:
    from climpy.steps import run_step

    bench.did("regrid", **COARSE)
    newest, upload = bench.revisions(FileType.RAW)
    by_hand = run_step(
        "regrid", {"raw": bench.services.storage.path(upload.path)}, COARSE, tmp_path
    )
    with (
        netCDF4.Dataset(by_hand.files["raw"]) as there,
        netCDF4.Dataset(bench.services.storage.path(newest.path)) as here,
    ):
        np.testing.assert_array_equal(there["topo"][...], here["topo"][...])


def test_an_ocean_grid_is_the_same_to_the_last_bit_by_hand(bench: Bench, tmp_path: Path) -> None:
    from climpy.steps import run_step

    bench.did("regrid", **COARSE)
    bench.did("routing")
    topography, _ = bench.revisions(FileType.RAW)
    (grid,) = bench.revisions(FileType.COORDS)
    raw = bench.services.storage.path(topography.path)
    by_hand = run_step("coords", {"raw": raw}, {}, tmp_path).files["coords"]
    with (
        netCDF4.Dataset(by_hand) as there,
        netCDF4.Dataset(bench.services.storage.path(grid.path)) as here,
    ):
        assert list(there.variables) == list(here.variables)
        for name in there.variables:
            np.testing.assert_array_equal(there[name][...], here[name][...])
