"""What the same choices give where nobody is killed: the use cases, one after the other."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import netCDF4

from climate_simulation_platform import library
from climate_simulation_platform.auth.accounts import add_user
from climate_simulation_platform.constants import FileType, Worker, steps_of
from climate_simulation_platform.execution import Performer
from climate_simulation_platform.records import About, DataFile, User
from climate_simulation_platform.services import Services
from climate_simulation_platform.workflow import transactions
from climpy.demo import demo_topography
from tests.chaos.plan import COORDINATES, FIELDS, MADE_STEPS
from tests.chaos.recorded import values_of_newest
from tests.web import PASSWORD, make_services

CELL_DEGREES = 2.0


def write_topography(path: Path) -> None:
    """A small topography with two fields of the same coastline."""
    topography = demo_topography(CELL_DEGREES)
    lat, lon = topography.grid.latitudes, topography.grid.longitudes
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as dataset:
        for name, values, unit in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            dataset.createDimension(name, len(values))
            axis = dataset.createVariable(name, "f8", (name,))
            axis.units = unit
            axis[:] = values
        for name, factor in zip(FIELDS, (1.0, 1.25), strict=True):
            variable = dataset.createVariable(name, "f8", ("lat", "lon"))
            variable.units = "m"
            variable[:] = topography.heights * factor


class Undisturbed:
    """An installation of one process, in which each combination of choices is done once."""

    def __init__(self, folder: Path, topography: Path) -> None:
        self._services = make_services(folder, LEAST_FREE_MB="1")
        self._topography = topography
        self._user = add_user(self._services.database, "ada", PASSWORD, now=datetime.now(UTC))
        self.values = cache(self._values)

    def close(self) -> None:
        """Leave nothing running."""
        self._services.sandbox.close()

    def values_for(self, choices: Mapping[str, Mapping[str, Any]]) -> Mapping[FileType, str]:
        """Checksum of the values of each product."""
        return self.values(*(tuple(sorted(choices[what].items())) for what in _DECIDING))

    def _values(self, *chosen: tuple[tuple[str, Any], ...]) -> Mapping[FileType, str]:
        choices = dict(zip(_DECIDING, map(dict, chosen), strict=True))
        services, user = self._services, self._user
        file = _brought(services, user, self._topography)
        library.set_coordinates(services, file, choices[COORDINATES], user)
        for step in MADE_STEPS:
            asked = choices.get(step, {})
            transactions.request_step(services.database, file.id, step, asked, user=user.username)
            _do_all(services)
        return values_of_newest(services.database, file.id)


_DECIDING = (COORDINATES, "regrid", "routing")


def _brought(services: Services, user: User, topography: Path) -> DataFile:
    with services.storage.incoming() as path:
        path.write_bytes(topography.read_bytes())
        arrived = library.arrived_at(path, topography.name)
        return library.take_in(services, user, About("Undisturbed"), arrived)


def _do_all(services: Services) -> None:
    steps = steps_of(Worker.PYTHON)
    while (task := transactions.claim_task(services.database, "only", steps)) is not None:
        Performer(services).perform(task)
