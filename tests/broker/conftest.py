"""A real broker for all tests of a process, and an installation for each that wants one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import QUICK, Deployment
from tests.rabbitmq import RabbitMQ, running_broker

DeploymentMaker = Callable[..., Deployment]


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A broker that stays as it is; tests have virtual hosts of their own."""
    yield from running_broker(tmp_path_factory.mktemp("rabbitmq"))


@pytest.fixture(scope="module")
def fragile_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A broker of the module's own, to be ended, killed and wiped."""
    yield from running_broker(tmp_path_factory.mktemp("fragile"))


@pytest.fixture
def deploy(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[DeploymentMaker]:
    """Make an installation around a broker; what a failed test's services wrote is shown."""
    yield from _maker(tmp_path, request.node)


@pytest.fixture(scope="module")
def deploy_once(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[DeploymentMaker]:
    """The same for all tests of a module together."""
    yield from _maker(tmp_path_factory.mktemp("module"), request.node)


def _maker(folder: Path, node: pytest.Item) -> Iterator[DeploymentMaker]:
    made: list[Deployment] = []

    def make(broker: RabbitMQ, virtual_host: str = "", **settings: str) -> Deployment:
        place = folder / f"deployment{len(made)}"
        place.mkdir()
        made.append(Deployment(place, broker, {**QUICK, **settings}, virtual_host))
        return made[-1]

    yield make
    failed = getattr(node, "failed", False)
    for deployment in made:
        deployment.close()
        if failed:
            print(deployment.logs())  # noqa: T201  for who reads the report
        elif "Traceback" in deployment.logs():
            pytest.fail(deployment.logs())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Remember that a test failed, or one of a module: its services are then heard."""
    report = yield
    if report.when == "call" and report.failed:
        for node in item.listchain():
            node.failed = True  # type: ignore[attr-defined]
    return report
