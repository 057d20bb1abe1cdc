"""An installation as it is deployed, as processes on this machine, to be measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from climate_simulation_platform.db import Database, tasks
from climate_simulation_platform.records import Task
from tests.deployment import Deployment
from tests.rabbitmq import RabbitMQ


@contextmanager
def deployed(folder: Path, broker: RabbitMQ, name: str, **settings: str) -> Iterator[Deployment]:
    """An installation of its own, empty, in which nothing runs yet."""
    (folder / name).mkdir()
    deployment = Deployment(folder / name, broker, {"LEAST_FREE_MB": "1", **settings})
    try:
        deployment.migrate()
        yield deployment
    finally:
        deployment.close()


def end_services(deployment: Deployment) -> None:
    """End what runs, in order."""
    for process in deployment.processes:
        if process.running():
            process.end()


def every_task(database: Database) -> list[Task]:
    """All tasks, in the order in which they were asked for."""
    with database.reading() as connection:
        names = connection.exec_driver_sql("select id from tasks order by number").scalars().all()
        found = [tasks.get(connection, name) for name in names]
    return [task for task in found if task is not None]
