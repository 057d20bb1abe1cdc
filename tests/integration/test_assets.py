"""Pages, map data and downloads of the files of a real run, through the application."""

import gzip
import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import netCDF4
import numpy as np
import pytest
from flask import Flask
from numpy.typing import NDArray
from werkzeug.test import TestResponse

from climate_simulation_platform import labels
from climate_simulation_platform.constants import ORDER, FileType, writers
from climate_simulation_platform.db import files
from climate_simulation_platform.downloading import model_name
from climate_simulation_platform.records import DataFile, Revision
from climpy import fields
from climpy.interactive import Add, Box, Edit, EditList, Selection, Surface
from climpy.interactive.desk import Marks
from climpy.interactive.saving import EditRequest, save
from climpy.steps import STEPS, output_names
from tests.stored_files import keep, keep_run
from tests.web import Page, Visitor, file_of, make_app, services_of, signed_in, user_of

FOR_EVER = "private, max-age=31536000, immutable"


class Library:
    """An installation that holds one finished run and a second topography."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.out = out
        self.app: Flask = make_app(folder)
        self.data_file: DataFile = file_of(self.app, user_of(self.app, "wegener"), "Éocène 40 Ma")
        self.services = services_of(self.app)
        self.revisions = keep_run(self.services, self.data_file, out)
        self.changed = folder / "changed.nc"
        copyfile(out / "regrid.nc", self.changed)
        self.changed.chmod(0o644)
        with netCDF4.Dataset(self.changed, "r+") as dataset:
            heights = dataset["topo"][:]
            heights[10:20, 350:] += 100.0
            heights[30, 7] = np.nan
            dataset["topo"][:] = heights
        self.second: Revision = keep(
            self.services,
            self.data_file,
            FileType.RAW,
            self.changed,
            step="regrid",
            parameters={"method": "mean"},
            inputs={FileType.RAW: 1},
        )

    def visitor(self, name: str = "wegener") -> Visitor:
        return signed_in(self.app, name)

    def url(self, file_type: str, page: str) -> str:
        return f"/{self.data_file.id}/{file_type}/{page}"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, out: Path) -> Iterator[Library]:
    made = Library(tmp_path_factory.mktemp("instance"), out)
    yield made
    made.services.sandbox.close()


@pytest.fixture(scope="module")
def visitor(library: Library) -> Visitor:
    return library.visitor()


def unpacked(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Read the layout that `climpy.fields.packed` describes."""
    (length,) = struct.unpack_from("<I", content)
    meta = json.loads(content[4 : 4 + length])
    arrays, offset = {}, 4 + length
    for entry in meta["arrays"]:
        size = int(np.prod(entry["shape"]))
        array = np.frombuffer(content, "<f4", size, offset)
        arrays[entry["name"]] = array.reshape(entry["shape"])
        offset += 4 * size
    assert offset == len(content)
    return meta, arrays


def values(path: Path, name: str, *index: int) -> NDArray[np.float32]:
    with netCDF4.Dataset(path) as dataset:
        found = np.ma.filled(dataset[name][index or slice(None)].astype("f4"), np.nan)
    return np.squeeze(found)


def test_every_page_of_a_run_shows_its_map(library: Library, visitor: Visitor) -> None:
    for file_type, revision in library.revisions.items():
        answer = visitor.get(library.url(file_type, "view"))
        assert answer.status_code == 200
        page = Page(answer.text)
        assert page.texts("h1") == [labels.FILE_TITLES[file_type]]
        figure = next(a for t, a, _ in page.all("figure") if "data-field-map" in a)
        shown = {variable["name"] for variable in json.loads(figure["data-variables"])}
        assert figure["data-variable"] in shown
        newest = library.second if file_type is FileType.RAW else revision
        assert f"revision={newest.revision}" in figure["data-field-url"]
        assert newest.sha256 in answer.text


def test_every_file_can_be_opened_in_the_viewer(library: Library, visitor: Visitor) -> None:
    for file_type in library.revisions:
        page = Page(visitor.get(library.url(file_type, "view")).text)
        variable = next(
            a["data-variable"] for _, a, _ in page.all("figure") if "data-variable" in a
        )
        links = {text: attributes["href"] for _, attributes, text in page.all("a")}
        word = "Look in the viewer" if file_type is FileType.COORDS else "Edit"
        assert links[word] == (
            f"/{library.data_file.id}/edit/viewer?file_type={file_type}&variable={variable}"
        )


def test_an_older_revision_is_looked_at_in_the_viewer_only(
    library: Library, visitor: Visitor
) -> None:
    page = Page(visitor.get(library.url("raw", "view?revision=1")).text)
    links = {text: attributes["href"] for _, attributes, text in page.all("a")}
    assert links["Look in the viewer"].endswith("&revision=1")
    assert "Edit" not in links


@pytest.fixture(scope="module")
def edited(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Revision:
    """A topography in which somebody dug and kept a sea."""
    folder = tmp_path_factory.mktemp("edited")
    box = Selection.of(Box(-30.0, 30.0, 160.0, -120.0), Surface("ocean"))
    edits = EditList("topography", (Edit(box, Add(-200.0), "Deeper <here>"), Edit(box, Add(1.0))))
    request = EditRequest(
        "internal_oceans",
        {"raw": library.out / "regrid.nc"},
        edits.to_json(),
        marks=Marks(kept_seas=((12.5, 30.0),)),
    )
    path = save(request, folder).path
    inputs = {FileType.RAW: 1}
    data_file = file_of(library.app, user_of(library.app, "wegener"), "Edited")
    keep(library.services, data_file, FileType.RAW, library.out / "regrid.nc")
    step = "internal_oceans"
    return keep(
        library.services, data_file, FileType.RAW, path, step=step, inputs=inputs, edited=True
    )


def test_an_edited_revision_tells_its_edits(visitor: Visitor, edited: Revision) -> None:
    answer = visitor.get(f"/{edited.data_file_id}/raw/view")
    page = Page(answer.text)
    assert "2 edits" in page.texts("summary")
    assert [words for words in page.texts("li") if words in ("Deeper <here>", "add")] == [
        "Deeper <here>",
        "add",
    ]
    assert "12.5° N 30.0° E" in page.texts("dd")
    assert "Internal oceans, edited by wegener" in answer.text
    links = {text: attributes["href"] for _, attributes, text in page.all("a")}
    sent = visitor.get(links["Download them as JSON"])
    assert sent.headers["Content-Disposition"] == "attachment; filename=Edited_raw_r2_edits.json"
    assert [edit["description"] for edit in sent.get_json()["edits"][:1]] == ["Deeper <here>"]


def test_the_script_of_an_edited_revision_gives_the_same_field(
    library: Library, visitor: Visitor, edited: Revision, tmp_path: Path
) -> None:
    sent = visitor.get(f"/{edited.data_file_id}/raw/script?revision=2")
    assert sent.headers["Content-Disposition"] == "attachment; filename=Edited_raw_r2_edits.py"
    script, made = tmp_path / "edits.py", tmp_path / "made.nc"
    script.write_bytes(sent.data)
    ran = subprocess.run(
        [sys.executable, script, library.out / "regrid.nc", made], capture_output=True, check=True
    )
    assert b"bit for bit" in ran.stdout
    there = library.services.storage.path(edited.path)
    assert (values(made, "topo") == values(there, "topo")).all()


def test_a_script_begins_where_the_edits_began(
    library: Library, visitor: Visitor, edited: Revision, tmp_path: Path
) -> None:
    """Saved twice in one sitting, the second revision holds the edits of the first one too."""
    path = library.services.storage.path(edited.path)
    with library.services.database.reading() as connection:
        owner = files.get(connection, edited.data_file_id)
    assert owner is not None
    again = keep(
        library.services,
        owner,
        FileType.RAW,
        path,
        step="internal_oceans",
        inputs={FileType.RAW: 2},
        edited=True,
    )
    sent = visitor.get(f"/{edited.data_file_id}/raw/script?revision={again.revision}")
    script, made = tmp_path / "edits.py", tmp_path / "made.nc"
    script.write_bytes(sent.data)
    subprocess.run([sys.executable, script, library.out / "regrid.nc", made], check=True)
    assert (values(made, "topo") == values(path, "topo")).all()


@pytest.mark.parametrize("what", ["edits", "script"])
def test_what_was_not_edited_has_no_edits_to_give(
    library: Library, visitor: Visitor, edited: Revision, what: str
) -> None:
    assert visitor.get(library.url("bathy", what)).status_code == 404
    assert visitor.get(f"/{edited.data_file_id}/raw/{what}?revision=1").status_code == 404


def test_a_page_names_what_its_file_holds(library: Library, visitor: Visitor) -> None:
    text = visitor.get(library.url("pft", "view")).text
    header = next(words for t, a, words in Page(text).all("pre"))
    assert "double maxvegetfrac(time_counter, veget, lat, lon) ;" in header
    for line in values_of_history(library.out / "pft.nc"):
        assert line in Page(text).texts("div")


def values_of_history(path: Path) -> list[str]:
    with netCDF4.Dataset(path) as dataset:
        return [" ".join(line.split()) for line in dataset.history.splitlines()]


@pytest.mark.parametrize(
    ("file_type", "variable", "index"),
    [
        ("routing", "basins", ()),
        ("bathy", "Bathymetry", ()),
        ("topo_high_res", "RELIEF", ()),
        ("sub_basins", "atlmsk", ()),
        ("pft", "maxvegetfrac", (0, 4)),
        ("ahmcoef", "icof", ()),
        ("heatflow", "heatflow", ()),
    ],
)
def test_fields_are_those_of_the_file(
    library: Library, visitor: Visitor, file_type: str, variable: str, index: tuple[int, ...]
) -> None:
    wanted = values(library.out / f"{file_type}.nc", variable, *index)
    query = {"revision": 1, "variable": variable, **({"veget": index[1]} if index else {})}
    answer = visitor.get(library.url(file_type, "field"), query_string=query)
    meta, arrays = unpacked(answer.data)
    assert np.array_equal(arrays["values"], wanted, equal_nan=True)
    known = wanted[np.isfinite(wanted)]
    assert (meta["least"], meta["greatest"]) == (known.min(), known.max())
    rows, columns = wanted.shape
    window = {"rows": f"{rows // 3}:{rows}", "columns": f"5:{columns - 3}", "every": 3}
    answer = visitor.get(library.url(file_type, "field"), query_string={**query, **window})
    part = unpacked(answer.data)[1]["values"]
    assert np.array_equal(part, wanted[rows // 3 :: 3, 5 : columns - 3 : 3], equal_nan=True)


def test_statistics_are_those_of_all_cells(library: Library, visitor: Visitor) -> None:
    query = {"revision": 2, "variable": "topo", "statistics": 1}
    answer = visitor.get(library.url("raw", "field"), query_string=query)
    wanted = values(library.changed, "topo")
    found = unpacked(answer.data)[0]["statistics"]
    assert found["cells"] + found["missing"] == wanted.size
    assert found["missing"] == np.isnan(wanted).sum() == 1
    assert (found["least"], found["greatest"]) == (np.nanmin(wanted), np.nanmax(wanted))
    assert found["mean"] == pytest.approx(np.nanmean(wanted.astype("f8")), rel=1e-12)


@pytest.mark.parametrize(("file_type", "variable"), [("raw", "topo"), ("bathy", "Bathymetry")])
def test_geometry_is_that_of_the_file(
    library: Library, visitor: Visitor, file_type: str, variable: str
) -> None:
    query = {"revision": 1, "variable": variable}
    meta, arrays = unpacked(
        visitor.get(library.url(file_type, "geometry"), query_string=query).data
    )
    path = library.services.storage.path(library.revisions[FileType(file_type)].path)
    wanted = fields.geometry(path, variable)
    assert meta["kind"] == ("rectilinear" if file_type == "raw" else "curvilinear")
    for name, array in wanted.arrays.items():
        assert np.array_equal(arrays[name], array.astype("f4"), equal_nan=True)


def test_differences_are_those_of_numpy(library: Library, visitor: Visitor) -> None:
    change = values(library.changed, "topo") - values(library.out / "regrid.nc", "topo")
    query = {"from": 1, "to": 2, "variable": "topo"}
    meta, arrays = unpacked(visitor.get(library.url("raw", "difference"), query_string=query).data)
    assert np.allclose(arrays["values"], change, rtol=0, atol=1e-3, equal_nan=True)
    assert meta["statistics"]["cells_that_differ"] == 100 == np.count_nonzero(change > 0)
    assert meta["statistics"]["cells_only_in_first"] == 1
    page = visitor.get(library.url("raw", "revision_comparison"), query_string=query)
    shown = {a["data-statistic"]: a["data-value"] for _, a, _ in Page(page.text).all("dd") if a}
    assert {name: str(value) for name, value in meta["statistics"].items()} == shown
    rows = [words for _, _, words in Page(page.text).all("tr")]
    assert "methodnot givenmean" in rows
    assert "Read from the topographynot givenrevision 1" in rows


def test_equal_revisions_are_called_equal(library: Library, visitor: Visitor) -> None:
    query = {"from": 2, "to": 2}
    page = visitor.get(library.url("raw", "revision_comparison"), query_string=query)
    assert "The two files are the same, byte for byte." in page.text


def test_grids_that_differ_are_told_in_one_sentence(
    library: Library, tmp_path: Path, out: Path
) -> None:
    other = file_of(library.app, user_of(library.app, "wegener"), "Other")
    keep(library.services, other, FileType.RAW, out / "regrid.nc")
    coarse = tmp_path / "coarse.nc"
    with netCDF4.Dataset(coarse, "w") as dataset:
        for name, size, first in (("lat", 90, -89.0), ("lon", 180, -179.0)):
            dataset.createDimension(name, size)
            axis = dataset.createVariable(name, "f8", (name,))
            axis[:] = first + 2.0 * np.arange(size)
            axis.units = {"lat": "degrees_north", "lon": "degrees_east"}[name]
        dataset.createVariable("topo", "f8", ("lat", "lon"))[:] = 1.0
    keep(library.services, other, FileType.RAW, coarse)
    page = library.visitor().get(f"/{other.id}/raw/revision_comparison")
    assert page.status_code == 200
    assert "they can only be compared on the same grid." in page.text
    refused = library.visitor().get(f"/{other.id}/raw/difference?from=1&to=2&variable=topo")
    assert refused.status_code == 400


def test_only_one_revision_is_nothing_to_compare(library: Library, visitor: Visitor) -> None:
    page = visitor.get(library.url("bathy", "revision_comparison"))
    assert page.status_code == 200
    assert "Nothing to compare yet" in page.text


def test_a_file_that_is_not_there_yet_says_what_makes_it(
    library: Library, visitor: Visitor
) -> None:
    page = visitor.get(library.url("weights", "view"))
    assert page.status_code == 200
    assert "No revision yet" in page.text
    assert labels.STEP_TITLES["calculate_weights"] in page.text
    assert visitor.get(library.url("weights", "download")).status_code == 404


def test_map_data_is_kept_by_the_browser(library: Library, visitor: Visitor) -> None:
    url = library.url("bathy", "field") + "?variable=Bathymetry&revision=1"
    first = visitor.get(url, headers={"Accept-Encoding": "gzip"})
    assert first.headers["Cache-Control"] == FOR_EVER
    assert first.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(first.data) == visitor.get(url).data
    tag = first.headers["ETag"]
    again = visitor.get(url, headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    newest = visitor.get(library.url("bathy", "field") + "?variable=Bathymetry")
    assert newest.headers["Cache-Control"] == "private, no-cache"


def test_thumbnails_come_from_the_records(library: Library, visitor: Visitor) -> None:
    answer = visitor.get(library.url("bathy", "thumbnail") + "?revision=1")
    assert answer.data.startswith(b"\x89PNG")
    assert answer.mimetype == "image/png"
    assert answer.headers["Cache-Control"] == FOR_EVER


HOSTILE = (
    "variable=",
    "variable=no_such",
    "variable=" + "x" * 4000,
    "variable=Bathymetry%00",
    "variable=Bathymetry&rows=0:999999999",
    "variable=Bathymetry&rows=5:5",
    "variable=Bathymetry&rows=-1:4",
    "variable=Bathymetry&rows=1",
    "variable=Bathymetry&rows=1:2:3",
    "variable=Bathymetry&rows=0:10&columns=0:999999",
    "variable=Bathymetry&every=0",
    "variable=Bathymetry&every=-2",
    "variable=Bathymetry&every=1e3",
    "variable=Bathymetry&every=١",
    "variable=Bathymetry&time_counter=4",
    "variable=Bathymetry&time=0;rm",
    "variable=Bathymetry&revision=0x1",
    "variable=Bathymetry&revision=99999999999999999999999",
    "variable=Bathymetry&__proto__=1",
)


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_parameters_get_a_sentence(library: Library, visitor: Visitor, query: str) -> None:
    answer = visitor.get(f"{library.url('bathy', 'field')}?{query}", headers=JSON)
    assert answer.status_code == 400
    sentence = answer.get_json()["sentence"]
    assert re.fullmatch(r"[^\n<]{8,300}\.", sentence), sentence


@pytest.mark.parametrize(
    ("page", "query", "status"),
    [
        ("view", "revision=9", 404),
        ("view", "revision=two", 400),
        ("view", "variable=nothing", 400),
        ("view", "veget=13", 400),
        ("revision_comparison", "from=1&to=77", 404),
        ("revision_comparison", "from=x", 400),
        ("difference", "from=1&variable=Bathymetry", 400),
        ("difference", "from=1&to=9&variable=Bathymetry", 404),
        ("geometry", "variable=nav_nothing", 400),
        ("download", "revision=4", 404),
        ("download", "revision=../1", 400),
        ("thumbnail", "revision=0", 404),
    ],
)
def test_what_is_not_there_is_said(
    library: Library, visitor: Visitor, page: str, query: str, status: int
) -> None:
    answer = visitor.get(f"{library.url('bathy', page)}?{query}", headers=JSON)
    assert answer.status_code == status
    assert answer.get_json()["sentence"]


JSON = {"Accept": "application/json"}
PAGES = ("view", "download", "field", "geometry", "difference", "thumbnail", "revision_comparison")


def test_nothing_of_it_is_there_for_others(library: Library) -> None:
    stranger = library.visitor("stranger")
    addresses = [library.url("raw", page) for page in PAGES]
    for address in [*addresses, f"/{library.data_file.id}/download"]:
        answer = stranger.get(f"{address}?revision=1&variable=topo&from=1&to=2")
        assert answer.status_code == 404, address


def download(visitor: Visitor, library: Library, **headers: str) -> TestResponse:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return visitor.get(library.url("raw", "download") + "?revision=1", headers=names)


def test_one_file_comes_as_it_is_stored(library: Library, visitor: Visitor) -> None:
    stored = library.services.storage.path(library.revisions[FileType.RAW].path).read_bytes()
    answer = download(visitor, library)
    assert answer.data == stored
    assert answer.headers["ETag"].strip('"') == hashlib.sha256(stored).hexdigest()
    disposition = answer.headers["Content-Disposition"]
    assert "filename=Eocene_40_Ma_raw_r1.nc" in disposition
    assert "filename*=UTF-8''%C3%89oc%C3%A8ne_40_Ma_raw_r1.nc" in disposition
    head = visitor.head(library.url("raw", "download") + "?revision=1")
    assert (head.data, head.content_length) == (b"", len(stored))


def test_a_download_that_broke_off_goes_on(library: Library, visitor: Visitor) -> None:
    stored = library.services.storage.path(library.revisions[FileType.RAW].path).read_bytes()
    part = download(visitor, library, Range="bytes=1000-1999")
    assert (part.status_code, part.data) == (206, stored[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(stored)}"
    tag = part.headers["ETag"]
    assert download(visitor, library, Range="bytes=5-", If_Range=tag).status_code == 206
    assert download(visitor, library, Range="bytes=5-", If_Range='"another"').status_code == 200
    assert download(visitor, library, If_None_Match=tag).status_code == 304
    assert download(visitor, library, Range="bytes=999999999-").status_code == 416


def test_all_files_come_in_one_zip(library: Library, visitor: Visitor) -> None:
    before = sorted(path for path in library.services.settings.instance.rglob("*"))
    answer = visitor.get(f"/{library.data_file.id}/download")
    assert answer.content_length == len(answer.data)
    assert "filename=Eocene_40_Ma_boundary_conditions.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        manifest = json.loads(archive.read("manifest.json"))
        assert names - {"manifest.json", "README.txt"} == set(manifest["files"])
        assert names >= {path.name for path in library.out.glob("*.nc")}
        for name, told in manifest["files"].items():
            content = archive.read(name)
            assert hashlib.sha256(content).hexdigest() == told["sha256"]
            source = library.changed if name == "regrid.nc" else library.out / name
            assert content == source.read_bytes()
        assert manifest["files"]["regrid.nc"]["revision"] == 2
        assert "Éocène 40 Ma" in archive.read("README.txt").decode()
    head = visitor.head(f"/{library.data_file.id}/download")
    assert (head.data, head.content_length) == (b"", answer.content_length)
    assert sorted(path for path in library.services.settings.instance.rglob("*")) == before


def test_names_are_those_of_the_command_line(library: Library) -> None:
    for step in ORDER:
        if step in STEPS:
            made = [kind for kind in FileType if step in writers(kind)]
            names = {model_name(replace(library.second, file_type=kind)) for kind in made}
            assert names == set(output_names(step))


@pytest.fixture
def lost(library: Library, out: Path) -> tuple[DataFile, Revision, Path]:
    """A data file with two files, the second of which a test may spoil."""
    data_file = file_of(library.app, user_of(library.app, "wegener"), "Lost")
    keep(library.services, data_file, FileType.RAW, out / "regrid.nc")
    revision = keep(library.services, data_file, FileType.BATHY, out / "bathy.nc", step="routing")
    path = library.services.storage.path(revision.path)
    path.chmod(0o644)
    return data_file, revision, path


@pytest.mark.parametrize("how", ["removed", "cut", "altered"])
def test_a_spoilt_file_is_told_before_the_first_byte(
    visitor: Visitor, lost: tuple[DataFile, Revision, Path], how: str
) -> None:
    data_file, _, path = lost
    content = path.read_bytes()
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(content[:-100] if how == "cut" else content[:-1] + b"\x7f")
    for address in (f"/{data_file.id}/bathy/download", f"/{data_file.id}/download"):
        answer = visitor.get(address)
        assert answer.status_code == 500
        assert "Revision 1 of the bathymetry" in answer.text
        assert "Number of the incident" in answer.text
    assert visitor.get(f"/{data_file.id}/raw/download").status_code == 200
    if how != "altered":
        field = visitor.get(f"/{data_file.id}/bathy/field?variable=Bathymetry", headers=JSON)
        assert field.status_code == 500
    page = visitor.get(f"/{data_file.id}/bathy/view")
    assert page.status_code == 200


def test_pages_are_light(library: Library, visitor: Visitor) -> None:
    answer = visitor.get(library.url("raw", "view"))
    addresses = {
        attributes.get("href") or attributes.get("src")
        for tag, attributes, _ in Page(answer.text).all("link", "script")
    }
    folder = Path(library.app.root_path) / "static" / "assets"
    scripts = sum(path.stat().st_size for path in folder.glob("*.js"))
    assets = {address: len(visitor.get(address).data) for address in addresses if address}
    assert scripts < 61_440
    assert len(answer.data) + sum(assets.values()) + scripts < 300_000
