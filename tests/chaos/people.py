"""People who work through their scripts, whatever is killed around them."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from climate_simulation_platform.computing import complete_parameters
from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database, files, revisions, users
from climate_simulation_platform.pages import forms
from climate_simulation_platform.records import Status
from climate_simulation_platform.workflow import transactions
from climate_simulation_platform.workflow.states import StepView
from tests.chaos.plan import COORDINATES, Action
from tests.chaos.recorded import routings_done
from tests.visiting import Answer, NoAnswer, Visitor

PAUSE = threading.Event()
"""Never set: what somebody waits on who tries again in a moment."""

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 240.0


class Stuck(AssertionError):
    """Something that should come does not."""


def wait_until(condition: Callable[[], Any], what: str) -> None:
    """Look now and then, rarely enough not to be in the way of the others."""
    for _ in range(round(PATIENCE_SECONDS / LOOK_SECONDS)):
        if condition():
            return
        PAUSE.wait(LOOK_SECONDS)
    raise Stuck(f"{what}: not within {PATIENCE_SECONDS:g} s")


@dataclass
class Progress:
    """How far all people are."""

    done: int = 0
    over: bool = False
    told: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def tell(self, what: str) -> None:
        """Count something that happened."""
        with self._changed:
            self.told[what] += 1

    def step(self) -> None:
        """Something was done."""
        with self._changed:
            self.done += 1
            self._changed.notify_all()

    def fault(self, sentence: str) -> None:
        """Something is wrong."""
        with self._changed:
            self.faults.append(sentence)

    def end(self) -> None:
        """Nobody does anything more."""
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def wait(self, done: float) -> None:
        """Wait until so much is done, or all."""
        with self._changed:
            while self.done < done and not self.over:
                before = self.done
                if not self._changed.wait(PATIENCE_SECONDS) and self.done == before:
                    raise Stuck(f"nothing is done any more after {self.done} actions")


@dataclass
class Wanted:
    """A topography and what its person chose last.

    Parameters
    ----------
    causes : list of str
        What was asked for since nothing was at work that has the routing run, once each.
    routed : int
        Routings that had been done then.
    """

    number: int
    name: str
    choices: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    causes: list[str] = field(default_factory=list)
    routed: int = 0

    def chose(self, action: Action) -> None:
        """Remember what was asked for."""
        asked = "routing" in self.choices or action.what == "routing"
        if asked and action.what in (COORDINATES, "regrid", "routing"):
            self.causes.append(action.what)
        self.choices[action.what] = action.choice

    def routings(self) -> tuple[int, int]:
        """How many follow at least and at most from what was asked since nothing was at work.

        What comes before another has ended replaces it.
        """
        return min(1, len(self.causes)), len(self.causes)


@dataclass
class Person:
    """Somebody who brings topographies and asks for steps on the pages."""

    visitor: Visitor
    database: Database
    progress: Progress
    content: bytes

    def work(self, name: str, script: list[Action]) -> Wanted:
        """Bring a topography, do everything that the script says, and see that it comes."""
        number = self._bring(name)
        wanted = Wanted(number, name)
        self.progress.step()
        for action in script:
            if action.quiet:
                self._come_to_rest(wanted)
            self._do(wanted, action)
            self.progress.step()
        self._come_to_rest(wanted)
        if self._views(wanted)["subbasins"].status is not Status.UP_TO_DATE:
            self._do(wanted, Action("subbasins", {}, quiet=True))
            self._come_to_rest(wanted)
        return wanted

    def _bring(self, name: str) -> int:
        while True:
            answer = self._asked(lambda: self.visitor.upload(name, self.content))
            found = self._number_of(name)
            if found is not None:
                return found
            self._complain(answer, 201, f"upload of {name}")

    def _do(self, wanted: Wanted, action: Action) -> None:
        """Ask until it came through, once."""
        send = self._rewrite if action.what == COORDINATES else self._request
        count = self._uploads if action.what == COORDINATES else self._version
        while True:
            before = count(wanted, action)
            answer = self._asked(partial(send, wanted, action, before))
            if count(wanted, action) == before + 1:
                break
            self._complain(answer, 303, f"{action} of {wanted.name}")
        if answer is None:
            self.progress.tell("requests that counted without an answer")
        wanted.chose(action)

    def _asked(self, ask: Callable[[], Answer]) -> Answer | None:
        """An answer; None if none came, or one that says to try again, and the pages are up."""
        try:
            answer = ask()
        except NoAnswer:
            self.progress.tell("requests without an answer")
            wait_until(self._answers, "pages")
            return None
        if answer.status == 503:
            self.progress.tell("requests refused for the moment")
            PAUSE.wait(LOOK_SECONDS)
            return None
        return answer

    def _answers(self) -> bool:
        try:
            return self.visitor.get("/status").status == 200
        except NoAnswer:
            return False

    def _complain(self, answer: Answer | None, good: int, what: str) -> None:
        """Nothing came of a request: that must have been said."""
        if answer is not None and answer.status == good:
            self.progress.fault(f"{what} was answered as taken and is lost")
        elif answer is not None:
            raise Stuck(f"{what}: {answer.status} {_sentences(answer.text)}")

    def _request(self, wanted: Wanted, action: Action, version: int) -> Answer:
        complete = complete_parameters(action.what, action.choice)
        fields = forms.fields_shown(action.what, complete)
        form = {**fields, "version": (str(version),)}
        return self.visitor.send(f"/{wanted.number}/{action.what}", form)

    def _rewrite(self, wanted: Wanted, action: Action, _before: int) -> Answer:
        form = {"action": ["save"], "variable": [str(action.choice["variable"])]}
        return self.visitor.send(f"/{wanted.number}/set_coords", form)

    # what the records say

    def _views(self, wanted: Wanted) -> Mapping[str, StepView]:
        return transactions.workflow_view(self.database, wanted.number)

    def _version(self, wanted: Wanted, action: Action) -> int:
        return self._views(wanted)[action.what].version

    def _uploads(self, wanted: Wanted, _action: Action) -> int:
        with self.database.reading() as connection:
            known = revisions.of_file(connection, wanted.number, FileType.RAW)
        return sum(revision.step is None for revision in known)

    def _number_of(self, name: str) -> int | None:
        with self.database.reading() as connection:
            user = users.by_name(connection, self.visitor.name)
            assert user is not None
            page = files.page(connection, user.id, search=name)
        found = [listed.file.id for listed in page.files if listed.file.about.name == name]
        if len(found) > 1:
            self.progress.fault(f"{name} was brought once and is there {len(found)} times")
        return found[0] if found else None

    def _come_to_rest(self, wanted: Wanted) -> None:
        """Wait until nothing is at work, and see how often the routing was done."""
        at_work = (Status.QUEUED, Status.RUNNING)
        wait_until(
            lambda: not any(view.status in at_work for view in self._views(wanted).values()),
            f"the end of what was asked of {wanted.name}",
        )
        done = routings_done(self.database, wanted.number)
        least, most = wanted.routings()
        if not least <= done - wanted.routed <= most:
            self.progress.fault(
                f"{wanted.name}: {done - wanted.routed} routings, not {least} to {most}, follow "
                f"from {wanted.causes}"
            )
        wanted.causes, wanted.routed = [], done


def _sentences(page: str) -> str:
    """What a page says, without its head and its form."""
    main = page.partition("<main")[2] or page
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())[:400]
