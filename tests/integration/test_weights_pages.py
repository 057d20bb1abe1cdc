"""Pages of the coupling weights: form, report, maps, files of the archive."""

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from flask import Flask
from PIL import Image

from climate_simulation_platform.constants import FileType, Worker
from climate_simulation_platform.engines import HOW_TO_INSTALL
from climate_simulation_platform.records import DataFile, Revision, Status
from climate_simulation_platform.workflow import transactions
from tests.stored_files import keep
from tests.web import Page, Visitor, file_of, make_app, services_of, signed_in, user_of
from tests.weights_sets import FOLDER, small_set
from tests.workflow_states import all_done, ask, topography

STEP = "calculate_weights"
CHOSEN = {"engine": "mosaic", "atmosphere": "96x95"}
INPUTS = {FileType.BATHY: 1, FileType.COORDS: 1, FileType.SUB_BASINS: 1}


class Sets:
    """An installation that holds three sets of weights: two engines, and one of a changed sea."""

    def __init__(self, folder: Path) -> None:
        self.app: Flask = make_app(folder / "instance", WORKERS="python,mosaic,mosaix")
        self.data_file: DataFile = file_of(self.app, user_of(self.app, "wegener"), "Eocene")
        self.paths: list[Path] = []
        self.revisions: list[Revision] = []
        kinds: list[dict[str, Any]] = [
            {"engine": "mosaic"},
            {"engine": "mosaix", "less": 0.25},
            {"engine": "mosaic", "less": 0.5},
        ]
        for number, kind in enumerate(kinds):
            path = folder / f"{number}.tar.gz"
            small_set(path, folder / f"scratch{number}", **kind)
            parameters = {**CHOSEN, "engine": kind["engine"]}
            inputs = {**INPUTS, FileType.BATHY: 1 + number // 2}
            self.paths.append(path)
            self.revisions.append(
                keep(
                    services_of(self.app),
                    self.data_file,
                    FileType.WEIGHTS,
                    path,
                    step=STEP,
                    parameters=parameters,
                    inputs=inputs,
                )
            )

    def url(self, page: str) -> str:
        return f"/{self.data_file.id}/weights/{page}"


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sets]:
    made = Sets(tmp_path_factory.mktemp("sets"))
    yield made
    services_of(made.app).sandbox.close()


@pytest.fixture(scope="module")
def visitor(sets: Sets) -> Visitor:
    return signed_in(sets.app)


def test_the_report_shows_maps_figures_checks_and_histograms(sets: Sets, visitor: Visitor) -> None:
    answer = visitor.get(sets.url("report?revision=1"))
    assert answer.status_code == 200
    page = Page(answer.text)
    images = [a["src"] for _, a, _ in page.all("img")]
    assert [re.search(r"which=(\w+)", source)[1] for source in images[:2]] == ["fraction", "rivers"]
    for source in images:
        picture = visitor.get(source)
        assert picture.mimetype == "image/png"
        assert picture.headers["Cache-Control"].endswith("immutable")
        assert Image.open(io.BytesIO(picture.data)).size == (1152, 576)
    assert "Ocean cells below each atmosphere cell" in answer.text
    assert {"rmp_mean.nc", "rmp_flux.nc", "rmp_rivers.nc"} <= set(page.texts("code"))
    assert "weights are negative" in page.texts("td")
    assert "Links, rivers" in page.texts("dt")


def test_engines_are_compared_where_both_used_the_same_files(sets: Sets, visitor: Visitor) -> None:
    both = visitor.get(sets.url("report?revision=2"))
    told = Page(both.text).texts("dd")
    assert "2.5e−01" in told
    assert "1" in told
    assert "from=1&amp;to=2" in both.text
    newest = visitor.get(sets.url("report"))
    assert "No set of the other engine was made from the same files" in newest.text


def test_the_page_of_the_archive_lists_its_files(sets: Sets, visitor: Visitor) -> None:
    answer = visitor.get(sets.url("view"))
    assert answer.status_code == 200
    page = Page(answer.text)
    with tarfile.open(sets.paths[2]) as archive:
        names = archive.getnames()
    assert set(names) <= set(page.texts("code"))
    assert page.texts("h2")[0] == "Ocean fraction of the atmosphere's cells"
    links = page.texts("a")
    assert "Report" in links
    assert "Edit" not in links
    thumbnail = visitor.get(sets.url("thumbnail"))
    assert Image.open(io.BytesIO(thumbnail.data)).size == (240, 120)


def test_the_archive_and_each_of_its_files_can_be_downloaded(sets: Sets, visitor: Visitor) -> None:
    whole = visitor.get(sets.url("download?revision=1"))
    assert whole.data == sets.paths[0].read_bytes()
    assert whole.mimetype == "application/gzip"
    assert "filename=Eocene_weights_r1.tar.gz" in whole.headers["Content-Disposition"]
    with tarfile.open(sets.paths[0]) as archive:
        for name in (f"{FOLDER}/masks.nc", "report.json"):
            part = visitor.get(sets.url("file"), query_string={"revision": 1, "name": name})
            assert part.data == archive.extractfile(name).read()
            assert f"filename={name.rpartition('/')[2]}" in part.headers["Content-Disposition"]
    for name in ("../../platform.db", "", "/etc/passwd", f"{FOLDER}/nothing.nc"):
        refused = visitor.get(sets.url("file"), query_string={"revision": 1, "name": name})
        assert refused.status_code == 404


def test_all_files_together_hold_the_archive(sets: Sets, visitor: Visitor) -> None:
    packed = visitor.get(f"/{sets.data_file.id}/download")
    with ZipFile(io.BytesIO(packed.data)) as together:
        assert together.read("weights.tar.gz") == sets.paths[2].read_bytes()


def test_two_archives_are_compared_file_by_file(sets: Sets, visitor: Visitor) -> None:
    page = Page(visitor.get(sets.url("revision_comparison?from=1&to=2")).text)
    cells = page.texts("td")
    compared = dict(zip(cells[::2], cells[1::2], strict=False))
    assert compared[f"{FOLDER}/grids.nc"] == "the same values"
    assert compared[f"{FOLDER}/rmp_mean.nc"] == "different values"


@pytest.mark.parametrize(
    "page",
    [
        "report",
        "picture?which=fraction",
        "difference_picture?from=1&to=2",
        f"file?name={FOLDER}/masks.nc",
        "view",
        "download",
    ],
)
def test_nobody_else_sees_any_of_it(sets: Sets, visitor: Visitor, page: str) -> None:
    assert visitor.get(sets.url(page)).status_code == 200
    assert signed_in(sets.app, "holmes").get(sets.url(page)).status_code == 404


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("report?revision=9", 404),
        ("report?revision=x", 400),
        ("picture?which=everything", 400),
        ("picture", 400),
        ("difference_picture?from=1&to=9", 404),
        ("field?variable=OceMask", 400),
        ("geometry?variable=OceMask", 400),
        ("edits", 404),
    ],
)
def test_what_is_not_there_is_told(sets: Sets, visitor: Visitor, page: str, status: int) -> None:
    answer = visitor.get(sets.url(page))
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_no_editor_opens_an_archive(sets: Sets, visitor: Visitor) -> None:
    address = f"/{sets.data_file.id}/viewer/open?file_type=weights"
    rules = {rule.endpoint: rule for rule in sets.app.url_map.iter_rules()}
    with sets.app.test_request_context():
        address = rules["editors.open_editor"].rule
    address = address.replace("<int:data_file_id>", str(sets.data_file.id))
    address = address.replace("<editor:editor>", "viewer")
    answer = visitor.get(f"{address}?file_type=weights")
    assert answer.status_code == 400
    assert "cannot be opened in an editor" in answer.text


def test_before_the_first_set_the_report_says_what_makes_one(sets: Sets, visitor: Visitor) -> None:
    other = file_of(sets.app, user_of(sets.app, "wegener"), "Oligocene")
    page = visitor.get(f"/{other.id}/weights/report")
    assert page.status_code == 200
    assert "No weights yet" in page.text
    assert f'href="/{other.id}/{STEP}"' in page.text


def fresh(app: Flask, *, with_basins: bool) -> DataFile:
    """A topography that is routed, and its basins where they are wanted."""
    database = services_of(app).database
    made = topography(database, user_of(app, "wegener"))
    steps = ("regrid", "routing", "subbasins") if with_basins else ("regrid", "routing")
    for step in steps:
        ask(database, made, step, {"coordinates": "generated"} if step == "routing" else {})
        all_done(database)
    return made


def form_of(visitor: Visitor, file: DataFile) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched."""
    page = Page(visitor.get(f"/{file.id}/{STEP}").text)
    fields: dict[str, Any] = {}
    for tag, attributes, _ in page.all("input"):
        kind = attributes.get("type")
        chosen = kind not in ("radio", "checkbox") or "checked" in attributes
        if tag == "input" and chosen and "disabled" not in attributes:
            fields[attributes["name"]] = attributes.get("value", "")
    return fields


def test_an_untouched_form_asks_for_the_classic_set(sets: Sets, visitor: Visitor) -> None:
    file = fresh(sets.app, with_basins=True)
    fields = form_of(visitor, file)
    answer = visitor.post(
        f"/{file.id}/{STEP}", data={**fields, "no_ice_in": ["indian", "atlantic"]}
    )
    assert answer.status_code == 303
    view = transactions.workflow_view(services_of(sets.app).database, file.id)[STEP]
    assert view.status is Status.QUEUED
    assert view.parameters == {
        "engine": "mosaic",
        "atmosphere": "96x95",
        "simulation": "run",
        "ocean_name": "PALEORCA2",
        "lose_no_water": True,
        "spread_rivers_km": 0.0,
        "no_ice_in": ["atlantic", "indian"],
    }
    page = Page(visitor.get(f"/{file.id}/{STEP}").text)
    ticked = [
        a["value"]
        for _, a, _ in page.all("input")
        if a.get("name") == "no_ice_in" and "checked" in a
    ]
    assert ticked == ["atlantic", "indian"]
    said = visitor.get(f"/{file.id}/steps").text
    assert (
        "Engine mosaic; LMDZ 96 x 95; simulation run; no icebergs in the Atlantic and the Indian"
        in said
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"engine": "oasis"}, "mosaic or mosaix"),
        ({"no_ice_in": ["atlantic", "arctic"]}, "no such choice as “arctic”"),
        ({"simulation": "../../etc"}, "1 to 40 letters"),
        ({"simulation": ""}, "1 to 40 letters"),
        ({"spread_rivers_km": "5001"}, "from 0 to 5000"),
        ({"spread_rivers_km": "far"}, "must be a number"),
        ({"surprise": "1"}, "no field “surprise”"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    sets: Sets, visitor: Visitor, changes: dict[str, Any], sentence: str
) -> None:
    file = fresh(sets.app, with_basins=True)
    answer = visitor.post(f"/{file.id}/{STEP}", data={**form_of(visitor, file), **changes})
    assert answer.status_code == 400
    assert sentence in answer.text
    view = transactions.workflow_view(services_of(sets.app).database, file.id)[STEP]
    assert view.status is Status.NEEDS_YOU or view.parameters is None


def test_what_is_missing_is_named_with_the_way_to_it(sets: Sets, visitor: Visitor) -> None:
    file = fresh(sets.app, with_basins=False)
    page = visitor.get(f"/{file.id}/{STEP}")
    assert "Something is to be made first" in page.text
    assert f'Ocean basins: <a href="/{file.id}/subbasins">Sub basins</a>' in page.text
    refused = visitor.post(f"/{file.id}/{STEP}", data=form_of(visitor, file))
    assert refused.status_code == 400
    assert "run Sub basins first" in refused.text


def test_a_set_that_was_not_kept_says_why(sets: Sets, visitor: Visitor) -> None:
    file, database = fresh(sets.app, with_basins=True), services_of(sets.app).database
    ask(database, file, STEP, CHOSEN)
    while task := transactions.claim_task(database, "worker", [STEP]):
        transactions.fail_task(database, task, "The weights were not kept: <why>.")
    for page in ("steps", STEP):
        assert "The weights were not kept: &lt;why&gt;." in visitor.get(f"/{file.id}/{page}").text


@pytest.fixture(params=["python", "python,mosaix"])
def few(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Flask, str]]:
    """Installations that lack an engine or both."""
    app = make_app(tmp_path, WORKERS=request.param)
    yield app, request.param
    services_of(app).sandbox.close()


def test_an_engine_that_is_not_installed_cannot_be_asked_for(few: tuple[Flask, str]) -> None:
    app, workers = few
    visitor, file = signed_in(app), fresh(app, with_basins=True)
    page = visitor.get(f"/{file.id}/{STEP}")
    assert HOW_TO_INSTALL[Worker.MOSAIC] in page.text
    radios = {
        a["value"]: a for _, a, _ in Page(page.text).all("input") if a.get("name") == "engine"
    }
    if workers == "python":
        assert "nobody in this installation" in page.text
        assert HOW_TO_INSTALL[Worker.MOSAIX] in page.text
        assert not radios
        return
    assert "disabled" in radios["mosaic"]
    assert "checked" in radios["mosaix"]
    fields = {**form_of(visitor, file), "engine": "mosaic"}
    refused = visitor.post(f"/{file.id}/{STEP}", data=fields)
    assert refused.status_code == 400
    assert "the engine mosaic is not installed here; choose mosaix." in refused.text
    assert visitor.post(f"/{file.id}/{STEP}", data=form_of(visitor, file)).status_code == 303
