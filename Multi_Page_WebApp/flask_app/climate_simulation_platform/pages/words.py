"""Sentences about the steps of a data file."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from climate_simulation_platform.constants import STEPS, Runs, dependants
from climate_simulation_platform.labels import CHOICES, PARAMETERS, STEP_TITLES, listed
from climate_simulation_platform.records import Parameters, Status
from climate_simulation_platform.workflow.states import StepView

LOG_LINES = 8
"""Lines of a log that a page shows."""

MOST_TITLES = 5
"""Edits that are named where all cannot be."""

USUAL = (
    ("refinement", 1),
    ("closed_basins", "none"),
    ("spread_rivers_km", 0.0),
    ("ocean_name", "PALEORCA2"),
    ("lose_no_water", True),
)
"""Parameters with values that need no word."""

AT_WORK = (Status.QUEUED, Status.RUNNING)


def at_work(views: Mapping[str, StepView]) -> bool:
    """Whether any step waits or runs."""
    return any(view.status in AT_WORK for view in views.values())


def next_step(views: Mapping[str, StepView]) -> str | None:
    """The step to go on with: the first that failed, else the first that waits for a person."""
    waiting = _with(views, (Status.NEEDS_YOU, Status.REVIEW, Status.OUT_OF_DATE))
    return next(iter((*_with(views, (Status.FAILED,)), *waiting)), None)


def summary(views: Mapping[str, StepView]) -> str:
    """Where the workflow stands, in a sentence or two."""
    parts = [
        _counted(_with(views, (Status.RUNNING,)), "is running", "are running"),
        _counted(_with(views, (Status.QUEUED,)), "waits", "wait"),
        _counted(_with(views, (Status.FAILED,)), "failed", "failed"),
        _counted(_with(views, (Status.OUT_OF_DATE,)), "is out of date", "are out of date"),
        _counted(_with(views, (Status.REVIEW,)), "is to be reviewed", "are to be reviewed"),
        _counted(_with(views, (Status.NEEDS_YOU,)), "needs you", "need you"),
    ]
    said = [part for part in parts if part]
    if said:
        return f"{listed(said)}."
    if _with(views, (Status.UP_TO_DATE,)):
        return "Nothing waits for you."
    return "Nothing has been run yet."


def in_words(step: str, parameters: Parameters | None) -> str:
    """Parameters of a run as a person would name them."""
    if not parameters:
        return ""
    return "; ".join(
        said for name in PARAMETERS.get(step, {}) if (said := _said(step, name, parameters))
    )


def edits(parameters: Parameters) -> str:
    """Edits that are kept with a revision, as in 3 edits: Fill the bay, dig, smooth."""
    kept: Any = parameters.get("edits")
    if kept is None:
        return ""
    number = kept if isinstance(kept, int) else len(kept)
    titles = (
        parameters.get("titles", [])
        if isinstance(kept, int)
        else [edit["title"] for edit in kept[:MOST_TITLES]]
    )
    counted = "1 edit" if number == 1 else f"{number} edits"
    more = ", …" if number > len(titles) else ""
    said = f"{counted}: {', '.join(titles)}{more}" if titles else counted
    return f"{said}{_cells_changed(parameters)}"


def _cells_changed(parameters: Parameters) -> str:
    changed, across = (parameters.get(f"cells_{name}") for name in ("changed", "across_coast"))
    if changed is None:
        return ""
    moved = f", {across} between land and ocean" if across else ""
    return f"; {changed} {'cell' if changed == 1 else 'cells'} changed{moved}"


def consequences(step: str, views: Mapping[str, StepView]) -> tuple[str, ...]:
    """What happens to later steps once a step is done; a sentence each."""
    later = [views[name] for name in dependants(step)]
    again = [STEP_TITLES[view.step] for view in later if _runs_again(view)]
    by_persons = [view for view in later if STEPS[view.step].by_person and view.done_at is not None]
    repeated = [STEP_TITLES[view.step] for view in by_persons if view.repeats]
    look = [STEP_TITLES[view.step] for view in by_persons if not view.repeats]
    said = []
    if again:
        said.append(f"{listed(again)} will run {'again' if _ran(again, views) else 'after it'}.")
    if repeated:
        said.append(f"Your edits in {listed(repeated)} will be repeated, for you to review.")
    if look:
        one = len(look) == 1
        said.append(f"{listed(look)} will need {'a new look' if one else 'new looks'} from you.")
    return tuple(said)


def elapsed(since: datetime, now: datetime) -> str:
    """Time that has passed, as in 12 s or 3 min 5 s or 2 h 4 min."""
    seconds = max(0, int((now - since).total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def worker_name(name: str) -> str:
    """Machine or container that a worker runs in; the rest of its name tells processes apart."""
    return name.partition(".")[0]


def log_tail(log: str) -> str:
    """Last lines of a run's log; of a fault of ours what it was, not where in the program."""
    lines = [line.rstrip() for line in log.strip().splitlines()]
    if any(line.startswith("Traceback (most recent call last)") for line in lines):
        return lines[-1]
    return "\n".join(lines[-LOG_LINES:])


def _with(views: Mapping[str, StepView], statuses: Iterable[Status]) -> list[str]:
    wanted = tuple(statuses)
    return [step for step, view in views.items() if view.status in wanted and view.available]


def _counted(steps: list[str], one: str, several: str) -> str:
    if not steps:
        return ""
    return f"{STEP_TITLES[steps[0]]} {one}" if len(steps) == 1 else f"{len(steps)} steps {several}"


def _runs_again(view: StepView) -> bool:
    kind = STEPS[view.step].runs
    asked = view.parameters is not None or view.done_at is not None
    return view.available and (
        kind is Runs.BY_ITSELF or (kind is Runs.WITH_LAST_PARAMETERS and asked)
    )


def _ran(titles: list[str], views: Mapping[str, StepView]) -> bool:
    return any(
        view.done_at is not None for step, view in views.items() if STEP_TITLES[step] in titles
    )


def _said(step: str, name: str, parameters: Parameters) -> str:
    value: Any = parameters.get(name)
    if value is None or value is False or value == [] or _goes_without_saying(name, parameters):
        return ""
    about = PARAMETERS[step][name]
    return (about.said or f"{_lower(about.title)}: {{}}").format(_value(step, name, value))


def _value(step: str, name: str, value: Any) -> str:
    chosen = CHOICES.get(step, {}).get(name, {})
    if isinstance(value, list) and set(map(str, value)) <= set(chosen):
        return listed([f"the {chosen[one].title}" for one in value])
    if isinstance(value, list):
        return f"{len(value)} kept" if name == "closed_basins" else str(len(value))
    if value in chosen:
        return _lower(chosen[value].title)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if number else str(value)


def _goes_without_saying(name: str, parameters: Parameters) -> bool:
    """Whether a value has no effect with the others, or is what everybody takes."""
    if name == "minimum_ocean_fraction":
        return parameters.get("bathymetry_method") != "mean"
    if name == "coordinates":
        return parameters.get("pole_latitude") is not None
    return (name, parameters.get(name)) in USUAL


def _lower(text: str) -> str:
    """Text as it goes on in a sentence; abbreviations stay."""
    return text if text[:2].isupper() else text[0].lower() + text[1:]


def place(latitude: float, longitude: float) -> str:
    """A place as in 12.5° S 30.1° E."""
    east = (longitude + 180.0) % 360.0 - 180.0
    return (
        f"{abs(latitude):.1f}° {'S' if latitude < 0 else 'N'} "
        f"{abs(east):.1f}° {'W' if east < 0 else 'E'}"
    )
