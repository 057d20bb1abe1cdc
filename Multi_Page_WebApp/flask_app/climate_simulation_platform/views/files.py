"""The user's topographies: the list, and what is done with each."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from climate_simulation_platform import library
from climate_simulation_platform.db import files
from climate_simulation_platform.db.files import Order
from climate_simulation_platform.errors import NoSpace, RequestRefused
from climate_simulation_platform.names import (
    LONGEST_NAME,
    FieldsRefused,
    about_of,
    shortened,
    tidy_line,
)
from climate_simulation_platform.records import Coordinates, DataFile, Status
from climate_simulation_platform.views import coordinates, listing, upload
from climate_simulation_platform.views.current import current_user, now, services
from climate_simulation_platform.views.errors import status_of
from climate_simulation_platform.views.ownership import owned_file

blueprint = Blueprint("files", __name__)
blueprint.add_url_rule("/upload", "upload", upload.upload, methods=["GET", "POST"])
blueprint.add_url_rule("/upload/demo", "upload_demo", upload.upload_demo, methods=["POST"])
blueprint.add_url_rule(
    "/<int:data_file_id>/set_coords",
    "set_coords",
    coordinates.set_coords,
    methods=["GET", "POST"],
)
blueprint.add_url_rule(
    "/<int:data_file_id>/set_coords/map", "coordinates_map", coordinates.coordinates_map
)

UNDO = "undo"
"""Where the session keeps what was deleted last."""


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """The user's topographies."""
    wanted = listing.Wanted.of(request.args)
    found = _found(wanted)
    if not found.files and wanted.number > 1:
        return redirect(url_for(".index", **wanted.address(listing.pages(found))))
    return render_template(
        "files/index.html",
        found=found,
        wanted=wanted,
        pages=listing.pages(found),
        orders=[(order.value, listing.ORDER_TITLES[order]) for order in Order],
        words=listing,
        now=now(),
        keep_days=services().settings.keep_deleted.days,
        undo=None if wanted.deleted else session.pop(UNDO, None),
        statuses=list(Status),
        state_url=_state_url,
    )


def _found(wanted: listing.Wanted) -> files.FilesPage:
    with services().database.reading() as connection:
        return files.page(
            connection,
            current_user().id,
            search=wanted.search,
            deleted=wanted.deleted,
            order=wanted.order,
            offset=wanted.offset,
            limit=listing.PER_PAGE,
        )


def _state_url(data_file: DataFile) -> str:
    """Where opening a topography leads: to its steps, or to what must be done before."""
    known = data_file.coordinates is Coordinates.CONFIRMED
    return url_for("steps.page" if known else "files.set_coords", data_file_id=data_file.id)


@blueprint.route("/<int:data_file_id>/rename", methods=["GET", "POST"])
def rename(data_file_id: int) -> ResponseReturnValue:
    """Say anew what a topography is called, and what there is to say of it."""
    data_file = owned_file(data_file_id)
    if request.method != "POST":
        return _rename_page(data_file, _words(data_file), {})
    typed = {name: request.form.get(name, "") for name in upload.WORDS}
    try:
        about = about_of(typed)
    except FieldsRefused as refusal:
        return _rename_page(data_file, typed, refusal.sentences), 400
    library.rename(services(), data_file, about, now())
    flash(f"“{about.name}” is changed.", "good")
    return redirect(url_for(".index"), code=303)


def _words(data_file: DataFile) -> dict[str, str]:
    about = data_file.about
    age = "" if about.age_ma is None else f"{about.age_ma:.10g}"
    return dict(
        zip(upload.WORDS, (about.name, about.reference, age, about.hypothesis), strict=True)
    )


def _rename_page(data_file: DataFile, typed: dict[str, str], errors: dict[str, str]) -> str:
    return render_template("files/rename.html", data_file=data_file, typed=typed, errors=errors)


@blueprint.route("/<int:data_file_id>/send", methods=["GET", "POST"])
def send(data_file_id: int) -> ResponseReturnValue:
    """Put a copy into somebody else's list."""
    data_file = owned_file(data_file_id)
    recipient = shortened(tidy_line(request.form.get("recipient", "")), LONGEST_NAME)
    page: dict[str, Any] = {"data_file": data_file, "recipient": recipient, "errors": {}}
    if request.method != "POST":
        return render_template("files/send.html", **page)
    try:
        if not recipient:
            raise RequestRefused("Say to whom.")
        found = library.send(services(), data_file, current_user(), recipient)
    except (RequestRefused, NoSpace) as refusal:
        page["errors"] = {"recipient": str(refusal)}
        return render_template("files/send.html", **page), status_of(refusal)
    flash(f"{found.username} has a copy of “{data_file.about.name}” now.", "good")
    return redirect(url_for(".index"), code=303)


@blueprint.post("/<int:data_file_id>/duplicate")
def duplicate(data_file_id: int) -> ResponseReturnValue:
    """Make a copy that goes its own way."""
    copy = library.duplicate(services(), owned_file(data_file_id), current_user())
    flash(f"“{copy.about.name}” is a copy that goes its own way.", "good")
    return redirect(url_for(".index"), code=303)


@blueprint.post("/<int:data_file_id>/delete")
def delete(data_file_id: int) -> ResponseReturnValue:
    """Take a topography from the list; the next page offers to undo that."""
    data_file = owned_file(data_file_id)
    library.delete(services(), data_file)
    session[UNDO] = [data_file.id, data_file.about.name]
    return redirect(url_for(".index"), code=303)


@blueprint.post("/<int:data_file_id>/restore")
def restore(data_file_id: int) -> ResponseReturnValue:
    """Put a deleted topography back."""
    data_file = owned_file(data_file_id)
    library.restore(services(), data_file)
    flash(f"“{data_file.about.name}” is back.", "good")
    return redirect(url_for(".index"), code=303)
