"""What the dispatcher counts for those who watch over the platform."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from climate_simulation_platform.db import Database, tasks
from climate_simulation_platform.records import TaskState


class Counts:
    """Counters and gauges of one dispatcher, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter(
            "csp_dispatcher_messages", "Messages handled.", ["kind"], registry=self.registry
        )
        self.sent = Counter(
            "csp_dispatcher_sent", "Tasks sent to workers.", ["worker"], registry=self.registry
        )
        self.buried = Counter(
            "csp_dispatcher_buried", "Messages nobody can use.", registry=self.registry
        )
        self.released = Counter(
            "csp_dispatcher_released", "Tasks of silent workers.", registry=self.registry
        )
        self.tasks = Gauge(
            "csp_tasks", "Tasks in the database by state.", ["state"], registry=self.registry
        )
        self.oldest = Gauge(
            "csp_oldest_queued_seconds", "Age of the oldest task that waits.",
            registry=self.registry,
        )  # fmt: skip

    def observe(self, database: Database) -> None:
        """Count what waits, runs and has ended."""
        with database.reading() as connection:
            counts = tasks.counts(connection)
            oldest = tasks.oldest_queued(connection)
        for state in TaskState:
            self.tasks.labels(state.value).set(counts[state])
        age = 0.0 if oldest is None else (datetime.now(UTC) - oldest).total_seconds()
        self.oldest.set(age)
