from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from climate_simulation_platform.constants import ORDER, STEPS, FileType
from climate_simulation_platform.db import Database, files, revisions, tasks
from climate_simulation_platform.db.tables import steps as steps_table
from climate_simulation_platform.db.tables import tasks as tasks_table
from climate_simulation_platform.errors import Conflict, NotThere, RequestRefused
from climate_simulation_platform.records import (
    Cause,
    Coordinates,
    DataFile,
    Status,
    Task,
    TaskState,
    User,
)
from climate_simulation_platform.workflow import transactions
from tests.platform_records import (
    add_file,
    add_user,
    all_workers,
    made_by,
    made_file,
    new_file,
    open_database,
    work_off,
)

pytestmark = pytest.mark.usefixtures("on_every_database")

LATER = timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def ada(database: Database) -> User:
    return add_user(database)


@pytest.fixture
def file(database: Database, ada: User) -> DataFile:
    return add_file(database, ada)


def claimed(database: Database, worker: str = "worker") -> Task:
    task = transactions.claim_task(database, worker, ORDER)
    assert task is not None
    return task


def running(database: Database, file: DataFile, step: str = "regrid") -> Task:
    transactions.request_step(database, file.id, step, {}, user="ada")
    return claimed(database)


def statuses(database: Database, file: DataFile) -> dict[str, Status]:
    view = transactions.workflow_view(database, file.id)
    return {step: shown.status for step, shown in view.items()}


def state(database: Database, task: Task) -> Task:
    with database.reading() as connection:
        known = tasks.get(connection, task.id)
    assert known is not None
    return known


def everything(database: Database) -> list[object]:
    with database.reading() as connection:
        return [
            tuple(row)
            for table in (steps_table, tasks_table)
            for row in connection.execute(table.select())
        ]


def test_a_request_is_handed_out_done_and_followed(database: Database, file: DataFile) -> None:
    parameters = {"number": 1, "nested": {"bands": [1.5, None]}}
    shown = transactions.request_step(database, file.id, "routing", parameters, user="ada")
    assert (shown.status, shown.version, shown.asked_by) == (Status.QUEUED, 1, "ada")
    task = claimed(database)
    assert (task.parameters, task.state, task.attempts) == (parameters, TaskState.RUNNING, 1)
    assert statuses(database, file)["routing"] is Status.RUNNING
    done = transactions.finish_task(
        database, task, made_by(task), parameters={**parameters, "default": 2}, sentence="Poles."
    )
    assert done.counted
    assert done.unused == ()
    assert {r.file_type for r in done.revisions} == {
        *STEPS["routing"].writes,
        *STEPS["routing"].makes,
    }
    for revision in done.revisions:
        assert (revision.step, revision.task_id) == ("routing", task.id)
        assert revision.parameters == {**parameters, "default": 2}
        grid = {} if revision.file_type is FileType.COORDS else {FileType.COORDS: 1}
        assert revision.input_revisions == {FileType.RAW: 1, **grid}
    assert state(database, task).sentence == "Poles."
    assert statuses(database, file)["routing"] is Status.UP_TO_DATE
    follow = {task.step: task for task in work_off(database)}
    assert set(follow) == {"heatflow", "ahmcoef"}
    assert all(t.cause is Cause.DEPENDENCY for t in follow.values())
    assert all(t.root_task_id == task.id for t in follow.values())


def test_nothing_runs_before_coordinates_are_confirmed(database: Database, ada: User) -> None:
    raw = made_file(FileType.RAW, "raw.nc")
    file = transactions.create_file(database, ada, new_file(), raw)
    with pytest.raises(RequestRefused, match="Confirm the coordinates"):
        transactions.request_step(database, file.id, "regrid", {}, user="ada")
    assert everything(database)[0] is not None
    confirmed = transactions.confirm_coordinates(
        database, file.id, user="ada", understanding={"variable": "z"}
    )
    assert confirmed.coordinates is Coordinates.CONFIRMED
    assert confirmed.understanding == {"variable": "z"}
    transactions.request_step(database, file.id, "regrid", {}, user="ada")


def test_coordinates_that_were_set_make_a_revision(database: Database, file: DataFile) -> None:
    task = running(database, file)
    again = made_file(FileType.RAW, "set.nc", description="Coordinates set by ada.")
    transactions.confirm_coordinates(database, file.id, user="ada", made=again)
    with database.reading() as connection:
        newest = revisions.get(connection, file.id, FileType.RAW)
    assert newest is not None
    assert (newest.revision, newest.step, newest.created_by) == (2, None, "ada")
    assert newest.description == "Coordinates set by ada."
    assert state(database, task).state is TaskState.SUPERSEDED
    assert dict(claimed(database).input_revisions) == {FileType.RAW: 2}


def test_a_form_of_an_older_version_changes_nothing(database: Database, file: DataFile) -> None:
    transactions.request_step(database, file.id, "regrid", {"n": 1}, user="ada", version=0)
    before = everything(database)
    with pytest.raises(Conflict, match="was changed by ada"):
        transactions.request_step(database, file.id, "regrid", {"n": 2}, user="bob", version=0)
    assert everything(database) == before


def test_a_refused_request_changes_nothing(database: Database, file: DataFile) -> None:
    before = everything(database)
    with pytest.raises(RequestRefused, match="needs"):
        transactions.request_step(database, file.id, "pft", {}, user="ada")
    assert everything(database) == before


def test_a_file_that_is_gone_is_told(database: Database, file: DataFile) -> None:
    transactions.delete_file(database, file.id)
    for number in (file.id, 99):
        with pytest.raises(NotThere):
            transactions.request_step(database, number, "regrid", {}, user="ada")
        with pytest.raises(NotThere):
            transactions.workflow_view(database, number)


def test_the_oldest_task_goes_first_to_who_can_do_it(database: Database, ada: User) -> None:
    two = [add_file(database, ada, name) for name in ("first", "second")]
    for file, step in zip(two, ("routing", "regrid"), strict=True):
        transactions.request_step(database, file.id, step, {}, user="ada")
    assert transactions.claim_task(database, "w", ["heatflow"]) is None
    assert transactions.claim_task(database, "w", []) is None
    regrid = transactions.claim_task(database, "w", ["regrid", "pft"])
    assert regrid is not None
    assert regrid.data_file_id == two[1].id
    assert claimed(database).data_file_id == two[0].id
    assert transactions.claim_task(database, "w", ORDER) is None


def test_a_clock_that_is_set_back_holds_no_task_up(database: Database, file: DataFile) -> None:
    transactions.request_step(database, file.id, "regrid", {}, user="ada")
    earlier = datetime.now(UTC) - LATER
    task = transactions.claim_task(database, "worker", ORDER, now=earlier)
    assert task is not None
    assert transactions.retry_task(database, task, "The disk is full.", delay_seconds=20)
    assert transactions.claim_task(database, "worker", ORDER) is None
    assert transactions.claim_task(database, "worker", ORDER, now=earlier) is not None


def test_an_idle_worker_never_waits_for_a_writer(tmp_path: Path) -> None:
    database = open_database(tmp_path, patience=0.0)
    with database.writing():
        assert transactions.claim_task(database, "w", ORDER) is None


def test_a_queued_task_waits_for_what_was_asked_before_it(
    database: Database, file: DataFile
) -> None:
    transactions.request_step(database, file.id, "routing", {}, user="ada")
    transactions.request_step(database, file.id, "regrid", {}, user="ada")
    shown = transactions.workflow_view(database, file.id)["routing"]
    assert shown.waits_for == ("regrid",)
    assert shown.why == "Waits for Regrid."
    assert claimed(database).step == "regrid"
    assert transactions.claim_task(database, "other", ORDER) is None
    transactions.cancel_step(database, file.id, "regrid", user="ada")
    assert claimed(database).step == "routing"


def test_a_second_report_changes_nothing(database: Database, file: DataFile) -> None:
    task = running(database, file)
    first = transactions.finish_task(database, task, made_by(task))
    before = everything(database)
    assert transactions.finish_task(database, task, made_by(task)) == first
    assert not transactions.fail_task(database, task, "No.")
    assert not transactions.retry_task(database, task, "No.", delay_seconds=0)
    assert not transactions.report_progress(database, task, 0.5, "again")
    assert everything(database) == before


def test_a_result_of_a_cancelled_task_is_to_be_removed(database: Database, file: DataFile) -> None:
    task = running(database, file)
    transactions.cancel_step(database, file.id, "regrid", user="ada")
    assert not transactions.report_progress(database, task, 0.5, "on the way")
    done = transactions.finish_task(database, task, made_by(task))
    assert not done.counted
    assert done.unused == tuple(made.path for made in made_by(task))
    assert statuses(database, file)["regrid"] is Status.NEEDS_YOU


def test_a_result_of_a_deleted_or_purged_file_is_to_be_removed(
    database: Database, file: DataFile
) -> None:
    task = running(database, file)
    transactions.delete_file(database, file.id)
    paths = tuple(made.path for made in made_by(task))
    assert transactions.finish_task(database, task, made_by(task)).unused == paths
    with database.writing() as connection:
        files.purge(connection, before=datetime.now(UTC) + LATER)
    assert transactions.finish_task(database, task, made_by(task)).unused == paths


def test_what_ran_in_a_deleted_file_is_taken_up_when_it_is_restored(
    database: Database, file: DataFile
) -> None:
    task = running(database, file)
    transactions.request_step(database, file.id, "routing", {}, user="ada")
    transactions.delete_file(database, file.id)
    assert transactions.claim_task(database, "w", ORDER) is None
    assert transactions.reconcile(database) == 0
    transactions.restore_file(database, file.id)
    transactions.restore_file(database, file.id)
    assert claimed(database).id != task.id
    assert statuses(database, file)["routing"] is Status.QUEUED


def test_a_file_made_by_itself_with_the_same_values_is_left_as_it_is(
    database: Database, file: DataFile
) -> None:
    def do(task: Task, relief: str) -> transactions.Finished:
        same = {kind: str(kind) for kind in (FileType.BATHY, FileType.COORDS, FileType.SOILS)}
        return transactions.finish_task(
            database, task, made_by(task, {**same, FileType.ROUTING: relief})
        )

    do(running(database, file, "routing"), "one")
    work_off(database)
    transactions.add_upload(database, file.id, made_file(FileType.RAW, "2.nc"), user="ada")
    task = claimed(database)
    assert (task.step, task.cause) == ("routing", Cause.DEPENDENCY)
    done = do(task, "two")
    assert {r.file_type for r in done.revisions} == {FileType.ROUTING, FileType.TOPO_HIGH_RES}
    assert {path.split("/")[1].split(".")[0] for path in done.unused} == {
        "bathy",
        "coords",
        "soils",
    }
    assert transactions.claim_task(database, "w", ORDER) is None
    assert statuses(database, file)["heatflow"] is Status.UP_TO_DATE
    asked = do(running(database, file, "routing"), "two")
    assert len(asked.revisions) == 5


def test_equal_values_count_again_after_an_upload_between(
    database: Database, file: DataFile
) -> None:
    regrid = running(database, file)
    transactions.finish_task(database, regrid, made_by(regrid, {FileType.RAW: "same"}))
    transactions.add_upload(database, file.id, made_file(FileType.RAW, "2.nc"), user="ada")
    again = claimed(database)
    assert again.cause is Cause.DEPENDENCY
    done = transactions.finish_task(database, again, made_by(again, {FileType.RAW: "same"}))
    assert [r.revision for r in done.revisions] == [4]


def route(database: Database, file: DataFile, coordinates: str) -> None:
    """Run the routing; it makes a grid only the first time, as there is one to keep later."""
    given = {"coordinates": coordinates}
    transactions.request_step(database, file.id, "routing", given, user="ada")
    task = claimed(database)
    with database.reading() as connection:
        known = revisions.of_file(connection, file.id, FileType.COORDS)
    keeps = coordinates == "uploaded" or any(grid.step == "routing" for grid in known)
    made = [f for f in made_by(task) if not (keeps and f.file_type is FileType.COORDS)]
    assert transactions.finish_task(database, task, made).counted


def on_grid(database: Database, file: DataFile) -> tuple[int, int]:
    """The ocean grid that goes out with the bathymetry, and the one this was made with."""
    together = transactions.files_together(database, file.id)
    bathymetry = together[FileType.BATHY]
    return together[FileType.COORDS].revision, bathymetry.input_revisions[FileType.COORDS]


def test_files_that_go_together_are_on_one_ocean_grid(database: Database, file: DataFile) -> None:
    route(database, file, "generated")
    assert on_grid(database, file) == (1, 1)
    brought = made_file(FileType.COORDS, "grid.nc")
    transactions.add_upload(database, file.id, brought, user="ada")
    assert on_grid(database, file) == (1, 1)
    route(database, file, "uploaded")
    assert on_grid(database, file) == (2, 2)
    route(database, file, "generated")
    assert on_grid(database, file) == (1, 1)
    copy = transactions.duplicate_file(database, file.id, user=add_user(database, "eva"), name="B")
    assert on_grid(database, copy) == (1, 1)


def test_an_ocean_grid_that_is_not_used_goes_out_as_long_as_there_is_no_other(
    database: Database, file: DataFile
) -> None:
    brought = made_file(FileType.COORDS, "grid.nc")
    transactions.add_upload(database, file.id, brought, user="ada")
    assert transactions.files_together(database, file.id)[FileType.COORDS].revision == 1


def test_weights_are_made_on_the_ocean_grid_of_the_bathymetry(tmp_path: Path) -> None:
    database = open_database(tmp_path, workers=all_workers())
    file = add_file(database, add_user(database))
    route(database, file, "generated")
    for step in ("subbasins", "calculate_weights"):
        transactions.request_step(database, file.id, step, {}, user="ada")
        work_off(database)
    assert statuses(database, file)["calculate_weights"] is Status.UP_TO_DATE
    brought = made_file(FileType.COORDS, "grid.nc")
    transactions.add_upload(database, file.id, brought, user="ada")
    assert work_off(database) == []
    assert statuses(database, file)["calculate_weights"] is Status.UP_TO_DATE
    with database.reading() as connection:
        weights = revisions.newest(connection, file.id)[FileType.WEIGHTS]
    assert weights.input_revisions[FileType.COORDS] == 1


def test_parameters_of_a_cancelled_run_hold_no_longer(database: Database, file: DataFile) -> None:
    transactions.request_step(database, file.id, "routing", {"refinement": 3}, user="ada")
    assert transactions.cancel_step(database, file.id, "routing", user="ada").parameters is None
    transactions.request_step(database, file.id, "regrid", {}, user="ada")
    assert [task.step for task in work_off(database)] == ["regrid"]
    transactions.request_step(database, file.id, "routing", {"refinement": 1}, user="ada")
    work_off(database)
    transactions.request_step(database, file.id, "routing", {"refinement": 3}, user="ada")
    shown = transactions.cancel_step(database, file.id, "routing", user="ada")
    assert (shown.status, shown.parameters) == (Status.UP_TO_DATE, {"refinement": 1})
    with database.reading() as connection:
        assert tasks.last_parameters(connection, file.id, "routing") == {"refinement": 3}


def test_progress_is_kept_with_the_phase(database: Database, file: DataFile) -> None:
    task = running(database, file)
    assert transactions.report_progress(database, task, 0.25, "filling")
    for share in (0.3, 0.4, 7.0):
        assert transactions.report_progress(database, task, share, "filling")
    assert state(database, task).phase == "filling"
    assert 0.25 <= state(database, task).progress <= 1.0
    assert transactions.report_progress(database, task, 0.5, "rivers")
    shown = transactions.workflow_view(database, file.id)["regrid"].task
    assert shown is not None
    assert (shown.progress, shown.phase) == (0.5, "rivers")


def test_progress_never_costs_the_task(tmp_path: Path) -> None:
    database = open_database(tmp_path, patience=0.0)
    task = running(database, add_file(database, add_user(database)))
    with database.writing():
        assert transactions.report_progress(database, task, 0.5, "filling")


def test_a_failure_is_told_and_the_earlier_result_stays(database: Database, file: DataFile) -> None:
    first = running(database, file)
    transactions.finish_task(database, first, made_by(first))
    task = running(database, file)
    assert transactions.fail_task(database, task, "There is no ocean.", log="Traceback")
    view = transactions.workflow_view(database, file.id)["regrid"]
    assert (view.status, view.why) == (Status.FAILED, "There is no ocean.")
    with database.reading() as connection:
        assert tasks.log(connection, task.id) == "Traceback"
        assert revisions.get(connection, file.id, FileType.RAW, 2) is not None


def test_passing_trouble_is_tried_three_times(database: Database, file: DataFile) -> None:
    task = running(database, file)
    for attempt in (1, 2):
        assert task.attempts == attempt
        assert transactions.retry_task(database, task, "The disk is full.", delay_seconds=60)
        waits = transactions.workflow_view(database, file.id)["regrid"]
        assert (waits.status, waits.why) == (
            Status.QUEUED,
            "Will be tried again soon: The disk is full.",
        )
        assert transactions.claim_task(database, "w", ORDER) is None
        again = transactions.claim_task(database, "w", ORDER, now=datetime.now(UTC) + LATER)
        assert again is not None
        assert not transactions.retry_task(database, task, "An older report.", delay_seconds=0)
        task = again
    assert not transactions.retry_task(database, task, "The disk is full.", delay_seconds=60)
    assert transactions.workflow_view(database, file.id)["regrid"].why == "The disk is full."


def test_a_worker_s_end_is_no_failed_attempt_but_the_third(
    database: Database, file: DataFile
) -> None:
    task = running(database, file)
    transactions.report_progress(database, task, 0.5, "filling")
    for _ in range(5):
        assert transactions.release_tasks(database, "worker", died=False) == (task.id,)
        task = claimed(database)
        assert task.attempts == 1
    for _ in range(2):
        assert transactions.release_others(database, ["another"]) == (task.id,)
        task = claimed(database)
    transactions.report_progress(database, task, 0.5, "filling")
    assert transactions.release_others(database, ["worker"]) == ()
    assert transactions.release_tasks(database, "worker") == ()
    view = transactions.workflow_view(database, file.id)["regrid"]
    assert view.status is Status.FAILED
    assert view.why == "The worker ended 3 times while it was at: filling."


def test_only_who_took_a_task_last_can_end_it(database: Database, file: DataFile) -> None:
    first = running(database, file)
    transactions.release_tasks(database, "worker")
    second = claimed(database)
    assert second.id == first.id
    late = transactions.finish_task(database, first, [made_file(FileType.RAW, "late.nc")])
    assert (late.counted, late.unused) == (False, ("late.nc",))
    assert transactions.finish_task(database, second, made_by(second)).counted


def test_steps_whose_task_is_lost_are_sent_again(database: Database, file: DataFile) -> None:
    task = running(database, file)
    transactions.request_step(database, file.id, "routing", {}, user="ada")
    assert transactions.reconcile(database) == 0
    with database.writing() as connection:
        connection.execute(tasks_table.delete().where(tasks_table.c.id == task.id))
    assert transactions.reconcile(database) == 1
    assert transactions.reconcile(database) == 0
    assert [task.step for task in work_off(database)][:2] == ["regrid", "routing"]


def test_tasks_that_no_step_waits_for_do_not_count(database: Database, file: DataFile) -> None:
    task = running(database, file)
    with database.writing() as connection:
        connection.execute(steps_table.update().values(task_id=None))
    assert transactions.reconcile(database) == 1
    assert state(database, task).state is TaskState.SUPERSEDED
    assert not transactions.finish_task(database, task, made_by(task)).counted


def test_tasks_of_a_deleted_file_do_not_count(database: Database, file: DataFile) -> None:
    task = running(database, file)
    with database.writing() as connection:
        files.delete(connection, file.id, now=datetime.now(UTC))
    assert transactions.claim_task(database, "w", ORDER) is None
    assert transactions.reconcile(database) == 1
    assert state(database, task).state is TaskState.SUPERSEDED


def test_a_review_is_kept(database: Database, file: DataFile) -> None:
    transactions.request_step(database, file.id, "routing", {}, user="ada")
    work_off(database)
    before = transactions.workflow_view(database, file.id)["passage_problems"]
    assert before.status is Status.NEEDS_YOU
    shown = transactions.mark_reviewed(
        database, file.id, "passage_problems", user="ada", version=before.version
    )
    assert shown.status is Status.UP_TO_DATE
    with pytest.raises(Conflict):
        transactions.mark_reviewed(
            database, file.id, "passage_problems", user="bob", version=before.version
        )
