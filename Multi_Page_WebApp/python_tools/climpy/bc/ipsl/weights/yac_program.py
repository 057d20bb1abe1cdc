"""Conservative remapping by the library YAC, in a process of its own.

Run as `python -m climpy.bc.ipsl.weights.yac_program REQUEST ANSWER`. Whatever YAC does not like
ends the process by MPI_Abort, so none that has other things to do may call it.

References
----------
Hanke, M., Redler, R., Holfeld, T., Yastremsky, M. (2016). YAC 1.2.0: new aspects for coupling
software in Earth system modelling. Geoscientific Model Development 9, 2755-2769.
doi:10.5194/gmd-9-2755-2016

Kritsikis, E., Aechtner, M., Meurdesoif, Y., Dubos, T. (2017). Conservative interpolation between
general spherical meshes. Geoscientific Model Development 10, 425-431.
doi:10.5194/gmd-10-425-2017
"""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from climpy.arrays import BoolArray, FloatArray, IntArray
from climpy.bc.ipsl.weights.yac_requests import (
    Job,
    Mesh,
    Normalisation,
    Regular,
    answer_as_bytes,
    read_request,
)
from climpy.io import read

_NORMALISATIONS = {
    Normalisation.DESTAREA: "YAC_INTERP_CONSERV_DESTAREA",
    Normalisation.FRACAREA: "YAC_INTERP_CONSERV_FRACAREA",
}

FoundOnes = tuple[IntArray, IntArray, FloatArray]


class Remapper:
    """Grids as YAC knows them.

    Parameters
    ----------
    yac : module
        `yac.core`.
    grids : mapping of name to Mesh or Regular
        All that jobs speak of.
    """

    def __init__(self, yac: Any, grids: dict[str, Mesh | Regular]) -> None:
        self._yac = yac
        self._cell = yac.yac_location.YAC_LOC_CELL
        self._sizes = {name: grid.size for name, grid in grids.items()}
        self._grids = {name: self._of(name, grid) for name, grid in grids.items()}
        self._places = {n: grid.add_coordinates(self._cell) for n, grid in self._grids.items()}

    def _of(self, name: str, grid: Mesh | Regular) -> Any:
        """A grid whose cells go by their addresses, so that links come back with these."""
        longitudes, latitudes = np.deg2rad(grid.longitudes), np.deg2rad(grid.latitudes)
        make = self._yac.BasicGrid
        if isinstance(grid, Regular):
            made = make.reg_2d_new(name, longitudes, latitudes, cyclic=[True, False])
            addresses = np.arange(grid.size)
        else:
            made = make.unstruct_new(name, grid.corners, longitudes, latitudes, grid.vertices)
            addresses = grid.addresses
        made.set_global_index(self._cell, addresses)
        return made

    def links(self, job: Job, sources: BoolArray | None, folder: Path) -> FoundOnes:
        """Work out one remapping.

        Parameters
        ----------
        sources : (size of the source grid,) bool, optional
            Cells from which links may come; all if not given. The source grid must be regular.
        folder : Path
            For YAC's own file of weights.
        """
        yac = self._yac
        stack = yac.InterpolationStack()
        stack.add_conservative(
            order=job.order,
            partial_coverage=True,
            normalisation=getattr(
                yac.yac_interp_method_conserv_normalisation, _NORMALISATIONS[job.normalisation]
            ),
        )
        weights = yac.compute_weights(
            stack, self._field(job.source, sources), self._field(job.target)
        )
        path = folder / f"{job.name}.nc"
        sizes = self._sizes[job.source], self._sizes[job.target]
        weights.write_to_file(str(path), "source", "target", *sizes)
        return _links_of(path)

    def _field(self, name: str, counts: BoolArray | None = None) -> Any:
        if counts is None:
            return self._yac.InterpField(self._places[name])
        mask = self._grids[name].add_mask(self._cell, counts.astype(np.intc))
        return self._yac.InterpField(self._places[name], mask)


def _links_of(path: Path) -> FoundOnes:
    """Source, target and weight in YAC's file, whose addresses begin with 1."""
    values = {name: variable.values for name, variable in read(path).variables.items()}
    path.unlink()
    if "remap_matrix" not in values:
        nothing = np.zeros(0, dtype=np.int32)
        return nothing, nothing, np.zeros(0)
    source, target = (values[f"{side}_address"].astype(np.int32) - 1 for side in ("src", "dst"))
    return source, target, values["remap_matrix"][:, 0].astype(np.float64)


def work_out(request: Path, answer: Path) -> None:
    """Do all jobs of a request, telling how far they are on the standard output."""
    grids, jobs = read_request(request)
    remapper = Remapper(importlib.import_module("yac.core"), grids)
    found: dict[str, FoundOnes] = {}
    with tempfile.TemporaryDirectory(dir=answer.parent) as folder:
        for number, job in enumerate(jobs, 1):
            sources = None
            if job.sources_linked_by is not None:
                sources = np.zeros(grids[job.source].size, dtype=bool)
                sources[found[job.sources_linked_by][1]] = True
            found[job.name] = remapper.links(job, sources, Path(folder))
            print(f"progress {number / len(jobs):.3f}", flush=True)  # noqa: T201
    answer.write_bytes(answer_as_bytes(found))


if __name__ == "__main__":
    try:
        work_out(Path(sys.argv[1]), Path(sys.argv[2]))
    except ImportError as trouble:
        sys.exit(f"YAC cannot be loaded: {trouble}")
