"""The same weights from a click, from a dependency and from the command line."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from climate_simulation_platform import library
from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.execution import Outcome, Performer
from climate_simulation_platform.records import Cause, Revision, Status
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.workflow import transactions
from climpy.steps.archives import unpack
from tests.coupling import mosaic_program
from tests.platform_records import add_user
from tests.program import climate_sim
from tests.web import make_services

WEIGHTS = "calculate_weights"
CHOSEN = {"engine": "mosaic", "simulation": "lutetian", "no_ice_in": ["indian"]}
OF_THE_RUN = frozenset({"history", "input_sha256"})
"""Attributes that tell of the time and place of a run."""


class Bench:
    """An installation without processes, in which the test is the worker."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        services = make_services(folder, LEAST_FREE_MB="1", WORKERS="python,mosaic")
        self.services = replace(services, sandbox=sandbox)
        self.user = add_user(self.services.database)
        file = library.take_in_demo(self.services, self.user)
        self.file = library.confirm_coordinates(self.services, file, self.user)
        self.performer = Performer(self.services)

    def ask(self, step: str, **parameters: Any) -> None:
        transactions.request_step(
            self.services.database, self.file.id, step, parameters, user=self.user.username
        )

    def work_off(self) -> dict[str, Outcome]:
        outcomes = {}
        while task := transactions.claim_task(self.services.database, "worker", tuple(STEPS)):
            outcomes[task.step] = self.performer.perform(task)
        return outcomes

    def weights(self) -> tuple[Revision, ...]:
        """Newest first."""
        with self.services.database.reading() as connection:
            return revisions.of_file(connection, self.file.id, FileType.WEIGHTS)

    def path(self, kind: FileType, number: int) -> Path:
        with self.services.database.reading() as connection:
            found = revisions.get(connection, self.file.id, kind, number)
        assert found is not None
        return self.services.storage.path(found.path)

    def cause_of(self, revision: Revision) -> Cause:
        with self.services.database.reading() as connection:
            task = tasks.get(connection, revision.task_id or "")
        assert task is not None
        return task.cause


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    mosaic_program()
    with Sandbox() as sandbox:
        made = Bench(tmp_path_factory.mktemp("agreement"), sandbox)
        made.ask("regrid", dlat=2.0, dlon=2.0)
        made.work_off()
        made.ask("routing")
        made.work_off()
        made.ask("subbasins", method="thirds")
        made.work_off()
        yield made


def unpacked(path: Path, folder: Path) -> dict[str, Path]:
    return {str(file.relative_to(folder)): file for file in unpack(path, folder)}


def assert_same(one: Path, other: Path, folder: Path) -> None:
    """All files of two archives: names, values, attributes, but for what tells of the run."""
    here, there = unpacked(one, folder / "one"), unpacked(other, folder / "other")
    assert list(here) == list(there)
    for name, path in here.items():
        if path.suffix == ".nc":
            assert_same_file(path, there[name])
        else:
            assert path.read_bytes() == there[name].read_bytes()


def assert_same_file(one: Path, other: Path) -> None:
    with netCDF4.Dataset(one) as here, netCDF4.Dataset(other) as there:
        assert here.data_model == there.data_model
        assert attributes(here) == attributes(there)
        assert list(here.variables) == list(there.variables)
        for name, variable in here.variables.items():
            assert variable.dtype == there[name].dtype
            assert variable.dimensions == there[name].dimensions
            assert attributes(variable) == attributes(there[name])
            assert variable[:].tobytes() == there[name][:].tobytes(), (one.name, name)


def attributes(holder: Any) -> dict[str, Any]:
    return {
        name: np.asarray(holder.getncattr(name)).tolist()
        for name in holder.ncattrs()
        if name not in OF_THE_RUN
    }


def test_click_dependency_and_command_line_give_the_same(bench: Bench, tmp_path: Path) -> None:
    bench.ask(WEIGHTS, **CHOSEN)
    assert bench.work_off() == {WEIGHTS: Outcome.DONE}
    bench.ask("subbasins", method="connected")
    assert bench.work_off()[WEIGHTS] is Outcome.DONE
    followed = bench.weights()[0]
    bench.ask(WEIGHTS, **CHOSEN)
    bench.work_off()
    clicked = bench.weights()[0]
    assert [bench.cause_of(one) for one in (followed, clicked)] == [Cause.DEPENDENCY, Cause.USER]
    assert followed.input_revisions == clicked.input_revisions
    assert dict(clicked.parameters) == dict(followed.parameters)
    paths = [bench.path(FileType.WEIGHTS, one.revision) for one in (followed, clicked)]
    assert_same(*paths, tmp_path / "platform")

    kinds = (FileType.BATHY, FileType.COORDS, FileType.SUB_BASINS)
    inputs = [tmp_path / f"{kind}_revision_{clicked.input_revisions[kind]}.nc" for kind in kinds]
    for kind, link in zip(kinds, inputs, strict=True):
        link.symlink_to(bench.path(kind, clicked.input_revisions[kind]))
    (tmp_path / "out").mkdir()
    done = climate_sim(
        "weights", *inputs, "--engine", "mosaic", "--simulation", "lutetian",
        "--no-ice-in", "indian", "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_same(paths[1], tmp_path / "out" / "weights.tar.gz", tmp_path / "shell")


def test_the_same_again_from_a_dependency_is_no_new_revision(bench: Bench) -> None:
    if not bench.weights():
        bench.ask(WEIGHTS, **CHOSEN)
        bench.work_off()
    before = bench.weights()
    bench.ask("routing")
    assert bench.work_off()[WEIGHTS] is Outcome.DONE
    assert bench.weights() == before
    views = transactions.workflow_view(bench.services.database, bench.file.id)
    assert views[WEIGHTS].status is Status.UP_TO_DATE


def test_ice_that_has_nowhere_to_melt_is_told_in_a_sentence(bench: Bench) -> None:
    before = bench.weights()
    bench.ask(WEIGHTS, no_ice_in=["atlantic", "pacific", "indian"])
    assert bench.work_off() == {WEIGHTS: Outcome.FAILED}
    view = transactions.workflow_view(bench.services.database, bench.file.id)[WEIGHTS]
    assert view.status is Status.FAILED
    assert "nowhere to melt" in view.why
    assert bench.weights() == before
