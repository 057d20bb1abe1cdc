"""Queue, workers and dispatcher as they are deployed, around a real RabbitMQ."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import queue_ends, queue_load
from benchmarks.deployed import deployed, end_services, every_task
from climate_simulation_platform.db import Database, tasks
from climate_simulation_platform.deployed.queue import BrokerQueue
from climate_simulation_platform.records import DataFile, Task, TaskState
from climate_simulation_platform.workflow import transactions
from tests.deployment import MODULES, Deployment
from tests.rabbitmq import RabbitMQ, running_broker
from tests.waiting import wait_for
from tests.workflow_states import topography

Row = dict[str, Any]

ROUTINGS = 60
STEPS, WARMING, FILES = 200, 20, 20
HALF_A_DEGREE = {"dlat": 0.5, "dlon": 0.5}
ROUTINGS_SECONDS = 900.0

PAUSE_SECONDS = 0.1
"""Before the records are asked; meanwhile nobody but the services touches them."""

EXPLANATION = f"""The services as containers run them, here as processes of this machine, around
RabbitMQ, with SQLite; wall times, and what 95 of 100 stay below.

{ROUTINGS} routings of topographies of half a degree, each with a new ocean grid and files of 50 MB,
wait in the queue before one worker, or two, begin: from the first that is taken to the last that is
done. What follows from them waits behind them.

An empty step is asked for as by the pages, one after the other ({STEPS} times, {FILES} topographies
by turns), of a worker that computes nothing and writes a file without content: from the moment its
request is published until it is recorded as done, and where that time goes.

{queue_ends.EXPLANATION}

{queue_load.explanation()}"""

MODULES["empty worker"] = "benchmarks.empty_worker"


def measure() -> list[Row]:
    """Rows for workers, an empty step, the dispatcher, and pages under load."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for broker in running_broker(folder / "broker"):
            for part in (routings, empty_steps, queue_ends.measure, queue_load.measure):
                rows += part(folder, broker)
    return rows


def routings(folder: Path, broker: RabbitMQ) -> list[Row]:
    """How much faster two workers are than one."""
    with deployed(folder, broker, "routings") as deployment:
        first = _regridded(deployment)
        alone, both = (_seconds_of(deployment, first, workers) for workers in (1, 2))
    return [
        {"name": f"{ROUTINGS} routings, 1 worker", "ours": alone},
        {"name": f"{ROUTINGS} routings, 2 workers", "ours": both, "speed_up": alone / both},
    ]


def _regridded(deployment: Deployment) -> DataFile:
    """A topography of half a degree, of which copies can be routed."""
    rooms = deployment.rooms
    user = rooms.user("ada")
    earth = rooms.topography(user)
    deployment.start("dispatcher")
    deployment.start("worker")
    rooms.request(earth, "regrid", HALF_A_DEGREE)
    rooms.wait(earth, "regrid")
    warming = rooms.copy(earth, user, "What compiles does so here")
    rooms.request(warming, "routing", {})
    rooms.wait(warming, "routing", "heatflow", "ahmcoef")
    end_services(deployment)
    return earth


def _seconds_of(deployment: Deployment, earth: DataFile, workers: int) -> float:
    """From the first routing that is taken to the last that is done."""
    rooms, user = deployment.rooms, deployment.rooms.user("ada")
    copies = [rooms.copy(earth, user, f"Copy {n}") for n in range(ROUTINGS)]
    for copy in copies:
        rooms.request(copy, "routing", {})
    for _ in range(workers):
        deployment.start("worker")
    deployment.start("dispatcher")
    wait_for(lambda: not _at_work(deployment), "the routings", ROUTINGS_SECONDS)
    end_services(deployment)
    times = _times(deployment.database, "routing", {copy.id for copy in copies})
    return max(ended for _, ended in times) - min(started for started, _ in times)


def _at_work(deployment: Deployment) -> int:
    time.sleep(1.0)  # who asks more often takes part in the race
    with deployment.database.reading() as connection:
        counts = tasks.counts(connection)
    return counts[TaskState.QUEUED] + counts[TaskState.RUNNING]


def _times(database: Database, step: str, numbers: set[int]) -> list[tuple[float, float]]:
    """When each task of a step was taken and done."""
    found = []
    for task in every_task(database):
        if task.step == step and task.data_file_id in numbers:
            if task.state is not TaskState.DONE or not (task.started and task.ended):
                raise RuntimeError(f"{step} of {task.data_file_id} is {task.state}.")
            found.append((task.started.timestamp(), task.ended.timestamp()))
    return found


def empty_steps(folder: Path, broker: RabbitMQ) -> list[Row]:
    """From asking for a step to done, where nothing is computed."""
    with deployed(folder, broker, "empty") as deployment:
        user = deployment.rooms.user("ada")
        files = [topography(deployment.database, user, f"Earth {n}") for n in range(FILES)]
        deployment.start("dispatcher")
        deployment.start("empty worker")
        queue = BrokerQueue(broker.address(deployment.virtual_host))
        queue.require()
        asked = itertools.islice(itertools.cycle(files), WARMING + STEPS)
        seen = [_moments(deployment, queue, file) for file in asked][WARMING:]
        queue.end()
    parts = {
        "empty step, from request to done": ("published", "done"),
        "of which request to confirmed by the broker": ("published", "confirmed"),
        "of which request to taken by the worker": ("published", "taken"),
        "of which taken to done": ("taken", "done"),
        "and until the dispatcher has heard": ("done", "told"),
    }
    return [
        {"name": name, **_spread([moments[end] - moments[begin] for moments in seen])}
        for name, (begin, end) in parts.items()
    ]


def _moments(deployment: Deployment, queue: BrokerQueue, earth: DataFile) -> dict[str, float]:
    """When what happened to one empty step."""
    seen: dict[str, float] = {}
    asked: list[str] = []

    def hand_on(task: Task) -> None:
        asked.append(task.id)
        seen["published"] = time.time()
        queue.hand_on(task)
        seen["confirmed"] = time.time()

    def told() -> Sequence[Any] | None:
        time.sleep(PAUSE_SECONDS)
        query = "select state, started, ended, told from tasks where id = ?"
        with deployment.database.reading() as connection:
            state, *moments = connection.exec_driver_sql(query, (asked[0],)).one()
        if state not in ("queued", "running", "done"):
            raise RuntimeError(f"An empty step is {state}.")
        return tuple(moments) if all(moments) else None

    transactions.request_step(
        deployment.database, earth.id, "regrid", {}, user="ada", hand_on=hand_on
    )
    found = wait_for(told, "the end of an empty step")
    for name, text in zip(("taken", "done", "told"), found or (), strict=True):
        seen[name] = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    return seen


def _spread(values: Sequence[float]) -> Mapping[str, float]:
    return {"ours": statistics.median(values), "p95": statistics.quantiles(values, n=20)[-1]}
