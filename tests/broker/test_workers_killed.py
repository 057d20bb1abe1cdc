"""Workers that are killed, at every moment of a step, and steps longer than the heartbeat."""

from collections.abc import Iterator

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import tasks
from climate_simulation_platform.records import Status, TaskState
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_sound,
    close_gate,
    metric,
    odd_topography,
    open_gate,
    revisions_of,
    runs,
    tasks_of,
    untold,
    wait_for_run,
    wait_for_status,
    wait_until_quiet,
)
from tests.broker.odd_worker import DEATH, MOMENTS
from tests.deployment import Deployment
from tests.rabbitmq import RabbitMQ
from tests.waiting import is_gone, wait_for

HEARTBEAT_SECONDS = 1
LONGER_SECONDS = 6.5
"""More than three heartbeats, and more than the lease of a worker that says nothing."""


@pytest.fixture(scope="module")
def installation(broker: RabbitMQ, deploy_once: DeploymentMaker) -> Deployment:
    """A dispatcher; tests start the workers."""
    made = deploy_once(
        broker, BROKER_HEARTBEAT_SECONDS=str(HEARTBEAT_SECONDS), WORKER_LEASE_SECONDS="1.5"
    )
    made.migrate()
    made.start("hasty dispatcher")
    return made


@pytest.fixture(autouse=True)
def no_worker_before_or_after(installation: Deployment) -> Iterator[None]:
    close_gate(installation)
    yield
    for worker in installation.of_kind("odd worker"):
        worker.kill()


def seconds_at_work(deployment: Deployment, task_id: str) -> float:
    with deployment.database.reading() as connection:
        task = tasks.get(connection, task_id)
        signed = tasks.reported(connection, task_id)
    assert task is not None
    assert task.started is not None
    assert signed is not None
    return (signed - task.started).total_seconds()


def connections(deployment: Deployment) -> set[str]:
    """Addresses of both connections of each service, which are other ones after a loss."""
    found = deployment.broker.ask("GET", f"/api/vhosts/{deployment.virtual_host}/connections")
    return {one["name"] for one in found}


def test_a_job_longer_than_three_heartbeats_is_delivered_and_done_once(
    installation: Deployment,
) -> None:
    """Row: job longer than 3 heartbeats."""
    worker = installation.start("odd worker")
    (dispatcher,) = installation.of_kind("hasty dispatcher")
    done_before = metric(dispatcher, "csp_dispatcher_messages_total", kind="done")
    wait_for(lambda: len(connections(installation)) >= 2, "the connections are known")
    before = connections(installation)
    topography = odd_topography(installation)
    ask(installation, topography, "regrid", "is held")
    wait_for_run(installation, topography, "regrid")
    (task,) = tasks_of(installation, topography)
    wait_for(lambda: seconds_at_work(installation, task.id) > LONGER_SECONDS, "long at work")
    open_gate(installation)
    wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
    wait_for(lambda: untold(installation) == 0, "the end is told")
    assert len(runs(installation, topography)) == 1
    (task,) = tasks_of(installation, topography)
    assert (task.state, task.attempts) == (TaskState.DONE, 1)
    assert worker.tail().count("Delivered: taken") == 1
    assert worker.tail().count("Delivered:") == 1
    done = metric(dispatcher, "csp_dispatcher_messages_total", kind="done")
    assert done - done_before == 1
    assert before <= connections(installation)
    assert_sound(installation, [topography])


def test_kill_9_of_a_worker_mid_step(installation: Deployment) -> None:
    """Row: `kill -9` worker mid-step."""
    topography = odd_topography(installation)
    worker = installation.start("odd worker")
    ask(installation, topography, "regrid", "is held")
    child = wait_for_run(installation, topography, "regrid")
    worker.kill()
    assert is_gone(child)
    installation.start("odd worker")
    wait_for(lambda: len(runs(installation, topography)) == 2, "the second run")
    open_gate(installation)
    wait_for_status(installation, topography, "regrid", Status.UP_TO_DATE)
    assert revisions_of(installation, topography, FileType.RAW) == [1, 2]
    (task,) = tasks_of(installation, topography)
    assert task.state is TaskState.DONE
    assert_sound(installation, [topography])


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_9_of_a_worker_at_each_moment_of_a_task(installation: Deployment, moment: str) -> None:
    """Rows: kill between done and ack, between commit and done; `kill -9` worker mid-step.

    A duplicate done is harmless, what depends on the step runs once; what was committed and not
    told is told by the dispatcher.
    """
    topography = odd_topography(installation)
    victim = installation.start("odd worker", **{DEATH: moment})
    ask(installation, topography, "regrid")
    wait_for(lambda: not victim.running(), "the worker's death")
    ask(installation, topography, "routing")
    installation.start("odd worker")
    wait_for_status(installation, topography, "heatflow", Status.UP_TO_DATE)
    wait_until_quiet(installation)
    wait_for(lambda: untold(installation) == 0, "every end is told")
    steps = [task.step for task in tasks_of(installation, topography)]
    assert sorted(steps) == ["ahmcoef", "heatflow", "regrid", "routing"]
    begun = [step for step, _, _ in runs(installation, topography)]
    assert begun.count("regrid") == (2 if moment == "before committing" else 1)
    assert {begun.count(step) for step in ("routing", "heatflow", "ahmcoef")} == {1}
    assert revisions_of(installation, topography, FileType.RAW) == [1, 2]
    assert_sound(installation, [topography])


def test_a_step_that_kills_its_worker_each_time_is_given_up(installation: Deployment) -> None:
    """Row: `kill -9` worker mid-step; the third death is the last."""
    topography = odd_topography(installation)
    ask(installation, topography, "regrid")
    for _ in range(3):
        victim = installation.spawn("odd worker", **{DEATH: "before computing"})
        wait_for(lambda victim=victim: not victim.running(), "the worker's death")  # type: ignore[misc]
    view = wait_for_status(installation, topography, "regrid", Status.FAILED)
    assert view.why.startswith("The worker ended 3 times while it was at")
    other = odd_topography(installation, "another")
    ask(installation, other, "regrid")
    installation.start("odd worker")
    wait_for_status(installation, other, "regrid", Status.UP_TO_DATE)
    assert installation.dead_letters() == []
    assert_sound(installation, [topography, other])
