"""A Python worker's process. Run as `python -m python_worker.receive`."""

from climate_simulation_platform.constants import Worker
from climate_simulation_platform.deployed import worker


def main() -> None:
    """Be a Python worker's process."""
    worker.run(Worker.PYTHON)


if __name__ == "__main__":
    main()
