"""Messages that come late, doubled, in another order or not at all give the same records.

The dispatcher and a worker's loop are called in this process, with a broker in memory that really
encodes, so that hypothesis chooses what is delivered when.
"""

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from climate_simulation_platform.constants import ORDER, STEPS, FileType, Worker
from climate_simulation_platform.db import Database, revisions, steps, tasks
from climate_simulation_platform.delivery import DeliveryLoop
from climate_simulation_platform.message_broker import Delivery, Outgoing
from climate_simulation_platform.message_broker.topology import DISPATCHER_QUEUE, task_queue
from climate_simulation_platform.messages import request_for
from climate_simulation_platform.records import MadeFile, Task, TaskState
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.workflow import transactions
from message_dispatcher import dispatching
from message_dispatcher.dispatching import Dispatcher
from tests.fake_broker import FakeBroker, FakeConsumer
from tests.platform_records import add_file, add_user, checksum, made_file, open_database

PYTHON_QUEUE = task_queue(Worker.PYTHON)
ASKED = ("regrid", "routing", "pft")
MOST_ROUNDS = 100

Action = tuple[str, int]


class World:
    """One topography, a dispatcher, a worker and a broker, without processes."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.broker = FakeBroker()
        self.seen: dict[str, list[Delivery]] = {DISPATCHER_QUEUE: [], PYTHON_QUEUE: []}
        self.runs: list[tuple[str, tuple[tuple[FileType, int], ...]]] = []
        told = Settings.from_env({}, embedded=True)
        consumer = cast(Any, FakeConsumer(DISPATCHER_QUEUE, self.broker))
        self.dispatcher = Dispatcher(told, database, consumer, cast(Any, self.broker))
        self.consumer = FakeConsumer(PYTHON_QUEUE, self.broker)
        self.worker = DeliveryLoop(
            "worker",
            database,
            cast(Any, self.consumer),
            cast(Any, self.broker),
            self.perform,
            threading.Event(),
        )
        self.worker.idle = self.worker.told.set
        self.file = add_file(database, add_user(database))

    # what people and workers do

    def ask(self) -> None:
        """Ask for everything at once, as the pages do."""
        for step in ASKED:
            transactions.request_step(
                self.database, self.file.id, step, {}, user="ada", hand_on=self._hand_on
            )

    def _hand_on(self, task: Task) -> None:
        self.broker.send([Outgoing.of(request_for(task))])

    def bring(self) -> None:
        """Another topography, while everything is at work."""
        made = made_file(FileType.RAW, "upload.nc", "upload")
        transactions.add_upload(self.database, self.file.id, made, user="ada")

    def perform(self, task: Task) -> None:
        self.runs.append((task.step, tuple(sorted(task.input_revisions.items()))))
        assert transactions.finish_task(self.database, task, self._made_by(task)).counted

    def _made_by(self, task: Task) -> list[MadeFile]:
        """Files whose values tell what they were made from."""
        sums = self._sums()
        made_of = sorted((kind, sums[kind, n]) for kind, n in task.input_revisions.items())
        made = []
        for kind in (*STEPS[task.step].writes, *STEPS[task.step].makes):
            values = f"{kind}={task.step}{made_of}"
            file = made_file(kind, f"{kind}.{task.id}.nc", values)
            made.append(replace(file, sha256=checksum(values)))
        return made

    def _sums(self) -> Mapping[tuple[FileType, int], str]:
        with self.database.reading() as connection:
            known = revisions.of_file(connection, self.file.id)
        return {(each.file_type, each.revision): each.sha256 for each in known}

    # what the broker does

    def act(self, action: Action) -> None:
        what, number = action
        queue_name = DISPATCHER_QUEUE if number % 2 else PYTHON_QUEUE
        waiting, seen = self.broker.queues[queue_name], self.seen[queue_name]
        if what == "deliver" and waiting:
            self.deliver(queue_name, [self.broker.take(queue_name, number)])
        elif what == "deliver all" and waiting:
            self.deliver(queue_name, [self.broker.take(queue_name, -1) for _ in [*waiting]])
        elif what == "double" and waiting:
            self.broker.double(queue_name, number)
        elif what == "again" and seen:
            self.deliver(queue_name, [seen[number % len(seen)]])
        elif what == "lose" and waiting:
            self.broker.take(queue_name, number)

    def deliver(self, queue_name: str, deliveries: list[Delivery]) -> None:
        self.seen[queue_name] += deliveries
        if queue_name == DISPATCHER_QUEUE:
            self.dispatcher.handle(deliveries)
            return
        self.consumer.ready += deliveries
        self.worker.told.clear()
        self.worker.run()

    def finish(self) -> None:
        """Deliver all that waits in order, and look for what was lost, until nothing is left."""
        for _ in range(MOST_ROUNDS):
            for queue_name in (DISPATCHER_QUEUE, PYTHON_QUEUE):
                waiting = [*self.broker.queues[queue_name]]
                self.broker.queues[queue_name].clear()
                self.deliver(queue_name, waiting)
            self.dispatcher.look_after()
            self.dispatcher.reconcile()
            if self._quiet() and not any(self.broker.queues[name] for name in self.seen):
                return
        raise AssertionError("the work does not end")

    def _quiet(self) -> bool:
        with self.database.reading() as connection:
            found = tasks.counts(connection)
            untold = connection.exec_driver_sql(
                "SELECT count(*) FROM tasks WHERE state IN ('done', 'failed') AND told IS NULL"
            ).scalar_one()
        return found[TaskState.QUEUED] == found[TaskState.RUNNING] == untold == 0

    def records(self) -> dict[str, Any]:
        """What is known in the end, without what depends on time and on how often it was run."""
        view = transactions.workflow_view(self.database, self.file.id)
        sums = self._sums()
        with self.database.reading() as connection:
            kept = steps.load(connection, self.file.id)
        return {
            step: (
                view[step].status,
                view[step].why,
                kept[step].result,
                kept[step].sentence,
                sorted((kind, sums[kind, n]) for kind, n in kept[step].inputs.items()),
            )
            for step in ORDER
        }


@cache
def records_in_order(with_upload: bool) -> dict[str, Any]:
    """What an undisturbed run gives."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(open_database(Path(folder)))
        world.ask()
        world.finish()
        if with_upload:
            world.bring()
            world.finish()
        return world.records()


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["deliver", "deliver", "deliver", "deliver all", "double", "again", "lose"]
        ),
        st.integers(0, 50),
    ),
    max_size=60,
)


@pytest.fixture(scope="module", autouse=True)
def losses_are_noticed_at_once() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LOST_AFTER", "TELL_AFTER"):
            patch.setattr(dispatching, name, timedelta(0))
        yield


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions=ACTIONS, upload_after=st.none() | st.integers(0, 60))
def test_messages_reordered_doubled_and_lost(
    actions: list[Action], upload_after: int | None
) -> None:
    """Row: done messages reordered and duplicated (hypothesis): the same final records."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(open_database(Path(folder)))
        world.ask()
        for number, action in enumerate(actions):
            if number == upload_after:
                world.bring()
            world.act(action)
        if upload_after is not None and upload_after >= len(actions):
            world.bring()
        world.finish()
        assert world.records() == records_in_order(upload_after is not None)
        assert len(set(world.runs)) == len(world.runs)
        assert world.broker.dead == []
        assert transactions.reconcile(world.database) == 0


def test_an_undisturbed_run_does_each_step_once() -> None:
    """Row: done messages reordered and duplicated: what they are compared with."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(open_database(Path(folder)))
        world.ask()
        world.finish()
        expected = {"regrid", "routing", "pft", "heatflow", "ahmcoef"}
        assert {step for step, _ in world.runs} == expected
        assert len(world.runs) == len(expected)
