"""Edits that are kept before they are saved: nothing is lost, nobody's is overwritten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from climate_simulation_platform.constants import FileType
from climate_simulation_platform.db import Database, drafts, files, sittings
from climate_simulation_platform.db.tables import draft_edits
from climate_simulation_platform.errors import Conflict, NotThere
from climate_simulation_platform.records import DataFile, Draft, Kept, Place, User
from climate_simulation_platform.workflow import drafting, transactions
from tests.platform_records import add_file, add_user, open_database

pytestmark = pytest.mark.usefixtures("on_every_database")

PLACE = Place("viewer", FileType.ROUTING, "orog", (3, 0))
KEPT = Kept({FileType.ROUTING: 2}, '{"é": 1}', "a" * 64, "b" * 64, marks={"seas": [[1.5, 2.0]]})


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(tmp_path)


@pytest.fixture
def ada(database: Database) -> User:
    return add_user(database)


@pytest.fixture
def file(database: Database, ada: User) -> DataFile:
    return add_file(database, ada)


def keep(database: Database, file: DataFile, user: User, kept: Kept, expected: int) -> int:
    return drafting.keep(database, file.id, PLACE, kept, expected=expected, user=user)


def kept_of(database: Database, file: DataFile, place: Place = PLACE) -> Draft:
    found = drafting.draft(database, file.id, place)
    assert found is not None
    return found


def commands(*more: str, stay: int = 0) -> Kept:
    return replace(KEPT, stay=stay, more=more, done=stay + len(more), values_sha256="c" * 64)


def stored_edits(database: Database) -> int:
    with database.reading() as connection:
        return len(connection.execute(draft_edits.select()).all())


def test_what_is_kept_is_found_again(database: Database, ada: User, file: DataFile) -> None:
    assert drafting.draft(database, file.id, PLACE) is None
    assert keep(database, file, ada, commands("first", "second"), 0) == 1
    assert keep(database, file, ada, commands("third", stay=2), 1) == 2
    found = kept_of(database, file)
    assert found.texts == ("first", "second", "third")
    assert (found.place, found.done, found.version, found.changed_by) == (PLACE, 3, 2, "ada")
    assert (found.head, found.inputs, found.marks) == (KEPT.head, KEPT.inputs, KEPT.marks)
    assert (found.base_sha256, found.values_sha256) == ("a" * 64, "c" * 64)


def test_another_command_takes_the_place_of_what_was_undone(
    database: Database, ada: User, file: DataFile
) -> None:
    keep(database, file, ada, commands("first", "second", "third"), 0)
    undone = replace(commands(stay=3), done=1)
    keep(database, file, ada, undone, 1)
    assert (kept_of(database, file).done, len(kept_of(database, file).texts)) == (1, 3)
    keep(database, file, ada, commands("another", stay=1), 2)
    assert kept_of(database, file).texts == ("first", "another")


def test_edits_that_are_not_there_cannot_stay(
    database: Database, ada: User, file: DataFile
) -> None:
    keep(database, file, ada, commands("first"), 0)
    with pytest.raises(ValueError, match="no 2 edits"):
        keep(database, file, ada, commands("third", stay=2), 1)
    assert kept_of(database, file).texts == ("first",)


def test_each_place_has_its_own(database: Database, ada: User, file: DataFile) -> None:
    places = (
        PLACE,
        replace(PLACE, editor="internal_oceans"),
        replace(PLACE, file_type=FileType.PFT),
        replace(PLACE, variable="trip"),
        replace(PLACE, level=(3,)),
    )
    for place in places:
        drafting.keep(database, file.id, place, commands(place.variable), expected=0, user=ada)
    for place in places:
        assert kept_of(database, file, place).texts == (place.variable,)
    with database.reading() as connection:
        heads = drafts.heads(connection, file.id)
    assert [head.place for head in heads] == list(reversed(places))
    assert not any(head.texts for head in heads)


@pytest.mark.parametrize("expected", [0, 1, 3])
def test_who_was_overtaken_is_told_by_whom_and_when(
    database: Database, ada: User, file: DataFile, expected: int
) -> None:
    keep(database, file, ada, commands("first"), 0)
    keep(database, file, ada, commands("second", stay=1), 1)
    when = kept_of(database, file).changed
    with pytest.raises(Conflict) as refusal:
        keep(database, file, ada, commands("other", stay=1), expected)
    assert "ada went on with these edits" in str(refusal.value)
    assert f"{when:%H:%M:%S} UTC on {when:%d %B %Y}" in str(refusal.value)
    assert kept_of(database, file).texts == ("first", "second")


def test_to_keep_the_same_again_changes_nothing(
    database: Database, ada: User, file: DataFile
) -> None:
    """As where the connection was lost before the answer came."""
    keep(database, file, ada, commands("first"), 0)
    assert keep(database, file, ada, commands("second", stay=1), 1) == 2
    assert keep(database, file, ada, commands("second", stay=1), 1) == 2
    assert kept_of(database, file).texts == ("first", "second")


def test_what_was_dropped_is_not_gone_on_with(
    database: Database, ada: User, file: DataFile
) -> None:
    keep(database, file, ada, commands("first"), 0)
    with pytest.raises(Conflict):
        drafting.drop(database, file.id, PLACE, expected=2, user=ada)
    drafting.drop(database, file.id, PLACE, expected=1, user=ada)
    assert drafting.draft(database, file.id, PLACE) is None
    assert stored_edits(database) == 0
    with pytest.raises(Conflict, match="saved or dropped"):
        keep(database, file, ada, commands("second", stay=1), 1)


def test_nobody_elses_is_touched(database: Database, ada: User, file: DataFile) -> None:
    bob = add_user(database, "bob")
    keep(database, file, ada, commands("first"), 0)
    for act in (
        lambda: keep(database, file, bob, commands("second", stay=1), 1),
        lambda: drafting.drop(database, file.id, PLACE, expected=1, user=bob),
        lambda: drafting.sit(database, file.id, "window", "viewer", bob),
    ):
        with pytest.raises(NotThere):
            act()
    assert kept_of(database, file).version == 1
    transactions.delete_file(database, file.id)
    with pytest.raises(NotThere):
        keep(database, file, ada, commands("second", stay=1), 1)


def test_a_copy_has_the_edits_and_one_that_is_sent_has_not(
    database: Database, ada: User, file: DataFile
) -> None:
    keep(database, file, ada, commands("first", "second"), 0)
    other = replace(PLACE, variable="trip")
    drafting.keep(database, file.id, other, commands("third"), expected=0, user=ada)
    bob = add_user(database, "bob")
    sent = transactions.duplicate_file(database, file.id, user=bob, name="Sent", sent_by="ada")
    copy = transactions.duplicate_file(database, file.id, user=ada, name="Copy")
    assert drafting.draft(database, sent.id, PLACE) is None
    assert kept_of(database, copy) == kept_of(database, file)
    keep(database, copy, ada, commands("fourth", stay=1), 1)
    assert kept_of(database, file).texts == ("first", "second")
    assert kept_of(database, copy, other).texts == ("third",)


def test_nothing_is_left_of_a_topography_that_is_purged(
    database: Database, ada: User, file: DataFile
) -> None:
    keep(database, file, ada, commands("first"), 0)
    drafting.sit(database, file.id, "window", "viewer", ada)
    transactions.delete_file(database, file.id)
    transactions.restore_file(database, file.id)
    assert kept_of(database, file).texts == ("first",)
    transactions.delete_file(database, file.id)
    with database.writing() as connection:
        files.purge(connection, before=datetime.now(UTC) + timedelta(hours=1))
    assert drafting.draft(database, file.id, PLACE) is None
    assert stored_edits(database) == 0


def test_windows_are_told_of_each_other(database: Database, ada: User, file: DataFile) -> None:
    assert drafting.sit(database, file.id, "one", "viewer", ada) == ()
    (other,) = drafting.sit(database, file.id, "two", "subbasins", ada)
    assert (other.id, other.editor, other.username) == ("one", "viewer", "ada")
    (other,) = drafting.sit(database, file.id, "one", "viewer", ada)
    assert other.id == "two"
    drafting.rise(database, "two")
    assert drafting.sit(database, file.id, "one", "viewer", ada) == ()


def test_who_is_silent_has_left(database: Database, ada: User, file: DataFile) -> None:
    drafting.sit(database, file.id, "one", "viewer", ada)
    soon = datetime.now(UTC) + timedelta(seconds=46)
    with database.writing() as connection:
        found = sittings.others(connection, file.id, "", since=soon - drafting.SEEN_WITHIN)
        assert found == ()
        sittings.purge(connection, before=soon)
        assert sittings.others(connection, file.id, "", since=soon - timedelta(days=1)) == ()


def test_to_leave_twice_does_no_harm(database: Database, ada: User, file: DataFile) -> None:
    drafting.sit(database, file.id, "one", "viewer", ada)
    drafting.rise(database, "one")
    drafting.rise(database, "one")
