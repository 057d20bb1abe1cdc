"""Coupling weights by both workers: engines that fail, hang or are killed cost a sentence each."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from climate_simulation_platform.constants import FileType, Worker
from climate_simulation_platform.records import DataFile, Status, TaskState
from tests.broker.conftest import DeploymentMaker
from tests.broker.looking import assert_sound, revisions_of, tasks_of, wait_for_status
from tests.broker.odd_engines import SCRIPT, SECONDS
from tests.broker.odd_worker import ODD_ENGINE, QUEUE
from tests.coupling import mosaic_program
from tests.deployment import Deployment, Process
from tests.rabbitmq import RabbitMQ
from tests.waiting import is_gone, wait_for
from tests.yac import require_yac

WEIGHTS = "calculate_weights"
ENGINES = (Worker.MOSAIC, Worker.MOSAIX)
KINDS = "python,mosaic,mosaix"

BEFORE: Mapping[str, Mapping[str, float]] = {
    "regrid": {"dlat": 2.0, "dlon": 2.0},
    "routing": {},
    "subbasins": {},
}
"""Steps that are asked for before weights can be made."""

ABORT = f"""exec {sys.executable} -P -c '
import ctypes, yac.core
mpi = ctypes.CDLL("libmpi.so.40")
mpi.MPI_Abort(ctypes.byref(ctypes.c_char.in_dll(mpi, "ompi_mpi_comm_world")), 7)'"""
"""What YAC does with whatever it does not like."""

FAULTS: Mapping[str, tuple[str, str]] = {
    "ends with an error": (
        "echo 'a cell is torn' >&2; exit 3",
        "ended with code 3: a cell is torn",
    ),
    "is killed": ("kill -9 $$", "was ended by the signal SIGKILL"),
    "crashes": ("kill -SEGV $$", "was ended by the signal SIGSEGV"),
    "writes nothing": ("exit 0", "wrote no"),
    "hangs": ("sleep 600", f"was not done after {SECONDS:.0f} seconds and was ended"),
}


@pytest.fixture(scope="module")
def installation(broker: RabbitMQ, deploy_once: DeploymentMaker) -> Deployment:
    mosaic_program()
    require_yac()
    made = deploy_once(broker, WORKERS=KINDS)
    made.start_all()
    return made


@pytest.fixture(scope="module")
def topography(installation: Deployment) -> DataFile:
    """The made-up Earth with all that weights are made from."""
    rooms = installation.rooms
    made = rooms.topography(rooms.user("ada"))
    for step, chosen in BEFORE.items():
        rooms.request(made, step, chosen)
        rooms.wait(made, step)
    return made


@pytest.fixture
def script(installation: Deployment) -> Iterator[Path]:
    """Where a script may be put that is run instead of the engine."""
    path = installation.folder / SCRIPT
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture(params=ENGINES)
def engine(
    request: pytest.FixtureRequest, installation: Deployment
) -> Iterator[tuple[Worker, Process]]:
    """An engine and its only worker."""
    kind: Worker = request.param
    worker = installation.start("odd worker", **{QUEUE: kind, ODD_ENGINE: "yes"})
    yield kind, worker
    worker.kill()


def asks(installation: Deployment, topography: DataFile, engine: Worker) -> None:
    installation.rooms.request(topography, WEIGHTS, {"engine": engine.value})


def test_a_fault_of_an_engine_is_a_sentence_and_its_worker_lives(
    installation: Deployment, topography: DataFile, engine: tuple[Worker, Process], script: Path
) -> None:
    """Row: an engine ends with an error, is killed, crashes, aborts, writes nothing, hangs."""
    kind, worker = engine
    before = revisions_of(installation, topography, FileType.WEIGHTS)
    faults = {**FAULTS, **({"aborts": (ABORT, "code 7")} if kind is Worker.MOSAIX else {})}
    for lines, sentence in faults.values():
        script.write_text(lines)
        asks(installation, topography, kind)
        view = wait_for_status(installation, topography, WEIGHTS, Status.FAILED)
        assert sentence in view.why
        assert view.why.endswith(".")
    assert revisions_of(installation, topography, FileType.WEIGHTS) == before
    script.unlink()
    asks(installation, topography, kind)
    wait_for_status(installation, topography, WEIGHTS, Status.UP_TO_DATE)
    assert len(revisions_of(installation, topography, FileType.WEIGHTS)) == len(before) + 1
    assert worker.healthy()
    assert_sound(installation, [topography])


def test_a_worker_is_killed_while_its_engine_works(
    installation: Deployment, topography: DataFile, engine: tuple[Worker, Process], script: Path
) -> None:
    """Row: kill -9 of a worker whose engine is at work: it ends too, another worker does it."""
    kind, worker = engine
    number = installation.folder / "number"
    script.write_text(f"echo $$ > {number}.part; mv {number}.part {number}; exec sleep 600")
    before = revisions_of(installation, topography, FileType.WEIGHTS)
    asks(installation, topography, kind)
    wait_for(number.exists, "the engine")
    worker.popen.kill()
    wait_for(lambda: is_gone(int(number.read_text())), "the end of the engine")
    script.unlink()
    another = installation.start(f"{kind} worker")
    wait_for_status(installation, topography, WEIGHTS, Status.UP_TO_DATE)
    number.unlink()
    another.kill()
    task = tasks_of(installation, topography)[-1]
    assert (task.step, task.state) == (WEIGHTS, TaskState.DONE)
    assert len(revisions_of(installation, topography, FileType.WEIGHTS)) == len(before) + 1
    assert_sound(installation, [topography])
