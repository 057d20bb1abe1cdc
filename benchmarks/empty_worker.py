"""The product's Python worker with steps that compute nothing; all else is as it is.

Run as `python -m benchmarks.empty_worker`.
"""

from benchmarks import empty_steps
from climate_simulation_platform import execution
from climate_simulation_platform.constants import Worker
from climate_simulation_platform.deployed import worker


def main() -> None:
    """Be such a worker."""
    execution.compute = empty_steps.compute  # type: ignore[attr-defined]
    worker.run(Worker.PYTHON)


if __name__ == "__main__":
    main()
