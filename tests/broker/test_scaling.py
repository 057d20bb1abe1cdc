"""Workers that are added and taken away under load: every total matches."""

from collections import Counter

from climate_simulation_platform.records import TaskState
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import (
    ask,
    assert_sound,
    metric,
    odd_topography,
    runs,
    tasks_of,
    untold,
    wait_until_quiet,
)
from tests.deployment import Deployment, Process
from tests.rabbitmq import RabbitMQ
from tests.waiting import wait_for

FILES = 24
MOST_WORKERS = 5
STEPS = ("regrid", "routing", "pft", "heatflow", "ahmcoef")


def done(deployment: Deployment) -> int:
    return len(tasks_of(deployment, None, TaskState.DONE))


def scale_up(deployment: Deployment) -> list[Process]:
    """Have five workers."""
    missing = MOST_WORKERS - len(deployment.of_kind("odd worker"))
    added = [deployment.spawn("odd worker", WORKER_GRACE_SECONDS="10") for _ in range(missing)]
    for process in added:
        wait_for(process.healthy, f"{process.kind}\n{process.tail()}")
    return added


def scale_down(deployment: Deployment) -> list[int]:
    """Have one worker again; exit codes of the others."""
    gone = deployment.of_kind("odd worker")[1:]
    for process in gone:
        process.popen.terminate()
    return [process.popen.wait(60) for process in gone]


def test_workers_come_and_go_under_load(broker: RabbitMQ, deploy: DeploymentMaker) -> None:
    """Row: scale 1→5→1 under load: totals match, no double run."""
    deployment = deploy(broker)
    deployment.migrate()
    dispatcher = deployment.start("dispatcher")
    deployment.start("odd worker")
    files = [odd_topography(deployment, f"file {number}") for number in range(FILES)]
    for topography in files:
        for step in STEPS[:3]:
            ask(deployment, topography, step)
    wait_for(lambda: done(deployment) > 5, "one worker is at work")
    scale_up(deployment)
    before = done(deployment)
    wait_for(lambda: done(deployment) > before + 5, "five workers are at work")
    assert done(deployment) < FILES * len(STEPS)
    assert scale_down(deployment) == [0] * (MOST_WORKERS - 1)
    wait_until_quiet(deployment, patience=240.0)
    wait_for(lambda: untold(deployment) == 0, "every end is told")
    found = tasks_of(deployment)
    assert Counter(task.state for task in found) == {TaskState.DONE: FILES * len(STEPS)}
    assert {task.attempts for task in found} == {1}
    begun = Counter((number, step) for step, number, _ in runs(deployment))
    assert begun == {(file.id, step): 1 for file in files for step in STEPS}
    assert metric(dispatcher, "csp_dispatcher_messages_total", kind="done") >= len(found)
    assert metric(dispatcher, "csp_dispatcher_sent_total", worker="python") == len(found)
    assert len({task.worker for task in found}) > 1
    assert deployment.dead_letters() == []
    assert_sound(deployment, files)
