"""Editors in a browser: from the page of a step and back, and what is in the way of it."""

import json
import signal
from pathlib import Path

import netCDF4
import numpy as np
import psutil
from playwright.sync_api import expect

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import steps
from climate_simulation_platform.records import DataFile, Status, StepRecord
from climpy.interactive import Box, Dig, Edit, Selection, Surface
from tests.e2e.conftest import PersonMaker
from tests.e2e.editing import Editor
from tests.e2e.furnishing import Furnishing
from tests.e2e.navigators import Person
from tests.e2e.serving import Serving
from tests.waiting import wait_for

ROUND = ((-25.0, -150.0), (-10.0, -150.0), (-10.0, -120.0), (-28.0, -118.0))
"""Corners of what is chosen, in the open ocean of the made-up Earth."""

TRENCH = Edit(Selection.of(Box(-10.0, 10.0, -140.0, -120.0), Surface("ocean")), Dig(6000.0))


def open_editor(somebody: Person, number: int, step: str) -> Editor:
    """Go from the page of a step to its editor."""
    somebody.page.goto(f"/{number}/{step}")
    somebody.follow("Open the editor")
    return Editor(somebody.page).is_ready()


def copy_of(furnishing: Furnishing, earth: DataFile, somebody: Person, name: str) -> DataFile:
    return furnishing.copy(earth, furnishing.user(somebody.name), name)


def heights(furnishing: Furnishing, number: int, which: int | None = None) -> np.ndarray:
    with netCDF4.Dataset(furnishing.path(number, FileType.RAW, which)) as dataset:
        return np.asarray(dataset["topo"][:])


def process_of_editors(serving: Serving) -> psutil.Process:
    (found,) = (
        each
        for each in serving.processes()
        if any(part.endswith("embedded.editors") for part in each.cmdline())
    )
    return found


def test_from_an_upload_to_an_edited_revision(
    person: PersonMaker, furnishing: Furnishing, demo: Path, tmp_path: Path
) -> None:
    somebody = person()
    somebody.upload(demo, name="Edited")
    somebody.confirm_coordinates()
    somebody.sees_heading("Edited")
    number = somebody.number_of_file()
    somebody.open_step("Internal oceans")
    somebody.follow("Open the editor")
    editor = Editor(somebody.page).is_ready()
    chosen = editor.lasso(ROUND)
    assert 300 < chosen < 700
    editor.choose_operation("Add an amount", -200.0)
    assert editor.apply() == chosen
    editor.undo()
    assert editor.changed() == 0
    editor.redo()
    assert editor.changed() == chosen
    somebody.page.reload()
    editor.is_ready().sees_edits(1)
    assert editor.changed() == chosen
    edits = json.loads(editor.download("edits", tmp_path).read_text())
    assert [edit["operation"] for edit in edits["edits"]] == [{"kind": "add", "amount": -200.0}]
    said = editor.save("A deeper basin")
    assert "Saved as revision 2 of the topography." in said
    assert "The coastline did not move." in said
    before, after = heights(furnishing, number, 1), heights(furnishing, number, 2)
    assert np.isclose(after - before, -200.0).sum() == chosen
    assert (after == before).sum() == before.size - chosen
    somebody.follow("This revision")
    somebody.sees("A deeper basin")
    somebody.sees("1 edit")
    somebody.go_to_steps(number)
    somebody.sees_state("Internal oceans", "Up to date")


def test_what_depends_on_an_edit_runs_again(
    person: PersonMaker, furnishing: Furnishing, finished_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, finished_earth, somebody, "Lutetian")
    editor = open_editor(somebody, earth.id, "internal_oceans")
    editor.box(-20.0, -10.0, -150.0, -140.0)
    editor.choose_operation("Set to a value", 50.0)
    editor.apply()
    said = editor.save("An island")
    assert "The coastline moved" in said
    assert "Routing runs again" in said
    somebody.follow("All steps")
    for step in ("Routing", "Vegetation", "Heat flow", "Viscosity"):
        somebody.sees_state(step, "Up to date")
    furnishing.wait(earth, "routing", "pft", "heatflow", "ahmcoef")
    assert furnishing.revision(earth.id, FileType.ROUTING).input_revisions[FileType.RAW] == 3
    assert furnishing.revision(earth.id, FileType.HEATFLOW).revision == 2
    somebody.sees_state("Passage problems", "Needs you")
    somebody.sees_state("Sub basins", "Needs you")


def test_another_persons_editor_is_not_there(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    owner, stranger = person(), person()
    earth = copy_of(furnishing, fresh_earth, owner, "Bartonian")
    with stranger.window.expecting(404):
        for editor in ("internal_oceans", "viewer?file_type=raw"):
            stranger.page.goto(f"/{earth.id}/edit/{editor}")
            stranger.sees_heading("There is nothing here")
    with stranger.window.expecting(404):
        editors = open_editor(owner, earth.id, "internal_oceans").page.url
        stranger.page.goto(f"{editors[:-1]}{'0' if editors[-1] != '0' else '1'}")
        stranger.sees("This address was not made by the platform")


def test_edits_are_back_after_the_editors_were_killed(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile, platform: Serving
) -> None:
    somebody = person()
    earth = copy_of(furnishing, fresh_earth, somebody, "Priabonian")
    editor = open_editor(somebody, earth.id, "internal_oceans")
    chosen = editor.lasso(ROUND)
    editor.choose_operation("Add an amount", 100.0)
    editor.apply()
    with somebody.window.cut_off():
        killed = process_of_editors(platform)
        killed.send_signal(signal.SIGKILL)
        wait_for(lambda: not killed.is_running() or killed.status() == "zombie", "its end")
        expect(somebody.page.locator("#lost")).to_be_visible()
        wait_for(lambda: process_of_editors(platform).pid != killed.pid, "another process")
        expect(somebody.page.locator("#lost")).to_be_hidden(timeout=60_000)
        editor.is_ready().sees_edits(1)
    assert editor.changed() == chosen
    editor.undo()
    assert editor.changed() == 0


def test_unsaved_edits_are_told_on_the_pages(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, fresh_earth, somebody, "Rupelian")
    editor = open_editor(somebody, earth.id, "internal_oceans")
    editor.lasso(ROUND)
    editor.choose_operation("Scale to a percentage", 110.0)
    editor.apply()
    editor.go_back()
    somebody.sees_heading("Internal oceans")
    somebody.sees("You have unsaved edits (1,")
    somebody.follow("Go on with them")
    Editor(somebody.page).is_ready().sees_edits(1)


def test_two_windows_are_told_of_each_other(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, fresh_earth, somebody, "Chattian")
    first = open_editor(somebody, earth.id, "internal_oceans")
    other = Person(somebody.window.new_tab(), somebody.name, somebody.password)
    second = open_editor(other, earth.id, "internal_oceans")
    for editor in (first, second):
        expect(editor.part("ed-others")).to_contain_text(
            "You have this topography open in another window", timeout=60_000
        )
    other.page.goto(f"/{earth.id}/internal_oceans")
    other.sees("You have this editor open now, in another window.")


def test_edits_of_two_windows_are_not_mixed(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, fresh_earth, somebody, "Aquitanian")
    first = open_editor(somebody, earth.id, "internal_oceans")
    other = Person(somebody.window.new_tab(), somebody.name, somebody.password)
    second = open_editor(other, earth.id, "internal_oceans")
    for editor, amount in ((first, 100.0), (second, 200.0)):
        editor.lasso(ROUND)
        editor.choose_operation("Add an amount", amount)
    first.apply()
    second.button("ed-apply").click()
    expect(second.part("ed-choice-sentence")).to_contain_text("another window")
    second.decide("newer")
    second.sees_edits(1)


def test_an_outdated_save_is_refused_with_a_choice(
    person: PersonMaker, furnishing: Furnishing, fresh_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, fresh_earth, somebody, "Danian")
    editor = open_editor(somebody, earth.id, "internal_oceans")
    chosen = editor.lasso(ROUND)
    editor.choose_operation("Add an amount", 100.0)
    editor.apply()
    furnishing.request(earth, "regrid", {})
    furnishing.wait(earth, "regrid")
    editor.ask_to_save("Too late")
    expect(editor.part("ed-choice-sentence")).to_contain_text("revision 2", timeout=60_000)
    assert furnishing.revision(earth.id, FileType.RAW).revision == 2
    editor.decide("repeat")
    editor.sees_edits(1)
    assert editor.changed() == chosen
    assert "Saved as revision 3 of the topography." in editor.save("Repeated")
    made = furnishing.revision(earth.id, FileType.RAW)
    assert made.input_revisions[FileType.RAW] == 2


def test_edits_are_repeated_by_themselves_and_reviewed(
    person: PersonMaker, furnishing: Furnishing, finished_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, finished_earth, somebody, "Ypresian")
    furnishing.save_edits(earth, "internal_oceans", TRENCH, description="A trench")
    somebody.page.goto(f"/{earth.id}/internal_oceans")
    somebody.page.get_by_label("Repeat my edits by themselves").check()
    somebody.press("Keep this choice")
    somebody.sees("your edits are repeated by themselves")
    somebody.page.goto(f"/{earth.id}/regrid")
    somebody.page.get_by_label("Step in latitude").fill("2")
    somebody.page.get_by_label("Step in longitude").fill("2")
    somebody.run(again=True)
    somebody.sees_state("Internal oceans", "To review")
    somebody.sees_state("Routing", "Up to date")
    made = furnishing.revision(earth.id, FileType.RAW)
    assert made.step == "internal_oceans"
    assert heights(furnishing, earth.id).min() <= -6000.0
    used = furnishing.revision(earth.id, FileType.ROUTING).input_revisions[FileType.RAW]
    assert used == made.revision
    somebody.open_step("Internal oceans")
    somebody.follow("Open the editor")
    Editor(somebody.page).is_ready().go_back()
    somebody.press("It is fine")
    somebody.sees_state("Internal oceans", "Up to date")
    assert furnishing.statuses(earth)["internal_oceans"] is Status.UP_TO_DATE


def test_any_file_is_edited_in_the_viewer(
    person: PersonMaker, furnishing: Furnishing, finished_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, finished_earth, somebody, "Selandian")
    somebody.page.goto(f"/{earth.id}/soils/view")
    somebody.sees_map()
    somebody.follow("Edit")
    editor = Editor(somebody.page).is_ready()
    chosen = editor.box(-30.0, 30.0, -20.0, 40.0)
    editor.choose_operation("Set to a value", 3.0)
    assert 0 < editor.apply() <= chosen
    assert "Saved as revision 2 of the soils." in editor.save("One soil")
    somebody.page.goto(f"/{earth.id}/soils/view?revision=1")
    somebody.sees_map()
    somebody.follow("Look in the viewer")
    looking = Editor(somebody.page).is_ready()
    expect(looking.part("ed-kept")).to_have_text("Only to look at")
    expect(looking.part("ed-save")).to_be_hidden()


def change_and_come_back(editor: Editor) -> int:
    """Choose with the lasso, apply, undo, redo, load the page anew; how many cells are changed."""
    chosen = editor.lasso(ROUND)
    changed = editor.apply()
    assert 0 < changed <= chosen
    editor.undo()
    assert editor.changed() == 0
    editor.redo()
    assert editor.changed() == changed
    editor.page.reload()
    editor.is_ready().sees_edits(1)
    assert editor.changed() == changed
    return changed


def test_passages_are_edited_and_what_reads_the_bathymetry_follows(
    person: PersonMaker, furnishing: Furnishing, finished_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, finished_earth, somebody, "Ypresian")
    editor = open_editor(somebody, earth.id, "passage_problems")
    editor.choose_operation("Set to a value", 3210.0)
    changed = change_and_come_back(editor)
    said = editor.save("A level sea floor")
    assert "Saved as revision 2 of the bathymetry." in said
    with netCDF4.Dataset(furnishing.path(earth.id, FileType.BATHY)) as dataset:
        depths = np.asarray(dataset["Bathymetry"][:])
    assert (depths == 3210.0).sum() >= changed
    furnishing.wait(earth, "heatflow", "ahmcoef")
    for step in ("heatflow", "ahmcoef"):
        assert record_of(furnishing, earth.id, step).inputs == {FileType.BATHY: 2}
    assert furnishing.revision(earth.id, FileType.HEATFLOW).revision == 2
    somebody.go_to_steps(earth.id)
    somebody.sees_state("Passage problems", "Up to date")
    somebody.sees_state("Sub basins", "Needs you")


def test_basins_are_painted_and_the_weights_follow(
    person: PersonMaker, furnishing: Furnishing, finished_earth: DataFile
) -> None:
    somebody = person()
    earth = copy_of(furnishing, finished_earth, somebody, "Danian")
    furnishing.request(earth, "calculate_weights", {"engine": "mosaic"})
    furnishing.wait(earth, "calculate_weights")
    editor = open_editor(somebody, earth.id, "subbasins")
    before = basin_cells(furnishing, earth.id)
    changed = change_and_come_back(editor)
    assert "Saved as revision 2" in editor.save("A wider Atlantic")
    after = basin_cells(furnishing, earth.id)
    assert after["atlmsk"] >= before["atlmsk"] + changed
    assert sum(after.values()) == sum(before.values())
    furnishing.wait(earth, "calculate_weights")
    weights = record_of(furnishing, earth.id, "calculate_weights")
    assert weights.inputs[FileType.SUB_BASINS] == 2
    assert weights.parameters is not None
    assert weights.parameters["engine"] == "mosaic"


def record_of(furnishing: Furnishing, number: int, step: str) -> StepRecord:
    with furnishing.database.reading() as connection:
        return steps.load(connection, number)[step]


def basin_cells(furnishing: Furnishing, number: int) -> dict[str, int]:
    """How many cells each basin has, copies included."""
    with netCDF4.Dataset(furnishing.path(number, FileType.SUB_BASINS)) as dataset:
        names = ("atlmsk", "pacmsk", "indmsk")
        return {name: int(np.asarray(dataset[name][:]).sum()) for name in names}
