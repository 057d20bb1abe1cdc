"""Regridding 5400 x 10800 cells to one degree: processor time, memory, agreement with others.

Every measurement runs in a process of its own, so that none warms another's caches and peaks of
memory do not hide each other. `measure` gives the rows; `python -m benchmarks.regrid` prints them.
"""

import argparse
import json
import os
import resource
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from benchmarks.measuring import in_own_process, status_bytes

EXPLANATION = """From 5400 x 10800 cells to one degree; the file is NetCDF-4, deflated, in single
precision. For cdo (one thread, double precision) and xarray the figures are those of the same
reading and regridding; cdo's memory is that of its whole process."""

FINE, COARSE = (5400, 10800), (180, 360)


def measure() -> list[dict[str, Any]]:
    """Give one row per comparison.

    Each row has `name`; `ours` and `other`, the processor time [s]; `ratio`, other / ours;
    `memory`, our peak growth [MB]; `other_memory`, the other's peak [MB]; `difference`, the largest
    difference of the two results [m], None where the methods differ.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "topography.nc"
        _ours("make", path, None)  # in a process of its own, whose memory ours would inherit
        size = path.stat().st_size / 1e6
        reading = _ours("read", path, None)
        rows = [
            _row(f"regrid in memory, {method}", _ours("in memory", path, method), None)
            for method in ("conservative", "bilinear", "nearest")
        ]
        read = f"read {size:.0f} MB and regrid"
        conservative = _ours("from file", path, "conservative")
        bilinear = _ours("from file", path, "bilinear")
        rows += [
            _row(f"read {size:.0f} MB only", reading, None),
            _row(f"{read}, cdo remapcon", conservative, _cdo("remapcon", path)),
            _row(f"{read}, cdo remapbil", bilinear, _cdo("remapbil", path)),
            _row(f"{read}, xarray interp", bilinear, _ours("xarray", path, None)),
        ]
    return rows


def make_input(path: Path) -> None:
    """Write a rough planet in single precision, deflated: about 170 MB."""
    rng = np.random.default_rng(0)
    ny, nx = FINE
    heights = np.full(FINE, -1500.0, "f4")
    for cells, height in ((60, 2500.0), (15, 600.0), (4, 100.0)):
        coarse = rng.standard_normal((ny // cells, nx // cells)).astype("f4") * np.float32(height)
        heights += np.kron(coarse, np.ones((cells, cells), "f4"))
    heights += 12.0 * rng.standard_normal(FINE, "f4")
    with netCDF4.Dataset(path, "w") as dataset:
        for name, count, first, units in (
            ("lat", ny, -90.0, "degrees_north"),
            ("lon", nx, -180.0, "degrees_east"),
        ):
            dataset.createDimension(name, count)
            axis = dataset.createVariable(name, "f8", (name,))
            axis.units, axis.standard_name = units, "latitude" if name == "lat" else "longitude"
            axis[:] = first + (np.arange(count) + 0.5) * 180.0 / ny
        topo = dataset.createVariable("topo", "f4", ("lat", "lon"), zlib=True, complevel=4)
        topo.units = "m"
        topo[:] = heights.clip(-9000.0, 8000.0)


def _row(name: str, ours: dict[str, Any], other: dict[str, Any] | None) -> dict[str, Any]:
    difference = None
    if other and "remap" in name:
        # beyond the outermost rows of centres the bilinear methods differ by intention
        inner = slice(None) if "remapcon" in name else slice(1, -1)
        both = [np.asarray(side["heights"])[inner] for side in (ours, other)]
        difference = float(np.abs(both[0] - both[1]).max())
    return {
        "name": name,
        "ours": ours["seconds"],
        "other": other["seconds"] if other else None,
        "ratio": other["seconds"] / ours["seconds"] if other else None,
        "memory": ours["megabytes"],
        "other_memory": other["megabytes"] if other else None,
        "difference": difference,
    }


def _ours(case: str, path: Path, method: str | None) -> dict[str, Any]:
    return in_own_process("benchmarks.regrid", "--case", case, str(path), method or "")


def _cdo(operator: str, path: Path) -> dict[str, Any]:
    """Run cdo on one thread; its time and memory are those of the whole process."""
    ny, nx = COARSE
    grid, out = path.with_name("grid.txt"), path.with_name(f"{operator}.nc")
    grid.write_text(
        f"gridtype=lonlat\nxsize={nx}\nysize={ny}\nxfirst=-179.5\nxinc=1\nyfirst=-89.5\nyinc=1\n"
    )
    command = ["cdo", "-s", "-b", "F64", f"{operator},{grid}", str(path), str(out)]
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with status {status}")
    with netCDF4.Dataset(out) as dataset:
        heights = np.asarray(dataset["topo"][:], np.float64)
    return {
        "seconds": usage.ru_utime + usage.ru_stime,
        "megabytes": usage.ru_maxrss / 1e3,
        "heights": heights,
    }


def _case(case: str, path: Path, method: str) -> dict[str, Any]:
    """Measure one case inside its own process."""
    run = _prepared(case, path, method)
    before = status_bytes("VmHWM")
    start = resource.getrusage(resource.RUSAGE_SELF)
    heights = run()
    end = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": end.ru_utime - start.ru_utime + end.ru_stime - start.ru_stime,
        "megabytes": (status_bytes("VmHWM") - before) / 1e6,
        "heights": [] if heights is None else heights.tolist(),
    }


def _prepared(case: str, path: Path, method: str) -> Callable[[], Any]:
    """Import and allocate what is not measured, and give what to run."""
    import scipy.sparse  # noqa: F401  the time of an import is measured with the whole command

    from climpy.bc.ipsl.regrid import Target, regrid, regrid_file
    from climpy.grids.regular import RegularGrid
    from climpy.topography import inspect

    run: Callable[[], Any]
    if case == "in memory":
        field = np.random.default_rng(0).standard_normal(FINE)
        grids = RegularGrid.of_shape(*FINE), RegularGrid.of_shape(*COARSE)

        def run() -> Any:
            return regrid(field, *grids, method)
    elif case == "xarray":
        import xarray

        def run() -> Any:
            target = RegularGrid.of_shape(*COARSE)
            with xarray.open_dataset(path) as dataset:
                found = dataset["topo"].interp(lat=target.latitudes, lon=target.longitudes)
                return found.to_numpy()
    elif case == "make":

        def run() -> Any:
            make_input(path)
    elif case == "read":

        def run() -> Any:
            inspect(path)
    else:

        def run() -> Any:
            return regrid_file(path, Target(1.0, 1.0), method).topography.heights

    return run


def main() -> None:
    """Print the rows, or measure one case for the parent process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", nargs=3, metavar=("CASE", "PATH", "METHOD"))
    arguments = parser.parse_args()
    if arguments.case:
        case, path, method = arguments.case
        print(json.dumps(_case(case, Path(path), method)))
        return
    for row in measure():
        print(
            "  ".join(
                f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
                for key, value in row.items()
            )
        )


if __name__ == "__main__":
    main()
