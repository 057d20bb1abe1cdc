"""Archives are the same bytes for the same files, and bring nothing that is not asked for."""

import io
import tarfile

import pytest

from climpy.errors import InputRefused
from climpy.steps.archives import Archive, unpack, write_archive


def archive_of(path, *entries):
    """An archive of somebody else: names, or whole entries."""
    with tarfile.open(path, "w:gz") as made:
        for entry in entries:
            known = entry if isinstance(entry, tarfile.TarInfo) else tarfile.TarInfo(entry)
            known.size = 3 if known.isreg() else 0
            made.addfile(known, io.BytesIO(b"abc") if known.isreg() else None)
    return path


def of_kind(kind, **more):
    made = tarfile.TarInfo("there")
    made.type = kind
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_files_come_back_as_they_were(tmp_path):
    content = {"b/two": "", "a/one": "Ω" * 100_000}
    archive = Archive(content, also={"a/again": "b/two"})
    for name in ("first", "second"):
        scratch = tmp_path / f"of {name}"
        scratch.mkdir()
        write_archive(tmp_path / name, archive, {}, scratch)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    out = tmp_path / "out"
    out.mkdir()
    found = unpack(tmp_path / "first", out)
    assert {str(file.relative_to(out)): file.read_text() for file in found} == content
    assert [str(file.relative_to(out)) for file in found] == ["a/one", "b/two"]


def test_a_set_that_is_not_sound_is_not_packed(tmp_path):
    def judge(folder):
        assert (folder / "a").read_text() == "content"
        raise InputRefused("It does not conserve.")

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(InputRefused, match="does not conserve"):
        write_archive(tmp_path / "made", Archive({"a": "content"}, judge), {}, scratch)
    assert list(tmp_path.iterdir()) == [scratch]


@pytest.mark.parametrize(
    "entry",
    [
        "../outside",
        "a/../../outside",
        "/tmp/outside",
        of_kind(tarfile.SYMTYPE, linkname="/etc/passwd"),
        of_kind(tarfile.DIRTYPE),
        of_kind(tarfile.FIFOTYPE),
    ],
)
def test_what_no_archive_of_ours_holds_is_refused(entry, tmp_path):
    path = archive_of(tmp_path / "weights.tar.gz", "first", entry)
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(InputRefused, match="holds something else than files"):
        unpack(path, folder)
    assert not list(folder.iterdir())


def test_an_archive_that_is_cut_off_is_refused(tmp_path):
    path = archive_of(tmp_path / "weights.tar.gz", "first", "second")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(InputRefused, match="no archive, or a damaged one"):
        unpack(path, tmp_path / "out")
