"""What was understood of an upload, on a map; a person confirms it or says what is right."""

import base64
from collections.abc import Mapping
from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from climate_simulation_platform import library
from climate_simulation_platform.errors import PlatformError
from climate_simulation_platform.labels import STEP_TITLES
from climate_simulation_platform.names import FieldsRefused
from climate_simulation_platform.records import Coordinates, DataFile, Status
from climate_simulation_platform.views import choosing
from climate_simulation_platform.views.current import current_user, services
from climate_simulation_platform.views.errors import status_of
from climate_simulation_platform.views.facts import facts
from climate_simulation_platform.views.ownership import owned_file
from climate_simulation_platform.workflow import transactions
from climpy.errors import ClimpyError


def set_coords(data_file_id: int) -> ResponseReturnValue:
    """What was understood; with choices in the address, what would be understood with them."""
    data_file = owned_file(data_file_id)
    if request.method == "POST":
        return _saved(data_file)
    if "show" not in request.args:
        return _page(data_file, data_file.understanding.get("choices", {}))
    try:
        choices = choosing.choices_of(request.args)
        findings = library.examine(services(), data_file, choices)
    except FieldsRefused as refusal:
        return _page(data_file, {}, errors=refusal.sentences, status=400)
    except (PlatformError, ClimpyError) as refusal:
        return _page(data_file, {}, refusal=str(refusal), status=status_of(refusal))
    return _page(
        data_file,
        choices,
        shown=findings.understanding or {},
        refusal=findings.refusal,
        picture=findings.picture,
    )


def coordinates_map(data_file_id: int) -> ResponseReturnValue:
    """The map of what was understood, as the coordinates are kept (PNG)."""
    data_file = owned_file(data_file_id)
    findings = library.examine(services(), data_file, data_file.understanding.get("choices", {}))
    response = make_response(findings.picture, 200 if findings.picture else 404)
    response.mimetype = "image/png"
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def _saved(data_file: DataFile) -> ResponseReturnValue:
    """Confirm what was understood, or keep what was chosen."""
    try:
        choices = choosing.choices_of(request.form)
        if request.form.get("action") == "save":
            library.set_coordinates(services(), data_file, choices, current_user())
        else:
            library.confirm_coordinates(services(), data_file, current_user())
    except FieldsRefused as refusal:
        return _page(data_file, {}, errors=refusal.sentences, status=400)
    except (PlatformError, ClimpyError) as refusal:
        return _page(data_file, {}, refusal=str(refusal), status=status_of(refusal))
    flash(f"The coordinates of “{data_file.about.name}” are confirmed.", "good")
    return redirect(url_for("steps.page", data_file_id=data_file.id), code=303)


def _page(
    data_file: DataFile,
    choices: Mapping[str, Any],
    *,
    shown: Mapping[str, Any] | None = None,
    refusal: str = "",
    errors: Mapping[str, str] | None = None,
    picture: bytes = b"",
    status: int = 200,
) -> Response:
    """The page.

    Parameters
    ----------
    choices : mapping
        Choices that are shown on the map.
    shown : mapping, optional
        What is understood with them; that of the record if not given.
    refusal : str
        Why they cannot be.
    """
    typed = request.values if "show" in request.values or request.method == "POST" else None
    known = data_file.understanding
    understanding = known if shown is None and not (refusal or errors) else shown or {}
    refusal_kept = understanding is known and "refusal" in known
    page = render_template(
        "files/set_coords.html",
        data_file=data_file,
        to_set=data_file.coordinates is Coordinates.TO_SET,
        confirmed=data_file.coordinates is Coordinates.CONFIRMED,
        facts=facts(understanding),
        warnings=understanding.get("warnings", []),
        notes=understanding.get("notes", []),
        refusal=refusal or understanding.get("refusal", ""),
        helps=choosing.what_helps(known.get("choose", ())) if refusal_kept else "",
        errors=dict(errors or {}),
        trial=shown is not None,
        picture=_inline(picture) if shown is not None else _address(data_file, understanding),
        fields=choosing.form_fields(known, choices, typed),
        open_form=bool(typed) or data_file.coordinates is Coordinates.TO_SET,
        hidden=[(name, value) for name, value in request.args.items() if name != "show"],
        redone=_redone(data_file),
    )
    return make_response(page, status)


def _inline(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}" if picture else ""


def _address(data_file: DataFile, understanding: Mapping[str, Any]) -> str:
    """Address of the map of the record; another one after each change, so that it can be kept."""
    if "rows" not in understanding:
        return ""
    version = f"{data_file.changed.timestamp():.6f}"
    return url_for("files.coordinates_map", data_file_id=data_file.id, version=version)


def _redone(data_file: DataFile) -> list[str]:
    """Titles of the steps that other coordinates would make out of date."""
    view = transactions.workflow_view(services().database, data_file.id)
    idle = (Status.NEVER, Status.NEEDS_YOU)
    return [
        STEP_TITLES[step]
        for step, state in view.items()
        if state.done_at is not None or state.status not in idle
    ]
