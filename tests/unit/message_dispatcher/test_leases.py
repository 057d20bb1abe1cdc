"""A worker's silence is measured by the dispatcher's own clock, and only while it looked."""

from datetime import UTC, datetime, timedelta

from message_dispatcher.leases import Leases

EARLIER = datetime(1912, 1, 6, tzinfo=UTC)
LATER = EARLIER + timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def leases() -> tuple[Leases, Clock]:
    clock = Clock()
    return Leases(timedelta(seconds=15), timedelta(seconds=6), clock), clock


def look(found: Leases, clock: Clock, seconds: float, **signs: datetime) -> dict[str, datetime]:
    """Look every two seconds for a while; what is over at the end."""
    over = found.over(signs)
    for _ in range(int(seconds / 2)):
        clock.seconds += 2.0
        over = found.over(signs)
    return over


def test_a_worker_that_is_silent_for_its_lease_has_lost_its_task() -> None:
    found, clock = leases()
    assert look(found, clock, 14, task=EARLIER) == {}
    assert look(found, clock, 2, task=EARLIER) == {"task": EARLIER}


def test_each_sign_of_life_begins_a_lease() -> None:
    found, clock = leases()
    assert look(found, clock, 14, task=EARLIER) == {}
    assert look(found, clock, 14, task=LATER) == {}
    assert look(found, clock, 2, task=LATER) == {"task": LATER}


def test_the_clocks_of_workers_do_not_matter() -> None:
    found, clock = leases()
    far_off = EARLIER + timedelta(days=40_000)
    assert look(found, clock, 14, task=EARLIER, other=far_off) == {}


def test_what_was_not_seen_is_held_against_nobody() -> None:
    found, clock = leases()
    assert look(found, clock, 10, task=EARLIER) == {}
    clock.seconds += 600.0
    assert look(found, clock, 14, task=EARLIER) == {}
    assert look(found, clock, 2, task=EARLIER) == {"task": EARLIER}


def test_a_task_that_ended_is_forgotten() -> None:
    found, clock = leases()
    look(found, clock, 10, task=EARLIER)
    look(found, clock, 2)
    assert look(found, clock, 14, task=EARLIER) == {}
