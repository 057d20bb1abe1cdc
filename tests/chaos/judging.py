"""What must hold when all is over: nothing lost, doubled, wrong, or left behind."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from climate_simulation_platform.constants import STEPS, FileType, Worker, steps_of
from climate_simulation_platform.db import revisions, steps
from climate_simulation_platform.records import Revision, Status
from climate_simulation_platform.services import Services
from climate_simulation_platform.storage import token_of
from climate_simulation_platform.upkeep.files import lost_files, put_files_in_order
from climate_simulation_platform.workflow import transactions
from tests.chaos.people import Wanted, wait_until
from tests.chaos.recorded import Run, every_run, values_of_newest
from tests.chaos.undisturbed import Undisturbed
from tests.integration.test_workflow_histories import Oracle

LOST, DOUBLED, STATES = "lost", "doubled", "wrong states"
ORPHANS, UNFINISHED = "orphan files", "unfinished folders"
CHECKSUMS, VALUES, LETTERS = "wrong checksums", "wrong values", "dead letters"
SERVICES = "services that ended by themselves or told of a fault"

COMPUTED = tuple(step for step in steps_of(Worker.PYTHON) if STEPS[step].computed)

Finding = tuple[str, str]
"""Kind, and what was found."""


@dataclass(frozen=True)
class Found:
    """A topography as it is recorded at the end."""

    wanted: Wanted
    known: Sequence[Revision]
    runs: Sequence[Run]

    def done(self) -> list[Run]:
        return [run for run in self.runs if run.state == "done"]


def judge_records(
    services: Services, wanted: Sequence[Wanted], undisturbed: Undisturbed
) -> list[Finding]:
    """What is wrong with the records and the files that they name."""
    runs: Mapping[int, list[Run]] = defaultdict(list)
    for run in every_run(services.database):
        runs[run.data_file_id].append(run)
    found: list[Finding] = []
    for each in wanted:
        with services.database.reading() as connection:
            known = revisions.of_file(connection, each.number)
        topography = Found(each, known, runs[each.number])
        found += _lost(services, topography)
        found += _doubled(topography)
        found += _wrong_states(services, topography)
        found += _wrong_checksums(services, known)
        expected, there = (
            undisturbed.values_for(each.choices),
            values_of_newest(services.database, each.number),
        )
        found += [
            (VALUES, f"{each.name}: {kind}")
            for kind in expected.keys() | there.keys()
            if expected.get(kind) != there.get(kind)
        ]
    return found


def judge_files(services: Services) -> list[Finding]:
    """What is left behind after the workers' own upkeep.

    An upload that broke off between its file and its record is not yet: it goes five minutes later.
    """

    def cleared() -> bool:
        put_files_in_order(services)
        return not services.storage.left_unfinished()

    wait_until(cleared, "unfinished folders are cleared")
    ended = {run.id for run in every_run(services.database)}
    lost = lost_files(services.database, services.storage)
    left = services.storage.orphans(_paths(services))
    of_steps = [path for path in left if token_of(path) in ended]
    return [(ORPHANS, path) for path in {*lost, *of_steps}]


def broken_uploads(services: Services) -> int:
    """Files of uploads that broke off between the file and its record."""
    return len(services.storage.orphans(_paths(services)))


def judge_what_is_left(services: Services) -> list[Finding]:
    """What is left behind once nothing runs, when uploads that broke off are cleared too."""
    put_files_in_order(services, alone=True)
    left = [*services.storage.root.rglob("*.part"), *services.storage.incoming_folder.iterdir()]
    found = [(UNFINISHED, path.name) for path in left]
    return [*found, *((ORPHANS, path) for path in services.storage.orphans(_paths(services)))]


def _paths(services: Services) -> Iterable[str]:
    with services.database.reading() as connection:
        return revisions.every_path(connection)


def _lost(services: Services, found: Found) -> list[Finding]:
    views = transactions.workflow_view(services.database, found.wanted.number)
    name = found.wanted.name
    lacking = [
        (LOST, f"{name}: {step} is {views[step].status} ({views[step].why})")
        for step in COMPUTED
        if views[step].status is not Status.UP_TO_DATE
    ]
    asked = {step: choice for step, choice in found.wanted.choices.items() if step in STEPS}
    for step, choice in asked.items():
        kept = views[step].parameters or {}
        if any(kept.get(key) != value for key, value in choice.items()):
            lacking.append((LOST, f"{name}: {step} has {kept}, not {choice}"))
    made = {(revision.task_id, revision.file_type) for revision in found.known}
    for run in found.done():
        if run.cause == "user":
            lacking += [
                (LOST, f"{name}: {kind} of {run.step} {run.id}")
                for kind in STEPS[run.step].writes
                if (run.id, kind) not in made
            ]
    ended = {"done", "superseded"}
    lacking += [(LOST, f"{name}: {run}") for run in found.runs if run.state not in ended]
    return lacking


def _doubled(found: Found) -> list[Finding]:
    name = found.wanted.name
    times = Counter((r.task_id, r.file_type) for r in found.known if r.task_id)
    twice = [(DOUBLED, f"{name}: {key}") for key, number in times.items() if number > 1]
    done = {run.id for run in found.done()}
    twice += [(DOUBLED, f"{name}: {r}") for r in found.known if r.task_id and r.task_id not in done]
    for kind in FileType:
        numbers = sorted(r.revision for r in found.known if r.file_type is kind)
        if numbers != list(range(1, len(numbers) + 1)):
            twice.append((DOUBLED, f"{name}: {kind} has the numbers {numbers}"))
    return twice


def _wrong_states(services: Services, found: Found) -> list[Finding]:
    number, name = found.wanted.number, found.wanted.name
    with services.database.reading() as connection:
        records = steps.load(connection, number)
        kept = steps.shown(connection, number)
    views = transactions.workflow_view(services.database, number)
    ran = {run.step: dict(run.inputs) for run in sorted(found.done(), key=lambda run: run.ended)}
    oracle = Oracle(list(found.known), records, ran)
    wrong = []
    for step, view in views.items():
        if step in ran and dict(records[step].inputs) != ran[step]:
            wrong.append(f"{step} is recorded with {records[step].inputs}, not {ran[step]}")
        if step in COMPUTED and (view.status is Status.UP_TO_DATE) != oracle.good(step):
            wrong.append(f"{step} is {view.status}, the oracle says {oracle.good(step)}")
        if step not in COMPUTED and STEPS[step].by_person and view.status is not Status.NEEDS_YOU:
            wrong.append(f"{step} is {view.status}")
        if kept[step] != (view.status, view.why):
            wrong.append(f"{step} is kept as {kept[step]}")
    return [(STATES, f"{name}: {sentence}") for sentence in wrong]


def _wrong_checksums(services: Services, known: Sequence[Revision]) -> list[Finding]:
    wrong = []
    for revision in known:
        path = services.storage.path(revision.path)
        content = path.read_bytes() if path.exists() else b""
        sums = hashlib.sha256(content).hexdigest(), len(content)
        if sums != (revision.sha256, revision.size):
            wrong.append((CHECKSUMS, revision.path))
    return wrong
