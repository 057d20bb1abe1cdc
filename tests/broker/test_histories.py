"""Many topographies, several workers, people who change their minds: every state ends right."""

import os
import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Worker
from climate_simulation_platform.db import steps
from climate_simulation_platform.records import DataFile, Status, TaskState
from climate_simulation_platform.workflow import transactions
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_sound,
    assert_values_follow,
    odd_topography,
    revisions_of,
    runs,
    tasks_of,
    upload,
    wait_for_status,
    wait_until_quiet,
)
from tests.broker.odd_worker import QUEUE
from tests.broker.visiting import Guest, sentences
from tests.deployment import Deployment
from tests.rabbitmq import RabbitMQ
from tests.visiting import Answer
from tests.waiting import wait_for

FILES = int(os.environ.get("HISTORY_FILES", "20"))
EDITS = 3
"""Changes of each topography while what depends on it runs."""

WORKERS = 3
ASKED = ("regrid", "routing", "pft", "subbasins")
CONTENTS = (("A1", "A"), ("A2", "A"), ("B1", "B"))
"""Uploads: two with the same coastline, one with another."""


@dataclass
class History:
    """One topography and what people last wanted of it."""

    deployment: Deployment
    topography: DataFile
    asked: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def begin(self) -> None:
        """Ask for everything at once; each step waits for those before it."""
        for step in ASKED:
            self.ask(step, 0)

    def ask(self, step: str, number: int) -> None:
        self.asked[step] = {"number": number}
        ask(self.deployment, self.topography, step, number=number)

    def edit(self, dice: random.Random) -> None:
        """Change something, wherever the work is."""
        kind = dice.choice(("upload", "ask", "ask", "delete"))
        if kind == "upload":
            upload(self.deployment, self.topography, dice.choice(CONTENTS))
        elif kind == "ask":
            self.ask(dice.choice(ASKED), dice.randrange(3))
        else:
            transactions.delete_file(self.deployment.database, self.topography.id)
            transactions.restore_file(self.deployment.database, self.topography.id)

    def finish(self) -> None:
        """A step that only runs when it is asked for is asked for, where it is out of date."""
        views = transactions.workflow_view(self.deployment.database, self.topography.id)
        if views["subbasins"].status is not Status.UP_TO_DATE:
            self.ask("subbasins", 7)


@pytest.fixture(scope="module")
def installation(broker: RabbitMQ, deploy_once: DeploymentMaker) -> Deployment:
    made = deploy_once(broker, WORKERS="python,mosaic", WEB_PROCESSES="2")
    made.migrate()
    services = [made.spawn(kind) for kind in ("dispatcher", *["odd worker"] * WORKERS)]
    services.append(made.spawn("odd worker", **{QUEUE: Worker.MOSAIC.value}))
    for process in services:
        wait_for(process.healthy, f"{process.kind}\n{process.tail()}")
    return made


def test_random_edits_while_dependants_run(installation: Deployment) -> None:
    """Row: 3 workers, 150 files, random edits upstream while dependants run: 0 wrong states.

    The suite has fewer files; the environment variable HISTORY_FILES names another number.
    """
    histories = [
        History(installation, odd_topography(installation, f"file {number}"))
        for number in range(FILES)
    ]
    dice = random.Random(4)
    for history in histories:
        history.begin()
    for _ in range(EDITS * FILES):
        done = len(runs(installation))
        dice.choice(histories).edit(dice)
        wait_for(lambda done=done: len(runs(installation)) > done or _quiet(installation), "work")  # type: ignore[misc]
    wait_until_quiet(installation, patience=30.0 * FILES)
    for history in histories:
        history.finish()
    wait_until_quiet(installation)
    wrong = []
    for history in histories:
        try:
            assert_values_follow(installation, history.topography, history.asked)
        except AssertionError as difference:
            wrong.append((history.topography.about.name, str(difference)))
        assert_kept_states(installation, history.topography)
    assert wrong == []
    assert_sound(installation, [history.topography for history in histories])
    assert installation.dead_letters() == []
    assert tasks_of(installation, None, TaskState.SUPERSEDED)
    workers = {task.worker for task in tasks_of(installation, None, TaskState.DONE)}
    assert len(workers) == WORKERS


def _quiet(deployment: Deployment) -> bool:
    return not tasks_of(deployment, None, TaskState.QUEUED, TaskState.RUNNING)


def assert_kept_states(deployment: Deployment, topography: DataFile) -> None:
    """What lists show is what follows from the records."""
    view = transactions.workflow_view(deployment.database, topography.id)
    with deployment.database.reading() as connection:
        kept = steps.shown(connection, topography.id)
    assert kept == {step: (shown.status, shown.why) for step, shown in view.items()}


def test_a_diamond_runs_in_order_and_each_step_once(installation: Deployment) -> None:
    """Row: diamond: topological order, each step once.

    The weights read what the routing and the sub-basins make, which are made from it in turn.
    """
    topography = odd_topography(installation, "diamond")
    for step in ("regrid", "routing", "pft", "subbasins", "calculate_weights"):
        ask(installation, topography, step)
    computed = {step for step in STEPS if STEPS[step].computed}
    by_workers = {step for step in computed if set(STEPS[step].workers) & {"python", "mosaic"}}
    installation.rooms.wait(topography, *by_workers)
    assert_each_once_in_order(installation, topography, since=0)
    before = len(tasks_of(installation, topography))
    upload(installation, topography, ("B1", "B"))
    again = by_workers - {"subbasins"}
    installation.rooms.wait(topography, *again)
    assert_each_once_in_order(installation, topography, since=before)
    assert {task.step for task in tasks_of(installation, topography)[before:]} == again
    wait_until_quiet(installation)
    assert_sound(installation, [topography])


def assert_each_once_in_order(deployment: Deployment, topography: DataFile, *, since: int) -> None:
    done = tasks_of(deployment, topography)[since:]
    assert {task.state for task in done} == {TaskState.DONE}
    assert set(Counter(task.step for task in done).values()) == {1}
    times = {task.step: (task.started, task.ended) for task in done}
    for step, (_, ended) in times.items():
        for later in set(STEPS[step].invalidates) & set(times):
            started, _ = times[later]
            assert ended is not None
            assert started is not None
            assert ended <= started
    assert [step for step in ORDER if step in times]


def test_two_saves_at_once_on_one_topography(installation: Deployment) -> None:
    """Row: two saves at once on one file: serialised, history linear."""
    web = installation.start("web")
    topography = odd_topography(installation, "saved twice")
    guests = [Guest(web).sign_in() for _ in range(4)]
    for turn in range(3):
        forms = [guest.form(topography, "regrid") for guest in guests]
        answers = together(
            [
                lambda guest=guest, form=form: guest.post(f"/{topography.id}/regrid", form)  # type: ignore[misc]
                for guest, form in zip(guests, forms, strict=True)
            ]
        )
        assert sorted(answer.status for answer in answers) == [303, 409, 409, 409]
        late = next(answer for answer in answers if answer.status == 409)
        assert "was changed by ada since this page was opened" in sentences(late)
        wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
        assert revisions_of(installation, topography, FileType.RAW) == [*range(1, turn + 3)]
    uploads = 8
    together([lambda: upload(installation, topography, ("B1", "B"))] * uploads)
    wait_until_quiet(installation)
    numbers = revisions_of(installation, topography, FileType.RAW)
    assert numbers == [*range(1, len(numbers) + 1)]
    assert len(numbers) >= 4 + uploads
    assert_sound(installation, [topography])


def together(calls: list[Any]) -> list[Answer]:
    """Results of calls that threads make at the same moment."""
    start, results = threading.Barrier(len(calls)), list[Any]([None] * len(calls))

    def call(number: int) -> None:
        start.wait()
        results[number] = calls[number]()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
