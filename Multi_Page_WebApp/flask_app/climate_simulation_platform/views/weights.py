"""The report on a set of weights, its maps, and the files that the archive holds."""

import json
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from climate_simulation_platform import sets
from climate_simulation_platform.constants import FileType
from climate_simulation_platform.downloading import NotWhole, whole_file
from climate_simulation_platform.errors import NotThere, PlatformError, RequestRefused
from climate_simulation_platform.labels import FILE_TITLES, STEP_TITLES
from climate_simulation_platform.pages import weighing
from climate_simulation_platform.records import Revision
from climate_simulation_platform.views import asked, revision_pages
from climate_simulation_platform.views.current import services
from climate_simulation_platform.views.lasting import lasting
from climate_simulation_platform.views.ownership import owned_file
from climpy.errors import ClimpyError

blueprint = Blueprint("weights", __name__)

PNG = "image/png"


@blueprint.get("/<int:data_file_id>/weights/report")
def report(data_file_id: int) -> ResponseReturnValue:
    """Show what a set holds and whether it conserves."""
    number = asked.number(request.args, "revision")
    shown = revision_pages.shown(owned_file(data_file_id), FileType.WEIGHTS, number)
    about: dict[str, Any] = dict(shown.header.get("set", {}))
    other = weighing.other_engine(shown.revision, shown.all) if shown.revision else None
    return render_template(
        "assets/report.html",
        shown=shown,
        data_file=shown.data_file,
        file_titles=FILE_TITLES,
        step_titles=STEP_TITLES,
        pages=revision_pages,
        weighing=weighing,
        figures=weighing.figures(about.get("report", {})),
        checks=weighing.checks(about.get("checks", ())),
        histograms=about.get("histograms", ()),
        other=other,
        difference=_difference(other, shown.revision) if other and shown.revision else None,
    )


def _difference(first: Revision, second: Revision) -> dict[str, Any] | str:
    """Figures of a difference, or why there are none."""
    try:
        paths = _paths(first, second)
        found: dict[str, Any] = json.loads(_figures(*paths, first.sha256, second.sha256))
    except (ClimpyError, NotWhole, PlatformError) as trouble:
        return str(trouble)
    return found


@lru_cache(maxsize=256)
def _figures(first: Path, second: Path, *_sums: str) -> bytes:
    """Figures of a difference; worked out once as long as the files are the same."""
    return services().sandbox.run(sets.difference_figures, first, second, **_limits())


@blueprint.get("/<int:data_file_id>/weights/picture")
def picture(data_file_id: int) -> ResponseReturnValue:
    """Draw the ocean fraction, or where the rivers go."""
    which = request.args.get("which", "")
    if which not in sets.PICTURES:
        raise RequestRefused(f"There are pictures of {' and '.join(sets.PICTURES)}.")
    revision = _revision(data_file_id, "revision")
    return lasting(
        (revision,),
        lambda: services().sandbox.run(sets.picture, *_paths(revision), which, **_limits()),
        PNG,
    )


@blueprint.get("/<int:data_file_id>/weights/difference_picture")
def difference_picture(data_file_id: int) -> ResponseReturnValue:
    """Draw the ocean fraction of one set minus that of another."""
    pair = (_revision(data_file_id, "from"), _revision(data_file_id, "to"))
    return lasting(
        pair,
        lambda: services().sandbox.run(sets.difference_picture, *_paths(*pair), **_limits()),
        PNG,
    )


@blueprint.get("/<int:data_file_id>/weights/file")
def one_file(data_file_id: int) -> ResponseReturnValue:
    """Send one of the files in an archive."""
    revision = _revision(data_file_id, "revision")
    name = request.args.get("name", "")
    known = revision_pages.header_of(revision).get("set", {}).get("files", ())
    if name not in [file["name"] for file in known]:
        raise NotThere("The archive has no file of this name.")
    response: Response = lasting(
        (revision,),
        lambda: services().sandbox.run(sets.one_file, *_paths(revision), name, **_limits()),
        "application/x-netcdf" if name.endswith(".nc") else "text/plain",
    )
    plain = PurePosixPath(name).name
    response.headers.set("Content-Disposition", "attachment", filename=plain)
    return response


def _revision(data_file_id: int, argument: str) -> Revision:
    number = asked.number(request.args, argument)
    return revision_pages.the_revision(owned_file(data_file_id), FileType.WEIGHTS, number)


def _paths(*every: Revision) -> list[Path]:
    return [whole_file(services().storage, revision, checksum=False) for revision in every]


def _limits() -> dict[str, Any]:
    settings = services().settings
    return {
        "memory_bytes": settings.look_memory_bytes,
        "wall_seconds": settings.look_wall.total_seconds(),
    }
