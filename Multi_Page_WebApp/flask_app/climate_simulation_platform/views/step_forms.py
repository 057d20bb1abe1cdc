"""Showing the form of a step and taking it in, with everything kept that was typed."""

from collections.abc import Mapping
from typing import Any, cast

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from climate_simulation_platform import ocean_grids
from climate_simulation_platform.constants import ENGINE, ORDER, STEPS, FileType
from climate_simulation_platform.db import revisions, tasks
from climate_simulation_platform.engines import HOW_TO_INSTALL
from climate_simulation_platform.errors import Conflict, PlatformError, RequestRefused
from climate_simulation_platform.labels import CHOICES, PARAMETERS, STEP_TITLES
from climate_simulation_platform.pages import forms, vegetation, words
from climate_simulation_platform.pages.judging import (
    Grid,
    Judged,
    find_bathymetry_problems,
    find_topography_problems,
    judge,
)
from climate_simulation_platform.pages.words import AT_WORK
from climate_simulation_platform.records import DataFile, Parameters, Revision
from climate_simulation_platform.sandbox import ChildDied
from climate_simulation_platform.views.current import current_user, services
from climate_simulation_platform.views.errors import status_of
from climate_simulation_platform.views.receiving import ReceivingRequest
from climate_simulation_platform.views.revision_pages import makers
from climate_simulation_platform.views.step_board import Board, board_of, version_sent
from climate_simulation_platform.views.upload import NO_FILE, room
from climate_simulation_platform.workflow import transactions
from climate_simulation_platform.workflow.model import UPLOADED
from climpy.bc.ipsl.vegetation_table import CLASSES
from climpy.errors import ClimpyError

FILE = "file"
WEIGHTS = "calculate_weights"

FIND = {FileType.RAW: find_topography_problems, FileType.BATHY: find_bathymetry_problems}
"""What looks for problems in a file that a person looks at."""

MOST_SHOWN = 50
"""Seas or passages in a list."""


def show(data_file: DataFile, step: str) -> ResponseReturnValue:
    """The form with the parameters of last time, or the defaults."""
    board = board_of(data_file)
    if step not in forms.FORMS:
        return _page(board, step, {})
    known = _sandboxed_judge(step, _last_parameters(board, step))
    complete = known.parameters or _sandboxed_judge(step, {}).parameters
    shown = forms.fields_shown(step, complete)
    if step == "routing" and request.args.get("coordinates") == UPLOADED:
        shown["coordinates"] = (UPLOADED,)
    if step == WEIGHTS and (offered := _engines_offered()):
        last = shown[ENGINE][0]
        shown[ENGINE] = (last if last in offered else offered[0],)
    return _page(board, step, shown)


def _engines_offered() -> list[str]:
    """Engines that somebody runs in this installation."""
    at_work = services().settings.workers
    return [worker.value for worker in STEPS[WEIGHTS].workers if worker in at_work]


def _engines_missing() -> dict[str, str]:
    """The others, and what to install where the installation is one command."""
    offered = _engines_offered()
    embedded = services().settings.embedded
    return {
        engine.value: HOW_TO_INSTALL[engine] if embedded else ""
        for engine in STEPS[WEIGHTS].workers
        if engine not in offered
    }


def _last_parameters(board: Board, step: str) -> Parameters:
    """Those somebody gave last, also for a run that was cancelled."""
    view = board.views[step]
    if view.status in AT_WORK:
        return view.parameters or {}
    with services().database.reading() as connection:
        given = tasks.last_parameters(connection, board.data_file.id, step)
    return given or view.parameters or {}


def take(data_file: DataFile, step: str) -> ResponseReturnValue:
    """Ask for the step; else the form again, with what is wrong and all that was typed."""
    if step not in forms.FORMS:
        raise RequestRefused(f"{STEP_TITLES[step]} cannot be asked for with a form.")
    typed = {name: tuple(texts) for name, texts in request.form.lists()}
    action = request.form.get("do", "")
    if action:
        return _changed(data_file, step, typed, action)
    try:
        parsed = forms.parameters_typed(step, typed)
        errors = parsed.errors or _errors_of_variable(data_file, step, parsed.parameters)
        judged = Judged(errors=errors) if errors else _sandboxed_judge(step, parsed.parameters)
        if judged.errors:
            return _again(data_file, step, typed, judged.errors, 400)
        _ask(data_file, step, judged.parameters)
    except (PlatformError, ClimpyError) as refusal:
        return _again(data_file, step, typed, {"": _sentence(refusal)}, status_of(refusal))
    return redirect(url_for("steps.page", data_file_id=data_file.id), code=303)


def make_room() -> None:
    """Look whether an ocean grid can be taken, before a byte of it is read."""
    cast(ReceivingRequest, request).receive_file(services().storage, room())


def take_grid(data_file: DataFile, file_type: FileType) -> ResponseReturnValue:
    """Keep an ocean grid of one's own; the routing's form then offers it."""
    if file_type is not FileType.COORDS:
        raise RequestRefused("Only an ocean grid can be uploaded here.")
    arrived = cast(ReceivingRequest, request).arrived_file(FILE)
    try:
        if arrived is None or not arrived.original_name:
            raise RequestRefused(NO_FILE)
        grid = ocean_grids.take_in(services(), data_file, current_user(), arrived)
    except (PlatformError, ClimpyError) as refusal:
        board = board_of(data_file)
        shown = forms.fields_shown("routing", _sandboxed_judge("routing", {}).parameters)
        return _page(board, "routing", shown, {FILE: str(refusal)}, status_of(refusal))
    flash(*_told(grid))
    target = url_for("steps.form", data_file_id=data_file.id, step="routing", coordinates=UPLOADED)
    return redirect(target, code=303)


def _ask(data_file: DataFile, step: str, parameters: Mapping[str, Any]) -> None:
    queue = services().queue
    if queue is not None:
        queue.require()
    view = transactions.request_step(
        services().database,
        data_file.id,
        step,
        parameters,
        user=current_user().username,
        version=version_sent(),
        hand_on=None if queue is None else queue.hand_on,
    )
    flash(f"{STEP_TITLES[step]} was asked for. {view.why}".strip(), "good")


def _changed(
    data_file: DataFile, step: str, typed: Mapping[str, tuple[str, ...]], action: str
) -> ResponseReturnValue:
    """The form with a row more or less; works without a script."""
    changed = forms.changed_rows(step, typed, action)
    if changed is None:
        return _again(data_file, step, typed, {"": forms.STRANGE}, 400)
    return _page(board_of(data_file), step, changed)


def _again(
    data_file: DataFile,
    step: str,
    typed: Mapping[str, tuple[str, ...]],
    errors: Mapping[str, str],
    status: int,
) -> Response:
    known = set(forms.field_names(step))
    shown = {name: texts for name, texts in typed.items() if name in known}
    if step == "pft" and vegetation.rows_typed(shown) is None:
        shown = forms.fields_shown(step, {})
    return _page(board_of(data_file), step, shown, errors, status)


def _page(
    board: Board,
    step: str,
    shown: Mapping[str, tuple[str, ...]],
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    by_person = STEPS[step].by_person
    page = render_template(
        f"steps/{'person' if by_person else 'form'}.html",
        board=board,
        view=board.views[step],
        step=step,
        shown={name: texts[0] for name, texts in shown.items() if texts},
        errors=errors or {},
        conflict=status == status_of(Conflict()),
        parameters=PARAMETERS.get(step, {}),
        choices=CHOICES.get(step, {}),
        **(_of_person(board, step) if by_person else _of_form(board, step, shown)),
    )
    return make_response(page, status)


def _of_form(board: Board, step: str, shown: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """What some forms show besides the fields."""
    if step == "regrid":
        return {"variables": _variables(board.data_file, step)}
    if step == "pft":
        rows = vegetation.rows_typed(shown) or ()
        return {
            "rows": rows,
            "bars": vegetation.bars(rows, width=900.0, height=200.0),
            "classes": CLASSES,
            "most_bands": vegetation.MOST_BANDS,
        }
    if step == "routing":
        return {
            "variables": _variables(board.data_file, step),
            "places": forms.places_typed(shown),
            "uploaded": _newest_upload(board.data_file, FileType.COORDS),
        }
    if step == WEIGHTS:
        return {
            "not_installed": _engines_missing(),
            "no_ice_in": shown.get("no_ice_in", ()),
            "makers": makers,
        }
    return {}


def _of_person(board: Board, step: str) -> dict[str, Any]:
    """What was found in the file that a person looks at, where it was asked for."""
    file_type = STEPS[step].reads[0]
    revision = board.newest.get(file_type)
    proposes = step in forms.FORMS
    context: dict[str, Any] = {
        "file_type": file_type,
        "revision": revision,
        "proposes": proposes,
        "reviewable": not proposes or STEPS[step].writes[0] in board.newest,
        "repeated": board.repeated(step),
        "most_shown": MOST_SHOWN,
        "place": words.place,
        "edit_words": words.edits,
    }
    if revision is not None and "look" in request.args and request.method == "GET":
        path = services().storage.path(revision.path)
        try:
            context["found"] = services().sandbox.run(FIND[file_type], path)
        except (ChildDied, ClimpyError) as refusal:
            context["not_found"] = str(refusal)
    return context


def _sandboxed_judge(step: str, parameters: Mapping[str, Any]) -> Judged:
    return services().sandbox.run(judge, step, dict(parameters), queued=False)


def _errors_of_variable(
    data_file: DataFile, step: str, parameters: Mapping[str, Any]
) -> dict[str, str]:
    """A variable that the file does not have."""
    chosen = parameters.get("topo_var")
    if chosen is None or chosen in (offered := _variables(data_file, step)):
        return {}
    return {"topo_var" if len(offered) > 1 else "": "The topography's file has no such field."}


def _variables(data_file: DataFile, step: str) -> tuple[str, ...]:
    """Fields of the topography that a step reads, those on the same axes as its first one."""
    earlier = ORDER[: ORDER.index(step)]
    with services().database.reading() as connection:
        found = revisions.of_file(connection, data_file.id, FileType.RAW)
        raw = next((one for one in found if one.step is None or one.step in earlier), None)
        header = {} if raw is None else revisions.header(connection, raw.id)
    drawable = {v["name"]: tuple(v["dims"]) for v in header.get("variables", ()) if v["drawable"]}
    first = data_file.understanding.get("variable")
    axes = drawable.get(first if first in drawable else header.get("first"))
    return tuple(name for name, dims in drawable.items() if dims == axes)


def _newest_upload(data_file: DataFile, file_type: FileType) -> Revision | None:
    with services().database.reading() as connection:
        found = revisions.of_file(connection, data_file.id, file_type)
    return next((revision for revision in found if revision.step is None), None)


def _sentence(refusal: Exception) -> str:
    if isinstance(refusal, Conflict):
        return f"{refusal} What you typed is kept below."
    return str(refusal)


def _told(grid: Grid) -> tuple[str, str]:
    """What is said of an ocean grid that came in, and how."""
    places = " and ".join(words.place(pole["latitude"], pole["longitude"]) for pole in grid.poles)
    sentence = (
        f"The ocean grid of {grid.rows} x {grid.columns} points was uploaded; its poles lie at "
        f"{places}"
    )
    if grid.on_land:
        return f"{sentence}, on land.", "good"
    return f"{sentence}, not both on land of this topography: routing will refuse it.", "care"
