"""Steps that compute nothing."""

from pathlib import Path

from climate_simulation_platform.computing import Computed, Product, Report, Work
from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.examining import Description


def compute(work: Work, progress: Report) -> Computed:  # noqa: ARG001  called like the true one
    """Make files without content."""
    products = tuple(_empty(work.folder, kind) for kind in STEPS[work.step].writes)
    return Computed(products, work.parameters)


def _empty(folder: Path, kind: FileType) -> Product:
    path = folder / f"{kind}.nc"
    path.touch()
    return Product(kind, path, Description({"variables": []}, b"", "", {}))
