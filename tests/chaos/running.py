"""The run: people at work, services killed and started again, and what is found at the end."""

import re
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from tests.chaos.judging import (
    CHECKSUMS,
    DOUBLED,
    LETTERS,
    LOST,
    ORPHANS,
    SERVICES,
    STATES,
    UNFINISHED,
    VALUES,
    Finding,
    broken_uploads,
    judge_files,
    judge_records,
    judge_what_is_left,
)
from tests.chaos.keeping import Keeper
from tests.chaos.people import PAUSE, Person, Progress, Wanted, wait_until
from tests.chaos.plan import Plan
from tests.chaos.recorded import every_run, untold
from tests.chaos.undisturbed import Undisturbed, write_topography
from tests.deployment import Deployment
from tests.e2e.furnishing import PASSWORD
from tests.visiting import Visitor

KINDS_OF_FINDINGS = (
    LOST, DOUBLED, STATES, VALUES, CHECKSUMS, ORPHANS, UNFINISHED, LETTERS, SERVICES,
)  # fmt: skip

LAST_KILL = 0.97
"""Share of all that people do after which the last kill comes."""

BROKEN = "files of uploads that broke off, which workers remove after five minutes"

_SAID = {
    "deliveries taken": r"Delivered: taken",
    "deliveries of a task at work": r"Delivered: at work",
    "deliveries of a task that had ended": r"Delivered: ended",
    "deliveries before their time": r"Delivered: not now",
    "deliveries of a task that was replaced": r"Delivered: void",
    "tasks of killed workers taken up again": r"is taken up again: its worker is silent",
}


@dataclass(frozen=True)
class Outcome:
    """What a run was, and what was found.

    Parameters
    ----------
    counts : mapping
        What happened, by name.
    """

    plan: Plan
    seconds: float
    killed: Mapping[str, int]
    counts: Mapping[str, int]
    findings: tuple[Finding, ...]


class Run:
    """One run in an installation of its own."""

    def __init__(self, plan: Plan, deployment: Deployment) -> None:
        self.plan = plan
        self.deployment = deployment
        self.keeper = Keeper(deployment)
        self.progress = Progress()
        self.wanted: list[Wanted] = []
        self.topography = deployment.folder / "topography.nc"
        self._scripts: SimpleQueue[int] = SimpleQueue()

    def run(self) -> Outcome:
        """Do everything, and judge."""
        write_topography(self.topography)
        undisturbed = Undisturbed(self.deployment.folder / "undisturbed", self.topography)
        try:
            self.deployment.start_all(workers=self.plan.workers, web=True)
            began = time.monotonic()
            self._be_chaotic()
            seconds = time.monotonic() - began
            findings = [*self._faults(), *self._judged(undisturbed)]
        finally:
            self.keeper.end()
            undisturbed.close()
        return Outcome(
            self.plan, seconds, dict(self.keeper.killed), self._counts(), tuple(findings)
        )

    def _be_chaotic(self) -> None:
        for number in range(len(self.plan.scripts)):
            self._scripts.put(number)
        people = [self._person(number) for number in range(self.plan.people)]
        self.keeper.begin()
        threads = [threading.Thread(target=self._work, args=(one,), daemon=True) for one in people]
        ending = threading.Thread(target=self._end_after, args=(threads,), daemon=True)
        for thread in (*threads, ending):
            thread.start()
        every = self.plan.actions * LAST_KILL / max(1, len(self.plan.kills))
        for number, kill in enumerate(self.plan.kills):
            self.progress.wait(every * (number + 0.5))
            PAUSE.wait(kill.pause)
            self.keeper.kill(kill)
        ending.join()

    def _person(self, number: int) -> Person:
        name = f"person{number}"
        self.deployment.rooms.user(name)
        port = next(each.port for each in self.deployment.processes if each.kind == "web")
        visitor = Visitor(port, name, PASSWORD)
        visitor.sign_in()
        return Person(
            visitor, self.deployment.database, self.progress, self.topography.read_bytes()
        )

    def _work(self, person: Person) -> None:
        """Take one topography after the other."""
        while True:
            try:
                number = self._scripts.get_nowait()
            except Empty:
                return
            name = f"Topography {number:03d}"
            try:
                self.wanted.append(person.work(name, list(self.plan.scripts[number])))
            except Exception as trouble:  # noqa: BLE001  told at the end; the others go on
                self.progress.fault(f"{name}: {trouble!r}")

    def _end_after(self, threads: list[threading.Thread]) -> None:
        for thread in threads:
            thread.join()
        self.progress.end()

    def _judged(self, undisturbed: Undisturbed) -> list[Finding]:
        deployment = self.deployment
        wait_until(self.keeper.healthy, "all services are well")
        wait_until(lambda: untold(deployment.database) == 0, "all ends are told")
        findings = judge_files(deployment.services)
        self.keeper.end()
        findings += self._ended()
        self.progress.told[BROKEN] = broken_uploads(deployment.services)
        findings += judge_what_is_left(deployment.services)
        findings += judge_records(deployment.services, self.wanted, undisturbed)
        findings += [(LETTERS, str(letter)) for letter in deployment.dead_letters()]
        return [*findings, *_tracebacks(deployment.folder)]

    def _ended(self) -> list[Finding]:
        """End every service in order."""
        running = [process for process in self.deployment.processes if process.running()]
        codes = {f"{process.kind} {process.pid}": process.end() for process in running}
        return [(SERVICES, f"{name} ended with {code}") for name, code in codes.items() if code]

    def _faults(self) -> list[Finding]:
        found = [(LOST, sentence) for sentence in self.progress.faults]
        return [*found, *((SERVICES, sentence) for sentence in self.keeper.faults)]

    def _counts(self) -> Mapping[str, int]:
        runs = every_run(self.deployment.database)
        states = Counter(run.state for run in runs)
        logs = [process.log.read_text(errors="replace") for process in self.deployment.processes]
        said = {
            what: sum(len(re.findall(words, log)) for log in logs) for what, words in _SAID.items()
        }
        return {
            "tasks": len(runs),
            "tasks done": states["done"],
            "tasks replaced by a newer request or input": states["superseded"],
            "tasks whose worker was killed": sum(run.deaths > 0 for run in runs),
            **said,
            **self.progress.told,
        }


def _tracebacks(folder: Path) -> list[Finding]:
    """Faults that services told of."""
    told = {log.name: log.read_text(errors="replace") for log in folder.glob("*.log")}
    return [
        (SERVICES, f"{name}: {text[max(0, match.start() - 300) : match.start() + 2500]}")
        for name, text in told.items()
        for match in re.finditer(r"Traceback \(most recent call last\)", text)
    ]
