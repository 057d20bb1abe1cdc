"""How many ends of steps the dispatcher takes in a second."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.deployed import deployed, every_task
from climate_simulation_platform.db import tasks
from climate_simulation_platform.message_broker import Outgoing, Publisher
from climate_simulation_platform.messages import done_of
from climate_simulation_platform.records import Task
from climate_simulation_platform.workflow import transactions
from tests.deployment import Deployment
from tests.rabbitmq import RabbitMQ
from tests.waiting import wait_for
from tests.workflow_states import done, topography

ENDS = 1000
BATCH = 200
LOOK_SECONDS = 0.05

EXPLANATION = f"""The dispatcher starts with {ENDS} messages `done` in its queue, each of a
topography of its own: of vegetations, after which nothing runs; and of routings, after each of
which the heat flow and the mixing are sent to workers and two steps are told to persons."""


def measure(folder: Path, broker: RabbitMQ) -> list[dict[str, Any]]:
    """Messages `done` a second."""
    rows = []
    for what, steps in (("nothing follows", ("routing", "pft")), ("steps follow", ("routing",))):
        with deployed(folder, broker, what) as deployment:
            ended = _ended(deployment, steps)
            _publish(deployment, ended)
            rate = _rate(deployment, len(ended))
        rows.append({"name": f"dispatcher, `done` after which {what}", "rate": rate})
    return rows


def _ended(deployment: Deployment, steps: Sequence[str]) -> list[Task]:
    """The last of some steps of many topographies, just done; the dispatcher knows the others."""
    database, user = deployment.database, deployment.rooms.user("ada")
    ended: list[Task] = []
    for number in range(ENDS):
        earth = topography(database, user, f"Earth {number}")
        for step in steps:
            transactions.request_step(database, earth.id, step, {}, user="ada")
            task = transactions.claim_task(database, "worker-1", (step,))
            if task is None:
                raise RuntimeError(f"There is no {step} to be done.")
            done(database, task)
            if step == steps[-1]:
                ended.append(task)
    others = [task.id for task in every_task(database) if task.step not in steps[-1:]]
    now = datetime.now(UTC)
    with database.writing() as connection:
        connection.exec_driver_sql(
            "update tasks set ended = ? where ended is not null", (str(now)[:26],)
        )
        if len(steps) > 1:
            tasks.mark_told(connection, others, now=now)
            tasks.mark_sent(connection, others, now=now)
    return ended


def _publish(deployment: Deployment, ended: Sequence[Task]) -> None:
    publisher = Publisher(deployment.broker.address(deployment.virtual_host), "measurement")
    for first in range(0, len(ended), BATCH):
        publisher.send([Outgoing.of(done_of(task)) for task in ended[first : first + BATCH]])
    publisher.end()


def _rate(deployment: Deployment, number: int) -> float:
    """How many are told of in a second, from the first that are to the last."""
    seen: list[tuple[float, int]] = []

    def over() -> bool:
        seen.append((time.monotonic(), _told(deployment)))
        time.sleep(LOOK_SECONDS)
        return seen[-1][1] >= number

    before = _told(deployment)
    deployment.spawn("dispatcher")
    number += before
    wait_for(over, "the ends", 120.0)
    (begin, first), (end, last) = next(one for one in seen if one[1] > before), seen[-1]
    return (last - first) / (end - begin)


def _told(deployment: Deployment) -> int:
    query = "select count(*) from tasks where told is not null"
    with deployment.database.reading() as connection:
        return int(connection.exec_driver_sql(query).scalar_one())
