"""The way from the pages to the editors, which are served beside them."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from climate_simulation_platform.constants import STEPS, FileType
from climate_simulation_platform.errors import RequestRefused
from climate_simulation_platform.labels import FILE_TITLES
from climate_simulation_platform.records import Coordinates, DataFile
from climate_simulation_platform.tickets import VIEWER, Ticket, signed
from climate_simulation_platform.views import asked
from climate_simulation_platform.views.current import current_user, now, services
from climate_simulation_platform.views.ownership import owned_file
from climate_simulation_platform.views.revision_pages import the_revision
from climate_simulation_platform.workflow.change import needs
from climate_simulation_platform.workflow.transactions import workflow_view

blueprint = Blueprint("editors", __name__)

LONGEST_VARIABLE = 256
"""Characters; the library that writes the files allows no more."""


@blueprint.get("/<int:data_file_id>/edit/<editor:editor>")
def open_editor(data_file_id: int, editor: str) -> ResponseReturnValue:
    """Send a user on to an editor, with a ticket."""
    data_file = owned_file(data_file_id)
    require_confirmed(data_file)
    wanted = _viewer(data_file) if editor == VIEWER else _step(data_file, editor)
    settings = services().settings
    address = settings.editors_at(request.url_root)
    text = signed(settings.secret_key or "", wanted)
    answer = redirect(f"{address}?{urlencode({'ticket': text})}", code=303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def require_confirmed(data_file: DataFile) -> None:
    """Refuse a topography of which nobody knows yet where its cells lie.

    Raises
    ------
    RequestRefused
    """
    if data_file.coordinates is not Coordinates.CONFIRMED:
        raise RequestRefused("Confirm the coordinates of the topography first.")


def _step(data_file: DataFile, step: str) -> Ticket:
    missing = workflow_view(services().database, data_file.id)[step].missing
    if missing:
        raise RequestRefused(needs(step, missing))
    home = url_for("steps.form", data_file_id=data_file.id, step=step, _external=True)
    return _ticket(data_file, step, STEPS[step].writes[0], None, home)


def _viewer(data_file: DataFile) -> Ticket:
    file_type = _file_type()
    if file_type.packed:
        raise RequestRefused(f"{FILE_TITLES[file_type]} cannot be opened in an editor.")
    number = asked.number(request.args, "revision")
    the_revision(data_file, file_type, number)
    home = url_for(
        "assets.view",
        data_file_id=data_file.id,
        file_type=file_type,
        revision=number,
        _external=True,
    )
    return _ticket(data_file, VIEWER, file_type, number, home)


def _ticket(
    data_file: DataFile, editor: str, file_type: FileType, revision: int | None, home: str
) -> Ticket:
    user = current_user()
    return Ticket(
        user_id=user.id,
        username=user.username,
        data_file_id=data_file.id,
        editor=editor,
        file_type=file_type,
        revision=revision,
        variable=_variable(),
        home=home,
        issued=now(),
    )


def _file_type() -> FileType:
    try:
        return FileType(request.args.get("file_type", ""))
    except ValueError as unknown:
        raise RequestRefused("Say which file is to be opened.") from unknown


def _variable() -> str:
    """Name of the variable to begin with; the editor says if there is none of that name."""
    name = request.args.get("variable", "")
    if len(name) > LONGEST_VARIABLE:
        raise RequestRefused("No variable has so long a name.")
    return name
