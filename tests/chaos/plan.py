"""What will be done and who will be killed, drawn beforehand from one number."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ("worker", "dispatcher", "broker", "web")

MADE_STEPS = ("regrid", "routing", "pft", "subbasins")
"""Steps that people ask for, in the order in which they run."""

POLES = {"pole_longitude": 88.0, "pole_latitude": 46.0}
"""On land at every resolution: the ocean grid does not depend on what was there before."""

FIELDS = ("topo", "steep")
"""Fields of the upload that people choose between."""

REGRIDS: tuple[Mapping[str, Any], ...] = tuple(
    {"dlat": size, "dlon": size, "method": method}
    for size, method in ((4.0, "bilinear"), (5.0, "bilinear"), (6.0, "conservative"))
)

ROUTINGS: tuple[Mapping[str, Any], ...] = tuple(
    {**POLES, "drop_per_distance": choice} for choice in (False, True)
)

COORDINATES = "coordinates"
"""The edit that lies before every step: another field of the upload is the topography."""


@dataclass(frozen=True)
class Action:
    """Something that a person does with a topography.

    Parameters
    ----------
    what : str
        A step that is asked for, or `COORDINATES`.
    quiet : bool
        Whether the person waits before it until nothing is at work.
    """

    what: str
    choice: Mapping[str, Any]
    quiet: bool


@dataclass(frozen=True)
class Kill:
    """A kill -9.

    Parameters
    ----------
    which : int
        Among those of the kind.
    pause : float
        Seconds from when its turn has come.
    """

    kind: str
    which: int
    pause: float


@dataclass(frozen=True)
class Plan:
    """A run."""

    seed: int
    scripts: Sequence[Sequence[Action]]
    kills: Sequence[Kill]
    workers: int = 3
    people: int = 10

    @property
    def actions(self) -> int:
        """How much people do in all; each topography is brought first."""
        return sum(len(script) + 1 for script in self.scripts)


def drawn(seed: int, *, workflows: int, kills: int) -> Plan:
    """The run that belongs to a number; every kind of service is killed as often as the others."""
    dice = random.Random(seed)
    workers = 3
    order = [KINDS[number % len(KINDS)] for number in range(kills)]
    dice.shuffle(order)
    victims = [Kill(kind, dice.randrange(workers), dice.random()) for kind in order]
    scripts = [_script(random.Random(f"{seed} {number}")) for number in range(workflows)]
    return Plan(seed, scripts, victims, workers)


def _script(dice: random.Random) -> list[Action]:
    """First every step, then some edits anywhere before or among them."""
    first = [_action(COORDINATES, dice, quiet=True)]
    first += [_action(step, dice, quiet=dice.random() < 0.4) for step in MADE_STEPS]
    again = (COORDINATES, *MADE_STEPS)
    edits = [
        _action(dice.choice(again), dice, quiet=dice.random() < 0.5)
        for _ in range(dice.randint(2, 4))
    ]
    return [*first, *edits]


def _action(what: str, dice: random.Random, *, quiet: bool) -> Action:
    choices: Mapping[str, Sequence[Mapping[str, Any]]] = {
        COORDINATES: [{"variable": name} for name in FIELDS],
        "regrid": REGRIDS,
        "routing": ROUTINGS,
    }
    return Action(what, dice.choice(choices.get(what, ({},))), quiet)
