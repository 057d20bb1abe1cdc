"""A broker of the run's own, and an installation around it."""

from tests.broker.conftest import deploy, fragile_broker, pytest_runtest_makereport

__all__ = ["deploy", "fragile_broker", "pytest_runtest_makereport"]
