"""Bringing a topography: the form, and the file as it comes in."""

from typing import cast

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from climate_simulation_platform import library
from climate_simulation_platform.db import revisions
from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.names import FieldsRefused, about_of, name_of_file
from climate_simulation_platform.records import About, DataFile
from climate_simulation_platform.views.current import current_user, services
from climate_simulation_platform.views.errors import status_of
from climate_simulation_platform.views.receiving import ReceivingRequest, Room
from climate_simulation_platform.views.security import before_reading
from climate_simulation_platform.views.wanted import wants_json
from climate_simulation_platform.views.wording import file_size
from climpy.errors import ClimpyError

FILE = "file"
WORDS = ("name", "reference", "age", "hypothesis")
NO_FILE = "Choose a NetCDF file."


def room() -> Room:
    """How large a file of the user may be."""
    settings = services().settings
    left = None
    if settings.user_quota_bytes is not None:
        with services().database.reading() as connection:
            used = revisions.size_of_user(connection, current_user().id)
        left = max(0, settings.user_quota_bytes - used)
    limit = settings.max_upload_bytes
    return Room(limit, f"The file is larger than the {file_size(limit)} that are accepted.", left)


def make_room() -> None:
    """Look whether the file can be taken, before a byte of it is read."""
    _request().receive_file(services().storage, room())


@before_reading(make_room)
def upload() -> ResponseReturnValue:
    """The form; or take a file in, or say in one sentence why not, with all words kept."""
    if request.method != "POST":
        return _form({}, {})
    arrived = _request().arrived_file(FILE)
    typed = {name: request.form.get(name, "") for name in WORDS}
    try:
        about = _about(typed, arrived)
        if arrived is None or not arrived.original_name:
            raise FieldsRefused({FILE: NO_FILE})
        data_file = library.take_in(services(), current_user(), about, arrived)
    except FieldsRefused as refusal:
        return _form(typed, refusal.sentences, 400)
    except (PlatformError, ClimpyError) as refusal:
        return _form(typed, {FILE: str(refusal)}, status_of(refusal))
    return _taken(data_file)


def upload_demo() -> ResponseReturnValue:
    """Take in the made-up Earth."""
    return _taken(library.take_in_demo(services(), current_user()))


def _request() -> ReceivingRequest:
    return cast(ReceivingRequest, request)


def _about(typed: dict[str, str], arrived: library.Arrived | None) -> About:
    """What was typed; both are told where the file is missing too."""
    try:
        return about_of(typed, otherwise=name_of_file(arrived.original_name) if arrived else "")
    except FieldsRefused as refusal:
        if arrived is not None:
            raise
        sentences = {FILE: NO_FILE, **refusal.sentences}
        if not typed["name"].strip():
            sentences.pop("name", None)
        raise FieldsRefused(sentences) from refusal


def _taken(data_file: DataFile) -> ResponseReturnValue:
    target = url_for("files.set_coords", data_file_id=data_file.id)
    if wants_json():
        return jsonify(location=target), 201
    return redirect(target, code=303)


def _form(typed: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    if errors and wants_json():
        sentence = " ".join(errors.values())
        return make_response(jsonify(status=status, sentence=sentence, errors=errors), status)
    limits = room()
    least = [limits.most_bytes, services().storage.free_bytes()]
    most = min(least if limits.quota_bytes is None else [*least, limits.quota_bytes])
    page = render_template("files/upload.html", typed=typed, errors=errors, most_bytes=most)
    return make_response(page, status)
