"""The stand-alone editor as somebody starts it, and files to open in it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from single_page_webapp.library import Library
from single_page_webapp.settings import Settings
from tests.reference import ROOT
from tests.waiting import wait_for

COMMAND = (sys.executable, "-m", "single_page_webapp")
_ADDRESS = re.compile(r"Open http://127\.0\.0\.1:(\d+)(\S*)/ in a browser")


def surroundings(**settings: str) -> dict[str, str]:
    """The environment of the program."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT / "Single_Page_WebApp"), **settings}


def settings_of(folder: Path, **settings: str) -> Settings:
    return Settings.from_env({"FOLDER": str(folder), "LEAST_FREE_MB": "0", **settings})


def library_of(folder: Path, **settings: str) -> Library:
    return Library(settings_of(folder, **settings))


@dataclass
class SinglePage:
    """The program in a process of its own, started and ended at will.

    Parameters
    ----------
    folder : Path
        Where it keeps files; its log lies beside.
    environment : mapping
        Settings by variable.
    port : int
        0 before the first start, which takes a free one; later starts take the same.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    prefix: str = ""
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.log")

    def start(self) -> None:
        """Start it and wait until it has told its address."""
        self.log.touch()
        told_before = self.log.stat().st_size
        told = {"FOLDER": str(self.folder), "PORT": str(self.port), "LEAST_FREE_MB": "0"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                COMMAND,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=surroundings(**{**told, **self.environment}),
                cwd="/",
                start_new_session=True,
            )
        wait_for(lambda: self._told(told_before), "the line with the address")

    def _told(self, told_before: int) -> bool:
        assert self.process is not None
        text = self.log.read_bytes()[told_before:].decode(errors="replace")
        assert self.process.poll() is None, text
        found = _ADDRESS.search(text)
        if found:
            self.port, self.prefix = int(found[1]), found[2]
        return found is not None

    def kill(self) -> None:
        """End it as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def end(self) -> int:
        """End it as Ctrl-C does; gives the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


def write_topography(path: Path, rows: int = 36) -> Path:
    """A made-up topography, its rows from north to south and its columns from 0 to 360."""
    columns = 2 * rows
    step = 180.0 / rows
    latitudes = 90.0 - step * (np.arange(rows) + 0.5)
    longitudes = step * (np.arange(columns) + 0.5)
    phi, lam = np.meshgrid(np.deg2rad(latitudes), np.deg2rad(longitudes), indexing="ij")
    heights = 3000.0 * np.cos(2.0 * lam) * np.cos(phi) ** 2 - 800.0 + 400.0 * np.sin(3.0 * phi)
    with netCDF4.Dataset(path, "w", format="NETCDF4") as dataset:
        for name, values, units in (
            ("lat", latitudes, "degrees_north"),
            ("lon", longitudes, "degrees_east"),
        ):
            dataset.createDimension(name, len(values))
            dataset.createVariable(name, "f8", (name,))[:] = values
            dataset[name].units = units
        for name, values, about in (
            ("topo", heights, {"units": "m", "standard_name": "surface_altitude"}),
            ("age", np.abs(heights) / 100.0, {"units": "Ma", "long_name": "Age of the crust"}),
        ):
            dataset.createVariable(name, "f8", ("lat", "lon"))[:] = values
            dataset[name].setncatts(about)
        dataset.title = "Made up"
    return path


def topo(path: Path) -> Any:
    """Heights of such a file."""
    with netCDF4.Dataset(path) as dataset:
        return np.asarray(dataset["topo"][:].filled(np.nan))
