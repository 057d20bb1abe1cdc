"""Exchanges and queues of the broker are those that the step graph asks for."""

import pytest

from climate_simulation_platform.constants import STEPS, Worker, computed_by
from climate_simulation_platform.message_broker import topology
from climate_simulation_platform.message_broker.topology import Queue, task_queue
from climate_simulation_platform.messages import KINDS, PREFIX, Order
from tests.fake_broker import matches

QUEUES = {queue.name: queue for queue in topology.queues()}


def takers(routing_key: str) -> set[str]:
    """Queues into which a message goes."""
    return {
        name
        for name, queue in QUEUES.items()
        if any(matches(key, routing_key) for key in queue.keys)
    }


def test_there_is_one_queue_per_kind_of_worker_and_one_for_the_dispatcher() -> None:
    assert set(QUEUES) == {
        "preprocessing_dispatcher_queue",
        *(f"preprocessing_{worker}_task_queue" for worker in Worker),
    }


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("worker", Worker)
def test_an_order_goes_to_the_queue_of_its_worker_alone(step: str, worker: Worker) -> None:
    """Where a worker does not do a step, its order goes nowhere, which the sender is told."""
    expected = {task_queue(worker)} if worker in STEPS[step].workers else set()
    assert takers(f"{PREFIX}.{step}.{worker}") == expected


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_computed_has_a_queue_for_each_choice(step: str) -> None:
    computing = set(STEPS[step].workers) - {Worker.PANEL}
    for worker in computing:
        chosen = computed_by(step, {"engine": worker.value})
        assert takers(f"{PREFIX}.{step}.{chosen}") == {task_queue(chosen)}


@pytest.mark.parametrize("step", STEPS)
def test_requests_and_ends_go_to_the_dispatcher_alone(step: str) -> None:
    for key in (f"{PREFIX}.{step}", f"{PREFIX}.{step}.done", f"{PREFIX}.{step}.failed"):
        assert takers(key) == {topology.DISPATCHER_QUEUE}


@pytest.mark.parametrize("step", STEPS)
def test_progress_is_kept_by_nobody(step: str) -> None:
    assert takers(f"{PREFIX}.{step}.progress") == set()


def test_every_kind_of_message_is_one_of_these() -> None:
    orders = {ending for ending, kind in KINDS.items() if kind is Order}
    assert orders == set(Worker)
    assert set(KINDS) - orders == {"done", "failed", "progress"}


@pytest.mark.parametrize("queue", [*QUEUES.values(), topology.DEAD], ids=lambda queue: queue.name)
def test_every_queue_is_replicated_and_bounded_or_guarded(queue: Queue) -> None:
    arguments = {**topology.EVERY_QUEUE, **queue.arguments}
    assert arguments["x-queue-type"] == "quorum"
    nobody_must_empty = queue.name in (topology.DEAD_QUEUE, task_queue(Worker.PANEL))
    if nobody_must_empty:
        assert arguments["x-max-length"] == topology.MOST_KEPT
        assert arguments["x-overflow"] == "drop-head"
        assert "x-dead-letter-exchange" not in arguments
    else:
        assert arguments["x-dead-letter-exchange"] == topology.DEAD_EXCHANGE
        assert arguments["x-delivery-limit"] == topology.MOST_DELIVERIES
        assert "x-max-length" not in arguments


def test_dead_letters_of_any_key_are_kept() -> None:
    assert topology.DEAD.keys == ("#",)
    assert topology.DEAD_EXCHANGE != topology.EXCHANGE
