"""The desk of the stand-alone editor: real files, read and written in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

from climpy.errors import InputRefused
from climpy.interactive import Add, Box, Edit, Selection, SetTo
from climpy.interactive.desk import Choice, Marks, Undecided
from single_page_webapp.desk import FileDesk
from single_page_webapp.folders import Folder
from single_page_webapp.library import Library
from tests.program import climate_sim
from tests.reference import reference
from tests.single_page import library_of, topo, write_topography

EDITS = (
    Edit(Selection.of(Box(20.0, 60.0, -30.0, 40.0)), SetTo(-150.0)),
    Edit(Selection.of(Box(-40.0, 10.0, 100.0, 200.0)), Add(77.0)),
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = library_of(tmp_path_factory.mktemp("single_page") / "kept")
    with made.sandbox:
        yield made


class HandedOut:
    """Files as a page hands them out."""

    def __init__(self) -> None:
        self.given: list[tuple[Any, str]] = []

    def __call__(self, source: Any, filename: str, *_: Any, **__: Any) -> str:
        self.given.append((source, filename))
        return f"../handouts/{len(self.given)}"


Opening = Callable[..., FileDesk]


def accepted(library: Library, path: Path) -> Folder:
    arriving = library.folders.begin()
    arriving.write(path.read_bytes())
    arriving.close()
    return arriving.accept(library.look(arriving.file, path.name))


@pytest.fixture
def earth(tmp_path: Path) -> Path:
    return write_topography(tmp_path / "earth.nc")


def desk_of(library: Library, folder: Folder, editor: str = "viewer", **more: Any) -> FileDesk:
    return FileDesk(library, folder, editor, more.pop("hand_out", HandedOut()), "../", **more)


def test_a_topography_opens_in_the_viewer_and_for_internal_oceans(
    library: Library, earth: Path
) -> None:
    folder = accepted(library, earth)
    assert folder.about["editors"] == {"internal_oceans": "topo"}
    viewer = desk_of(library, folder)
    assert {plane.variable for plane in viewer.planes()} == {"topo", "age"}
    assert viewer.open().sheet.field.kind == "topography"
    assert viewer.open("age").sheet.title == "Age of the crust"
    assert desk_of(library, folder, variable="age").open().sheet.variable == "age"
    special = desk_of(library, folder, "internal_oceans")
    assert [plane.variable for plane in special.planes()] == ["topo"]
    assert special.heading.title == "earth.nc"


def test_edits_are_on_the_disk_when_keep_returns_and_shared_by_the_editors(
    library: Library, earth: Path
) -> None:
    folder = accepted(library, earth)
    desk = desk_of(library, folder)
    session = desk.open().session
    marks = Marks(kept_seas=((10.0, 20.0),))
    for edit in EDITS:
        session.apply(edit)
        desk.keep(session, marks)
    session.undo()
    desk.keep(session, marks)
    again = desk_of(library, folder, "internal_oceans").open()
    assert np.array_equal(again.session.values, session.values)
    assert (len(again.session.done), len(again.session.undone)) == (1, 1)
    assert again.marks == marks
    assert desk.open("age").session.done == ()


def test_another_window_is_told_of_and_nothing_is_overwritten_unasked(
    library: Library, earth: Path
) -> None:
    folder = accepted(library, earth)
    one, other = desk_of(library, folder), desk_of(library, folder)
    mine, theirs = one.open().session, other.open().session
    theirs.apply(EDITS[0])
    other.keep(theirs, Marks())
    mine.apply(EDITS[1])
    with pytest.raises(Undecided) as undecided:
        one.keep(mine, Marks())
    assert set(undecided.value.choice.ways) == {"theirs", "mine"}
    taken = one.decide("theirs").session
    assert np.array_equal(taken.values, theirs.values)
    theirs.apply(EDITS[1])
    other.keep(theirs, Marks())
    taken.undo()
    with pytest.raises(Undecided):
        one.keep(taken, Marks())
    assert one.decide("mine").session is taken
    assert desk_of(library, folder).open().session.done == ()


def test_edits_that_give_something_else_now_are_asked_about(library: Library, earth: Path) -> None:
    folder = accepted(library, earth)
    desk = desk_of(library, folder)
    session = desk.open().session
    session.apply(EDITS[0])
    desk.keep(session, Marks())
    with netCDF4.Dataset(folder.file, "r+") as dataset:
        dataset["topo"][:] = dataset["topo"][:] + 1.0
    with pytest.raises(Undecided) as undecided:
        desk.open()
    choice: Choice = undecided.value.choice
    assert set(choice.ways) == {"repeat", "begin"}
    assert len(desk.decide("repeat").session.done) == 1
    assert len(desk.open().session.done) == 1
    assert desk.decide("begin").session.done == ()
    assert desk.open().session.done == ()


def test_the_download_is_what_the_command_line_makes_of_the_edits(
    library: Library, earth: Path, tmp_path: Path
) -> None:
    out = HandedOut()
    desk = desk_of(library, accepted(library, earth), hand_out=out)
    session = desk.open().session
    for edit in EDITS:
        session.apply(edit)
    desk.keep(session, Marks())
    assert [desk.download(name, session) for name in ("netcdf", "script", "edits")] == [
        "../handouts/1", "../handouts/2", "../handouts/3",
    ]  # fmt: skip
    (made, called), (script, script_called), (edits, edits_called) = out.given
    assert (called, script_called, edits_called) == (
        "earth_edited.nc", "earth_edits.py", "earth_edits.json",
    )  # fmt: skip
    with netCDF4.Dataset(made) as dataset:
        assert dataset.title == "Made up"
        assert "2 edits" in dataset.history
        assert np.array_equal(dataset["age"][:], netCDF4.Dataset(earth)["age"][:])
    assert not np.array_equal(topo(made), topo(earth))

    list_of_edits = tmp_path / "edits.json"
    list_of_edits.write_bytes(edits)
    by_command = tmp_path / "by_command.nc"
    done = climate_sim("edit", earth, by_command, "--edits", list_of_edits, "--var", "topo")
    assert done.returncode == 0, done.stderr
    by_script = tmp_path / "by_script.nc"
    subprocess.run([sys.executable, script, earth, by_script], check=True, capture_output=True)
    for path in (by_command, by_script):
        found = _heights(path)
        assert np.array_equal(found, session.values), path


def _heights(path: Path) -> Any:
    from climpy.interactive.opening import open_field

    return open_field(path).field.values


def test_what_cannot_be_written_is_a_sentence_and_leaves_nothing(
    library: Library, tmp_path: Path
) -> None:
    path = write_topography(tmp_path / "bytes.nc")
    with netCDF4.Dataset(path, "r+") as dataset:
        dataset.createVariable("flag", "i1", ("lat", "lon"))[:] = 1
    folder = accepted(library, path)
    desk = desk_of(library, folder)
    session = desk.open("flag").session
    session.apply(Edit(EDITS[0].selection, SetTo(5000.0)))
    before = set(folder.path.iterdir())
    with pytest.raises(InputRefused, match="flag can hold"):
        desk.download("netcdf", session)
    assert set(folder.path.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"just words", "notes.txt is not a NetCDF file"),
        (b"CDF\x01" + bytes(40), "notes.txt"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), "notes.txt"),
    ],
)
def test_what_is_no_netcdf_file_is_refused_by_its_name(
    library: Library, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(InputRefused, match=sentence):
        library.look(path, path.name)


def test_a_file_without_a_plane_is_refused(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "series.nc"
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.createDimension("time", 5)
        dataset.createVariable("co2", "f8", ("time",))[:] = 280.0
    with pytest.raises(InputRefused, match="no field of two dimensions"):
        library.look(path, path.name)


def test_an_ocean_bathymetry_opens_for_passages_and_basins(library: Library) -> None:
    path = reference("bathymetries", "palaeo_60Ma_orca2.nc")
    folder = accepted(library, path)
    assert set(folder.about["editors"]) == {"passage_problems", "subbasins"}
    passages = desk_of(library, folder, "passage_problems").open()
    assert passages.sheet.field.kind == "bathymetry"
    assert len(passages.sheet.poles) == 2
    assert desk_of(library, folder, "subbasins").open().sheet.field.kind == "codes"


def test_masks_of_basins_open_and_come_out_as_masks(library: Library) -> None:
    path = reference("bathymetries", "palaeo_60Ma_sub_basins.nc")
    folder = accepted(library, path)
    assert set(folder.about["editors"]) == {"subbasins"}
    out = HandedOut()
    desk = desk_of(library, folder, "subbasins", hand_out=out)
    session = desk.open().session
    desk.download("netcdf", session)
    with netCDF4.Dataset(out.given[0][0]) as made, netCDF4.Dataset(path) as before:
        assert np.array_equal(made["atlmsk"][:], before["atlmsk"][:])


def test_what_is_kept_of_a_file_says_all_that_the_pages_need(library: Library, earth: Path) -> None:
    about = accepted(library, earth).about
    assert json.loads(json.dumps(about)) == about
    assert about["size"] == earth.stat().st_size
