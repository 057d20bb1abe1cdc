"""Random histories of one topography against a database: whatever people and workers do in
whatever order, the records end as an oracle works them out from scratch."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Runs, Worker
from climate_simulation_platform.db import Database, revisions, steps, tasks
from climate_simulation_platform.errors import Conflict, NotThere, Outdated, RequestRefused
from climate_simulation_platform.records import (
    Cause,
    MadeFile,
    Parameters,
    Result,
    Revision,
    SavedEdit,
    Status,
    StepRecord,
    Task,
    TaskState,
)
from climate_simulation_platform.workflow import transactions
from climate_simulation_platform.workflow.states import StepView
from tests.platform_records import add_file, add_user, all_workers, made_file, open_database
from tests.postgresql import forget

BY_EYE = [step for step in ORDER if Worker.PANEL in STEPS[step].workers]
COMPUTED = [
    step
    for step in ORDER
    if set(STEPS[step].workers) & all_workers() and (step not in BY_EYE or step == "subbasins")
]
EDITOR = {
    FileType.RAW: "internal_oceans",
    FileType.BATHY: "passage_problems",
    FileType.SUB_BASINS: "subbasins",
    FileType.ROUTING: "routing",
    FileType.HEATFLOW: "heatflow",
}
EDITED = {step: kind for kind, step in EDITOR.items()}
WORKERS = ("one", "two")
LATER = timedelta(hours=1)

Content = tuple[str, str]
"""Values of a file: what they are in full, and their coastline alone."""


Edits = tuple[tuple[int, bool], ...]
"""What a person did since the step's input: number of each edit, and whether it moves the coast."""


def edited(edits: Edits, base: Content) -> Content:
    """What edits make of a file."""
    for number, moves in edits:
        base = f"edit{number}({base[0]})", f"edit{number}({base[1]})" if moves else base[1]
    return base


def reads(step: str, parameters: Parameters | None) -> list[FileType]:
    """Files that a step reads; routing makes its ocean grid unless told to take an uploaded one."""
    own_grid = step == "routing" and (parameters or {}).get("coordinates") != "uploaded"
    return [kind for kind in STEPS[step].reads if not (own_grid and kind is FileType.COORDS)]


def computed(
    step: str, parameters: Parameters, inputs: Mapping[FileType, Content]
) -> dict[FileType, Content]:
    """What a step makes: oceans follow from the coastline alone, all else from every height."""
    full = f"{step}{sorted(parameters.items())}({sorted((k, c[0]) for k, c in inputs.items())})"
    coast = f"{step}{sorted(parameters.items())}({sorted((k, c[1]) for k, c in inputs.items())})"
    made = {kind: (f"{kind}={full}", f"{kind}={coast}") for kind in STEPS[step].writes}
    if step == "routing":
        made[FileType.BATHY] = (f"bathy={coast}", f"bathy={coast}")
        if FileType.COORDS not in inputs:
            made[FileType.COORDS] = (f"coords={coast}", f"coords={coast}")
    return made


class Oracle:
    """States of all steps, from the revisions and from the last run of each step that counted."""

    def __init__(
        self, known: list[Revision], records: Mapping[str, StepRecord], ran: Mapping[str, dict]
    ) -> None:
        self.known, self.records, self.ran = known, records, ran

    def newest(self, step: str) -> dict[FileType, int]:
        before = {None, *ORDER[: ORDER.index(step)]}
        found: dict[FileType, int] = {}
        for revision in sorted(self.known, key=lambda r: r.revision):
            wanted = reads(step, self.records[step].parameters)
            if revision.file_type in wanted and revision.step in before:
                found[revision.file_type] = revision.revision
        if FileType.COORDS in found and step != "routing" and "routing" in self.ran:
            found[FileType.COORDS] = self.ocean_grid()
        return found

    def ocean_grid(self) -> int:
        """Revision that the products of the last routing are on."""
        own = [
            revision.revision
            for revision in self.known
            if (revision.file_type, revision.step) == (FileType.COORDS, "routing")
        ]
        return self.ran["routing"].get(FileType.COORDS) or max(own)

    def complete(self, step: str) -> bool:
        return set(self.newest(step)) == set(reads(step, self.records[step].parameters))

    def out_of_date(self, step: str) -> bool:
        if step not in self.ran:
            return False
        if self.ran[step] != self.newest(step):
            return True
        return any(
            step in STEPS[earlier].invalidates
            and earlier not in BY_EYE
            and set(STEPS[step].reads) & self.to_change(earlier)
            and self.out_of_date(earlier)
            for earlier in ORDER
        )

    def to_change(self, step: str) -> set[FileType]:
        """Files that another run of a step may change; oceans do not where no coast has moved."""
        makes = {*STEPS[step].writes, *STEPS[step].makes}
        used, newest = self.ran.get(step, {}), self.newest(step)
        since = [r for r in self.known if used.get(r.file_type, 0) < r.revision]
        read = [r for r in since if r.revision <= newest.get(r.file_type, 0)]
        if used != newest and not any(revision.moves_coastline for revision in read):
            makes -= {FileType.BATHY, FileType.COORDS}
        return makes

    def on_desk(self, kind: FileType) -> dict[FileType, int]:
        """What an editor of a file opens."""
        step = EDITOR[kind]
        own = [revision.revision for revision in self.known if revision.file_type is kind]
        beside = self.newest(step) if step in BY_EYE else {}
        return {**beside, **({kind: max(own)} if own else {})}

    def to_repeat(self, step: str) -> int | None:
        """The last save of a step, unless a proposal has taken its place."""
        if not self.records[step].replay:
            return None
        own = [r for r in self.known if (r.file_type, r.step) == (EDITED[step], step)]
        for revision in sorted(own, key=lambda r: -r.revision):
            if revision.task_id is None:
                return revision.revision
            if "repeat" not in revision.parameters:
                return None
        return None

    def good(self, step: str) -> bool:
        return step in self.ran and not self.out_of_date(step)


class History(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.database: Database = open_database(self.folder, workers=all_workers())
        self.content: dict[tuple[FileType, int], Content] = {}
        self.held: list[Task] = []
        self.ran: dict[str, dict[FileType, int]] = {}
        self.failed: dict[str, str] = {}
        self.stopped: set[str] = set()
        self.asked: set[str] = set()
        self.counted: dict[str, list[tuple[Task, Parameters]]] = {step: [] for step in ORDER}
        self.edits: dict[tuple[FileType, int], Edits] = {}
        self.decided: set[str] = set()
        self.to_review: set[str] = set()
        self.saves = 0
        self.uploads = 0
        self.deleted = False

    def teardown(self) -> None:
        try:
            if hasattr(self, "id"):
                self.let_everything_finish()
                self.compare_with_oracle()
        finally:
            del self.database
            forget(self.folder)
            shutil.rmtree(self.folder)

    @initialize(
        asked=st.sampled_from(
            [(), ("regrid",), ("routing",), ("routing", "pft"), ("regrid", "routing", "subbasins")]
        ),
        moves=st.none() | st.booleans(),
    )
    def begin(self, asked: tuple[str, ...], moves: bool | None) -> None:
        self.user = add_user(self.database)
        self.id = add_file(self.database, self.user).id
        self.content[FileType.RAW, 1] = ("A1", "A")
        for step in asked:
            self.request(step, 0, uploaded=False)
            self.work(4)
        for step in BY_EYE if moves is not None else ():
            self.save(EDITED[step], moves=bool(moves))
            self.work(4)
            self.choose_replay(step, wanted=True)

    # what people do

    @precondition(lambda self: not self.deleted)
    @rule(step=st.sampled_from(COMPUTED), number=st.integers(0, 1), uploaded=st.booleans())
    def request(self, step: str, number: int, uploaded: bool) -> None:
        parameters = {"number": number}
        if step == "routing" and uploaded:
            parameters["coordinates"] = "uploaded"
        try:
            transactions.request_step(self.database, self.id, step, parameters, user="ada")
        except RequestRefused:
            return
        self.asked.add(step)
        self.stopped.discard(step)

    @precondition(lambda self: not self.deleted)
    @rule(step=st.sampled_from(COMPUTED))
    def request_from_an_old_page(self, step: str) -> None:
        before = self.records()
        try:
            transactions.request_step(self.database, self.id, step, {}, user="ada", version=99)
        except Conflict:
            assert self.records() == before
        else:
            raise AssertionError("a form of another version was taken")

    @precondition(lambda self: not self.deleted)
    @rule(step=st.sampled_from(ORDER))
    def cancel(self, step: str) -> None:
        try:
            transactions.cancel_step(self.database, self.id, step, user="ada")
        except RequestRefused:
            return
        self.stopped.add(step)

    @precondition(lambda self: not self.deleted)
    @rule(values=st.sampled_from([("A1", "A"), ("A2", "A"), ("B1", "B")]))
    def upload_topography(self, values: Content) -> None:
        self.upload(FileType.RAW, values)

    @precondition(lambda self: not self.deleted)
    @rule(values=st.sampled_from([("G", "G"), ("H", "H")]))
    def upload_grid(self, values: Content) -> None:
        self.upload(FileType.COORDS, values)

    def upload(self, kind: FileType, values: Content) -> None:
        self.uploads += 1
        made = made_file(kind, f"upload{self.uploads}.nc", values[0])
        revision = transactions.add_upload(self.database, self.id, made, user="ada")
        self.content[kind, revision.revision] = values

    @precondition(lambda self: not self.deleted)
    @rule(step=st.sampled_from(BY_EYE))
    def review(self, step: str) -> None:
        try:
            transactions.mark_reviewed(self.database, self.id, step, user="ada")
        except RequestRefused:
            return
        self.decide(step)

    def decide(self, step: str) -> None:
        """A person is done with a step."""
        self.ran[step] = self.oracle().newest(step)
        self.failed.pop(step, None)
        self.stopped.discard(step)
        self.to_review.discard(step)
        self.decided.add(step)

    @precondition(lambda self: not self.deleted)
    @rule(kind=st.sampled_from(list(EDITOR)), moves=st.booleans())
    def save(self, kind: FileType, moves: bool) -> None:
        opened = self.oracle().on_desk(kind)
        try:
            desk = transactions.editable(self.database, self.id, kind)
        except NotThere:
            assert not opened
            return
        assert {kind: revision.revision for kind, revision in desk.inputs.items()} == opened
        self.saves += 1
        if (base := opened.get(kind)) is None:
            earlier, values = (), ("nothing", "nothing")
        else:
            earlier, values = self.edits.get((kind, base), ()), self.content[kind, base]
        edit = (self.saves, moves)
        made = made_file(kind, f"save{self.saves}.nc", edited((edit,), values)[0])
        made = replace(made, moves_coastline=moves)
        at_work = self.at_work_before(desk.step)
        try:
            revision, _ = self.keep_save(made, opened)
        except RequestRefused:
            assert at_work
            return
        assert not at_work
        self.edits[kind, revision.revision] = (*earlier, edit)
        self.content[kind, revision.revision] = edited((edit,), values)
        if desk.step in BY_EYE:
            self.decide(desk.step)

    def keep_save(
        self, made: MadeFile, inputs: Mapping[FileType, int]
    ) -> tuple[Revision, Mapping[str, StepView]]:
        saved = SavedEdit(inputs, {"edits": 1})
        return transactions.save_edit(self.database, self.id, made, saved, user=self.user)

    def at_work_before(self, step: str) -> list[str]:
        records = self.records()
        own = [] if step in BY_EYE else [step]
        return [name for name in (*self.before(step), *own) if records[name].busy]

    @precondition(lambda self: not self.deleted)
    @rule(kind=st.sampled_from(list(EDITOR)))
    def save_what_is_outdated(self, kind: FileType) -> None:
        opened = self.oracle().on_desk(kind)
        at_work = self.at_work_before(EDITOR[kind])
        before = self.records()
        for newer, number in opened.items():
            older = {**opened, newer: number - 1}
            with pytest.raises(RequestRefused if at_work else Outdated) as refusal:
                self.keep_save(made_file(kind, "outdated.nc"), older)
            if not at_work:
                told = [(r.file_type, r.revision) for r in refusal.value.newer]
                assert told == [(newer, number)]
        assert self.records() == before

    @precondition(lambda self: not self.deleted)
    @rule()
    def change_heights_in_vain(self) -> None:
        """Oceans are not to change, but the routing does not get there."""
        self.save(FileType.RAW, moves=False)
        self.work_in_vain(["routing"])

    @precondition(lambda self: not self.deleted)
    @rule(step=st.sampled_from(BY_EYE), wanted=st.booleans())
    def choose_replay(self, step: str, wanted: bool) -> None:
        transactions.choose_replay(self.database, self.id, step, wanted, user="ada")
        assert self.records()[step].replay == wanted
        with self.database.reading() as connection:
            live = tasks.live(connection, self.id)
        assert wanted or not any(t.step == step and t.repeats for t in live.values())

    @rule()
    def delete_or_restore(self) -> None:
        if self.deleted:
            transactions.restore_file(self.database, self.id)
        else:
            transactions.delete_file(self.database, self.id)
        self.deleted = not self.deleted

    # what workers do

    @rule(worker=st.sampled_from(WORKERS))
    def claim(self, worker: str) -> None:
        later = datetime.now(UTC) + LATER
        task = transactions.claim_task(self.database, worker, ORDER, now=later)
        if task is None:
            return
        assert not self.deleted
        self.check_claimed(task)
        self.held = [*self.held[-9:], task]

    def check_claimed(self, task: Task) -> None:
        """It reads what is newest, and repeats what a person saved last, where that is wanted."""
        assert dict(task.input_revisions) == self.oracle().newest(task.step)
        if task.step in BY_EYE and (task.step not in COMPUTED or task.cause is Cause.DEPENDENCY):
            assert task.repeats == self.oracle().to_repeat(task.step) is not None
            assert task.cause is Cause.DEPENDENCY
        else:
            assert task.repeats is None

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 9))
    def finish(self, which: int) -> None:
        """Also tasks that were superseded, ended, or taken by somebody else meanwhile."""
        self.end(self.held[which % len(self.held)])

    def end(self, task: Task) -> None:
        before = self.state_of(task)
        done = transactions.finish_task(self.database, task, self.made_by(task))
        paths = self.every_path()
        assert not paths & set(done.unused)
        assert {file.path for file in self.made_by(task)} <= paths | set(done.unused)
        if done.counted and before == (TaskState.RUNNING, task.started):
            self.remember(task, done.revisions)

    def remember(self, task: Task, written: tuple[Revision, ...]) -> None:
        self.check_not_twice(task)
        self.counted[task.step].append((task, task.parameters))
        self.ran[task.step] = dict(task.input_revisions)
        self.failed.pop(task.step, None)
        self.stopped.discard(task.step)
        self.decided.discard(task.step)
        self.to_review.discard(task.step)
        values = self.values_of(task)
        for revision in written:
            self.content[revision.file_type, revision.revision] = values[revision.file_type]
        if task.repeats is not None:
            self.to_review.add(task.step)
            for revision in written:
                place = revision.file_type, revision.revision
                self.edits[place] = self.edits[revision.file_type, task.repeats]

    def check_not_twice(self, task: Task) -> None:
        """A step that nobody asked for does not run again on what it has read before."""
        if task.cause is Cause.DEPENDENCY and self.counted[task.step]:
            last, parameters = self.counted[task.step][-1]
            same = dict(last.input_revisions) == dict(task.input_revisions)
            assert not (same and parameters == task.parameters)

    @rule(steps=st.sampled_from([ORDER, BY_EYE]))
    def work_in_vain(self, steps: Sequence[str]) -> None:
        task = transactions.claim_task(
            self.database, "unlucky", steps, now=datetime.now(UTC) + LATER
        )
        if task is not None:
            self.held = [*self.held[-9:], task]
            self.fail(len(self.held) - 1)

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 9))
    def fail(self, which: int) -> None:
        task = self.held[which % len(self.held)]
        if transactions.fail_task(self.database, task, "There is no ocean."):
            self.failed[task.step] = "There is no ocean."

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 9))
    def retry(self, which: int) -> None:
        task = self.held[which % len(self.held)]
        state = self.state_of(task)
        again = transactions.retry_task(self.database, task, "Disk full.", delay_seconds=60)
        if state == (TaskState.RUNNING, task.started) and not again:
            self.failed[task.step] = "Disk full."

    @rule(worker=st.sampled_from(WORKERS), died=st.booleans())
    def worker_ends(self, worker: str, died: bool) -> None:
        running = self.running_of(worker)
        back = transactions.release_tasks(self.database, worker, died=died)
        for task in running:
            if task.id not in back:
                self.failed[task.step] = "The worker ended 3 times while"

    @rule()
    def reconcile(self) -> None:
        assert transactions.reconcile(self.database) == 0

    @rule(number=st.integers(1, 6))
    def work(self, number: int) -> None:
        """Somebody takes tasks and ends them well."""
        later = datetime.now(UTC) + LATER
        for _ in range(number):
            task = transactions.claim_task(self.database, "diligent", ORDER, now=later)
            if task is not None:
                self.held = [*self.held[-9:], task]
                self.end(task)

    # what must hold after every action

    @invariant()
    def live_tasks_are_those_of_the_steps(self) -> None:
        if not hasattr(self, "id"):
            return
        with self.database.reading() as connection:
            live = tasks.live(connection, self.id)
            records = steps.load(connection, self.id)
        assert len({task.step for task in live.values()}) == len(live)
        assert {r.task_id for r in records.values() if r.task_id} == set(live)
        if not self.deleted:
            self.check_waiting(records)

    def check_waiting(self, records: Mapping[str, StepRecord]) -> None:
        """A step is wanted only as long as something before it is at work."""
        for step, record in records.items():
            if record.wanted:
                assert any(records[earlier].busy for earlier in self.before(step))

    @invariant()
    def kept_statuses_are_those_that_follow(self) -> None:
        if not hasattr(self, "id") or self.deleted:
            return
        view = transactions.workflow_view(self.database, self.id)
        with self.database.reading() as connection:
            kept = steps.shown(connection, self.id)
        assert kept == {step: (shown.status, shown.why) for step, shown in view.items()}

    # the end

    def let_everything_finish(self) -> None:
        if self.deleted:
            self.delete_or_restore()
        for worker in WORKERS:
            self.worker_ends(worker, died=False)
        later = datetime.now(UTC) + LATER
        for _ in range(60):
            task = transactions.claim_task(self.database, "last", ORDER, now=later)
            if task is None:
                return
            self.check_nothing_before_is_busy(task)
            self.end(task)
        raise AssertionError("the work does not end")

    def check_nothing_before_is_busy(self, task: Task) -> None:
        records = self.records()
        assert not [earlier for earlier in self.before(task.step) if records[earlier].busy]

    def compare_with_oracle(self) -> None:
        oracle, records = self.oracle(), self.records()
        view = transactions.workflow_view(self.database, self.id)
        for step in ORDER:
            record, status = records[step], view[step].status
            assert not record.busy
            if step in self.ran:
                assert dict(record.inputs) == self.ran[step]
            else:
                assert record.done_at is None
            self.check_status(oracle, step, record, status)
            computed_last = step not in self.decided and self.counted[step]
            if status in (Status.UP_TO_DATE, Status.REVIEW) and computed_last:
                self.check_values(oracle, step)

    def check_status(self, oracle: Oracle, step: str, record: StepRecord, status: Status) -> None:
        if record.result is Result.FAILED:
            assert status is Status.FAILED
            self.check_failure(step, record)
        elif oracle.good(step):
            assert status is (Status.REVIEW if step in self.to_review else Status.UP_TO_DATE)
        elif step in self.ran:
            assert status is (Status.NEEDS_YOU if step in BY_EYE else Status.OUT_OF_DATE)
            self.check_reason_to_wait(oracle, step)
        else:
            assert status in (Status.NEVER, Status.NEEDS_YOU)
            self.check_reason_to_wait(oracle, step)

    def check_failure(self, step: str, record: StepRecord) -> None:
        """Failures are those that workers told, or of what somebody asked for behind such a one."""
        if record.sentence.startswith("Not run, because"):
            assert step in self.asked
            assert not [t for t in ("Internal oceans", "Passage problems") if t in record.sentence]
        else:
            assert record.sentence.startswith(self.failed[step])

    def check_reason_to_wait(self, oracle: Oracle, step: str) -> None:
        """What can run by itself has run, unless something before it or somebody is in the way."""
        kind, asked = STEPS[step].runs, oracle.records[step].parameters is not None
        by_itself = kind is Runs.BY_ITSELF or (kind is Runs.WITH_LAST_PARAMETERS and asked)
        repeats = step in BY_EYE and oracle.to_repeat(step) is not None
        if ((by_itself and step in COMPUTED) or repeats) and oracle.complete(step):
            in_the_way = [
                earlier
                for earlier in self.before(step)
                if oracle.out_of_date(earlier) or earlier in self.failed or earlier in self.stopped
            ]
            assert in_the_way or step in self.stopped, step

    def check_values(self, oracle: Oracle, step: str) -> None:
        """What is up to date has the values that come from its inputs as they are now."""
        last = replace(self.counted[step][-1][0], input_revisions=oracle.newest(step))
        for kind, values in self.values_of(last).items():
            own = [r for r in oracle.known if r.file_type is kind and r.step == step]
            newest = max(own, key=lambda r: r.revision)
            if newest.task_id is not None or step in BY_EYE:
                assert self.content[kind, newest.revision][0] == values[0]

    # looking

    def oracle(self) -> Oracle:
        with self.database.reading() as connection:
            known = list(revisions.of_file(connection, self.id))
            records = steps.load(connection, self.id)
        return Oracle(known, records, self.ran)

    def records(self) -> dict[str, StepRecord]:
        with self.database.reading() as connection:
            return steps.load(connection, self.id)

    def state_of(self, task: Task) -> tuple[TaskState, datetime | None]:
        with self.database.reading() as connection:
            known = tasks.get(connection, task.id)
        assert known is not None
        return known.state, known.started

    def running_of(self, worker: str) -> tuple[Task, ...]:
        with self.database.reading() as connection:
            return tasks.running_of(connection, worker)

    def every_path(self) -> set[str]:
        with self.database.reading() as connection:
            return set(revisions.every_path(connection))

    def values_of(self, task: Task) -> dict[FileType, Content]:
        inputs = {k: self.content[k, n] for k, n in task.input_revisions.items()}
        if task.repeats is None:
            return computed(task.step, task.parameters, inputs)
        kind = EDITED[task.step]
        base = inputs.get(kind, next(iter(inputs.values())))
        return {kind: edited(self.edits[kind, task.repeats], base)}

    def made_by(self, task: Task) -> list[MadeFile]:
        repeated = self.edits.get((EDITED.get(task.step, FileType.RAW), task.repeats or 0))
        moves = repeated is None or any(moves for _, moves in repeated)
        return [
            replace(made_file(kind, f"{kind}.{task.id}.nc", values[0]), moves_coastline=moves)
            for kind, values in self.values_of(task).items()
        ]

    @staticmethod
    def before(step: str) -> Iterator[str]:
        """Every step whose results a step depends on."""
        for earlier in ORDER:
            if step in STEPS[earlier].invalidates:
                yield earlier
                yield from History.before(earlier)


class TestHistory(History.TestCase):
    settings = settings(
        max_examples=60,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.usefixtures("on_postgresql")
class TestHistoryOnPostgresql(History.TestCase):
    settings = settings(TestHistory.settings, max_examples=10)
