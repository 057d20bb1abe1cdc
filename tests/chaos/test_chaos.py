"""Services are killed while people work: nothing is lost, doubled, wrong or left behind."""

from tests.broker.conftest import DeploymentMaker
from tests.chaos.plan import KINDS, drawn
from tests.chaos.running import Run
from tests.rabbitmq import RabbitMQ

SEED = 4


def test_kills_do_no_harm(fragile_broker: RabbitMQ, deploy: DeploymentMaker) -> None:
    plan = drawn(SEED, workflows=12, kills=16)
    outcome = Run(plan, deploy(fragile_broker)).run()
    assert outcome.findings == ()
    assert set(outcome.killed) == set(KINDS)
    assert sum(outcome.killed.values()) == len(plan.kills)


def test_a_number_says_who_is_killed() -> None:
    assert drawn(SEED, workflows=3, kills=9) == drawn(SEED, workflows=3, kills=9)
    assert drawn(SEED, workflows=3, kills=9) != drawn(SEED + 1, workflows=3, kills=9)
