"""Folders that fill whole or not at all."""

from pathlib import Path

import pytest

from climate_simulation_platform.commands import folders
from climpy.errors import OutputRefused


def test_a_new_folder_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b"
    with folders.filled_together(target, force=False) as temporary:
        (temporary / "one").write_text("1")
        assert not target.exists()
    assert (target / "one").read_text() == "1"
    assert [path.name for path in target.parent.iterdir()] == ["b"]


def interrupted(target: Path) -> None:
    with folders.filled_together(target, force=False) as temporary:
        (temporary / "one").write_text("1")
        raise KeyboardInterrupt


def test_a_failure_leaves_nothing_not_even_parents(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_refused_without_force(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with (
        pytest.raises(OutputRefused, match="is not empty"),
        folders.filled_together(tmp_path, force=False),
    ):
        pass


def test_force_replaces_files_of_the_same_name_only(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "one").write_text("old")
    with folders.filled_together(tmp_path, force=True) as temporary:
        (temporary / "one").write_text("new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "mine": "precious",
        "one": "new",
    }


def test_the_current_folder_can_be_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with folders.filled_together(Path(), force=False) as temporary:
        (temporary / "one").write_text("1")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_an_empty_folder_needs_no_force(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with folders.filled_together(tmp_path / "empty", force=False) as temporary:
        (temporary / "one").write_text("1")
    assert (tmp_path / "empty" / "one").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputRefused, match="is a file"):
        folders.refuse_occupied(tmp_path / "file", force=True)
    with pytest.raises(OutputRefused, match="is there already"):
        folders.refuse_existing([tmp_path / "file"], force=False)
    with pytest.raises(OutputRefused, match="is a folder"):
        folders.refuse_existing([tmp_path], force=True)
