"""The steps of a topography: the page that shows them all, live, and what is asked of them."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.labels import STEP_TITLES
from climate_simulation_platform.views import step_forms
from climate_simulation_platform.views.current import current_user, services
from climate_simulation_platform.views.ownership import owned_file
from climate_simulation_platform.views.security import before_reading
from climate_simulation_platform.views.step_board import board_of, version_sent
from climate_simulation_platform.workflow import transactions

blueprint = Blueprint("steps", __name__)


@blueprint.get("/<int:data_file_id>/steps")
def page(data_file_id: int) -> ResponseReturnValue:
    """All steps as a picture and as a list."""
    board = board_of(owned_file(data_file_id))
    return render_template("steps/page.html", board=board)


@blueprint.get("/<int:data_file_id>/steps/state")
def state(data_file_id: int) -> ResponseReturnValue:
    """The part of the page that changes; nothing if the reader has it already."""
    response = make_response(
        render_template("steps/live.html", board=board_of(owned_file(data_file_id)))
    )
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.route("/<int:data_file_id>/<step:step>", methods=["GET", "POST"])
def form(data_file_id: int, step: str) -> ResponseReturnValue:
    """Form of a step, with its parameters of last time; or take it in."""
    data_file = owned_file(data_file_id)
    if request.method == "POST":
        return step_forms.take(data_file, step)
    return step_forms.show(data_file, step)


@blueprint.post("/<int:data_file_id>/<step:step>/cancel")
def cancel(data_file_id: int, step: str) -> ResponseReturnValue:
    """Stop a step that waits or runs."""
    transactions.cancel_step(services().database, data_file_id, step, user=current_user().username)
    flash(f"{STEP_TITLES[step]} was cancelled; its earlier result stays.", "info")
    return _to_steps(data_file_id)


@blueprint.post("/<int:data_file_id>/<step:step>/review")
def review(data_file_id: int, step: str) -> ResponseReturnValue:
    """Somebody looked and found nothing to change."""
    transactions.mark_reviewed(
        services().database,
        data_file_id,
        step,
        user=current_user().username,
        version=version_sent(),
    )
    flash(f"{STEP_TITLES[step]}: reviewed, nothing to change.", "good")
    return _to_steps(data_file_id)


@blueprint.post("/<int:data_file_id>/<step:step>/replay")
def replay(data_file_id: int, step: str) -> ResponseReturnValue:
    """Choose whether the edits of a step are repeated by themselves."""
    by_itself = "by-itself" in request.form
    transactions.choose_replay(
        services().database,
        data_file_id,
        step,
        by_itself,
        user=current_user().username,
        version=version_sent(),
    )
    said = "are repeated by themselves" if by_itself else "wait for you"
    flash(f"{STEP_TITLES[step]}: when the input changes, your edits {said}.", "good")
    return redirect(url_for("steps.form", data_file_id=data_file_id, step=step), code=303)


@blueprint.post("/<int:data_file_id>/<file_type:file_type>/upload")
@before_reading(step_forms.make_room)
def upload_coords(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Bring an ocean grid of one's own."""
    return step_forms.take_grid(owned_file(data_file_id), file_type)


def _to_steps(data_file_id: int) -> ResponseReturnValue:
    return redirect(url_for("steps.page", data_file_id=data_file_id), code=303)
