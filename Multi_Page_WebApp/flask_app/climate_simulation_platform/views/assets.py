"""Files of the workflow: their revisions, maps, metadata, differences and downloads."""

import logging
import secrets
from collections.abc import Callable
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from flask import Blueprint, Response, make_response, render_template, request, send_file
from flask.typing import ResponseReturnValue

from climate_simulation_platform import looking
from climate_simulation_platform.constants import FileType, editor_of
from climate_simulation_platform.db import revisions
from climate_simulation_platform.downloading import (
    Archive,
    NotWhole,
    download_name,
    model_name,
    whole_file,
    zip_name,
)
from climate_simulation_platform.errors import NotThere, PlatformError, RequestRefused
from climate_simulation_platform.labels import FILE_TITLES, STEP_TITLES
from climate_simulation_platform.pages import edited, weighing, words
from climate_simulation_platform.records import Revision
from climate_simulation_platform.sandbox import ChildDied
from climate_simulation_platform.views import asked, heading, revision_pages
from climate_simulation_platform.views.current import services
from climate_simulation_platform.views.errors import problem, status_of
from climate_simulation_platform.views.lasting import lasting
from climate_simulation_platform.views.ownership import owned_file
from climate_simulation_platform.workflow import transactions
from climpy.errors import ClimpyError

logger = logging.getLogger(__name__)
blueprint = Blueprint("assets", __name__)

BYTES = "application/octet-stream"
NETCDF, GZIP = "application/x-netcdf", "application/gzip"
ZIP = "application/zip"
JSON = "application/json"
PYTHON = "text/x-python"

NO_PICTURE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="240" height="120" viewBox="0 0 240 120">'
    b'<g fill="none" stroke="#8a97a0" stroke-width="2"><circle cx="120" cy="60" r="34"/>'
    b'<path d="M86 60h68M120 26c-22 20-22 48 0 68M120 26c22 20 22 48 0 68"/></g></svg>'
)
"""In place of a picture of a file in which nothing can be drawn."""


@blueprint.errorhandler(NotWhole)
def _not_whole(trouble: NotWhole) -> Response:
    incident = secrets.token_hex(4)
    logger.error("Incident %s: %s %s: %s", incident, request.method, request.path, trouble)
    return problem(500, str(trouble), title="The file is not whole", incident=incident)


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/view")
def view(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Show a revision: its map, where it comes from, what its file holds."""
    shown = revision_pages.shown(
        owned_file(data_file_id), file_type, asked.number(request.args, "revision")
    )
    variable, places = None, {}
    if shown.revision:
        variable = asked.variable_of(shown.header, request.args.get("variable"))
        places = asked.indices(request.args, variable) if variable else {}
    return render_template(
        "assets/view.html",
        shown=shown,
        variable=variable,
        places=places,
        edits=_edits_shown(shown.revision),
        **_page(shown),
    )


def _edits_shown(revision: Revision | None) -> edited.Edits | None:
    """Edits of a revision; None where it has none, or they cannot be read now."""
    if revision is None or not revision_pages.is_edited(revision):
        return None
    try:
        return _edits_of(revision)
    except (ChildDied, ClimpyError, PlatformError) as trouble:
        logger.warning("Edits of %s cannot be shown: %s", revision.path, trouble)
        return None


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/revision_comparison")
def revision_comparison(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Show what changed between two revisions."""
    data_file = owned_file(data_file_id)
    second = asked.number(request.args, "to")
    shown = revision_pages.shown(data_file, file_type, second)
    first = asked.number(request.args, "from", revision_pages.before(shown))
    if shown.revision is None or first is None:
        return render_template("assets/comparison.html", shown=shown, before=None, **_page(shown))
    before = revision_pages.the_revision(data_file, file_type, first)
    variable = asked.variable_of(shown.header, request.args.get("variable"))
    statistics, refusal, places = None, "", {}
    if variable:
        places = asked.indices(request.args, variable)
        try:
            statistics = looking.statistics_in(_compare(before, shown.revision, variable, places))
        except (ClimpyError, PlatformError) as trouble:
            if status_of(trouble) != 400:
                raise
            refusal = str(trouble)
    return render_template(
        "assets/comparison.html",
        shown=shown,
        before=before,
        variable=variable,
        places=places,
        statistics=statistics,
        refusal=refusal,
        differing=revision_pages.differing(before, shown.revision),
        packed=_packed(before, shown),
        **_page(shown),
    )


def _packed(before: Revision, shown: revision_pages.Shown) -> list[tuple[str, str]]:
    """Which files of two archives differ; empty for other files."""
    if not shown.file_type.packed:
        return []
    headers = (revision_pages.header_of(before), shown.header)
    return weighing.differing_files(*(header.get("set", {}).get("files", ()) for header in headers))


def _page(shown: revision_pages.Shown) -> dict[str, Any]:
    """What both pages need besides their own."""
    return {
        "data_file": shown.data_file,
        "file_titles": FILE_TITLES,
        "step_titles": STEP_TITLES,
        "pages": revision_pages,
        "heading": heading,
        "model_name": model_name,
        "editor_of": editor_of,
        "place": words.place,
        "edit_words": words.edits,
        "address_name": asked.address_name,
    }


def _compare(
    first: Revision, second: Revision, variable: asked.Header, places: dict[str, int]
) -> bytes:
    """Compare a field as a whole; of the values only a few come along."""
    wanted = looking.Asked(variable["name"], places, every=max(1, *variable["shape"]))
    return _difference_bytes(first, second, wanted)


def _difference_bytes(first: Revision, second: Revision, wanted: looking.Asked) -> bytes:
    names = (f"revision {first.revision}", f"revision {second.revision}")
    paths = [whole_file(services().storage, one, checksum=False) for one in (first, second)]
    return services().sandbox.run(looking.difference_values, *paths, names, wanted, **_limits())


def _limits() -> dict[str, Any]:
    settings = services().settings
    return {
        "memory_bytes": settings.look_memory_bytes,
        "wall_seconds": settings.look_wall.total_seconds(),
    }


def _asked_revision(data_file_id: int, file_type: FileType) -> Revision:
    number = asked.number(request.args, "revision")
    return revision_pages.the_revision(owned_file(data_file_id), file_type, number)


def _look(revision: Revision, function: Callable[..., bytes], *arguments: Any) -> Response:
    """Answer with what a function of the sandbox reads from a revision."""

    def make() -> bytes:
        path = whole_file(services().storage, revision, checksum=False)
        return services().sandbox.run(function, path, *arguments, **_limits())

    return lasting((revision,), make, BYTES)


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/field")
def field(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Give values of a variable, or with `statistics` what the whole field is like."""
    revision = _asked_revision(data_file_id, file_type)
    variable = _named_variable(revision)
    if "statistics" in request.args:
        whole = looking.Asked(variable["name"], asked.indices(request.args, variable))
        return _look(revision, looking.field_statistics, whole)
    return _look(revision, looking.field_values, asked.asked_of(request.args, variable))


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/geometry")
def geometry(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Say where the cells of a variable lie."""
    revision = _asked_revision(data_file_id, file_type)
    return _look(revision, looking.cell_geometry, _named_variable(revision)["name"])


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/difference")
def difference(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Give a field of one revision minus that of another."""
    data_file = owned_file(data_file_id)
    numbers = [asked.number(request.args, name) for name in ("from", "to")]
    if None in numbers:
        raise RequestRefused("Two revisions are compared: say from and to.")
    first, second = (revision_pages.the_revision(data_file, file_type, one) for one in numbers)
    wanted = asked.asked_of(request.args, _named_variable(first))
    return lasting((first, second), lambda: _difference_bytes(first, second, wanted), BYTES)


def _named_variable(revision: Revision) -> asked.Header:
    name = request.args.get("variable", "")
    found = asked.variable_of(revision_pages.header_of(revision), name)
    if found is None:
        raise RequestRefused("Say which variable.")
    return found


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/thumbnail")
def thumbnail(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Give the small picture that was made with the revision."""
    revision = _asked_revision(data_file_id, file_type)
    with services().database.reading() as connection:
        picture = revisions.thumbnail(connection, revision.id)
    if picture:
        return lasting((revision,), lambda: picture, "image/png")
    return lasting((revision,), lambda: NO_PICTURE, "image/svg+xml")


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/download")
def download(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Send the file of one revision as it is stored; parts of it where those are asked for."""
    revision = _asked_revision(data_file_id, file_type)
    response = send_file(
        whole_file(services().storage, revision),
        mimetype=GZIP if file_type.packed else NETCDF,
        as_attachment=True,
        download_name=download_name(owned_file(data_file_id), revision),
        etag=revision.sha256,
        last_modified=revision.created,
        conditional=True,
    )
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/edits")
def edits(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Send the edits that a revision was made with, as JSON."""
    revision = _asked_revision(data_file_id, file_type)
    return _attached(_edits_of(revision).text, JSON, _named(revision, "edits.json"))


@blueprint.get("/<int:data_file_id>/<file_type:file_type>/script")
def script(data_file_id: int, file_type: FileType) -> ResponseReturnValue:
    """Send a Python script that does the edits of a revision and needs nothing of ours."""
    revision = _asked_revision(data_file_id, file_type)
    name = _named(revision, "edits.py")
    before = revision_pages.made_from(owned_file(data_file_id), revision)
    if not revision_pages.is_edited(revision) or not before:
        raise NotThere("There is no script: this revision was not edited from an earlier one.")
    path, *earlier = (
        whole_file(services().storage, one, checksum=False) for one in (revision, *before)
    )
    text = services().sandbox.run(edited.script_of, path, earlier, name, **_limits())
    return _attached(text, PYTHON, name)


def _edits_of(revision: Revision) -> edited.Edits:
    if not revision_pages.is_edited(revision):
        raise NotThere("This revision was made without edits.")
    path = whole_file(services().storage, revision, checksum=False)
    return services().sandbox.run(edited.edits_in, path, **_limits())


def _named(revision: Revision, ending: str) -> str:
    return f"{download_name(owned_file(revision.data_file_id), revision)[:-3]}_{ending}"


def _attached(text: str, mimetype: str, name: str) -> Response:
    response = make_response(text)
    response.mimetype = mimetype
    response.headers.set("Content-Disposition", "attachment", **_names(name))
    response.headers["Cache-Control"] = "private, no-cache"
    return response


@blueprint.get("/<int:data_file_id>/download")
def download_all(data_file_id: int) -> ResponseReturnValue:
    """Send the newest of every file, all on one ocean grid, in a zip made while it is sent."""
    data_file = owned_file(data_file_id)
    newest = transactions.files_together(services().database, data_file.id)
    if not newest:
        raise NotThere("There are no files to download yet.")
    packed = [newest[kind] for kind in FileType if kind in newest]
    archive = Archive(services().storage, data_file, packed)
    if request.method == "HEAD":
        archive.close()
    response = make_response(Response(archive, mimetype=ZIP))
    response.content_length = len(archive)
    response.call_on_close(archive.close)
    response.headers.set("Content-Disposition", "attachment", **_names(zip_name(data_file)))
    return response


def _names(name: str) -> dict[str, str]:
    """A file name in letters that every browser knows, and as it is where it has others."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode()
    if plain == name:
        return {"filename": name}
    return {"filename": plain, "filename*": f"UTF-8''{quote(name)}"}
