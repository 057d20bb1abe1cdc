"""The desk of the platform with real files, records and sandbox: nothing that was done is lost."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.editing.desk import PlatformDesk
from climate_simulation_platform.editing.services import services_for_editors
from climate_simulation_platform.errors import NotThere, PlatformError, RequestRefused
from climate_simulation_platform.records import Status
from climate_simulation_platform.sandbox import Sandbox
from climate_simulation_platform.settings import Settings
from climate_simulation_platform.workflow import transactions
from climpy.interactive.desk import Marks, Undecided
from climpy.interactive.editing import edits_of
from climpy.interactive.edits import Edit
from climpy.interactive.operations import Paint, SetTo
from climpy.interactive.selections import Surface
from tests.desks import LIFT, RAISE, SINK, Rooms, box, do
from tests.e2e.furnishing import Furnishing
from tests.stored_files import keep_run


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


@pytest.fixture
def rooms(tmp_path: Path, sandbox: Sandbox) -> Rooms:
    environment = {"INSTANCE": str(tmp_path), "SECRET_KEY": "s" * 32, "LEAST_FREE_MB": "0"}
    made = services_for_editors(Settings.from_env(environment, embedded=True))
    services = replace(made, sandbox=sandbox)
    services.storage.prepare()
    services.database.migrate()
    furnishing = Furnishing(services)
    user = furnishing.user("ada")
    return Rooms(services, user, furnishing.topography(user, "Lutetian, 45 Ma"))


def choice_of(call: object) -> tuple[str, set[str]]:
    with pytest.raises(Undecided) as asked:
        call()  # type: ignore[operator]
    return asked.value.choice.sentence, set(asked.value.choice.ways)


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.tobytes() == second.tobytes()


def test_what_was_done_is_there_again_in_another_window(rooms: Rooms) -> None:
    desk = rooms.desk()
    laid = desk.open()
    marks = Marks(kept_seas=((10.0, 20.0),))
    do(desk, laid, RAISE, SINK, marks=marks)
    laid.session.undo()
    desk.keep(laid.session, marks)
    again = rooms.desk().open()
    assert (again.session.done, again.session.undone) == ((RAISE,), (SINK,))
    assert again.marks == marks
    assert same(again.session.values, laid.session.values)
    again.session.redo()
    laid.session.redo()
    assert same(again.session.values, laid.session.values)


def test_saving_makes_a_revision_and_says_what_follows(rooms: Rooms) -> None:
    desk = rooms.desk()
    laid = desk.open()
    do(desk, laid, RAISE)
    saved = desk.save(laid.session, laid.marks, "An island  for a test")
    revision = rooms.newest(FileType.RAW)
    assert (revision.revision, revision.step, revision.created_by) == (2, "internal_oceans", "ada")
    assert revision.description == "An island for a test"
    assert revision.moves_coastline
    assert revision.task_id is None
    assert "Saved as revision 2 of the topography. The coastline moved:" in saved.sentence
    assert [link.address for link in saved.links] == [
        f"http://127.0.0.1/{rooms.file.id}/steps",
        f"http://127.0.0.1/{rooms.file.id}/raw/view",
    ]
    with netCDF4.Dataset(rooms.path(revision)) as dataset:
        assert "1 edit" in dataset.history.splitlines()[0]
    fresh = rooms.desk().open()
    assert fresh.session.done == ()
    assert np.array_equal(fresh.session.values, laid.session.values)
    views = transactions.workflow_view(rooms.services.database, rooms.file.id)
    assert views["internal_oceans"].status is Status.UP_TO_DATE


def test_after_saving_the_same_session_goes_on(rooms: Rooms) -> None:
    desk = rooms.desk()
    laid = desk.open()
    do(desk, laid, RAISE)
    desk.save(laid.session, laid.marks, "")
    with pytest.raises(RequestRefused, match="saved already"):
        desk.save(laid.session, laid.marks, "")
    do(desk, laid, SINK)
    another = rooms.desk()
    again = another.open()
    assert again.session.done == (RAISE, SINK)
    assert same(again.session.values, laid.session.values)
    again.session.undo()
    again.session.undo()
    another.keep(again.session, again.marks)
    do(another, again, SINK)
    another.save(again.session, again.marks, "")
    revision = rooms.newest(FileType.RAW)
    assert revision.revision == 3
    assert revision.moves_coastline
    values = rooms.desk().open().session.values
    assert np.array_equal(values, again.session.values)


def test_nothing_is_saved_where_nothing_was_changed(rooms: Rooms) -> None:
    desk = rooms.desk()
    laid = desk.open()
    with pytest.raises(RequestRefused, match="nothing was changed"):
        desk.save(laid.session, laid.marks, "")
    assert rooms.newest(FileType.RAW).revision == 1


def test_two_windows_at_one_file_are_told_and_neither_loses_anything(rooms: Rooms) -> None:
    first, second = rooms.desk(), rooms.desk()
    here, there = first.open(), second.open()
    assert first.others() == ()
    assert second.others()[0].startswith("You have this topography open in another window, since")
    do(first, here, RAISE)
    there.session.apply(SINK)
    sentence, ways = choice_of(lambda: second.keep(there.session, there.marks))
    assert "ada went on with these edits in another window" in sentence
    assert ways == {"newer", "mine"}
    assert second.decide("newer").session.done == (RAISE,)
    there.session.apply(SINK)


def test_the_own_edits_can_be_insisted_on(rooms: Rooms) -> None:
    first, second = rooms.desk(), rooms.desk()
    here, there = first.open(), second.open()
    do(first, here, RAISE)
    there.session.apply(SINK)
    choice_of(lambda: second.keep(there.session, there.marks))
    assert second.decide("mine").session is there.session
    do(second, there, LIFT)
    assert rooms.desk().open().session.done == (SINK, LIFT)
    with pytest.raises(RequestRefused):
        second.decide("mine")


def test_a_window_that_is_gone_is_not_told_of(rooms: Rooms) -> None:
    first, second = rooms.desk(), rooms.desk()
    first.others()
    rooms.connected = False
    assert first.others() == ()
    rooms.connected = True
    assert second.others() == ()
    first.others()
    second.leave()
    second.leave()
    assert first.others() == ()


def saved_elsewhere(rooms: Rooms, edit: Edit) -> None:
    """Another window saves, which has kept nothing of what is done here."""
    viewer = rooms.desk("viewer")
    laid = viewer.open()
    do(viewer, laid, edit)
    viewer.save(laid.session, laid.marks, "")


def test_saving_on_an_outdated_revision_is_refused_with_a_choice(rooms: Rooms) -> None:
    desk = rooms.desk()
    laid = desk.open()
    do(desk, laid, RAISE)
    saved_elsewhere(rooms, SINK)
    sentence, ways = choice_of(lambda: desk.save(laid.session, laid.marks, ""))
    assert "revision 2" in sentence
    assert ways == {"repeat", "stay", "discard"}
    assert rooms.newest(FileType.RAW).revision == 2
    repeated = desk.decide("repeat")
    assert repeated.session.done == (RAISE,)
    assert any("was repeated" in note for note in repeated.sheet.notes)
    desk.save(repeated.session, repeated.marks, "")
    values = rooms.desk().open().session.values
    expected = rooms.desk("viewer", revision=1).open().session
    expected.apply(SINK)
    expected.apply(RAISE)
    assert np.array_equal(values, expected.values)


def test_edits_begun_on_an_older_revision_are_repeated_looked_at_or_dropped(rooms: Rooms) -> None:
    desk = rooms.desk()
    laid = desk.open()
    do(desk, laid, LIFT, SINK)
    saved_elsewhere(rooms, RAISE)
    sentence, ways = choice_of(rooms.desk().open)
    assert sentence.startswith(
        "2 edits were kept here and not saved; the topography has revision 2"
    )
    assert ways == {"repeat", "old", "discard"}
    looking = rooms.desk()
    choice_of(looking.open)
    old = looking.decide("old")
    assert (old.sheet.editable, old.session.done) == (False, (LIFT, SINK))
    with pytest.raises(RequestRefused):
        looking.keep(old.session, old.marks)
    dropping = rooms.desk()
    choice_of(dropping.open)
    repeating = rooms.desk()
    choice_of(repeating.open)
    assert repeating.decide("repeat").session.done == (LIFT, SINK)
    assert rooms.desk().open().session.done == (LIFT, SINK)
    sentence, ways = choice_of(lambda: dropping.decide("discard"))
    assert "went on with these edits" in sentence
    assert ways == {"repeat", "old"}


def test_dropped_edits_are_gone(rooms: Rooms) -> None:
    desk = rooms.desk()
    do(desk, desk.open(), SINK)
    saved_elsewhere(rooms, RAISE)
    choice_of(desk.open)
    assert desk.decide("discard").session.done == ()
    assert rooms.desk().open().session.done == ()


def test_edits_that_the_newest_revision_holds_are_not_repeated_twice(rooms: Rooms) -> None:
    first = rooms.desk()
    here = first.open()
    do(first, here, LIFT)
    second = rooms.desk()
    there = second.open()
    first.save(here.session, here.marks, "")
    there.session.apply(SINK)
    choice_of(lambda: second.keep(there.session, there.marks))
    mine = second.decide("mine")
    choice_of(lambda: second.save(mine.session, mine.marks, ""))
    repeated = second.decide("repeat")
    assert repeated.session.done == (SINK,)
    assert np.array_equal(repeated.session.values, there.session.values)


def test_a_revision_carries_all_edits_since_the_step_before(rooms: Rooms) -> None:
    for edit in (RAISE, SINK):
        desk = rooms.desk()
        laid = desk.open()
        do(desk, laid, edit)
        desk.save(laid.session, laid.marks, "")
    saved_elsewhere(rooms, LIFT)
    carried = edits_of(rooms.path(rooms.newest(FileType.RAW)))
    assert carried is not None
    assert carried.edits == (RAISE, SINK, LIFT)


def test_an_older_revision_can_be_looked_at_only(rooms: Rooms) -> None:
    saved_elsewhere(rooms, RAISE)
    desk = rooms.desk("viewer", revision=1)
    laid = desk.open()
    assert not laid.sheet.editable
    assert "not the newest revision" in laid.sheet.notes[0]
    assert desk.offers.save == ""
    with pytest.raises(RequestRefused):
        desk.save(laid.session, laid.marks, "")


def test_files_for_the_users_machine(rooms: Rooms) -> None:
    desk = rooms.desk()
    laid = desk.open()
    do(desk, laid, RAISE)
    for name in ("netcdf", "script", "edits"):
        address = desk.download(name, laid.session)
        assert address.removeprefix("handouts/") in rooms.handed_out
    assert set(rooms.handed_out) == {
        f"Lutetian_45_Ma_raw_r1_edited{ending}" for ending in (".nc", ".py", ".json")
    }
    written = rooms.handed_out["Lutetian_45_Ma_raw_r1_edited.nc"]
    assert isinstance(written, Path)
    with netCDF4.Dataset(written) as dataset:
        assert "1 edit" in dataset.history
    desk.leave()
    assert not written.exists()
    assert list(rooms.services.storage.left_unfinished()) == []


def test_nobody_else_gets_or_changes_anything(rooms: Rooms) -> None:
    stranger = Furnishing(rooms.services).user("eve")
    ticket = replace(rooms.ticket("internal_oceans", FileType.RAW), user_id=stranger.id)
    with pytest.raises(NotThere):
        PlatformDesk(rooms.services, ticket, rooms._hand_out)


@pytest.mark.parametrize("what", ["open", "keep", "save", "download", "others"])
def test_a_file_that_was_deleted_or_sent_on_is_gone_for_every_command(
    rooms: Rooms, what: str
) -> None:
    desk = rooms.desk()
    laid = desk.open()
    do(desk, laid, RAISE)
    transactions.delete_file(rooms.services.database, rooms.file.id)
    laid.session.apply(SINK)
    commands = {
        "open": desk.open,
        "keep": lambda: desk.keep(laid.session, laid.marks),
        "save": lambda: desk.save(laid.session, laid.marks, ""),
        "download": lambda: desk.download("netcdf", laid.session),
        "others": desk.others,
    }
    with pytest.raises(PlatformError, match="does not exist any more"):
        commands[what]()
    transactions.restore_file(rooms.services.database, rooms.file.id)
    assert rooms.desk().open().session.done == (RAISE,)


def test_bathymetry_basins_and_any_other_file(rooms: Rooms, out: Path) -> None:
    keep_run(rooms.services, rooms.file, out)
    viewer = rooms.desk("viewer", FileType.HEATFLOW)
    laid = viewer.open()
    assert viewer.planes()[0].variable == laid.sheet.variable
    do(viewer, laid, Edit(box(-30.0, -10.0, -20.0, 0.0), SetTo(99.0)))
    viewer.save(laid.session, laid.marks, "")
    assert rooms.newest(FileType.HEATFLOW).step == "heatflow"
    for editor, kind in (("passage_problems", FileType.BATHY), ("subbasins", FileType.SUB_BASINS)):
        desk = rooms.desk(editor, kind)
        laid = desk.open()
        before = rooms.newest(kind).revision
        assert laid.sheet.editable
        done = {"passage_problems": SetTo(500.0), "subbasins": Paint(1)}[editor]
        cells = box(-25.0, -20.0, -20.0, -15.0).then("intersect", Surface("ocean"))
        do(desk, laid, Edit(cells, done))
        desk.save(laid.session, laid.marks, f"by {editor}")
        assert rooms.newest(kind).revision == before + 1
    coords = rooms.desk("viewer", FileType.COORDS).open()
    assert not coords.sheet.editable
