"""Edited files saved, and edits that are repeated by themselves."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Worker
from climate_simulation_platform.db import revisions, steps
from climate_simulation_platform.errors import (
    Conflict,
    NoSpace,
    NotThere,
    Outdated,
    QueueUnavailable,
    RequestRefused,
)
from climate_simulation_platform.records import (
    Cause,
    Coordinates,
    DataFile,
    Kept,
    Place,
    Revision,
    SavedEdit,
    Status,
    StepRecord,
    Task,
    User,
)
from climate_simulation_platform.workflow import drafting, transactions
from climate_simulation_platform.workflow.states import StepView
from tests.platform_records import (
    add_file,
    add_user,
    made_by,
    made_file,
    new_file,
    open_database,
    work_off,
)

pytestmark = pytest.mark.usefixtures("on_every_database")

RAW, BATHY, SUB_BASINS = FileType.RAW, FileType.BATHY, FileType.SUB_BASINS
BY_PERSONS = {
    RAW: "internal_oceans",
    BATHY: "passage_problems",
    SUB_BASINS: "subbasins",
}
PLACE = Place("passage_problems", BATHY, "Bathymetry")


class Room:
    """A user with one topography that was routed."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(folder)
        self.user = add_user(self.database)
        self.file = add_file(self.database, self.user)
        self.number = 0
        self.ask("routing")
        work_off(self.database)

    def ask(self, step: str, **parameters: Any) -> StepView:
        return transactions.request_step(self.database, self.file.id, step, parameters, user="ada")

    def desk(self, kind: FileType) -> dict[FileType, int]:
        found = transactions.editable(self.database, self.file.id, kind)
        return {kind: revision.revision for kind, revision in found.inputs.items()}

    def save(
        self,
        kind: FileType,
        values: str = "",
        *,
        inputs: Mapping[FileType, int] | None = None,
        user: User | None = None,
        quota: int | None = None,
        moves: bool = True,
        **edit: Any,
    ) -> Revision:
        self.number += 1
        made = made_file(kind, f"edit{self.number}.nc", values, moves_coastline=moves)
        saved = SavedEdit(self.desk(kind) if inputs is None else inputs, {"edits": 2}, **edit)
        return transactions.save_edit(
            self.database, self.file.id, made, saved, user=user or self.user, quota=quota
        )[0]

    def repeat(self, step: str, wanted: bool = True, **more: Any) -> StepView:
        return transactions.choose_replay(
            self.database, self.file.id, step, wanted, user="ada", **more
        )

    def view(self) -> Mapping[str, StepView]:
        return transactions.workflow_view(self.database, self.file.id)

    def status(self, step: str) -> Status:
        return self.view()[step].status

    def record(self, step: str) -> StepRecord:
        with self.database.reading() as connection:
            return steps.load(connection, self.file.id)[step]

    def newest(self, kind: FileType) -> Revision:
        with self.database.reading() as connection:
            found = revisions.get(connection, self.file.id, kind)
        assert found is not None
        return found

    def take(self, *wanted: str) -> Task:
        task = transactions.claim_task(self.database, "worker", wanted or ORDER)
        assert task is not None
        return task

    def end(self, task: Task, values: Mapping[FileType, str] | None = None) -> None:
        assert transactions.finish_task(self.database, task, made_by(task, values)).counted

    def fail(self, task: Task) -> None:
        assert transactions.fail_task(self.database, task, "There is no sea any more.")

    def work(self) -> list[str]:
        return [task.step for task in work_off(self.database)]

    def reroute(self) -> None:
        """Have the routing make another bathymetry."""
        self.ask("routing", refinement=2)
        self.end(self.take("routing"))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


# to save


@pytest.mark.parametrize("kind", BY_PERSONS)
def test_a_persons_step_is_done_with_what_was_saved(room: Room, kind: FileType) -> None:
    if kind is SUB_BASINS:
        assert room.desk(kind) == {BATHY: 1}
    before, opened, step = room.view(), room.desk(kind), BY_PERSONS[kind]
    saved = room.save(kind)
    assert (saved.step, saved.task_id, saved.created_by) == (step, None, "ada")
    assert (dict(saved.input_revisions), saved.parameters) == (opened, {"edits": 2})
    assert room.newest(kind) == saved
    view = room.view()[step]
    assert (view.status, view.version, view.asked_by) == (
        Status.UP_TO_DATE,
        before[step].version + 1,
        "ada",
    )


@pytest.mark.parametrize(
    ("kind", "followers"),
    [
        (RAW, {"routing", "heatflow", "ahmcoef"}),
        (BATHY, {"heatflow", "ahmcoef"}),
        (SUB_BASINS, set()),
        (FileType.ROUTING, {"pft"}),
        (FileType.HEATFLOW, set()),
    ],
)
def test_what_reads_it_runs_once(room: Room, kind: FileType, followers: set[str]) -> None:
    room.ask("pft")
    room.work()
    room.save(kind)
    done = room.work()
    extra = {"pft"} if kind is RAW else set()
    assert sorted(done) == sorted(followers | extra)
    assert Status.OUT_OF_DATE not in {view.status for view in room.view().values()}


def test_an_edit_of_heights_alone_leaves_the_oceans(room: Room) -> None:
    room.save(BATHY)
    room.work()
    inputs = room.record("heatflow").inputs
    room.save(RAW, moves=False)
    assert room.status("heatflow") is Status.UP_TO_DATE
    task = room.take("routing")
    routed_before = next(r for r in reversed(all_of(room, BATHY)) if r.step == "routing")
    values = f"{room.file.id}/{BATHY}.{routed_before.task_id}.nc"
    room.end(task, {BATHY: values})
    assert room.newest(BATHY).step == "passage_problems"
    assert room.work() == []
    assert room.record("heatflow").inputs == inputs
    assert room.status("passage_problems") is Status.UP_TO_DATE


def all_of(room: Room, kind: FileType) -> list[Revision]:
    with room.database.reading() as connection:
        return list(revisions.of_file(connection, room.file.id, kind))


def test_a_person_goes_on_where_they_left_until_a_newer_one_is_made(room: Room) -> None:
    saved = room.save(BATHY)
    room.work()
    assert room.desk(BATHY) == {BATHY: saved.revision}
    again = room.save(BATHY)
    assert dict(again.input_revisions) == {BATHY: saved.revision}
    assert room.record("passage_problems").inputs == {BATHY: 1}
    room.work()
    room.reroute()
    assert room.desk(BATHY) == {BATHY: again.revision + 1}
    assert room.status("passage_problems") is Status.NEEDS_YOU


def test_a_regridding_begins_from_the_upload_nevertheless(room: Room) -> None:
    room.save(RAW)
    room.ask("regrid")
    assert dict(room.take("regrid").input_revisions) == {RAW: 1}


def test_an_outdated_edit_is_refused_and_told_what_is_newer(room: Room) -> None:
    opened = room.desk(BATHY)
    room.reroute()
    room.work()
    before = room.view()
    with pytest.raises(Outdated, match=r"Bathymetry was changed in Routing \(revision 2\)") as said:
        room.save(BATHY, inputs=opened)
    (newer,) = said.value.newer
    assert (newer.file_type, newer.revision, newer.step) == (BATHY, 2, "routing")
    assert isinstance(said.value, Conflict)
    assert room.view() == before


def test_another_persons_save_is_newer_too(room: Room) -> None:
    opened = room.desk(SUB_BASINS)
    room.save(SUB_BASINS)
    with pytest.raises(Outdated, match=r"Ocean basins was changed in Sub basins by ada"):
        room.save(SUB_BASINS, inputs=opened)


def test_basins_need_the_newest_bathymetry(room: Room) -> None:
    room.save(SUB_BASINS)
    opened = room.desk(SUB_BASINS)
    assert opened == {BATHY: 1, SUB_BASINS: 1}
    room.save(BATHY)
    room.work()
    with pytest.raises(Outdated, match="Passage problems by ada"):
        room.save(SUB_BASINS, inputs=opened)


def test_nothing_is_saved_that_a_step_at_work_would_outdate(room: Room) -> None:
    opened = room.desk(BATHY)
    room.ask("routing")
    with pytest.raises(RequestRefused, match="Routing is at work; wait until it is done, your"):
        room.save(BATHY, inputs=opened)
    room.ask("heatflow")
    with pytest.raises(RequestRefused, match="Routing and Heat flow are at work"):
        room.save(FileType.HEATFLOW)


def test_a_proposal_that_is_under_way_does_not_count_any_more(room: Room) -> None:
    room.ask("subbasins")
    task = room.take("subbasins")
    room.save(SUB_BASINS)
    assert not transactions.finish_task(room.database, task, made_by(task)).counted
    assert room.newest(SUB_BASINS).task_id is None


def test_an_edit_of_a_computed_file_stands_until_its_step_runs_again(room: Room) -> None:
    before = room.record("heatflow")
    saved = room.save(FileType.HEATFLOW)
    assert (saved.step, room.record("heatflow")) == ("heatflow", before)
    room.ask("heatflow")
    room.work()
    assert room.newest(FileType.HEATFLOW).task_id is not None


def test_an_ocean_grid_is_not_edited(room: Room) -> None:
    with pytest.raises(RequestRefused, match="Ocean grid cannot be edited"):
        room.desk(FileType.COORDS)
    with pytest.raises(RequestRefused, match="Ocean grid cannot be edited"):
        room.save(FileType.COORDS, inputs={FileType.COORDS: 1})


def test_what_is_not_there_cannot_be_opened(room: Room) -> None:
    with pytest.raises(NotThere, match="Vegetation is not there yet"):
        room.desk(FileType.PFT)


def test_nothing_is_saved_before_the_coordinates_are_confirmed(room: Room) -> None:
    raw = made_file(RAW, "other/raw.nc")
    unconfirmed = new_file("other", Coordinates.TO_CONFIRM)
    room.file = transactions.create_file(room.database, room.user, unconfirmed, raw)
    with pytest.raises(RequestRefused, match="Confirm the coordinates"):
        room.save(RAW)


def test_nothing_is_saved_for_who_does_not_own_it(room: Room) -> None:
    with pytest.raises(NotThere):
        room.save(BATHY, user=add_user(room.database, "bob"))
    opened = room.desk(BATHY)
    transactions.delete_file(room.database, room.file.id)
    with pytest.raises(NotThere):
        room.save(BATHY, inputs=opened)


def test_the_room_of_a_user_is_not_exceeded(room: Room) -> None:
    with pytest.raises(NoSpace, match="does not fit"):
        room.save(BATHY, quota=1)
    assert room.newest(BATHY).revision == 1


def keep(room: Room, expected: int) -> int:
    kept = Kept({BATHY: 1}, "{}", "a" * 64, "b" * 64, expected, (f"edit {expected}",), expected + 1)
    return drafting.keep(
        room.database, room.file.id, PLACE, kept, expected=expected, user=room.user
    )


def test_the_draft_of_what_was_saved_is_done_with(room: Room) -> None:
    version = keep(room, 0)
    other = replace(PLACE, editor="viewer")
    kept = Kept({BATHY: 1}, "{}", "a" * 64, "b" * 64)
    drafting.keep(room.database, room.file.id, other, kept, expected=0, user=room.user)
    room.save(BATHY, place=PLACE, version=version)
    assert drafting.draft(room.database, room.file.id, PLACE) is None
    assert drafting.draft(room.database, room.file.id, other) is not None


def test_a_draft_that_somebody_went_on_with_stays(room: Room) -> None:
    version = keep(room, 0)
    keep(room, version)
    with pytest.raises(Conflict, match="ada went on with these edits"):
        room.save(BATHY, place=PLACE, version=version)
    found = drafting.draft(room.database, room.file.id, PLACE)
    assert found is not None
    assert found.texts == ("edit 0", "edit 1")
    assert room.newest(BATHY).step == "routing"


# to repeat


def test_a_step_of_a_person_is_still_asked_of_nobody(room: Room) -> None:
    for step in ("internal_oceans", "passage_problems"):
        with pytest.raises(RequestRefused, match="is done by a person"):
            room.ask(step)
        assert room.view()[step].available


def test_edits_wait_for_a_person_unless_it_was_chosen_otherwise(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.reroute()
    assert room.status("passage_problems") is Status.NEEDS_YOU
    assert sorted(room.work()) == ["ahmcoef", "heatflow"]


def test_edits_are_repeated_before_what_depends_on_them_runs_once(room: Room) -> None:
    saved = room.save(BATHY)
    room.work()
    view = room.repeat("passage_problems")
    assert (view.replay, view.can_replay, view.status) == (True, True, Status.UP_TO_DATE)
    room.reroute()
    assert room.status("heatflow") is Status.QUEUED
    task = room.take()
    assert (task.step, task.cause) == ("passage_problems", Cause.DEPENDENCY)
    assert (task.parameters, task.repeats) == ({"repeat": saved.revision}, saved.revision)
    assert dict(task.input_revisions) == {BATHY: saved.revision + 1}
    room.end(task)
    assert sorted(room.work()) == ["ahmcoef", "heatflow"]
    assert room.record("heatflow").inputs == {BATHY: saved.revision + 2}
    assert room.newest(BATHY).step == "passage_problems"


def repeated(room: Room) -> Revision:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.reroute()
    room.work()
    return room.newest(BATHY)


def test_what_was_repeated_is_to_be_reviewed_and_holds_nothing_back(room: Room) -> None:
    repeated(room)
    view = room.view()
    assert view["passage_problems"].status is Status.REVIEW
    assert "look whether they still fit" in view["passage_problems"].why
    assert view["heatflow"].status is Status.UP_TO_DATE
    assert view["heatflow"].review_pending == ("passage_problems",)


@pytest.mark.parametrize("by", ["review", "save"])
def test_a_person_ends_the_review(room: Room, by: str) -> None:
    repeated(room)
    if by == "save":
        room.save(BATHY)
    else:
        transactions.mark_reviewed(room.database, room.file.id, "passage_problems", user="ada")
    room.work()
    assert room.status("passage_problems") is Status.UP_TO_DATE
    assert room.view()["heatflow"].review_pending == ()


def test_the_edits_of_the_person_are_repeated_each_time(room: Room) -> None:
    first = repeated(room)
    assert first.parameters["repeat"] == 2
    room.ask("routing", refinement=3)
    room.work()
    assert room.newest(BATHY).parameters["repeat"] == 2
    assert room.newest(BATHY).revision == first.revision + 2


def test_what_cannot_be_repeated_fails_and_the_rest_goes_on(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.reroute()
    room.ask("pft")
    room.ask("heatflow")
    room.fail(room.take("passage_problems"))
    assert room.status("passage_problems") is Status.FAILED
    assert room.view()["passage_problems"].why == "There is no sea any more."
    assert sorted(room.work()) == ["ahmcoef", "heatflow", "pft"]
    assert room.record("heatflow").inputs == {BATHY: 3}
    room.save(BATHY)
    assert room.status("passage_problems") is Status.UP_TO_DATE


def test_a_cancelled_repetition_leaves_the_step_to_the_person(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.reroute()
    transactions.cancel_step(room.database, room.file.id, "passage_problems", user="ada")
    assert room.status("passage_problems") is Status.NEEDS_YOU
    assert sorted(room.work()) == ["ahmcoef", "heatflow"]


def test_to_choose_it_late_repeats_at_once(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.reroute()
    room.work()
    assert room.repeat("passage_problems").status is Status.QUEUED
    assert sorted(room.work()) == ["ahmcoef", "heatflow", "passage_problems"]
    room.repeat("passage_problems")
    assert room.work() == []


def test_not_to_choose_it_any_more_ends_a_run(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.reroute()
    task = room.take("passage_problems")
    assert room.repeat("passage_problems", wanted=False).status is Status.NEEDS_YOU
    assert not transactions.finish_task(room.database, task, made_by(task)).counted
    assert sorted(room.work()) == ["ahmcoef", "heatflow"]


def test_a_save_takes_the_place_of_a_repetition(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.reroute()
    task = room.take("passage_problems")
    room.save(BATHY)
    assert not transactions.finish_task(room.database, task, made_by(task)).counted
    assert room.status("passage_problems") is Status.UP_TO_DATE


def test_while_edits_are_repeated_there_is_nothing_to_review(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.reroute()
    with pytest.raises(RequestRefused, match="are just being repeated"):
        transactions.mark_reviewed(room.database, room.file.id, "passage_problems", user="ada")


def test_an_uploaded_topography_is_edited_before_it_is_routed(room: Room) -> None:
    saved = room.save(RAW)
    room.work()
    room.repeat("internal_oceans")
    transactions.add_upload(room.database, room.file.id, made_file(RAW, "new.nc"), user="ada")
    assert room.work()[:2] == ["internal_oceans", "routing"]
    assert room.newest(RAW).parameters["repeat"] == saved.revision
    assert room.record("routing").inputs[RAW] == saved.revision + 2


def test_a_proposal_takes_the_place_of_edits(room: Room) -> None:
    room.save(SUB_BASINS)
    room.repeat("subbasins")
    room.ask("subbasins")
    room.work()
    room.save(BATHY)
    assert "subbasins" not in room.work()
    assert room.status("subbasins") is Status.NEEDS_YOU


def test_basins_are_repeated_after_the_bathymetry(room: Room) -> None:
    room.save(BATHY)
    room.save(SUB_BASINS)
    room.work()
    for step in ("passage_problems", "subbasins"):
        room.repeat(step)
    room.reroute()
    done = room.work()
    assert [step for step in done if STEPS[step].by_person] == ["passage_problems", "subbasins"]
    assert room.record("subbasins").inputs == {BATHY: room.newest(BATHY).revision}


def test_a_restored_topography_goes_on_repeating(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.reroute()
    transactions.delete_file(room.database, room.file.id)
    assert room.work() == []
    transactions.restore_file(room.database, room.file.id)
    assert sorted(room.work()) == ["ahmcoef", "heatflow", "passage_problems"]
    assert room.status("passage_problems") is Status.REVIEW


def test_a_request_that_comes_to_nothing_leaves_the_repetition(room: Room) -> None:
    room.save(SUB_BASINS)
    room.repeat("subbasins")
    room.save(BATHY)

    def refused(_task: Task) -> None:
        raise QueueUnavailable("The message queue is unavailable.")

    with pytest.raises(QueueUnavailable):
        transactions.request_step(
            room.database, room.file.id, "subbasins", {}, user="ada", hand_on=refused
        )
    assert room.take("subbasins").repeats == 1


def test_the_choice_is_refused_where_it_makes_no_sense(room: Room) -> None:
    with pytest.raises(RequestRefused, match="Heat flow is computed"):
        room.repeat("heatflow")
    version = room.repeat("subbasins").version
    with pytest.raises(Conflict):
        room.repeat("subbasins", wanted=False, version=version - 1)


def test_without_a_worker_it_cannot_be_chosen(tmp_path: Path) -> None:
    database = open_database(tmp_path, workers=frozenset({Worker.MOSAIC}))
    file: DataFile = add_file(database, add_user(database))
    view = transactions.workflow_view(database, file.id)["subbasins"]
    assert (view.replay, view.can_replay) == (False, False)
    with pytest.raises(RequestRefused, match="No worker of this installation"):
        transactions.choose_replay(database, file.id, "subbasins", True, user="ada")


def test_a_copy_goes_on_repeating(room: Room) -> None:
    room.save(BATHY)
    room.work()
    room.repeat("passage_problems")
    room.file = transactions.duplicate_file(
        room.database, room.file.id, user=room.user, name="Copy"
    )
    room.reroute()
    assert room.take().repeats == 2
