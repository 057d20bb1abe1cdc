"""What an editor says of revisions, of saving, and of other people."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from climate_simulation_platform.constants import STEPS, FileType, Runs, dependants, prerequisites
from climate_simulation_platform.labels import STEP_TITLES, listed, the_file
from climate_simulation_platform.records import Revision, Sitting, Status
from climate_simulation_platform.workflow.states import StepView
from climpy.interactive.editing import STEP
from climpy.interactive.saving import SavedEdit
from climpy.interactive.session import Replayed

VIEWER = "viewer"
LONGEST_NAME = 80

_RUNS = (Status.QUEUED, Status.RUNNING)
_MARKED = (Status.OUT_OF_DATE, Status.NEEDS_YOU, Status.REVIEW)


def step_of(editor: str) -> str:
    """What `climpy` calls what an editor does."""
    return STEP if editor == VIEWER else editor


def number_of(edits: int) -> str:
    """How many edits there are."""
    return "1 edit" if edits == 1 else f"{edits} edits"


def begun_with_others(edits: int, newer: Iterable[Revision]) -> str:
    """That kept edits were begun with what has newer revisions."""
    told = [
        f"{the_file(revision.file_type)} has revision {revision.revision} by now{_by(revision)}"
        for revision in newer
    ]
    begun = f"{number_of(edits)} {'was' if edits == 1 else 'were'} kept here and not saved"
    return f"{begun}; {listed(told)}." if told else f"{begun}."


def _by(revision: Revision) -> str:
    if revision.step is None:
        return f", uploaded by {revision.created_by}"
    return f", from {STEP_TITLES[revision.step]}"


def repeated(report: Iterable[Replayed]) -> tuple[str, ...]:
    """What each edit did where it was repeated."""
    return tuple(
        f"Edit {done.number} ({done.title}) was repeated: {_cells(done.changed)} of "
        f"{done.chosen} chosen changed{_across(done.across_coast)}."
        for done in report
    )


def _cells(number: int) -> str:
    return "1 cell" if number == 1 else f"{number} cells"


def _across(number: int) -> str:
    return f", {number} between land and ocean" if number else ""


def what_followed(
    revision: Revision, saved: SavedEdit, step: str, views: Mapping[str, StepView]
) -> str:
    """What saving did: the revision, the coastline, steps that run or have to be looked at."""
    across = saved.figures["cells_across_coast"]
    coast = (
        f"The coastline moved: {_cells(across)} changed between land and ocean."
        if across
        else "The coastline did not move."
    )
    sentences = [f"Saved as revision {revision.revision} of {the_file(revision.file_type)}."]
    if saved.figures["kind"] in ("topography", "bathymetry"):
        sentences.append(coast)
    sentences.extend(_what_follows(step, views))
    return " ".join((*sentences, *saved.notes))


def _what_follows(step: str, views: Mapping[str, StepView]) -> Iterator[str]:
    """Sentences about the steps that depend on one whose file was just changed."""
    later = dependants(step)
    runs = [name for name in later if views[name].status in _RUNS]
    if runs:
        yield f"{_titles(runs)} {'runs' if len(runs) == 1 else 'run'} again now."
    behind = [name for name in later if views[name].status in _MARKED and views[name].done_at]
    after = [name for name in behind if _follows(views[name], runs)]
    if after:
        yield f"{_titles(after)} {'follows' if len(after) == 1 else 'follow'} by {_itself(after)}."
    left = [name for name in behind if name not in after]
    looked_at = [name for name in left if STEPS[name].by_person]
    if looked_at:
        yield f"{_titles(looked_at)} {_is(looked_at)} to be looked at again."
    rest = [name for name in left if name not in looked_at]
    if rest:
        yield f"{_titles(rest)} {_is(rest)} out of date."


def _follows(view: StepView, runs: Sequence[str]) -> bool:
    """Whether a step runs once those before it are done, without being asked."""
    kind = STEPS[view.step].runs
    asked = kind is Runs.WITH_LAST_PARAMETERS and view.parameters is not None
    by_itself = kind is Runs.BY_ITSELF or asked
    return by_itself and view.available and bool(set(runs) & set(prerequisites(view.step)))


def _titles(steps: Sequence[str]) -> str:
    return listed([STEP_TITLES[name] for name in steps])


def _is(steps: Sequence[str]) -> str:
    return "is" if len(steps) == 1 else "are"


def _itself(steps: Sequence[str]) -> str:
    return "itself" if len(steps) == 1 else "themselves"


def others_at_it(others: Iterable[Sitting], own: str, editor: str) -> tuple[str, ...]:
    """A sentence for each other window."""
    return tuple(_of_window(sitting, own, editor) for sitting in others)


def _of_window(sitting: Sitting, own: str, editor: str) -> str:
    who = "You have" if sitting.username == own else f"{sitting.username} has"
    where = "" if sitting.username != own else " in another window"
    in_what = "" if sitting.editor == editor else f", in {_title(sitting.editor)}"
    return f"{who} this topography open{where}{in_what}, since {sitting.begun:%H:%M} UTC."


def _title(editor: str) -> str:
    return STEP_TITLES.get(editor, "the viewer")


def file_name(topography: str, file_type: FileType, revision: int, ending: str) -> str:
    """Name under which something is saved on the user's machine."""
    words = re.sub(r"[^\w.+-]+", "_", topography).strip("._-")[:LONGEST_NAME].rstrip("._-")
    return f"{words or 'topography'}_{file_type}_r{revision}_edited{ending}"
