"""kill -9 of every kind of process during a workflow: every file whole, every state right."""

import contextlib
import hashlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest

from climate_simulation_platform.constants import STEPS, FileType, Worker, steps_of
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.records import DataFile, Status, TaskState
from climate_simulation_platform.workflow import transactions
from tests.e2e.furnishing import Furnishing
from tests.e2e.serving import Serving
from tests.waiting import is_gone, wait_for

KINDS = ("supervisor", "web", "web process", "worker", "editors", "sandbox server", "step")

CHOICES: tuple[Mapping[str, Any], ...] = ({"drop_per_distance": False}, {"drop_per_distance": True})
"""Parameters that the routing is asked for by turns."""

LATEST_SECONDS = 1.5
"""A workflow lasts about as long; somewhere in it the process is killed."""

MADE = (FileType.ROUTING, FileType.BATHY, FileType.PFT, FileType.HEATFLOW, FileType.AHMCOEF)


@dataclass
class Workplace:
    """A running installation, a topography in it, and what undisturbed runs gave."""

    serving: Serving
    furnishing: Furnishing
    topography: DataFile
    requests: int = 0
    expected: dict[int, Mapping[FileType, str]] = field(default_factory=dict)

    def request(self, choice: int) -> None:
        """Ask for the routing, which everything else follows."""
        self.furnishing.request(self.topography, "routing", CHOICES[choice])
        self.requests += 1

    def is_quiet(self) -> bool:
        views = transactions.workflow_view(self.furnishing.database, self.topography.id)
        return not any(view.status in (Status.QUEUED, Status.RUNNING) for view in views.values())

    def values(self) -> Mapping[FileType, str]:
        """Checksum of the values of the newest file of each type."""
        with self.furnishing.database.reading() as connection:
            return {
                kind: revisions.values_of(connection, self.topography.id, kind)[0][1]
                for kind in MADE
            }

    def processes(self, kind: str) -> list[psutil.Process]:
        """Those of a kind that run now."""
        return [process for process in self.serving.processes() if _kind(process) == kind]

    def disturb(self, kind: str, dice: random.Random) -> bool:
        """Ask for work, kill a process at some moment of it, wait until all is done."""
        choice = dice.randrange(len(CHOICES))
        self.request(choice)
        moment = time.monotonic() + dice.uniform(0.0, LATEST_SECONDS)
        wait_for(lambda: time.monotonic() >= moment, "the moment")
        family = self.serving.processes()
        victims = self.processes(kind)
        if kind == "step":
            wait_for(lambda: self.is_quiet() or self.processes(kind), "a step at work")
            victims = self.processes(kind)
        if victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(victims).pid, signal.SIGKILL)
        if kind == "supervisor":
            for process in family:
                wait_for(lambda pid=process.pid: is_gone(pid), "all end", 10.0)  # type: ignore[misc]
            assert self.serving.process is not None
            self.serving.process.wait()
            self.serving.start()
        wait_for(self.is_quiet, "the workflow ends")
        assert self.values() == self.expected[choice]
        return bool(victims)


def _kind(process: psutil.Process) -> str:
    """Which process of the platform it is; empty if it has just ended."""
    try:
        command = " ".join(process.cmdline())
        parent = process.parent()
        above = " ".join(parent.cmdline()) if parent else ""
    except psutil.NoSuchProcess:
        return ""
    for module, below_itself, else_ in (
        ("embedded.web", "web process", "web"),
        ("sandbox.server", "step", "sandbox server"),
        ("embedded.worker", "worker", "worker"),
        ("embedded.editors", "editors", "editors"),
    ):
        if module in command:
            return below_itself if module in above else else_
    return "supervisor" if " serve " in command else "unknown"


def check_everything(workplace: Workplace) -> None:
    """What must hold once all is quiet and the platform was started anew."""
    services = workplace.furnishing.services
    identifier = workplace.topography.id
    with services.database.reading() as connection:
        known = revisions.of_file(connection, identifier)
        counts = tasks.counts(connection)
        paths = revisions.every_path(connection)
    for revision in known:
        content = services.storage.path(revision.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == revision.sha256
        assert len(content) == revision.size
    assert services.storage.orphans(paths) == ()
    left = [path for path in services.storage.root.rglob("*") if path.name.endswith(".part")]
    assert left == []
    assert [*services.storage.incoming_folder.iterdir()] == []
    for kind in FileType:
        numbers = sorted(each.revision for each in known if each.file_type is kind)
        assert numbers == list(range(1, len(numbers) + 1))
    made = Counter((each.task_id, each.file_type) for each in known if each.task_id)
    assert set(made.values()) <= {1}
    routed = [each for each in known if each.file_type is FileType.ROUTING]
    assert len(routed) == workplace.requests
    assert counts[TaskState.QUEUED] == counts[TaskState.RUNNING] == counts[TaskState.FAILED] == 0
    views = transactions.workflow_view(services.database, identifier)
    done = ("regrid", "routing", "pft", "heatflow", "ahmcoef")
    assert {step: views[step].status for step in done} == dict.fromkeys(done, Status.UP_TO_DATE)


def prepared(serving: Serving, furnishing: Furnishing) -> Workplace:
    """A topography whose workflow has run undisturbed with each choice."""
    topography = furnishing.topography(furnishing.user("ada"))
    workplace = Workplace(serving, furnishing, topography)
    furnishing.request(topography, "regrid", {"dlat": 2.0, "dlon": 2.0})
    furnishing.wait(topography, "regrid")
    for choice in reversed(range(len(CHOICES))):
        workplace.request(choice)
        if "pft" not in steps_asked(workplace):
            furnishing.request(topography, "pft", {})
        wait_for(workplace.is_quiet, "the workflow ends")
        workplace.expected[choice] = workplace.values()
    assert workplace.expected[0] != workplace.expected[1]
    return workplace


def steps_asked(workplace: Workplace) -> set[str]:
    views = transactions.workflow_view(workplace.furnishing.database, workplace.topography.id)
    return {step for step, view in views.items() if view.parameters is not None}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    serving = Serving(tmp_path_factory.mktemp("killed") / "instance", {"LEAST_FREE_MB": "1"})
    serving.start()
    furnishing = Furnishing(serving)
    try:
        made = prepared(serving, furnishing)
        yield made
        serving.end()
        serving.start()  # what was left is cleared at a start
        wait_for(made.is_quiet, "the workflow ends")
        check_everything(made)
        serving.end()
    finally:
        furnishing.close()
        if serving.process is not None:
            serving.process.kill()
            serving.process.wait()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_or_done_twice(workplace: Workplace, kind: str) -> None:
    dice = random.Random(kind)
    killed = sum(workplace.disturb(kind, dice) for _ in range(2))
    assert killed > 0


def test_the_kinds_are_all_there_are(workplace: Workplace) -> None:
    """No process of the platform escapes these tests."""

    def there() -> set[str]:
        return {_kind(process) for process in workplace.serving.processes()} - {""}

    assert there() <= set(KINDS)
    wait_for(lambda: set(KINDS) - there() <= {"step"}, "those that were killed are back")
    assert set(STEPS) > set(steps_of(Worker.PYTHON))
