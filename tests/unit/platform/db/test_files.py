from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from climate_simulation_platform.constants import ORDER, FileType
from climate_simulation_platform.db import Database, files, revisions, tasks
from climate_simulation_platform.db.revisions import Origin
from climate_simulation_platform.errors import NoSpace, RequestRefused
from climate_simulation_platform.records import About, Coordinates, Status, TaskState, User
from climate_simulation_platform.workflow import transactions
from tests.platform_records import (
    PNG,
    add_file,
    add_user,
    made_file,
    new_file,
    open_database,
    work_off,
)

pytestmark = pytest.mark.usefixtures("on_every_database")

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def ada(database: Database) -> User:
    return add_user(database, "ada")


def names(database: Database, user: User, **options: object) -> list[str]:
    with database.reading() as connection:
        page = files.page(connection, user.id, **options)  # type: ignore[arg-type]
    return [listed.file.about.name for listed in page.files]


def test_a_file_comes_back_as_it_was_kept(database: Database, ada: User) -> None:
    new = replace(new_file(), understanding={"name": "Éocène", "nested": [1, 2.5, None]})
    with database.writing() as connection:
        file = files.insert(connection, ada.id, new, now=NOW)
        assert files.get(connection, file.id) == file
    assert (file.about, file.original_name, file.coordinates, file.understanding) == (
        new.about,
        new.original_name,
        new.coordinates,
        new.understanding,
    )
    assert file.created == file.changed == NOW


def test_another_s_file_is_as_one_that_is_not_there(database: Database, ada: User) -> None:
    bob, file = add_user(database, "bob"), add_file(database, ada)
    with database.reading() as connection:
        assert files.owned(connection, file.id, bob.id) is None
        assert files.owned(connection, 99, ada.id) is None
        assert files.owned(connection, file.id, ada.id) == file


def test_the_list_begins_with_the_newest_change(database: Database, ada: User) -> None:
    first, second = (add_file(database, ada, name) for name in ("first", "second"))
    assert names(database, ada) == ["second", "first"]
    with database.writing() as connection:
        files.set_about(connection, first.id, About("FIRST"), now=second.changed + DAY)
    assert names(database, ada) == ["FIRST", "second"]
    assert names(database, ada, offset=1, limit=5) == ["second"]
    assert names(database, add_user(database, "bob")) == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Éocène_55", "miocene 100%"]),
        ("E\u0301OCE\u0300NE", ["Éocène_55"]),
        ("gateway author", ["Éocène_55", "miocene 100%"]),
        ("gateway closed", []),
        ("100%", ["miocene 100%"]),
        ("e_5", ["Éocène_55"]),
        ("o_e", []),
        ("%", ["miocene 100%"]),
        ("55.nc", ["Éocène_55"]),
        ("\\", []),
    ],
)
def test_every_word_that_is_searched_must_occur(
    database: Database, ada: User, search: str, found: list[str]
) -> None:
    for name in ("miocene 100%", "Éocène_55"):
        add_file(database, ada, name)
    assert sorted(names(database, ada, search=search)) == sorted(found)


def test_what_is_said_later_is_found_too(database: Database, ada: User) -> None:
    file = add_file(database, ada)
    with database.writing() as connection:
        files.set_about(connection, file.id, About("Oligocene", age_ma=30.0), now=NOW)
    assert names(database, ada, search="oligocene eocene.nc") == ["Oligocene"]
    assert names(database, ada, search="gateway") == []


def test_the_list_needs_three_queries_for_everything(database: Database, ada: User) -> None:
    for number in range(5):
        file = add_file(database, ada, f"file {number}")
        transactions.request_step(database, file.id, "regrid", {}, user="ada")
    work_off(database)
    transactions.request_step(database, file.id, "routing", {}, user="ada")
    with database.reading() as connection:
        said: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *of: said.append(of[2]))
        page = files.page(connection, ada.id, limit=3)
    assert len(said) == 3
    assert page.total == 5
    newest = page.files[0]
    assert newest.file.id == file.id
    assert newest.live
    assert list(newest.statuses) == list(ORDER)
    assert newest.statuses["routing"] is Status.QUEUED
    assert newest.statuses["regrid"] is Status.UP_TO_DATE
    assert [listed.live for listed in page.files[1:]] == [False, False]
    with database.reading() as connection:
        raw = revisions.get(connection, file.id, FileType.RAW)
        assert raw is not None
        assert newest.newest_raw == raw.id
        assert revisions.thumbnail(connection, raw.id) == PNG


def test_a_deleted_file_leaves_the_list_and_comes_back(database: Database, ada: User) -> None:
    file = add_file(database, ada)
    transactions.delete_file(database, file.id)
    with database.reading() as connection:
        assert files.get(connection, file.id) is None
        assert files.owned(connection, file.id, ada.id) is None
        assert files.owned(connection, file.id, ada.id, deleted=True) is not None
    assert names(database, ada) == []
    assert names(database, ada, deleted=True) == ["Eocene"]
    transactions.restore_file(database, file.id)
    assert names(database, ada) == ["Eocene"]


def test_only_paths_that_nobody_shares_are_purged(database: Database, ada: User) -> None:
    file = add_file(database, ada)
    transactions.duplicate_file(database, file.id, user=ada, name="copy")
    own = made_file(FileType.COORDS, "own/coords.nc")
    transactions.add_upload(database, file.id, own, user="ada")
    with database.writing() as connection:
        files.delete(connection, file.id, now=NOW)
        assert files.purge(connection, before=NOW) == ()
        assert files.purge(connection, before=NOW + DAY) == ("own/coords.nc",)
        assert revisions.every_path(connection) == {"Eocene/raw.nc"}
        assert revisions.path_in_use(connection, "Eocene/raw.nc")
        assert not revisions.path_in_use(connection, "own/coords.nc")
    assert names(database, ada) == ["copy"]


def test_a_copy_goes_its_own_way(database: Database, ada: User) -> None:
    file, bob = add_file(database, ada), add_user(database, "bob")
    transactions.request_step(database, file.id, "routing", {"number": 1}, user="ada")
    work_off(database)
    transactions.request_step(database, file.id, "pft", {"number": 2}, user="ada")
    copy = transactions.duplicate_file(database, file.id, user=bob, name="copy", sent_by="ada")
    original = transactions.workflow_view(database, file.id)
    copied = transactions.workflow_view(database, copy.id)
    assert (copy.user_id, copy.sent_by, copy.coordinates) == (bob.id, "ada", Coordinates.CONFIRMED)
    assert {s: v.status for s, v in copied.items()} == {s: v.status for s, v in original.items()}
    assert {task.data_file_id for task in work_off(database)} == {file.id, copy.id}
    transactions.request_step(database, copy.id, "regrid", {}, user="bob")
    work_off(database)
    with database.reading() as connection:
        theirs, ours = (revisions.of_file(connection, f.id) for f in (copy, file))
        assert len(theirs) > len(ours)
        shared = {revision.path for revision in theirs} & {revision.path for revision in ours}
        assert "Eocene/raw.nc" in shared
        assert all(revisions.header(connection, revision.id)["title"] for revision in theirs)
        assert revisions.size_of_user(connection, bob.id) == 1000 * len({r.path for r in theirs})


def test_another_owner_has_it_in_the_list(database: Database, ada: User) -> None:
    file, bob = add_file(database, ada), add_user(database, "bob")
    with database.writing() as connection:
        files.give(connection, file.id, bob.id, sent_by="ada", now=NOW)
    assert names(database, ada) == []
    assert names(database, bob) == ["Eocene"]


def test_revisions_count_per_file_and_type(database: Database, ada: User) -> None:
    file, other = add_file(database, ada), add_file(database, ada, "other")
    with database.writing() as connection:
        for number, kind in enumerate((FileType.RAW, FileType.COORDS, FileType.RAW)):
            made = made_file(kind, f"{number}.nc", moves_coastline=False, description="edited")
            origin = Origin("ada", "regrid", "task", {"rows": 180}, {FileType.RAW: 1})
            revisions.insert(connection, file.id, made, origin, now=NOW)
        every = revisions.of_file(connection, file.id)
        assert [(r.file_type, r.revision) for r in every] == [
            (FileType.RAW, 3),
            (FileType.COORDS, 1),
            (FileType.RAW, 2),
            (FileType.RAW, 1),
        ]
        assert revisions.get(connection, file.id, FileType.RAW) == every[0]
        assert revisions.get(connection, file.id, FileType.RAW, 2) == every[2]
        assert revisions.get(connection, file.id, FileType.RAW, 4) is None
        assert revisions.by_id(connection, every[1].id) == every[1]
        assert revisions.newest(connection, file.id) == {
            FileType.RAW: every[0],
            FileType.COORDS: every[1],
        }
        assert len(revisions.of_file(connection, other.id)) == 1
        assert revisions.header(connection, 99) == {}
        assert revisions.thumbnail(connection, 99) == b""
    assert every[0].input_revisions == {FileType.RAW: 1}
    assert (every[0].parameters, every[0].moves_coastline) == ({"rows": 180}, False)


def test_a_quota_holds_for_all_files_together(database: Database, ada: User) -> None:
    raw = made_file(FileType.RAW, "large.nc", size=700)
    file = transactions.create_file(database, ada, new_file(), raw, quota=1000)
    with pytest.raises(NoSpace, match="does not fit"):
        transactions.create_file(
            database, ada, new_file("second"), made_file(FileType.RAW, "2.nc", size=301), quota=1000
        )
    coords = made_file(FileType.COORDS, "coords.nc", size=301)
    with pytest.raises(NoSpace):
        transactions.add_upload(database, file.id, coords, user="ada", quota=1000)
    transactions.add_upload(database, file.id, replace(coords, size=300), user="ada", quota=1000)
    transactions.delete_file(database, file.id)
    with database.reading() as connection:
        assert revisions.size_of_user(connection, ada.id) == 1000


def test_a_file_that_only_steps_make_cannot_be_uploaded(database: Database, ada: User) -> None:
    file = add_file(database, ada)
    with pytest.raises(RequestRefused, match="Bathymetry cannot be uploaded"):
        transactions.add_upload(
            database, file.id, made_file(FileType.BATHY, "bathy.nc"), user="ada"
        )


def test_what_json_cannot_say_is_a_fault(database: Database, ada: User) -> None:
    file = add_file(database, ada)
    parameters = {"number": float("nan")}
    with pytest.raises(Exception, match="not JSON compliant"):
        transactions.request_step(database, file.id, "regrid", parameters, user="ada")


def test_old_tasks_are_removed(database: Database, ada: User) -> None:
    file = add_file(database, ada)
    transactions.request_step(database, file.id, "regrid", {}, user="ada")
    work_off(database)
    transactions.request_step(database, file.id, "routing", {}, user="ada")
    with database.writing() as connection:
        counts = tasks.counts(connection)
        assert (counts[TaskState.DONE], counts[TaskState.QUEUED]) == (1, 1)
        assert tasks.purge(connection, before=datetime.now(UTC) + DAY) == 1
        assert tasks.counts(connection)[TaskState.QUEUED] == 1
